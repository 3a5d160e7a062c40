"""
Among equal placements: least added latency, home first, then a fixed order; equals alike. In every
measure.
"""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario, random_scenarios

import explorer.model.kinds
import explorer.model.live
import explorer.model.solver
from explorer import (
    Placement,
    Scenario,
    attribution,
    cost_carbon_front,
    frontier,
    near_optimal,
    solve,
    whole_day,
)
from explorer.model.kinds import Kinds
from explorer.model.network import build_network, lp_data
from explorer.model.solver import PlacementModel
from explorer.model.ties import levels_met
from explorer.scenario.scenario import OBJECTIVES
from explorer.scenario.schema import LARGEST

CASES = Path(__file__).parents[1] / "cases"
LEVELS = {  # what counts, first to last
    "cost": ("priced", "unserved", "latency"),
    "carbon": ("unserved", "worth", "carbon", "cost", "latency"),
    "latency": ("unserved", "worth", "latency", "cost"),
}


def totals(placement: Placement) -> dict[str, float]:
    net, load, best = placement.network, placement.it_mw, placement.optimum
    left = best.unserved_free_mw + best.unserved_pinned_mw
    cost, worth = (
        float((load * net.cost_usd_per_mwh).sum()),
        float((left * net.value_of_load).sum()),
    )
    return {
        "unserved": placement.unserved_mw,
        "worth": worth,
        "priced": cost + worth,
        "cost": cost,
        "carbon": placement.carbon_kg_per_h,
        "latency": float((load * net.wan_ms).sum()),
    }


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("lumpy", [False, True])
def test_levels_are_those_of_an_independent_program(objective, lumpy):
    """One LP after the other; each gives way by 1e-6, for which the next gains little."""
    for seed in range(40):
        world = random_scenario(
            seed, 5, 5, 2, lumpy=lumpy, objective=objective, exceptions=seed % 3 == 0,
            values=seed % 4 == 1,
        )  # fmt: skip
        found = totals(solve(world))
        wanted = LEVELS[objective]
        leasts = Reference(world).in_order(*((name, 0.0) for name in wanted))
        for name, least in zip(wanted, leasts, strict=True):
            assert found[name] == pytest.approx(least, rel=1e-4, abs=1e-2), (seed, name)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_shares_that_go_unserved_are_as_even_as_they_can_be(objective):
    """
    Nobody's share can be less while no larger one grows and no smaller one outgrows it: by one LP
    for every demand, over all that is least on every level.
    """
    asked = 0
    for seed in range(12):
        world = random_scenario(
            seed, 4, 3, 2, lumpy=True, objective=objective, values=seed % 2 == 1
        )
        world.capacity_scale *= 0.5
        reference, placement = Reference(world), solve(world)
        best, found = placement.optimum, totals(placement)
        limits = {name: found[name] for name in LEVELS[objective]}
        ids = list(product(reference.home, world.workloads))
        left = {
            (part, *key): float(mw)
            for part in ("free", "pinned")
            for key, mw in zip(ids, getattr(best, f"unserved_{part}_mw").ravel(), strict=True)
        }
        wanted = {of: getattr(reference, of[0])[of[1:]] for of in left}
        for of in left:
            if left[of] < 1e-3:
                continue
            share, most = left[of] / wanted[of], {}
            for other in left:
                if other[0] == of[0]:
                    most[other] = max(left[other], share * wanted[other]) + 1e-6
                elif of[0] == "free":  # pinned load has had its home
                    most[other] = left[other] + 1e-6
            least = reference.least_unserved(of, most, limits)
            assert left[of] == pytest.approx(least, abs=1e-3), (seed, of)
            asked += 1
    assert asked > 20


def test_what_is_worth_least_goes_unserved_first():
    """
    Room for half of the load, some of which no chat can reach; under least cost load that costs more
    than it is worth goes unserved, too.
    """
    world = Scenario.load("classroom-3x3")
    world.capacity_scale = 1 / 3
    world.workloads["batch"].unserved_usd_per_mwh = 1000.0
    for world.objective in OBJECTIVES:
        left = solve(world).unserved.groupby("workload")["unserved_mw"].sum()
        assert left.to_dict() == pytest.approx({"batch": 106 / 3, "chat": 44 / 3})
    world.param.update(capacity_scale=1.0, objective="cost")
    world.workloads["batch"].unserved_usd_per_mwh = 50.0
    unserved = solve(world).unserved
    assert set(unserved["workload"]) == {"batch"} and set(unserved["constraint"]) == {"price"}


