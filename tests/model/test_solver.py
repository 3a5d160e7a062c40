"""The solver against an independent linear program, and a warm model against a fresh one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, SolverError, solve
from explorer.model.network import Floats, Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.solver import LPData, PlacementModel
from explorer.scenario.scenario import CARBON_SIGNALS, LEGAL_POLICIES, OBJECTIVES


def slider(low: float, high: float) -> st.SearchStrategy[float]:
    """Twenty even steps, ends included."""
    return st.integers(0, 20).map(lambda n: low + (high - low) * n / 20)


SLIDERS = {
    "total_demand_mw": slider(0, 3000),
    "capacity_scale": slider(0, 3),
    "state_local_scale": slider(0, 2),
    "latency_relaxation_ms": slider(-200, 300),
    "carbon_price_usd_per_t": slider(0, 300),
    "friction_scale": slider(0, 5),
    "latency_value": slider(0, 0.2),
    "legal_policy": st.sampled_from(LEGAL_POLICIES),
    "carbon_signal": st.sampled_from(CARBON_SIGNALS),
    "objective": st.sampled_from(OBJECTIVES),
}
moves = st.lists(
    st.sampled_from(sorted(SLIDERS)).flatmap(lambda name: st.tuples(st.just(name), SLIDERS[name])),
    max_size=8,
)


def sizes(seed: int) -> tuple[int, int, int]:
    """Up to 8 clients, 7 regions and 3 classes."""
    clients, regions, workloads = np.random.default_rng(seed).integers(1, (9, 8, 4))
    return int(clients), int(regions), int(workloads)


def penalised(placement: Placement) -> float:
    """The objective with its penalty on unserved load. [USD/h]"""
    return (
        placement.objective_usd_per_h
        + placement.network.unserved_usd_per_mwh * placement.unserved_mw
    )


def fresh_model(network: Network) -> PlacementModel:
    return PlacementModel(network.home, len(network.regions), len(network.workloads))


@pytest.mark.parametrize("first_seed", range(0, 200, 20))
def test_optima_agree_with_an_independent_program(first_seed):
    """
    Of 200 random scenarios every other is full of ties, and every third overrides the model on
    single arcs.
    """
    for seed in range(first_seed, first_seed + 20):
        scenario = random_scenario(
            seed, *sizes(seed), lumpy=seed % 2 == 1, exceptions=seed % 3 == 0
        )
        reference = Reference(scenario)
        for objective in OBJECTIVES:
            scenario.objective = objective
            expected = pytest.approx(reference.optimum(objective), rel=1e-6, abs=1e-6)
            placement = solve(scenario)
            assert placement.optimum.objective == expected, (seed, objective)
            if objective == "cost":
                assert penalised(placement) == expected, seed


@pytest.mark.parametrize("objective", ["latency", "carbon"])
def test_ties_go_to_the_cheapest(objective):
    """Among them are cases where a region must stay full although that costs more."""
    for seed in range(100):
        world = random_scenario(seed, 8, 8, 3, lumpy=True, objective=objective, legal_policy="open",
                                latency_relaxation_ms=300.0, state_local_scale=0.3)  # fmt: skip
        expected = Reference(world).optimum(objective, then="cost")
        assert penalised(solve(world)) == pytest.approx(expected, rel=1e-6), seed


@settings(max_examples=60)
@given(world=random_scenarios(lumpy=st.booleans()), moves=moves)
def test_a_warm_model_finds_what_a_fresh_one_finds(world, moves):
    warm = fresh_model(build_network(world))
    for name, value in [("capacity_scale", 1.0), *moves]:
        setattr(world, name, value)
        network = build_network(world)
        numbers = lp_data(network, world.objective)
        then = None if world.objective == "cost" else network.cost_usd_per_mwh
        found, expected = warm.solve(numbers, then), fresh_model(network).solve(numbers, then)
        assert found.objective == pytest.approx(expected.objective, rel=1e-9, abs=1e-6)
        for part in ("free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw"):
            assert_allclose(getattr(found, part), getattr(expected, part), atol=1e-6, err_msg=part)


@given(world=random_scenarios(objective=st.sampled_from(OBJECTIVES), lumpy=st.booleans()))
def test_prices_prove_the_optimum(world):
    """
    No arc is worth more than it costs, what is used is worth it, and prices add up to the
    objective.
    """
    network = build_network(world)
    numbers = lp_data(network, world.objective)
    best = fresh_model(network).solve(numbers)
    assert (best.capacity_price >= 0).all()
    delivered = numbers.cost + best.capacity_price[:, np.newaxis]
    surplus = best.price_free[:, np.newaxis] - delivered
    assert surplus[numbers.allowed].max(initial=0.0) < 1e-4
    assert np.abs(surplus[best.free_mw > 1e-6]).max(initial=0.0) < 1e-4
    for price, dropped in (
        (best.price_free, best.unserved_free_mw),
        (best.price_pinned, best.unserved_pinned_mw),
    ):
        assert price.max() < numbers.unserved_cost + 1e-4
        assert_allclose(price[dropped > 1e-6], numbers.unserved_cost)
    load = best.free_mw.sum(axis=(0, 2)) + np.bincount(
        network.home, best.pinned_mw.sum(axis=1), minlength=len(network.regions)
    )
    assert (load <= numbers.capacity_mw + 1e-6).all()
    idle = load < numbers.capacity_mw - 1e-6
    assert_allclose(best.capacity_price[idle], 0.0, atol=1e-4)
    worth = (best.price_free * numbers.free_mw + best.price_pinned * numbers.pinned_mw).sum()
    rent = best.capacity_price @ numbers.capacity_mw
    assert worth - rent == pytest.approx(best.objective, rel=1e-6, abs=1e-2)


def slope(model: PlacementModel, numbers: LPData, direction: dict[str, Floats]) -> float | None:
    """Change of the optimum per MW along a direction; None at a kink."""

    def at(step: float) -> float:
        moved = {name: getattr(numbers, name) + step * change for name, change in direction.items()}
        return model.solve(replace(numbers, **moved)).objective

    step, here = 1e-3, at(0.0)
    up, down = (at(step) - here) / step, (here - at(-step)) / step
    return up if up == pytest.approx(down, rel=1e-4, abs=1e-2) else None


@settings(max_examples=40)
@given(world=random_scenarios(total_demand_mw=500.0, capacity_scale=st.floats(0.5, 3)))
def test_prices_are_what_one_more_mw_costs(world):
    placement = solve(world)
    network = placement.network
    model, numbers = fresh_model(network), lp_data(network, "cost")
    for j, price in enumerate(placement.regions["capacity_price_usd_per_mwh"]):
        change = slope(model, numbers, {"capacity_mw": np.eye(len(network.regions))[j]})
        if network.capacity_mw[j] > 0.01 and change is not None:
            assert price == pytest.approx(-change, rel=1e-4, abs=2e-2)
    prices = (
        placement.demand_prices["price_usd_per_mwh"].to_numpy().reshape(network.demand_mw.shape)
    )
    for i, k in np.argwhere(network.demand_mw > 0.01):
        pinned = network.pinned_mw[i, k] / network.demand_mw[i, k]
        unit = np.zeros_like(network.demand_mw)
        unit[i, k] = 1.0
        change = slope(model, numbers, {"free_mw": (1 - pinned) * unit, "pinned_mw": pinned * unit})
        if change is not None:
            assert prices[i, k] == pytest.approx(change, rel=1e-4, abs=2e-2)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_time_limit_is_said_plainly(objective):
    world = Scenario.load("world-2025")
    world.param.update(time_limit_s=1e-9, objective=objective)
    with pytest.raises(SolverError, match="No optimum within 1e-09 s") as error:
        solve(world)
    assert "time_limit_s" in error.value.fix
    world.time_limit_s = 30
    assert solve(world).unserved_mw == pytest.approx(0, abs=1e-6)


def test_the_time_limit_says_so_and_the_model_recovers():
    scenario = Scenario.load("world-2025")
    scenario.carbon_price_usd_per_t, scenario.time_limit_s = 12.345, 1e-6
    with pytest.raises(SolverError, match="No optimum within 1e-06 s"):
        solve(scenario)
    scenario.time_limit_s = 30
    assert solve(scenario).unserved_mw == 0
