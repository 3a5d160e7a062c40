"""What does waiting buy? Optimal cost and carbon as a latency budget grows, step by step."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import HoverTool, LayoutDOM, Plot, RadioButtonGroup
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.budget_mark import NOW, now_mark, place_now
from explorer.app.live.card import beside, card
from explorer.app.live.pane import Drawing, LivePane, align_left, quiet_toolbar
from explorer.app.live.table_panel import TableBehind, disclosure, place_for_table
from explorer.charts.budget_axis import budget_span
from explorer.markup import html, joined
from explorer.measures.frontier import UNSERVED_MW, Frontier
from explorer.model.labels import NamesById, as_shown
from explorer.session import Session
from explorer.text import NEUTRAL, duration, number
from explorer.units import KG_PER_T

ALL = "all"  # relaxes every budget alike
RISE = 1e-6  # relative; a rise that is no rounding
COST, CARBON = "#0072B2", "#D55E00"


class FrontierView(pn.viewable.Viewer):
    """Energy-latency frontier of one class, or of all together. A tap on a step sets that budget."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._choices = [*session.scenario.workloads, ALL]
        self._pane = LivePane(
            _drawing,
            {
                **{(f"{of} steps", "selected", "indices"): self._on_tap for of in _QUANTITIES},
                ("class", "widget", "active"): self._on_choice,
            },
        )
        self._behind = TableBehind(self._pane, "frontier", self._table)
        self._pane.configure("class", "widget", labels=[as_shown(choice) for choice in self._choices])
        session.param.watch(self._on_workload, "workload")
        session.param.watch(self._on_change, "frontier")
        session.param.watch(self._on_busy, "frontier_busy")
        self._on_workload()
        self._on_change()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _on_change(self, *_events: Any) -> None:
        frontier, placement = self._session.frontier, self._session.placement
        if frontier is None:
            self._pane.say("words", "Finding the budgets where something changes…")
            return
        frontier = _with_names(frontier, self._session.network.region_names)
        span, baseline = budget_span(frontier), placement.baseline
        table = frontier.table
        # where the budget leaves more unserved than the frontier does, the baseline is no measure of it
        alike = abs(baseline.unserved_mw - table["unserved_mw"].iloc[0]) <= UNSERVED_MW
        cost = table["cost_usd_per_h"].to_numpy()
        self._show("cost", frontier, cost, span, baseline.cost_usd_per_h, alike)
        carbon_t_per_h = table["carbon_kg_per_h"].to_numpy() / KG_PER_T
        self._show("carbon", frontier, carbon_t_per_h, span, baseline.carbon_kg_per_h / KG_PER_T, alike)
        self._pane.say("words", _sentence(frontier))
        self._behind.update()

    def _table(self) -> pd.DataFrame | None:
        frontier = self._session.frontier
        return None if frontier is None else _with_names(frontier, self._session.network.region_names).table

    def _show(
        self, of: str, frontier: Frontier, values: NDArray, span: tuple[float, float], baseline: float, alike: bool
    ) -> None:
        """One quantity of a frontier, `values` at its steps, over a span of budgets [ms]; the baseline where alike."""
        pane, table, (first_ms, last_ms) = self._pane, frontier.table, span
        x = table["budget_ms"].to_numpy()
        low, high = _padded(values, baseline if alike else values[0])
        pane.update(f"{of} line", x=np.append(np.repeat(x, 2)[1:], last_ms), y=np.repeat(values, 2))
        hover = {name: table[name].to_numpy().astype(np.float32) for name in _HOVER if name != "opens"}
        pane.update(f"{of} steps", x=x, y=values, **hover, opens=table["opens"].to_numpy(object))
        place_now(pane, f"{of} now", frontier, (low + high) / 2)
        pane.configure(f"{of} base", "glyph", location=baseline, visible=alike)
        pane.configure(f"{of} shade", "glyph", left=first_ms, right=float(x[0]), visible=True)
        pane.set_range(f"{of} line", "x_range", first_ms, last_ms)
        pane.set_range(f"{of} line", "y_range", low, high)

    def _on_busy(self, event: Any) -> None:
        self._pane.fade("words", event.new)

    def _on_workload(self, *_events: Any) -> None:
        self._pane.configure("class", "widget", active=self._choices.index(self._session.workload))

    def _on_choice(self, active: int) -> None:
        self._session.workload = self._choices[active]

    def _on_tap(self, rows: list[int]) -> None:
        frontier = self._session.frontier
        if frontier is None or not rows:
            return
        for of in _QUANTITIES:
            self._pane.configure(
                f"{of} steps", "selected", indices=[]
            )  # so that a second tap on the same step counts too
        budget_ms = float(frontier.table["budget_ms"].iloc[rows[0]])
        if frontier.over == "all":
            self._session.scenario.latency_relaxation_ms = budget_ms
        else:
            self._session.scenario.workloads[frontier.over].latency_budget_ms = budget_ms


_QUANTITIES = {  # label of the axis, name and form in the hover, colour, height [px]
    "cost": ("Cost [USD/h]\nwithout carbon price", "Cost without carbon price", "@y{0,0} USD/h", COST, 132),
    "carbon": ("Carbon [t/h]", "Carbon", "@y{0,0.0} t/h", CARBON, 162),
}


@cache
def _drawing() -> Drawing:
    """The frontier of any scenario, without data: cost above carbon."""

    def make(drawing: Drawing) -> LayoutDOM:
        words = drawing.words("words", margin=(0, 0, 0, 6), min_height=38)
        figures = [_staircase(drawing, of, lowest=of == "carbon") for of in _QUANTITIES]
        choice = drawing.widget("class", RadioButtonGroup(labels=[ALL], active=0))
        table = place_for_table(drawing)
        return card(
            "What does waiting buy?", _HELP, *figures, beside(words, disclosure(drawing)), table, tools=[choice]
        )

    return Drawing(make)


