"""
Wires or fibre as it is shown: the bars are the table, the pair is the one that was asked for or
moves most.
"""

import re
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest
from screens import columns, show, words

from explorer import Scenario, break_even, solve
from explorer.app.views.wires_or_fibre import WiresOrFibreView
from explorer.charts.wires_or_fibre import PARTS
from explorer.measures.wires_or_fibre import TRANSPORT_KWH_PER_GB, WAYS, pair_of, wires_or_fibre
from explorer.session import Session
from explorer.text import format_number


@pytest.fixture(params=["classroom-3x3", "world-2025"])
def session(request) -> Session:
    return Session(Scenario.load(request.param))


@pytest.fixture
def classroom() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def handles(view: WiresOrFibreView) -> dict[str, Any]:
    (copy,) = view.pane.copies
    return copy


def shown_pair(view: WiresOrFibreView) -> tuple[str, str]:
    ids = {name: region for region, name in view.session.network.short_region_names.items()}
    return ids[view._result.attrs["home"]], ids[view._result.attrs["region"]]


def assert_bars(view: WiresOrFibreView, **options: Any) -> None:
    """Each bar is as long as its part costs, and begins where the one before ends."""
    home, region = shown_pair(view)
    expected = wires_or_fibre(
        view.session.scenario, home, region, view.session.single_workload, **options
    )
    bars = pd.DataFrame(columns(view, "parts"))
    labels = handles(view)["ways"]["yaxis"].major_label_overrides
    for n, row in enumerate(expected.to_dict("records")):
        of = bars[bars["way"] == row["way"]].set_index("part")
        costs = pd.Series({name: row[f"{part}_usd_per_mwh"] for part, name in PARTS.items()})
        assert costs.drop(of.index).eq(0).all()  # what no way costs has no bar
        np.testing.assert_allclose(
            of["right"] - of["left"],
            costs[of.index].abs(),
            atol=1e-6 * of[["left", "right"]].abs().max(axis=None),  # as pages have positions
        )
        np.testing.assert_allclose(of["part_usd_per_mwh"], costs[of.index], rtol=1e-6)
        assert [list(PARTS.values())[role] for role in of["color"]] == of.index.tolist()
        total = row["total_usd_per_mwh"]
        assert max(of["right"].max(), 0) + min(of["left"].min(), 0) == pytest.approx(total)
        assert labels[len(WAYS) - n] == f"{row['way']}: {format_number(total)}"
    x_range = handles(view)["ways"]["x_range"]
    assert x_range.start < bars["left"].min()
    assert x_range.end > bars["right"].max()


def test_bars_follow_moves_and_nothing_new_is_built(session):
    view = WiresOrFibreView(session)
    document = show(view)
    models = {model.id for model in document.models}
    assert_bars(view)
    scenario = session.scenario
    for move in (
        {"carbon_price_usd_per_t": 150.0},
        {"friction_scale": 0.0},
        {"egress_usd_per_gb": 0.2},
    ):
        scenario.param.update(**move)
        assert_bars(view)
    for region in session.network.regions[:2]:
        session.region = region
        assert shown_pair(view)[0] == session.region
        assert_bars(view)
    for workload in scenario.workloads:
        session.workload = workload
        assert view._result.attrs["workload_id"] == session.workload
        assert_bars(view)
    price = "electricity_price_usd_per_mwh"
    scenario.regions = scenario.regions.assign(
        **{price: -20.0, f"{price}_low": np.nan, f"{price}_high": np.nan}
    )  # what earns is left of zero
    assert columns(view, "parts")["left"].min() < 0
    assert_bars(view)
    assert {model.id for model in document.models} == models


def test_while_the_frontier_looks_at_all_classes_the_last_one_stays(classroom):
    view = WiresOrFibreView(classroom)
    show(view)
    classroom.workload = "batch"
    classroom.workload = "all"
    classroom.scenario.friction_scale = 2.0
    assert view._result.attrs["workload_id"] == "batch"
    assert "class batch" in words(view)


def test_the_pair_is_the_largest_flow(session):
    for workload in session.scenario.workloads:
        flows = solve(session.scenario).flows.query("workload == @workload and not is_home")
        totals = flows.groupby(["service", "region"])["it_mw"].sum()
        for home in ("", *session.network.regions):
            of_home = totals[totals.index.get_level_values(0) == home] if home else totals
            found = pair_of(session.placement, workload, home)
            assert found is not None and (not home or found[0] == home)
            if len(of_home):
                assert of_home[found] == pytest.approx(of_home.max())


def test_without_flows_it_is_the_pair_with_most_to_gain_that_is_open(classroom):
    classroom.scenario.friction_scale = 100.0
    assert solve(classroom.scenario).relocated_mw == 0
    table = break_even(classroom.scenario, "batch").set_index(["home", "region"])["net_usd_per_mwh"]
    assert pair_of(classroom.placement, "batch") == table.idxmax()
    assert pair_of(classroom.placement, "batch", "south") == ("south", table["south"].idxmax())
    classroom.scenario.workloads[
        "chat"
    ].latency_budget_ms = 140.0  # of Middle and South, each reaches only the other
    classroom.scenario.friction_scale = 3.0
    assert break_even(classroom.scenario, "chat").set_index(["home", "region"])["net_usd_per_mwh"].idxmax() == (
        "middle", "north",
    )  # fmt: skip
    assert pair_of(classroom.placement, "chat", "middle") == ("middle", "south")
    assert (
        pair_of(classroom.placement, "chat", "north") is not None
    )  # no open one: the best of the closed


