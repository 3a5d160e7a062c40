"""What if a region fails? Every region lost in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView, Progress
from explorer.charts import failure
from explorer.measures.failure import TURN, failure_steps
from explorer.model.network import Network
from explorer.words import mark


class FailureView(ChartView):
    """What each loss leaves unserved, and what the rest costs."""

    measure: ClassVar = "failure"
    chart: ClassVar = failure

    def compute(self, network: Network) -> Iterator[pd.DataFrame | Progress]:
        for turn, table in enumerate(failure_steps(network), start=1):
            yield (
                Progress(TURN * turn, len(network.regions), mark("{} of {} losses looked at…"))
                if table is None
                else table
            )
