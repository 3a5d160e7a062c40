"""The axis of a frontier: what grows along it, and the stretch of it that is worth seeing."""

from __future__ import annotations

from explorer.frontiers import Frontier


def budget_span(frontier: Frontier) -> tuple[float, float]:
    """The stretch of budget where something happens, as far as the present budget if that is near. [ms]"""
    first, last = (float(frontier.table["budget_ms"].iloc[end]) for end in (0, -1))
    margin, now = max(0.06 * (last - first), 5.0), frontier.current_ms
    far = (now if first - 10 * margin < now < first else first), (now if last < now < last + 10 * margin else last)
    return far[0] - margin, far[1] + margin


def budget_name(frontier: Frontier) -> str:
    """What grows along a frontier."""
    return "relaxation of all budgets" if frontier.over == "all" else f"latency budget of class {frontier.over}"


def budget_label(frontier: Frontier) -> str:
    """The label of its axis."""
    name = budget_name(frontier)
    return f"{name[0].upper()}{name[1:]} [ms]"
