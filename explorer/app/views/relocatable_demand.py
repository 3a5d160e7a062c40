"""How much could move? Load that latency, capacity and cost would each let run away from home, and what does."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM
from numpy.typing import NDArray

from explorer.app.live.budget_mark import now_mark, place_now
from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, align_left, quiet_toolbar
from explorer.app.live.rows import bars, name_rows, named_rows, row_places
from explorer.cache import Memo
from explorer.charts.budget_axis import budget_label, budget_name, budget_span
from explorer.markup import html, joined
from explorer.measures.frontier import Frontier
from explorer.measures.relocatable_demand import READINGS, relocatable_mw, relocatable_table
from explorer.model.labels import as_shown
from explorer.model.network import Network
from explorer.model.placement import Placement
from explorer.text import key, number

Floats = NDArray[np.float64]

ROWS_PX = 215  # height of the bars of a few classes
LOADS = ("demand", *READINGS, "relocated")  # each within the one before, in total
COLOURS = ("#8a8f9855", "#56B4E9", "#0072B2", "#009E73", "#E69F00")
HALVES = np.array([0.44, 0.38, 0.28, 0.18, 0.08])  # of the bars' heights
POINTS = 13  # budgets at which the readings are looked at


@dataclass(frozen=True)
class Relocatable:
    """Demand, its three readings of what could move, and what does: by class now, and in total along a budget."""

    workloads: tuple[str, ...]
    mw: Floats  # (workload, load) [MW]
    frontier: Frontier | None
    curve: Floats  # (point, 1 + reading) budgets [ms] and readings of all classes [MW], as far as they are known


class RelocatableView(MeasureView):
    """Nested bars: demand, its three readings, and what is relocated; below, how they grow with a latency budget."""

    file_name = "relocatable"
    depends = ("placement", "frontier", "frontier_busy")

    def inputs(self) -> tuple[Hashable, ...]:
        session = self.session
        return session.placement, None if session.frontier_busy else session.frontier

    def compute(self, placement: Placement, frontier: Frontier | None) -> Iterator[Relocatable]:
        network = placement.network
        readings = relocatable_table(network)[[f"{reading}_mw" for reading in READINGS]].to_numpy()
        demand, away = network.demand_mw.sum(axis=0), placement.away_mw.sum(axis=(0, 1))
        now = Relocatable(network.workloads, np.column_stack([demand, readings, away]), None, np.empty((0, 4)))
        yield now
        if frontier is not None:
            for curve in _curve(network, frontier):
                yield replace(now, frontier=frontier, curve=curve)

    def show(self, result: Relocatable) -> None:
        mw = np.vstack([result.mw.sum(axis=0), result.mw])
        names = np.array(["all classes", *(f"class {as_shown(w)}" for w in result.workloads)], object)
        kind, row = (index.ravel() for index in np.indices(mw.T.shape))  # inner bars last, on top
        y, half, length = row_places(len(names))[row], HALVES[kind], mw.T.ravel()
        of = np.divide(mw, mw[:, :1], out=np.full_like(mw, np.nan), where=mw[:, :1] > 0)
        self.pane.update(
            "loads", left=np.zeros_like(length), right=length, bottom=y - half, top=y + half, color=kind.astype(float),
            name=names[row], load=np.array(LOADS, object)[kind], it_mw=length, share=100 * of.T.ravel(),
        )  # fmt: skip
        name_rows(self.pane, "rows", [name.removeprefix("class ") for name in names], height_px=ROWS_PX)
        self.pane.set_range("loads", "x_range", 0.0, 1.03 * (float(mw.max()) or 1.0))
        if result.frontier is not None:
            self._show_budgets(result, result.frontier)
        self.pane.say("words", _sentence(mw[0]))

    def _show_budgets(self, result: Relocatable, frontier: Frontier) -> None:
        """What could move at some budgets and at that of now, and what does move at all of them."""
        steps_ms, relocated = frontier.table["budget_ms"].to_numpy(), frontier.table["relocated_mw"].to_numpy()
        first, last = budget_span(frontier)
        self.pane.update("relocated", x=np.append(np.repeat(steps_ms, 2)[1:], last), y=np.repeat(relocated, 2))
        now = [frontier.current_ms, *result.mw.sum(axis=0)[1:-1]]
        curve = np.unique(np.vstack([result.curve, now]), axis=0)
        for n, reading in enumerate(READINGS, 1):
            self.pane.update(reading, x=curve[:, 0], y=curve[:, n])
        of, point = (index.ravel() for index in np.indices((len(READINGS), len(curve))))
        self.pane.update(
            "points", x=curve[point, 0], y=curve[point, 1 + of], color=of.astype(float),
            load=np.array(READINGS, object)[of],
        )  # fmt: skip
        highest = 1.06 * (max(float(curve[:, 1:].max()), float(relocated.max())) or 1.0)
        place_now(self.pane, "now", frontier, highest / 2)
        self.pane.set_range("points", "x_range", first, last)
        self.pane.set_range("points", "y_range", 0.0, highest)
        self.pane.configure("points", "xaxis", axis_label=budget_label(frontier))

    def table(self, result: Relocatable) -> pd.DataFrame:
        rows = [(f"class {as_shown(w)}, now", *mw) for w, mw in zip(result.workloads, result.mw, strict=True)]
        rows.append(("all classes, now", *result.mw.sum(axis=0)))
        if result.frontier is not None:
            name, demand = budget_name(result.frontier), result.mw[:, 0].sum()
            rows += [(f"all classes, {name} {ms:,.1f} ms", demand, *mw, np.nan) for ms, *mw in result.curve]
        return pd.DataFrame(rows, columns=["where", *(f"{load}_mw" for load in LOADS)])

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """Bars and lines of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            tip = [("", "@name: @load"), ("Load", "@it_mw{0,0.0} MW"), ("Of the demand", "@share{0.0} %")]
            loads = bars(drawing, "loads", ["name", "load", "it_mw", "share"], COLOURS, tip)
            plot = hv.Overlay([loads]).opts(
                responsive=True, xlabel="IT load [MW]", ylabel="", show_grid=True, fontscale=1.1,
                tools=[], active_tools=[], hooks=[quiet_toolbar, named_rows(drawing, "rows")],
            )  # fmt: skip
            figures = drawing.figure(plot, height=ROWS_PX), drawing.figure(_budgets(drawing), height=215)
            return measure_card(drawing, "How much could move?", _HELP, *figures)

        return Drawing(make)


