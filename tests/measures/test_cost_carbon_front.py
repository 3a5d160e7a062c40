"""
The cost-carbon front against an independent program with a cap on carbon, and placements at carbon
prices.
"""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import MOMENTS, random_scenario, random_scenarios
from scipy.optimize import linprog

from explorer import Scenario, solve
from explorer.measures import cost_carbon_front as tradeoffs
from explorer.measures.cost_carbon_front import (
    avoided_kg_per_h,
    cost_carbon_front,
    cost_carbon_front_table,
    growing_fronts,
)
from explorer.model.network import build_network
from explorer.model.solver import TIE_BREAK
from explorer.scenario.scenario import OBJECTIVES

PRICE_FROM, PRICE_TO = "carbon_price_from_usd_per_t", "carbon_price_to_usd_per_t"

worlds = random_scenarios(lumpy=st.booleans(), objective=st.sampled_from(OBJECTIVES), **MOMENTS)


class CappedProgram:
    """
    Least cost of serving what the cost placement serves under a cap on carbon, from the formulas of
    the model.
    """

    def __init__(self, world: Scenario) -> None:
        as_it_is = world.copy()
        as_it_is.objective = "cost"
        free_of_charge = world.copy()
        free_of_charge.carbon_price_usd_per_t = 0.0
        reference = Reference(free_of_charge)
        for row in solve(as_it_is).unserved.to_dict("records"):
            getattr(reference, row["part"])[row["client"], row["workload"]] -= row["unserved_mw"]
        demands = [*reference.free.items(), *reference.pinned.items()]
        self.demand = [max(0.0, amount) for _, amount in demands]
        columns, demand_of, region_of = [], [], []
        for d, ((i, k), _) in enumerate(demands):
            for r, j in enumerate(reference.regions):
                arc = reference.arcs[i, j, k]
                if (
                    self.demand[d] > 0
                    and reference.open((i, j, k))
                    and (arc.at_home or d < len(reference.free))
                ):
                    columns.append((arc.cost_usd, arc.carbon_kg))
                    demand_of.append(d)
                    region_of.append(r)
        self.money, self.carbon = np.array(columns).reshape(-1, 2).T
        self.served = np.equal.outer(np.arange(len(demands)), demand_of).astype(float)
        self.runs = np.equal.outer(np.arange(len(reference.regions)), region_of).astype(float)
        self.capacity = list(reference.capacity.values())

    def least(self, weights: np.ndarray, cap_kg: float | None = None) -> float:
        if not len(weights):  # nothing is served
            return 0.0
        rows = self.runs if cap_kg is None else np.vstack([self.runs, self.carbon])
        limits = self.capacity if cap_kg is None else [*self.capacity, cap_kg]
        best = linprog(
            weights, A_ub=rows, b_ub=limits, A_eq=self.served, b_eq=self.demand, method="highs"
        )
        assert best.success, best.message
        return float(best.fun)


def scale(world: Scenario) -> float:
    """
    What counts as equal, and the last digit of what goes unserved, may amount to. [USD/h or kg/h]
    """
    return 1e-5 * world.total_demand_mw + 1e-5


