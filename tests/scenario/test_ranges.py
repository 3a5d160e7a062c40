"""What a scenario says of its figures: sources and ranges of settings, ranges of cells."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import Scenario, ScenarioError
from explorer.model.network import build_network
from explorer.packaged_data import SCENARIOS
from explorer.scenario.scenario import check
from explorer.scenario.schema import TABLES
from explorer.scenario.validation import parse

NOTES = """
[sources]
egress_usd_per_gb = "invented"
total_demand_mw = "invented; invented"

[ranges]
egress_usd_per_gb = [0.0, 0.9]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SCENARIOS / "classroom-3x3", tmp_path / "copy")
    return tmp_path / "copy"


def note(folder: Path, text: str) -> None:
    """Add to the end of the settings."""
    file = folder / "scenario.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


# Settings


def test_sources_and_ranges_of_settings_are_read_copied_and_kept(folder, tmp_path):
    note(folder, NOTES)
    scenario = Scenario.load(folder)
    assert scenario.parameter_sources == {
        "egress_usd_per_gb": "invented",
        "total_demand_mw": "invented; invented",
    }
    assert scenario.parameter_ranges == {"egress_usd_per_gb": [0.0, 0.9]}
    scenario.copy().save(tmp_path / "saved")
    again = Scenario.load(tmp_path / "saved")
    assert again.parameter_sources == scenario.parameter_sources
    assert again.parameter_ranges == scenario.parameter_ranges


def test_a_range_that_its_value_has_left_is_not_saved(folder, tmp_path):
    note(folder, NOTES)
    scenario = Scenario.load(folder)
    scenario.egress_usd_per_gb = 1.2
    scenario.save(tmp_path / "saved")
    assert Scenario.load(tmp_path / "saved").parameter_ranges == {}
    assert check(tmp_path / "saved") == []


def test_a_scenario_without_notes_is_saved_without(tmp_path):
    Scenario.load("classroom-3x3").save(tmp_path / "saved")
    text = (tmp_path / "saved" / "scenario.toml").read_text(encoding="utf-8")
    assert "[sources]" not in text and "[ranges]" not in text


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('[sources]\negress = "invented"\n', "sources.egress", "no such parameter"),
        ('[sources]\negress_usd_per_gb = "nobody"\n', "sources.egress_usd_per_gb", "no such key"),
        ("[sources]\negress_usd_per_gb = 3\n", "sources.egress_usd_per_gb", "not text"),
        ("[ranges]\negress = [0, 1]\n", "ranges.egress", "no such parameter"),
        ("[ranges]\negress_usd_per_gb = [0.9, 1]\n", "ranges.egress_usd_per_gb", "not lie in it"),
        ("[ranges]\negress_usd_per_gb = [1, 0]\n", "ranges.egress_usd_per_gb", "not lie in it"),
        ("[ranges]\negress_usd_per_gb = [-1, 1]\n", "ranges.egress_usd_per_gb", "below 0"),
        ("[ranges]\negress_usd_per_gb = 0.05\n", "ranges.egress_usd_per_gb", "not a range"),
        ("[ranges]\negress_usd_per_gb = [0, 1, 2]\n", "ranges.egress_usd_per_gb", "not a range"),
        ('[ranges]\negress_usd_per_gb = [0, "1"]\n', "ranges.egress_usd_per_gb", "not a number"),
        ('[ranges]\nlegal_policy = ["open", "today"]\n', "ranges.legal_policy", "no number"),
    ],
)
def test_notes_that_cannot_be_are_found_with_their_line(folder, text, place, what):
    note(folder, text)
    (problem,) = check(folder)
    lines = (folder / "scenario.toml").read_text(encoding="utf-8").splitlines()
    assert (problem.file, problem.row, problem.column) == ("scenario.toml", len(lines), place)
    assert what in problem.what and problem.fix


def test_headings_of_notes_are_tables(folder):
    file = folder / "scenario.toml"
    file.write_text("ranges = 3\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    (problem,) = check(folder)
    assert (problem.column, problem.what) == ("ranges", "this is not a table.")


def in_python(**notes: Any) -> Scenario:
    s = Scenario.load("classroom-3x3")
    tables = {"regions": s.regions, "clients": s.clients, "workloads": s.workloads_table()}
    return Scenario(**tables, sources=s.sources, **notes)


def test_notes_are_checked_in_python_too():
    assert in_python(parameter_ranges={"egress_usd_per_gb": (0, 1)}).parameter_ranges
    with pytest.raises(ScenarioError, match="does not lie in it"):
        in_python(parameter_ranges={"egress_usd_per_gb": (1, 2)})
    with pytest.raises(ScenarioError, match="no such key"):
        in_python(parameter_sources={"egress_usd_per_gb": "nobody"})


# Cells


@given(low=st.floats(0, 200), high=st.floats(0, 200))
def test_a_range_has_its_figure_in_it(low, high):
    regions = Scenario.load("classroom-3x3").regions  # 32, 80 and 60 USD/MWh
    name = "electricity_price_usd_per_mwh"
    table = regions.assign(**{f"{name}_low": [low, np.nan, ""], f"{name}_high": [high, "", None]})
    clean, problems = parse("regions", table)
    wrong = [f"{name}_low"] * (low > 32) + [f"{name}_high"] * (high < 32)
    assert [(p.row, p.column) for p in problems] == [(0, column) for column in wrong]
    assert clean[f"{name}_low"].tolist()[0] == low and clean[f"{name}_high"].isna()[1:].all()


def test_only_three_tables_have_ranges_and_only_of_numbers():
    ranged = {name for name, table in TABLES.items() if table.ranges}
    assert ranged == {"regions", "clients", "workloads"}
    for name in ranged:
        for column in TABLES[name].ranges:
            base = column.name.removesuffix("_low").removesuffix("_high")
            (declared,) = [c for c in TABLES[name].columns if c.name == base]
            assert declared.kind == column.kind == "number"
            assert (column.unit, column.low, column.high) == (
                declared.unit,
                declared.low,
                declared.high,
            )
            assert not column.required and not column.sums_to_one


def test_a_range_keeps_the_bounds_of_its_figure():
    table = Scenario.load("classroom-3x3").regions.assign(pue_low=[0.9, 1.0, 1.0])
    _, problems = parse("regions", table)
    assert [(p.row, p.column) for p in problems] == [(0, "pue_low")]


def test_ranges_travel_with_the_scenario_and_change_no_placement(folder, tmp_path):
    before = build_network(Scenario.load(folder))
    s = Scenario.load(folder)
    s.regions = s.regions.assign(pue_low=[1.1, None, 1.0], pue_high=[1.3, None, None])
    classes = s.workloads_table().assign(prefill_ms_low=[50.0, np.nan])
    s = Scenario(
        regions=s.regions, clients=s.clients, workloads=classes, rtt_ms=s.rtt_ms, sources=s.sources,
        **s.settings(),
    )  # fmt: skip
    s.save(tmp_path / "saved")
    again = Scenario.load(tmp_path / "saved")
    assert again.regions["pue_low"].tolist()[::2] == [1.1, 1.0]
    assert again.workloads_table()["prefill_ms_low"].tolist()[0] == 50.0
    assert np.isnan(again.workloads_table()["prefill_ms_low"].tolist()[1])
    assert build_network(again) == before
