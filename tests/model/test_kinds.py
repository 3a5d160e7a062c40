"""Demands that are one to the solver: together or apart, the placement is the same."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scenarios import random_scenario

from explorer import Scenario
from explorer.model.kinds import Groups
from explorer.model.network import Network, build_network, lp_data
from explorer.model.solver import PlacementModel
from explorer.scenario.scenario import OBJECTIVES

LOADS = "free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw"
PRICES = "price_free", "price_pinned", "capacity_price"


def model_of(network: Network) -> PlacementModel:
    return PlacementModel(network.home, len(network.regions), len(network.workloads))


def with_twins(world: Scenario, sizes: list[float]) -> Scenario:
    """The same with every client also there once more, of another size."""
    clients = world.clients
    shares = [name for name in clients.columns if name.startswith("demand_share")]
    twins = clients.assign(id=clients["id"] + "-twin")
    twins[shares] = clients[shares].mul(np.resize(sizes, len(clients)), axis=0)
    both = pd.concat([clients, twins], ignore_index=True)
    both[shares] /= both[shares].sum()
    world.clients = both
    return world


@settings(max_examples=25)
@given(
    seed=st.integers(0, 999),
    objective=st.sampled_from(OBJECTIVES),
    sizes=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    budgets=st.lists(st.integers(-150, 300), min_size=1, max_size=6),
)
def test_kinds_together_are_placed_as_demands_apart(seed, objective, sizes, budgets):
    """While budgets move to and fro, and kinds divide and join."""
    world = with_twins(random_scenario(seed, 4, 4, 2, lumpy=seed % 2 == 1), sizes)
    network = build_network(world)
    together, apart = model_of(network), model_of(network)
    each = np.arange(network.demand_mw.size)
    apart._groups = Groups(each, each, each, each)
    for world.latency_relaxation_ms in budgets:
        network = build_network(world)
        numbers = lp_data(network, objective)
        then = None if objective == "cost" else network.cost_usd_per_mwh
        found, expected = together.solve(numbers, then), apart.solve(numbers, then)
        assert found.objective == pytest.approx(expected.objective, rel=1e-9, abs=1e-6)
        for part in (*LOADS, *PRICES):
            assert_allclose(getattr(found, part), getattr(expected, part), atol=1e-6, err_msg=part)
    assert len(together._live._part) < len(apart._live._part)


def test_the_program_has_a_row_for_each_kind():
    """Most clients of a home are alike: in a large world that is fewer than half of all demands."""
    world = Scenario.load("world-2025")
    network = build_network(world)
    model = model_of(network)
    model.solve(lp_data(network, "cost"))
    rows = model._live.highs.getNumRow()
    assert rows - len(network.regions) < network.demand_mw.size  # free and pinned: half of all
    highs = model._live.highs
    world.capacity_scale = 2.0
    model.solve(lp_data(build_network(world), "cost"))
    assert model._live.highs is highs and highs.getNumRow() == rows
    world.latency_relaxation_ms = 40.0
    model.solve(lp_data(build_network(world), "cost"))
    divided = highs.getNumRow()
    assert rows < divided
    world.latency_relaxation_ms = 0.0
    model.solve(lp_data(build_network(world), "cost"))
    assert highs.getNumRow() == divided
