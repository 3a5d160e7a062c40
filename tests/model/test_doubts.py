"""
Warnings of `check`: what can be meant but seldom is, once for each rule, and never for a sound
scenario.
"""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from explorer import ScenarioError
from explorer.model.doubts import doubts
from explorer.packaged_data import SCENARIOS
from explorer.scenario import known
from explorer.scenario.scenario import check

CASES = Path(__file__).parents[1] / "cases"
DAY = range(24)


@pytest.fixture
def folder(tmp_path) -> Path:
    return shutil.copytree(SCENARIOS / "classroom-3x3", tmp_path / "school")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def profile(folder: Path, rows: list[str], columns: str) -> None:
    (folder / "profiles_24h.csv").write_text(
        "\n".join([f"region_id,season,hour_utc,{columns}", *rows]) + "\n"
    )


def places(folder: Path) -> list[tuple[str, int | None, str | None, str | None]]:
    assert check(folder) == []
    return [(doubt.file, doubt.row, doubt.column, doubt.value) for doubt in doubts(folder)]


def test_a_sound_scenario_raises_no_doubt(folder):
    profile(folder, [f"north,annual,{hour},{0.5 + hour % 2}" for hour in DAY], "price_relative")
    (folder / "demand_profile_24h.csv").write_text(
        "profile_id,local_hour,relative_load\n"
        + "".join(f"day,{hour},{0.5 + hour % 2}\n" for hour in DAY)
    )
    assert places(folder) == []


@pytest.mark.parametrize("twin", ["North", "no\u200brth", "\u202enorth", "\uff4eorth"])
def test_ids_that_look_alike_are_doubted(folder, twin):
    path = folder / "regions.csv"
    row = next(line for line in path.read_text().splitlines() if line.startswith("north,"))
    path.write_text(f"{path.read_text()}{row.replace('north', twin, 1)}\n", encoding="utf-8")
    assert places(folder) == [("regions.csv", 5, "id", twin)]


@pytest.mark.parametrize("name", known.names())
def test_the_readme_of_a_sample_explains_each_of_its_warnings(name):
    readme = (SCENARIOS / name / "README.md").read_text(encoding="utf-8")
    explained = readme.partition("## What check says")[2].partition("\n## ")[0]
    for doubt in doubts(name):
        assert doubt.file in explained and str(doubt.column) in explained, str(doubt)


def test_every_client_that_a_warning_is_about_is_in_the_readme_of_the_world():
    readme = (SCENARIOS / "world-2025" / "README.md").read_text(encoding="utf-8")
    clients = pd.read_csv(SCENARIOS / "world-2025" / "clients.csv", keep_default_na=False)
    found = doubts("world-2025")
    assert {doubt.column for doubt in found} == {"service", "legal_zone"}
    for doubt in found:
        rows = [doubt.row, *map(int, re.findall(r"\d+", doubt.what.partition(" in row")[2]))]
        for row in rows:
            assert clients["name"][row - 2] in readme.partition("## What check says")[2]


def test_a_price_per_kwh_is_doubted_even_if_it_is_the_only_one(folder):
    change(folder / "regions.csv", ",land,80,", ",land,0.08,")
    assert places(folder) == [("regions.csv", 3, "electricity_price_usd_per_mwh", "0.08")]


@pytest.mark.parametrize(
    ("price", "doubted"), [("0", False), ("-0.5", False), ("0.99", True), ("1", False)]
)
def test_prices_of_nothing_and_below_are_not_doubted(folder, price, doubted):
    change(folder / "regions.csv", ",land,80,", f",land,{price},")
    assert bool(places(folder)) == doubted


def test_carbon_in_kg_per_kwh_is_doubted_if_all_regions_have_it_so(folder):
    change(folder / "regions.csv", "32,160,160", "32,160,0.16")
    assert places(folder) == []  # one very clean region
    change(folder / "regions.csv", "80,400,400", "80,400,0.4")
    change(folder / "regions.csv", "60,800,800", "60,800,0.8")
    assert places(folder) == [("regions.csv", 4, "carbon_average_g_per_kwh", "0.8")]


def test_a_pue_in_percent_is_doubted(folder):
    change(folder / "regions.csv", "800,800,1.2,", "800,800,120,")
    assert places(folder) == [("regions.csv", 4, "pue", "120")]


def test_a_round_trip_given_one_way_only_is_doubted(folder):
    change(folder / "rtt_ms.csv", "south,north,120,invented\n", "")
    assert places(folder) == [("rtt_ms.csv", 6, "from_region", "north")]
    assert "from south to north" in doubts(folder)[0].what


@pytest.mark.parametrize(("heading", "doubted"), [("hosting_usd_h", True), ("colour", False)])
def test_a_column_spelt_much_like_an_optional_one_is_doubted(folder, heading, doubted):
    file = folder / "regions.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([f"{head},{heading}", *(f"{row},5" for row in rows)]))
    assert places(folder) == ([("regions.csv", 1, heading, None)] if doubted else [])
    if doubted:
        assert "'hosting_usd_per_h'" in doubts(folder)[0].fix


def test_a_fixed_part_above_the_whole_price_is_doubted(folder):
    file = folder / "regions.csv"
    head, north, middle, south = file.read_text(encoding="utf-8").splitlines()
    fixed = [f"{head},fixed_usd_per_mwh", f"{north},32", f"{middle},", f"{south},60.5"]
    file.write_text("\n".join(fixed), encoding="utf-8")
    assert places(folder) == [("regions.csv", 4, "fixed_usd_per_mwh", "60.5")]


