"""What does waiting buy? Optimal cost and carbon as a latency budget grows, step by step."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
import panel as pn
from bokeh.models import LayoutDOM, RadioButtonGroup

from explorer.app.live.card import SIGN, SMALL, card
from explorer.app.live.chart_pane import draw_panels, patch
from explorer.app.live.origins import name_sources
from explorer.app.live.pane import Drawing, LivePane
from explorer.app.live.say import speaking
from explorer.app.live.table_panel import TablePanel, disclosure, place_for_table
from explorer.app.live.taken import Taken
from explorer.charts.chart import Chart
from explorer.charts.frontier import HELP, PANELS, chart, with_names
from explorer.measures.frontier import Frontier
from explorer.model.labels import brief_class
from explorer.registry import MEASURES
from explorer.scenario.scenario import Scenario
from explorer.session import Session
from explorer.words import mark, per_reader, tr

ALL = mark("all")  # relaxes every budget alike
_STEPS = tuple(f"{panel.name} steps" for panel in PANELS)


class FrontierView(pn.viewable.Viewer):
    """
    Energy-latency frontier of one class, or of all together. A tap on a step sets that budget.
    """

    measure: ClassVar = "frontier"
    title: ClassVar = MEASURES[measure].title

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._choices = [*session.scenario.workloads, ALL]
        self.pane = LivePane(
            _drawing,
            {
                **{(steps, "selected", "indices"): self._on_tap for steps in _STEPS},
                ("class", "widget", "active"): self._on_choice,
            },
        )
        self._behind = TablePanel(self.pane, self._table)
        name_sources(self.pane, session, self.measure)
        self.pane.configure("class", "widget", labels=[*_classes(session.scenario), tr(ALL)])
        session.param.watch(self._on_workload, "workload")
        session.watch_behind(self._on_change, ["frontier", "ghost"])
        session.watch_behind(self._on_busy, ["frontier_busy"])
        self._on_workload()
        self._on_change()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.pane

    def _on_change(self) -> None:
        if self._session.frontier is None:
            self.pane.say("words", tr("Finding the budgets where something changes…"))
            return
        patch(self.pane, self._picture(self._session.frontier))
        self._behind.update()

    def _picture(self, frontier: Frontier) -> Chart:
        ghost = self._session.compared
        return chart(frontier, ghost.placement if ghost.name else None, ghost.short)

    def taken(self) -> Taken | None:
        """What is seen, as it can be taken home."""
        found = self._session.frontier
        return None if found is None else Taken(self.measure, found.table, self._picture(found))

    def _table(self) -> pd.DataFrame | None:
        frontier = self._session.frontier
        return None if frontier is None else with_names(frontier)

    def _on_busy(self) -> None:
        self.pane.fade(self._session.frontier_busy)

    def _on_workload(self, *_events: Any) -> None:
        self.pane.configure("class", "widget", active=self._choices.index(self._session.workload))

    def _on_choice(self, active: int) -> None:
        self._session.workload = self._choices[active]

    def _on_tap(self, rows: list[int]) -> None:
        frontier = self._session.frontier
        if frontier is None or not rows:
            return
        for steps in _STEPS:
            self.pane.configure(
                steps, "selected", indices=[]
            )  # so that a second tap on the same step counts too
        budget_ms = float(frontier.table["budget_ms"].iloc[rows[0]])
        if frontier.over == ALL:
            self._session.scenario.latency_relaxation_ms = budget_ms
        else:
            self._session.scenario.workloads[frontier.over].latency_budget_ms = budget_ms


def _classes(scenario: Scenario) -> list[str]:
    """What classes are called on buttons."""
    classes = scenario.workloads.values()
    return [brief_class(each.id, each.name, scenario.said(each.name)) for each in classes]


@per_reader
def _drawing() -> Drawing:
    """The frontier of any scenario, without data: cost above carbon."""

    def make(drawing: Drawing) -> LayoutDOM:
        words = drawing.words(
            "words", margin=(0, 0, 0, 6), min_height=38, stylesheets=[SMALL, SIGN]
        )
        plots = draw_panels(drawing, PANELS, _STEPS)
        for panel, plot in zip(PANELS, plots, strict=True):
            _step_by_keys(drawing, panel.name, plot)
        choice = drawing.widget("class", RadioButtonGroup(labels=[ALL], active=0, name=tr("Class")))
        body = *plots, words, place_for_table(drawing)
        return card(FrontierView.title, HELP, *body, tools=[choice, disclosure(drawing)])

    return Drawing(make)


def _step_by_keys(drawing: Drawing, panel: str, plot: LayoutDOM) -> None:
    """What a tap on a step does, and what a pointer reads there, for a keyboard."""
    marks = [drawing.handles[f"{panel} {name}"]["glyph"] for name in ("now", "now beyond")]
    args = {"plot": plot, "steps": drawing.handles[f"{panel} steps"]["cds"], "marks": marks}
    plot.js_on_change("inner_width", speaking("steps.js", **args))
