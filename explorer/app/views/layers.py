"""
Where does it go? Load at home, in the region, or where energy is cheap: by class now, and along a
latency budget.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts import layers
from explorer.charts.budget_axis import name_of
from explorer.charts.layers import COLUMNS, along_mw, now_mw
from explorer.measures.frontier import Frontier
from explorer.measures.layers import labelled
from explorer.model.labels import as_shown
from explorer.model.placement import Placement
from explorer.words import tr


class LayersView(ChartView):
    """
    Each class as a bar of its layers, and below, how the layers of all classes grow with one
    latency budget.
    """

    measure: ClassVar = "layers"
    chart: ClassVar = layers
    depends: ClassVar = ("placement", "frontier")

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.placement, self.session.frontier

    def compute(self, placement: Placement, frontier: Frontier | None) -> Iterator[pd.DataFrame]:
        yield labelled(placement, frontier)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Each class now; then all together along the budget."""
        classes = result["workload"].unique()
        rows = [
            (tr("class {}, now", as_shown(w)), *mw)
            for w, mw in zip(classes, now_mw(result), strict=True)
        ]
        if (along := result.attrs.get("along")) is not None:
            name = name_of(along["over"])
            steps = zip(along["budget_ms"], along_mw(along), strict=True)
            rows += [(tr("all classes, {} {:,.1f} ms", name, ms), *mw) for ms, mw in steps]
        return pd.DataFrame(rows, columns=["where", *COLUMNS])
