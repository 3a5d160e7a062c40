"""The page for those who see, hear or move otherwise: axe-core, the keyboard, and what is said."""

import re
from collections.abc import Iterator

import pytest
from accessible import (
    FOCUSED,
    ONCE_ROUND,
    cut_texts,
    grave_findings,
    small_targets,
    spoken,
    stops,
    tab_to,
    told_slider,
    turned_back,
)
from pages import LOOK_AGAIN_MS, PAPERS, PATIENCE_MS, WATCH_PRINTS, wait_until_open, watched
from playwright.sync_api import Browser, Page, expect
from servers import free_port, serving

from explorer import Scenario, frontier, solve
from explorer.app.questions import QUESTIONS
from explorer.text import format_number
from explorer.words import LANGUAGES, speaking, tr

pytestmark = pytest.mark.ui
WORLD = "stylized-12"  # which has a story
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
DARK = "/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0] < 128"
SAID = "#wattlas-said"
ANSWERS = "[role=tabpanel]"
# No words of a card are about to be replaced, which fades them.
COMPUTED = """() => Bokeh.documents.every(document => document.is_idle) && every_node()
  .filter(node => node.matches(".bk-panel-models-markup-HTML")).every(node => getComputedStyle(node).opacity > 0.5)"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    options = ("--port", port, "--board", folder / "board.db")
    with serving(WORLD, *options, log=folder / "log.txt"):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def page(url: str, browser: Browser) -> Iterator[Page]:
    """One page for all: what is opened is closed again."""
    page = browser.new_page(viewport=DESKTOP, color_scheme="light", reduced_motion="reduce")
    with watched(page):
        page.goto(url)
        wait_until_open(page)
        page.wait_for_function(COMPUTED, polling=LOOK_AGAIN_MS)
        yield page
    page.close()


def turn(page: Page, dark: bool) -> None:
    if page.evaluate(DARK) != dark:
        page.get_by_role("button", name=tr("Toggle theme")).click()
        page.mouse.move(0, 0)  # before the button is explained
        page.wait_for_function(f"dark => {DARK} == dark", arg=dark)


def themes(page: Page) -> tuple[bool, bool]:
    """Whether both are dark, that first which the page has: to turn it draws everything anew."""
    dark = page.evaluate(DARK)
    return dark, not dark


def ask(page: Page, question: str) -> None:
    page.get_by_role("tab", name=question, exact=True).click()
    expect_answered(page, question)
    page.wait_for_function(COMPUTED, polling=LOOK_AGAIN_MS)


def expect_answered(page: Page, question: str) -> None:
    answers = page.get_by_role("tabpanel", name=question, exact=True)
    expect(answers).to_be_visible(timeout=PATIENCE_MS)


def reset(page: Page) -> None:
    """To the scenario as it was opened; it is said, and nothing more is to come."""
    page.get_by_role("button", name=tr("Back to the scenario as it was opened")).click()
    cost = f"{tr('Running cost')} {format_number(solve(Scenario.load(WORLD)).cost_usd_per_h)} "
    expect(page.locator(SAID)).to_contain_text(cost, timeout=PATIENCE_MS)


def test_a_fault_is_found(page):
    """Of names, and of colours."""
    pale = "position: fixed; top: 60px; left: 400px; z-index: 3000; background: #fff; color: #aaa"
    page.evaluate(
        """style => {
          const field = every_node().find(node => node.matches("input[type=range]"))
          window.heal = [field, field.ariaLabel, document.createElement("p")]
          field.ariaLabel = null
          window.heal[2].textContent = "pale"
          window.heal[2].style.cssText = style
          document.body.append(window.heal[2])
        }""",
        pale,
    )
    found = {line.partition(" ")[0] for line in grave_findings(page)}
    page.evaluate("() => { heal[0].ariaLabel = heal[1]; heal[2].remove() }")
    assert found == {"label", "label-title-only", "color-contrast"}


@pytest.fixture(scope="module")
def german(url: str, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=DESKTOP, color_scheme="dark", locale="de-DE")
    with watched(page):
        page.goto(url)
        wait_until_open(page)
        page.wait_for_function(COMPUTED, polling=LOOK_AGAIN_MS)
        yield page
    page.close()


@pytest.fixture(params=["en", "de"])
def said(request: pytest.FixtureRequest, page: Page, german: Page) -> Iterator[Page]:
    """A page, and the words of the test, in two languages."""
    with speaking(request.param):
        yield page if request.param == "en" else german


def in_both_themes(page: Page, part: str = "") -> list[str]:
    """Findings in the theme that a page has, and of colours in the other, in which it stays."""
    found = grave_findings(page, part)
    turn(page, not page.evaluate(DARK))
    return found + grave_findings(page, part, colours_alone=True)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_has_a_grave_finding(said, question):
    part = "" if question == "Overview" else ANSWERS  # what is around them stays as it is
    ask(said, tr(question))
    assert in_both_themes(said, part) == []


@pytest.mark.parametrize(
    "button",
    ["Share what you see", "Submit to the board", "Data and sources", "Use your own data …"],
)
def test_no_dialog_has_a_grave_finding(said, button):
    if button.endswith("…"):
        said.locator("summary small").first.click()  # the list of scenarios
    for again in (False, True):
        said.get_by_role("button", name=tr(button)).first.click()
        expect(said.get_by_role("dialog")).to_be_visible()
        assert grave_findings(said, "dialog[open]", colours_alone=again) == []
        said.keyboard.press("Escape")
        expect(said.get_by_role("dialog")).to_be_hidden()
        if not again:
            turn(said, not said.evaluate(DARK))


def test_no_step_of_a_story_has_a_grave_finding(said):
    ask(said, tr("Overview"))
    said.get_by_role("button", name=tr("Story: {}").removesuffix("{}")).click()
    said.get_by_role("button", name=tr("Next →")).click()  # to one that asks for a prediction
    expect(said.get_by_role("button", name=tr("It falls"))).to_be_visible()
    assert in_both_themes(said, ".story") == []
    said.get_by_role("button", name=tr("Close the story")).click()
    reset(said)


# What is said


def test_a_move_of_a_slider_is_said_when_it_has_come_to_rest(page):
    """As Chromium tells it: the slider's own value, and then the totals in one sentence."""
    slider = page.get_by_role("slider", name=re.compile("Cost of moving"))
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    scenario = Scenario.load(WORLD)
    scenario.friction_scale = float(slider.get_attribute("aria-valuetext") or "")
    placement = solve(scenario)
    cost = f"Running cost {format_number(placement.cost_usd_per_h)} USD/h"
    expect(page.locator(SAID)).to_contain_text(cost, timeout=PATIENCE_MS)
    (said,) = [line for line in spoken(page) if line.startswith("Running cost")]
    away = f"Away from home {format_number(placement.relocated_mw)} MW"
    assert said.startswith(cost) and away in said and len(said) < 200
    told = told_slider(page, "Cost of moving")
    assert told["valuetext"] == f"{scenario.friction_scale:g}" and told["focused"]
    assert scenario.param.friction_scale.doc[:30] in told["description"]
    reset(page)


