"""How many machines does it take? Four ways to run a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import Progress
from explorer.app.views.whole_day import DayView, Moment
from explorer.charts import machines
from explorer.measures.machines import machines_steps
from explorer.scenario.profiles import HOURS
from explorer.words import mark


class MachinesView(DayView):
    """Machines and costs of four days; the last of them takes seconds in a large world."""

    measure: ClassVar = "machines"
    chart: ClassVar = machines

    def compute(self, moment: Moment) -> Iterator[pd.DataFrame | Progress]:
        for done, table in enumerate(machines_steps(moment.scenario), start=1):
            hours = min(done, HOURS)
            yield Progress(hours, HOURS, mark("{} of {} hours placed…")) if table is None else table
