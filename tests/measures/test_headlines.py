"""
Headline figures: stated once, the same wherever they are shown, and no saving where somebody is
refused.
"""

import math
import re
from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import random_scenarios
from screens import columns, show

from explorer import Scenario, attribution, cli, report, solve
from explorer.app.views.attribution import AttributionView
from explorer.app.views.totals import Totals
from explorer.measures.headlines import (
    basis_of,
    carbon_changes_percent,
    disagree,
    forced_and_chosen,
    headlines,
    like_for_like,
    percent_change,
    serve_the_same,
)
from explorer.model.network import carbon_intensities
from explorer.model.placement import Placement
from explorer.scenario.scenario import OBJECTIVES
from explorer.session import Session
from explorer.text import BETTER, WORSE, format_number, percent
from tests.app.test_views import Screen

CASES = Path(__file__).parents[1] / "cases"


def text_of(html: str) -> str:
    """What a user sees of HTML, in one line."""
    return re.sub(r"\s+", " ", unescape(unescape(re.sub(r"<[^>]+>", " ", unescape(html)))))


def cards(view: Any) -> dict[str, str]:
    """Each card of the totals as HTML, by its name."""
    parts = Screen(view).text().split('data-total="')[1:]
    return {part.split('"')[0]: part.split('<div class="note">')[0] for part in parts}


