"""
The rows of a workshop: thirty readers who open the page at once and drag at once, and the memory
they take.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from explorer import Scenario, solve
from tests.benchmarks import servers
from tests.benchmarks.clients import PATIENCE_S, Reader
from tests.benchmarks.servers import Server
from tests.benchmarks.solving import WORLD
from tests.benchmarks.table import Pairs, row

CROWD = 30
PROCESSES = 2
WARM = 8  # openings, so that every process has had some
ALONE = 4  # openings of one person, of which the median counts
REPEATS = 3

FRICTION, CARBON_PRICE = "friction_scale", "carbon_price_usd_per_t"  # as the controls name them
STEPS, PAUSE_S = 80, 0.05  # of a drag: as often as a mouse reports that it moved
FRICTIONS = np.linspace(0.3, 2.3, STEPS)
APART = 0.02 / CROWD  # between readers, so that no two ask for the same state

ROOM_S, MOVING_S = 10.0, 2.0  # in a room each drags so long of every so long
TURNS = 2

DRAG_PATIENCE_S = 20.0  # after the last change of a drag

BATCH, EARLY, LATE = (
    20,
    100,
    300,
)  # sessions opened and closed together; after how many memory is read
FORGET_AFTER_MS, LOOK_EVERY_MS = 1000, 500
STEADY_S = 8.0  # Panel collects garbage five seconds after a session ended


async def open_all(server: Server, count: int) -> list[Reader]:
    return list(await asyncio.gather(*(Reader.open(server) for _ in range(count))))


async def close_all(readers: list[Reader]) -> None:
    await asyncio.gather(*(reader.close() for reader in readers))


async def open_in_turn(server: Server, count: int) -> list[float]:
    """One person after another, each alone. [s]"""
    seconds = []
    for _ in range(count):
        readers = await open_all(server, 1)
        seconds.append(readers[0].opening.document_s)
        await close_all(readers)
    return seconds


# Opening


@dataclass(frozen=True)
class Rush:
    """Of people who come at once: until the last has the page, and has an answer to a first move. [s]"""

    page_s: float
    answer_s: float


async def rush(server: Server, count: int) -> Rush:
    start = time.perf_counter()
    readers = await open_all(server, count)
    for reader in readers:
        reader.listen()
    await asyncio.gather(
        *(put(reader, float(FRICTIONS[0] + APART * k)) for k, reader in enumerate(readers))
    )
    answer_s = time.perf_counter() - start
    await close_all(readers)
    return Rush(max(reader.opening.document_s for reader in readers), answer_s)


@cache
def rushes() -> list[tuple[Rush, Rush]]:
    """A crowd, and the median of people who come one after another."""

    async def run(server: Server) -> list[tuple[Rush, Rush]]:
        await open_in_turn(server, WARM)
        found = []
        for _ in range(REPEATS):
            alone = [await rush(server, 1) for _ in range(ALONE)]
            median = Rush(*np.median([[one.page_s, one.answer_s] for one in alone], axis=0))
            found.append((await rush(server, CROWD), median))
        return found

    costs()
    with servers.wattlas(PROCESSES) as server:
        return asyncio.run(run(server))


@row("30 people open the page at once: the last one ready", "one person alone", 12)
def opening_at_once() -> Pairs:
    for crowd, alone in rushes():
        yield crowd.page_s, alone.page_s


@row("the same, until a first move of each is answered", "one person alone")
def answered_at_once() -> Pairs:
    for crowd, alone in rushes():
        yield crowd.answer_s, alone.answer_s


# Dragging


@dataclass(frozen=True)
class Drag:
    """
    Of some readers who drag at once: how old a change was when its figures arrived, and how often
    they changed.
    """

    waits_s: NDArray
    updates: list[int]

    @property
    def p95_s(self) -> float:
        return float(np.quantile(self.waits_s, 0.95))


@cache
def costs() -> tuple[NDArray, NDArray]:
    """
    Frictions [-], and what they make the placement cost [USD/h]: without a carbon price, more costs
    more.
    """
    scenario = Scenario.load(WORLD)
    scenario.carbon_price_usd_per_t = 0.0
    frictions, found = np.linspace(FRICTIONS[0], FRICTIONS[-1] + APART * CROWD, 2 * STEPS), []
    for friction in frictions:
        scenario.friction_scale = float(friction)
        found.append(solve(scenario).cost_usd_per_h)
    assert np.all(np.diff(found) > 0)
    return frictions, np.array(found)


async def come_in(server: Server) -> list[Reader]:
    """A crowd whose sessions are all there, which are made behind their pages."""
    readers = await open_all(server, CROWD)
    for reader in readers:
        reader.listen()
    await asyncio.gather(*(put(reader, float(FRICTIONS[-1])) for reader in readers))
    return readers


async def put(reader: Reader, friction: float) -> None:
    """Without a carbon price and at this friction, with the figures of that on screen."""
    cost = float(np.interp(friction, *costs()))
    reader.shown.clear()
    await reader.move(CARBON_PRICE, 0.0)
    await reader.move(FRICTION, friction)
    await reader.until_shown(lambda shown: abs(shown - cost) < 1e-4 * cost, PATIENCE_S)
    reader.shown.clear()


async def drag(reader: Reader, frictions: NDArray) -> tuple[NDArray, int]:
    """
    Waits of one reader, and how many updates came: the figures tell which change they answer, or a
    later one.

    A change that nothing has answered when patience ends counts as waiting until then.
    """
    expected = np.interp(frictions, *costs())
    enough = expected - (expected[1] - expected[0]) / 2
    sent, start = [], time.perf_counter()
    for step, friction in enumerate(frictions):
        await asyncio.sleep(max(0.0, start + step * PAUSE_S - time.perf_counter()))
        sent.append(await reader.move(FRICTION, float(friction)))
    end = time.perf_counter()
    await reader.until_shown(lambda cost: cost >= enough[-1], DRAG_PATIENCE_S)
    shown = [*reader.shown, (time.perf_counter(), np.inf)]
    waits = [
        next(when for when, cost in shown if when > at and cost >= least) - at
        for at, least in zip(sent, enough, strict=True)
    ]
    return np.array(waits), sum(when <= end for when, _ in reader.shown)


async def drag_all(readers: list[Reader], run_isolated: float) -> Drag:
    paths = [FRICTIONS + run_isolated * k for k in range(len(readers))]
    await asyncio.gather(
        *(put(reader, float(path[0])) for reader, path in zip(readers, paths, strict=True))
    )
    found = await asyncio.gather(
        *(drag(reader, path[1:]) for reader, path in zip(readers, paths, strict=True))
    )
    return Drag(np.concatenate([waits for waits, _ in found]), [updates for _, updates in found])


@cache
def drags() -> list[tuple[Drag, Drag, Drag]]:
    """One reader alone, a crowd of whom each drags elsewhere, and a crowd that drags alike."""

    async def run(server: Server) -> list[tuple[Drag, Drag, Drag]]:
        await open_in_turn(server, WARM)
        readers = await come_in(server)
        found = [
            (
                await drag_all(readers[k : k + 1], 0.0),
                await drag_all(readers, APART),
                await drag_all(readers, 0.0),
            )
            for k in range(REPEATS)
        ]
        await close_all(readers)
        return found

    costs()
    with servers.wattlas(PROCESSES) as server:
        return asyncio.run(run(server))


@row("30 people drag at once: p95 from change to new totals", "one person alone", 8)
def dragging_apart() -> Pairs:
    for alone, run_isolated, _ in drags():
        yield run_isolated.p95_s, alone.p95_s


@row("the same, all drag alike", "one person alone")
def dragging_alike() -> Pairs:
    for alone, _, alike in drags():
        yield alike.p95_s, alone.p95_s


@row("the same, updates in 4 s of whoever gets the fewest", "one person alone", unit="updates")
def fewest_updates() -> Pairs:
    for alone, run_isolated, _ in drags():
        assert min(run_isolated.updates) > 0, "Somebody was starved."
        yield min(run_isolated.updates), min(alone.updates)


# A room: who drags looks at what came out before dragging again


async def look_around(reader: Reader, frictions: NDArray, begins_s: float) -> NDArray:
    """Waits of one reader who drags a part of the way in each turn. [s]"""
    start, waits = time.perf_counter() + begins_s, []
    for turn, part in enumerate(np.split(frictions, TURNS)):
        await asyncio.sleep(max(0.0, start + turn * ROOM_S - time.perf_counter()))
        waits.append((await drag(reader, part))[0])
    return np.concatenate(waits)


async def room(readers: list[Reader]) -> float:
    """Of readers who begin evenly spread over the time of a turn, the 95th percentile. [s]"""
    assert TURNS * MOVING_S == STEPS * PAUSE_S
    paths = [FRICTIONS + APART * (k + 1) for k in range(len(readers))]
    both = [*zip(readers, paths, strict=True)]
    await asyncio.gather(*(put(reader, float(path[0]) - APART) for reader, path in both))
    begins_s = np.linspace(0.0, ROOM_S, len(readers), endpoint=False)
    found = await asyncio.gather(
        *(
            look_around(reader, path, float(at))
            for (reader, path), at in zip(both, begins_s, strict=True)
        )
    )
    return float(np.quantile(np.concatenate(found), 0.95))


@row("30 people, each drags 2 s of 10: p95 to new totals", "one person who does so alone", 3)
def realistic_room() -> Pairs:
    async def run(server: Server) -> list[tuple[float, float]]:
        await open_in_turn(server, WARM)
        readers = await come_in(server)
        found = []
        for _ in range(REPEATS):
            alone = await room(readers[:1])
            found.append((await room(readers), alone))
        await close_all(readers)
        return found

    costs()
    with servers.wattlas(PROCESSES) as server:
        yield from asyncio.run(run(server))


# Memory


@cache
def memory() -> tuple[float, float, float, float]:
    """
    With one session and with a crowd more; after many were opened and closed, and after many more.
    [MB]
    """

    async def steady(server: Server) -> float:
        await asyncio.sleep(STEADY_S)
        return server.resident_mb()

    async def run(server: Server) -> tuple[float, float, float, float]:
        await open_in_turn(server, WARM)
        readers = await open_all(server, 1)
        one = await steady(server)
        readers += await open_all(server, CROWD)
        many = await steady(server)
        await close_all(readers)
        after = {}
        for opened in range(BATCH, LATE + 1, BATCH):
            await close_all(await open_all(server, BATCH))
            if opened in (EARLY, LATE):
                after[opened] = await steady(server)
        return one, many, after[EARLY], after[LATE]

    forget = [
        "--unused-session-lifetime",
        str(FORGET_AFTER_MS),
        "--check-unused-sessions",
        str(LOOK_EVERY_MS),
    ]
    with servers.panel(servers.WORKSHOP, *forget, "--args", WORLD) as server:
        return asyncio.run(run(server))


@row("memory of the server per extra open session", "-", 10, unit="MB")
def memory_per_session() -> Pairs:
    one, many, *_ = memory()
    yield (many - one) / CROWD, 1


@row("memory of the server after 300 sessions came and went", "after 100 of them", 1.1, unit="MB")
def memory_kept() -> Pairs:
    *_, early, late = memory()
    yield late, early
