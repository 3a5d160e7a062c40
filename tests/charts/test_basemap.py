"""The world under the data is all there, and goes to a page in few pieces."""

import numpy as np
from bokeh.models.glyphs import Patches
from screens import drawn

from explorer.charts.backends.basemap import basemap
from explorer.packaged_data import ASSETS


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
    with np.load(ASSETS / "basemap_mercator.npz") as outlines:
        for columns, name in ((land, "land"), (borders, "borders")):
            for axis in "xy":
                (values,) = columns[f"{axis}s"]
                kept, filed = (v[np.isfinite(v)] for v in (values, outlines[f"{name}_{axis}"]))
                assert values.dtype == np.float32
                assert sorted(kept) == sorted(filed)
                assert np.isnan(values).sum() == np.isnan(outlines[f"{name}_{axis}"]).sum()
