"""Does the load follow the sun? Where it runs at each hour of the day; a tap sets the hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView, Progress
from explorer.charts import whole_day
from explorer.measures.whole_day import TURN_H, labelled, solve_day
from explorer.model.network import Network
from explorer.scenario.profiles import HOURS
from explorer.scenario.scenario import Scenario
from explorer.words import mark

_TAPPED = ("cells", "hours", "hours of carbon")


@dataclass(frozen=True)
class Moment:
    """A scenario as it is now. Moments are the same when their networks are."""

    network: Network
    scenario: Scenario = field(compare=False)


class DayView(ChartView):
    """A card of all hours of a scenario's day."""

    _moment: Moment | None = None

    def inputs(self) -> tuple[Moment]:
        network = self.session.network
        if self._moment is None or self._moment.network is not network:
            self._moment = Moment(network, self.session.scenario.copy())
        return (self._moment,)


class WholeDayView(DayView):
    """Load by hour and region from east to west, daylight behind it, cost and carbon below."""

    measure: ClassVar = "whole_day"
    chart: ClassVar = whole_day
    taps: ClassVar = _TAPPED

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {(name, "selected", "indices"): self._on_tap for name in _TAPPED}

    def compute(self, moment: Moment) -> Iterator[pd.DataFrame | Progress]:
        for turn, day in enumerate(solve_day(moment.scenario), start=1):
            yield (
                Progress(TURN_H * turn, HOURS, mark("{} of {} hours placed…"))
                if day is None
                else labelled(moment.scenario, day)
            )

    def _on_tap(self, rows: list[int]) -> None:
        for name in _TAPPED:
            self.pane.configure(
                name, "selected", indices=[]
            )  # so that a second tap on the same hour counts too
        if rows:
            self.session.scenario.hour = rows[0] % HOURS
