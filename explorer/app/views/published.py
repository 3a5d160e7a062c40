"""Is it like what others found? Carbon saved by added delay, here and in published studies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts import published
from explorer.measures.published import growing_published
from explorer.model.network import Network


class PublishedView(ChartView):
    """The scenario's own front, seen while it grows, beside published points."""

    measure: ClassVar = "published"
    chart: ClassVar = published

    def compute(self, network: Network) -> Iterator[pd.DataFrame]:
        yield from growing_published(network)
