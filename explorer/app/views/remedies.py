"""Who goes unserved, and what would help? Or, where everybody is served, how far that is from ending."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import LayoutDOM, Select
from markupsafe import Markup

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import FONT, Drawing, quiet_toolbar
from explorer.app.live.rows import bars, labels, name_rows, named_rows, row_places
from explorer.markup import html, joined
from explorer.measures.budget_margins import margins_table
from explorer.measures.frontier import UNSERVED_MW
from explorer.measures.remedies import EVERYONE, NO_REMEDY, apply, as_table, can_apply, names_of, remedy_rows
from explorer.measures.remedy_search import Names
from explorer.model.labels import NamesById, as_shown
from explorer.model.network import Network
from explorer.model.placement import Placement, place
from explorer.text import duration, key, number

CAUSES = ("latency", "law", "state locality", "capacity", "system", "arcs.csv", "hosting", "price")
SEVERAL, TOGETHER, NEEDED, LEFT = "either of several", "several together", "needed", "left"
KINDS = (*CAUSES, SEVERAL, TOGETHER, NEEDED, LEFT)
COLOURS = (
    "#0072B2", "#D55E00", "#CC79A7", "#E69F00", "#F0E442", "#999999", "#882255", "#332288", "#009E73", "#44AA99",
    "#0072B2", "#56B4E9",
)  # fmt: skip
WHITE = np.array(
    [True, False, False, False, False, False, True, True, False, False, True, False]
)  # whether words on these colours are white
LARGEST = 6  # demands that are shown each for itself
SMALLEST_SHARE = 0.2  # of the width that a few words need
TRY = "Try one…"
_STYLE = """
:host { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 8px; border: 0; border-bottom: 1px solid #8883; text-align: right; }
th { font-weight: 600; opacity: .8; font-size: 12.5px; }
td:first-child, th:first-child, td:nth-child(2), th:nth-child(2) { text-align: left; }
.all { font-weight: 650; }
"""


@dataclass(frozen=True)
class Unserved:
    """Load that goes unserved and remedies found so far; or, where there is none, margins."""

    placement: Placement
    remedies: pd.DataFrame
    margins: pd.DataFrame | None


class UnservedView(MeasureView):
    """Unserved load by client, class and cause above what would serve it; or how short budgets could be."""

    file_name = "remedies"

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("try", "widget", "value"): self._on_try}

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.network, names_of(self.session.scenario)

    def compute(self, network: Network, names: Names) -> Iterator[Unserved]:
        placement = place(network)
        if placement.unserved.empty:
            yield Unserved(placement, as_table([]), margins_table(network))
            return
        rows: list[dict[str, Any]] = []
        yield Unserved(placement, as_table(rows), None)
        demands: set[tuple[str, str]] = set()
        for row in remedy_rows(network, names):
            demands.add((row["client"], row["workload"]))
            if len(demands) > LARGEST + 1:  # the first is everyone
                return
            rows.append(row)
            yield Unserved(placement, as_table(rows), None)

    def show(self, result: Unserved) -> None:
        choices = _choices(result.remedies)
        self.pane.configure("try", "widget", options=[TRY, *choices], visible=bool(choices))
        if result.margins is not None:
            self._show_margins(result.margins)
        else:
            self._show_unserved(result)

    def stop(self) -> None:
        if self._result is None or self._result.remedies.empty:
            self.pane.say("remedies", "")  # nothing is looked for any more

    def _on_try(self, words: str) -> None:
        """Make a change of the list; undone as any other."""
        self.pane.configure("try", "widget", value=TRY)
        row = _choices(self._result.remedies).get(words)
        if row is not None:
            apply(self.session.scenario, row)

    def _show_margins(self, margins: pd.DataFrame) -> None:
        budget, least = margins["budget_ms"].to_numpy(), margins["least_ms"].to_numpy()
        share = 100 * np.divide(least, budget, out=np.ones_like(least), where=budget > 0)
        left, right = np.append(np.zeros_like(share), share), np.append(share, np.full_like(share, 100.0))
        ms = np.append(least, budget - least)
        kind = np.repeat([KINDS.index(NEEDED), KINDS.index(LEFT)], len(share))
        rows = np.tile(np.arange(len(share)), 2)
        texts = [f"{duration(value)} {KINDS[k]}" for value, k in zip(ms, kind, strict=True)]
        classes = [*map(as_shown, margins["workload"])]
        who = [f"class {w}" for w in classes]
        self._bars(rows, left, right, kind, np.tile(who, 2), texts, texts)
        names = [f"{w}, {duration(ms)}" for w, ms in zip(classes, budget, strict=True)]
        name_rows(self.pane, "rows", names)
        self.pane.configure("loads", "xaxis", axis_label="Share of the latency budget [%]")
        self.pane.set_range("loads", "x_range", 0.0, 100.0)
        tightest = margins.loc[margins["margin_ms"].idxmin()]
        self.pane.say("remedies", "")
        self.pane.say(
            "words",
            html(
                "<b>Everybody is served.</b> The least to spare: class {} could wait <b>{}</b> less, {} instead of "
                "{}, before anybody goes unserved.",
                as_shown(tightest["workload"]),
                *(duration(tightest[name]) for name in ("margin_ms", "least_ms", "budget_ms")),
            ),
        )

    def _show_unserved(self, result: Unserved) -> None:
        entries = result.placement.unserved
        clients = result.placement.network.client_names
        sums: dict[tuple[str, str], float] = {}
        for client, workload, mw in zip(entries["client"], entries["workload"], entries["unserved_mw"], strict=True):
            sums[client, workload] = sums.get((client, workload), 0.0) + mw
        demands = sorted(sums, key=lambda demand: -sums[demand])
        shown = {demand: n for n, demand in enumerate(demands[:LARGEST])}
        names = [f"{clients[client]}, {as_shown(workload)}" for client, workload in shown]
        if len(demands) > LARGEST:
            names.append(f"{len(demands) - LARGEST} others")
        mw = np.zeros((len(names), len(KINDS)))
        for client, workload, reason, load in zip(
            entries["client"], entries["workload"], entries["reason"], entries["unserved_mw"], strict=True
        ):
            mw[shown.get((client, workload), LARGEST), KINDS.index(_kind(reason))] += load
        rows, kind = np.nonzero(mw)
        right = mw.cumsum(axis=1)[rows, kind]
        load = mw[rows, kind]
        width = float(mw.sum(axis=1).max())
        texts = [f"{number(value)} MW, {KINDS[k]}" for value, k in zip(load, kind, strict=True)]
        words = [
            t if mw >= 2.2 * SMALLEST_SHARE * width else t.split(",")[0] for t, mw in zip(texts, load, strict=True)
        ]
        self._bars(rows, right - load, right, kind, np.array(names, object)[rows], texts, words)
        name_rows(self.pane, "rows", names)
        self.pane.configure("loads", "xaxis", axis_label="Unserved IT load [MW]")
        self.pane.set_range("loads", "x_range", 0.0, 1.02 * width)
        self.pane.say("remedies", _list(result.remedies, clients))
        self.pane.say("words", _sentence(result, mw.sum(axis=0)))

    def _bars(self, rows: Any, left: Any, right: Any, kind: Any, who: Any, texts: list[str], words: list[str]) -> None:
        y, width = row_places(int(rows.max()) + 1)[rows], right.max()
        self.pane.update(
            "loads", left=left, right=right, bottom=y - 0.38, top=y + 0.38, color=kind.astype(float),
            who=np.array(who, object), what=np.array(texts, object),
        )  # fmt: skip
        wide = np.flatnonzero(right - left >= SMALLEST_SHARE * width)
        self.pane.update(
            "load words", x=((left + right) / 2)[wide], y=y[wide], text=np.array(words, object)[wide],
            text_color=WHITE[kind[wide]].astype(float),
        )  # fmt: skip

    def table(self, result: Unserved) -> pd.DataFrame:
        return result.remedies if result.margins is None else result.margins

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """Bars of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            tip = [("", "@who"), ("", "@what")]
            loads = bars(drawing, "loads", ["who", "what"], COLOURS, tip)
            plot = hv.Overlay([loads, labels(drawing, "load words")]).opts(
                responsive=True, xlabel="", ylabel="", tools=[], active_tools=[], fontscale=1.1,
                hooks=[quiet_toolbar, named_rows(drawing, "rows")],
            )  # fmt: skip
            remedies = drawing.words("remedies", stylesheets=[_STYLE], styles=FONT, margin=(4, 4))
            figure = drawing.figure(plot, height=225)
            choice = drawing.widget(
                "try", Select(options=[TRY], value=TRY, width=160, name="Try a change", visible=False)
            )
            title = "Who goes unserved, and what would help?"
            return measure_card(drawing, title, _HELP, figure, remedies, tools=[choice])

        return Drawing(make)


def _kind(reason: str) -> str:
    if reason in CAUSES:
        return reason
    return TOGETHER if " and " in reason else SEVERAL


def _choices(remedies: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Changes of parameters that a list can offer, by their words."""
    rows: list[dict[str, Any]] = remedies.to_dict("records")  # pyright: ignore[reportAssignmentType]
    choices: dict[str, dict[str, Any]] = {}
    for row in filter(can_apply, rows):
        choices.setdefault(row["remedy"], row)  # everyone's first
    return choices


def _sentence(result: Unserved, mw_by_kind: Any) -> Markup:
    causes = [
        html("<span style='white-space:nowrap'>{} {} MW by {}</span>", key(colour), number(mw), cause)
        for cause, colour, mw in zip(KINDS, COLOURS, mw_by_kind, strict=True)
        if mw > 0
    ]
    left_out = number(result.placement.unserved_mw)
    said = html("<b>{} MW go unserved</b>: {}.", left_out, joined(causes, ", "))
    rows: list[dict[str, Any]] = result.remedies.to_dict("records")  # pyright: ignore[reportAssignmentType]
    whole = [row for row in rows if row["serves_mw"] > result.placement.unserved_mw - UNSERVED_MW]
    if whole:
        best = min(whole, key=lambda row: row["cost_change_usd_per_h"])
        said += html(" To serve all of it: <b style='white-space:nowrap'>{}</b>.", best["remedy"])
    return said


def _list(remedies: pd.DataFrame, clients: NamesById) -> Markup:
    """The remedies as readers see them: one line each, everyone's first."""
    lines = []
    for row in remedies.to_dict("records"):
        whole = row["client"] == EVERYONE
        who = "Everyone" if whole else f"{clients[row['client']]}, {as_shown(row['workload'])}"
        change = row["cost_change_usd_per_h"]
        change = f"{'+' if change > 0 else ''}{number(change)}" if row["remedy"] != NO_REMEDY else "–"
        cells = who, row["remedy"], f"{number(row['serves_mw'])} MW", f"{change} USD/h"
        line = joined(html("<td>{}</td>", cell) for cell in cells)
        lines.append(html("<tr class=all>{}</tr>" if whole else "<tr>{}</tr>", line))
    if not lines:
        return html("Looking for what would help…")
    head = html("<tr><th>For</th><th>Least change</th><th>serves in all</th><th>costs</th></tr>")
    return html("<table>{}{}</table>", head, joined(lines))


_HELP = """
Unserved load by what keeps it out: latency, law, state locality, capacity, or a price of serving it above the penalty
on unserved load. Below, for everyone together and for the largest loads, the least single change of each kind that
would serve them without taking from anybody else: a higher penalty, a longer budget of the class, capacity in one
region, a pair of legal zones opened, or less load pinned to its home. Each is tried out by a solve; what it serves in
all, and what that changes of the cost, is of that solve. No smaller change of that kind would do; "Try one" makes a
change of parameters. Where everybody is served: the shortest budget of each class at which that is still so, all else
as it is. What counts as a remedy is this project's own choice.
"""