def test_a_value_of_load_that_is_everybodys_is_the_penalty():
    world = random_scenario(3, 5, 5, 2, lumpy=True, capacity_scale=0.5)
    expected = solve(world)
    world.param.update(unserved_usd_per_mwh=1.0)
    for workload in world.workloads.values():
        workload.unserved_usd_per_mwh = expected.network.unserved_usd_per_mwh
    found = solve(world)
    assert found.unserved_mw > 1
    for part in (*LOADS, *PRICES):
        assert_allclose(getattr(found.optimum, part), getattr(expected.optimum, part), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "changes", "cost", "relocated_mw", "wan_ms"),
    [
        (CASES / "all-equal", {}, 8400.00, 0.0, 0.0),
        ("world-2025", {}, 179306.81, 1253.58, 80.030),
        ("world-2025", {"friction_scale": 0.0}, 164236.19, 1434.89, 81.667),
        ("classroom-3x3", {"friction_scale": 0.0}, 6320.00, 45.0, 34.0),
    ],
)
def test_the_nearest_of_equal_placements_is_taken(name, changes, cost, relocated_mw, wan_ms):
    world = Scenario.load(name)
    world.param.update(**changes)
    placement = solve(world)
    assert placement.cost_usd_per_h == pytest.approx(cost, abs=0.005)
    assert placement.relocated_mw == pytest.approx(relocated_mw, abs=0.005)
    assert placement.mean_wan_ms == pytest.approx(wan_ms, abs=0.0005)


def test_where_nothing_is_gained_by_moving_nothing_moves():
    """In no measure, and by no objective."""
    world = Scenario.load(CASES / "all-equal")
    for world.objective in OBJECTIVES:
        placement = solve(world)
        assert placement.flows["is_home"].all() and placement.relocated_mw == 0
        for over in ("all", *world.workloads):
            assert (frontier(world, over).table["relocated_mw"] == 0).all()
        assert (whole_day(world)["relocated_mw"] == 0).all()
        assert near_optimal(world)["it_mw"].tolist() == placement.regions["it_mw"].tolist()
    assert (cost_carbon_front(world)["relocated_mw"] == 0).all()


@settings(max_examples=30)
@given(
    world=random_scenarios(objective=st.sampled_from(OBJECTIVES), lumpy=st.booleans()),
    over=st.integers(0, 3),
)
def test_a_frontier_breaks_ties_as_a_placement_does(world, over):
    axis = ["all", *world.workloads][over % (1 + len(world.workloads))]
    for row in frontier(world, axis).table.to_dict("records"):
        moved = world.copy()
        if axis == "all":
            moved.latency_relaxation_ms = row["budget_ms"]
        else:
            moved.workloads[axis].latency_budget_ms = max(row["budget_ms"], 0.0)
        placement = solve(moved)
        layers: Any = placement.layers.groupby("layer")["it_mw"].sum()
        assert row["relocated_mw"] == pytest.approx(placement.relocated_mw, rel=1e-6, abs=1e-5)
        assert row["regional_mw"] == pytest.approx(layers["regional"], rel=1e-6, abs=1e-5)


LOADS = "free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw"
PRICES = "price_free", "price_pinned", "capacity_price"


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_was_solved_before_leaves_no_trace(objective):
    """Neither in loads nor in prices, where there are many sets of them."""
    home = np.arange(6) % 5  # the same structure for all
    warm = PlacementModel(home, 5, 2)
    for seed in range(25):
        network = build_network(random_scenario(seed, 6, 5, 2, lumpy=True, hour="average"))
        network = replace(network, geography=replace(network.geography, home=home))
        numbers = lp_data(network, objective)
        then = None if objective == "cost" else network.cost_usd_per_mwh
        found, expected = warm.solve(numbers, then), PlacementModel(home, 5, 2).solve(numbers, then)
        for part in LOADS:
            assert_allclose(getattr(found, part), getattr(expected, part), atol=1e-8, err_msg=part)
        for part in PRICES:
            assert_allclose(getattr(found, part), getattr(expected, part), atol=1e-6, err_msg=part)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_either_way_to_the_best_ends_there(objective, monkeypatch):
    """All levels at once where that is proved to do, or one level after the other."""
    for seed in range(20):
        world = random_scenario(seed, 6, 5, 2, lumpy=seed % 2 == 1, objective=objective)
        network = build_network(world)
        numbers = lp_data(network, objective)
        then = None if objective == "cost" else network.cost_usd_per_mwh
        found = []
        for believe in (levels_met, lambda *_: 0, lambda *known: min(levels_met(*known), 1)):
            monkeypatch.setattr(explorer.model.solver, "levels_met", believe)
            model = PlacementModel(network.home, len(network.regions), len(network.workloads))
            found.append(model.solve(numbers, then))
        for part in (*LOADS, *PRICES):
            for other in found[1:]:
                assert_allclose(
                    getattr(found[0], part),
                    getattr(other, part),
                    atol=1e-6,
                    err_msg=f"{seed} {part}",
                )


def test_a_model_that_has_seen_much_stays_small(monkeypatch):
    """Arcs far from use are left out again, which is no matter of what is found."""
    monkeypatch.setattr(explorer.model.live, "MOST_ARCS", 2)
    world = Scenario.load("stylized-12")
    network = build_network(world)
    structure = network.home, len(network.regions), len(network.workloads)
    warm, sizes = PlacementModel(*structure), []
    for relaxation_ms in (-60.0, 300.0, 0.0, 120.0, -30.0, 300.0):
        for world.carbon_price_usd_per_t in (0.0, 300.0):
            world.latency_relaxation_ms = relaxation_ms
            numbers = lp_data(build_network(world), "cost")
            found, expected = warm.solve(numbers), PlacementModel(*structure).solve(numbers)
            sizes.append(warm._live.highs.getNumCol())
            for part in (*LOADS, *PRICES):
                assert_allclose(
                    getattr(found, part), getattr(expected, part), atol=1e-6, err_msg=part
                )
    assert min(np.diff(sizes)) < 0


