"""Optima along an axis on which arcs open, by pivots in a tree, against cold solves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scenarios import random_scenario

from explorer.model.network import Network, build_network, lp_data
from explorer.model.opening import OpeningArcs
from explorer.model.placement import Placement
from explorer.model.program import LPData, Optimum
from explorer.model.solver import PlacementModel
from explorer.scenario.scenario import OBJECTIVES

ODD = (
    "some want nothing",
    "nobody wants anything",
    "all arcs cost the same",
    "room is scarce",
    "there is no room",
)


def odd(numbers: LPData, how: str) -> LPData:
    """The same in an odd world."""
    wants = np.arange(len(numbers.free_mw))[:, np.newaxis] % 2 == 0
    match how:
        case "some want nothing":
            free_mw, pinned_mw = numbers.free_mw * wants, numbers.pinned_mw * wants
            return replace(numbers, free_mw=free_mw, pinned_mw=pinned_mw)
        case "nobody wants anything":
            nothing = np.zeros_like(numbers.free_mw)
            return replace(numbers, free_mw=nothing, pinned_mw=nothing)
        case "all arcs cost the same":
            return replace(numbers, cost=np.full_like(numbers.cost, 10.0))
        case "room is scarce":
            return replace(numbers, capacity_mw=numbers.capacity_mw / 10)
        case "there is no room":
            return replace(numbers, capacity_mw=np.zeros_like(numbers.capacity_mw))
    return numbers


def cold(network: Network, numbers: LPData, then, opens_ms, budget_ms: float) -> Optimum:
    numbers = replace(numbers, allowed=opens_ms <= budget_ms)
    model = PlacementModel(network.home, len(network.regions), len(network.workloads))
    return model.solve(numbers, then)


def figures_of(network: Network):
    return [network.carbon_kg_per_arc_mwh, network.is_away]


def check_steps(
    arcs: OpeningArcs, network: Network, numbers: LPData, then, opens_ms, objective, jump
):
    """Each step is that of a cold solve."""
    figures = figures_of(network)
    for budget in budgets_of(opens_ms)[::jump]:
        found = cold(network, numbers, then, opens_ms, budget)
        if arcs.move_to(budget):
            it_mw = Placement(network, found, objective).it_mw
            scale = 1 + abs(found.objective)
            assert arcs.objective == pytest.approx(found.objective, rel=1e-9, abs=1e-9 * scale)
            arc, mw = arcs.load
            served = arc >= 0
            sums = [figure.take(arc[served]) @ mw[served] for figure in figures]
            those = [(figure * it_mw).sum() for figure in figures]
            assert_allclose(sums, those, rtol=1e-7, atol=1e-5)
            unserved_mw = found.unserved_free_mw.sum() + found.unserved_pinned_mw.sum()
            assert arcs.unserved_mw == pytest.approx(unserved_mw, abs=1e-6)
        else:
            assert found.unserved_free_mw.sum() + found.unserved_pinned_mw.sum() > 0
            arcs.stand_on(found, budget)


def budgets_of(opens_ms):
    return np.unique(opens_ms[np.isfinite(opens_ms)])


def opens_ms_of(network: Network):
    """Over all classes at once."""
    return np.where(network.permitted, network.latency_ms - network.budget_ms, np.inf).round(6)


@settings(max_examples=45)
@given(
    seed=st.integers(0, 999),
    size=st.integers(2, 6),
    objective=st.sampled_from(OBJECTIVES),
    jump=st.integers(1, 4),
    capacity_scale=st.sampled_from([1.0, 2.0, 4.0]),
    how=st.just("") | st.sampled_from(ODD),
)
def test_every_step_is_that_of_a_cold_solve(seed, size, objective, jump, capacity_scale, how):
    """Some arcs at a time; lumpy worlds are full of ties."""
    world = random_scenario(
        seed,
        size + 1,
        size,
        2,
        lumpy=seed % 2 == 1,
        values=seed % 4 > 1,
        capacity_scale=capacity_scale,
    )
    network = build_network(world)
    opens_ms, numbers = opens_ms_of(network), odd(lp_data(network, objective), how)
    then = None if objective == "cost" else network.cost_usd_per_mwh
    arcs = OpeningArcs(numbers, then, opens_ms, network.home, figures_of(network))
    check_steps(arcs, network, numbers, then, opens_ms, objective, jump)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 999),
    price=st.sampled_from([0.0, 50.0, 500.0]),
    more_room=st.sampled_from([1.0, 1.0, 2.0]),
    begins=st.sampled_from([0, 0, 3]),
    how=st.sampled_from(["", "all arcs cost the same", "room is scarce"]),
)
def test_it_is_so_from_where_a_walk_at_other_prices_first_stood(
    seed, price, more_room, begins, how
):
    """One that began later, among more arcs; or, where the room is another one, from nothing."""
    world = random_scenario(seed, 5, 4, 2, lumpy=seed % 2 == 1)
    before = build_network(world)
    opens_ms = opens_ms_of(before)
    asked = lp_data(before, "cost"), None, opens_ms, before.home, figures_of(before)
    walked = OpeningArcs(*asked)
    assert walked.first is None
    walked.move_to(budgets_of(opens_ms)[: begins + 1][-1])
    world.carbon_price_usd_per_t = price
    world.capacity_scale *= more_room
    network = build_network(world)
    numbers = odd(lp_data(network, "cost"), how)
    asked = numbers, None, opens_ms, network.home, figures_of(network)
    arcs = OpeningArcs(*asked, walked.first)
    check_steps(arcs, network, numbers, None, opens_ms, "cost", 2)