def _staircase(drawing: Drawing, of: str, lowest: bool) -> Plot:
    """One quantity along the budget: the steps, the present budget, the baseline, and what goes unserved before."""
    label, name, form, colour, height = _QUANTITIES[of]
    two = np.arange(2.0)
    plain = {"default_tools": [], "tools": []}
    later = {"visible": False}  # until a frontier says where they are
    shade = hv.VSpan(0, 1).opts(color=NEUTRAL, alpha=0.16, line_alpha=0, hooks=[drawing.keep(f"{of} shade")], **later)
    base = hv.HLine(0).opts(
        color=NEUTRAL, line_dash="dashed", line_width=1, hooks=[drawing.keep(f"{of} base")], **later
    )
    line = hv.Curve((two, two)).opts(color=colour, line_width=2.5, hooks=[drawing.keep(f"{of} line")], **plain)
    steps = hv.Points(tuple(two for _ in range(2 + len(_HOVER))), ["x", "y"], list(_HOVER)).opts(
        color=colour, size=6, line_color="white", line_width=0.5, default_tools=[],
        tools=[_hover(name, form), "tap"], hooks=[drawing.keep(f"{of} steps")],
    )  # fmt: skip
    plot = hv.Overlay([shade, base, line, *now_mark(drawing, f"{of} now"), steps]).opts(
        responsive=True, ylabel=label, xlabel="Latency budget [ms]" if lowest else "",
        xaxis="bottom" if lowest else None, yticks=4,
        show_grid=True, tools=["xpan", "xwheel_zoom", "reset"], active_tools=[], hooks=[quiet_toolbar, align_left],
    )  # fmt: skip
    return drawing.figure(plot, height=height)


_HELP = """
The optimum at every latency budget of a class, or with all budgets relaxed alike: cost and carbon change in steps,
where the budget lets a region in. The cost shown is without the carbon price: that counts in the optimum, so that this
cost may rise where less carbon is worth it. Energy and carbon return on latency (ERL, CRL) are what steps save per
millisecond; these definitions are Wattlas' own. Dashed: the baseline. Shaded: some load goes unserved. Tap a step to
set that budget.
"""
_HOVER = ("budget_ms", "objective_usd_per_h", "relocated_mw", "erl_usd_per_h_per_ms", "crl_kg_per_h_per_ms", "opens")


def _hover(name: str, form: str) -> HoverTool:
    return HoverTool(
        tooltips=[
            ("Budget", "@budget_ms{0,0.0} ms"),
            (name, form),
            ("Cost, carbon at its price", "@objective_usd_per_h{0,0} USD/h"),
            ("Relocated", "@relocated_mw{0,0} MW"),
            ("Energy return (ERL)", "@erl_usd_per_h_per_ms{0,0.00} USD/h per ms"),
            ("Carbon return (CRL)", "@crl_kg_per_h_per_ms{0,0.00} kg/h per ms"),
            ("Opens", "@opens"),
        ]
    )


def _padded(values: NDArray, baseline: float) -> tuple[float, float]:
    """The height of the steps with a margin; with the baseline where that does not flatten them."""
    low, high = float(values.min()), float(values.max())
    reach = max(high, baseline) - min(low, baseline)
    if reach < 2 * (high - low):
        low, high = min(low, baseline), max(high, baseline)
    margin = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _with_names(frontier: Frontier, names: NamesById) -> Frontier:
    """The frontier with the names of the regions that open, for their ids."""
    opens = [names.listed(ids) for ids in frontier.table["opens"]]
    return replace(frontier, table=frontier.table.assign(opens=opens))


def _rises(values: NDArray) -> bool:
    """Whether a figure is higher at some step than at the one before, rounding apart."""
    return bool((np.diff(values) > RISE * np.abs(values[1:])).any())


def _sentence(frontier: Frontier) -> Markup:
    """Where the scenario stands, what the last step brought and what the next would."""
    table, current_ms = frontier.table, frontier.current_ms
    before, after = table[table["budget_ms"] <= current_ms + 1e-9], table[table["budget_ms"] > current_ms + 1e-9]
    what = "Relaxation" if frontier.over == "all" else f"Budget of {as_shown(frontier.over)}"
    parts: list[str] = [html("<b style='color:{}'>{}: {}.</b>", NOW, what, duration(current_ms))]
    if before.empty:
        parts.append(f"More load goes unserved below {duration(float(table['budget_ms'].iloc[0]))} (shaded).")
    elif len(before) > 1:
        row = before.iloc[-1]
        erl, crl = row["erl_from_start_usd_per_h_per_ms"], row["crl_from_start_kg_per_h_per_ms"]
        dirtier = " Cheaper, not cleaner." if erl > 0 > crl else ""
        parts.append(f"Since the strictest: ERL {number(erl)} USD/h, CRL {number(crl)} kg/h per ms.{dirtier}")
    if after.empty:
        parts.append("No later step.")
    elif not before.empty:  # else the first is where the shade ends
        row = after.iloc[0]
        opens = f" opens {row['opens']}" if row["opens"] else ""
        parts.append(f"Next step at {duration(float(row['budget_ms']))}{opens}.")
    if _rises(table["cost_usd_per_h"].to_numpy()) and not _rises(table["objective_usd_per_h"].to_numpy()):
        parts.append("This cost rises where less carbon is worth it: the carbon price is not in it.")
    return html("<div style='font-size:12.5px;line-height:1.5'>{}</div>", joined(parts, " "))
