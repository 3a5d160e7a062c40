"""
The scenarios that come along: they open, are small, are made of what they say, and their READMEs
tell the truth.
"""

import re

import numpy as np
import pandas as pd
import panel as pn
import pytest
from bokeh.document import Document
from numpy.testing import assert_allclose, assert_array_equal

from explorer import Explorer, Placement, Scenario, attribution, frontier, scarcity, solve
from explorer.measures.whole_day import whole_day, whole_day_regions
from explorer.model.network import build_network
from explorer.packaged_data import SCENARIOS
from explorer.scenario.scenario import check
from explorer.scenario.schema import TABLES

SUBSETS = ("europe-sovereignty", "follow-the-sun", "media-heavy")  # of world-2025
NAMES = ("stylized-12", *SUBSETS)
MOST_BYTES = 200_000  # a third of it names sources
BASES = ("demand_share", "demand_share_prompts", "demand_share_capacity")
# what a subset may say otherwise; a home may be a region that it leaves out
CHANGED = {"legal_zone", "share_of_demand", "service", "service_source", *BASES}


@pytest.fixture(scope="module")
def world() -> Scenario:
    return Scenario.load("world-2025")


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_sound_small_and_serves_all_demand(name):
    assert check(name) == []
    assert sum(file.stat().st_size for file in (SCENARIOS / name).iterdir()) < MOST_BYTES
    scenario = Scenario.load(name)
    placement = solve(scenario)
    assert placement.unserved_mw == 0 and placement.baseline.unserved_mw == 0
    if name == "europe-sovereignty":  # opens with data that stay where they are
        assert placement.objective_usd_per_h == pytest.approx(
            placement.baseline.objective_usd_per_h
        )
        scenario.legal_policy = "adequacy"
        placement = solve(scenario)
        assert placement.unserved_mw == 0
    assert placement.objective_usd_per_h < placement.baseline.objective_usd_per_h
    table = frontier(scenario).table
    assert (
        np.diff(table["cost_usd_per_h"] + 0.05 * table["carbon_kg_per_h"]) < 0
    ).all()  # all have 50 USD/t


@pytest.mark.parametrize("name", NAMES)
def test_the_app_opens_it(name):
    app, document = Explorer(Scenario.load(name)), Document()
    document.add_root(pn.panel(app).get_root(document))
    assert app.session.error is None and app.session.frontier is not None


@pytest.mark.parametrize("name", NAMES)
def test_every_source_is_one_that_something_refers_to(name, world):
    scenario = Scenario.load(name)
    keys = set(scenario.sources["key"])
    assert len(keys) == len(scenario.sources)
    files = [file for file in (SCENARIOS / name).iterdir() if file.suffix in (".csv", ".toml")]
    named = " ".join(file.read_text(encoding="utf-8") for file in files)
    assert [key for key in keys if named.count(key) < 2] == []  # none that nothing refers to
    notes = {word for note in scenario.sources["note"] for word in re.findall(r"[\w-]+", note)}
    assert notes & {*world.sources["key"]} <= keys


@pytest.mark.parametrize("name", SUBSETS)
@pytest.mark.parametrize(
    "table", ["regions", "clients", "rtt_ms", "profiles", "demand_profiles", "legal_zones"]
)
def test_real_figures_are_those_of_the_world(name, table, world):
    part, whole = getattr(Scenario.load(name), table), getattr(world, table)
    if part is None or (name, table) == ("europe-sovereignty", "legal_zones"):
        return
    key = [*TABLES[table].key]
    same = [column for column in part if column in whole and column not in CHANGED - {*key}]
    assert {*same} > {*key}
    found = part[key].merge(whole, on=key, how="left")
    pd.testing.assert_frame_equal(part[same], found[same], check_exact=True)


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("name", SUBSETS)
def test_demand_is_shared_as_in_the_world(name, basis, world):
    clients = Scenario.load(name).clients
    shares, there = (
        table[basis].astype(float).to_numpy()
        for table in (clients, world.clients.set_index("id").loc[clients["id"]])
    )
    assert shares.sum() == pytest.approx(1)
    assert_allclose(shares, there / there.sum(), atol=5e-5)


