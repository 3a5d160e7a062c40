"""Exact frontiers against a placement at every budget where an arc opens."""

import math
import statistics
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario, random_scenarios

from explorer import Frontier, Placement, Scenario, frontier, relocatable_demand, solve
from explorer.measures import frontier as frontiers
from explorer.measures.frontier import trace
from explorer.model.network import build_network
from explorer.scenario.scenario import OBJECTIVES

worlds = random_scenarios(lumpy=st.booleans())
axis = st.integers(0, 3)  # 0: all classes, else one of them
# Rare: pinned load reaches its home, which is full, and takes the place of dearer load.
PINNED_SWAPS = random_scenario(487, 2, 2, 2, capacity_scale=0.4, state_local_scale=2.0)
PINNED_OPENS = random_scenario(3, 3, 3, 3)


def over(world: Scenario, number: int) -> str:
    return ["all", *world.workloads][number % (len(world.workloads) + 1)]


def moved_to(world: Scenario, over: str, budget_ms: float) -> Scenario:
    """The scenario where the axis stands at that budget."""
    moved = world.copy()
    if over == "all":
        moved.latency_relaxation_ms = budget_ms
    else:
        moved.workloads[over].latency_budget_ms = max(budget_ms, 0.0)
    return moved


def at_budget(world: Scenario, over: str, budget_ms: float) -> Placement:
    return solve(moved_to(world, over, budget_ms))


def budgets_of_arcs(world: Scenario, over: str) -> list[float]:
    """
    Every budget of the axis at which a lawful arc opens, a trifle late. No class gets a budget
    below zero.
    """
    reference = Reference(world)
    opens = {
        arc.latency_ms
        - (world.workloads[k].latency_budget_ms if over == "all" else world.latency_relaxation_ms)
        for (_, _, k), arc in reference.arcs.items()
        if arc.lawful and over in ("all", k)
    }
    least = -min(w.latency_budget_ms for w in world.workloads.values()) if over == "all" else 0.0
    return sorted(max(budget, least) + 1e-6 for budget in opens)


def optimum(placement: Placement) -> float:
    return placement.optimum.objective


@settings(max_examples=40)
@example(
    world=random_scenario(0, clients=1, regions=1, workloads=1, lumpy=True, exceptions=True), axis=0
)  # no arcs
@given(
    world=random_scenarios(
        lumpy=st.booleans(), exceptions=st.booleans(), objective=st.sampled_from(OBJECTIVES)
    ),
    axis=axis,
)
@example(world=PINNED_SWAPS, axis=2)
def test_steps_are_those_of_a_search_over_every_budget(world, axis):
    over_ = over(world, axis)
    found = frontier(world, over_)
    steps = found.table["budget_ms"].to_numpy()
    before = None
    for budget in budgets_of_arcs(world, over_):
        placement = at_budget(world, over_, budget)
        row = np.searchsorted(steps, budget, side="right") - 1
        if row < 0:  # less is served than could be
            assert placement.unserved_mw > found.table["unserved_mw"].iloc[0] + 1e-7
            continue
        figures = found.table.iloc[row]
        scale = abs(optimum(placement)) + 1
        if before is not None and budget - steps[row] > 2e-6:  # between steps nothing happens
            assert optimum(placement) == pytest.approx(before, rel=1e-7, abs=1e-6 * scale)
        if world.objective == "cost":
            priced = (
                figures["cost_usd_per_h"]
                + world.carbon_price_usd_per_t * figures["carbon_kg_per_h"] / 1000
            )
            assert priced == pytest.approx(
                placement.objective_usd_per_h, rel=1e-6, abs=1e-6 * scale
            )
        assert figures["unserved_mw"] == pytest.approx(placement.unserved_mw, abs=1e-5)
        before = optimum(placement)


