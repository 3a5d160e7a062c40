"""Marks an answer: says what is off, not only that something is, and never the answer itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, log10
from typing import Any

from explorer.units import HOURS_PER_YEAR

TOLERANCE = 0.006  # relative: three digits are enough
_MIXED_UP = ((60.0, "minutes"), (3600.0, "seconds"), (24.0, "days"), (HOURS_PER_YEAR, "years"))


@dataclass(frozen=True)
class Verdict:
    """What a notebook shows below an answer."""

    right: bool | None  # None: not answered yet
    says: str

    def __repr__(self) -> str:
        return {True: "✓ ", False: "✗ ", None: "… "}[self.right] + self.says


def mark(
    answer: Any,
    expected: Callable[[], float],
    unit: str,
    because: str = "",
    slips: Mapping[str, Callable[[], float]] | None = None,
) -> Verdict:
    """
    Mark an answer.

    Parameters
    ----------
    answer : number, optional
        In `unit`; dots or None where there is none yet.
    expected : callable
        The right one; computed only where there is an answer.
    unit : str
    because : str, optional
        Said when it is right.
    slips : mapping, optional
        What went wrong, to what comes out then.

    Examples
    --------
    >>> mark(3.0, lambda: 3.0, "GB", "Three of one.")
    ✓ 3 GB. Three of one.
    >>> mark(2, lambda: 3.0, "GB", slips={"That leaves out one.": lambda: 2.0})
    ✗ That leaves out one.
    >>> mark(3000, lambda: 3.0, "GB")
    ✗ The digits are right, but it is 1,000 times too large: look at the units. The answer is in GB.
    """
    if answer is ... or answer is None:
        return Verdict(None, f"Not answered yet. A number in {unit}.")
    value = _number(answer)
    if value is None:
        return Verdict(False, f"That is not a number. The answer is one number, in {unit}.")
    right = expected()
    if _same(value, right):
        return Verdict(True, f"{_figure(right)} {unit}. {because}".rstrip())
    for slip, wrong in (slips or {}).items():
        if _same(value, wrong()):
            return Verdict(False, slip)
    return Verdict(False, _what_is_off(value, right, unit))


def _number(answer: Any) -> float | None:
    if isinstance(answer, bool | str):
        return None
    try:
        value = float(answer)
    except (TypeError, ValueError):
        return None
    return value if isfinite(value) else None


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"


def _same(value: float, other: float) -> bool:
    return abs(value - other) <= TOLERANCE * max(abs(other), 1e-9)


def _what_is_off(value: float, expected: float, unit: str) -> str:
    """Sign, unit, order of magnitude, or how much; never the answer itself."""
    if value == 0 or expected == 0:
        return f"It is not {'zero' if value == 0 else 'that much'}."
    if _same(-value, expected):
        return "The size is right, the sign is not: read again what counts as positive."
    if (value < 0) != (expected < 0):
        return "The sign is wrong, and so is the size."
    ratio = value / expected
    power = round(log10(ratio))
    if power and _same(ratio, 10.0**power):
        factor, way = 10 ** abs(power), "large" if power > 0 else "small"
        slip = f"it is {factor:,} times too {way}: look at the units"
        return f"The digits are right, but {slip}. The answer is in {unit}."
    for factor, what in _MIXED_UP:
        if _same(ratio, factor) or _same(ratio, 1 / factor):
            return f"Off by {factor:,.0f}: hours and {what} were mixed up. The answer is in {unit}."
    if abs(log10(ratio)) >= 1:
        return f"The order of magnitude is off: it is {'far too large' if ratio > 1 else 'far too small'}."
    size = "large" if ratio > 1 else "small"
    return f"It is {abs(ratio - 1):.0%} too {size}: a term may be missing or counted twice."
