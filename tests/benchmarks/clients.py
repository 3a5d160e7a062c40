"""
Readers without a screen: they open a page, move a slider and note what arrives, decoding as little
as possible.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.benchmarks.servers import Server

PATIENCE_S = 120.0
LARGEST_MESSAGE_BYTES = 64 * 2**20
# what a browser says once it has drawn the page; before that, the server tells it of no changes
READY = {
    "kind": "MessageSent",
    "msg_type": "bokeh_event",
    "msg_data": {
        "type": "event",
        "name": "document_ready",
        "values": {"type": "map", "entries": []},
    },
}
COST = re.compile(r'data-total="cost".*?class="value">([\d,.]+)', re.DOTALL)
ANSWER = re.compile(
    r'"attr":\s*"news",\s*"new":\s*"\[(\d+)'
)  # of the controls, and of the link in the address, with the serial of what they answer
MOST_UNDER_WAY, APART_S = 3, 0.1  # messages, as `bridge.js` has it
SHARED = re.compile(r'"attr":\s*"is_shared",\s*"new":\s*(true|false)')
SPAN_OF_COST = 1500  # characters behind the mark within which the figure stands


@dataclass(frozen=True)
class Opening:
    """How long a page took to open. [s]"""

    html_s: float
    document_s: float


@dataclass
class Reader:
    """One open page. `shown` is when which cost arrived: (seconds, USD/h)."""

    socket: WebSocketClientConnection
    opening: Opening
    _document: str  # as JSON, in which nobody has looked: a crowd has one interpreter here
    shown: list[tuple[float, float]] = field(default_factory=list)
    _listening: asyncio.Task[None] | None = None
    _panel: str = ""
    _serial: int = 0
    _under_way: dict[int, float] = field(default_factory=dict)  # since when, by serial
    _took_s: float = 0.0  # the last answer
    _is_shared: bool = False
    _unsent: dict[str, float] = field(default_factory=dict)

    @classmethod
    async def open(cls, server: Server) -> Reader:
        """As a browser does: the page, its token, a second connection, the document."""
        start = time.perf_counter()
        page = await _get(server.page_url)
        html_s = time.perf_counter() - start
        token = re.search(r'"token":\s*"([^"]+)"', page)
        assert token, page[:2000]
        request = HTTPRequest(
            server.socket_url, connect_timeout=PATIENCE_S, request_timeout=PATIENCE_S
        )
        socket = await websocket_connect(
            request, subprotocols=["bokeh", token[1]], max_message_size=LARGEST_MESSAGE_BYTES
        )
        await _receive_until(
            socket, "ACK"
        )  # a process that has not seen this session makes it first
        await _send(socket, "PULL-DOC-REQ", {})
        content = await _receive_until(socket, "PULL-DOC-REPLY")
        document_s = time.perf_counter() - start
        await _send(socket, "PATCH-DOC", {"events": [READY]})
        return cls(socket, Opening(html_s, document_s), content)

    def listen(self) -> None:
        """Note from now on what arrives; the sliders of the document can be moved."""
        (panel,) = (
            model
            for model in _models(json.loads(self._document)["doc"])
            if {"groups", "values"} <= model.get("attributes", {}).keys()
        )
        self._panel = panel["id"]
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            _, content = await _receive(self.socket)
            cost = shown_cost(content)
            if cost is not None:
                self.shown.append((time.perf_counter(), cost))
            for told in SHARED.findall(content):
                self._is_shared = told == "true"
            for serial in map(int, ANSWER.findall(content)):
                await self._go_on(serial)

    async def _go_on(self, answered: int) -> None:
        """A message is answered, and those before it."""
        if answered in self._under_way:
            self._took_s = time.perf_counter() - next(iter(self._under_way.values()))
            self._under_way = {one: at for one, at in self._under_way.items() if one > answered}
            await self._send_newest()

    async def move(self, slider: str, value: float) -> float:
        """
        Move a slider as the page does, where the newest value waits while messages are under way;
        when. [s]

        What may follow one does so with the next move, which a drag soon makes.
        """
        now = time.perf_counter()
        self._unsent[slider] = value
        await self._send_newest()
        return now

    async def _send_newest(self) -> None:
        if self._unsent and self._has_room():
            self._serial += 1
            self._under_way[self._serial] = time.perf_counter()
            message, self._unsent = json.dumps([self._serial, self._unsent]), {}
            change = {
                "kind": "ModelChanged",
                "model": {"id": self._panel},
                "attr": "sent",
                "new": message,
            }
            await _send(self.socket, "PATCH-DOC", {"events": [change]})

    def _has_room(self) -> bool:
        if not (self._under_way and self._is_shared):
            return not self._under_way
        since_s = time.perf_counter() - max(self._under_way.values())
        is_due = since_s >= max(self._took_s / MOST_UNDER_WAY, APART_S)
        return is_due and len(self._under_way) < MOST_UNDER_WAY

    async def until_shown(self, wanted: Callable[[float], bool], patience_s: float) -> None:
        """Wait for a cost to arrive, but not for ever."""
        end = time.perf_counter() + patience_s
        while not any(wanted(cost) for _, cost in self.shown) and time.perf_counter() < end:
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        if self._listening:
            self._listening.cancel()
        self.socket.close()
        while await self.socket.read_message() is not None:
            pass


def shown_cost(content: str) -> float | None:
    """The cost among new totals, if a message brings them. [USD/h]"""
    at = content.find("data-total")
    if at < 0:
        return None
    found = COST.search(html.unescape(content[at : at + SPAN_OF_COST]).replace('\\"', '"'))
    return float(found[1].replace(",", "")) if found else None


async def _get(url: str) -> str:
    client = AsyncHTTPClient(force_instance=True)  # the shared one lets ten requests out at a time
    try:
        return (
            await client.fetch(url, connect_timeout=PATIENCE_S, request_timeout=PATIENCE_S)
        ).body.decode()
    finally:
        client.close()


async def _send(socket: WebSocketClientConnection, kind: str, content: dict[str, Any]) -> None:
    for fragment in ({"msgid": "0", "msgtype": kind}, {}, content):
        await socket.write_message(json.dumps(fragment))


async def _receive(socket: WebSocketClientConnection) -> tuple[dict[str, Any], str]:
    """Header and content of the next message; its buffers are read and dropped."""
    fragments = [await _read(socket) for _ in range(3)]
    header = json.loads(fragments[0])
    for _ in range(2 * header.get("num_buffers", 0)):
        await _read(socket)
    return header, str(fragments[2])


async def _receive_until(socket: WebSocketClientConnection, kind: str) -> str:
    """Content of the first message of a kind; changes that arrive before it are passed over."""
    header, content = await _receive(socket)
    while header["msgtype"] != kind:
        header, content = await _receive(socket)
    return content


async def _read(socket: WebSocketClientConnection) -> str | bytes:
    fragment = await socket.read_message()
    if fragment is None:
        raise ConnectionError("The server closed the connection.")
    return fragment


def _models(value: Any) -> Iterator[dict[str, Any]]:
    """Every object with an id in a document, however deep."""
    if isinstance(value, dict):
        if value.get("type") == "object" and "id" in value:
            yield value
        for part in value.values():
            yield from _models(part)
    elif isinstance(value, list):
        for part in value:
            yield from _models(part)
