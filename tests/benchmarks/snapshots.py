"""
The rows of the snapshot: how long it takes to make, how large it is, and how fast a slider in it
paints.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer import Scenario
from explorer.app.snapshot.write import Snapshot, write_snapshot
from tests.benchmarks.page import PLOTS, QUIET_MS, SLIDERS, Tab, chromium, strokes
from tests.benchmarks.solving import WORLD
from tests.benchmarks.table import Pairs, row

PRESSES = 8  # of each slider, to and fro


@cache
def made() -> tuple[Snapshot, float, list[float]]:
    """
    A snapshot with the sliders that it has when none are asked for; what it took, and seconds to
    paint in it. [s]
    """
    with TemporaryDirectory() as folder, chromium() as browser:
        begun = time.perf_counter()
        snapshot = write_snapshot(Scenario.load(WORLD), Path(folder) / "world.html")
        took_s = time.perf_counter() - begun
        tab = Tab(browser, snapshot.path.as_uri(), PLOTS, {"totals": ".totals"}, QUIET_MS)
        painted_s = [
            max(tab.press(label, "ArrowRight" if turn % 2 else "ArrowLeft").values(), default=0.0)
            for turn in range(PRESSES)
            for label in SLIDERS.values()
        ]
    return snapshot, took_s, [seconds for seconds in painted_s if seconds]


@row("snapshot of world-2025, 1,024 states: size", "-", 6, "MB")
def size() -> Pairs:
    snapshot, _, _ = made()
    assert snapshot.states >= 1000
    yield snapshot.size_bytes / 1e6, 1


@row("the same: time to make", "-", 60, "s")
def making() -> Pairs:
    _, took_s, _ = made()
    yield took_s, 1


@row("the same: key press to painted views", "the served app", 1)
def painting() -> Pairs:
    served = sorted(max(stroke.painted_s.values()) for stroke in strokes())
    yield from zip(sorted(made()[2]), served, strict=False)
