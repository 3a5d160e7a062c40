"""
Results as figures for print: SVG, PDF or PNG, sized in millimetres, drawn by HoloViews' matplotlib backend.

As with pictures, a result that is an object writes itself, `placement.figure(path)`, `placement.layers_figure(path)`
and `frontier.figure(path)`; a table is handed to `break_even_figure(table, path)` or `attribution_figure(table, path)`.
A journal's column is about 88 mm wide, two are 180 mm. Nothing is told apart by hue alone: it is by line style, marker
or luminance too, so that figures can be read in grey.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import holoviews as hv
import holoviews.plotting.mpl  # registers the renderer
import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.frontiers import Frontier
from explorer.geo import MERCATOR_RADIUS_M
from explorer.paths import ASSETS
from explorer.placement import LAYERS, Placement
from explorer.target import refuse_bad_target, written_whole
from explorer.views.elements import (
    FORBIDDEN,
    LAYER_COLOURS,
    LOSES,
    PAYS,
    QUANTITIES,
    Arcs,
    arcs_of,
    budget_label,
    budget_span,
    friction_span,
    is_on_axis,
    layers_table,
    pairs_by_status,
    region_columns,
    shared_out,
    steps,
)
from explorer.views.text import duration, number

Floats = NDArray[np.float64]

MPL = "matplotlib"
MM_PER_INCH = 25.4
SMALLEST_MM, LARGEST_MM = 60.0, 500.0
ENDINGS = (".svg", ".pdf", ".png")
INK, PALE = "#222222", "#8a8f98"
MORE, LESS, SAME = "#4b2a85", "#E69F00", "#ffffff"  # dark, middle, white
LINES = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))  # of classes
CLASSES = ("#0b3c5d", "#D55E00", "#009E73", "#b0589a")  # of classes, dark enough for thin lines
CHARACTERS_PER_MM, LINE_INCH = 1 / 1.2, 0.105  # of notes in 6 pt type
SOURCE_LINES = 3
OUR_OWN = "This project's own definition."
_STYLE: Any = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 7, "axes.linewidth": 0.6,
    "svg.fonttype": "none", "svg.hashsalt": "wattlas", "pdf.fonttype": 42, "hatch.linewidth": 0.5,
}  # fmt: skip


def map_figure(placement: Placement, path: str | Path, width_mm: float = 180.0) -> Path:
    """
    Write the world map of a placement, in the equal-area projection Equal Earth.

    Raises
    ------
    ExplorerError
        Before any work, if the file cannot be written there or the width is no width of a page.
    """
    with _written(path, width_mm) as target:
        arcs, labels = arcs_of(placement, 0.0), placement.network.labels
        regions = region_columns(placement)
        x, y = _from_mercator(regions["x"], regions["y"])
        change = regions["change_mw"]
        shade = np.where(change > 0.5, MORE, np.where(change < -0.5, LESS, SAME))
        points = hv.Points((x, y, regions["it_mw"], shade), ["x", "y"], ["it_mw", "shade"]).opts(
            s=hv.dim("it_mw") * (110 * width_mm / 180 / max(regions["it_mw"].max(), 1.0)) + 4,
            c="shade",
            edgecolors=INK,
            linewidth=0.4,
            backend=MPL,
        )
        flows = [path for k in range(len(labels.workloads)) for path in _paths(arcs, k, width_mm)]
        world = hv.Overlay([*_earth(), *flows, points]).opts(
            aspect="equal", xaxis=None, yaxis=None, show_frame=False, show_legend=False, padding=0.01, title="",
            backend=MPL,
        )  # fmt: skip
        handles = [
            Line2D([], [], color=CLASSES[k % 4], linestyle=LINES[k % 4], linewidth=1.2, label=f"{name}, {mw:,.0f} MW")
            for k, (name, mw) in enumerate(zip(labels.workloads, placement.away_mw.sum(axis=(0, 1)), strict=True))
            if mw > 0
        ]
        handles += [
            Line2D([], [], marker="o", linestyle="", color=shade, markeredgecolor=INK, markeredgewidth=0.4, label=label)
            for shade, label in ((MORE, "more load than baseline"), (LESS, "less"), (SAME, "as much"))
        ]
        moved = f"{number(placement.relocated_mw)} of {number(placement.served_mw)} MW of IT load run away from home"
        _finish(
            world, target, width_mm, 0.46, f"{labels.title}: {moved}",
            ["Area of circles: IT load. Width of lines: relocated load. Equal Earth projection. Land: Natural Earth.",
             _sources(labels.publishers, width_mm)],
            handles,
        )  # fmt: skip
    return Path(path)


def layers_figure(placement: Placement, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write where each class runs: at home, within the regional radius, or further away; errors as in `map_figure`."""
    with _written(path, width_mm) as target:
        net = placement.network
        labels, names = net.labels, dict(zip(net.workloads, net.labels.workloads, strict=True))
        table = layers_table(placement).set_index("class").loc[list(names)[::-1]].rename(index=names).reset_index()
        bars = hv.Bars(table, ["class", "layer"], "it_mw").opts(
            stacked=True, invert_axes=True, color=hv.Cycle(list(LAYER_COLOURS)), xlabel="",
            ylabel="IT load [MW]", show_legend=False, backend=MPL,
        )  # fmt: skip
        handles = [
            Patch(facecolor=colour, edgecolor=INK, linewidth=0.4, label=layer)
            for layer, colour in zip(LAYERS, LAYER_COLOURS, strict=True)
        ]
        radius = f"Regional: within {net.regional_radius_km:,.0f} km of home. {OUR_OWN}"
        notes = [radius, _sources(labels.publishers, width_mm)]
        _finish(bars, target, width_mm, 0.5, f"{labels.title}: where each class runs", notes, handles)
    return Path(path)


