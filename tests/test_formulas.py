"""Text that spreadsheets would run: written so that none does, and read as it was."""

import csv
import io
import json
import subprocess

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from page_modules import NODE

from explorer import Scenario, cli, report, solve
from explorer.app.snapshot.program import PAGE
from explorer.formulas import is_formula, shielded, unshielded
from explorer.scenario import csv_text

RUN = ("=1+1", "+1+1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "-1,5")
HARMLESS = ("", "-", "+", "-5", "+3.5e-7", "-.5", "O'Hara", "'tis", "North - South", "a=b", "'-5")


def cells_of(written: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]


texts = st.text("=+-@'\t\r\n5.ea ", max_size=6)


@pytest.mark.parametrize("text", RUN)
def test_a_formula_has_an_apostrophe_before_it_in_files(text):
    assert is_formula(text) and shielded(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_no_spreadsheet_runs_stands_as_it_is(text):
    assert shielded(text) == text == unshielded(text)


@given(texts)
def test_no_cell_of_a_file_begins_a_formula_and_each_is_read_as_it_was(text):
    assert not is_formula(shielded(text)) and unshielded(shielded(text)) == text


@given(st.lists(texts.filter(str.strip), min_size=2, max_size=2, unique=True), texts)
def test_a_table_of_a_scenario_is_read_as_it_was_written(header, cell):
    header = [name.strip() for name in header]
    if len({*header}) < 2 or "" in header:
        return
    table = pd.DataFrame([["x", cell]], columns=header)
    written = csv_text.write(table)
    assert not any(map(is_formula, cells_of(written)))
    if not any(name.startswith("#") for name in header):  # a comment, else
        found, problems = csv_text.read(written, "t.csv")
        assert problems == [] and [*found.columns] == header
        assert found.iloc[0, 1] == cell


def test_names_that_are_formulas_run_in_no_file_and_come_back(tmp_path):
    """From the scenario's folder, by the command line, as CSV and XLSX."""
    world = Scenario.load("classroom-3x3")
    world.regions = world.regions.assign(name=["=1+1", "+A1", "'=1"], note=["@x", "-5", "-5"])
    world.save(tmp_path / "world")
    written = (tmp_path / "world" / "regions.csv").read_text("utf-8")
    assert not any(map(is_formula, cells_of(written)))
    again = Scenario.load(tmp_path / "world")
    assert again.regions["name"].tolist() == ["=1+1", "+A1", "'=1"]
    assert again.regions["note"].tolist() == ["@x", "-5", "-5"]
    for ending in ("csv", "xlsx"):
        command = ["measure", "certificate", str(tmp_path / "world"), "-o"]
        assert cli.main([*command, str(tmp_path / f"table.{ending}")]) == 0
    sheet = load_workbook(tmp_path / "table.xlsx").worksheets[0]
    table = pd.read_csv(tmp_path / "table.csv")
    assert [cell.value for cell in sheet[1]] == [*table.columns]
    assert sheet.max_row == len(table) + 1


def test_a_table_of_results_keeps_its_numbers():
    table = pd.DataFrame({"=name": ["=1", "ok", None], "change_mw": [-1.5, 2.0, float("nan")]})
    assert report.csv_text(table) == "'=name,change_mw\n'=1,-1.5\nok,2.0\n,\n"
    flows = solve(Scenario.load("classroom-3x3")).flows
    assert report.csv_text(flows) == flows.to_csv(index=False)


def test_the_page_that_solves_itself_does_the_same():
    program = (
        "const {shielded} = await import(process.argv[1])\n"
        "console.log(JSON.stringify(JSON.parse(process.argv[2]).map(shielded)))"
    )
    said = [*RUN, *HARMLESS, "''=1"]
    module, sent = (PAGE / "tables.js").as_uri(), json.dumps(said)
    command = [NODE, "--input-type=module", "-e", program, module, sent]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(found) == [*map(shielded, said)]
