"""
Maps as GeoViews elements for Bokeh: the glyphs of live maps and of pictures in a notebook.

Both take their styles from here, so that a place looks the same wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import BoxZoomTool, CustomJS
from numpy.typing import NDArray

from explorer.charts.backends.basemap import EXTENT_X, EXTENT_Y, geographic_basemap
from explorer.charts.backends.bokeh import BOKEH, as_title, gives_way, overlay
from explorer.charts.backends.map_crs import screen_crs
from explorer.charts.backends.packages import for_maps
from explorer.charts.chart import Columns, tip_said
from explorer.charts.map import ARC_PIECES, HEAD_PIECE, Arcs, Circles, Map, Scale
from explorer.charts.map_places import MAP_PX, by_side
from explorer.charts.map_scale import MapScale
from explorer.charts.options import refuse_options
from explorer.charts.palette import DUSK, DUSK_ALPHA, INK, LOOKS, PAPER, RIM, SLATE
from explorer.charts.projection import bounds_on_map
from explorer.charts.ticks import bar_in_units
from explorer.charts.tip_numbers import numbers_as_wanted
from explorer.charts.world_map import FLOW_TIP
from explorer.errors import refuse_number
from explorer.model.placement import Placement
from explorer.presentation import render, renders
from explorer.text import sentence, wrapped
from explorer.words import tr

Floats = NDArray[np.float64]
Extent = tuple[float, float, float, float]  # west, south, east, north [degrees]

TITLE_CHARACTERS = 100  # of a line
WIDTH_PX, AROUND_PX = int(MAP_PX), 60  # of a picture; its title and scale above and below the map
WIDTHS_PX = 100, 10_000  # that can be asked for
FAINT, STRONG = 0.2, 0.85  # opacity of an arc at home, and where its load runs


@renders(Placement, "plot")
@renders("marginal_prices", "plot")
def plot(
    result: Placement | pd.DataFrame,
    width: int | None = None,
    extent: Extent | None = None,
    **options: Any,
) -> Any:
    """
    Draw the map of a result for a notebook.

    Parameters
    ----------
    result : Placement or pandas.DataFrame
    width : int, optional
        Width of the picture; as wide as there is room for, up to `MAP_PX`, if left out. [px]
    extent : tuple of float, optional
        West, south, east and north of what is shown; the inhabited world if left out. [degrees]
    **options
        As the map of that result takes them, see `world_map`.
    """
    refuse_options(result, "map", options, also=("width", "extent"))
    return draw(render(result, "map", **options), width, extent)


def draw(world: Map, width: int | None = None, extent: Extent | None = None) -> Any:
    """
    Draw a map as an overlay of GeoViews elements in its equal-area projection.

    GeoViews elements in degrees may be laid over it.
    """
    if width is not None:
        refuse_number("width", width, *WIDTHS_PX, whole=True)
    x, y = (EXTENT_X, EXTENT_Y) if extent is None else map(tuple, bounds_on_map(extent))
    arcs = [] if world.arcs is None else _arcs(world, world.arcs)
    places = [_circles(circles, world) for circles in world.circles]
    key = [] if world.key is None else _key(world.key, x, y, width or WIDTH_PX)
    m_per_px = (x[1] - x[0]) / (width or WIDTH_PX)
    names = _names(world.named((x, y)), m_per_px) if world.names else []
    found = tr("; ").join(part for part in (sentence(world.title), world.left_out) if part)
    characters = TITLE_CHARACTERS * (width or WIDTH_PX) / WIDTH_PX
    title = [*wrapped(world.about.title, characters), *wrapped(found, characters)]
    night = [] if world.night is None or not len(world.night["x"]) else [_night(world.night)]
    fits = gives_way(WIDTH_PX) if width is None else _fixed
    return overlay(
        [*geographic_basemap(), *night, *arcs, *places, *names, *key],
        **_plane(),
        xlim=x,
        ylim=y,
        width=width or WIDTH_PX,
        height=round((y[1] - y[0]) / (x[1] - x[0]) * (width or WIDTH_PX))
        + AROUND_PX
        + 20 * len(title),
        title=as_title("\n".join(title)),
        legend_position="bottom_left",
        hooks=[fits, _keep_shapes],
    )


def _fixed(plot: Any, _element: Any) -> None:
    """A hook: as wide as it was asked for."""
    plot.state.sizing_mode = "fixed"


def _keep_shapes(plot: Any, _element: Any) -> None:
    """A hook: a map is as high as its width asks for, wherever it is shown, and zooms evenly."""
    if plot.overlaid:
        return
    figure = plot.state
    figure.update(min_border=0, match_aspect=True)
    for tool in figure.tools:
        if isinstance(tool, BoxZoomTool):
            tool.match_aspect = True
    code = """
    if (!figure.properties.inner_width.is_unset && figure.inner_width > 0)
      figure.height = Math.round(figure.outer_height - figure.inner_height + figure.inner_width * ratio)
    """
    x, y = figure.x_range, figure.y_range
    ratio = (y.end - y.start) / (x.end - x.start)
    fit = CustomJS(args={"figure": figure, "ratio": ratio}, code=code)
    figure.js_on_change("inner_width", fit)


def frame() -> dict[str, Any]:
    """Options of the whole: the inhabited world, without axes."""
    return _plane() | {"data_aspect": 1, "xlim": EXTENT_X, "ylim": EXTENT_Y, "active_tools": []}


def _plane() -> dict[str, Any]:
    return {"xaxis": None, "yaxis": None, "projection": screen_crs(), "show_bounds": False}


def _night(outline: Mapping[str, Any]) -> Any:
    return (
        for_maps("geoviews")
        .Polygons([dict(outline)], ["x", "y"], crs=screen_crs())
        .opts(
            color=DUSK,
            fill_alpha=DUSK_ALPHA,
            line_alpha=0,
            tools=[],
            default_tools=[],
            backend=BOKEH,
        )
    )


def points(circles: Circles, columns: Columns) -> Any:
    """Circles with their data as a GeoViews element without style."""
    for_maps("geoviews.plotting.bokeh")  # registers the renderer
    values = [name for name in circles.columns if name not in "xy"]
    return for_maps("geoviews").Points(
        pd.DataFrame(dict(columns)), ["x", "y"], values, crs=screen_crs()
    )


def empty(circles: Circles) -> dict[str, Any]:
    """Columns without meaning, two rows that differ, or HoloViews makes them constants."""
    return {name: np.arange(2.0) for name in circles.columns}


def style(circles: Circles, scale: Scale | None = None) -> dict[str, Any]:
    """Options of circles: rings of one colour, or filled by a scale."""
    size = circles.size_px or "size"
    if circles.role:
        colour = LOOKS[circles.role].colour
        return {
            "size": size,
            "color": colour,
            "fill_alpha": 0.15,
            "line_color": colour,
            "line_width": 2,
        }
    colours = (
        {} if scale is None else {"cmap": list(scale.colours), "clim": (scale.low, scale.high)}
    )
    return {
        "size": size,
        "color": "shown",
        "line_color": RIM,
        "line_width": 0.7,
        "colorbar": True,
        **colours,
    }


def _circles(circles: Circles, world: Map) -> Any:
    """The largest first, to hide none."""
    columns = world.columns[circles.name]
    order = np.argsort(-columns["size"], kind="stable") if "size" in columns else slice(None)
    bar: dict[str, Any] = {} if circles.role else {
        "colorbar_opts": {"height": 8, "width": 190}, "clabel": sentence(world.scale.label),
        "colorbar_position": "bottom",
    }  # fmt: skip
    hooks: list[Any] = [numbers_as_wanted]
    if not circles.role:
        hooks.append(bar_in_units("color_colorbar", world.scale.factor))
    return points(circles, {name: values[order] for name, values in columns.items()}).opts(
        **style(circles, world.scale),
        **bar,
        tools=["hover"],
        hover_tooltips=tip_said(circles.tip),
        hooks=hooks,
        backend=BOKEH,
    )


def _key(scale: MapScale, x: Sequence[float], y: Sequence[float], width_px: int) -> list[Any]:
    """
    Below at the right, in the South Pacific of the world: a circle and an arc as large as those of
    a load in words.
    """
    elements, crs = for_maps("geoviews"), screen_crs()
    mw, low = np.array(scale.key_mw), y[0] + 0.05 * (y[1] - y[0])
    m_per_px = (x[1] - x[0]) / width_px
    left, right, circle, words = x[1] - m_per_px * np.array([150, 129, 112, 98])
    grey = {"color": SLATE, "tools": [], "default_tools": [], "backend": BOKEH}
    line = elements.Segments(([left], [low], [right], [low]), crs=crs)
    return [
        line.opts(line_width=float(scale.arc_px(mw)), **grey),
        elements.Points(([circle], [low]), crs=crs).opts(size=float(scale.circle_px(mw)), **grey),
        elements.Labels(([words], [low], [tr("{:,g} MW each", scale.key_mw)]), crs=crs).opts(
            text_align="left",
            text_font_size="9pt",
            text_color=SLATE,
            tools=[],
            default_tools=[],
            backend=BOKEH,
        ),
    ]


def _arcs(world: Map, arcs: Arcs) -> list[Any]:
    """Flows, faint at home, those that stand out above the others and with a head."""
    ends, flow = world.arc_pieces()
    moves, split = (np.array(words, object) for words in (arcs.moves, arcs.split))
    along = np.arange(len(flow)) - np.searchsorted(flow, flow)  # pieces since its home
    rows = pd.DataFrame(
        {
            **dict(zip(("x0", "y0", "x1", "y1"), ends, strict=True)),
            "flow_mw": arcs.columns["it_mw"][flow],
            "moves": moves[flow],
            "split": split[flow],
            "width": arcs.columns["width"][flow],
            "alpha": np.minimum(FAINT + 0.65 * (along + 1) / ARC_PIECES, STRONG),
        }
    )
    drawn = []
    for role, words, mine in arcs.groups:
        pieces = rows[np.isin(flow, mine)]
        pieces = pieces.iloc[::-1].sort_values("flow_mw", ascending=False, kind="stable")
        segments = for_maps("geoviews").Segments(
            pieces, [*rows.columns[:4]], [*rows.columns[4:]], label=words, crs=screen_crs()
        )
        drawn.append(
            segments.opts(
                color=LOOKS[role].colour,
                line_width="width",
                line_alpha="alpha",
                tools=["hover"],
                hover_tooltips=tip_said(FLOW_TIP),
                hooks=[numbers_as_wanted],
                backend=BOKEH,
            )
        )
    return drawn + _heads(ends, along, arcs.columns["leads"][flow], arcs.columns["width"][flow])


def _heads(ends: Floats, along: NDArray, leads: NDArray, width_px: Floats) -> list[Any]:
    """Where flows that stand out lead."""
    mine = leads & (along == HEAD_PIECE)
    if not mine.any():
        return []
    x0, y0, x1, y1 = ends[:, mine]
    angle = np.degrees(np.arctan2(y1 - y0, x1 - x0)) - 90  # the marker points up
    columns = ((x0 + x1) / 2, (y0 + y1) / 2, angle, 6 + 1.6 * width_px[mine])
    heads = for_maps("geoviews").Points(columns, ["x", "y"], ["angle", "size"], crs=screen_crs())
    style = {"angle": "angle", "size": "size", "color": LOOKS["lead"].colour}
    return [heads.opts(marker="triangle", tools=[], default_tools=[], **style, backend=BOKEH)]


def _names(named: Columns, m_per_px: float) -> list[Any]:
    """The names of the largest regions, an element for each side that they stand on."""
    x, y = named["x"] + named["dx"] * m_per_px, named["y"] + named["dy"] * m_per_px
    return [
        for_maps("geoviews").Labels((x[mine], y[mine], named["name"][mine]), crs=screen_crs()).opts(
            text_align=align, text_font_size="9pt", text_font_style="bold", text_color=INK,
            background_fill_color=PAPER, background_fill_alpha=0.7, tools=[], default_tools=[], backend=BOKEH,
        )
        for align, mine in by_side(named)
    ]  # fmt: skip
