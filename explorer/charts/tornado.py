"""What matters most? The saving with every input lower and higher, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, reach
from explorer.markup import html, sentences
from explorer.presentation import renders
from explorer.text import figure, format_number, with_unit, within_sentence
from explorer.words import tr, units

NO_EFFECT = 1e-3  # of the saving: below this share an input hardly matters
_MOVED = ("saving_usd_per_h", "cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw")
_TIP = (
    ("", "@input"),
    ("Value", "@value"),
    ("Saving", "@saving_usd_per_h{0,0} USD/h"),
    ("Cost", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    ("Relocated", "@relocated_mw{0,0.0} MW"),
    ("Unserved", "@unserved_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "tornado",
        (
            Mark("low", "bars", ("lower",), ("input lower",), _TIP),
            Mark("high", "bars", ("higher",), ("input higher",), _TIP),
            Mark("as it is", "vertical", ("zero",)),
        ),
        Axis("Saving against the baseline [USD/h]"),
        height_px=340,
        has_rows=True,
    ),
)
HELP = """
Every input a fifth lower and a fifth higher, one at a time; each time placement and baseline are solved anew. The
saving is what the placement costs less than that baseline (the placement of least latency), carbon at its price. Sorted
by the largest less the smallest saving. A column of a table moves in all rows at once, so what matters only between
regions, or together with another input, does not show; and a fifth is not equally likely for all. Which inputs are
moved is this project's own choice.
"""


@renders("tornado", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The inputs of `explorer.tornado`, that of most effect on top: bars from the saving now."""
    base = float(table["saving_usd_per_h"].iloc[0])
    savings = {side: table[f"saving_usd_per_h_{side}"].to_numpy() for side in ("low", "high")}
    shared = (savings["low"] - base) * (
        savings["high"] - base
    ) > 0  # both bars at one side of the line
    half = np.where(shared, 0.18, 0.36)
    inputs = [tr(name) for name in table["input"]]
    columns: dict[str, Any] = {"as it is": {"x": np.array([base])}}
    for side, saving in savings.items():
        below = np.where(shared, -half if side == "low" else half, 0.0)
        places = horizontal_bars(np.minimum(base, saving), np.maximum(base, saving), half, below)
        hover = {name: table[f"{name}_{side}"].to_numpy() for name in _MOVED}
        names = {"input": np.array(inputs, object), "value": _values(table, side)}
        columns[side] = places | hover | names
    ends = np.append(base, np.concatenate([*savings.values()]))
    return Chart(
        PANELS,
        (Filled(columns, reach(ends, 0.05), rows=inputs, labels=_labels(table)),),
        _title(table, base),
        _finding(table, base),
        About.of(table),
        [tr("One input at a time; placement and baseline solved anew. Line: inputs as they are.")],
    )


def _labels(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """What the sides of the bars are called, by how far inputs are moved."""
    if "change" not in table.attrs:
        return {}
    percent = 100 * table.attrs["change"]
    return {
        "low": (tr("input lower by {:g} %", percent),),
        "high": (tr("input higher by {:g} %", percent),),
    }


def _values(table: pd.DataFrame, side: str) -> Any:
    """What inputs are moved from and to, with their units."""
    rows = zip(table["base"], table[side], table["unit"], strict=True)
    return np.array(
        [
            f"{format_number(base * units().factor_in(unit))} → {with_unit(value, tr(unit))}"
            for base, value, unit in rows
        ],
        object,
    )


def _title(table: pd.DataFrame, base: float) -> str:
    if table["effect_usd_per_h"].iloc[0] <= NO_EFFECT * max(abs(base), 1.0):
        return tr("no input moves the saving")
    most = within_sentence(tr(str(table["input"].iloc[0])))
    return tr("the saving depends most on {}", most)


def _finding(table: pd.DataFrame, base: float) -> Markup:
    names = [within_sentence(tr(str(name))) for name in table["input"]]
    small = table["effect_usd_per_h"].to_numpy() <= NO_EFFECT * max(abs(base), 1.0)
    parts = [html("Moving saves {} USD/h, carbon at its price included.", figure(base, "USD/h"))]
    if not small[0]:
        low, high = (float(table[f"saving_usd_per_h_{side}"].iloc[0]) for side in ("low", "high"))
        least, most = (figure(end(base, low, high), "USD/h") for end in (min, max))
        parts.append(
            html("Most depends on <b>{}</b>: between {} and {} USD/h.", names[0], least, most)
        )
    if small.any():
        hardly = tr(", ").join(names[n] for n in np.flatnonzero(small))
        parts.append(html("Hardly any effect: {}.", hardly))
    return sentences(parts)
