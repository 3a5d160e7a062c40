"""
The page in other units: every figure beside money, CO₂ or a rate is another, and nothing else is.
"""

import re
from collections.abc import Iterator

import pytest
from pages import PATIENCE_MS, wait_until_open
from playwright.sync_api import Browser, Page, expect
from servers import free_port, serving, wait_until

from explorer import Scenario
from explorer.app.questions import QUESTIONS
from explorer.app.readers import units_code, units_of
from explorer.words.amounts import Units

WORLD = "classroom-3x3"
CODE = "EUR-kg-yr"
IN_ITS_OWN = "Worked out anew"  # of a solver's tolerance, which is in the model's units
# What is read in the page, text by text; and of its models, whose order is that in which answers have come, the names
# of axes, titles, and templates of tips.
READ = """() => {
  const SAID = ["aria-label", "title", "placeholder", "aria-valuetext"]
  const texts = []
  const read = root => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent)
      if (node.nodeType !== Node.ELEMENT_NODE || node.matches("style, script, nav")) continue
      for (const name of SAID) texts.push(node.getAttribute(name) ?? "")
      if (node.matches("input, output, select")) texts.push(String(node.value ?? ""))
      read(node)
      if (node.shadowRoot) read(node.shadowRoot)
    }
  }
  read(document.body)
  const drawn = []
  for (const model of Bokeh.documents.flatMap(document => [...document._all_models.values()])) {
    for (const text of [model.axis_label, model.title]) if (typeof text === "string") drawn.push(text)
    for (const [, text] of model.tooltips ?? []) drawn.push(text)
  }
  return [texts, drawn]
}"""


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    port, folder = free_port(), tmp_path_factory.mktemp("server")
    with serving(WORLD, "--port", port, log=folder / "log.txt"):
        yield port


@pytest.fixture(scope="module")
def pages(port: int, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """The page as it is, and in other units."""
    opened, complaints = [], list[str]()
    for query in ("", f"?units={CODE}"):
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/{query}")
        wait_until_open(page)
        opened.append(page)
    yield opened[0], opened[1]
    for page in opened:
        page.close()
    assert complaints == []


@pytest.mark.ui
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_figure_is_in_the_units_asked_for(pages, question):
    wanted = Units.read(CODE, Scenario.load(WORLD).euro["usd"])
    (plain, drawn), (other, drawn_there) = read(pages, question)
    left = [
        text for text in other + drawn_there if re.search(r"(?<!M)USD|(?<![A-Za-z/])t/h|kg/h", text)
    ]
    assert [text for text in left if IN_ITS_OWN not in text] == []
    pairs = [(wanted.written(a), b) for a, b in zip(plain, other, strict=True) if a != b]
    pairs = [(bare(a), bare(b)) for a, b in pairs if IN_ITS_OWN not in a]
    assert pairs and [pair for pair in pairs if pair[0] != pair[1]] == []
    expected = sorted(bare(wanted.written(text)) for text in drawn)
    assert expected == sorted(bare(text) for text in drawn_there)


def read(pages: tuple[Page, Page], question: str) -> list[tuple[list[str], list[str]]]:
    """The texts of both pages and of their models, once all is computed in both."""
    for page in pages:
        page.get_by_role("tab", name=question, exact=True).click()
        answers = page.get_by_role("tabpanel", name=question, exact=True)
        expect(answers).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_text("Computing…")).to_have_count(0, timeout=PATIENCE_MS)
    found: list[tuple[list[str], list[str]]] = []

    def there() -> bool:
        found[:] = [page.evaluate(READ) for page in pages]
        one, other = ([*map(len, texts)] for texts in found)
        return one == other

    wait_until(there)
    return found


def bare(text: str) -> str:
    """A text without its numbers."""
    return re.sub(r"[−+-]?\d[\d,.]*( [kMG])?|[⁻⁰¹²³⁴-⁹]+", "#", text).replace("#", "")


def test_an_address_says_what_is_wanted():
    euro = {"usd": 1.25}
    assert units_of({"units": [b"EUR-kg"]}, euro) == Units("EUR", 1.25, "kg")
    assert units_of({"units": [b"EUR-kg"]}, {}) == Units(mass="kg")
    assert units_code({"units": [b"\xff" * 10_000]}) == ""