def test_figures_that_follow_each_other_quickly_are_said_once(page):
    """As frames of a drag bring them."""
    sayings = page.evaluate(
        """async selector => {
          const heard = []
          const line = document.querySelector(selector)
          new MutationObserver(() => heard.push(line.textContent)).observe(line, {childList: true})
          const models = Bokeh.documents.flatMap(document => [...document._all_models.values()])
          const totals = models.find(model => model.text?.includes('data-total="cost"'))
          const before = totals.text
          for (const text of [0, 1, 2, 3].map(n => totals.text.replace(/[0-9,]+ /, `${n} `))) totals.text = text
          while (!heard.length) await new Promise(resolve => setTimeout(resolve, 50))
          totals.text = before
          return heard.slice()
        }""",
        SAID,
    )
    assert len(sayings) == 1 and sayings[0].startswith("Running cost 3 USD/h")


def test_arrow_keys_walk_the_steps_of_the_frontier_and_enter_takes_one(page):
    ask(page, "Overview")
    page.get_by_role("group", name="Class").get_by_role("button", name="A", exact=True).click()
    steps = frontier(Scenario.load(WORLD), over="A").table
    plot = page.get_by_role("group", name="What does waiting buy?").first
    plot.focus()
    budget = page.get_by_role("textbox", name=re.compile("^A Interactive"))
    before = budget.input_value()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(SAID)).to_contain_text(f"of {len(steps)}: budget", timeout=PATIENCE_MS)
    page.keyboard.press("ArrowLeft")
    (taken,) = re.findall(r"Step (\d+) of \d+", page.locator(SAID).inner_text())
    assert budget.input_value() == before  # nothing is solved on the way
    page.keyboard.press("Enter")
    expect(budget).to_have_value(
        f"{steps['budget_ms'].iloc[int(taken) - 1]:.4g} ms", timeout=PATIENCE_MS
    )
    reset(page)


