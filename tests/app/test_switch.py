"""Another scenario on the same page: announced at once, in the same session, and back again."""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import param
import pytest
from pages import (
    PATIENCE_MS,
    as_new,
    expect_cost,
    expect_question,
    question,
    wait_until_open,
    watched,
)
from playwright.sync_api import Browser, Page, expect
from servers import connected, free_port, in_own_loop, started

from explorer import Explorer, ExplorerError, Scenario
from explorer.app.controls.controls import HistoryButtons, Inputs
from explorer.app.gate import MOST_CHARACTERS
from explorer.app.page.scenarios import Chooser, about, scenarios_there
from explorer.app.page.switch import AT_ONCE, MOST_KEPT, PER_S, Switch
from explorer.words import speaking

ROOT = Path(__file__).parents[2]


class ThemedPage(param.Parameterized):
    dark_theme = param.Boolean(default=False)


@pytest.fixture
def shown() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def switch(shown) -> Switch:
    return opened_by(shown, lambda name: Explorer(Scenario.load(name), address=f"?scenario={name}"))


def opened_by(shown: list[tuple[str, Any]], make: Callable[[str], Any]) -> Switch:
    def show(*what: Any) -> None:
        shown.append(what)

    switch = Switch(ThemedPage(), scenarios_there(), "classroom-3x3", make, show)
    switch.open("classroom-3x3")
    return switch


def say(switch: Switch, name: str, pin: int = 0) -> None:
    """As the page does."""
    switch._handle_msg({"open": name, "turn": 1, "reopen": pin})


def test_a_scenario_that_was_open_is_there_as_it_was_left(switch, shown):
    first = shown[-1][1]
    first.session.scenario.friction_scale = 3.0
    say(switch, "stylized-12")
    assert shown[-1][0] == "stylized-12" and shown[-1][1] is not first
    assert json.loads(switch.shown) == [1, ["classroom-3x3", "stylized-12"]]
    say(switch, "classroom-3x3")
    assert shown[-1] == ("classroom-3x3", first)
    assert first.session.scenario.friction_scale == 3.0 and first.controls.history.can_undo


def test_theme_question_and_pins_go_along_in_both_directions(switch, shown):
    first = shown[-1][1]
    first.theme, first._questions.question = "dark", "What holds it back?"
    first.pins.add()
    first.pins.compare_with(1)
    say(switch, "stylized-12")
    second = shown[-1][1]
    assert (second.theme, second._questions.question) == ("dark", "What holds it back?")
    assert [pin.name for pin in second.pins.kept] == ["As opened"]
    assert second.session.compared_totals.name == "Classroom, three by three: As opened"
    assert second.session.compared.name == ""  # of a map of other places there is no difference
    second.pins.add()
    switch._page.dark_theme = False
    say(switch, "classroom-3x3")
    assert first.theme == "light" and len(first.pins.kept) == 2


def test_a_pin_of_another_scenario_opens_that_in_its_state(switch, shown):
    first = shown[-1][1]
    first.session.scenario.friction_scale = 3.0
    first.pins.add()
    first.controls.history.reset()
    say(switch, "stylized-12")
    second = shown[-1][1]
    second.pins.reopen(1)  # here nothing of it can be restored
    assert second.session.scenario.friction_scale == 1.0
    say(switch, "classroom-3x3", pin=1)
    assert shown[-1][1] is first and first.session.scenario.friction_scale == 3.0
    first.controls.history.undo()
    assert first.session.scenario.friction_scale == 1.0


def test_undo_and_redo_go_through_a_scenario_that_was_made_of_another(switch, shown):
    first, stylized = shown[-1][1], scenarios_there()["stylized-12"]
    first.session.scenario.friction_scale = 3.0
    switch.offer("own-0", stylized)
    switch._make = lambda name: Explorer(Scenario.load("stylized-12"), address=f"?scenario={name}")
    turn, name = json.loads(switch.offered)
    assert name == "own-0"
    say(switch, name)
    own = shown[-1][1]
    buttons = [each for each in own.buttons if isinstance(each, HistoryButtons)]
    assert [(each.can_undo, each.can_reset) for each in buttons] == [(True, False)]
    own.controls.history.undo()
    assert json.loads(switch.offered) == [turn + 1, "classroom-3x3"]
    say(switch, "classroom-3x3")
    assert shown[-1][1] is first and first.session.scenario.friction_scale == 3.0
    first.controls.history.redo()
    assert json.loads(switch.offered) == [turn + 2, "own-0"]
    say(switch, "own-0")
    assert shown[-1][1] is own


