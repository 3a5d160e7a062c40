"""Pages that open alike: what they are sent is what their sessions have, or they hear of it."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
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
from tornado.httpclient import AsyncHTTPClient

from explorer.app import server
from explorer.app.alike import Alike, Opening

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


@pytest.mark.parametrize(
    ("address", "alike"),
    [("", True), ("scenario=world-2025", True), ("scenario=nowhere", False), ("lang=de", True)],
)
def test_a_page_that_tells_of_a_name_that_nobody_else_gave_is_like_no_other(address, alike):
    arguments = {k: [v.encode()] for k, _, v in [address.partition("=")] if k}
    assert (server._document_asked_for(arguments, {}) is not None) == alike


def unnumbered(text: str) -> str:
    return re.sub(r'("name":"[A-Za-z]+)\d{5,}"', r'\1"', text)


async def document(reader: Reader) -> str:
    await reader.send("PULL-DOC-REQ", {})
    return (await reader.answer())[1]


# Pages whose sessions are made otherwise than those before


class Live(Opening, WSHandler):
    """The live connection of a page, without what keeps hostile browsers out."""

    refused: list[BaseException] = []  # noqa: RUF012

    def refuse(self, error: BaseException) -> None:
        self.refused.append(error)
        self.close()

    async def _handle(self, message: Any) -> Any:
        if message.msgtype == "PULL-DOC-REQ":
            return await self.document(message)
        await self.until_made()
        return await super()._handle(message)


@asynccontextmanager
async def pages(make: Callable[[Document, int], None]) -> AsyncIterator[int]:
    """The port of a server of pages, which are made by how many there were before."""
    before = count()

    def add(document: Document) -> None:
        make(document, next(before))

    serving = Server({"/": Application(FunctionHandler(add))}, address="127.0.0.1", port=0)
    serving._tornado.settings["alike"] = Alike(lambda *_: "page")
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
    client = AsyncHTTPClient(force_instance=True)
    page = (await client.fetch(f"http://127.0.0.1:{port}/")).body.decode()
    async with connected(port, token_of(page)) as reader:
        yield reader


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
