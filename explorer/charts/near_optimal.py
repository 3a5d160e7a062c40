"""
How firm is each region? What every placement almost as good needs there, and how far it may go.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, left_out, row_places
from explorer.markup import html, sentences
from explorer.presentation import renders
from explorer.text import elided, figure, format_number
from explorer.units import KG_PER_T
from explorer.words import tr

ROWS = 15  # regions shown
NAMED = 3  # regions in the sentence
USED_MW = 0.5  # from which load on a region counts as used, or as needed
_TIP = (
    ("", "@region"),
    ("Optimum", "@it_mw{0,0.0} MW"),
    ("Least", "@least_mw{0,0.0} MW"),
    ("Most", "@most_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "near optimal",
        (
            Mark("free", "bars", ("free",), ("free to choose",), _TIP),  # below, for the hover
            Mark("needed", "bars", ("needed",), ("needed",)),
            Mark("optimum", "points", ("optimum",), ("optimum",), size=10),
        ),
        Axis("IT load [MW]"),
        height_px=340,
        has_rows=True,
    ),
)
HELP = """
Many placements cost almost the same. Dark: the load that a region has in every one of them within the slack; light: how
far its load may go; dot: the optimum. Each end is exact: min and max load_j, subject to objective ≤ (1 + slack) ×
optimum, with the same demand served. Ranges hold one by one: what one region gives up, others take. Known as modelling
to generate alternatives; ranges of single regions are this project's own choice. Fifteen regions of the largest
least and most are shown, all are in the table.
"""


@renders("near_optimal", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The regions of `explorer.near_optimal` with the largest least and most load."""
    names = table.attrs.get("names", {})
    table = table.assign(region=[names.get(region, region) for region in table["region"]])
    middle_mw = (table["least_mw"] + table["most_mw"]).to_numpy()
    shown = table.iloc[np.argsort(-middle_mw, kind="stable")[:ROWS]]
    shown = shown.sort_values(["least_mw", "it_mw"], ascending=False)
    least, most, it_mw = (shown[name].to_numpy() for name in ("least_mw", "most_mw", "it_mw"))
    hover = {
        "region": shown["region"].to_numpy(object),
        "it_mw": it_mw,
        "least_mw": least,
        "most_mw": most,
    }
    nothing, end = np.zeros(len(shown)), max(1.0, float(most.max(initial=0.0)))
    columns = {
        "free": horizontal_bars(nothing, most, 0.3) | hover,
        "needed": horizontal_bars(nothing, least, 0.3),
        "optimum": {"x": it_mw, "y": row_places(len(shown))},
    }
    rows = [elided(str(name)) for name in shown["region"]]
    more = left_out(len(shown), len(table), "largest of")
    return Chart(
        PANELS,
        (Filled(columns, (-0.015 * end, 1.04 * end), rows=rows, y_label=more),),
        _title(table),
        _finding(table),
        About.of(table),
        [tr("Least and most load over all placements within the slack, one region at a time.")],
    )


def _could_do_with_less(table: pd.DataFrame) -> tuple[int, int]:
    """Regions in use that could do with less than half of their load, and all in use."""
    used = table["it_mw"].to_numpy() > USED_MW
    half = used & (table["least_mw"] < 0.5 * table["it_mw"]).to_numpy()
    return int(half.sum()), int(used.sum())


def _title(table: pd.DataFrame) -> str:
    half, used = _could_do_with_less(table)
    slack = table.attrs.get("slack")
    if not used:
        return tr("no region is in use")
    if slack is None:
        return tr(
            "near the optimum, {} of {} regions in use could do with less than half of their load",
            half,
            used,
        )
    return tr(
        "for {slack:g} % more than the optimum, {half} of {used} regions in use could do with less than half of their "
        "load",
        slack=100 * slack,
        half=half,
        used=used,
    )


def _finding(table: pd.DataFrame) -> Markup:
    half, used = _could_do_with_less(table)
    names, least_mw = table["region"].to_numpy(), table["least_mw"].to_numpy()
    parts = [
        html(
            "For {:g} % more than the optimum ({}), <b>{} of {} regions in use</b> could do with less than half of "
            "their load.",
            100 * table.attrs.get("slack", 0.0),
            _amount(table),
            half,
            used,
        )
    ]
    needed = [j for j in np.argsort(-least_mw, kind="stable")[:NAMED] if least_mw[j] > USED_MW]
    if needed:
        listed = tr(", ").join(
            tr("{} {} MW", elided(str(names[j])), format_number(float(least_mw[j]))) for j in needed
        )
        parts.append(html("Needed in every such placement: at least {}.", listed))
    return sentences(parts)


def _amount(table: pd.DataFrame) -> str:
    """What the slack is in the unit of the objective."""
    amount = table.attrs.get("slack", 0.0) * abs(table.attrs.get("optimum", 0.0))
    match table.attrs.get("objective"):
        case "carbon":
            return tr("{} t/h", figure(amount / KG_PER_T, "t/h"))
        case "latency":
            served = float(table["it_mw"].to_numpy().sum())
            return tr("{} ms on average", format_number(amount / served if served else 0.0))
    return tr("{} USD/h", figure(amount, "USD/h"))
