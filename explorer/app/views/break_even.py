"""When does it pay? Pairs of regions against the line where moving stops paying."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
import panel as pn
from bokeh.models import LayoutDOM

from explorer.app.live.card import SIGN, SMALL, card
from explorer.app.live.chart_pane import draw_panels, patch
from explorer.app.live.origins import name_sources
from explorer.app.live.pane import Drawing, LivePane
from explorer.app.live.table_panel import TablePanel, disclosure, place_for_table
from explorer.app.live.taken import Taken
from explorer.charts.break_even import HELP, PANELS, chart, shown
from explorer.measures.break_even import break_even_drawn, labelled
from explorer.registry import MEASURES
from explorer.session import Session
from explorer.words import per_reader


class BreakEvenView(pn.viewable.Viewer):
    """
    What one MWh of IT load saves elsewhere against what moving it costs; right of the line it pays.

    With a region picked: from there to everywhere. Otherwise: from every home to its best lawful
    place in time.
    """

    measure: ClassVar = "break_even"
    title: ClassVar = MEASURES[measure].title

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self.pane = LivePane(_drawing, {("pairs", "selected", "indices"): self._on_tap})
        self._behind = TablePanel(self.pane, self._table)
        name_sources(self.pane, session, self.measure)
        session.watch_behind(self._on_change, ["placement", "region", "workload"])
        self._on_change()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.pane

    def _on_change(self) -> None:
        session, net = self._session, self._session.network
        home = (
            session.region if session.region in net.regions else ""
        )  # a table of regions may come without it
        pairs = break_even_drawn(net, session.single_workload, home)
        self._result = labelled(net, pairs, session.single_workload, home)
        self._shown = chart(self._result)
        patch(self.pane, self._shown)
        self._behind.update()

    def _table(self) -> pd.DataFrame:
        """The pairs of the picture, what pays most first."""
        return shown(self._result).sort_values("net_usd_per_mwh", ascending=False)

    def taken(self) -> Taken:
        """What is seen, as it can be taken home."""
        return Taken(self.measure, self._table(), self._shown)

    def _on_tap(self, rows: list[int]) -> None:
        if rows and self._session.region not in self._session.network.regions:
            self._session.region = shown(self._result)["home"].iloc[rows[0]]


@per_reader
def _drawing() -> Drawing:
    """Pairs of any scenario, without data, and the line where saving equals friction."""

    def make(drawing: Drawing) -> LayoutDOM:
        words = drawing.words(
            "words", margin=(0, 0, 0, 6), min_height=38, stylesheets=[SMALL, SIGN]
        )
        plots = draw_panels(drawing, PANELS, ("pairs",))
        body = *plots, words, place_for_table(drawing)
        return card(BreakEvenView.title, HELP, *body, tools=[disclosure(drawing)])

    return Drawing(make)
