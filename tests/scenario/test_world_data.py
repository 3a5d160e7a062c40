"""
What is said of the data of world-2025: each construction is the one that its README tells, and
spot checks of single figures against what was published.
"""

import itertools
import tomllib
from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from explorer import Scenario, solve
from explorer.model.network import build_network
from explorer.packaged_data import SCENARIOS
from explorer.scenario.provenance import keys_in, sources_of

WITH_RANGES = ("world-2025", "europe-sovereignty", "follow-the-sun", "media-heavy")
ROUNDING_MS = 0.2  # of three times with one decimal


@pytest.fixture(scope="module")
def world() -> Scenario:
    return Scenario.load("world-2025")


@pytest.fixture(scope="module")
def homes(world) -> dict[str, str]:
    network = build_network(world)
    regions = [*world.regions["id"]]
    return {c: regions[j] for c, j in zip(world.clients["id"], network.home, strict=True)}


def settings_of(name: str) -> dict[str, dict]:
    return tomllib.loads((SCENARIOS / name / "scenario.toml").read_text(encoding="utf-8"))


# Round trips


def test_no_detour_is_shorter_than_a_measured_pair(world):
    table = world.rtt_ms
    ids = sorted({*table["from_region"]})
    rtt = table.pivot(index="from_region", columns="to_region", values="rtt_ms")
    ms = rtt.reindex(index=ids, columns=ids).to_numpy(copy=True)
    np.fill_diagonal(ms, 0.0)
    by_way_of = np.nanmin(ms[:, :, np.newaxis] + ms[np.newaxis, :, :], axis=1)
    assert np.nanmax(ms - by_way_of) <= ROUNDING_MS
    assert np.isfinite(ms).sum() > 2000


def test_round_trips_are_as_measured_or_shorter_by_a_detour(world):
    table = world.rtt_ms[world.rtt_ms["providers"] > 0].set_index(["from_region", "to_region"])
    for pair in itertools.permutations(("za-cape-town", "ae-abu-dhabi")):
        row = table.loc[pair]
        assert row["rtt_ms"] == row["rtt_min_ms"] == 121 < row["rtt_max_ms"]
    clouds = table[table["source"] != "wondernetwork-country-2026"]
    assert (clouds["rtt_ms"] <= clouds["rtt_min_ms"] + ROUNDING_MS).all()


def test_the_way_to_reykjavik_is_as_long_as_public_paths(world):
    ms = build_network(world).geography.region_rtt_ms
    at = {region: j for j, region in enumerate(world.regions["id"])}
    iceland = at["is-reykjavik"]
    assert 169 <= ms[at["in-delhi"], iceland] <= 191
    american = [at[r] for r in at if r.startswith("us-") and r != "us-atlanta"]
    assert (ms[american, iceland] >= 107).all()  # the fit had 78 from Ashburn
    assert ms[at["jp-tokyo"], iceland] == pytest.approx(261.5, rel=0.1)  # WonderNetwork, Japan


# Demand


def test_people_count_once(world):
    clients = world.clients
    people, share = (clients[c].astype(float) for c in ("working_age_million", "ai_user_share"))
    users = people * share
    assert_allclose(clients["demand_share"], users / users.sum(), atol=1e-4)
    countries = users.groupby(clients["country_iso2"]).sum() / users.sum()
    assert countries["IN"] == pytest.approx(0.21, abs=0.005)
    assert countries["US"] == pytest.approx(0.085, abs=0.005)


def test_prompts_agree_with_what_openai_said(world):
    clients = world.clients
    share = clients["demand_share_prompts"].astype(float).groupby(clients["country_iso2"]).sum()
    users = clients["internet_users_million"].astype(float) * clients["ai_user_share"].astype(float)
    assert_allclose(clients["demand_share_prompts"].astype(float), users / users.sum(), atol=1e-4)
    assert share["US"] / (1 - share["CN"]) == pytest.approx(330 / 2500, abs=0.01)