@pytest.mark.parametrize("name", SUBSETS)
def test_settings_cost_what_they_cost_in_the_world(name, world):
    scenario = Scenario.load(name)
    columns = [
        "electricity_price_usd_per_mwh",
        "fixed_usd_per_mwh",
        "carbon_combined_margin_g_per_kwh",
    ]
    there = world.regions.set_index("id").loc[scenario.regions["id"], columns]
    assert_array_equal(scenario.regions[columns], there)
    assert scenario.hardware_usd_per_mwh == world.hardware_usd_per_mwh
    assert scenario.carbon_signal == world.carbon_signal == "combined margin"


def test_hourly_figures_cover_every_region_and_season_under_their_own_licence():
    scenario = Scenario.load("follow-the-sun")
    profiles = scenario.profiles
    assert len(profiles) == len(scenario.regions) * 5 * 24 and {*profiles["region_id"]} == {
        *scenario.regions["id"]
    }
    assert profiles[["price_relative", "carbon_relative"]].notna().all(axis=None)
    notice = scenario.documents["profiles_24h.NOTICE.md"]
    assert "Open Database License" in notice and "© Electricity Maps" in notice


def test_the_stylised_places_are_those_of_the_world_rounded(world):
    regions = Scenario.load("stylized-12").regions
    real = world.regions.set_index("id").loc[regions["after"]].reset_index()
    rounded = {
        "latitude": 5,
        "longitude": 5,
        "carbon_operating_margin_g_per_kwh": 50,
        "pue": 0.05,
    }
    chosen = {
        "electricity_price_usd_per_mwh": 5,
        "carbon_average_g_per_kwh": 10,
        "carbon_marginal_g_per_kwh": 50,
    }
    for column, step in rounded.items():
        assert (np.abs(regions[column] - real[column]) <= step / 2 + 1e-9).all(), column
    for column, step in {**rounded, **chosen}.items():
        assert_allclose(regions[column] / step, (regions[column] / step).round(), atol=1e-9)


def test_in_europe_what_held_for_the_union_holds_for_its_countries(world):
    scenario = Scenario.load("europe-sovereignty")
    scenario.legal_policy = "adequacy"
    network = build_network(scenario)
    found = world.copy()
    found.legal_policy = "adequacy"
    lawful = build_network(found).geography.lawful
    clients, regions = ([*table["id"]] for table in (world.clients, world.regions))
    for i, client in enumerate(network.clients):
        for j, region in enumerate(network.regions):
            there = lawful[clients.index(client), regions.index(region)]
            assert network.geography.lawful[i, j] == there


def test_the_egress_price_is_the_mean_of_list_prices_where_demand_is():
    scenario = Scenario.load("media-heavy")
    network = build_network(scenario)
    price = scenario.regions["egress_list_usd_per_gb"].astype(float).to_numpy()
    demand_mw = network.demand_mw.sum(axis=1)
    assert scenario.egress_usd_per_gb == round(price[network.home] @ demand_mw / demand_mw.sum(), 4)


# What the READMEs say. Each sentence with a figure is made anew from results; nothing with a digit
# may be left over.


def check_what_to_see(scenario: Scenario, *sentences: str) -> None:
    section = scenario.documents["README.md"].split("## What to see")[1].split("##")[0]
    left = " ".join(re.sub(r"^\d\. ", "", section, flags=re.MULTILINE).split())
    for sentence in sentences:
        assert sentence in left
        left = left.replace(sentence, "")
    assert re.findall(r"[^.]*\d[^.]*", left) == []


def away_mw(placement: Placement, workload: str) -> float:
    layers = placement.layers
    return layers[(layers["workload"] == workload) & (layers["layer"] != "local")]["it_mw"].sum()


def share(placement: Placement, workload: str, *layers: str) -> float:
    table = placement.layers[placement.layers["workload"] == workload].set_index("layer")["it_mw"]
    percent = 100 * table[[*layers]].sum() / table.sum()
    return round(percent, 6) + 1e-6  # a half is rounded up, whatever its last digit


def held(scenario: Scenario) -> dict[str, float]:
    """Shapley shares in percent."""
    table = attribution(scenario)
    return dict(zip(table["constraint"], 100 * table["share"], strict=True))


