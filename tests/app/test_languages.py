"""
The page in a language that nobody speaks, whose words have accents: what has none is left out of
the catalogues.
"""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from pages import PATIENCE_MS, links_by_language, wait_until_open
from playwright.sync_api import Browser, Page, expect
from screens import handle, show
from servers import ask, free_port, serving

from explorer import Scenario
from explorer.app.live.scheduler import LiveRunner
from explorer.app.page.scenarios import scenarios_there
from explorer.app.questions import QUESTIONS
from explorer.app.readers import language_of
from explorer.app.views.frontier import FrontierView
from explorer.charts.chart import axis_labels
from explorer.registry import MEASURES
from explorer.session import Session
from explorer.words import LANGUAGES, language, speaking
from tests.pseudo import NAME, accented, plain_words, teach

WORLD = "classroom-3x3"
# names of ours, of languages, licences and publications
SAID_AS_IT_IS = {
    "Wattlas",
    *LANGUAGES.values(),
    "BSD-3-Clause",
    "CarbonEdge",
    "CDN-Shifter",
    "EuroSys",
}
# Everything that is read on the page, on its canvases, or said by a screen reader.
READ = """() => {
  const SAID = ["aria-label", "title", "placeholder", "aria-valuetext"]
  const words = new Set()
  const read = root => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) words.add(node.textContent)
      if (node.nodeType !== Node.ELEMENT_NODE || node.matches("style, script, option[lang], a[lang]")) continue
      for (const name of SAID) words.add(node.getAttribute(name) ?? "")
      read(node)
      if (node.shadowRoot) read(node.shadowRoot)
    }
  }
  read(document.body)
  for (const model of Bokeh.documents.flatMap(document => [...document._all_models.values()])) {
    for (const text of [model.axis_label, model.title, ...(model.tooltips ?? []).map(([label]) => label)]) {
      if (typeof text === "string") words.add(text)
    }
  }
  return [...words]
}"""


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    port, folder = free_port(), tmp_path_factory.mktemp("server")
    options = ("--port", port, "--board", folder / "board.db")
    with serving(WORLD, *options, log=folder / "log.txt", first=teach):
        yield port


@pytest.fixture(scope="module")
def page(port: int, browser: Browser) -> Iterator[Page]:
    context, complaints = browser.new_context(viewport={"width": 1400, "height": 900}), list[str]()
    page = context.new_page()
    context.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page.goto(f"http://127.0.0.1:{port}/?lang={NAME}")
    wait_until_open(page)
    yield page
    context.close()
    assert complaints == []


def names_of(scenario: Scenario) -> set[str]:
    """Words that scenarios have by themselves, and others that are the same in any language."""
    tables = (scenario.regions, scenario.clients, scenario.workloads_table())
    texts = [f"{about.title} {about.line}" for about in scenarios_there().values()]
    texts += [str(cell) for table in tables for cell in table[["id", "name"]].to_numpy().ravel()]
    return {*re.findall(r"\w+", " ".join([*texts, *SAID_AS_IT_IS]))}


@pytest.mark.ui
@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_on_the_page_is_left_in_english(page, question):
    page.get_by_role("tab", name=accented(question), exact=True).click()
    answers = page.get_by_role("tabpanel", name=accented(question), exact=True)
    expect(answers).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function("Bokeh.documents.every(document => document.is_idle)")
    expect(page.get_by_text(accented("Computing…"))).to_have_count(0, timeout=PATIENCE_MS)
    known = names_of(Scenario.load(WORLD))
    left = {text: plain_words(text) for text in page.evaluate(READ)}
    left = {text: [word for word in words if word not in known] for text, words in left.items()}
    assert {text: words for text, words in left.items() if words} == {}


@pytest.mark.ui
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
        ("/?present", "fr", "fr"),
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
def test_every_link_of_a_page_stays_in_the_language_that_its_address_chooses(page, port):
    """Of the app, and where it has no such scenario: title, scenarios, share."""
    lost = page.context.new_page()
    lost.goto(f"http://127.0.0.1:{port}/?scenario=nowhere&lang={NAME}")
    for each in (page, lost):
        expect(each.get_by_role("link", name="Wattlas")).to_be_attached(timeout=PATIENCE_MS)
        expect(each.locator("a[href*=classroom]")).not_to_have_count(0, timeout=PATIENCE_MS)
        found = links_by_language(each)
        others = [language for language in LANGUAGES if language not in ("", NAME)]
        assert len(found[NAME]) > 3 and {*found} <= {NAME, *others}
        assert [len(found[language]) for language in others] == [1] * len(others)
    lost.close()


def test_classes_on_buttons_are_called_what_they_are_called_elsewhere():
    with speaking("zh"):
        view = FrontierView(Session(Scenario.load(WORLD)))
        show(view)
    assert handle(view, "class", "widget").labels[:2] == ["聊天", "批处理"]


@pytest.mark.parametrize("spoken", ["de", "fr", "es"])
def test_labels_of_axes_have_room_on_a_phone(spoken):
    modules = (import_module(f"explorer.charts.{name}") for name in MEASURES)
    panels = [panel for module in modules for panel in getattr(module, "PANELS", ())]
    english = [len(panel.x.label) for panel in panels]
    with speaking(spoken):
        said = [axis_labels(panel)[0] for panel in panels]
    lines = [
        (line, most)
        for label, most in zip(said, english, strict=True)
        for line in label.split("\n")
    ]
    assert [line for line, most in lines if len(line) > max(40, most)] == []
    assert any("\n" in label for label in said)


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
