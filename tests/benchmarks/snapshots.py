"""
The rows of the snapshot: how long it takes to make, how large it is, and how soon it and the served
page paint, when they are opened and after a key press.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
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
