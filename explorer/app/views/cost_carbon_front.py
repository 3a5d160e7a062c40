"""
What does a tonne cost? The front from least cost to least carbon, and where the scenario stands on
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts import cost_carbon_front
from explorer.measures.cost_carbon_front import growing_fronts, labelled
from explorer.model.network import Network


class CostCarbonFrontView(ChartView):
    """
    Cost against carbon at every carbon price, coloured by what a tonne costs there; seen while it
    grows.
    """

    measure: ClassVar = "cost_carbon_front"
    chart: ClassVar = cost_carbon_front

    def compute(self, network: Network) -> Iterator[pd.DataFrame]:
        for front in growing_fronts(network):
            yield labelled(network, front)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        return cost_carbon_front.with_names(result)
