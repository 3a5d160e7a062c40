"""
What holds relocation back: Shapley values by the formula over all orders, objectives by an
independent program.
"""

from copy import copy
from itertools import permutations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario, random_scenarios
from scipy.optimize import linprog

from explorer import Scenario, attribution, solve, waterfall
from explorer.measures.attribution import FACTORS, shapley_values, waterfall_table
from explorer.model.network import build_network
from explorer.scenario.scenario import OBJECTIVES
from tests.model.test_placement import two_regions

NO_FRICTION = (
    "operations_usd_per_mwh",
    "relocation_overhead",
    "transport_kwh_per_gb",
    "latency_value",
)
LIFTED: dict[str, dict[str, Any]] = {
    "latency": {"latency_relaxation_ms": 1e6},
    "friction": dict.fromkeys(NO_FRICTION, 0.0),
    "egress": {"egress_usd_per_gb": 0.0},
    "state locality": {"state_local_scale": 0.0},
    "law": {"legal_policy": "open"},
    "capacity": {},  # any region can take all: by the table, which may hold zeros
}

games = st.integers(1, 4).flatmap(lambda n: arrays(float, (2,) * n, elements=st.floats(-100, 100)))
players = st.integers(0, 3)


def mean_over_orders(worth: Any) -> np.ndarray:
    """
    What each player adds on joining, mean over all orders: the definition. `worth` takes a set of
    players.
    """
    n = worth.ndim
    gains = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        joined = [0] * n
        for player in order:
            before = worth[tuple(joined)]
            joined[player] = 1
            gains[player] += worth[tuple(joined)] - before
    return gains / len(orders)


@given(worth=games)
def test_shapley_values_are_means_over_all_orders(worth):
    assert_allclose(shapley_values(worth), mean_over_orders(worth), atol=1e-9)


@given(worth=games)
def test_all_that_is_won_is_shared_out(worth):
    won = worth[(1,) * worth.ndim] - worth[(0,) * worth.ndim]
    assert shapley_values(worth).sum() == pytest.approx(won, abs=1e-9)


@given(worth=games, a=players, b=players)
def test_players_who_add_the_same_get_the_same(worth, a, b):
    a, b = a % worth.ndim, b % worth.ndim
    alike = worth + worth.swapaxes(a, b)
    values = shapley_values(alike)
    assert values[a] == pytest.approx(values[b], abs=1e-9)


@given(worth=games, player=players)
def test_who_adds_nothing_gets_nothing(worth, player):
    player %= worth.ndim
    same = np.repeat(worth.take([0], axis=player), 2, axis=player)
    assert shapley_values(same)[player] == 0


@given(worth=games, more=st.floats(-10, 10))
def test_values_of_two_games_add_up(worth, more):
    other = np.sin(np.arange(worth.size)).reshape(worth.shape) * more
    assert_allclose(
        shapley_values(worth + other), shapley_values(worth) + shapley_values(other), atol=1e-9
    )


def values(world: Scenario) -> dict[str, float]:
    table = attribution(world)
    return dict(zip(table["constraint"], table["usd_per_h"], strict=True))


def served_alone(world: Scenario) -> Reference:
    """The parts of demand that the placement as it is serves."""
    served = Reference(world)
    for row in solve(world).unserved.to_dict("records"):
        getattr(served, row["part"])[row["client"], row["workload"]] -= row["unserved_mw"]
    return served


IN_ARCS = {"latency", "friction", "egress", "law"}  # obstacles that arcs are made of


def without(world: Scenario, lifted: set[str]) -> Reference:
    """The world without some of those obstacles."""
    other = world.copy()
    for factor in lifted:
        other.param.update(**LIFTED[factor])
    if "friction" in lifted and other.arcs is not None:
        told = other.arcs["friction_usd_per_mwh"]
        other.arcs = other.arcs.assign(friction_usd_per_mwh=told.where(told.isna(), 0.0))
    return Reference(other)


