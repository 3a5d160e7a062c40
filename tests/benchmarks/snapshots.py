"""
The rows of the snapshot: how long it takes to make, how large it is, and how soon it and the served
page paint, when they are opened and after a key press.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from explorer import Scenario
from explorer.app.snapshot.write import Snapshot, write_snapshot
from tests.benchmarks import servers
from tests.benchmarks.page import (
    ALTERNATING,
    PLOTS,
    QUIET_MS,
    SLIDERS,
    Tab,
    check_totals,
    chromium,
    opened_s,
)
from tests.benchmarks.solving import WORLD
from tests.benchmarks.table import Pairs, row

PRESSES = 8  # of each slider
OPENINGS = 6
READERS, WARM, REPEATS = 300, 4, 3
FIRST = {"map", "totals"}  # before frontier and break-even
TOTALS = {"totals": ".totals"}


@contextmanager
def made() -> Iterator[tuple[Snapshot, float]]:
    """A snapshot, and how long it took. [s]"""
    with TemporaryDirectory() as folder:
        begun = time.perf_counter()
        snapshot = write_snapshot(Scenario.load(WORLD), Path(folder) / "world.html")
        yield snapshot, time.perf_counter() - begun


@cache
def size_and_time() -> tuple[float, float]:
    with made() as (snapshot, took_s):
        return snapshot.size_bytes / 1e6, took_s


@row("snapshot of world-2025: size", "-", 6, "MB")
def size() -> Pairs:
    yield size_and_time()[0], 1


@row("the same: time to make", "-", 60, "s")
def making() -> Pairs:
    yield size_and_time()[1], 1


@row("the same: key press to painted map and totals", "the served app", 1)
def painting() -> Pairs:
    with made() as (snapshot, _), servers.wattlas() as app, chromium() as browser:
        tabs = [
            Tab(browser, url, PLOTS, TOTALS, QUIET_MS)
            for url in (snapshot.path.as_uri(), app.page_url)
        ]
        for turn in range(PRESSES):
            for slider, label in SLIDERS.items():
                key = "ArrowLeft" if slider in ALTERNATING and turn % 2 else "ArrowRight"
                ours, served = (tab.press(label, key) for tab in tabs)
                if ours.keys() & served.keys() >= FIRST:  # else nothing moved: see `strokes`
                    yield tuple(max(each[view] for view in FIRST) for each in (ours, served))
        for tab in tabs:
            check_totals(tab)


@row("the same: opened from disk, to the first painted state", "the served page", 0.5)
def opening() -> Pairs:
    with made() as (snapshot, _), servers.wattlas() as app, chromium() as browser:
        for _ in range(OPENINGS):
            yield tuple(
                opened_s(browser, url, PLOTS, TOTALS)
                for url in (snapshot.path.as_uri(), app.page_url)
            )


# A room, each of whom has a computer of his own


@dataclass(frozen=True)
class Room:
    """Until one reader alone, and the last of many at once, has the page; the server's memory before and then."""

    alone_s: float
    last_s: float
    before_mb: float
    most_mb: float


@cache
def rooms() -> list[Room]:
    async def run(server: servers.Server) -> list[Room]:
        await in_page_s(server, WARM)
        found = []
        for _ in range(REPEATS):
            alone = [await in_page_s(server, 1) for _ in range(WARM)]
            server.forget_peak()
            before_mb, last_s = server.resident_mb(), await in_page_s(server, READERS)
            found.append(Room(median(alone), last_s, before_mb, server.peak_mb()))
        return found

    with servers.wattlas(1, "--in-page", path="in-page") as server:
        return asyncio.run(run(server))


async def in_page_s(server: servers.Server, count: int) -> float:
    """How long it takes until the last of so many at once has the whole page."""
    begun = time.perf_counter()
    await asyncio.gather(*(_downloaded(server) for _ in range(count)))
    return time.perf_counter() - begun


async def _downloaded(server: servers.Server) -> None:
    """As a browser on another computer does, but for what it makes of the page."""
    reader, writer = await asyncio.open_connection(servers.HOST, server.port, limit=2**20)
    writer.write(
        f"GET {server.path} HTTP/1.1\r\nHost: {servers.HOST}:{server.port}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert head.startswith(b"HTTP/1.1 200") and length, head
    left = int(length[1])
    while left:
        part = await reader.read(left)
        assert part, "The server hung up."
        left -= len(part)
    writer.close()


@row("300 readers at once at --in-page: the last page complete", "one reader", 12)
def room_complete() -> Pairs:
    """What is painted on a computer of one's own takes as long for one as for all."""
    with made() as (snapshot, _), chromium() as browser:
        url = snapshot.path.as_uri()
        painted_s = median(opened_s(browser, url, PLOTS, TOTALS) for _ in range(OPENINGS))
    for room in rooms():
        yield room.last_s + painted_s, room.alone_s + painted_s


@row("the same, until the last has the file alone", "one reader")
def room_served() -> Pairs:
    for room in rooms():
        yield room.last_s, room.alone_s


@row("the same: most memory of the server", "-", unit="MB")
def room_memory() -> Pairs:
    for room in rooms():
        yield room.most_mb, 1


@row("the same: memory that they add to the server", "-", 10, "MB")
def room_memory_added() -> Pairs:
    for room in rooms():
        yield room.most_mb - room.before_mb, 1
