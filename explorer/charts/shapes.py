"""
What pictures and figures of tables have in common: bars and lines without style, and the words around them.

Elements have dimensions of their own names, so that pictures side by side do not share axes that mean different things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.app.live.rows import row_places

Floats = NDArray[np.float64]
Tips = list[tuple[str, str]]

SAME_MW = 1e-6  # of a load: less is none


@dataclass(frozen=True)
class Shape:
    """A result as elements without style."""

    title: str  # what it finds; it may stand behind a colon
    parts: dict[str, Any]  # by name, the lowest first; an element's label is for the legend
    axes: dict[str, Any]  # options of the plot, which both backends know
    tips: dict[str, Tips] = field(default_factory=dict)  # what a pointer reads on a part
    rows: int = 0  # how many names the vertical axis has


def bars(columns: dict[str, Floats], of: tuple[str, str], hover: dict[str, Any], label: str) -> hv.Rectangles:
    """Rectangles whose ends are dimensions of these names, with what a pointer reads."""
    x, y = of
    ends = dict(zip((x, y, f"{x}_end", f"{y}_end"), ("left", "bottom", "right", "top"), strict=True))
    rows = {name: np.asarray(columns[end], float) for name, end in ends.items()}
    rows |= {name: np.asarray(values) for name, values in hover.items()}
    return hv.Rectangles(pd.DataFrame(rows), [*ends], [*hover], label=label)


def row_axes(xlabel: str, names: Sequence[str], values: Sequence[float] | Floats) -> dict[str, Any]:
    """The axes of bars in named rows, the first on top, as far as all values reach."""
    places = row_places(len(names)).tolist()
    return {
        "xlabel": xlabel,
        "ylabel": "",
        "yticks": list(zip(places, names, strict=True)),
        "xlim": reach(np.asarray(values, float), 0.04),
        "ylim": (0.45, len(names) + 0.55),
    }


def reach(values: Floats, margin: float) -> tuple[float, float]:
    """From the least to the most, with a margin; beside zero only where there is something."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    if not high - low > 0:
        low, high = (low - 1.0, low + 1.0) if np.isfinite(low) and low != 0 else (0.0, 1.0)
    room = margin * (high - low)
    return (low if low == 0 else low - room), (high if high == 0 else high + room)


def left_out(shown: int, every: int, what: str) -> str:
    """How many of all regions are shown, where some are not."""
    return f"{shown} {what} {every} regions" if shown < every else ""


def refuse_unknown(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(f"Unknown {what} {name!r}; use one of {', '.join(known)}.")
