"""
Near-optimal ranges: against linear programs with the extra row, a closed form, and placements
thrown at random.
"""

from itertools import chain, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario, random_scenarios
from scipy.optimize import linprog

from explorer import Scenario, solve
from explorer.measures.near_optimal import near_optimal, near_optimal_steps
from explorer.model.network import build_network
from explorer.scenario.profiles import ANNUAL, AVERAGE
from explorer.scenario.scenario import OBJECTIVES

MW = 1e-3  # to which ranges are compared; objectives are known to a millionth of the load


class Program:
    """
    All placements that serve what the optimum serves, as a linear program with one row for the
    limit.
    """

    def __init__(self, world: Scenario, slack: float) -> None:
        reference = Reference(world)
        for row in solve(world).unserved.to_dict("records"):
            getattr(reference, row["part"])[row["client"], row["workload"]] -= row["unserved_mw"]
        arcs, demands = (
            [(-1, "", 0.0)],
            [],
        )  # one that serves nobody: linprog refuses a program without any
        for part in ("free", "pinned"):
            for (i, k), mw in getattr(reference, part).items():
                choices = [j for j in reference.regions if reference.open((i, j, k))]
                if part == "pinned":
                    choices = [j for j in choices if j == reference.home[i]]
                arcs += [
                    (len(demands), j, reference.arcs[i, j, k].weights[world.objective])
                    for j in choices
                ]
                demands.append(max(0.0, mw) if choices else 0.0)
        self.regions = list(reference.regions)
        self.demands = np.array(demands)
        self.of_demand = np.array(
            [[arc[0] == d for arc in arcs] for d in range(len(demands))], float
        )
        self.of_region = np.array([[arc[1] == j for arc in arcs] for j in self.regions], float)
        self.weights = np.array([arc[2] for arc in arcs])
        self.capacity = np.array(list(reference.capacity.values()))
        optimum = self._least(self.weights, self.of_region, self.capacity)
        self.limit = (
            optimum + slack * abs(optimum) + 1e-4
        )  # more than the tolerance of `linprog` may win

    def range_mw(self, region: str) -> tuple[float, float]:
        rows, bounds = (
            np.vstack([self.of_region, self.weights]),
            np.append(self.capacity, self.limit),
        )
        load = self.of_region[self.regions.index(region)]
        return self._least(load, rows, bounds), -self._least(-load, rows, bounds)

    def _least(self, weights, rows, bounds) -> float:
        # 1e-7 MW of room: what is served was itself found by a solver
        found = linprog(weights, rows, bounds + 1e-7, self.of_demand, self.demands, method="highs")
        assert found.success, found.message
        return found.fun


@settings(max_examples=60)
@given(
    world=random_scenarios(objective=st.sampled_from(OBJECTIVES), lumpy=st.booleans()),
    slack=st.sampled_from([0.001, 0.01, 0.05, 0.3]),
)
def test_ranges_are_those_of_linear_programs_with_the_limit_as_a_row(world, slack):
    """Where numbers are lumpy, many placements are equally good, and limits run through corners."""
    program, found = Program(world, slack), near_optimal(world, slack)
    assert found["region"].tolist() == program.regions
    assert_allclose(found["it_mw"], solve(world).regions["it_mw"], atol=1e-9)
    expected = [program.range_mw(region) for region in program.regions]
    assert_allclose(found[["least_mw", "most_mw"]], expected, atol=MW, rtol=1e-6)


def test_the_classroom_by_hand():
    """
    One per cent of 9,865 is 98.65 USD/h, to be spent where a MW costs least (see its README for
    what each arc costs).

    North is full. To empty it, South's Batch goes home at 54.5 a MW. South takes Middle's 15 MW of
    Chat at 3.5, then its own Batch at 54.5; it gives its 2 MW of Batch to North, from where
    Middle's goes home, at 84.5 - 54.5, and then Chat to Middle at 186.5 - 120. Middle gives its 15
    MW of Chat, and gains what South gives.
    """
    limit = 98.65
    least_south = 20 - 2 - (limit - 2 * 30) / 66.5
    expected = [
        [50, 50 - limit / 54.5, 50],
        [30, 15, 30 + 20 - least_south],
        [20, least_south, 20 + 15 + (limit - 15 * 3.5) / 54.5],
    ]
    found = near_optimal(Scenario.load("classroom-3x3"), slack=0.01)
    assert found["region"].tolist() == ["north", "middle", "south"]
    assert_allclose(found[["it_mw", "least_mw", "most_mw"]], expected, atol=1e-4)


