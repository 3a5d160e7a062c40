"""
Does the load follow the sun? Where it runs at each hour of the day, and what following the hours is
worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Columns, Filled, Mark, Panel
from explorer.charts.rows import left_out, row_places
from explorer.markup import html, sentences
from explorer.measures.whole_day import SUNRISE_H, SUNSET_H
from explorer.presentation import renders
from explorer.scenario.profiles import AVERAGE, HOURS
from explorer.text import elided, figure, format_number
from explorer.units import KG_PER_T
from explorer.words import tr

Floats = NDArray[np.float64]

ROWS = 8  # regions shown
SAME = 1e-6  # of the load: below this no hour differs from another
SAME_MW = 1e-6  # of a load: less is none
_TALL = 0.8  # of a row, for its fullest hour
_HOURS = Axis("Hour of the day [UTC]", at=tuple(range(0, HOURS + 1, 3)))
_CELL_TIP = (
    ("", "@region"),
    ("Hour", "@hour{0} UTC, @solar_h{0.0} h solar time"),
    ("IT load", "@it_mw{0,0.0} MW"),
    ("From elsewhere", "@moved_mw{0,0.0} MW"),
)
_REST_TIP = (
    ("Relocated", "@relocated_mw{0,0.0} MW"),
    ("Unserved", "@unserved_mw{0,0.0} MW"),
)
_COST_TIP = (
    ("Hour", "@hour_utc{0} UTC"),
    ("With carbon at its price", "@y{0,0} USD/h"),
    ("By the day's means", "@by_means_usd_per_h{0,0} USD/h"),
    ("Cost", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    *_REST_TIP,
)
_CARBON_TIP = (("Hour", "@hour_utc{0} UTC"), ("Carbon", "@y{0,0.0} t/h"), *_REST_TIP)
PANELS = (
    Panel(
        "load",
        (
            Mark("daylight", "bars", ("daylight",), ("daylight",), opacity=0.2, edged=False),
            Mark("ridges", "bars", ("moved in", "own"), ("from elsewhere", "its own"), edged=False),
            Mark("load now", "span", ("hour",), ("the scenario's hour",), opacity=0.3),
            Mark("cells", "bars", ("own",), tip=_CELL_TIP, opacity=0.0, edged=False),
        ),
        _HOURS,
        height_px=300,
        has_rows=True,
        fewest_rows=1,
        names_px=150,
        row_px=34,
    ),
    Panel(
        "cost",
        (
            Mark("means", "line", ("by means",), ("placed by the day's means",), size=1.8),
            Mark("best", "line", ("cost",), ("placed hour by hour",), size=2.5),
            Mark("cost now", "span", ("hour",), opacity=0.3),
            Mark("hours", "points", ("cost",), tip=_COST_TIP, size=7),
        ),
        _HOURS,
        Axis("Cost [USD/h]", at=3),
        height_px=130,
    ),
    Panel(
        "carbon",
        (
            Mark("emitted", "line", ("carbon",), size=2.5),
            Mark("carbon now", "span", ("hour",), opacity=0.3),
            Mark("hours of carbon", "points", ("carbon",), tip=_CARBON_TIP, size=7),
        ),
        _HOURS,
        Axis("Carbon [t/h]", at=3),
        height_px=130,
    ),
)
HELP = """
24 optima, one for each UTC hour, all the world at that moment: prices, carbon and demand by their profiles. Each hour
is placed by itself; no load waits for a better hour. Rows: the regions whose load changes most, with
their fullest hour. Daylight is 6 to 18
local solar time, as at an equinox. Below: cost with carbon at its price; dashed, what the same demand costs when it is
placed by the day's mean prices and carbon; carbon of the placement hour by hour. All are this project's own
definitions. Tap an hour to set it.
"""


@renders("whole_day", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """
    The 24 hours of `explorer.whole_day`: load of the regions that change most, cost and carbon of
    all.
    """
    about, attrs = About.of(table), table.attrs
    table = pd.DataFrame(
        table.to_numpy(), columns=table.columns
    )  # each column taken would copy all attrs
    loads = _Loads(attrs["regions"])
    return Chart(
        PANELS,
        (_load(loads, attrs["hour"]), _cost(table, attrs["hour"]), _carbon(table, attrs["hour"])),
        _title(table),
        _finding(table, loads, attrs),
        about,
        [
            tr(
                "Each hour placed by itself. Daylight: 6 to 18 local solar time. Rows from east to west, each against "
                "its fullest hour."
            )
        ],
    )


class _Loads:
    """Load of every region by hour, as the attrs of the table say."""

    def __init__(self, regions: Mapping[str, Any]) -> None:
        self.names = np.array([elided(str(name)) for name in regions["name"]], object)
        self.longitude = np.array(regions["longitude"], float)
        self.it_mw = np.array(regions["it_mw"], float)  # (hour, region)
        self.relocated_mw = np.array(regions["relocated_mw"], float)

    def most_moving(self) -> NDArray[np.intp]:
        """
        The regions whose load changes most through the day, then those with most load; from east to
        west.
        """
        swing = np.round(np.ptp(self.it_mw, axis=0) / (self.it_mw.max() or 1.0), 6)
        most = np.lexsort((-self.it_mw.mean(axis=0), -swing))[:ROWS]
        return most[np.argsort(-self.longitude[most], kind="stable")]


def _load(loads: _Loads, now: int | str) -> Filled:
    """A ridge for each region: at the bottom what came from elsewhere, on top of it its own."""
    shown = loads.most_moving()
    n = len(shown)
    floor = np.repeat(row_places(n) - 0.5, HOURS)
    left = np.tile(np.arange(float(HOURS)), n)
    it_mw, moved_mw = loads.it_mw[:, shown].T.ravel(), loads.relocated_mw[:, shown].T.ravel()
    peak_mw = loads.it_mw[:, shown].max(axis=0)
    scale = np.repeat(_TALL / np.where(peak_mw > 0, peak_mw, 1.0), HOURS)
    step = floor + scale * moved_mw
    columns = {
        "daylight": _daylight(loads.longitude[shown]),
        "ridges": {
            "left": np.tile(left, 2), "right": np.tile(left + 1, 2),
            "bottom": np.append(floor, step), "top": np.append(step, floor + scale * it_mw),
            "role": np.repeat(np.array([0, 1], np.uint8), n * HOURS),
        },
        "load now": _hour(now),
        "cells": {
            "left": left, "right": left + 1, "bottom": floor, "top": floor + 1,
            "region": np.repeat(loads.names[shown], HOURS), "hour": left,
            "it_mw": it_mw.astype(np.float32), "moved_mw": moved_mw.astype(np.float32),
            "solar_h": ((left + 0.5 + np.repeat(loads.longitude[shown], HOURS) / 15) % HOURS).astype(np.float32),
        },
    }  # fmt: skip
    rows = [
        tr("{}, {:.0f} MW", loads.names[j], peak) for j, peak in zip(shown, peak_mw, strict=True)
    ]
    more = left_out(n, len(loads.names), "of")
    return Filled(columns, (0.0, float(HOURS)), rows=rows, y_label=more)


def _daylight(longitude: Floats) -> dict[str, NDArray]:
    """Rectangles of daylight, two per row where it goes on past midnight UTC."""
    n = len(longitude)
    rise, floor = (SUNRISE_H - longitude / 15) % HOURS, np.tile(row_places(n) - 0.5, 2)
    end = rise + SUNSET_H - SUNRISE_H
    left, right = (
        np.append(rise, np.zeros(n)),
        np.append(np.minimum(end, HOURS), np.maximum(end - HOURS, 0.0)),
    )
    return {"left": left, "right": right, "bottom": floor, "top": floor + 1}


def _cost(table: pd.DataFrame, now: int | str) -> Filled:
    x, best, means = (
        table[name].to_numpy(float)
        for name in ("hour_utc", "objective_usd_per_h", "by_means_usd_per_h")
    )
    hover = (
        "hour_utc",
        "by_means_usd_per_h",
        "cost_usd_per_h",
        "carbon_kg_per_h",
        "relocated_mw",
        "unserved_mw",
    )
    columns = {
        "means": {"x": x + 0.5, "y": means},
        "best": {"x": x + 0.5, "y": best},
        "cost now": _hour(now),
        "hours": {
            "x": x + 0.5,
            "y": best,
            **{name: table[name].to_numpy(np.float32) for name in hover},
        },
    }
    return Filled(columns, (0.0, float(HOURS)), _reach(np.append(best, means)))


def _carbon(table: pd.DataFrame, now: int | str) -> Filled:
    x, carbon = (
        table["hour_utc"].to_numpy(float) + 0.5,
        table["carbon_kg_per_h"].to_numpy() / KG_PER_T,
    )
    hover = ("hour_utc", "relocated_mw", "unserved_mw")
    columns = {
        "emitted": {"x": x, "y": carbon},
        "carbon now": _hour(now),
        "hours of carbon": {
            "x": x,
            "y": carbon,
            **{name: table[name].to_numpy(np.float32) for name in hover},
        },
    }
    return Filled(columns, (0.0, float(HOURS)), _reach(carbon))


def _hour(now: int | str) -> Columns:
    """The scenario's hour; nothing for its average day."""
    if isinstance(now, str):
        return {}
    return {"left": np.array([float(now)]), "right": np.array([now + 1.0])}