def _budgets(drawing: Drawing) -> Any:
    two, plain = np.arange(2.0), {"default_tools": [], "tools": []}
    lines = [
        hv.Curve((two, two)).opts(color=colour, line_width=width, hooks=[drawing.keep(load)], **plain)
        for load, colour, width in zip(LOADS[1:], COLOURS[1:], (7, 2.5, 2.5, 2.5), strict=True)  # gross is seen below
    ]
    tip = [("", "@load"), ("Load", "@y{0,0.0} MW"), ("Budget", "@x{0,0.0} ms")]
    points = hv.Points((two, two, two, two), ["x", "y"], ["kind", "load"]).opts(
        color="kind", cmap=list(COLOURS[1:4]), clim=(-0.5, 2.5), size=7, line_color="white", line_width=0.6,
        default_tools=[], tools=[HoverTool(tooltips=tip)], hooks=[drawing.keep("points")],
    )  # fmt: skip
    return hv.Overlay([*lines, points, *now_mark(drawing, "now")]).opts(
        responsive=True, xlabel="Latency budget [ms]", ylabel="All classes [MW]", show_grid=True, fontscale=1.1,
        tools=["xpan", "xwheel_zoom", "reset"], active_tools=[], hooks=[quiet_toolbar, align_left],
    )  # fmt: skip


_curves: Memo[tuple[pd.DataFrame, Floats]] = Memo(size=32)


def _curve(network: Network, frontier: Frontier) -> Iterator[Floats]:
    """
    The readings at some of a frontier's steps, first to last; all that are known so far, again and again.

    Remembered by the table itself, which is the same wherever the scenario stands on the axis.
    """
    table = frontier.table
    known = _curves.get(id(table))
    if known is not None and known[0] is table:
        yield known[1]
        return
    chosen = np.unique(np.linspace(0, len(table) - 1, POINTS).round().astype(int))
    rows: list[list[float]] = []
    for budget_ms in table["budget_ms"].to_numpy()[chosen]:
        budgets = network.budget_ms.copy()
        shift_ms = budget_ms - frontier.current_ms
        budgets[slice(None) if frontier.over == "all" else network.workloads.index(frontier.over)] += shift_ms
        then = replace(network, budget_ms=budgets)
        totals = [relocatable_mw(then, then.allowed, reading, then.time_limit_s) for reading in READINGS]
        rows.append([budget_ms, *totals])
        yield np.array(rows)
    _curves.find(id(table), lambda: (table, np.array(rows)))


def _sentence(mw: Floats) -> str:
    demand, gross, deliverable, economic, relocated = (number(value) for value in mw)
    if mw[0] == 0:
        return "There is no demand."
    keys = [
        html("<span style='white-space:nowrap'>{} <b>{}</b></span> {}", key(colour), text, meaning)
        for colour, text, meaning in (
            (COLOURS[1], f"{gross} MW gross", "may run elsewhere in time and by law"),
            (COLOURS[2], f"{deliverable} MW deliverable", "finds room there at the same time"),
            (COLOURS[3], f"{economic} MW economic", "does so for less than at home"),
            (COLOURS[4], f"{relocated} MW relocated", "does run elsewhere"),
        )
    ]
    return html("Of {} MW of demand: {}.", demand, joined(keys, "; "))


_HELP = """
Relocatable inference demand (RID) in three readings. Gross: load that no state pins to its home, with at least one
other region in time and by law. Deliverable: the most that can run away from home at once within all capacities, when
as much as can be is served. Economic: the most that does so for less than at home, friction and carbon price included.
Relocated: what the placement moves; more than the economic load where home is full. In total each is within the one
before; by class, economic may exceed deliverable where classes compete. Below: at some steps of the frontier of the
class chosen there, all classes together. The readings are this project's own definition of what Luo and Yang
(arXiv:2604.27855) call relocatable demand.
"""
