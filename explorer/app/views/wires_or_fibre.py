"""Wires or fibre? One MWh of IT load by line from another region's grid, and its computation executed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM, Select
from markupsafe import Markup, escape
from numpy.typing import NDArray

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, quiet_toolbar
from explorer.markup import html, joined
from explorer.measures.break_even import break_even_squares, forbidden_by
from explorer.measures.wires_or_fibre import LINES, TRANSPORT_KWH_PER_GB, WAYS, wires_or_fibre_table
from explorer.model.labels import as_shown
from explorer.model.placement import SMALLEST_MW, Placement
from explorer.session import Session
from explorer.text import number, title_of

AUTOMATIC = ""  # the partner that the placement suggests
PARTS = {  # of a cost: column of the table -> what it is called, its colour
    "energy": ("electricity", "#0072B2"),
    "losses": ("losses", "#D55E00"),
    "line": ("line", "#E69F00"),
    "converters": ("converters", "#F0E442"),
    "egress": ("egress", "#CC79A7"),
    "transport": ("moving data", "#56B4E9"),
    "other": ("other friction", "#009E73"),
    "carbon": ("carbon price", "#8a8f98"),
}
_PLACES = np.arange(len(WAYS), 0.0, -1)  # of the bars, from top to bottom


@dataclass(frozen=True)
class Compared:
    """The pair, None where there is but one region; the table of its ways; what forbids the fibre, or what it moves."""

    pair: tuple[str, str] | None
    workload: str
    ways: pd.DataFrame
    forbidden: str = "none"
    moved_mw: float = 0.0  # of the class, from that home to that region
    by_cost: bool = True  # whether the placement is the cheapest


class WiresView(MeasureView):
    """
    Cost of one MWh of IT load, part by part: from the home grid, by wires and by fibre.

    From the home picked on the map, otherwise from the one with the largest flow; to the region that takes most of its
    load, otherwise the one with most to gain, or to a region chosen from the list.
    """

    file_name = "wires-or-fibre"
    depends = ("placement", "region", "workload")

    def __init__(self, session: Session, **params: Any) -> None:
        self._workload, self._partner, self._line = session.network.workloads[0], AUTOMATIC, next(iter(LINES))
        super().__init__(session, **params)

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("partner", "widget", "value"): self._on_partner, ("line", "widget", "value"): self._on_line}

    def inputs(self) -> tuple[Any, ...]:
        session = self.session
        if session.workload in session.network.workloads:  # the frontier may look at all classes together
            self._workload = session.workload
        return session.placement, self._workload, session.region, self._partner, self._line

    def compute(self, placement: Placement, workload: str, home: str, region: str, line: str) -> Iterator[Compared]:
        pair, network = pair_of(placement, workload, home, region), placement.network
        if pair is None:
            yield Compared(None, workload, pd.DataFrame())
            return
        h, j = (network.regions.index(name) for name in pair)
        ways = wires_or_fibre_table(network, *pair, workload, line=line)
        moved_mw = float(_moved_mw(placement, workload)[h, j])
        forbidden = forbidden_by(network, workload)[h, j]
        yield Compared(pair, workload, ways, forbidden, moved_mw, placement.objective == "cost")

    def show(self, result: Compared) -> None:
        names = self.session.network.region_names
        options = [(AUTOMATIC, "Where most of it goes"), *names.items()]
        partner = self._partner if self._partner in names else AUTOMATIC
        self.pane.configure("partner", "widget", options=options, value=partner)
        self.pane.configure("line", "widget", value=self._line)
        if result.pair is None:
            self.pane.update("bars", **{name: values[:0] for name, values in _bars(_NOTHING).items()})
            self.pane.say("figures", "")
            self.pane.say("words", "One region only: nothing can be moved.")
            return
        bars = _bars(result.ways)
        low, high = min(0.0, float(bars["left"].min())), max(float(bars["right"].max()), 1.0)
        totals = zip(_PLACES, WAYS, result.ways["total_usd_per_mwh"], strict=True)
        labels = {int(at): f"{way}: {number(usd)}" for at, way, usd in totals}
        self.pane.update("bars", **bars)
        self.pane.set_range("bars", "x_range", low - 0.01 * (high - low), high + 0.03 * (high - low))
        self.pane.configure("bars", "yaxis", major_label_overrides=labels)
        self.pane.say("figures", _figures(result.ways))
        self.pane.say("words", _sentence(result, *(names[name] for name in result.pair)))

    def table(self, result: Compared) -> pd.DataFrame:
        """Figures as rows, for they are many; and what moving the data takes by each published estimate."""
        if result.pair is None:
            return pd.DataFrame(columns=["figure", *WAYS])
        figures = result.ways.set_index("way").rename(columns=title_of).T.rename_axis(columns=None)
        figures = figures.reset_index(names="figure").astype(dict.fromkeys(WAYS, float))
        gb = result.ways["data_gb"].iloc[-1]
        estimates = [
            {"figure": f"moving data [kWh] at {each} kWh/GB: {source}", WAYS[-1]: gb * each}
            for source, each in TRANSPORT_KWH_PER_GB.items()
        ]
        return pd.concat([figures, pd.DataFrame(estimates)], ignore_index=True)

    def _on_partner(self, region: str) -> None:
        self._partner = region
        self.update()

    def _on_line(self, line: str) -> None:
        self._line = line
        self.update()

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """The bars of any pair, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            nothing = [(0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)]
            tip = [("", "@way"), ("@part", "@usd_per_mwh{0,0.00} USD/MWh of IT load")]
            bars = hv.Rectangles(nothing, vdims=["kind", "way", "part", "usd_per_mwh"]).opts(
                color="kind", cmap=[colour for _, colour in PARTS.values()], clim=(-0.5, len(PARTS) - 0.5),
                line_color="white", line_width=0.6, default_tools=[], tools=[HoverTool(tooltips=tip)],
                hooks=[drawing.keep("bars")],
            )  # fmt: skip
            zero = hv.VLine(0).opts(color="#8a8f98", line_width=1)
            plot = hv.Overlay([zero, bars]).opts(
                responsive=True, xlabel="Cost [USD per MWh of IT load]", ylabel="", show_grid=True, fontscale=1.2,
                yticks=list(zip(_PLACES.tolist(), WAYS, strict=True)), ylim=(0.45, len(WAYS) + 0.55),
                active_tools=[], tools=["xpan", "reset"], hooks=[quiet_toolbar],
            )  # fmt: skip
            figure = drawing.figure(plot, height=215)
            figure.ygrid.visible = False
            legend = drawing.words("legend", text=str(escape(str(_LEGEND))), margin=(0, 0, 2, 6))
            figures = drawing.words("figures", margin=(2, 0, 0, 6), stylesheets=[_FIGURES])
            partner = drawing.widget("partner", Select(options=[(AUTOMATIC, "")], value=AUTOMATIC, width=190))
            lines: list[Any] = [(name, line.name) for name, line in LINES.items()]
            line = drawing.widget("line", Select(options=lines, value=lines[0][0], width=130))
            return measure_card(
                drawing, "Wires or fibre?", _HELP, legend, figure, figures, tools=[partner, line]
            )  # fmt: skip

        return Drawing(make)


