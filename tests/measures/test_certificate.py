"""
Certificates hold for every optimum, agree with an independent program, and catch what is not one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario, random_scenarios

from explorer import Placement, Scenario, solve
from explorer.measures.certificate import Certificate, certificate
from explorer.model.ties import FACE_TOLERANCE
from explorer.scenario.scenario import OBJECTIVES

any_objective = random_scenarios(objective=st.sampled_from(OBJECTIVES), lumpy=st.booleans())


def failed(proof: Certificate) -> set[str]:
    table = proof.table
    return set(table.loc[~table["holds"], "check"])


@given(world=any_objective)
def test_every_optimum_has_a_certificate(world):
    proof = certificate(solve(world))
    assert proof.holds, proof.table
    assert proof.gap >= -proof.gap_bound


@settings(max_examples=60)
@given(world=any_objective)
def test_the_bound_encloses_an_independent_optimum(world):
    """
    No placement costs less than the bound, and the placement no more than the bound and the
    solver's tolerance.
    """
    placement = solve(world)
    proof, best = certificate(placement), Reference(world).optimum(world.objective)
    room = 1e-9 * abs(best) + 0.05  # linprog may leave 1e-7 MW unserved, or serve so much too much
    assert proof.lower_bound <= best + room
    assert best <= proof.objective + room
    demand, capacity = placement.network.demand_mw.sum(), placement.network.capacity_mw.sum()
    assert proof.gap <= FACE_TOLERANCE * (demand + capacity) + 1e-9 * abs(best) + 1e-6


def test_the_world_is_certified():
    world = Scenario.load("world-2025")
    for objective in OBJECTIVES:
        world.objective = objective
        proof = certificate(solve(world))
        assert proof.holds, proof.table
        assert 0 <= proof.relative_gap < 1e-6
    world.workloads["A"].latency_budget_ms = 105.0
    assert certificate(solve(world)).holds


def test_the_classroom_by_hand():
    """Its README adds the optimum up to 9865 USD/h; units follow the objective."""
    world = Scenario.load("classroom-3x3")
    assert certificate(solve(world)).objective == pytest.approx(9865)
    units = {}
    for objective in OBJECTIVES:
        world.objective = objective
        table = certificate(solve(world)).table.set_index("check")
        units[objective] = table.loc["gap", "unit"], table.loc["prices", "unit"]
    assert units == {
        "cost": ("USD/h", "USD/MWh"),
        "carbon": ("kg/h", "kg/MWh"),
        "latency": ("MW ms", "ms"),
    }


# Optima that are none


def corrupted(placement: Placement, **arrays: Any) -> Placement:
    return Placement(placement.network, replace(placement.optimum, **arrays), placement.objective)


def busiest(placement: Placement) -> tuple[int, int, int]:
    """The arc with the most free load."""
    mw = placement.optimum.free_mw
    i, j, k = np.unravel_index(mw.argmax(), mw.shape)
    return int(i), int(j), int(k)


def moved(placement: Placement, where: Callable[[Placement, int, int], Any]) -> Placement:
    """The largest flow that could, run at another region that `where` picks."""
    mw = placement.optimum.free_mw.copy()
    flows = sorted(zip(*np.nonzero(mw > 1), strict=True), key=lambda flow: -mw[flow])
    i, j, k, other = next(
        (i, j, k, r)
        for i, j, k in flows
        for r in np.flatnonzero(where(placement, i, k))
        if r not in (j, placement.network.home[i])
    )
    mw[i, other, k] += mw[i, j, k]
    mw[i, j, k] = 0.0
    return corrupted(placement, free_mw=mw)


def scaled(placement: Placement, factor: float) -> Placement:
    """More or less of the busiest flow."""
    mw = placement.optimum.free_mw.copy()
    mw[busiest(placement)] *= factor
    return corrupted(placement, free_mw=mw)


def exchanged(placement: Placement) -> Placement:
    """A MW of the busiest flow goes unserved, and is counted."""
    i, j, k = busiest(placement)
    mw, unserved = placement.optimum.free_mw.copy(), placement.optimum.unserved_free_mw.copy()
    mw[i, j, k] -= 1.0
    unserved[i, k] += 1.0
    return corrupted(placement, free_mw=mw, unserved_free_mw=unserved)


def nudged(placement: Placement, name: str, by: float) -> Placement:
    """One price, of the busiest flow, off by that much."""
    i, j, k = busiest(placement)
    prices = getattr(placement.optimum, name).copy()
    prices[j if name == "capacity_price" else (i, k)] += by
    return corrupted(placement, **{name: prices})


def crowded(placement: Placement) -> Placement:
    """Everything runs at one region."""
    mw = placement.optimum.free_mw
    everything = np.zeros_like(mw)
    everything[:, 0] = mw.sum(axis=1)
    return corrupted(placement, free_mw=everything)


FAULTS: dict[str, tuple[Callable[[Placement], Placement], set[str]]] = {
    "late": (
        lambda p: moved(p, lambda p, i, k: ~p.network.within_budget[i, :, k]),
        {"budget", "lateness"},
    ),
    "unlawful": (lambda p: moved(p, lambda p, i, k: ~p.network.geography.lawful[i]), {"law"}),
    "overload": (crowded, {"capacity"}),
    "lost load": (lambda p: scaled(p, 0.99), {"balance"}),
    "invented load": (lambda p: scaled(p, 1.01), {"balance"}),
    "negative load": (lambda p: scaled(p, -0.01), {"sign", "balance"}),
    "dear place": (
        lambda p: moved(p, lambda p, i, k: p.network.allowed[i, :, k]),
        {"gap", "slackness"},
    ),
    "needlessly unserved": (exchanged, {"gap", "slackness", "relative gap"}),
    "demand price too high": (lambda p: nudged(p, "price_free", 0.01), {"prices"}),
    "demand price too low": (lambda p: nudged(p, "price_free", -0.01), {"slackness"}),
    "capacity price too high": (lambda p: nudged(p, "capacity_price", 1.0), {"gap", "slackness"}),
    "capacity price below zero": (lambda p: nudged(p, "capacity_price", -1e4), {"prices"}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_is_not_an_optimum_is_caught_by_the_right_check(fault, objective):
    world = random_scenario(1, 6, 5, 2, legal_policy="same zone", latency_relaxation_ms=100.0)
    world.regions["capacity_mw"] = 0.4 * world.total_demand_mw
    world.objective = objective
    placement = solve(world)
    assert certificate(placement).holds
    corrupt, checks = FAULTS[fault]
    assert checks <= failed(certificate(corrupt(placement)))


@pytest.mark.parametrize("fault", ["demand price too high", "demand price too low"])
def test_a_wrong_demand_price_leaves_the_gap_as_it_is(fault):
    """The lower bound rests on capacity prices alone."""
    placement = solve(Scenario.load("classroom-3x3"))
    corrupt, _ = FAULTS[fault]
    assert certificate(corrupt(placement)).gap == certificate(placement).gap


@settings(max_examples=50)
@given(world=any_objective, seed=st.integers(0, 2**32 - 1))
def test_whatever_the_prices_the_bound_is_one(world, seed):
    placement = solve(world)
    anything = np.random.default_rng(seed).exponential(100.0, len(placement.network.regions))
    wrong = certificate(corrupted(placement, capacity_price=anything))
    assert wrong.lower_bound <= wrong.objective + wrong.gap_bound


def test_nothing_to_place_costs_nothing():
    world = Scenario.load("classroom-3x3")
    world.total_demand_mw = 0
    proof = certificate(solve(world))
    assert proof.holds
    assert (proof.objective, proof.relative_gap) == (0, 0)
