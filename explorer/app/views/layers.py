"""Where does it go? Load at home, in the region, or where energy is cheap: by class now, and along a latency budget."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import LayoutDOM
from numpy.typing import NDArray

from explorer.app.live.budget_mark import now_mark, place_now
from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, align_left, quiet_toolbar
from explorer.app.live.rows import bars, labels, name_rows, named_rows, row_places
from explorer.charts.budget_axis import BudgetAxis, label_of, name_of
from explorer.markup import html, joined
from explorer.measures.frontier import LAYER_COLUMNS, Frontier
from explorer.model.labels import as_shown
from explorer.model.placement import LAYERS, Placement
from explorer.text import duration, elided, key, number

KINDS = (*LAYERS, "unserved")
COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#8a8f98")  # of KINDS
WHITE = np.array([True, False, False, False])  # whether words on these colours are white
COLUMNS = (*LAYER_COLUMNS, "unserved_mw")
ROWS_PX = 185  # height of the bars of a few classes
SMALLEST_SHARE = 0.09  # of a bar that has room for words
OVERLAP = 0.004  # of the width: steps that only touch show a hairline


@dataclass(frozen=True)
class Layers:
    """Load by layer: of each class as it is, and of all classes together at every step of a budget."""

    placement: Placement
    frontier: Frontier | None

    @property
    def now_mw(self) -> NDArray[np.float64]:
        """Load in each of `KINDS`, shape (workload, kind). [MW]"""
        best = self.placement.optimum
        unserved = (best.unserved_free_mw + best.unserved_pinned_mw).sum(axis=0)
        return np.vstack([self.placement.layers_mw, unserved]).T


class LayersView(MeasureView):
    """Each class as a bar of its layers, and below, how the layers of all classes grow with one latency budget."""

    file_name = "layers"
    depends = ("placement", "frontier")

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.placement, self.session.frontier

    def compute(self, placement: Placement, frontier: Frontier | None) -> Iterator[Layers]:
        yield Layers(placement, frontier)

    def show(self, result: Layers) -> None:
        self._show_classes(result)
        if result.frontier is not None:
            self._show_budgets(result.frontier)
        self.pane.say("words", _sentence(result))

    def _show_classes(self, result: Layers) -> None:
        mw, workloads = result.now_mw, [*map(as_shown, result.placement.network.workloads)]
        total = mw.sum(axis=1, keepdims=True)
        share = np.divide(mw, total, out=np.zeros_like(mw), where=total > 0)
        right = share.cumsum(axis=1)
        row, kind = (index.ravel() for index in np.indices(mw.shape))
        y = row_places(len(workloads))[row]
        percent = 100 * share.ravel()
        self.pane.update(
            "classes", left=100 * (right - share).ravel(), right=100 * right.ravel(), bottom=y - 0.38, top=y + 0.38,
            color=kind.astype(float), workload=np.array(workloads, object)[row], layer=np.array(KINDS, object)[kind],
            it_mw=mw.ravel(), share=percent,
        )  # fmt: skip
        shown = np.flatnonzero(share.ravel() >= SMALLEST_SHARE)
        self.pane.update(
            "class words", x=(100 * (right - share / 2)).ravel()[shown], y=y[shown],
            text=np.array([f"{percent[n]:.0f} %" for n in shown], object), text_color=WHITE[kind[shown]].astype(float),
        )  # fmt: skip
        names = [f"{elided(w)}, {number(mw)} MW" for w, mw in zip(workloads, total[:, 0], strict=True)]
        name_rows(self.pane, "class rows", names, height_px=ROWS_PX)

    def _show_budgets(self, frontier: Frontier) -> None:
        mw, start = frontier.table[list(COLUMNS)].to_numpy(), frontier.table["budget_ms"].to_numpy()
        first, last = BudgetAxis.of(frontier).ends
        top, end = mw.cumsum(axis=1), np.append(start[1:], last)
        row, kind = (index.ravel() for index in np.indices(mw.shape))
        self.pane.update(
            "budgets", left=start[row], right=end[row] + OVERLAP * (last - first), to_ms=end[row],
            bottom=_short(top - mw), top=_short(top), it_mw=_short(mw), color=kind.astype(np.uint8),
            layer=np.array(KINDS, object)[kind],
        )  # fmt: skip
        named = np.flatnonzero(mw[0] >= SMALLEST_SHARE * top[0, -1])
        self.pane.update(
            "budget words", x=np.full(len(named), start[0] + 0.015 * (last - first)), y=(top - mw / 2)[0, named],
            text=np.array(KINDS, object)[named], text_color=WHITE[named].astype(float),
        )  # fmt: skip
        highest = 1.03 * (float(top.max()) or 1.0)
        place_now(self.pane, "now", frontier, highest / 2)
        self.pane.set_range("budgets", "x_range", first, last)
        self.pane.set_range("budgets", "y_range", 0.0, highest)
        self.pane.configure("budgets", "xaxis", axis_label=label_of(frontier.over))

    def table(self, result: Layers) -> pd.DataFrame:
        rows = [
            (f"class {as_shown(w)}, now", *mw)
            for w, mw in zip(result.placement.network.workloads, result.now_mw, strict=True)
        ]
        if result.frontier is not None:
            steps, name = result.frontier.table, name_of(result.frontier.over)
            along = zip(steps["budget_ms"], steps[list(COLUMNS)].to_numpy(), strict=True)
            rows += [(f"all classes, {name} {ms:,.1f} ms", *mw) for ms, mw in along]
        return pd.DataFrame(rows, columns=["where", *COLUMNS])

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """Bars and steps of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            tip = [("", "class @workload, @layer"), ("Load", "@it_mw{0,0.0} MW"), ("Of the class", "@share{0.0} %")]
            classes = bars(drawing, "classes", ["workload", "layer", "it_mw", "share"], COLOURS, tip)
            plot = hv.Overlay([classes, labels(drawing, "class words")]).opts(
                responsive=True, xlabel="Share of the class's load [%]", ylabel="", xlim=(0, 100),
                tools=[], active_tools=[], hooks=[quiet_toolbar, named_rows(drawing, "class rows")], fontscale=1.1,
            )  # fmt: skip
            tip = [
                ("", "@layer"), ("Load", "@it_mw{0,0.0} MW"), ("Budget", "@left{0,0.0} to @to_ms{0,0.0} ms"),
            ]  # fmt: skip
            budgets = bars(drawing, "budgets", ["layer", "it_mw", "to_ms"], COLOURS, tip)
            words = labels(drawing, "budget words", text_align="left")
            steps = hv.Overlay([budgets, words, *now_mark(drawing, "now")]).opts(
                responsive=True, xlabel="Latency budget [ms]", ylabel="All classes [MW]", fontscale=1.1,
                tools=["xpan", "xwheel_zoom", "reset"], active_tools=[], hooks=[quiet_toolbar, align_left],
            )  # fmt: skip
            figures = drawing.figure(plot, height=ROWS_PX), drawing.figure(steps, height=230)
            return measure_card(drawing, "Local, regional or where energy is cheap?", _HELP, *figures)

        return Drawing(make)


