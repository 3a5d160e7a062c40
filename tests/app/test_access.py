"""The page for those who do not see it, who use no pointer, or who see little contrast."""

import re
from collections.abc import Iterator

import pytest
from pages import PATIENCE_MS, as_new, page_of
from playwright.sync_api import Browser, Page, expect

from explorer import Scenario, frontier
from explorer.app.questions import QUESTIONS
from explorer.charts.projection import on_map
from explorer.text import format_duration

pytestmark = pytest.mark.ui
LEGIBLE = 4.5  # WCAG 2.2, 1.4.3: contrast of text
WORLD = "classroom-3x3"
# Every plot on the page: what its card asks, its canvas, and what takes the focus.
PLOTS = """() => {
  const every = root => [...root.querySelectorAll("*")].flatMap(e => [e, ...(e.shadowRoot ? every(e.shadowRoot) : [])])
  const plots = [...Bokeh.index.query(view => view.canvas_view && view.el.getBoundingClientRect().width)]
  const card = e => e.classList?.contains("wattlas-card") ? e : card(e.parentElement ?? e.getRootNode().host)
  return plots.map(({el, canvas_view: {primary, overlays, events_el}}) => ({
    asks: every(card(el).shadowRoot).find(e => e.matches("h2")).textContent,
    role: primary.el.role, name: primary.el.ariaLabel, more: overlays.el.ariaHidden,
    focus: [events_el.role, events_el.ariaLabel],
  }))
}"""
# Contrast of the changes on the cards against the page.
CONTRAST = """() => {
  const every = root => [...root.querySelectorAll("*")].flatMap(e => [e, ...(e.shadowRoot ? every(e.shadowRoot) : [])])
  const pixel = (...colours) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d")
    for (const colour of colours) {
      context.fillStyle = colour
      context.fillRect(0, 0, 1, 1)
    }
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]
  }
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const paper = getComputedStyle(document.body).backgroundColor
  return every(document).filter(e => e.matches(".total .delta")).map(e => {
    const [a, b] = [light(pixel(paper)), light(pixel(paper, getComputedStyle(e).color))]
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  })
}"""

DARK = "/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0] < 128"


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory) -> Iterator[Page]:
    log = tmp_path_factory.mktemp("server") / "log.txt"
    size = {"width": 1400, "height": 900}
    with page_of(WORLD, browser, log, viewport=size, color_scheme="light") as page:
        yield page


def test_the_name_of_a_plot_says_what_it_finds_and_arrow_keys_step_along_it(page):
    scenario = Scenario.load(WORLD)
    budgets = frontier(scenario, over="chat").table["budget_ms"].tolist()
    assert (
        len(budgets) > 1 and budgets[0] < scenario.workloads["chat"].latency_budget_ms < budgets[1]
    )
    plot = page.get_by_role(
        "img", name=re.compile("What does waiting buy.*Carbon.*Chat may take 150 ms")
    )
    expect(plot).to_be_visible()
    page.get_by_role("group", name="What does waiting buy?").first.focus()
    for key, budget in (("ArrowRight", budgets[1]), ("ArrowLeft", budgets[0])):
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        said = f"Carbon.*Chat may take {re.escape(format_duration(budget))}"
        expect(page.get_by_role("img", name=re.compile(said))).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_plot_has_a_name_and_so_has_every_list_and_what_takes_the_focus(page, question):
    page.get_by_role("tab", name=question, exact=True).click()
    answers = page.get_by_role("tabpanel", name=question, exact=True)
    expect(answers).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function(
        f"() => {{ const p = ({PLOTS})(); return p.length && p.every(e => e.name) }}"
    )
    lists = page.get_by_role("combobox")
    assert not [line for line in lists.all() if not line.get_attribute("aria-label")]
    for plot in page.evaluate(PLOTS):
        asks = plot["asks"]
        assert (plot["role"], plot["more"], plot["focus"]) == ("img", "true", ["group", asks])
        assert plot["name"].startswith(asks) and len(plot["name"]) > len(asks) + 5
    page.get_by_role("tab", name="Overview").click()  # what nobody looks at is not worked out


@pytest.fixture(scope="module")
def other(page: Page, browser: Browser) -> Iterator[Page]:
    """One for what is seen at other widths from the start."""
    other = browser.new_page()
    yield other
    other.close()


@pytest.mark.parametrize(("width", "is_open"), [(899, False), (560, False), (1024, True)])
def test_controls_wait_in_their_drawer_where_they_would_hide_the_pictures(
    page, other, width, is_open
):
    """Whatever the browser calls itself: a window on half a screen is no phone."""
    as_new(other, page.url).set_viewport_size({"width": width, "height": 900})
    other.goto(page.url.partition("#")[0])
    expect(other.locator("#opening")).to_be_hidden(timeout=PATIENCE_MS)
    expect(other.locator("[data-total=cost] .delta")).to_be_visible(timeout=PATIENCE_MS)
    hero = other.get_by_text("How much longer may people wait?")
    expect(hero).to_be_in_viewport() if is_open else expect(hero).not_to_be_in_viewport()


# Right end of the map's scale [m], and the names that are written, largest region first.
PHONE_MAP = """() => {
  const view = [...Bokeh.index.query(v => v.model.center?.some(m => m.type == "ColorBar") && v.canvas_view)][0]
  const bar = Bokeh.index.find_one(view.model.center.find(m => m.type == "ColorBar"))
  const words = view.model.renderers.find(r => r.glyph?.type == "Text" && r.data_source.get_column("name")?.length)
  if (!words || !bar?.layout) return null
  const names = words.data_source.get_column("name")
  return {
    end: view.frame.x_scale.invert(bar._inner_layout.center_panel.bbox.right),
    names, written: [...words.glyph.text.transform.v_compute(names)], size: words.glyph.text_font_size.value,
  }
}"""
CHILE_M = float(on_map(0.0, -75.7)[0])  # its westernmost point on the map


def test_on_a_phone_the_scale_leaves_the_land_free_and_the_largest_regions_have_names(page, other):
    phone = as_new(other, page.url)
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(f"{page.url.partition('?')[0]}?scenario=world-2025")
    expect(phone.locator("[data-total=cost] .delta")).to_be_visible(timeout=PATIENCE_MS)
    fits = f"() => {{ const m = ({PHONE_MAP})(); return m && m.end < {CHILE_M} && m }}"
    expect(phone.locator("h3.title")).to_be_hidden()  # there is room for one letter of it
    told = phone.wait_for_function(fits, timeout=PATIENCE_MS).json_value()
    assert told["size"] == "12px" and told["written"][0] == told["names"][0]
    written = [name for name in told["written"] if name]
    assert 2 <= len(written) <= len(told["names"]) == 5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_changes_on_the_cards_can_be_read(page, theme):
    is_dark = page.evaluate(DARK)
    if is_dark != (theme == "dark"):
        page.get_by_role("button", name="Toggle theme").click()
    page.wait_for_function(f"dark => {DARK} == dark", arg=theme == "dark")
    contrasts = page.evaluate(CONTRAST)
    assert len(contrasts) >= 6 and min(contrasts) >= LEGIBLE, contrasts
