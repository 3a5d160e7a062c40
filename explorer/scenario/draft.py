"""A scenario that somebody is working on: tables as they were typed, right or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from explorer.errors import ExplorerError, Problem, ScenarioError
from explorer.scenario import csv_text
from explorer.scenario.bounds import refuse_large, refuse_long
from explorer.scenario.files import InMemory
from explorer.scenario.folder import Folder
from explorer.scenario.own_figures import with_own_sources
from explorer.scenario.scenario import Scenario, declared
from explorer.scenario.schema import TABLES
from explorer.scenario.validation import is_source

MOST_STEPS = 200  # that can be undone
LONGEST_CELL = 32_767  # characters
_BEGINS_FORMULA = ("=", "@", "\t", "\r")  # what spreadsheets run when they open the file
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
        self._files = dict(files)
        self.tables = _grids(files)
        _refuse_large(self.tables)
        self._before = self.tables if before is None else _grids(before)
        self._steps = _Steps()
        self._write(self.tables)
        self._folder = Folder(InMemory(self._files), declared())
        self._problems = self._found()

    @property
    def problems(self) -> list[Problem]:
        """Everything wrong, with the row and the column of each cell."""
        return self._problems

    @property
    def title(self) -> str:
        """What the settings call it, as far as they can be read."""
        return str(self._folder.settings.get("title", ""))

    @property
    def lines(self) -> Mapping[str, pd.Index]:
        """For each table, the row in its file of each of its rows."""
        return self._folder.lines

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
        return dict(self._files)

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
        before = {name: grid.frame for name, grid in self._before.items()}
        sourced = with_own_sources(frames, before)
        texts = {TABLES[name].file: csv_text.write(frame) for name, frame in sourced.items()}
        return Scenario.from_files(
            self._files | {file: text.encode() for file, text in texts.items()}
        )

    def edit(self, name: str, cells: Iterable[tuple[int, str, str]]) -> None:
        """Write into cells of a table: position of the row, column and text of each; one step."""
        grid = self.tables[name]
        rows = [list(row) for row in grid.rows]
        for row, column, text in cells:
            if not 0 <= row < len(rows) or column not in grid.columns:
                raise ExplorerError("There is no such cell.", TABLES[name].file, "Look again.")
            rows[row][grid.columns.index(column)] = text[:LONGEST_CELL]
        self._change(name, replace(grid, rows=tuple(map(tuple, rows))))

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
            self._set(taken.pop())

    def _change(self, name: str, grid: Grid) -> None:
        if grid == self.tables[name]:
            return
        _refuse_large(self.tables | {name: grid})
        self._steps.done = [*self._steps.done, self.tables][-MOST_STEPS:]
        self._steps.undone.clear()
        self._set(self.tables | {name: grid})

    def _set(self, tables: dict[str, Grid]) -> None:
        self._write({name: grid for name, grid in tables.items() if grid is not self.tables[name]})
        self.tables = tables
        self._folder = Folder(InMemory(self._files), declared(), before=self._folder)
        self._problems = self._found()

    def _write(self, tables: Mapping[str, Grid]) -> None:
        """The texts of their files; a row stands in the line of its number, the header being the first."""
        texts = {TABLES[name].file: csv_text.write(grid.frame) for name, grid in tables.items()}
        # others may be reading those there were
        self._files = self._files | {file: text.encode() for file, text in texts.items()}

    def _found(self) -> list[Problem]:
        """What is wrong with the files, and with cells that are formulas."""
        formulas = (_formulas(name, grid) for name, grid in self.tables.items())
        return [*self._folder.problems, *(problem for found in formulas for problem in found)]


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


def _formulas(name: str, grid: Grid) -> list[Problem]:
    """Cells that a spreadsheet would run: whoever opens the file has not asked for that."""
    what, fix = "this is a formula, and tables hold values.", "Write the value."
    return [
        Problem(TABLES[name].file, position + _FIRST_ROW, column, cell, what, fix)
        for position, row in enumerate(grid.rows)
        for column, cell in zip(grid.columns, row, strict=True)
        if cell.startswith(_BEGINS_FORMULA)
    ]
