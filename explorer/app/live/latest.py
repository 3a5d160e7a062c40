"""Longer work of a session of which only what was asked for last counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explorer.errors import ExplorerError, told
from explorer.session import Runner

Asked = tuple[Callable[[], Any], Callable[[Any], None]]


class Latest:
    """
    Does longer work beside the page, of one kind: however often it is asked for, one piece at most
    waits among those of other sessions, and what is outdated by then never begins.

    Parameters
    ----------
    runner : Runner
        Does longer work.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._asked: Asked | None = None
        self._is_under_way = False

    def run(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """
        Hand the result of `work` to `then`, or what went wrong as an `ExplorerError`, unless
        something else is asked for before.
        """
        self._asked = work, then
        if not self._is_under_way:
            self._begin()

    def forget(self) -> None:
        """Drop what was asked for."""
        self._asked = None

    def _begin(self) -> None:
        self._is_under_way = True
        self._runner.run_in_thread(self._do, self._deliver)

    def _do(self) -> tuple[Asked | None, Any]:
        """In the thread: what counts when its turn has come."""
        asked = self._asked
        if asked is None:
            return None, None
        try:
            return asked, asked[0]()
        except Exception as error:
            return asked, told(error)

    def _deliver(self, done: tuple[Asked | None, Any | ExplorerError]) -> None:
        self._is_under_way = False
        asked, found = done
        if self._asked is None:
            return
        if asked is None or asked is not self._asked:
            self._begin()
            return
        self._asked = None
        _, then = asked
        then(found)