def test_stylized_12_reads_as_it_is():
    s = Scenario.load("stylized-12")
    p = solve(s)
    far = {k: share(p, k, "energy-oriented") for k in "ABCD"}
    saved = p.baseline.objective_usd_per_h - p.objective_usd_per_h
    budgets, h = {}, held(s)
    for budget_ms in (216, 300, 301, 400):
        s.workloads["A"].latency_budget_ms = budget_ms
        pairs = (build_network(s).within_budget[:, :, 0].sum() - len(s.clients)) // 2
        budgets[budget_ms] = pairs, solve(s).objective_usd_per_h
    s.workloads["A"].latency_budget_ms = 300
    s.egress_usd_per_gb = 0
    no_egress = p.objective_usd_per_h - solve(s).objective_usd_per_h
    s.egress_usd_per_gb = 0.05
    policies = {}
    for policy in ("open", "adequacy", "same zone"):
        s.legal_policy = policy
        policies[policy] = solve(s).objective_usd_per_h
    s.legal_policy, s.carbon_signal = "today", "operating margin"
    q = solve(s)
    assert_allclose(q.it_mw, p.it_mw)
    ids = [*s.regions["id"]]
    lapland_ms = build_network(s).latency_ms[ids.index("london"), ids.index("lapland"), 0]
    assert budgets[216][0] == 0
    steps = scarcity(Scenario.load("stylized-12"))
    told = steps.attrs
    moved_mw = steps.set_index("placement")["relocated_mw"]["knowing the steps"]
    check_what_to_see(
        s,
        f"Of {s.total_demand_mw:.0f} MW, {p.relocated_mw:.1f} run away from home.",
        f"energy-oriented, beyond {s.regional_radius_km:,.0f} km, run {far['A']:.0f} % of A, {far['B']:.0f} % of B, "
        f"{far['C']:.0f} % of C and {far['D']:.0f} % of D. Of A, {share(p, 'A', 'regional'):.0f} % run regionally. "
        f"Against the baseline that saves {saved:,.0f} USD/h, carbon at its price.",
        f"At 216 ms nothing of A can leave, and the objective is {budgets[216][1]:,.0f} USD/h; "
        f"at 300 ms {budgets[300][0]} pairs of regions are open and it is {budgets[300][1]:,.0f}; "
        f"at 301 ms {budgets[301][0]} are, London and Lapland at {lapland_ms:.2f} ms among them, "
        f"and it is {budgets[301][1]:,.0f}; at 400 ms {budgets[400][0]} are, and it is {budgets[400][1]:,.0f}.",
        f"Capacity holds back {h['capacity']:.0f} %, latency {h['latency']:.0f} %, "
        f"state locality {h['state locality']:.0f} %, law {h['law']:.0f} %, "
        f"friction {h['friction']:.0f} % and egress {h['egress']:.0f} % of what could be saved besides.",
        f"Egress for nothing lowers the objective by {no_egress:,.0f} USD/h.",
        f"The objective falls to {policies['open']:,.0f} USD/h when all is open, for China's demand may leave; "
        f"it rises to {policies['adequacy']:,.0f} under adequacy and to {policies['same zone']:,.0f} where",
        f"its emissions, {p.carbon_kg_per_h:,.0f} kg/h by the plant that responds, become {q.carbon_kg_per_h:,.0f}.",
        f"Of the {told['stated_saving_usd_per_h']:,.0f} USD/h that are saved at stated prices, "
        f"{100 * told['survives_share']:.0f} % are left where cheap regions get dearer with the load that comes. "
        f"Who knows that moves {moved_mw:.0f} MW instead of {p.relocated_mw:.1f}, "
        f"and keeps {100 * told['known_share']:.0f} %.",
    )


def test_the_first_block_of_a_region_is_what_it_says_of_itself():
    scenario = Scenario.load("stylized-12")
    regions = scenario.regions.set_index("id")
    blocks = scenario.supply
    first = blocks[blocks["block"] == 1].set_index("region")
    cheap = regions[regions["electricity_price_usd_per_mwh"] <= 60]
    assert {*first.index} == {*cheap.index}
    for column, of_region in (
        ("price_usd_per_mwh", "electricity_price_usd_per_mwh"),
        ("carbon_g_per_kwh", "carbon_marginal_g_per_kwh"),
    ):
        assert_allclose(first[column], regions.loc[first.index, of_region])
    drawn_mw = (cheap["pue"] * cheap["capacity_mw"]).to_dict()
    all_mw = blocks.groupby("region")["block_mw"].sum()
    assert all(abs(all_mw[region] - drawn_mw[region]) <= 7.5 for region in cheap.index)


