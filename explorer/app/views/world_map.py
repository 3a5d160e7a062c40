"""Where does it go? The world map of load and of what moves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
import param
from bokeh.models import ColumnDataSource, CustomJS, Grid, HoverTool, LayoutDOM, Plot, Select
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.card import card
from explorer.app.live.pane import Drawing, Handles, LivePane, quiet_toolbar
from explorer.charts.backends.basemap import basemap
from explorer.charts.backends.geoviews_map import empty, frame, mercator, points, style
from explorer.charts.backends.packages import for_maps
from explorer.charts.chart import Columns
from explorer.charts.map import Map
from explorer.charts.map_scale import MapScale
from explorer.charts.palette import CHANGE, CLASS_COLOURS
from explorer.charts.world_map import COLOUR_BY, HELP, REGIONS, world_map
from explorer.markup import html, joined
from explorer.session import Session
from explorer.text import WORSE, format_number, sentence


class FlowMap(pn.viewable.Viewer):
    """
    World map: regions sized by IT load, arcs as wide as the load that moves. A tap picks a region.
    """

    colour_by = param.Selector(
        default="change_mw", objects=COLOUR_BY, label="Colour of regions", doc="What circles show."
    )
    min_flow_mw = param.Number(
        default=None, allow_None=True, bounds=(0, None), label="Hide flows below [MW]",
        doc="Smallest flow drawn [MW]; None: what suits the scenario. Changes the picture only, never the placement.",
    )  # fmt: skip

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._pane = LivePane(
            _drawing,
            {
                ("regions", "selected", "indices"): self._on_tap,
                ("colour", "widget", "value"): self._on_colour,
            },
            self._name_classes,
        )
        session.param.watch(self._on_placement, "placement")
        session.param.watch(self._on_region, "region")
        self.param.watch(self._on_placement, ["colour_by", "min_flow_mw"])
        self._on_placement()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _on_colour(self, column: str) -> None:
        self.colour_by = column

    def _name_classes(self, handles: Handles) -> None:
        """The hover of an arc names its class; the figure is drawn for any scenario."""
        classes = [*self._session.network.labels.workloads]
        arcs = handles["flows"]["arcs"]
        assert isinstance(arcs, CustomJS)
        arcs.args = arcs.args | {"classes": classes}

    def _on_placement(self, *_events: Any) -> None:
        world = world_map(self._session.placement, self.min_flow_mw, self.colour_by)
        scale, arcs = world.scale, world.arcs
        assert arcs is not None
        self._pane.update("regions", **_on_screen(world.columns["regions"]))
        self._pane.update(
            "flows", **{name: arcs.columns[name].astype(kind) for name, kind in _TYPES.items()}
        )
        self._pane.configure(
            "regions",
            "color_color_mapper",
            low=scale.low,
            high=scale.high,
            palette=list(scale.colours),
        )
        self._pane.configure("regions", "color_colorbar", title=scale.label)
        self._pane.configure("colour", "widget", value=self.colour_by)
        self._pane.say("legend", _legend(world))
        self._on_region()

    def _on_region(self, *_events: Any) -> None:
        regions, picked = self._session.network.regions, self._session.region
        rows = [regions.index(picked)] if picked in regions else []
        self._pane.configure("regions", "selected", indices=rows)

    def _on_tap(self, rows: list[int]) -> None:
        self._session.region = self._session.network.regions[rows[0]] if rows else ""


@cache
def _drawing() -> Drawing:
    """The map of any scenario, without data."""

    def make(drawing: Drawing) -> LayoutDOM:
        two = np.arange(2.0)  # rows that differ, or HoloViews makes them constants
        flows = for_maps("geoviews").Segments(
            tuple(two for _ in range(4 + len(_ARC_COLUMNS))), ["x0", "y0", "x1", "y1"], list(_ARC_COLUMNS),
            crs=mercator(),
        ).opts(
            color="color", cmap=list(CLASS_COLOURS), clim=(-0.5, len(CLASS_COLOURS) - 0.5),
            line_width="line_width", line_alpha="line_alpha", default_tools=[], tools=[_flow_hover()],
            hooks=[drawing.keep("arcs")],
        )  # fmt: skip
        regions = points(REGIONS, empty(REGIONS)).opts(
            **style(REGIONS), cmap=list(CHANGE), clim=(-1, 1), selection_line_color=WORSE, selection_line_width=4,
            colorbar_position="bottom_left", colorbar_opts=COLORBAR, default_tools=[],
            # on an element: those of an overlay count only where an element has tools by default
            tools=[_region_hover(), "tap", "pan", "wheel_zoom", "zoom_in", "zoom_out", "reset"],
            hooks=[drawing.keep("regions")],
        )  # fmt: skip
        world = hv.Overlay([*basemap(), flows, regions]).opts(
            **frame(), responsive=True, show_frame=False, hooks=[quiet_toolbar]
        )
        figure = drawing.figure(world, min_border=0, outline_line_color=None, below=[], left=[])
        figure.center = [item for item in figure.center if not isinstance(item, Grid)]
        for moving in ("arcs", "regions"):
            # on the canvas above: land and borders, which take most of the time, are not painted
            # again at each move
            drawing.handles[moving]["glyph_renderer"].update(level="overlay")
        drawing.handles["regions"]["color_colorbar"].update(level="overlay")
        _draw_arcs_in_the_browser(figure, drawing.handles)
        _let_regions_speak_first(figure, drawing.handles)
        legend = drawing.words("legend", margin=(0, 0, 2, 4), stylesheets=[_LEGEND])
        options: list[Any] = [(column, label) for label, column in COLOUR_BY.items()]
        colour = drawing.widget(
            "colour", Select(options=options, value="change_mw", width=230, name="Colour")
        )
        return card("Where does it go?", HELP, legend, figure, tools=[colour])

    return Drawing(make)


def _draw_arcs_in_the_browser(figure: Plot, handles: Handles) -> None:
    """From one row per flow, when flows change and when the figure is first laid out."""
    segments, regions = handles["arcs"]["cds"], handles["regions"]["cds"]
    segments.syncable = False  # the server knows the flows
    flows = ColumnDataSource(
        {name: [] for name in ("home", "region", "workload", "it_mw", "width")}
    )
    code = (Path(__file__).parent / "arcs.js").read_text()
    arcs = CustomJS(
        args={
            "flows": flows,
            "regions": regions,
            "segments": segments,
            "colours": len(CLASS_COLOURS),
        },
        code=code,
    )
    flows.js_on_change("data", arcs)
    figure.js_on_change("inner_width", arcs)
    handles["flows"] = {"cds": flows, "arcs": arcs}


def _let_regions_speak_first(figure: Plot, handles: Handles) -> None:
    """
    Arcs end where regions are: what is said of them would lie below what is said of the region.
    """
    arcs = handles["arcs"]["glyph_renderer"]
    hovers = [tool for tool in figure.toolbar.tools if isinstance(tool, HoverTool)]
    (hover,) = [
        tool for tool in hovers if isinstance(tool.renderers, list) and arcs in tool.renderers
    ]
    code = "export default ({regions}) => !regions.inspected.indices.length"
    hover.filters = {"@moves": CustomJS(args={"regions": handles["regions"]["cds"]}, code=code)}


def _on_screen(columns: Columns) -> dict[str, NDArray]:
    """Columns as the glyph of regions has them, numbers but for places in half the bytes."""
    small = {
        name: values.astype(np.float32)
        for name, values in columns.items()
        if name not in ("x", "y", "name")
    }
    small["color"] = small.pop("shown")
    return {name: columns[name] for name in ("x", "y", "name")} | small


_TYPES = {
    "home": np.uint16,
    "region": np.uint16,
    "workload": np.uint8,
    "it_mw": np.float32,
    "width": np.float32,
}
COLORBAR = {
    "height": 7, "width": 120, "margin": 0, "bar_line_color": None, "major_tick_line_color": None,
    "background_fill_alpha": 0,
}  # fmt: skip
_MOST_SAID = 3  # regions or arcs that lie on each other, in one hover
_ARC_COLUMNS = ("color", "line_width", "line_alpha", "flow_mw", "moves", "class")


def _flow_hover() -> HoverTool:
    return HoverTool(
        tooltips=[("Moves", "@moves"), ("Class", "@class"), ("IT load", "@flow_mw{0,0.0} MW")], line_policy="interp",
        limit=_MOST_SAID,
    )  # fmt: skip


def _region_hover() -> HoverTool:
    return HoverTool(tooltips=list(REGIONS.tip), limit=_MOST_SAID)


def _legend(world: Map) -> Markup:
    """Classes with what moves of each, what sizes mean, and what is too small to be drawn."""
    assert world.arcs is not None and world.key is not None
    items = joined(
        html(
            '<span title="{}: IT load that runs away from home"><i style="background:{}"></i><u>{}</u>&nbsp;'
            "<b>{} MW</b></span>",
            label, CLASS_COLOURS[k % len(CLASS_COLOURS)], label, format_number(mw),
        )
        for k, (label, mw) in enumerate(zip(world.arcs.classes, world.arcs.moved_mw, strict=True))
    )  # fmt: skip
    return html(
        "{}{}{}", items, f"{sentence(world.left_out)}. " if world.left_out else "", _key(world.key)
    )


def _key(scale: MapScale) -> Markup:
    """A circle and an arc as large as they are on the map, and the load that they stand for."""
    key = np.array(scale.key_mw)
    circle, arc = f"{float(scale.circle_px(key)):.1f}px", f"{float(scale.arc_px(key)):.1f}px"
    return html(
        '<span title="Area of circles and width of arcs grow with the load">'
        '<em style="width:{};height:{}"></em><i style="height:{}"></i>{}&nbsp;MW each</span>',
        circle, circle, arc, f"{scale.key_mw:,g}",
    )  # fmt: skip


# items as wide as there is room, so that a long name leaves the load behind it in sight
_LEGEND = """
:host { font-size: 12px; line-height: 1.6; }
span { display: inline-flex; align-items: center; max-width: min(100%, 260px); margin-right: 10px;
       vertical-align: top; }
i { flex: none; width: 13px; height: 4px; margin-right: 4px; border-radius: 2px; background: #8a8f98; }
u { overflow: hidden; text-decoration: none; text-overflow: ellipsis; white-space: nowrap; }
b { flex: none; }
em { flex: none; box-sizing: border-box; margin-right: 4px; border: 1px solid #6b7480; border-radius: 50%;
     background: #d3d7db; }
"""
