"""
The axis of a latency budget: what grows along it, the stretch worth seeing, and the mark of the
present budget.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.charts.chart import Columns, Mark
from explorer.measures.frontier import Frontier
from explorer.model.labels import as_shown
from explorer.text import format_duration, sentence
from explorer.words import tr


@dataclass(frozen=True)
class BudgetAxis:
    """
    The stretch of budget where something happens, and some of where load goes unserved. [ms]

    As far as the present budget if that is near; the mark of one beyond is drawn at the end, and
    says so.
    """

    first_ms: float
    last_ms: float
    now_ms: float

    @classmethod
    def of(cls, frontier: Frontier) -> BudgetAxis:
        """The axis of a frontier."""
        first, last = (float(frontier.table["budget_ms"].iloc[end]) for end in (0, -1))
        return cls.along(first, last, frontier.strictest_ms, frontier.current_ms)

    @classmethod
    def along(cls, first: float, last: float, strictest: float, now: float) -> BudgetAxis:
        """The axis of steps from first to last, by the strictest budget, and that of now. [ms]"""
        margin = max(0.06 * (last - first), 5.0)
        start = max(first - 3 * margin, strictest - margin)
        if first - 10 * margin < now < first:
            start = min(start, now - margin)
        return cls(start, (now if last < now < last + 10 * margin else last) + 2 * margin, now)

    @property
    def ends(self) -> tuple[float, float]:
        """Where it begins and ends. [ms]"""
        return self.first_ms, self.last_ms

    @property
    def has_now(self) -> bool:
        """Whether the present budget lies on it."""
        return self.first_ms <= self.now_ms <= self.last_ms

    @property
    def now_text(self) -> str:
        """Where the present budget is, or that it is beyond the axis, and at which end."""
        text = tr("now: {}", format_duration(self.now_ms))
        return (
            f"← {text}"
            if self.now_ms < self.first_ms
            else f"{text} →"
            if self.now_ms > self.last_ms
            else text
        )


def now_marks(name: str) -> tuple[Mark, ...]:
    """
    The mark of the present budget, and that of one beyond the axis at the end it is nearest to,
    with words.
    """
    return (
        Mark(name, "vertical", ("now",)),
        Mark(f"{name} beyond", "vertical", ("beyond",)),
        Mark(f"{name} before", "words", ("beyond",), size=14, align="left", on_paper=True),
        Mark(f"{name} after", "words", ("beyond",), size=14, align="right", on_paper=True),
    )


def now_columns(name: str, axis: BudgetAxis, middle: float) -> dict[str, Columns]:
    """Columns of `now_marks`; words lie at `middle` of the vertical axis, where lines are few."""
    at_ms = np.array([min(max(axis.now_ms, axis.first_ms), axis.last_ms)])
    if axis.has_now:
        return {name: {"x": at_ms}}
    words = {"x": at_ms, "y": np.array([middle]), "text": np.array([axis.now_text], object)}
    end = "before" if axis.now_ms < axis.first_ms else "after"
    return {f"{name} beyond": {"x": at_ms}, f"{name} {end}": words}


def now_labels(name: str, axis: BudgetAxis) -> dict[str, tuple[str, ...]]:
    """What a legend says of `now_marks`."""
    return {name: (axis.now_text,), f"{name} beyond": (axis.now_text,)}


def name_of(over: str) -> str:
    """What grows along a frontier over that class, or over "all"."""
    return (
        tr("relaxation of all budgets")
        if over == "all"
        else tr("latency budget of class {}", as_shown(over))
    )


def label_of(over: str) -> str:
    """The label of the axis of a frontier over that class, or over "all"."""
    return f"{sentence(name_of(over))} [ms]"