def test_capacity_is_shared_as_the_iea_counts_it(world):
    clients = world.clients
    share = clients["demand_share_capacity"].astype(float).groupby(clients["country_iso2"]).sum()
    assert share["US"] == pytest.approx(53.7 / 122.2, abs=0.02)
    assert share["CN"] == pytest.approx(31.9 / 122.2, abs=0.02)


def test_shares_of_every_basis_sum_to_one(world):
    for column in world.clients.filter(regex="^demand_share(_[a-z]+)?$").columns.difference(
        ["demand_share_source"]
    ):
        assert world.clients[column].astype(float).sum() == pytest.approx(1, abs=1e-9)


# Homes and law


@pytest.mark.parametrize(
    ("client", "home"),
    [
        ("pk-karachi", "ae-abu-dhabi"),
        ("bd-dhaka", "sg-singapore"),
        ("gh-accra", "gb-london"),
        ("kz-almaty", "kz-almaty"),
        ("tr-istanbul", "tr-istanbul"),
        ("eg-cairo", "eg-cairo"),
        ("vn-ho-chi-minh-city", "vn-ho-chi-minh-city"),
        ("ke-nairobi", "ke-nairobi"),
        ("co-bogota", "co-bogota"),
        ("ph-manila", "ph-manila"),
        ("ru-moscow", "ru-moscow"),
    ],
)
def test_home_is_where_the_way_is_short(homes, client, home):
    assert homes[client] == home


def test_what_russia_demands_runs_there(world):
    network = build_network(world)
    client = [*world.clients["id"]].index("ru-moscow")
    zones = world.regions["legal_zone"][network.geography.lawful[client]]
    assert {*zones} == {"RU"}


def test_every_decision_has_a_name_a_day_and_a_source_of_its_own(world):
    table = world.legal_transfers
    assert (table["decision"] != "").all()
    days = [date.fromisoformat(day) for day in table["decided"]]
    assert min(days) == date(2000, 7, 26) and max(days) == date(2026, 1, 26)
    for cell in table["source"]:
        assert "estimate-legal-zones" not in keys_in(cell) and keys_in(cell)
    pairs = {*zip(table["from_zone"], table["to_zone"], strict=True)}
    assert {("EU", "BR"), ("BR", "EU"), ("KR", "EU"), ("CH", "CA"), ("CH", "NZ")} <= pairs
    assert {("CH", "IL"), ("CH", "AR"), ("EU", "US"), ("JP", "UK")} <= pairs


def test_adequacy_leaves_nobody_unserved_for_want_of_a_regime(world):
    scenario = world.copy()
    scenario.legal_policy = "adequacy"
    lawful = pd.DataFrame(build_network(scenario).geography.lawful, index=world.clients["id"])
    scenario.legal_policy = "today"
    today = pd.DataFrame(build_network(scenario).geography.lawful, index=world.clients["id"])
    for client in ("in-delhi", "us-new-york", "vn-ho-chi-minh-city", "ae-dubai"):
        assert (lawful.loc[client] == today.loc[client]).all()
    assert lawful.loc["fr-paris"].sum() < today.loc["fr-paris"].sum()
    scenario.legal_policy = "adequacy"
    assert solve(scenario).unserved_mw == pytest.approx(0, abs=1e-6)


# Settings and classes


@pytest.mark.parametrize("name", WITH_RANGES)
def test_every_setting_that_is_a_figure_has_its_source(name):
    content, known = settings_of(name), sources_of(Scenario.load(name))
    figures = {k for k, v in content["parameters"].items() if isinstance(v, (int, float))}
    assert figures - {"hour"} == {*content["sources"]}  # an hour is a choice
    for cell in content["sources"].values():
        assert keys_in(cell) and {*keys_in(cell)} <= {*known}
    for setting, (low, high) in content["ranges"].items():
        assert low <= content["parameters"][setting] <= high and low < high


