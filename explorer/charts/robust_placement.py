"""What if you must decide first? What one placement costs in worlds that turn out otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import bars_from_zero, horizontal_bars, left_out, reach, row_places
from explorer.markup import html, sentences
from explorer.measures.robust_placement import BASELINE, FORESIGHT, MEAN, STATED, TAIL
from explorer.presentation import renders
from explorer.text import elided, figure, format_number
from explorer.words import mark, number, tr

ROWS = 10  # regions shown
SAME_MW = 0.05  # of a region: less is no hedge
SAME_USD = 0.5  # per hour: less is no difference
_NAMES = {
    BASELINE: mark("nearest first"),
    STATED: mark("optimum as stated"),
    MEAN: mark("least on average"),
    TAIL: mark("least when dear"),
}
_TIP = (
    ("", "@name"),
    ("Regret, mean", "@mean_regret_usd_per_h{0,0} USD/h"),
    ("Eight of ten worlds", "@p10_regret_usd_per_h{0,0} to @p90_regret_usd_per_h{0,0} USD/h"),
    ("Largest regrets, mean", "@tail_regret_usd_per_h{0,0} USD/h"),
    ("Cost, mean", "@mean_usd_per_h{0,0} USD/h"),
    ("Cost, dearest worlds", "@tail_usd_per_h{0,0} USD/h"),
    ("Away from home", "@relocated_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "regret",
        (
            Mark("worlds", "bars", ("draws",), ("eight of ten worlds",), _TIP, opacity=0.35),
            Mark("mean", "points", ("median",), ("mean",), size=9),
            Mark("tail", "points", ("dear worlds",), ("mean of the largest",), size=9),
        ),
        Axis("Regret against foresight [USD/h]", at=4),
        height_px=170,
        has_rows=True,
        fewest_rows=4,
    ),
    Panel(
        "hedge",
        (
            Mark(
                "moved",
                "bars",
                ("less load", "more load"),
                ("less load than the optimum as stated", "more"),
                (("", "@region"), ("Least when dear, against as stated", "@change_mw{+0,0.0} MW")),
            ),
        ),
        Axis("Load moved by hedging [MW]"),
        height_px=230,
        has_rows=True,
    ),
)
HELP = """
One placement is decided before prices are known. Worlds are drawn in which price, carbon intensity, PUE and friction
are what they may be, each as far as it is unsure; demand, capacity, delay and law stay, and the same load is served.
Regret: what a placement costs more than the optimum of the same world, which nobody can know beforehand. Least on
average: of the mean cost over draws. Least when dear: of the mean over the dearest tenth, the conditional value at risk
(CVaR). Half of the worlds decide, the other half judges: means over worlds that a placement was made for would flatter
it. Where a range leans to one side of its figure, least on average is not the optimum as stated.
"""


@renders("robust_placement", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The placements of `explorer.robust_placement`."""
    share = number(100 * (1 - table.attrs["level"]), "g")
    found = {row["placement"]: row for row in table.to_dict("records")}
    return Chart(
        PANELS,
        (_regret(table), _hedge(table.attrs["hedged"])),
        _title(found, share),
        _finding(found, share, table.attrs["hedged"]),
        About.of(table),
        [
            tr(
                "{} drawn worlds decide, as many others judge. Dearest: {} % of them. Cost with carbon at its price.",
                table.attrs["draws"],
                share,
            )
        ],
    )


def _regret(table: pd.DataFrame) -> Filled:
    shown = table[table["placement"] != FORESIGHT]
    names = [tr(_NAMES[str(placement)]) for placement in shown["placement"]]
    low, high = (shown[f"{name}_regret_usd_per_h"].to_numpy(float) for name in ("p10", "p90"))
    mean, tail = (shown[f"{name}_regret_usd_per_h"].to_numpy(float) for name in ("mean", "tail"))
    told = [name for name in shown if name not in ("placement", "worst_regret_usd_per_h")]
    tips = {name: shown[name].to_numpy() for name in told} | {"name": np.array(names, object)}
    places = row_places(len(shown))
    columns = {
        "worlds": horizontal_bars(low, high, 0.3) | tips,
        "mean": {"x": mean, "y": places},
        "tail": {"x": tail, "y": places},
    }
    return Filled(columns, reach(np.concatenate([[0.0], low, high, tail]), 0.04), rows=names)


