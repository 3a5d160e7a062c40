"""How concentrated is it? The regions of most load, in the optimum and in the baseline."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, left_out, row_places
from explorer.markup import html
from explorer.measures.concentration import TOP
from explorer.presentation import renders
from explorer.text import elided
from explorer.words import tr

ROWS = 15  # regions shown
_TIP = (
    ("", "@region"),
    ("Share", "@percent{0.0} %, in the baseline @baseline_percent{0.0} %"),
    ("IT load", "@it_mw{0,0.0} MW, in the baseline @baseline_it_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "concentration",
        (
            Mark("share", "bars", ("needed",), ("optimum",), _TIP),
            Mark("share in the baseline", "points", ("baseline",), ("baseline",), size=9),
        ),
        Axis("Share of the IT load [%]"),
        height_px=340,
        has_rows=True,
    ),
)
HELP = """
Who runs how much of all load, and how few regions have most of it. Herfindahl index: the sum of squared shares, 1 for
one region with everything, 1/n for n regions alike; its inverse is the number of equal regions that would be as
concentrated. Bars: the optimum; squares: the baseline of least latency. That IT load is shared out, rather than
electricity or money, is this project's own choice.
"""


@renders("concentration", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The regions of `explorer.concentration` with most load."""
    names, shown = table.attrs.get("names", {}), table.head(ROWS)
    percent, before = 100 * shown["share"].to_numpy(), 100 * shown["baseline_share"].to_numpy()
    regions = [str(names.get(region, region)) for region in shown["region"]]
    hover = {
        "region": np.array(regions, object),
        "percent": percent,
        "baseline_percent": before,
        **{name: shown[name].to_numpy() for name in ("it_mw", "baseline_it_mw")},
    }
    columns = {
        "share": horizontal_bars(np.zeros(len(shown)), percent, 0.34) | hover,
        "share in the baseline": {"x": before, "y": row_places(len(shown))},
    }
    end = max(1.0, float(np.append(percent, before).max(initial=0.0)))
    more = left_out(len(shown), len(table), "largest of")
    return Chart(
        PANELS,
        (
            Filled(
                columns,
                (-0.015 * end, 1.04 * end),
                rows=[elided(name) for name in regions],
                y_label=more,
            ),
        ),
        _title(table),
        _finding(table),
        About.of(table),
        [tr("Shares of IT load by region; squares: the baseline of least latency.")],
    )


def _title(table: pd.DataFrame) -> str:
    share = table.attrs["top_share"]
    if not table["share"].to_numpy().any():
        return tr("no load is served")
    return tr(
        "three regions run {:.0f} % of the load, {:.0f} % before",
        100 * share["optimum"],
        100 * share["baseline"],
    )


def _finding(table: pd.DataFrame) -> Markup:
    index, share = table.attrs["herfindahl"], table.attrs["top_share"]
    if not index["optimum"]:
        return html("No load is served.")
    names = table.attrs.get("names", {})
    top = tr(", ").join(
        elided(str(names.get(region, region))) for region in table["region"].head(TOP)
    )
    return html(
        "<b>{share:.0f} % of the load runs in {top}</b>; the baseline's three largest have {before:.0f} %. Herfindahl "
        "index {index:.3f}, as concentrated as {equal:.1f} equal regions; baseline {index_before:.3f}, as "
        "{equal_before:.1f}.",
        share=100 * share["optimum"], top=top, before=100 * share["baseline"], index=index["optimum"],
        equal=1 / index["optimum"], index_before=index["baseline"],
        equal_before=1 / index["baseline"] if index["baseline"] else 0.0,
    )  # fmt: skip