def test_kinds_of_demands_are_told_apart_though_their_keys_are_one(monkeypatch):
    """By rows with a few equal ones, zeros of either sign among them."""
    rng = np.random.default_rng(0)
    costs = rng.integers(0, 2, (40, 3)) * rng.choice([-1.0, 1.0], (40, 3))
    allowed, home = rng.random((40, 3)) < 0.7, rng.integers(0, 3, 40)
    kinds = Kinds(home).of([costs], allowed)
    monkeypatch.setattr(explorer.model.kinds, "_odd", lambda count: np.zeros(count, np.uint64))
    others = Kinds(home).of([costs], allowed)
    for kind, other in ((kinds.free, others.free), (kinds.pinned, others.pinned)):
        assert (np.equal.outer(kind, kind) == np.equal.outer(other, other)).all()
    free = [
        (*cost, *arcs) for cost, arcs in zip((costs + 0.0).tolist(), allowed.tolist(), strict=True)
    ]
    assert len(kinds.first_free) == len(set(free)) < 40


def test_equal_demands_are_served_the_same_fraction():
    """
    Towns alike in all but their size, with room for a part of them at home and for another away.
    """
    world = Scenario.load("classroom-3x3")
    clients = world.clients.iloc[[1, 1, 1]].assign(id=list("abc"), demand_share=[0.2, 0.5, 0.3])
    world = Scenario(
        regions=world.regions.assign(capacity_mw=[15.0, 30.0, 10.0]), clients=clients,
        workloads=world.workloads_table(), rtt_ms=world.rtt_ms, **world.settings(),
    )  # fmt: skip
    for world.objective in OBJECTIVES:
        placement = solve(world)
        assert placement.unserved_mw == pytest.approx(45)
        best, net = placement.optimum, placement.network
        free = net.demand_mw - net.pinned_mw
        assert_allclose(
            best.unserved_free_mw / free, best.unserved_free_mw[[0] * 3] / free[[0] * 3]
        )
        served = best.free_mw / free[:, np.newaxis]
        assert_allclose(served, served[[0] * 3], atol=1e-12)
        pinned = best.unserved_pinned_mw[:, 0] / net.pinned_mw[:, 0]
        assert_allclose(pinned, pinned[0])


def unserved_fractions(world: Scenario) -> dict[tuple[str, str], float]:
    placement = solve(world)
    net, best = placement.network, placement.optimum
    fraction = best.unserved_free_mw / (net.demand_mw - net.pinned_mw)
    return {
        (net.clients[i], net.workloads[k]): fraction[i, k] for i, k in np.ndindex(fraction.shape)
    }


def test_attribution_under_unserved_load_does_not_hang_on_a_tie():
    """
    Of four classes at a full home no one is singled out; clients and classes in another order are
    the same world.
    """
    world = Scenario.load("stylized-12")
    world.param.update(capacity_scale=0.5, total_demand_mw=1500.0)
    fractions = unserved_fractions(world)
    for client in (
        "london-users",
        "mumbai-users",
        "beijing-users",
        "singapore-users",
        "tokyo-users",
    ):
        assert (
            fractions[client, "A"]
            == pytest.approx(fractions[client, "B"])
            == pytest.approx(fractions[client, "C"])
        )
    table = attribution(world).set_index("constraint")["usd_per_h"]
    for seed in range(3):
        other = world.copy()
        other.clients = world.clients.sample(frac=1.0, random_state=seed).reset_index(drop=True)
        shuffled = attribution(other).set_index("constraint")["usd_per_h"]
        assert shuffled[["law", "state locality"]].tolist() == pytest.approx(
            table[["law", "state locality"]].tolist()
        )
        assert shuffled.tolist() == pytest.approx(table.tolist(), rel=0.01)


def test_an_arc_without_end_is_no_measure_for_the_others():
    """Latencies out of all proportion, even below zero, leave ties to be broken by the rest."""
    world = Scenario.load(CASES / "all-equal")
    ids = world.clients["id"].tolist(), world.regions["id"].tolist(), list(world.workloads)
    far = pd.DataFrame(
        {"client": ids[0][:1], "region": ids[1][1:2], "workload": ids[2][0], "latency_ms": LARGEST}
    )
    world.arcs = far
    assert solve(world).relocated_mw == 0
    world.workloads[ids[2][0]].latency_budget_ms = LARGEST
    assert solve(world).relocated_mw == 0
    home = build_network(world).home[0]
    assert home != 1
    world.arcs = far.assign(latency_ms=0.0)  # faster than home: below zero is less
    placement = solve(world)
    assert placement.mean_wan_ms < 0
    assert placement.flows.query("not is_home")[["client", "region"]].to_numpy().tolist() == [
        [ids[0][0], ids[1][1]]
    ]
