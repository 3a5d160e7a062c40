"""Is it really the optimum? How much of its tolerance each check of a placement takes up."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, row_places
from explorer.markup import html, sentences
from explorer.measures.certificate import Certificate
from explorer.presentation import renders
from explorer.text import figure, format_number, with_unit
from explorer.words import number, tr, units

ALL = 100.0  # of a tolerance [%]
_TIP = (("", "@meaning"), ("Found", "@found"), ("Tolerated", "@tolerated"))
PANELS = (
    Panel(
        "certificate",
        (
            Mark("checks", "bars", ("holds", "fails"), ("holds", "fails"), _TIP),
            Mark("most", "vertical", ("tolerated",), ("tolerated",), size=1),
            Mark("figures", "words", ("holds", "fails"), size=14),
        ),
        Axis("Share of its tolerance [%]"),
        has_rows=True,
    ),
)
HELP = """
Worked out anew from prices, latencies and laws, without the solver. Feasible: no load late, unlawful or above capacity,
and all demand accounted for. Optimal: whatever prices capacity has, Σ demand × min(penalty, cheapest cost + price)
− Σ capacity × price is a lower bound on every placement (Lagrangian relaxation; Geoffrion 1974); the solver's prices
make it meet the cost. Over all arcs, those that the solver never looked at, too. What is tolerated: two costs are one
that differ by less than 10⁻¹² of the largest, which mostly is the penalty: 10⁻⁷ USD/MWh at 10⁵. So the gap is at most
that times demand and capacity. How ties are broken is no part of the proof.
"""


@renders(Certificate, "chart")
def chart(proof: Certificate) -> Chart:
    """The checks of `explorer.certificate`: bars that end before the line hold."""
    table = proof.table
    share = _shares(table)
    end = max(1.1 * ALL, 1.05 * float(share[np.isfinite(share)].max(initial=0.0)))
    share = np.minimum(share, end)  # where nothing is tolerated
    fails = (~table["holds"].to_numpy(bool)).astype(np.uint8)
    found, most = (
        [in_unit(value, unit) for value, unit in zip(table[name], table["unit"], strict=True)]
        for name in ("value", "tolerance")
    )
    texts = [
        tr("{} of {}", small(value * units().factor_in(unit)), limit)
        for value, unit, limit in zip(table["value"], table["unit"], most, strict=True)
    ]
    hover = {
        "role": fails,
        "meaning": np.array([*map(tr, table["meaning"])], object),
        "found": np.array(found, object),
        "tolerated": np.array(most, object),
    }
    places = {"x": np.full(len(table), end / 2), "y": row_places(len(table))}
    columns = {
        "checks": horizontal_bars(np.zeros(len(table)), share, 0.38) | hover,
        "most": {"x": np.array([ALL])},
        "figures": places | {"text": np.array(texts, object), "role": fails},
    }
    return Chart(
        PANELS,
        (Filled(columns, (0.0, end), rows=[*map(tr, table["check"])]),),
        _title(proof),
        _finding(proof),
        About.by(proof.labels, "certificate"),
        [
            tr(
                "Worked out anew without the solver: what is found, of what rounding and the solver's tolerance "
                "explain."
            )
        ],
    )


def small(value: float) -> str:
    """
    A residual: its power of ten is what matters.

    >>> small(0.0), small(5.684e-14), small(0.0021), small(-3.2e-5)
    ('0', '6 × 10⁻¹⁴', '0.0021', '−3 × 10⁻⁵')
    """
    if value == 0 or abs(value) >= 1e-3:
        return format_number(value, 2)
    digit, power = f"{value:.0e}".split("e")
    return f"{digit} × 10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}".replace(
        "-", "−"
    )


def in_unit(value: float, unit: str) -> str:
    """A residual with its unit, where it has one."""
    return small(value) if unit == "-" else with_unit(value, unit, small)


def _to_the_cent(unit: str) -> Callable[[float], str]:
    """How a total is written: with two decimals of its unit, or as many of a larger one as they are."""
    decimals = max(2, round(2 - math.log10(units().of(unit)[0])))
    return lambda value: number(value, f",.{decimals}f")


def _shares(table: pd.DataFrame) -> NDArray[np.float64]:
    """
    How much of its tolerance each check takes up; infinite where something is found and nothing
    tolerated. [%]
    """
    value, tolerance = table["value"].abs().to_numpy(float), table["tolerance"].to_numpy(float)
    without = np.where(value > 0, np.inf, 0.0)
    return ALL * np.divide(value, tolerance, out=without, where=tolerance > 0)


def _title(proof: Certificate) -> str:
    if not proof.holds:
        return tr("not proven: {}", tr(", ").join(_failed(proof)))
    match proof.unit:
        case "kg/h":
            return tr(
                "proven: no placement can emit less than {} kg/h",
                figure(proof.lower_bound, "kg/h", _to_the_cent("kg/h")),
            )
        case "MW ms":
            return tr(
                "proven: no placement can wait less than {} MW ms",
                number(proof.lower_bound, ",.2f"),
            )
    return tr(
        "proven: no placement can cost less than {} USD/h",
        figure(proof.lower_bound, "USD/h", _to_the_cent("USD/h")),
    )


def _failed(proof: Certificate) -> list[str]:
    table = proof.table
    return [*map(tr, table.loc[~table["holds"], "check"])]


def _finding(proof: Certificate) -> Markup:
    first = (
        html("<b>✓ Proven.</b>")
        if proof.holds
        else html("<b>✗ Not proven: {}.</b>", tr(", ").join(_failed(proof)))
    )
    return sentences((first, _bound(proof), _counted(proof)))


def _bound(proof: Certificate) -> Markup:
    """What no placement is better than, and how far this one is from it."""
    form = _to_the_cent(proof.unit)
    found = {
        "bound": figure(proof.lower_bound, proof.unit, form),
        "found": figure(proof.objective, proof.unit, form),
        "gap": figure(proof.gap, proof.unit, small),
    }
    match proof.unit:
        case "kg/h":
            return html(
                "No placement can emit less than <b>{bound} kg/h</b>; this one emits {found} kg/h: "
                "<b>gap {gap} kg/h</b>.",
                **found,
            )
        case "MW ms":
            return html(
                "No placement can wait less than <b>{bound} MW ms</b>; this one waits {found} MW ms: "
                "<b>gap {gap} MW ms</b>.",
                **found,
            )
    return html(
        "No placement can cost less than <b>{bound} USD/h</b>; this one costs {found} USD/h: "
        "<b>gap {gap} USD/h</b>.",
        **found,
    )


def _counted(proof: Certificate) -> Markup:
    """What else than energy and moving is in both figures."""
    unserved = format_number(proof.unserved_mw) if proof.unserved_mw > 0 else ""
    if proof.carbon_price_usd_per_t and unserved:
        return html(
            "Counted in both: carbon at its price, and {} MW that nobody serves, at the penalty for it.",
            unserved,
        )
    if unserved:
        return html("Counted in both: {} MW that nobody serves, at the penalty for it.", unserved)
    return (
        html("Counted in both: carbon at its price.") if proof.carbon_price_usd_per_t else html("")
    )
