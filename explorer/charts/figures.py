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
from typing import Any

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
from explorer.charts.budget_axis import budget_label, budget_span, is_on_axis, now_label
from explorer.charts.elements import (
    FORBIDDEN,
    LAYER_COLOURS,
    LOSES,
    PAYS,
    QUANTITIES,
    friction_span,
    layers_table,
    pairs_by_status,
    steps,
)
from explorer.measures.frontier import Frontier
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


@renders(Frontier, "figure")
def frontier_figure(frontier: Frontier, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write cost above carbon along a frontier; errors as in `page`."""
    with page(path, width_mm) as sheet:
        layout = hv.Layout([_staircase(frontier, quantity) for quantity in QUANTITIES]).cols(1)
        layout = layout.opts(sublabel_format="", vspace=0.25, backend=MPL)
        handles: list[Any] = [
            Line2D([], [], color=INK, linewidth=1.4, marker="o", markersize=2.5, label="optimum"),
        ]
        handles.append(Line2D([], [], **(_NOW if is_on_axis(frontier) else _BEYOND), label=now_label(frontier)))
        if frontier.strictest_ms < frontier.table["budget_ms"].iloc[0]:
            handles.append(Patch(facecolor="#dddddd", label="some load unserved"))
        labels, how = frontier.labels, "Every step of it." if frontier.exact else "On an even grid of budgets."
        notes = [f"Optimal cost and carbon. {how} {OUR_OWN}"]
        sheet.draw(layout, labels, "what waiting buys", notes, handles, aspect=0.95)
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


def _staircase(frontier: Frontier, quantity: str) -> hv.Overlay:
    line, points = steps(frontier, quantity)
    first_ms, last_ms = budget_span(frontier)
    shown: list[Any] = [
        line.opts(color=INK, linewidth=1.4, backend=MPL),
        points.opts(color=INK, s=6, backend=MPL),
    ]
    if is_on_axis(frontier):
        shown.insert(0, hv.VLine(frontier.current_ms).opts(**_NOW, backend=MPL))
    start_ms = float(frontier.table["budget_ms"].iloc[0])

    def shade(plot: Any, _element: Any) -> None:  # HoloViews' own span sets two colours, of which matplotlib warns
        plot.handles["axis"].axvspan(first_ms, start_ms, facecolor="#dddddd", zorder=0)

    overlay: Any = hv.Overlay(shown).opts(
        xlim=(first_ms, last_ms), padding=(0, 0.1), xlabel=budget_label(frontier), ylabel=QUANTITIES[quantity],
        title="", show_legend=False, aspect="auto", xaxis="bottom" if quantity == "carbon" else "bare",
        hooks=[shade] if first_ms < start_ms else [], backend=MPL,
    )  # fmt: skip
    return overlay


ROW_MM, AXIS_MM = 3.6, 9.0  # heights of a row and of an axis with its label
_NOW: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": "--"}
_BEYOND: dict[str, Any] = {"linestyle": ""}  # of the axis: words alone
