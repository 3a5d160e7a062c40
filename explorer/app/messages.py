"""What a browser may send over its live connection, and what comes of anything else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bokeh.protocol import Protocol
from bokeh.protocol.message import Message
from panel.io.document import dispatch_tornado
from tornado.concurrent import chain_future
from tornado.websocket import WebSocketClosedError

from explorer.app.alike import Opening

if TYPE_CHECKING:
    from bokeh.server.views.ws import WSHandler as _Handler
else:
    _Handler = object

MOST_BYTES = (
    256 * 1024
)  # of a message; the longest that a page sends, of everything in a link, has some thousand
MOST_DEPTH = 20
BURST, PER_S = (
    1500,
    600,
)  # fragments, of which a message has three: a page that opens sends some hundred messages
PULL_COST = 300  # asking for a whole document is as much work as many messages
REFUSED = "The message was refused."
_NOT_UNDERSTOOD = 1008  # a websocket's code for "policy violation"
_MOST_LOGGED = 10
_PLAIN = ("number", "map", "array", "set")  # forms of values that hold nothing but values
_log = logging.getLogger("wattlas")
_open: set[Connection] = set()  # of this process


class RefusedError(Exception):
    """A message that no page of this app sends."""


class Whole(_Handler):
    """
    Bokeh's live connection, whose messages are written in one go. Bokeh's own lets others have
    their turn between the parts of one, and what an answer changes waits for 10 ms if its turn is
    there.
    """

    async def send_message(self, message: Message[Any]) -> None:
        connection: Any = SimpleNamespace(_socket=self)  # there is none before a session is
        with suppress(WebSocketClosedError):  # who has left is noticed elsewhere
            with await self.write_lock.acquire(), self.in_one_piece():
                parts = dispatch_tornado(connection, msg=message)
            await asyncio.gather(*parts)

    @contextmanager
    def in_one_piece(self) -> Iterator[None]:
        """What is written inside goes to the network together, not as one piece for each part."""
        connection: Any = self.ws_connection
        if connection is None:
            yield
            return
        stream, pieces, sent = connection.stream, list[bytes](), asyncio.Future[None]()

        def write(piece: bytes) -> asyncio.Future[None]:
            pieces.append(bytes(piece))
            return sent

        connection.stream = SimpleNamespace(write=write, closed=stream.closed)
        try:
            yield
        finally:
            connection.stream = stream
            if pieces:
                chain_future(stream.write(b"".join(pieces)), sent)


class Connection(Opening):
    """
    Bokeh's live connection, for browsers that may be hostile.

    A message is answered before the next is read, so a flood waits in its own connection. What goes
    wrong over a message is told to its browser in a word, and to the log in a line.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pace = _Pace()
        self._logged = 0

    async def on_message(self, fragment: str | bytes) -> None:
        await self._pace.turn()
        try:
            if isinstance(fragment, bytes):
                raise RefusedError("binary data")
            message = await self.receiver.consume(fragment)  # pyright: ignore[reportOptionalMemberAccess]
            if message is not None and not isinstance(message.header.get("msgid"), str):
                raise RefusedError("a message without its number")
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            self._note(error)  # nobody knows where the next message begins
            self.close(_NOT_UNDERSTOOD, REFUSED)
            return
        if message is not None:
            await self.send_message(await self._reply(message))

    async def _reply(self, message: Any) -> Any:
        try:
            if message.msgtype == "PULL-DOC-REQ":
                await self._pace.turn(PULL_COST)
                return await self.document(message)
            await self.until_made()
            if message.msgtype != "PATCH-DOC":
                raise RefusedError(f"a message of type {message.msgtype!r}")
            refuse_strange(message.content)
            connection: Any = self.connection
            return await connection.session.patch(message, connection)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            self._note(error)
        # out here, where Bokeh finds no traceback to send along
        return Protocol().create("ERROR", message.header["msgid"], REFUSED)

    async def _async_open(self, token: str) -> None:
        if self.has_left():  # who has left for good would count as open
            return
        _open.add(self)
        self._count_pages()  # before this one's session is made, which takes a while
        try:
            await super()._async_open(token)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            self.refuse(error)
        else:
            _log.info("A page has connected; %d open", len(_open))

    def refuse(self, error: BaseException) -> None:
        self._leave()
        self._note(error)
        self.close(_NOT_UNDERSTOOD, REFUSED)

    def on_close(self) -> None:
        super().on_close()
        if self in _open:
            self._leave()
            _log.info("A page has left; %d open", len(_open))

    def _leave(self) -> None:
        _open.discard(self)
        self._count_pages()

    def _count_pages(self) -> None:
        on_pages = self.settings.get("on_pages")  # where processes share the pages
        if on_pages is not None:
            on_pages(len(_open))

    def _note(self, error: BaseException) -> None:
        self._logged += 1
        if self._logged <= _MOST_LOGGED:
            _log.error("A message of a browser: %s", brief(error))


class _Pace:
    """How fast one connection may go: a lot at once, less for long. Whoever is faster waits."""

    def __init__(self) -> None:
        self._left, self._at_s = float(BURST), time.monotonic()

    async def turn(self, cost: int = 1) -> None:
        now_s = time.monotonic()
        self._left = min(BURST, self._left + (now_s - self._at_s) * PER_S) - cost
        self._at_s = now_s
        await asyncio.sleep(max(0.0, -self._left / PER_S))  # zero lets others have their turn too


def refuse_strange(content: Any) -> None:
    """
    Raise `RefusedError` for anything but changes of properties to plain values, and events.

    A page may not add models, replace a document, or write into columns, which users share.

    >>> refuse_strange({"events": [{"kind": "ModelChanged", "model": {"id": "p1"}, "attr": "active", "new": True}]})
    """
    match content:
        case {"events": list(events), **more} if not more:
            for event in events:
                _refuse_strange_event(event)
        case _:
            raise RefusedError("a patch of another shape")


def _refuse_strange_event(event: Any) -> None:
    match event:  # and nothing more: Bokeh would unpack that too, whatever it is
        case {
            "kind": "ModelChanged",
            "model": {"id": str(), **none},
            "attr": str(),
            "new": new,
            **more,
        }:
            strange = none or more
        case {
            "kind": "MessageSent",
            "msg_type": "bokeh_event",
            "msg_data": {"type": "event", **new},
            **more,
        }:
            strange = more
        case _:
            raise RefusedError("an event of a kind that no page sends")
    if strange:
        raise RefusedError("an event with more than it needs")
    _refuse_unless_plain(new)


def _refuse_unless_plain(value: Any, depth: int = 0) -> None:
    if depth > MOST_DEPTH:
        raise RefusedError("values nested too deeply")
    if isinstance(value, dict):
        if value.get("type", "map") not in _PLAIN:
            raise RefusedError(f"a value of type {value['type']!r}")
        parts = value.values()
    elif isinstance(value, list):
        parts = value
    else:
        return
    for part in parts:
        _refuse_unless_plain(part, depth + 1)


def brief(error: BaseException | None) -> str:
    """An error in one line, for the log."""
    last = error.__traceback__ if error is not None else None
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = (
        f" ({Path(last.tb_frame.f_code.co_filename).name}, line {last.tb_lineno})" if last else ""
    )
    return f"{type(error).__name__}: {str(error)[:200]!r}{where}"
