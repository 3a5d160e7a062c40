"""The world map for print, in the equal-area projection Equal Earth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from explorer.charts.backends.page import CLASSES, INK, LESS, LINES, MORE, MPL, PALE, SAME, page
from explorer.charts.elements import Arcs, arcs_of, region_columns
from explorer.charts.map_scale import MapScale, scale_of, too_small_text
from explorer.model.geodesy import MERCATOR_RADIUS_M
from explorer.model.placement import Placement
from explorer.packaged_data import ASSETS
from explorer.presentation import renders
from explorer.text import number, sentence

Floats = NDArray[np.float64]

FULL_MM = 180.0  # a page of two columns
PT_PER_PX = 0.3  # of circles and lines there, as they are on screen
WIDTHS_PER_PX = 2  # that lines are told apart by


@renders(Placement, "figure")
def map_figure(placement: Placement, path: str | Path, width_mm: float = 180.0) -> Path:
    """Write the world map of a placement, in the equal-area projection Equal Earth; errors as in `page`."""
    with page(path, width_mm) as sheet:
        arcs, labels, scale = arcs_of(placement), placement.network.labels, scale_of(placement.network)
        regions = region_columns(placement)
        x, y = _from_mercator(regions["x"], regions["y"])
        change, least_mw = regions["change_mw"], scale.smallest_mw / 2
        shade = np.where(change > least_mw, MORE, np.where(change < -least_mw, LESS, SAME))
        areas = _circle_pt(scale, regions["it_mw"], width_mm) ** 2
        points = hv.Points((x, y, regions["it_mw"], areas, shade), ["x", "y"], ["it_mw", "area", "shade"]).opts(
            s="area",
            c="shade",
            edgecolors=INK,
            linewidth=0.4,
            backend=MPL,
        )
        flows = [path for k in range(len(labels.workloads)) for path in _paths(arcs, scale, k, width_mm)]
        world = hv.Overlay([*_earth(), *flows, points]).opts(
            aspect="equal", xaxis=None, yaxis=None, show_frame=False, show_legend=False, padding=0.01, title="",
            backend=MPL,
        )  # fmt: skip
        handles = [
            Line2D([], [], **_class_style(k), linewidth=1.2, label=f"{name}, {number(mw, 2)} MW")
            for k, (name, mw) in enumerate(zip(labels.workloads, placement.away_mw.sum(axis=(0, 1)), strict=True))
            if mw > 0
        ]
        handles += [
            Line2D([], [], marker="o", linestyle="", color=shade, markeredgecolor=INK, markeredgewidth=0.4, label=label)
            for shade, label in ((MORE, "more load than baseline"), (LESS, "less"), (SAME, "as much"))
        ]
        key = np.array(scale.key_mw)
        size = {"markersize": float(_circle_pt(scale, key, width_mm)), "markerfacecolor": SAME, "markeredgewidth": 0.4}
        line = {"color": INK, "linewidth": float(_line_pt(scale.arc_px(key), width_mm))}
        handles.append(
            Line2D([], [], marker="o", markeredgecolor=INK, **size, **line, label=f"{scale.key_mw:,g} MW each")
        )
        moved = f"{number(placement.relocated_mw)} of {number(placement.served_mw)} MW of IT load run away from home"
        circles = "Area of circles: IT load. Width of lines: relocated load."
        if hidden := too_small_text(placement.relocated_mw, float(arcs.it_mw.sum()), scale.smallest_mw):
            circles += f" {sentence(hidden)}."
        note = f"{circles} Equal Earth projection. Land: Natural Earth."
        sheet.draw(world, labels, moved, [note], handles, aspect=0.46)
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


def _paths(arcs: Arcs, scale: MapScale, workload: int, width_mm: float) -> list[hv.Path]:
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
    level = np.ceil(WIDTHS_PER_PX * scale.arc_px(arcs.it_mw)).astype(int)
    drawn = []
    for width in np.unique(level[arcs.workload == workload]):
        keep = np.flatnonzero((arcs.workload == workload) & (level == width))
        part = np.where(np.isin(flow, keep)[:, np.newaxis], line, np.nan)
        width_pt = _line_pt(width / WIDTHS_PER_PX, width_mm)
        drawn.append(hv.Path([part]).opts(linewidth=width_pt, **_class_style(workload), alpha=0.75, backend=MPL))
    return drawn


def _class_style(workload: int) -> dict[str, Any]:
    """Colour and line of a class: those of no other among the first sixteen."""
    lap, place = divmod(workload, len(CLASSES))
    return {"color": CLASSES[place], "linestyle": LINES[(place + lap) % len(LINES)]}


def _circle_pt(scale: MapScale, it_mw: Floats, width_mm: float) -> Floats:
    """Diameter of a region's circle in print. [pt]"""
    return PT_PER_PX * scale.circle_px(it_mw) * np.sqrt(width_mm / FULL_MM)


def _line_pt(width_px: float | Floats, width_mm: float) -> Floats:
    """Width in print of an arc that has this one on screen. [pt]"""
    return np.asarray(PT_PER_PX * width_px * max(width_mm / FULL_MM, 0.6))