def pair_of(placement: Placement, workload: str, home: str = "", region: str = "") -> tuple[str, str] | None:
    """
    The pair to look at: the largest flow of the class; without any, the most to gain, open pairs before closed ones.

    `home` and `region` narrow the choice where they are regions of the scenario; None if there is only one region.
    """
    network = placement.network
    n, known = len(network.regions), network.regions
    candidate = ~np.eye(n, dtype=bool)
    if home in known:
        candidate &= np.equal.outer(np.arange(n) == known.index(home), np.ones(n, bool))
    elif candidate[np.unique(network.home)].any():  # there is somebody at home
        candidate &= np.isin(np.arange(n), network.home)[:, np.newaxis]
    if region in known and candidate[:, known.index(region)].any():
        candidate &= np.arange(n) == known.index(region)
    if not candidate.any():
        return None
    flow = np.where(candidate, _moved_mw(placement, workload), 0.0)
    if flow.max() > SMALLEST_MW:
        h, j = np.unravel_index(flow.argmax(), flow.shape)
    else:
        is_open = candidate & (forbidden_by(network, workload) == "none")
        gain = break_even_squares(network, workload)["net_usd_per_mwh"]
        h, j = np.unravel_index(np.where(is_open if is_open.any() else candidate, gain, -np.inf).argmax(), flow.shape)
    return known[h], known[j]


def _moved_mw(placement: Placement, workload: str) -> NDArray:
    """Load of the class that runs away from home, shape (home, region)."""
    network = placement.network
    moved_mw = np.zeros((len(network.regions),) * 2)
    np.add.at(moved_mw, network.home, placement.away_mw[:, :, network.workloads.index(workload)])
    return moved_mw


