"""How much shorter budgets might be, against frontiers and by a solve on either side."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenarios

from explorer import Scenario, frontier, solve
from explorer.measures.budget_margins import budget_margins

STEP_MS = 1e-4  # less than any two latencies differ, more than their rounding


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_where_all_is_served_the_frontier_begins_there(name):
    world = Scenario.load(name)
    margins = budget_margins(world).set_index("workload")
    for workload in world.workloads:
        starts_ms = frontier(world, workload).table["budget_ms"].iloc[0]
        assert margins.loc[workload, "least_ms"] == pytest.approx(starts_ms)


@settings(max_examples=60)
@given(world=random_scenarios(lumpy=st.booleans(), latency_relaxation_ms=st.floats(0, 300)))
def test_a_shorter_budget_serves_less_and_the_least_does_not(world):
    unserved_mw, reference = solve(world).unserved_mw, Reference(world)
    for row in budget_margins(world).to_dict("records"):
        workload = world.workloads[row["workload"]]
        own = workload.latency_budget_ms
        assert row["budget_ms"] == pytest.approx(own + world.latency_relaxation_ms)
        assert 0 <= row["margin_ms"] == pytest.approx(row["budget_ms"] - row["least_ms"])
        least = own - row["margin_ms"]
        workload.latency_budget_ms = max(least + STEP_MS, 0.0)
        if workload.latency_budget_ms <= own:
            assert solve(world).unserved_mw == pytest.approx(unserved_mw, abs=1e-5)
        latencies = [
            arc.latency_ms
            for key, arc in reference.arcs.items()
            if key[2] == row["workload"] and arc.lawful
        ]
        if (
            least > STEP_MS and min(latencies) < row["least_ms"] - STEP_MS
        ):  # there is a shorter step
            workload.latency_budget_ms = least - STEP_MS
            assert solve(world).unserved_mw > unserved_mw + 1e-7
        workload.latency_budget_ms = own
