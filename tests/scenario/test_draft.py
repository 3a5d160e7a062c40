"""A scenario somebody works on: kept as typed, checked cell by cell, undone step by step."""

import re
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import ExplorerError, Scenario, ScenarioError
from explorer.scenario import bounds, csv_text
from explorer.scenario import draft as draft_module
from explorer.scenario.draft import Draft
from explorer.scenario.provenance import Provenance
from explorer.scenario.scenario import check
from explorer.scenario.schema import TABLES
from explorer.scenario.validation import LONGEST_ID

PRICE = "electricity_price_usd_per_mwh"


def encoded(name: str) -> dict[str, bytes]:
    return {file: text.encode() for file, text in Scenario.load(name).files().items()}


@pytest.fixture(scope="module")
def classroom() -> dict[str, bytes]:
    return encoded("classroom-3x3")


@pytest.fixture(scope="module")
def world() -> dict[str, bytes]:
    return encoded("world-2025")


def places(draft: Draft) -> list[tuple[str, int | None, str | None, str | None]]:
    return [(p.file, p.row, p.column, p.value) for p in draft.problems]


def test_what_was_typed_stays_until_it_is_right(classroom):
    draft = Draft(classroom)
    draft.edit("regions", [(1, PRICE, "cheap"), (2, "pue", "0.9")])
    assert places(draft) == [("regions.csv", 3, PRICE, "cheap"), ("regions.csv", 4, "pue", "0.9")]
    assert b",cheap," in draft.files()["regions.csv"]
    with pytest.raises(ScenarioError, match="2 problems"):
        draft.scenario()
    draft.edit("regions", [(1, PRICE, "81"), (2, "pue", "1.1")])
    assert draft.problems == []
    assert draft.scenario().regions[PRICE].tolist() == [32, 81, 60]


def test_problems_are_those_of_the_command_line(classroom, tmp_path):
    draft = Draft(classroom)
    draft.edit("regions", [(1, PRICE, "cheap"), (0, "id", "south")])
    draft.edit("clients", [(0, "demand_share", "0,2")])
    for file, data in draft.files().items():
        (tmp_path / file).write_bytes(data)
    assert draft.problems == check(tmp_path)


def test_comments_and_blank_lines_do_not_shift_the_rows_of_problems(classroom):
    text = classroom["regions.csv"].replace(b"\nmiddle", b"\n# towns\n\nmiddle")
    draft = Draft(classroom | {"regions.csv": text})
    draft.edit("regions", [(1, PRICE, "cheap")])
    assert places(draft) == [("regions.csv", 3, PRICE, "cheap")]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_cells_of_several_lines_do_not_shift_the_rows_of_problems(classroom, ending):
    draft = Draft(classroom)
    draft.edit("regions", [(0, "name", f"a{ending}b{ending}c"), (2, PRICE, "cheap")])
    assert places(draft) == [("regions.csv", 4, PRICE, "cheap")]
    draft.edit("regions", [(2, PRICE, "20"), (2, "id", "north")])
    assert {(p.row, p.column) for p in draft.problems if p.file == "regions.csv"} == {(4, "id")}
    draft.edit("regions", [(2, "id", "south")])
    assert draft.checked().lines["regions"].tolist() == [2, 3, 4]


def test_a_page_takes_no_scenario_that_may_solve_for_long(classroom):
    settings = classroom["scenario.toml"].replace(b"time_limit_s = 30", b"time_limit_s = 600")
    draft = Draft(classroom | {"scenario.toml": settings})
    assert places(draft) == [("scenario.toml", None, "time_limit_s", "600")]
    assert "up to 60 s" in draft.problems[0].what and "command line" in draft.problems[0].fix


def test_a_table_without_layout_is_left_alone_and_said(classroom):
    draft = Draft(classroom | {"regions.csv": b"id;name\na;b\n"})
    assert "regions" not in draft.tables
    assert [problem.file for problem in draft.problems] == ["regions.csv"]


