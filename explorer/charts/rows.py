"""Pictures of one row per thing, the first on top: where rows are, and horizontal bars in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.words import mark, tr

FEWEST = 6  # rows that a picture of many has room for, so that bars of few are not blocks


def row_places(count: int) -> NDArray[np.float64]:
    """Where the middles of rows are, from top to bottom."""
    return np.arange(count, 0.0, -1)


def horizontal_bars(
    left: NDArray, right: NDArray, half: NDArray | float, below: NDArray | float = 0.0
) -> dict[str, NDArray]:
    """
    Columns of bars, a row each.

    `half` is half of their height, `below` how far they lie below the middle of their row, both as
    shares of a row.
    """
    places = row_places(len(left)) - below
    return {"left": left, "right": right, "bottom": places - half, "top": places + half}


def bars_from_zero(values: NDArray) -> dict[str, NDArray]:
    """Columns of bars, a row each, from zero to a value on either side of it."""
    return horizontal_bars(np.minimum(values, 0.0), np.maximum(values, 0.0), 0.34)


def stacked(values: NDArray) -> tuple[NDArray, NDArray]:
    """
    Left and right ends of a bar for each row and part, shape (row, part): what is above zero
    stacks up to the right of it, what is below to the left.
    """
    above, below = (
        np.cumsum(part, axis=1) for part in (np.maximum(values, 0.0), np.minimum(values, 0.0))
    )
    is_above = values >= 0
    return np.where(is_above, above - values, below), np.where(is_above, above, below - values)


def row_range(count: int, fewest: int = 1) -> tuple[float, float]:
    """The vertical range of so many rows, with room for as many as there may be fewest."""
    return 0.4 - max(fewest - count, 0), count + 0.6


def left_out(shown: int, every: int, what: str) -> str:
    """How many of all regions, or inputs, are shown, where some are not."""
    return tr(_LEFT_OUT[what], shown, every) if shown < every else ""


_LEFT_OUT = {
    "of": mark("{} of {} regions"),
    "largest of": mark("{} largest of {} regions"),
    "most of": mark("{} most of {} regions"),
    "worst of": mark("{} worst of {} regions"),
    "inputs of": mark("{} of {} inputs"),
}


def reach_from_zero(values: NDArray, margin: float) -> tuple[float, float]:
    """From zero or the least below it to the most, which has a margin even where it is zero."""
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    room = margin * ((high - low) or 1.0)
    return (low - room if low < 0 else 0.0), high + room


def reach(values: NDArray, margin: float) -> tuple[float, float]:
    """From the least to the most, with a margin; beside zero only where there is something."""
    values = np.asarray(values, float)
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    if not high - low > 0:
        low, high = (low - 1.0, low + 1.0) if np.isfinite(low) and low != 0 else (0.0, 1.0)
    room = margin * (high - low)
    return (low if low == 0 else low - room), (high if high == 0 else high + room)
