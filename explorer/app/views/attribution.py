"""What holds it back? From what moving could save to what it does save, obstacle by obstacle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts import attribution
from explorer.measures.attribution import attribution_table, labelled
from explorer.model.network import Network


class AttributionView(ChartView):
    """
    Shapley values of the six obstacles as steps of a staircase, and the order-dependent waterfall
    inside them.
    """

    measure: ClassVar = "attribution"
    chart: ClassVar = attribution

    def compute(self, network: Network) -> Iterator[pd.DataFrame]:
        yield labelled(network, attribution_table(network))

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        return result.assign(
            put_in_place_in_this_order_usd_per_h=result.attrs["in_order_usd_per_h"]
        )
