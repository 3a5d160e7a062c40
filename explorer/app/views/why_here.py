"""Why here? For the flow picked, one of the region or client picked, or the largest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
from explorer.model.labels import kept
from explorer.model.placement import Placement
from explorer.session import PICKS, Session
from explorer.text import elided, format_number, lines_as_read, title_of
from explorer.words import tr

LARGEST = ""  # the flow that is looked at unless one is chosen
LISTED = 10  # flows to choose from


class WhyHereView(ChartView):
    """
    What a MWh costs at home, where it runs and where it nearly ran, and what keeps it from there.

    Of the flow picked on the map: the class that has most of it. Of the region picked there or in
    the table: the largest flow into it, otherwise out of it. Of the client picked: the largest of
    theirs. With nothing picked: the largest of all. Others are chosen from the list.
    """

    measure: ClassVar = "why_here"
    chart: ClassVar = why_here
    read = staticmethod(lines_as_read)
    depends: ClassVar = ("placement", *PICKS)
    key_above: ClassVar = True

    def __init__(self, session: Session, **params: Any) -> None:
        self._choice = LARGEST
        super().__init__(session, **params)
        session.param.watch(self._on_pick, [*PICKS])

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        first: list[Any] = [(LARGEST, tr("Largest flow"))]
        return [
            drawing.widget(
                "flow", Select(options=first, value=LARGEST, width=140, name=tr("Whose load"))
            )
        ]

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("flow", "widget", "value"): self._on_choice}

    def inputs(self) -> tuple[Any, ...]:
        return self.session.placement, _asked(self.session), self._choice

    def compute(self, placement: Placement, asked: Asked, choice: str) -> Iterator[pd.DataFrame]:
        flows = listed(placement, asked)
        home, region, workload = flows.get(choice, (asked.home, asked.region, ""))
        flow = find_flow(placement, home, region, workload, asked.client)
        table = why_here_table(placement, flow, "" if workload else region, asked.client)
        table.attrs["flows"] = kept(list(flows))
        if flow is not None:
            table.attrs["figures"] = kept(figures(self.session.scenario, table))
        yield table

    def show(self, result: pd.DataFrame) -> None:
        flows = result.attrs["flows"]
        value = self._choice if self._choice in flows else LARGEST
        options = [(LARGEST, tr("Largest flow")), *flows]
        self.pane.configure("flow", "widget", options=options, value=value)
        super().show(result)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Figures as rows, for they are many; then where those of each place are from."""
        if result.empty:
            return pd.DataFrame(columns=["figure"])
        places = result["region"].tolist()
        money = [*(f"{part}_usd_per_mwh" for part in PARTS), *result.columns[len(PARTS) + 2 :]]
        rows = [
            {"figure": title_of(column), **dict(zip(places, result[column], strict=True))}
            for column in money
        ]
        return pd.DataFrame(rows + _source_rows(result))

    def named(self, result: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        return table.rename(columns=self.names(result))  # a column for each place

    def _on_choice(self, flow: str) -> None:
        self._choice = flow
        self.update()

    def _on_pick(self, *_events: Any) -> None:
        self._on_choice(LARGEST)


@dataclass(frozen=True)
class Asked:
    """Ids of what is picked, "" for anything: a home and a region, a region alone, or a client."""

    home: str = ""
    region: str = ""
    client: str = ""


def _asked(session: Session) -> Asked:
    """What is picked, as far as it is still there: tables may have changed since."""
    net = session.network
    if session.flow_ends is not None:
        return Asked(*session.flow_ends)
    if session.region in net.regions:
        return Asked(region=session.region)
    return Asked(client=session.client if session.client in net.clients else "")


def listed(placement: Placement, asked: Asked) -> dict[str, tuple[str, str, str]]:
    """The largest flows of what is picked, or of all: label, (home, region, workload)."""
    net, flows = placement.network, placement.flows
    if asked.home:
        flows = flows[(flows["service"] == asked.home) & (flows["region"] == asked.region)]
    elif asked.region:
        flows = flows[(flows["service"] == asked.region) | (flows["region"] == asked.region)]
    elif asked.client:
        flows = flows[flows["client"] == asked.client]
    keys = ["service", "region", "workload"]
    summed: Any = flows.groupby(keys)["it_mw"].sum()
    largest = summed.nlargest(LISTED)
    return {_label(net, ids, mw): ids for ids, mw in largest.items()}


def _label(net: Any, ids: Any, it_mw: float) -> str:
    home, region, workload = ids
    names = net.short_region_names
    start, end = (elided(names[place], 18) for place in (home, region))
    way = tr("{} stays", start) if home == region else f"{start} → {end}"
    return tr("{}, {}, {} MW", way, net.class_names[workload], format_number(it_mw))


def _source_rows(result: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per figure of places and one per figure of the class: value, quality and sources."""
    places, rows = result["region"].tolist(), {}
    for each in result.attrs["figures"]:
        quality, sources = tr(each["quality"]), each["sources"] or tr("none")
        said = tr("{} ({}: {})", format_number(each["value"]), quality, sources)
        of_place, key = each["place"] in places, title_of(each["figure"])
        key = key if of_place else tr("{} of {}", key, each["place"])
        place = each["place"] if of_place else places[0]
        rows.setdefault(key, {"figure": key})[place] = said
    return [*rows.values()]