def test_europe_sovereignty_reads_as_it_is():
    s = Scenario.load("europe-sovereignty")
    p, h = solve(s), held(s)
    assert p.objective_usd_per_h == pytest.approx(p.baseline.objective_usd_per_h)
    s.latency_relaxation_ms = 500
    relaxed = solve(s)
    s.latency_relaxation_ms, s.legal_policy = 0, "adequacy"
    q, g = solve(s), held(s)
    s.legal_policy = "open"
    o = solve(s)
    at, there = (dict(zip(x.regions["region"], x.regions["it_mw"], strict=True)) for x in (q, o))
    full = q.regions.set_index("region")["utilisation"]
    for region in ("ca-montreal", "no-oslo", "se-lulea", "is-reykjavik"):
        assert full[region] == pytest.approx(1)
    assert g["law"] == pytest.approx(0) and at["br-sao-paulo"] == there["br-sao-paulo"] == 0
    falls, cleaner = (
        100 * (1 - ratio)
        for ratio in (
            q.objective_usd_per_h / p.objective_usd_per_h,
            q.carbon_kg_per_h / p.carbon_kg_per_h,
        )
    )
    transfers = s.legal_transfers
    brazil = transfers.loc[transfers["to_zone"] == "BR", "decided"].unique()
    assert len(brazil) == 1
    check_what_to_see(
        s,
        f"{p.relocated_mw:.0f} of {p.served_mw:.0f} MW leave home: no country has a cheaper region within. "
        f"The objective is {p.objective_usd_per_h:,.0f} USD/h, that of the baseline.",
        f"Nothing changes: {relaxed.objective_usd_per_h:,.0f} USD/h.",
        f"Law holds back {h['law']:.0f} % of what could be saved, state locality {h['state locality']:.0f} %, "
        f"capacity {h['capacity']:.0f} %, egress {h['egress']:.0f} % and friction {h['friction']:.0f} %.",
        f"{q.relocated_mw:.1f} MW leave home. The objective falls by {falls:.0f} % to "
        f"{q.objective_usd_per_h:,.0f} USD/h, and emissions by {cleaner:.0f} % to {q.carbon_kg_per_h:,.0f} kg/h:",
        f"{at['ca-montreal']:.1f} MW fill Montreal, {at['no-oslo']:.1f} MW Oslo, {at['se-lulea']:.1f} MW Luleå and "
        f"{at['is-reykjavik']:.1f} MW Reykjavik, and {at['us-dallas']:.1f} MW go to Dallas.",
        f"Now law holds back nothing, state locality {g['state locality']:.0f} % and capacity {g['capacity']:.0f} %.",
        f"Nothing changes any more: {o.objective_usd_per_h:,.0f} USD/h.",
        f"Brazil has been adequate since {pd.Timestamp(brazil[0]):%B %Y}",
    )
    assert o.objective_usd_per_h == pytest.approx(q.objective_usd_per_h)
    sweden = s.regions.set_index("id").loc["se-lulea"]
    text = " ".join(s.documents["README.md"].split())
    assert (
        f"Sweden has {sweden['carbon_combined_margin_g_per_kwh']:.0f} g/kWh by the combined margin and "
        f"{sweden['carbon_operating_margin_g_per_kwh']:.0f} by the operating margin" in text
    )


