"""The story in the app: predictions before answers, one step of undo each, the keys of a clicker."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from servers import free_port, serving

from explorer import Scenario, solve
from explorer.app.questions import Questions
from explorer.app.story.player import StoryPlayer
from explorer.measures.storytelling import step_text
from explorer.packaged_data import SCENARIOS
from explorer.scenario.history import History
from explorer.scenario.known import names
from explorer.scenario.story import STORY_FILE
from explorer.session import Session

PATIENCE_MS = 30_000


@pytest.fixture
def player() -> StoryPlayer:
    session = Session(Scenario.load("stylized-12"))
    return StoryPlayer(session, session.scenario.copy(), Questions(session), session.scenario.story)


def seen(player: StoryPlayer) -> dict:
    return json.loads(player.shown)


def test_a_step_sets_its_state_as_one_change(player):
    history = History(player._scenario)
    player._handle_msg({"go": 0})
    assert player._scenario.objective == "latency" and seen(player)["text"].startswith("Twelve")
    history.undo()
    assert player._scenario.objective == "cost" and not history.can_undo


def test_a_prediction_comes_before_the_answer(player):
    player._handle_msg({"go": 1})
    step = seen(player)
    assert step["waits"] and "text" not in step and "answer" not in step
    assert player._scenario.objective == "latency"  # as before the step
    player._handle_msg({"guess": [1, "rises"]})
    step = seen(player)
    assert not step["waits"] and step["right"] is False and step["guess"] == "rises"
    assert player._scenario.objective == "cost"
    player._handle_msg({"guess": [1, "falls"]})  # who has seen the answer cannot guess again
    assert seen(player)["guess"] == "rises"


def test_a_link_says_which_step_and_leaves_settings_to_its_other_values(player):
    assert player.places() == (
        "",
        *(f"{n}-{how}" for n in range(1, 7) for how in ("asked", "told")),
    )
    player._handle_msg({"go": 1})
    assert player.place == "2-asked"
    player._handle_msg({"guess": [1, "rises"]})
    assert player.place == "2-told"
    player._handle_msg({"close": True})
    assert player.place == ""
    before = player._scenario.settings()
    player.place = "3-told"  # as it is followed
    assert seen(player)["n"] == 2 and seen(player)["text"]
    assert player._scenario.settings() == before
    player.place = "2-told"  # by somebody who was not asked
    assert "text" in seen(player)
    player.place = ""
    assert player.shown == ""


def test_what_was_moved_besides_is_as_it_was_opened(player):
    player._scenario.friction_scale = 7
    player._scenario.workloads["B"].latency_budget_ms = 400
    player._handle_msg({"go": 2})
    assert player._scenario.friction_scale == 1
    assert player._scenario.workloads["B"].latency_budget_ms == 1500


@pytest.mark.parametrize(
    "message",
    [None, 5, "go", {"go": 99}, {"go": "1"}, {"go": -1}, {"guess": [0, "rises"]}, {"guess": [1]},
     {"guess": [1, "<b>"]}, {"guess": [1, 5]}, {"guess": [99, "rises"]}, {"close": "yes"}, []],
)  # fmt: skip
def test_what_no_page_of_ours_says_changes_nothing(player, message):
    before = player._scenario.settings()
    player._handle_msg(message)
    assert player.shown == "" and player._scenario.settings() == before


@pytest.mark.parametrize("name", [n for n in names() if (SCENARIOS / n / STORY_FILE).exists()])
def test_every_step_of_a_shipped_story_can_be_played(name):
    session = Session(Scenario.load(name))
    story = session.scenario.story
    player = StoryPlayer(session, session.scenario.copy(), Questions(session), story)
    for n, step in enumerate(story.steps):
        player._handle_msg({"go": n})
        if step.predict is not None:
            assert seen(player)["waits"]
            player._handle_msg({"guess": [n, "falls" if step.predict.kind == "direction" else 50]})
        assert seen(player)["text"] == step_text(step, solve(session.scenario))


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    port = free_port()
    log = tmp_path_factory.mktemp("story") / "log"
    with serving("stylized-12", "--port", str(port), log=log):
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"http://127.0.0.1:{port}/")
        yield page
        expect.set_options(timeout=None)  # for the tests of other files, as it is by itself
        assert not wrong
        page.close()


@pytest.mark.ui
def test_the_story_is_played_with_the_keys_of_a_clicker(page):
    page.get_by_role("button", name="Story:").click()
    story = page.get_by_role("region", name="Why computing runs away from its users")
    expect(story.get_by_role("heading")).to_have_text("Nearest first")
    page.keyboard.press("PageDown")
    expect(story.get_by_role("heading")).to_have_text("Let requests go where power is cheap")
    expect(story.get_by_role("button", name="Next")).to_be_disabled()
    page.keyboard.press("PageDown")  # does not go past a question
    expect(story.get_by_text("Before you look")).to_be_visible()
    story.get_by_role("button", name="It falls").click()
    expect(story.get_by_text("You were right.")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(story.get_by_role("heading")).to_have_text("Patience decides how far")
    expect(
        page.get_by_role("heading", name="Local, regional or where energy is cheap?")
    ).to_be_visible()
    page.keyboard.press("PageUp")
    expect(story.get_by_text("You were right.")).to_be_visible()
    story.get_by_role("button", name="Close the story").click()
    expect(page.get_by_role("button", name="Story:")).to_be_visible()
