"""Is it really the optimum? How much of its tolerance each check of a placement takes up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, row_places
from explorer.markup import html
from explorer.measures.certificate import Certificate
from explorer.presentation import renders
from explorer.text import format_number

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
_VERBS = {"USD/h": "cost", "kg/h": "emit", "MW ms": "wait"}


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
        f"{small(value)} of {limit}" for value, limit in zip(table["value"], most, strict=True)
    ]
    hover = {
        "role": fails,
        "meaning": table["meaning"].to_numpy(object),
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
        (Filled(columns, (0.0, end), rows=table["check"].tolist()),),
        _title(proof),
        _finding(proof),
        About.by(proof.labels, "certificate"),
        [
            "Worked out anew without the solver: what is found, of what rounding and the solver's tolerance explain."
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
    return small(value) + ("" if unit == "-" else f" {unit}")


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
        return f"not proven: {', '.join(_failed(proof))}"
    return f"proven: no placement can {_VERBS[proof.unit]} less than {proof.lower_bound:,.2f} {proof.unit}"


def _failed(proof: Certificate) -> list[str]:
    table = proof.table
    return table.loc[~table["holds"], "check"].tolist()


def _finding(proof: Certificate) -> Markup:
    proven = html(
        "No placement can {verb} less than <b>{bound:,.2f} {unit}</b>; this one {verb}s {cost:,.2f} {unit}: "
        "<b>gap {gap} {unit}</b>.",
        verb=_VERBS[proof.unit], bound=proof.lower_bound, cost=proof.objective, gap=small(proof.gap), unit=proof.unit,
    )  # fmt: skip
    counted = []
    if proof.carbon_price_usd_per_t:
        counted.append("carbon at its price")
    if proof.unserved_mw > 0:
        counted.append(
            f"{format_number(proof.unserved_mw)} MW that nobody serves, at the penalty for it"
        )
    if counted:
        proven += html(" Counted in both: {}.", ", and ".join(counted))
    if not proof.holds:
        return html("<b>✗ Not proven: {}.</b> {}", ", ".join(_failed(proof)), proven)
    return html("<b>✓ Proven.</b> {}", proven)
