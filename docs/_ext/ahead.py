"""
Public names that the pages use and the package does not have yet, made from what it has.

A name goes from here when `explorer.__all__` has it; when none is left, so does this file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import explorer


def figure(result: Any, path: str | Path) -> Path:
    """Write a result as a figure for print."""
    if not isinstance(result, pd.DataFrame):
        return result.figure(path)
    from explorer.charts import draw, figures

    if "pays" in result:
        return figures.break_even_figure(result, path)
    return draw.figure(result, path)


NAMES: dict[str, Callable[..., Any] | None] = {  # None: named in the text, in no cell
    "figure": figure,
    "plot": None,
    "remedies": getattr(explorer, "mends", None),
    "concentration": None,
}
for name, made in NAMES.items():
    if made is not None and not hasattr(explorer, name):
        setattr(explorer, name, made)
