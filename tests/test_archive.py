"""What is taken home: everything in one file, from which others come to the same numbers."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from openpyxl import load_workbook
from servers import command_line

from explorer import ExplorerError, Scenario, solve, take_home
from explorer.cli import main
from explorer.report import RESULTS
from explorer.workbook import write_workbook

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x.example")', "<b>&")


@pytest.fixture(scope="module")
def moved() -> Scenario:
    """As somebody leaves it after some moves."""
    scenario = Scenario.load("stylized-12")
    scenario.carbon_price_usd_per_t, scenario.friction_scale = 80.0, 0.7
    scenario.workloads["A"].latency_budget_ms = 260.0
    return scenario


@pytest.fixture(scope="module")
def home(moved, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with ZipFile(take_home(moved, folder / "all.zip")) as archive:
        archive.extractall(folder / "unpacked")
    return folder


def test_the_command_line_comes_to_the_same_numbers(home):
    """In a process that knows nothing of the first one's solves: last digits depend on these."""
    unpacked, again = home / "unpacked", home / "again"
    command = command_line("solve", unpacked / "scenario", "-o", again)
    subprocess.run(command, check=True, capture_output=True)
    for name in (name for name in RESULTS if name.endswith(".csv")):
        taken, solved = (pd.read_csv(at / name) for at in (unpacked / "results", again))
        pd.testing.assert_frame_equal(taken, solved, rtol=1e-9, atol=1e-9, obj=name)
    assert (again / "summary.md").read_text() == (unpacked / "results/summary.md").read_text()


def test_its_checksums_are_those_of_its_files_and_sources_come_along(home):
    unpacked = home / "unpacked"
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=unpacked, check=True)
    listed = {line.split("  ")[1] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert there == listed | {"SHA256SUMS"}
    assert {"scenario/sources.csv", "results/certificate.csv", "README.md"} <= there
    assert pd.read_csv(unpacked / "results/certificate.csv")["holds"].all()


def test_it_says_what_it_holds_and_how_to_have_it_again(home, moved):
    text = (home / "unpacked" / "README.md").read_text()
    assert f"{solve(moved).cost_usd_per_h:,.2f} USD/h" in text
    for words in ("wattlas solve scenario -o again", "pip install wattlas==", "highspy"):
        assert words in text


def test_the_command_writes_it_too(home, moved, capsys):
    moved.save(home / "own")
    assert main(["solve", str(home / "own"), "-o", str(home / "own.zip")]) == 0
    dated = {"results/results.xlsx", "SHA256SUMS"}  # a workbook says when it was made
    with ZipFile(home / "own.zip") as mine, ZipFile(home / "all.zip") as theirs:
        assert mine.namelist() == theirs.namelist()
        for name in {*mine.namelist()} - dated:
            assert mine.read(name) == theirs.read(name), name
    with pytest.raises(ExplorerError, match="ZIP"):
        take_home(moved, home / "all.tar")


def test_numbers_of_the_workbook_are_those_of_the_tables(home, moved):
    book = load_workbook(home / "unpacked/results/results.xlsx", read_only=True)
    rows = list(book["regions"].values)
    table = solve(moved).regions
    assert [*rows[0]] == [*table.columns]
    found = pd.DataFrame(rows[1:], columns=rows[0])
    pd.testing.assert_frame_equal(found, table.reset_index(drop=True), check_dtype=False)


def test_no_cell_of_a_workbook_is_a_formula(tmp_path):
    names = pd.Series([*HOSTILE, "a\x0bb"])
    table = pd.DataFrame({"=name": names, "mw": [1.5, 2, float("nan"), 4, 5, 6, float("inf")]})
    write_workbook({"a/b[c]*" + "x" * 40: table}, tmp_path / "hostile.xlsx")
    (sheet,) = load_workbook(tmp_path / "hostile.xlsx").worksheets
    column = [cell for (cell,) in sheet["A2:A8"]]
    assert [cell.value for cell in column] == [*HOSTILE, "ab"]
    assert {cell.data_type for cell in (*column, sheet["A1"])} == {"s"}
    assert [cell.value for (cell,) in sheet["B2:B8"]] == [1.5, 2, None, 4, 5, 6, "inf"]