@pytest.mark.parametrize("text", ["=1+2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_no_value_wherever_it_stands(classroom, text):
    draft = Draft(classroom)
    draft.edit("regions", [(0, "name", text)])
    assert places(draft) == [("regions.csv", 2, "name", text)]


@pytest.mark.parametrize("column", ["id", "name"])
@pytest.mark.parametrize("text", ["+1+cmd|' /C calc'!A0", "-2+3+cmd", "-A1", "=1"])
def test_what_spreadsheets_would_run_in_a_column_of_text_is_one_problem(classroom, column, text):
    draft = Draft(classroom)
    draft.edit("regions", [(0, column, text)])
    assert places(draft)[-1] == ("regions.csv", 2, column, text)
    assert "formula" in draft.problems[-1].what
    assert len({(p.file, p.row, p.column) for p in draft.problems}) == len(draft.problems)


def test_a_cell_of_numbers_has_one_problem(classroom):
    draft = Draft(classroom)
    draft.edit("regions", [(0, PRICE, "=1+2"), (1, PRICE, "-5"), (2, PRICE, "-5,5")])
    found = {p.row: p.what for p in draft.problems}
    assert len(found) == len(draft.problems)
    assert "formula" in found[2] and 3 not in found and "not a number" in found[4]


@pytest.mark.parametrize("heading", ["=cmd()", "+A1", "-A1", "@x"])
def test_a_heading_that_spreadsheets_would_run_is_a_problem(classroom, heading):
    data = (
        classroom["regions.csv"].replace(b"\n", b",x\n").replace(b",x", f",{heading}".encode(), 1)
    )
    assert (("regions.csv", 1, heading, heading)) in places(
        Draft(classroom | {"regions.csv": data})
    )


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x85"])
def test_control_characters_in_a_file_are_problems(classroom, sign):
    data = classroom["regions.csv"].replace(b"Middle", f"Mid{sign}dle".encode())
    draft = Draft(classroom | {"regions.csv": data})
    assert places(draft) == [("regions.csv", 3, "name", f"Mid{sign}dle")]


def test_a_check_is_of_the_draft_as_it_is_when_it_begins(classroom, monkeypatch):
    draft = Draft(classroom)
    draft.edit("regions", [(0, "pue", "0.5")])
    read = draft_module.Folder

    def meanwhile(*args: Any, **more: Any) -> Any:  # another step, in another thread
        monkeypatch.setattr(draft_module, "Folder", read)
        draft.edit("regions", [(0, "pue", "1.5")])
        return read(*args, **more)

    monkeypatch.setattr(draft_module, "Folder", meanwhile)
    assert len(draft.checked().problems) == 1
    assert draft.checked().problems == []


def test_a_step_reads_nothing(classroom, monkeypatch):
    draft = Draft(classroom)
    for name in ("Folder", "csv_text", "_unfit"):
        monkeypatch.setattr(draft_module, name, None)
    draft.edit("regions", [(0, "name", "x")])
    draft.add_row("regions", 0)
    draft.undo()
    assert draft.tables["regions"].rows[0][1] == "x"


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "A & B", "−5", "-", "+47"])
def test_other_texts_are_texts(classroom, text):
    draft = Draft(classroom)
    draft.edit("regions", [(0, "name", text)])
    assert draft.scenario().regions["name"][0] == text


def test_a_cell_of_ten_megabytes_is_refused(classroom):
    huge = classroom["regions.csv"].replace(b"Middle", b"M" * 10_000_000)
    (problem,) = Draft(classroom | {"regions.csv": huge}).problems
    assert (
        problem.file == "regions.csv" and "a cell has more than 131,072 characters" in problem.what
    )
    draft = Draft(classroom)
    draft.edit("regions", [(0, "name", "M" * 100_000)])
    assert len(draft.tables["regions"].rows[0][1]) == 32_767


def test_a_file_that_differs_in_capitals_from_a_table_that_is_there_is_one_too_many(classroom):
    draft = Draft(classroom | {"Regions.csv": classroom["regions.csv"]})
    (problem,) = draft.problems
    assert problem.file == "Regions.csv" and problem.fix.startswith("Remove it, or regions.csv")


def test_an_id_has_at_most_so_many_characters(classroom):
    draft = Draft(classroom)
    draft.add_row("regions", 0)
    draft.edit("regions", [(1, "id", "r" * (LONGEST_ID + 1))])
    (problem,) = draft.problems
    assert (problem.row, problem.column) == (
        3,
        "id",
    ) and f"{LONGEST_ID + 1} characters" in problem.what
    draft.edit("regions", [(1, "id", "r" * LONGEST_ID)])
    assert draft.problems == []


def test_the_size_of_a_file_too_large_is_above_what_is_read(classroom):
    settings = classroom["scenario.toml"].ljust(500_001)
    (problem, *_) = Draft(classroom | {"scenario.toml": settings}).problems
    assert "the file has 0.6 MB" in problem.what and "Up to 0.5 MB" in problem.fix


# Bounds


