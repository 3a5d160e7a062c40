"""The page that solves itself, served beside the app: in each language once somebody asks for it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tornado.routing import PathMatches, Rule

from explorer.app.address import Address
from explorer.app.file_process import file_made
from explorer.app.gate import Gate
from explorer.app.language import language_of
from explorer.app.snapshot.write import BESIDE, snapshot_page
from explorer.scenario.scenario import Scenario
from explorer.words import ENGLISH

_HEAD_BYTES = 4096  # of a page, in which its policy stands
_POLICY = rb'Content-Security-Policy" content="([^"]*)"'


@dataclass(frozen=True)
class _Answer:
    """A page with what its headers say."""

    page: bytes
    policy: str
    tag: str

    @classmethod
    def of(cls, page: bytes) -> _Answer:
        (policy,) = re.findall(_POLICY, page[:_HEAD_BYTES])
        return cls(page, policy.decode(), f'"{hashlib.sha256(page).hexdigest()}"')


class InPages:
    """
    The page in every language: in English at once, in another when it is first asked for, in a
    process of its own.

    Parameters
    ----------
    scenario : str
        Its name or path.
    board : bool
        Whether what is seen may be submitted to the server's board.

    Raises
    ------
    ExplorerError
        If there can be no such page.
    """

    def __init__(self, scenario: str, board: bool) -> None:
        self._scenario, self._board = scenario, board
        self._english = _Answer.of(_page(scenario, board, ENGLISH))
        self._others: dict[str, asyncio.Future[_Answer]] = {}

    async def answer(self, language: str) -> _Answer:
        """The page in a language, a key of `words.LANGUAGES`."""
        if language == ENGLISH:
            return self._english
        if language not in self._others:
            self._others[language] = asyncio.ensure_future(self._made(language))
        try:
            return await self._others[language]
        except Exception:
            self._others.pop(language, None)  # the next may have more luck
            raise

    async def _made(self, language: str) -> _Answer:
        made = await file_made(
            _write, self._scenario, self._board, language,
            ending=".html", wanted=lambda: True, say=lambda _how_far: None,
        )  # fmt: skip
        return _Answer.of(made)


def _write(target: str, scenario: str, board: bool, language: str) -> None:
    Path(target).write_bytes(_page(scenario, board, language))


def _page(scenario: str, board: bool, language: str) -> bytes:
    world = Scenario.load(scenario)
    return snapshot_page(world, base_url=BESIDE, board=board, language=language)


class InPage(Gate):
    """
    The page that solves itself, the same bytes for all of a language; a browser asks for them once.
    """

    def initialize(self, pages: InPages) -> None:
        self._pages = pages

    async def get(self) -> None:
        found = await self._pages.answer(language_of(self.request.arguments, self.request.headers))
        address: Address = self.settings["address"]
        ancestors = " ".join(["'self'", *address.framed_by])
        if address.framed_by:
            self.clear_header("X-Frame-Options")
        self.set_header("Content-Security-Policy", f"{found.policy}; frame-ancestors {ancestors}")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Vary", "Accept-Language")
        self.set_header("Etag", found.tag)
        if self.check_etag_header():
            self.set_status(304)
            return
        self.set_header("Content-Length", len(found.page))
        await self.flush()  # what is sent along with headers is copied, for every reader
        self.finish(found.page)


def in_page_rules(pages: InPages, prefix: str = "") -> list[Rule]:
    """Where the page that solves itself is served."""
    return [Rule(PathMatches(f"{prefix}/in-page$"), InPage, {"pages": pages})]
