"""When does it pay? Pairs of regions against the line where moving stops paying."""

from __future__ import annotations

from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import HoverTool, LayoutDOM
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.card import beside, card
from explorer.app.live.pane import Drawing, LivePane, align_left, quiet_toolbar
from explorer.app.live.table_panel import TableBehind, disclosure, place_for_table
from explorer.markup import html
from explorer.measures.break_even import break_even_pairs, break_even_squares, forbidden_by
from explorer.model.labels import as_shown
from explorer.model.network import Network
from explorer.session import Session
from explorer.text import legend

OPEN, BLOCKED, LOSES = "#0072B2", "#E69F00", "#9aa3ad"
PAYS, FORBIDDEN, LOSS = 2, 1, 0  # whether a pair pays and may move
_TABLE = {
    "friction_usd_per_mwh": "friction",
    "saving_usd_per_mwh": "saving",
    "net_usd_per_mwh": "net",
    "break_even_price_gap_usd_per_mwh": "price_gap_needed",
    "price_gap_usd_per_mwh": "price_gap",
    "break_even_carbon_price_usd_per_t": "carbon_price",
    "break_even_egress_usd_per_gb": "egress",
    "wan_ms": "wan_ms",
}


class BreakEvenView(pn.viewable.Viewer):
    """
    What one MWh of IT load saves elsewhere against what moving it costs; right of the line it pays.

    With a region picked: from there to everywhere. Otherwise: from every home to its best lawful place in time.
    """

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._workload = session.network.workloads[0]
        self._pane = LivePane(_drawing, {("pairs", "selected", "indices"): self._on_tap})
        self._behind = TableBehind(self._pane, "break-even", self._table)
        session.param.watch(self._on_change, ["placement", "region", "workload"])
        self._on_change()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _on_change(self, *_events: Any) -> None:
        session, net = self._session, self._session.network
        if session.workload in net.workloads:  # the frontier may look at all classes together; a pair needs one
            self._workload = session.workload
        squares = break_even_squares(net, self._workload)
        obstacle = forbidden_by(net, self._workload)
        status = np.where(squares["pays"], np.where(obstacle == "none", PAYS, FORBIDDEN), LOSS)
        if session.region in net.regions:  # a table of regions may come without the one picked
            home = np.full(len(net.regions) - 1, net.regions.index(session.region))
            region = np.delete(np.arange(len(net.regions)), home[0])
        else:
            home, region = _best_of_each_home(squares["net_usd_per_mwh"], obstacle == "none", net)
        rank = np.argsort(status[home, region], kind="stable")  # what pays on top
        self._home, self._region = shown = home[rank], region[rank]
        names = np.array(net.labels.regions, object)
        columns = {short: squares[name][shown].astype(np.float32) for name, short in _TABLE.items()}
        self._pane.update(
            "pairs", x=columns["saving"], y=columns["friction"], color=status[shown].astype(np.uint8),
            pair=names[self._home] + " → " + names[self._region], obstacle=obstacle[shown], **columns,
        )  # fmt: skip
        self._fit(columns["friction"], columns["saving"])
        self._pane.say("words", self._sentence(status[shown], names))
        self._behind.update()

    def _table(self) -> pd.DataFrame:
        """The pairs of the picture, what pays most first."""
        net = self._session.network
        ids = np.array(net.regions, object)
        pairs = pd.MultiIndex.from_arrays([ids[self._home], ids[self._region]], names=["home", "region"])
        table = break_even_pairs(net, self._workload).set_index(["home", "region"]).loc[pairs].reset_index()
        return table.sort_values("net_usd_per_mwh", ascending=False)

    def _fit(self, friction: NDArray, saving: NDArray) -> None:
        top = round_above(1.1 * float(friction.max(initial=0.0)))
        low, high = float(saving.min(initial=0.0)), max(float(saving.max(initial=0.0)), top)
        low = max(low, -0.5 * high)  # far left of the line says nothing more
        margin = 0.05 * (high - low)
        self._pane.set_range("pairs", "x_range", low - margin, high + margin)
        self._pane.set_range("pairs", "y_range", 0.0, top)

    def _on_tap(self, rows: list[int]) -> None:
        if rows and self._session.region not in self._session.network.regions:
            self._session.region = self._session.network.regions[self._home[rows[0]]]

    def _sentence(self, status: NDArray, names: NDArray) -> Markup:
        session = self._session
        who = "each home to its best region"
        if session.region in session.network.regions:
            who = f"from {names[session.network.regions.index(session.region)]}"
        keys = legend(
            *(
                (colour, "●", f"{np.count_nonzero(status == code)} {text}")
                for code, colour, text in (
                    (PAYS, OPEN, "pay"),
                    (FORBIDDEN, BLOCKED, "would, but are closed to it"),
                    (LOSS, LOSES, "do not"),
                )
            )
        )
        return html(
            "<div style='font-size:12.5px;line-height:1.5'>Class {}, {}: {}</div>", as_shown(self._workload), who, keys
        )


