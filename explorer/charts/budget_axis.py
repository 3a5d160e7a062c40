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
    margin, now = max(0.06 * (last - first), 5.0), frontier.current_ms
    start = max(first - 3 * margin, frontier.strictest_ms - margin)
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
    (first_ms, last_ms), now_ms = budget_span(frontier), frontier.current_ms
    text = f"now: {duration(now_ms)}"
    return f"← {text}" if now_ms < first_ms else f"{text} →" if now_ms > last_ms else text


def budget_name(frontier: Frontier) -> str:
    """What grows along a frontier."""
    return (
        "relaxation of all budgets" if frontier.over == "all" else f"latency budget of class {as_shown(frontier.over)}"
    )


def budget_label(frontier: Frontier) -> str:
    """The label of its axis."""
    return f"{sentence(budget_name(frontier))} [ms]"
