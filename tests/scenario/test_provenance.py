"""Where a figure is from, and how sure it is."""

import pandas as pd
import pytest

from explorer import Scenario
from explorer.scenario.known import names
from explorer.scenario.provenance import (
    QUALITIES,
    Provenance,
    Source,
    cell_quality,
    cell_sources,
    coverage,
    source_column,
    sources_of,
    worst,
)


@pytest.fixture(scope="module")
def world():
    return Scenario.load("world-2025")


@pytest.fixture
def classroom():
    return Scenario.load("classroom-3x3")


def keys(scenario, table, row, column):
    return [source.key for source in cell_sources(scenario, table, row, column)]


@pytest.mark.parametrize(
    ("table", "column", "heading"),
    [
        ("regions", "electricity_price_usd_per_mwh", "price_source"),
        ("regions", "electricity_price_usd_per_mwh_low", "price_low_source"),
        ("regions", "carbon_operating_margin_g_per_kwh", "carbon_operating_margin_source"),
        ("regions", "carbon_average_g_per_kwh", "carbon_average_source"),
        ("regions", "pue", "pue_source"),
        ("clients", "ai_user_share", "ai_user_share_source"),
        ("clients", "demand_share", "demand_share_source"),
        ("clients", "demand_share_prompts", "demand_share_prompts_source"),
        ("rtt_ms", "rtt_min_ms", "source"),
    ],
)
def test_a_column_is_covered_by_the_source_column_of_its_words(world, table, column, heading):
    assert source_column(getattr(world, table), column) == heading


@pytest.mark.parametrize(
    ("column", "heading"),
    [
        ("latency_budget_ms", "budget_source"),
        ("energy_wh_per_request", "energy_source"),
        ("state_mb", "size_source"),
        ("prefill_ms", "time_source"),
        ("share_of_demand", "share_source"),
        ("state_local_share", "state_local_source"),
    ],
)
def test_classes_have_their_sources_by_column(world, column, heading):
    assert source_column(world.workloads_table(), column) == heading


def test_the_source_of_an_added_price_is_the_price_source():
    table = pd.DataFrame(columns=["price_source", "source"])
    assert source_column(table, "fixed_usd_per_mwh") == "price_source"


def test_a_table_without_sources_has_none():
    assert source_column(pd.DataFrame(columns=["pue"]), "pue") is None


def test_every_key_of_a_cell_is_found_with_what_sources_csv_says(world):
    row = world.regions.index[world.regions["id"] == "us-columbus"][0]
    named = world.regions.at[row, "capacity_source"].split(";")
    found = cell_sources(world, "regions", row, "capacity_mw")
    assert [source.key for source in found] == named and len(named) > 1
    assert all(source.title and source.year and source.licence for source in found)


@pytest.mark.parametrize(
    ("source", "quality"),
    [
        (Source("eia", access="read"), "read"),
        (Source("eia", access="Secondary "), "secondary"),
        (Source("eia", access=""), "secondary"),
        (Source("eia", access="estimate"), "estimate"),
        (Source("proxy-x", access="read"), "assigned"),
        (Source("neighbour", publisher="Google, assigned by Wattlas", access="read"), "assigned"),
    ],
)
def test_how_sure_a_source_is(source, quality):
    assert source.quality == quality


def test_the_least_sure_source_counts():
    read, proxy, guess = (
        Source("a", access="read"),
        Source("proxy-b", access="read"),
        Source("c", access="estimate"),
    )
    assert worst([read, proxy, guess]) == "assigned"
    assert worst([guess, read]) == "estimate"
    assert worst([]) == "unsourced"


def test_a_cell_is_as_sure_as_the_least_sure_of_its_keys(classroom):
    classroom.sources = pd.DataFrame({"key": ["a", "b"], "access": ["read", "estimate"]})
    classroom.regions = classroom.regions.assign(pue_source=["a", "a;b", ""])
    found = [cell_quality(classroom, "regions", row, "pue") for row in range(3)]
    assert found == ["read", "estimate", "unsourced"]


def test_coverage_counts_every_figure_once(world):
    table = coverage(world)
    rows = table.set_index(["table", "column"])[[*QUALITIES]].sum(axis=1)
    assert rows["regions", "pue"] == len(world.regions)
    assert rows["legal_transfers", "status"] == len(world.legal_transfers)
    assert rows["clients", "internet_users_million"] == len(world.clients)
    assert not {"latitude", "longitude", "hour_utc"} & set(table["column"])


def test_coverage_is_the_quality_of_the_cells(world):
    counts = coverage(world).set_index(["table", "column"]).loc[("regions", "pue")]
    rows = range(len(world.regions))
    cells = pd.Series([cell_quality(world, "regions", row, "pue") for row in rows])
    assert counts[[*QUALITIES]].to_dict() == {q: int((cells == q).sum()) for q in QUALITIES}


@pytest.mark.parametrize("name", names())
def test_no_figure_of_a_sample_lacks_its_source(name):
    table = coverage(Scenario.load(name))
    assert table[table["unsourced"] > 0].empty
    assert len(table) > 5


def test_profiles_may_have_their_source_with_the_region():
    scenario = Scenario.load("follow-the-sun")
    assert "source" not in scenario.profiles
    region = scenario.profiles["region_id"].iat[0]
    named = scenario.regions.set_index("id").at[region, "profile_source"]
    assert keys(scenario, "profiles", 0, "price_relative") == named.split(";")


def test_a_scenario_without_sources_has_only_unsourced_figures(classroom):
    classroom.regions = classroom.regions.drop(columns="source")
    counts = coverage(classroom).query("table == 'regions'")
    assert (counts["unsourced"] == 3).all() and len(counts) == 5


def test_the_sources_of_a_column_stand_once_in_the_order_of_the_file(world):
    provenance = Provenance(world)
    found = [source.key for source in provenance.of_column("regions", "capacity_mw")]
    place = list(sources_of(world))
    assert found == sorted(set(found), key=place.index) and len(found) > 3