@settings(max_examples=40)
@given(world=worlds, axis=axis, exact=st.booleans())
def test_setting_the_budget_of_a_row_gives_its_figures(world, axis, exact):
    """Exactly that budget, as a tap on a step sets it: no rounding may keep its arcs shut."""
    found = frontier(world, over(world, axis), exact)
    for row in found.table.to_dict("records"):
        placement = at_budget(world, found.over, row["budget_ms"])
        for name in ("cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw"):
            assert row[name] == pytest.approx(getattr(placement, name), rel=1e-6, abs=1e-5), name
        assert row["electricity_mwh_per_h"] == pytest.approx(placement.grid_mw.sum(), rel=1e-6)


@settings(max_examples=60)
@given(world=worlds, axis=axis, exact=st.booleans())
def test_the_table_makes_sense(world, axis, exact):
    found = frontier(world, over(world, axis), exact)
    table = found.table
    assert np.diff(table["budget_ms"]).min(initial=1.0) > 5e-7
    budgets = budgets_of_arcs(world, found.over)
    assert (found.strictest_ms, found.loosest_ms) == pytest.approx(
        (budgets[0], budgets[-1]), abs=1e-5
    )
    assert (
        found.strictest_ms
        <= table["budget_ms"].iloc[0]
        <= table["budget_ms"].iloc[-1]
        <= found.loosest_ms
    )
    priced = (
        table["cost_usd_per_h"] + world.carbon_price_usd_per_t * table["carbon_kg_per_h"] / 1000
    )
    falls = -np.diff(priced + world.unserved_usd_per_mwh * table["unserved_mw"])
    assert (falls > 0).all() if exact else (falls > -1e-6 * (1 + np.abs(priced[1:]))).all()
    assert_allclose(table["unserved_mw"], table["unserved_mw"].iloc[0], atol=1e-5)


@settings(max_examples=40)
@given(
    world=random_scenarios(lumpy=st.booleans(), regional_radius_km=st.floats(0, 15_000)), axis=axis
)
def test_layers_and_relocatable_demand_are_those_at_the_budget_of_the_row(world, axis):
    found = frontier(world, over(world, axis))
    for row in found.table.to_dict("records"):
        moved = moved_to(world, found.over, row["budget_ms"])
        by_layer: Any = solve(moved).layers.groupby("layer")["it_mw"].sum()
        for layer in ("local", "regional", "energy-oriented"):
            assert row[f"{layer.replace('-', '_')}_mw"] == pytest.approx(
                by_layer[layer], rel=1e-6, abs=1e-5
            )
        relocatable: Any = relocatable_demand(moved).drop(columns="workload").sum()
        for reading in ("gross", "deliverable", "economic"):
            assert row[f"rid_{reading}_mw"] == pytest.approx(
                relocatable[f"{reading}_mw"], rel=1e-6, abs=1e-5
            )


def test_what_follows_a_slider_has_all_but_relocatable_demand(monkeypatch):
    world = Scenario.load("world-2025")
    world.total_demand_mw = 1234.0  # nobody has asked yet
    with monkeypatch.context() as patch:
        patch.setattr(
            frontiers, "relocatable_mw", lambda *_: pytest.fail("a solve that nobody waits for")
        )
        live = trace(build_network(world), "A", 0.0).table
    table = frontier(world, over="A").table
    assert [c for c in table if c not in live] == [
        "rid_gross_mw",
        "rid_deliverable_mw",
        "rid_economic_mw",
    ]
    pd.testing.assert_frame_equal(table[live.columns], live, check_exact=True)
    rid: Any = table[["rid_economic_mw", "rid_deliverable_mw", "rid_gross_mw"]]
    assert np.diff(rid, axis=0).min() > -1e-5 and np.diff(rid, axis=1).min() > -1e-5
    assert (table["relocated_mw"] < table["rid_deliverable_mw"]).all()
    assert_allclose(table["regional_mw"] + table["energy_oriented_mw"], table["relocated_mw"])


