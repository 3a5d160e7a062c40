"""What if you must decide first? One placement, judged in worlds that turn out otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import Progress
from explorer.app.views.whole_day import DayView, Moment
from explorer.charts import robust_placement
from explorer.measures.robust_placement import TURN, robust_placement_steps
from explorer.words import mark

DRAWS = 100


class RobustPlacementView(DayView):
    """Regret of four placements, and what hedging moves; takes seconds."""

    measure: ClassVar = "robust_placement"
    chart: ClassVar = robust_placement

    def compute(self, moment: Moment) -> Iterator[pd.DataFrame | Progress]:
        for turn, table in enumerate(robust_placement_steps(moment.scenario, DRAWS), start=1):
            yield (
                Progress(TURN * turn, 2 * DRAWS, mark("{} of {} worlds drawn…"))
                if table is None
                else table
            )
