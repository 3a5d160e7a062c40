"""`wattlas serve` in a process of its own, and what others may ask of it."""

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from unittest.mock import patch

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from explorer.cli import main

Result = TypeVar("Result")
PATIENCE_S = 60  # for a server to start on a slow machine
LOOK_AGAIN_S = 0.02  # who looks without a pause takes the time of what is waited for


def in_own_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """
    The result of a coroutine, whatever loop a browser's tests have left running in this thread.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def wait_until(true: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(LOOK_AGAIN_S)


def command_line(*arguments: str | Path) -> list[str]:
    program = "import sys; from explorer.cli import main; sys.exit(main())"
    return [sys.executable, "-c", program, *map(str, arguments)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """
    `wattlas serve` in a process of its own. It is forked off one that has imported the app and
    drawn what every page shows, which saves what each would spend on that; `command_line` starts
    afresh. `first` is called in the process before anything else.
    """

    def __init__(self, *arguments: object, log: Path, first: Callable[[], object] = list) -> None:
        _start_ready()
        self._process = _READY.Process(target=_serve, args=([*map(str, arguments)], log, first))
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, patience_s: float = PATIENCE_S) -> int | None:
        self._process.join(patience_s)
        return self._process.exitcode


_READY = get_context("forkserver")
_READY.set_forkserver_preload(
    ["servers", "explorer.app.explorer", "explorer.app.server", "drawn_before"]
)


@cache
def _start_ready() -> None:
    """Start what servers are forked off, which Python 3.11 does not tell where tests import from."""
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))):
        ensure_running()


def _serve(arguments: list[str], log: Path, first: Callable[[], object]) -> None:
    """What the forked process does: as a command of its own session, with its words in the log."""
    assert "drawn_before" in sys.modules  # what cannot be imported beforehand is passed over
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    first()
    sys.exit(main(["serve", *arguments]))


@contextmanager
def started(*arguments: object, log: Path, first: Callable[[], object] = list) -> Iterator[Server]:
    """A server that has said where it is, and is no more afterwards."""
    server = Server(*arguments, log=log, first=first)
    try:
        wait_until(lambda: "Ctrl-C" in text_of(log) or server.poll() is not None)
        assert server.poll() is None, log.read_text()
        yield server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def text_of(log: Path) -> str:
    return log.read_text() if log.exists() else ""


@contextmanager
def serving(*arguments: object, log: Path, first: Callable[[], object] = list) -> Iterator[Server]:
    """A server that is stopped by Ctrl-C, which must end it at once and in good order."""
    with started(*arguments, log=log, first=first) as server:
        yield server
        # as a terminal does, to all processes of the command
        os.killpg(server.pid, signal.SIGINT)
        assert server.wait() == 0, log.read_text()


@contextmanager
def served(*arguments: object, folder: Path) -> Iterator[str]:
    """Where a server is, with its log in a folder; no traceback there leads through this project."""
    port, log = free_port(), folder / "server.log"
    with serving(*arguments, "--port", port, log=log):
        yield f"http://127.0.0.1:{port}/"
    assert f"explorer{os.sep}" not in log.read_text()


class Proxy:
    """What stands between a page and its server, and can drop all that it carries."""

    def __init__(self, port: int, server_port: int) -> None:
        self._port, self._server_port = port, server_port
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._ends: set[asyncio.StreamWriter] = set()
        self._listening: asyncio.Server | None = None

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self.carry()
        return self

    def __exit__(self, *_error: object) -> None:
        self.drop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def carry(self) -> None:
        self._do(self._listen())

    def drop(self) -> None:
        """Hang up on all, and answer nobody."""
        self._do(self._hang_up())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _listen(self) -> None:
        self._listening = await asyncio.start_server(self._connect, "127.0.0.1", self._port)

    async def _hang_up(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for end in self._ends:
            end.transport.abort()
        while self._ends:
            await asyncio.sleep(0.01)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond, there = await asyncio.open_connection("127.0.0.1", self._server_port)
        await asyncio.gather(self._pass_on(reader, there), self._pass_on(beyond, writer))

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        self._ends.add(target)
        with suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()
        self._ends.discard(target)


def ask(
    port: int, path: str = "/", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and contents, by exactly that path."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        text = "" if response.status == 101 else response.read().decode(errors="replace")
        return response.status, dict(response.getheaders()), text
    finally:
        connection.close()


def get(port: int, path: str = "/", **headers: str) -> tuple[int, str]:
    status, _headers, text = ask(port, path, **headers)
    return status, text


def token_of(page: str) -> str:
    token = re.search(r'"token":"([^"]+)"', page)
    assert token
    return token[1]


class Reader:
    """A browser as the server knows it: a live connection, on which anything may be sent."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self._sent, self._controls, self._ended = 0, "", False

    async def load(self) -> str:
        """Have the page there: its document."""
        await self.send("PULL-DOC-REQ", {})
        document = await self.answer()
        found = re.search(r'"name":"ControlPanel\d+","id":"(\w+)"', document[1])
        assert found
        self._controls = found[1]
        await self.send("PATCH-DOC", {"events": [EVENT]})
        assert (await self.answer())[0] == "OK"
        return document[1]

    async def send(self, kind: str, content: Any) -> None:
        self._sent += 1
        text = content if isinstance(content, str) else json.dumps(content)
        await self.send_raw(json.dumps({"msgid": str(self._sent), "msgtype": kind}), "{}", text)

    async def send_raw(self, *fragments: str | bytes) -> None:
        for fragment in fragments:
            await self._socket.write_message(fragment, binary=isinstance(fragment, bytes))

    async def say(self, text: str) -> None:
        """Send the controls something."""
        await self.send("PATCH-DOC", {"events": [changed(self._controls, "sent", text)]})

    async def read(self) -> tuple[str, str] | None:
        """Type and contents of the next message, or None if the server has hung up."""
        header = await asyncio.wait_for(self._socket.read_message(), PATIENCE_S)
        if header is None:
            self._ended = True
            return None
        await self._socket.read_message()
        content = await self._socket.read_message()
        for _ in range(2 * json.loads(header).get("num_buffers", 0)):
            await self._socket.read_message()
        return json.loads(header)["msgtype"], str(content)

    async def answer(self) -> tuple[str, str]:
        """What comes back, besides what the server tells by itself."""
        while (message := await self.read()) is not None:
            if message[0] != "PATCH-DOC":
                return message
        return "closed", ""

    async def news(self, serial: int) -> str:
        """The answer of the controls to a message."""
        while (message := await self.read()) is not None:
            if f'"news","new":"[{serial},' in message[1]:
                return message[1]
        raise AssertionError("the server has hung up")

    async def close(self) -> None:
        self._socket.close()
        while not self._ended:  # the end comes once
            self._ended = await self._socket.read_message() is None


@asynccontextmanager
async def connected(port: int, token: str = "") -> AsyncIterator[Reader]:
    """A reader whose token is let in; ConnectionError if it is not."""
    request = HTTPRequest(f"ws://127.0.0.1:{port}/ws")
    reader = Reader(
        await websocket_connect(request, subprotocols=["bokeh", token or token_of(get(port)[1])])
    )
    try:
        if await reader.read() is None:
            raise ConnectionError
        yield reader
    finally:
        await reader.close()


EVENT = {
    "kind": "MessageSent",
    "msg_type": "bokeh_event",
    "msg_data": {"type": "event", "name": "document_ready", "values": {"type": "map"}},
}


def changed(model: str, name: str, value: Any) -> dict[str, Any]:
    return {"kind": "ModelChanged", "model": {"id": model}, "attr": name, "new": value}
