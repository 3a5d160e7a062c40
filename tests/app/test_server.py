"""
The app as a server: who is answered, with what, and what comes of messages that no page sends.
"""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import Mock

import numpy as np
import panel as pn
import panel.io.document as panel_document
import panel.io.server as panel_server
import pytest
from bokeh.core.has_props import HasProps
from bokeh.document import Document
from bokeh.document.events import ModelChangedEvent
from bokeh.model import DataModel, Model
from bokeh.models import ColumnDataSource, Div, Row
from bokeh.protocol import Protocol
from bokeh.protocol.messages.patch_doc import patch_doc
from pages import wait_until_open
from panel.reactive import ReactiveCustomBase
from playwright.sync_api import Browser, Page, expect
from servers import Reader, ask, changed, connected, free_port, get, in_own_loop, serving, token_of
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.locks import Lock
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketClosedError

from explorer import Scenario
from explorer.app import file_process, gate, messages, server
from explorer.app.address import Address
from explorer.app.messages import REFUSED, RefusedError, refuse_strange
from explorer.app.questions import Questions
from explorer.app.views.argument import Argument
from explorer.app.views.totals import Totals
from explorer.session import Session

SECRETS = (
    "explorer",
    "site-packages",
    "Traceback",
    "Tornado",
    "/",
    "1.9",
)  # none of them is in a word of refusal


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[int, Path]]:
    """One server for all of these tests: whatever is sent to it, the next one finds it well."""
    port, log = free_port(), tmp_path_factory.mktemp("server") / "log"
    with serving("classroom-3x3", "--port", port, log=log):
        yield port, log
    assert "Traceback" not in log.read_text()


@pytest.fixture
def port(served) -> Iterator[int]:
    yield served[0]
    assert get(served[0])[0] == 200


def test_a_message_that_comes_up_while_another_is_written_is_written_after_it(monkeypatch):
    async def written() -> list[list[str]]:
        document, sent, first = Document(), list[Any](), asyncio.Event()
        page = Mock(_socket=None)
        page.protocol.create = lambda _kind, events: events

        def write(_page: Any, msg: Any) -> list[Any]:
            sent.append(msg)
            return [asyncio.ensure_future(first.wait())]

        monkeypatch.setattr(panel_document, "dispatch_django", write)
        for message in ("first", "second"):
            panel_document.schedule_write_events(document, [page], [message])  # pyright: ignore
            await asyncio.sleep(0)
            first.set()
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        return sent

    monkeypatch.setattr(panel_document, "_dispatch_msgs", panel_document._dispatch_msgs)
    server.write_all_that_waits()
    assert in_own_loop(written()) == [["first"], ["second"]]


def test_a_message_of_several_frames_is_sent_without_waiting_for_receipts(monkeypatch):
    done: list[Any] = []
    monkeypatch.setattr(server.WSHandler, "open", lambda _live: done.append("opened"))
    live = server.Live.__new__(server.Live)
    monkeypatch.setattr(live, "set_nodelay", done.append)
    live.open()
    assert done == [True, "opened"]


# What is served


@pytest.mark.ui
def test_every_process_has_all_files_before_it_has_made_a_page_and_its_share_of_pages(tmp_path):
    port = free_port()
    with serving("classroom-3x3", "--port", port, "--num-procs", 2, log=tmp_path / "log"):
        for file in ("panel-material-ui/panel-material-ui.bundle.js", "geoviews/geoviews.min.js"):
            asked = {ask(port, f"/static/extensions/{file}")[0] for _ in range(10)}
            assert asked == {200}
        in_own_loop(open_pages(port, 2))
    counts = re.findall(r"A page has connected; (\d) open", (tmp_path / "log").read_text())
    assert counts == ["1", "1"]


async def open_pages(port: int, count: int) -> None:
    async with AsyncExitStack() as pages:
        for _ in range(count):
            page = await pages.enter_async_context(connected(port))
            await page.load()  # else it may have left before it is counted


@pytest.mark.ui
@pytest.mark.parametrize("characters", [10_000, 100_000])
def test_an_address_that_is_too_long_is_refused_in_a_word(port, characters):
    status, _headers, text = ask(port, "/?scenario=" + characters * "x")
    assert (status, text) == (414, "That address is too long.")


