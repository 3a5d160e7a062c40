"""
Who goes unserved, and what would help? Or, where everybody is served, how far that is from ending.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

import pandas as pd
from bokeh.models import LayoutDOM, Select
from markupsafe import Markup

from explorer.app.live.chart_pane import draw_panels, patch
from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import FONT, Drawing
from explorer.charts import budget_margins, remedies
from explorer.charts.chart import Chart
from explorer.markup import html, joined
from explorer.measures.budget_margins import labelled as margins_of
from explorer.measures.budget_margins import margins_table
from explorer.measures.remedies import (
    EVERYONE,
    NO_REMEDY,
    apply,
    as_table,
    by_ids,
    can_apply,
    labelled,
    names_of,
    remedy_rows,
)
from explorer.measures.remedy_search import Names
from explorer.model.network import Network
from explorer.model.solve import solve_network
from explorer.registry import MEASURES
from explorer.text import format_number, signed, with_unit
from explorer.words import mark, per_reader, tr

TRY = mark("Try one…")
_HEADINGS = mark("For"), mark("Least change"), mark("serves in all"), mark("costs")
_STYLE = """
:host { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 8px; border: 0; border-bottom: 1px solid #8883; text-align: right; }
th { font-weight: 600; opacity: .8; font-size: 14px; }
td:first-child, th:first-child, td:nth-child(2), th:nth-child(2) { text-align: left; }
.all { font-weight: 650; }
"""


@dataclass(frozen=True)
class Unserved:
    """Load that goes unserved and remedies found so far; or, where there is none, margins."""

    remedies: pd.DataFrame
    margins: pd.DataFrame | None
    rows: tuple[dict[str, Any], ...]  # the remedies as they were found
    network: Network


class UnservedView(MeasureView):
    """
    Unserved load by client, class and constraint above what would serve it; or how short budgets
    could be.
    """

    measure = "remedies"

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("try", "widget", "value"): self._on_try}

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.network, names_of(self.session.scenario)

    def compute(self, network: Network, names: Names) -> Iterator[Unserved]:
        placement = solve_network(network)
        if placement.unserved.empty:
            margins = margins_of(network, margins_table(network))
            yield Unserved(labelled(placement, as_table([])), margins, (), network)
            return
        rows: list[dict[str, Any]] = []
        yield Unserved(labelled(placement, as_table(rows)), None, (), network)
        demands: set[tuple[str, str]] = set()
        for row in remedy_rows(network, names):
            demands.add((row["client"], row["workload"]))
            if len(demands) > remedies.LARGEST + 1:  # the first is everyone
                return
            rows.append(row)
            yield Unserved(labelled(placement, as_table(rows)), None, (*rows,), network)

    def show(self, result: Unserved) -> None:
        choices = _choices(result.remedies)
        self.pane.configure("try", "widget", options=[tr(TRY), *choices], visible=bool(choices))
        found = "" if result.margins is not None else _list(result.remedies)
        self.pane.say("remedies", found)
        patch(self.pane, self.picture(result))

    def picture(self, result: Unserved) -> Chart:
        if result.margins is not None:
            return budget_margins.chart(result.margins)
        return remedies.chart(result.remedies).only(remedies.SERVICE.name)

    def stop(self) -> None:
        if self._result is None or self._result.remedies.empty:
            self.pane.say("remedies", "")  # nothing is looked for any more

    def _on_try(self, words: str) -> None:
        """Make a change of the list; undone as any other."""
        self.pane.configure("try", "widget", value=tr(TRY))
        row = _choices(self._result.remedies).get(words)
        if row is not None:
            apply(self.session.scenario, row)

    def table(self, result: Unserved) -> pd.DataFrame:
        return by_ids(result.rows, result.network) if result.margins is None else result.margins

    def named(self, result: Unserved, table: pd.DataFrame) -> pd.DataFrame:
        return result.remedies if result.margins is None else table

    @staticmethod
    @per_reader
    def drawing() -> Drawing:
        """Bars of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            (loads,) = draw_panels(drawing, (remedies.SERVICE,))
            found = drawing.words("remedies", stylesheets=[_STYLE], styles=FONT, margin=(4, 4))
            choice = drawing.widget(
                "try",
                Select(
                    options=[tr(TRY)],
                    value=tr(TRY),
                    width=160,
                    name=tr("Try a change"),
                    visible=False,
                ),
            )
            title = MEASURES["remedies"].title
            return measure_card(drawing, title, remedies.HELP, loads, found, tools=[choice])

        return Drawing(make)


def _choices(found: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Changes of parameters that a list can offer, by their words."""
    rows: list[dict[str, Any]] = found.to_dict("records")  # pyright: ignore[reportAssignmentType]
    choices: dict[str, dict[str, Any]] = {}
    for row in filter(can_apply, rows):
        choices.setdefault(row["remedy"], row)  # everyone's first
    return choices


def _list(found: pd.DataFrame) -> Markup:
    """The remedies as users see them: one line each, everyone's first."""
    lines = []
    for row in found.to_dict("records"):
        whole, who = row["client"] == EVERYONE, remedies.whom(row, found.attrs["clients"])
        change = row["cost_change_usd_per_h"] if row["remedy"] != NO_REMEDY else nan
        cells = (
            who, tr(row["remedy"]), f"{format_number(row['serves_mw'])} MW",
            with_unit(change, "USD/h", signed),
        )  # fmt: skip
        line = joined(html("<td>{}</td>", cell) for cell in cells)
        lines.append(html("<tr class=all>{}</tr>" if whole else "<tr>{}</tr>", line))
    if not lines:
        return html("Looking for what would help…")
    head = joined(html("<th>{}</th>", tr(name)) for name in _HEADINGS)
    return html("<table><tr>{}</tr>{}</table>", head, joined(lines))
