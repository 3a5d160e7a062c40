"""Where does it go? The world map of load and of what moves."""

from __future__ import annotations

from typing import Any

import geoviews as gv
import geoviews.plotting.bokeh  # registers the renderer
import holoviews as hv
import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import CustomJSHover, HoverTool
from bokeh.palettes import PuOr11, Viridis256
from numpy.typing import NDArray

from explorer.geo import arc_points_m, cut_at_antimeridian, mercator_m
from explorer.placement import Placement
from explorer.session import Session
from explorer.views.basemap import EXTENT_X, EXTENT_Y, MERCATOR, basemap
from explorer.views.live import Glyph, edge_to_edge, on_tap, quiet_toolbar
from explorer.views.text import CLASS_COLOURS, number

COLOUR_BY = {
    "change against baseline [MW]": "change_mw",
    "IT load [MW]": "it_mw",
    "electricity price [USD/MWh]": "price",
    "carbon intensity [kg/MWh]": "carbon",
    "utilisation of IT capacity [-]": "utilisation",
}
CHANGE_PALETTE = [*PuOr11[:5:-1], "#d3d7db", *PuOr11[4::-1]]  # less load orange, more load purple, none grey
PIECES = 10  # straight pieces of an arc


class FlowMap(pn.viewable.Viewer):
    """World map: regions sized by IT load, arcs as wide as the load that moves. A tap picks a region."""

    colour_by = param.Selector(
        default="change_mw", objects=COLOUR_BY, label="Colour of regions", doc="What circles show."
    )
    min_flow_mw = param.Number(
        default=1.0, bounds=(0, None), softbounds=(0, 20), step=0.5, label="Hide flows below [MW]",
        doc="Smallest flow drawn [MW]. Changes the picture only, never the placement.")  # fmt: skip

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._pair_names = CustomJSHover(code=_PAIR_NAMES)
        self._place_regions()
        self._flows, self._regions, self._picked = Glyph(), Glyph(), Glyph()
        self._legend = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 2, 4))
        self._pane = pn.pane.HoloViews(self._figure(), sizing_mode="stretch_width", margin=0)
        session.param.watch(self._on_placement, "placement")
        session.param.watch(self._on_region, "region")
        self.param.watch(self._on_placement, ["colour_by", "min_flow_mw"])
        self._on_placement()

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._legend, self._pane, sizing_mode="stretch_width", margin=0)

    def colour_choice(self) -> pmui.Select:
        """What circles show, for the head of the map's card."""
        return pmui.Select.from_param(
            self.param.colour_by, size="small", width=290, margin=(0, 2, 0, 0), label="Colour"
        )

    def _figure(self) -> Any:
        columns = self._region_columns(self._session.placement)
        flows = gv.Segments(
            tuple(np.arange(2.0) for _ in range(9)),  # two rows that differ, or HoloViews makes them constants
            ["x0", "y0", "x1", "y1"],
            ["color", "line_width", "line_alpha", "flow_mw", "pair"],
            crs=MERCATOR,
        ).opts(
            color="color", cmap=list(CLASS_COLOURS), clim=(-0.5, len(CLASS_COLOURS) - 0.5),
            line_width="line_width", line_alpha="line_alpha", default_tools=[], tools=[self._flow_hover()],
            hooks=[self._flows.hook],
        )  # fmt: skip
        regions = gv.Points(
            tuple(columns[name] for name in ("x", "y", "color", "size", *_HOVER_COLUMNS)),
            ["x", "y"], ["shown", "size", *_HOVER_COLUMNS], crs=MERCATOR,
        ).opts(
            size="size", color="shown", cmap=CHANGE_PALETTE, clim=(-1, 1), line_color="#6b7480", line_width=0.7,
            nonselection_alpha=1.0, colorbar=True, colorbar_position="bottom_left", colorbar_opts=_COLORBAR,
            default_tools=[], tools=[_region_hover(), "tap"], hooks=[self._regions.hook],
        )  # fmt: skip
        picked = gv.Points(tuple(np.arange(2.0) for _ in range(3)), ["x", "y"], ["size"], crs=MERCATOR).opts(
            size="size", fill_alpha=0, color="#d9600a", line_width=3, hooks=[self._picked.hook], default_tools=[]
        )
        on_tap(regions, self._on_tap)
        return hv.Overlay([*basemap(), flows, regions, picked]).opts(
            responsive=True, data_aspect=1, xlim=EXTENT_X, ylim=EXTENT_Y, xaxis=None, yaxis=None, show_frame=False,
            projection=MERCATOR, tools=["pan", "wheel_zoom", "reset"], active_tools=[],
            hooks=[quiet_toolbar, edge_to_edge],
        )  # fmt: skip

    def _flow_hover(self) -> HoverTool:
        """Names are kept in the browser; the pieces carry numbers only."""
        classes = [f"{w.id} {w.name}" for w in self._session.scenario.workloads.values()]
        workload = CustomJSHover(args={"classes": classes}, code="return classes[value]")
        return HoverTool(
            tooltips=[("Moves", "@pair{custom}"), ("Class", "@color{custom}"), ("IT load", "@flow_mw{0,0.0} MW")],
            formatters={"@pair": self._pair_names, "@color": workload}, line_policy="interp",
        )  # fmt: skip

    def _place_regions(self) -> None:
        """Where regions are and what they are called; only a new table of regions changes that."""
        regions = self._session.scenario.regions
        self._x, self._y = mercator_m(regions["latitude"], regions["longitude"])
        self._names = regions["name"].to_numpy(object)
        if self._pair_names.args.get("names") != list(self._names):
            self._pair_names.args = {"names": list(self._names)}

    def _region_columns(self, placement: Placement) -> dict[str, NDArray]:
        net = placement.network
        it_mw, base_mw = placement.region_it_mw, placement.baseline.region_it_mw
        values = {
            "it_mw": it_mw,
            "change_mw": it_mw - base_mw,
            "price": net.price_usd_per_mwh,
            "carbon": net.carbon_kg_per_mwh,
            "utilisation": placement.regions["utilisation"].to_numpy(),
            "capacity": net.capacity_mw,
            "capacity_price": placement.regions["capacity_price_usd_per_mwh"].to_numpy(),
        }
        shown = values[self.colour_by]
        place = {"x": self._x, "y": self._y, "name": self._names}
        return place | values | {"color": shown, "size": _diameter(it_mw)}

    def _flow_columns(self, placement: Placement) -> dict[str, NDArray]:
        home, region, workload, mw = home_flows(placement)
        keep = np.flatnonzero(mw >= max(self.min_flow_mw, 1e-9))
        keep = keep[np.argsort(-mw[keep], kind="stable")]  # narrow arcs on top of wide ones
        home, region, workload, mw = home[keep], region[keep], workload[keep], mw[keep]
        points = arc_points_m(self._x[home], self._y[home], self._x[region], self._y[region], PIECES)
        x0, y0, x1, y1, arc = cut_at_antimeridian(points)
        step = np.concatenate(
            [np.tile(np.arange(PIECES), len(keep)), np.full(len(arc) - PIECES * len(keep), PIECES - 1)]
        )
        columns = {
            "x0": x0, "y0": y0, "x1": x1, "y1": y1, "flow_mw": mw[arc],
            "line_width": (0.8 + 0.55 * np.sqrt(mw))[arc],
            "line_alpha": 0.2 + 0.65 * (step + 1) / PIECES,  # faint at home, strong where the load runs
        }  # fmt: skip
        return {name: values.astype(np.float32) for name, values in columns.items()} | {
            "color": workload[arc].astype(np.uint8),
            "pair": (home * len(self._x) + region)[arc].astype(np.int32),
        }

    def _on_placement(self, *_events: Any) -> None:
        placement = self._session.placement
        self._place_regions()
        columns = self._region_columns(placement)
        self._flows.update(**self._flow_columns(placement))
        self._regions.update(**columns)
        low, high, palette = _scale(columns["color"], diverging=self.colour_by == "change_mw")
        self._regions.configure("color_color_mapper", low=low, high=high, palette=palette)
        self._regions.configure("color_colorbar", title=_LABELS[self.colour_by])
        self._legend.object = _legend(placement, self._session)
        self._on_region()

    def _on_region(self, *_events: Any) -> None:
        net = self._session.network
        here = [net.regions.index(self._session.region)] if self._session.region in net.regions else []
        size = _diameter(self._session.placement.region_it_mw[here]) + 8
        self._picked.update(x=self._x[here], y=self._y[here], size=size)

    def _on_tap(self, index: list[int]) -> None:
        self._session.region = self._session.network.regions[index[0]] if index else ""


