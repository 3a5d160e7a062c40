"""
The menu behind the button of each card: its picture for print, its table for a spreadsheet. A file
is made when it is asked for, of what is seen then.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

from explorer.app.component import Component
from explorer.app.file_process import file_made
from explorer.app.live.scheduler import LiveRunner
from explorer.app.live.taken import Takeable, Taken
from explorer.app.take_home.printed import draw
from explorer.errors import ExplorerError, told
from explorer.model.labels import plain_table
from explorer.report import csv_text
from explorer.words import tr
from explorer.workbook import write_workbook

PICTURES, TABLES = ("png", "svg"), ("csv", "xlsx")
_HERE = Path(__file__)


class TakeHome(Component):
    """
    One menu for all cards of a page, which says what it makes and hands the file to the browser.

    Parameters
    ----------
    cards : callable
        The cards that have been made.
    """

    file = param.String(doc="A file to save: JSON of name and Base64; empty again once saved.")
    said = param.String(doc="What is being made, or why it was not; empty otherwise.")

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(self, cards: Callable[[], Iterable[object]]) -> None:
        super().__init__(margin=0)
        self._cards, self._runner = cards, LiveRunner()
        self._is_busy = False

    def _handle_msg(self, data: Any) -> None:
        match data:
            case {"take": str(title), "as": str(kind)} if kind in (*PICTURES, *TABLES):
                self._take(title, kind)
            case {"saved": _}:
                self.file = ""

    def _take(self, title: str, kind: str) -> None:
        card = self._card(title)
        if card is None or self._is_busy:
            return
        taken, self.said = card.taken(), ""  # so that what is said twice is heard twice
        if taken is None:
            self.said = tr("There is nothing to take home yet: it is being worked out.")
            return
        self._is_busy = True
        self.said = tr("Making {} …", f"{taken.name}.{kind}")
        if kind in TABLES:
            self._runner.run_in_thread(lambda: _table_or_error(taken, kind), self._hand_over)
        else:
            pn.state.execute(partial(self._draw, taken, kind))

    def _card(self, title: str) -> Takeable | None:
        there = (card for card in self._cards() if isinstance(card, Takeable))
        return next((card for card in there if tr(card.title) == title), None)

    async def _draw(self, taken: Taken, kind: str) -> None:
        try:
            found: Any = await file_made(
                draw, taken.picture, ending=f".{kind}", say=lambda _words: None,
                wanted=self._runner.is_there,
            )  # fmt: skip
        except Exception as error:
            found = told(error)
        self._hand_over((f"{taken.name}.{kind}", found))

    def _hand_over(self, made: tuple[str, bytes | ExplorerError]) -> None:
        self._is_busy = False
        name, data = made
        if isinstance(data, ExplorerError):
            self.said = f"{data.what} {data.fix}"
            return
        self.said = ""
        self.file = json.dumps({"name": name, "data": b64encode(data).decode()})


def _table_or_error(taken: Taken, kind: str) -> tuple[str, bytes | ExplorerError]:
    name = f"{taken.name}.{kind}"
    try:
        return name, _table(taken, kind)
    except Exception as error:  # somebody waits for an end
        return name, told(error)


def _table(taken: Taken, kind: str) -> bytes:
    table = plain_table(taken.table)
    if kind == "csv":
        return csv_text(table).encode()
    book = BytesIO()
    write_workbook({taken.name: table}, book)
    return book.getvalue()