@pytest.mark.ui
@pytest.mark.parametrize(
    "path",
    [
        "/components/unittest.__main__/a/b/c",
        "/components/panel.pane/Alert/_stylesheets/css/alerts.css",
        "/workshop/components/antigravity/a/b/c",
        "/metadata",
        "/workshop/metadata",
        "/autoload.js?bokeh-autoload-element=1",
        "/workshop/autoload.js",
        "/liveness",
        "/rest/session_info",
        "/admin",
        "/proxy/127.0.0.1/",
        "/index",
        "/static/",
        "/static/js/",
        "/static/js/bokeh.json",
        "/static/js/lib/bokeh.js",
        "/static/js/../../server.py",
        "/static/js/bokeh/../../../settings.min.js",
        "/static/extensions/",
        "/static/extensions/panel",
        "/static/extensions/panel/../../command.js",
        "/static/extensions/panel/%2e%2e/%2e%2e/x.js",
        "/static/extensions/panel/..%2f..%2fx.js",
        "/static/extensions/panel//etc/passwd",
        "/static/extensions/panel/package.json",
        "/static/extensions/nowhere/x.js",
        "/workshop/static/js/bokeh.min.js",
        "//etc/passwd",
        "/workshop.py",
        "/%00",
    ],
)
def test_what_the_page_does_not_need_is_not_there(port, path):
    status, headers, text = ask(port, path)
    assert status == 404
    assert text == "Nothing here."
    assert "Server" not in headers


@pytest.mark.ui
def test_neither_a_board_nor_a_page_that_solves_itself_is_there_unless_one_is_asked_for(port):
    for path in ("/in-page", "/board", "/board/state?room=222222", "/board/join?room=222222"):
        assert ask(port, path)[0] == 404
    assert ask(port, "/board/submissions", "POST")[0] == 404


@pytest.mark.ui
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_there_is_nothing_but_to_read(port, method):
    status, _headers, text = ask(port, "/", method)
    assert status == 405
    assert not [word for word in SECRETS if word in text]


@pytest.mark.ui
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST:{port}", 200),
        ("[::1]:{port}", 200),
        ("localhost", 421),
        ("localhost:1", 421),
        ("0.0.0.0:{port}", 421),
        ("rebound.example:{port}", 421),
        ("localhost.rebound.example:{port}", 421),
        ("localhost:{port}.rebound.example", 421),
        ("", 421),
    ],
)
@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/static/js/bokeh.min.js", "/nothing"])
def test_the_server_answers_to_its_own_names_alone(port, host, status, path):
    got = ask(port, path, Host=host.format(port=port))[0]
    assert got == (404 if status == 200 and path == "/nothing" else status)


@pytest.mark.ui
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:{port}"}, 200),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://127.0.0.1:{port}@elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "no-cors",
                "Sec_Fetch_Dest": "script",
            },
            403,
        ),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"}, 403),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "navigate",
                "Sec_Fetch_Dest": "iframe",
            },
            403,
        ),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "navigate",
                "Sec_Fetch_Dest": "document",
            },
            200,
        ),
        (
            {
                "Sec_Fetch_Site": "same-origin",
                "Sec_Fetch_Mode": "no-cors",
                "Sec_Fetch_Dest": "script",
            },
            200,
        ),
    ],
)
def test_other_sites_may_link_here_and_nothing_else(port, headers, status):
    headers = {name: value.format(port=port) for name, value in headers.items()}
    for path in ("/", "/static/js/bokeh.min.js"):
        assert ask(port, path, **headers)[0] == status


@pytest.mark.ui
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/workshop", 200),
        ("/favicon.ico", 200),
        ("/static/js/bokeh.min.js", 200),
        ("/nothing", 404),
        ("/ws", 400),
    ],
)
def test_every_answer_says_how_it_may_be_used(port, path, status):
    got, headers, text = ask(port, path)
    assert got == status
    assert (
        gate.HEADERS.items()
        - {("Content-Security-Policy", gate.HEADERS["Content-Security-Policy"])}
        <= headers.items()
    )
    assert "Server" not in headers
    rules = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    if "<html" not in text:
        assert rules == {"default-src": "'none'", "frame-ancestors": "'none'"}
        return
    assert headers["Cache-Control"] == "no-store"
    assert (
        "'unsafe-inline'" not in rules["script-src"]
        and "http" not in headers["Content-Security-Policy"]
    )
    nonce = rules["script-src"].partition("'nonce-")[2].partition("'")[0]
    assert nonce not in get(port)[1]  # another each time
    assert text.count("<script") == text.count(f'<script nonce="{nonce}"') > 0


