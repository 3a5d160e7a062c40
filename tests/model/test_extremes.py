"""
Worlds of any size, numbers out of all proportion, a solver that refuses, no time at all: answers or
plain words.
"""

import math
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scenarios import random_scenario

from explorer import (
    Scenario,
    SolverError,
    attribution,
    certificate,
    cost_carbon_front,
    frontier,
    marginal_prices,
    monte_carlo,
    near_optimal,
    solve,
    tornado,
    whole_day,
)
from explorer.errors import OutOfTimeError
from explorer.measures import frontier as steps_of
from explorer.model.highs import Highs
from explorer.model.network import build_network, lp_data
from explorer.model.program import LPData
from explorer.model.solver import PlacementModel
from explorer.report import steps_text

CASES = Path(__file__).parents[1] / "cases"


def classroom(size: float, money: float = 1.0) -> Scenario:
    """The classroom, so many times as large, in a currency of which it takes so much more."""
    world = Scenario.load("classroom-3x3")
    world.total_demand_mw *= size
    world.capacity_scale *= size
    for name in (
        "carbon_price_usd_per_t",
        "egress_usd_per_gb",
        "operations_usd_per_mwh",
        "unserved_usd_per_mwh",
    ):
        setattr(world, name, money * getattr(world, name))
    world.regions["electricity_price_usd_per_mwh"] *= money
    return world


@pytest.mark.parametrize("size", [1e-12, 1e-8, 1e-3, 1e3, 1e6])  # settings say no larger ones
def test_a_world_of_any_size_is_the_same_world(size):
    """To the digits that its amounts are given with."""
    world, same = classroom(size), Scenario.load("classroom-3x3")
    placement, expected = solve(world), solve(same)
    flows = placement.flows
    assert len(flows) == len(expected.flows)
    assert_allclose(flows["it_mw"] / size, expected.flows["it_mw"], rtol=1e-9)
    assert placement.cost_usd_per_h / size == pytest.approx(expected.cost_usd_per_h)
    assert placement.relocated_mw / size == pytest.approx(30)
    assert certificate(placement).holds
    prices, known = (marginal_prices(w).set_index(["place", "workload"]) for w in (world, same))
    assert_allclose(prices["price_usd_per_mwh"], known["price_usd_per_mwh"], atol=2e-5)
    assert_allclose(prices["to_mw"] / size, known["to_mw"], rtol=1e-6, atol=1e-8 / size)
    steps, known = (frontier(w, "chat").table for w in (world, same))
    assert_allclose(steps["budget_ms"], known["budget_ms"])
    for column in ("cost_usd_per_h", "rid_economic_mw", "rid_deliverable_mw"):
        assert_allclose(steps[column] / size, known[column], rtol=1e-6)


@pytest.mark.parametrize("money", [1e-6, 1e-3, 1e4])
def test_a_world_of_any_currency_is_the_same_world(money):
    placement, expected = solve(classroom(1.0, money)), solve(Scenario.load("classroom-3x3"))
    assert_allclose(placement.flows["it_mw"], expected.flows["it_mw"])
    assert placement.cost_usd_per_h / money == pytest.approx(expected.cost_usd_per_h)
    assert certificate(placement).holds


def classroom_model() -> tuple[PlacementModel, LPData]:
    """
    The solver of the classroom and its numbers, which may be larger than any setting or table.
    """
    network = build_network(Scenario.load("classroom-3x3"))
    model = PlacementModel(network.home, len(network.regions), len(network.workloads))
    return model, lp_data(network, "cost")


@pytest.mark.parametrize(("size", "money"), [(1e9, 1.0), (1e15, 1.0), (1.0, 1e9), (1e15, 1e9)])
def test_the_solver_has_no_largest_world_of_its_own(size, money):
    model, numbers = classroom_model()
    expected = model.solve(numbers)
    found = model.solve(
        replace(
            numbers,
            free_mw=size * numbers.free_mw,
            pinned_mw=size * numbers.pinned_mw,
            capacity_mw=size * numbers.capacity_mw,
            cost=money * numbers.cost,
            unserved_cost=money * numbers.unserved_cost,
        )
    )
    assert_allclose(found.free_mw / size, expected.free_mw, rtol=1e-9, atol=1e-9)
    assert_allclose(found.capacity_price / money, expected.capacity_price, rtol=1e-6, atol=1e-6)
    assert found.objective / size / money == pytest.approx(expected.objective)


