"""What the cards of both fronts have in common: names of regions, and the pin compared with."""

from __future__ import annotations

from typing import Any

import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts.chart import Chart
from explorer.measures.headlines import serve_the_same
from explorer.model.placement import Placement
from explorer.session import Session


class FrontView(ChartView):
    """
    A front, seen while it grows, with the scenario's place and that of what it is compared with.

    A subclass says `place`: where a placement lies on the picture.
    """

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(session, **params)
        session.param.watch(self._on_ghost, "ghost")

    def place(self, placement: Placement) -> dict[str, float]:
        raise NotImplementedError

    def picture(self, result: pd.DataFrame) -> Chart:
        """A front; a pin that serves other load has no place on it."""
        ghost = self.session.compared
        if ghost.name and serve_the_same(self.session.placement, ghost.placement):
            result = result.copy(deep=False)
            result.attrs["pin"] = self.place(ghost.placement) | {"name": ghost.short}
        return super().picture(result)

    def _on_ghost(self, *_events: Any) -> None:
        if self._result is not None:
            self.show(self._result)
