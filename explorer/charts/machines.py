"""How many machines does it take? Four ways to run a day, by machines and by what all costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, reach, stacked
from explorer.markup import html, sentences
from explorer.presentation import renders
from explorer.text import figure, format_number
from explorer.words import tr

_TIP = (
    ("", "@day"),
    ("Machines", "@machines_mw{0,0} MW"),
    ("Idle, mean of the day", "@idle_percent{0.0} %"),
)
_COST_TIP = (
    ("", "@day"),
    ("Machines", "@hardware_usd_per_h{0,0} USD/h"),
    ("Electricity and moving, carbon at its price", "@objective_usd_per_h{0,0} USD/h"),
    ("The same without carbon price", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
)
PANELS = (
    Panel(
        "machines",
        (
            Mark("needed", "bars", ("needed",), ("machines needed",), _TIP),
            Mark("peak", "vertical", ("now",), ("the world's highest load",), size=2),
        ),
        Axis("Machines, by the load they run [MW]"),
        height_px=150,
        fewest_rows=4,
        has_rows=True,
    ),
    Panel(
        "with machines",
        (
            Mark(
                "costs",
                "bars",
                ("hardware", "running"),
                ("machines", "electricity and moving"),
                _COST_TIP,
            ),
        ),
        Axis("Cost, mean of the day [USD/h]", at=4),
        height_px=150,
        fewest_rows=4,
        has_rows=True,
    ),
)
HELP = """
A region needs as many machines as it runs at its fullest hour. Own peaks: every home serves its own users. Fixed: one
placement all day, that of the average hour. Hour by hour: each placed anew, at least cost of electricity and moving.
Pooled: one linear program of 24 hours in which machines cost too, at what the scenario says of hardware; where it says
nothing, fewest machines count first. All four serve the same load. Nobody's day takes fewer machines than the world's
highest load. Machines are paid whether they run or not; none are spare. This reading is this project's own.
"""


@renders("machines", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The four days of `explorer.machines`."""
    hover = {name: table[name].to_numpy() for name in table}
    rows = [tr(str(day)) for day in table["day"]]
    hover["day"] = np.array(rows, object)
    return Chart(
        PANELS,
        (_needed(table, hover, rows), _costs(hover, rows)),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "Machines of a region: its load at its fullest hour. All four days serve the same load."
            )
        ],
    )


def _needed(table: pd.DataFrame, hover: dict[str, np.ndarray], rows: list[str]) -> Filled:
    needed, peak = hover["machines_mw"], table.attrs["peak_mw"]
    columns = {
        "needed": horizontal_bars(np.zeros_like(needed), needed, 0.34)
        | {"day": hover["day"], "machines_mw": needed, "idle_percent": 100 * hover["idle_share"]},
        "peak": {"x": np.array([peak])},
    }
    return Filled(columns, (0.0, 1.04 * max(1.0, float(needed.max(initial=0.0)))), rows=rows)


def _costs(hover: dict[str, np.ndarray], rows: list[str]) -> Filled:
    parts = np.column_stack([hover["hardware_usd_per_h"], hover["objective_usd_per_h"]])
    left, right = stacked(parts)
    bars = [horizontal_bars(left[:, n], right[:, n], 0.34) for n in range(parts.shape[1])]
    columns = {name: np.concatenate([part[name] for part in bars]) for name in bars[0]}
    names = (
        "day", "hardware_usd_per_h", "objective_usd_per_h", "cost_usd_per_h", "carbon_kg_per_h",
    )  # fmt: skip
    tips = {name: np.tile(hover[name], len(bars)) for name in names}
    role = np.repeat(np.arange(len(bars), dtype=np.uint8), len(rows))
    ends = np.append(np.concatenate([left.ravel(), right.ravel()]), 0.0)
    return Filled({"costs": columns | tips | {"role": role}}, reach(ends, 0.04), rows=rows)


def _by_day(table: pd.DataFrame, column: str) -> dict[str, float]:
    return table.set_index("day")[column].to_dict()


def _title(table: pd.DataFrame) -> str:
    needed = _by_day(table, "machines_mw")
    if not table.attrs["peak_mw"]:
        return tr("no load is served, so it takes no machines")
    pooled, apart = format_number(needed["pooled"]), format_number(needed["own peaks"])
    return tr(
        "pooled, the day takes {} MW of machines, and {} where each home has its own", pooled, apart
    )


def _finding(table: pd.DataFrame) -> Markup:
    if not table.attrs["peak_mw"]:
        return html("<b>No load is served</b>, so it takes no machines.")
    needed = _by_day(table, "machines_mw")
    parts = [
        html(
            "<b>Pooled, the day takes {} MW of machines</b>; {} MW where every home serves its own peak, {} with one "
            "fixed placement, {} hour by hour. The world's highest load is {} MW.",
            *(
                format_number(needed[day])
                for day in ("pooled", "own peaks", "fixed", "hour by hour")
            ),
            format_number(table.attrs["peak_mw"]),
        ),
        _worth(table),
    ]
    return sentences(parts)


def _worth(table: pd.DataFrame) -> Markup:
    """What following cheap hours costs in machines."""
    price = table.attrs["hardware_usd_per_mwh"]
    if not price:
        return html("The scenario does not say what machines cost, so fewest count first.")
    objective, hardware = (
        _by_day(table, name) for name in ("objective_usd_per_h", "hardware_usd_per_h")
    )
    electricity = objective["pooled"] - objective["hour by hour"]
    machines = hardware["hour by hour"] - hardware["pooled"]
    if machines < 1:
        return html("Placed hour by hour, the day takes no more machines than pooled.")
    return html(
        "Following each hour saves {} USD/h of electricity against the pooled day, and takes machines for {} USD/h "
        "more, at {} USD/MWh.",
        figure(max(electricity, 0.0), "USD/h"),
        figure(machines, "USD/h"),
        figure(price, "USD/MWh"),
    )
