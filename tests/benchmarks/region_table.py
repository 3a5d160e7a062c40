"""The rows of the table of regions, against `pn.widgets.Tabulator` of the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import pandas as pd
import panel as pn
import param
from bokeh.document import Document
from bokeh.protocol import Protocol

from explorer import Scenario
from explorer.app.region_table.regions import RegionTable, table_columns
from explorer.model.placement import Placement
from explorer.session import Session
from tests.benchmarks.solving import MOVES, WORLD, moved
from tests.benchmarks.table import Pairs, row, timed

STEPS = 6  # of each slider from end to end, and as many thrown about
OPENINGS = 12


def frame(session: Session) -> pd.DataFrame:
    """What the table of regions shows, as a frame."""
    columns = table_columns(session)
    it_mw, change_mw, utilisation, price = columns["loads"]
    electricity, carbon = columns["grids"]
    return pd.DataFrame(
        {
            "Region": columns["names"], "IT load [MW]": it_mw, "Change [MW]": change_mw,
            "Utilisation [%]": utilisation, "Shadow price [USD/MWh]": price,
            "Electricity [USD/MWh]": electricity, "Carbon [kg/MWh]": carbon, "PUE [-]": columns["pue"],
        }
    )  # fmt: skip


def tabulator(session: Session) -> pn.widgets.Tabulator:
    """Rows in a fixed order, sorted by the browser; of a move only the columns that differ."""
    table = pn.widgets.Tabulator(
        frame(session), disabled=True, selectable=1, show_index=False, height=400,
        sorters=[{"field": "IT load [MW]", "dir": "desc"}],
    )  # fmt: skip

    def follow(*_events: Any) -> None:
        new = frame(session)
        differ = [name for name in new if not new[name].equals(table.value[name])]
        table.patch({name: [(slice(0, len(new)), new[name].tolist())] for name in differ})

    session.param.watch(follow, "placement")
    return table


class OnScreen:
    """A table on a page of its own; what would be sent is made in full."""

    def __init__(self, make: Callable[[Session], Any], session: Session) -> None:
        self._protocol, self._events = Protocol(), []
        self.document = Document()
        self.document.add_root(pn.panel(make(session)).get_root(self.document))

    def opened(self) -> dict[str, Any]:
        return self.document.to_json()

    def listen(self) -> None:
        self.document.callbacks.on_change_dispatch_to(self)

    def _document_patched(self, event: Any) -> None:
        """What Bokeh calls for every change that a reader must hear of."""
        self._events.append(event)

    def bytes_of(self, change: Callable[[], Any]) -> int:
        """Let the table follow a change: the size of the message that tells of it. [B]"""
        self._events.clear()
        self.document.hold("combine")
        change()
        self.document.unhold()
        if not self._events:
            return 0
        message = self._protocol.create("PATCH-DOC", self._events)
        parts = [message.header_json, message.metadata_json, message.content_json]
        return sum(map(len, parts)) + sum(len(buffer.to_bytes()) for buffer in message._buffers)


def place(session: Session, placement: Placement) -> None:
    """As the session does when it has solved."""
    with param.edit_constant(session):
        session.placement = placement


@cache
def followed() -> list[tuple[float, float, int, int]]:
    """Of moves that change a table: seconds of ours and of the peer, bytes of ours and of it."""
    pn.extension("tabulator")
    found = []
    for move, low, high in MOVES.values():
        scenario = Scenario.load(WORLD)
        sessions = [Session(scenario) for _ in range(2)]
        screens = [
            OnScreen(make, session)
            for make, session in zip((RegionTable, tabulator), sessions, strict=True)
        ]
        for screen in screens:
            screen.listen()
        for other in moved(move, low, high, STEPS):
            placement = Session(other).placement
            (ours_s, ours), (peer_s, peer) = (
                timed(partial(screen.bytes_of, partial(place, session, placement)))
                for screen, session in zip(screens, sessions, strict=True)
            )  # fmt: skip
            if ours:
                found.append((ours_s, peer_s, ours, peer))
    return found


@row("table of regions, a move: the server's work", "pn.widgets.Tabulator, changed columns", 1)
def following() -> Pairs:
    for ours_s, peer_s, _ours, _peer in followed():
        yield ours_s, peer_s


@row("the same table: what is sent", "pn.widgets.Tabulator, changed columns", 1, "kB")
def sent() -> Pairs:
    for _ours_s, _peer_s, ours, peer in followed():
        yield ours / 1000, peer / 1000


@row("the same table: made, and its page written", "pn.widgets.Tabulator", 1)
def opening() -> Pairs:
    pn.extension("tabulator")
    session = Session(Scenario.load(WORLD))
    for _ in range(OPENINGS):
        ours, peer = (
            timed(lambda make=make: OnScreen(make, session).opened())[0]
            for make in (RegionTable, tabulator)
        )
        yield ours, peer
