"""What matters most? One-at-a-time sensitivity of the saving."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView, Progress
from explorer.charts import tornado
from explorer.measures.tornado import INPUTS, labelled, tornado_steps
from explorer.model.network import Network

CHANGE = 0.2
PIECE = 4  # inputs moved before others take their turn


class TornadoView(ChartView):
    """Inputs by their effect on the saving against the baseline, most on top."""

    measure: ClassVar = "tornado"
    chart: ClassVar = tornado

    def compute(self, network: Network) -> Iterator[pd.DataFrame | Progress]:
        for table in tornado_steps(network, CHANGE):
            if len(table) == len(INPUTS):
                yield labelled(network, table, CHANGE)
            elif len(table) % PIECE == 0:
                yield Progress(len(table), len(INPUTS), "inputs moved")
