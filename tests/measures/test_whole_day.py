"""
A whole day: every hour against a scenario at that hour, placements by means against an independent
program.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, solve
from explorer.measures.whole_day import (
    day_networks,
    in_daylight,
    solve_day,
    whole_day,
    whole_day_regions,
)
from explorer.model.network import build_network
from explorer.presentation import render
from explorer.scenario.scenario import OBJECTIVES
from explorer.scenario.schema import SEASONS
from explorer.text import format_number

COLUMNS = {
    "cost_usd_per_h", "carbon_kg_per_h", "objective_usd_per_h", "served_mw", "unserved_mw", "relocated_mw",
}  # fmt: skip


def hourly(seed: int, **changes: Any) -> Scenario:
    """A random world whose prices, carbon and demand follow the hour, without gaps."""
    scenario = random_scenario(
        seed, clients=4, regions=4, workloads=2, hour="average", season="annual", **changes
    )
    rng = np.random.default_rng(seed)
    rows = [(region, "annual", hour) for region in scenario.regions["id"] for hour in range(24)]
    profiles = pd.DataFrame(rows, columns=["region_id", "season", "hour_utc"])
    scenario.profiles = profiles.assign(
        price_relative=rng.uniform(-0.5, 2.5, len(rows)),
        carbon_relative=rng.uniform(0.5, 1.5, len(rows)),
    )
    curve = rng.uniform(0, 2, 24)
    scenario.demand_profiles = pd.DataFrame(
        {"profile_id": "day", "local_hour": range(24), "relative_load": curve}
    )
    scenario.clients = scenario.clients.assign(timezone="Asia/Tokyo")
    for workload in scenario.workloads.values():
        workload.demand_profile = "day"
    return scenario


def test_the_networks_of_a_day_are_those_of_its_hours_and_say_the_same():
    scenario = Scenario.load("follow-the-sun")
    for hour, network in enumerate(day_networks(scenario)):
        scenario.hour = hour
        alone = build_network(scenario).without_hosting_or_cap
        assert network == alone and network.labels == alone.labels


@settings(max_examples=12)
@given(
    scenario=random_scenarios(
        season=st.sampled_from(SEASONS), objective=st.sampled_from(OBJECTIVES)
    ),
    hour=st.integers(0, 23),
)
def test_every_hour_is_the_optimum_of_that_hour(scenario, hour):
    day, load = whole_day(scenario), whole_day_regions(scenario)
    assert day["hour_utc"].tolist() == [*range(24)]
    scenario.hour = hour
    placement = solve(scenario)
    for column in COLUMNS:
        assert day.loc[hour, column] == pytest.approx(
            getattr(placement, column), rel=1e-6, abs=1e-3
        ), column
    at = load[load["hour_utc"] == hour]
    assert at["region"].tolist() == scenario.regions["id"].tolist()
    assert at["it_mw"].sum() == pytest.approx(placement.served_mw, rel=1e-6)
    assert at["relocated_mw"].sum() == pytest.approx(placement.relocated_mw, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_load_by_region_is_that_of_the_flows(seed):
    scenario = hourly(seed)
    load = whole_day_regions(scenario).set_index(["hour_utc", "region"])
    for scenario.hour in (0, 7, 23):
        flows = solve(scenario).flows
        for column, rows in (("it_mw", flows), ("relocated_mw", flows[~flows["is_home"]])):
            wanted = (
                rows.groupby("region")["it_mw"]
                .sum()
                .reindex(scenario.regions["id"], fill_value=0.0)
            )
            assert_allclose(load.loc[scenario.hour][column], wanted, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_placed_by_means_the_hour_pays_its_own_prices(seed):
    """
    The day's mean prices put into the regions themselves, and what comes of it priced arc by arc.
    """
    scenario = hourly(seed, carbon_signal="marginal")
    day = whole_day(scenario)
    column = "electricity_price_usd_per_mwh", "carbon_marginal_g_per_kwh"
    hours = []
    for scenario.hour in range(24):
        hours.append(Reference(scenario))
    means = scenario.copy()
    means.profiles = None
    for name in column:
        per_hour = [[row[name] for row in at.regions.values()] for at in hours]
        means.regions = means.regions.assign(**{name: np.mean(per_hour, axis=0)})
    for hour in (0, 5, 17):
        means.hour = hour
        flows = solve(means).flows
        paid = sum(
            hours[hour].arcs[row.client, row.region, row.workload].cost_usd * row.it_mw
            for row in flows.itertuples()
        )
        assert day.loc[hour, "by_means_usd_per_h"] == pytest.approx(paid, rel=1e-6, abs=1e-3)


@settings(max_examples=10)
@given(scenario=random_scenarios(unserved_usd_per_mwh=1e6, objective="cost"))
def test_following_the_hours_never_costs_more(scenario):
    day = whole_day(scenario)
    slack = 1e-3 + 1e-6 * day["objective_usd_per_h"].abs()
    assert (day["objective_usd_per_h"] <= day["by_means_usd_per_h"] + slack).all()


def test_following_the_hours_is_worth_something_where_prices_move():
    day = whole_day(Scenario.load("follow-the-sun"))
    assert (day["by_means_usd_per_h"] > day["objective_usd_per_h"]).all()


def test_without_profiles_every_hour_is_the_average():
    scenario = Scenario.load("classroom-3x3")
    day, placement = whole_day(scenario), solve(scenario)
    for column in COLUMNS:
        assert_allclose(day[column], getattr(placement, column))
    assert_allclose(day["by_means_usd_per_h"], day["objective_usd_per_h"])


def test_the_sun_rises_in_the_east():
    up = in_daylight(range(24), [-90.0, 0.0, 90.0])
    assert up.sum(axis=0).tolist() == [12, 12, 12]
    rises = np.argwhere(up & ~np.roll(up, 1, axis=0))
    assert {int(region): int(hour) for hour, region in rises} == {0: 12, 1: 6, 2: 0}


def test_relocated_load_in_daylight_is_counted_where_it_runs():
    scenario = Scenario.load("follow-the-sun")
    longitude = scenario.regions.set_index("id")["longitude"]
    wanted = [0.0] * 24
    for row in whole_day_regions(scenario).itertuples():
        if 6 <= (row.hour_utc + 0.5 + longitude[row.region] / 15) % 24 < 18:
            wanted[row.hour_utc] += row.relocated_mw
    assert_allclose(whole_day(scenario)["relocated_in_daylight_mw"], wanted, atol=1e-9)


def test_the_hour_of_the_scenario_does_not_matter_and_stays():
    scenario = hourly(1)
    before = whole_day(scenario)
    scenario.hour = 7
    pd.testing.assert_frame_equal(whole_day(scenario), before)
    assert scenario.hour == 7


def test_what_a_reader_does_to_a_table_stays_theirs():
    scenario = hourly(2)
    mine = whole_day(scenario)
    mine["cost_usd_per_h"] = 0.0
    assert (whole_day(scenario)["cost_usd_per_h"] != 0).any()


def test_a_day_takes_turns_with_others_and_is_remembered():
    scenario = hourly(99)
    first = [*solve_day(scenario)]
    assert first[:-1] == [None] * 4
    assert [*solve_day(scenario)] == first[-1:]


@pytest.mark.parametrize("seed", range(5))
def test_the_average_hour_is_beside_the_mean_of_the_day(seed):
    world = random_scenario(seed, 3, 3, 1, hour=seed, objective="cost")
    average = world.copy()
    average.hour = "average"
    day = whole_day(world)
    assert day.attrs["average_usd_per_h"] == pytest.approx(solve(average).objective_usd_per_h)
    words = str(render(day, "chart").finding)
    mean = format_number(day["objective_usd_per_h"].to_numpy().mean())
    assert "Every hour is like" in words or f"Mean of the 24 hours: <b>{mean} USD/h" in words