def _bars(ways: pd.DataFrame) -> dict[str, Any]:
    """A rectangle per way and part: what costs stacks up to the right of zero, what earns to the left."""
    usd = ways[[f"{part}_usd_per_mwh" for part in PARTS]].to_numpy()
    paid, earned = (np.cumsum(part, axis=1) for part in (np.maximum(usd, 0.0), np.minimum(usd, 0.0)))
    right, left = np.where(usd >= 0, paid, earned - usd), np.where(usd >= 0, paid - usd, earned)
    places = np.repeat(_PLACES, len(PARTS))
    return {
        "left": left.ravel(), "right": right.ravel(), "bottom": places - 0.36, "top": places + 0.36,
        "color": np.tile(np.arange(len(PARTS), dtype=np.uint8), len(WAYS)),
        "way": np.repeat(np.array(WAYS, object), len(PARTS)),
        "part": np.tile(np.array([name for name, _ in PARTS.values()], object), len(WAYS)),
        "usd_per_mwh": usd.ravel(),
    }  # fmt: skip


_NOTHING = pd.DataFrame({f"{part}_usd_per_mwh": np.zeros(len(WAYS)) for part in PARTS})


def _figures(ways: pd.DataFrame) -> Markup:
    """What is not money."""
    stay, wires, fibre = ways.to_dict("records")
    rows = (
        (stay["way"], f"{number(stay['carbon_kg'])} kg CO₂"),
        (
            wires["way"],
            f"{100 * wires['loss_share']:.1f} % lost",
            f"{number(wires['route_km'])} km of line",
            f"{number(wires['carbon_kg'])} kg CO₂",
        ),
        (
            fibre["way"],
            f"{number(fibre['data_gb'])} GB moved",
            f"{number(fibre['transport_kwh'])} kWh to move it",
            f"{number(fibre['added_ms'])} ms added",
            f"{number(fibre['carbon_kg'])} kg CO₂",
        ),
    )
    return joined(
        html("<div class='way'><b>{}</b>{}</div>", way, joined(html("<span>{}</span>", figure) for figure in figures))
        for way, *figures in rows
    )


def _sentence(result: Compared, home: str, region: str) -> Markup:
    stay, wires, fibre = result.ways.to_dict("records")
    saved = {way["way"]: stay["total_usd_per_mwh"] - way["total_usd_per_mwh"] for way in (wires, fibre)}
    against = [
        html("{} {} <b>{} USD/MWh</b>{}", way, verb, number(abs(usd)), more)
        for (way, usd), ending in zip(saved.items(), ("", "s"), strict=True)
        for verb, more in [(f"save{ending}", "") if usd >= 0 else (f"cost{ending}", " more")]
    ]
    placed = ""
    if result.forbidden != "none":
        placed = f" Here {'the law' if result.forbidden == 'law' else 'the latency budget'} forbids that."
    elif result.moved_mw > SMALLEST_MW:
        forced = ", dearer or not: home is full" if saved["fibre"] < 0 and result.by_cost else ""
        placed = f" The placement moves {number(result.moved_mw)} MW of it{forced}."
    return html(
        "One MWh of class {} at home in <b>{}</b>, with electricity or servers of <b>{}</b>. Against the home grid, "
        "{}. Two different things: by wires the <b>electricity</b> moves, {:.2f} MWh are sent for each that arrives, "
        "and any load can use it. By fibre the <b>computation</b> moves, only of load that may run elsewhere.{}",
        as_shown(result.workload), home, region, joined(against, ", "), wires["sent_per_delivered"], placed,
    )  # fmt: skip


_LEGEND = html(
    "<div style='font-size:12px;line-height:1.6'>{}</div>",
    joined(
        html(
            '<span style="white-space:nowrap;margin-right:10px"><span style="display:inline-block;width:11px;'
            'height:11px;border-radius:2px;vertical-align:-1px;background:{}"></span> {}</span>',
            colour,
            name,
        )
        for name, colour in PARTS.values()
    ),
)
_FIGURES = """
:host { font-size: 13.5px; line-height: 1.65; font-variant-numeric: tabular-nums; }
.way { padding-left: 5.2em; text-indent: -5.2em; }
b, span { display: inline-block; text-indent: 0; } b { width: 5.2em; } span { min-width: 10.4em; margin-right: 0.5em; }
"""
_HELP = """
Per MWh of IT load. Home grid: PUE × price at home. Wires: (PUE at home) ÷ (1 − losses) is bought at the region's
price; 1 − losses = 0.99² × 0.977^(km/1000), route = 1.25 × great circle. Line and two converter stations bear 7 %
interest over 40 years and 2 % upkeep a year (cable 0.35 %), and run at 80 % of their power. Fibre: PUE × price in the
region, and the friction of the placement. Sources: PyPSA-Eur (losses, detour, interest), German grid plan 2023 (costs),
Hagspiel 2014 and Purvins 2018 (upkeep). The cable's cost, the 80 % and the comparison itself are this project's own.
"""
