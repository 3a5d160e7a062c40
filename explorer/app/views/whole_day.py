"""Does the load follow the sun? Where it runs at each hour of the day, and what following the hours is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, align_left
from explorer.app.live.rows import rectangles
from explorer.markup import html, joined
from explorer.measures.whole_day import SUNRISE_H, SUNSET_H, WholeDay, solve_day
from explorer.model.labels import labels_of
from explorer.model.network import Network
from explorer.scenario.profiles import AVERAGE, HOURS
from explorer.scenario.scenario import Scenario
from explorer.text import elided, key, number

ROWS = 8  # regions shown
MOVED, OWN, SUN, COST, MEANS, NOW = "#0072B2", "#9aa3ad", "#E69F00", "#0072B2", "#D55E00", "#c2185b"
SAME = 1e-6  # of the load: below this no hour differs from another
_TALL = 0.8  # of a row, for its fullest hour
_TICKS = list(range(0, HOURS + 1, 3))


@dataclass(frozen=True)
class Moment:
    """A scenario as it is now. Moments are the same when their networks are."""

    network: Network
    scenario: Scenario = field(compare=False)


class DayView(MeasureView):
    """Load by hour and region from east to west, daylight behind it, and the cost below. A tap sets the hour."""

    file_name = "whole-day"
    _moment: Moment | None = None

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {(name, "selected", "indices"): self._on_tap for name in ("cells", "hours")}

    def inputs(self) -> tuple[Moment]:
        network = self.session.network
        if self._moment is None or self._moment.network is not network:
            self._moment = Moment(network, self.session.scenario.copy())
        return (self._moment,)

    def compute(self, moment: Moment) -> Iterator[tuple[Scenario, WholeDay] | None]:
        """Nothing for each hour on the way: others take turns, and half a day is no picture."""
        for day in solve_day(moment.scenario):
            yield day and (moment.scenario, day)

    def show(self, result: tuple[Scenario, WholeDay] | None) -> None:
        if result is None:
            return
        scenario, day = result
        self._show_load(scenario, day)
        self._show_cost(day.table)
        for name in ("load now", "cost now"):
            hour = scenario.hour
            if hour != AVERAGE:
                self.pane.configure(name, "glyph", left=float(hour), right=hour + 1.0)
            self.pane.configure(name, "glyph", visible=hour != AVERAGE)
        self.pane.say("words", _sentence(scenario, day))

    def table(self, result: tuple[Scenario, WholeDay]) -> pd.DataFrame:
        return result[1].table

    def _show_load(self, scenario: Scenario, day: WholeDay) -> None:
        names = np.array(labels_of(scenario).short_regions, object)
        longitude = scenario.regions["longitude"].to_numpy(float)
        shown = _most_moving(day, longitude)
        n = len(shown)
        floor = np.repeat(np.arange(n, 0.0, -1) - 0.5, HOURS)
        left = np.tile(np.arange(float(HOURS)), n)
        it_mw, moved_mw = day.it_mw[:, shown].T.ravel(), day.relocated_mw[:, shown].T.ravel()
        peak_mw = day.it_mw[:, shown].max(axis=0)
        scale = np.repeat(_TALL / np.where(peak_mw > 0, peak_mw, 1.0), HOURS)
        step = floor + scale * moved_mw
        self.pane.update(
            "bars",
            left=np.tile(left, 2), right=np.tile(left + 1, 2),
            bottom=np.append(floor, step), top=np.append(step, floor + scale * it_mw),
            color=np.repeat(np.array([0, 1], np.uint8), n * HOURS),
        )  # fmt: skip
        self.pane.update(
            "cells", left=left, right=left + 1, bottom=floor, top=floor + 1,
            region=np.repeat(names[shown], HOURS), hour=left,
            it_mw=it_mw.astype(np.float32), moved_mw=moved_mw.astype(np.float32),
            solar_h=((left + 0.5 + np.repeat(longitude[shown], HOURS) / 15) % HOURS).astype(np.float32),
        )  # fmt: skip
        self.pane.update("sun", **_daylight(longitude[shown]))
        labels = {n - row: f"{elided(str(names[j]), 20)}, {number(peak_mw[row], 2)} MW" for row, j in enumerate(shown)}
        self.pane.configure("bars", "yaxis", major_label_overrides=labels)
        self.pane.set_range("bars", "y_range", 0.42, n + 0.5)

    def _show_cost(self, table: pd.DataFrame) -> None:
        x = table["hour_utc"].to_numpy() + 0.5
        best, means = table["objective_usd_per_h"].to_numpy(), table["by_means_usd_per_h"].to_numpy()
        self.pane.update("means", x=x, y=means)
        self.pane.update("best", x=x, y=best)
        hover = {name: table[name].to_numpy(np.float32) for name in _HOVER}
        self.pane.update("hours", x=x, y=best, hour=x - 0.5, **hover)
        low, high = float(min(best.min(), means.min())), float(max(best.max(), means.max()))
        margin = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
        self.pane.set_range("best", "y_range", low - margin, high + margin)

    def _on_tap(self, rows: list[int]) -> None:
        for name in ("cells", "hours"):
            self.pane.configure(name, "selected", indices=[])  # so that a second tap on the same hour counts too
        if rows:
            self.session.scenario.hour = rows[0] % HOURS

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """The day of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            load = hv.Overlay([
                rectangles(drawing, "sun", color=SUN, alpha=0.2),
                rectangles(drawing, "bars", ["kind"], color="kind", cmap=[MOVED, OWN], clim=(-0.5, 1.5)),
                _now(drawing, "load now"),
                rectangles(
                    drawing, "cells", ["region", "hour", "it_mw", "moved_mw", "solar_h"],
                    fill_alpha=0, tools=[_cell_hover(), "tap"],
                ),
            ]).opts(
                responsive=True, xlabel="", ylabel="", xlim=(0, HOURS), xticks=_TICKS, show_grid=False,
                yticks=[(row, "") for row in range(1, ROWS + 1)], default_tools=[], toolbar=None,
                fontscale=1.05, hooks=[_wide_left],
            )  # fmt: skip
            two = np.arange(2.0)
            plain = {"default_tools": [], "tools": []}
            cost = hv.Overlay([
                hv.Curve((two, two)).opts(
                    color=MEANS, line_dash="dashed", line_width=1.8, hooks=[drawing.keep("means")], **plain
                ),
                hv.Curve((two, two)).opts(color=COST, line_width=2.5, hooks=[drawing.keep("best")], **plain),
                _now(drawing, "cost now"),
                hv.Points(tuple(two for _ in range(3 + len(_HOVER))), ["x", "y"], ["hour", *_HOVER]).opts(
                    color=COST, size=7, line_color="white", line_width=0.5, default_tools=[],
                    tools=[_hour_hover(), "tap"], hooks=[drawing.keep("hours")],
                ),
            ]).opts(
                responsive=True, xlabel="Hour of the day [UTC]", ylabel="Cost [USD/h]", xlim=(0, HOURS), xticks=_TICKS,
                yticks=3, show_grid=True, default_tools=[],
                toolbar=None, fontscale=1.05, hooks=[_wide_left],
            )  # fmt: skip
            figures = drawing.figure(load, height=300), drawing.figure(cost, height=130)
            return measure_card(drawing, "Does the load follow the sun?", _HELP, *figures)

        return Drawing(make)