def independent_objective(arcs: Reference, served: Reference, lifted: set[str]) -> float:
    """
    Least cost of serving what the placement as it is serves, on arcs without some obstacles and
    without others: another program altogether.
    """
    reference = copy(arcs)
    reference.free, reference.pinned = {}, {}
    for key, pinned in served.pinned.items():
        stays = "state locality" not in lifted
        reference.free[key] = max(0.0, served.free[key] + (0.0 if stays else pinned))
        reference.pinned[key] = max(0.0, pinned) if stays else 0.0
    if "capacity" in lifted:
        reference.capacity = dict.fromkeys(reference.capacity, 1e6)
    return reference.optimum("cost")


@pytest.mark.parametrize(
    "seed", [0, 1, 2, 3, 4, 6, 7, 8, 10, 11, 14, 15, 17, 18, 22, 25, 31, 32, 34, 36]
)
def test_values_are_those_of_64_independent_programs(seed):
    """
    Worlds in which something moves. Odd ones are full of ties; in most some goes unserved; from 30
    tables rule.
    """
    world = random_scenario(seed, 4, 4, 2, lumpy=seed % 2 == 1, exceptions=seed >= 30)
    objective, served = np.empty((2,) * len(FACTORS)), served_alone(world)
    arcs: dict[frozenset[str], Reference] = {}
    for case in product(range(2), repeat=len(FACTORS)):
        lifted = {f for f, on in zip(FACTORS, case, strict=True) if on}
        made = frozenset(lifted & IN_ARCS)
        arcs[made] = arcs.get(made) or without(world, lifted & IN_ARCS)
        objective[case] = independent_objective(arcs[made], served, lifted)
    found = attribution(world)
    assert found["constraint"].tolist() == list(FACTORS)
    # the program that serves the last 1e-7 MW, or does not, pays or saves a penalty for it
    assert_allclose(found["usd_per_h"], mean_over_orders(objective.flat[0] - objective), atol=0.05)
    total = objective.flat[0] - objective.flat[-1]
    assert found["usd_per_h"].sum() == pytest.approx(total, abs=0.05)
    assert_allclose(found["share"], found["usd_per_h"] / found["usd_per_h"].sum())
    assert found["share"].sum() == pytest.approx(1.0)


@settings(max_examples=40)
@example(
    world=random_scenario(0, clients=2, regions=1, workloads=3, lumpy=True)
)  # load that no arc serves
@given(world=random_scenarios(lumpy=st.booleans()))
def test_only_friction_can_be_negative_and_only_by_negative_prices(world):
    found = values(world)
    assert min(value for factor, value in found.items() if factor != "friction") >= 0
    world.regions["electricity_price_usd_per_mwh"] = world.regions[
        "electricity_price_usd_per_mwh"
    ].clip(lower=0)
    assert min(values(world).values()) >= 0


def test_friction_that_earns_money_is_negative():
    """
    Far is paid 50 USD/MWh to take power, so a tenth more energy there earns 5 USD per MWh of IT
    load.
    """
    paid = {
        "electricity_price_usd_per_mwh@far": -50.0,
        "relocation_overhead": 0.1,
        "egress_usd_per_gb": 0.0,
    }
    world = two_regions(**paid)
    assert values(world) == pytest.approx(
        dict.fromkeys(FACTORS, 0.0) | {"friction": -100.0}, abs=1e-3
    )
    assert attribution(world)["share"].tolist() == [0, 1, 0, 0, 0, 0]


@given(world=random_scenarios(lumpy=st.booleans()), factor=st.sampled_from(FACTORS))
def test_an_obstacle_that_is_not_there_costs_nothing(world, factor):
    world.param.update(**LIFTED[factor])
    if factor == "capacity":
        world.regions["capacity_mw"] = 1e6
    assert values(world)[factor] == 0


@settings(max_examples=40)
@given(world=random_scenarios(lumpy=st.booleans()))
def test_the_waterfall_goes_from_no_obstacle_to_the_placement(world):
    steps, shares = waterfall(world), attribution(world)
    placement = solve(world)
    assert steps["constraint"].tolist() == list(FACTORS)
    objective = steps["objective_usd_per_h"].to_numpy()
    close = {"abs": 1e-5 * (1 + world.total_demand_mw), "rel": 1e-9}
    assert objective[-1] == pytest.approx(placement.objective_usd_per_h, **close)
    assert_allclose(np.diff(objective), steps["usd_per_h"][1:], atol=close["abs"])
    assert steps["usd_per_h"].sum() == pytest.approx(shares["usd_per_h"].sum(), **close)


