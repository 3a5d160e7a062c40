"""How sure is it? The saving and the regions that receive load, over worlds drawn at random, when a reader asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM, Toggle
from markupsafe import Markup

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, align_left, quiet_toolbar
from explorer.app.live.rows import FEWEST, WIDE_PX, lying, name_rows, named_rows, rectangles, with_names
from explorer.markup import html, joined
from explorer.measures.monte_carlo import NEVER, SURE, Draws, draws_of
from explorer.model.network import Network
from explorer.session import Session
from explorer.text import key, number

DRAWS = 100
ROWS = 15  # regions shown
BAND, SURELY, MAYBE = "#0072B2", "#009E73", "#E69F00"
NAMED = 4  # regions in a sentence
_BARS = ("kind", "draws", "p10", "p50", "p90", "region")
_FIGURES = {"band figure": 200, "bars figure": 330}  # heights [px]
_IDLE = "Draws worlds around this scenario at random. That takes up to a minute, so it starts when you say so."


class DrawsView(MeasureView):
    """Starts when told to, can be stopped, and says when the scenario is no longer the one that was drawn around."""

    file_name = "draws"

    def __init__(self, session: Session, **params: Any) -> None:
        self._asked: tuple[Network, ...] = ()
        self._began_s = 0.0
        self._unfinished = False
        super().__init__(session, **params)

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("run", "widget", "active"): self._on_run}

    def inputs(self) -> tuple[Hashable, ...]:
        return self._asked

    def compute(self, *asked: Network) -> Iterator[Draws]:
        self._began_s, self._unfinished = time.monotonic(), True
        for network in asked:
            yield from draws_of(network, DRAWS)
        self._unfinished = False

    def update(self) -> None:
        super().update()
        running = self._running and bool(self._asked)
        self.pane.configure("run", "widget", active=running, label="Cancel" if running else f"Run {DRAWS} draws")
        result = self._result
        if not running and not (self._asked and self._unfinished):  # why it failed is said already
            self.pane.say("words", _IDLE if result is None else self._sentence(result))

    def show(self, result: Draws) -> None:
        band = result.frontier
        x = band["relaxed_ms"].to_numpy()
        low, middle, high = (band[f"{name}_usd_per_h"].to_numpy() for name in ("p10", "p50", "p90"))
        self.pane.update("band", x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]))
        quantiles = {"p10": low, "p90": high, "draws": band["draws"].to_numpy()}
        self.pane.update("median", x=x, y=middle)
        self.pane.update("points", x=x, y=middle, **quantiles)
        known = np.append(high[np.isfinite(high)], 1.0)
        self.pane.set_range("points", "x_range", float(x[0]) - 1.0, float(x[-1]) + 1.0)
        self.pane.set_range("points", "y_range", float(min(0.0, np.nanmin(low))), 1.05 * float(known.max()))

        net, shown = self.session.network, self._sorted(result).head(ROWS)
        regions, times = shown["region"].tolist(), shown["receives_draws"].to_numpy(float)
        self.pane.update(
            "bars", **lying(np.zeros(len(times)), times, 0.34), draws=times,
            region=np.array([net.region_names[region] for region in regions], object),
            **{name: shown[f"{name}_mw"].to_numpy() for name in ("p10", "p50", "p90")},
            color=(times >= SURE * result.done).astype(np.uint8),
        )  # fmt: skip
        name_rows(self.pane, "rows", [net.short_region_names[region] for region in regions], FEWEST)
        self.pane.set_range("bars", "x_range", 0.0, 1.02 * result.done)
        for name in _FIGURES:
            self.pane.configure(name, "widget", visible=True)
        self.pane.say("words", self._sentence(result))
        self.pane.fade("words", False)  # it tells how far it is

    def table(self, result: Draws) -> pd.DataFrame:
        return with_names(self._sorted(result), self.session.network.region_names)

    def _sorted(self, result: Draws) -> pd.DataFrame:
        return result.regions.sort_values(["receives_draws", "p50_mw"], ascending=False, kind="stable")

    def _on_run(self, active: bool) -> None:
        self._asked = (self.session.network,) if active else ()
        self.update()

    def _sentence(self, result: Draws) -> Markup:
        parts: list[str] = []
        if result.network != self.session.network:
            parts.append(html("<b>The scenario has changed since: run again.</b>"))
        if result.done < result.wanted:
            parts.append(self._progress(result))
        saving = {name: number(value) for name, value in result.saving_usd_per_h().items()}
        parts.append(
            html(
                "Moving saves <b>{p50} USD/h</b> (median), in eight of ten draws {p10} to {p90}; with inputs as they "
                "are {given}.",
                given=number(result.given_usd_per_h), **saving,
            )
        )  # fmt: skip
        table, names = self._sorted(result), self.session.network.short_region_names
        regions, share = table["region"].to_numpy(), table["receives_draws"].to_numpy() / result.done
        sure, maybe = share >= SURE, (share > NEVER) & (share < SURE)
        for what, colour, of in (("Sure to receive load", SURELY, sure), ("Open", MAYBE, maybe)):
            found = [names[region] for region in regions[of]]
            if found:
                more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
                parts.append(html("{} {}: {}{}.", key(colour), what, ", ".join(found[:NAMED]), more))
        return joined(parts, " ")

    def _progress(self, result: Draws) -> str:
        if not self._asked:
            return f"Stopped after {result.done} of {result.wanted} draws."
        left_s = (time.monotonic() - self._began_s) / result.done * (result.wanted - result.done)
        return f"{result.done} of {result.wanted} draws, about {number(max(1.0, round(left_s)), 1)} s left."

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """Band and regions of any draws, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            run = drawing.widget("run", Toggle(label=f"Run {DRAWS} draws", active=False))
            plots = _band(drawing), _regions(drawing)
            figures = [
                drawing.widget(name, drawing.figure(plot, height=height, visible=False))
                for (name, height), plot in zip(_FIGURES.items(), plots, strict=True)
            ]
            return measure_card(drawing, "How sure is it?", _HELP, *figures, tools=[run])

        return Drawing(make)


