"""A page of a server in a browser: when it is open, and what it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect
from servers import free_port, serving

from explorer import Scenario, solve
from explorer.text import format_number

PATIENCE_MS = 60_000
LOOK_AGAIN_MS = (
    50  # to ask a page what takes long to find; by itself Playwright asks before each frame
)
# The colours, red to alpha, that the plots are painted on; kept whenever the page is printed.
PAPERS = """[...Bokeh.index.query(view => view.canvas_view)].map(({canvas_view, frame: {bbox}}) => {
  const {canvas} = canvas_view.primary
  const at = [bbox.left + 1, bbox.top + 1].map(px => px * devicePixelRatio)
  return [...canvas.getContext("2d").getImageData(...at, 1, 1).data]
})"""
WATCH_PRINTS = f"() => addEventListener('beforeprint', () => (window.printed = {PAPERS}))"

PHONE: Any = {
    "viewport": {"width": 390, "height": 844},
    "user_agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Mobi",
}


@contextmanager
def page_of(scenario: str, browser: Browser, log: Path, **context: Any) -> Iterator[Page]:
    """A page of a scenario that has all there is to draw."""
    port = free_port()
    with serving(scenario, "--port", port, log=log), drawn_page(port, browser, **context) as page:
        yield page


@contextmanager
def drawn_page(port: int, browser: Browser, **context: Any) -> Iterator[Page]:
    """The same of a server that is there."""
    page = browser.new_page(**context)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"http://127.0.0.1:{port}/")
    expect(page.locator("[data-total=cost] .delta")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function("Bokeh.documents.every(document => document.is_idle)")
    yield page
    page.close()


def as_new(page: Page, url: str) -> Page:
    """
    A page for an address of a server, where it may have been, as one that has never been there: only
    what its process has compiled stays, which is a third of what opening it takes.
    """
    page.goto(urljoin(url, "/healthz"))  # light, of the same origin, and no part of that page
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
    page.context.clear_cookies()
    page.mouse.move(0, 0)
    return page


def unfold(page: Page) -> None:
    """Open every group of controls."""
    page.locator(".groups details").evaluate_all("all => all.forEach(group => (group.open = true))")


# Addresses of ours in all links of a page, but of the documentation and of files.
_LINKS = """() => {
  const found = []
  const look = root => {
    for (const node of root.querySelectorAll("*")) {
      if (node.matches("a[href]")) found.push(new URL(node.getAttribute("href"), document.baseURI))
      if (node.shadowRoot) look(node.shadowRoot)
    }
  }
  look(document)
  const isOurs = ({origin, pathname}) => origin === location.origin && !pathname.includes("/documentation/")
  return found.filter(isOurs).map(String)
}"""


def links_by_language(page: Page) -> dict[str, list[str]]:
    """The links of a page to others of ours by the language that they choose, "" for none."""
    found: dict[str, list[str]] = {}
    for address in page.evaluate(_LINKS):
        chosen = parse_qs(urlsplit(address).query).get("lang", [""])
        found.setdefault(chosen[0], []).append(address)
    return found


@contextmanager
def watched(page: Page) -> Iterator[None]:
    """Inside, a page may say nothing wrong, and keeps its one live connection."""
    complaints, sockets = list[str](), list[str]()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    yield
    assert complaints == [] and len(sockets) == 1


def wait_until_open(page: Page | FrameLocator) -> None:
    expect(page.locator("#opening")).to_be_hidden(timeout=PATIENCE_MS)
    expect(page.locator("[data-total=cost] .value")).to_be_visible(timeout=PATIENCE_MS)


def question(page: Page | FrameLocator, name: str) -> Locator:
    return page.get_by_role("tab", name=name, exact=True)


def expect_question(page: Page | FrameLocator, name: str) -> None:
    """Wait for a question to be asked, as by the link that a page was opened with."""
    expect(question(page, name)).to_have_attribute("aria-selected", "true", timeout=PATIENCE_MS)


def expect_cost(page: Page, scenario: Scenario) -> None:
    cost = f"{format_number(solve(scenario).cost_usd_per_h)} "
    expect(page.locator("[data-total=cost] .value")).to_contain_text(cost, timeout=PATIENCE_MS)
