"""Break-even quantities in closed form, by substitution, and against the placement."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import Reference, lawful
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, break_even, solve

worlds = random_scenarios()


def pairs(world: Scenario, workload: str = "w0") -> dict[tuple[str, str], dict[str, Any]]:
    """The break-even rows of a class, by home and region."""
    rows: list[dict[str, Any]] = break_even(world, workload).to_dict("records")
    return {(row["home"], row["region"]): row for row in rows}


def served_from(world: Scenario) -> Scenario:
    """The same world with one client at home in each region, so that every pair is an arc."""
    ids = [f"at {j}" for j in world.regions["id"]]
    clients = pd.DataFrame({"id": ids, "name": ids, "service": world.regions["id"], "demand_share": 1 / len(ids)})
    clients[["latitude", "longitude", "legal_zone"]] = world.regions[["latitude", "longitude", "legal_zone"]]
    moved = world.copy()
    moved.clients = clients
    return moved


@settings(max_examples=50)
@given(world=worlds)
def test_pairs_follow_the_formulas(world):
    reference, table = Reference(served_from(world)), pairs(world)
    n = len(world.regions)
    assert len(table) == n * (n - 1)
    for (h, j), row in table.items():
        home, away = reference.arcs[f"at {h}", h, "w0"], reference.arcs[f"at {h}", j, "w0"]
        stay = reference.arcs[f"at {j}", j, "w0"]
        assert row["saving_usd_per_mwh"] == pytest.approx(home.cost_usd - stay.cost_usd, rel=1e-9, abs=1e-7)
        assert row["friction_usd_per_mwh"] == pytest.approx(away.cost_usd - stay.cost_usd, rel=1e-9, abs=1e-7)
        assert row["net_usd_per_mwh"] == pytest.approx(home.cost_usd - away.cost_usd, rel=1e-9, abs=1e-7)
        assert row["pays"] == (row["net_usd_per_mwh"] >= 0)
        regions = reference.regions
        gap = regions[h]["electricity_price_usd_per_mwh"] - regions[j]["electricity_price_usd_per_mwh"]
        assert row["price_gap_usd_per_mwh"] == pytest.approx(gap, rel=1e-9, abs=1e-7)
        assert row["wan_ms"] == pytest.approx(away.wan_ms)
        assert row["lawful"] == lawful(world, regions[h]["legal_zone"], regions[j]["legal_zone"])
        cleaner = home.carbon_kg - away.carbon_kg
        carbon_price = row["break_even_carbon_price_usd_per_t"]
        if cleaner > 1e-6:
            dearer = away.energy_usd + away.friction_usd - home.energy_usd
            assert carbon_price == pytest.approx(1000 * dearer / cleaner, rel=1e-6, abs=1e-6)
        elif cleaner < -1e-6:
            assert pd.isna(carbon_price)


@settings(max_examples=50)
@given(world=worlds, row=st.integers(0, 19))
def test_at_the_break_even_gap_moving_is_a_draw(world, row):
    assume(len(world.regions) > 1)
    table = pairs(world)
    h, j = list(table)[row % len(table)]
    prices = world.regions.set_index("id")["electricity_price_usd_per_mwh"]
    prices[j] = prices[h] - table[h, j]["break_even_price_gap_usd_per_mwh"]
    world.regions = world.regions.assign(electricity_price_usd_per_mwh=prices.to_numpy())
    assert pairs(world)[h, j]["net_usd_per_mwh"] == pytest.approx(0, abs=1e-6)


@settings(max_examples=50)
@given(world=worlds)
def test_at_the_break_even_carbon_price_moving_is_a_draw(world):
    found = {pair: row["break_even_carbon_price_usd_per_t"] for pair, row in pairs(world).items()}
    for (h, j), carbon_price in found.items():
        if not 0 <= carbon_price < 1e6:
            continue
        world.carbon_price_usd_per_t = carbon_price
        assert pairs(world)[h, j]["net_usd_per_mwh"] == pytest.approx(0, abs=1e-6 * (1 + carbon_price))
        world.carbon_price_usd_per_t = carbon_price * 1.01 + 1
        assert pairs(world)[h, j]["pays"]


@settings(max_examples=50)
@given(world=worlds, friction=st.floats(0, 3))
def test_load_moves_where_some_pair_pays_and_nowhere_else(world, friction):
    """With room everywhere, no law and no hurry, break-even and placement are the same question."""
    open_ = served_from(world)
    capacity = {"capacity_mw": 1e5}
    open_.regions = open_.regions.assign(**capacity)
    open_.param.update(legal_policy="open", latency_relaxation_ms=1e5, state_local_scale=0.0,
                       capacity_scale=1.0, friction_scale=friction, objective="cost")  # fmt: skip
    net = {
        (*pair, workload): row["net_usd_per_mwh"]
        for workload in open_.workloads
        for pair, row in pairs(open_, workload).items()
    }
    for flow in solve(open_).flows.to_dict("records"):
        home, workload = flow["service"], flow["workload"]
        best = max([0.0, *(value for (h, _, k), value in net.items() if (h, k) == (home, workload))])
        assert net.get((home, flow["region"], workload), 0.0) == pytest.approx(best, abs=1e-4)


def test_the_classroom_pairs():
    world = Scenario.load("classroom-3x3")
    batch = pairs(world, "batch")
    assert batch["middle", "north"]["net_usd_per_mwh"] == pytest.approx(84.5)
    assert batch["south", "north"]["net_usd_per_mwh"] == pytest.approx(54.5)
    row = pairs(world, "chat")["middle", "south"]
    assert (row["saving_usd_per_mwh"], row["friction_usd_per_mwh"]) == pytest.approx((30, 33.5))
    assert not row["pays"] and row["wan_ms"] == 40 and row["lawful"]
    # 3.5 USD over 1.2 x 1.1 MWh of electricity in South
    assert row["break_even_price_gap_usd_per_mwh"] == pytest.approx(20 + 3.5 / 1.32)
    assert pd.isna(row["break_even_carbon_price_usd_per_t"])


def test_an_unknown_class_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="Unknown workload 'all'; use one of w0, w1"):
        break_even(random_scenario(0), workload="all")
