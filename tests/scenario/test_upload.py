"""What somebody brings: read where it is a scenario or tables of one, refused where it is hostile."""

import csv
import io
import stat
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import openpyxl
import pytest
from defusedxml.common import EntitiesForbidden
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import ExplorerError, Scenario, ScenarioError
from explorer.scenario import archive, spreadsheet
from explorer.scenario.archive import read_zip, write_zip
from explorer.scenario.spreadsheet import read_workbook
from explorer.scenario.upload import draft_of

SETTINGS = "scenario.toml"


@pytest.fixture(scope="module")
def classroom() -> dict[str, bytes]:
    return encoded(Scenario.load("classroom-3x3"))


def encoded(scenario: Scenario) -> dict[str, bytes]:
    return {name: text.encode() for name, text in scenario.files().items()}


def zipped(
    files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> bytes:
    """A ZIP file, each of its entries as `change` leaves it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if change is not None:
                change(entry)
            packed.writestr(entry, data, entry.compress_type)
    return made.getvalue()


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    book, made = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(made)
    return made.getvalue()


def part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook one part of which is another."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        parts = {entry: book.read(entry) for entry in book.namelist()}
    return zipped(parts | {name: change(parts[name])})


# ZIP files


@pytest.mark.parametrize("folder", ["", "my-scenario/", "results/of today/scenario/"])
def test_a_scenario_folder_is_found_wherever_it_lies(classroom, folder):
    files = {f"{folder}{name}": data for name, data in classroom.items()}
    beside = {
        "results/totals.csv": b"a,b\n",
        f"__MACOSX/{folder}._regions.csv": b"\0",
        f"{folder}.DS_Store": b"\0",
    }
    assert read_zip(zipped(files | beside), "s.zip") == classroom


def test_what_is_written_is_read_again(classroom):
    texts = {name: data.decode() for name, data in classroom.items()}
    packed = write_zip(texts, "classroom")
    assert read_zip(packed, "s.zip") == classroom
    assert packed == write_zip(texts, "classroom")


def symlink(entry: zipfile.ZipInfo) -> None:
    if entry.filename == "regions.csv":
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16


def pipe(entry: zipfile.ZipInfo) -> None:
    if entry.filename == "regions.csv":
        entry.external_attr = (stat.S_IFIFO | 0o777) << 16


def unusual(entry: zipfile.ZipInfo) -> None:
    entry.compress_type = zipfile.ZIP_LZMA


@pytest.mark.parametrize(
    ("change", "said"),
    [(symlink, "It holds a link"), (pipe, "It holds a link"), (unusual, "It is locked, or packed")],
)
def test_links_pipes_and_unusual_files_are_refused(classroom, change, said):
    with pytest.raises(ExplorerError, match=said):
        read_zip(zipped(classroom, change), "s.zip")


@pytest.mark.parametrize(
    "path", ["../regions.csv", "a/../../x.csv", "/etc/x.csv", "C:/x.csv", "a\\..\\x.csv", "a\nb.csv", "x.csv\0.txt"]
)  # fmt: skip
def test_paths_out_of_the_folder_are_refused(classroom, path):
    place = b"PLACEHOLDER"[: len(path)].ljust(len(path), b"_")
    data = zipped(classroom | {place.decode(): b"x"}).replace(place, path.encode())
    with pytest.raises(ExplorerError, match="A path in it leads elsewhere"):
        read_zip(data, "s.zip")


def test_a_locked_file_is_refused(classroom):
    data = bytearray(zipped(classroom))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark)
        data[at + offset] |= 1
    with pytest.raises(ExplorerError, match="It is locked"):
        read_zip(bytes(data), "s.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(classroom):
    made = io.BytesIO(zipped(classroom))
    with zipfile.ZipFile(made, "a") as packed:
        packed.writestr("regions.csv", "another")
    with pytest.raises(ExplorerError, match="two files of one name"):
        read_zip(made.getvalue(), "s.zip")


def test_a_bomb_is_refused_before_anything_is_unpacked(classroom, monkeypatch):
    bomb = zipped(classroom | {"README.md": bytes(int(archive.MOST_UNPACKED_MB * 1e6))})
    assert len(bomb) < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(ExplorerError, match="Unpacked it has more than 32 MB"):
        read_zip(bomb, "s.zip")


def lying(path: str, files: dict[str, bytes], true: int, said: int) -> bytes:
    """An archive that says of one file that it has few bytes, and gives the checksum of those."""
    data = zipped(files | {path: bytes(true)})
    for what, number in ((zlib.crc32(bytes(true)), zlib.crc32(bytes(said))), (true, said)):
        assert data.count(what.to_bytes(4, "little")) == 2
        data = data.replace(what.to_bytes(4, "little"), number.to_bytes(4, "little"))
    return data


@pytest.mark.parametrize("read", ["folder", "workbook"])
def test_of_a_bomb_that_lies_about_its_size_no_more_is_unpacked_than_it_says(classroom, read):
    true = 64_000_000
    if read == "folder":
        data = lying("README.md", classroom, true, said=200)
    else:
        with zipfile.ZipFile(io.BytesIO(_BOOK)) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        data = lying("xl/theme/theme1.xml", parts, true, said=200)
    tracemalloc.start()
    try:
        if read == "folder":
            assert read_zip(data, "s.zip")["README.md"] == bytes(200)
        else:
            assert read_workbook(data, "w.xlsx") == {"regions": "id,name\na,b\n"}
        assert tracemalloc.get_traced_memory()[1] < true / 4
    finally:
        tracemalloc.stop()


def test_too_many_files_and_too_large_ones_are_refused(classroom):
    with pytest.raises(ExplorerError, match="more than 200 files"):
        read_zip(zipped(classroom | {f"n{n}.md": b"" for n in range(archive.MOST_FILES)}), "s.zip")
    with pytest.raises(ExplorerError, match="It has more than 8 MB"):
        read_zip(bytes(8_100_000), "s.zip")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"nonsense", bytes(1000)])
def test_what_is_no_archive_is_said(data):
    with pytest.raises(ExplorerError, match="not the kind of file"):
        read_zip(data, "s.zip")


def test_an_archive_needs_one_scenario(classroom):
    with pytest.raises(ExplorerError, match=r"no scenario\.toml in it"):
        read_zip(zipped({"a/regions.csv": b"x"}), "s.zip")
    two = {f"{folder}/{name}": data for folder in "ab" for name, data in classroom.items()}
    with pytest.raises(ExplorerError, match="several scenarios"):
        read_zip(zipped(two), "s.zip")


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_archive_is_an_error_in_words(classroom, draw):
    data = bytearray(zipped(classroom))
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        found = read_zip(bytes(data), "s.zip")
    except ExplorerError:
        return
    assert all(PurePosixPath(name).name == name for name in found)


# Workbooks


def test_a_workbook_is_the_values_that_its_cells_show():
    rows = [
        ["id", "name", "price", "own"],
        ["NO", "Ås, 1", 89.5, True],
        [],
        ["NA", None, 50.0, False],
    ]
    text = read_workbook(workbook({"regions": rows}), "w.xlsx")["regions"]
    assert text == 'id,name,price,own\nNO,"Ås, 1",89.5,true\n\nNA,,50,false\n'


def test_a_row_whose_last_cells_are_blank_is_as_long_as_the_headings():
    rows = [["# of 2026"], ["id", "name", "source"], ["a", "A"], ["b", None, " ", "  "], [None]]
    text = read_workbook(workbook({"regions": rows}), "w.xlsx")["regions"]
    assert text == "# of 2026\nid,name,source\na,A,\nb,, ,  \n"


def test_what_stands_under_no_heading_is_said_once_with_its_cell():
    title = [["My regions"], ["id", "name"], ["a", "A"]]
    beside = [["id", "name"], ["a", "A"], ["b", "B", None, "a note"], ["c", "C", "another"]]
    with pytest.raises(ScenarioError) as raised:
        read_workbook(workbook({"regions": title, "clients": beside}), "w.xlsx")
    assert [str(problem).split(" Headings")[0] for problem in raised.value.problems] == [
        "w.xlsx, sheet regions, row 2, column B: this stands under no heading. (found 'name')",
        "w.xlsx, sheet clients, row 3, column D: this stands under no heading. (found 'a note')",
    ]


def test_blank_cells_below_headings_count(monkeypatch):
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 30)
    with pytest.raises(ExplorerError, match="more than 30 cells"):
        read_workbook(workbook({"regions": [[*"abcdefghij"], ["a"], ["b"], ["c"]]}), "w.xlsx")


def test_tables_as_sheets_are_the_same_scenario(classroom):
    tables = {name: data for name, data in classroom.items() if name.endswith(".csv")}
    sheets = {
        name.removesuffix(".csv"): [
            [number(cell) for cell in row] for row in csv.reader(io.StringIO(data.decode()))
        ]
        for name, data in tables.items()
    }
    draft = draft_of([("world.xlsx", workbook(sheets))], {SETTINGS: classroom[SETTINGS]})
    same, sample = Scenario.from_files(draft.files()), Scenario.from_files(classroom)
    assert {n: t for n, t in same.files().items() if n != "README.md"} == {
        n: t for n, t in sample.files().items() if n != "README.md"
    }


def number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell


def formulas(cached: bool) -> bytes:
    """A workbook with 1+2 in a cell; with its value, as a spreadsheet saves it."""
    data = workbook({"regions": [["id", "price"], ["a", "=1+2"]]})
    value = b"<v>3</v>" if cached else b"<v></v>"
    return part(
        data,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v></v>", value).replace(b"<v />", value),
    )


def test_the_value_of_a_formula_is_read_and_none_is_computed():
    assert read_workbook(formulas(cached=True), "w.xlsx") == {"regions": "id,price\na,3\n"}
    with pytest.raises(ScenarioError) as raised:
        read_workbook(formulas(cached=False), "w.xlsx")
    (problem,) = raised.value.problems
    assert (problem.row, problem.column, problem.value) == (2, "B", "=1+2")
    assert problem.file == "w.xlsx, sheet regions"


def test_an_error_of_the_spreadsheet_is_a_problem():
    with pytest.raises(ScenarioError, match="row 2, column B: this is an error of the spreadsheet"):
        read_workbook(workbook({"regions": [["id", "price"], ["a", "#DIV/0!"]]}), "w.xlsx")


@pytest.mark.parametrize(
    "entity", ['<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">']
)
@pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_entities_are_refused(entity, name):
    def with_entity(xml: bytes) -> bytes:
        body = xml.split(b"?>", 1)[1] if xml.startswith(b"<?xml") else xml
        return f"<!DOCTYPE x [{entity}]>".encode() + body

    data = part(workbook({"regions": [["id"], ["a"]]}), name, with_entity)
    with pytest.raises(ExplorerError, match="not a workbook that can be read") as raised:
        read_workbook(data, "w.xlsx")
    causes, error = [], raised.value
    while (error := error.__cause__) is not None:
        causes.append(type(error))
    assert EntitiesForbidden in causes  # not because of anything else


@pytest.mark.parametrize(
    ("rows", "most", "said"),
    [
        ([["x"] * 301], {}, "more than 300 columns"),
        ([["x"]] * 12, {"MOST_ROWS": 10}, "more than 10 rows"),
        ([["x"] * 10] * 10, {"MOST_CELLS": 90}, "more than 90 cells"),
        ([["x"]], {"MOST_S": -1.0}, "more than -1 s of the processor"),
    ],
)
def test_a_workbook_has_bounds(monkeypatch, rows, most, said):
    for name, value in most.items():
        monkeypatch.setattr(spreadsheet, name, value)
    with pytest.raises(ExplorerError, match=said):
        read_workbook(workbook({"regions": rows}), "w.xlsx")


def test_one_cell_at_the_far_end_of_a_sheet_costs_little(monkeypatch):
    book, made = openpyxl.Workbook(), io.BytesIO()
    book.active["A1048576"] = "x"
    book.save(made)
    begun_s = time.process_time()
    with pytest.raises(ExplorerError, match="more than 50,000 rows"):
        read_workbook(made.getvalue(), "w.xlsx")
    assert time.process_time() - begun_s < spreadsheet.MOST_S


@settings(max_examples=40)
@given(st.data())
def test_a_damaged_workbook_is_an_error_in_words(draw):
    data = bytearray(_BOOK)
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        read_workbook(bytes(data), "w.xlsx")
    except ExplorerError:
        return


_BOOK = workbook({"regions": [["id", "name"], ["a", "b"]]})


@pytest.mark.parametrize("data", [b"", b"id,name\na,b\n"])
def test_what_is_said_of_a_workbook_is_about_workbooks(data):
    with pytest.raises(ExplorerError) as raised:
        read_workbook(data, "regions.xlsx")
    assert "XLSX" in raised.value.fix and "ends in .csv" in raised.value.fix
    assert "ZIP" not in str(raised.value)


# Tables


@pytest.mark.parametrize("name", ["regions.csv", "Regions (2).CSV", "my places 2026.csv"])
def test_a_table_is_known_by_its_name_or_by_its_columns(classroom, name):
    mine = classroom["regions.csv"].replace(b",80,", b",81,")
    assert draft_of([(name, mine)], classroom).files() == classroom | {"regions.csv": mine}


def test_a_table_of_no_name_and_no_columns_that_fit_is_asked_about(classroom):
    with pytest.raises(ExplorerError, match="It does not say which table it is"):
        draft_of([("mine.csv", b"a,b\n1,2\n")], classroom)


def test_the_files_of_a_folder_may_be_brought_one_by_one(classroom):
    assert draft_of([*classroom.items()], {"arcs.csv": b"old"}).files() == classroom


@pytest.mark.parametrize(
    ("uploads", "said"),
    [
        ([("a.exe", b"MZ")], "Files of this kind are not read"),
        ([("a.xls", b"x")], "Files of this kind are not read"),
        ([("regions.csv", b"id\n"), ("regions (1).csv", b"id\n")], "Two files are for regions.csv"),
        ([("a.csv", bytes(5_000_000)), ("b.csv", bytes(5_000_000))], "It has more than 8 MB"),
        ([("w.xlsx", b"no workbook")], "not the kind of file"),
    ],
)
def test_what_cannot_be_used_is_said(classroom, uploads, said):
    with pytest.raises(ExplorerError, match=said):
        draft_of(uploads, classroom)
