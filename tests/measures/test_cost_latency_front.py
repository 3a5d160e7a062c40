"""
The cost-latency front against an independent program with a cap on mean delay, and placements at
values of latency.
"""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scenarios import random_scenario
from served_program import ServedProgram

from explorer import Scenario, cost_latency_front, solve
from explorer.measures.cost_latency_front import WEIGHTS, growing_fronts
from explorer.model.network import build_network

DELAY, OBJECTIVE = "mean_delay_ms", "objective_usd_per_h"
RETURN = "objective_return_usd_per_h_per_ms"


def world_of(seed: int) -> Scenario:
    """Every other is full of ties; in some, load goes unserved, or tables change single arcs."""
    return random_scenario(
        seed, 4, 4, 2, lumpy=seed % 2 == 1, exceptions=seed % 5 == 0, legal_policy="open",
        latency_relaxation_ms=150.0, capacity_scale=1.0 + seed % 3,
    )  # fmt: skip


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("seed", range(60))
def test_the_front_is_least_cost_under_every_cap_on_mean_delay(seed, weight):
    world = world_of(seed)
    front, program = cost_latency_front(world, weight), ServedProgram(world)
    delay, objective = front[DELAY].to_numpy(), front[OBJECTIVE].to_numpy()
    near = 2e-5 * world.total_demand_mw
    if program.served_mw < 1e-3:
        assert len(front) == 1
        return
    assert objective[-1] == pytest.approx(program.least("cost"), abs=near)
    assert delay[0] * program.served_mw == pytest.approx(program.least(weight), abs=near)
    for n in range(len(front) - 1):
        slope = front[RETURN][n + 1]
        for share in (0.0, 0.6):
            cap = delay[n] + share * (delay[n + 1] - delay[n])
            expected = program.least("cost", {weight: cap * program.served_mw + 1e-7})
            on_line = objective[n] + share * (objective[n + 1] - objective[n])
            steepest = max(slope, front[RETURN][n]) if n else slope
            few_usd = 1e-6 * steepest / program.served_mw  # what a hair of the cap is worth
            assert expected == pytest.approx(on_line, abs=near + few_usd), (n, share)


@pytest.mark.parametrize("seed", range(60, 80))
def test_it_is_convex_and_its_returns_are_its_slopes(seed):
    front = cost_latency_front(world_of(seed))
    delay = front[DELAY].to_numpy()
    assert (np.diff(delay) > 0).all() and (np.diff(front[OBJECTIVE]) < 0).all()
    assert (np.diff(front[RETURN].to_numpy()[1:]) < 0).all()
    for total, per_ms in (
        (OBJECTIVE, RETURN),
        ("cost_usd_per_h", "erl_usd_per_h_per_ms"),
        ("carbon_kg_per_h", "crl_kg_per_h_per_ms"),
    ):
        assert np.isnan(front[per_ms][0])
        assert_allclose(front[per_ms].to_numpy()[1:], -np.diff(front[total]) / np.diff(delay))


@pytest.mark.parametrize("seed", range(80, 100))
def test_a_row_is_the_placement_at_a_value_of_latency(seed):
    """Where a ms costs more than the next row returns, and less than this one did."""
    world = random_scenario(
        seed, 4, 4, 2, legal_policy="open", latency_relaxation_ms=150.0, capacity_scale=4.0,
        latency_value=0.0, friction_scale=1.0, carbon_price_usd_per_t=0.0,
    )  # fmt: skip
    front = cost_latency_front(world)
    worth = front["return_usd_per_ms_per_million_requests"].to_numpy()
    for n, row in enumerate(front.to_dict("records")):
        below = worth[n + 1] if n + 1 < len(front) else 0.0
        above = worth[n] if n else below + 1.0
        valued = world.copy()
        valued.latency_value = (below + above) / 2
        found = solve(valued)
        assert found.mean_wan_per_request_ms == pytest.approx(row[DELAY], abs=1e-6)
        assert found.relocated_mw == pytest.approx(row["relocated_mw"], abs=1e-6)
        assert found.carbon_kg_per_h == pytest.approx(row["carbon_kg_per_h"])
        bare = found.cost_usd_per_h - valued.latency_value * (
            found.mean_wan_per_request_ms
            * (found.it_mw.sum(axis=(0, 1)) @ found.network.requests_per_mwh)
            / 1e6
        )
        assert bare == pytest.approx(row["cost_usd_per_h"])


@pytest.mark.parametrize("seed", [101, 104, 106])
def test_its_slopes_are_the_duals_of_caps_between_its_rows(seed):
    world = world_of(seed)
    front = cost_latency_front(world)
    for n, (left, right) in enumerate(itertools.pairwise(front[DELAY])):
        capped = world.copy()
        capped.param.update(objective="cost", mean_delay_cap_ms=(left + right) / 2)
        found = solve(capped)
        assert found.mean_delay_price_usd_per_h_per_ms == pytest.approx(
            front[RETURN][n + 1], rel=1e-5
        )
        between = (front[OBJECTIVE][n] + front[OBJECTIVE][n + 1]) / 2
        assert found.objective_usd_per_h == pytest.approx(between, rel=1e-7)


def test_the_classroom_front_by_hand():
    """
    Chat of middle and south moves north. Middle's 20 MW take 16 ms on average of all requests and
    save 1,312 USD/h, so 82 a ms; south's 10 MW take 12 ms more and save 177, so 14.75.
    """
    front = cost_latency_front(Scenario.load("classroom-3x3"))
    assert front["relocated_mw"].tolist() == pytest.approx([0, 20, 30])
    assert front["erl_usd_per_h_per_ms"].tolist()[1:] == pytest.approx([1312 / 16, 177 / 12])
    assert front["loses"].tolist() == ["", "middle", "south"]


def test_from_the_baseline_to_the_optimum_by_load():
    world = Scenario.load("stylized-12")
    front, now = cost_latency_front(world, "load"), solve(world)
    first, last = front.iloc[0], front.iloc[-1]
    assert first[DELAY] == pytest.approx(now.baseline.mean_wan_ms)
    assert first[OBJECTIVE] == pytest.approx(now.baseline.objective_usd_per_h)
    assert last[OBJECTIVE] == pytest.approx(now.objective_usd_per_h)
    assert front.attrs["now"][DELAY] == now.mean_wan_ms


def test_it_grows_from_least_cost_and_is_remembered():
    network = build_network(Scenario.load("stylized-12"))
    *partial, last = growing_fronts(network)
    assert partial and len(partial[0]) < len(last)
    whole = last[[DELAY, OBJECTIVE]].to_numpy()
    for table in partial:
        known = table[[DELAY, OBJECTIVE]].to_numpy()
        assert_allclose(known[[0, -1]], whole[[0, -1]])
        assert all(np.isclose(point, whole).all(axis=1).any() for point in known)
    [again] = growing_fronts(network)
    assert again is last


def test_an_unknown_weight_is_refused():
    with pytest.raises(ValueError, match="requests, load"):
        cost_latency_front(Scenario.load("classroom-3x3"), "people")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("settings", [{"total_demand_mw": 0.0}, {"capacity_scale": 0.0}])
def test_where_nothing_is_served_it_is_one_row(settings):
    world = Scenario.load("classroom-3x3")
    world.param.update(**settings)
    front = cost_latency_front(world)
    assert front[[DELAY, OBJECTIVE]].to_numpy().tolist() == [[0.0, 0.0]]
