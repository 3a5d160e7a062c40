"""The views grouped by question. Those of a question are made and drawn when somebody asks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import panel as pn
import param

from explorer.app.live.card import PAPER_FLOW
from explorer.app.live.chart_view import card_of
from explorer.app.region_table.regions import RegionTable
from explorer.app.strip.strip import Strip
from explorer.app.views.attribution import AttributionView
from explorer.app.views.break_even import BreakEvenView
from explorer.app.views.certificate import CertificateView
from explorer.app.views.cost_carbon_front import CostCarbonFrontView
from explorer.app.views.cost_latency_front import CostLatencyFrontView
from explorer.app.views.difference import DifferenceView
from explorer.app.views.failure import FailureView
from explorer.app.views.frontier import FrontierView
from explorer.app.views.layers import LayersView
from explorer.app.views.machines import MachinesView
from explorer.app.views.marginal_prices import PricesView
from explorer.app.views.monte_carlo import MonteCarloView
from explorer.app.views.near_optimal import NearOptimalView
from explorer.app.views.published import PublishedView
from explorer.app.views.relocatable_demand import RelocatableDemandView
from explorer.app.views.remedies import UnservedView
from explorer.app.views.robust_placement import RobustPlacementView
from explorer.app.views.time_shifting import TimeShiftingView
from explorer.app.views.tornado import TornadoView
from explorer.app.views.totals import Totals
from explorer.app.views.verdicts import HeatMapView
from explorer.app.views.whole_day import WholeDayView
from explorer.app.views.why_here import WhyHereView
from explorer.app.views.wires_or_fibre import WiresOrFibreView
from explorer.app.views.world_map import FlowMap
from explorer.session import Session
from explorer.words import mark

QUESTIONS: dict[
    str, Sequence[Sequence[Callable[[Session], pn.viewable.Viewer]]]
] = {  # two columns of views, and what is as wide as both
    mark("Overview"): ((FlowMap, WhyHereView), (FrontierView, BreakEvenView), (RegionTable,)),
    mark("Where does it go?"): (
        (LayersView, RelocatableDemandView, card_of("concentration")),
        (DifferenceView, WholeDayView),
    ),
    mark("What is it worth?"): (
        (CostLatencyFrontView, CostCarbonFrontView, TimeShiftingView, card_of("scarcity")),
        (PricesView, PublishedView, MachinesView, card_of("carbon_by_zone")),
    ),
    mark("When does it pay?"): ((HeatMapView,), (WiresOrFibreView,)),
    mark("What holds it back?"): ((AttributionView,), (UnservedView,)),
    mark("How sure is it?"): (
        (NearOptimalView, TornadoView, RobustPlacementView),
        (MonteCarloView, FailureView, CertificateView, card_of("greedy")),
    ),
}


def views_by_name() -> dict[str, Callable[[Session], pn.viewable.Viewer]]:
    """Every view by name: "totals", "map", "table", and those of measures by the names of these."""
    cards: list[Any] = [
        view for columns in QUESTIONS.values() for views in columns for view in views
    ]
    others: dict[Any, str] = {Totals: "totals", FlowMap: "map", RegionTable: "table"}
    return {others.get(view) or view.measure: view for view in [*others, *cards]}


_GRID = """
:host {{ display: grid !important; grid-template-columns: minmax(0, {left}) minmax(0, 1fr); gap: 10px;
         max-height: none !important; align-items: start; }}
div:nth-of-type(2) {{ --help-left: auto; --help-right: 0; }}  /* helps of the right column stay on the page */
div:nth-of-type(3) {{ grid-column: 1 / -1; }}
/* by the width of the views together: in a notebook that of the window says nothing */
@container (max-width: 1000px) {{
  :host {{ grid-template-columns: minmax(0, {narrow}) minmax(0, 1fr); }}
}}
@container (max-width: 880px) {{
  :host {{ grid-template-columns: minmax(0, 1fr); grid-auto-rows: max-content; flex-shrink: 0; }}
  div:nth-of-type(2) {{ --help-left: 0; --help-right: auto; }}
}}
"""
# a question of one card a column fills the screen of a projector: least height of its pictures
_FILLS = "@media (min-width: 1700px) and (min-height: 1000px) { :host { --picture-least: 37vh; } }"
_MAP_LEFT = _GRID.format(left="1.85fr", narrow="1.5fr")
_EVEN = _GRID.format(left="1fr", narrow="1fr")


# answers to the question before, as `strip.js` says
_OLD = ":host { opacity: var(--answers-opacity, 1); transition: opacity .15s; }"


class Questions(pn.viewable.Viewer):
    """A strip of questions, and below it the views that answer the one asked."""

    question = param.Selector(objects=[*QUESTIONS], doc="The one asked.")

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._made: dict[str, pn.Column] = {}
        self._cards: dict[str, list[pn.viewable.Viewer]] = {}
        self._strip = Strip([*QUESTIONS], self._on_choice)
        self._answers = pn.Column(
            sizing_mode="stretch_width",
            margin=0,
            styles={"container-type": "inline-size", "max-height": "none"},
            stylesheets=[_OLD, PAPER_FLOW],
        )
        self.param.watch(self._on_question, "question")
        self._on_question()

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(
            self._strip,
            self._answers,
            sizing_mode="stretch_width",
            margin=0,
            styles={"gap": "10px", "max-height": "none"},
        )

    @property
    def cards(self) -> list[pn.viewable.Viewer]:
        """The views of the question that is asked."""
        return self._cards[self.question]

    def _on_choice(self, question: str) -> None:
        self.question = question

    def _on_question(self, *_events: Any) -> None:
        question = self.question
        if question not in self._made:
            self._made[question] = self._make(question)
        self._answers[:] = [self._made[question]]
        self._strip.chosen = question

    def _make(self, question: str) -> pn.Column:
        made = [[make(self._session) for make in views] for views in QUESTIONS[question]]
        self._cards[question] = [card for cards in made for card in cards]
        columns = [
            pn.Column(
                *cards,
                sizing_mode="stretch_width",
                margin=0,
                styles={"gap": "10px"},
                stylesheets=[PAPER_FLOW],
            )
            for cards in made
        ]
        grid = _MAP_LEFT if question == "Overview" else _EVEN
        fills = [_FILLS] if all(len(views) == 1 for views in QUESTIONS[question]) else []
        return pn.Column(
            *columns, stylesheets=[grid, *fills, PAPER_FLOW], sizing_mode="stretch_width", margin=0
        )
