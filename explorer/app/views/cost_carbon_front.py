"""What does a tonne cost? The front from least cost to least carbon, and where the scenario stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, align_left, quiet_toolbar
from explorer.markup import html, joined
from explorer.measures.cost_carbon_front import avoided_kg_per_h, growing_fronts
from explorer.model.labels import NamesById
from explorer.model.network import Network
from explorer.model.placement import Placement, place
from explorer.text import NEUTRAL, number
from explorer.units import KG_PER_T

STEPS_USD_PER_T = (50.0, 100.0)  # carbon prices between which the front changes its colour
COLOURS = ["#009E73", "#E69F00", "#D55E00"]  # cheaper, between, dearer
NOW = "#c2185b"
TOOLS = ("pan", "wheel_zoom", "reset")  # of an element: HoloViews overlooks those of an overlay
_LABELS = np.array(["Now", "Baseline"], object)
UNSERVED_MW = 1e-6


@dataclass(frozen=True)
class TradeOff:
    """A front, perhaps not all of it yet, and the placement there is."""

    front: pd.DataFrame  # as in `cost_carbon_front`
    placement: Placement


class TradeOffView(MeasureView):
    """Cost against carbon at every carbon price, coloured by what a tonne costs there."""

    file_name = "cost-carbon-front"

    def compute(self, network: Network) -> Iterator[TradeOff]:
        placement = place(network)
        for front in growing_fronts(network):
            yield TradeOff(front, placement)

    def show(self, result: TradeOff) -> None:
        front, pane = _with_names(result.front, self.session.network.region_names), self.pane
        carbon, cost = front["carbon_kg_per_h"].to_numpy() / KG_PER_T, front["cost_usd_per_h"].to_numpy()
        price = front["carbon_price_from_usd_per_t"].to_numpy()
        band = np.searchsorted(STEPS_USD_PER_T, price).astype(np.uint8)
        pane.update("front", x0=carbon[:-1], y0=cost[:-1], x1=carbon[1:], y1=cost[1:], color=band[1:])
        pane.update(
            "corners", x=carbon, y=cost, color=band, prices=_prices(front), moved_mw=front["moved_mw"].to_numpy(),
            relocated_mw=front["relocated_mw"].to_numpy(), loses=front["loses"].to_numpy(object),
            gains=front["gains"].to_numpy(object), avoided=carbon[0] - carbon,
        )  # fmt: skip
        marks = {"now": result.placement, "base": result.placement.baseline}
        at = {name: (p.carbon_kg_per_h / KG_PER_T, p.cost_usd_per_h) for name, p in marks.items()}
        for name, (x, y) in at.items():
            pane.update(name, x=np.array([x]), y=np.array([y]))
        (now_x, now_y), (base_x, base_y) = at["now"], at["base"]
        pane.update("labels", x=np.array([now_x, base_x]), y=np.array([now_y, base_y]), text=_LABELS)
        for axis, values, n in (("x_range", carbon, 0), ("y_range", cost, 1)):
            pane.set_range("front", axis, *_padded(values, at["now"][n], at["base"][n]))
        pane.say("words", _sentence(front, result.placement))

    def table(self, result: TradeOff) -> pd.DataFrame:
        return result.front

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """The front of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            two = np.arange(2.0)
            banded: dict[str, Any] = {"color": "band", "cmap": COLOURS, "clim": (-0.5, 2.5), "default_tools": []}
            front = hv.Segments((two, two, two, two, two), ["x0", "y0", "x1", "y1"], ["band"]).opts(
                **banded, line_width=4, tools=[], hooks=[drawing.keep("front")]
            )
            corners = hv.Points(tuple(two for _ in range(3 + len(_HOVER))), ["x", "y"], ["band", *_HOVER]).opts(
                **banded,
                size=6,
                line_color="white",
                line_width=0.5,
                tools=[*TOOLS, _hover()],
                hooks=[drawing.keep("corners")],
            )
            base, now = (
                hv.Points((two, two), ["x", "y"]).opts(
                    color=colour, marker=marker, size=size, line_color="white", line_width=1.5, default_tools=[],
                    tools=[_mark_hover(name)], hooks=[drawing.keep(handle)],
                )
                for handle, name, marker, colour, size in (
                    ("base", "Baseline: least latency", "square", NEUTRAL, 12),
                    ("now", "Now", "diamond", NOW, 18),
                )
            )  # fmt: skip
            labels = hv.Labels((two, two, _LABELS), ["x", "y"], "text").opts(
                text_color=NEUTRAL, text_font_size="13px", text_font_style="bold", text_align="right",
                text_baseline="top",
                tools=[], default_tools=[], hooks=[drawing.keep("labels"), _below_left],
            )  # fmt: skip
            plot = hv.Overlay([front, corners, base, now, labels]).opts(
                responsive=True, xlabel="Carbon [t/h]", ylabel="Cost without carbon price [USD/h]", show_grid=True,
                active_tools=[], fontscale=1.1,
                hooks=[quiet_toolbar, align_left],
            )  # fmt: skip
            return measure_card(drawing, "What does a tonne cost?", _HELP, drawing.figure(plot, height=320))

        return Drawing(make)


def _below_left(plot: Any, _element: Any) -> None:
    """A hook: labels clear of their marks, where no placement can be."""
    plot.handles["glyph"].update(x_offset=-8, y_offset=5)


