"""
The page that solves itself, served beside the app: in each language, and in other units, once
somebody asks for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tornado.routing import PathMatches, Rule

from explorer.app.address import Address
from explorer.app.file_process import file_made
from explorer.app.gate import Gate
from explorer.app.readers import language_of, units_code
from explorer.app.snapshot.write import BESIDE, snapshot_page
from explorer.scenario.scenario import Scenario
from explorer.words import ENGLISH
from explorer.words.amounts import Units

MOST_KEPT = 12  # pages that are not the first, of some 3 MB each
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
    The page in every language and units: in English, figures as they are, at once; otherwise when
    it is first asked for. Each is made in a process of its own, for what that takes stays taken.

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
        self._usd_per_eur = Scenario.load(scenario).euro.get("usd")
        with ThreadPoolExecutor(1) as thread:  # whatever loop is there for this one
            self._plain = thread.submit(asyncio.run, self._made(ENGLISH, "")).result()
        self._others: OrderedDict[tuple[str, str], asyncio.Future[_Answer]] = OrderedDict()

    async def answer(self, language: str, units: str) -> _Answer:
        """The page in a language, a key of `words.LANGUAGES`, and in units, as far as they are there."""
        reader = language, Units.read(units, self._usd_per_eur).code
        if reader == (ENGLISH, ""):
            return self._plain
        if reader not in self._others:
            self._others[reader] = asyncio.ensure_future(self._made(*reader))
            while len(self._others) > MOST_KEPT:
                self._others.popitem(last=False)
        self._others.move_to_end(reader)
        try:
            return await self._others[reader]
        except Exception:
            self._others.pop(reader, None)  # the next may have more luck
            raise

    async def _made(self, language: str, units: str) -> _Answer:
        made = await file_made(
            _write, self._scenario, self._board, language, units,
            ending=".html", wanted=lambda: True, say=lambda _how_far: None,
        )  # fmt: skip
        return _Answer.of(made)


def _write(target: str, scenario: str, board: bool, language: str, units: str) -> None:
    world = Scenario.load(scenario)
    page = snapshot_page(world, base_url=BESIDE, board=board, language=language, units=units)
    Path(target).write_bytes(page)


class InPage(Gate):
    """
    The page that solves itself, the same bytes for all of a language and units; a browser asks for
    them once.
    """

    def initialize(self, pages: InPages) -> None:
        self._pages = pages

    async def get(self) -> None:
        arguments = self.request.arguments
        language = language_of(arguments, self.request.headers)
        found = await self._pages.answer(language, units_code(arguments))
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