def _band(drawing: Drawing) -> Any:
    """What longer budgets save: median and the middle eight tenths of draws."""
    two, plain = np.arange(2.0), {"default_tools": [], "tools": []}
    hover = HoverTool(
        tooltips=[
            ("Budgets relaxed by", "@x{0,0} ms"),
            ("Saving, median", "@y{0,0} USD/h"),
            ("Eight of ten draws", "@p10{0,0} to @p90{0,0} USD/h"),
            ("Draws", "@draws"),
        ]
    )
    band = hv.Area((two, two, two), vdims=["y", "y2"]).opts(
        fill_color=BAND, fill_alpha=0.35, line_alpha=0, hooks=[drawing.keep("band")], **plain
    )
    median = hv.Curve((two, two)).opts(color=BAND, line_width=3, hooks=[drawing.keep("median")], **plain)
    points = hv.Points((two, two, two, two, two), ["x", "y"], ["p10", "p90", "draws"]).opts(
        color=BAND, size=7, line_color="white", default_tools=[], tools=[hover], hooks=[drawing.keep("points")]
    )
    return hv.Overlay([band, median, points]).opts(
        responsive=True, xlabel="All budgets relaxed by [ms]", ylabel="Saving [USD/h]", show_grid=True,
        yticks=4, tools=["xpan", "reset"], active_tools=[],
        hooks=[quiet_toolbar, align_left],
    )  # fmt: skip


def _regions(drawing: Drawing) -> Any:
    """In how many draws regions receive load."""
    hover = HoverTool(
        tooltips=[
            ("", "@region"),
            ("Receives load in", "@draws draws"),
            ("IT load, median", "@p50{0,0.0} MW"),
            ("Eight of ten draws", "@p10{0,0.0} to @p90{0,0.0} MW"),
        ]
    )
    bars = rectangles(drawing, "bars", _BARS, color="kind", cmap=[MAYBE, SURELY], clim=(-0.5, 1.5), tools=[hover])
    return hv.Overlay([bars]).opts(
        responsive=True, xlabel="Draws in which it receives load", ylabel="", show_grid=True, tools=["reset"],
        active_tools=[], fontscale=1.1, hooks=[quiet_toolbar, named_rows(drawing, "rows", WIDE_PX)],
    )  # fmt: skip


_HELP = f"""
{DRAWS} worlds: each region's price and carbon, each client's demand and each pair's RTT times a random factor
(log-normal, mean 1; standard deviation 20 %, of RTT 22 %), drawn independently, and placement and baseline solved anew.
Above: what longer budgets save against each draw's strictest; line: median, band: eight of ten draws; solved at eight
budgets. Below: in how many draws more than 1 MW runs in a region, a tenth of it or more from elsewhere. Every draw is
optimised knowing what was drawn, and so saves more on average than the inputs as they are. Spreads follow the notes of
the data on its weaknesses; the choice is this project's own.
"""