@pytest.mark.ui
def test_the_page_holds_nothing_of_a_scenario_before_its_session_connects(port):
    """Its scripts are trusted whoever wrote them."""
    assert "Classroom" not in get(port)[1]


def test_an_exit_does_not_leave_its_handler():
    class Leaves(gate.Gate):
        def get(self) -> None:
            raise SystemExit(0)

    async def asked() -> list[int]:
        listening, port = bind_unused_port()
        web = HTTPServer(Application([("/", Leaves)], address=Address("127.0.0.1", port)))
        web.add_socket(listening)
        try:
            url = f"http://127.0.0.1:{port}/"
            return [(await AsyncHTTPClient().fetch(url, raise_error=False)).code for _ in range(2)]
        finally:
            web.stop()

    assert in_own_loop(asked()) == [500, 500]


class Shows(gate.Scripted):
    def get(self) -> None:
        self.let_scripts_run()
        self.finish("")


@pytest.mark.parametrize("sites", [(), ("https://wiki.example.org", "http://localhost:8000")])
def test_frames_are_for_the_sites_that_were_named(sites):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    async def asked(dest: str) -> Any:
        listening, port = bind_unused_port()
        address = Address("127.0.0.1", port, framed_by=sites)
        web = HTTPServer(Application([("/", Shows)], address=address))
        web.add_socket(listening)
        try:
            request = HTTPRequest(
                f"http://127.0.0.1:{port}/", headers=headers | {"Sec-Fetch-Dest": dest}
            )
            return await AsyncHTTPClient().fetch(request, raise_error=False)
        finally:
            web.stop()

    framed, linked = in_own_loop(asked("iframe")), in_own_loop(asked("document"))
    assert (framed.code, linked.code) == (200 if sites else 403, 200)
    ancestors = " ".join(["frame-ancestors 'self'", *sites])
    assert linked.headers["Content-Security-Policy"].endswith(ancestors)
    assert ("X-Frame-Options" in linked.headers) == (not sites)
    assert in_own_loop(asked("image")).code == 403


@pytest.mark.parametrize(
    ("address", "host", "known"),
    [
        (Address("127.0.0.1", 80), "localhost", True),
        (Address("::1", 5006), "[::1]:5006", True),
        (Address("0.0.0.0", 5006), socket.gethostname() + ":5006", True),
        (Address("127.0.0.1", 5006), "atlas.example:5006", False),
        (Address("127.0.0.1", 5006, ["atlas.example"]), "atlas.example:5006", True),
        (Address("127.0.0.1", 5006, ["atlas.example"]), "atlas.example", True),
        (Address("127.0.0.1", 5006, ["atlas.example:8080"]), "atlas.example:8080", True),
        (Address("127.0.0.1", 5006, ["atlas.example:8080"]), "atlas.example:5006", False),
        (Address("127.0.0.1", 5006, ["[2001:db8::1]"]), "[2001:db8::1]:5006", True),
    ],
)
def test_a_server_knows_its_names_and_those_it_was_told(address, host, known):
    assert address.knows(host) == known


def test_a_number_by_which_it_was_reached_is_a_name_of_this_machine():
    assert Address("0.0.0.0", 5006).knows("192.0.2.7:5006", reached="192.0.2.7")
    assert not Address("0.0.0.0", 5006).knows("192.0.2.7:5006", reached="192.0.2.8")


# Sessions


@pytest.mark.ui
def test_only_tokens_of_this_server_open_a_session(port):
    token = token_of(get(port)[1])
    body, _, signature = token.partition(".")
    assert signature
    forged = [body, f"{body}.{signature[::-1]}", f"{body[:-4]}AAAA.{signature}", "nothing", "."]

    async def is_let_in(token: str) -> bool:
        try:
            async with connected(port, token):
                return True
        except ConnectionError:
            return False

    assert [one for one in (*forged, token) if in_own_loop(is_let_in(one))] == [token]