def _with_names(front: pd.DataFrame, names: NamesById) -> pd.DataFrame:
    """The front with names of regions for their ids."""
    return front.assign(**{column: [names.listed(ids) for ids in front[column]] for column in ("loses", "gains")})


def _prices(front: pd.DataFrame) -> NDArray:
    """The carbon prices at which each corner is the best, in words."""
    starts, ends = front["carbon_price_from_usd_per_t"], front["carbon_price_to_usd_per_t"]
    words = [f"{number(low)} to {number(high)} USD/t" for low, high in zip(starts, ends, strict=True)]
    words[-1] = f"above {number(starts.iloc[-1])} USD/t"
    return np.array(words, object)


def _padded(values: NDArray, now: float, base: float) -> tuple[float, float]:
    """The reach of the front and of the present with a margin; with the baseline where that does not flatten them."""
    low, high = min(float(values.min()), now), max(float(values.max()), now)
    reach = max(high, base) - min(low, base)
    if reach < 2.5 * (high - low):
        low, high = min(low, base), max(high, base)
    margin = 0.09 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _sentence(front: pd.DataFrame, placement: Placement) -> Markup:
    """Where the scenario stands, what tonnes cost there, and how many there are at which price."""
    left_out = placement.unserved_mw
    unserved = f" {number(left_out)} MW go unserved, here and everywhere on it." if left_out > UNSERVED_MW else ""
    return html("{} {}{}", _present(front, placement), _tonnes(front), unserved)


def _present(front: pd.DataFrame, placement: Placement) -> Markup:
    carbon_price = placement.network.carbon_price_usd_per_t
    mark = html("<b style='color:{}'>◆ Now, at {:g} USD/t:</b>", NOW, carbon_price)
    if placement.objective != "cost":
        at, cost = front["carbon_kg_per_h"].to_numpy()[::-1], front["cost_usd_per_h"].to_numpy()[::-1]
        more = max(placement.cost_usd_per_h - float(np.interp(placement.carbon_kg_per_h, at, cost)), 0.0)
        least = placement.objective
        return html("{} least {} costs {} USD/h more than its carbon has to.", mark, least, number(more))
    row = front[front["carbon_price_from_usd_per_t"] <= carbon_price].iloc[-1]
    last, then = row["carbon_price_from_usd_per_t"], row["carbon_price_to_usd_per_t"]
    known = [f"the last tonne avoided costs {number(last)} USD"] if last > 0 else []
    known += [f"the next would cost {number(then)} USD"] if np.isfinite(then) else ["no other placement emits less"]
    return html("{} {}.", mark, ", ".join(known))


def _tonnes(front: pd.DataFrame) -> str:
    if len(front) == 1:
        return "The cheapest placement is the cleanest too."
    every = avoided_kg_per_h(front, np.inf)
    amounts = [
        *(
            html("<b>{}</b> below {:g} USD/t", number(avoided_kg_per_h(front, step) / KG_PER_T), step)
            for step in STEPS_USD_PER_T
        ),
        f"all up to {number(front['carbon_price_from_usd_per_t'].iloc[-1])} USD/t",
    ]
    keys = [
        html("<span style='white-space:nowrap'><span style='color:{}'>●</span> {}</span>", colour, amount)
        for colour, amount in zip(COLOURS, amounts, strict=True)
    ]
    first = front.iloc[1]
    cheapest = (front["carbon_kg_per_h"].iloc[0] - first["carbon_kg_per_h"]) / KG_PER_T
    moves = " to ".join(filter(None, (first["loses"], first["gains"])))
    return html(
        "Against least cost, up to <b>{} t/h</b> can be avoided: {}. The cheapest {} t/h cost {} USD/t: {} MW move{}.",
        number(every / KG_PER_T), joined(keys, ", "), number(cheapest), number(first["carbon_price_from_usd_per_t"]),
        number(first["moved_mw"]), f", {moves}" if moves else "",
    )  # fmt: skip


_HELP = """
Every placement that is best at some carbon price, from least cost (right) to least carbon (left): minimise cost +
carbon price × carbon. Slope = what the next tonne costs (marginal abatement cost). Found exactly, by supporting lines
(Aneja and Nair, 1979); nothing lies below. All serve the same demand under the same budgets, law and capacity. Money
counts energy and friction, carbon follows the scenario's carbon signal: only what moving avoids, while grids stay
as they are.
"""
_HOVER = ("prices", "relocated_mw", "moved_mw", "loses", "gains", "avoided")


def _hover() -> HoverTool:
    return HoverTool(
        tooltips=[
            ("Best at a carbon price", "@prices"),
            ("Cost", "@y{0,0} USD/h"),
            ("Carbon", "@x{0,0.0} t/h, @avoided{0,0.0} t/h less than at least cost"),
            ("Relocated", "@relocated_mw{0,0} MW"),
            ("Moves here", "@moved_mw{0,0.0} MW"),
            ("Less load", "@loses"),
            ("More load", "@gains"),
        ]
    )


def _mark_hover(name: str) -> HoverTool:
    return HoverTool(visible=False, tooltips=[("", name), ("Cost", "@y{0,0} USD/h"), ("Carbon", "@x{0,0.0} t/h")])
