"""
Where is the line? How many pairs of regions pay by themselves, and what the placement makes of
them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, reach
from explorer.markup import html
from explorer.presentation import renders
from explorer.text import format_number

_TIP = (
    ("", "@constraint"),
    ("Pairs that pay", "@pays"),
    ("Pairs that do not", "@loses"),
    ("Load moved", "@used_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "verdicts",
        (
            Mark("pays", "bars", ("pays",), ("pay by themselves",), _TIP),
            Mark("loses", "bars", ("loses",), ("do not",), _TIP),
        ),
        Axis("Pairs of a home and another region"),
        height_px=300,
        has_rows=True,
    ),
)
HELP = """
Every pair of a home and another region by what explains what the placement makes of it: used ("none"), kept from being
used by one constraint, or used although it does not pay. Law, latency, state, capacity, or an even better place to go
make the optimum differ from the algebra of single pairs. This comparison is the project's own.
"""


@renders("verdicts", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The pairs of `explorer.verdicts`, counted by constraint, most first."""
    counts = pd.DataFrame(
        {
            "pays": table["pays"].groupby(table["constraint"]).sum(),
            "pairs": table["constraint"].value_counts(),
            "used_mw": table["used_mw"].groupby(table["constraint"]).sum(),
        }
    ).sort_values(["pairs", "used_mw"], ascending=False, kind="stable")
    pays = counts["pays"].to_numpy(float)
    every = counts["pairs"].to_numpy(float)
    names = [str(name) for name in counts.index]
    hover = {
        "constraint": np.array(names, object),
        "pays": pays,
        "loses": every - pays,
        "used_mw": counts["used_mw"].to_numpy(float),
    }
    columns = {
        "pays": horizontal_bars(np.zeros(len(counts)), pays, 0.36) | hover,
        "loses": horizontal_bars(pays, every, 0.36) | hover,
    }
    return Chart(
        PANELS,
        (Filled(columns, reach(np.append(0.0, every), 0.04), rows=[_row(name) for name in names]),),
        _title(table),
        _finding(table),
        About.of(table),
        [
            "Every pair of a home and another region, by what explains what the placement makes of it."
        ],
    )


def _row(constraint: str) -> str:
    return "used" if constraint == "none" else constraint


def _title(table: pd.DataFrame) -> str:
    pays = table["pays"].to_numpy(bool)
    used = pays & (table["constraint"] == "none").to_numpy(bool)
    return f"{pays.sum()} of {len(table)} pairs pay by themselves, {used.sum()} of them are used"


def _finding(table: pd.DataFrame) -> Markup:
    pays = table["pays"].to_numpy(bool)
    used_mw = table["used_mw"].to_numpy(float)
    return html(
        "<b>{} of {} pairs pay</b> by themselves. The placement moves {} MW along pairs that pay and {} MW along "
        "pairs that do not.",
        int(pays.sum()),
        len(table),
        format_number(float(used_mw[pays].sum())),
        format_number(float(used_mw[~pays].sum())),
    )