def test_few_scenarios_are_kept(switch, shown):
    first = shown[-1][1]
    for name in ("stylized-12", "europe-sovereignty", "follow-the-sun"):
        say(switch, name)
    kept = json.loads(switch.shown)[1]
    assert len(kept) == MOST_KEPT and "classroom-3x3" not in kept
    say(switch, "classroom-3x3")
    assert shown[-1][1] is not first


@pytest.mark.parametrize(
    "error", [ExplorerError("Broken.", "regions.csv", "Mend it."), ValueError("Broken.")]
)
def test_a_scenario_that_cannot_be_opened_is_said_and_the_one_before_is_there_again(shown, error):
    def make(scenario: str) -> Any:
        if scenario == "stylized-12":
            raise error
        return Explorer(Scenario.load(scenario), address=f"?scenario={scenario}")

    switch = opened_by(shown, make)
    first = shown[-1][1]
    say(switch, "stylized-12")
    assert shown[-1][0] == "stylized-12" and "Broken." in shown[-1][1].what
    assert json.loads(switch.shown) == [1, ["classroom-3x3"]]  # the page need not wait
    say(switch, "classroom-3x3")
    assert shown[-1][1] is first


@pytest.mark.parametrize(
    "said",
    [
        None, "open", {"open": "nowhere", "turn": 1, "reopen": 0}, {"open": "../..", "turn": 1, "reopen": 0},
        {"open": 3, "turn": 1, "reopen": 0}, {"open": "stylized-12"}, {"open": "stylized-12", "turn": "1", "reopen": 0},
        {"open": "", "turn": 1, "reopen": 0}, [], {"open": "x" * 100_000, "turn": 1, "reopen": 0},
    ],
)  # fmt: skip
def test_what_no_page_of_ours_says_opens_nothing(switch, shown, said):
    before = [*shown]
    switch._handle_msg(said)
    assert shown == before


def test_every_scenario_has_a_sentence_of_its_size_and_names_stay_text(tmp_path, monkeypatch):
    scenario = Scenario.load("stylized-12")
    size = f"{len(scenario.regions)} regions, {len(scenario.clients)} clients"
    assert about("stylized-12").opening == f"Opening {scenario.title}: {size} …"
    own = scenario.copy()
    own.title = "<img src=x onerror=alert(1)>"
    own.save(tmp_path / "own")
    assert about(str(tmp_path / "own")).opening.startswith("Opening <img")  # for `textContent`
    assert "<img" not in Chooser(scenarios_there(str(tmp_path / "own")), "").object
    own.title = "Ours"
    own.save(tmp_path / "own")
    assert about(str(tmp_path / "own")).title == "Ours"
    assert about(str(tmp_path / "gone")) == about(str(tmp_path / "gone"))


def test_scenarios_to_choose_from_are_called_what_they_are_in_the_language_that_is_spoken():
    with speaking("fr"):
        assert about("classroom-3x3").title == "Salle de classe, trois sur trois"
        assert "Trois villes" in Chooser(scenarios_there(), "classroom-3x3").object
        groups = Inputs(Scenario.load("classroom-3x3"), {}).groups
        budgets = [
            control["label"]
            for group in groups
            for control in group["controls"]
            if control["key"].endswith("/budget")
        ]
        assert budgets == ["Conversation", "Traitement par lots"]
    assert about("classroom-3x3").title == "Classroom, three by three"


def test_the_documentation_has_the_numbers_that_hold():
    text = " ".join((ROOT / "docs" / "serving.md").read_text("utf-8").split())
    assert f"{AT_ONCE} at once, then one a second" in text and PER_S == 1
    assert f"The last {MOST_KEPT} are kept" in text
    assert f"an address of more than {MOST_CHARACTERS} characters" in text