def test_a_partner_chosen_stays_until_it_is_the_home_or_gone(classroom):
    view = WiresOrFibreView(classroom)
    show(view)
    classroom.param.update(region="middle", workload="batch")
    assert shown_pair(view) == ("middle", "north")
    partner = handles(view)["partner"]["widget"]
    assert [value for value, _ in partner.options] == ["", "north", "middle", "south"]
    partner.value = "south"
    assert shown_pair(view) == ("middle", "south")
    assert_bars(view)
    classroom.region = "south"
    assert shown_pair(view)[0] == "south" != shown_pair(view)[1]
    classroom.region = ""
    assert shown_pair(view)[1] == "south"
    regions = classroom.scenario.regions
    classroom.scenario.rtt_ms = None
    classroom.scenario.clients = classroom.scenario.clients.assign(service="north")
    classroom.scenario.regions = regions[regions["id"] != "south"]
    assert shown_pair(view) == ("north", "middle")
    assert partner.value == ""
    assert [value for value, _ in partner.options] == ["", "north", "middle"]


def test_a_cable_may_be_chosen(classroom):
    view = WiresOrFibreView(classroom)
    show(view)
    line = handles(view)["line"]["widget"]
    assert [value for value, _ in line.options] == ["overhead", "submarine"]
    line.value = "submarine"
    assert_bars(view, line="submarine")


def test_words_say_what_is_lost_moved_added_and_saved(session):
    view = WiresOrFibreView(session)
    show(view)
    for region in session.network.regions[:3]:
        session.region = region
        stay, wires, fibre = wires_or_fibre(
            session.scenario, *shown_pair(view), view.session.single_workload
        ).to_dict("records")
        figures = re.sub("<[^>]*>", "|", words(view))
        for figure in (
            f"{100 * wires['loss_share']:.1f} % lost", f"{format_number(wires['route_km'])} km of line",
            f"{format_number(fibre['data_gb'])} GB moved", f"{format_number(fibre['transport_kwh'])} kWh to move it",
            f"{format_number(fibre['added_ms'])} ms added",
            *(f"{format_number(way['carbon_kg'])} kg CO₂" for way in (stay, wires, fibre)),
        ):  # fmt: skip
            assert figure in figures
        text = unescape(words(view))
        assert f"{wires['sent_per_delivered']:.2f} MWh are sent for each that arrives" in text
        for way, ending in ((wires, ""), (fibre, "s")):
            usd = stay["total_usd_per_mwh"] - way["total_usd_per_mwh"]
            verb = f"save{ending}" if usd >= 0 else f"cost{ending}"
            assert (
                f"{way['way']} {verb} <b>{format_number(abs(usd))} USD/MWh</b>{'' if usd >= 0 else ' more'}"
                in text
            )
        names = session.network.short_region_names
        assert all(f"<b>{names[region]}</b>" in text for region in shown_pair(view))


def test_words_say_what_forbids_the_fibre_and_why_load_moves_at_a_loss(classroom):
    view = WiresOrFibreView(classroom)
    show(view)
    classroom.region, classroom.workload = "middle", "batch"
    assert "The placement moves 20.0 MW of it." in words(view)
    classroom.workload = "chat"
    handles(view)["partner"]["widget"].value = "north"
    assert "the latency budget forbids that" in words(view)
    classroom.scenario.legal_policy = "same zone"
    classroom.scenario.regions = classroom.scenario.regions.assign(
        legal_zone=["elsewhere", "land", "land"]
    )
    assert "the law forbids that" in words(view)
    handles(view)["partner"]["widget"].value = "south"
    classroom.scenario.regions = classroom.scenario.regions.assign(capacity_mw=[50.0, 15.0, 80.0])
    assert "dearer or not: home is full" in words(view)


def test_one_region_leaves_nothing_to_compare(classroom):
    scenario = classroom.scenario
    view = WiresOrFibreView(classroom)
    show(view)
    scenario.rtt_ms = None
    scenario.clients = scenario.clients.assign(service="north")
    scenario.regions = scenario.regions.iloc[:1]
    assert "nothing can be moved" in words(view)
    assert len(columns(view, "parts")["left"]) == 0
    assert view.table(view._result).empty


def test_the_table_holds_every_figure_and_the_published_estimates(session):
    view = WiresOrFibreView(session)
    show(view)
    expected = wires_or_fibre(session.scenario, *shown_pair(view), view.session.single_workload)
    table = view.table(view._result)
    assert len(table) == len(expected.columns) - 1 + len(TRANSPORT_KWH_PER_GB)
    figures = table.set_index("figure")
    for way in WAYS:
        total = expected.set_index("way").loc[way, "total_usd_per_mwh"]
        assert figures.loc["total [USD/MWh]", way] == pytest.approx(total)
    gb = expected["data_gb"].iloc[-1]
    np.testing.assert_allclose(
        figures["fibre"].iloc[-4:], gb * np.array([*TRANSPORT_KWH_PER_GB.values()])
    )
