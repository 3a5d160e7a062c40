"""What would a simple rule miss? Cost of the baseline, of a greedy placement and of the optimum."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import bars_from_zero, reach_from_zero
from explorer.markup import html
from explorer.presentation import renders
from explorer.text import figure, format_number
from explorer.words import tr

_TIP = (
    ("", "@placement"),
    ("Cost, carbon at its price", "@objective_usd_per_h{0,0} USD/h"),
    ("Cost without carbon price", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    ("Relocated", "@relocated_mw{0,0.0} MW"),
    ("Unserved", "@unserved_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "greedy",
        (Mark("cost", "bars", ("needed",), ("cost, carbon at its price",), _TIP),),
        Axis("Cost, carbon at its price [USD/h]"),
        height_px=160,
        has_rows=True,
        fewest_rows=3,
    ),
)
HELP = """
A greedy placement: the largest demand first, each takes the cheapest regions that are open to it and still have room,
and nothing is ever taken back. Load that state binds to its home is placed before. It knows all that the optimum knows;
what it misses is the price of room, for who comes early takes room that a later one needs more. So it costs more, or
leaves somebody unserved. The order is this project's own choice.
"""


@renders("greedy", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The placements of `explorer.greedy` by cost."""
    values = table["objective_usd_per_h"].to_numpy(float)
    bars = bars_from_zero(values)
    names = [*map(tr, table["placement"])]
    hover = {name: table[name].to_numpy() for name in table} | {
        "placement": np.array(names, object)
    }
    return Chart(
        PANELS,
        (
            Filled(
                {"cost": bars | hover},
                reach_from_zero(values, 0.04),
                rows=names,
            ),
        ),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "Cost with carbon at its price of the baseline, of a greedy placement and of the optimum."
            )
        ],
    )


def _title(table: pd.DataFrame) -> str:
    missed, unserved_mw = table.attrs["missed_share"], _stranded_mw(table)
    if unserved_mw > 0:
        return tr("greedy leaves {} MW unserved that could be served", format_number(unserved_mw))
    if not isfinite(missed):
        return tr("greedy and optimum do not compare")
    return tr("greedy misses {:.1f} % of the saving", 100 * missed)


def _stranded_mw(table: pd.DataFrame) -> float:
    """Load that greedy leaves unserved and the optimum does not. [MW]"""
    unserved = table.set_index("placement")["unserved_mw"].to_dict()
    more = unserved["greedy"] - unserved["optimum"]
    return more if more > 1e-6 else 0.0


def _finding(table: pd.DataFrame) -> Markup:
    missed, unserved_mw = table.attrs["missed_share"], _stranded_mw(table)
    if unserved_mw > 0:
        return html(
            "<b>A greedy placement leaves {} MW unserved</b> that the optimum serves, for who came earlier took the"
            " room. Their costs do not compare.",
            format_number(unserved_mw),
        )
    if not isfinite(missed):
        return html("The placements serve other load, or nothing can be saved: nothing to compare.")
    cost = table.set_index("placement")["objective_usd_per_h"].to_dict()
    return html(
        "<b>A greedy placement misses {:.1f} % of the saving</b>: it costs {} USD/h more than the optimum.",
        100 * missed,
        figure(max(0.0, cost["greedy"] - cost["optimum"]), "USD/h"),
    )
