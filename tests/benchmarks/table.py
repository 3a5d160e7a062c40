"""The table of benchmarks: what is measured, against what, and how much of it is allowed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")
Pairs = Iterator[tuple[float, float]]  # ours and the peer's, measured one right after the other


@dataclass(frozen=True)
class Row:
    """
    One line of the table. Its ratio is the median of paired ratios, so a slow moment of the machine
    hits both.
    """

    what: str
    against: str
    at_most: float | None  # bar of the ratio; None: shown for comparison
    unit: str  # of both samples: "s" or "MB"; where there is no peer, "kB" against 1
    pairs: Callable[[], Pairs]


ROWS: list[Row] = []


def row(
    what: str, against: str, at_most: float | None = None, unit: str = "s"
) -> Callable[[Callable[[], Pairs]], Callable[[], Pairs]]:
    """Enter a function that yields pairs into the table."""

    def enter(pairs: Callable[[], Pairs]) -> Callable[[], Pairs]:
        ROWS.append(Row(what, against, at_most, unit, pairs))
        return pairs

    return enter


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """How long it took [s], and what came out."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def agree(ours: float, theirs: float) -> None:
    """A fast wrong answer is no result: raise unless both found the same optimum."""
    if not np.isclose(ours, theirs, rtol=1e-6, atol=1e-3):
        raise AssertionError(f"Optima differ: {ours!r} and {theirs!r}.")


HEADER = ("what", "against", "ours", "peer", "ratio", "middle half", "at most", "")
WIDTHS = (52, 46, 9, 9, 7, 13, 7, 4)


def line(cells: tuple[str, ...]) -> str:
    """Cells in columns: words to the left, numbers to the right."""
    left = [cell.ljust(width) for cell, width in zip(cells[:2], WIDTHS[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(cells[2:], WIDTHS[2:], strict=True)]
    return "  ".join(left + right).rstrip()


def measure(entry: Row) -> tuple[str, bool]:
    """Measure a row: its line in the table, and whether it keeps its bar."""
    ours, theirs = np.array(list(entry.pairs())).T
    low, ratio, high = np.quantile(ours / theirs, (0.25, 0.5, 0.75))
    passed = entry.at_most is None or bool(ratio <= entry.at_most)
    cells = (
        entry.what,
        entry.against,
        _quantity(np.median(ours), entry.unit),
        _quantity(np.median(theirs), entry.unit),
        f"{ratio:.3g}",
        f"{low:.2g} to {high:.2g}",
        "" if entry.at_most is None else f"{entry.at_most:.3g}",
        "" if entry.at_most is None else "pass" if passed else "MISS",
    )
    return line(cells), passed


def _quantity(value: float, unit: str) -> str:
    return f"{value * 1000:.3g} ms" if unit == "s" and value < 1 else f"{value:.3g} {unit}"
