"""Maps for print, in the equal-area projection Equal Earth."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from explorer.charts.backends.map_crs import screen_crs
from explorer.charts.backends.outlines import outlines
from explorer.charts.backends.packages import for_maps
from explorer.charts.backends.page import MPL, PART, page
from explorer.charts.chart import Columns
from explorer.charts.map import HEAD_PIECE, Arcs, Circles, Map
from explorer.charts.map_places import M_PER_PX, by_side
from explorer.charts.options import OF_FIGURES, refuse_options
from explorer.charts.palette import FADED, INK, LOOKS, PAPER, SLATE
from explorer.charts.projection import EDGE_M, POLE_M, on_map
from explorer.model.placement import Placement
from explorer.presentation import render, renders
from explorer.text import sentence
from explorer.words import tr

Floats = NDArray[np.float64]

FULL_MM = 180.0  # a page of two columns
GLOBE_M, PT_PER_MM = 3.44e7, 72 / 25.4  # width of the globe in Equal Earth; of print
NAME_PT = 5.5
PT_PER_PX = 0.3  # of circles and lines there, as they are on screen
WIDTHS_PER_PX = 2  # that lines are told apart by
# of the antimeridian and the poles: beyond them a place would be at the other edge, or nowhere
WITHIN_M = EDGE_M * (1 - 1e-9), POLE_M * (1 - 1e-9)


@renders(Placement, "figure")
@renders("marginal_prices", "figure")
def figure(
    result: Placement | pd.DataFrame,
    path: str | Path | None = None,
    width_mm: float = FULL_MM,
    title: str = "",
    credit: str = "",
    ax: Axes | None = None,
    **options: Any,
) -> Figure:
    """Draw the map of a result, with options of that map; errors as in `draw`."""
    refuse_options(result, "map", options, also=OF_FIGURES)
    return draw(render(result, "map", **options), path, width_mm, title, credit, ax)


def draw(
    world: Map,
    path: str | Path | None = None,
    width_mm: float = FULL_MM,
    title: str = "",
    credit: str = "",
    ax: Axes | None = None,
) -> Figure:
    """
    Draw a map, and write it as SVG, PDF or PNG if there is a path.

    Raises
    ------
    ExplorerError
        If the file cannot be written there, the width is no width of a page, or Cartopy is missing.
    """
    with page(path, width_mm, title, credit, ax) as sheet:
        width_mm = sheet.width_mm
        lines = [] if world.arcs is None else _lines(world, world.arcs, width_mm)
        places = [_places(circles, world, width_mm) for circles in world.circles]
        names = _names(world.named(), width_mm) if world.names else []
        drawn = hv.Overlay([*_earth(), *lines, *places, *names]).opts(
            aspect="equal", xaxis=None, yaxis=None, show_frame=False, show_legend=False, padding=0.01, title="",
            normalize=False, backend=MPL,
        )  # fmt: skip
        left_out = f" {sentence(world.left_out)}." if world.left_out else ""
        projection = tr("Equal Earth projection. Land: Natural Earth.")
        note = f"{' '.join(world.notes)}{left_out} {projection}"
        handles = _handles(world, width_mm)
        return sheet.draw([drawn], world.about, world.title, [note], handles, aspect=0.46)


def projected(x: Floats, y: Floats) -> Floats:
    """Places on screen as places in Equal Earth, shape (place, 2); NaN stays NaN. [m]"""
    crs = for_maps("cartopy.crs")
    x, y = (np.clip(v, -most, most) for v, most in zip((x, y), WITHIN_M, strict=True))
    known = np.isfinite(x) & np.isfinite(y)
    places = np.full((len(x), 2), np.nan)
    places[known] = crs.EqualEarth().transform_points(screen_crs(), x[known], y[known])[:, :2]
    return places


def _earth() -> list[Any]:
    """The outline of the globe, without Antarctica, and the land."""
    south, north = np.linspace(-60, 84, 73), np.linspace(-180, 180, 73)
    latitude = np.concatenate([south, np.full(73, 84.0), south[::-1], np.full(73, -60.0)])
    longitude = np.concatenate([np.full(73, 180.0), north[::-1], np.full(73, -180.0), north])
    return [
        hv.Path([projected(*on_map(latitude, longitude))]).opts(color=SLATE, linewidth=0.4, **PART),
        hv.Polygons([_land()]).opts(hooks=[_pale], linewidth=0.2, **PART),
        hv.Path([_borders()]).opts(color=PAPER, linewidth=0.35, **PART),
    ]


@cache
def _land() -> Floats:
    """
    Outlines of the land in Equal Earth, NaN between them, shape (place, 2): one polygon of many
    parts, which HoloViews draws ten times faster than as many polygons. [m]
    """
    land = projected(*on_map(*outlines("land")))
    rings = np.split(land, np.flatnonzero(np.isnan(land[:, 0])))
    shapes = [ring[~np.isnan(ring[:, 0])] for ring in rings]
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for shape in shapes if len(shape) > 2 for part in (gap, shape)][1:])


@cache
def _borders() -> Floats:
    """Borders between countries in Equal Earth, NaN between them, shape (place, 2). [m]"""
    return projected(*on_map(*outlines("borders")))


def _pale(plot: Any, _element: Any) -> None:
    """
    A hook, because HoloViews gives polygons the first colour of its cycle whatever they are told.
    """
    plot.handles["artist"].set(facecolor=FADED, edgecolor=FADED)


def _dark(plot: Any, _element: Any) -> None:
    """The same for heads."""
    plot.handles["artist"].set(facecolor=LOOKS["lead"].ink, edgecolor=PAPER)


def _with_halo(plot: Any, _element: Any) -> None:
    """A hook: words are read on lines and circles too."""
    for words in plot.handles["axis"].texts:
        words.set_path_effects([withStroke(linewidth=1.6, foreground=PAPER)])


def _places(circles: Circles, world: Map, width_mm: float) -> Any:
    """
    Circles, the largest first to hide none: rings of one ink, or filled by the steps of the scale.
    """
    columns = world.columns[circles.name]
    size_px = columns.get("size", np.full(len(columns["x"]), circles.size_px))
    order = np.argsort(-size_px, kind="stable")
    x, y = projected(columns["x"], columns["y"])[order].T
    areas = _circle_pt(size_px[order], width_mm) ** 2
    if circles.role:
        rings = hv.Points((x, y, areas), ["x", "y"], ["area"])
        return rings.opts(
            s="area", color="none", edgecolors=LOOKS[circles.role].ink, linewidth=0.8, **PART
        )
    inks = world.scale.ink_of(columns["shown"][order])
    filled = hv.Points((x, y, areas, inks), ["x", "y"], ["area", "ink"])
    return filled.opts(s="area", c="ink", edgecolors=INK, linewidth=0.4, **PART)


def _lines(world: Map, arcs: Arcs, width_mm: float) -> list[Any]:
    """
    Flows in a few widths, each an unbroken line unless the edge of the map breaks it, those that
    stand out above the others and with a head.
    """
    ends, flow_of = world.arc_pieces()
    first = np.diff(flow_of, prepend=-1) != 0
    first[1:] |= ends[0, 1:] != ends[2, :-1]
    # one line through all of them, which lifts its pen where a part begins: one path draws a
    # hundred times faster
    at = np.arange(len(first)) + 2 * np.cumsum(first) - 1
    line = np.full((len(first) + 2 * first.sum(), 2), np.nan)
    line[at[first]] = ends[:2, first].T
    line[at + 1] = ends[2:].T
    flow = np.full(len(line), -1)
    flow[at[first]], flow[at + 1] = flow_of[first], flow_of
    line = projected(*line.T)
    level = np.ceil(WIDTHS_PER_PX * arcs.columns["width"]).astype(int)
    drawn = []
    for role, _words, mine in arcs.groups:
        for width in np.unique(level[mine]):
            rows = mine[level[mine] == width]
            part = np.where(np.isin(flow, rows)[:, np.newaxis], line, np.nan)
            width_pt = _line_pt(width / WIDTHS_PER_PX, width_mm)
            drawn.append(
                hv.Path([part]).opts(linewidth=width_pt, color=LOOKS[role].ink, alpha=0.75, **PART)
            )
    return drawn + _heads(ends, flow_of, arcs, width_mm)


def _heads(ends: Floats, flow_of: NDArray, arcs: Arcs, width_mm: float) -> list[Any]:
    """Triangles that show where flows that stand out lead."""
    along = np.arange(len(flow_of)) - np.searchsorted(flow_of, flow_of)
    mine = arcs.columns["leads"][flow_of] & (along == HEAD_PIECE)
    start, stop = (projected(*ends[rows][:, mine]) @ [1, 1j] for rows in ([0, 1], [2, 3]))
    forward = (stop - start) / np.abs(stop - start)
    width_px = arcs.columns["width"][flow_of[mine]]
    size = 2 * (3 + 0.8 * width_px) * PT_PER_PX * GLOBE_M / (PT_PER_MM * width_mm)
    corners = np.array([1, -0.5 + 0.6j, -0.5 - 0.6j])
    triangles = ((start + stop) / 2)[:, np.newaxis] + np.outer(size * forward, corners)
    shapes = [np.column_stack([corner.real, corner.imag]) for corner in triangles]
    return [hv.Polygons(shapes).opts(hooks=[_dark], linewidth=0.2, **PART)] if shapes else []


def _names(named: Columns, width_mm: float) -> list[Any]:
    """The names of the largest regions, beside their circles as on screen."""
    x, y = projected(named["x"] + named["dx"] * M_PER_PX, named["y"] + named["dy"] * M_PER_PX).T
    return [
        hv.Labels((x[mine], y[mine], named["name"][mine])).opts(
            size=NAME_PT * min(1.0, width_mm / FULL_MM), color=INK, horizontalalignment=align,
            hooks=[_with_halo], **PART,
        )
        for align, mine in by_side(named)
    ]  # fmt: skip


def _handles(world: Map, width_mm: float) -> list[Any]:
    """What the legend names: classes that move, steps of colour, rings, and how large a load is."""
    handles: list[Any] = []
    if world.arcs is not None:
        handles += [
            Line2D([], [], color=LOOKS[role].ink, linewidth=1.6, label=words)
            for role, words, _rows in reversed(world.arcs.groups)
        ]
    dot: dict[str, Any] = {
        "marker": "o",
        "linestyle": "",
        "markeredgecolor": INK,
        "markeredgewidth": 0.4,
    }
    steps = zip(world.scale.inks[::-1], world.scale.words[::-1], strict=True)
    handles += [Line2D([], [], **dot, color=ink, label=words) for ink, words in steps]
    for circles in (circles for circles in world.circles if circles.role):
        ink = LOOKS[circles.role].ink
        ring: dict[str, Any] = dot | {"markeredgecolor": ink, "markerfacecolor": "none"}
        handles.append(Line2D([], [], **ring, label=tr(circles.label)))
    if world.key is not None:
        key = np.array(world.key.key_mw)
        size: dict[str, Any] = dot | {
            "linestyle": "-", "linewidth": float(_line_pt(world.key.arc_px(key), width_mm)),
            "markersize": float(_circle_pt(world.key.circle_px(key), width_mm)), "markerfacecolor": PAPER,
        }  # fmt: skip
        handles.append(
            Line2D([], [], **size, color=INK, label=tr("{:,g} MW each", world.key.key_mw))
        )
    return handles


def _circle_pt(size_px: Floats, width_mm: float) -> Floats:
    """Diameter in print of a circle that has this one on screen. [pt]"""
    return PT_PER_PX * size_px * np.sqrt(width_mm / FULL_MM)


def _line_pt(width_px: float | Floats, width_mm: float) -> Floats:
    """Width in print of an arc that has this one on screen. [pt]"""
    return np.asarray(PT_PER_PX * width_px * max(width_mm / FULL_MM, 0.6))
