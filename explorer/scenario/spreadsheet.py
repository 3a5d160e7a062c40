"""
Workbooks (XLSX) as tables: the values that their cells show. Formulas are never computed, links and
entities never followed.
"""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from explorer.errors import ExplorerError, Problem, ScenarioError, shortened
from explorer.scenario.archive import AGAIN_XLSX, read_parts
from explorer.scenario.bounds import MOST_ROWS
from explorer.scenario.csv_text import COMMENT
from explorer.words import tr

MOST_CELLS = 150_000  # of a workbook, blank ones included: round trips of 200 regions
MOST_COLUMNS = 300  # of a sheet
MOST_SHEETS = 30
LONGEST_CELL = 32_767  # characters, which is all that a spreadsheet lets in
MOST_S = 8.0  # of the processor, for reading a workbook: other longer work waits
_HOLDS_FORMULAS = re.compile(
    rb"<(?:\w+:)?f[\s/>]|^(?:\xff\xfe|\xfe\xff)"
)  # or hides them, in UTF-16
_COMPUTED = "f"  # openpyxl's types of cells that hold a formula, and an error
_FAILED = "e"


def read_workbook(data: bytes, name: str) -> dict[str, str]:
    """
    The sheets of a workbook as CSV text, by their names; a row stands in the line of its number.

    Parameters
    ----------
    data : bytes
        The XLSX file.
    name : str
        What it is called, for errors.

    Raises
    ------
    ExplorerError
        If it is no workbook, is too large, or holds entities of XML.
    ScenarioError
        If cells hold a formula without its value, or an error, or stand under no heading; it lists
        them all, of the last kind the first of each sheet.
    """
    import openpyxl  # noqa: PLC0415  # by whoever brings a workbook, and nobody else; reads XML by defusedxml

    deadline_s = time.thread_time() + MOST_S
    parts = read_parts(data, name)
    book = _repacked(parts)  # whose sizes are true
    try:
        shown = _opened(openpyxl, book, data_only=True)
        has_formulas = any(map(_HOLDS_FORMULAS.search, parts.values()))
        written = _opened(openpyxl, book, data_only=False) if has_formulas else shown
        if len(shown.worksheets) > MOST_SHEETS:
            what = tr("It has more than {} sheets.", MOST_SHEETS)
            raise ExplorerError(what, shortened(name), tr("Keep those of tables."))
        reader = _Reader(name, deadline_s)
        pairs = zip(shown.worksheets, written.worksheets, strict=True)
        texts = {of_values.title: reader.text(of_values, of_cells) for of_values, of_cells in pairs}
    except ExplorerError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, TypeError, AttributeError,
            IndexError, SyntaxError, EOFError) as error:  # fmt: skip  # openpyxl has no error of its own
        what = tr("It is not a workbook that can be read.")
        raise ExplorerError(what, shortened(name), tr(AGAIN_XLSX)) from error
    if reader.problems:
        raise ScenarioError(shortened(name), reader.problems)
    return texts


def _repacked(parts: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


def _opened(openpyxl: Any, data: bytes, data_only: bool) -> Any:
    return openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False
    )


class _Reader:
    """Reads sheet after sheet, up to what a workbook may have."""

    def __init__(self, name: str, deadline_s: float) -> None:
        self._name, self._deadline_s, self._cells = name, deadline_s, 0
        self.problems: list[Problem] = []

    def text(self, values: Any, cells: Any) -> str:
        """A sheet as CSV text, from its values and from what is written in its cells."""
        made = io.StringIO()
        writer = csv.writer(made, lineterminator="\n")
        width, lies_beside = 0, False  # of the headings, which are the first row
        for number, row in enumerate(self._rows(values, cells), start=1):
            if number > MOST_ROWS:
                self._refuse(tr("{}: it has more than {:,} rows.", values.title, MOST_ROWS))
            texts = [self._text(values.title, number, *cell) for cell in row]
            if used := _used(texts):
                width = width or used
                if used > width and not lies_beside:
                    lies_beside = True
                    self._note_no_heading(values.title, number, texts, row, width)
                texts += [""] * (width - len(texts))  # blank cells, as they count in a CSV file
                self._count(max(width - len(row), 0))
            writer.writerow(texts)
        return made.getvalue()

    def _rows(self, values: Any, cells: Any) -> Iterator[list[tuple[Any, Any]]]:
        """Of each cell the value and the cell, row by row; blank cells on the right are left out."""
        for sheet in (values, cells):
            sheet.reset_dimensions()  # what a file says of itself
        blank, follow = 0, None if values is cells else values.iter_rows()
        for written in cells.iter_rows():
            shown = written if follow is None else next(follow)
            if time.thread_time() > self._deadline_s:
                self._refuse(tr("Reading it takes more than {:g} s of the processor.", MOST_S))
            if len(shown) > MOST_COLUMNS:
                self._refuse(tr("{}: it has more than {} columns.", values.title, MOST_COLUMNS))
            row = [(value.value, cell) for value, cell in zip(shown, written, strict=True)]
            while row and row[-1][0] is None and row[-1][1].value is None:
                row.pop()
            if not row:  # at the end of a sheet there are none
                blank += 1
                continue
            yield from ([] for _ in range(blank))
            blank = 0
            self._count(len(row))
            yield row

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > MOST_CELLS:
            self._refuse(tr("It has more than {:,} cells.", MOST_CELLS))

    def _text(self, sheet: str, row: int, shown: Any, cell: Any) -> str:
        """A cell as it would stand in a CSV file."""
        kind = getattr(cell, "data_type", "")
        if kind == _COMPUTED and shown is None:
            what = tr("this is a formula whose value is not in the file.")
            fix = tr("Save it in a spreadsheet, or write the value.")
            self._note(sheet, row, cell, what, fix)
        elif kind == _FAILED or (kind == _COMPUTED and str(shown).startswith("#")):
            what = tr("this is an error of the spreadsheet.")
            self._note(sheet, row, cell, what, tr("Write a value."))
        text = _as_text(shown)
        if len(text) > LONGEST_CELL:
            what = tr("this has {:,} characters.", len(text))
            self._note(sheet, row, cell, what, tr("Shorten it."))
            return ""
        return text

    def _note_no_heading(
        self, sheet: str, number: int, texts: list[str], row: list[tuple[Any, Any]], width: int
    ) -> None:
        place = next(n for n in range(width, len(texts)) if texts[n].strip())
        what = tr("this stands under no heading.")
        fix = tr("Headings stand in the first row: name the column there, or clear the cell.")
        self._note(sheet, number, row[place][1], what, fix)

    def _note(self, sheet: str, row: int, cell: Any, what: str, fix: str) -> None:
        found = shortened(str(cell.value))
        where = tr("{}, sheet {}", shortened(self._name), shortened(sheet))
        self.problems.append(Problem(where, row, cell.column_letter, found, what, fix))

    def _refuse(self, what: str) -> None:
        fix = tr("Keep the tables of the scenario alone, or use CSV files.")
        raise ExplorerError(what, shortened(self._name), fix)


def _used(texts: list[str]) -> int:
    """How many cells of a row are a table's, those that are blank on the right left out; 0 of a comment."""
    if texts and texts[0].lstrip().startswith(COMMENT):
        return 0
    return next((n for n in range(len(texts), 0, -1) if texts[n - 1].strip()), 0)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, datetime) and not any((value.hour, value.minute, value.second)):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
