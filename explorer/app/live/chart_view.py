"""A card whose picture is the chart of a measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

import pandas as pd
from bokeh.models import LayoutDOM

from explorer.app.live.chart_pane import draw_panels, patch
from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing
from explorer.charts.chart import Chart
from explorer.model.network import Network
from explorer.registry import MEASURES
from explorer.words import per_reader, tr


@dataclass(frozen=True)
class Progress:
    """How far a computation is that has no picture yet: a marked text with places for both."""

    done: int
    of: int
    said: str


class ChartView(MeasureView):
    """
    Shows the chart of a measure's result, its finding and its table.

    A subclass says `measure`, a name in the registry, `chart`, the module that makes its chart, and
    what `compute` yields: results as the public function returns them, or `Progress` on the way.
    """

    measure: ClassVar[str]
    chart: ClassVar[ModuleType]
    taps: ClassVar[tuple[str, ...]] = ()  # marks that can be tapped
    waits: ClassVar[bool] = False  # whether plots are hidden until there is a result
    key_above: ClassVar[bool] = False  # whether the legend stands above the picture

    def show(self, result: Any) -> None:
        if isinstance(result, Progress):  # the last picture stays until there is a whole one
            self.pane.say("words", tr(result.said, result.done, result.of))
            return
        patch(self.pane, self.picture(result), key_apart=self.key_above)

    def picture(self, result: Any) -> Chart:
        return self.chart.chart(result)

    def table(self, result: pd.DataFrame | Progress) -> pd.DataFrame | None:
        """As the public function returns it."""
        return None if isinstance(result, Progress) else result

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        """Widgets at the heading's right."""
        return []

    @classmethod
    def drawing(cls) -> Drawing:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _drawing(cls)


def card_of(measure: str) -> type[ChartView]:
    """The card of a measure that needs no widgets: the chart of its `NAME_table(network)`."""
    entry, charts = MEASURES[measure], import_module(f"explorer.charts.{measure}")

    class Card(ChartView):
        """A card made from the registry."""

        measure: ClassVar = entry.name
        chart: ClassVar = charts

        def compute(self, network: Network) -> Iterator[pd.DataFrame]:
            yield entry.of_network(network)

    return Card


@per_reader
def _drawing(view: type[ChartView]) -> Drawing:
    """The picture of any scenario, without data."""

    def make(drawing: Drawing) -> LayoutDOM:
        measure, tools = MEASURES[view.measure], view.tools(drawing)
        plots = draw_panels(drawing, view.chart.PANELS, view.taps)
        for plot in plots:
            plot.visible = not view.waits
        return measure_card(
            drawing,
            measure.title,
            view.chart.HELP,
            *plots,
            tools=tools,
            key_above=view.key_above,
        )

    return Drawing(make)
