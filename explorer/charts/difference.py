"""What is different? Load by region and headline figures against the baseline or a pin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, left_out, reach
from explorer.markup import html, joined
from explorer.presentation import renders
from explorer.text import elided, format_number, percent, sentence
from explorer.units import KG_PER_T

ROWS = 15  # regions shown
NONE_MW = 0.05  # a smaller change of a region is none
_ROLES = ("less load", "more load")
_TIP = (
    ("", "@region"),
    ("Change of IT load", "@change_it_mw{+0,0.0} MW"),
    ("IT load", "@it_mw{0,0.0} MW, against @against_it_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "difference",
        (Mark("change", "bars", _ROLES, _ROLES, _TIP), Mark("none", "vertical", ("zero",), size=1)),
        Axis("Change of IT load [MW]"),
        height_px=340,
        has_rows=True,
    ),
)
HELP = """
What is seen less what it is compared with: the baseline, or the pin that is marked in the table of pins. Regions by
size of change, headline figures in the sentence; the map shows the same by colour. Amounts that grow with the load
are compared per MWh served where the two serve other loads. Two placements side by side are this project's own
reading.
"""
_UNITS = {"carbon_kg_per_h": ("t/h", KG_PER_T)}
_WORDS = {
    "cost_usd_per_h": "cost",
    "carbon_kg_per_h": "CO₂",
    "relocated_mw": "relocated load",
    "mean_wan_per_request_ms": "added delay",
    "unserved_mw": "unserved load",
}


@renders("difference", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The regions of `explorer.difference` whose load changes most."""
    names = table.attrs.get("names", {})
    changed = table[table["change_it_mw"].abs() > NONE_MW]
    shown = changed.head(ROWS)
    change = shown["change_it_mw"].to_numpy()
    regions = [str(names.get(region, region)) for region in shown["region"]]
    hover = {name: shown[name].to_numpy() for name in ("it_mw", "against_it_mw", "change_it_mw")}
    low, high = np.minimum(change, 0.0), np.maximum(change, 0.0)
    columns = {
        "change": horizontal_bars(low, high, 0.34)
        | hover
        | {"region": np.array(regions, object), "role": (change > 0).astype(np.uint8)},
        "none": {"x": np.zeros(1)},
    }
    more = left_out(len(shown), len(changed), "largest of")
    return Chart(
        PANELS,
        (
            Filled(
                columns,
                reach(np.append(change, 0.0), 0.06),
                rows=[elided(name) for name in regions],
                y_label=more,
            ),
        ),
        _title(table),
        _finding(table),
        About.of(table),
        [f"Load by region, and headline figures, less those of {table.attrs['against']}."],
    )


def _title(table: pd.DataFrame) -> str:
    moves, against = _moves(table), table.attrs["against"]
    return f"{moves} against {against}" if moves else f"every region runs as much as in {against}"


def _moves(table: pd.DataFrame) -> str:
    """What regions gain and lose in all; nothing where none does."""
    change = table["change_it_mw"].to_numpy()
    gained, lost = float(change[change > 0].sum()), -float(change[change < 0].sum())
    if max(gained, lost) <= NONE_MW:
        return ""
    if abs(gained - lost) <= NONE_MW:
        return f"{format_number(gained)} MW run elsewhere"
    return f"regions gain {format_number(gained)} and lose {format_number(lost)} MW"


def _finding(table: pd.DataFrame) -> Markup:
    """What moves, from where to where, and what it does to the headline figures."""
    against, moves = html("{}", table.attrs["against"]), _moves(table)
    first = (
        html("<b>{}</b> against {}{}.", sentence(moves), against, _ends(table))
        if moves
        else html("<b>Every region runs as much as in {}.</b>", against)
    )
    figures = [_change(name, figure) for name, figure in table.attrs["headlines"].items()]
    return joined([first, html("Change of {}.", joined(figures, ", "))], " ")


def _ends(table: pd.DataFrame) -> str:
    """The regions that gain and lose most."""
    names = table.attrs.get("names", {})
    rows = table.sort_values("change_it_mw", ascending=False).iloc[[0, -1]]
    said = [
        f"{elided(str(names.get(region, region)))} {_signed(mw)} MW"
        for region, mw in zip(rows["region"], rows["change_it_mw"], strict=True)
        if abs(mw) > NONE_MW
    ]
    return f", most of all {', '.join(said)}"


def _change(name: str, figure: dict[str, Any]) -> Markup:
    """A figure's change, as amount and share where that says something."""
    unit, per = _UNITS.get(name, (figure["unit"], 1.0))
    if figure["basis"] and not np.isfinite(figure["change"]):
        return html("{} {} per MWh served", _WORDS[name], percent(figure["change_percent"]))
    amount = html("{} <b>{} {}</b>", _WORDS[name], _signed(figure["change"] / per), unit)
    has_share = name in ("cost_usd_per_h", "carbon_kg_per_h") and np.isfinite(
        figure["change_percent"]
    )
    return amount + html(" ({})", percent(figure["change_percent"])) if has_share else amount


def _signed(value: float) -> str:
    """
    With its sign.

    >>> _signed(30.0), _signed(-30.0), _signed(0.0)
    ('+30.0', '−30.0', '±0')
    """
    if abs(value) < 1e-9:
        return "±0"
    return f"{'+' if value > 0 else ''}{format_number(value)}"
