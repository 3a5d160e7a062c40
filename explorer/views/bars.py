"""What pictures of loads share: horizontal bars in named rows, which a scenario fills, and a latency budget's axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import holoviews as hv
import numpy as np
from bokeh.models import HoverTool
from numpy.typing import NDArray

from explorer.frontiers import Frontier
from explorer.views.drawing import Drawing, LivePane


def bars(
    drawing: Drawing, name: str, values: Sequence[str], colours: Sequence[str], tip: Sequence[tuple[str, str]]
) -> Any:
    """Rectangles without data; a column "color" says which of `colours` each has, `values` are there for the tip."""
    rows = [(0.0, 0.0, 1.0, 1.0, kind, *[0.0] * len(values)) for kind in (0.0, 1.0)]  # one alone would be no column
    return hv.Rectangles(rows, vdims=["kind", *values]).opts(
        color="kind", cmap=list(colours), clim=(-0.5, len(colours) - 0.5), line_alpha=0, default_tools=[],
        tools=[HoverTool(tooltips=list(tip))], hooks=[drawing.keep(name)],
    )  # fmt: skip


def labels(drawing: Drawing, name: str, **opts: Any) -> Any:
    """Words without data, black or white as a column "text_color" of 0 and 1 says."""
    rows = [(0.0, 0.0, "", kind) for kind in (0.0, 1.0)]
    return hv.Labels(rows, ["x", "y"], ["text", "kind"]).opts(
        text_color="kind", cmap=["black", "white"], clim=(-0.5, 1.5), text_font_size="12px", default_tools=[], tools=[],
        hooks=[drawing.keep(name)], **opts,
    )  # fmt: skip


def named_rows(drawing: Drawing, name: str) -> Any:
    """A hook: rows of a plot that `name_rows` names."""

    def hook(plot: Any, _element: Any) -> None:
        axis = plot.handles["yaxis"]
        axis.update(major_tick_line_color=None, minor_tick_line_color=None, major_label_text_font_size="13px")
        drawing.handles[name] = {"axis": axis, "ticker": axis.ticker, "range": plot.handles["y_range"]}

    return hook


def row_places(count: int) -> NDArray[np.float64]:
    """Where rows stand, from top to bottom."""
    return np.arange(count, 0.0, -1)


def name_rows(pane: LivePane, name: str, names: Sequence[str]) -> None:
    """What the rows are called, from top to bottom."""
    places = row_places(len(names)).astype(int).tolist()
    pane.configure(name, "ticker", ticks=places)
    pane.configure(name, "axis", major_label_overrides=dict(zip(places, names, strict=True)))
    pane.configure(name, "range", start=0.4, end=len(names) + 0.6)


def key(colour: str) -> str:
    """What stands for a colour in a text."""
    return f"<span style='color:{colour};font-size:18px;line-height:1'>■</span>"


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
