"""
Marginal prices and how far they hold: slopes of the optimum of an independent program, by finite
differences.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import MOMENTS, random_scenarios

from explorer import Scenario, solve
from explorer.measures.marginal_prices import marginal_prices

FAR = 200.0  # MW; as far as tests follow a price that holds for ever

worlds = random_scenarios(total_demand_mw=500.0, **MOMENTS)
lumpy_worlds = random_scenarios(total_demand_mw=500.0, lumpy=st.just(True), **MOMENTS)


class Moved:
    """The least objective, by another program, when one amount of a table of prices is another."""

    def __init__(self, world: Scenario, row: dict[str, Any]) -> None:
        self._reference, self._row = Reference(world), row
        self._free, self._pinned = dict(self._reference.free), dict(self._reference.pinned)

    def objective(self, mw: float) -> float:
        row, reference = self._row, self._reference
        if row["kind"] == "capacity":
            reference.capacity[row["place"]] = mw
            return reference.optimum("cost")
        for amounts, now in ((reference.free, self._free), (reference.pinned, self._pinned)):
            for i, k in amounts:
                if i == row["place"] and row["workload"] in (k, "all"):
                    amounts[i, k] = now[i, k] * mw / row["mw"]
        return reference.optimum("cost")

    def slope(self, low: float, high: float) -> float:
        """What one more MWh costs, or one of capacity saves, mean from low to high. [USD/MWh]"""
        rise = (self.objective(high) - self.objective(low)) / (high - low)
        return -rise if self._row["kind"] == "capacity" else rise


def rows(world: Scenario) -> Iterator[tuple[dict[str, Any], Moved]]:
    for row in marginal_prices(world).to_dict("records"):
        if row["mw"] > 0.01:
            yield row, Moved(world, row)


@settings(max_examples=15)
@given(world=worlds, pick=st.randoms(use_true_random=False))
def test_a_price_is_the_slope_of_the_optimum_as_far_as_it_holds(world, pick):
    for row, moved in pick.sample(found := list(rows(world)), min(5, len(found))):
        low, high = row["from_mw"], min(row["to_mw"], row["mw"] + FAR)
        assert low - 1e-9 <= row["mw"] <= high + 1e-9
        if high - low > 0.1:
            middle = low + (high - low) * pick.random()
            # the other program meets demands to 1e-7 MW, which may stand for a penalty of 1e5
            # USD/MWh
            for a, b in ((low, middle), (middle, high)):
                if b - a > 0.05:
                    assert moved.slope(a, b) == pytest.approx(
                        row["price_usd_per_mwh"], rel=1e-5, abs=0.05 / (b - a)
                    )


@settings(max_examples=20)
@given(world=worlds | lumpy_worlds, pick=st.randoms(use_true_random=False))
def test_beyond_its_range_a_price_of_demand_is_higher_above_and_lower_below(world, pick):
    """
    Of capacity the other way round. However many placements tie, the range is as wide as that.
    """
    for row, moved in pick.sample(found := list(rows(world)), min(5, len(found))):
        sign = -1 if row["kind"] == "capacity" else 1
        price = row["price_usd_per_mwh"]
        if np.isfinite(row["to_mw"]):
            above = moved.slope(row["to_mw"], row["to_mw"] + 1.0)
            assert sign * (above - price) > 1e-4
        if row["from_mw"] > 1.0:
            below = moved.slope(row["from_mw"] - 1.0, row["from_mw"])
            assert sign * (price - below) > 1e-4


@settings(max_examples=15)
@given(world=lumpy_worlds, pick=st.randoms(use_true_random=False))
def test_at_a_kink_the_price_lies_between_those_of_one_less_and_one_more(world, pick):
    for row, moved in pick.sample(found := list(rows(world)), min(5, len(found))):
        step = min(0.1, row["mw"])
        sides = moved.slope(row["mw"] - step, row["mw"]), moved.slope(row["mw"], row["mw"] + step)
        tolerance = 0.2 + 1e-5 * max(map(abs, sides))
        assert min(sides) - tolerance < row["price_usd_per_mwh"] < max(sides) + tolerance


def test_a_full_region_with_nobody_waiting_is_a_kink():
    """
    North of the classroom with the 52 MW that take all of South's Batch: one less costs 54.5, one
    more saves nothing.
    """
    world = Scenario.load("classroom-3x3")
    world.regions = world.regions.assign(capacity_mw=[52.0, 60.0, 40.0])
    table = marginal_prices(world)
    [row] = table[(table["place"] == "north")].to_dict("records")
    assert row["price_usd_per_mwh"] in (0.0, 54.5)
    assert row["mw"] == (row["to_mw"] if row["price_usd_per_mwh"] else row["from_mw"]) == 52


def test_the_classroom_prices_are_those_of_its_readme():
    table = marginal_prices(Scenario.load("classroom-3x3")).set_index(["place", "workload"])
    expected = {
        # North has 20 MW at home and takes 30 of Batch; South has 2 MW of Batch left at home and 10
        # there
        ("north-town", "chat"): (104.5, 12, 10, 22),
        ("middle-town", "chat"): (150, 30, 0, 60),  # half of it is free: 30 MW are idle in Middle
        ("middle-town", "batch"): (120, 20, 18, 30),
        ("south-town", "batch"): (120, 12, 10, 32),
        ("middle-town", "all"): (
            0.6 * 150 + 0.4 * 120,
            50,
            45,
            75,
        ),  # 2 MW of its Batch in 5 of all
        ("north", "all"): (54.5, 50, 40, 52),
        ("middle", "all"): (0, 60, 30, np.inf),
        ("south", "all"): (0, 40, 20, np.inf),
    }
    for key, values in expected.items():
        assert table.loc[key].drop("kind").tolist() == pytest.approx(list(values)), key


@settings(max_examples=40)
@given(world=random_scenarios(lumpy=st.booleans(), **MOMENTS))
def test_every_place_is_there_and_prices_are_those_of_the_placement(world):
    table, placement = marginal_prices(world), solve(world)
    demand, capacity = (table[table["kind"] == kind] for kind in ("demand", "capacity"))
    names = [*world.workloads, "all"]
    assert demand["place"].tolist() == [i for i in world.clients["id"] for _ in names]
    assert demand["workload"].tolist() == names * len(world.clients)
    assert capacity["place"].tolist() == world.regions["id"].tolist()
    by_class = demand[demand["workload"] != "all"]
    wanted = placement.network.demand_mw
    assert by_class["mw"].to_numpy() == pytest.approx(wanted.ravel())
    both: Any = demand[demand["workload"] == "all"]
    value = (
        (by_class["price_usd_per_mwh"] * by_class["mw"])
        .to_numpy()
        .reshape(wanted.shape)
        .sum(axis=1)
    )
    assert both["price_usd_per_mwh"].to_numpy() * both["mw"].to_numpy() == pytest.approx(
        value, rel=1e-6, abs=1e-3
    )
    # what consumers would pay by these prices is what placement and scarce capacity are worth
    rent = (capacity["price_usd_per_mwh"] * capacity["mw"]).sum()
    penalty = placement.network.unserved_usd_per_mwh * placement.unserved_mw
    assert value.sum() - rent == pytest.approx(
        placement.objective_usd_per_h + penalty, rel=1e-6, abs=0.05
    )
    assert (table["from_mw"] <= table["mw"] + 1e-6).all() and (
        table["mw"] <= table["to_mw"] + 1e-6
    ).all()


@pytest.mark.parametrize("objective", ["carbon", "latency"])
def test_there_are_no_prices_unless_cost_is_the_objective(objective):
    world = Scenario.load("classroom-3x3")
    world.objective = objective
    table = marginal_prices(world)
    assert table[["price_usd_per_mwh", "from_mw", "to_mw"]].isna().all(axis=None)
    assert table["mw"].notna().all()


def test_a_placement_without_prices_has_no_ranges():
    """A program with binaries has no duals."""
    world = Scenario.load("classroom-3x3")
    world.hosting_usd_per_h = 5.0
    assert marginal_prices(world)[["price_usd_per_mwh", "from_mw", "to_mw"]].isna().all(axis=None)


@pytest.mark.parametrize("total_mw", [1e-4, 1e-3])
def test_ranges_of_a_tiny_world_are_told_to_its_own_digits(total_mw):
    """The world of the example, smaller: so are its ranges."""
    world = Scenario.load("classroom-3x3")
    expected = marginal_prices(world)
    world.total_demand_mw = total_mw
    world.regions["capacity_mw"] *= total_mw / 100
    table = marginal_prices(world)
    for column in ("mw", "from_mw", "to_mw"):
        np.testing.assert_allclose(
            table[column] * 100 / total_mw, expected[column], rtol=1e-5, err_msg=column
        )
