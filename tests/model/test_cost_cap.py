"""Least carbon under a cap on cost, against a linear program that has the cap as a row."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario, random_scenarios

from explorer import ExplorerError, Scenario, SolverError, certificate, frontier, solve


def close(value: float) -> object:
    return pytest.approx(value, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("seed", range(40))
def test_it_is_the_optimum_of_a_program_with_one_more_row(seed):
    """Worlds in which something goes unserved are among them, and every other is full of ties."""
    world = random_scenario(
        seed, 5, 5, 2, lumpy=seed % 2 == 1, objective="carbon", legal_policy="open", exceptions=seed % 5 == 0,
        latency_relaxation_ms=200.0,
    )  # fmt: skip
    world.regions["electricity_price_usd_per_mwh"] = world.regions[
        "electricity_price_usd_per_mwh"
    ].clip(lower=0)
    reference = Reference(world)
    least = reference.serving_all("money")
    cleanest = reference.serving_all("carbon")
    dearest = solve(world).cost_usd_per_h
    for share in (0.0, 0.03, 0.3, 0.8):
        world.cost_cap_usd_per_h = max(least, 0.0) + share * max(dearest - least, 0.0) + 1e-3
        placement = solve(world)
        expected = reference.serving_all("carbon", world.cost_cap_usd_per_h)
        assert placement.carbon_kg_per_h == close(expected), (seed, share)
        assert placement.cost_usd_per_h <= world.cost_cap_usd_per_h + 1e-5
        if expected > cleanest + 1:  # the cap costs carbon, so all of it is spent
            assert placement.cost_usd_per_h == close(world.cost_cap_usd_per_h)


@given(
    world=random_scenarios(objective=st.just("carbon"), lumpy=st.booleans()), cap=st.floats(0, 5e5)
)
def test_what_it_places_balances(world, cap):
    world.cost_cap_usd_per_h = cap
    try:
        placement = solve(world)
    except SolverError:
        assert Reference(world).serving_all("carbon", cap - 1e-3 * (1 + cap)) is None
        return
    network, load = placement.network, placement.it_mw
    assert placement.cost_usd_per_h <= cap + 1e-6 * (1 + cap)
    assert (load >= 0).all() and not load[~network.allowed].any()
    assert (placement.region_it_mw <= network.capacity_mw + 1e-6).all()
    unserved = placement.optimum.unserved_free_mw + placement.optimum.unserved_pinned_mw
    assert load.sum(axis=1) + unserved == pytest.approx(network.demand_mw, abs=1e-6)
    assert placement.unserved_mw <= placement.baseline.unserved_mw + 1e-6
    assert placement.regions["capacity_price_usd_per_mwh"].isna().all()
    assert placement.demand_prices["price_usd_per_mwh"].isna().all()


@pytest.fixture
def classroom() -> Scenario:
    world = Scenario.load("classroom-3x3")
    world.objective = "carbon"
    return world


def test_a_cap_that_cannot_be_met_says_what_could(classroom):
    cleanest = solve(classroom)
    classroom.cost_cap_usd_per_h = 10.0
    with pytest.raises(SolverError, match="so little: the cheapest one takes") as caught:
        solve(classroom)
    assert caught.value.where == "cost_cap_usd_per_h = 10"
    figure = float(caught.value.fix.split(" USD/h")[0].split()[-1].replace(",", ""))
    classroom.cost_cap_usd_per_h = figure
    assert solve(classroom).cost_usd_per_h == pytest.approx(figure, abs=0.011)
    classroom.cost_cap_usd_per_h = figure - 0.02
    with pytest.raises(SolverError):
        solve(classroom)
    classroom.cost_cap_usd_per_h = cleanest.cost_usd_per_h
    assert solve(classroom).carbon_kg_per_h == pytest.approx(cleanest.carbon_kg_per_h)


def test_a_tighter_cap_never_emits_less(classroom):
    least = classroom.copy()
    least.param.update(objective="cost", carbon_price_usd_per_t=0.0)
    low, high = solve(least).cost_usd_per_h, solve(classroom).cost_usd_per_h
    carbon = []
    for step in range(11):
        classroom.cost_cap_usd_per_h = low + (high - low) * step / 10 + 1e-6
        carbon.append(solve(classroom).carbon_kg_per_h)
    assert carbon == sorted(carbon, reverse=True) and carbon[0] > carbon[-1]
    slopes = [b - a for a, b in pairwise(carbon)]
    assert all(late >= early - 1e-6 for early, late in pairwise(slopes))  # convex


@pytest.mark.parametrize("objective", ["cost", "latency"])
def test_other_objectives_have_no_cap(classroom, objective):
    classroom.objective = objective
    free = solve(classroom).totals()
    classroom.cost_cap_usd_per_h = 1.0
    assert solve(classroom).totals() == pytest.approx(free)


def test_the_frontier_and_the_baseline_have_no_cap(classroom):
    before, baseline = frontier(classroom).table, solve(classroom).baseline.totals()
    classroom.cost_cap_usd_per_h = solve(classroom).cost_usd_per_h - 100
    assert frontier(classroom).table.equals(before)
    assert solve(classroom).baseline.totals() == pytest.approx(baseline)


def test_no_cap_is_no_cap(classroom, tmp_path):
    assert classroom.cost_cap_usd_per_h == math.inf
    classroom.save(tmp_path / "mine")
    assert Scenario.load(tmp_path / "mine").cost_cap_usd_per_h == math.inf
    classroom.cost_cap_usd_per_h = 9e3
    classroom.save(tmp_path / "mine")
    assert Scenario.load(tmp_path / "mine").cost_cap_usd_per_h == 9e3


def test_a_bound_by_prices_is_not_for_a_capped_placement(classroom):
    assert certificate(solve(classroom)).holds
    classroom.cost_cap_usd_per_h = solve(classroom).cost_usd_per_h - 100
    with pytest.raises(ExplorerError, match="cost or delay has a cap"):
        certificate(solve(classroom))
