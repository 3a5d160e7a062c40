"""
What is a millisecond worth? The front from least delay to least cost, and where the scenario stands
on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Columns, Filled, Mark, Panel
from explorer.charts.cost_carbon_front import NOW_LEAST, marks_of, with_names
from explorer.markup import html, sentences
from explorer.measures.cost_latency_front import objective_at, window_return
from explorer.measures.frontier import WINDOW_MS
from explorer.presentation import renders
from explorer.text import figure, format_number
from explorer.units import KG_PER_T
from explorer.words import mark, tr

Floats = NDArray[np.float64]

UNSERVED_MW = 1e-6  # above this, load counts as unserved
OFF_THE_FRONT = 1e-6  # relative; a cost above the front by less is on it
OF = {"requests": mark("per request"), "load": mark("per MW")}
_DELAY_OF = {
    "requests": mark("Mean added delay per request [ms]"),
    "load": mark("Mean added delay per MW [ms]"),
}
_NOW_TIP = (("Mean added delay", "@x{0,0.0} ms"), ("Cost", "@y{0,0} USD/h"))
_TIP = (
    ("Mean added delay", "@x{0,0.00} ms"),
    ("Cost, carbon at its price", "@objective_usd_per_h{0,0} USD/h"),
    ("Cost without carbon price", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_t_per_h{0,0.0} t/h"),
    ("The last ms returned", "@objective_return_usd_per_h_per_ms{0,0.0} USD/h"),
    ("Energy return (ERL)", "@erl_usd_per_h_per_ms{0,0.0} USD/h per ms"),
    ("Carbon return (CRL)", "@crl_kg_per_h_per_ms{0,0.0} kg/h per ms"),
    ("Relocated", "@relocated_mw{0,0} MW"),
    ("Moves here", "@moved_mw{0,0.0} MW"),
    ("Less load", "@loses"),
    ("More load", "@gains"),
)
_DELAYS = Axis("Mean added delay [ms]")
PANELS = (
    Panel(
        "cost",
        (
            Mark("cost front", "line", ("cost",), size=2.5),
            Mark("cost corners", "points", ("cost",), (), _TIP, tips_at_once=1, size=5),
            Mark(
                "baseline",
                "points",
                ("baseline",),
                ("baseline: nearest to users",),
                _NOW_TIP,
                size=12,
            ),
            Mark("now", "points", ("now",), ("now",), _NOW_TIP, size=18),
        ),
        _DELAYS,
        Axis("Cost [USD/h]"),
        height_px=260,
        zooms=True,
    ),
    Panel(
        "carbon",
        (
            Mark("carbon front", "line", ("carbon",), size=2.5),
            Mark("carbon corners", "points", ("carbon",), (), _TIP, tips_at_once=1, size=5),
        ),
        _DELAYS,
        Axis("Carbon [t/h]"),
        height_px=170,
        zooms=True,
    ),
)
HELP = """
Every placement that is best at some worth of a millisecond, from least mean delay (left) to least cost (right); nothing
lies below. Slope = what one more millisecond of mean delay returns (marginal energy return on latency). Found exactly,
by supporting lines (Aneja and Nair, 1979). All serve the same demand under the same budgets, law and capacity. Per
request: each request counts alike, as people feel it; per MW: each MW of load does. This front answers what waiting is
worth; the staircase of budgets ("What does waiting buy?") what a promise to every request of a class costs. Front and
returns are this project's own.
"""


@renders("cost_latency_front", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """
    The placements of `explorer.cost_latency_front`, and the scenario's own where the table says it.
    """
    front = with_names(table)
    delay, objective = (front[c].to_numpy() for c in ("mean_delay_ms", "objective_usd_per_h"))
    carbon = front["carbon_kg_per_h"].to_numpy() / KG_PER_T
    told = {
        name: front[name].to_numpy()
        for name in (
            "objective_usd_per_h", "cost_usd_per_h", "objective_return_usd_per_h_per_ms",
            "erl_usd_per_h_per_ms", "crl_kg_per_h_per_ms", "relocated_mw", "moved_mw",
        )
    }  # fmt: skip
    told |= {name: front[name].to_numpy(object) for name in ("loses", "gains")}
    told["carbon_t_per_h"] = carbon
    columns: dict[str, Columns] = {
        "cost front": {"x": delay, "y": objective},
        "cost corners": {"x": delay, "y": objective, **told},
    }
    of_carbon: dict[str, Columns] = {
        "carbon front": {"x": delay, "y": carbon},
        "carbon corners": {"x": delay, "y": carbon, **told},
    }
    marks = marks_of(table.attrs)
    for name, at in marks.items():
        columns[name] = {
            "x": np.array([at["mean_delay_ms"]]),
            "y": np.array([at["objective_usd_per_h"]]),
        }
    x_range, y_range = (_reach([c[place] for c in columns.values()]) for place in ("x", "y"))
    x_label = tr(_DELAY_OF[table.attrs.get("weight", "requests")])
    priced = table.attrs.get("carbon_price_usd_per_t", 0.0) > 0
    y_label = tr("Cost, carbon at its price [USD/h]") if priced else tr("Cost [USD/h]")
    labels = {"now": (_now(table.attrs),)} if "now" in marks else {}
    if "pin" in table.attrs:
        labels["baseline"] = (table.attrs["pin"]["name"],)
    return Chart(
        PANELS,
        (
            Filled(columns, x_range, y_range, x_label=x_label, y_label=y_label, labels=labels),
            Filled(of_carbon, x_range, _reach([carbon]), x_label=x_label),
        ),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "Every placement that is best at some worth of a millisecond; the slope is what one more returns."
            )
        ],
    )


def _reach(values: list[Floats]) -> tuple[float, float]:
    """Ends of what is seen with a margin."""
    every = np.concatenate(values)
    low, high = float(every.min()), float(every.max())
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _now(attrs: Mapping[Any, Any]) -> str:
    if attrs["objective"] != "cost":
        return tr(NOW_LEAST[attrs["objective"]])
    return tr("now: {} ms", format_number(attrs["now"]["mean_delay_ms"]))


def _window(front: pd.DataFrame) -> float:
    """The window that returns are taken over: 10 ms, or all there is. [ms]"""
    delay = front["mean_delay_ms"].to_numpy()
    return float(min(WINDOW_MS, delay[-1] - delay[0]))


def _ends(front: pd.DataFrame) -> tuple[float, float, float]:
    """The window, and what a ms of it returns at the left and at the right end."""
    width, delay = _window(front), front["mean_delay_ms"].to_numpy()
    first = window_return(front, float(delay[0]), width)
    return width, first, window_return(front, float(delay[-1]) - width, width)


def _title(front: pd.DataFrame) -> str:
    if len(front) == 1:
        return tr("waiting longer saves nothing")
    width, first, last = _ends(front)
    if width < WINDOW_MS:
        return tr("{:.3g} ms of mean delay save {} USD/h each", width, figure(first, "USD/h"))
    return tr(
        "the first {width:g} ms of mean delay save {first} USD/h each, the last {last}",
        width=width,
        first=figure(first, "USD/h"),
        last=figure(last, "USD/h"),
    )


def _finding(front: pd.DataFrame) -> Markup:
    """What waiting is worth at either end, where the scenario stands, and what comes for free."""
    of = tr(OF[front.attrs.get("weight", "requests")])
    parts = [_worth(front, of)]
    if "now" in front.attrs:
        parts += [_present(front, of), _for_free(front)]
    if front.attrs.get("unserved_mw", 0.0) > UNSERVED_MW:
        mw = format_number(front.attrs["unserved_mw"])
        parts.append(html("{} MW go unserved, here and everywhere on it.", mw))
    return sentences(parts)


def _worth(front: pd.DataFrame, of: str) -> Markup:
    if len(front) == 1:
        return html("Waiting longer saves nothing: the nearest placement is the cheapest too.")
    width, first, last = _ends(front)
    if width < WINDOW_MS:
        return html(
            "Each of <b>{width:.3g} ms</b> of mean delay {of} saves <b>{first} USD/h</b>.",
            width=width, of=of, first=figure(first, "USD/h"),
        )  # fmt: skip
    return html(
        "Above the least possible, the first {width:.3g} ms of mean delay {of} save <b>{first} USD/h each</b>, "
        "the last {width:.3g} ms <b>{last}</b>.",
        width=width, of=of, first=figure(first, "USD/h"), last=figure(last, "USD/h"),
    )  # fmt: skip


def _present(front: pd.DataFrame, of: str) -> Markup:
    now, delay = front.attrs["now"], front["mean_delay_ms"].to_numpy()
    at_ms, cost = now["mean_delay_ms"], now["objective_usd_per_h"]
    at = {"at": format_number(at_ms), "of": of}
    more = cost - objective_at(front, at_ms)
    if more > OFF_THE_FRONT * abs(cost):
        return html(
            "<b>Now, at {at} ms {of}</b>, it costs {more} USD/h more than that delay has to.",
            more=figure(more, "USD/h"),
            **at,
        )
    width = min(WINDOW_MS, float(delay[-1]) - at_ms)
    if width <= 0:
        return html("<b>Now, at {at} ms {of}</b>, more would save nothing.", **at)
    each = window_return(front, at_ms, width)
    return html(
        "<b>Now, at {at} ms {of}</b>, each of the next {width:.3g} ms would save {each} USD/h.",
        width=width, each=figure(each, "USD/h"), **at,
    )  # fmt: skip


def _for_free(front: pd.DataFrame) -> Markup | str:
    """What could be saved at the baseline's own mean delay."""
    baseline = front.attrs["baseline"]
    at_ms, cost = baseline["mean_delay_ms"], baseline["objective_usd_per_h"]
    saved = cost - objective_at(front, at_ms)
    if saved <= OFF_THE_FRONT * abs(cost):
        return ""
    return html(
        "Without a ms more than the baseline's {} ms, {} USD/h could be saved.",
        format_number(at_ms), figure(saved, "USD/h"),
    )  # fmt: skip
