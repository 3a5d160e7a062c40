"""Is it really the optimum? Every residual of the placement, and a lower bound that nothing can beat."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cache

import pandas as pd
from bokeh.models import LayoutDOM
from markupsafe import Markup

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import FONT, Drawing
from explorer.markup import html, joined
from explorer.measures.certificate import Certificate, certificate
from explorer.model.placement import Placement
from explorer.text import number

_STYLE = """
:host { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; border: 0; border-bottom: 1px solid #8883; text-align: right; white-space: nowrap; }
th { font-weight: 600; opacity: .8; font-size: 12.5px; }
td:nth-child(2), th:nth-child(2) { text-align: left; white-space: normal; }
td:first-child, th:first-child { text-align: center; padding: 5px 4px; }
.holds, .fails { display: inline-block; width: 20px; height: 20px; line-height: 20px; border-radius: 50%; color: #fff;
                 font-weight: 700; font-size: 13px; text-align: center; background: #007a5a; }
.fails { background: #b34700; border-radius: 3px; }
.group td { text-align: left; font-weight: 650; padding-top: 9px; }
"""
_WORDS = {  # check: what it asks
    "budget": "Load that takes longer than its latency budget",
    "lateness": "By how much it does",
    "law": "Load where the law forbids it",
    "capacity": "Load of a region above its capacity",
    "balance": "Demand neither served nor counted as unserved",
    "sign": "Load below zero",
    "prices": "A demand priced above its cheapest way to be served",
    "slackness": "Load off its cheapest place, dear capacity left idle",
    "gap": "Cost above the lower bound",
    "relative gap": "The same as a share of the cost",
}
_GROUPS = {"budget": "May it run like this?", "prices": "Could anything be cheaper?"}  # by their first check
_VERBS = {"USD/h": "cost", "kg/h": "emit", "MW ms": "wait"}


class CertificateView(MeasureView):
    """The checks of a certificate as rows, and what they prove as a sentence."""

    file_name = "certificate"

    def inputs(self) -> tuple[Hashable, ...]:
        return (self.session.placement,)

    def compute(self, placement: Placement) -> Iterator[tuple[Certificate, Placement]]:
        yield certificate(placement), placement

    def show(self, result: tuple[Certificate, Placement]) -> None:
        self.pane.say("checks", _rows(result[0].table))
        self.pane.say("words", _sentence(*result))

    def table(self, result: tuple[Certificate, Placement]) -> pd.DataFrame:
        return result[0].table

    @staticmethod
    @cache
    def drawing() -> Drawing:
        def make(drawing: Drawing) -> LayoutDOM:
            checks = drawing.words("checks", stylesheets=[_STYLE], styles=FONT, min_height=400, margin=(0, 4))
            return measure_card(drawing, "Is it really the optimum?", _HELP, checks)

        return Drawing(make)


def _rows(table: pd.DataFrame) -> Markup:
    rows = []
    for check, value, unit, tolerance, holds, _meaning in table.to_numpy(object):
        if check in _GROUPS:
            rows.append(html('<tr class="group"><td colspan="4">{}</td></tr>', _GROUPS[check]))
        mark = html('<span class="holds">✓</span>' if holds else '<span class="fails">✗</span>')
        found, most = (_small(number) + ("" if unit == "-" else f" {unit}") for number in (value, tolerance))
        cells = mark, _WORDS[check], found, most
        rows.append(html("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", *cells))
    head = html("<tr><th></th><th>Check</th><th>Found</th><th>Tolerated</th></tr>")
    return html("<table>{}{}</table>", head, joined(rows))


def _small(value: float) -> str:
    """
    A residual: its power of ten is what matters.

    >>> _small(0.0), _small(5.684e-14), _small(0.0021), _small(-3.2e-5)
    ('0', '6 × 10⁻¹⁴', '0.0021', '−3 × 10⁻⁵')
    """
    if value == 0 or abs(value) >= 1e-3:
        return number(value, 2)
    digit, power = f"{value:.0e}".split("e")
    return f"{digit} × 10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}".replace("-", "−")


def _sentence(proof: Certificate, placement: Placement) -> Markup:
    verb, unit = _VERBS[proof.unit], proof.unit
    bound, cost, gap = f"{proof.lower_bound:,.2f} {unit}", f"{proof.objective:,.2f} {unit}", _small(proof.gap)
    proven = html(
        "No placement can {verb} less than <b>{bound}</b>; this one {verb}s {cost}: <b>gap {gap} {unit}</b>.",
        verb=verb, bound=bound, cost=cost, gap=gap, unit=unit,
    )  # fmt: skip
    counted = []
    if placement.objective == "cost" and placement.network.carbon_price_usd_per_t:
        counted.append("carbon at its price")
    if placement.unserved_mw > 0:
        counted.append(f"{number(placement.unserved_mw)} MW that nobody serves, at the penalty for it")
    if counted:
        proven += f" Counted in both: {', and '.join(counted)}."
    if not proof.holds:
        failed = ", ".join(proof.table.loc[~proof.table["holds"], "check"])
        return html("<b>✗ Not proven: {}.</b> {}", failed, proven)
    return html("<b>✓ Proven.</b> {}", proven)


_HELP = """
Worked out anew from prices, latencies and laws, without the solver. Feasible: no load late, unlawful or above capacity,
and all demand accounted for. Optimal: whatever prices capacity has, Σ demand × min(penalty, cheapest cost + price)
− Σ capacity × price is a lower bound on every placement (Lagrangian relaxation; Geoffrion 1974); the solver's prices
make it meet the cost. Over all arcs, those that the solver never looked at, too. What is tolerated: two costs are one
that differ by less than 10⁻¹² of the largest, which mostly is the penalty: 10⁻⁷ USD/MWh at 10⁵. So the gap is at most
that times demand and capacity. How ties are broken is no part of the proof.
"""