def test_layers_are_remembered_only_for_their_radius():
    world = Scenario.load("world-2025")
    regional = []
    for radius in (0.0, 3000.0, 30_000.0):
        world.regional_radius_km = radius
        table = frontier(world, over="A").table
        regional.append(table["regional_mw"].iloc[-1])
    assert (
        regional[0]
        == 0
        < regional[1]
        < regional[2]
        == pytest.approx(table["relocated_mw"].iloc[-1])
    )


def secant(table: Any, column: str, row: int, other: int) -> float:
    """Minus the slope of a column between two rows."""
    return -(table[column][row] - table[column][other]) / (
        table["budget_ms"][row] - table["budget_ms"][other]
    )


@settings(max_examples=40)
@given(world=worlds, axis=axis, exact=st.booleans())
def test_returns_on_latency_are_secants(world, axis, exact):
    table = frontier(world, over(world, axis), exact).table
    returns = [c for c in table.columns if "_per_ms" in c]
    assert len(returns) == 8 and table.loc[0, returns].isna().all()
    for n in range(1, len(table)):
        erl = secant(table, "cost_usd_per_h", n, n - 1)
        served = world.total_demand_mw - table["unserved_mw"][n]
        early = table["budget_ms"] <= table["budget_ms"][n] - 10 + 1e-9
        stood = table[early].iloc[-1] if early.any() else dict.fromkeys(table.columns, math.nan)
        expected = {
            "erl_window_usd_per_h_per_ms": (stood["cost_usd_per_h"] - table["cost_usd_per_h"][n])
            / 10,
            "crl_window_kg_per_h_per_ms": (stood["carbon_kg_per_h"] - table["carbon_kg_per_h"][n])
            / 10,
            "erl_usd_per_h_per_ms": erl,
            "crl_kg_per_h_per_ms": secant(table, "carbon_kg_per_h", n, n - 1),
            "erl_usd_per_mwh_per_ms": erl / served if served > 1e-9 else math.nan,
            "electricity_return_mwh_per_h_per_ms": secant(table, "electricity_mwh_per_h", n, n - 1),
            "erl_from_start_usd_per_h_per_ms": secant(table, "cost_usd_per_h", n, 0),
            "crl_from_start_kg_per_h_per_ms": secant(table, "carbon_kg_per_h", n, 0),
        }
        assert table.loc[n, returns].to_dict() == pytest.approx(
            expected, rel=1e-6, abs=1e-12, nan_ok=True
        )


