"""
How large a scenario may be whose tables are worked on beside others, on a page: its memory and its
time are everybody's. The command line takes larger ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.errors import Problem, ScenarioError
from explorer.scenario.known import SETTINGS_FILE
from explorer.scenario.schema import TABLES
from explorer.words import mark, tr

MOST_ROWS = 50_000  # of a table
MOST_CELLS = 500_000  # of all tables: a world of 200 regions with all round trips has a third of it
MOST_OF = {"regions": 500, "clients": 2_000, "workloads": 50}  # with pairs of regions in arrays
MOST_ARCS = 2_000_000  # clients x regions x classes: 500 x 200 x 8 are 800,000
MOST_TIME_S = 60.0  # of the solver for one placement, which holds up others
_FIX = mark(
    "Leave out what is not needed, or solve it by the command line, which takes larger ones."
)


def refuse_long(files: Mapping[str, bytes]) -> None:
    """
    Raise a `ScenarioError` for files of tables, by name, with too many lines or cells; nothing is
    read for that.
    """
    there = {table.file: files[table.file] for table in TABLES.values() if table.file in files}
    lines = {file: _lines(data) for file, data in there.items()}
    _refuse(
        [
            _problem(file, tr("the file has {:,} lines, and a page takes {:,}.", count, MOST_ROWS))
            for file, count in lines.items()
            if count > MOST_ROWS + 1  # the header
        ]
    )
    cells = {file: lines[file] + data.count(b",") for file, data in there.items()}
    if sum(cells.values()) > MOST_CELLS:
        largest = max(cells, key=lambda file: cells[file])
        total = sum(cells.values())
        what = tr("all tables have {:,} cells, and a page takes {:,}.", total, MOST_CELLS)
        _refuse([_problem(largest, what)])


def refuse_large(rows: Mapping[str, int]) -> None:
    """Raise a `ScenarioError` for tables, by name, of so many rows that arrays of them have no room."""
    most = dict.fromkeys(TABLES, MOST_ROWS) | MOST_OF
    problems = [
        _problem(
            TABLES[name].file,
            tr("the table has {:,} rows, and a page takes {:,}.", count, most[name]),
        )
        for name, count in rows.items()
        if count > most[name]
    ]
    clients, regions, classes = (rows.get(name, 0) for name in ("clients", "regions", "workloads"))
    if not problems and clients * regions * classes > MOST_ARCS:
        what = tr(
            "{clients:,} clients × {regions:,} regions × {classes:,} classes are {arcs:,} arcs, "
            "and a page takes {most:,}.",
            clients=clients,
            regions=regions,
            classes=classes,
            arcs=clients * regions * classes,
            most=MOST_ARCS,
        )
        problems.append(_problem(TABLES["clients"].file, what))
    _refuse(problems)


def slow(settings: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a time limit that is longer than a page lets others wait."""
    asked_s = settings.get("time_limit_s", 0)
    if not isinstance(asked_s, int | float) or asked_s <= MOST_TIME_S:
        return []
    fix = tr(
        "Write {:g} or less, or solve it by the command line, which may take longer.", MOST_TIME_S
    )
    what = tr("a page lets the solver take up to {:g} s.", MOST_TIME_S)
    return [Problem(SETTINGS_FILE, None, "time_limit_s", f"{asked_s:g}", what, fix)]


def _lines(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _problem(file: str, what: str) -> Problem:
    return Problem(file, None, None, None, what, tr(_FIX))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ScenarioError(tr("own data"), problems)