def frontier_figure(frontier: Frontier, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write cost above carbon along a frontier; errors as in `map_figure`."""
    with _written(path, width_mm) as target:
        layout = hv.Layout([_staircase(frontier, quantity) for quantity in QUANTITIES]).cols(1)
        layout = layout.opts(sublabel_format="", vspace=0.25, backend=MPL)
        handles: list[Any] = [
            Line2D([], [], color=INK, linewidth=1.4, marker="o", markersize=2.5, label="optimum"),
        ]
        if is_on_axis(frontier):
            now = f"now: {duration(frontier.current_ms)}"
            handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle="--", label=now))
        if frontier.strictest_ms < frontier.table["budget_ms"].iloc[0]:
            handles.append(Patch(facecolor="#dddddd", label="some load unserved"))
        labels, how = frontier.labels, "Every step of it." if frontier.exact else "On an even grid of budgets."
        notes = [f"Optimal cost and carbon. {how} {OUR_OWN}", _sources(labels.publishers, width_mm)]
        _finish(layout, target, width_mm, 0.95, f"{labels.title}: what waiting buys", notes, handles)
    return Path(path)


def break_even_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the pairs of `explorer.break_even`, saving against friction; errors as in `map_figure`."""
    with _written(path, width_mm) as target:
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
        title = _title(table, "right of the dashed line moving pays")
        _finish(plot, target, width_mm, 0.62, title, [*notes, *_table_sources(table, width_mm)], handles)
    return Path(path)


def attribution_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the obstacles of `explorer.attribution`, the greatest on top; errors as in `map_figure`."""
    with _written(path, width_mm) as target:
        bars, words = shared_out(table)
        named = bars.data.assign(factor=bars.data["factor"] + "\n" + words["words"])
        plot = hv.Bars(named, "factor", "usd_per_h").opts(
            invert_axes=True, color=PALE, edgecolor=INK, xlabel="", ylabel="Cost of the obstacle [USD/h]", title="",
            aspect="auto", backend=MPL,
        )  # fmt: skip
        notes = [f"Shapley values over all orders of lifting the five. {OUR_OWN}"]
        title = _title(table, "what holds relocation back")
        _finish(plot, target, width_mm, 0.5, title, [*notes, *_table_sources(table, width_mm)], [])
    return Path(path)


def equal_earth(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """
    Places in the Equal Earth projection of a unit sphere, from degrees.

    References
    ----------
    .. [1] Šavrič, Patterson and Jenny, "The Equal Earth map projection," Int. J. Geogr. Inf. Sci. 33(3), 2019.

    >>> [float(v.round(4)) for v in equal_earth(np.array(0.0), np.array(180.0))]
    [2.7066, 0.0]
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude)))
    t2, t6 = theta**2, theta**6
    slope = 9 * a4 * t6 * t2 + 7 * a3 * t6 + 3 * a2 * t2 + a1
    x = 2 * np.sqrt(3) / 3 * np.radians(longitude) * np.cos(theta) / slope
    return x, theta * (a4 * t6 * t2 + a3 * t6 + a2 * t2 + a1)


