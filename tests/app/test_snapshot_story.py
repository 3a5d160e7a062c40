"""A story in a snapshot: texts and answers of its steps, their states solved in the file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from explorer import Explorer, ExplorerError, Placement, Scenario, solve
from explorer.app.snapshot.write import LEADS, Snapshot, write_snapshot
from explorer.measures.argument import argument
from explorer.measures.storytelling import figure, outcome, scenario_at, step_text
from explorer.scenario.story import STORY_FILE
from explorer.text import format_number
from tests.app.test_snapshot import contents_of, pages_of

NAME = "follow-the-sun"  # with a number and a direction to guess, and cards that no slider has


def scenario() -> Scenario:
    return Scenario.load(NAME)


def placements(told: Scenario) -> list[Placement]:
    assert told.story is not None
    return [solve(scenario_at(told, step)) for step in told.story.steps]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    path = tmp_path_factory.mktemp("story") / "story.html"
    return path, write_snapshot(scenario(), path, base_url="https://example.org/")


def test_the_file_has_the_state_of_every_step(made):
    states, told = contents_of(made[0].read_text("utf-8"))["story"]["states"], scenario()
    assert told.story is not None
    for step, state in zip(told.story.steps, states, strict=True):
        there = scenario_at(told, step)
        for name, value in there.settings().items():
            assert state[name] == (None if value == float("inf") else value)
        for workload in there.workloads.values():
            assert state[f"{workload.id}/budget"] == workload.latency_budget_ms


def test_texts_and_answers_in_the_file_are_those_of_the_story(made):
    story, told = contents_of(made[0].read_text("utf-8"))["story"], scenario().story
    assert told is not None
    before = None
    for step, recorded, placement in zip(
        told.steps, story["steps"], placements(scenario()), strict=True
    ):
        assert recorded["text"] == step_text(step, placement)
        if step.predict is None:
            assert recorded["asked"] is None and "answer" not in recorded
        else:
            expected = outcome(step.predict, before, placement)
            assert recorded["answer"] == expected.words
            right = recorded["right"]
            assert right == (
                expected.right if isinstance(right, str) else pytest.approx(expected.right)
            )
        before = placement


def test_a_story_starts_from_the_scenario_as_it_was_opened(tmp_path):
    app = Explorer(scenario())
    app.session.scenario.capacity_scale = 1.4
    app.save(tmp_path / "now.html")
    contents = contents_of((tmp_path / "now.html").read_text("utf-8"))
    assert contents["values"]["capacity_scale"] == 1.4
    expected = scenario()
    assert expected.story is not None
    assert [step["text"] for step in contents["story"]["steps"]] == [
        step_text(step, placement)
        for step, placement in zip(expected.story.steps, placements(expected), strict=True)
    ]


def test_a_scenario_without_a_story_has_none_in_its_file(tmp_path):
    path = tmp_path / "plain.html"
    write_snapshot(Scenario.load("classroom-3x3"), path)
    assert contents_of(path.read_text("utf-8"))["story"] is None


def test_a_step_without_a_placement_is_said_before_anything_is_written(tmp_path):
    told = scenario()
    told.save(tmp_path / "mine")
    text = told.documents[STORY_FILE].replace(
        "capacity_scale = 2", "cost_cap_usd_per_h = 1, objective = 'carbon'"
    )
    (tmp_path / "mine" / STORY_FILE).write_text(text, "utf-8")
    with pytest.raises(ExplorerError) as error:
        write_snapshot(Scenario.load(tmp_path / "mine"), tmp_path / "s.html")
    assert error.value.where == "story.toml, step 3"
    assert not (tmp_path / "s.html").exists()


# Opened from disk, with the network refused


@pytest.fixture(scope="module", params=[(1400, "light"), (390, "dark")], ids=["wide", "phone"])
def opened(request, browser: Browser, made) -> Iterator[tuple[Page, list[str]]]:
    """One page for all tests at a width, and what went wrong there."""
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(made[0].as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    yield page, wrong
    context.close()


@pytest.fixture
def page(opened: tuple[Page, list[str]]) -> Iterator[Page]:
    """The page as it was opened: without a story, and at its top."""
    page, wrong = opened
    wrong.clear()
    close = page.get_by_role("button", name="Close the story")
    if close.is_visible():
        close.click()
    reset = page.get_by_role("button", name="Back to the scenario")
    if reset.is_enabled():
        reset.click()
    expect_state(page, solve(scenario()))
    page.evaluate("scrollTo(0, 0)")
    yield page
    assert not wrong


def bar(page: Page) -> Locator:
    told = scenario().story
    assert told is not None
    return page.get_by_role("region", name=told.title)


def title(page: Page) -> Locator:
    return bar(page).get_by_role("heading")


def expect_state(page: Page, placement: Placement) -> None:
    expect(page.locator("[data-total=cost] .value")).to_contain_text(
        format_number(placement.cost_usd_per_h)
    )
    first_line = "".join(part.text for part in argument(placement))
    expect(page.locator("#argument p")).to_have_text(first_line)


@pytest.mark.ui
def test_a_story_is_played_from_a_file_with_the_keys_of_a_clicker(page: Page):
    told, found = scenario().story, placements(scenario())
    assert told is not None
    page.get_by_role("button", name="Story:").click()
    expect(title(page)).to_have_text(told.steps[0].title)
    expect_state(page, found[0])
    greedy, certificate = page.locator("#greedy"), page.locator("#certificate")
    expect(greedy).to_be_visible()
    page.keyboard.press("PageDown")
    expect(bar(page).get_by_text("Before you look")).to_be_visible()
    expect_state(page, found[0])  # as it was, until somebody has guessed
    expect(greedy).to_be_hidden()
    page.keyboard.press("PageDown")  # does not go past a question
    expect(title(page)).to_have_text(told.steps[1].title)
    missed = 100 * figure(found[1], "greedy_missed_share").value
    guess = bar(page).get_by_role("spinbutton")
    guess.fill(f"{1.05 * missed:.2f}")
    guess.press("Enter")
    expect(bar(page).get_by_text("You were right.")).to_be_visible()
    expect(bar(page)).to_contain_text(step_text(told.steps[1], found[1])[:60])
    expect_state(page, found[1])
    page.keyboard.press("ArrowRight")
    bar(page).get_by_role("button", name="It rises").click()
    expect(bar(page).get_by_text("You said: rises.")).to_be_visible()
    expect_state(page, found[2])
    page.keyboard.press("ArrowRight")
    expect(certificate).to_be_visible()
    expect(greedy).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("ArrowLeft")
    expect(bar(page).get_by_text("You said: rises.")).to_be_visible()  # a guess stays
    expect(greedy).to_be_visible()
    bar(page).get_by_role("button", name="Close the story").click()
    expect(page.get_by_role("button", name="Story:")).to_be_visible()


@pytest.mark.ui
def test_a_card_of_a_step_is_made_when_the_step_shows_it_and_painted_once(browser: Browser, made):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(made[0].as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    parts = "['greedy', 'certificate'].map(id => document.getElementById(id).childElementCount)"
    assert page.evaluate(parts) == [0, 0]
    page.get_by_role("button", name="Story:").click()
    page.wait_for_function("""() => {
      const plots = [...Bokeh.index.query(view => view.canvas_view)]
      const inside = plots.filter(({root}) => root.model.name === "greedy")
      return inside.length && inside.every(({_render_count: times}) => times === 1)
    }""")
    expect(page.locator("#greedy")).to_be_visible()
    assert page.evaluate(parts) == [1, 0]
    rows = page.evaluate("""() => {
      const named = ({model, root}) => model.major_label_overrides?.size && root.model.name === "greedy"
      const [axis] = [...Bokeh.index.query(named)]
      return Array.from(axis.model.ticker.ticks, place => axis._major_label_views.get(place)?.model.text)
    }""")
    assert sorted(rows) == ["baseline", "greedy", "optimum"]
    page.close()


@pytest.mark.ui
def test_a_story_that_begins_before_there_are_pictures_shows_its_card_with_them(browser, made):
    with pages_of(browser, made[0]) as open_at:
        page = open_at(1400, held=True)
        page.get_by_role("button", name="Story:").click()
        page.wait_for_function("'release' in globalThis")
        page.evaluate("release()")
        page.wait_for_selector("html[data-solved=yes]")
        expect(page.locator("#greedy canvas").first).to_be_visible()


@pytest.mark.ui
def test_a_slider_leaves_from_the_state_of_a_step_and_reset_leads_to_the_opened_one(page: Page):
    page.get_by_role("button", name="Story:").click()
    told = scenario()
    assert told.story is not None
    there = scenario_at(told, told.story.steps[0])
    expect_state(page, solve(there))
    if page.locator("#inputs").get_attribute("open") is None:
        page.get_by_text("Controls", exact=True).click()
    slider = page.locator(".control[data-key=friction_scale]").get_by_role("slider")
    slider.press("End")
    there.friction_scale = float(there.param["friction_scale"].get_soft_bounds()[1])
    expect_state(page, solve(there))
    page.get_by_role("button", name="Back to the scenario").click()
    expect_state(page, solve(scenario()))


@pytest.mark.ui
def test_the_link_of_a_step_leads_to_its_state(page: Page):
    link = page.get_by_role("link", name="Open the live app")
    expect(link).to_have_attribute("href", re.compile("objective=cost"))
    page.get_by_role("button", name="Story:").click()
    expect(link).to_have_attribute("href", re.compile("objective=latency"))


@pytest.mark.ui
def test_parts_of_the_first_line_lead_to_what_shows_them_in_the_file(page: Page):
    for part in page.locator("#argument").get_by_role("button").all():
        place = page.locator(f"#{LEADS[str(part.get_attribute('title')).removeprefix('See: ')]}")
        part.click()
        expect(place).to_be_in_viewport()
