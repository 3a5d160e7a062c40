"""CSV files as tables of text: every cell as it stands, "NO" and "NA" too, and every row with its line."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import pandas as pd

from explorer.errors import Problem


def read(text: str, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """
    The cells of a CSV file, and what is wrong with its layout.

    The frame's index holds the line in which each row starts, the header being line 1. Blank lines are skipped,
    and rows of the wrong length left out. Without a header that can be used there are no columns.
    """
    rows, problems = _rows(text, file)

    def note(row: int | None, value: str | None, what: str, mend: str) -> None:
        problems.append(Problem(file, row, None, value, what, mend))

    if not rows:
        if not problems:
            note(None, None, "the file is empty.", "Write a header and rows, or remove the file.")
        return pd.DataFrame(), problems
    (first, header), *body = rows
    header = [name.strip() for name in header]
    if len(header) == 1 and any(separator in header[0] for separator in ";\t"):
        note(first, header[0], "the cells are not separated by commas.", "Save it as comma-separated values.")
        return pd.DataFrame(), problems
    if "" in header:
        note(first, None, f"column {header.index('') + 1} has no name.", "Name it, or remove it.")
    for line, cells in body:
        if len(cells) != len(header):
            what = f"the row has {len(cells)} cells and the header {len(header)}."
            note(line, None, what, "Add or remove commas; put a cell with a comma of its own in double quotes.")
    body = [(line, cells) for line, cells in body if len(cells) == len(header)]
    cells, lines = [cells for _, cells in body], [line for line, _ in body]
    return pd.DataFrame(cells, columns=header, index=pd.Index(lines, dtype=int), dtype=object), problems


def _rows(text: str, file: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """The rows, each with the line in which it starts, up to the first that cannot be read."""
    reader, rows, line = csv.reader(io.StringIO(text, newline=""), strict=True), [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        mend = "Look for a double quote without its partner; a quote inside quotes is written twice."
        return rows, [Problem(file, line, None, None, f"the row cannot be read: {error}.", mend)]
    return rows, []


def write(table: pd.DataFrame) -> str:
    """The table as CSV text that `read` gives back cell by cell; numbers keep every digit."""
    columns = [[_cell(value) for value in table[name].tolist()] for name in table.columns]
    rows = [[_cell(name) for name in table.columns], *zip(*columns, strict=True)]
    return "".join(",".join(row) + "\n" for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value).removesuffix(".0")
    # csv.writer would leave a lone carriage return bare, and csv.reader take it for the end of a row
    return '"{}"'.format(value.replace('"', '""')) if any(mark in value for mark in ',"\r\n') else value
