"""The regions as a table, for those who would rather read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import panel as pn
import param
from numpy.typing import NDArray

from explorer.app.component import Component
from explorer.app.live.card import CARD
from explorer.app.live.origins import sources_html
from explorer.app.live.taken import Taken
from explorer.measures.marginal_prices import PENALTY_SHARE
from explorer.model.inputs import InputSources
from explorer.model.placement import Placement
from explorer.registry import PLACEMENT
from explorer.session import Session
from explorer.text import figure, origin_text, uncertain_mark
from explorer.words import language, mark, tr

DECIMALS = (
    3  # more than is shown; what differs by less is the solver's rounding and need not be sent
)


class RegionRows(Component):
    """
    What the browser knows of the regions, in their own order: it sorts, formats and marks by
    itself.
    """

    ids = param.List(doc="Region ids.")
    names = param.List(doc="What regions are called.")
    loads = param.Array(
        doc="IT load, change against baseline or pin [MW], utilisation [%], shadow price [USD/MWh]: shape (4, region)."
    )
    grids = param.Array(doc="Electricity price [USD/MWh] and carbon [kg/MWh], shape (2, region).")
    pue = param.Array(doc="PUE, shape (region,). [-]")
    origins = param.List(
        doc="Marks and where figures are from, then for each input that is a column which of them each region has."
    )
    sources = param.String(doc="Whose figures the table shows: HTML.")
    picked = param.String(doc="Id of the region picked, or empty.")
    against = param.String(doc="What changes are against: the baseline, or the name of a pin.")
    penalty = param.String(doc="What the worth of room is where load goes unserved, else empty.")

    _esm = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")  # once, not for every user


STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


class RegionTable(pn.viewable.Viewer):
    """
    One row per region, most load first; a click on a row picks the region, another lets it go.
    """

    title: ClassVar = mark("Regions")  # as regions.js has it

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._rows = RegionRows(
            **table_columns(session), picked=session.region, sizing_mode="stretch_width", margin=0,
            stylesheets=[CARD, STYLE],
        )  # fmt: skip
        self._rows.on_msg(self._on_message)
        session.watch_last(self._on_placement, ["placement", "ghost"])
        session.param.watch(self._on_region, "region")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._rows

    def taken(self) -> Taken:
        """What is seen, as it can be taken home."""
        placement, net = self._session.placement, self._session.network
        base_mw = self._session.compared.placement.region_it_mw
        table = placement.regions.assign(
            change_mw=placement.region_it_mw - base_mw,
            electricity_price_usd_per_mwh=net.price_usd_per_mwh,
            carbon_kg_per_mwh=net.carbon_kg_per_mwh, pue=net.pue,
        )  # fmt: skip
        return Taken("regions", table)

    def _on_placement(self) -> None:
        """Send what differs from what is on screen."""
        columns = table_columns(self._session)
        new = {
            name: values
            for name, values in columns.items()
            if not _same(getattr(self._rows, name), values)
        }
        self._rows.param.update(**new)

    def _on_region(self, *_events: Any) -> None:
        self._rows.picked = self._session.region

    def _on_message(self, event: Any) -> None:
        region = event.data.get("pick") if isinstance(event.data, dict) else None
        # a click may cross a change of the table
        if isinstance(region, str) and region in self._session.network.regions:
            self._session.region = "" if region == self._session.region else region


def table_columns(session: Session) -> dict[str, Any]:
    """What the table shows, as `RegionRows` takes it."""
    placement = session.placement
    net = placement.network
    return {
        "ids": list(net.regions),
        "names": list(net.labels.regions),
        "loads": _loads(placement, session.compared.placement),
        "against": session.compared.short,
        "penalty": _penalty(placement),
        "grids": _compact(net.price_usd_per_mwh, net.carbon_kg_per_mwh),
        "pue": _compact(net.pue)[0],
        "origins": origins_of_regions(net.labels.sources),
        "sources": str(sources_html(net.labels, PLACEMENT)),
    }


def origins_of_regions(sources: InputSources) -> list[Any]:
    """
    As `RegionRows.origins`; the inputs are capacity, price, carbon and PUE, as regions.js has them.
    """
    return _origins(language(), sources)


@lru_cache(maxsize=40)  # of all users: sources are one object as long as nothing changes
def _origins(_language: str, sources: InputSources) -> list[Any]:
    columns = [
        [(uncertain_mark(cell), origin_text(cell)) for cell in sources.by_region[name]]
        for name in ("capacity", "price", "carbon", "pue")
    ]
    distinct = list(dict.fromkeys(origin for column in columns for origin in column))
    place = {origin: n for n, origin in enumerate(distinct)}
    return [[*map(list, distinct)], *([place[origin] for origin in column] for column in columns)]


def _loads(placement: Placement, base: Placement) -> NDArray[np.float32]:
    it_mw = placement.region_it_mw
    return _compact(
        it_mw,
        it_mw - base.region_it_mw,
        100 * placement.utilisation,
        placement.capacity_price_usd_per_mwh,
    )


def _penalty(placement: Placement) -> str:
    """What the highest figures in the column of worth are, where room would serve more load."""
    penalty = float(np.max(placement.network.value_of_load))
    worth = placement.capacity_price_usd_per_mwh
    if not (worth >= PENALTY_SHARE * penalty).any():
        return ""
    return tr(
        "Worth near {} USD/MWh is the penalty for unserved load: one more MW there would serve what"
        " nobody serves now.",
        figure(penalty, "USD/MWh"),
    )


def _compact(*lines: NDArray[np.float64]) -> NDArray[np.float32]:
    """
    One array for all lines: on the way to the browser, each array takes 270 bytes besides its
    numbers.
    """
    return np.stack(lines).round(DECIMALS).astype(np.float32)


def _same(old: Any, new: Any) -> bool:
    return np.array_equal(old, new, equal_nan=True) if isinstance(new, np.ndarray) else old == new
