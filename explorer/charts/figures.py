"""
Results as figures for print: SVG, PDF or PNG, sized in millimetres, drawn by HoloViews' matplotlib backend.

As with pictures, a result that is an object writes itself, `placement.figure(path)`, `placement.layers_figure(path)`
and `frontier.figure(path)`; a table is handed to the function of its own name and `_figure`, as in
`break_even_figure(table, path)`, or to `explorer.charts.draw.figure`. A journal's column is about 88 mm wide, two are
180 mm. Nothing is told apart by hue alone: it is by line style, marker, hatching or luminance too, so that figures can
be read in grey.
"""

from __future__ import annotations

from pathlib import Path

import holoviews as hv
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from explorer.charts.backends.page import (
    INK,
    LESS,
    MORE,
    MPL,
    OUR_OWN,
    PALE,
    SAME,
    filled,
    page,
)
from explorer.charts.elements import (
    FORBIDDEN,
    LAYER_COLOURS,
    LOSES,
    PAYS,
    friction_span,
    layers_table,
    pairs_by_status,
)
from explorer.model.placement import LAYERS, Placement
from explorer.presentation import renders


@renders(Placement, "layers figure")
def layers_figure(placement: Placement, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write where each class runs: at home, within the regional radius, or further away; errors as in `page`."""
    with page(path, width_mm) as sheet:
        net = placement.network
        labels, names = net.labels, dict(zip(net.workloads, net.labels.workloads, strict=True))
        table = layers_table(placement).set_index("class").loc[list(names)[::-1]].rename(index=names).reset_index()
        bars = hv.Bars(table, ["class", "layer"], "it_mw").opts(
            stacked=True, invert_axes=True, color=hv.Cycle(list(LAYER_COLOURS)), xlabel="", aspect="auto",
            ylabel="IT load [MW]", show_legend=False, backend=MPL,
        )  # fmt: skip
        handles = [Patch(**filled(colour), label=layer) for layer, colour in zip(LAYERS, LAYER_COLOURS, strict=True)]
        radius = f"Regional: within {net.regional_radius_km:,.0f} km of home. {OUR_OWN}"
        aspect = max((1.3 * ROW_MM * len(names) + AXIS_MM) / width_mm, 0.5)
        sheet.draw(bars, labels, "where each class runs", [radius], handles, aspect)
    return Path(path)


@renders("break_even", "figure")
def break_even_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the pairs of `explorer.break_even`, saving against friction; errors as in `page`."""
    with page(path, width_mm) as sheet:
        styles = {PAYS: (MORE, "o"), FORBIDDEN: (LESS, "^"), LOSES: (SAME, "s")}
        shown = {name: points for name, points in pairs_by_status(table).items() if len(points)}
        drawn = []
        for name, points in shown.items():
            colour, marker = styles[name]
            edge = PALE if name == LOSES else INK
            drawn.append(points.opts(color=colour, marker=marker, s=9, linewidth=0.4, edgecolors=edge, backend=MPL))
        line = hv.Slope(1, 0).opts(color=INK, linestyle="--", linewidth=0.8, backend=MPL)
        xlim, ylim = friction_span(table)
        plot = hv.Overlay([line, *drawn]).opts(
            xlim=xlim, ylim=ylim, xlabel="Saving [USD/MWh]", ylabel="Friction [USD/MWh]", show_legend=False,
            backend=MPL, title="", aspect="auto",
        )  # fmt: skip
        handles = [
            Line2D([], [], linestyle="", marker=styles[name][1], color=styles[name][0], label=f"{len(points)} {name}",
                   markeredgecolor=PALE if name == LOSES else INK, markeredgewidth=0.5, markersize=3.5)
            for name, points in reversed(shown.items())
        ]  # fmt: skip
        notes = [f"Every pair of a home and a region. Dashed: saving equals friction. {OUR_OWN}"]
        sheet.draw(plot, table, "right of the dashed line moving pays", notes, handles, aspect=0.62)
    return Path(path)


ROW_MM, AXIS_MM = 3.6, 9.0  # heights of a row and of an axis with its label
