"""
What does a tonne cost? The front from least cost to least carbon, and where the scenario stands on
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Columns, Filled, Mark, Panel
from explorer.markup import html, sentences
from explorer.measures.cost_carbon_front import avoided_kg_per_h
from explorer.model.labels import NamesById
from explorer.presentation import renders
from explorer.text import figure, format_number, price
from explorer.units import KG_PER_T
from explorer.words import mark, tr

STEPS_USD_PER_T = (50.0, 100.0)  # carbon prices between which the front changes its colour
UNSERVED_MW = 1e-6  # above this, load counts as unserved
NOW_LEAST = {"carbon": mark("now: least carbon"), "latency": mark("now: least latency")}
_ROLES = ("cheap", "middling", "dear")
_NOW_TIP = (("Cost", "@y{0,0} USD/h"), ("Carbon", "@x{0,0.0} t/h"))
_TIP = (
    ("Best at a carbon price", "@prices"),
    ("Cost", "@y{0,0} USD/h"),
    ("Carbon", "@x{0,0.0} t/h, @avoided_t_per_h{0,0.0} t/h less than at least cost"),
    ("Relocated", "@relocated_mw{0,0} MW"),
    ("Moves here", "@moved_mw{0,0.0} MW"),
    ("Less load", "@loses"),
    ("More load", "@gains"),
)
PANELS = (
    Panel(
        "cost and carbon",
        (
            Mark("front", "segments", _ROLES, size=3),
            Mark("corners", "points", _ROLES, (), _TIP, size=6),
            Mark(
                "baseline", "points", ("baseline",), ("baseline: least latency",), _NOW_TIP, size=12
            ),
            Mark("now", "points", ("now",), ("now",), _NOW_TIP, size=18),
        ),
        Axis("Carbon [t/h]"),
        Axis("Cost without carbon price [USD/h]"),
        height_px=320,
        zooms=True,
    ),
)
HELP = """
Every placement that is best at some carbon price, from least cost (right) to least carbon (left): minimise cost +
carbon price × carbon. Slope = what the next tonne costs (marginal abatement cost). Found exactly, by supporting lines
(Aneja and Nair, 1979); nothing lies below. All serve the same demand under the same budgets, law and capacity. Money
counts energy and friction, carbon follows the scenario's carbon signal: only what moving avoids, while grids stay
as they are.
"""


@renders("cost_carbon_front", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """
    The placements of `explorer.cost_carbon_front`, and the scenario's own where the table says it.
    """
    front = with_names(table)
    carbon, cost = _carbon_t_per_h(front), front["cost_usd_per_h"].to_numpy()
    usd_per_t = front["carbon_price_from_usd_per_t"].to_numpy()
    role = np.searchsorted(STEPS_USD_PER_T, usd_per_t).astype(np.uint8)
    columns: dict[str, Columns] = {
        "front": {"x0": carbon[:-1], "y0": cost[:-1], "x1": carbon[1:], "y1": cost[1:], "role": role[1:]},
        "corners": {
            "x": carbon, "y": cost, "role": role, "prices": _prices(front), "avoided_t_per_h": carbon[0] - carbon,
            **{name: front[name].to_numpy() for name in ("relocated_mw", "moved_mw")},
            **{name: front[name].to_numpy(object) for name in ("loses", "gains")},
        },
    }  # fmt: skip
    marks = marks_of(table.attrs)
    for name, at in marks.items():
        columns[name] = {
            "x": np.array([at["carbon_kg_per_h"] / KG_PER_T]),
            "y": np.array([at["cost_usd_per_h"]]),
        }
    x_range, y_range = (_reach(columns, place) for place in ("x", "y"))
    steps = _steps()
    labels: dict[str, tuple[str, ...]] = {"front": steps, "corners": steps}
    labels |= {"now": (_now(table),)} if "now" in marks else {}
    if "pin" in table.attrs:
        labels["baseline"] = (table.attrs["pin"]["name"],)
    if "baseline" in marks and not (
        _is_in(columns, x_range, "x") and _is_in(columns, y_range, "y")
    ):
        labels["baseline"] = ("",)
    return Chart(
        PANELS,
        (Filled(columns, x_range, y_range, labels=labels),),
        _title(table),
        _finding(front, table.attrs),
        About.of(table),
        [
            tr(
                "Every placement that is best at some carbon price, by what the last tonne avoided costs there."
            )
        ],
    )


def _steps() -> tuple[str, ...]:
    """What a tonne costs, by role."""
    low, high = (price(step, "USD/t") for step in STEPS_USD_PER_T)
    return (
        tr("below {:g} USD/t", low),
        tr("{:g} to {:g} USD/t", low, high),
        tr("above {:g} USD/t", high),
    )


def marks_of(attrs: Mapping[Any, Any]) -> dict[str, Mapping[str, Any]]:
    """Where the scenario stands, and what it is compared with: the baseline, unless that is a pin."""
    at = {name: attrs[name] for name in ("now", "baseline") if name in attrs}
    return at | ({"baseline": attrs["pin"]} if "pin" in attrs else {})


def with_names(front: pd.DataFrame) -> pd.DataFrame:
    """The front with names of regions for their ids."""
    return NamesById(front.attrs.get("names", {})).put_in(front, "loses", "gains")


def _carbon_t_per_h(front: pd.DataFrame) -> NDArray[np.float64]:
    return front["carbon_kg_per_h"].to_numpy() / KG_PER_T


def _prices(front: pd.DataFrame) -> NDArray:
    """The carbon prices at which each placement is the best, in words."""
    spans = zip(
        front["carbon_price_from_usd_per_t"], front["carbon_price_to_usd_per_t"], strict=True
    )
    words = [
        tr("{} to {} USD/t", figure(low, "USD/t"), figure(high, "USD/t"))
        if np.isfinite(high)
        else tr("above {} USD/t", figure(low, "USD/t"))
        for low, high in spans
    ]
    return np.array(words, object)


def _reach(columns: Mapping[str, Columns], place: str) -> tuple[float, float]:
    """
    Ends of the front and of the present with a margin; the baseline's where that does not flatten
    them.
    """
    seen = [columns[name][place] for name in ("corners", "now") if name in columns]
    every = [*seen, columns["baseline"][place]] if "baseline" in columns else seen
    (low, high), (least, most) = (
        (np.concatenate(of).min(), np.concatenate(of).max()) for of in (seen, every)
    )
    if most - least < 2.5 * (high - low):
        low, high = least, most
    margin = 0.09 * (high - low) or 0.05 * abs(high) or 1.0
    return float(low - margin), float(high + margin)


def _is_in(columns: Mapping[str, Columns], ends: tuple[float, float], place: str) -> bool:
    return bool(ends[0] <= columns["baseline"][place][0] <= ends[1])


def _now(table: pd.DataFrame) -> str:
    objective = table.attrs["objective"]
    if objective != "cost":
        return tr(NOW_LEAST[objective])
    return tr("now: {:g} USD/t", price(table.attrs["carbon_price_usd_per_t"], "USD/t"))


def _title(table: pd.DataFrame) -> str:
    if len(table) == 1:
        return tr("the cheapest placement is the cleanest too")
    low = STEPS_USD_PER_T[0]
    every, cheap = (
        figure(avoided_kg_per_h(table, most) / KG_PER_T, "t/h") for most in (np.inf, low)
    )
    return tr(
        "up to {every} t/h can be avoided, {cheap} of them below {low:g} USD/t",
        every=every,
        cheap=cheap,
        low=price(low, "USD/t"),
    )


def _finding(front: pd.DataFrame, attrs: Mapping[Any, Any]) -> Markup:
    """Where the scenario stands, what tonnes cost there, and how many there are at which price."""
    parts = [_present(front, attrs)] if "now" in attrs else []
    parts.append(_tonnes(front))
    if attrs.get("unserved_mw", 0.0) > UNSERVED_MW:
        parts.append(
            html(
                "{} MW go unserved, here and everywhere on it.", format_number(attrs["unserved_mw"])
            )
        )
    return sentences(parts)


def _present(front: pd.DataFrame, attrs: Mapping[Any, Any]) -> Markup:
    carbon_price, now = attrs["carbon_price_usd_per_t"], attrs["now"]
    if attrs["objective"] != "cost":
        at, cost = (
            front["carbon_kg_per_h"].to_numpy()[::-1],
            front["cost_usd_per_h"].to_numpy()[::-1],
        )
        more = max(now["cost_usd_per_h"] - float(np.interp(now["carbon_kg_per_h"], at, cost)), 0.0)
        return html(
            "<b>Now, at {:g} USD/t:</b> least carbon costs {} USD/h more than its carbon has to."
            if attrs["objective"] == "carbon"
            else "<b>Now, at {:g} USD/t:</b> least latency costs {} USD/h more than its carbon has to.",
            price(carbon_price, "USD/t"),
            figure(more, "USD/h"),
        )
    row = front[front["carbon_price_from_usd_per_t"] <= carbon_price].iloc[-1]
    last, then = row["carbon_price_from_usd_per_t"], row["carbon_price_to_usd_per_t"]
    at = {
        "price": price(carbon_price, "USD/t"),
        "last": figure(last, "USD"),
        "then": figure(then, "USD"),
    }
    if last > 0 and np.isfinite(then):
        return html(
            "<b>Now, at {price:g} USD/t:</b> the last tonne avoided costs {last} USD, the next would cost {then} USD.",
            **at,
        )
    if last > 0:
        return html(
            "<b>Now, at {price:g} USD/t:</b> the last tonne avoided costs {last} USD, no other placement emits less.",
            **at,
        )
    if np.isfinite(then):
        return html("<b>Now, at {price:g} USD/t:</b> the next would cost {then} USD.", **at)
    return html("<b>Now, at {price:g} USD/t:</b> no other placement emits less.", **at)


def _tonnes(front: pd.DataFrame) -> Markup:
    if len(front) == 1:
        return html("The cheapest placement is the cleanest too.")
    low, high = STEPS_USD_PER_T
    some, most, every = (
        figure(avoided_kg_per_h(front, step) / KG_PER_T, "t/h") for step in (low, high, np.inf)
    )
    avoided = html(
        "Against least cost, up to <b>{every} t/h</b> can be avoided: <b>{some}</b> below {low:g} USD/t, "
        "<b>{most}</b> below {high:g} USD/t, all up to {dearest} USD/t.",
        every=every, some=some, low=price(low, "USD/t"), most=most, high=price(high, "USD/t"),
        dearest=figure(front["carbon_price_from_usd_per_t"].iloc[-1], "USD/t"),
    )  # fmt: skip
    return sentences((avoided, _cheapest(front)))


def _cheapest(front: pd.DataFrame) -> Markup:
    """What the first tonnes cost, and what moves for them."""
    first = front.iloc[1]
    avoided = (front["carbon_kg_per_h"].iloc[0] - first["carbon_kg_per_h"]) / KG_PER_T
    moves = [name for name in (first["loses"], first["gains"]) if name]
    at = {
        "avoided": figure(avoided, "t/h"),
        "price": figure(first["carbon_price_from_usd_per_t"], "USD/t"),
        "mw": format_number(first["moved_mw"]),
    }
    if not moves:
        return html("The cheapest {avoided} t/h cost {price} USD/t: {mw} MW move.", **at)
    return html(
        "The cheapest {avoided} t/h cost {price} USD/t: {mw} MW move, {moves}.",
        moves=tr("{} to {}", *moves) if len(moves) > 1 else moves[0],
        **at,
    )
