"""
What is a millisecond worth? The front from least mean delay to least cost, and where the scenario
stands on it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, ClassVar

import pandas as pd
from bokeh.models import LayoutDOM, RadioButtonGroup

from explorer.app.live.pane import Drawing
from explorer.app.views.front_view import FrontView
from explorer.charts import cost_latency_front
from explorer.measures.cost_latency_front import WEIGHTS, growing_fronts, labelled, place_of
from explorer.model.network import DelayWeight, Network
from explorer.model.placement import Placement
from explorer.session import Session
from explorer.words import tr


class CostLatencyFrontView(FrontView):
    """Cost and carbon against mean added delay, per request or per MW; seen while it grows."""

    measure: ClassVar = "cost_latency_front"
    chart: ClassVar = cost_latency_front

    def __init__(self, session: Session, **params: Any) -> None:
        self._weight: DelayWeight = WEIGHTS[0]
        super().__init__(session, **params)

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        labels = [tr(cost_latency_front.OF[weight]) for weight in WEIGHTS]
        return [drawing.widget("weight", RadioButtonGroup(labels=labels, active=0))]

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("weight", "widget", "active"): self._on_weight}

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.network, self._weight

    def compute(self, network: Network, weight: DelayWeight) -> Iterator[pd.DataFrame]:
        for front in growing_fronts(network, weight):
            yield labelled(network, front, weight)

    def place(self, placement: Placement) -> dict[str, float]:
        return place_of(placement, self.session.network, self._weight)

    def _on_weight(self, active: int) -> None:
        self._weight = WEIGHTS[active]
        self.update()
