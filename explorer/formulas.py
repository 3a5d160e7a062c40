"""
Text that a spreadsheet takes for a formula, and runs, when somebody opens a CSV file: how it is
written so that none is run, and read again.
"""

from __future__ import annotations

import re

import pandas as pd

SHIELD = "'"  # before a text in a file, as spreadsheets have it
_BEGINS = re.compile(r"[=@\t\r\n]|[+-](?=.)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_formula(text: str) -> bool:
    """
    Whether a spreadsheet would run a text: a number it takes for one.

    >>> is_formula("=1+1"), is_formula("-A1"), is_formula("-1.5e3"), is_formula("Team A")
    (True, True, False, False)
    """
    return _BEGINS.match(text) is not None and _NUMBER.fullmatch(text) is None


def shielded(text: str) -> str:
    """
    A text as it stands in a cell of a file; of different texts, no two are the same there.

    >>> shielded("=1+1"), shielded("'=1+1"), shielded("O'Hara"), shielded("-5")
    ("'=1+1", "''=1+1", "O'Hara", '-5')
    """
    return f"{SHIELD}{text}" if is_formula(text.lstrip(SHIELD)) else text


def unshielded(text: str) -> str:
    """
    The text of such a cell.

    >>> unshielded("'=1+1"), unshielded("''=1+1"), unshielded("'tis")
    ('=1+1', "'=1+1", "'tis")
    """
    return text[1:] if text.startswith(SHIELD) and is_formula(text.lstrip(SHIELD)) else text


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts and headings stand as in a file; numbers are left alone."""
    safe = table.rename(columns=lambda name: shielded(name) if isinstance(name, str) else name)
    for n in range(safe.shape[1]):
        if pd.api.types.is_numeric_dtype(safe.dtypes.iloc[n]):
            continue
        cells = [shielded(cell) if isinstance(cell, str) else cell for cell in safe.iloc[:, n]]
        safe.isetitem(n, pd.Series(cells, index=safe.index, dtype=object))
    return safe
