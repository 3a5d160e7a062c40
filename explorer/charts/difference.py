"""What is different? Load by region and headline figures against the baseline or a pin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, left_out, reach
from explorer.markup import html, joined, sentences
from explorer.presentation import renders
from explorer.text import elided, format_number, percent, with_unit
from explorer.units import KG_PER_T
from explorer.words import mark, tr

ROWS = 15  # regions shown
NONE_MW = 0.05  # a smaller change of a region is none
THE_BASELINE = mark("the baseline")  # what a result without a pin is against
_TIP = (
    ("", "@region"),
    ("Change of IT load", "@change_it_mw{+0,0.0} MW"),
    ("IT load", "@it_mw{0,0.0} MW, against @against_it_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "difference",
        (
            Mark("change", "bars", ("less load", "more load"), ("less load", "more load"), _TIP),
            Mark("none", "vertical", ("zero",), size=1),
        ),
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
    "cost_usd_per_h": mark("cost"),
    "carbon_kg_per_h": mark("CO₂"),
    "relocated_mw": mark("relocated load"),
    "mean_wan_per_request_ms": mark("added delay"),
    "unserved_mw": mark("unserved load"),
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
        [tr("Load by region, and headline figures, less those of {}.", _against(table))],
    )


def _title(table: pd.DataFrame) -> str:
    gained, lost, against = *_moves(table), _against(table)
    if max(gained, lost) <= NONE_MW:
        return tr("every region runs as much as in {}", against)
    if abs(gained - lost) <= NONE_MW:
        return tr("{} MW run elsewhere against {}", format_number(gained), against)
    return tr(
        "regions gain {gained} and lose {lost} MW against {against}",
        gained=format_number(gained),
        lost=format_number(lost),
        against=against,
    )


def _against(table: pd.DataFrame) -> str:
    """What it is compared with: the baseline, or the name of a pin."""
    name = table.attrs["against"]
    return tr(THE_BASELINE) if name == THE_BASELINE else name


def _moves(table: pd.DataFrame) -> tuple[float, float]:
    """What regions gain and lose in all. [MW]"""
    change = table["change_it_mw"].to_numpy()
    return float(change[change > 0].sum()), -float(change[change < 0].sum())


def _finding(table: pd.DataFrame) -> Markup:
    """What moves, from where to where, and what it does to the headline figures."""
    figures = [_change(name, figure) for name, figure in table.attrs["headlines"].items()]
    return sentences([_where(table), html("Change of {}.", joined(figures, tr(", ")))])


def _where(table: pd.DataFrame) -> Markup:
    gained, lost, against = *_moves(table), _against(table)
    if max(gained, lost) <= NONE_MW:
        return html("<b>Every region runs as much as in {}.</b>", against)
    if abs(gained - lost) <= NONE_MW:
        return html(
            "<b>{mw} MW run elsewhere</b> against {against}, most of all {regions}.",
            mw=format_number(gained), against=against, regions=_ends(table),
        )  # fmt: skip
    return html(
        "<b>Regions gain {gained} and lose {lost} MW</b> against {against}, most of all {regions}.",
        gained=format_number(gained), lost=format_number(lost), against=against, regions=_ends(table),
    )  # fmt: skip


def _ends(table: pd.DataFrame) -> str:
    """The regions that gain and lose most."""
    names = table.attrs.get("names", {})
    rows = table.sort_values("change_it_mw", ascending=False).iloc[[0, -1]]
    said = [
        f"{elided(str(names.get(region, region)))} {_signed(mw)} MW"
        for region, mw in zip(rows["region"], rows["change_it_mw"], strict=True)
        if abs(mw) > NONE_MW
    ]
    return tr(", ").join(said)


def _change(name: str, figure: dict[str, Any]) -> Markup:
    """A figure's change, as amount and share where that says something."""
    unit, per = _UNITS.get(name, (figure["unit"], 1.0))
    if figure["basis"] and not np.isfinite(figure["change"]):
        return html("{} {} per MWh served", tr(_WORDS[name]), percent(figure["change_percent"]))
    change = with_unit(figure["change"] / per, unit, _signed)
    amount = html("{} <b>{}</b>", tr(_WORDS[name]), change)
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
