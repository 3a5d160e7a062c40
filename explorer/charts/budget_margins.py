"""
How far is it from somebody going unserved? What of each latency budget is needed, and what is left.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Chart, Filled
from explorer.charts.remedies import KINDS, LEFT, NEEDED, SERVICE, service_bars
from explorer.markup import html
from explorer.measures.frontier import UNSERVED_MW
from explorer.model.labels import as_shown
from explorer.presentation import renders
from explorer.text import format_duration
from explorer.words import mark, tr

PANELS = (SERVICE,)  # as of those who do go unserved, so that one plot shows either
_AMOUNTS = {NEEDED: mark("{} needed"), LEFT: mark("{} left")}
HELP = """
The shortest latency budget of each class at which no more load goes unserved than now, all else as it is: so much of
the present budget is needed, the rest is left. Where all is served, that is the first step of the frontier of the
class. What is left of one budget is not left once another is shorter. This measure is this project's own.
"""


@renders("budget_margins", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The classes of `explorer.budget_margins`: their budgets, needed and left."""
    budget, least = table["budget_ms"].to_numpy(float), table["least_ms"].to_numpy(float)
    share = 100 * np.divide(least, budget, out=np.ones_like(least), where=budget > 0)
    ends = np.append(np.zeros_like(share), share), np.append(share, np.full_like(share, 100.0))
    kind = np.repeat([KINDS.index(NEEDED), KINDS.index(LEFT)], len(share))
    amounts = [*map(float, np.append(least, budget - least))]
    texts = [
        tr(_AMOUNTS[KINDS[k]], format_duration(ms)) for ms, k in zip(amounts, kind, strict=True)
    ]
    words = [format_duration(float(f"{ms:.3g}")) for ms in amounts]  # short: bars may be
    classes = [*map(as_shown, table["workload"])]
    who = np.tile(np.array([tr("class {}", name) for name in classes], object), 2)
    rows = np.tile(np.arange(len(share)), 2)
    names = [
        tr("{}, {}", name, format_duration(float(ms)))
        for name, ms in zip(classes, budget, strict=True)
    ]
    label = tr("Share of the latency budget [%]")
    return Chart(
        PANELS,
        (
            Filled(
                service_bars(rows, ends, kind, who, texts, words),
                (0.0, 100.0),
                rows=names,
                x_label=label,
            ),
        ),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "The shortest budget of a class at which no more load goes unserved, all else as it is."
            )
        ],
    )


def _title(table: pd.DataFrame) -> str:
    tightest = table.loc[table["margin_ms"].idxmin()]
    less = format_duration(tightest["margin_ms"])
    return tr(
        "the least to spare: class {} could wait {} less", as_shown(tightest["workload"]), less
    )


def _finding(table: pd.DataFrame) -> Markup:
    tightest = table.loc[table["margin_ms"].idxmin()]
    unserved = table.attrs.get("unserved_mw", 0.0) > UNSERVED_MW
    return html(
        "<b>Some load goes unserved already.</b> The least to spare: class {name} could wait <b>{less}</b> less, "
        "{least} instead of {budget}, before more goes unserved."
        if unserved
        else "<b>Everybody is served.</b> The least to spare: class {name} could wait <b>{less}</b> less, "
        "{least} instead of {budget}, before anybody goes unserved.",
        name=as_shown(tightest["workload"]),
        less=format_duration(tightest["margin_ms"]),
        least=format_duration(tightest["least_ms"]),
        budget=format_duration(tightest["budget_ms"]),
    )
