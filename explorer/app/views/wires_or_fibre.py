"""Wires or fibre? For the pair that moves most, or one that is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pandas as pd
from bokeh.models import LayoutDOM, Select

from explorer.app.live.chart_view import ChartView
from explorer.app.live.pane import Drawing
from explorer.charts import wires_or_fibre
from explorer.measures.wires_or_fibre import (
    LINES,
    TRANSPORT_KWH_PER_GB,
    WAYS,
    labelled,
    pair_of,
    wires_or_fibre_table,
)
from explorer.model.placement import Placement
from explorer.session import Session
from explorer.text import lines_as_read, title_of
from explorer.words import tr

AUTOMATIC = ""  # the partner that the placement suggests


class WiresOrFibreView(ChartView):
    """
    Cost of one MWh of IT load, part by part: from the home grid, by wires and by fibre.

    From the home picked on the map, otherwise from the one with the largest flow; to the region
    that takes most of its load, otherwise the one with most to gain, or to a region chosen from the
    list.
    """

    measure: ClassVar = "wires_or_fibre"
    chart: ClassVar = wires_or_fibre
    read = staticmethod(lines_as_read)
    depends: ClassVar = ("placement", "region", "workload")

    def __init__(self, session: Session, **params: Any) -> None:
        self._partner, self._line = AUTOMATIC, next(iter(LINES))
        super().__init__(session, **params)

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        lines: list[Any] = [(name, tr(line.name)) for name, line in LINES.items()]
        return [
            drawing.widget(
                "partner",
                Select(options=[(AUTOMATIC, "")], value=AUTOMATIC, width=190, name=tr("Between")),
            ),
            drawing.widget(
                "line", Select(options=lines, value=lines[0][0], width=130, name=tr("Kind of line"))
            ),
        ]

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {
            ("partner", "widget", "value"): self._on_partner,
            ("line", "widget", "value"): self._on_line,
        }

    def inputs(self) -> tuple[Any, ...]:
        session = self.session
        return (
            session.placement, session.single_workload, session.region, self._partner, self._line,
        )  # fmt: skip

    def compute(
        self, placement: Placement, workload: str, home: str, region: str, line: str
    ) -> Iterator[pd.DataFrame]:
        pair, network = pair_of(placement, workload, home, region), placement.network
        if pair is None:
            yield network.labels.put_on(pd.DataFrame(columns=["way"]), measure="wires_or_fibre")
            return
        table = wires_or_fibre_table(network, *pair, workload, line=line)
        yield labelled(network, table, *pair, workload, line, placement)

    def show(self, result: pd.DataFrame) -> None:
        names = self.session.network.region_names
        partner = self._partner if self._partner in names else AUTOMATIC
        options = [(AUTOMATIC, tr("Where most of it goes")), *names.items()]
        self.pane.configure("partner", "widget", options=options, value=partner)
        self.pane.configure("line", "widget", value=self._line)
        super().show(result)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        """
        Figures as rows, for they are many; and what moving the data takes by each published
        estimate.
        """
        if result.empty:
            return pd.DataFrame(columns=["figure", *WAYS])
        figures = result.set_index("way").rename(columns=title_of).T.rename_axis(columns=None)
        figures = figures.reset_index(names="figure").astype(dict.fromkeys(WAYS, float))
        gb = result["data_gb"].iloc[-1]
        estimates = [
            {
                "figure": tr("moving data [kWh] at {} kWh/GB: {}", each, tr(source)),
                WAYS[-1]: gb * each,
            }
            for source, each in TRANSPORT_KWH_PER_GB.items()
        ]
        return pd.concat([figures, pd.DataFrame(estimates)], ignore_index=True)

    def _on_partner(self, region: str) -> None:
        self._partner = region
        self.update()

    def _on_line(self, line: str) -> None:
        self._line = line
        self.update()
