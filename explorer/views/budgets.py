"""The axis of a frontier: what grows along it, and the stretch of it that is worth seeing."""

from __future__ import annotations

from explorer.frontiers import Frontier
from explorer.labels import as_shown
from explorer.views.text import sentence


def budget_span(frontier: Frontier) -> tuple[float, float]:
    """
    The stretch of budget where something happens, and some of where load goes unserved. [ms]

    As far as the present budget if that is near; a mark for one beyond is drawn at the end.
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


def budget_name(frontier: Frontier) -> str:
    """What grows along a frontier."""
    return (
        "relaxation of all budgets" if frontier.over == "all" else f"latency budget of class {as_shown(frontier.over)}"
    )


def budget_label(frontier: Frontier) -> str:
    """The label of its axis."""
    return f"{sentence(budget_name(frontier))} [ms]"