def test_prices_that_hold_more_carbon_than_counts_are_doubted(folder):
    """The classroom counts 50 USD/t."""
    file = folder / "regions.csv"
    head, north, middle, south = file.read_text(encoding="utf-8").splitlines()
    held = [f"{head},carbon_in_price_usd_per_t", f"{north},50", f"{middle},", f"{south},80"]
    file.write_text("\n".join(held), encoding="utf-8")
    assert places(folder) == [("regions.csv", 4, "carbon_in_price_usd_per_t", "80")]


def test_prices_above_the_penalty_are_doubted():
    (doubt,) = doubts(CASES / "prices-above-penalty")
    assert (doubt.row, doubt.column, doubt.value) == (2, "electricity_price_usd_per_mwh", "150000")
    assert "180,000" in doubt.what and "row 3" in doubt.what and "unserved_usd_per_mwh" in doubt.fix


def test_a_penalty_below_prices_is_doubted(folder):
    change(folder / "scenario.toml", "unserved_usd_per_mwh = 1e5", "unserved_usd_per_mwh = 72")
    assert [row for _, row, *_ in places(folder)] == [3]  # 80 × 1.5, and 60 × 1.2 in row 4
    assert "row 4" in doubts(folder)[0].what


def test_a_round_trip_faster_than_light_in_fibre_is_doubted(folder):
    """Middle and South are 20 degrees of latitude apart: 2,224 km, 22.2 ms there and back."""
    change(folder / "rtt_ms.csv", "middle,south,40", "middle,south,22.3")
    assert places(folder) == []
    change(folder / "rtt_ms.csv", "middle,south,22.3", "middle,south,22.2")
    assert places(folder) == [("rtt_ms.csv", 4, "rtt_ms", "22.2")]
    assert "22.2 ms" in doubts(folder)[0].what


def test_a_home_farther_than_another_lawful_region_is_doubted(folder):
    change(folder / "clients.csv", "0.5,middle", "0.5,south")
    assert places(folder) == [("clients.csv", 3, "service", "south")]
    change(folder / "scenario.toml", '"open"', '"same zone"')
    for file in ("clients.csv", "regions.csv"):
        change(folder / file, ",25,101,land", ",25,101,sea")
    change(folder / "regions.csv", "middle,Middle,25,101,sea", "middle,Middle,25,101,hill")
    assert places(folder) == []  # the nearer one is closed to it


@pytest.mark.parametrize(("missing", "said"), [([5], "the hour 5:"), ([0, 23], "the hours 0, 23:")])
def test_hours_that_a_day_lacks_are_told(folder, missing, said):
    profile(
        folder, [f"north,annual,{hour},1" for hour in DAY if hour not in missing], "price_relative"
    )
    assert places(folder) == [("profiles_24h.csv", 2, "price_relative", "1")]
    assert said in doubts(folder)[0].what and "a factor of 1" in doubts(folder)[0].what
    rows = [f"day,{hour},1\n" for hour in DAY if hour not in missing]
    (folder / "profiles_24h.csv").unlink()
    (folder / "demand_profile_24h.csv").write_text(
        "profile_id,local_hour,relative_load\n" + "".join(rows)
    )
    assert places(folder) == [("demand_profile_24h.csv", 2, "relative_load", "1")]
    assert said in doubts(folder)[0].what


def test_factors_whose_mean_is_not_one_are_doubted(folder):
    seasons = ("annual", "winter")
    rows = [f"{region},{season},{h},{factor}" for region, factor in (("north", 1), ("south", 1.1)) for season in seasons
            for h in DAY]  # fmt: skip
    profile(folder, rows, "carbon_relative")
    assert places(folder) == [("profiles_24h.csv", 50, "carbon_relative", "1.1")]
    rows = [row.replace(",winter,", ",winter,").replace(",1.1", ",1") for row in rows]
    profile(folder, [row[:-1] + "3" if "winter" in row else row for row in rows], "carbon_relative")
    assert places(folder) == []  # a season may lie above the year


def test_seasons_without_a_year_have_a_mean_of_one_together(folder):
    factors = {"winter": 1.5, "spring": 1.0, "summer": 0.5, "autumn": 1.0}
    rows = [f"north,{season},{hour},{factor}" for season, factor in factors.items() for hour in DAY]
    profile(folder, rows, "price_relative")
    assert places(folder) == []
    profile(folder, [row.replace(",0.5", ",0.9") for row in rows], "price_relative")
    assert places(folder) == [("profiles_24h.csv", 2, "price_relative", "1.5")]


def test_factors_that_contradict_the_figures_beside_them_are_doubted(folder):
    rows = [f"north,annual,{hour},{20 + 40 * (hour % 2)},{0.5 + hour % 2}" for hour in DAY]
    profile(folder, rows, "price_usd_per_mwh,price_relative")
    assert places(folder) == []
    profile(
        folder,
        [row.replace(",3,60,1.5", ",3,90,1.5") for row in rows],
        "price_usd_per_mwh,price_relative",
    )
    assert places(folder) == [
        ("profiles_24h.csv", 2, "price_relative", "0.5")
    ]  # 20 is not half of 41.25
    assert "41.25" in doubts(folder)[0].what


def test_doubts_are_about_what_can_be_used(folder):
    change(folder / "regions.csv", ",land,80,", ",land,dear,")
    with pytest.raises(ScenarioError, match="dear"):
        doubts(folder)
