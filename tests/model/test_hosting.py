"""
Hosting: a fixed cost decides where load is run for others. Against a mixed-integer program of
scipy's.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario

from explorer import (
    ExplorerError,
    Placement,
    Scenario,
    ScenarioError,
    attribution,
    certificate,
    frontier,
    marginal_prices,
    relocatable_demand,
    solve,
)
from explorer.model.network import build_network
from explorer.report import summary
from explorer.session import Session
from tests.model.test_placement import two_regions


def penalised(found: Placement) -> float:
    """The objective with its penalty on unserved load. [USD/h]"""
    return found.objective_usd_per_h + found.network.unserved_usd_per_mwh * found.unserved_mw


def a_world(seed: int) -> Scenario:
    """
    Every other one is full of ties; in some a region has a price of its own, in some load goes
    unserved.
    """
    fee = float(np.random.default_rng(seed).choice([20.0, 300.0, 3000.0]))
    world = random_scenario(
        seed, 5, 4, 2, lumpy=seed % 2 == 1, exceptions=seed % 5 == 0, legal_policy="open", hosting_usd_per_h=fee,
        latency_relaxation_ms=150.0, capacity_scale=1.5, objective="cost",
    )  # fmt: skip
    if seed % 3 == 0:
        world.regions = world.regions.assign(hosting_usd_per_h=[None, 0.0, 2 * fee, None])
    return world


@pytest.mark.parametrize("first_seed", range(0, 60, 20))
def test_optima_agree_with_an_independent_program(first_seed):
    moved = 0
    for seed in range(first_seed, first_seed + 20):
        world = a_world(seed)
        found = solve(world)
        expected = Reference(world).with_hosting()
        assert penalised(found) == pytest.approx(expected, rel=1e-6, abs=0.05), seed
        assert found.optimum.objective == pytest.approx(penalised(found), rel=1e-9)
        assert 0 <= found.gap_usd_per_h <= 0.05 + 1e-7 * abs(expected), seed
        free = solve_free(world)
        assert (
            penalised(free) <= penalised(found) + 1e-6 <= penalised(free) + paid(world, free) + 2e-6
        )
        moved += 0 < found.hosts.sum() < free.hosts.sum()
    assert moved, "hosting decides nothing here"


def solve_free(world: Scenario) -> Placement:
    free = world.copy()
    free.hosting_usd_per_h = 0.0
    free.regions = free.regions.drop(columns="hosting_usd_per_h", errors="ignore")
    return solve(free)


def paid(world: Scenario, found: Placement) -> float:
    """What a placement would pay for hosting in a world. [USD/h]"""
    fees = build_network(world).hosting_usd_per_h
    return float((found.hosts * (0.0 if fees is None else fees[:, np.newaxis])).sum())


@pytest.mark.parametrize("seed", range(12))
def test_parts_sum_to_totals(seed):
    found = solve(a_world(seed))
    totals, flows, hosting = found.totals(), found.flows, found.hosting
    parts = (
        flows["energy_usd_per_h"].sum()
        + flows["friction_usd_per_h"].sum()
        + hosting["hosting_usd_per_h"].sum()
    )
    assert totals["cost_usd_per_h"] == pytest.approx(parts)
    assert totals["hosting_usd_per_h"] == pytest.approx(hosting["hosting_usd_per_h"].sum())
    away = flows[~flows["is_home"]].groupby(["region", "workload"])["it_mw"].sum()
    keys = list(hosting[["region", "workload"]].itertuples(index=False, name=None))
    assert_allclose(hosting["it_mw"], [away[key] for key in keys])
    assert found.relocated_mw == pytest.approx(hosting["it_mw"].sum(), abs=1e-5)
    assert found.regions["capacity_price_usd_per_mwh"].isna().all()
    assert found.demand_prices["price_usd_per_mwh"].isna().all()


def two(**changes: object) -> Scenario:
    """Moving 20 MW to Far saves 30 USD/MWh, less 0.3 USD/MWh of egress: 594 USD/h."""
    prices = {"capacity_mw@home": 50.0, "electricity_price_usd_per_mwh@far": 20.0}
    return two_regions(**(prices | changes))


@pytest.mark.parametrize(("fee", "moved_mw"), [(0.0, 20), (593.0, 20), (595.0, 0)])
def test_load_moves_where_it_saves_more_than_its_hosting(fee, moved_mw):
    found = solve(two(hosting_usd_per_h=fee))
    assert found.relocated_mw == pytest.approx(moved_mw)
    assert found.cost_usd_per_h == pytest.approx(406 + fee if moved_mw else 1000)
    assert found.hosting_usd_per_h == (fee if moved_mw else 0)
    assert found.baseline.cost_usd_per_h == pytest.approx(1000)


def test_a_regions_own_price_comes_first():
    world = two(hosting_usd_per_h=595.0)
    world.regions = world.regions.assign(hosting_usd_per_h=[None, 100.0])
    assert solve(world).hosting_usd_per_h == 100
    world.regions.loc[1, "hosting_usd_per_h"] = 700.0
    assert solve(world).relocated_mw == 0
    world.regions["hosting_usd_per_h"] = "much"
    with pytest.raises(ScenarioError, match="much"):
        solve(world)


def test_load_too_little_to_be_worth_its_hosting_goes_unserved():
    world = two_regions(total_demand_mw=0.001, hosting_usd_per_h=500.0)  # home has no room
    (row,) = solve(world).unserved.to_dict("records")
    assert (row["constraint"], row["unserved_mw"]) == ("hosting", pytest.approx(0.001))
    world.hosting_usd_per_h = 50.0  # the penalty is 100 USD/h
    assert solve(world).unserved.empty


@pytest.mark.parametrize("objective", ["carbon", "latency"])
def test_other_objectives_pay_for_hosting_but_do_not_choose_by_it(objective):
    world = two_regions(objective=objective)  # all has to leave home
    before = solve(world)
    world.hosting_usd_per_h = 500.0
    after = solve(world)
    assert_allclose(after.it_mw, before.it_mw)
    assert after.cost_usd_per_h == pytest.approx(before.cost_usd_per_h + 500)


def test_what_is_free_is_a_linear_program(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("a mixed-integer program")

    monkeypatch.setattr("explorer.model.solve.choose_hosts", refuse)
    world = Scenario.load("classroom-3x3")
    world.carbon_price_usd_per_t = 51.5  # not solved before
    prices = solve(world).regions["capacity_price_usd_per_mwh"]
    world.regions = world.regions.assign(hosting_usd_per_h=0.0)
    assert solve(world).regions["capacity_price_usd_per_mwh"].equals(prices)
    world.hosting_usd_per_h = 5.0  # the regions' own zeros come first
    assert solve(world).hosting_usd_per_h == 0


def test_measures_leave_hosting_out():
    world = Scenario.load("classroom-3x3")
    before = [frontier(world).table, attribution(world), relocatable_demand(world)]
    world.hosting_usd_per_h = 3000.0
    for table, same in zip(
        [frontier(world).table, attribution(world), relocatable_demand(world)], before, strict=True
    ):
        pd.testing.assert_frame_equal(table, same)
    assert solve(world).relocated_mw < 30


def test_nothing_claims_prices_or_proofs_of_a_choice():
    world = two(hosting_usd_per_h=100.0)
    with pytest.raises(ExplorerError, match="Prices prove no optimum"):
        certificate(solve(world))
    assert marginal_prices(world)["price_usd_per_mwh"].isna().all()
    assert certificate(solve(world).baseline).holds


def test_a_time_limit_leaves_the_best_found_and_its_gap():
    world = Scenario.load("world-2025")
    world.param.update(hosting_usd_per_h=500.0, time_limit_s=1.5)
    found, free = solve(world), solve_free(world)
    assert found.gap_usd_per_h > 0
    assert free.objective_usd_per_h <= found.objective_usd_per_h - found.gap_usd_per_h + 1e-6
    assert found.objective_usd_per_h <= free.objective_usd_per_h + 500 * free.hosts.sum() + 1e-6
    assert found.unserved_mw == pytest.approx(0, abs=1e-6)
    network = found.network
    assert not found.it_mw[~network.allowed].any()
    assert (found.region_it_mw <= network.capacity_mw + 1e-6).all()


def test_a_cap_on_cost_does_not_go_with_hosting():
    world = two(objective="carbon", cost_cap_usd_per_h=5000.0, hosting_usd_per_h=10.0)
    with pytest.raises(ScenarioError, match="cost_cap_usd_per_h") as caught:
        solve(world)
    assert "set hosting to 0" in caught.value.problems[0].fix
    world.objective = "cost"
    assert solve(world).cost_usd_per_h > 0


def test_a_session_follows_it():
    session = Session(two())
    session.scenario.hosting_usd_per_h = 700.0
    assert session.error is None and session.placement.relocated_mw == 0
    session.scenario.hosting_usd_per_h = 0.0
    assert session.placement.relocated_mw == pytest.approx(20)


def test_the_summary_lists_who_hosts_and_how_good_the_choice_is():
    world = Scenario.load("classroom-3x3")
    assert "## Hosting" not in summary(world, solve(world))
    world.hosting_usd_per_h = 400.0
    found = solve(world)
    text = summary(world, found)
    rows = text[text.index("## Hosting") : text.index("## What moves where")]
    assert rows.count(" 400 |") == found.hosts.sum() > 0
    assert "Hosting, part of the cost [USD/h]" in text and "cheaper" not in rows
    assert "up to 50 USD/h cheaper" in summary(world, replace(found, gap_usd_per_h=50.0))
    world.hosting_usd_per_h = 5000.0
    assert "None: no region runs load of another home." in summary(world, solve(world))