@cache
def _drawing() -> Drawing:
    """Pairs of any scenario, without data, and the line where saving equals friction."""

    def make(drawing: Drawing) -> LayoutDOM:
        two = np.arange(2.0)
        line = hv.Slope(1, 0).opts(color="#6b7480", line_width=2, line_dash="dashed")
        pairs = hv.Points(
            tuple(two for _ in range(2 + len(_HOVER_COLUMNS))), ["x", "y"], list(_HOVER_COLUMNS)
        ).opts(
            size=9, color="status", cmap=[LOSES, BLOCKED, OPEN], clim=(-0.5, 2.5), line_color="white", line_width=0.6,
            default_tools=[], tools=[_hover(), "tap"], hooks=[drawing.keep("pairs")],
        )  # fmt: skip
        plot = hv.Overlay([line, pairs]).opts(
            responsive=True, show_grid=True, tools=["pan", "wheel_zoom", "reset"], active_tools=[],
            xlabel="Saving [USD/MWh]: right of the dashed line it pays", ylabel="Friction [USD/MWh]",
            hooks=[quiet_toolbar, align_left],
        )  # fmt: skip

        words = drawing.words("words", margin=(0, 0, 0, 6), min_height=38)
        body = drawing.figure(plot, height=215), beside(words, disclosure(drawing)), place_for_table(drawing)
        return card("When does it pay?", _HELP, *body)

    return Drawing(make)


def _best_of_each_home(net_gain: NDArray, is_open: NDArray, net: Network) -> tuple[NDArray, NDArray]:
    """For every home of some client the region with the most to gain, open ones first; as indices."""
    away = ~np.eye(len(net.regions), dtype=bool)
    home = np.unique(net.home[away[net.home].any(axis=1)])  # none where there is one region only
    candidates = away & (is_open | ~(is_open & away).any(axis=1, keepdims=True))
    return home, np.where(candidates, net_gain, -np.inf)[home].argmax(axis=1)


def round_above(value: float) -> float:
    """The next of 5, 10, 20, 50, ...: an axis that stays put while a slider moves, so that points are seen to move."""
    steps = [m * 10.0**e for e in range(0, 7) for m in (1, 2, 5)]
    return next((step for step in steps if step >= max(value, 5.0)), value)


_HELP = """
One MWh of IT load: what it saves to run it elsewhere, carbon price included, against the friction of moving it. Right
of the dashed line moving pays. Pairs may be closed: by law, because the region does not offer the class, by terms of
their own, or for latency. The placement can still differ: capacity decides who gets the best places.
"""
_HOVER_COLUMNS = ("status", "pair", "obstacle", *_TABLE.values())


def _hover() -> HoverTool:
    return HoverTool(
        tooltips=[
            ("", "@pair"),
            ("Saving (break-even friction)", "@saving{0,0.0} USD/MWh"),
            ("Friction", "@friction{0,0.0} USD/MWh"),
            ("Net", "@net{+0,0.0} USD/MWh"),
            ("Price gap, needed", "@price_gap{0,0.0}, @price_gap_needed{0,0.0} USD/MWh"),
            ("Break-even carbon price", "@carbon_price{0,0} USD/t"),
            ("Break-even egress price", "@egress{0,0.000} USD/GB"),
            ("Added delay", "@wan_ms{0,0.0} ms"),
            ("Closed by", "@obstacle"),
        ],
        limit=2,  # of those on top of each other
    )
