"""Why here? For a flow of the region picked, or for the largest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pandas as pd
from bokeh.models import LayoutDOM, Select

from explorer.app.live.chart_view import ChartView
from explorer.app.live.pane import Drawing
from explorer.charts import why_here
from explorer.measures.why_here import (
    PARTS,
    figures,
    find_flow,
    why_here_table,
)
from explorer.model.placement import Placement
from explorer.session import Session
from explorer.text import elided, format_number, title_of

LARGEST = ""  # the flow that is looked at unless one is chosen
LISTED = 10  # flows to choose from


class WhyHereView(ChartView):
    """
    What a MWh costs at home, where it runs and where it nearly ran, and what keeps it from there.

    Of the region picked on the map or in the table: the largest flow into it, otherwise out of it.
    With nothing picked: the largest of all. Others are chosen from the list.
    """

    measure: ClassVar = "why_here"
    chart: ClassVar = why_here
    depends: ClassVar = ("placement", "region")

    def __init__(self, session: Session, **params: Any) -> None:
        self._choice = LARGEST
        super().__init__(session, **params)
        session.param.watch(self._on_region, "region")

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        first: list[Any] = [(LARGEST, "Largest flow")]
        return [drawing.widget("flow", Select(options=first, value=LARGEST, width=140))]

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("flow", "widget", "value"): self._on_choice}

    def inputs(self) -> tuple[Any, ...]:
        session = self.session
        known = session.region in session.network.regions  # the table may have changed since
        return session.placement, session.region if known else "", self._choice

    def compute(self, placement: Placement, region: str, choice: str) -> Iterator[pd.DataFrame]:
        flows = listed(placement, region)
        ids = flows.get(choice)
        flow = find_flow(placement, *ids) if ids else find_flow(placement, region=region)
        table = why_here_table(placement, flow, "" if ids else region)
        table.attrs["flows"] = list(flows)
        if flow is not None:
            table.attrs["figures"] = figures(self.session.scenario, table)
        yield table

    def show(self, result: pd.DataFrame) -> None:
        flows = result.attrs["flows"]
        value = self._choice if self._choice in flows else LARGEST
        options = [(LARGEST, "Largest flow"), *((name, name) for name in flows)]
        self.pane.configure("flow", "widget", options=options, value=value)
        super().show(result)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Figures as rows, for they are many; then where those of each place are from."""
        if result.empty:
            return pd.DataFrame(columns=["figure"])
        names = result.attrs["names"]
        places = [names[region] for region in result["region"]]
        money = [*(f"{part}_usd_per_mwh" for part in PARTS), *result.columns[len(PARTS) + 2 :]]
        rows = [
            {"figure": title_of(column), **dict(zip(places, result[column], strict=True))}
            for column in money
        ]
        return pd.DataFrame(rows + _source_rows(result))

    def _on_choice(self, flow: str) -> None:
        self._choice = flow
        self.update()

    def _on_region(self, *_events: Any) -> None:
        self._on_choice(LARGEST)


def listed(placement: Placement, region: str) -> dict[str, tuple[str, str, str]]:
    """The largest flows into a region and out of it, or of all: label, (home, region, workload)."""
    net, flows = placement.network, placement.flows
    if region:
        flows = flows[(flows["service"] == region) | (flows["region"] == region)]
    keys = ["service", "region", "workload"]
    summed: Any = flows.groupby(keys)["it_mw"].sum()
    largest = summed.nlargest(LISTED)
    return {_label(net, ids, mw): ids for ids, mw in largest.items()}


def _label(net: Any, ids: Any, it_mw: float) -> str:
    home, region, workload = ids
    names = net.short_region_names
    way = elided(names[home], 18)
    way += " stays" if home == region else f" → {elided(names[region], 18)}"
    return f"{way}, {net.class_names[workload]}, {format_number(it_mw)} MW"


def _source_rows(result: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per figure of places and one per figure of the class: value, quality and sources."""
    names, rows = result.attrs["names"], {}
    for each in result.attrs["figures"]:
        said = f"{format_number(each['value'])} ({each['quality']}: {each['sources'] or 'none'})"
        of_place = each["place"] in set(result["region"])
        key = title_of(each["figure"]) + ("" if of_place else f" of {each['place']}")
        place = names[each["place"]] if of_place else names[result["region"].iloc[0]]
        rows.setdefault(key, {"figure": key})[place] = said
    return [*rows.values()]
