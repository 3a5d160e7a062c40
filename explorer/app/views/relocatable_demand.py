"""
How much could move? Three readings of relocatable demand now, and as the budget of the frontier's
class grows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import ClassVar

import numpy as np
import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts import relocatable_demand
from explorer.charts.budget_axis import name_of
from explorer.charts.relocatable_demand import LOADS, loads_mw
from explorer.measures.frontier import Frontier
from explorer.measures.relocatable_demand import (
    labelled,
    readings_along,
    relocatable_table,
)
from explorer.measures.relocatable_load import READINGS
from explorer.model.placement import Placement
from explorer.words import tr


class RelocatableDemandView(ChartView):
    """
    Nested bars: demand, its three readings, and what is relocated; below, how they grow with a
    latency budget.
    """

    measure: ClassVar = "relocatable_demand"
    chart: ClassVar = relocatable_demand
    depends: ClassVar = ("placement", "frontier", "frontier_busy")

    def inputs(self) -> tuple[Hashable, ...]:
        session = self.session
        return session.placement, None if session.frontier_busy else session.frontier

    def compute(self, placement: Placement, frontier: Frontier | None) -> Iterator[pd.DataFrame]:
        network = placement.network
        table = relocatable_table(network)
        yield labelled(network, table, placement)
        if frontier is not None:
            for curve in readings_along(network, frontier):
                yield labelled(network, table, placement, frontier, curve)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Each class and all together now; then all together along the budget."""
        total, *classes = loads_mw(result)
        of_classes = zip(result["workload"], classes, strict=True)
        rows = [(tr("class {}, now", w), *mw) for w, mw in of_classes]
        rows.append((tr("all classes, now"), *total))
        if (along := result.attrs.get("along")) is not None:
            points = zip(
                along["budget_ms"], *(along[f"{reading}_mw"] for reading in READINGS), strict=True
            )
            name = name_of(along["over"])
            rows += [
                (tr("all classes, {} {:,.1f} ms", name, ms), total[0], *mw, np.nan)
                for ms, *mw in points
            ]
        return pd.DataFrame(rows, columns=["where", *(f"{load}_mw" for load in LOADS)])
