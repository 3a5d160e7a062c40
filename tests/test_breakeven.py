"""Break-even quantities in closed form, by substitution, and against the placement."""

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import Reference, lawful
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, break_even, solve

worlds = random_scenarios()


def pairs(world: Scenario) -> pd.DataFrame:
    """The break-even table of the first class, by pair."""
    return break_even(world, workload="w0").set_index(["home", "region"])


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
    for (h, j), row in table.iterrows():
        home, away = reference.arcs[f"at {h}", h, "w0"], reference.arcs[f"at {h}", j, "w0"]
        stay = reference.arcs[f"at {j}", j, "w0"]
        close = {"rel": 1e-9, "abs": 1e-7}
        assert row["saving_usd_per_mwh"] == pytest.approx(home.cost_usd - stay.cost_usd, **close)
        assert row["friction_usd_per_mwh"] == pytest.approx(away.cost_usd - stay.cost_usd, **close)
        assert row["net_usd_per_mwh"] == pytest.approx(home.cost_usd - away.cost_usd, **close)
        assert row["pays"] == (row["net_usd_per_mwh"] >= 0)
        regions = reference.regions
        gap = regions[h]["electricity_price_usd_per_mwh"] - regions[j]["electricity_price_usd_per_mwh"]
        assert row["price_gap_usd_per_mwh"] == pytest.approx(gap, **close)
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
    h, j = table.index[row % len(table)]
    prices = world.regions.set_index("id")["electricity_price_usd_per_mwh"]
    prices[j] = prices[h] - table.loc[(h, j), "break_even_price_gap_usd_per_mwh"]
    world.regions = world.regions.assign(electricity_price_usd_per_mwh=prices.to_numpy())
    assert pairs(world).loc[(h, j), "net_usd_per_mwh"] == pytest.approx(0, abs=1e-6)


@settings(max_examples=50)
@given(world=worlds)
def test_at_the_break_even_carbon_price_moving_is_a_draw(world):
    table = pairs(world)
    found = table["break_even_carbon_price_usd_per_t"]
    for (h, j), carbon_price in found[(found >= 0) & (found < 1e6)].items():
        world.carbon_price_usd_per_t = carbon_price
        assert pairs(world).loc[(h, j), "net_usd_per_mwh"] == pytest.approx(0, abs=1e-6 * (1 + carbon_price))
        world.carbon_price_usd_per_t = carbon_price * 1.01 + 1
        assert pairs(world).loc[(h, j), "pays"]


@settings(max_examples=50)
@given(world=worlds, friction=st.floats(0, 3))
def test_load_moves_where_some_pair_pays_and_nowhere_else(world, friction):
    """With room everywhere, no law and no hurry, break-even and placement are the same question."""
    open_ = served_from(world)
    capacity = {"capacity_mw": 1e5}
    open_.regions = open_.regions.assign(**capacity)
    open_.param.update(legal_policy="open", latency_relaxation_ms=1e5, state_local_scale=0.0,
                       capacity_scale=1.0, friction_scale=friction, objective="cost")  # fmt: skip
    flows = solve(open_).flows
    for workload in open_.workloads:
        table = break_even(open_, workload)
        best = table.sort_values("net_usd_per_mwh").groupby("home").last()
        mine = flows[flows["workload"] == workload]
        for row in mine.to_dict("records"):
            if row["is_home"]:
                assert row["region"] not in best.index or best.loc[row["region"], "net_usd_per_mwh"] <= 1e-4
            else:
                chosen = table[(table["home"] == row["service"]) & (table["region"] == row["region"])]
                net = chosen["net_usd_per_mwh"].item()
                assert net > -1e-4
                assert net == pytest.approx(best.loc[row["service"], "net_usd_per_mwh"], abs=1e-4)


def test_the_classroom_pairs():
    world = Scenario.load("classroom-3x3")
    batch = break_even(world, "batch").set_index(["home", "region"])
    chat = break_even(world, "chat").set_index(["home", "region"])
    assert batch.loc[("middle", "north"), "net_usd_per_mwh"] == pytest.approx(84.5)
    assert batch.loc[("south", "north"), "net_usd_per_mwh"] == pytest.approx(54.5)
    row = chat.loc[("middle", "south")]
    assert (row["saving_usd_per_mwh"], row["friction_usd_per_mwh"]) == pytest.approx((30, 33.5))
    assert not row["pays"] and row["wan_ms"] == 40 and row["lawful"]
    # 3.5 USD over 1.2 x 1.1 MWh of electricity in South
    assert row["break_even_price_gap_usd_per_mwh"] == pytest.approx(20 + 3.5 / 1.32)
    assert pd.isna(row["break_even_carbon_price_usd_per_t"])


def test_an_unknown_class_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="Unknown workload 'all'; use one of w0, w1"):
        break_even(random_scenario(0), workload="all")
