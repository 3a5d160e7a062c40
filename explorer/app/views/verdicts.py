"""
Where is the line? Net saving over price gap and friction, the pairs on it, and what the placement
makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pandas as pd

from explorer.app.live.chart_view import ChartView
from explorer.charts import verdicts
from explorer.measures.break_even import verdict_pairs, verdicts_labelled
from explorer.model.placement import Placement


class HeatMapView(ChartView):
    """
    Net saving of one MWh of IT load, as colour, over electricity price gap and friction; each pair
    where it belongs.

    A pair's price gap counts its carbon and its PUE in, so that the colour below it is its own net
    saving, and the line where colours meet parts what pays from what does not. Its mark says what
    the placement makes of it.
    """

    measure: ClassVar = "verdicts"
    chart: ClassVar = verdicts
    taps: ClassVar = ("pairs",)
    depends: ClassVar = ("placement", "region", "workload")

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("pairs", "selected", "indices"): self._on_tap}

    def inputs(self) -> tuple[Any, ...]:
        session = self.session
        home = session.region if session.region in session.network.regions else ""
        return session.placement, session.single_workload, home

    def compute(self, placement: Placement, workload: str, home: str) -> Iterator[pd.DataFrame]:
        yield verdicts_labelled(placement, verdict_pairs(placement, workload), workload, home)

    def show(self, result: pd.DataFrame) -> None:
        self.pane.configure("pairs", "selected", indices=[])
        super().show(result)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        """
        All break-even quantities of the pairs of one home; of all homes, how many pairs and how
        much load.
        """
        pairs = verdicts.of_homes(result)
        if not result.attrs["home"]:
            grouped = pairs.groupby(["pays", "constraint"], as_index=False)
            return grouped.agg(
                pairs=("home", "size"),
                used_mw=("used_mw", "sum"),
                mean_net_usd_per_mwh=("net_usd_per_mwh", "mean"),
            )
        return pairs.sort_values("net_usd_per_mwh", ascending=False)

    def _on_tap(self, rows: list[int]) -> None:
        if rows and self.session.region not in self.session.network.regions:
            self.session.region = verdicts.shown(self._result)["home"].iloc[rows[0]]
