"""Pictures of one row per thing, the first on top: horizontal bars, words on them, and what rows are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import FixedTicker, HoverTool
from numpy.typing import NDArray

from explorer.app.live.pane import Drawing, LivePane
from explorer.model.labels import NamesById
from explorer.text import elided

FEWEST = 6  # rows that a picture of many has room for, so that bars of few are not blocks
LONGEST = 44  # characters of a row's name with its figures
ROW_PX, AXIS_PX = 18, 62  # heights of a row that can be read, and of an axis with its label
WIDE_PX = 128  # for names that vary in length: the bars stay where they are


def rectangles(drawing: Drawing, name: str, values: Sequence[str] = (), **style: Any) -> Any:
    """Bars without data, with further columns."""
    bars = hv.Rectangles([(0.0, 0.0, 1.0, 1.0, *[0.0] * len(values))], vdims=list(values))
    return bars.opts(line_alpha=0, default_tools=[], hooks=[drawing.keep(name)], **({"tools": []} | style))


def bars(
    drawing: Drawing, name: str, values: Sequence[str], colours: Sequence[str], tip: Sequence[tuple[str, str]]
) -> Any:
    """Bars without data; a column "color" says which of `colours` each has, `values` are there for the tip."""
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


def row_places(count: int) -> NDArray[np.float64]:
    """Where the middles of rows are, from top to bottom."""
    return np.arange(count, 0.0, -1)


def lying(left: NDArray, right: NDArray, half: NDArray | float, below: NDArray | float = 0.0) -> dict[str, NDArray]:
    """Columns of bars, a row each: half their height, and how far below the middle of their row they lie."""
    places = row_places(len(left)) - below
    return {"left": left, "right": right, "bottom": places - half, "top": places + half}


def named_rows(drawing: Drawing, name: str, border_px: int | None = None) -> Any:
    """A hook: rows of a plot that `name_rows` names, with room for the names as they need it unless it is given."""

    def hook(plot: Any, _element: Any) -> None:
        axis = plot.handles["yaxis"]
        axis.update(ticker=FixedTicker(ticks=[]), major_label_text_font_size="13px")
        if border_px is not None:
            plot.state.min_border_left = border_px
        drawing.handles[name] = {
            "axis": axis, "ticker": axis.ticker, "range": plot.handles["y_range"], "plot": plot.state,
        }  # fmt: skip

    return hook


def name_rows(pane: LivePane, name: str, names: Sequence[str], fewest: int = 1, height_px: int | None = None) -> None:
    """
    What rows are called, from top to bottom, and room for as many as there may be fewest; tips say all of it.

    A plot whose height is given grows with rows that are too many for it.
    """
    places, spare = row_places(len(names)).astype(int).tolist(), max(fewest - len(names), 0)
    pane.configure(name, "ticker", ticks=places)
    labels = [elided(row, LONGEST) for row in names]
    pane.configure(name, "axis", major_label_overrides=dict(zip(places, labels, strict=True)))
    pane.configure(name, "range", start=0.4 - spare, end=len(names) + 0.6)
    if height_px is not None:
        pane.configure(name, "plot", height=max(height_px, AXIS_PX + ROW_PX * len(names)))


def with_names(table: pd.DataFrame, names: NamesById) -> pd.DataFrame:
    """A table of regions by what they are called; one that is no longer there keeps its id."""
    return table.assign(region=[names[region] for region in table["region"]])