def test_media_heavy_reads_as_it_is():
    s = Scenario.load("media-heavy")
    p, h = solve(s), held(s)
    gb = dict(zip(s.workloads, build_network(s).gb_per_mwh, strict=True))
    moves = {k: share(p, k, "regional", "energy-oriented") for k in s.workloads}
    assert h["law"] == 0
    changed = {}
    for name, setting, value in (
        ("cheap", "egress_usd_per_gb", 0.02),
        ("free", "egress_usd_per_gb", 0.0),
        ("no state", "state_local_scale", 0.0),
        ("relaxed", "latency_relaxation_ms", 500),
    ):
        before = getattr(s, setting)
        setattr(s, setting, value)
        changed[name] = solve(s)
        setattr(s, setting, before)
    cheap, free, loose, relaxed = changed.values()
    assert relaxed.objective_usd_per_h == pytest.approx(p.objective_usd_per_h)
    frugal = s.copy()
    frugal.workloads["video"].energy_wh_per_request = 0.14
    assert away_mw(solve(frugal), "video") == 0
    gains = {k: away_mw(loose, k) - away_mw(p, k) for k in s.workloads}
    assert max(gains, key=gains.__getitem__) == "voice"
    check_what_to_see(
        s,
        f"{p.relocated_mw:.1f} of {p.served_mw:.0f} MW run away from home.",
        f"{moves['video']:.0f} % of *Video from text* ({gb['video']:.0f} GB/MWh), "
        f"{moves['image']:.0f} % of *Image from text* ({gb['image']:.0f} GB/MWh), "
        f"{moves['edit']:.0f} % of *Image edited in a session* ({gb['edit']:,.0f} GB/MWh) and "
        f"{moves['watch']:.0f} % of *Video understood* ({gb['watch']:,.0f} GB/MWh).",
        f"Egress holds back {h['egress']:.0f} % of what could be saved, state locality {h['state locality']:.0f} %, "
        f"capacity {h['capacity']:.0f} %, friction {h['friction']:.0f} %; law nothing.",
        f"At 0.02 USD/GB {cheap.relocated_mw:.1f} MW move, and the objective falls from {p.objective_usd_per_h:,.0f} "
        f"to {cheap.objective_usd_per_h:,.0f} USD/h. Where egress is free it is {free.objective_usd_per_h:,.0f}: "
        f"{free.relocated_mw:.1f} MW move, {away_mw(free, 'watch'):.1f} of them *Video understood*.",
        f"{loose.relocated_mw:.1f} MW move; the objective is {loose.objective_usd_per_h:,.0f} USD/h. Live voice "
        f"gains most: {away_mw(loose, 'voice'):.1f} MW instead of {away_mw(p, 'voice'):.1f}.",
        f"The objective stays at {relaxed.objective_usd_per_h:,.0f} USD/h:",
    )


def test_follow_the_sun_reads_as_it_is():
    s = Scenario.load("follow-the-sun")
    p = solve(s)
    moves = {k: share(p, k, "regional", "energy-oriented") for k in s.workloads}
    gb_per_mwh = build_network(s).gb_per_mwh[[*s.workloads].index("embed")]
    day = whole_day(s).sum()
    load = whole_day_regions(s).pivot(index="hour_utc", columns="region", values="it_mw")
    most = load.idxmax(axis=1)
    assert {*most.loc[[23, 0, 1]]} == {"au-sydney"}
    assert {*most.loc[4:16]} == {"us-columbus", "us-ashburn"}  # from midnight to noon there
    assert {*most.loc[17:22]} == {"us-dallas"}
    capacity = dict(zip(s.regions["id"], s.regions["capacity_mw"], strict=True))
    full = {region: load.loc[12, region] for region in ("us-columbus", "us-dallas", "br-sao-paulo")}
    assert full == pytest.approx({region: capacity[region] for region in full})
    ohio_and_virginia = load[["us-columbus", "us-ashburn"]].sum(axis=1)
    worth = {}
    for season in ("annual", "winter", "summer"):
        s.season = season
        total = whole_day(s).sum()
        worth[season] = 100 * (1 - total["objective_usd_per_h"] / total["by_means_usd_per_h"])
    check_what_to_see(
        s,
        f"At {s.hour} UTC {p.relocated_mw:.1f} of {p.served_mw:.1f} MW run away from home; Ohio is full with "
        f"{full['us-columbus']:.1f} MW, and so are Dallas with {full['us-dallas']:.1f} and São Paulo with "
        f"{full['br-sao-paulo']:.1f}.",
        "Most load runs in Sydney from 23 to 1 UTC, around noon there; in Ohio or Virginia from 4 to 16 UTC, from "
        "midnight to noon there; in Dallas from 17 to 22 UTC.",
        f"{100 * day['relocated_in_daylight_mw'] / day['relocated_mw']:.0f} % of the relocated load runs in daylight",
        f"At 8 UTC Ohio and Virginia run {ohio_and_virginia[8]:.1f} MW, at 20 UTC {ohio_and_virginia[20]:.1f}.",
        f"Batch moves most, {moves['batch']:.0f} % of it, then background agents, {moves['agent']:.0f} %, "
        f"and coding agents, {moves['code']:.0f} %. Of embedding {moves['embed']:.0f} % moves",
        f"a MWh of it is {gb_per_mwh:,.0f} GB to carry.",
        f"Placed anew every hour, a day costs {day['objective_usd_per_h']:,.0f} USD, carbon at its price; placed by "
        f"the day's mean prices and carbon it costs {day['by_means_usd_per_h']:,.0f}, so the hours are worth "
        f"{worth['annual']:.1f} %. In the northern winter they are worth {worth['winter']:.1f} %, in summer "
        f"{worth['summer']:.1f} %.",
    )
