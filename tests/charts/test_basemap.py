"""The world under the data is all there, and goes to a page in few pieces."""

import numpy as np
from bokeh.models.glyphs import Patches
from screens import drawn

from explorer.charts.backends.basemap import basemap
from explorer.charts.backends.outlines import outlines
from explorer.charts.projection import on_map


def test_land_and_borders_are_each_one_array_with_every_point_of_the_file():
    plot = drawn(basemap())
    (polygons, _) = plot.renderers
    glyphs = {
        polygons.glyph,
        polygons.selection_glyph,
        polygons.nonselection_glyph,
        polygons.muted_glyph,
    }
    assert {type(glyph) for glyph in glyphs if glyph not in (None, "auto")} == {
        Patches
    }  # the browser draws them all
    land, borders = (renderer.data_source.data for renderer in plot.renderers)
    for columns, name in ((land, "land"), (borders, "borders")):
        for axis, filed in zip("xy", np.float32(on_map(*outlines(name))), strict=True):
            (values,) = columns[f"{axis}s"]
            assert values.dtype == np.float32
            assert sorted(values[np.isfinite(values)]) == sorted(filed[np.isfinite(filed)])
            assert np.isnan(values).sum() == np.isnan(filed).sum()
