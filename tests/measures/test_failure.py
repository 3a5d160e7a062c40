"""
Losses of regions against the placement problem stated a second time: each loss by itself, and the
placement with a reserve with all second routings written out.
"""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario
from scipy.optimize import linprog

from explorer import Scenario, failure, solve
from explorer.cache import apart
from explorer.measures.failure import failure_steps
from explorer.model.network import build_network

worlds = st.builds(
    random_scenario, st.integers(0, 10_000), lumpy=st.booleans(), objective=st.just("cost")
)


def serving_what(world, placement):
    """The reference with just the load that a placement serves."""
    reference = Reference(world)
    for row in placement.unserved.to_dict("records"):
        getattr(reference, row["part"])[row["client"], row["workload"]] -= row["unserved_mw"]
    for part in (reference.free, reference.pinned):
        part.update({demand: max(mw, 0.0) for demand, mw in part.items()})
    return reference


def without(world, region):
    """The scenario with no capacity in a region."""
    less = world.copy()
    capacity = less.regions["capacity_mw"].where(less.regions["id"] != region, 0.0)
    less.regions = less.regions.assign(capacity_mw=capacity)
    return less


class Rows:
    """A linear program in dicts: columns with a cost, rows of coefficients."""

    def __init__(self):
        self.costs, self.equal, self.below = [], [], []

    def column(self, cost):
        self.costs.append(cost)
        return len(self.costs) - 1

    def least(self):
        def matrix(rows):
            a = np.zeros((len(rows), len(self.costs)))
            for n, (row, _) in enumerate(rows):
                for at, value in row.items():
                    a[n, at] += value
            return (a, [most for _, most in rows]) if rows else (None, None)

        (a_eq, b_eq), (a_ub, b_ub) = matrix(self.equal), matrix(self.below)
        found = linprog(self.costs, a_ub, b_ub, a_eq, b_eq, method="highs")
        assert found.success, found.message
        return found.fun


def with_every_second_routing(world, reference, penalty):
    """Least cost of the load that is served, and of what is stranded at any loss, at the penalty."""
    program, at_region, first = Rows(), defaultdict(dict), {}
    for part in ("free", "pinned"):
        for (i, k), mw in getattr(reference, part).items():
            choices = [j for j in reference.regions if reference.open((i, j, k)) and mw > 0]
            if part == "pinned":
                choices = [j for j in choices if j == reference.home[i]]
            if not choices:
                continue
            row = {}
            for j in choices:
                x = program.column(reference.arcs[i, j, k].cost_usd)
                row[x] = at_region[j][x] = 1.0
                if part == "free":
                    first[i, j, k] = x
            program.equal.append((row, mw))
    program.below += [(at_region[j], mw + 1e-9) for j, mw in reference.capacity.items()]
    for lost in reference.regions:
        loads = {j: dict(at_region[j]) for j in reference.regions if j != lost}
        for (i, j, k), x in first.items():
            if j == lost:
                row = {x: -1.0, program.column(penalty): 1.0}
                for other in loads:
                    if reference.open((i, other, k)):
                        y = program.column(0.0)
                        row[y] = loads[other][y] = 1.0
                program.equal.append((row, 0.0))
        program.below += [(loads[j], reference.capacity[j] + 1e-9) for j in loads]
    return program.least() if program.costs else 0.0


@settings(max_examples=25)
@given(worlds)
def test_the_reserve_is_the_optimum_with_every_second_routing_written_out(world):
    table, best = failure(world), solve(world)
    penalty = world.unserved_usd_per_mwh
    stranded = float((table["reserve_stranded_mw"] - table["pinned_mw"]).sum())
    found = best.objective_usd_per_h + table.attrs["reserve_usd_per_h"] + penalty * stranded
    reference = serving_what(world, best)
    wanted = with_every_second_routing(world, reference, penalty)
    assert found == pytest.approx(
        wanted, abs=1e-6 * penalty * max(1.0, world.total_demand_mw / 1e3)
    )
    assert table.attrs["reserve_usd_per_h"] >= -1e-6 * world.total_demand_mw
    total = float(table["stranded_mw"].sum())
    assert table["reserve_stranded_mw"].sum() <= total + 1e-6 * world.total_demand_mw


@settings(max_examples=15)
@given(worlds)
def test_each_loss_is_the_optimum_without_the_region_and_dearer_for_the_same_load(world):
    table, before = failure(world), solve(world).unserved_mw
    penalty = world.unserved_usd_per_mwh
    tolerance = 1e-6 * penalty * max(1.0, world.total_demand_mw / 1e3)
    for row in table.to_dict("records"):
        reference = Reference(world)
        reference.capacity[row["region"]] = 0.0
        paid = row["objective_usd_per_h"] + penalty * (row["unserved_mw"] + before)
        assert paid == pytest.approx(reference.optimum("cost"), abs=tolerance)
        change = row["objective_change_usd_per_h"]
        assert change >= -1e-6 * world.total_demand_mw
        same = serving_what(world, solve(without(world, row["region"])))
        least = same.optimum("cost")
        assert row["objective_usd_per_h"] - change == pytest.approx(least, abs=tolerance)


@settings(max_examples=15)
@given(worlds)
def test_what_is_stranded_is_what_no_routing_of_the_lost_load_alone_can_place(world):
    table, best = failure(world).set_index("region"), solve(world)
    net = build_network(world)
    for lost, region in enumerate(net.regions):
        program, loads = Rows(), defaultdict(dict)
        for i, k in np.argwhere(best.optimum.free_mw[:, lost] > 0):
            row = {program.column(1.0): 1.0}
            for j in range(len(net.regions)):
                if j != lost and net.allowed[i, j, k]:
                    y = program.column(0.0)
                    row[y] = loads[j][y] = 1.0
            program.equal.append((row, best.optimum.free_mw[i, lost, k]))
        room = net.capacity_mw - best.region_it_mw
        program.below = [(loads[j], max(room[j], 0.0)) for j in loads]
        least = program.least() if program.costs else 0.0
        pinned = table.loc[region, "pinned_mw"]
        assert table.loc[region, "stranded_mw"] - pinned == pytest.approx(
            least, abs=1e-6 * world.total_demand_mw
        )


def test_where_room_is_short_a_reserve_costs_something_and_strands_less():
    world = Scenario.load("stylized-12")
    world.capacity_scale = 0.7
    table = failure(world)
    assert table.attrs["reserve_usd_per_h"] == pytest.approx(434.19, abs=0.01)
    less = table["stranded_mw"].sum() - table["reserve_stranded_mw"].sum()
    assert less == pytest.approx(44.0)


def test_steps_leave_pauses_and_what_is_found_is_remembered_without_names():
    network = build_network(Scenario.load("stylized-12"))
    with apart():  # who asked before is not known
        steps = list(failure_steps(network))
        assert [step is None for step in steps] == [True, True, False]
        (again,) = failure_steps(network)
    assert again.equals(steps[-1])
