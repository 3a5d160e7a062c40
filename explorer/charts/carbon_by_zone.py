"""Whose requests get dirtier? The change of carbon by the legal zone of clients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import bars_from_zero, reach
from explorer.markup import html, sentences
from explorer.model.labels import NamesById
from explorer.presentation import renders
from explorer.text import elided, figure, format_number, percent, signed
from explorer.units import KG_PER_T
from explorer.words import mark, tr
from explorer.words.amounts import Figure

FIRST, LAST = 8, 7  # zones shown, of the largest rises and of the largest falls
STILL_KG_PER_H = 0.5  # a change by less is none
OTHER_LOAD_MW = 1e-6  # a difference of load by less is none
_TIP = (
    ("", "@zone"),
    ("Change", "@change_t_per_h{+0,0.00} t/h, @change"),
    ("Carbon", "@carbon_t_per_h{0,0.00} t/h, in the baseline @baseline_t_per_h{0,0.00} t/h"),
    ("Load served", "@it_mw{0,0.0} MW, in the baseline @baseline_it_mw{0,0.0} MW"),
)
_SIGNALS = {
    "combined margin": mark("combined margin"),
    "marginal": mark("marginal"),
    "operating margin": mark("operating margin"),
    "average": mark("average"),
    "chosen": mark("chosen"),  # by a result that does not say which
}
PANELS = (
    Panel(
        "carbon by zone",
        (
            Mark("change", "bars", ("worse", "better"), ("dirtier", "cleaner"), _TIP),
            Mark("as it was", "vertical", ("zero",)),
        ),
        Axis("Change of a zone's CO₂ [t/h]"),
        height_px=340,
        has_rows=True,
    ),
)
HELP = """
What the requests of each legal zone's clients emit, wherever they run, against the baseline: load moves for price, and
carbon follows as the grids have it. A total that falls can hide zones whose requests get dirtier. By the carbon signal
chosen, moving included. That emissions belong to those whose requests they are for, not to the place where they arise,
is this project's own choice.
"""


@renders("carbon_by_zone", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The zones of `explorer.carbon_by_zone` that rise and fall most, the largest rise on top."""
    change = table["change_kg_per_h"].to_numpy()
    rows = np.arange(len(table))
    if len(table) > FIRST + LAST:
        rows = np.append(rows[:FIRST], rows[-LAST:])
    shown, change_t = table.iloc[rows], change[rows] / KG_PER_T
    names = _names(table)
    zones = [names[str(zone)] for zone in shown["zone"]]
    hover = {
        "zone": np.array(zones, object),
        "change": np.array([_percent(value) for value in shown["change_percent"]], object),
        "change_t_per_h": change_t,
        "carbon_t_per_h": shown["carbon_kg_per_h"].to_numpy() / KG_PER_T,
        "baseline_t_per_h": shown["baseline_carbon_kg_per_h"].to_numpy() / KG_PER_T,
        **{name: shown[name].to_numpy() for name in ("it_mw", "baseline_it_mw")},
    }
    bars = bars_from_zero(change_t)
    columns = {
        "change": bars | {"role": (change_t <= 0).astype(np.uint8)} | hover,
        "as it was": {"x": np.zeros(1)},
    }
    more = ""
    if len(shown) < len(table):
        more = tr(
            "first {first} and last {last} of {every} zones",
            first=FIRST,
            last=LAST,
            every=len(table),
        )
    return Chart(
        PANELS,
        (
            Filled(
                columns,
                reach(np.append(change_t, 0.0), 0.05),
                rows=[elided(zone) for zone in zones],
                y_label=more,
            ),
        ),
        _title(change),
        _finding(table, change),
        About.of(table),
        [tr("Emissions of the requests of each legal zone's clients, wherever they run.")],
    )


def _names(table: pd.DataFrame) -> NamesById:
    return NamesById(table.attrs.get("names", {}))


def _percent(value: float) -> str:
    return tr("from none") if np.isnan(value) else percent(value)


def _title(change: NDArray) -> str:
    risen = int((change > STILL_KG_PER_H).sum())
    if not risen:
        return tr("nobody's requests get dirtier")
    return tr("requests of {} of {} zones get dirtier", risen, len(change))


def _finding(table: pd.DataFrame, change: NDArray) -> Markup:
    """Who gets dirtier and by how much, and what the others' requests emit less."""
    signal = table.attrs.get("signal", "chosen")
    rises, falls = change > STILL_KG_PER_H, change < -STILL_KG_PER_H
    parts = [
        html(
            "By the {signal} signal, requests of <b>{risen} of {every} zones</b> emit more than in the baseline, "
            "{more} t/h together, and of {fallen} less, {less} t/h.",
            signal=tr(_SIGNALS[signal]), risen=int(rises.sum()), every=len(change), more=_tonnes(change[rises]),
            fallen=int(falls.sum()), less=_tonnes(-change[falls]),
        )
    ]  # fmt: skip
    if rises.any():
        most = table.iloc[0]
        parts.append(
            html(
                "Most: {}, {} t/h ({}).",
                elided(_names(table)[str(most["zone"])]), _tonnes(change[:1], signed),
                _percent(float(most["change_percent"])),
            )
        )  # fmt: skip
    other = np.abs(table["it_mw"].to_numpy() - table["baseline_it_mw"].to_numpy())
    if (other > OTHER_LOAD_MW).any():
        parts.append(html("Some zones are served more or less load than in the baseline."))
    return sentences(parts)


def _tonnes(kg: NDArray, form: Callable[[float], str] = format_number) -> Figure:
    return figure(float(kg.sum()) / KG_PER_T, "t/h", form)
