"""The axis of a frontier: what grows along it, and the stretch of it that is worth seeing."""

from __future__ import annotations

from explorer.measures.frontier import Frontier
from explorer.model.labels import as_shown
from explorer.text import duration, sentence


def budget_span(frontier: Frontier) -> tuple[float, float]:
    """
    The stretch of budget where something happens, and some of where load goes unserved. [ms]

    As far as the present budget if that is near; the mark of one beyond is drawn at the end, and says so.
    """
    first, last = (float(frontier.table["budget_ms"].iloc[end]) for end in (0, -1))
    return span_ms(first, last, frontier.strictest_ms, frontier.current_ms)


def span_ms(first: float, last: float, strictest: float, now: float) -> tuple[float, float]:
    """`budget_span` of a frontier by its first and last step, the strictest budget, and that of now. [ms]"""
    margin = max(0.06 * (last - first), 5.0)
    start = max(first - 3 * margin, strictest - margin)
    if first - 10 * margin < now < first:
        start = min(start, now - margin)
    return start, (now if last < now < last + 10 * margin else last) + 2 * margin


def is_on_axis(frontier: Frontier) -> bool:
    """Whether the budget of the scenario lies within `budget_span`."""
    first_ms, last_ms = budget_span(frontier)
    return first_ms <= frontier.current_ms <= last_ms


def now_label(frontier: Frontier) -> str:
    """
    What the mark of the present budget says: where it is, or that it is beyond the axis, and at which end.

    A mark beyond is drawn at the end of the axis that it is nearest to.
    """
    return now_words(budget_span(frontier), frontier.current_ms)


def now_words(span: tuple[float, float], now_ms: float) -> str:
    """`now_label` of an axis by its ends and the present budget. [ms]"""
    first_ms, last_ms = span
    text = f"now: {duration(now_ms)}"
    return f"← {text}" if now_ms < first_ms else f"{text} →" if now_ms > last_ms else text


def budget_name(frontier: Frontier) -> str:
    """What grows along a frontier."""
    return name_of(frontier.over)


def name_of(over: str) -> str:
    """What grows along a frontier over that class, or over "all"."""
    return "relaxation of all budgets" if over == "all" else f"latency budget of class {as_shown(over)}"


def budget_label(frontier: Frontier) -> str:
    """The label of its axis."""
    return label_of(frontier.over)


def label_of(over: str) -> str:
    """The label of the axis of a frontier over that class, or over "all"."""
    return f"{sentence(name_of(over))} [ms]"
