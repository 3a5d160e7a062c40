"""Results along an axis as shapes: cost against carbon, the hours of a day, longer budgets in many worlds."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd

from explorer.app.views.cost_carbon_front import STEPS_USD_PER_T
from explorer.charts.shapes import SAME_MW, Shape, bars, refuse_unknown
from explorer.measures.cost_carbon_front import avoided_kg_per_h
from explorer.measures.monte_carlo import Draws
from explorer.model.labels import NamesById
from explorer.scenario.profiles import HOURS
from explorer.text import number
from explorer.units import KG_PER_T

DAY_QUANTITIES = ("load", "cost", "carbon")


def front(table: pd.DataFrame) -> Shape:
    """Cost against carbon: the placements, in stretches of what a tonne costs there, and the scenario's own."""
    price = table["carbon_price_from_usd_per_t"].to_numpy()
    names = NamesById(table.attrs.get("names", {}))
    rows = pd.DataFrame(
        {
            "carbon": table["carbon_kg_per_h"] / KG_PER_T,
            "cost": table["cost_usd_per_h"],
            "prices": _prices(table),
            "avoided": (table["carbon_kg_per_h"].iloc[0] - table["carbon_kg_per_h"]) / KG_PER_T,
            "relocated_mw": table["relocated_mw"],
            "moved_mw": table["moved_mw"],
            **{name: [names.listed(ids) for ids in table[name]] for name in ("loses", "gains")},
        }
    )
    low, high = STEPS_USD_PER_T
    stretches = np.searchsorted(STEPS_USD_PER_T, price)
    words = {"cheap": f"below {low:g} USD/t", "middling": f"{low:g} to {high:g}", "dear": f"above {high:g}"}
    parts: dict[str, Any] = {}
    for n, (key, label) in enumerate(words.items()):
        at = np.flatnonzero(stretches == n)
        if len(at):
            line = rows.iloc[max(at[0] - 1, 0) : at[-1] + 1]  # from the last of the stretch before
            parts[f"{key} line"] = hv.Curve(line, "carbon", "cost")
            parts[key] = hv.Scatter(rows.iloc[at], "carbon", [*rows.columns[1:]], label=label)
    now = table.attrs.get("carbon_price_usd_per_t")
    if now is not None:
        here = rows.iloc[[np.flatnonzero(price <= now)[-1]]]
        parts["now"] = hv.Scatter(here, "carbon", [*rows.columns[1:]], label=f"now: {now:g} USD/t")
    every, cheap = (number(avoided_kg_per_h(table, most) / KG_PER_T) for most in (np.inf, low))
    title = f"up to {every} t/h can be avoided, {cheap} of them below {low:g} USD/t"
    return Shape(
        title if len(table) > 1 else "the cheapest placement is the cleanest too",
        parts,
        {"xlabel": "Carbon [t/h]", "ylabel": "Cost without carbon price [USD/h]", "padding": 0.06},
        dict.fromkeys([*words, "now"], _CORNER),
    )


def day(table: pd.DataFrame, quantity: str) -> Shape:
    """
    Load, cost or carbon of each hour.

    Raises
    ------
    ValueError
        If `quantity` is none of `DAY_QUANTITIES`.
    """
    refuse_unknown("quantity", quantity, DAY_QUANTITIES)
    axes: dict[str, Any] = {
        "xlabel": "Hour of the day [UTC]",
        "xlim": (0, HOURS),
        "xticks": list(range(0, HOURS + 1, 3)),
    }
    if quantity == "load":
        return _day_load(table, axes)
    middle = table["hour_utc"] + 0.5
    hover = ["cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw", "hour_utc"]
    if quantity == "carbon":
        rows = table[hover].assign(hour=middle, carbon=table["carbon_kg_per_h"] / KG_PER_T)
        line, total = hv.Curve(rows, "hour", "carbon"), number(float(rows["carbon"].to_numpy().sum()))
        points = hv.Scatter(rows, "hour", ["carbon", *hover])
        axes |= {"ylabel": "Carbon [t/h]", "padding": (0, 0.1)}
        return Shape(f"{total} t of carbon a day", {"line": line, "best": points}, axes, {"best": _HOUR})
    best, means = (table[name].to_numpy() for name in ("objective_usd_per_h", "by_means_usd_per_h"))
    rows = table[hover].assign(hour=middle, priced_usd_per_h=best, by_means_usd_per_h=means)
    saved, total = float((means - best).sum()), float(means.sum())
    follows = table.attrs.get("objective", "cost") == "cost" and saved > 1e-6 * abs(total)
    return Shape(
        f"following the hours saves {number(saved)} of {number(total)} USD a day"
        if follows
        else f"{number(float(best.sum()))} USD a day, carbon at its price",
        {
            "means": hv.Curve((middle, means), "hour", "priced_usd_per_h", label="placed by the day's means"),
            "line": hv.Curve(rows, "hour", "priced_usd_per_h", label="placed hour by hour"),
            "best": hv.Scatter(rows, "hour", ["priced_usd_per_h", "by_means_usd_per_h", *hover]),
        },
        axes | {"ylabel": "Cost with carbon [USD/h]", "padding": (0, 0.1)},
        {"best": [*_HOUR, *_PRICED]},
    )


