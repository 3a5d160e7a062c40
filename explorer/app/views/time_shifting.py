"""What if work waits for a better hour? The day before and after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import Progress
from explorer.app.views.whole_day import DayView, Moment
from explorer.charts import time_shifting
from explorer.measures.time_shifting import time_shifting_steps
from explorer.scenario.profiles import HOURS
from explorer.words import mark


class TimeShiftingView(DayView):
    """Load by hour and region with and without waiting; takes seconds where load may wait."""

    measure: ClassVar = "time_shifting"
    chart: ClassVar = time_shifting

    def compute(self, moment: Moment) -> Iterator[pd.DataFrame | Progress]:
        for done, table in enumerate(time_shifting_steps(moment.scenario), start=1):
            hours = min(done, HOURS)
            yield Progress(hours, HOURS, mark("{} of {} hours placed…")) if table is None else table
