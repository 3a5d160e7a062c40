"""Least cost and carbon under a cap on mean delay, against a program that has the cap as a row."""

import math

import numpy as np
import pytest
from scenarios import random_scenario
from served_program import ServedProgram

from explorer import ExplorerError, Scenario, SolverError, certificate, frontier, solve
from explorer.errors import ScenarioError

WORLDS = {"legal_policy": "open", "latency_relaxation_ms": 200.0}


def world_of(seed: int, objective: str) -> Scenario:
    """Every other is full of ties; in some, load goes unserved, or tables change single arcs."""
    return random_scenario(
        seed, 5, 5, 2, lumpy=seed % 2 == 1, exceptions=seed % 5 == 0, objective=objective,
        capacity_scale=1.0 + seed % 3, **WORLDS,
    )  # fmt: skip


@pytest.mark.parametrize("objective", ["cost", "carbon"])
@pytest.mark.parametrize("seed", range(60))
def test_it_is_the_optimum_of_a_program_with_one_more_row(seed, objective):
    world = world_of(seed, objective)
    free, program = solve(world), ServedProgram(world, objective)
    uncapped = program.least(objective)
    near = 1e-6 * max(abs(uncapped), world.total_demand_mw)
    shortest, longest = program.least("requests") / program.served_mw, free.mean_wan_per_request_ms
    for share in (0.0, 0.1, 0.5, 0.9):
        # a table of arcs may give latencies below those of home
        cap = max(shortest + share * max(longest - shortest, 0.0) + 1e-4, 0.0)
        world.mean_delay_cap_ms = cap
        placement = solve(world)
        value = {"cost": placement.objective_usd_per_h, "carbon": placement.carbon_kg_per_h}
        expected = program.least(objective, {"requests": cap * program.served_mw})
        assert value[objective] == pytest.approx(expected, abs=near), share
        assert placement.mean_wan_per_request_ms <= cap + 1e-6
        assert placement.unserved_mw == pytest.approx(free.unserved_mw, abs=1e-6)
        assert placement.unserved["constraint"].tolist() == free.unserved["constraint"].tolist()
        if cap < longest - 1e-3 and expected > uncapped + 10 * near:
            assert placement.mean_wan_per_request_ms == pytest.approx(cap, abs=1e-6)
    world.mean_delay_cap_ms = max(longest, 0.0)  # ties stay as they are broken without a cap
    np.testing.assert_allclose(solve(world).it_mw, free.it_mw, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_its_price_is_what_a_little_more_or_less_of_the_cap_changes(seed):
    world = world_of(seed, "cost")
    free, program = solve(world), ServedProgram(world)
    shortest, longest = program.least("requests") / program.served_mw, free.mean_wan_per_request_ms
    cap = max(shortest + 0.37 * (longest - shortest), 0.0)
    world.mean_delay_cap_ms = cap + 1e-9

    def least(at_ms: float) -> float:
        return program.least("cost", {"requests": at_ms * program.served_mw})

    step = max(1e-3 * (longest - shortest), 1e-6)
    price = solve(world).mean_delay_price_usd_per_h_per_ms
    near = 1e-6 * max(abs(least(cap)), world.total_demand_mw) / step
    assert (least(cap) - least(cap + step)) / step - near <= price
    assert price <= (least(cap - step) - least(cap)) / step + near
    assert math.isnan(solve(world).mean_delay_price_kg_per_h_per_ms)


@pytest.fixture
def classroom() -> Scenario:
    return Scenario.load("classroom-3x3")


@pytest.mark.parametrize("objective", ["cost", "carbon"])
def test_a_cap_that_cannot_be_met_says_what_could(classroom, objective):
    classroom.param.update(objective=objective, mean_delay_cap_ms=0.0, capacity_scale=0.7)
    with pytest.raises(SolverError, match="so little delay: the nearest one adds") as caught:
        solve(classroom)
    assert caught.value.where == "mean_delay_cap_ms = 0"
    least = float(caught.value.fix.split(" ms")[0].split()[-1])
    program = ServedProgram(classroom, objective)
    assert least == pytest.approx(program.least("requests") / program.served_mw, abs=1.001e-3)
    classroom.mean_delay_cap_ms = least
    assert solve(classroom).mean_wan_per_request_ms <= least + 1e-6
    classroom.mean_delay_cap_ms = least - 0.002
    with pytest.raises(SolverError):
        solve(classroom)


def test_where_it_does_not_bind_it_changes_nothing(classroom):
    free = solve(classroom)
    classroom.mean_delay_cap_ms = free.mean_wan_per_request_ms
    capped = solve(classroom)
    assert capped.totals() == pytest.approx(free.totals())
    assert capped.mean_delay_price_usd_per_h_per_ms == 0
    assert capped.optimum.objective == pytest.approx(free.optimum.objective)


def test_latency_the_baseline_and_the_frontier_have_no_cap(classroom):
    before, baseline = frontier(classroom).table, solve(classroom).baseline.totals()
    classroom.mean_delay_cap_ms = solve(classroom).mean_wan_per_request_ms / 2
    assert frontier(classroom).table.equals(before)
    assert solve(classroom).baseline.totals() == pytest.approx(baseline)
    classroom.objective = "latency"
    assert solve(classroom).totals() == pytest.approx(baseline)


def test_a_capped_placement_has_no_prices_and_no_certificate(classroom):
    classroom.mean_delay_cap_ms = solve(classroom).mean_wan_per_request_ms / 2
    placement = solve(classroom)
    assert placement.regions["capacity_price_usd_per_mwh"].isna().all()
    with pytest.raises(ExplorerError, match="Prices prove no optimum"):
        certificate(placement)


@pytest.mark.parametrize(
    ("settings", "fix"),
    [
        ({"hosting_usd_per_h": 10.0}, "set hosting to 0"),
        ({"objective": "carbon", "cost_cap_usd_per_h": 9e3}, "Take one of them away"),
    ],
)
def test_with_hosting_or_a_cap_on_cost_it_is_refused(classroom, settings, fix):
    classroom.param.update(mean_delay_cap_ms=10.0, **settings)
    with pytest.raises(ScenarioError, match="mean_delay_cap_ms") as caught:
        solve(classroom)
    assert fix in str(caught.value)


def test_without_demand_any_cap_is_met(classroom):
    classroom.param.update(total_demand_mw=0.0, mean_delay_cap_ms=0.0)
    assert solve(classroom).totals()["mean_wan_per_request_ms"] == 0


def test_it_is_kept_in_files(classroom, tmp_path):
    classroom.mean_delay_cap_ms = 12.5
    classroom.save(tmp_path / "mine")
    assert Scenario.load(tmp_path / "mine").mean_delay_cap_ms == 12.5
