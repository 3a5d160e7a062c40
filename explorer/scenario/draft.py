"""A scenario that somebody is working on: tables as they were typed, right or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from explorer.errors import ExplorerError, Problem, ScenarioError
from explorer.formulas import is_formula
from explorer.scenario import csv_text
from explorer.scenario.bounds import refuse_large, refuse_long, slow
from explorer.scenario.files import InMemory
from explorer.scenario.folder import Folder
from explorer.scenario.own_figures import with_own_sources
from explorer.scenario.scenario import Scenario, declared
from explorer.scenario.schema import TABLES
from explorer.scenario.validation import is_source
from explorer.words import tr

MOST_STEPS = 200  # that can be undone
LONGEST_CELL = 32_767  # characters
# and halves of characters
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAK = re.compile(r"\r\n|\r|\n")  # within a cell
_FIRST_ROW = 2  # in the file of a table, below its header


@dataclass(frozen=True)
class Grid:
    """A table as text, row by row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a table."""
        return pd.DataFrame([*self.rows], columns=[*self.columns], dtype=object)


@dataclass
class _Steps:
    done: list[dict[str, Grid]] = field(default_factory=list)
    undone: list[dict[str, Grid]] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """A draft as it was at one time, and everything wrong with it."""

    files: dict[str, bytes]
    tables: Mapping[str, Grid]
    before: Mapping[str, Grid]  # with which figures are compared
    folder: Folder
    problems: list[Problem]

    @property
    def lines(self) -> Mapping[str, pd.Index]:
        """For each table, the number of each of its rows, the header having the first."""
        numbers = {name: _numbers(grid) for name, grid in self.tables.items()}
        return {
            name: lines.map(numbers[name]) if numbers[name] else lines
            for name, lines in self.folder.lines.items()
        }

    @property
    def title(self) -> str:
        """What the settings call it, as far as they can be read."""
        return str(self.folder.settings.get("title", ""))

    def scenario(self) -> Scenario:
        """
        The scenario, with figures that were changed here as their own source.

        Raises
        ------
        ScenarioError
            If anything is wrong.
        """
        if self.problems:
            raise ScenarioError("scenario", self.problems)
        frames = {name: grid.frame for name, grid in self.tables.items()}
        before = {name: grid.frame for name, grid in self.before.items()}
        sourced = with_own_sources(frames, before)
        texts = {TABLES[name].file: csv_text.write(frame) for name, frame in sourced.items()}
        return Scenario.from_files(
            self.files | {file: text.encode() for file, text in texts.items()}
        )


class Draft:
    """
    The files of a scenario while somebody works on them.

    A table whose file cannot be laid out as rows and columns is not among its `tables`; its problems
    say why, and it has to be brought again.

    Parameters
    ----------
    files : mapping of str to bytes
        As they were brought, or as `Scenario.files` writes them.
    before : mapping of str to bytes, optional
        The files that those of single tables have taken the places of: figures that differ from
        theirs count as changed by hand. The same files if left out.

    Raises
    ------
    ScenarioError
        If there is more in them than a page takes: see `bounds`.
    """

    def __init__(
        self, files: Mapping[str, bytes], before: Mapping[str, bytes] | None = None
    ) -> None:
        refuse_long(files)
        self._brought = dict(files)
        self.tables = _grids(files)
        _refuse_large(self.tables)
        self._before = self.tables if before is None else _grids(before)
        self._steps = _Steps()
        self._checked: Checked | None = None

    def checked(self) -> Checked:
        """
        Check the draft as it is when this begins: steps may go on in another thread meanwhile.

        Tables that have not changed since the last time are not read again.
        """
        tables, known = self.tables, self._checked
        if known is None or known.tables is not tables:
            known = self._checked = self._check(tables, known)
        return known

    @property
    def problems(self) -> list[Problem]:
        """Everything wrong, with the row and the column of each cell."""
        return self.checked().problems

    @property
    def absent(self) -> list[str]:
        """The tables that there may be, and of which there is no file."""
        return [name for name, table in TABLES.items() if table.file not in self._brought]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._steps.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step that was undone."""
        return bool(self._steps.undone)

    def files(self) -> dict[str, bytes]:
        """The files as they are now, right or wrong."""
        return dict(self.checked().files)

    def scenario(self) -> Scenario:
        """As `Checked.scenario`."""
        return self.checked().scenario()

    def edit(self, name: str, cells: Iterable[tuple[int, str, str]]) -> None:
        """Write into cells of a table: position of the row, column and text of each; one step."""
        grid = self.tables[name]
        rows = [*grid.rows]
        for row, column, text in cells:
            if not 0 <= row < len(rows) or column not in grid.columns:
                what, fix = tr("There is no such cell."), tr("Look again.")
                raise ExplorerError(what, TABLES[name].file, fix)
            at = grid.columns.index(column)
            rows[row] = (*rows[row][:at], text[:LONGEST_CELL], *rows[row][at + 1 :])
        self._change(name, replace(grid, rows=tuple(rows)))

    def add_row(self, name: str, after: int) -> None:
        """
        Add a row below another, as a copy of it: its key and its sources are left blank; a
        `ScenarioError` if there are as many as a page takes.
        """
        grid = self.tables[name]
        model = grid.rows[after] if grid.rows else ("",) * len(grid.columns)
        keys = TABLES[name].key
        fresh = tuple(
            "" if column in keys or is_source(column) else cell
            for column, cell in zip(grid.columns, model, strict=True)
        )
        rows = (*grid.rows[: after + 1], fresh, *grid.rows[after + 1 :])
        self._change(name, replace(grid, rows=rows))

    def remove_row(self, name: str, row: int) -> None:
        """Remove a row."""
        grid = self.tables[name]
        self._change(name, replace(grid, rows=(*grid.rows[:row], *grid.rows[row + 1 :])))

    def add_column(self, name: str, column: str) -> None:
        """Add a column that the table may have, blank."""
        grid = self.tables[name]
        if column in self.addable(name):
            rows = tuple((*row, "") for row in grid.rows)
            self._change(name, Grid((*grid.columns, column), rows))

    def addable(self, name: str) -> list[str]:
        """The columns that a table may have and has not."""
        table, there = TABLES[name], self.tables[name].columns
        return [c.name for c in (*table.columns, *table.ranges) if c.name not in there]

    def undo(self) -> None:
        """Back to before the last step."""
        self._swap(self._steps.done, self._steps.undone)

    def redo(self) -> None:
        """The step that was undone last, again."""
        self._swap(self._steps.undone, self._steps.done)

    def _swap(self, taken: list[dict[str, Grid]], kept: list[dict[str, Grid]]) -> None:
        if taken:
            kept.append(self.tables)
            self.tables = taken.pop()

    def _change(self, name: str, grid: Grid) -> None:
        if grid == self.tables[name]:
            return
        _refuse_large(self.tables | {name: grid})
        self._steps.done = [*self._steps.done, self.tables][-MOST_STEPS:]
        self._steps.undone.clear()
        self.tables = self.tables | {name: grid}

    def _check(self, tables: dict[str, Grid], known: Checked | None) -> Checked:
        """What tables hold, of which those of `known` have been read already."""
        there = {} if known is None else known.tables
        fresh = {name: grid for name, grid in tables.items() if grid is not there.get(name)}
        files = (self._brought if known is None else known.files) | _texts(fresh)
        folder = Folder(InMemory(files), declared(), before=known and known.folder)
        unfit = [problem for name, grid in tables.items() for problem in _unfit(name, grid)]
        places = {(problem.file, problem.row, problem.column) for problem in unfit}
        numbers = {TABLES[name].file: _numbers(grid) for name, grid in tables.items()}
        found = [_with_number(each, numbers.get(each.file)) for each in folder.problems]
        others = [each for each in found if (each.file, each.row, each.column) not in places]
        problems = [*others, *unfit, *slow(folder.settings)]
        return Checked(files, tables, self._before, folder, problems)