def _from_mercator(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    latitude = np.degrees(np.arctan(np.sinh(y / MERCATOR_RADIUS_M)))
    return equal_earth(latitude, np.degrees(x / MERCATOR_RADIUS_M))


def _earth() -> list[Any]:
    """The outline of the globe, without Antarctica, and the land."""
    south, north = np.linspace(-60, 84, 73), np.linspace(-180, 180, 73)
    latitude = np.concatenate([south, np.full(73, 84.0), south[::-1], np.full(73, -60.0)])
    longitude = np.concatenate([np.full(73, 180.0), north[::-1], np.full(73, -180.0), north])
    x, y = equal_earth(latitude, longitude)
    with np.load(ASSETS / "basemap_mercator.npz") as outlines:
        land = np.column_stack(_from_mercator(outlines["land_x"].astype(float), outlines["land_y"].astype(float)))
    rings = np.split(land, np.flatnonzero(np.isnan(land[:, 0])))
    shapes = [ring[~np.isnan(ring[:, 0])] for ring in rings]
    return [
        hv.Path([np.column_stack([x, y])]).opts(color=PALE, linewidth=0.4, backend=MPL),
        hv.Polygons([shape for shape in shapes if len(shape) > 2]).opts(hooks=[_pale], linewidth=0.2, backend=MPL),
    ]


def _pale(plot: Any, _element: Any) -> None:
    """A hook, because HoloViews gives polygons the first colour of its cycle whatever they are told."""
    plot.handles["artist"].set(facecolor="#e3e3e3", edgecolor="#e3e3e3")


def _paths(arcs: Arcs, workload: int, width_mm: float) -> list[hv.Path]:
    """The arcs of one class in a few widths, each an unbroken line unless the edge of the map breaks it."""
    ends = arcs.ends
    first = np.diff(arcs.flow, prepend=-1) != 0
    first[1:] |= ends[0, 1:] != ends[2, :-1]
    # one line through all of them, which lifts its pen where a part begins: one path draws a hundred times faster
    at = np.arange(len(first)) + 2 * np.cumsum(first) - 1
    line = np.full((len(first) + 2 * first.sum(), 2), np.nan)
    line[at[first]] = ends[:2, first].T
    line[at + 1] = ends[2:].T
    flow = np.full(len(line), -1)
    flow[at[first]], flow[at + 1] = arcs.flow[first], arcs.flow
    line = np.column_stack(_from_mercator(*line.T))
    level = np.ceil(np.sqrt(arcs.it_mw)).astype(int)
    drawn = []
    for width in np.unique(level[arcs.workload == workload]):
        keep = np.flatnonzero((arcs.workload == workload) & (level == width))
        part = np.where(np.isin(flow, keep)[:, np.newaxis], line, np.nan)
        style = {"color": CLASSES[workload % 4], "linestyle": LINES[workload % 4], "alpha": 0.75}
        width_pt = (0.3 + 0.16 * width) * max(width_mm / 180, 0.6)
        drawn.append(hv.Path([part]).opts(linewidth=width_pt, **style, backend=MPL))
    return drawn


def _staircase(frontier: Frontier, quantity: str) -> hv.Overlay:
    line, points = steps(frontier, quantity)
    first_ms, last_ms = budget_span(frontier)
    shown: list[Any] = [
        line.opts(color=INK, linewidth=1.4, backend=MPL),
        points.opts(color=INK, s=6, backend=MPL),
    ]
    if is_on_axis(frontier):
        now = hv.VLine(frontier.current_ms).opts(color=INK, linewidth=0.9, linestyle="--", backend=MPL)
        shown.insert(0, now)
    start_ms = float(frontier.table["budget_ms"].iloc[0])

    def shade(plot: Any, _element: Any) -> None:  # HoloViews' own span sets two colours, of which matplotlib warns
        plot.handles["axis"].axvspan(first_ms, start_ms, facecolor="#dddddd", zorder=0)

    overlay: Any = hv.Overlay(shown).opts(
        xlim=(first_ms, last_ms), padding=(0, 0.1), xlabel=budget_label(frontier), ylabel=QUANTITIES[quantity],
        title="", show_legend=False, aspect="auto", xaxis="bottom" if quantity == "carbon" else "bare",
        hooks=[shade] if first_ms < start_ms else [], backend=MPL,
    )  # fmt: skip
    return overlay


def _sources(publishers: Sequence[str], width_mm: float) -> str:
    """Whose data the figure shows: as many as a few lines can name, the rest counted."""
    if not publishers:
        return "Data: the scenario names no sources."
    shown = list(accumulate(publishers, "{}; {}".format))
    fit = max(sum(len(names) < CHARACTERS_PER_MM * SOURCE_LINES * width_mm for names in shown), 1)
    rest = f"; and {len(publishers) - fit} more" if fit < len(publishers) else ""
    return f"Data: {shown[fit - 1]}{rest}; details in the scenario's sources.csv."


def _title(table: pd.DataFrame, what: str) -> str:
    """Of the scenario that a table is about, where it still says so, and what it shows."""
    title = table.attrs.get("title")
    return f"{title}: {what}" if title else what.capitalize()


def _table_sources(table: pd.DataFrame, width_mm: float) -> list[str]:
    """Whose data, where the table still says so; pandas lose it where two tables become one."""
    publishers = table.attrs.get("publishers")
    return [] if publishers is None else [_sources(publishers, width_mm)]


@contextmanager
def _written(path: str | Path, width_mm: float) -> Iterator[Path]:
    """Refuse a bad target before any work; the file is there whole or not at all."""
    path = Path(path)
    mend = f"Let it end in {', '.join(ENDINGS)}."
    refuse_bad_target(path, ENDINGS, "A figure is an SVG, PDF or PNG file.", mend)
    if not SMALLEST_MM <= width_mm <= LARGEST_MM:
        what = f"A figure cannot be {width_mm:g} mm wide."
        raise ExplorerError(what, "width_mm", f"Choose from {SMALLEST_MM:g} to {LARGEST_MM:g} mm.")
    with written_whole(path, "figure") as unfinished, mpl.rc_context(_STYLE):
        yield unfinished


def _finish(
    drawn: Any, target: Path, width_mm: float, aspect: float, title: str, notes: Sequence[str], handles: Sequence[Any]
) -> None:
    """Render by HoloViews, set the size, and add title, legend and note where they cannot cover data."""
    figure = hv.render(drawn, backend=MPL)
    try:
        width = width_mm / MM_PER_INCH
        lines = [line for note in notes for line in _wrapped(note, width_mm)]
        columns = max(1, min(len(handles), int(width_mm // 40)))
        below = LINE_INCH * len(lines) + 0.15 * -(-len(handles) // columns) + 0.1  # [inch]
        heading = _wrapped(title, width_mm / 1.5)
        above = 0.16 * len(heading) + 0.04
        height = width * aspect + below + above
        figure.set_size_inches(width, height)
        _lay_out(figure, below / height, 1 - above / height)
        figure.text(0.01, 1 - 0.03 / height, "\n".join(heading), fontsize=8, fontweight="bold", va="top")
        figure.text(0.01, 0.03 / height, "\n".join(lines), fontsize=6, color="#444444", va="bottom")
        if handles:
            figure.legend(
                handles=handles, loc="lower left", bbox_to_anchor=(0.0, (LINE_INCH * len(lines) + 0.04) / height),
                ncols=columns, fontsize=6.5, frameon=False, borderpad=0.2, handlelength=2.6, columnspacing=1.2,
            )  # fmt: skip
        # no date: the same figure is the same file
        metadata: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}[target.suffix]
        figure.savefig(target, dpi=300, metadata=metadata)
    finally:
        plt.close(figure)


def _lay_out(figure: Any, bottom: float, top: float) -> None:
    """Axes one above the other between the legend and the title, as large as their labels leave them."""
    rows = len(figure.axes)
    for axes in figure.axes:
        axes.tick_params(labelsize=6.5, width=0.6, length=2.5)
        axes.xaxis.label.set_size(7)
        axes.yaxis.label.set_size(7)
    edges = np.zeros(4)  # of the labels, beyond left, bottom, right and top of the axes; shares of the figure
    for _ in range(2):  # labels may change with the room they are given
        left, low, right, high = edges
        height = (top - bottom) / rows
        for row, axes in enumerate(figure.axes):
            floor = top - (row + 1) * height
            axes.set_position((left, floor + low, 1 - left - right, height - low - high))
        boxes = [
            (
                axes.get_tightbbox().transformed(figure.transFigure.inverted()),
                axes.bbox.transformed(figure.transFigure.inverted()),
            )
            for axes in figure.axes
        ]
        edges = 0.012 + np.max(
            [(own.x0 - all_.x0, own.y0 - all_.y0, all_.x1 - own.x1, all_.y1 - own.y1) for all_, own in boxes], axis=0
        )


def _wrapped(text: str, width_mm: float) -> list[str]:
    """Lines of a note in 6 pt type."""
    most, lines = int(CHARACTERS_PER_MM * width_mm), [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
