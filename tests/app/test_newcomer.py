"""What somebody who has never seen the page can find with its own words and controls."""

import re
from collections.abc import Iterator

import panel as pn
import pytest
from pages import PATIENCE_MS, PHONE, drawn_page, expect_cost
from panel.tests.util import serve_component
from playwright.sync_api import Browser, Page, expect
from servers import free_port, serving

from explorer import Explorer, Scenario, solve, why_here
from explorer.charts.projection import on_map
from explorer.presentation import render
from explorer.text import format_number, setting_text

pytestmark = pytest.mark.ui


def figure(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_what_fifty_milliseconds_more_would_bring_for_chat_is_said_and_comes_true(page: Page):
    scenario = Scenario.load("classroom-3x3")
    page.set_default_timeout(PATIENCE_MS)
    serve_component(page, lambda: pn.Column(Explorer(scenario), width=1300))
    said = page.get_by_text(re.compile("50 ms more: cost"))
    expect(said).to_be_visible(timeout=PATIENCE_MS)
    found = re.search(r"50 ms more: cost ([−+][\d,]+) USD/h", said.inner_text())
    assert found and figure(found[1]) < 0
    cost = page.locator("[data-total=cost] .value")
    before = figure(cost.inner_text().split()[0])
    field = page.get_by_label(re.compile("^Chat.*, exact value"))
    field.fill("200 ms")
    field.press("Enter")
    promised = f"{before + figure(found[1]):,.0f} "
    expect(cost).to_contain_text(promised, timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with serving("world-2025", "--port", port, log=log):
        yield port


@pytest.fixture(scope="module")
def world(browser: Browser, port: int) -> Iterator[Page]:
    with drawn_page(port, browser, viewport={"width": 1400, "height": 1000}) as page:
        yield page


ON_MAP = """([name, x, y]) => {
  for (const view of Bokeh.index.query(view => view.canvas_view)) {
    const clients = view.model.renderers.some(r => [...r.data_source?.get_column("name") ?? []].includes(name))
    if (!clients) continue
    const {left, top} = view.canvas_view.el.getBoundingClientRect()
    return [left + view.frame.x_scale.compute(x), top + view.frame.y_scale.compute(y)]
  }
}"""


def test_why_the_load_of_delhi_goes_where_it_goes_is_a_tap_away(world: Page):
    scenario = Scenario.load("world-2025")
    delhi = scenario.clients.set_index("name").loc["Delhi"]
    x, y = on_map(delhi["latitude"], delhi["longitude"])
    world.get_by_role("button", name="Clients", exact=True).click()
    place = world.wait_for_function(ON_MAP, arg=["Delhi", float(x), float(y)]).json_value()
    world.mouse.click(*place)
    world.get_by_role("button", name="Why here? →").click()
    said = render(why_here(scenario, client=delhi["id"]), "chart").finding.striptags()
    runs = said.split(":")[0]
    assert runs.startswith("Delhi’s ") and " runs in " in runs
    expect(world.get_by_text(runs)).to_be_in_viewport(timeout=PATIENCE_MS)
    expect(world.get_by_text("What binds most: ")).to_be_visible()


def test_what_the_first_screen_leaves_out_is_a_tap_away(world: Page):
    left_out = (
        world.locator("[data-total=grid]"),
        world.get_by_text("Cost with hardware"),
        world.get_by_text("Where these figures are from"),
        world.get_by_role("combobox", name="Data law", exact=True),
    )
    for each in left_out:
        expect(each).to_be_hidden()
    for shown in (True, False):
        world.get_by_role("button", name="More figures").click()
        world.get_by_text("What is allowed?").click()
        for each in left_out:
            expect(each).to_be_visible(visible=shown)


def test_another_question_fades_the_answers_to_the_one_before_until_its_own_are_there(world: Page):
    asked = world.get_by_role("tab", name="What holds it back?", exact=True)
    asked.evaluate("""asked => {
      const pane = asked.getRootNode().host.getRootNode().host
      window.opacities = []
      const see = () => opacities.push(pane.style.getPropertyValue("--answers-opacity"))
      new MutationObserver(see).observe(pane, {attributeFilter: ["style"]})
    }""")
    asked.click()
    world.wait_for_function("opacities.at(-1) === '1'")
    assert "0.4" in world.evaluate("opacities")
    expect(world.locator("h2").filter(has_text="What holds it back?")).to_be_visible(
        timeout=PATIENCE_MS
    )
    world.get_by_role("tab", name="Overview", exact=True).click()
    expect(world.locator("h2").filter(has_text="What does waiting buy?")).to_be_visible(
        timeout=PATIENCE_MS
    )


def test_two_laws_are_pinned_and_what_each_costs_stands_side_by_side(world: Page):
    scenario = Scenario.load("world-2025")
    costs = {}
    world.get_by_text("What is allowed?").click()
    for law in ("open", "adequacy"):
        scenario.legal_policy = law
        costs[law] = f"{format_number(solve(scenario).cost_usd_per_h)} "
        chosen = setting_text("legal_policy", law)
        world.get_by_role("combobox", name="Data law", exact=True).select_option(chosen)
        expect(world.locator("[data-total=cost] .value")).to_contain_text(
            costs[law], timeout=PATIENCE_MS
        )
        world.get_by_role("button", name="Pin this").click()
        row = world.get_by_role("row").filter(has_text=costs[law].strip())
        name = row.get_by_role("textbox")
        expect(name).to_have_value(re.compile(f"^Data law: {chosen[:4]}"), timeout=PATIENCE_MS)
    assert figure(costs["open"]) < figure(costs["adequacy"])


def test_on_a_phone_every_group_of_controls_opens_and_all_in_it_can_be_tapped(browser, port):
    with drawn_page(port, browser, **PHONE, has_touch=True) as page:
        page.get_by_role("button", name="Open drawer").tap()
        groups = page.locator(".groups details")
        expect(groups.first).to_be_visible()
        for group in groups.all():
            group.locator("summary").tap()
            parts = group.locator("input:visible, select:visible, button:visible").all()
            assert parts
            for part in parts:
                part.tap(trial=True)  # in sight, at rest, and nothing lies on it
        page.get_by_role("combobox", name="Data law", exact=True).select_option(index=0)
        scenario = Scenario.load("world-2025")
        scenario.legal_policy = "open"
        expect_cost(page, scenario)
