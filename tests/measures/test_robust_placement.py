"""
One placement for many worlds, against the linear program of conditional value at risk written out,
and the laws of regret.
"""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import random_scenario
from scipy.optimize import linprog
from scipy.sparse import coo_array, hstack, vstack

from explorer import Scenario, monte_carlo, robust_placement, solve
from explorer.measures.headlines import of_what_it_serves
from explorer.measures.robust_placement import BASELINE, FORESIGHT, MEAN, STATED, TAIL
from explorer.measures.uncertainty import VARIATION
from explorer.model.network import lp_data
from explorer.model.tail import least_tail, tail_mean

worlds = st.builds(
    random_scenario, st.integers(0, 10_000), lumpy=st.booleans(), objective=st.just("cost")
)


def drawn(world, count, seed):
    """Numbers of what the optimum serves, its home regions, and costs of arcs in several worlds."""
    best = solve(world)
    net = of_what_it_serves(best, "cost")
    numbers = lp_data(net, "cost")
    factors = np.random.default_rng(seed).lognormal(0, 0.5, (count, *numbers.cost.shape[:2], 1))
    costs = numbers.cost * factors
    return best, numbers, net.home, costs


def totals(numbers, home, costs, free_mw):
    at_home = costs[:, np.arange(len(home)), home]
    return (costs * free_mw).sum(axis=(1, 2, 3)) + (at_home * numbers.pinned_mw).sum(axis=(1, 2))


def written_out(numbers, home, costs, level):
    """The least tail by SciPy: every arc and every world in one program, the level free."""
    arcs = np.argwhere(numbers.allowed & (numbers.free_mw > 0)[:, np.newaxis])
    n, count, (clients, regions, workloads) = len(arcs), len(costs), numbers.allowed.shape
    i, j, k = arcs.T
    ones, each = np.ones(n), np.arange(n)
    demand = coo_array((ones, (i * workloads + k, each)), (clients * workloads, n))
    room = coo_array((ones, (j, each)), (regions, n))
    at_home = costs[:, np.arange(clients), home]
    fixed = (at_home * numbers.pinned_mw).sum(axis=(1, 2))
    beyond = hstack([coo_array(costs[:, i, j, k]), -coo_array(np.eye(count)), -np.ones((count, 1))])
    pinned = np.bincount(home, numbers.pinned_mw.sum(axis=1), regions)
    nothing = coo_array((regions, count + 1))
    found = linprog(
        np.concatenate([np.zeros(n), np.full(count, 1 / ((1 - level) * count)), [1.0]]),
        vstack([beyond, hstack([room, nothing])]),
        np.concatenate([-fixed, np.maximum(numbers.capacity_mw - pinned, 0.0) + 1e-9]),
        hstack([demand, coo_array((clients * workloads, count + 1))]),
        numbers.free_mw.ravel(),
        [(0, None)] * (n + count) + [(None, None)],
        method="highs",
    )
    assert found.success, found.message
    return found.fun


@settings(max_examples=25)
@given(worlds, st.integers(2, 9), st.sampled_from([0.0, 0.5, 0.75, 0.9]))
def test_the_least_tail_is_that_of_the_program_written_out(world, count, level):
    best, numbers, home, costs = drawn(world, count, seed=count)
    if not best.served_mw:
        return
    free_mw = least_tail(numbers, home, costs, level, best.optimum.free_mw)
    np.testing.assert_allclose(free_mw.sum(axis=1), numbers.free_mw, atol=1e-6 * best.served_mw)
    assert not free_mw[~numbers.allowed].any()
    room = numbers.capacity_mw - np.bincount(
        home, numbers.pinned_mw.sum(axis=1), len(numbers.capacity_mw)
    )
    assert (free_mw.sum(axis=(0, 2)) <= room + 1e-6 * best.served_mw).all()
    found = float(tail_mean(totals(numbers, home, costs, free_mw), level))
    size = np.abs(costs).max() * best.served_mw
    assert found == pytest.approx(written_out(numbers, home, costs, level), abs=3e-6 * size)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9), st.floats(0, 0.99))