def test_tabs_are_one_stop_and_arrow_keys_lead_from_one_to_the_next(page):
    ask(page, "Overview")
    page.get_by_role("tab", name="Overview").focus()
    for key, question in (
        ("ArrowRight", "Where does it go?"),
        ("End", "How sure is it?"),
        ("ArrowRight", "Overview"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("tab", selected=True)).to_have_text(question)
        expect_answered(page, question)
        assert page.evaluate(FOCUSED) == ["tab", question]
    assert (
        page.get_by_role("tab").evaluate_all("all => all.filter(tab => tab.tabIndex === 0).length")
        == 1
    )


def test_the_table_behind_the_map_has_every_flow(page):
    ask(page, "Overview")
    table = page.get_by_role("button", name="Table", exact=True).first
    expect(table).to_have_attribute("aria-expanded", "false")
    table.click()
    expect(table).to_have_attribute("aria-expanded", "true")
    flows = solve(Scenario.load(WORLD)).flows.query("not is_home")
    rows = flows.groupby(["service", "region", "workload"])["it_mw"].sum()
    shown = page.get_by_role("table").filter(has_text="Workload").first
    expect(shown.get_by_role("row")).to_have_count(1 + len(rows), timeout=PATIENCE_MS)
    table.click()


# Without a pointer, and on a phone


def test_every_stop_shows_that_it_has_the_focus(page):
    """From the top of the page through the first card; sliders show it at their thumbs."""
    ask(page, "Overview")
    for dark in themes(page):
        turn(page, dark)
        page.mouse.move(0, 0)  # what lies there is nothing's explanation
        page.evaluate("() => document.querySelector('#skip button').focus()")
        found = stops(page, "Table")
        assert {"Toggle theme", "Carbon price [USD/t]"} <= {each["name"] for each in found}
        unseen = [
            each
            for each in found
            if each["tag"] != "range" and (each["width"] < 1 or each["contrast"] < 3)
        ]
        assert unseen == []
        assert [each["name"] for each in found if not each["seen"]] == []
    slider = page.get_by_role("slider", name="Carbon price")
    slider.scroll_into_view_if_needed()
    blurred = slider.screenshot()
    slider.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert slider.screenshot() != blurred


def test_a_choice_is_one_stop_and_arrow_keys_lead_through_it(page):
    ask(page, "Overview")
    in_turn = "all => all.filter(one => one.tabIndex === 0).map(one => all.indexOf(one))"
    languages = page.get_by_role("toolbar", name="Language").get_by_role("link")
    classes = page.get_by_role("group", name="Class").get_by_role("button")
    for choice in (languages, classes):
        choice.first.focus()
        page.keyboard.press("ArrowLeft")
        expect(choice.last).to_be_focused()
        assert choice.evaluate_all(in_turn) == [len(choice.all()) - 1]
    expect(classes.last).to_have_attribute("aria-pressed", "true")  # chosen on the way
    page.keyboard.press("ArrowRight")
    expect(classes.first).to_be_focused()
    expect(classes.first).to_have_attribute("aria-pressed", "true")
    assert classes.evaluate_all(in_turn) == [0]


def test_escape_hides_an_explanation_that_lies_on_something_until_the_next_move(page):
    """It would stay as long as the pointer rests on it."""
    card = page.locator("[data-total=cost]")
    explained = card.get_by_role("tooltip")
    card.hover()
    expect(explained).to_be_visible()
    page.keyboard.press("Escape")
    expect(explained).to_be_hidden()
    card.hover(position={"x": 5, "y": 5})
    expect(explained).to_be_visible()
    page.mouse.move(0, 0)


def test_the_five_minute_tour_needs_no_pointer(url, browser):
    """The README's, by the Tab key, arrows, letters, Enter and Ctrl+Z."""
    page = browser.new_page(viewport=DESKTOP)
    with watched(page):
        page.goto(f"{url}?scenario=world-2025")
        wait_until_open(page)
        press, cost = page.keyboard.press, page.locator("[data-total=cost] .value")

        def changes(*keys: str) -> None:
            before = cost.inner_text()
            for key in keys:
                press(key)
            expect(cost).not_to_have_text(before, timeout=PATIENCE_MS)

        def skip_to(what: str) -> None:
            tab_to(page, f"Skip to the {what}", ONCE_ROUND)
            press("Enter")

        skip_to("first slider")
        assert page.evaluate(FOCUSED)[1].startswith("Extra waiting at most")
        tab_to(page, "A Interactive")  # people become impatient
        changes("Home")
        expect(page.locator("[data-total=unserved] .value")).not_to_have_text("0 MW")
        changes("Control+z")
        skip_to("picture")
        tab_to(page, "What does waiting buy?")
        press("ArrowLeft")
        changes("ArrowLeft", "ArrowLeft", "Enter")  # a step of the frontier
        skip_to("first slider")
        tab_to(page, "Cost of moving [× stated]")
        changes("End")
        for group, label, keys in (
            ("What is allowed?", "Data law", ("s", "t")),
            ("What counts?", "Which CO₂ counts", ("ArrowDown",)),
            ("When?", "Hour of day [UTC]", ("ArrowRight",)),
        ):
            tab_to(page, group)
            press("Enter")
            tab_to(page, label)
            changes(*keys)
        skip_to("questions")
        tab_to(page, "", kind="tr")  # a region, which is on the map, too
        press("Enter")
        picked = page.locator("tr[aria-current=true]")
        expect(picked).to_have_count(1)
        name = picked.locator("th").inner_text()
        skip_to("questions")
        for question in [*QUESTIONS][1:]:
            press("ArrowRight")
            expect_answered(page, question)
            if question == "When does it pay?":
                expect(page.get_by_role("tabpanel", name=question)).to_contain_text(name)
        press("Home")
        expect_answered(page, "Overview")
    page.close()


@pytest.fixture(scope="module")
def phone(url: str, browser: Browser) -> Iterator[Page]:
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    phone = browser.new_page(
        viewport=PHONE, user_agent=agent, is_mobile=True, has_touch=True, color_scheme="dark"
    )
    with watched(phone):
        phone.goto(url)
        wait_until_open(phone)
        phone.wait_for_function(COMPUTED, polling=LOOK_AGAIN_MS)
        yield phone
    phone.close()


def test_on_a_phone_the_tab_key_goes_as_one_reads_and_nothing_lies_on_what_it_comes_to(phone):
    """From the story, over cards that are one below the other, to the slider over them."""
    found = stops(phone, "Extra waiting at most, mean [ms]")
    assert len(found) > 30 and found[-1]["fixed"]
    (first,) = [n for n, each in enumerate(found) if each["name"].startswith("Story:")]
    assert turned_back(found[first:]) == []
    assert [each["name"] for each in found if not each["seen"]] == []


def test_on_paper_the_page_goes_on_and_has_the_figures_that_wait_for_a_tap(page):
    ask(page, "Overview")
    page.emulate_media(media="print")
    for figure in page.locator(".lesser .value").all():
        expect(figure).to_be_visible()
    assert len(re.findall(rb"/Type /Page\b(?!s)", page.pdf(format="A4"))) > 1
    kept = "cards => cards.map(card => getComputedStyle(card).breakInside)"
    assert {*page.locator(".wattlas-card").evaluate_all(kept)} == {"avoid"}
    regions = page.locator(".card > .scroller")
    assert regions.evaluate("scroller => scroller.scrollHeight <= scroller.clientHeight")
    page.emulate_media(media="screen")
    expect(page.locator(".lesser .value").first).to_be_hidden()


def test_a_dark_page_is_printed_light_and_dark_again_afterwards(page):
    ask(page, "Overview")
    turn(page, True)
    page.evaluate(WATCH_PRINTS)
    page.pdf(format="A4")
    printed = page.evaluate("window.printed")
    assert len(printed) >= 4 and min(map(min, printed)) > 220
    page.wait_for_function(f"() => {PAPERS}.every(([red]) => red < 64)")
    page.emulate_media(media="print")
    pale = """words => words.filter(e => e.checkVisibility() && /\\d+/.exec(getComputedStyle(e).color)[0] > 128)
      .map(e => e.outerHTML)"""
    assert page.locator("h2, .value, p, td, th").evaluate_all(pale) == []
    page.emulate_media(media="screen")


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_the_lower_edge_of_a_phone_no_limit_is_whole(phone, language):
    field = phone.get_by_label("Extra waiting at most, mean [ms], exact value").last
    with speaking(language):
        field.evaluate("(field, words) => (field.value = words)", tr("no limit"))
    assert field.evaluate(
        "field => 0 < field.clientWidth && field.scrollWidth <= field.clientWidth"
    )


def test_a_finger_hits_what_it_is_meant_to_hit(page, phone):
    ask(page, "Overview")
    assert small_targets(page) == []
    assert small_targets(phone) == []


def test_wide_letters_and_lines_fit_a_narrow_page(phone):
    """At 320 pixels, as of 1280 magnified four times."""
    phone.set_viewport_size(PHONE | {"width": 320})
    assert cut_texts(phone) == ([], 320)
    phone.set_viewport_size(PHONE)


def test_where_the_system_chooses_the_colours_controls_still_show_what_they_are_at(page):
    page.emulate_media(forced_colors="active")
    rail = page.locator(".rail").first
    filled = rail.evaluate("rail => getComputedStyle(rail, '::after').backgroundImage")
    chosen, other = (
        tab.evaluate("tab => getComputedStyle(tab).boxShadow")
        for tab in (page.get_by_role("tab", selected=True), page.get_by_role("tab").last)
    )
    buttons = page.get_by_role("group", name="Class").get_by_role("button")
    grounds = buttons.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    page.emulate_media(forced_colors="none")
    assert "gradient" in filled and chosen != other == "none"
    assert len({*grounds}) == 2


def test_on_a_phone_one_slider_stands_over_the_picture(phone):
    """Totals and map are seen while it moves; the strip of questions says that it goes on."""
    chooser = phone.get_by_role("combobox", name="Which input")
    chooser.select_option(label="Cost of moving [× stated]")
    slider = phone.get_by_role("slider")
    expect(slider).to_have_count(1)
    strip = phone.get_by_role("tablist")
    strip.evaluate("strip => strip.scrollIntoView({block: 'center'})")
    cost = phone.locator("[data-total=cost] .value")
    before = cost.inner_text()
    slider.press("End")
    expect(cost).not_to_have_text(before, timeout=PATIENCE_MS)
    for seen in (slider, cost, phone.get_by_role("img", name=re.compile("^Where does it go"))):
        expect(seen).to_be_in_viewport()
    expect(strip).to_have_class("more-after")
    strip.evaluate("strip => (strip.scrollLeft = strip.scrollWidth)")
    expect(strip).to_have_class("more-before")
    assert grave_findings(phone) == []
