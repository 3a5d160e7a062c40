"""Pictures of one row per thing, whose names and number change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.views.drawing import Drawing, LivePane

FEWEST = 6  # rows that a picture has room for, so that bars of few are not blocks
_BORDER_PX = 128  # the names' part of the picture, the same whatever they are


def rectangles(drawing: Drawing, name: str, values: Sequence[str] = (), **style: Any) -> Any:
    """Horizontal bars without data, with further columns."""
    bars = hv.Rectangles([(0.0, 0.0, 1.0, 1.0, *[0.0] * len(values))], vdims=list(values))
    return bars.opts(line_alpha=0, default_tools=[], hooks=[drawing.keep(name)], **({"tools": []} | style))


def lying(left: NDArray, right: NDArray, half: NDArray | float, below: NDArray | float = 0.0) -> dict[str, NDArray]:
    """Columns of bars, the first on top: half their height, and how far below the middle of their row they lie."""
    places = places_of(len(left)) - below
    return {"left": left, "right": right, "bottom": places - half, "top": places + half}


def places_of(rows: int) -> NDArray:
    """Where the middles of rows are, from top to bottom."""
    return -np.arange(float(rows))


def name_rows(pane: LivePane, element: str, names: Sequence[str]) -> None:
    """Say what rows are called, and make room for them."""
    places = places_of(len(names)).tolist()
    pane.configure(element, "yaxis", major_label_overrides=dict(zip(places, names, strict=True)))
    pane.set_range(element, "y_range", -max(len(names), FEWEST) + 0.4, 0.6)


def row_axis(most: int) -> dict[str, Any]:
    """Options of a plot with that many rows at most."""
    return {"yticks": places_of(most).tolist(), "ylabel": "", "hooks": [_fixed_border]}


def _fixed_border(plot: Any, _element: Any) -> None:
    plot.state.min_border_left = _BORDER_PX


def with_names(table: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """A table of regions by what they are called; one that is no longer there keeps its id."""
    names = dict(zip(regions["id"], regions["name"], strict=True))
    return table.assign(region=[names.get(region, region) for region in table["region"]])


def short(name: str) -> str:
    """
    A name without what it says in brackets.

    >>> short("Texas (Dallas - Midlothian)")
    'Texas'
    """
    return name.split(" (")[0]
