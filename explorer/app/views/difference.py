"""What is different? Load by region and headline figures against the baseline or a pin."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts import difference as difference_chart
from explorer.measures.difference import difference
from explorer.model.placement import Placement


class DifferenceView(ChartView):
    """What is seen, less what it is compared with."""

    measure: ClassVar = "difference"
    chart: ClassVar = difference_chart
    depends: ClassVar = ("placement", "ghost")

    def inputs(self) -> tuple[Hashable, ...]:
        ghost = self.session.compared
        return self.session.placement, ghost.placement, ghost.said

    def compute(self, placement: Placement, base: Placement, name: str) -> Iterator[pd.DataFrame]:
        yield difference(placement, base, name)
