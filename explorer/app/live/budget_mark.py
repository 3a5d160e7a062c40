"""The mark of the present budget on an axis of budgets; one that lies beyond the axis says so at its end."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np

from explorer.app.live.pane import Drawing, LivePane
from explorer.charts.budget_axis import BudgetAxis
from explorer.measures.frontier import Frontier

NOW = "#c2185b"


def now_mark(drawing: Drawing, name: str) -> list[Any]:
    """A line and words without data, for `place_now`."""
    two = np.arange(2.0)
    line = hv.VLine(0).opts(color=NOW, line_width=2, visible=False, hooks=[drawing.keep(name)])
    words = hv.Labels((two, two, ["", " "]), ["x", "y"], "words").opts(
        text_color=NOW, text_font_size="12px", text_baseline="middle", default_tools=[], tools=[],
        hooks=[_on_paper, drawing.keep(f"{name} beyond")],
    )  # fmt: skip
    return [line, words]


def place_now(pane: LivePane, name: str, frontier: Frontier, middle: float) -> None:
    """Move the mark to where the scenario is; its words lie in the middle of the vertical axis, where lines are few."""
    axis = BudgetAxis.of(frontier)
    (first_ms, last_ms), now_ms, beyond = axis.ends, axis.now_ms, not axis.has_now
    at_ms = min(max(now_ms, first_ms), last_ms)
    pane.configure(name, "glyph", location=at_ms, visible=True, line_dash=[4, 4] if beyond else [])
    align, offset_px = ("left", 5) if now_ms < first_ms else ("right", -5)
    pane.configure(f"{name} beyond", "glyph", text_align=align, x_offset=offset_px)
    rows = [(at_ms, middle, axis.now_text)] if beyond else []
    x, y = (np.array([row[n] for row in rows], float) for n in (0, 1))
    pane.update(f"{name} beyond", x=x, y=y, words=np.array([row[2] for row in rows], object))


def _on_paper(plot: Any, _element: Any) -> None:
    """A hook: words that can be read on lines and bars, in light and dark."""
    plot.handles["glyph"].update(background_fill_color="white", background_fill_alpha=0.85, padding=2, border_radius=3)
