"""
Where is the line? Net saving over price gap and friction, the pairs on it, and what the placement
makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, CustomJSHover, HoverTool, LayoutDOM
from bokeh.palettes import interp_palette
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, align_left, quiet_toolbar
from explorer.charts.break_even import round_above
from explorer.markup import html, joined
from explorer.measures.break_even import break_even_pairs, verdict_pairs
from explorer.model.labels import NamesById, as_shown
from explorer.model.placement import SMALLEST_MW, Placement
from explorer.session import Session
from explorer.text import format_number


@dataclass(frozen=True)
class Mark:
    """How pairs with an obstacle are drawn, and what is said of them."""

    obstacle: str
    says: str
    marker: str
    sign: str  # the marker in a text
    colour: str
    size: int  # [px]


MARKS = (  # what is drawn last is on top
    Mark("friction", "do not pay", "circle", "●", "#9aa3ad", 5),
    Mark("no demand", "pay, but no load is at home there", "circle", "●", "#9aa3ad", 5),
    Mark(
        "better region",
        "pay, but the load goes where it pays as well or better",
        "circle",
        "○",
        "#f4f6f8",
        6,
    ),
    Mark("latency", "pay, but are too slow", "triangle", "▲", "#CC79A7", 8),
    Mark("law", "pay, but law forbids", "diamond", "◆", "#D55E00", 10),
    Mark(
        "not offered",
        "differ, because the class is not offered there or at home",
        "x",
        "✕",
        "#4a4f57",
        10,
    ),
    Mark(
        "own terms",
        "differ, because arcs.csv has terms of its own for them",
        "diamond_cross",
        "❖",
        "#882255",
        11,
    ),
    Mark("state locality", "pay, but state stays at home", "star", "★", "#56B4E9", 11),
    Mark("objective", "differ, because the objective is not cost", "hex", "⬢", "#56B4E9", 9),
    Mark("capacity", "pay, but capacity is taken", "square", "■", "#E69F00", 7),
    Mark(
        "home full",
        "do not pay and are used: home is full",
        "inverted_triangle",
        "▼",
        "#F0E442",
        12,
    ),
    Mark("none", "pay and are used", "circle", "●", "#009E73", 12),
)
_CODE = {mark.obstacle: code for code, mark in enumerate(MARKS)}
_UNMARKED = _CODE[
    "better region"
]  # of all homes together, those before it would only hide the rest
_SIZES, _MARKERS = (
    np.array([mark.size for mark in MARKS], np.uint8),
    np.array([mark.marker for mark in MARKS], object),
)
_FIGURES = {
    "y": "friction_usd_per_mwh",
    "gap": "price_gap_usd_per_mwh",
    "net": "net_usd_per_mwh",
    "used_mw": "used_mw",
    "wan_ms": "wan_ms",
}
_PALETTE = interp_palette(("#D55E00", "#f7f7f7", "#0072B2"), 41)
_X, _Y = 96, 64  # cells of the image


@dataclass(frozen=True)
class Verdicts:
    """
    Pairs of one home, or of all with load, by id, with the columns of `break_even` and of
    `verdicts`.
    """

    workload: str
    home: str  # picked, or empty
    regions: tuple[str, ...]
    pue: float  # typical
    pairs: pd.DataFrame


class HeatMapView(MeasureView):
    """
    Net saving of one MWh of IT load, as colour, over electricity price gap and friction; each pair
    where it belongs.

    A pair's price gap counts its carbon and its PUE in, so that the colour below it is its own net
    saving, and the line where colours meet parts what pays from what does not. Its mark says what
    the placement makes of it.
    """

    file_name = "break-even-and-placement"
    depends = ("placement", "region", "workload")

    def __init__(self, session: Session, **params: Any) -> None:
        self._homes: list[str] = []  # of the pairs drawn
        super().__init__(session, **params)

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("pairs", "selected", "indices"): self._on_tap}

    def inputs(self) -> tuple[Any, ...]:
        session = self.session
        home = session.region if session.region in session.network.regions else ""
        return session.placement, session.single_workload, home

    def compute(self, placement: Placement, workload: str, home: str) -> Iterator[Verdicts]:
        network = placement.network
        columns = verdict_pairs(placement, workload)[["used_mw", "constraint", "better_region"]]
        pairs = (
            break_even_pairs(network, workload)
            .drop(columns=["repaid_after_h", "closed_by"])
            .join(columns)
        )
        wants_some = network.demand_mw[:, network.workloads.index(workload)] > SMALLEST_MW
        homes = (
            [home]
            if home
            else np.array(network.regions, object)[np.unique(network.home[wants_some])].tolist()
        )
        pairs = pairs.loc[pairs["home"].isin(homes)]
        yield Verdicts(workload, home, network.regions, float(np.median(network.pue)), pairs)

    def show(self, result: Verdicts) -> None:
        names, index = (
            self.session.network.region_names,
            {region: j for j, region in enumerate(result.regions)},
        )
        code = np.array([_CODE[obstacle] for obstacle in result.pairs["constraint"]], np.uint8)
        drawn = np.flatnonzero((code >= _UNMARKED) | bool(result.home))
        drawn = drawn[np.argsort(code[drawn], kind="stable")]
        pairs, code = result.pairs.iloc[drawn], code[drawn]
        places = {
            name: np.array([index.get(region, len(index)) for region in pairs[column]], np.uint16)
            for name, column in (
                ("home", "home"),
                ("region", "region"),
                ("better", "better_region"),
            )
        }
        figures = {name: pairs[column].to_numpy(np.float32) for name, column in _FIGURES.items()}
        x = (pairs["saving_usd_per_mwh"] / result.pue).to_numpy(np.float32)
        self._homes = pairs["home"].tolist()
        known = np.array([*(names[region] for region in result.regions), "–"], object)
        self.pane.update("names", name=known)
        self.pane.configure("pairs", "selected", indices=[])
        self.pane.update(
            "pairs", x=x, color=code, size=_SIZES[code], marker=_MARKERS[code], **figures, **places
        )  # fmt: skip
        self._show_plane(x, figures["y"], result.pue)
        self.pane.say("legend", _legend(result))
        self.pane.say("words", _sentence(result, names))

    def _show_plane(self, x: NDArray, y: NDArray, pue: float) -> None:
        """
        The net saving below the pairs; its axes stay put for small moves, so that pairs are seen to
        move.
        """
        bottom, top = _around(y)
        right = max(
            round_above(float(x.max(initial=0.0))), 1.1 * top / pue
        )  # so far that the line leaves at the top
        left = -min(round_above(-float(x.min(initial=0.0))), 0.5 * right)
        margin = 0.03 * (right - left)
        left, right = left - margin, right + margin
        across, up = (right - left) / _X, (top - bottom) / _Y
        gap, friction = left + across * (np.arange(_X) + 0.5), bottom + up * (np.arange(_Y) + 0.5)
        image = np.empty(1, object)
        image[0] = (pue * gap - friction[:, np.newaxis]).astype(np.float32)
        place = {"x": left, "y": bottom, "dw": right - left, "dh": top - bottom}
        self.pane.update(
            "plane", image=image, **{name: np.array([value]) for name, value in place.items()}
        )
        end = round_above(pue * right / 3)
        self.pane.configure("plane", "color_mapper", low=-end, high=end)
        self.pane.configure("line", "glyph", gradient=pue)
        self.pane.set_range("pairs", "x_range", left, right)
        self.pane.set_range("pairs", "y_range", bottom, top)

    def table(self, result: Verdicts) -> pd.DataFrame:
        """
        All break-even quantities of the pairs of one home; of all homes, how many pairs and how
        much load.
        """
        if not result.home:
            grouped = result.pairs.groupby(["pays", "constraint"], as_index=False)
            return grouped.agg(
                pairs=("home", "size"),
                used_mw=("used_mw", "sum"),
                mean_net_usd_per_mwh=("net_usd_per_mwh", "mean"),
            )
        names = self.session.network.region_names
        named = {
            c: [names[id] for id in result.pairs[c]] for c in ("home", "region", "better_region")
        }
        return result.pairs.assign(**named).sort_values("net_usd_per_mwh", ascending=False)

    def _on_tap(self, rows: list[int]) -> None:
        if rows and self.session.region not in self.session.network.regions:
            self.session.region = self._homes[rows[0]]

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """The plane and the pairs of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            names = ColumnDataSource({"name": []})
            drawing.handles["names"] = {"cds": names}
            two, three = np.arange(2.0), ("home", "region", "better")
            plane = hv.Image((two, two, np.array([[-1.0, 1.0], [0.0, 1.0]])), vdims="net").opts(
                cmap=_PALETTE, clim=(-1, 1), alpha=0.55, default_tools=[], tools=[], colorbar=True,
                colorbar_opts=_COLORBAR, clabel="Net [USD/MWh]", hooks=[drawing.keep("plane")],
            )  # fmt: skip
            line = hv.Slope(1, 0).opts(color="#c2185b", line_width=3, hooks=[drawing.keep("line")])
            pairs = hv.Points(
                (two, two, two, np.array(["circle", "square"]), *[two] * len([*_FIGURES, *three])),
                ["x", "y"], ["kind", "marker", "size", *[*_FIGURES][1:], *three],
            ).opts(
                color="kind", cmap=[mark.colour for mark in MARKS], clim=(-0.5, len(MARKS) - 0.5), size="size",
                marker="marker", line_color="#1f242b", line_width=0.7, selection_line_width=3, default_tools=[],
                tools=[_hover(names), "tap"], hooks=[drawing.keep("pairs")],
            )  # fmt: skip
            plot = hv.Overlay([plane, line, pairs]).opts(
                responsive=True, xlabel="Price gap, carbon and PUE in it [USD/MWh]",
                ylabel="Friction [USD/MWh]", fontscale=1.1, active_tools=[], tools=["pan", "wheel_zoom", "reset"],
                hooks=[quiet_toolbar, align_left],
            )  # fmt: skip
            legend = drawing.words("legend", margin=(2, 0, 0, 6), stylesheets=[_LEGEND])
            return measure_card(
                drawing, "Where is the line?", _HELP, drawing.figure(plot, height=330), legend
            )

        return Drawing(make)


