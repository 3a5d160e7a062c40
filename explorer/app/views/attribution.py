"""What holds it back? From what moving could save to what it does save, obstacle by obstacle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, quiet_toolbar
from explorer.app.live.rows import lying, rectangles, row_places
from explorer.markup import html
from explorer.measures.attribution import FACTORS, attribution_table, waterfall_table
from explorer.measures.frontier import UNSERVED_MW
from explorer.measures.headlines import like_for_like
from explorer.model.network import Network
from explorer.model.placement import Placement, place
from explorer.text import number

_COLOURS = ["#0072B2", "#D55E00", "#009E73"]  # of what is possible, an obstacle, what is saved
_ROWS = ("without obstacles", *FACTORS, "as it is")  # from top to bottom
_PLACES = row_places(len(_ROWS))
_BARS = {
    "name": np.array(_ROWS, object),
    "color": np.array([0, *[1] * len(FACTORS), 2], np.uint8),  # of _COLOURS
}


@dataclass(frozen=True)
class Obstacles:
    """Saving against the baseline of the load served, and what each obstacle keeps away. [USD/h]"""

    placement: Placement
    saved_usd_per_h: float
    attribution: pd.DataFrame
    waterfall: pd.DataFrame


class AttributionView(MeasureView):
    """Shapley values of the five obstacles as steps of a staircase, and the order-dependent waterfall inside them."""

    file_name = "attribution"

    def compute(self, network: Network) -> Iterator[Obstacles]:
        plain = network.plain  # as the attribution takes it
        best = place(plain, "cost")
        saved = like_for_like(best, best.baseline).objective_usd_per_h - best.objective_usd_per_h
        yield Obstacles(best, saved, attribution_table(network), waterfall_table(network))

    def show(self, result: Obstacles) -> None:
        shapley, in_order = (table["usd_per_h"].to_numpy() for table in (result.attribution, result.waterfall))
        saved, possible = result.saved_usd_per_h, result.saved_usd_per_h + shapley.sum()
        lengths = np.array([possible, *shapley, saved])
        right, left = _steps(possible, shapley)
        ends = np.array([0.0, *left, 0.0]), np.array([possible, *right, saved])
        share = lengths / possible if possible else np.full(len(lengths), np.nan)
        self.pane.update("bars", **_BARS, **lying(*ends, 0.36), usd_per_h=lengths, share=share)
        right, left = _steps(possible, in_order)
        self.pane.update("order", **lying(left, right, 0.09, below=-1))  # in the rows between the first and the last
        low, high = min(0.0, saved), max(possible, saved, 1.0)
        self.pane.set_range("bars", "x_range", low - 0.02 * (high - low), high + 0.04 * (high - low))
        self.pane.say("words", _sentence(result.placement, saved, shapley))

    def table(self, result: Obstacles) -> pd.DataFrame:
        return result.attribution.assign(put_in_place_in_this_order_usd_per_h=result.waterfall["usd_per_h"])

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """The staircase of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            tip = [("", "@name"), ("Saving", "@usd_per_h{0,0} USD/h"), ("Of what is possible", "@share{0 %}")]
            bars = rectangles(
                drawing, "bars", ["kind", "name", "usd_per_h", "share"],
                color="kind", cmap=_COLOURS, clim=(-0.5, 2.5), tools=[HoverTool(tooltips=tip)],
            )  # fmt: skip
            order = rectangles(drawing, "order").opts(color="#4a4f57", line_color="white", line_alpha=0.9)
            plot = hv.Overlay([bars, order]).opts(
                responsive=True, xlabel="Saving against the baseline [USD/h]", ylabel="", show_grid=True,
                yticks=list(zip(_PLACES.tolist(), _ROWS, strict=True)), ylim=(0.4, len(_ROWS) + 0.6), active_tools=[],
                fontscale=1.1,
                hooks=[quiet_toolbar],
            )  # fmt: skip
            return measure_card(drawing, "What holds it back?", _HELP, drawing.figure(plot, height=300))

        return Drawing(make)


def _steps(top: float, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where bars begin and end that lead from `top` downwards, one after the other."""
    ends = top - np.cumsum(lengths)
    return np.array([top, *ends[:-1]]), ends


def _sentence(best: Placement, saved: float, shapley: np.ndarray) -> str:
    """What moving saves and what holds it back, of the load that is served."""
    if best.served_mw <= UNSERVED_MW:
        return "Nothing is served, so nothing is saved."
    held, whose = shapley.sum(), ""
    if best.unserved_mw > UNSERVED_MW:
        whose = f" All of it is of the {number(best.served_mw)} MW served; {number(best.unserved_mw)} MW are not."
    if held <= 0:
        return f"Nothing holds it back: moving saves {number(saved)} USD/h.{whose}"
    order = np.argsort(-shapley)
    parts = [f"{FACTORS[n]} {100 * shapley[n] / held:.0f} %" for n in order if shapley[n] > 0]
    return html(
        "Moving saves <b>{} of {} USD/h</b> that would be possible without obstacles, carbon at its price included. "
        "Of the {} USD/h held back: {}.{}",
        number(saved), number(saved + held), number(held), ", ".join(parts), whose,
    )  # fmt: skip


_HELP = """
Saving against the baseline, carbon at its price, if friction, egress price, state locality, law and capacity were
lifted, and what each keeps away. Bars: Shapley values, the mean over all 120 orders in which the five may be lifted.
Thin: put in place one after the other, from top to bottom. All serve the same demand, that which is served as it is,
the baseline too. Latency budgets stay: what they
cost is the frontier's question. The choice of these five is this project's own.
"""