def _reach(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _title(table: pd.DataFrame) -> str:
    moved, sunny = (
        table[name].to_numpy().sum() for name in ("relocated_mw", "relocated_in_daylight_mw")
    )
    if moved <= SAME_MW:
        return tr("no load runs away from home")
    return tr("{:.0f} % of the relocated load runs in daylight", 100 * sunny / moved)


def _finding(table: pd.DataFrame, loads: _Loads, attrs: Mapping[Any, Any]) -> Markup:
    objective, hour = attrs["objective"], attrs["hour"]
    swing = np.ptp(loads.it_mw, axis=0).max()
    if swing <= SAME * loads.it_mw.max() and np.ptp(table["objective_usd_per_h"]) < 1:
        return html(
            "<b>Every hour is like every other:</b> no profile of price, carbon or demand makes a difference here. "
            "Those of the scenarios World 2025 and Follow the sun do."
        )
    total: dict[str, float] = table.sum().to_dict()
    parts = [html("Regions from east to west, each against its fullest hour.")]
    if total["relocated_mw"] > 0:
        share = 100 * total["relocated_in_daylight_mw"] / total["relocated_mw"]
        parts.append(
            html(
                "<b>{:.0f} % of the relocated load runs in daylight</b> (half would be chance).",
                share,
            )
        )
    saved, means = (
        total["by_means_usd_per_h"] - total["objective_usd_per_h"],
        total["by_means_usd_per_h"],
    )
    if means > 0 and objective == "cost":
        parts.append(
            html(
                "Following the hours (line) instead of the day's mean prices (dashed) saves {} of {} USD/h in the "
                "mean, {:.1f} %, carbon at its price.",
                figure(saved / HOURS, "USD/h"),
                figure(means / HOURS, "USD/h"),
                100 * saved / means,
            )
        )
    parts.append(
        html(
            "Mean of the 24 hours: <b>{} USD/h</b>; the average hour, as if it were one: {} USD/h.",
            figure(float(table["objective_usd_per_h"].to_numpy().mean()), "USD/h"),
            figure(attrs["average_usd_per_h"], "USD/h"),
        )
    )
    parts.append(html("Most load, by UTC hour: {}.", _busiest(loads)))
    if total["unserved_mw"] > SAME:
        parts.append(
            html(
                "{} MWh a day go unserved, hour by hour; the totals above are of the average hour alone."
                if hour == AVERAGE
                else "{} MWh a day go unserved, hour by hour; the totals above are of one hour alone.",
                format_number(total["unserved_mw"]),
            )
        )
    return sentences(parts)


def _busiest(loads: _Loads) -> str:
    """The region with most load, hour after hour; a run past midnight is told once."""
    most = [int(region) for region in loads.it_mw.argmax(axis=1)]
    first = next((hour for hour in range(HOURS) if most[hour] != most[hour - 1]), 0)
    runs = []
    for region, hours in groupby(range(first, first + HOURS), key=lambda hour: most[hour % HOURS]):
        span = [hour % HOURS for hour in hours]
        runs.append(f"{loads.names[region]} {span[0]}–{(span[-1] + 1) % HOURS or HOURS}")
    return tr(", ").join(runs)
