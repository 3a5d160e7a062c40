"""Machines of a day against the whole day written out as one linear program, arc by arc."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario
from scipy.optimize import linprog
from scipy.sparse import coo_array

from explorer import Scenario, machines, solve
from explorer.scenario.profiles import HOURS


def at_hour(world, hour):
    """The placement of an hour, by itself."""
    moment = world.copy()
    moment.hour = hour
    return moment, solve(moment)


def whole_day_written_out(world, price):
    """Least cost of a day [USD] with machines of each region at a price, and what each home needs."""
    costs, entries, least, most = [], [], [], []

    def row(low, high):
        least.append(low)
        most.append(high)
        return len(most) - 1

    first = Reference(world)
    machine = {}
    for j in first.regions:
        machine[j] = len(costs)
        costs.append(HOURS * price)
        entries.append((row(-np.inf, first.capacity[j] + 1e-9), machine[j], 1.0))
    by_home = {j: np.zeros(HOURS) for j in first.regions}
    for hour in range(HOURS):
        moment, placed = at_hour(world, hour)
        reference = Reference(moment)
        for short in placed.unserved.to_dict("records"):
            getattr(reference, short["part"])[short["client"], short["workload"]] -= short[
                "unserved_mw"
            ]
        room = {j: row(-np.inf, 0.0) for j in reference.regions}
        for j, at in room.items():
            entries.append((at, machine[j], -1.0))
        for part in ("free", "pinned"):
            for (i, k), mw in getattr(reference, part).items():
                home, mw = reference.home[i], max(mw, 0.0)
                by_home[home][hour] += mw
                choices = [j for j in reference.regions if reference.open((i, j, k))]
                if part == "pinned":
                    choices = [j for j in choices if j == home]
                if not choices or mw < 1e-9:
                    continue
                wanted = row(mw, mw)
                for j in choices:
                    entries += [(wanted, len(costs), 1.0), (room[j], len(costs), 1.0)]
                    costs.append(reference.arcs[i, j, k].cost_usd)
    rows, columns, values = zip(*entries, strict=True)
    matrix = coo_array((values, (rows, columns)), shape=(len(most), len(costs))).tocsr()
    least, most = np.array(least), np.array(most)
    equal = least == most
    found = linprog(costs, matrix[~equal], most[~equal], matrix[equal], most[equal], method="highs")
    assert found.success, found.message
    return found.fun, sum(load.max() for load in by_home.values())


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([5.0, 1500.0]))
def test_the_pooled_day_is_the_least_of_all_days_written_out(seed, lumpy, price):
    world = random_scenario(
        seed, clients=3, regions=3, lumpy=lumpy, objective="cost", hardware_usd_per_mwh=price
    )
    table = machines(world).set_index("day")
    least, at_homes = whole_day_written_out(world, price)
    size = max(1.0, world.total_demand_mw) * (price + world.unserved_usd_per_mwh / 1e3)
    assert HOURS * table.loc["pooled", "total_usd_per_h"] == pytest.approx(least, abs=1e-5 * size)
    hardly = 1e-6 * world.total_demand_mw
    assert table.loc["own peaks", "machines_mw"] == pytest.approx(at_homes, abs=hardly)
    needed = table["machines_mw"]
    assert (needed >= table.attrs["peak_mw"] - hardly).all()
    assert (
        table.loc["pooled", "total_usd_per_h"]
        <= table.loc["hour by hour", "total_usd_per_h"] + size * 1e-6
    )


def test_following_the_sun_takes_more_machines_than_pooling_and_saves_less_than_they_cost():
    table = machines(Scenario.load("follow-the-sun")).set_index("day")
    needed, total = table["machines_mw"], table["total_usd_per_h"]
    assert needed["pooled"] == pytest.approx(table.attrs["peak_mw"])
    assert needed["pooled"] < needed["fixed"] < needed["hour by hour"] < needed["own peaks"]
    assert total["pooled"] < total["fixed"] < total["hour by hour"]
    assert (
        table.loc["hour by hour", "objective_usd_per_h"]
        < table.loc["pooled", "objective_usd_per_h"]
    )


def test_machines_without_a_price_are_counted_first():
    world = Scenario.load("follow-the-sun")
    world.hardware_usd_per_mwh = 0.0
    table = machines(world).set_index("day")
    assert table.loc["pooled", "machines_mw"] == pytest.approx(table.attrs["peak_mw"])
    assert not table["hardware_usd_per_h"].any()