def test_the_mean_of_a_tail_is_the_least_over_levels_of_level_and_what_goes_beyond(values, level):
    values = np.array(values)
    count = (1 - level) * len(values)
    least = min(each + np.maximum(values - each, 0).sum() / count for each in values)
    assert float(tail_mean(values, level)) == pytest.approx(least, abs=1e-6, rel=1e-9)


@settings(max_examples=10)
@given(worlds, st.integers(0, 99))
def test_regret_is_against_the_best_of_each_world_and_all_serve_the_same(world, seed):
    table = robust_placement(world, draws=6, level=0.5, seed=seed).set_index("placement")
    assert [*table.index] == [BASELINE, STATED, MEAN, TAIL, FORESIGHT]
    size = 1e-6 * max(1.0, float(table["mean_usd_per_h"].abs().max()))
    regret = table.filter(like="regret")
    assert (regret >= -size).all(axis=None)
    assert (regret.loc[FORESIGHT] == 0).all()
    gap = table["mean_usd_per_h"] - table.loc[FORESIGHT, "mean_usd_per_h"]
    np.testing.assert_allclose(gap, table["mean_regret_usd_per_h"], atol=size)
    assert (table["tail_usd_per_h"] >= table["mean_usd_per_h"] - size).all()
    again = robust_placement(world, draws=6, level=0.5, seed=seed).set_index("placement")
    np.testing.assert_array_equal(table, again)
    hedged = table.attrs["hedged"] if table.attrs else {}
    assert sum(hedged.values()) == pytest.approx(0, abs=1e-6 * world.total_demand_mw)


def test_where_nothing_is_unsure_nobody_regrets_the_optimum(monkeypatch):
    for quality in VARIATION:
        monkeypatch.setitem(VARIATION, quality, 0.0)
    world = Scenario.load("classroom-3x3")
    table = robust_placement(world, draws=3).set_index("placement")
    best = solve(world)
    for name in (STATED, MEAN, TAIL, FORESIGHT):
        assert table.loc[name, "mean_usd_per_h"] == pytest.approx(best.objective_usd_per_h)
        assert table.loc[name, "relocated_mw"] == pytest.approx(best.relocated_mw)
    assert table.loc[BASELINE, "mean_usd_per_h"] == pytest.approx(best.baseline.objective_usd_per_h)


def test_a_hedge_goes_where_the_price_is_sure():
    world = Scenario.load("classroom-3x3")
    prices = {"north": (10.0, 50.0, 90.0), "south": (50.9, 51.0, 51.1), "middle": (199, 200, 201)}
    low, price, high = zip(*(prices[region] for region in world.regions["id"]), strict=True)
    column = "electricity_price_usd_per_mwh"
    world.regions = world.regions.assign(
        **{column: price, f"{column}_low": low, f"{column}_high": high}, capacity_mw=1000.0, pue=1.0
    )
    world.param.update(friction_scale=0.0, carbon_price_usd_per_t=0.0)
    table = robust_placement(world, draws=40)
    hedged = table.attrs["hedged"]
    assert hedged["South"] > 10 and hedged["North"] == pytest.approx(-hedged["South"])
    found = table.set_index("placement")
    assert found.loc[TAIL, "tail_usd_per_h"] < 0.9 * found.loc[STATED, "tail_usd_per_h"]


@pytest.mark.parametrize("measure", [robust_placement, monte_carlo])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("draws", draws) for draws in (0, 2.5, float("nan"), "x", True, 10**7)),
        *(("seed", seed) for seed in (-1, "a", 0.5, None)),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(measure, name, value):
    """Each ended in an error of NumPy's or Python's own, or in no end."""
    ends = (
        f" from {1 if measure is monte_carlo else 2} to 10,000"
        if name == "draws"
        else ", 0 or more"
    )
    said = re.escape(f"{name} is {value!r}: give a whole number{ends}.")
    with pytest.raises(ValueError, match=said):
        measure(Scenario.load("classroom-3x3"), **{name: value})


@pytest.mark.parametrize("level", [1.0, -0.1, "x", float("nan"), None])
def test_a_level_that_leaves_no_tail_is_refused(level):
    with pytest.raises(
        ValueError, match=re.escape(f"level is {level!r}: give a number from 0 to 0.999.")
    ):
        robust_placement(Scenario.load("classroom-3x3"), draws=5, level=level)
