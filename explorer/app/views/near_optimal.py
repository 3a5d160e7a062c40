"""How firm is each region? The near-optimal ranges, for a slack that a user chooses."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from bokeh.models import LayoutDOM, RadioButtonGroup

from explorer.app.live.chart_view import ChartView, Progress
from explorer.app.live.pane import Drawing
from explorer.charts import near_optimal
from explorer.measures.near_optimal import labelled, near_optimal_steps
from explorer.model.network import Network
from explorer.session import Session
from explorer.words import localised, mark

SLACKS = {"0.5 %": 0.005, "1 %": 0.01, "5 %": 0.05}
PIECE = 6  # regions looked at before others take their turn


class NearOptimalView(ChartView):
    """
    Load of each region over all placements within a slack of the optimum; the optimum's as a dot.
    """

    measure: ClassVar = "near_optimal"
    chart: ClassVar = near_optimal

    def __init__(self, session: Session, **params: Any) -> None:
        self._slack = SLACKS["1 %"]
        super().__init__(session, **params)

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        return [
            drawing.widget("slack", RadioButtonGroup(labels=[*map(localised, SLACKS)], active=1))
        ]

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("slack", "widget", "active"): self._on_slack}

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.network, self._slack

    def compute(self, network: Network, slack: float) -> Iterator[pd.DataFrame | Progress]:
        for done, table in enumerate(near_optimal_steps(network, slack), start=1):
            missing = int(np.isnan(table["least_mw"].to_numpy()).sum())
            if not missing:
                yield labelled(network, table, slack)
            elif done % PIECE == 0:
                yield Progress(
                    len(table) - missing, len(table), mark("{} of {} regions looked at…")
                )

    def _on_slack(self, active: int) -> None:
        self._slack = [*SLACKS.values()][active]
        self.update()