@pytest.mark.parametrize("total_mw", [1e21, 1e300, math.inf])
def test_numbers_out_of_all_proportion_are_refused_in_words(total_mw):
    """And leave nothing behind: neither a result of other numbers nor a model that gives one."""
    model, numbers = classroom_model()
    before = model.solve(numbers)
    with pytest.raises(SolverError, match="MW in all") as error:
        model.solve(replace(numbers, free_mw=total_mw * numbers.free_mw))
    assert error.value.fix
    again = model.solve(numbers)
    assert_allclose(again.free_mw, before.free_mw, atol=1e-9)
    assert again.objective == pytest.approx(before.objective)


@pytest.mark.parametrize("total_mw", [1e21, 1e300, math.inf, math.nan])
def test_no_setting_says_such_a_number(total_mw):
    """And one that may be said, of a world without the room, is served as far as it goes."""
    world = Scenario.load("classroom-3x3")
    with pytest.raises(ValueError, match="total_demand_mw"):
        world.total_demand_mw = total_mw
    world.total_demand_mw = 1e9
    placement = solve(world)
    assert placement.served_mw <= world.regions["capacity_mw"].sum() + 1e-3
    assert placement.served_mw + placement.unserved_mw == pytest.approx(1e9)


@pytest.mark.parametrize(
    "call", ["changeColsCost", "changeColsBounds", "changeRowsBounds", "addCols", "run"]
)
def test_what_highs_refuses_raises_and_the_model_recovers(call, monkeypatch):
    network, other = (
        build_network(random_scenario(3, 5, 5, 2, total_demand_mw=mw)) for mw in (500.0, 600.0)
    )
    numbers = lp_data(network, "cost")
    model = PlacementModel(network.home, len(network.regions), len(network.workloads))
    if call != "addCols":
        model.solve(numbers)
    with monkeypatch.context() as patch:
        patch.setattr(model._live.highs, "raw", _Refusing(model._live.highs.raw, call))
        forget_calls(model)
        with pytest.raises(SolverError, match=f"HiGHS refused {call}"):
            model.solve(lp_data(other, "carbon"))
    forget_calls(model)
    fresh = PlacementModel(network.home, len(network.regions), len(network.workloads)).solve(
        numbers
    )
    found = model.solve(numbers)
    for part in ("free_mw", "pinned_mw", "capacity_price", "price_free"):
        assert_allclose(getattr(found, part), getattr(fresh, part), atol=1e-6)


def forget_calls(model: PlacementModel) -> None:
    """Of the HiGHS before: a call is looked up once."""
    for name in vars(model._live.highs).keys() - {"raw"}:
        delattr(model._live.highs, name)


class _Refusing:
    """HiGHS that refuses one call."""

    def __init__(self, highs: Any, call: str) -> None:
        self._highs, self._call = highs, call

    def __getattr__(self, name: str) -> Any:
        return (
            (lambda *_: highspy.HighsStatus.kError)
            if name == self._call
            else getattr(self._highs, name)
        )


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(SolverError, match="HiGHS refused setOptionValue"):
        Highs(no_such_option=1)


def test_out_of_time_travels_between_processes():
    error = pickle.loads(pickle.dumps(OutOfTimeError(30.0)))
    assert str(error) == str(OutOfTimeError(30.0)) and error.fix


SILENT = """
from explorer import Scenario, frontier, marginal_prices, near_optimal, solve
world = Scenario.load("classroom-3x3")
solve(world), frontier(world), marginal_prices(world), near_optimal(world)
world.hosting_usd_per_h = 10.0
solve(world)
"""


def test_nothing_is_printed():
    """By a process of its own, as HiGHS prints but once, past Python's standard output."""
    result = subprocess.run([sys.executable, "-c", SILENT], capture_output=True, check=True)
    assert (result.stdout, result.stderr) == (b"", b"")


