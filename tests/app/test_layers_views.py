"""
Layers and relocatable demand as a browser would have them: columns equal the tables, and moves
patch them.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from screens import columns, show, words

from explorer import Scenario, frontier, relocatable_demand, solve
from explorer.app.views.layers import LayersView
from explorer.app.views.relocatable_demand import RelocatableDemandView
from explorer.charts.budget_axis import BudgetAxis
from explorer.charts.layers import KINDS
from explorer.charts.relocatable_demand import LOADS
from explorer.measures import relocatable_demand as measures
from explorer.measures.relocatable_load import READINGS
from explorer.model.placement import LAYERS
from explorer.session import Session
from explorer.text import format_number


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def settings(view: Any, name: str, handle: str) -> Any:
    (handles,) = view.pane._copies.values()
    return handles[name][handle]


def lengths(bars: dict[str, Any], across: str) -> np.ndarray:
    ends = {"x": ("left", "right"), "y": ("bottom", "top")}[across]
    return bars[ends[1]] - bars[ends[0]]


MOVES = {
    "as opened": {},
    "nothing relocated": {"friction_scale": 100.0},
    "some unserved": {"total_demand_mw": 300.0},
    "no demand": {"total_demand_mw": 0.0},
    "no friction": {"friction_scale": 0.0},
    "radius": {"regional_radius_km": 1e5},
}
moves = pytest.mark.parametrize("move", MOVES)


@moves
def test_bars_of_layers_are_those_of_the_placement(session, move):
    view = LayersView(session)
    document = show(view)
    models = {model.id for model in document.models}
    session.scenario.param.update(**MOVES[move])
    assert {model.id for model in document.models} == models
    placement, bars = solve(session.scenario), columns(view, "classes")
    for n, layer in enumerate(KINDS):
        for k, workload in enumerate(session.network.workloads):
            (row,) = np.flatnonzero(
                (bars["layer"] == layer) & (bars["workload"] == workload.title())
            )
            unserved = placement.unserved.query("workload == @workload")["unserved_mw"].sum()
            expected = placement.layers_mw[n, k] if layer in LAYERS else unserved
            assert bars["it_mw"][row] == pytest.approx(expected)
            total = session.network.demand_mw[:, k].sum()
            assert lengths(bars, "x")[row] == pytest.approx(100 * expected / total if total else 0)
            assert bars["color"][row] == n
    assert f"Of {format_number(session.network.demand_mw.sum())} MW now" in words(view)
    for name, mw in zip(
        ("at home", "further away"), placement.layers_mw.sum(axis=1)[[0, 2]], strict=True
    ):
        assert f"<b>{format_number(mw)} MW</b> {name}" in words(view)
    assert ("nowhere" in words(view)) == (placement.unserved_mw > 0)


def test_rows_carry_the_names_of_classes_and_follow_their_number(session):
    view = LayersView(session)
    show(view)
    axis = settings(view, "by class", "yaxis")
    assert axis.major_label_overrides == {2: "Chat, 60.0 MW", 1: "Batch, 40.0 MW"}
    assert settings(view, "by class", "ticker").ticks == [2, 1]
    world = LayersView(Session(Scenario.load("world-2025")))
    show(world)
    rows = settings(world, "by class", "yaxis").major_label_overrides
    assert next(iter(rows.values())) == "A Interactive, 800 MW"


def test_a_plot_of_many_classes_has_room_for_every_row():
    scenario = Scenario.load("classroom-3x3")
    table = scenario.workloads_table()
    many = pd.concat(
        [
            table.iloc[[0]].assign(id=f"c{n}", name=f"Class {n}", share_of_demand=0.05)
            for n in range(20)
        ]
    )
    few = LayersView(Session(scenario))
    world = Scenario(
        regions=scenario.regions, clients=scenario.clients, workloads=many, rtt_ms=scenario.rtt_ms
    )
    views = few, LayersView(Session(world))
    for view in views:
        show(view)
    heights = [settings(view, "by class plot", "widget").height for view in views]
    assert heights[0] == 185 and heights[1] >= 20 * 18


@pytest.mark.parametrize("over", ["chat", "batch", "all"])
def test_layers_along_a_budget_are_those_of_the_frontier(session, over):
    view = LayersView(session)
    show(view)
    session.workload = over
    steps, bars = frontier(session.scenario, over).table, columns(view, "budgets")
    for layer, name in zip(
        KINDS, ("local_mw", "regional_mw", "energy_oriented_mw", "unserved_mw"), strict=True
    ):
        rows = bars["layer"] == layer
        assert_allclose(bars["left"][rows], steps["budget_ms"])
        assert_allclose(bars["to_ms"][rows][:-1], steps["budget_ms"][1:])
        assert_allclose(bars["it_mw"][rows], steps[name], rtol=1e-6, atol=1e-6)
        assert_allclose(lengths(bars, "y")[rows], steps[name], atol=1e-4)
    far = [format_number(mw) for mw in steps["energy_oriented_mw"].iloc[[0, -1]]]
    said = f"stays at {far[0]}" if far[0] == far[1] else f"goes from {far[0]} to {far[1]}"
    assert f"load further away {said} MW." in words(view)
    assert (over == "batch") == (far[0] != far[1])
    assert_allclose(
        bars["top"][bars["layer"] == "unserved"], 100, rtol=1e-6
    )  # layers stand on each other
    name = (
        "Relaxation of all budgets [ms]"
        if over == "all"
        else f"Latency budget of class {over} [ms]"
    )
    assert settings(view, "along a budget", "xaxis").axis_label == name
    axis, now = BudgetAxis.of(session.frontier), session.frontier.current_ms
    mark = settings(
        view, "now" if axis.has_now else "now beyond", "glyph"
    )  # one far beyond is marked at the edge
    assert mark.visible and mark.location == min(now, axis.last_ms)
    table = view.table(view._result)
    assert len(table) == len(session.network.workloads) + len(steps)
    assert_allclose(table["energy_oriented_mw"][-len(steps) :], steps["energy_oriented_mw"])


def test_a_budget_that_moves_moves_the_mark(session):
    view = LayersView(session)
    show(view)
    session.scenario.workloads["chat"].latency_budget_ms = 170.0
    assert settings(view, "now", "glyph").location == 170


@moves
def test_nested_bars_are_the_readings(session, move):
    view = RelocatableDemandView(session)
    document = show(view)
    models = {model.id for model in document.models}
    session.scenario.param.update(**MOVES[move])
    assert {model.id for model in document.models} == models
    bars, placement = columns(view, "nested"), solve(session.scenario)
    readings: Any = relocatable_demand(session.scenario).set_index("workload")
    found = {
        (name, load): mw
        for name, load, mw in zip(bars["name"], bars["load"], bars["right"], strict=True)
    }
    for k, workload in enumerate(session.network.workloads):
        of = f"{workload.title()}"
        assert found[of, "demand"] == pytest.approx(session.network.demand_mw[:, k].sum())
        assert found[of, "relocated"] == pytest.approx(placement.away_mw[:, :, k].sum())
        for reading in READINGS:
            assert found[of, reading] == pytest.approx(readings.loc[workload, f"{reading}_mw"])
    total = [found["all classes", load] for load in LOADS]
    assert total == sorted(total, reverse=True)  # each within the one before
    for load, mw in zip(LOADS[1:], total[1:], strict=True):
        assert (f"<b>{format_number(mw)} MW {load}</b>" in words(view)) == (total[0] > 0)
    assert ("There is no demand" in words(view)) == (total[0] == 0)


@pytest.mark.parametrize("over", ["chat", "all"])
def test_readings_along_a_budget_are_those_of_the_full_frontier(session, over):
    view = RelocatableDemandView(session)
    show(view)
    session.workload = over
    steps = frontier(session.scenario, over).table.set_index("budget_ms")
    table = view.table(view._result)
    points = columns(view, "points")
    for reading in READINGS:
        of = points["load"] == reading
        known = dict(zip(points["x"][of], points["y"][of], strict=True))
        for budget_ms, mw in steps[f"rid_{reading}_mw"].items():
            assert known[budget_ms] == pytest.approx(mw)
        now = relocatable_demand(session.scenario)[f"{reading}_mw"].sum()
        assert known[session.frontier.current_ms] == pytest.approx(now)
        assert_allclose(table[f"{reading}_mw"][-len(steps) :], steps[f"rid_{reading}_mw"])
    assert_allclose(columns(view, "relocated")["y"][::2], steps["relocated_mw"])


def test_a_curve_is_computed_once_wherever_the_scenario_stands(session, monkeypatch):
    view = RelocatableDemandView(session)
    show(view)
    asked, readings = [], measures.relocatable_mw
    monkeypatch.setattr(measures, "relocatable_mw", lambda *of: asked.append(of) or readings(*of))
    session.scenario.workloads["chat"].latency_budget_ms = 175.0
    assert asked == []  # none of the curve: the readings of now, by class, are all that is computed
    assert settings(view, "now", "glyph").location == 175


def test_one_region_draws_nothing_strange():
    world = Scenario.load("classroom-3x3")
    one = world.regions.iloc[:1].assign(capacity_mw=1000.0)
    clients = world.clients.drop(columns="service", errors="ignore")
    alone = Scenario(
        regions=one, clients=clients, workloads=world.workloads_table(), total_demand_mw=100.0
    )
    session = Session(alone)
    for view in (LayersView(session), RelocatableDemandView(session)):
        show(view)
        assert "100 MW" in words(view)
    assert "<b>0 MW gross</b>" in words(view)