# In a browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    port, folder = free_port(), tmp_path_factory.mktemp("switch")
    log, board, own = folder / "log", folder / "board.sqlite", folder / "own" / "mine"
    mine = Scenario.load("classroom-3x3")
    mine.title = "My world"
    mine.save(own)
    options = ("--port", port, "--board", board, "--scenario-dir", own.parent)
    with started("classroom-3x3", *options, log=log) as server:
        room = log.read_text().partition("board?room=")[2][:6]
        url = f"http://127.0.0.1:{port}/"
        yield SimpleNamespace(url=url, pid=server.pid, port=port, room=room, own=own)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    """One window for what is opened there one after the other."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    page.close()


@pytest.fixture
def opened(served, window: Page) -> Iterator[Page]:
    """A page that says nothing wrong, and keeps its one live connection."""
    page = as_new(window, served.url)
    with watched(page):
        page.goto(served.url)
        expect_open(page, "Classroom")
        yield page


@pytest.fixture(scope="module")
def going_on(served, browser: Browser) -> Iterator[Page]:
    """One as good for all that choose another scenario from wherever they are."""
    page = browser.new_page()
    with watched(page):
        page.goto(served.url)
        expect_open(page, "Classroom")
        yield page
    page.close()


def expect_open(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", name=f"Wattlas · {title}")).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(page).to_have_title(re.compile(f"^Wattlas · {title}"))
    wait_until_open(page)


def choose(page: Page, title: str) -> None:
    page.get_by_text("Choose another scenario").click()
    page.get_by_role("link", name=title).click()


def friction(page: Page):
    return page.locator("input[type=range][aria-label^='Cost of moving']")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Inside, a server answers nothing."""
    os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(pid, signal.SIGCONT)


@pytest.mark.ui
def test_a_choice_is_announced_before_the_server_answers_and_the_last_one_counts(
    served, going_on: Page
):
    opened = going_on
    opened.get_by_role("button", name="Toggle theme").click()
    opened.wait_for_url("**theme=dark")
    with stopped(served.pid):
        choose(opened, "Stylised, twelve regions")
        said = "Opening Stylised, twelve regions: 12 regions, 12 clients …"
        expect(opened.get_by_text(said)).to_be_visible()
        paper = "getComputedStyle(document.getElementById('opening')).backgroundColor"
        assert opened.evaluate(paper) == "rgb(18, 18, 18)"
        assert "scenario=stylized-12" in opened.url
    expect_open(opened, "Stylised")
    expect_cost(opened, Scenario.load("stylized-12"))

    with stopped(served.pid):  # meanwhile somebody changes their mind
        choose(opened, "Follow the sun")
        opened.get_by_text("Opening Follow").wait_for()
        opened.go_back()
        opened.get_by_text("Opening Stylised").wait_for()
    expect_open(opened, "Stylised")
    expect_cost(opened, Scenario.load("stylized-12"))
    friction(opened).press("End")
    opened.wait_for_url("**scenario=stylized-12**friction=5**")


@pytest.mark.ui
def test_what_was_done_goes_along_and_back_has_all_that_was_left(served, opened: Page):
    friction(opened).press("End")
    opened.get_by_role("button", name="Pin this", exact=True).click()
    opened.get_by_role("textbox", name="Name of Cost of moving: 5").wait_for()
    question(opened, "What holds it back?").click()
    opened.get_by_role("button", name="Submit to the board").click()
    opened.get_by_role("textbox", name="Team").fill("Blue")
    opened.get_by_role("textbox", name="Code of the room").fill(served.room)
    opened.get_by_role("button", name="Submit", exact=True).click()
    opened.get_by_text("Submitted: 8,800 USD/h").wait_for()
    opened.get_by_role("button", name="Close", exact=True).click()

    choose(opened, "Stylised, twelve regions")
    expect_open(opened, "Stylised")
    expect_question(opened, "What holds it back?")
    row = opened.get_by_role("row", name="Classroom, three by three")
    expect(row).to_contain_text("per MWh served")
    opened.get_by_role("button", name="Submit to the board").click()
    expect(opened.get_by_role("textbox", name="Team")).to_have_value("Blue")
    opened.get_by_role("button", name="Close", exact=True).click()
    expect(opened.get_by_role("button", name="Undo the last change")).to_be_disabled()

    opened.go_back()
    expect_open(opened, "Classroom")
    scenario = Scenario.load("classroom-3x3")
    scenario.friction_scale = 5.0
    expect_cost(opened, scenario)
    opened.get_by_role("button", name="Undo the last change").click()
    expect_cost(opened, Scenario.load("classroom-3x3"))
    opened.go_back()  # within the scenario, to the question before
    expect_question(opened, "Overview")

    opened.go_forward()
    opened.go_forward()
    expect_open(opened, "Stylised")
    opened.get_by_role("button", name="Reopen Cost of moving: 5").click()
    expect_open(opened, "Classroom")
    expect_cost(opened, scenario)