# Time that is over


def test_a_frontier_keeps_its_steps_where_relocatable_demand_takes_too_long(monkeypatch):
    world = random_scenario(2, 6, 6, 2, legal_policy="open", latency_relaxation_ms=200.0)
    whole = frontier(world).table
    monkeypatch.setattr(steps_of, "_full_tables", type(steps_of._full_tables)(4))
    calls = 0
    known = steps_of.relocatable_mw

    def slow(network, allowed, reading, time_limit_s):
        nonlocal calls
        calls += 1
        if reading == "economic" and calls > len(whole) * 2 + 1:
            raise OutOfTimeError(time_limit_s)
        assert 0 <= time_limit_s <= world.time_limit_s
        return known(network, allowed, reading, time_limit_s)

    with monkeypatch.context() as patch:
        patch.setattr(steps_of, "relocatable_mw", slow)
        found = frontier(world)
    assert found.missing == ["rid_economic_mw"]
    assert "Missing, as the time limit was over: rid_economic_mw. Raise time_limit_s" in steps_text(
        world, found
    )
    assert found.table["rid_economic_mw"].isna().tolist() == [n > 0 for n in range(len(whole))]
    kept = [column for column in whole if column != "rid_economic_mw"]
    pd.testing.assert_frame_equal(found.table[kept], whole[kept], rtol=1e-12)
    assert "Missing" in found._repr_html_()
    again = frontier(world)  # not remembered, as there may be more time now
    assert again.missing == []
    pd.testing.assert_frame_equal(again.table, whole, rtol=1e-12)
    assert "Missing" not in steps_text(world, again)


def test_the_readings_of_a_frontier_stop_at_the_time_limit():
    """Nothing but solves of theirs: the steps are remembered."""
    world = random_scenario(4, 20, 12, 3, legal_policy="open", latency_relaxation_ms=300.0)
    steps = steps_of.trace(build_network(world), "all", world.latency_relaxation_ms).table
    world.time_limit_s = 1e-9
    found = frontier(world)
    assert found.missing == ["rid_deliverable_mw", "rid_economic_mw"]
    assert found.table["rid_gross_mw"].notna().all()
    assert found.table[steps.columns].equals(steps)


# Load that is dropped because it is dear


def dropping() -> list[Scenario]:
    worlds = [
        Scenario.load(CASES / "prices-above-penalty"),
        Scenario.load("world-2025"),
        Scenario.load("classroom-3x3"),
    ]
    for world, penalty in zip(worlds, (1e5, 80.0, 70.0), strict=True):
        world.unserved_usd_per_mwh = penalty
    return worlds


@pytest.mark.parametrize("world", dropping(), ids=lambda world: world.title)
def test_no_measure_claims_a_saving_where_load_is_dropped(world):
    placement = solve(world)
    assert placement.unserved_mw > placement.baseline.unserved_mw == 0
    assert math.isnan(tornado(world)["saving_usd_per_h"].iloc[0])
    draws = monte_carlo(world, 4)
    assert math.isnan(draws.given_usd_per_h)
    dropped = draws.table["unserved_mw"] > 1e-6
    assert draws.table["saving_usd_per_h"].isna().tolist() == dropped.tolist()
    ranges = near_optimal(world)
    assert_allclose(ranges["it_mw"].sum(), placement.served_mw, atol=1e-6)
    assert (ranges["least_mw"] <= ranges["it_mw"] + 1e-6).all()
    front = cost_carbon_front(world)
    assert front["cost_usd_per_h"].iloc[0] <= placement.cost_usd_per_h + 1e-6
    assert np.isfinite(attribution(world)["usd_per_h"]).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_day_compares_equal_loads(seed):
    """
    Following the hours never costs more, whatever is dropped for its price in one hour or by the
    means.
    """
    world = random_scenario(
        seed, 5, 5, 2, objective="cost", unserved_usd_per_mwh=60.0, season="summer"
    )
    day = whole_day(world)
    slack = 1e-3 + 1e-6 * day["objective_usd_per_h"].abs()
    assert (day["objective_usd_per_h"] <= day["by_means_usd_per_h"] + slack).all()
