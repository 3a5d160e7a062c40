"""What holds it back? From what moving could save to what it does save, obstacle by obstacle."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, reach
from explorer.markup import html, sentences
from explorer.measures.frontier import UNSERVED_MW
from explorer.presentation import renders
from explorer.text import figure, format_number
from explorer.words import tr

Floats = NDArray[np.float64]

_TIP = (
    ("", "@name"),
    ("Saving", "@usd_per_h{0,0} USD/h"),
    ("Of what is possible", "@percent{0} %"),
)
_ROLES = ("possible", "constraint", "saved")
PANELS = (
    Panel(
        "attribution",
        (
            Mark(
                "steps",
                "bars",
                _ROLES,
                ("without obstacles", "kept away, Shapley value", "saved as it is"),
                _TIP,
            ),
            Mark("in order", "bars", ("in order",), ("put in place from top to bottom",)),
        ),
        Axis("Saving against the baseline [USD/h]"),
        height_px=300,
        has_rows=True,
    ),
)
HELP = """
Saving against the baseline, carbon at its price, if latency budgets, friction, egress price, state locality, law and
capacity were lifted, and what each keeps away. Bars: Shapley values, the mean over all 720 orders of lifting the six.
Thin: put in place one after the other, from top to bottom. All serve the same demand, that which is served as it is,
the baseline too. The choice of these six is this project's own. The page's first sentence asks another thing: which
limit, lifted alone, would let most of the load leave home; by load, not by money.
"""


@renders("attribution", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The obstacles of `explorer.attribution` as steps from what is possible to what is saved."""
    shapley, saved = table["usd_per_h"].to_numpy(), float(table.attrs["saved_usd_per_h"])
    possible = saved + float(shapley.sum())
    rows = [tr("without obstacles"), *map(tr, table["constraint"]), tr("as it is")]
    return Chart(
        PANELS,
        (_staircase(rows, shapley, np.array(table.attrs["in_order_usd_per_h"]), saved, possible),),
        tr(
            "moving saves {} of {} USD/h possible without obstacles",
            figure(saved, "USD/h"),
            figure(possible, "USD/h"),
        ),
        _finding(table, saved, possible),
        About.of(table),
        [
            tr(
                "Shapley values over all orders of lifting the six. Thin: put in place one after the other."
            )
        ],
    )


def _staircase(
    rows: list[str], shapley: Floats, in_order: Floats, saved: float, possible: float
) -> Filled:
    right, left = _steps(possible, shapley)
    lengths = np.array([possible, *shapley, saved])
    share = lengths / possible if possible else np.full(len(lengths), np.nan)
    steps = horizontal_bars(np.array([0.0, *left, 0.0]), np.array([possible, *right, saved]), 0.36)
    thin_right, thin_left = _steps(possible, in_order)
    columns = {
        "steps": steps | {
            "role": np.array([0, *[1] * len(shapley), 2], np.uint8), "name": np.array(rows, object),
            "usd_per_h": lengths, "percent": 100 * share,
        },
        # in the rows between first and last
        "in order": horizontal_bars(thin_left, thin_right, 0.09, below=-1),
    }  # fmt: skip
    ends = np.concatenate([[0.0, possible, saved], left, right, thin_left, thin_right])
    return Filled(columns, reach(ends, 0.03), rows=rows)


def _steps(top: float, lengths: Floats) -> tuple[Floats, Floats]:
    """Where bars begin and end that lead from `top` downwards, one after the other."""
    ends = top - np.cumsum(lengths)
    return np.array([top, *ends[:-1]]), ends


def _finding(table: pd.DataFrame, saved: float, possible: float) -> Markup:
    shapley, factors = table["usd_per_h"].to_numpy(), table["constraint"].tolist()
    held, served_mw, unserved_mw = (
        float(shapley.sum()),
        table.attrs["served_mw"],
        table.attrs["unserved_mw"],
    )
    if served_mw <= UNSERVED_MW:
        return html("Nothing is served, so nothing is saved.")
    whose = ""
    if unserved_mw > UNSERVED_MW:
        served, unserved = format_number(served_mw), format_number(unserved_mw)
        whose = html("All of it is of the {} MW served; {} MW are not.", served, unserved)
    if held <= 0:
        found = html("Nothing holds it back: moving saves {} USD/h.", figure(saved, "USD/h"))
        return sentences((found, whose))
    parts = [
        tr("{} {:.0f} %", tr(factors[n]), 100 * shapley[n] / held)
        for n in np.argsort(-shapley)
        if shapley[n] > 0
    ]
    found = html(
        "Moving saves <b>{saved} of {possible} USD/h</b> that would be possible without obstacles, carbon at its "
        "price included. Of the {held} USD/h held back: {parts}.",
        saved=figure(saved, "USD/h"), possible=figure(possible, "USD/h"), held=figure(held, "USD/h"),
        parts=tr(", ").join(parts),
    )  # fmt: skip
    return sentences((found, whose, _room(table)))


def _room(table: pd.DataFrame) -> str:
    """What more room alone would save, for free and bought, where it has a price and a worth."""
    price, free = (
        table.attrs[name] for name in ("hardware_usd_per_mwh", "room_for_free_usd_per_h")
    )
    if not price or not free:
        return ""
    bought = table.attrs["room_bought_usd_per_h"]
    return html(
        "Capacity counts as if room were free, as for machines that are bought anyway: more of it alone saves "
        "{free} USD/h; bought on top, at {price} USD/MWh, {bought}.",
        free=figure(free, "USD/h"), price=figure(price, "USD/MWh"), bought=figure(bought, "USD/h"),
    )  # fmt: skip
