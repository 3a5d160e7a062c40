"""What commands share: how they say what is going on, and what is not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import TextIO

from tqdm import tqdm

from explorer.errors import ExplorerError
from explorer.scenario import validation

PROGRESS_AFTER_S = 1.0
LINE_EVERY_S = 15.0  # in a file or a notebook, where nothing can be wiped out
STDOUT = Path("/dev/stdout")  # written through, where another device is refused


@contextmanager
def progress(what: str) -> Iterator[None]:
    """
    Say what is going on, and for how long: after a second on a line of its own that goes again, or
    in a line every quarter of a minute where standard error is no terminal.
    """
    done = Event()
    tell = _tick if sys.stderr.isatty() else _tell
    ticker = Thread(target=tell, args=(what, done))
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


def _tick(what: str, done: Event) -> None:
    with tqdm(
        desc=what, bar_format="{desc}: {elapsed}", delay=PROGRESS_AFTER_S, leave=False
    ) as bar:
        while not done.wait(0.1):
            bar.update()


def _tell(what: str, done: Event) -> None:
    began = monotonic()
    while not done.wait(LINE_EVERY_S):
        print(f"{what}: {tqdm.format_interval(monotonic() - began)}", file=sys.stderr, flush=True)


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