def longer(data: bytes, rows: int) -> bytes:
    """A table with so many rows more, like its last one but for the id."""
    last = data.splitlines()[-1].split(b",", 1)[1]
    return data + b"".join(b"r%d,%s\n" % (n, last) for n in range(rows))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"regions": 25_000}, "regions.csv: the table has 25,003 rows, and a page takes 500"),
        ({"clients": 2_000}, "clients.csv: the table has 2,003 rows, and a page takes 2,000"),
        ({"workloads": 60}, "workloads.csv: the table has 62 rows, and a page takes 50"),
        (
            {"regions": 400, "clients": 1_900, "workloads": 30},
            "1,903 clients × 403 regions × 32 classes are 24,541,088 arcs",
        ),
        ({"sources": 50_001}, "sources.csv: the file has 50,003 lines, and a page takes 50,000"),
    ],
)
def test_what_is_too_large_for_a_page_is_said_before_anything_is_built(classroom, files, said):
    large = {f"{name}.csv": longer(classroom[f"{name}.csv"], n) for name, n in files.items()}
    with pytest.raises(ScenarioError, match=f"{re.escape(said)}.*command line"):
        Draft(classroom | large)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\n" * 100_000, "the file has 100,000 lines"),
        (b"\r" * 100_000, "the file has 100,000 lines"),
        (b"," * 600_000, "cells, and a page takes 500,000"),
    ],
)
def test_blank_lines_and_cells_count_before_they_are_read(classroom, data, said, monkeypatch):
    monkeypatch.setattr(csv_text, "read", None)
    with pytest.raises(ScenarioError, match=said):
        Draft(classroom | {"regions.csv": data})


def test_no_step_leads_out_of_the_bounds(classroom, monkeypatch):
    draft = Draft(classroom)
    monkeypatch.setitem(bounds.MOST_OF, "regions", 4)
    draft.add_row("regions", 0)
    begun = draft.tables
    with pytest.raises(ScenarioError, match="the table has 5 rows, and a page takes 4"):
        draft.add_row("regions", 0)
    assert draft.tables is begun


def test_the_largest_world_that_is_measured_is_within_the_bounds():
    bounds.refuse_large({"regions": 200, "clients": 500, "workloads": 8, "rtt_ms": 40_000})
    bounds.refuse_long(encoded("world-2025"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("id,name\n".encode("utf-16"), "UTF-16"),
        ("id,name\nå,b\n".encode("latin-1"), "not UTF-8"),
        (b"\x00\x01\x02\xff", "not UTF-8"),
    ],
)
def test_other_encodings_are_said(classroom, data, said):
    draft = Draft(classroom | {"regions.csv": data})
    assert any(said in problem.what for problem in draft.problems)
    assert "regions" not in draft.tables


def test_no_cell_outside_of_a_table_is_written(classroom):
    draft = Draft(classroom)
    for row, column in ((3, "name"), (-1, "name"), (0, "nothing")):
        with pytest.raises(ExplorerError, match="no such cell"):
            draft.edit("regions", [(row, column, "x")])
    assert not draft.can_undo


EDITS = st.one_of(
    st.tuples(st.just("edit"), st.integers(0, 2), st.sampled_from(["name", PRICE, "pue", "id"]),
              st.text(max_size=5)),
    st.tuples(st.just("add_row"), st.integers(0, 2)),
    st.tuples(st.just("remove_row"), st.integers(0, 2)),
    st.tuples(st.just("add_column"), st.sampled_from(["timezone", "hosting_usd_per_h", "none"])),
)  # fmt: skip


@settings(max_examples=15)
@given(steps=st.lists(EDITS, max_size=6))
def test_all_steps_undone_are_the_beginning_and_redone_the_end(classroom, steps):
    draft = Draft(classroom)
    begun = draft.files()
    for kind, *what in steps:
        if kind == "edit":
            if what[0] < len(draft.tables["regions"].rows):
                draft.edit("regions", [tuple(what)])
        elif kind == "add_column" or what[0] < len(draft.tables["regions"].rows):
            getattr(draft, kind)("regions", what[0])
    ended, problems = draft.files(), draft.problems
    while draft.can_undo:
        draft.undo()
    assert draft.files() == begun and draft.problems == []
    while draft.can_redo:
        draft.redo()
    assert draft.files() == ended and draft.problems == problems


def test_a_row_that_is_added_is_like_the_one_above_but_for_its_key_and_sources(classroom):
    draft = Draft(classroom)
    draft.add_row("regions", 1)
    added = dict(zip(draft.tables["regions"].columns, draft.tables["regions"].rows[2], strict=True))
    assert (added["id"], added["source"], added["name"], added[PRICE]) == ("", "", "Middle", "80")
    assert places(draft) == [("regions.csv", 4, "id", "")]
    draft.edit("regions", [(2, "id", "new")])
    scenario = draft.scenario()
    assert keys(scenario, "regions", "pue") == [
        ("invented",),
        ("invented",),
        ("own",),
        ("invented",),
    ]


