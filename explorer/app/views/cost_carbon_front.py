"""
What does a tonne cost? The front from least cost to least carbon, and where the scenario stands on
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.views.front_view import FrontView
from explorer.charts import cost_carbon_front
from explorer.measures.cost_carbon_front import growing_fronts, labelled, place_of
from explorer.model.network import Network
from explorer.model.placement import Placement


class CostCarbonFrontView(FrontView):
    """
    Cost against carbon at every carbon price, coloured by what a tonne costs there; seen while it
    grows.
    """

    measure: ClassVar = "cost_carbon_front"
    chart: ClassVar = cost_carbon_front

    def compute(self, network: Network) -> Iterator[pd.DataFrame]:
        for front in growing_fronts(network):
            yield labelled(network, front)

    def place(self, placement: Placement) -> dict[str, float]:
        return place_of(placement)