def _now(drawing: Drawing, name: str) -> Any:
    """The scenario's hour."""
    return hv.VSpan(0, 1).opts(color=NOW, alpha=0.3, line_alpha=0, visible=False, hooks=[drawing.keep(name)])


def _wide_left(plot: Any, element: Any) -> None:
    """A hook: room for the names of regions, so that both plots share their left edge."""
    align_left(plot, element)
    plot.state.min_border_left = 150


def _most_moving(day: WholeDay, longitude: NDArray) -> NDArray[np.intp]:
    """The regions whose load changes most through the day, then those with most load; from east to west."""
    swing = np.round(np.ptp(day.it_mw, axis=0) / (day.it_mw.max() or 1.0), 6)
    most = np.lexsort((-day.it_mw.mean(axis=0), -swing))[:ROWS]
    return most[np.argsort(-longitude[most], kind="stable")]


def _daylight(longitude: NDArray) -> dict[str, NDArray]:
    """Rectangles of daylight, two per row where it goes on past midnight UTC."""
    n = len(longitude)
    rise, floor = (SUNRISE_H - longitude / 15) % HOURS, np.arange(n, 0.0, -1) - 0.5
    end = rise + SUNSET_H - SUNRISE_H
    left, right = np.append(rise, np.zeros(n)), np.append(np.minimum(end, HOURS), np.maximum(end - HOURS, 0.0))
    floor = np.tile(floor, 2)
    return {"left": left, "right": right, "bottom": floor, "top": floor + 1}