def _hedge(hedged: dict[str, float]) -> Filled:
    names, change = _most_hedged(hedged)
    moved = sum(abs(mw) > SAME_MW for mw in hedged.values())
    bars = bars_from_zero(change)
    columns = bars | {
        "role": (change > 0).astype(np.uint8),
        "region": np.array(names, object),
        "change_mw": change,
    }
    more = left_out(len(names), moved, "most of")
    return Filled({"moved": columns}, reach(np.append(change, 0.0), 0.04), rows=names, y_label=more)


def _most_hedged(hedged: dict[str, float]) -> tuple[list[str], NDArray[np.float64]]:
    """The regions that change most, most gain first."""
    change = np.array([*hedged.values()], float)
    most = np.argsort(-np.abs(change), kind="stable")[:ROWS]
    most = most[np.abs(change[most]) > SAME_MW]
    most = most[np.argsort(-change[most], kind="stable")]
    names = [*hedged]
    return [elided(str(names[j])) for j in most], change[most]


def _title(found: dict[str, dict], share: str) -> str:
    stated, tail = found[STATED], found[TAIL]
    less = stated["tail_usd_per_h"] - tail["tail_usd_per_h"]
    if less <= SAME_USD:
        return tr("hedging against dear worlds brings nothing")
    return tr("hedging saves {} USD/h in the dearest {} % of worlds", figure(less, "USD/h"), share)


def _finding(found: dict[str, dict], share: str, hedged: dict[str, float]) -> Markup:
    parts = [
        html(
            "Not knowing what prices turn out to be costs the optimum as stated <b>{} USD/h</b> on average.",
            figure(found[STATED]["mean_regret_usd_per_h"], "USD/h"),
        ),
        _by_the_mean(found),
        _when_dear(found, share, hedged),
    ]
    return sentences(parts)


def _by_the_mean(found: dict[str, dict]) -> Markup:
    saved = found[STATED]["mean_usd_per_h"] - found[MEAN]["mean_usd_per_h"]
    if abs(saved) <= SAME_USD:
        return html("Deciding by the average of many worlds would place the same load.")
    if saved < 0:
        return html(
            "Deciding by the average of many worlds would not help: in others it costs {} USD/h more.",
            figure(-saved, "USD/h"),
        )
    return html(
        "Deciding by the average of many worlds would save {} of that.", figure(saved, "USD/h")
    )


def _when_dear(found: dict[str, dict], share: str, hedged: dict[str, float]) -> Markup:
    tail, mean = (
        found[STATED][f"{of}_usd_per_h"] - found[TAIL][f"{of}_usd_per_h"] for of in ("tail", "mean")
    )
    moved = sum(max(change, 0.0) for change in hedged.values())
    if moved <= SAME_MW:
        return html("Hedging against the dearest {} % of worlds moves nothing.", share)
    return html(
        "Hedging against the dearest {} % places {} MW elsewhere: {}.",
        share,
        format_number(moved),
        _worth(tail, mean),
    )


def _worth(when_dear: float, on_average: float) -> Markup:
    """What hedging saves, or costs. [USD/h]"""
    usd = figure(abs(when_dear), "USD/h"), figure(abs(on_average), "USD/h")
    if when_dear >= 0:
        return html(
            "it saves <b>{} USD/h</b> in these worlds and saves {} USD/h on average"
            if on_average >= 0
            else "it saves <b>{} USD/h</b> in these worlds and costs {} USD/h on average",
            *usd,
        )
    return html(
        "it costs <b>{} USD/h</b> in these worlds and saves {} USD/h on average"
        if on_average >= 0
        else "it costs <b>{} USD/h</b> in these worlds and costs {} USD/h on average",
        *usd,
    )