def test_steps_within_what_round_trips_are_uncertain_by_are_taken_together():
    """The window is found again from the file's rows, its returns by solves at both of its ends."""
    world = Scenario.load("world-2025")
    assert frontier(world, over="A").window_ms == 10  # measurements of a pair differ by less
    rtt = world.rtt_ms
    assert rtt is not None
    world.rtt_ms = rtt.assign(
        rtt_max_ms=rtt["rtt_min_ms"] + 3 * (rtt["rtt_max_ms"] - rtt["rtt_min_ms"])
    )
    apart = [b - a for a, b in world.rtt_ms[["rtt_min_ms", "rtt_max_ms"]].to_numpy() if b > a]
    found = frontier(world, over="A")
    assert found.window_ms == pytest.approx(statistics.median(apart)) and found.window_ms > 20
    known = found.table.dropna(subset="erl_window_usd_per_h_per_ms")
    assert known["budget_ms"].iloc[0] >= found.table["budget_ms"].iloc[0] + found.window_ms - 1e-6
    for row in known.iloc[:: len(known) // 4].to_dict("records"):
        ends = [at_budget(world, "A", row["budget_ms"] - back) for back in (found.window_ms, 0)]
        for column, figure in (
            ("erl_window_usd_per_h_per_ms", "cost_usd_per_h"),
            ("crl_window_kg_per_h_per_ms", "carbon_kg_per_h"),
        ):
            before, now = (getattr(end, figure) for end in ends)
            assert row[column] == pytest.approx(
                (before - now) / found.window_ms, rel=1e-5, abs=1e-3
            )
    world.workloads["B"].round_trips = 3
    assert frontier(world).window_ms == pytest.approx(
        3 * statistics.median(apart)
    )  # of all budgets
    world.latency_model = "fibre"  # nothing measured, nothing known of how sure it is
    assert frontier(world, over="A").window_ms == 10


@settings(max_examples=40)
@given(world=worlds, axis=axis)
@example(world=PINNED_OPENS, axis=2)
def test_what_opens_at_a_step_opens_there_and_is_used(world, axis):
    found = frontier(world, over(world, axis))
    arcs = Reference(world).arcs
    assert found.table["opens"].iloc[0] == ""
    for row in found.table.iloc[1:].to_dict("records"):
        budget, regions = row["budget_ms"], row["opens"].split("; ")
        opening = set()
        for (_, j, k), arc in arcs.items():
            if found.over in ("all", k) and arc.lawful:
                fixed = (
                    world.workloads[k].latency_budget_ms
                    if found.over == "all"
                    else world.latency_relaxation_ms
                )
                if arc.latency_ms - fixed == pytest.approx(budget, abs=2e-6):
                    opening.add(j)
        assert set(regions) <= opening
        load = at_budget(world, found.over, budget).regions.set_index("region")["it_mw"]
        assert all(load[j] > 0 for j in regions)


def test_the_classroom_frontier_is_that_of_its_readme():
    world = Scenario.load("classroom-3x3")
    found = frontier(world, over="chat")
    table: dict[str, list[Any]] = found.table.to_dict("list")
    # 100 ms serves all of it at home; 140 ms lets Chat move between Middle and South, where it does
    # not pay
    assert table["budget_ms"] == pytest.approx([100, 180])
    assert table["cost_usd_per_h"] == pytest.approx([7471, 7100])
    assert table["carbon_kg_per_h"] == pytest.approx([47_880, 51_500])
    assert table["opens"] == ["", "north"]
    assert (found.strictest_ms, found.loosest_ms, found.current_ms) == pytest.approx(
        (100, 220, 150)
    )
    current: Any = found.current
    assert current["budget_ms"] == pytest.approx(100)
    # README: between 150 and 180 ms the return is 371 / 30; the step itself begins at 100
    assert table["erl_usd_per_h_per_ms"][1] == pytest.approx(371 / 80)
    assert table["crl_kg_per_h_per_ms"][1] == pytest.approx(-3620 / 80)


def test_the_mark_follows_the_budget_and_the_curve_stays():
    world = Scenario.load("classroom-3x3")
    found: list[Frontier] = []
    for budget in (90.0, 150.0, 180.0):
        world.workloads["chat"].latency_budget_ms = budget
        found.append(frontier(world, over="chat"))
    assert [f.current_ms for f in found] == [90.0, 150.0, 180.0]
    assert [None if f.current is None else f.current["budget_ms"] for f in found] == [
        None,
        100.0,
        180.0,
    ]
    assert all(f.table is found[0].table for f in found)


def test_a_curve_is_remembered_only_for_what_it_was_made_of():
    """Where latency ties, cost decides, so even there the carbon price counts."""
    for seed in (1, 31, 41):  # where it changes who runs what
        changed = random_scenario(
            seed, 4, 4, 2, lumpy=True, objective="latency", capacity_scale=0.5, legal_policy="open"
        )
        changed.carbon_price_usd_per_t = 0.0
        frontier(changed)
        changed.carbon_price_usd_per_t = 200.0
        for row in frontier(changed).table.to_dict("records"):
            placement = at_budget(changed, "all", row["budget_ms"])
            assert row["cost_usd_per_h"] == pytest.approx(
                placement.cost_usd_per_h, rel=1e-6, abs=1e-5
            ), seed


def test_an_unknown_class_is_named_with_those_there_are():
    with pytest.raises(
        ValueError, match="Unknown workload 'Chat'; use 'all' or one of chat, batch"
    ):
        frontier(Scenario.load("classroom-3x3"), over="Chat")