# Sources


def keys(scenario: Scenario, table: str, column: str) -> list[tuple[str, ...]]:
    found = Provenance(scenario).of_cells(table, column)
    return [tuple(source.key for source in sources) for sources in found]


def test_a_changed_figure_is_its_own_source_and_all_others_keep_theirs(world):
    sample = Scenario.load("world-2025")
    changes = {("regions", 3, PRICE): "50", ("regions", 3, "pue_low"): "1.01",
               ("regions", 7, "capacity_mw"): "60", ("rtt_ms", 5, "rtt_ms"): "99",
               ("workloads", 0, "prefill_ms"): "141"}  # fmt: skip
    draft = Draft(world)
    for table in {table for table, *_ in changes}:
        of_it = {place[1:]: text for place, text in changes.items() if place[0] == table}
        draft.edit(table, [(*place, text) for place, text in of_it.items()])
    edited = draft.scenario()
    for table in ("regions", "clients", "rtt_ms", "workloads"):
        frame = sample.workloads_table() if table == "workloads" else getattr(sample, table)
        for column in (c.name for c in (*TABLES[table].columns, *TABLES[table].ranges)):
            if column not in frame or pd.api.types.is_object_dtype(frame[column]):
                continue
            expected = keys(sample, table, column)
            for name, row, of in changes:
                if (name, of) == (table, column):
                    expected[row] = ("own",)
            assert keys(edited, table, column) == expected, (table, column)
    (own,) = Provenance(edited).of_cell("regions", 3, PRICE)
    assert own.quality == "unsourced" and own.citation.startswith("Own figure. ")


def test_what_was_typed_back_or_has_a_new_source_is_no_own_figure(classroom):
    sources = classroom["sources.csv"] + b"survey,A survey,,,,,,read\n"
    draft = Draft(classroom | {"sources.csv": sources})
    draft.edit("regions", [(0, PRICE, "50")])
    draft.edit("regions", [(0, PRICE, "32"), (1, PRICE, "51"), (1, "source", "survey")])
    scenario = draft.scenario()
    assert "own" not in set(scenario.sources["key"])
    assert keys(scenario, "regions", PRICE) == [("invented",), ("survey",), ("invented",)]


def test_a_row_that_is_renamed_keeps_its_sources(classroom):
    draft = Draft(classroom)
    for table, column in (("regions", "id"), ("clients", "service")):
        draft.edit(table, [(0, column, "arctic")])
    for row, column in ((0, "from_region"), (1, "to_region"), (4, "from_region"), (5, "to_region")):
        draft.edit("rtt_ms", [(row, column, "arctic")])
    assert "own" not in set(draft.scenario().sources["key"])


def test_figures_of_a_table_that_takes_the_place_of_another_are_compared_with_it(classroom):
    mine = classroom["regions.csv"].replace(b",80,", b",81,")
    scenario = Draft(classroom | {"regions.csv": mine}, before=classroom).scenario()
    assert keys(scenario, "regions", PRICE) == [("invented",), ("own",), ("invented",)]


def test_the_key_of_another_source_is_left_to_it(classroom):
    sources = classroom["sources.csv"] + b"own,My own survey,,,,,,read\n"
    draft = Draft(classroom | {"sources.csv": sources})
    draft.edit("regions", [(0, PRICE, "30")])
    scenario = draft.scenario()
    assert keys(scenario, "regions", PRICE)[0] == ("own-2",)
    again = Draft({file: text.encode() for file, text in scenario.files().items()})
    again.edit("regions", [(1, PRICE, "30")])
    assert keys(again.scenario(), "regions", PRICE)[1] == ("own-2",)


def test_a_scenario_without_sources_gets_a_table_of_them():
    sample = Scenario.load("classroom-3x3")
    plain = Scenario(
        regions=sample.regions.drop(columns="source"), clients=sample.clients.drop(columns="source"),
        workloads=sample.workloads_table().drop(columns="source"),
    )  # fmt: skip
    draft = Draft({file: text.encode() for file, text in plain.files().items()})
    draft.edit("regions", [(0, PRICE, "30")])
    assert keys(draft.scenario(), "regions", PRICE) == [("own",), (), ()]


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_files_are_the_scenario_they_are_of(name):
    files = encoded(name)
    scenario = Draft(files).scenario()
    assert {file: text.encode() for file, text in scenario.files().items()} == files