# Documentation


def test_the_documentation_is_served_where_it_is_built_by_the_rules_of_the_page(tmp_path):
    assert server.documentation(tmp_path) == []
    (tmp_path / "index.html").write_text("<html><script>1</script>β</html>", "utf-8")
    (tmp_path / "site.js").write_text("2")
    (tmp_path / "notes.txt").write_text("3")

    async def asked() -> dict[str, Any]:
        listening, port = bind_unused_port()
        application = Application(
            server.documentation(tmp_path),
            address=Address("127.0.0.1", port),
            default_handler_class=server.Nothing,
        )
        web = HTTPServer(application)
        web.add_socket(listening)
        fetch = AsyncHTTPClient().fetch
        url = f"http://127.0.0.1:{port}/documentation"
        try:
            return {
                of: await fetch(f"{url}/{path}", raise_error=False, headers=headers)
                for of, path, headers in (
                    ("page", "index.html", {}),
                    ("script", "site.js", {}),
                    ("other", "notes.txt", {}),
                    ("none", "nowhere.html", {}),
                    ("above", "%2e%2e/index.html", {}),
                    ("elsewhere", "index.html", {"Host": "evil.example"}),
                )
            }
        finally:
            web.stop()

    answers = in_own_loop(asked())
    codes = {of: answer.code for of, answer in answers.items()}
    assert codes == {
        "page": 200, "script": 200, "other": 404, "none": 404, "above": 404, "elsewhere": 421,
    }  # fmt: skip
    policy = answers["page"].headers["Content-Security-Policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    said = f'<html><script nonce="{nonce}">1</script>β</html>'
    assert nonce and answers["page"].body.decode() == said
    for answer in answers.values():
        kept = gate.HEADERS.keys() - {"Content-Security-Policy"}
        assert {name: answer.headers[name] for name in kept} == {n: gate.HEADERS[n] for n in kept}
        assert (
            "Server" not in answer.headers
            and "default-src" in answer.headers["Content-Security-Policy"]
        )


# Messages


def nested(depth: int) -> Any:
    return "[" * depth + "]" * depth


PATCHES = {
    "no JSON": "nope",
    "deeply nested": f'{{"events": {nested(50_000)}}}',
    "nested": {"events": [changed("p1", "active", json.loads(nested(100)))]},
    "a number of 5,000 digits": f'{{"events": [{"9" * 5000}]}}',
    "no events": {},
    "a list": [],
    "events that are none": {"events": [1, None, "x"]},
    "an unknown model": {"events": [changed("nobody", "active", 1)]},
    "a model": {
        "events": [changed("p1", "active", {"type": "object", "name": "Slider", "id": "x"})]
    },
    "packed bytes": {"events": [changed("p1", "active", {"type": "bytes", "data": "H4sIAAAA"})]},
    "packed bytes beside": {
        "events": [changed("p1", "active", 1) | {"hint": {"type": "bytes", "data": "H4sIAAAA"}}]
    },
    "packed bytes around": {"events": [], "more": {"type": "bytes", "data": "H4sIAAAA"}},
    "columns": {
        "events": [{"kind": "ColumnsPatched", "model": {"id": "p1"}, "attr": "data", "patches": {}}]
    },
    "a new root": {"events": [{"kind": "RootAdded", "model": {"id": "p1"}}]},
    "a title": {"events": [{"kind": "TitleChanged", "title": "mine"}]},
}


@pytest.mark.ui
@pytest.mark.parametrize("patch", PATCHES)
def test_a_patch_that_no_page_sends_is_refused_in_a_word(port, patch):
    async def answer() -> tuple[str, str]:
        async with connected(port) as reader:
            await reader.send("PATCH-DOC", PATCHES[patch])
            return await reader.answer()

    kind, content = in_own_loop(answer())
    assert kind == "closed" or (kind, json.loads(content)) == (
        "ERROR",
        {"text": REFUSED, "traceback": None},
    )


@pytest.mark.ui
@pytest.mark.parametrize(
    "fragments",
    [
        ("nope",),
        ("{}",),
        ("[]", "{}", "{}"),
        ('{"msgtype": "PATCH-DOC"}', "{}", '{"events": []}'),
        ('{"msgid": "1", "msgtype": "PUSH-DOC"}', "{}", '{"doc": {}}'),
        ('{"msgid": "1", "msgtype": "SERVER-INFO-REQ"}', "{}", "{}"),
        ('{"msgid": "1", "msgtype": ["PATCH-DOC"]}', "{}", "{}"),
        (
            '{"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": 9}',
            "{}",
            '{"events": []}',
            '{"id": "1"}',
            b"x",
        ),
        (nested(50_000), "{}", "{}"),
        ('{"msgid": "1", "msgtype": "PATCH-DOC"}', "{}", "null"),
        (b"binary",),
        ("x" * (messages.MOST_BYTES + 1),),
    ],
)
def test_a_message_that_is_none_is_refused_or_ends_its_connection(port, fragments):
    async def answer() -> tuple[str, str]:
        async with connected(port) as reader:
            with suppress(WebSocketClosedError):
                await reader.send_raw(*fragments)
                await reader.send_raw("no message", "begins", "like this")
            return await reader.answer()

    kind, content = in_own_loop(answer())
    assert kind == "closed" or json.loads(content) == {"text": REFUSED, "traceback": None}


def test_what_pages_send_passes():
    refuse_strange({"events": [changed("p1", "start", {"type": "number", "value": "nan"})]})
    refuse_strange({"events": [changed("p1", "data", {"type": "map", "entries": [["a", [1, 2]]]})]})
    with pytest.raises(RefusedError):
        refuse_strange(
            {
                "events": [
                    changed("p1", "data", {"type": "map", "entries": [["a", {"type": "ndarray"}]]})
                ]
            }
        )


@pytest.mark.ui
def test_a_flood_costs_only_its_own_session_which_recovers(port):
    """
    Thousands of fragments from one; another moves its slider meanwhile, and in the end the first
    does.
    """

    async def flood(reader: Reader) -> None:
        for _ in range(1500):
            await reader.say("nonsense")

    async def flooded() -> None:
        async with connected(port) as rude, connected(port) as polite:
            await rude.load()
            await polite.load()
            hearing = asyncio.create_task(rude.news(7))
            flooding = asyncio.create_task(flood(rude))
            for serial in (1, 2, 3):
                await polite.say(json.dumps([serial, {"chat/budget": 100 + serial}]))
                await polite.news(serial)
            assert not hearing.done()
            await flooding
            await rude.say('[7, {"chat/budget": 120}]')
            await hearing

    in_own_loop(flooded())


def test_what_fails_unseen_is_a_line_in_the_log_and_a_page_that_left_is_none(caplog, monkeypatch):
    monkeypatch.setattr(
        server._log, "propagate", True
    )  # a server that ran before keeps it to itself
    loop = asyncio.new_event_loop()
    for error in (WebSocketClosedError(), StreamClosedError(), ValueError("odd")):
        server.log_lost(loop, {"message": "Task exception was never retrieved", "exception": error})
    loop.close()
    assert [record.getMessage() for record in caplog.records] == [
        "Task exception was never retrieved ValueError: 'odd'"
    ]


def test_a_server_that_ends_leaves_no_file_in_the_making():
    folder = TemporaryDirectory()
    file_process._folders.add(folder)
    file_process.end_all()
    assert not Path(folder.name).exists()


# In a browser


@pytest.fixture(scope="module")
def opened(
    browser: Browser, served: tuple[int, Path]
) -> Iterator[tuple[Page, list[str], list[str]]]:
    """A page, what it complains of, and what it has asked for."""
    complaints: list[str] = []
    asked: list[str] = []
    page = browser.new_page()
    page.on(
        "console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://127.0.0.1:{served[0]}/")
    wait_until_open(page)
    yield page, complaints, asked
    page.close()


@pytest.mark.ui
def test_the_page_works_by_its_policy_and_nothing_brought_along_runs(opened):
    page, complaints, _ = opened
    slider = page.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**delay**")  # the link follows
    assert [c for c in complaints if "GL Driver" not in c] == []
    ran = page.evaluate(
        """async () => {
          const violated = []
          addEventListener("securitypolicyviolation", event => violated.push(event.effectiveDirective))
          const place = document.createElement("div")
          document.body.append(place)
          place.innerHTML = '<img src="x:" onerror="window.ran = 1"><iframe srcdoc="<script>parent.ran = 1</script>">'
          const script = document.createElement("script")
          script.textContent = "window.ran = 1"
          place.append(script)
          await fetch("https://elsewhere.example/").catch(() => violated.push("fetched nothing"))
          while (new Set(violated).size < 3) await new Promise(resolve => setTimeout(resolve, 20))
          return window.ran ?? 0
        }"""
    )
    assert ran == 0


@pytest.mark.ui
def test_the_page_fetches_fonts_of_no_other_script(opened):
    _, _, asked = opened
    fonts = [url for url in asked if url.endswith(".woff2")]
    assert any("latin-400" in url for url in fonts)
    assert not [url for url in fonts if re.search("cyrillic|greek|vietnamese", url)]


@pytest.mark.ui
def test_who_comes_back_has_the_files_that_stay_as_they_are(opened, served):
    """Scripts, their style sheets, and fonts say in their addresses which version they are."""
    _, _, asked = opened
    kept = [
        url
        for url in asked
        if re.search(r"\.(?:js|woff2)\b|bundle\.css", url) and url.startswith("http")
    ]
    assert len(kept) > 10
    for url in kept:
        path = url.removeprefix(f"http://127.0.0.1:{served[0]}")
        _, headers, _ = ask(served[0], path, method="HEAD")
        assert headers["Cache-Control"] == "max-age=315360000", path
    bare = "/static/extensions/panel-material-ui/panel-material-ui.bundle.js"
    assert "Cache-Control" not in ask(served[0], bare, method="HEAD")[1]


@pytest.mark.ui
def test_the_browser_imports_components_by_itself_and_as_they_were_written(opened):
    """None of them needs an import map: what has one is a bundle."""
    page, _, asked = opened
    assert not [url for url in asked if "es-module-shims" in url]
    components = page.evaluate(
        """() => Bokeh.documents.flatMap(document => [...document._all_models.values()])
          .filter(model => model.esm)
          .map(model => ({
            whole: model.compiled === model.esm,
            alone: model.bundle === "url" || !Object.keys(model.importmap).length,
          }))"""
    )
    assert len(components) > 15
    assert [each for each in components if not (each["whole"] and each["alone"])] == []


@pytest.mark.ui
def test_parts_of_a_page_that_change_their_size_or_come_into_place_together_are_laid_out_once(
    opened,
):
    page, _, _ = opened
    counted = page.evaluate(
        """async () => {
          const frame = () => new Promise(requestAnimationFrame)
          const [root] = Bokeh.index.roots, compute = root.compute_layout
          const parts = [...Bokeh.index.query(view => view.model.type == "Figure")]
          await frame()
          let passes = 0
          root.compute_layout = function () { passes += 1; return compute.call(this) }
          for (const part of parts) part._after_resize()
          for (const _column of ["main", "sidebar"]) root._on_mounted()
          const at_once = passes
          await frame()
          root.compute_layout = compute
          return {parts: parts.length, at_once, passes}
        }"""
    )
    assert counted["parts"] > 1
    assert (counted["at_once"], counted["passes"]) == (0, 1)


@pytest.mark.ui
def test_a_plot_in_which_something_changes_is_laid_out_without_the_page(opened):
    page, _, _ = opened
    measured, others = page.evaluate(
        """() => {
          const [one, ...others] = [...Bokeh.index.query(view => view.model.type == "Figure")]
          const measured = []
          for (const plot of [one, ...others]) {
            plot.measure_layout = function () {
              measured.push(this === one)
              return Object.getPrototypeOf(this).measure_layout.call(this)
            }
          }
          one.compute_layout()
          for (const plot of [one, ...others]) delete plot.measure_layout
          return [measured, others.length]
        }"""
    )
    assert sum(measured) == 1 and len(measured) <= others  # with what it is aligned with


@pytest.mark.ui
def test_tools_of_a_plot_are_arranged_when_they_show(opened):
    """Those that have no room are in a menu."""
    page, _, _ = opened
    measured = """() => {
      const ask = Element.prototype.getBoundingClientRect
      let times = 0
      Element.prototype.getBoundingClientRect = function () {
        times += this.getRootNode().host?.matches(".bk-Toolbar") ?? false
        return ask.call(this)
      }
      const [root] = Bokeh.index.roots
      root.compute_layout()
      Element.prototype.getBoundingClientRect = ask
      return times
    }"""
    page.mouse.move(0, 0)
    assert page.evaluate(measured) == 0
    plot = page.get_by_role("group", name="What does waiting buy?").first
    overflow = page.locator(".bk-Toolbar:not(.bk-hidden) .bk-tool-overflow")
    expect(overflow).to_have_count(0)
    plot.hover()
    expect(overflow).to_be_visible()
    assert page.evaluate(measured) > 0
    page.mouse.move(0, 0)


@pytest.mark.ui
def test_a_plot_that_is_drawn_does_not_ask_the_style_of_the_page_for_its_colours(opened):
    page, _, _ = opened
    asked = page.evaluate(
        """async () => {
          const read = CSSStyleDeclaration.prototype.getPropertyValue, asked = []
          CSSStyleDeclaration.prototype.getPropertyValue = function (name) {
            asked.push(name)
            return read.call(this, name)
          }
          const drawn = [...Bokeh.index.query(view => view.model.type == "Figure")]
          for (const plot of drawn) plot.paint()
          CSSStyleDeclaration.prototype.getPropertyValue = read
          return asked.filter(name => name.startsWith("--bk-"))
        }"""
    )
    assert asked == []


def test_a_page_is_rendered_once_and_each_reader_has_a_token_of_their_own(monkeypatch):
    class Session:
        pass

    rendered = list[Session]()

    def render(session: Session, *_args: object, token: str, title: str) -> str:
        rendered.append(session)
        return f"{title} {token} {token}"

    monkeypatch.setattr(panel_server, "server_html_page_for_session", render)
    server.render_pages_once()
    page_of, one, other = panel_server.server_html_page_for_session, Session(), Session()
    pages = [
        page_of(s, None, token=t, title="w") for s, t in ((one, "a1"), (one, "b2"), (other, "c3"))
    ]
    assert pages == ["w a1 a1", "w b2 b2", "w c3 c3"]
    assert rendered == [one, other]


def test_components_that_tag_their_own_data_alone_leave_none_untagged(monkeypatch):
    """As many as Panel finds when it looks through the whole page."""
    session = Session(Scenario.load("classroom-3x3"))

    def tagged() -> list[str]:
        root = pn.Column(Totals(session), Argument(session, Questions(session))).get_root()
        data = [m for m in root.references() if isinstance(m, DataModel)]
        return sorted(type(m).__name__ for m in data if f"__ref:{root.ref['id']}" in m.tags)

    found = tagged()
    panels_own = ReactiveCustomBase.__dict__["_patch_datamodel_ref"]
    monkeypatch.setattr(ReactiveCustomBase, "_patch_datamodel_ref", panels_own)
    server.tag_own_data_alone()
    assert found
    assert tagged() == found
    assert ReactiveCustomBase.__dict__["_patch_datamodel_ref"] is not panels_own


class Wire:
    """What a page's connection writes to: pieces that are on their way until they are let go."""

    def __init__(self) -> None:
        self.stream, self.pieces, self.is_cut = self, list[bytes](), False
        self._arrived = list[asyncio.Future[None]]()

    def is_closing(self) -> bool:
        return self.is_cut

    closed = is_closing

    def write_message(self, part: str | bytes, binary: bool = False) -> asyncio.Future[None]:
        return self.stream.write(part.encode() if isinstance(part, str) else part)

    def write(self, piece: bytes) -> asyncio.Future[None]:
        self.pieces.append(piece)
        self._arrived.append(asyncio.Future())
        return self._arrived[-1]

    def let_go(self) -> None:
        for future in self._arrived:
            future.set_result(None)


def page_on(wire: Wire) -> Any:
    page: Any = messages.Whole()
    page.ws_connection, page.write_lock = wire, Lock()
    return page


def change_of_a_column() -> tuple[Any, bytes]:
    """A message with a buffer, and what of it goes over the wire."""
    source, document = ColumnDataSource(data={"x": np.arange(3.0)}), Document()
    document.add_root(Row(tags=[source]))
    message = Protocol().create(
        "PATCH-DOC", [ModelChangedEvent(document, source, "data", source.data)]
    )
    parts = message.header_json, message.metadata_json, message.content_json
    [buffer] = message.buffers
    return message, "".join(parts).encode() + json.dumps(buffer.ref).encode() + buffer.to_bytes()


def test_a_message_is_written_in_one_piece_and_holds_up_no_other_meanwhile():
    async def sent() -> None:
        wire, (message, whole) = Wire(), change_of_a_column()
        page = page_on(wire)
        sending = asyncio.create_task(page.send_message(message))
        await asyncio.sleep(0)
        assert wire.pieces == [whole]
        assert page.write_lock._block._value == 1  # what Panel looks at
        await asyncio.sleep(0)
        assert not sending.done()
        wire.let_go()
        await sending

    in_own_loop(sent())


def test_what_panel_writes_is_one_piece_too(monkeypatch):
    async def sent() -> None:
        wire, (message, whole) = Wire(), change_of_a_column()
        connection: Any = Mock(_socket=page_on(wire))
        parts = panel_document.dispatch_tornado(connection, msg=message)
        assert wire.pieces == [whole]
        wire.let_go()
        await asyncio.gather(*parts)

    monkeypatch.setattr(panel_document, "dispatch_tornado", panel_document.dispatch_tornado)
    server.write_in_one_piece()
    in_own_loop(sent())


def test_a_message_to_who_has_left_is_lost_without_a_word():
    wire = Wire()
    wire.is_cut = True
    in_own_loop(page_on(wire).send_message(change_of_a_column()[0]))
    assert not wire.pieces


def test_changes_refer_to_what_a_page_has_and_bring_what_it_has_not_as_bokehs_own_do(monkeypatch):
    def written() -> list[str]:
        source = ColumnDataSource(data={"x": np.arange(3.0)})
        known, document = Div(), Document()
        row = Row(children=[known, Div(tags=[source])])
        document.add_root(row)
        document.models.flush_synced()  # the page has got them
        added = Row(children=[known, Div()])

        def message(model: Model, name: str, value: Any) -> str:
            setattr(model, name, value)
            change = ModelChangedEvent(document, model, name, value)
            patch = Protocol().create("PATCH-DOC", [change])
            return patch.content_json + "".join(str(buffer.to_bytes()) for buffer in patch.buffers)

        messages = [
            message(known, "text", "changed"),
            message(row, "children", [*row.children, added]),
            message(added, "children", [known]),  # which it has by now
            message(row, "children", [known]),
            message(row, "children", [known, added]),  # and has forgotten
            message(source, "data", {"x": np.arange(4.0)}),
        ]
        ids = {*re.findall(r'"id":"([^"]+)"', "".join(messages))}
        named = {model.id: f"model {n}" for n, model in enumerate((known, row, added, source))}
        return [
            re.sub("|".join(ids), lambda found: named.get(found[0], "another"), text)
            for text in messages
        ]

    bokehs = patch_doc.__dict__["create"]
    expected = written()
    monkeypatch.setattr(patch_doc, "create", bokehs)
    server.refer_to_models_on_demand()
    assert patch_doc.__dict__["create"] is not bokehs
    assert written() == expected
    assert [text.count('"name":"Row"') for text in expected] == [0, 1, 0, 0, 1, 0]


def test_what_a_theme_says_of_a_model_is_found_as_bokeh_finds_it(monkeypatch):
    plain, themed, bare_again = Div(), Div(), Div()
    themed.apply_theme({"text": "of the theme"})
    bare_again.apply_theme({"text": "of the theme"})
    bare_again.apply_theme({})
    models = plain, themed, bare_again
    bokehs = HasProps.themed_values
    expected = [model.themed_values() for model in models]
    monkeypatch.setattr(HasProps, "themed_values", bokehs)
    server.look_up_themes_at_once()
    assert HasProps.themed_values is not bokehs
    assert (
        [model.themed_values() for model in models]
        == expected
        == [None, {"text": "of the theme"}, None]
    )
    assert themed.text == "of the theme"


def test_a_page_that_has_left_before_it_is_let_in_does_not_count_as_open():
    page = messages.Connection()
    page.ws_connection = None
    page.settings = {}  # pyright: ignore[reportAttributeAccessIssue]
    in_own_loop(page._async_open("token"))
    assert page not in messages._open