def _day_load(table: pd.DataFrame, axes: dict[str, Any]) -> Shape:
    moved, sunny = table["relocated_mw"].to_numpy(), table["relocated_in_daylight_mw"].to_numpy()
    loads = {
        "home": ("at home", table["served_mw"].to_numpy() - moved),
        "dark": ("relocated, in the dark", moved - sunny),
        "sunny": ("relocated, in daylight", sunny),
        "unserved": ("unserved", table["unserved_mw"].to_numpy()),
    }
    hour, floor = table["hour_utc"].to_numpy(float), np.zeros(len(table))
    parts: dict[str, Any] = {}
    for key, (label, mw) in loads.items():
        columns = {"left": hour, "bottom": floor, "right": hour + 1, "top": floor + mw}
        hover = {"load_mw": mw, "hour_utc": table["hour_utc"]}
        if mw.max(initial=0.0) > SAME_MW or key == "home":
            parts[key] = bars(columns, ("hour", "stacked_mw"), hover, label)
        floor = floor + mw
    total = float(moved.sum())
    share = f"{100 * sunny.sum() / total:.0f} % of the relocated load runs in daylight" if total > SAME_MW else ""
    return Shape(
        share or "no load runs away from home",
        parts,
        axes | {"ylabel": "IT load [MW]", "ylim": (0.0, 1.05 * float(floor.max()) or 1.0)},
        {key: [("Hour", "@hour_utc{0} UTC"), (label, "@load_mw{0,0.0} MW")] for key, (label, _) in loads.items()},
    )


def budgets(draws: Draws) -> Shape:
    band = draws.frontier.dropna()  # where no draw serves as much, there is nothing to compare
    x, low, middle, high = (
        band[name].to_numpy() for name in ("relaxed_ms", "p10_usd_per_h", "p50_usd_per_h", "p90_usd_per_h")
    )
    saved = " to ".join(number(float(end[-1])) for end in (low, high))
    title = f"the longest budgets save {saved} USD/h in eight of ten draws"
    if high[-1] - low[-1] + abs(high[-1]) < 1e-6:
        title = "longer budgets save nothing in eight of ten draws"
    margin = max(0.02 * float(np.ptp(x)), 1.0)
    top = 1.05 * float(high.max(initial=0.0)) or 1.0
    return Shape(
        title,
        {
            "band": hv.Area((x, low, high), "relaxed_ms", ["band_usd_per_h", "high"], label="eight of ten draws"),
            "line": hv.Curve((x, middle), "relaxed_ms", "band_usd_per_h", label="median"),
            "points": hv.Scatter(
                (x, middle, low, high, band["draws"].to_numpy()),
                "relaxed_ms",
                ["band_usd_per_h", "p10_usd_per_h", "p90_usd_per_h", "draws"],
            ),
        },
        {
            "xlabel": "All budgets relaxed by [ms]",
            "ylabel": "Saving [USD/h]",
            "xlim": (x.min() - margin, x.max() + margin),
            "ylim": (min(0.0, 1.05 * float(low.min(initial=0.0))), top),
        },
        {"points": _BUDGET},
    )


def _prices(table: pd.DataFrame) -> list[str]:
    """The carbon prices at which each placement is the best, in words."""
    spans = zip(table["carbon_price_from_usd_per_t"], table["carbon_price_to_usd_per_t"], strict=True)
    return [
        f"{number(low)} to {number(high)} USD/t" if np.isfinite(high) else f"above {number(low)} USD/t"
        for low, high in spans
    ]


_CORNER = [
    ("Best at a carbon price", "@prices"),
    ("Cost", "@cost{0,0} USD/h"),
    ("Carbon", "@carbon{0,0.0} t/h, @avoided{0,0.0} t/h less than at least cost"),
    ("Relocated", "@relocated_mw{0,0.0} MW"),
    ("Moves here", "@moved_mw{0,0.0} MW"),
    ("Less load", "@loses"),
    ("More load", "@gains"),
]
_HOUR = [
    ("Hour", "@hour_utc{0} UTC"),
    ("Cost", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    ("Relocated", "@relocated_mw{0,0.0} MW"),
    ("Unserved", "@unserved_mw{0,0.0} MW"),
]
_BUDGET = [
    ("Budgets relaxed by", "@relaxed_ms{0,0} ms"),
    ("Saving, median", "@band_usd_per_h{0,0} USD/h"),
    ("Eight of ten draws", "@p10_usd_per_h{0,0} to @p90_usd_per_h{0,0} USD/h"),
    ("Draws", "@draws"),
]
_PRICED = [
    ("With carbon at its price", "@priced_usd_per_h{0,0} USD/h"),
    ("By the day's means", "@by_means_usd_per_h{0,0} USD/h"),
]