def row_of(summary: str, label: str) -> list[str]:
    """The cells of the row of that label with its unit."""
    (line,) = [line for line in summary.splitlines() if line.startswith(f"| {label} ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


# One number, one place


SHOWN = {  # card: total, and how many of its unit one of the card's is
    "cost": ("cost_usd_per_h", 1.0),
    "carbon": ("carbon_kg_per_h", 1000.0),
    "grid": ("grid_mw", 1.0),
    "relocated": ("relocated_mw", 1.0),
    "delay": ("mean_wan_per_request_ms", 1.0),
    "unserved": ("unserved_mw", 1.0),
}


@pytest.mark.parametrize("name", ["classroom-3x3", "stylized-12", "world-2025"])
def test_a_figure_is_the_same_wherever_it_is_shown(name, tmp_path, capsys):
    rng = np.random.default_rng(len(name))
    scenario = Scenario.load(name)
    scenario.param.update(
        carbon_price_usd_per_t=float(rng.integers(0, 200)),
        friction_scale=float(rng.integers(0, 30)) / 10,
        capacity_scale=float(rng.integers(4, 15)) / 10,
        hour=int(rng.integers(24)) if scenario.profiles is not None else "average",
        legal_policy=str(rng.choice(["open", "today", "same zone"])),
    )
    api = solve(scenario).totals()
    figures = headlines(solve(scenario))
    # the app
    session = Session(scenario)
    view = Totals(session)
    shown = cards(view)
    for card, (total, per) in SHOWN.items():
        assert figures[total].value == api[total]
        assert f'class="value">{format_number(api[total] / per)} ' in shown[card]
    for card in ("cost", "carbon", "grid"):
        assert percent(figures[SHOWN[card][0]].change_percent) in shown[card]
    # the command line, its file and its text
    folder = tmp_path / "mine"
    scenario.save(folder)
    assert cli.main(["solve", str(folder), "-o", str(tmp_path / "results")]) == 0
    printed = capsys.readouterr().out
    written = pd.read_csv(tmp_path / "results" / "totals.csv", index_col="name")
    split = asdict(forced_and_chosen(solve(scenario)))
    assert list(written.index) == [*api, *split]
    assert written["value"][list(split)].tolist() == list(split.values())
    for total, figure in figures.items():
        assert written.loc[total, "value"] == pytest.approx(api[total], rel=1e-9, abs=1e-9)
        for column in ("baseline", "change", "change_percent"):
            assert written.loc[total, column] == pytest.approx(
                getattr(figure, column), rel=1e-6, abs=1e-6, nan_ok=True
            )
        cells = row_of(printed, f"{figure.label} [{figure.unit}]")
        assert cells == row_of((tmp_path / "results" / "summary.md").read_text("utf-8"), cells[0])
        for cell, value in zip(
            cells[1:], (figure.value, figure.baseline, figure.change), strict=False
        ):
            assert cell == report._figure(value)


@settings(max_examples=40)
@given(world=random_scenarios(objective=st.sampled_from(OBJECTIVES)))
def test_electricity_is_all_that_is_paid_for(world):
    """
    Its price is the cost that is no other friction, its carbon the emissions; both recomputed from
    flows.
    """
    placement, net = solve(world), solve(world).network
    totals = placement.totals()
    assert placement.grid_mw @ net.carbon_kg_per_mwh == pytest.approx(
        totals["carbon_kg_per_h"], rel=1e-9, abs=1e-6
    )
    facility, moving, relocated = 0.0, 0.0, 0.0
    regions = world.regions.set_index("id")
    for flow in placement.flows.to_dict("records"):
        mw = flow["it_mw"] * regions.loc[flow["region"], "pue"]
        facility += mw
        if not flow["is_home"]:
            gb = net.gb_per_mwh[net.workloads.index(flow["workload"])]
            transport = flow["it_mw"] * gb * world.transport_kwh_per_gb / 1000
            moving += world.friction_scale * (world.relocation_overhead * mw + transport)
            relocated += mw
    assert totals["facility_mw"] == pytest.approx(facility)
    assert totals["grid_mw"] == pytest.approx(facility + moving)
    assert totals["relocated_grid_mw"] == pytest.approx(relocated + moving)


@pytest.mark.parametrize(
    ("name", "facility", "grid"), [("stylized-12", -41.4, -31.4), ("world-2025", -140.9, -128.9)]
)
def test_less_electricity_is_drawn_by_what_moving_does_not_take(name, facility, grid):
    """Figures of two independent recalculations."""
    figures = headlines(solve(Scenario.load(name)))
    assert round(figures["facility_mw"].change, 1) == facility
    assert round(figures["grid_mw"].change, 1) == grid
    view = Totals(Session(Scenario.load(name)))
    assert f"now {'−' if grid < 0 else ''}{format_number(abs(grid))}." in cards(view)["grid"]


# Changes against the baseline


def test_below_zero_less_is_an_improvement_everywhere():
    world = Scenario.load(CASES / "negative-prices")
    placement = solve(world)
    assert (placement.cost_usd_per_h, placement.baseline.cost_usd_per_h) == pytest.approx(
        (-7200, -4200)
    )
    card = " ".join(text_of(cards(Totals(Session(world)))["cost"]).split())
    assert "▼ −71.4 %" in card and "now −3,000." in card
    assert row_of(report.summary(world, placement), "Cost [USD/h]")[1:] == [
        "-7,200",
        "-4,200",
        "-3,000",
        "-71.43",
    ]
    assert "−7,200 USD/h (−71.4 % against the baseline)" in text_of(placement._repr_html_())


@given(value=st.floats(-1e9, 1e9), base=st.floats(-1e9, 1e9))
def test_a_percentage_has_the_sign_of_the_change_and_a_base(value, base):
    change = percent_change(value, base)
    if math.isnan(change):
        assert abs(base) <= 1e-3 * abs(value - base) or value == base == 0
    else:
        assert change * (value - base) >= 0
        assert abs(change) < 1e5 * (1 + 1e-9)


REFUSING = [
    ("prices-above-penalty", {}, 100.0),
    ("classroom-3x3", {"unserved_usd_per_mwh": 60.0}, 80.0),
    ("world-2025", {"state_move_share": 1.0, "friction_scale": 5.0}, None),
]


@pytest.mark.parametrize(("name", "changes", "less_mw"), REFUSING)
def test_refusing_people_is_no_saving(name, changes, less_mw):
    world = Scenario.load(CASES / name if (CASES / name).exists() else name)
    world.param.update(**changes)
    placement = solve(world)
    if serve_the_same(
        placement, placement.baseline
    ):  # whoever is refused is refused in the baseline too
        assert less_mw is None
        return
    basis = basis_of(placement)
    if less_mw is not None:
        assert basis == f"per MWh served; {less_mw:g} MW less are served"
    figures = headlines(placement)
    for total in ("cost_usd_per_h", "carbon_kg_per_h", "objective_usd_per_h", "grid_mw"):
        figure = figures[total]
        assert math.isnan(figure.change) and figure.basis == basis
        if placement.served_mw:
            per_mwh = (
                figure.value / placement.served_mw,
                figure.baseline / placement.baseline.served_mw,
            )
            assert figure.change_percent == pytest.approx(percent_change(*per_mwh))
        else:
            assert math.isnan(figure.change_percent)
    session = Session(world)
    view = Totals(session)
    for card in ("cost", "carbon", "grid"):
        html = cards(view)[card]
        assert "per MWh served" in html and not any(
            mark in html for mark in (BETTER, WORSE, "▼", "▲")
        )
    assert f"Compared {basis} than in the baseline, so no saving is claimed." in text_of(
        Screen(view).text()
    )
    assert f"compared {basis} than in the baseline" in report.summary(world, placement)
    assert basis in text_of(placement._repr_html_())
    # what moving saves is of the load that is served
    like = like_for_like(placement, placement.baseline)
    assert like.unserved_mw == pytest.approx(0, abs=1e-6)
    assert like.served_mw == pytest.approx(placement.served_mw)
    saved = like.objective_usd_per_h - placement.objective_usd_per_h
    assert attribution(world).attrs["saved_usd_per_h"] == pytest.approx(saved, abs=1e-3)
    view = AttributionView(session)
    show(view)
    assert columns(view, "steps")["usd_per_h"][-1] == pytest.approx(saved, abs=1e-3)


def test_where_nothing_is_served_nothing_is_saved():
    world = Scenario.load(CASES / "prices-above-penalty")
    assert "Nothing is served, so nothing is saved." in text_of(
        Screen(AttributionView(Session(world))).text()
    )
    assert "Nothing is served, so nothing is held back." in report.summary(world, solve(world))


def test_the_rounding_of_sums_is_no_figure():
    world = Scenario.load("follow-the-sun")
    world.objective = "latency"
    said = " ".join(map(text_of, cards(Totals(Session(world))).values()))
    assert not re.findall(r"0\.0{7,}\d+", said)


@settings(max_examples=25)
@given(world=random_scenarios(unserved_usd_per_mwh=st.floats(1, 300)))
def test_moving_the_same_load_never_costs_more_than_leaving_it_near(world):
    """
    Least cost against a baseline of its own load: a saving, whatever the penalty and whoever goes
    unserved.
    """
    world.param.update(objective="cost", hosting_usd_per_h=0.0)
    best = solve(world)
    like = like_for_like(best, best.baseline)
    served = best.it_mw.sum(axis=1)
    np.testing.assert_allclose(like.it_mw.sum(axis=1), served, atol=1e-5)
    scale = 1 + np.abs(best.network.cost_usd_per_mwh).max() * best.served_mw
    assert like.objective_usd_per_h - best.objective_usd_per_h >= -1e-7 * scale


# Estimates of carbon


@pytest.mark.parametrize("hour", ["average", 3])
def test_the_estimate_in_use_changes_as_the_card_says(hour):
    world = Scenario.load("world-2025")
    world.hour = hour
    signals = world.carbon_signals
    assert len(signals) >= 3
    for signal in signals:
        world.carbon_signal = signal
        placement = solve(world)
        changes = carbon_changes_percent(placement, carbon_intensities(world))
        assert changes[signal] == pytest.approx(
            headlines(placement)["carbon_kg_per_h"].change_percent
        )


def test_estimates_that_agree_are_not_said_to_disagree():
    text = text_of(Screen(Totals(Session(Scenario.load("classroom-3x3")))).text())
    assert "−23.8 % by marginal, −23.8 % by average." in text.replace(" %  ", " % ").replace(
        " , ", ", "
    )
    assert "disagree" not in text
    assert "The estimates disagree" in Screen(Totals(Session(Scenario.load("stylized-12")))).text()


# Cost of serving


def test_a_saving_is_small_beside_what_hardware_costs():
    """Electricity of 1,489 USD/h less, of 7,471 + 100 MW x 1,000 USD/MWh for serving."""
    world = Scenario.load("classroom-3x3")
    before = solve(world)
    assert "serving_usd_per_h" not in before.totals()
    assert "Cost with hardware" not in Screen(Totals(Session(world))).text()
    world.hardware_usd_per_mwh = 1000.0
    placement = solve(world)
    np.testing.assert_array_equal(placement.it_mw, before.it_mw)
    serving, cost = (headlines(placement)[n] for n in ("serving_usd_per_h", "cost_usd_per_h"))
    assert serving.value == pytest.approx(cost.value + 100_000)
    assert serving.change == pytest.approx(cost.change)
    assert serving.change_percent == pytest.approx(100 * cost.change / (cost.baseline + 100_000))
    text = text_of(Screen(Totals(Session(world))).text())
    assert "Cost with hardware at 1,000 USD/MWh: −1.4 % ." in text
    assert "Cost of serving, hardware included" in report.summary(world, placement)
    assert "hardware included" in placement._repr_html_()


# Water


def with_water(*wue: float | None) -> Placement:
    """The classroom with so many litres per kWh in North, Middle and South."""
    world = Scenario.load("classroom-3x3")
    world.regions = world.regions.assign(wue_l_per_kwh=wue)
    return solve(world)


def test_water_is_litres_per_kwh_of_the_it_energy_of_each_region():
    """
    50, 30 and 20 MW run in the three, and 3 MW more for moving 30 to North; at home 20, 50 and 30.
    """
    placement = with_water(0.1, 1.0, 2.0)
    assert placement.region_it_mw == pytest.approx([50, 30, 20])
    water = headlines(placement)["water_l_per_h"]
    assert water.value == pytest.approx(1000 * (53 * 0.1 + 30 * 1.0 + 20 * 2.0))
    assert water.baseline == pytest.approx(1000 * (20 * 0.1 + 50 * 1.0 + 30 * 2.0))
    assert water.change == pytest.approx(water.value - water.baseline) and not water.basis
    assert placement.totals()["water_l_per_h"] == water.value


def test_energy_that_moving_takes_uses_water_too():
    world = Scenario.load("classroom-3x3")
    world.regions = world.regions.assign(wue_l_per_kwh=[0.5, 0.0, 0.0])
    world.relocation_overhead = 0.2
    placement = solve(world)
    away_mw = placement.away_mw[:, 0].sum()
    assert away_mw > 0
    of_north_mw = placement.region_it_mw[0] + 0.2 * world.friction_scale * away_mw
    assert placement.water_l_per_h == pytest.approx(1000 * 0.5 * of_north_mw)


def test_water_that_is_not_known_everywhere_says_for_which_load_and_claims_no_change():
    placement = with_water(1.0, None, 2.0)
    water = headlines(placement)["water_l_per_h"]
    assert water.value == pytest.approx(1000 * (53 * 1.0 + 20 * 2.0))
    assert placement.water_known_share == pytest.approx(0.7)
    assert water.basis == "known for 70 % of the load, in the baseline for 50 %"
    assert math.isnan(water.change) and math.isnan(water.change_percent)
    assert water.basis in report.summary(Scenario.load("classroom-3x3"), placement)
    assert water.basis in placement._repr_html_()


def test_water_is_shown_only_where_regions_say_what_they_use():
    for placement in (solve(Scenario.load("classroom-3x3")), with_water(None, None, None)):
        assert "water_l_per_h" not in placement.totals() and placement.water_known_share == 0
        assert "Water" not in report.summary(Scenario.load("classroom-3x3"), placement)
    world = Scenario.load("classroom-3x3")
    assert "Water" not in Screen(Totals(Session(world))).text()
    world.regions = world.regions.assign(wue_l_per_kwh=[0.1, 1.0, 2.0])
    assert "Water 75.3 m³/h" in text_of(Screen(Totals(Session(world))).text())
    world.regions = world.regions.assign(wue_l_per_kwh=[0.1, 1.0, None])
    assert "known for 80 % of the load" in text_of(Screen(Totals(Session(world))).text())


@given(st.lists(st.floats(-99, 99), max_size=3))
def test_to_disagree_does_not_depend_on_order_or_sign(changes):
    assert disagree(changes) == disagree(changes[::-1]) == disagree([-change for change in changes])
    if changes:
        assert not disagree([changes[0]] * 3)
