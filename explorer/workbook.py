"""Tables as a workbook for spreadsheets, in which text is text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

LONGEST_SHEET = 31  # characters of a sheet's name
LONGEST_CELL = 32_767  # characters of a cell
_NOT_IN_NAMES = str.maketrans({character: " " for character in "[]:*?/\\'"})


def write_workbook(tables: Mapping[str, pd.DataFrame], file: Path | BinaryIO) -> None:
    """
    Write tables as the sheets of an XLSX file; numbers keep every digit.

    No cell is a formula: a name that begins with =, + or @ is written as the text that it is.
    """
    from openpyxl import Workbook  # noqa: PLC0415  only who writes one waits for it

    book = Workbook(write_only=True)
    for name, table in tables.items():
        sheet = book.create_sheet(name.translate(_NOT_IN_NAMES)[:LONGEST_SHEET])
        sheet.append([_cell(sheet, column) for column in table.columns])
        for row in table.itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _cell(sheet: Any, value: Any) -> Any:
    """A cell of its own type: no number for what is not finite, no formula for text."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bool | int) or (isinstance(value, float) and np.isfinite(value)):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", str(value))[:LONGEST_CELL])
    cell.data_type = "s"
    return cell