def _short(mw: NDArray[np.float64]) -> NDArray[np.float32]:
    """Flat, and half the bytes: there are hundreds of steps."""
    return mw.ravel().astype(np.float32)


def _sentence(result: Layers) -> str:
    mw = result.now_mw.sum(axis=0)
    radius_km = result.placement.network.regional_radius_km
    where = ("at home", f"within {number(radius_km)} km of it", "further away, for cheap energy", "nowhere")
    keys = [
        html("<span style='white-space:nowrap'>{} <b>{} MW</b> {}</span>", key(colour), number(load), name)
        for colour, load, name in zip(COLOURS, mw, where, strict=True)
        if load > 1e-6 or name != "nowhere"
    ]
    said = html("Of {} MW now: {}.", number(mw.sum()), joined(keys, ", "))
    frontier = result.frontier
    if frontier is None or len(frontier.table) < 2:
        return said
    first, last = frontier.table.iloc[0], frontier.table.iloc[-1]
    return html(
        "{} As the {} goes from {} to {}, load further away goes from {} to {} MW.",
        said, name_of(frontier.over), duration(first["budget_ms"]), duration(last["budget_ms"]),
        number(first["energy_oriented_mw"]), number(last["energy_oriented_mw"]),
    )  # fmt: skip


_HELP = """
Executed at home (local), within the regional radius of home (regional, 3,000 km unless set otherwise), or further away
(energy-oriented): distance is great-circle, from home to where it runs. Top: each class as it is placed. Below: the
optimum of all classes at every budget of the class chosen for the frontier; it changes in steps. Classes that may wait
spread out in layers: that is the stratification of Luo and Yang (arXiv:2604.27855); the radius is this project's own.
"""