@settings(max_examples=10)
@given(world=random_scenarios(lumpy=st.booleans()))
def test_the_mean_of_all_waterfalls_is_the_attribution(world):
    sums = dict.fromkeys(FACTORS, 0.0)
    orders, network = list(permutations(FACTORS)), build_network(world)
    for order in orders:
        steps = waterfall_table(network, order)  # `waterfall` builds one for each order
        assert steps["constraint"].tolist() == list(order)
        for factor, usd_per_h in zip(steps["constraint"], steps["usd_per_h"], strict=True):
            sums[factor] += usd_per_h / len(orders)
    assert sums == pytest.approx(values(world), abs=1e-5 * (1 + world.total_demand_mw))


def test_the_classroom_by_hand():
    """
    Its README: with no friction, North saves 100 USD for a MWh of Batch from Middle and 70 from
    South, and South 30 for one of Chat from Middle, of which then all 30 MW are free. Egress is 5
    for Batch, 15 for Chat. With the rest of the friction, Batch saves 84.5 and 54.5, and Chat
    nothing.
    """
    world = Scenario.load("classroom-3x3")
    steps = waterfall(world, ("latency", "egress", "friction", "state locality", "law", "capacity"))
    objective: Any = dict(zip(steps["constraint"], steps["objective_usd_per_h"], strict=True))
    at_home = 12_100
    egress_only = at_home - (20 * (100 - 5) + 12 * (70 - 5) + 30 * (30 - 15))
    friction_too = at_home - (20 * 84.5 + 12 * 54.5)  # Chat stays at home, pinned or not
    assert objective == pytest.approx(
        {
            "latency": at_home - (20 * 100 + 12 * 70 + 30 * 30),
            "egress": egress_only,
            "friction": friction_too,
            "state locality": friction_too,
            "law": friction_too,
            "capacity": friction_too + 2 * 54.5,  # North has no room for 2 MW of Batch from South
        }
    )
    assert steps["usd_per_h"][1] == pytest.approx(20 * 5 + 12 * 5 + 30 * 15)


@settings(max_examples=40)
@given(
    world=random_scenarios(capacity_scale=0.5, lumpy=st.booleans()),
    objective=st.sampled_from(OBJECTIVES),
)
def test_neither_the_penalty_nor_the_objective_enters(world, objective):
    world.unserved_usd_per_mwh = 2e4
    assume(solve(world).unserved_mw > 1)
    before = values(world)
    world.unserved_usd_per_mwh, world.objective = 1e5, objective
    assert values(world) == pytest.approx(before, abs=1e-5 * (1 + world.total_demand_mw))


def test_nobody_is_dropped_for_a_benefit():
    """
    B runs in X for -100 + 40 USD a MWh, the 40 for latency; at home it would cost 200. The law
    keeps A out of X, where it would cost -100 + 10 instead of 50. Without the law it pays, at a
    penalty of 60, to let A in and not to serve B: but that is not the same demand.
    """
    regions = pd.DataFrame({
        "id": ["ha", "hb", "x"], "name": ["Home of A", "Home of B", "X"], "latitude": 0.0, "longitude": [0.0, 1.0, 2.0],
        "legal_zone": ["A", "B", "B"], "electricity_price_usd_per_mwh": [50.0, 200.0, -100.0], "pue": 1.0,
        "capacity_mw": 10.0, "carbon_marginal_g_per_kwh": 0.0, "carbon_average_g_per_kwh": 0.0,
    })  # fmt: skip
    clients = pd.DataFrame({
        "id": ["a", "b"], "name": ["A", "B"], "latitude": 0.0, "longitude": [0.0, 1.0], "legal_zone": ["A", "B"],
        "demand_share": 0.5, "service": ["ha", "hb"],
    })  # fmt: skip
    workloads = pd.DataFrame({
        "id": ["chat"], "name": "Chat", "latency_budget_ms": 500.0, "energy_wh_per_request": 1.0, "request_kb": 1.0,
        "response_kb": 1.0, "state_mb": 0.0, "prefill_ms": 0.0, "share_of_demand": 1.0, "state_local_share": 0.0,
    })  # fmt: skip
    rtt_ms = pd.DataFrame(
        {
            "from_region": ["ha", "hb", "ha"],
            "to_region": ["x", "x", "hb"],
            "rtt_ms": [10.0, 40, 400],
        }
    )
    world = Scenario(
        regions=regions, clients=clients, workloads=workloads, rtt_ms=rtt_ms, legal_policy="same zone",
        total_demand_mw=20.0, latency_value=1.0, egress_usd_per_gb=0.0, unserved_usd_per_mwh=60.0,
    )  # fmt: skip
    assert solve(world).objective_usd_per_h == pytest.approx(10 * (50 - 100 + 40))
    law_last = waterfall(
        world, ("latency", "capacity", "friction", "egress", "state locality", "law")
    )
    assert law_last["usd_per_h"].tolist()[-1] == 0
    world.legal_policy = "open"
    assert solve(world).unserved_mw == pytest.approx(
        10
    )  # what must not count as a benefit of the law's going


