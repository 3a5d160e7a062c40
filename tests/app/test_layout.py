"""
The page in a browser, wide and narrow, with long names and many classes: no button is covered or
out of reach.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from servers import served

from explorer import Scenario

pytestmark = pytest.mark.ui

LONG = Path(__file__).parents[1] / "cases" / "ordinary-long-names"
WIDTHS = (1440, 1280, 1024, 390)
HEADER = ("Undo the last change", "Back to the scenario as it was opened", "Toggle theme")
PATIENCE_MS = 60_000
# What can be seen of headings, buttons and lists outside the drawer of controls, in page pixels:
# what a container
# with a scroll bar hides is not there. Controls have their drawer, or on a phone lie over the page, on purpose.
BOXES = """() => {
  const all = (root, out = []) => {
    for (const e of root.querySelectorAll("*")) {
      out.push(e)
      if (e.shadowRoot) all(e.shadowRoot, out)
    }
    return out
  }
  const up = e => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host ?? null
  const ancestors = e => e ? [e, ...ancestors(up(e))] : []
  const wanted = e => e.matches("h2, h3.title, button, select, .help")
    && !ancestors(e).some(p => p.classList?.contains("MuiDrawer-root") || p.classList?.contains("groups"))
  const seen = e => {
    const {left, top, right, bottom} = e.getBoundingClientRect()
    const box = {left, top, right, bottom}
    for (const p of ancestors(up(e)).filter(p => p !== document.body && getComputedStyle(p).overflow != "visible")) {
      const clip = p.getBoundingClientRect()
      // what scrolls down can be reached, and the page does
      box.left = Math.max(box.left, clip.left)
      box.right = Math.min(box.right, clip.right)
      if (p.classList.contains("scroller")) {
        box.top = Math.max(box.top, clip.top)
        box.bottom = Math.min(box.bottom, clip.bottom)
      }
    }
    const name = e.getAttribute("aria-label") ?? e.innerText
    const cut = right - left - (box.right - box.left)
    return {name: `${e.tagName} ${name}`, ...box, cut, scrolls: !!e.closest("th, [role=tablist]")}
  }
  return all(document).filter(wanted).map(seen).filter(b => b.right - b.left > 1 && b.bottom - b.top > 1)
}"""


def twelve_classes(folder: Path) -> Path:
    """Twelve classes with ids of 15 letters, and regions with names of 200."""
    world = Scenario.load(LONG)
    world.save(folder)
    classes = pd.read_csv(LONG / "workloads.csv")
    rows = [
        classes.iloc[n % 4].to_dict()
        | {"id": f"class-number-{n:02}", "name": f"Class {n} of a long name in full"}
        for n in range(12)
    ]
    pd.DataFrame(rows).assign(share_of_demand=1 / 12).to_csv(folder / "workloads.csv", index=False)
    regions = pd.read_csv(LONG / "regions.csv")
    names = [f"{'A region whose name goes on ' * 8}"[:199] + str(n) for n in range(len(regions))]
    regions.assign(name=names).to_csv(folder / "regions.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    """Where long names are, and the samples."""
    with served(LONG, folder=tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="module", params=["long", "twelve", "media-heavy"])
def page(
    request: pytest.FixtureRequest, browser: Browser, url: str, tmp_path_factory
) -> Iterator[Page]:
    with ExitStack() as stack:
        if request.param == "twelve":
            folder = tmp_path_factory.mktemp("world")
            url = stack.enter_context(served(twelve_classes(folder / "twelve"), folder=folder))
        elif request.param == "media-heavy":
            url += "?scenario=media-heavy"
        page = browser.new_page(
            viewport={"width": WIDTHS[0], "height": 900}, user_agent="Mobi"
        )  # drawer closed
        page.goto(url)
        expect(page.locator("[data-total=cost] .value")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_role("button", name="all", exact=True)).to_be_visible(
            timeout=PATIENCE_MS
        )
        expect(page.locator("h2").filter(has_text="Regions")).to_be_visible(timeout=PATIENCE_MS)
        page.wait_for_function(
            "Bokeh.documents.every(document => document.is_idle)", timeout=PATIENCE_MS
        )
        yield page
        page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_covers_a_button_and_none_is_off_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function(
        f"innerWidth == {width} && document.documentElement.scrollWidth <= {width}"
    )
    laid_out = "const old = globalThis.old; return old == (globalThis.old = now)"  # twice the same
    page.wait_for_function(
        f"() => {{ const now = JSON.stringify(({BOXES})()); {laid_out} }}", polling=300
    )
    boxes = page.evaluate(BOXES)
    names = [box["name"] for box in boxes]
    for wanted in (
        *(f"BUTTON {name}" for name in HEADER),
        "BUTTON all",
        "H2 What does waiting buy?",
    ):
        assert wanted in names
    for box in boxes:
        assert box["left"] >= 0 and box["right"] <= width, box
        assert box["cut"] < 1 or box["scrolls"], box  # table and questions scroll sideways
    covered = [
        (one["name"], other["name"])
        for n, one in enumerate(boxes)
        for other in boxes[n + 1 :]
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > 1
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > 1
    ]
    assert covered == []


def test_a_title_that_is_cut_is_whole_when_pointed_at(page):
    page.set_viewport_size({"width": 1024, "height": 900})
    title = page.locator("h3.title")
    cut = title.evaluate("e => e.scrollWidth > e.clientWidth")
    assert cut == ("capacity shortfall" in title.inner_text())
    title.hover()
    assert not title.evaluate("e => e.scrollWidth > e.clientWidth")
    page.mouse.move(500, 500)


def test_every_class_can_be_chosen(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="all", exact=True).click()
    expect(page.get_by_text(re.compile("^All may take .* longer")).first).to_be_visible(
        timeout=PATIENCE_MS
    )
