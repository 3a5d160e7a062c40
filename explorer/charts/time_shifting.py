"""What if work waits for a better hour? The day by region before and after, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import bars_from_zero, left_out, reach, row_places
from explorer.markup import html, sentences
from explorer.presentation import renders
from explorer.scenario.profiles import HOURS
from explorer.text import elided, figure, format_number
from explorer.words import mark, tr

Floats = NDArray[np.float64]

ROWS = 8  # regions shown
SAME_MWH = 1e-3  # of a day: less is none
_TALL = 0.8  # of a row, for its fullest hour
_WORDS = {"time": mark("in time"), "space": mark("in space"), "both": mark("in both")}
_TIP = (
    ("", "@region"),
    ("Hour", "@hour{0} UTC"),
    ("Placed hour by hour", "@before_mw{0,0.0} MW"),
    ("Where load waits too", "@after_mw{0,0.0} MW"),
)
_WORTH_TIP = (
    ("Moves", "@moves"),
    ("Worth, carbon at its price", "@worth_usd_per_h{0,0} USD/h"),
    ("Cost, carbon at its price", "@objective_usd_per_h{0,0} USD/h"),
    ("Cost without carbon price", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    ("Waits", "@waited_mwh{0,0} MWh a day"),
)
PANELS = (
    Panel(
        "day of regions",
        (
            Mark(
                "ridges",
                "bars",
                ("own", "less load", "more load"),
                ("runs either way", "runs here only if nothing waits", "comes here by waiting"),
                edged=False,
            ),
            Mark("cells", "bars", ("own",), tip=_TIP, opacity=0.0, edged=False),
        ),
        Axis("Hour of the day [UTC]", at=tuple(range(0, HOURS + 1, 3))),
        height_px=290,
        has_rows=True,
        fewest_rows=1,
        names_px=150,
        row_px=34,
    ),
    Panel(
        "worth of moving",
        (Mark("worth", "bars", ("saved",), ("worth of moving",), _WORTH_TIP),),
        Axis("Worth of moving [USD/h]", at=4),
        height_px=130,
        has_rows=True,
        fewest_rows=3,
        names_px=150,
    ),
)
HELP = """
One linear program of 24 hours: load of classes that may wait (deferral_h of workloads.csv) runs up to so many hours
later, and what is wanted late runs early in the same day. Rows: the regions whose day changes most, each against its
fullest hour. Below: what moving is worth against the baseline's arcs at the hour that load is wanted; in time: the same
arcs, later; in space: each hour placed by itself; in both: all arcs, later. All serve the same load within capacities.
That the day repeats itself, and what counts as time alone, are this project's own choices.
"""


@renders("time_shifting", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The days of `explorer.time_shifting`."""
    about, attrs = About.of(table), dict(table.attrs)
    table = pd.DataFrame({name: table[name].to_numpy() for name in table})
    return Chart(
        PANELS,
        (_day(attrs["regions"]), _worth(table)),
        _title(table, attrs),
        _finding(table, attrs),
        about,
        [
            tr(
                "Each hour placed by itself, and where load may wait. Regions against their fullest hour."
            )
        ],
    )


def _day(regions: Mapping[str, Any]) -> Filled:
    """A ridge for each region: what runs either way, and on top of it what waiting changes."""
    names = np.array([elided(str(name)) for name in regions["name"]], object)
    before, after = (np.array(regions[name], float) for name in ("before_mw", "after_mw"))
    change = np.abs(after - before).sum(axis=0)
    most = np.lexsort((-before.mean(axis=0), -change.round(6)))[:ROWS]
    shown = most[np.argsort(-np.array(regions["longitude"], float)[most], kind="stable")]
    n = len(shown)
    floor = np.repeat(row_places(n) - 0.5, HOURS)
    left = np.tile(np.arange(float(HOURS)), n)
    b, a = before[:, shown].T.ravel(), after[:, shown].T.ravel()
    peak = np.maximum(before, after)[:, shown].max(axis=0)
    scale = np.repeat(_TALL / np.where(peak > 0, peak, 1.0), HOURS)
    step, top = floor + scale * np.minimum(a, b), floor + scale * np.maximum(a, b)
    columns = {
        "ridges": {
            "left": np.tile(left, 2), "right": np.tile(left + 1, 2),
            "bottom": np.append(floor, step), "top": np.append(step, top),
            "role": np.append(np.zeros(len(b)), np.where(a > b, 2, 1)).astype(np.uint8),
        },
        "cells": {
            "left": left, "right": left + 1, "bottom": floor, "top": floor + 1,
            "region": np.repeat(names[shown], HOURS), "hour": left, "before_mw": b, "after_mw": a,
        },
    }  # fmt: skip
    rows = [tr("{}, {:.0f} MW", names[j], mw) for j, mw in zip(shown, peak, strict=True)]
    return Filled(columns, (0.0, float(HOURS)), rows=rows, y_label=left_out(n, len(names), "of"))


def _worth(table: pd.DataFrame) -> Filled:
    shown = table.iloc[1:]
    worth = shown["worth_usd_per_h"].to_numpy(float)
    names = [tr(_WORDS[str(moves)]) for moves in shown["moves"]]
    bars = bars_from_zero(worth)
    tips = {name: shown[name].to_numpy() for name in shown} | {"moves": np.array(names, object)}
    return Filled({"worth": bars | tips}, reach(np.append(worth, 0.0), 0.04), rows=names)


def _by_moves(table: pd.DataFrame, column: str) -> dict[str, float]:
    return dict(zip(table["moves"], table[column].to_numpy(float), strict=True))


def _title(table: pd.DataFrame, attrs: Mapping[Any, Any]) -> str:
    if attrs["deferrable_mwh"] <= SAME_MWH:
        return tr("no load may wait")
    worth = _by_moves(table, "worth_usd_per_h")
    further = figure(max(worth["both"] - worth["space"], 0.0), "USD/h")
    return tr("waiting is worth {} USD/h more where load moves between places anyway", further)


def _finding(table: pd.DataFrame, attrs: Mapping[Any, Any]) -> Markup:
    worth = _by_moves(table, "worth_usd_per_h")
    if attrs["deferrable_mwh"] <= SAME_MWH:
        return html(
            "<b>No load may wait</b>: no class that is served has a deferral_h in workloads.csv. Moving in space is "
            "worth {} USD/h.",
            figure(worth["space"], "USD/h"),
        )
    parts = [
        html(
            "Moving is worth <b>{} USD/h in time, {} in space and {} in both</b>, carbon at its price.",
            *(figure(worth[moves], "USD/h") for moves in _WORDS),
        ),
        _further(attrs),
        _change_of_carbon(table),
    ]
    return sentences(parts)


def _further(attrs: Mapping[Any, Any]) -> Markup:
    """What waiting makes of the load that may, where it is placed hour by hour anyway."""
    share = attrs["further_share"]
    if not isfinite(share):
        return html(
            "The {} MWh a day that may wait cost nothing.", format_number(attrs["deferrable_mwh"])
        )
    return html(
        "Waiting takes a further {:.1f} % off what the {} MWh a day that may wait cost placed hour by hour.",
        100 * max(share, 0.0),
        format_number(attrs["deferrable_mwh"]),
    )


def _change_of_carbon(table: pd.DataFrame) -> Markup:
    carbon = _by_moves(table, "carbon_kg_per_h")
    change = carbon["both"] - carbon["space"]
    if abs(change) < 0.5:
        return html("")
    return html(
        "It emits {} kg/h less." if change < 0 else "It emits {} kg/h more.",
        figure(abs(change), "kg/h"),
    )