def test_nothing_to_share_has_no_shares():
    world = Scenario.load("classroom-3x3")
    world.total_demand_mw = 0
    for table in (attribution(world), waterfall(world)):
        assert table["usd_per_h"].tolist() == [0] * len(FACTORS)
        assert table["share"].isna().all()


@pytest.mark.parametrize(
    "order", [FACTORS[:5], (*FACTORS, "law"), (*FACTORS[:5], "tax"), ("law",) * 6]
)
def test_an_order_of_other_factors_is_refused(order):
    with pytest.raises(
        ValueError, match="latency, friction, egress, state locality, law, capacity"
    ):
        waterfall(Scenario.load("classroom-3x3"), order)


def test_the_world_is_held_back():
    found = attribution(Scenario.load("world-2025"))
    assert (found["usd_per_h"] > 0).all() and found["share"].sum() == pytest.approx(1)


@settings(max_examples=20)
@given(random_scenarios(hardware_usd_per_mwh=st.sampled_from([0.0, 3.0, 20.0, 1500.0])))
def test_room_that_is_bought_is_an_overflow_at_each_place_at_that_price(world):
    world.objective = "cost"
    table = attribution(world)
    free, bought = (table.attrs[f"room_{how}_usd_per_h"] for how in ("for_free", "bought"))
    placed, price = solve(world), world.hardware_usd_per_mwh
    reference = Reference(world)
    for row in placed.unserved.to_dict("records"):
        getattr(reference, row["part"])[row["client"], row["workload"]] -= row["unserved_mw"]
    costs, wanted, at_region = [], [], {j: [] for j in reference.regions}
    rows = []
    for part in ("free", "pinned"):
        for (i, k), mw in getattr(reference, part).items():
            choices = [j for j in reference.regions if reference.open((i, j, k))]
            if part == "pinned":
                choices = [j for j in choices if j == reference.home[i]]
            if choices and mw > 1e-9:
                rows.append(range(len(costs), len(costs) + len(choices)))
                wanted.append(mw)
                for j in choices:
                    at_region[j].append(len(costs))
                    costs.append(reference.arcs[i, j, k].cost_usd)
    assume(costs)
    extra = len(costs) + np.arange(len(at_region))  # MW bought at each place
    equal = np.zeros((len(rows), len(costs) + len(extra)))
    below = np.zeros((len(extra), equal.shape[1]))
    for n, row in enumerate(rows):
        equal[n, list(row)] = 1.0
    for n, at in enumerate(at_region.values()):
        below[n, at], below[n, extra[n]] = 1.0, -1.0
    room = list(reference.capacity.values())
    found = linprog([*costs, *[price] * len(extra)], below, room, equal, wanted, method="highs")
    assert found.success
    tolerance = 1e-5 * max(1.0, world.total_demand_mw)
    assert bought == pytest.approx(max(placed.objective_usd_per_h - found.fun, 0.0), abs=tolerance)
    assert bought <= free + tolerance
    if not price:
        assert bought == free