def _texts(tables: Mapping[str, Grid]) -> dict[str, bytes]:
    """Their files; a row stands in the line of its number, the header being the first."""
    return {TABLES[name].file: csv_text.write(grid.frame).encode() for name, grid in tables.items()}


def _numbers(grid: Grid) -> dict[int, int]:
    """
    The number of each row by the line of the file that it begins in; nothing where they are the
    same, as no cell is of several lines.
    """
    numbers, line = {}, 1
    for number, cells in enumerate((grid.columns, *grid.rows), start=1):
        numbers[line] = number
        line += 1 + len(_BREAK.findall("".join(cells)))
    return numbers if line > len(numbers) + 1 else {}


def _with_number(problem: Problem, numbers: Mapping[int, int] | None) -> Problem:
    """A problem of a line as one of a row."""
    if not numbers or problem.row is None:
        return problem
    return replace(problem, row=numbers.get(problem.row, problem.row))


def _refuse_large(tables: Mapping[str, Grid]) -> None:
    refuse_large({name: len(grid.rows) for name, grid in tables.items()})


def _grids(files: Mapping[str, bytes]) -> dict[str, Grid]:
    """The tables among files, by name."""
    grids = {name: _grid(files.get(table.file), table.file) for name, table in TABLES.items()}
    return {name: grid for name, grid in grids.items() if grid is not None}


def _grid(data: bytes | None, file: str) -> Grid | None:
    """A table as text; None where there is none, or nothing that is laid out as one."""
    if data is None:
        return None
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    frame, problems = csv_text.read(text, file)
    if problems or frame.columns.empty or frame.columns.duplicated().any():
        return None
    return Grid(tuple(map(str, frame.columns)), tuple(frame.itertuples(index=False, name=None)))


def _unfit(name: str, grid: Grid) -> list[Problem]:
    """
    Cells and headings that a spreadsheet would run, as whoever opens the file has not asked for,
    and those that hold what nobody sees.
    """
    table = TABLES[name]
    known = (*table.columns, *table.ranges)
    numbers = {column.name for column in known if column.kind == "number"}
    rows = enumerate((grid.columns, *grid.rows), start=_FIRST_ROW - 1)
    cells = ((row, *cell) for row, texts in rows for cell in zip(grid.columns, texts, strict=True))
    return [
        Problem(table.file, row, column, text, *why)
        for row, column, text in cells
        if (why := _why_unfit(text, row >= _FIRST_ROW and column in numbers))
    ]


def _why_unfit(text: str, is_of_numbers: bool) -> tuple[str, str] | None:
    """What is wrong with a text wherever it stands, and what to do."""
    is_sum = text.startswith(("+", "-"))  # in a column of numbers, it is no number, and is said
    if is_formula(text) and not (is_sum and is_of_numbers):
        what = tr("spreadsheets take this for a formula, and tables hold values.")
        return what, tr("Write the value.")
    if not text.isprintable() and CONTROLS.search(text):
        what = tr("this holds control characters, which nobody sees.")
        return what, tr("Write it anew without them.")
    return None
