"""The rows of the server: an update, a page opened, thirty readers at once, memory."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial, wraps
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np

from explorer import Scenario, solve
from explorer.measures.frontier import trace
from explorer.model.network import build_network
from explorer.model.solve import solve_network
from explorer.text import format_number
from tests.benchmarks import servers
from tests.benchmarks.clients import Opening, Reader, shown_cost
from tests.benchmarks.servers import Server
from tests.benchmarks.solving import MOVES, WORLD, Warm
from tests.benchmarks.table import Pairs, agree, row, timed

T = TypeVar("T")

UPDATES = 8  # of a slider dragged from end to end, and as many of it thrown about
OPENINGS = 8
WARM = 2  # openings that load modules and fill memories


# One update


class Clock:
    """
    How long functions of the package took, whoever called them; calls inside such calls are not
    counted again.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running = False

    def _around(self, function: Callable[..., T]) -> Callable[..., T]:
        @wraps(function)
        def clocked(*args: Any, **kwargs: Any) -> T:
            if self._running:
                return function(*args, **kwargs)
            self._running = True
            try:
                seconds, result = timed(lambda: function(*args, **kwargs))
            finally:
                self._running = False
            self.seconds[function.__name__] += seconds
            return result

        return clocked

    @contextmanager
    def watching(self, *functions: Callable[..., Any]) -> Iterator[None]:
        """Inside, every module of the package calls these functions by the clock."""
        modules = [
            module for name, module in sys.modules.items() if name.split(".")[0] == "explorer"
        ]
        with ExitStack() as stack:
            for function in functions:
                clocked = self._around(function)
                for module in modules:
                    for name, value in list(vars(module).items()):
                        if value is function:
                            stack.enter_context(patch.object(module, name, clocked))
            yield


class Screen:
    """The app with one reader, in this process: what would be sent is made in full, and counted."""

    def __init__(self) -> None:
        import panel as pn
        from bokeh.document import Document
        from bokeh.protocol import Protocol

        from explorer import Explorer

        pn.extension("tabulator")
        self._protocol, self._hold = Protocol(), pn.io.hold
        self._events: list[Any] = []
        self.scenario = Scenario.load(WORLD)
        self.explorer = Explorer(self.scenario)
        self.document = Document()
        self.document.add_root(pn.panel(self.explorer).get_root(self.document))
        self.document.callbacks.on_change_dispatch_to(self)

    def _document_patched(self, event: Any) -> None:
        """What Bokeh calls for every change that a reader must hear of."""
        self._events.append(event)

    def update(self, change: Callable[[], None]) -> str:
        """Change the scenario, let every view follow, and write the message to the reader."""
        self._events.clear()
        self.document.hold("combine")
        change()
        self.document.unhold()
        message = self._protocol.create("PATCH-DOC", self._events)
        text = message.header_json + message.metadata_json + message.content_json
        for buffer in message._buffers:
            buffer.to_bytes()
        return text


@dataclass(frozen=True)
class Update:
    """What one move costs the server, and what a solve costs. [s]"""

    whole: float
    solve: float
    trace: float
    highs: float
    warm: float


@cache
def updates() -> list[Update]:
    """Every slider dragged from end to end and thrown about, all views on screen."""
    warm, found = Warm(), []
    for move, low, high in MOVES.values():
        screen = Screen()
        thrown = np.random.default_rng(0).uniform(low, high, UPDATES)
        for value in [*np.linspace(low, high, UPDATES + 1)[1:], *thrown]:
            change, clock = partial(move, screen.scenario, float(value)), Clock()
            with clock.watching(build_network, solve_network, trace):
                whole, message = timed(partial(screen.update, change))
            check_cost(message, screen.scenario)
            solved = clock.seconds["build_network"] + clock.seconds["solve_network"]
            ours, highs = warm.follow(build_network(screen.scenario))
            found.append(Update(whole, solved, clock.seconds["trace"], highs, ours))
    return found


def check_cost(message: str, scenario: Scenario) -> None:
    """What the reader is shown must be what Python solves."""
    cost = shown_cost(message)
    if cost is not None:  # totals that stay the same are not sent again
        agree(cost, float(format_number(solve(scenario).cost_usd_per_h).replace(",", "")))


@row("server's work for one move: all views and the message", "HiGHS itself, warm, whole matrix", 2)
def update_of_views() -> Pairs:
    for update in updates():
        yield update.whole - update.solve - update.trace, update.highs


@row("the same", "our own warm solve")
def update_against_ours() -> Pairs:
    for update in updates():
        yield update.whole - update.solve - update.trace, update.warm


@row("the same, with network and placement", "HiGHS itself, warm, whole matrix")
def update_with_solve() -> Pairs:
    for update in updates():
        yield update.whole - update.trace, update.highs


@row("the same, with the whole frontier too", "HiGHS itself, warm, whole matrix")
def update_with_frontier() -> Pairs:
    for update in updates():
        yield update.whole, update.highs


# A page opened


async def open_and_close(server: Server) -> Opening:
    reader = await Reader.open(server)
    await reader.close()
    return reader.opening


@cache
def openings() -> list[tuple[Opening, Opening]]:
    """The app and a bare page, opened in turns, after each was opened once."""
    with servers.wattlas() as app, servers.panel(servers.PAGES / "bare.py") as bare:
        pairs = [
            (asyncio.run(open_and_close(app)), asyncio.run(open_and_close(bare)))
            for _ in range(WARM + OPENINGS)
        ]
    return pairs[WARM:]


@row("open a session: from request to document", "a page of the template with one slider", 3)
def opening_to_document() -> Pairs:
    for ours, bare in openings():
        yield ours.document_s, bare.document_s


@row("the same, from request to HTML", "a page of the template with one slider")
def opening_to_html() -> Pairs:
    for ours, bare in openings():
        yield ours.html_s, bare.html_s