def _hover(names: ColumnDataSource) -> HoverTool:
    name = CustomJSHover(args={"names": names}, code="return names.data.name[value]")
    says = CustomJSHover(args={"says": [mark.says for mark in MARKS]}, code="return says[value]")
    return HoverTool(
        tooltips=[
            ("", "@home{custom} → @region{custom}"),
            ("Net saving", "@net{+0,0.0} USD/MWh of IT load"),
            ("Price gap", "@gap{0,0.0} USD/MWh; @x{0,0.0} with carbon and PUE"),
            ("Friction", "@y{0,0.0} USD/MWh"),
            ("Added delay", "@wan_ms{0,0.0} ms"),
            ("Moved", "@used_mw{0,0.0} MW"),
            ("Such pairs", "@color{custom}"),
            ("Goes to", "@better{custom}"),
        ],
        limit=1,  # of those on top of each other
        sort_by=[("color", "descending")],
        formatters={"@home": name, "@region": name, "@better": name, "@color": says},
    )


def _around(values: NDArray) -> tuple[float, float]:
    """Round ends of an axis somewhat beyond all values."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=0.0))
    step = 0.2 * 10 ** np.floor(np.log10(max(high, 1.0)))
    below = step * np.floor(0.8 * low / step) if 0 < low < np.inf else 0.0
    return min(below, step * np.floor(low / step)) if low < np.inf else 0.0, step * np.ceil(
        1.1 * max(high, 1.0) / step
    )


def _legend(result: Verdicts) -> Markup:
    """What the marks mean, and how many pairs have them."""
    counts = result.pairs["constraint"].value_counts()
    return joined(
        html(
            '<span><i style="color:{}">{}</i> <b>{:,}</b> {}</span>',
            mark.colour,
            mark.sign,
            counts[mark.obstacle],
            mark.says,
        )
        for mark in reversed(MARKS)
        if mark.obstacle in counts
    )


def _sentence(result: Verdicts, names: NamesById) -> str:
    pairs = result.pairs
    if pairs.empty:
        return "No load could move: there is nothing to compare."
    pays, used = pairs["pays"], pairs["used_mw"] > SMALLEST_MW
    who = f"from {names[result.home]}" if result.home else "from all homes with load"
    return html(
        "Class {}: of {:,} pairs {}, <b>{:,} pay, {} of them are used</b> and carry {} MW. Each pair by itself pays "
        "right of the line; the placement weighs all pairs together.",
        as_shown(result.workload), len(pairs), who, pays.sum(), (pays & used).sum(),
        format_number(pairs.loc[pays, "used_mw"].sum()),
    )  # fmt: skip


_LEGEND = """
:host { font-size: 13px; line-height: 1.6; }
span { display: inline-block; margin-right: 14px; }
i { font-style: normal; text-shadow: 0 0 1px #1f242b, 0 0 1px #1f242b; }
"""
_COLORBAR = {
    "title": "Net",
    "width": 9,
    "major_tick_line_color": None,
    "bar_line_color": None,
    "background_fill_alpha": 0,
}
_HELP = """
Colour: net saving of moving one MWh of IT load = PUE × gap − friction. Price gap: a pair's whole saving ÷ the median
PUE, that is the electricity price gap that would save as much between two places of that PUE and equal carbon. So the
colour below a pair is its own net saving; on the line it is zero. Marks: what the placement makes of it. It differs
from the algebra of pairs where law, latency, state, capacity or what is offered binds, or where the load has an even
better place to go. This comparison, like the break-even condition itself, is the project's own. Tap a pair to see all
from its home.
"""
