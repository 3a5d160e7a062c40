"""The world under the data: land and borders, read and projected once per process."""

from __future__ import annotations

from functools import cache
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
import numpy as np
from bokeh.models.glyphs import MultiPolygons, Patches
from numpy.typing import NDArray

from explorer.charts.backends.bokeh import BOKEH
from explorer.charts.backends.map_crs import screen_crs
from explorer.charts.backends.outlines import outlines
from explorer.charts.backends.packages import for_maps
from explorer.charts.palette import LAND
from explorer.charts.projection import EDGE_M, on_map

EXTENT_X = (-EDGE_M, EDGE_M)
EXTENT_Y = tuple(float(y) for y in on_map([-52.0, 78.0], [0.0, 0.0])[1])


@cache
def basemap() -> hv.Overlay:
    """Land as one NaN-separated shape and borders as one line: for plots that are drawn once."""
    return _drawn(hv)


def geographic_basemap() -> hv.Overlay:
    """The same as GeoViews elements with their projection, which draw in four times the time."""
    return _drawn(for_maps("geoviews"), crs=screen_crs())


def _drawn(elements: Any, **crs: Any) -> hv.Overlay:
    land, borders = map(_projected, ("land", "borders"))
    grey = {"color": LAND, "tools": [], "default_tools": [], "hooks": [_in_one_piece]}
    return hv.Overlay(
        [
            elements.Polygons([land], ["x", "y"], **crs).opts(
                **grey, fill_alpha=0.28, line_alpha=0.0, backend=BOKEH
            ),
            elements.Path([borders], ["x", "y"], **crs).opts(
                **grey, line_alpha=0.45, line_width=0.6, backend=BOKEH
            ),
        ]
    )


def _projected(kind: str) -> dict[str, NDArray]:
    x, y = on_map(*outlines(kind))
    return {"x": x.astype(np.float32), "y": y.astype(np.float32)}


def _in_one_piece(plot: Any, _element: Any) -> None:
    """
    A hook: HoloViews takes shapes apart where they are separated, and every piece would be sent by
    itself.
    """
    source, renderer = plot.handles["cds"], plot.handles["glyph_renderer"]
    if isinstance(renderer.glyph, MultiPolygons):
        style: Any = renderer.glyph.properties_with_values(include_defaults=False)
        renderer.glyph = Patches(**style)
        for variant in (
            "selection_glyph",
            "nonselection_glyph",
            "muted_glyph",
        ):  # of the other kind still
            setattr(renderer, variant, None)
    source.data = {name: [_joined(pieces)] for name, pieces in source.data.items()}


def _joined(pieces: Any) -> NDArray:
    """Arrays, however they are nested, as one with NaN between them."""
    if isinstance(pieces, np.ndarray) and pieces.dtype != object:
        return pieces
    gap = np.array([np.nan], np.float32)
    return np.concatenate([part for piece in pieces for part in (gap, _joined(piece))][1:])