def home_flows(placement: Placement) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Relocated load by home region, region and class: three index arrays and the IT load [MW]."""
    net, n = placement.network, len(placement.network.regions)
    total = np.zeros((n, n, len(net.workloads)))
    np.add.at(total, net.home, placement.away_mw)
    home, region, workload = np.nonzero(total)
    return home, region, workload, total[home, region, workload]


_COLORBAR = {
    "height": 7, "width": 120, "margin": 0, "bar_line_color": None, "major_tick_line_color": None,
    "background_fill_alpha": 0,
}  # fmt: skip
_LABELS = {column: label for label, column in COLOUR_BY.items()}
_PAIR_NAMES = "const n = names.length; return names[Math.floor(value / n)] + ' → ' + names[value % n]"
_HOVER_COLUMNS = ("name", "it_mw", "change_mw", "price", "carbon", "utilisation", "capacity", "capacity_price")


def _diameter(it_mw: NDArray) -> NDArray:
    """Of a region's circle, its area growing with its load. [px]"""
    return 5 + 2.1 * np.sqrt(it_mw)


def _region_hover() -> HoverTool:
    return HoverTool(
        tooltips=[
            ("", "@name"),
            ("IT load", "@it_mw{0,0.0} MW, @change_mw{+0,0.0} against baseline"),
            ("Utilisation", "@utilisation{0 %} of @capacity{0,0} MW"),
            ("Shadow price", "@capacity_price{0,0.00} USD/MWh of capacity"),
            ("Electricity", "@price{0,0.0} USD/MWh"),
            ("Carbon", "@carbon{0,0} kg/MWh"),
        ]
    )


def _scale(shown: NDArray, diverging: bool) -> tuple[float, float, list[str]]:
    """Ends and palette of the colour scale; a scale of changes has its middle at zero."""
    if diverging:
        end = max(float(np.abs(shown).max(initial=0.0)), 1.0)
        return -end, end, CHANGE_PALETTE
    low, high = float(min(shown.min(initial=0.0), 0.0)), float(shown.max(initial=0.0))
    return low, high if high > low else low + 1.0, list(Viridis256)


def _legend(placement: Placement, session: Session) -> str:
    moved = placement.away_mw.sum(axis=(0, 1))
    items = "".join(
        f'<span style="white-space:nowrap;margin-right:10px" title="{w.name}: IT load that runs away from home">'
        f'<span style="display:inline-block;width:13px;height:4px;border-radius:2px;vertical-align:middle;'
        f'background:{CLASS_COLOURS[k % len(CLASS_COLOURS)]}"></span> '
        f"{w.id} {w.name} <b>{number(moved[k])} MW</b></span>"
        for k, w in enumerate(session.scenario.workloads.values())
    )
    return f'<div style="font-size:12px;line-height:1.6">{items}</div>'
