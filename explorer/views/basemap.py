"""The world under the data: land and borders, already projected, read once per process."""

from __future__ import annotations

from functools import cache

import holoviews as hv
import numpy as np
from cartopy.crs import GOOGLE_MERCATOR

from explorer.geo import MERCATOR_EDGE_M, mercator_m
from explorer.paths import ASSETS

MERCATOR = GOOGLE_MERCATOR
EXTENT_X = (-MERCATOR_EDGE_M, MERCATOR_EDGE_M)
EXTENT_Y = tuple(float(y) for y in mercator_m([-52.0, 72.0], [0.0, 0.0])[1])


@cache
def basemap() -> hv.Overlay:
    """Land as one NaN-separated shape and borders as one line, in Web Mercator metres."""
    with np.load(ASSETS / "basemap_mercator.npz") as outlines:
        land, borders = ({"x": outlines[f"{name}_x"], "y": outlines[f"{name}_y"]} for name in ("land", "borders"))
    grey = {"color": "#8d99a6", "tools": [], "default_tools": []}
    return hv.Overlay(
        [
            hv.Polygons([land], ["x", "y"]).opts(**grey, fill_alpha=0.28, line_alpha=0.0),
            hv.Path([borders], ["x", "y"]).opts(**grey, line_alpha=0.45, line_width=0.6),
        ]
    )
