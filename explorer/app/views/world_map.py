"""Where does it go? The world map of load and of what moves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import geoviews as gv
import geoviews.plotting.bokeh  # registers the renderer
import holoviews as hv
import numpy as np
import panel as pn
import param
from bokeh.models import ColumnDataSource, CustomJS, Grid, HoverTool, LayoutDOM, Plot, Select
from bokeh.palettes import PuOr11, Viridis256
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.card import card
from explorer.app.live.pane import Drawing, Handles, LivePane, quiet_toolbar
from explorer.charts.basemap import EXTENT_X, EXTENT_Y, MERCATOR, basemap
from explorer.charts.map_scale import MapScale, scale_of, too_small_text
from explorer.markup import html, joined
from explorer.model.geodesy import mercator_m
from explorer.model.placement import Placement
from explorer.session import Session
from explorer.text import CLASS_COLOURS, number, sentence

COLOUR_BY = {
    "change against baseline [MW]": "change_mw",
    "IT load [MW]": "it_mw",
    "electricity price [USD/MWh]": "price",
    "carbon intensity [kg/MWh]": "carbon",
    "utilisation of IT capacity [-]": "utilisation",
}
CHANGE_PALETTE = [*PuOr11[:5:-1], "#d3d7db", *PuOr11[4::-1]]  # less load orange, more load purple, none grey


class FlowMap(pn.viewable.Viewer):
    """World map: regions sized by IT load, arcs as wide as the load that moves. A tap picks a region."""

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
            {("regions", "selected", "indices"): self._on_tap, ("colour", "widget", "value"): self._on_colour},
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

    def _place(self) -> dict[str, NDArray]:
        """Where regions are and what they are called."""
        regions = self._session.scenario.regions
        x, y = mercator_m(regions["latitude"], regions["longitude"])
        return {"x": x, "y": y, "name": np.array(self._session.network.labels.regions, object)}

    def _region_columns(self, placement: Placement) -> dict[str, NDArray]:
        net, table = placement.network, placement.regions
        it_mw = placement.region_it_mw
        values = {
            "it_mw": it_mw,
            "change_mw": it_mw - placement.baseline.region_it_mw,
            "price": net.price_usd_per_mwh,
            "carbon": net.carbon_kg_per_mwh,
            "utilisation": table["utilisation"].to_numpy(),
            "capacity": net.capacity_mw,
            "capacity_price": table["capacity_price_usd_per_mwh"].to_numpy(),
        }
        values |= {"color": values[self.colour_by], "size": scale_of(net).circle_px(it_mw)}
        return self._place() | {name: column.astype(np.float32) for name, column in values.items()}

    def _flow_columns(self, placement: Placement) -> dict[str, NDArray]:
        home, region, workload, mw = home_flows(placement, self.min_flow_mw)
        return {
            "home": home.astype(np.uint16),
            "region": region.astype(np.uint16),
            "workload": workload.astype(np.uint8),
            "it_mw": mw.astype(np.float32),
            "width": scale_of(placement.network).arc_px(mw).astype(np.float32),
        }

    def _on_placement(self, *_events: Any) -> None:
        placement = self._session.placement
        columns, flows = self._region_columns(placement), self._flow_columns(placement)
        scale = scale_of(placement.network)
        self._pane.update("regions", **columns)
        self._pane.update("flows", **flows)
        least_mw = scale.smallest_mw if self.colour_by == "change_mw" else None
        low, high, palette = _colours(columns["color"], least_mw)
        self._pane.configure("regions", "color_color_mapper", low=low, high=high, palette=palette)
        self._pane.configure("regions", "color_colorbar", title=_LABELS[self.colour_by])
        self._pane.configure("colour", "widget", value=self.colour_by)
        self._pane.say("legend", _legend(placement, float(flows["it_mw"].sum()), self.min_flow_mw))
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
        flows = gv.Segments(
            tuple(two for _ in range(4 + len(_ARC_COLUMNS))), ["x0", "y0", "x1", "y1"], list(_ARC_COLUMNS), crs=MERCATOR
        ).opts(
            color="color", cmap=list(CLASS_COLOURS), clim=(-0.5, len(CLASS_COLOURS) - 0.5),
            line_width="line_width", line_alpha="line_alpha", default_tools=[], tools=[_flow_hover()],
            hooks=[drawing.keep("arcs")],
        )  # fmt: skip
        regions = gv.Points(
            tuple(two for _ in range(4 + len(_HOVER_COLUMNS))),
            ["x", "y"], ["shown", "size", *_HOVER_COLUMNS], crs=MERCATOR,
        ).opts(
            size="size", color="shown", cmap=CHANGE_PALETTE, clim=(-1, 1), line_color="#6b7480", line_width=0.7,
            selection_line_color="#d9600a", selection_line_width=4, colorbar=True, colorbar_position="bottom_left",
            colorbar_opts=_COLORBAR, default_tools=[],
            # on an element: those of an overlay count only where an element has tools by default
            tools=[_region_hover(), "tap", "pan", "wheel_zoom", "zoom_in", "zoom_out", "reset"],
            hooks=[drawing.keep("regions")],
        )  # fmt: skip
        world = hv.Overlay([*basemap(), flows, regions]).opts(
            responsive=True, data_aspect=1, xlim=EXTENT_X, ylim=EXTENT_Y, xaxis=None, yaxis=None, show_frame=False,
            projection=MERCATOR, active_tools=[], hooks=[quiet_toolbar],
        )  # fmt: skip
        figure = drawing.figure(world, min_border=0, outline_line_color=None, below=[], left=[])
        figure.center = [item for item in figure.center if not isinstance(item, Grid)]
        for moving in ("arcs", "regions"):
            # on the canvas above: land and borders, which take most of the time, are not painted again at each move
            drawing.handles[moving]["glyph_renderer"].update(level="overlay")
        drawing.handles["regions"]["color_colorbar"].update(level="overlay")
        _draw_arcs_in_the_browser(figure, drawing.handles)
        _let_regions_speak_first(figure, drawing.handles)
        legend = drawing.words("legend", margin=(0, 0, 2, 4), stylesheets=[_LEGEND])
        options: list[Any] = [(column, label) for label, column in COLOUR_BY.items()]
        colour = drawing.widget("colour", Select(options=options, value="change_mw", width=230, name="Colour"))
        return card("Where does it go?", _HELP, legend, figure, tools=[colour])

    return Drawing(make)


def _draw_arcs_in_the_browser(figure: Plot, handles: Handles) -> None:
    """From one row per flow, when flows change and when the figure is first laid out."""
    segments, regions = handles["arcs"]["cds"], handles["regions"]["cds"]
    segments.syncable = False  # the server knows the flows
    flows = ColumnDataSource({name: [] for name in ("home", "region", "workload", "it_mw", "width")})
    code = (Path(__file__).parent / "arcs.js").read_text()
    arcs = CustomJS(
        args={"flows": flows, "regions": regions, "segments": segments, "colours": len(CLASS_COLOURS)}, code=code
    )
    flows.js_on_change("data", arcs)
    figure.js_on_change("inner_width", arcs)
    handles["flows"] = {"cds": flows, "arcs": arcs}


def _let_regions_speak_first(figure: Plot, handles: Handles) -> None:
    """Arcs end where regions are: what is said of them would lie below what is said of the region."""
    arcs = handles["arcs"]["glyph_renderer"]
    hovers = [tool for tool in figure.toolbar.tools if isinstance(tool, HoverTool)]
    (hover,) = [tool for tool in hovers if isinstance(tool.renderers, list) and arcs in tool.renderers]
    code = "export default ({regions}) => !regions.inspected.indices.length"
    hover.filters = {"@moves": CustomJS(args={"regions": handles["regions"]["cds"]}, code=code)}


def home_flows(placement: Placement, min_flow_mw: float | None = None) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """
    Relocated load of at least that size by home region, region and class: three index arrays and the IT load [MW].

    Unless given, the least size is that of the scenario's map. Wide arcs first, so that narrow ones are drawn on top.
    """
    if min_flow_mw is None:
        min_flow_mw = scale_of(placement.network).smallest_mw
    net, n = placement.network, len(placement.network.regions)
    total = np.zeros((n, n, len(net.workloads)))
    np.add.at(total, net.home, placement.away_mw)
    home, region, workload = np.nonzero((total > 0) & (total >= min_flow_mw))
    mw = total[home, region, workload]
    order = np.argsort(-mw, kind="stable")
    return home[order], region[order], workload[order], mw[order]


_HELP = """
Circles are compute regions, sized by the IT load they execute. Arcs are load that runs away from home: as wide as its
MW, coloured by class, faint at home and strong where it runs. Tap a region to see its pairs under break-even.
"""
_COLORBAR = {
    "height": 7, "width": 120, "margin": 0, "bar_line_color": None, "major_tick_line_color": None,
    "background_fill_alpha": 0,
}  # fmt: skip
_MOST_SAID = 3  # regions or arcs that lie on each other, in one hover
_LABELS = {column: label for label, column in COLOUR_BY.items()}
_ARC_COLUMNS = ("color", "line_width", "line_alpha", "flow_mw", "moves", "class")
_HOVER_COLUMNS = ("name", "it_mw", "change_mw", "price", "carbon", "utilisation", "capacity", "capacity_price")


def _flow_hover() -> HoverTool:
    return HoverTool(
        tooltips=[("Moves", "@moves"), ("Class", "@class"), ("IT load", "@flow_mw{0,0.0} MW")], line_policy="interp",
        limit=_MOST_SAID,
    )  # fmt: skip


def _region_hover() -> HoverTool:
    return HoverTool(
        tooltips=[
            ("", "@name"),
            ("IT load", "@it_mw{0,0.0} MW, @change_mw{+0,0.0} against baseline"),
            ("Utilisation", "@utilisation{0 %} of @capacity{0,0} MW"),
            ("Shadow price", "@capacity_price{0,0.00} USD/MWh of capacity"),
            ("Electricity", "@price{0,0.0} USD/MWh"),
            ("Carbon", "@carbon{0,0} kg/MWh"),
        ],
        limit=_MOST_SAID,
    )


def _colours(shown: NDArray, least: float | None) -> tuple[float, float, list[str]]:
    """Ends and palette of the colour scale; one of changes is even about zero, and at least so long to either side."""
    if least is not None:
        end = max(float(np.abs(shown).max(initial=0.0)), least)
        return -end, end, CHANGE_PALETTE
    low, high = float(min(shown.min(initial=0.0), 0.0)), float(shown.max(initial=0.0))
    return low, high if high > low else low + 1.0, list(Viridis256)


def _legend(placement: Placement, drawn_mw: float, min_flow_mw: float | None) -> Markup:
    """Classes with what moves of each, what sizes mean, and what is too small to be drawn."""
    moved, scale, labels = placement.away_mw.sum(axis=(0, 1)), scale_of(placement.network), placement.network.labels
    items = joined(
        html(
            '<span title="{}: IT load that runs away from home"><i style="background:{}"></i><u>{}</u>&nbsp;'
            "<b>{} MW</b></span>",
            label, CLASS_COLOURS[k % len(CLASS_COLOURS)], label, number(moved[k]),
        )
        for k, label in enumerate(labels.workloads)
    )  # fmt: skip
    smallest_mw = scale.smallest_mw if min_flow_mw is None else min_flow_mw
    hidden = too_small_text(float(moved.sum()), drawn_mw, smallest_mw)
    return html("{}{}{}", items, f"{sentence(hidden)}. " if hidden else "", _key(scale))


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
