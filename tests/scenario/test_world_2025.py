"""
The figures of world-2025: spot checks against what the sources say, whether every figure names
its source, and the claims of the README.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from explorer import Placement, Scenario, solve
from explorer.measures.headlines import forced_and_chosen
from explorer.measures.whole_day import whole_day
from explorer.packaged_data import SCENARIOS
from explorer.scenario.provenance import Provenance, coverage, keys_in
from explorer.scenario.schema import TABLES

WORLD = Scenario.load("world-2025")
REGIONS = WORLD.regions.set_index("id")
PRICE, FIXED = "electricity_price_usd_per_mwh", "fixed_usd_per_mwh"
COMBINED = "carbon_combined_margin_g_per_kwh"
RANGED = [column.removesuffix("_low") for column in REGIONS if column.endswith("_low")]
EUROPE = ["ie", "nl", "be", "de", "fr", "es", "it", "pl", "se", "no", "fi"]
EUR = 1.082  # USD, 2024
CHECKOUT = Path(__file__).resolve().parents[2]


def numbers(column: str, rows: pd.DataFrame = REGIONS) -> pd.Series:
    """A column as numbers, NaN where blank."""
    return pd.to_numeric(rows[column])


@pytest.mark.parametrize(
    ("region", "usd_per_mwh"),
    [  # Eurostat: EUR/kWh of both halves of 2024
        ("ie-dublin", 500 * EUR * (0.2051 + 0.2086)),
        ("de-frankfurt", 500 * EUR * (0.1482 + 0.1509)),
        ("nl-amsterdam", 500 * EUR * (0.1242 + 0.1276)),
        ("be-saint-ghislain", 500 * EUR * (0.1097 + 0.1144)),
        ("fr-paris", 500 * EUR * (0.1083 + 0.1004)),
        ("es-madrid", 500 * EUR * (0.0905 + 0.1064)),
        ("it-milan", 500 * EUR * (0.1347 + 0.1499)),
        ("pl-warsaw", 500 * EUR * (0.0992 + 0.1127)),
        ("se-stockholm", 500 * EUR * (0.0720 + 0.0593)),
        ("no-oslo", 500 * EUR * (0.0579 + 0.0435)),
        ("fi-hamina", 500 * EUR * (0.0757 + 0.0516)),
        ("gb-london", 10 * (22.32 - 0.775) * 1.278),
        ("ch-zurich", 160),
        ("jp-tokyo", 135),
        ("jp-osaka", 135),
        ("br-sao-paulo", 63),
        ("cl-santiago", 130),
        ("nz-auckland", 95),
        ("us-quincy", 33 + 6030 / (0.9 * 8760 / 12)),
        ("us-ashburn", 89.9),
        ("us-dallas", 61.2),
    ],
)
def test_prices_are_those_of_their_sources(region, usd_per_mwh):
    assert REGIONS.at[region, PRICE] == pytest.approx(usd_per_mwh, abs=0.06)


def test_no_price_in_europe_rests_on_a_spot_market():
    european = REGIONS[REGIONS["continent"] == "Europe"]
    assert {*european["price_basis"]} == {
        "delivered_industrial",
        "contract_estimate",
        "administered_tariff",
    }
    named = {key for cell in european["price_source"] for key in keys_in(cell)}
    assert not {key for key in named if key.startswith(("ember", "sustaincluster", "entsoe"))}
    eurostat = european["price_source"].str.contains("eurostat-nrg-pc-205")
    assert {*european.index[eurostat].str[:2]} == {*EUROPE}


def test_where_public_prices_conflict_the_range_is_kept():
    low, high = numbers(f"{PRICE}_low"), numbers(f"{PRICE}_high")
    assert (low["tw-changhua"], high["tw-changhua"]) == (97, 133.6)
    for region in ("za-johannesburg", "za-cape-town"):
        assert (low[region], high[region]) == (40, 95)
    assert (high[["ae-abu-dhabi", "qa-doha", "sa-dammam"]] == [95, 100, 100]).all()
    assert (low["us-san-jose"], high["us-san-jose"]) == (123, 180)


@pytest.mark.parametrize("column", RANGED)
def test_a_range_has_two_ends_around_its_figure(column):
    value = numbers(column)
    low, high = numbers(f"{column}_low"), numbers(f"{column}_high")
    assert (low.isna() == high.isna()).all()
    known = low.notna()
    assert known.any() and (low <= value)[known].all() and (value <= high)[known].all()
    assert (low < high)[known].all()


def test_ranges_stand_where_the_readme_says():
    assert {*RANGED} == {
        PRICE,
        COMBINED,
        "carbon_average_g_per_kwh",
        "pue",
        "wue_l_per_kwh",
        "capacity_mw",
    }
    others = REGIONS[["carbon_operating_margin_g_per_kwh", "carbon_average_g_per_kwh"]]
    signals = others.assign(combined=REGIONS[COMBINED])
    differ = signals.nunique(axis=1) > 1
    assert (numbers(f"{COMBINED}_low")[differ] == signals.min(axis=1)[differ]).all()
    assert (numbers(f"{COMBINED}_high")[differ] == signals.max(axis=1)[differ]).all()


def test_the_fixed_part_and_the_wholesale_price_make_the_delivered_one():
    profiles = WORLD.profiles
    annual = profiles[profiles["season"] == "annual"].dropna(subset="price_relative")
    wholesale = annual.groupby("region_id")["price_usd_per_mwh"].mean()
    fixed = numbers(FIXED).dropna()
    assert {*fixed.index} == {*wholesale.index}
    assert (fixed >= 0).all() and (fixed < REGIONS.loc[fixed.index, PRICE]).all()
    tariff = ["za-johannesburg", "za-cape-town"]
    assert (fixed[tariff] == 0).all()
    difference = (REGIONS[PRICE] - wholesale).drop(["cl-santiago", *tariff]).dropna()
    assert np.abs(fixed[difference.index] - difference).max() < 0.11
    share = (fixed / REGIONS[PRICE])[difference.index]
    assert len(share) == 23
    assert wholesale["cl-santiago"] > REGIONS.at["cl-santiago", PRICE]
    assert fixed["cl-santiago"] / 130 == pytest.approx(share.median(), abs=0.01)


@pytest.mark.parametrize(
    ("region", "ratio", "hour_utc"),
    [("us-dallas", 2.96, 0), ("au-sydney", 3.31, 8), ("us-ashburn", 1.72, 22)],
)
def test_peaks_are_not_smoothed(region, ratio, hour_utc):
    day = annual_day(region)
    assert (day.max(), day.idxmax()) == (pytest.approx(ratio, abs=0.005), hour_utc)


def annual_day(region: str) -> pd.Series:
    """The annual price ratios of a region by UTC hour."""
    rows = WORLD.profiles.query("season == 'annual' and region_id == @region")
    return rows.set_index("hour_utc")["price_relative"]


@pytest.mark.parametrize(
    "region",
    ["us-san-jose", "au-sydney", "au-melbourne", "es-madrid", "jp-tokyo", "de-frankfurt"],
)
def test_prices_are_least_at_solar_noon_and_so_hours_are_utc(region):
    noon_utc = (12 - REGIONS.at[region, "longitude"] / 15) % 24
    least = annual_day(region).idxmin() + 0.5
    assert min((least - noon_utc) % 24, (noon_utc - least) % 24) <= 1.5


def test_the_evening_peak_in_london_is_at_five():
    winter = WORLD.profiles.query("season == 'winter' and region_id == 'gb-london'")
    assert winter.set_index("hour_utc")["price_relative"].idxmax() == 17


def test_seasons_are_local():
    prices = WORLD.profiles.query("region_id == 'au-melbourne'")
    assert prices.groupby("season")["price_usd_per_mwh"].mean().idxmax() == "winter"


@pytest.mark.parametrize("column", ["price", "carbon"])
def test_ratios_are_to_the_annual_mean(column):
    annual = WORLD.profiles.query("season == 'annual'").dropna(subset=f"{column}_relative")
    means = annual.groupby("region_id")[f"{column}_relative"].mean()
    assert np.abs(means - 1).max() < 0.001


@pytest.mark.parametrize(
    ("country", "combined", "operating"),
    [
        ("US", 246, 416),
        ("CN", 485, 899),
        ("SE", 25, 68),
        ("BR", 150, 284),
        ("IN", 608, 951),
        ("HK", 485, 899),
        ("PL", 532, 828),
        ("KE", 274, 574),
        ("RU", 360, 476),
    ],
)
def test_margins_are_those_of_the_unfccc(country, combined, operating):
    rows = REGIONS[REGIONS["country_iso2"] == country]
    assert len(rows) and (rows[COMBINED] == combined).all()
    assert (rows["carbon_operating_margin_g_per_kwh"] == operating).all()
    assert {*rows["carbon_combined_margin_source"]} == {"unfccc-ifi-2021"}


def test_the_signal_that_counts_may_be_shipped():
    assert WORLD.carbon_signal == "combined margin"
    assert "carbon_marginal_g_per_kwh" not in REGIONS
    assert not WORLD.sources["key"].str.contains("watttime").any()


@pytest.mark.parametrize(
    ("region", "life_cycle"), [("pl-warsaw", 581), ("in-mumbai", 657), ("in-hyderabad", 534)]
)
def test_average_carbon_lies_below_the_life_cycle_value_of_its_year(region, life_cycle):
    found = REGIONS.at[region, "carbon_average_g_per_kwh"]
    assert found == pytest.approx(0.934 * life_cycle - 33.1, abs=0.06)
    assert found < life_cycle < numbers("carbon_average_g_per_kwh_high")[region] + 50


def test_capacity_adds_up_and_is_all_estimated():
    capacity = numbers("capacity_mw")
    assert capacity.sum() == 4990
    named = coverage(WORLD).set_index(["table", "column"]).loc[("regions", "capacity_mw")]
    assert named["estimate"] == len(REGIONS) == 73
    for country, times in (("US", 3.2), ("CN", 7.8)):
        rows = REGIONS["country_iso2"] == country
        high = numbers("capacity_mw_high")[rows].sum()
        assert high / capacity[rows].sum() == pytest.approx(times, abs=0.05)


def test_a_published_pue_ranges_to_the_average_of_the_trade():
    published = REGIONS["pue_source"].isin(["published-pue-mean", "azure-design-pue"])
    assert published.sum() == 37
    assert (numbers("pue_low")[published] == REGIONS["pue"][published]).all()
    assert (numbers("pue_high")[published] == 1.56).all()


def test_water_is_published_for_thirty_regions():
    published = ~REGIONS["wue_source"].str.contains("estimate-wue")
    assert published.sum() == 30 and REGIONS["wue_l_per_kwh"].notna().all()
    for region, litres in (("us-phoenix", 2.24), ("in-hyderabad", 0), ("sg-singapore", 1.87)):
        assert REGIONS.at[region, "wue_l_per_kwh"] == litres and published[region]


NEW = [
    "co-bogota",
    "pe-lima",
    "ar-buenos-aires",
    "tr-istanbul",
    "ru-moscow",
    "bh-manama",
    "eg-cairo",
    "ma-casablanca",
    "ng-lagos",
    "ke-nairobi",
    "kz-almaty",
    "vn-ho-chi-minh-city",
    "ph-manila",
]


def test_the_regions_that_homes_lacked_are_there_and_small():
    rows = REGIONS.loc[NEW]
    assert rows["legal_zone"].is_unique and {*rows["legal_zone"]} <= {
        *WORLD.legal_zones["legal_zone"]
    }
    assert numbers("capacity_mw", rows).between(3, 39).all()
    clients = WORLD.clients.set_index("id")
    for region in {*NEW} & {*clients.index}:
        assert clients.at[region, "legal_zone"] == rows.at[region, "legal_zone"]


def test_every_figure_names_sources_that_there_are():
    provenance = Provenance(WORLD)
    assert (coverage(WORLD)["unsourced"] == 0).all()
    cells = [*REGIONS.filter(regex="_source$").stack()]
    named = {key for cell in cells for key in keys_in(cell)}
    assert len(named) > 40 and named <= {*provenance.sources}


def test_every_source_is_cited():
    """By a figure, a setting, or the note of a source that is made of it."""
    tables = [WORLD.workloads_table(), *(getattr(WORLD, name, None) for name in TABLES)]
    cells = [
        cell
        for table in tables
        if isinstance(table, pd.DataFrame) and table is not WORLD.sources
        for cell in table.filter(regex="source$").stack()
    ]
    settings = tomllib.loads((SCENARIOS / "world-2025" / "scenario.toml").read_text("utf-8"))
    cells += [*settings["sources"].values(), settings["euro"]["source"]]
    named = {key for cell in cells for key in keys_in(cell)}
    named |= {word for note in WORLD.sources["note"] for word in re.findall(r"[\w-]+", note)}
    assert [key for key in WORLD.sources["key"] if key not in named] == []


# What the README says.


def says(*sentences: str) -> bool:
    """Whether the README has all these sentences, wherever its lines break."""
    text = " ".join(WORLD.documents["README.md"].split())
    return all(sentence in text for sentence in sentences)


def test_the_readme_counts_what_there_is():
    quality = coverage(WORLD).set_index(["table", "column"])["estimate"]
    profiles = WORLD.profiles.query("season == 'annual'").groupby("region_id")
    hourly = (profiles[["price_relative", "carbon_relative"]].count() > 0).sum()
    signals = ["combined_margin", "operating_margin", "average"]
    sweden = [REGIONS.at["se-stockholm", f"carbon_{name}_g_per_kwh"] for name in signals]
    assert says(
        f"{len(REGIONS)} compute regions, {len(WORLD.clients)} metros",
        f"for the {numbers(FIXED).count()} regions with hourly prices",
        f"All capacities, {quality['regions', 'pue']} of the {len(REGIONS)} PUE values, "
        f"{quality['regions', 'wue_l_per_kwh']} of the water values and {quality['regions', PRICE]} of the prices",
        f"{hourly['price_relative']} regions have a price profile and {hourly['carbon_relative']} one for carbon",
        "Sweden has {:g} by the combined and {:g} by the operating margin, {:g} on average".format(
            *sweden
        ),
        f"All {len(REGIONS)} are estimates",
        f"{(~REGIONS['wue_source'].str.contains('estimate')).sum()} of the places",
        f"it is {numbers(FIXED)['cl-santiago'] / REGIONS.at['cl-santiago', PRICE]:.2f} of the price",
    )


@cache
def placed(**settings) -> Placement:
    """The optimum of the world with other settings."""
    scenario = WORLD.copy()
    scenario.param.update(**settings)
    return solve(scenario)


def change(after: float, before: float) -> str:
    return f"{100 * (after / before - 1):.1f} %"


def test_the_readme_says_what_the_world_comes_to():
    found = placed()
    before, day = found.baseline, whole_day(WORLD).sum()
    hours = 1 - day["objective_usd_per_h"] / day["by_means_usd_per_h"]
    away = [100 * x.relocated_mw / x.served_mw for x in (before, found)]
    row = (
        f"| **now** | {before.cost_usd_per_h:,.0f} to {found.cost_usd_per_h:,.0f} "
        f"| {change(found.cost_usd_per_h, before.cost_usd_per_h)} "
        f"| {change(found.carbon_kg_per_h, before.carbon_kg_per_h)} "
        f"| {away[0]:.0f} to {away[1]:.0f} | {100 * hours:.1f} % |"
    )
    assert says(row)
    assert 1 / 3 - 0.02 < before.relocated_mw / before.served_mw < 1 / 3 + 0.02


def test_each_change_of_the_figures_has_a_reason_and_agrees_with_itself():
    text = str(WORLD.documents["README.md"])
    table = text[text.index("| change | cost") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) == 12
    for line in table:
        name, cost, saving, *_, why = (cell.strip() for cell in line.split("|")[1:-1])
        before, after = (float(each.replace(",", "")) for each in cost.split(" to "))
        assert change(after, before) == saving, name
        assert name.strip("*") in ("before", "now") or len(why) > 10


def test_the_page_of_the_project_says_what_the_world_comes_to():
    text = " ".join((CHECKOUT / "README.md").read_text("utf-8").split())
    found = placed()
    before = found.baseline
    served, saved = found.served_mw, before.cost_usd_per_h - found.cost_usd_per_h
    serving = before.cost_usd_per_h + WORLD.hardware_usd_per_mwh * served
    split = forced_and_chosen(found)
    forced, chosen = (
        100 * mw / served for mw in (split.relocated_forced_mw, split.relocated_chosen_mw)
    )
    other = REGIONS[[f"carbon_{name}_g_per_kwh" for name in ("operating_margin", "average")]]
    signals = other.assign(combined=REGIONS[COMBINED]).to_numpy(float)
    twofold = (signals.max(axis=1) > 2 * signals.min(axis=1)).sum()
    unserved = placed(legal_policy="same zone").unserved_mw
    assert unserved / WORLD.total_demand_mw == pytest.approx(1 / 4, abs=0.03)
    for claim in (
        f"{forced:.0f} % of the load find no room at home; another {chosen:.0f} % move by choice",
        f"the electricity bill is {100 * saved / before.cost_usd_per_h:.0f} % smaller",
        f"That is {100 * saved / serving:.1f} % of what serving costs",
        f"For {twofold} of the {len(REGIONS)} regions they differ more than twofold",
        f"| `world-2025` | {len(REGIONS)} compute regions, {len(WORLD.clients)} client metros",
    ):
        assert claim in text, claim
    model = (CHECKOUT / "docs" / "model.md").read_text("utf-8")
    assert f"differ more than twofold for {twofold} of its {len(REGIONS)} regions" in model


@pytest.mark.parametrize(("budget_ms", "all_served"), [(210, True), (200, False)])
def test_below_about_210_ms_some_load_is_too_far(budget_ms, all_served):
    scenario = WORLD.copy()
    scenario.workloads["A"].latency_budget_ms = budget_ms
    assert (solve(scenario).unserved_mw < 1e-6) == all_served
    for page in (CHECKOUT / "README.md", CHECKOUT / "docs" / "start.md"):
        assert "Below about 210 ms" in page.read_text("utf-8")
