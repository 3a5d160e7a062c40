"""How firm, what matters, how sure: what the pictures hold and the sentences say."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scenarios import random_scenario
from screens import Later, columns, handle, show, words

from explorer import ExplorerError, Scenario, global_sensitivity, solve
from explorer.app.views.monte_carlo import MonteCarloView
from explorer.app.views.near_optimal import NearOptimalView
from explorer.app.views.tornado import CHANGE, TornadoView
from explorer.charts.near_optimal import ROWS
from explorer.measures.monte_carlo import draws_of, monte_carlo
from explorer.measures.near_optimal import near_optimal
from explorer.measures.tornado import INPUTS, tornado
from explorer.session import Session
from explorer.text import format_number

VIEWS = (NearOptimalView, TornadoView, MonteCarloView)
DRAWS = 20  # a hundred show no more


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    monkeypatch.setattr("explorer.app.views.monte_carlo.DRAWS", DRAWS)


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def row_names(view: Any, element: str) -> list[str]:
    """From top to bottom."""
    overrides = handle(view, element, "yaxis").major_label_overrides
    return [overrides[place] for place in sorted(overrides, reverse=True)]


def ask(view: Any, name: str, value: Any) -> None:
    """What a user does to a widget."""
    handle(view, name, "widget").active = value


@pytest.mark.parametrize("kind", VIEWS)
def test_a_move_patches_what_is_there_and_builds_nothing(session, kind):
    view = kind(session)
    document = show(view)
    if kind is MonteCarloView:
        ask(view, "run", True)
    models = {model.id for model in document.models}
    element = {NearOptimalView: "free", TornadoView: "low", MonteCarloView: "receiving"}[kind]
    before = columns(view, element)["right"].copy()
    session.scenario.param.update(friction_scale=0.0, capacity_scale=1.3)
    if kind is MonteCarloView:
        ask(view, "run", True)
    assert not np.array_equal(before, columns(view, element)["right"])
    assert {model.id for model in document.models} == models


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize(
    "scenario",
    [
        lambda: random_scenario(1, 2, 1, 1),
        lambda: random_scenario(8, 3, 2, 1, friction_scale=50.0, egress_usd_per_gb=5.0),
        lambda: random_scenario(5, 4, 3, 2, total_demand_mw=0.0),
        lambda: random_scenario(7, 4, 3, 2, objective="latency"),
        lambda: random_scenario(7, 4, 3, 2, objective="carbon"),
    ],
    ids=["one region", "nothing pays", "no demand", "latency", "carbon"],
)
def test_odd_worlds_do_not_break_it(kind, scenario):
    view = kind(Session(scenario()))
    show(view)
    if kind is MonteCarloView:
        ask(view, "run", True)
    ask(view, "disclosure", True)
    assert "nan" not in words(view)
    assert "<td>" in unescape(handle(view, "table", "words").text)


# How firm is each region?


def test_bars_reach_from_least_to_most_with_the_optimum_between(session):
    view = NearOptimalView(session)
    show(view)
    table = near_optimal(session.scenario, 0.01).sort_values("least_mw", ascending=False)
    free, firm, optimum = columns(view, "free"), columns(view, "needed"), columns(view, "optimum")
    assert_allclose(free["right"], table["most_mw"])
    assert_allclose(free["least_mw"], table["least_mw"])
    assert_allclose(firm["right"], table["least_mw"])
    assert_allclose(optimum["x"], table["it_mw"])
    assert_allclose(optimum["y"], (free["top"] + free["bottom"]) / 2)
    assert row_names(view, "near optimal") == ["North", "South", "Middle"]
    assert "For 1 % more than the optimum (98.7 USD/h), <b>0 of 3 regions in use</b>" in words(view)
    assert "North 48.2 MW, South 17.4 MW, Middle 15.0 MW" in words(view)


def test_the_slack_is_the_readers_choice(session):
    view = NearOptimalView(session)
    show(view)
    for active, slack in ((2, 0.05), (0, 0.005)):
        ask(view, "slack", active)
        table = near_optimal(session.scenario, slack)
        assert sorted(columns(view, "free")["right"]) == pytest.approx(sorted(table["most_mw"]))
        assert f"For {100 * slack:g} % more" in words(view)


@pytest.mark.parametrize(
    ("objective", "unit", "amount"),
    [
        ("cost", "USD/h", lambda best: best.objective_usd_per_h),
        ("carbon", "t/h", lambda best: best.carbon_kg_per_h / 1000),
        ("latency", "ms on average", lambda best: best.mean_wan_ms),
    ],
)
def test_the_slack_is_told_in_the_unit_of_the_objective_without_penalties(objective, unit, amount):
    world = random_scenario(
        7, 4, 3, 2, objective=objective, total_demand_mw=3000.0, hour="average", season="annual"
    )
    best = solve(world)
    assert best.unserved_mw > 1
    view = NearOptimalView(Session(world))
    show(view)
    assert f"({format_number(0.01 * abs(amount(best)))} {unit})" in words(view)


def test_of_many_regions_those_of_most_weight_are_shown_and_all_are_in_the_table():
    session = Session(Scenario.load("world-2025"))
    view = NearOptimalView(session)
    show(view)
    table = near_optimal(session.scenario)
    weight = (table["least_mw"] + table["most_mw"]).sort_values(ascending=False)
    shown = columns(view, "free")
    assert sorted(shown["least_mw"] + shown["most_mw"], reverse=True) == pytest.approx(
        weight.tolist()[:ROWS]
    )
    assert "Texas" in row_names(view, "near optimal")
    assert len(view.table(view._result)) == len(table)
    used = table[table["it_mw"] > 0.5]
    half = (used["least_mw"] < used["it_mw"] / 2).sum()
    assert f"<b>{half} of {len(used)} regions in use</b>" in words(view)


def test_regions_looked_at_are_counted_while_the_last_picture_stays():
    session = Session(random_scenario(2, 6, 20, 1, hour="average", season="annual"))
    view = NearOptimalView(session)
    view._runner = later = Later()
    show(view)
    later.step()
    assert words(view) == "6 of 20 regions looked at…"
    assert len(columns(view, "free")["right"]) == 0
    later.step(3)
    assert len(columns(view, "free")["right"]) == ROWS


# What matters most?


def test_the_tornado_is_the_table_around_the_saving(session):
    view = TornadoView(session)
    show(view)
    table = tornado(session.scenario, CHANGE)
    base = table["saving_usd_per_h"][0]
    for side in ("low", "high"):
        bars, saving = columns(view, side), table[f"saving_usd_per_h_{side}"]
        assert_allclose(bars["left"], np.minimum(base, saving))
        assert_allclose(bars["right"], np.maximum(base, saving))
        assert_allclose(bars["relocated_mw"], table[f"relocated_mw_{side}"])
    assert handle(view, "as it is", "glyph").location == base
    assert row_names(view, "tornado") == table["input"].tolist()
    assert columns(view, "high")["value"][0] == "57.3 → 68.8 USD/MWh, mean of regions"
    assert f"Moving saves {format_number(base)} USD/h" in words(view)
    assert "Most depends on <b>electricity prices</b>: between 1,877 and 2,659 USD/h" in words(view)
    assert "Hardly any effect: data that must stay, network delay" in words(view)


def test_bars_at_one_side_of_the_line_do_not_hide_each_other(session):
    """In the classroom less demand saves less, and more does too, because North is full."""
    view = TornadoView(session)
    show(view)
    row = row_names(view, "tornado").index("Demand")
    low, high = columns(view, "low"), columns(view, "high")
    assert low["right"][row] == high["right"][row]
    assert low["bottom"][row] >= high["top"][row]
    assert low["top"][0] == high["top"][0]


def test_inputs_moved_are_counted_while_the_last_picture_stays():
    view = TornadoView(Session(random_scenario(77, 3, 3, 1)))
    view._runner = later = Later()
    show(view)
    later.step()
    assert words(view) == f"4 of {len(INPUTS)} inputs moved…"
    later.step(3)
    assert len(columns(view, "low")["left"]) == len(INPUTS)


# How sure is it?


def test_nothing_is_drawn_until_a_reader_asks(session):
    view = MonteCarloView(session)
    show(view)
    session.scenario.friction_scale = 2.0
    assert view._result is None
    assert not handle(view, "budgets plot", "widget").visible
    assert "starts when you say so" in words(view)


def test_draws_are_those_of_the_table(session):
    view = MonteCarloView(session)
    show(view)
    ask(view, "run", True)
    found = monte_carlo(session.scenario, DRAWS)
    band, regions = found.frontier, found.regions.sort_values("receives_draws", ascending=False)
    size = len(band)
    outline = columns(view, "band")
    assert_allclose(outline["y"][:size], band["p90_usd_per_h"])
    assert_allclose(outline["y"][size:], band["p10_usd_per_h"][::-1])
    assert_allclose(columns(view, "points")["y"], band["p50_usd_per_h"])
    assert columns(view, "receiving")["right"].tolist() == regions["receives_draws"].tolist()
    assert row_names(view, "regions") == [name.title() for name in regions["region"]]
    assert (
        columns(view, "receiving")["color"].tolist()
        == (regions["receives_draws"] >= 0.9 * DRAWS).astype(int).tolist()
    )
    for name in ("budgets plot", "regions plot"):
        assert handle(view, name, "widget").visible
    saving = found.saving_usd_per_h()
    assert f"<b>{format_number(saving['p50'])} USD/h</b>" in words(view)
    assert (
        f"{format_number(saving['p10'])} to {format_number(saving['p90'])}; with inputs as they are 2,235"
        in words(view)
    )
    assert "Sure to receive load: North." in words(view)
    run = handle(view, "run", "widget")
    assert (run.active, run.label) == (False, f"Run {DRAWS} draws")


def test_progress_is_told_and_a_reader_can_stop_it(session):
    view = MonteCarloView(session)
    view._runner = later = Later()
    show(view)
    later.step()
    ask(view, "run", True)
    assert handle(view, "run", "widget").label == "Cancel"
    later.step(7)
    assert f"7 of {DRAWS} draws, about " in words(view)
    assert "opacity: 0.4" not in str(handle(view, "words", "words").styles)
    ask(view, "run", False)
    while later.waiting:
        later.step()
    done = view._result.done
    assert done <= 8
    assert f"Stopped after {done} of {DRAWS} draws." in words(view)
    assert handle(view, "run", "widget").label == f"Run {DRAWS} draws"
    ask(view, "run", True)
    while later.waiting:
        later.step()
    assert view._result.done == DRAWS


def test_what_no_longer_belongs_to_the_scenario_is_marked(session):
    view = MonteCarloView(session)
    show(view)
    ask(view, "run", True)
    first = view._result
    assert "has changed" not in words(view)
    before, session.scenario.friction_scale = session.scenario.friction_scale, 3.0
    assert "The scenario has changed since: run again." in words(view)
    assert view._result is first
    session.scenario.friction_scale = before
    assert "has changed" not in words(view)
    session.scenario.friction_scale = 3.0
    ask(view, "run", True)
    assert "has changed" not in words(view)
    assert view._result.given_usd_per_h == pytest.approx(
        solve(session.scenario).baseline.objective_usd_per_h
        - solve(session.scenario).objective_usd_per_h
    )


def test_a_failure_is_said_and_stays_until_the_next_run(session, monkeypatch):
    def failing(*_args: Any) -> Iterator[Any]:
        yield next(iter(draws_of(session.scenario, 1)))
        raise ExplorerError("No optimum.", "placement", "Raise the limit.")

    view = MonteCarloView(session)
    show(view)
    with monkeypatch.context() as patch:
        patch.setattr("explorer.app.views.monte_carlo.draws_of", failing)
        ask(view, "run", True)
    assert words(view) == "<b>No optimum.</b> Raise the limit."
    assert not handle(view, "run", "widget").active
    session.scenario.friction_scale = 2.0
    ask(view, "run", True)
    assert "with inputs as they are" in words(view)


# All inputs together, beside the tornado


def test_sobol_indices_come_when_asked_tell_how_far_they_are_and_can_be_stopped(
    session, monkeypatch
):
    monkeypatch.setattr("explorer.app.views.tornado.SAMPLES", 2)
    view = TornadoView(session)
    view._runner = later = Later()
    show(view)
    while later.waiting:
        later.step()
    alone = words(view)
    assert not handle(view, "sensitivity plot", "widget").visible
    ask(view, "together", True)
    assert handle(view, "together", "widget").label == "Cancel"
    later.step(4)
    assert " of 18 worlds solved…" in words(view) and alone in words(view)
    ask(view, "together", False)
    while later.waiting:
        later.step()
    assert words(view) == alone and handle(view, "together", "widget").label == "All together"
    ask(view, "together", True)
    while later.waiting:
        later.step()
    table = global_sensitivity(session.scenario, "sobol", samples=2)
    rows = table[table["figure"] == "saving_usd_per_h"]
    assert handle(view, "sensitivity plot", "widget").visible
    assert not handle(view, "together", "widget").active
    bars = columns(view, "total")
    assert_allclose(bars["right"] + bars["left"], rows["total"])
    assert row_names(view, "sensitivity") == rows["input"].tolist()
    upper, _, lower = words(view).partition("Lower plot: all inputs together")
    assert upper.startswith("<div><b>Upper plot") and alone in upper and "Upper" not in alone
    assert f"<b>{rows['input'].iloc[0]}</b>" in lower
    session.scenario.friction_scale = 3.0
    while later.waiting:
        later.step()
    assert "The scenario has changed" in words(view)
