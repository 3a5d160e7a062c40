"""The language of a page: who says which it is, and what speaks it."""

import re
from collections.abc import Iterator

import pytest
from pages import wait_until_open
from playwright.sync_api import Browser, Page, expect
from servers import ask, free_port, serving

from explorer.app.language import language_of
from explorer.app.live.scheduler import LiveRunner
from explorer.words import language, speaking
from tests.pseudo import NAME, teach

WORLD = "classroom-3x3"


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    port, folder = free_port(), tmp_path_factory.mktemp("server")
    options = ("--port", port, "--board", folder / "board.db")
    with serving(WORLD, *options, log=folder / "log.txt", first=teach):
        yield port


@pytest.fixture(scope="module")
def page(port: int, browser: Browser) -> Iterator[Page]:
    page, complaints = browser.new_page(viewport={"width": 1400, "height": 900}), list[str]()
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://127.0.0.1:{port}/?lang={NAME}")
    wait_until_open(page)
    yield page
    page.close()
    assert complaints == []


@pytest.mark.parametrize(
    ("path", "header", "spoken"),
    [
        ("/", "de-CH,de;q=0.9,en;q=0.8", "de"),
        ("/?lang=fr", "de", "fr"),
        ("/?lang=%3Cscript%3E", "de", "en"),
        ("/?lang=de&lang=fr", "es", "de"),
        ("/", "x" * 4000, "en"),
        ("/board?lang=zh", "de", "zh"),
        ("/board", "es", "es"),
    ],
)
def test_a_page_is_in_the_language_asked_for(port, path, header, spoken):
    _status, _headers, text = ask(port, path, Accept_Language=header)
    found = re.findall(r'documentElement\.lang = "(\w+)"', text) or re.findall(
        r'<html lang="(\w+)"', text
    )
    assert found == [spoken]


def test_an_address_says_it_before_the_browser_does():
    headers = {"Accept-Language": "de"}
    assert language_of({}, headers) == "de"
    assert language_of({"lang": [b"es"]}, headers) == "es"
    assert language_of({"lang": [b"\xff"]}, headers) == "en"
    assert language_of({}, {}) == "en"


def test_longer_work_speaks_as_the_page_does():
    with speaking("fr"):
        runner = LiveRunner()
    said: list[str] = []
    runner.run_in_thread(language, said.append)
    runner.run_isolated(language, said.append)
    runner.through(iter([1]), lambda _piece: said.append(language()) is None)
    runner.call_soon(lambda: said.append(language()))
    assert said == ["fr"] * 4 and language() == "en"


@pytest.mark.ui
def test_another_language_shows_what_was_seen(page):
    page.get_by_role("tab").nth(2).click()
    page.wait_for_url(re.compile("question="))
    hash = page.evaluate("location.hash")
    page.get_by_role("link", name="Deutsch", exact=True).click()
    page.wait_for_url(re.compile(r"lang=de"))
    wait_until_open(page)
    expect(page.get_by_role("tab", selected=True)).to_have_count(1)
    assert page.evaluate("[document.documentElement.lang, location.hash]") == ["de", hash]