def test_a_class_starts_within_its_range_and_its_budget(world):
    table = world.workloads_table().set_index("id")
    low, high = (pd.to_numeric(table[f"prefill_ms_{end}"]) for end in ("low", "high"))
    known = low.notna()
    assert [*table.index[known]] == ["A", "B", "C"]
    for bound in (low <= table["prefill_ms"], table["prefill_ms"] <= high):
        assert bound[known].all()
    assert (high < table["latency_budget_ms"])[known].all()


# What the README says


def test_the_readme_tells_how_the_tables_were_made(world, homes):
    text = " ".join(world.documents["README.md"].split())
    rtt, clients = world.rtt_ms, world.clients
    relayed = rtt["source"] == "estimate-rtt-relay"
    measured = rtt[~relayed]
    public = measured["source"] == "wondernetwork-country-2026"
    iceland = measured[public].query("to_region == 'is-reykjavik'")
    india = iceland.set_index("from_region").loc["in-delhi"]
    capacity = clients.groupby("country_iso2")["demand_share_capacity"].sum()
    prompts = clients.groupby("country_iso2")["demand_share_prompts"].sum()
    people = clients.groupby("country_iso2")["demand_share"].sum()
    table = world.workloads_table().set_index("id")
    pinned = world.state_local_scale * (table["share_of_demand"] * table["state_local_share"]).sum()
    delhi = clients.set_index("id").at["in-delhi", "demand_share"]
    room = world.regions.set_index("id").at["in-delhi", "capacity_mw"]
    low, high = settings_of("world-2025")["ranges"]["hardware_usd_per_mwh"]
    b, c = table.loc["B"], table.loc["C"]
    for claim in (
        f"{len(measured):,} rest on measurements, {relayed.sum()} on a way through others",
        f"public paths to {len(iceland)} regions (Delhi 184 ms, range {india['rtt_min_ms']:.0f} to "
        f"{india['rtt_max_ms']:.0f})",
        f"India's share would be {100 * prompts['IN']:.0f} instead of {100 * people['IN']:.0f} percent",
        f"gives the United States {100 * prompts['US'] / (1 - prompts['CN']):.1f} percent",
        f"there, {100 * 330 / 2500:.1f} percent",
        f"{100 * capacity['US']:.0f} percent in the United States",
        f"class A takes {table.at['A', 'prefill_ms']:.0f} ms of its {table.at['A', 'latency_budget_ms']:.0f}",
        f"Class B starts after {b['prefill_ms']:.0f} ms ({float(b['prefill_ms_low']):.0f} to "
        f"{float(b['prefill_ms_high']):,.0f}), C after {c['prefill_ms']:,.0f} "
        f"({float(c['prefill_ms_low']):.0f} to {float(c['prefill_ms_high']):,.0f})",
        f"Hardware costs {world.hardware_usd_per_mwh:,.0f} USD per MWh of IT load ({low} to {high:,})",
        f"scaled by {world.state_local_scale:g}",
        f"{pinned * delhi * world.total_demand_mw:.0f} of its {room:.0f} MW",
    ):
        assert claim in text, claim
    assert solve(world).cost_usd_per_h / world.total_demand_mw < world.hardware_usd_per_mwh / 10


def test_delhi_alone_has_more_than_fits_and_only_in_its_evening(world):
    text = " ".join(world.documents["README.md"].split())
    unserved = {}
    for hour in range(24):
        scenario = world.copy()
        scenario.hour = hour
        placement = solve(scenario)
        if placement.unserved_mw > 1e-6:
            assert {*placement.unserved["client"]} == {"in-delhi"}
            unserved[hour] = placement.unserved_mw
    assert [*unserved] == [*range(min(unserved), max(unserved) + 1)]
    assert (
        f"From {min(unserved)} to {max(unserved)} UTC up to {max(unserved.values()):.0f} MW go unserved"
        in text
    )
