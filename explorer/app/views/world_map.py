"""Where does it go? The world map of load and of what moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import holoviews as hv
import numpy as np
import panel as pn
import param
from bokeh.core.properties import value
from bokeh.events import Tap
from bokeh.model import Model
from bokeh.models import (
    Button,
    Circle,
    ColumnDataSource,
    CustomJS,
    CustomJSTransform,
    Grid,
    HoverTool,
    LayoutDOM,
    Patch,
    Plot,
    Scatter,
    Select,
    Text,
    Toggle,
)
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.component import words_of
from explorer.app.live.card import card
from explorer.app.live.origins import name_sources
from explorer.app.live.pane import ONE_LOOK, Drawing, Handles, LivePane, quiet_toolbar
from explorer.app.live.table_panel import TablePanel, disclosure, place_for_table
from explorer.app.live.taken import Taken
from explorer.charts.backends.basemap import basemap
from explorer.charts.backends.bokeh import BOKEH
from explorer.charts.backends.geoviews_map import empty, frame, points, style
from explorer.charts.backends.map_crs import screen_crs
from explorer.charts.backends.packages import for_maps
from explorer.charts.chart import Columns, tip_said
from explorer.charts.map import Arcs, Map
from explorer.charts.map_places import GAP_PX, LETTER_PX, LINE_PX, M_PER_PX, MAP_PX, NARROW
from explorer.charts.map_scale import MapScale
from explorer.charts.palette import (
    CHANGE,
    DUSK,
    DUSK_ALPHA,
    INK,
    LOOKS,
    NIGHT,
    NIGHT_LEAD,
    NIGHT_RIM,
    PAPER,
    RIM,
)
from explorer.charts.projection import EDGE_M
from explorer.charts.ticks import how_written, round_as_written, scale_in_units
from explorer.charts.tip_numbers import hover_tool
from explorer.charts.world_map import (
    CLIENTS,
    COLOUR_BY,
    FLOW_TIP,
    HELP,
    LABELS,
    REGIONS,
    colour_label,
    flow_table,
    world_map,
)
from explorer.markup import html, joined
from explorer.registry import MEASURES
from explorer.session import PICKS, Session, flow_id
from explorer.text import WORSE, format_number, sentence
from explorer.words import mark, per_reader, tr


class FlowMap(pn.viewable.Viewer):
    """
    World map: regions sized by IT load, arcs as wide as the load that moves, clients on demand.

    A tap picks a region, a client or a flow.
    """

    title: ClassVar = mark("Where does it go?")

    colour_by = param.Selector(
        default="change_mw", objects=COLOUR_BY, label="Colour of regions", doc="What circles show."
    )
    shows_clients = param.Boolean(default=False, doc="Whether clients are shown.")
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
                ("clients", "selected", "indices"): self._on_client_tap,
                ("flows", "selected", "indices"): self._on_flow_tap,
                ("clients shown", "widget", "active"): self._on_clients,
                ("colour", "widget", "value"): self._on_colour,
            },
            self._name_classes,
        )
        self._behind = TablePanel(self._pane, lambda: flow_table(session.placement))
        name_sources(self._pane, session, "layers")
        session.param.watch(self._on_placement, ["placement", "ghost"])
        session.param.watch(self._on_pick, [*PICKS])
        self.param.watch(self._on_placement, ["colour_by", "min_flow_mw", "shows_clients"])
        self._on_placement()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _on_colour(self, column: str) -> None:
        self.colour_by = column

    def _on_clients(self, shown: bool) -> None:
        self.shows_clients = shown
        if not shown:
            self._session.client = ""  # nobody sees who is picked

    def _name_classes(self, handles: Handles) -> None:
        """The hover of an arc names its class; the figure is drawn for any scenario."""
        classes = [*self._session.network.labels.workloads]
        arcs = handles["flows"]["arcs"]
        assert isinstance(arcs, CustomJS)
        arcs.args = arcs.args | {"classes": classes}

    def _on_placement(self, *_events: Any) -> None:
        ghost = self._session.compared
        world = self._world = world_map(
            self._session.placement, self.min_flow_mw, self.colour_by, ghost.placement, ghost.short,
            self.shows_clients,
        )  # fmt: skip
        scale, arcs = world.scale, world.arcs
        assert arcs is not None
        self._pane.update("regions", **_on_screen(world.columns["regions"]))
        nobody = {name: np.empty(0) for name in CLIENTS.columns}
        self._pane.update("clients", **_on_screen(world.columns.get("clients", nobody)))
        self._pane.configure("clients shown", "widget", active=self.shows_clients)
        assert world.night is not None
        self._pane.update("night", **world.night)
        self._flows = _by_class(arcs)
        self._pane.update("flows", **self._flows)
        # offsets on screen count downwards
        named = world.named()
        self._pane.update("named", **named | {"dy": -named["dy"]})
        self._pane.configure(
            "regions",
            "color_color_mapper",
            low=scale.low,
            high=scale.high,
            palette=list(scale.colours),
        )
        self._pane.configure("regions", "color_colorbar", title=scale.label)
        self._pane.configure("regions", "bar_formatter", args=how_written(False, scale.factor))
        self._pane.configure("regions", "bar_ticker", mantissas=round_as_written(scale.factor))
        options = [(key, colour_label(key, ghost.short)) for key in LABELS]
        self._pane.configure("colour", "widget", value=self.colour_by, options=options)
        self._pane.say("legend", _legend(world))
        self._behind.update()
        self._on_pick()

    def taken(self) -> Taken:
        """What is seen, as it can be taken home, with every flow."""
        return Taken("map", self._session.placement.flows, self._world)

    def _on_pick(self, *_events: Any) -> None:
        session, net = self._session, self._session.network
        for name, known, picked in (
            ("regions", net.regions, session.region),
            ("clients", net.clients if self.shows_clients else (), session.client),
        ):
            rows = [known.index(picked)] if picked in known else []
            self._pane.configure(name, "selected", indices=rows)
        self._pane.configure("flows", "selected", indices=self._picked_flow())
        picked = any(getattr(session, name) for name in PICKS)
        self._pane.configure("answer", "widget", visible=picked)

    def _picked_flow(self) -> list[int]:
        """The first row of the flow picked, where it is drawn."""
        ends = self._session.flow_ends
        if ends is None:
            return []
        home, region = map(self._session.network.regions.index, ends)
        of = (self._flows["home"] == home) & (self._flows["region"] == region)
        return np.flatnonzero(of)[:1].tolist()

    def _on_tap(self, rows: list[int]) -> None:
        self._session.region = self._session.network.regions[rows[0]] if rows else ""

    def _on_client_tap(self, rows: list[int]) -> None:
        self._session.client = self._session.network.clients[rows[0]] if rows else ""

    def _on_flow_tap(self, rows: list[int]) -> None:
        regions, flows = self._session.network.regions, self._flows
        ends = [regions[int(flows[end][rows[0]])] for end in ("home", "region")] if rows else []
        self._session.flow = flow_id(*ends) if ends else ""


@per_reader
def _drawing() -> Drawing:
    """The map of any scenario, without data."""

    def make(drawing: Drawing) -> LayoutDOM:
        two = np.arange(2.0)  # rows that differ, or HoloViews makes them constants
        flows = for_maps("geoviews").Segments(
            tuple(two for _ in range(4 + len(_ARC_COLUMNS))), ["x0", "y0", "x1", "y1"], list(_ARC_COLUMNS),
            crs=screen_crs(),
        ).opts(
            color="color", cmap=[LOOKS["flow"].colour, LOOKS["lead"].colour, WORSE], clim=(0, 2),
            line_width="line_width", line_alpha="line_alpha", default_tools=[], tools=[_flow_hover()],
            hooks=[drawing.keep("arcs")], backend=BOKEH,
        )  # fmt: skip
        regions = points(REGIONS, empty(REGIONS)).opts(
            **style(REGIONS), cmap=list(CHANGE), clim=(-1, 1), selection_line_color=WORSE, selection_line_width=4,
            colorbar_position="bottom_left", colorbar_opts=COLORBAR, default_tools=[],
            # on an element: those of an overlay count only where an element has tools by default
            tools=[_region_hover(), "pan", "wheel_zoom", "zoom_in", "zoom_out", "reset"],
            hooks=[drawing.keep("regions")], backend=BOKEH,
        )  # fmt: skip
        clients = points(CLIENTS, empty(CLIENTS)).opts(
            **style(CLIENTS), selection_line_color=WORSE, selection_line_width=4, default_tools=[],
            tools=[hover_tool(tip_said(CLIENTS.tip), limit=_MOST_SAID)], hooks=[drawing.keep("clients")],
            backend=BOKEH,
        )  # fmt: skip
        world = hv.Overlay([*basemap(), flows, regions, clients]).opts(
            **frame(), responsive=True, show_frame=False, hooks=[quiet_toolbar], backend=BOKEH
        )
        figure = drawing.figure(
            world, picked=("regions", "clients"), min_border=0, below=[], left=[]
        )
        _shade_the_night(figure, drawing.handles)
        figure.center = [item for item in figure.center if not isinstance(item, Grid)]
        for moving in ("arcs", "regions", "clients"):
            # on the canvas above: land and borders, which take most of the time, are not painted
            # again at each move
            drawing.handles[moving]["glyph_renderer"].update(level="overlay")
        _keep_scale(drawing.handles["regions"])
        for circles in ("regions", "clients"):
            scale_with_the_map(drawing.handles[circles], "radius")
        _hatch_what_is_less(drawing.handles["regions"]["glyph_renderer"])
        _write_names(figure, drawing.handles)
        fit_to_width(
            figure,
            drawing.handles["regions"]["color_colorbar"],
            said_above=True,
            names=drawing.handles["named"]["glyph_renderer"],
        )
        _draw_arcs_in_the_browser(figure, drawing.handles)
        _follow_the_theme(figure, drawing.handles)
        _let_regions_speak_first(figure, drawing.handles)
        _pick_in_the_browser(figure, drawing.handles)
        legend = drawing.words("legend", margin=(2, 0, 0, 4), stylesheets=[_LEGEND])
        options: list[Any] = [(column, colour_label(column)) for column in LABELS]
        colour = drawing.widget(
            "colour", Select(options=options, value="change_mw", width=230, name=tr("Colour"))
        )
        clients_shown = drawing.widget("clients shown", Toggle(label=tr("Clients"), active=False))
        return card(
            FlowMap.title,
            HELP,
            figure,
            legend,
            place_for_table(drawing),
            tools=[_answer(drawing), clients_shown, colour, disclosure(drawing)],
        )

    return Drawing(make)


def _keep_scale(regions: dict[str, Any]) -> None:
    """What the numbers of the scale of colours are written in can be patched."""
    bar = regions["color_colorbar"]
    bar.update(level="overlay")
    scale_in_units(bar, 1.0)
    regions |= {"bar_formatter": bar.formatter, "bar_ticker": bar.ticker}


def _answer(drawing: Drawing) -> LayoutDOM:
    """A button that leads from what is picked to why its load runs where it does."""
    answer = Button(label=f"{tr(_WHY)} →", visible=False)
    code = (Path(__file__).parent / "reveal.js").read_text()
    answer.js_on_click(CustomJS(args={"title": tr(_WHY)}, code=code))
    return drawing.widget("answer", answer)


def scale_with_the_map(circles: dict[str, Any], radius: Any) -> None:
    """Circles as large a part of the world on a phone as on a projector; their radius in metres."""
    renderer = circles["glyph_renderer"]
    drawn = {variant: getattr(renderer, variant) for variant in ("glyph", "selection_glyph")}
    for variant, glyph in drawn.items():
        if glyph is not None:  # else what is picked looks like the rest
            names = set(Circle.properties()) & {name for name in glyph.properties() if "_" in name}
            look = {name: getattr(glyph, name) for name in names if not name.startswith("js_")}
            setattr(renderer, variant, Circle(x="x", y="y", radius=radius, **look))
    circles["glyph"] = renderer.glyph


def _hatch_what_is_less(regions: Any) -> None:
    """Where circles show a change, less is told from more where no colour is seen, too."""
    code = 'return Array.from(xs, shown => shown < 0 ? "/" : " ")'
    pattern = {"field": "color", "transform": CustomJSTransform(args={}, v_func=code)}
    for glyph in (regions.glyph, regions.selection_glyph):
        glyph.update(hatch_pattern=pattern, hatch_color=INK, hatch_alpha=0.6, hatch_scale=6)


def _write_names(figure: Plot, handles: Handles) -> None:
    """Names of the largest regions, readable on land, sea and arcs, by day and by night."""
    source = ColumnDataSource({name: [] for name in ("x", "y", "name", "align", "dx", "dy")})
    words = Text(
        x="x", y="y", text=_with_room("name", figure, source), text_align={"field": "align"},
        text_baseline="middle", x_offset=_with_room("dx", figure, source),
        y_offset=_with_room("dy", figure, source), text_font_size="14px", text_font_style="bold", text_color=INK,
        text_font=value("Roboto, Helvetica, Arial, sans-serif"), background_fill_color=PAPER,
        background_fill_alpha=0.7,
    )  # fmt: skip
    names = figure.add_glyph(source, words, level="overlay", **ONE_LOOK)
    handles["named"] = {"cds": source, "glyph_renderer": names}


def _with_room(column: str, figure: Plot, source: ColumnDataSource) -> Any:
    """A column of names or of their places, as a map of any width has room for it."""
    code = (Path(__file__).parent / "map_names.js").read_text(encoding="utf-8")
    args = {"column": column, "figure": figure, "source": source, "meant_px": MAP_PX, "narrow_px": NARROW_PX,
            "gap_px": GAP_PX, "letter_px": LETTER_PX * SMALLER, "line_px": LINE_PX * SMALLER,
            "world_m": 2 * EDGE_M}  # fmt: skip
    return {"field": column, "transform": CustomJSTransform(args=args, v_func=code)}


def fit_to_width(figure: Plot, bar: Model, said_above: bool, names: Any = None) -> None:
    """
    Have the browser keep a map's scale off the land, and its names apart, when it is narrow.

    `said_above`: the card says what the colours mean, so that a narrow scale need not.
    """
    bar.syncable = False  # the server need not know
    args = {
        "figure": figure,
        "bar": bar,
        "said_above": said_above,
        "names": names,
        "narrow_px": NARROW_PX,
    }
    code = (Path(__file__).parent / "fit_map.js").read_text(encoding="utf-8")
    fit = CustomJS(args=args, code=code)
    figure.js_on_change("inner_width", fit)
    bar.js_on_change("title_text_font_size", fit)


def _shade_the_night(figure: Plot, handles: Handles) -> None:
    """Above the land, below all that is told of it."""
    source = ColumnDataSource({"x": [], "y": []})
    shade = Patch(x="x", y="y", fill_color=DUSK, fill_alpha=DUSK_ALPHA, line_color=None)
    figure.add_glyph(source, shade, **ONE_LOOK)
    handles["night"] = {"cds": source}


def _follow_the_theme(figure: Plot, handles: Handles) -> None:
    """Names and rims of circles stand out from the map by day and by night."""
    regions: Any = handles["regions"]["glyph_renderer"]
    named: Any = handles["named"]["glyph_renderer"]
    names = named.glyph
    circles, arcs = regions.glyph, handles["arcs"]["color_color_mapper"]
    for model in (names, circles, arcs, handles["heads"]["glyph"]):
        model.syncable = False  # the server need not know
    args = {
        "figure": figure,
        "names": names,
        "circles": circles,
        "arcs": arcs,
        "heads": handles["heads"]["glyph"],
        "by_day": [INK, PAPER, RIM, LOOKS["lead"].colour],
        "by_night": [PAPER, NIGHT, NIGHT_RIM, NIGHT_LEAD],
        "others": [LOOKS["flow"].colour, WORSE],
    }
    follow = CustomJS(args=args, code=_THEME)
    figure.js_on_change("background_fill_color", follow)  # which the theme of a page sets
    figure.js_on_change("inner_width", follow)  # when it is first laid out


def _draw_arcs_in_the_browser(figure: Plot, handles: Handles) -> None:
    """From one row per flow and class, when flows change and when the figure is first laid out."""
    segments, regions = handles["arcs"]["cds"], handles["regions"]
    heads = ColumnDataSource({name: [] for name in ("x", "y", "angle", "size")})
    colour = LOOKS["lead"].colour
    head = Scatter(
        marker="triangle", x="x", y="y", angle="angle", size="size", fill_color=colour, line_color=colour
    )  # fmt: skip
    figure.add_glyph(heads, head, level="overlay", **ONE_LOOK)
    below = [renderer.id for renderer in figure.renderers].index(regions["glyph_renderer"].id)
    figure.renderers.insert(below, figure.renderers.pop())
    segments.syncable = heads.syncable = False  # the server knows the flows
    flows = ColumnDataSource({name: [] for name in _TYPES})
    code = (Path(__file__).parent / "arcs.js").read_text()
    arcs = CustomJS(
        args={
            "flows": flows,
            "regions": regions["cds"],
            "segments": segments,
            "heads": heads,
            "figure": figure,
            "EDGE": EDGE_M,
        },
        code=words_of(code) + code,
    )
    flows.js_on_change("data", arcs)
    flows.selected.js_on_change("indices", arcs)
    figure.js_on_change("inner_width", arcs)
    handles["heads"] = {"cds": heads, "glyph": head}
    handles["flows"] = {"cds": flows, "selected": flows.selected, "arcs": arcs}


def _pick_in_the_browser(figure: Plot, handles: Handles) -> None:
    """A tap is of what is nearest: arcs are too thin to be hit by a finger."""
    args = {"figure": figure, "segments": handles["arcs"]["cds"]}
    args |= {name: handles[name]["cds"] for name in ("regions", "clients", "flows")}
    code = (Path(__file__).parent / "pick.js").read_text()
    figure.js_on_event(Tap, CustomJS(args=args, code=code))


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
    kept = {
        name: values
        for name, values in columns.items()
        if name in ("x", "y") or values.dtype == object
    }
    small = {name: v.astype(np.float32) for name, v in columns.items() if name not in kept}
    if "shown" in small:
        small["color"] = small.pop("shown")
    small["radius"] = small.pop("size") * np.float32(M_PER_PX / 2)
    return kept | small


def _by_class(arcs: Arcs) -> dict[str, NDArray]:
    """A row for each class of a flow, the most first; those of a flow stand together."""
    order = np.argsort(-arcs.by_class_mw, axis=1, kind="stable")
    mw = np.take_along_axis(arcs.by_class_mw, order, axis=1)
    flow, place = np.nonzero(mw > 0)
    columns = {name: arcs.columns[name][flow] for name in ("home", "region", "width", "leads")}
    columns |= {"workload": order[flow, place], "it_mw": mw[flow, place]}
    return {name: columns[name].astype(kind) for name, kind in _TYPES.items()}


_TYPES = {
    "home": np.uint16,
    "region": np.uint16,
    "workload": np.uint8,
    "it_mw": np.float32,
    "width": np.float32,
    "leads": np.uint8,
}
COLORBAR = {
    "height": 7, "width": 160, "margin": 0, "bar_line_color": None, "major_tick_line_color": None,
    "background_fill_alpha": 0,
}  # fmt: skip
_THEME = """
const [r, g, b] = (String(figure.background_fill_color).match(/[\\da-f]{2}/gi) ?? []).map(pair => parseInt(pair, 16))
const [ink, paper, rim, lead] = 0.3 * r + 0.59 * g + 0.11 * b < 128 ? by_night : by_day
names.text_color = ink
names.background_fill_color = paper
circles.line_color = rim
arcs.palette = [others[0], lead, others[1]]
heads.fill_color = heads.line_color = lead
document.documentElement.style.setProperty("--wattlas-lead", lead) // of the legend
"""
NARROW_PX = (
    NARROW * MAP_PX
)  # of a map: on narrower ones names meet, and a scale as wide as elsewhere is on land
SMALLER = 12 / 14  # of names on those
_WHY = MEASURES["why_here"].title
_MOST_SAID = 3  # regions or arcs that lie on each other, in one hover
_ARC_COLUMNS = ("color", "line_width", "line_alpha", "flow_mw", "moves", "split", "row")


def _flow_hover() -> HoverTool:
    return hover_tool(tip_said(FLOW_TIP), line_policy="interp", limit=_MOST_SAID)


def _region_hover() -> HoverTool:
    return hover_tool(tip_said(REGIONS.tip), limit=_MOST_SAID)


def _legend(world: Map) -> Markup:
    """Flows that stand out and the others, what sizes mean, and what is too small to be drawn."""
    assert world.arcs is not None and world.key is not None
    items = joined(
        html(
            '<span><i class="{}" style="background:{}"></i>{}</span>',
            role,
            LOOKS[role].colour,
            words,
        )
        for role, words, _rows in reversed(world.arcs.groups)
    )
    left_out = tr("{}. ", sentence(world.left_out)) if world.left_out else ""
    return html("{}{}{}{}{}", items, _clients_key(world), left_out, _key(world.key), _dusk(world))


def _dusk(world: Map) -> Markup:
    if world.night is None or not len(world.night["x"]):
        return html("")
    return html(
        '<span><em style="width:14px;height:14px;border-radius:2px;background:{};opacity:{}"></em>{}</span>',
        DUSK, str(2 * DUSK_ALPHA), tr("night"),
    )  # fmt: skip


def _clients_key(world: Map) -> Markup:
    """How clients look, how many there are, and their demand."""
    if CLIENTS.name not in world.columns:
        return html("")
    demand_mw = world.columns[CLIENTS.name]["demand_mw"]
    return html(
        '<span><em style="width:12px;height:12px;border:2px solid {};background:none"></em>{}</span>',
        LOOKS[CLIENTS.role].colour,
        tr("{} clients, {} MW", len(demand_mw), format_number(float(demand_mw.sum()))),
    )  # fmt: skip


def _key(scale: MapScale) -> Markup:
    """A circle and an arc as large as they are on the map, and the load that they stand for."""
    key = np.array(scale.key_mw)
    circle, arc = f"{float(scale.circle_px(key)):.1f}px", f"{float(scale.arc_px(key)):.1f}px"
    return html(
        '<span title="{}"><em style="width:{};height:{}"></em><i style="height:{}"></i>{}</span>',
        tr("Area of circles and width of arcs grow with the load"), circle, circle, arc,
        html("{:,g}&nbsp;MW each", scale.key_mw),
    )  # fmt: skip


# items as wide as there is room, so that a long name leaves the load behind it in sight
_LEGEND = """
:host { font-size: 14px; line-height: 1.5; }
span { display: inline-flex; align-items: center; max-width: min(100%, 260px); margin-right: 10px;
       vertical-align: top; }
i { flex: none; width: 13px; height: 4px; margin-right: 4px; border-radius: 2px; background: #8a8f98; }
i.lead { background: var(--wattlas-lead) !important; }
u { overflow: hidden; text-decoration: none; text-overflow: ellipsis; white-space: nowrap; }
b { flex: none; }
i, em { forced-color-adjust: none; print-color-adjust: exact; }
em { flex: none; box-sizing: border-box; margin-right: 4px; border: 1px solid #6b7480; border-radius: 50%;
     background: #d3d7db; }
"""
