"""
Is it really the optimum? Every residual of the placement, and a lower bound that nothing can beat.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import pandas as pd
from bokeh.models import LayoutDOM
from markupsafe import Markup

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import FONT, Drawing
from explorer.charts.certificate import HELP, chart, in_unit
from explorer.markup import html, joined
from explorer.measures.certificate import Certificate, certificate
from explorer.model.placement import Placement
from explorer.registry import MEASURES
from explorer.words import mark, per_reader, tr

_STYLE = """
:host { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; border: 0; border-bottom: 1px solid #8883; text-align: right; white-space: nowrap; }
th { font-weight: 600; opacity: .8; font-size: 14px; }
td:nth-child(2), th:nth-child(2) { text-align: left; white-space: normal; }
td:first-child, th:first-child { text-align: center; padding: 5px 4px; }
.holds, .fails { display: inline-block; width: 20px; height: 20px; line-height: 20px; border-radius: 50%; color: #fff;
                 font-weight: 700; font-size: 14px; text-align: center; background: #007a5a; }
.fails { background: #b34700; border-radius: 3px; }
.group td { text-align: left; font-weight: 650; padding-top: 9px; }
:host { container-type: inline-size; }
/* what is found and tolerated below what is asked */
@container (max-width: 480px) {
  table, tbody, .group, .group td { display: block; }
  tr:not(.group) { display: grid; grid-template-columns: 28px 1fr 1fr; border-bottom: 1px solid #8883; }
  tr:not(.group) :is(th, td) { border: 0; padding: 3px 4px; text-align: left; }
  tr:not(.group) :is(th, td):nth-child(2) { grid-column: 2 / -1; }
  tr:not(.group) :is(th, td):nth-child(3) { grid-column: 2; }
}
"""
_WORDS = {  # check: what it asks
    "budget": mark("Load that takes longer than its latency budget"),
    "lateness": mark("How much too late the latest load is"),
    "law": mark("Load where the law forbids it"),
    "capacity": mark("Load of a region above its capacity"),
    "balance": mark("Demand neither served nor counted as unserved"),
    "sign": mark("Load below zero"),
    "prices": mark("A demand priced above its cheapest way to be served"),
    "slackness": mark("Load off its cheapest place, dear capacity left idle"),
    "gap": mark("Cost above the lower bound"),
    "relative gap": mark("Cost above the lower bound, as a share of the cost"),
}
_GROUPS = {
    "budget": mark("May it run like this?"),
    "prices": mark("Could anything be cheaper?"),
}  # by their first check
_HEADINGS = mark("Check"), mark("Found"), mark("Tolerated")


class CertificateView(MeasureView):
    """The checks of a certificate as rows, and what they prove as a sentence."""

    measure = "certificate"

    def inputs(self) -> tuple[Hashable, ...]:
        return (self.session.placement,)

    def compute(self, placement: Placement) -> Iterator[Certificate]:
        yield certificate(placement)

    def show(self, result: Certificate) -> None:
        self.pane.say("checks", _rows(result.table))
        self.pane.say("words", chart(result).finding)

    def table(self, result: Certificate) -> pd.DataFrame:
        return result.table

    @staticmethod
    @per_reader
    def drawing() -> Drawing:
        def make(drawing: Drawing) -> LayoutDOM:
            checks = drawing.words(
                "checks", stylesheets=[_STYLE], styles=FONT, min_height=400, margin=(0, 4)
            )
            return measure_card(drawing, MEASURES["certificate"].title, HELP, checks)

        return Drawing(make)


def _rows(table: pd.DataFrame) -> Markup:
    rows = []
    for check, value, unit, tolerance, holds, _meaning in table.to_numpy(object):
        if check in _GROUPS:
            rows.append(html('<tr class="group"><td colspan="4">{}</td></tr>', tr(_GROUPS[check])))
        sign = html('<span class="holds">✓</span>' if holds else '<span class="fails">✗</span>')
        cells = sign, tr(_WORDS[check]), in_unit(value, unit), in_unit(tolerance, unit)
        rows.append(html("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", *cells))
    head = joined(html("<th>{}</th>", tr(name)) for name in _HEADINGS)
    return html("<table><tr><th></th>{}</tr>{}</table>", head, joined(rows))