@settings(max_examples=30)
@given(world=random_scenarios(lumpy=st.booleans()))
def test_ranges_hold_the_optimum_and_grow_with_the_slack(world):
    narrow, wide = near_optimal(world, 0.01), near_optimal(world, 0.1)
    for found in (narrow, wide):
        assert (found["least_mw"] <= found["it_mw"] + MW).all() and (
            found["it_mw"] <= found["most_mw"] + MW
        ).all()
    assert (wide["least_mw"] <= narrow["least_mw"] + MW).all() and (
        wide["most_mw"] >= narrow["most_mw"] - MW
    ).all()


@pytest.mark.parametrize("seed", range(5))
def test_no_placement_within_the_limit_lies_outside(seed):
    """Whole MW of three clients thrown on three regions in every way there is."""
    world = random_scenario(
        seed, 3, 3, 1, legal_policy="open", state_local_scale=0.0, hour=AVERAGE, season=ANNUAL
    )
    world.clients["demand_share"], world.total_demand_mw = [0.5, 0.25, 0.25], 8.0
    world.regions["capacity_mw"], world.capacity_scale = [5.0, 4.0, 4.0], 1.0
    reference = Reference(world)
    ways = {
        client: [split for split in product(range(5), repeat=3) if sum(split) == round(mw)]
        for (client, _), mw in reference.free.items()
    }
    found = {row["region"]: row for row in near_optimal(world, 0.1).to_dict("records")}
    limit = solve(world).objective_usd_per_h
    limit += 0.1 * abs(limit) + 1e-6
    within = 0
    for splits in product(*ways.values()):
        arcs = [(i, j, "w0") for i, j in product(ways, found)]
        on_arcs = [*zip(arcs, chain(*splits), strict=True)]
        loads = dict.fromkeys(found, 0)
        for (_, j, _), mw in on_arcs:
            loads[j] += mw
        cost = sum(mw * reference.arcs[arc].cost_usd for arc, mw in on_arcs)
        possible = all(reference.open(arc) for arc, mw in on_arcs if mw)
        if possible and cost <= limit and all(loads[j] <= reference.capacity[j] for j in loads):
            within += 1
            assert all(
                found[j]["least_mw"] - MW <= loads[j] <= found[j]["most_mw"] + MW for j in loads
            )
    assert within or solve(world).unserved_mw


def test_progress_is_shown_region_by_region():
    network = build_network(random_scenario(3, 6, 5, 2))
    tables = list(near_optimal_steps(network, 0.02))
    assert [int(table["least_mw"].notna().sum()) for table in tables] == [1, 2, 3, 4, 5]
    first = tables[0]
    assert first["most_mw"].first_valid_index() == first["it_mw"].idxmax()
    for table in tables:  # what is there stays
        known = table["least_mw"].notna()
        pd.testing.assert_frame_equal(table[known], tables[-1][known])
    assert next(near_optimal_steps(network, 0.02)) is tables[-1]  # remembered


def test_no_slack_leaves_what_ties_allow():
    """Nothing where numbers are arbitrary; much where all regions are alike and moving is free."""
    world = random_scenario(5, 4, 4, 2)
    found = near_optimal(world, 0.0)
    assert_allclose(found["least_mw"], found["most_mw"], atol=MW)
    alike = Scenario.load("classroom-3x3")
    alike.param.update(friction_scale=0.0, legal_policy="open")
    for column in (
        "electricity_price_usd_per_mwh",
        "carbon_marginal_g_per_kwh",
        "pue",
        "capacity_mw",
    ):
        alike.regions[column] = alike.regions[column].iloc[0]
    found = near_optimal(alike, 0.0)
    assert (found["most_mw"] > found["least_mw"] + 10).all()


def test_a_world_without_demand_has_nothing_to_range_over():
    world = Scenario.load("classroom-3x3")
    world.total_demand_mw = 0
    assert (near_optimal(world)[["it_mw", "least_mw", "most_mw"]] == 0).all(axis=None)


def test_less_than_the_optimum_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        near_optimal(Scenario.load("classroom-3x3"), -0.01)


def test_the_world_within_a_per_cent():
    found = near_optimal(Scenario.load("world-2025")).set_index("region")
    assert found.notna().all(axis=None)
    assert found.loc["us-dallas", "least_mw"] > 50  # Texas is needed
    assert (
        found.loc["us-columbus", "least_mw"] < 1
    )  # Ohio is full in the optimum, and can be done without
