"""How sure is it? What longer budgets save, and who receives load, over worlds drawn at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, left_out
from explorer.markup import html, sentences
from explorer.measures.monte_carlo import NEVER, SURE, Draws
from explorer.presentation import renders
from explorer.text import elided, figure
from explorer.words import plural, tr

ROWS = 15  # regions shown
NAMED = 4  # regions in a sentence
_BUDGET_TIP = (
    ("Budgets relaxed by", "@x{0,0} ms"),
    ("Saving, median", "@y{0,0} USD/h"),
    ("Eight of ten draws", "@p10_usd_per_h{0,0} to @p90_usd_per_h{0,0} USD/h"),
    ("Draws", "@draws"),
)
_REGION_TIP = (
    ("", "@region"),
    ("Receives load in", "@receives_draws draws"),
    ("IT load, median", "@p50_mw{0,0.0} MW"),
    ("Eight of ten draws", "@p10_mw{0,0.0} to @p90_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "budgets",
        (
            Mark("band", "area", ("draws",), ("eight of ten draws",), opacity=0.35),
            Mark("median", "line", ("median",), ("median",), size=3),
            Mark("points", "points", ("median",), tip=_BUDGET_TIP, size=7),
        ),
        Axis("All budgets relaxed by [ms]"),
        Axis("Saving [USD/h]", at=4),
        height_px=200,
    ),
    Panel(
        "regions",
        (Mark("receiving", "bars", ("open", "sure"), tip=_REGION_TIP),),
        Axis("Draws in which it receives load"),
        height_px=330,
        has_rows=True,
    ),
)
HELP = """
Worlds drawn at random: price, carbon, PUE and capacity of each region, demand of each client, time to first token of
each class, RTT of each pair and settings with a range, drawn independently, and placement and baseline solved anew. A
figure with a range is drawn from it (triangular, most likely as it is); others are normal, their standard
deviation by how sure they are: read 3 %, second hand 8 %, estimate or without source 20 %, assigned by us 25 %.
Above: what longer budgets save against each draw's strictest; line: median, band: eight of ten draws; solved at eight
budgets. Below: in how many draws more than 1 MW runs in a region, a tenth of it or more from elsewhere. Every draw is
optimised knowing what was drawn, and so saves more on average than the inputs as they are. The
choice of spreads is this project's own.
"""


@renders(Draws, "chart")
def chart(draws: Draws) -> Chart:
    """The draws of `explorer.monte_carlo`, all there are so far."""
    labels = draws.network.labels
    return Chart(
        PANELS,
        (_budgets(draws), _regions(draws)),
        _title(draws),
        _finding(draws),
        About.by(labels, "monte_carlo"),
        [
            tr(
                "{} worlds, every input drawn independently, as far as it is unsure. Saving: against the strictest "
                "budget of the same world.",
                draws.done,
            )
        ],
    )


def regions_by_draws(draws: Draws) -> pd.DataFrame:
    """`Draws.regions`, those that receive load most often first."""
    by = ["receives_draws", "p50_mw"]
    return draws.regions.sort_values(by, ascending=False, kind="stable")


def _named(draws: Draws) -> pd.DataFrame:
    """The same by name."""
    return draws.network.region_names.put_in(regions_by_draws(draws), "region")


def _budgets(draws: Draws) -> Filled:
    band = draws.frontier.dropna()  # where no draw serves as much, there is nothing to compare
    x, low, middle, high = (
        band[name].to_numpy()
        for name in ("relaxed_ms", "p10_usd_per_h", "p50_usd_per_h", "p90_usd_per_h")
    )
    columns = {
        "band": {"x": x, "low": low, "high": high},
        "median": {"x": x, "y": middle},
        "points": {
            "x": x, "y": middle, "p10_usd_per_h": low, "p90_usd_per_h": high, "draws": band["draws"].to_numpy(),
        },
    }  # fmt: skip
    margin = max(0.02 * float(np.ptp(x)), 1.0)
    bottom, top = min(0.0, 1.05 * float(low.min())), 1.05 * max(float(high.max()), 1.0)
    return Filled(columns, (float(x[0]) - margin, float(x[-1]) + margin), (bottom, top))


def _regions(draws: Draws) -> Filled:
    table = _named(draws)
    shown = table.head(ROWS)
    times = shown["receives_draws"].to_numpy(float)
    hover = {
        name: shown[name].to_numpy() for name in ("receives_draws", "p10_mw", "p50_mw", "p90_mw")
    }
    columns = horizontal_bars(np.zeros(len(times)), times, 0.34) | hover | {
        "region": shown["region"].to_numpy(object), "role": (times >= SURE * draws.done).astype(np.uint8),
    }  # fmt: skip
    rows = [elided(str(name)) for name in shown["region"]]
    more = left_out(len(shown), len(table), "of")
    often = tr("in fewer"), tr("in {:.0f} % of draws or more", 100 * SURE)
    return Filled(
        {"receiving": columns},
        (0.0, 1.02 * draws.done),
        rows=rows,
        y_label=more,
        labels={"receiving": often},
    )


def _sure_and_open(table: pd.DataFrame, done: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which regions are as good as certain to receive load, and which may or may not."""
    share = table["receives_draws"].to_numpy() / done
    return share >= SURE, (share > NEVER) & (share < SURE)


def _title(draws: Draws) -> str:
    sure, maybe = (int(of.sum()) for of in _sure_and_open(draws.regions, draws.done))
    return plural(
        "{count} of {regions} regions is sure to receive load, {open} open",
        "{count} of {regions} regions are sure to receive load, {open} open",
        sure,
        regions=len(draws.regions),
        open=maybe,
    )


def _finding(draws: Draws) -> Markup:
    saving = {name: figure(value, "USD/h") for name, value in draws.saving_usd_per_h().items()}
    parts = [
        html(
            "Moving saves <b>{} USD/h</b> (median), in eight of ten draws {} to {}; with inputs as they are {}.",
            saving["p50"],
            saving["p10"],
            saving["p90"],
            figure(draws.given_usd_per_h, "USD/h"),
        )
    ]
    table = _named(draws)
    names = table["region"].to_numpy()
    sure, maybe = (names[of] for of in _sure_and_open(table, draws.done))
    if len(sure):
        parts.append(html("Sure to receive load: {}.", _listed(sure)))
    if len(maybe):
        parts.append(html("Open: {}.", _listed(maybe)))
    return sentences(parts)


def _listed(names: NDArray) -> str:
    """Some names, and how many more there are."""
    listed = tr(", ").join(elided(str(name)) for name in names[:NAMED])
    more = len(names) - NAMED
    return tr("{} and {} more", listed, more) if more > 0 else listed
