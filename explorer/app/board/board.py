"""The board of a server: its storage, who may do what on it, and the figures and fronts on it."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache, partial
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from explorer.app.board.figures import Figures, figures_of
from explorer.app.board.fronts import Fronts, fronts_of
from explorer.app.board.limits import Limit
from explorer.app.board.predictions import gathered
from explorer.app.board.rules import RefusedError
from explorer.app.board.storage import Room, Storage
from explorer.app.differences import differences
from explorer.app.link.followed import Followed, followed, loaded
from explorer.errors import ExplorerError
from explorer.model.labels import title_shown
from explorer.scenario.history import state_of
from explorer.scenario.known import names
from explorer.scenario.scenario import Scenario
from explorer.words import ANYBODY, ENGLISH, language, tr, writing_for

T = TypeVar("T")
Submitted = tuple[Followed, Figures, str]

FROM_BROWSER = 10  # submissions at once
AT_ONCE = 60  # submissions of an address
ASKED_PER_S = 60.0  # by an address, in the long run
WRONG_CODES = 20  # and wrong keys, of an address
MOST_SHOWN = 300  # submissions on one page
MOST_SAID = 5000  # submissions whose changes are known in words of a language
MOST_WAITING = 100  # submissions whose figures are not there yet: a room, thrice


class Board:
    """
    The board of a server.

    Parameters
    ----------
    where : str
        Of its storage.
    opened : str
        Name or path of the scenario that the server was started with.

    Raises
    ------
    ExplorerError
        If the storage cannot be opened.
    """

    def __init__(self, where: str, opened: str) -> None:
        self.storage = Storage(where)
        self.opened = opened
        self.key = secrets.token_urlsafe(24)  # of the facilitator
        self.submitting = Limit(burst=AT_ONCE, per_s=1.0)  # a room behind one address, at once
        self.repeating = Limit(burst=FROM_BROWSER, per_s=0.2)
        self.predicting = Limit(burst=AT_ONCE, per_s=1.0)
        self.wrong = Limit(burst=WRONG_CODES, per_s=0.1)  # codes and keys
        self.reading = Limit(burst=300, per_s=ASKED_PER_S)  # boards that look for news
        self._waiting = 0
        # processes part after this: a pool starts its threads when it is first asked
        self._storing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="board")
        self._fronts: dict[str, Future[Fronts]] = {}
        self._tracing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fronts")
        self._solving = ThreadPoolExecutor(max_workers=1, thread_name_prefix="figures")

    def room(self) -> Room:
        """The newest room that is open; a new one, if there is none."""
        found = next((room for room in self.storage.rooms() if room.is_open), None)
        room = found or self.storage.open_room()
        self.storage.disconnect()
        return room

    def is_facilitator(self, key: object) -> bool:
        """Whether somebody has the key, found out in the same time whatever is given."""
        given = key if isinstance(key, str) else ""
        return secrets.compare_digest(given.encode(errors="replace"), self.key.encode())

    def teams(self, code: str) -> list[dict[str, Any]]:
        """The latest submission of each team of a room to each scenario, in order of time."""
        latest: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self.storage.submissions(code):
            place = row["team"], row["scenario"]
            tries = latest.pop(place, {"tries": 0})["tries"] + 1
            shown = ("name", "scenario", "link", "changes", "submitted_s", *Figures.names())
            latest[place] = {name: row[name] for name in shown} | {"tries": tries}
        return [self._said(row) for row in [*latest.values()][-MOST_SHOWN:]]

    def _said(self, row: dict[str, Any]) -> dict[str, Any]:
        """A submission with its changes in the language that is spoken."""
        if language() == ENGLISH:
            return row
        return row | {"changes": _changes(row["link"], self.opened, language()) or row["changes"]}

    def predictions(self, code: str) -> list[dict[str, Any]]:
        """What a room has predicted, by question."""
        return gathered(self.storage.guesses(code), self.opened)

    def scenario(self, name: object) -> Scenario:
        """A scenario of this server as it is opened, or a `RefusedError`."""
        if not isinstance(name, str) or (name and name not in names()):
            raise RefusedError(404, tr("There is no such scenario here."))
        return loaded(name or self.opened)

    def fronts(self, name: str) -> Fronts | None:
        """The fronts of a scenario; None until they are found, which begins when they are asked for."""
        scenario, found = self.scenario(name), self._fronts.get(name)
        if found is None:
            found = self._tracing.submit(fronts_of, scenario)
            self._fronts[name] = found
        try:
            traced = found.result() if found.done() else None
        except ExplorerError as error:
            raise RefusedError(422, tr("There are no fronts: {}", error.what)) from error
        return traced and traced | {"title": title_shown(scenario)}

    async def stored(self, work: Callable[..., T], *arguments: Any) -> T:
        """What the storage says to a question, or a `RefusedError`."""
        try:
            return await _run(self._storing, work, *arguments)
        except SQLAlchemyError as error:
            raise RefusedError(503, tr("The board cannot be reached now. Try again.")) from error

    async def evaluated(self, link: str) -> Submitted:
        """The state that a link names, what it comes to, and what was changed, in English."""
        return await self.solved(_evaluate, link, self.opened)

    async def solved(self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of work that takes a moment, one after the other; or a `RefusedError`."""
        if self._waiting >= MOST_WAITING:
            raise RefusedError(503, tr("Too many teams submit at once. Try again in a moment."))
        self._waiting += 1
        try:
            return await _run(self._solving, work, *arguments)
        except ExplorerError as error:
            raise RefusedError(422, f"{error.what} {error.fix}") from error
        finally:
            self._waiting -= 1


async def _run(pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T:
    """The result of work in a thread, its words in the language that is spoken here."""
    spoken = partial(copy_context().run, work, *arguments)
    return await asyncio.get_running_loop().run_in_executor(pool, spoken)


def _evaluate(link: str, opened: str) -> Submitted:
    there = followed(link, opened)
    with writing_for(ANYBODY):
        changes = _in_words(there, opened)
    return there, figures_of(there.scenario), changes


@lru_cache(maxsize=MOST_SAID)
def _changes(link: str, opened: str, _language: str) -> str | None:
    """What a link changes, in the language that is spoken; None where it is of other times."""
    try:
        return _in_words(followed(link, opened), opened)
    except ExplorerError:
        return None


def _in_words(there: Followed, opened: str) -> str:
    before, now = (state_of(it) for it in (loaded(there.name or opened), there.scenario))
    return tr("; ").join(differences(there.scenario, before, now))


def digest(token: str) -> str:
    """What is kept of the secret of a browser."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
