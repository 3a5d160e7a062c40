"""What commands share: how they say what is going on, and what is not there."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TextIO

from tqdm import tqdm

from explorer.errors import ExplorerError
from explorer.scenario import validation

PROGRESS_AFTER_S = 1.0
STDOUT = Path("/dev/stdout")  # written through, where another device is refused


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on the terminal what is going on, and for how long, once that takes over a second."""
    done = Event()

    def tick() -> None:
        with tqdm(
            desc=what,
            bar_format="{desc}: {elapsed}",
            delay=PROGRESS_AFTER_S,
            leave=False,
            disable=None,
        ) as bar:
            while not done.wait(0.1):
                bar.update()

    ticker = Thread(target=tick)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


def standard_output() -> TextIO:
    """Standard output as a file of its own, for text as it is."""
    return os.fdopen(os.dup(1), "w", encoding="utf-8", newline="")


def refuse_unknown(kind: str, name: str, where: str, known: Collection[str]) -> None:
    """Raise, with the nearest spelling, where a name is none of those known."""
    if name not in known:
        fix = validation.nearest(name, known, "")
        raise ExplorerError(
            f"There is no {kind} {name!r}.", where, f"{fix} Known are {', '.join(known)}.".strip()
        )
