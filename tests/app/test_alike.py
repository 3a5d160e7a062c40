"""Pages that open alike: what they are sent is what their sessions have, or they hear of it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from bokeh.application import Application
from bokeh.application.handlers import FunctionHandler
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Div, Row
from bokeh.server.server import Server
from panel.config import config
from panel.io.server import WSHandler
from servers import EVENT, Reader, connected, free_port, get, in_own_loop, serving, token_of
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from explorer.app import alike as alike_module
from explorer.app import server
from explorer.app.alike import Alike, Likeness, Opening

PHONE = {"User_Agent": "Mobile"}
LEARNT = 2  # pages of a kind: the first has the session with which the server drew it


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    port = free_port()
    with serving("classroom-3x3", "--port", port, log=tmp_path_factory.mktemp("alike") / "log"):
        yield port


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/", {}), ("/?lang=de&units=EUR-yr", {}), ("/?presented", {}), ("/", PHONE)],
)
def test_a_page_whose_kind_is_known_is_sent_at_once_what_its_session_then_has(port, path, headers):
    async def opened() -> list[list[str]]:
        return [await sent_and_made() for _ in range(LEARNT + 1)]

    async def sent_and_made() -> list[str]:
        async with connected(port, token_of(get(port, path, **headers)[1])) as reader:
            return [await document(reader), await document(reader)]

    *_, (sent, made) = in_own_loop(opened())
    assert "ControlPanel00000" in sent
    assert "ControlPanel00000" not in made
    assert unnumbered(sent) == unnumbered(made)


def test_a_page_that_is_sent_before_its_session_is_made_answers_as_soon_as_it_is(port):
    async def answered() -> str:
        for _ in range(LEARNT):
            async with connected(port) as reader:
                await reader.load()
        async with connected(port) as reader:
            assert "ControlPanel00000" in await reader.load()
            await reader.say(json.dumps([1, {"carbon_price_usd_per_t": 150}]))
            return await reader.news(1)

    assert '"news","new":"[1,{}]"' in in_own_loop(answered())  # nothing differs from what was sent


@pytest.mark.parametrize("processes", [1, 2])
def test_the_first_readers_of_a_server_open_like_others(processes, tmp_path):
    """Else each process has them wait until it has loaded, drawn and solved what pages show."""
    port = free_port()

    async def sent() -> list[str]:
        async with AsyncExitStack() as pages:  # all at once: one in each process
            return [
                await document(await pages.enter_async_context(connected(port)))
                for _ in range(processes)
            ]

    options = ["--port", port, "--num-procs", processes]
    with serving("classroom-3x3", *options, log=tmp_path / "log"):
        found = in_own_loop(sent())
    assert all("ControlPanel00000" in text for text in found)


@pytest.mark.parametrize(
    ("address", "alike"),
    [("", True), ("scenario=world-2025", True), ("scenario=nowhere", False), ("lang=de", True)],
)
def test_a_page_that_tells_of_a_name_that_nobody_else_gave_is_like_no_other(address, alike):
    arguments = {k: [v.encode()] for k, _, v in [address.partition("=")] if k}
    assert (server._document_asked_for(arguments, {}) is not None) == alike


def test_pages_that_keep_coming_wait_for_one_session_at_a_time(monkeypatch):
    """Else the last of a crowd that comes for longer than patience lasts waits for all sessions."""

    class Clock:
        now_s, rest = 0.0, staticmethod(asyncio.sleep)

        def monotonic(self) -> float:
            return self.now_s

        async def sleep(self, wait_s: float) -> None:
            self.now_s += wait_s
            await self.rest(0)

    clock, made_s, alike = Clock(), list[float](), Alike(lambda _arguments, _headers: None)
    monkeypatch.setattr(alike_module, "time", clock)
    monkeypatch.setattr(
        alike_module, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": clock.sleep})
    )

    async def session(page: int) -> None:
        async with alike.turn(page):
            made_s.append(clock.now_s)

    async def all_made() -> None:
        alike.came("one that opens")
        await asyncio.gather(*map(session, range(4)))

    in_own_loop(all_made())
    assert np.allclose(np.diff(made_s, prepend=0.0), alike_module.PATIENCE_S, atol=0.03)


def unnumbered(text: str) -> str:
    return re.sub(r'("name":"[A-Za-z]+)\d{5,}"', r'\1"', text)


async def document(reader: Reader) -> str:
    await reader.send("PULL-DOC-REQ", {})
    return (await reader.answer())[1]


# Pages whose sessions are made otherwise than those before


class Live(Opening, WSHandler):
    """The live connection of a page, without what keeps hostile browsers out."""

    last: "Live"  # to come
    refused: list[BaseException] = []  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        Live.last = self

    def refuse(self, error: BaseException) -> None:
        self.refused.append(error)
        self.close()

    async def _handle(self, message: Any) -> Any:
        if message.msgtype == "PULL-DOC-REQ":
            return await self.document(message)
        await self.until_made()
        return await super()._handle(message)


@asynccontextmanager
async def pages(
    make: Callable[[Document, int], None], alike: Alike | None = None
) -> AsyncIterator[int]:
    """The port of a server of pages, which are made by how many there were before."""
    before = count()

    def add(document: Document) -> None:
        make(document, next(before))

    serving = Server({"/": Application(FunctionHandler(add))}, address="127.0.0.1", port=0)
    serving._tornado.settings["alike"] = alike or Alike(lambda *_: "page")
    for rule in serving._tornado.wildcard_router.rules:
        if rule.target is WSHandler:
            rule.target = Live
    serving.start()
    try:
        assert serving.port is not None
        yield serving.port
    finally:
        serving.stop()


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[Reader]:
    async with connected(port, await token(port)) as reader:
        yield reader


async def token(port: int) -> str:
    """That of the next page."""
    client = AsyncHTTPClient(force_instance=True)
    return token_of((await client.fetch(f"http://127.0.0.1:{port}/")).body.decode())


@pytest.fixture
def numbered(monkeypatch) -> None:
    monkeypatch.setattr(config, "reuse_sessions", True)
    for module in (server.bokeh_model, server.bokeh_serialization):
        monkeypatch.setattr(module, "make_id", server.new_id)


@pytest.mark.usefixtures("numbered")
def test_a_page_hears_of_what_its_session_was_made_with_otherwise_than_those_before():
    def make(document: Document, before: int) -> None:
        words = Div(text="late" if before >= LEARNT else "early")
        source = ColumnDataSource({"x": np.full(3, before // LEARNT)})
        document.add_root(Row(children=[words], tags=[source]))

    sent, told = in_own_loop(of_the_next(make))
    assert '"early"' in sent
    assert '"late"' not in sent
    assert told is not None
    (patch,) = [json.loads(content)["events"] for kind, content in [told] if kind == "PATCH-DOC"]
    assert {(each["attr"], str(each["new"])[:6]) for each in patch} == {
        ("text", "late"),
        ("data", "{'type"),
    }


@pytest.mark.usefixtures("numbered")
def test_a_page_opens_again_whose_session_has_other_models_than_it_was_sent():
    def make(document: Document, before: int) -> None:
        document.add_root(Row(children=[Div() for _ in range(1 + (before >= LEARNT))]))

    assert in_own_loop(of_the_next(make))[1] is None  # the server has hung up


@pytest.mark.usefixtures("numbered")
def test_a_page_whose_session_cannot_be_made_is_refused_and_one_that_has_left_has_none(monkeypatch):
    monkeypatch.setattr(Live, "refused", [])
    made: list[int] = []

    def make(document: Document, before: int) -> None:
        made.append(before)
        if before >= LEARNT:
            raise OSError("no room")
        document.add_root(Div())

    async def left() -> None:
        async with pages(make) as port:
            for _ in range(LEARNT):
                await load(port)
            known = len(made)
            async with opened(port) as reader:
                await reader.send("PULL-DOC-REQ", {})
                await reader.answer()
            assert await load(port) is None
            assert len(made) == known + 1

    in_own_loop(left())
    assert [str(error) for error in Live.refused] == ["no room"]


@pytest.mark.usefixtures("numbered")
def test_a_page_that_shares_its_token_opens_again_and_the_next_is_sent_what_is_its_own():
    async def shared() -> None:
        async with pages(one_model) as port:
            for _ in range(LEARNT):
                await load(port)
            shared = await token(port)
            async with connected(port, shared) as first, connected(port, shared) as second:
                sent = await document(first)
                assert await document(second) != sent
                assert await second.read() is None  # the server has hung up
                assert unnumbered(await document(first)) == unnumbered(sent)
            async with opened(port) as reader:
                sent, made = [await document(reader) for _ in range(2)]
                assert unnumbered(sent) == unnumbered(made)

    in_own_loop(shared())


@pytest.mark.usefixtures("numbered")
@pytest.mark.parametrize("is_known_by_now", [False, True])
def test_a_page_that_leaves_before_its_turn_leaves_nothing_behind(is_known_by_now):
    alike = Alike(lambda *_: "page")

    async def left() -> None:
        async with pages(one_model, alike) as port:
            await load(port)  # which has the session with which the server drew it
            await leave_before_its_turn(await token(port), port)
            async with alike.one_by_one:  # it had its turn
                assert Live.last.connection is None
                assert not alike._coming

    async def leave_before_its_turn(token: str, port: int) -> None:
        async with alike.one_by_one:
            request = HTTPRequest(f"ws://127.0.0.1:{port}/ws")
            socket = await websocket_connect(request, subprotocols=["bokeh", token])
            while not alike.one_by_one._waiters:
                await asyncio.sleep(0)
            socket.close()
            while Live.last.ws_connection is not None:
                await asyncio.sleep(0)
            if is_known_by_now:
                alike.learn("page", Likeness("", ()))

    in_own_loop(left())


@pytest.mark.usefixtures("numbered")
def test_sessions_wait_no_longer_for_a_page_that_never_asks_when_it_has_its_own():
    alike = Alike(lambda *_: "page")

    async def idle() -> None:
        async with pages(one_model, alike) as port:
            for _ in range(LEARNT):
                await load(port)
            async with opened(port) as reader:
                await reader.send("PATCH-DOC", {"events": [EVENT]})
                assert (await reader.answer())[0] == "OK"  # which its session says
                assert not alike._coming

    in_own_loop(idle())


def one_model(document: Document, _before: int) -> None:
    document.add_root(Div())


async def of_the_next(make: Callable[[Document, int], None]) -> tuple[str, tuple[str, str] | None]:
    """What a page is sent after its kind is known, and what it hears then."""
    async with pages(make) as port:
        for _ in range(LEARNT):
            await load(port)
        async with opened(port) as reader:
            return await document(reader), await reader.read()


async def load(port: int) -> tuple[str, str] | None:
    """A page that opens, and the answer to what it says then."""
    async with opened(port) as reader:
        await document(reader)
        await reader.send("PATCH-DOC", {"events": [EVENT]})
        return await reader.read()
