"""
CSV files as tables of text: every cell as it stands, "NO" and "NA" too, and every row with its
line.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from explorer.errors import Problem
from explorer.formulas import SHIELD, shielded, unshielded
from explorer.words import mark, sentences, tr

MOST_COLUMNS = 1000
COMMENT = "#"  # begins a line that says something to people only
_QUOTES = mark(
    "Look for a double quote without its partner; a quote inside quotes is written twice."
)
_SEPARATOR_LINE = re.compile(
    r'\s*"?sep=(.)"?,*\s*'
)  # spreadsheets write it on top, and read it to know


def read(text: str, file: str, separator: str = ",") -> tuple[pd.DataFrame, list[Problem]]:
    """
    The cells of a CSV file, and what is wrong with its layout.

    The frame's index holds the line in which each row starts, the first line being 1. Blank lines,
    lines that begin with "#", a first line such as "sep=,", and blank columns without a name are
    skipped, and rows of the wrong length left out. Without a header that can be used there are no
    columns.
    """
    rows, problems = _rows(text, file, separator)

    def note(row: int | None, value: str | None, what: str, fix: str) -> None:
        problems.append(Problem(file, row, None, value, what, fix))

    if not rows:
        if not problems:
            fix = tr("Write a header and rows, or remove the file.")
            note(None, None, tr("the file is empty."), fix)
        return pd.DataFrame(), problems
    (first, header), *body = rows
    header = [name.strip() for name in header]
    if len(header) == 1 and any(other in header[0] for other in ";\t"):
        fix = tr("Save it as comma-separated values, with a point before the decimals.")
        note(first, header[0], tr("the cells are not separated by commas."), fix)
        return pd.DataFrame(), problems
    if len(header) > MOST_COLUMNS:
        fix = tr("Keep {} at most; is a line break missing after the header?", MOST_COLUMNS)
        note(first, None, tr("the table has {} columns.", len(header)), fix)
        return pd.DataFrame(), problems
    header, body = _without_blank_ends(header, body)
    wrong = [(line, len(cells)) for line, cells in body if len(cells) != len(header)]
    body = [(line, cells) for line, cells in body if len(cells) == len(header)]
    if "" in header:
        what = tr("column {} has no name.", header.index("") + 1)
        note(first, None, what, tr("Name it, or remove it."))
    if wrong:
        line, count = wrong[0]
        what = tr("the row has {} cells and the header {}.", count, len(header))
        if len(wrong) > 1:
            what = sentences(what, tr("So it is with {} more.", len(wrong) - 1))
        fix = tr(
            "Add or remove commas; put a cell with a comma of its own in double quotes. "
            "Decimals have a point."
        )
        note(line, None, what, fix)
    cells, lines = [cells for _, cells in body], [line for line, _ in body]
    return pd.DataFrame(
        cells, columns=header, index=pd.Index(lines, dtype=int), dtype=object
    ), problems


def header(text: str) -> list[str]:
    """The headings of a table; none where it cannot be read."""
    first = next((line for line in _Lines(text) if line.strip()), "")
    try:
        return next(csv.reader([first]), [])
    except csv.Error:
        return []


def _rows(
    text: str, file: str, separator: str
) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """The rows, each with the line in which it starts, up to the first that cannot be read."""
    lines = _Lines(text)
    reader, rows = csv.reader(lines, strict=True, delimiter=separator), []
    has_shields = SHIELD in text
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((lines.start, [*map(unshielded, cells)] if has_shields else cells))
            lines.start = None
    except csv.Error as error:
        what, fix = tr("the row cannot be read: {}.", error), tr(_QUOTES)
        if "field limit" in str(error):
            what = tr("a cell has more than {:,} characters.", csv.field_size_limit())
            fix = tr(
                "Shorten it. If it should be short: look for a double quote without its partner; "
                "a quote inside quotes is written twice."
            )
        return rows, [Problem(file, lines.start, None, None, what, fix)]
    return rows, []


class _Lines:
    """
    The lines of a file but for those that no row is in. A row may go over several: `start` is its
    first.
    """

    def __init__(self, text: str) -> None:
        self._text, self.start = text, None

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(io.StringIO(self._text, newline=""), start=1):
            if self.start is None:
                if line.lstrip().startswith(COMMENT) or (
                    number == 1 and _SEPARATOR_LINE.fullmatch(line)
                ):
                    continue
                self.start = number
            yield line


def _without_blank_ends(
    header: list[str], body: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and rows without the blank cells that spreadsheets write on the right of a table."""

    def width(cells: list[str]) -> int:
        return next((n for n in range(len(cells), 0, -1) if cells[n - 1].strip()), 0)

    named = width(header)
    used = max([named, *(width(cells) for _, cells in body if len(cells) == len(header))])
    if used > named:  # something stands under a heading without a name
        return header, body
    return header[:named], [(line, cells[: max(named, width(cells))]) for line, cells in body]


def write(table: pd.DataFrame) -> str:
    """
    The table as CSV text that `read` gives back cell by cell; numbers keep every digit, and no
    spreadsheet runs a text.
    """
    columns = [[_cell(value) for value in table[name].tolist()] for name in table.columns]
    rows = [[_cell(name) for name in table.columns], *zip(*columns, strict=True)]
    return "".join(",".join(row) + "\n" for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value).removesuffix(".0")
    value = shielded(value)
    # csv.writer would leave a lone carriage return bare, and csv.reader take it for the end of a
    # row
    is_bare = not any(mark in value for mark in ',"\r\n') and not value.lstrip().startswith(COMMENT)
    return value if is_bare else '"{}"'.format(value.replace('"', '""'))