def _sentence(scenario: Scenario, day: WholeDay) -> Markup:
    table = day.table
    if np.ptp(day.it_mw, axis=0).max() <= SAME * day.it_mw.max() and np.ptp(table["objective_usd_per_h"]) < 1:
        return html(
            "<b>Every hour is like every other:</b> no profile of price, carbon or demand makes a difference here. "
            "Those of the scenarios World 2025 and Follow the sun do."
        )
    total: dict[str, float] = table.sum().to_dict()
    keys = [(MOVED, "from elsewhere"), (OWN, "its own"), (SUN, "daylight")]
    legend = joined((html("{} {}", key(colour), name) for colour, name in keys), " ")
    parts: list[str] = [html("{}; regions from east to west, each against its fullest hour.", legend)]
    if total["relocated_mw"] > 0:
        share = 100 * total["relocated_in_daylight_mw"] / total["relocated_mw"]
        parts.append(html("<b>{:.0f} % of the relocated load runs in daylight</b> (half would be chance).", share))
    saved, means = total["by_means_usd_per_h"] - total["objective_usd_per_h"], total["by_means_usd_per_h"]
    if means > 0 and scenario.objective == "cost":
        parts.append(
            f"Following the hours (line) instead of the day's mean prices (dashed) saves {number(saved)} of "
            f"{number(means)} USD a day, {100 * saved / means:.1f} %, carbon at its price."
        )
    parts.append(f"Most load, by UTC hour: {_busiest(scenario, day)}.")
    if total["unserved_mw"] > SAME:
        one = "the average hour" if scenario.hour == AVERAGE else "one hour"
        parts.append(
            f"{number(total['unserved_mw'])} MWh a day go unserved, hour by hour; the totals above are of {one} alone."
        )
    return joined(parts, " ")


def _busiest(scenario: Scenario, day: WholeDay) -> str:
    """The region with most load, hour after hour; a run past midnight is told once."""
    most = [int(region) for region in day.it_mw.argmax(axis=1)]
    first = next((hour for hour in range(HOURS) if most[hour] != most[hour - 1]), 0)
    names, runs = labels_of(scenario).short_regions, []
    for region, hours in groupby(range(first, first + HOURS), key=lambda hour: most[hour % HOURS]):
        span = [hour % HOURS for hour in hours]
        runs.append(f"{names[region]} {span[0]}–{(span[-1] + 1) % HOURS or HOURS}")
    return ", ".join(runs)


_HOVER = ("cost_usd_per_h", "carbon_kg_per_h", "by_means_usd_per_h", "relocated_mw", "unserved_mw")
_HELP = """
24 optima, one for each UTC hour, all the world at that moment: prices, carbon and demand by their profiles. Each hour
is placed by itself; no load waits for a better hour. Rows: the regions whose load changes most, with
their fullest hour. Daylight is 6 to 18
local solar time, as at an equinox. Below: cost with carbon at its price; dashed, what the same demand costs when it is
placed by the day's mean prices and carbon. Both are this project's own definitions. Tap an hour to set it.
"""


def _cell_hover() -> HoverTool:
    return HoverTool(
        tooltips=[
            ("", "@region"),
            ("Hour", "@hour{0} UTC, @solar_h{0.0} h solar time"),
            ("IT load", "@it_mw{0,0.0} MW"),
            ("From elsewhere", "@moved_mw{0,0.0} MW"),
        ]
    )


def _hour_hover() -> HoverTool:
    return HoverTool(
        tooltips=[
            ("Hour", "@hour{0} UTC"),
            ("With carbon at its price", "@y{0,0} USD/h"),
            ("By the day's means", "@by_means_usd_per_h{0,0} USD/h"),
            ("Cost", "@cost_usd_per_h{0,0} USD/h"),
            ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
            ("Relocated", "@relocated_mw{0,0.0} MW"),
            ("Unserved", "@unserved_mw{0,0.0} MW"),
        ]
    )
