"""Which input matters, together with all others: Sobol' indices or Morris' effects as bars."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, left_out, reach, row_places
from explorer.markup import html
from explorer.presentation import renders
from explorer.scenario.scenario import declared
from explorer.scenario.workload import MODEL_COLUMNS
from explorer.sweeps.indices import BY
from explorer.sweeps.names import figure_label, parameter_label
from explorer.sweeps.plan import SOBOL
from explorer.text import elided, format_number, within_sentence
from explorer.words import number, tr, units

ROWS = 15  # inputs shown
FEW_SAMPLES = 16  # of Sobol': from fewer, intervals are as rough as what they are about
_SHARES_TIP = (
    ("", "@input"),
    ("With all others", "@total{0.00} ± @total_interval{0.00}"),
    ("Alone", "@first{0.00} ± @first_interval{0.00}"),
)
_EFFECTS_TIP = (
    ("", "@input"),
    ("Mean size", "@mean_size{0,0.[00]} ± @mean_size_interval{0,0.[00]}"),
    ("Mean", "@mean_effect{0,0.[00]}"),
    ("Spread", "@spread{0,0.[00]}"),
)
_INTERVAL = Mark("interval", "segments", ("zero",), size=1.5)
PANELS = {
    SOBOL: Panel(
        "sensitivity",
        (
            Mark("total", "bars", ("free",), ("with all others (total)",), _SHARES_TIP),
            Mark("first", "bars", ("needed",), ("alone (first)",), _SHARES_TIP),
            _INTERVAL,
        ),
        Axis("Share of the variance [-]"),
        has_rows=True,
    ),
    "morris": Panel(
        "sensitivity",
        (
            Mark("mean_size", "bars", ("needed",), ("mean size of the effect",), _EFFECTS_TIP),
            _INTERVAL,
        ),
        Axis(),
        has_rows=True,
    ),
}
HELP = """
All together: Sobol' indices of the saving over the inputs that are unsure, each within its own range. All figures of a
column go from their low ends to their high ends at once. "Alone" is the share of the variance that an input has by
itself, "with all others" adds what it does together with others; lines are 95 % intervals. Samples and
indices are SALib's.
"""


@renders("sensitivity", "chart")
def chart(table: pd.DataFrame, figure: str = "", scenario: str = "") -> Chart:
    """
    The indices of one figure, the input of most effect on top.

    Parameters
    ----------
    table : pandas.DataFrame
        As `explorer.sensitivity` or `explorer.global_sensitivity` returned it.
    figure, scenario : str, optional
        Which of those that the table has; the first unless given.

    Raises
    ------
    ValueError
        If the table has no such figure or scenario.
    """
    method = table.attrs["method"]
    figure, scenario = figure or table["figure"].iloc[0], scenario or table["scenario"].iloc[0]
    mine = table.loc[(table["figure"] == figure) & (table["scenario"] == scenario), :]
    if mine.empty:
        raise ValueError(f"The table has no {figure!r} of {scenario!r}.")
    panel, shown = PANELS[method], mine.head(ROWS)
    label, unit = figure_label(figure)
    factor = 1.0
    if method != SOBOL:  # effects are in the unit of the figure
        said = tr("Effect on: {} [{}]", within_sentence(label), unit)
        panel, factor = replace(panel, x=Axis(said)), units().of(unit)[0]
    tip = {
        name: factor * shown[name].to_numpy()
        for name in panel.marks[0].tip_columns
        if name != "input"
    }
    tip["input"] = np.array([*map(tr, shown["input"])], object)
    columns: dict[str, Any] = {
        mark.name: horizontal_bars(*_ends(shown[mark.name].to_numpy(float)), half) | tip
        for mark, half in zip(panel.marks[:-1], (0.36, 0.18), strict=False)
    }
    at, half = shown[BY[method]].to_numpy(), shown[f"{BY[method]}_interval"].to_numpy()
    places = row_places(len(shown))
    columns["interval"] = {"x0": at - half, "x1": at + half, "y0": places, "y1": places}
    ends = np.concatenate([[0.0], at - half, at + half, np.nan_to_num(tip.get("first", at))])
    mine = mine.assign(input=mine["input"].map(_said))
    return Chart(
        (panel,),
        (
            Filled(
                columns,
                reach(ends[np.isfinite(ends)], 0.05),
                rows=[elided(_said(name)) for name in shown["input"]],
                y_label=left_out(len(shown), len(mine), "inputs of"),
            ),
        ),
        _title(mine, method, label),
        _finding(mine, method, label, unit),
        About(table.attrs["title"]),
        _notes(method, table.attrs["samples"]),
    )


def _notes(method: str, samples: int) -> list[str]:
    notes = [tr("Inputs within their own ranges, together. Lines: 95 % intervals.")]
    if method == SOBOL and samples < FEW_SAMPLES:
        notes.append(tr("{} samples are too few to tell inputs apart: take 64 or more.", samples))
    return notes


def _said(name: str) -> str:
    """What an input is called: parameters of a sweep have their names in the table."""
    own = name.rpartition(".")[2]
    return parameter_label(name) if own in declared() or own in MODEL_COLUMNS else tr(name)


def _ends(values: Any) -> tuple[Any, Any]:
    return np.minimum(values, 0.0), np.maximum(values, 0.0)


def _title(table: pd.DataFrame, method: str, label: str) -> str:
    value = float(table[BY[method]].iloc[0])
    if not value > 0:
        return tr("no input moves: {}", within_sentence(label))
    return tr("{} depends most on {}", within_sentence(label), table["input"].iloc[0])


def _finding(table: pd.DataFrame, method: str, label: str, unit: str) -> Markup:
    first = table.iloc[0]
    if not float(first[BY[method]]) > 0:
        return html("{} is the same in all these worlds.", label)
    if method != SOBOL:
        factor, unit = units().of(unit)
        return html(
            "{} changes most with <b>{}</b>: by {} ± {} {} through its range.",
            label, first["input"], format_number(factor * first["mean_size"]),
            format_number(factor * first["mean_size_interval"]), unit,
        )  # fmt: skip
    return html(
        "{} of what {} varies by goes with <b>{}</b> (± {}), {} by that alone.",
        _share(first["total"]), within_sentence(label), first["input"],
        _share(first["total_interval"]), _share(first["first"]),
    )  # fmt: skip


def _share(value: float) -> str:
    return tr("{} %", number(100 * value, ".0f").replace("-", "−"))