@settings(max_examples=40)
@given(world=worlds, at=st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_the_front_is_least_cost_under_every_cap_on_carbon(world, at):
    front = cost_carbon_front(world)
    program, near = CappedProgram(world), scale(world)
    cost, carbon = front["cost_usd_per_h"].to_numpy(), front["carbon_kg_per_h"].to_numpy()
    assert cost[0] == pytest.approx(program.least(program.money), abs=near)
    assert carbon[-1] == pytest.approx(program.least(program.carbon), abs=near)
    for n, (more, less) in enumerate(itertools.pairwise(carbon)):
        for share in (0.0, *at):
            cap = more + share * (less - more)
            on_segment = cost[n] + share * (cost[n + 1] - cost[n])
            steepest = (
                front[PRICE_FROM][n + 1] / 1000
            )  # what a little carbon is worth there, at most
            assert program.least(program.money, cap) == pytest.approx(
                on_segment, abs=near * (1 + steepest)
            )
    if len(front) > 1:  # the least carbon is had no cheaper
        steepest = front[PRICE_FROM].iloc[-1] / 1000
        assert program.least(program.money, carbon[-1] + near) <= cost[-1] + near
        assert program.least(program.money, carbon[-1] + near) >= cost[-1] - 3 * near * (
            1 + steepest
        )


@settings(max_examples=40)
@given(world=worlds, carbon_price=st.floats(0, 2000))
def test_at_any_carbon_price_a_row_is_the_optimum(world, carbon_price):
    world.objective = "cost"
    assume(solve(world).unserved_mw == 0)
    front = cost_carbon_front(world)
    priced = world.copy()
    priced.carbon_price_usd_per_t = carbon_price
    row = front[(front[PRICE_FROM] <= carbon_price) & (carbon_price < front[PRICE_TO])]
    assert len(row) == 1
    value = float(
        row["cost_usd_per_h"].iloc[0] + carbon_price / 1000 * row["carbon_kg_per_h"].iloc[0]
    )
    assert value == pytest.approx(
        Reference(priced).optimum("cost"), rel=1e-9, abs=scale(world) * (1 + carbon_price)
    )


@settings(max_examples=40)
@given(world=worlds)
def test_the_front_is_convex_and_prices_are_its_slopes(world):
    front = cost_carbon_front(world)
    cost, carbon = front["cost_usd_per_h"].to_numpy(), front["carbon_kg_per_h"].to_numpy()
    assert front[PRICE_FROM].iloc[0] == 0 and np.isinf(front[PRICE_TO].iloc[-1])
    assert (front[PRICE_FROM].to_numpy() < front[PRICE_TO].to_numpy()).all()
    assert (front[PRICE_TO].to_numpy()[:-1] == front[PRICE_FROM].to_numpy()[1:]).all()
    assert (np.diff(cost) > 0).all() and (np.diff(carbon) < 0).all()
    assert_allclose(front[PRICE_FROM].to_numpy()[1:], -1000 * np.diff(cost) / np.diff(carbon))


@pytest.mark.parametrize("seed", range(11))
def test_what_moves_is_the_difference_of_two_placements(seed):
    """Where the optimum is unique, so that another solve finds the same one."""
    world = random_scenario(
        seed, 5, 5, 2, legal_policy="open", latency_relaxation_ms=200.0, capacity_scale=4.0
    )
    front = cost_carbon_front(world)
    assert len(front) > 1
    found = []
    for row in front.to_dict("records"):
        inside = world.copy()
        inside.carbon_price_usd_per_t = min(
            (row[PRICE_FROM] + row[PRICE_TO]) / 2, row[PRICE_FROM] + 1000
        )
        found.append(solve(inside))
        assert row["cost_usd_per_h"] == pytest.approx(found[-1].cost_usd_per_h)
        assert row["carbon_kg_per_h"] == pytest.approx(found[-1].carbon_kg_per_h)
        assert row["relocated_mw"] == pytest.approx(found[-1].relocated_mw, abs=1e-6)
    assert front.iloc[0][["moved_mw", "loses", "gains"]].tolist() == [0, "", ""]
    for n, (before, after) in enumerate(itertools.pairwise(found), 1):
        change: Any = (
            after.regions.set_index("region")["it_mw"] - before.regions.set_index("region")["it_mw"]
        )
        assert front["moved_mw"][n] == pytest.approx(change.clip(lower=0).sum(), abs=1e-6)
        for column, gain in (("gains", change), ("loses", -change)):
            most = gain[gain > 1e-5].nlargest(3)
            assert front[column][n].split("; ") == (most.index.tolist() or [""]), (n, column)


def test_the_classroom_front_by_hand():
    """
    Middle's Chat runs at 150 USD and 600 kg at home. In South it costs 72 + 15 + 5 + 7.2 + 1.2 =
    100.4 against 120 of money, and emits 960 + 96 + 6 = 1062 kg: it goes South below (120 - 100.4)
    / (1062 - 600) * 1000 = 42.42 USD/t.
    """
    front = cost_carbon_front(Scenario.load("classroom-3x3"))
    assert front[PRICE_TO][0] == pytest.approx(1000 * (120 - 100.4) / (1062 - 600))
    second = front.iloc[1]
    assert second[["cost_usd_per_h", "carbon_kg_per_h", "relocated_mw"]].tolist() == pytest.approx(
        [7471, 47_880, 30]
    )
    assert second[["moved_mw", "loses", "gains"]].tolist() == [pytest.approx(15), "south", "middle"]


@settings(max_examples=40)
@given(world=worlds, price=st.floats(0, 500))
def test_what_is_avoided_below_a_price_is_the_sum_of_cheaper_steps(world, price):
    front = cost_carbon_front(world)
    steps = -front["carbon_kg_per_h"].diff()[front[PRICE_FROM] <= price]
    assert avoided_kg_per_h(front, price) == pytest.approx(steps.sum(), abs=1e-6)
    assert avoided_kg_per_h(front, 0.0) == 0


def test_a_front_grows_from_the_left_and_is_remembered(monkeypatch):
    monkeypatch.setattr(tradeoffs, "BATCH", 1)
    world = random_scenario(
        5, 8, 8, 3, legal_policy="open", latency_relaxation_ms=300.0, capacity_scale=4.0
    )
    network = build_network(world)
    *partial, last = growing_fronts(network)
    assert len(partial) > 3 and len(partial[0]) < len(last)
    whole = last[["carbon_kg_per_h", "cost_usd_per_h"]].to_numpy()
    for table in partial:
        known = table[["carbon_kg_per_h", "cost_usd_per_h"]].to_numpy()
        assert_allclose(known[[0, -1]], whole[[0, -1]])
        assert all(np.isclose(point, whole).all(axis=1).any() for point in known)
    assert [len(table) for table in partial] == sorted(len(table) for table in partial)
    [again] = growing_fronts(network)
    assert again is last


def test_a_front_outlives_the_carbon_price_and_nothing_else():
    world = Scenario.load("classroom-3x3")
    front = cost_carbon_front_table(build_network(world))
    for moved in (
        {"carbon_price_usd_per_t": 170.0},
        {"objective": "carbon"},
        {"objective": "latency"},
    ):
        world.param.update(**moved)
        assert cost_carbon_front_table(build_network(world)) is front
    for moved in (
        {"egress_usd_per_gb": 0.1}, {"capacity_scale": 1.01}, {"state_local_scale": 0.9},
        {"latency_relaxation_ms": 30.0}, {"carbon_signal": "average", "relocation_overhead": 0.2},
    ):  # fmt: skip
        world.param.update(**moved)
        other = cost_carbon_front_table(build_network(world))
        assert other is not front
        front = other


def test_one_region_or_no_demand_is_one_placement():
    for world in (random_scenario(3, regions=1), random_scenario(3, total_demand_mw=0.0)):
        front = cost_carbon_front(world)
        assert len(front) == 1
        assert front[[PRICE_FROM, PRICE_TO]].to_numpy().tolist() == [[0, np.inf]]
        assert avoided_kg_per_h(front, 100.0) == 0


def test_the_world_front_meets_its_placements():
    world = Scenario.load("world-2025")
    front = cost_carbon_front(world)
    assert len(front) > 50
    for carbon_price in (0.0, 50.0, 100.0, 1000.0):
        world.carbon_price_usd_per_t = carbon_price
        row = front[front[PRICE_FROM] <= carbon_price].iloc[-1]
        value = row["cost_usd_per_h"] + carbon_price / 1000 * row["carbon_kg_per_h"]
        noise = 2 * TIE_BREAK * world.total_demand_mw * (1 + carbon_price / 1000)
        assert value == pytest.approx(solve(world).objective_usd_per_h, abs=noise)
