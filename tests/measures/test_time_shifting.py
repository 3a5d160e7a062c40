"""Waiting against the whole day written out: load by the hour it is wanted and the hour it runs."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario
from scipy.optimize import linprog
from scipy.sparse import coo_array

from explorer import Scenario, time_shifting
from explorer.model.network import build_network
from explorer.scenario.profiles import HOURS
from tests.measures.test_machines import at_hour


def whole_day_written_out(world):
    """Least cost of a day [USD], a column for each arc, hour wanted and hour run."""
    costs, entries, least, most = [], [], [], []
    references, placed = zip(*(at_hour(world, hour) for hour in range(HOURS)), strict=True)
    references = [Reference(moment) for moment in references]
    room = defaultdict(dict)
    for hour, reference in enumerate(references):
        for j, mw in reference.capacity.items():
            room[hour][j] = len(most)
            least.append(-np.inf)
            most.append(mw + 1e-9)
    for hour, (reference, placement) in enumerate(zip(references, placed, strict=True)):
        for short in placement.unserved.to_dict("records"):
            part = getattr(reference, short["part"])
            part[short["client"], short["workload"]] -= short["unserved_mw"]
        for part in ("free", "pinned"):
            for (i, k), mw in getattr(reference, part).items():
                choices = [j for j in reference.regions if reference.open((i, j, k))]
                if part == "pinned":
                    choices = [j for j in choices if j == reference.home[i]]
                if not choices or mw < 1e-9:
                    continue
                for later in range(int(world.workloads[k].deferral_h) + 1):
                    at = (hour + later) % HOURS
                    for j in choices:
                        entries += [(len(most), len(costs)), (room[at][j], len(costs))]
                        costs.append(references[at].arcs[i, j, k].cost_usd)
                least.append(mw)
                most.append(mw)
    if not costs:
        return 0.0
    rows, columns = zip(*entries, strict=True)
    matrix = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(most), len(costs)))
    matrix, least, most = matrix.tocsr(), np.array(least), np.array(most)
    equal = least == most
    found = linprog(costs, matrix[~equal], most[~equal], matrix[equal], most[equal], method="highs")
    assert found.success, found.message
    return found.fun


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.booleans(), st.tuples(st.integers(0, 23), st.integers(0, 4)))
def test_waiting_is_the_least_of_all_days_written_out(seed, lumpy, waits):
    world = random_scenario(seed, clients=3, regions=3, lumpy=lumpy, objective="cost")
    for workload, hours in zip(world.workloads.values(), waits, strict=True):
        workload.deferral_h = hours
    table = time_shifting(world).set_index("moves")
    size = max(1.0, world.total_demand_mw) * world.unserved_usd_per_mwh / 1e3
    objective = table["objective_usd_per_h"]
    assert HOURS * objective["both"] == pytest.approx(whole_day_written_out(world), abs=1e-5 * size)
    assert objective["both"] <= min(objective["space"], objective["time"]) + 1e-6 * size
    assert objective["time"] <= objective["neither"] + 1e-6 * size
    if not any(waits):
        assert objective["both"] == objective["space"]
        assert not table["waited_mwh"].any()


def test_nothing_of_a_placement_depends_on_it_and_a_network_knows_of_it_only_where_load_may_wait():
    scenario = Scenario.load("classroom-3x3")
    as_it_is = build_network(scenario)
    assert as_it_is.deferral_h is None
    scenario.workloads["batch"].deferral_h = 6
    waiting = build_network(scenario)
    assert waiting != as_it_is and waiting.deferral_h.tolist() == [0.0, 6.0]
    scenario.workloads["batch"].deferral_h = 0
    assert build_network(scenario) == as_it_is


def test_offline_load_that_follows_the_sun_in_time_too_saves_a_further_part_of_what_it_costs():
    scenario = Scenario.load("follow-the-sun")
    assert {k: w.deferral_h for k, w in scenario.workloads.items() if w.deferral_h} == {
        "batch": 12,
        "embed": 12,
    }
    table = time_shifting(scenario)
    assert table.attrs["further_share"] == pytest.approx(0.0864, abs=5e-4)
    worth = table.set_index("moves")["worth_usd_per_h"]
    assert 0 == worth["neither"] < worth["time"] < worth["space"] < worth["both"]
    before, after = (np.array(table.attrs["regions"][name]) for name in ("before_mw", "after_mw"))
    assert before.sum() == pytest.approx(after.sum())  # the same load, at other hours
    assert np.abs(before.sum(axis=1) - after.sum(axis=1)).max() > 10
