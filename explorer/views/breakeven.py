"""When does it pay? Pairs of regions against the line where moving stops paying."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import HoverTool
from numpy.typing import NDArray

from explorer.breakeven import break_even_pairs
from explorer.network import Network
from explorer.session import Session
from explorer.views.live import Glyph, align_left, on_tap, quiet_toolbar

OPEN, BLOCKED, LOSES = "#0072B2", "#E69F00", "#9aa3ad"
_TABLE = {
    "friction_usd_per_mwh": "friction",
    "saving_usd_per_mwh": "saving",
    "net_usd_per_mwh": "net",
    "break_even_price_gap_usd_per_mwh": "price_gap_needed",
    "price_gap_usd_per_mwh": "price_gap",
    "break_even_carbon_price_usd_per_t": "carbon_price",
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
        self._workload = session.workload
        self._pairs, self._line = Glyph(), Glyph()
        self._text = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 0, 6), min_height=38)
        session.param.watch(self._on_change, ["placement", "region", "workload"])
        self._on_change()

    def __panel__(self) -> pn.viewable.Viewable:
        figure = pn.pane.HoloViews(self._figure(), sizing_mode="stretch_width", height=215, margin=0, linked_axes=False)
        return pn.Column(figure, self._text, sizing_mode="stretch_width", margin=0)

    def _figure(self) -> Any:
        two = np.arange(2.0)
        columns = tuple(two for _ in range(2 + len(_HOVER_COLUMNS)))
        line = hv.Curve((two, two)).opts(
            color="#6b7480", line_width=2, line_dash="dashed", default_tools=[], hooks=[self._line.hook]
        )
        pairs = hv.Points(columns, ["x", "y"], list(_HOVER_COLUMNS)).opts(
            size=9, color="status", cmap=[LOSES, BLOCKED, OPEN], clim=(-0.5, 2.5), line_color="white", line_width=0.6,
            default_tools=[], tools=[_hover(), "tap"], nonselection_alpha=1.0, hooks=[self._pairs.hook],
        )  # fmt: skip
        on_tap(pairs, self._on_tap)
        return hv.Overlay([line, pairs]).opts(
            responsive=True, show_grid=True, tools=["pan", "wheel_zoom", "reset"], active_tools=[],
            xlabel="Saving [USD/MWh]: right of the dashed line it pays", ylabel="Friction [USD/MWh]",
            hooks=[quiet_toolbar, align_left],
        )  # fmt: skip

    def _on_change(self, *_events: Any) -> None:
        session, net = self._session, self._session.network
        if session.workload in net.workloads:  # the frontier may look at all classes together; a pair needs one
            self._workload = session.workload
        table = _with_obstacles(break_even_pairs(net, self._workload), net, self._workload)
        shown = table.query("home == @session.region") if session.region else _best_of_each_home(table, net)
        self._shown = shown = shown.sort_values("status", kind="stable")  # what pays on top
        names = dict(zip(session.scenario.regions["id"], session.scenario.regions["name"], strict=True))
        columns = {short: shown[name].to_numpy() for name, short in _TABLE.items()}
        status = shown["status"].to_numpy(float)
        pair = [f"{names[home]} → {names[region]}" for home, region in zip(shown["home"], shown["region"], strict=True)]
        self._pairs.update(
            x=columns["saving"], y=columns["friction"], color=status, status=status,
            pair=np.array(pair, object), obstacle=shown["obstacle"].to_numpy(object), **columns,
        )  # fmt: skip
        self._fit(columns["friction"], columns["saving"])
        self._text.object = self._sentence(shown, names)

    def _fit(self, friction: NDArray, saving: NDArray) -> None:
        top = _round_above(1.1 * float(friction.max(initial=0.0)))
        low, high = float(saving.min(initial=0.0)), max(float(saving.max(initial=0.0)), top)
        low = max(low, -0.5 * high)  # far left of the line says nothing more
        margin = 0.05 * (high - low)
        self._pairs.set_range("x_range", low - margin, high + margin)
        self._pairs.set_range("y_range", 0.0, top)
        self._line.update(x=np.array([0.0, top]), y=np.array([0.0, top]))

    def _on_tap(self, index: list[int]) -> None:
        if index and not self._session.region:
            self._session.region = str(self._shown["home"].iloc[index[0]])

    def _sentence(self, shown: pd.DataFrame, names: dict[str, str]) -> str:
        pays, blocked, loses = (np.count_nonzero(shown["status"] == status) for status in (2, 1, 0))
        who = f"from {names[self._session.region]}" if self._session.region else "each home to its best region"
        keys = "".join(
            f"<span style='white-space:nowrap;margin-right:10px'><span style='color:{colour}'>●</span> {text}</span>"
            for colour, text in (
                (OPEN, f"{pays} pay"),
                (BLOCKED, f"{blocked} would, but law or latency forbid"),
                (LOSES, f"{loses} do not"),
            )
        )
        return f"<div style='font-size:12.5px;line-height:1.5'>Class {self._workload}, {who}: {keys}</div>"


def _with_obstacles(table: pd.DataFrame, net: Network, workload: str) -> pd.DataFrame:
    """
    Add `obstacle` (law, latency or none) and `status`: 2 pays and may move, 1 pays but may not, 0 does not pay.

    A pair is open if any client of that home may run there in time; homes without clients are judged by zone alone.
    """
    n, k = len(net.regions), net.workloads.index(workload)
    in_time, lawful = np.zeros((n, n), bool), np.zeros((n, n), bool)
    np.logical_or.at(in_time, net.home, net.within_budget[:, :, k])
    np.logical_or.at(lawful, net.home, net.geography.lawful)
    empty = np.setdiff1d(np.arange(n), net.home)
    in_time[empty] = (net.geography.region_rtt_ms * net.round_trips[k] + net.prefill_ms[k] <= net.budget_ms[k])[empty]
    lawful[empty] = net.geography.zone_pair[empty]
    away = ~np.eye(n, dtype=bool)
    obstacle = np.where(lawful, np.where(in_time, "none", "latency"), "law")[away]
    status = np.where(table["pays"], np.where(obstacle == "none", 2, 1), 0)
    return table.assign(obstacle=obstacle, status=status)


def _best_of_each_home(table: pd.DataFrame, net: Network) -> pd.DataFrame:
    """For every home of some client the region with the most to gain, open ones first."""
    homes = [net.regions[j] for j in np.unique(net.home)]
    own = table[table["home"].isin(homes)]
    ranked = own.assign(open=own["obstacle"] == "none").sort_values(["open", "net_usd_per_mwh"], ascending=False)
    return ranked.drop_duplicates("home")


def _round_above(value: float) -> float:
    """The next of 5, 10, 20, 50, ...: an axis that stays put while a slider moves, so that points are seen to move."""
    steps = [m * 10.0**e for e in range(0, 7) for m in (1, 2, 5)]
    return next((step for step in steps if step >= max(value, 5.0)), value)


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
            ("Added delay", "@wan_ms{0,0.0} ms"),
            ("Forbidden by", "@obstacle"),
        ]
    )
