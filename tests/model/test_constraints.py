"""
Why load goes unserved, against a program in which nobody else may be served less; what can be
served is served.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario, random_scenarios
from scipy.optimize import linprog

from explorer import Placement, Scenario, solve
from explorer.scenario.scenario import OBJECTIVES
from tests.model.test_placement import two_regions

CASES = Path(__file__).parents[1] / "cases"


def served_more(placement: Placement, i: int, k: int, pinned: bool, lifted: set[str]) -> bool:
    """
    Whether a load is served more where the lifted things no longer count for it, and nobody else
    less.
    """
    net, best = placement.network, placement.optimum
    cost = {
        "cost": net.cost_usd_per_mwh,
        "carbon": net.carbon_kg_per_arc_mwh,
        "latency": net.wan_ms,
    }
    weight = cost[placement.objective]
    penalty = net.unserved_usd_per_mwh if placement.objective == "cost" else 1e6
    holds = {"latency": net.within_budget, **net.masks}
    columns: list[tuple[float, int, int | None]] = []  # cost, demand, region
    least: list[float] = []
    demand_mw: list[float] = []
    for part, amounts, unserved in (
        (False, net.demand_mw - net.pinned_mw, best.unserved_free_mw),
        (True, net.pinned_mw, best.unserved_pinned_mw),
    ):
        for a, c in np.ndindex(amounts.shape):
            mine = (a, c, part) == (i, k, pinned)
            for j in range(len(net.regions)):
                free_of = lifted if mine else set()
                open_ = all(
                    np.broadcast_to(m, weight.shape)[a, j, c]
                    for n, m in holds.items()
                    if n not in free_of
                )
                if part and j != net.home[a]:
                    open_ = open_ and "state locality" in free_of
                if open_:
                    columns.append((weight[a, j, c], len(demand_mw), j))
            own = 1e6 if "price" in lifted else penalty + 1e-3  # of equals, this one is asked about
            columns.append((own if mine else penalty, len(demand_mw), None))
            demand_mw.append(amounts[a, c])
            least.append(unserved[a, c])
    a_eq, a_ub = (
        np.zeros((len(demand_mw), len(columns))),
        np.zeros((len(net.regions), len(columns))),
    )
    bounds = []
    for n, (_, demand, region) in enumerate(columns):
        a_eq[demand, n] = 1.0
        if region is not None:
            a_ub[region, n] = 1.0
        bounds.append((0, None if region is not None else least[demand] + 1e-7))
    capacity = net.capacity_mw + (1e6 if "capacity" in lifted else 0.0)
    found = linprog(
        [c for c, *_ in columns], A_ub=a_ub, b_ub=capacity, A_eq=a_eq, b_eq=demand_mw, bounds=bounds
    )
    assert found.success, found.message
    demand = i * net.demand_mw.shape[1] + k + pinned * net.demand_mw.size
    dropped = sum(
        found.x[n] for n, (_, d, region) in enumerate(columns) if d == demand and region is None
    )
    return dropped < least[demand] - 1e-5


@settings(max_examples=60)
@given(
    world=random_scenarios(
        capacity_scale=st.floats(0.2, 3), exceptions=st.booleans(), lumpy=st.booleans(),
        unserved_usd_per_mwh=st.sampled_from([30.0, 100.0, 200.0, 1e5]), objective=st.sampled_from(OBJECTIVES),
    )
)  # fmt: skip
def test_what_is_said_to_hold_a_load_back_does(world):
    """
    Each of what is joined by "or" does by itself; what is joined by "and" does together, and none
    can be spared.
    """
    placement = solve(world)
    net = placement.network
    assert served_more_is_settled(placement)
    for row in placement.unserved.head(4).to_dict("records"):
        if row["unserved_mw"] < 1e-3:
            continue
        load = (
            net.clients.index(row["client"]),
            net.workloads.index(row["workload"]),
            row["part"] == "pinned",
        )
        if " and " in row["constraint"]:
            together = set(row["constraint"].split(" and "))
            assert served_more(placement, *load, together), row
            for fewer in combinations(together, len(together) - 1):
                assert not served_more(placement, *load, set(fewer)), (row, fewer)
        else:
            for name in row["constraint"].split(" or "):
                assert served_more(placement, *load, {name}), (row, name)


def served_more_is_settled(placement: Placement) -> bool:
    """With nothing lifted, nobody is served more."""
    net = placement.network
    rows = placement.unserved.head(1).to_dict("records")
    loads = [
        (net.clients.index(r["client"]), net.workloads.index(r["workload"]), r["part"] == "pinned")
        for r in rows
    ]
    return not any(served_more(placement, *load, set()) for load in loads)


def test_load_dearer_than_the_penalty_has_the_reason_price():
    placement = solve(Scenario.load(CASES / "prices-above-penalty"))
    assert placement.unserved_mw == pytest.approx(100)
    assert set(placement.unserved["constraint"]) == {"price"}
    world = placement.baseline
    assert world.unserved_mw == 0


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        # home costs 50, far 50.3 with its egress
        ({"capacity_mw@home": 50.0, "unserved_usd_per_mwh": 49.0}, "price"),
        ({"unserved_usd_per_mwh": 49.0}, "price"),
        ({"capacity_mw@far": 0.0, "unserved_usd_per_mwh": 49.0}, "capacity and price"),
        ({"legal_policy": "same zone", "unserved_usd_per_mwh": 51.0}, "law"),
        ({"legal_policy": "same zone", "unserved_usd_per_mwh": 50.1}, "capacity"),
        ({"legal_policy": "same zone", "unserved_usd_per_mwh": 49.0}, "capacity and price"),
        ({"legal_policy": "same zone", "latency_budget_ms": 100.0}, "latency and capacity"),
    ],
)
def test_one_town_by_hand(changes, constraint):
    (row,) = solve(two_regions(**changes)).unserved.to_dict("records")
    assert row["constraint"] == constraint


def test_what_can_be_served_is_by_carbon_and_latency_whatever_the_penalty():
    for seed in range(40):
        world = random_scenario(seed, 5, 5, 2, lumpy=seed % 2 == 1, exceptions=seed % 3 == 0)
        world.unserved_usd_per_mwh = 1.0
        (least,) = Reference(world).in_order(("unserved", 0.0))
        for world.objective in OBJECTIVES:
            placement = solve(world)
            assert placement.baseline.unserved_mw == pytest.approx(least, abs=1e-4), seed
            if world.objective != "cost":
                assert placement.unserved_mw == pytest.approx(least, abs=1e-4), seed
                assert "price" not in set(placement.unserved["constraint"])


def test_the_world_is_served_whatever_the_penalty():
    world = Scenario.load("world-2025")
    world.unserved_usd_per_mwh = 1000.0
    for world.objective in OBJECTIVES:
        assert solve(world).unserved_mw == 0
    world.param.update(objective="cost", unserved_usd_per_mwh=100.0)
    placement = solve(world)
    assert placement.unserved_mw > 1000 and set(placement.unserved["constraint"]) == {"price"}
    assert placement.baseline.unserved_mw == 0
