"""The signals of a process: looked at every two seconds, once for all of its pages."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

from tornado.ioloop import PeriodicCallback

from explorer.errors import ExplorerError, Problem
from explorer.scenario.signals.signals import HELD_S, Signals
from explorer.scenario.signals.watched import Watch

LOOK_MS = 2000  # between two looks, for which a file has to rest
_log = logging.getLogger("wattlas")


class Follows(Protocol):
    """Who wants to know of news."""

    def on_news(self) -> None:
        """There is something else to see."""
        ...


class Feed:
    """
    What files of signals say, for all pages of a process.

    Files are read in a thread that lives as long as a look takes; pages are told in the event loop.

    Parameters
    ----------
    path : Path
    now : callable
        The time. [s since 1970]
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._watch, self._now = Watch(path), now
        self._followers = WeakSet[Follows]()
        self._polling: PeriodicCallback | None = None
        self._told: tuple[Signals | None, Sequence[Problem], int | None, bool] = (
            None,
            (),
            None,
            False,
        )

    @property
    def signals(self) -> Signals | None:
        """What was read last and can be used."""
        return self._watch.signals

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with the files as they are now; `signals` stand beside it."""
        return self._watch.problems

    @property
    def latest_s(self) -> int | None:
        """The last of the times that is not to come."""
        return None if self.signals is None else self.signals.latest(self._now())

    @property
    def age_s(self) -> float:
        """How long ago that was; 0 where there is none."""
        return 0.0 if self.latest_s is None else self._now() - self.latest_s

    @property
    def is_stale(self) -> bool:
        """Whether something newer should be there by now."""
        return self.age_s > HELD_S

    def begin(self, rest: Callable[[float], None] = time.sleep) -> None:
        """
        Read the files before there are pages.

        Raises
        ------
        ExplorerError
            If there is nothing that can be used.
        """
        self._watch.look()
        rest(LOOK_MS / 1000)
        self._watch.look()
        error = self._watch.error()
        if error is not None:
            raise error

    def start(self) -> None:
        """Look from now on, in the event loop that runs."""
        if self._polling is None:
            self._polling = PeriodicCallback(self.look, LOOK_MS)
            self._polling.start()

    def stop(self) -> None:
        """Look no more."""
        if self._polling is not None:
            self._polling.stop()
            self._polling = None

    def follow(self, follower: Follows) -> None:
        """Tell somebody of news as long as they are there."""
        self._followers.add(follower)

    async def look(self) -> None:
        """Look once, and tell of what is news."""
        try:
            await asyncio.to_thread(self._watch.look)
        except Exception:
            _log.exception("The signals could not be looked at.")
        self._tell()

    def _tell(self) -> None:
        now = (self.signals, self.problems, self.latest_s, self.is_stale)
        if now == self._told:
            return
        if self.problems and self.problems != self._told[1]:
            _log.warning("Signals: %s", self.problems[0])
        self._told = now
        for follower in list(self._followers):
            follower.on_news()


@lru_cache(maxsize=1)
def feed_of(path: str) -> Feed:
    """
    The feed of this process, read.

    Raises
    ------
    ExplorerError
        If there is nothing that can be used.
    """
    where = Path(path)
    if not where.exists():
        fix = "Give a CSV or Parquet file that is there, or a folder of such."
        raise ExplorerError("There is no such file or folder of signals.", path, fix)
    feed = Feed(where)
    feed.begin()
    return feed