@pytest.mark.ui
def test_back_to_a_scenario_that_is_not_kept_follows_its_link_and_keeps_pins(served, window: Page):
    page = as_new(window, served.url)
    page.goto(served.url)
    expect_open(page, "Classroom")
    friction(page).press("End")
    page.wait_for_url("**friction=5")
    choose(page, "Stylised, twelve regions")
    expect_open(page, "Stylised")
    page.get_by_role("button", name="Pin this", exact=True).click()
    page.wait_for_url("**pin=**")
    page.reload()
    expect_open(page, "Stylised")
    page.evaluate("window.isTheSame = true")
    page.go_back()
    expect_open(page, "Classroom")
    scenario = Scenario.load("classroom-3x3")
    scenario.friction_scale = 5.0
    expect_cost(page, scenario)
    expect(page.get_by_role("row", name="Stylised, twelve regions")).to_be_visible()
    page.wait_for_url("**scenario!stylized-12**")
    page.reload()  # a link has them, too
    expect_open(page, "Classroom")
    expect(page.get_by_role("row", name="Stylised, twelve regions")).to_be_visible()


@pytest.mark.ui
def test_one_that_cannot_be_opened_is_named_and_says_why_and_others_can(served, going_on: Page):
    opened = going_on
    (served.own / "regions.csv").write_text("id,name\n")
    choose(opened, "My world")
    expect(opened).to_have_title("Wattlas · My world")
    expect(opened.get_by_role("heading", name="Wattlas · My world")).to_be_visible()
    said = opened.get_by_text("regions.csv: the table has no rows.")
    expect(said).to_have_css("color", "rgb(33, 37, 41)")  # on pale red, in both themes
    choose(opened, "Stylised, twelve regions")
    expect_open(opened, "Stylised")
    expect(opened).to_have_title("Wattlas · Stylised, twelve regions")


def openings(switch: str, n: int) -> dict[str, Any]:
    """What a page sends that wants the n-th opening."""
    entries = [["open", ("stylized-12", "classroom-3x3")[n % 2]], ["turn", n], ["reopen", 0]]
    about = [["model", {"id": switch}], ["data", {"type": "map", "entries": entries}]]
    values = {"type": "map", "entries": about}
    sent = {"type": "event", "name": "data_event", "values": values}
    return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": sent}


@pytest.mark.ui
def test_a_flood_of_openings_waits_and_the_last_is_opened(served):
    """Each is as much work as a new page; another user's slider is answered meanwhile."""
    began_s = time.monotonic()
    last = 4 * AT_ONCE

    async def flooded() -> None:
        async with connected(served.port) as rude, connected(served.port) as polite:
            page = await rude.load()
            await polite.load()
            before = page[: page.index('"class_name":"Switch"')]
            switch = re.findall(r'"name":"panel.models.esm.ReactiveESM","id":"(\w+)"', before)[-1]
            for n in range(1, last + 1):
                await rude.send("PATCH-DOC", {"events": [openings(switch, n)]})
            await polite.say('[1, {"chat/budget": 101}]')
            await polite.news(1)
            turns = list[int]()
            while last not in turns:
                message = await rude.read()
                assert message is not None
                turns += map(int, re.findall(r'"shown","new":"\[(\d+),', message[1]))
            at_most = AT_ONCE + PER_S * (time.monotonic() - began_s)
            assert AT_ONCE <= len(turns) <= at_most

    in_own_loop(flooded())
