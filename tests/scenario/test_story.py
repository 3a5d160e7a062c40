"""Stories: what is wrong is said with its place, and those shipped tell what the numbers say."""

import pytest

from explorer import Scenario, ScenarioError, solve
from explorer.measures.headlines import headlines
from explorer.measures.storytelling import DIRECTIONS, STAYS, answer, scenario_at, step_text
from explorer.packaged_data import SCENARIOS
from explorer.scenario.folder import names
from explorer.scenario.story import FIGURES, PLACEHOLDER, STORY_FILE

TOLD = [name for name in names() if (SCENARIOS / name / STORY_FILE).exists()]
GOOD = """
title = "A story"
[[steps]]
title = "One"
text = "It costs {cost_usd_per_h} USD/h."
state = { chat = 200, friction_scale = 2 }
"""


@pytest.fixture
def told(tmp_path):
    def write(text: str) -> Scenario:
        target = tmp_path / "mine"
        scenario = Scenario.load("classroom-3x3")
        scenario.save(target)
        (target / STORY_FILE).write_text(text, "utf-8")
        return Scenario.load(target)

    return write


def test_a_story_travels_with_its_scenario(told, tmp_path):
    scenario = told(GOOD)
    scenario.save(tmp_path / "again")
    (step,) = Scenario.load(tmp_path / "again").story.steps
    assert step.state == {"chat": 200, "friction_scale": 2} and step.view == "Overview"
    assert scenario.copy().story == scenario.story
    assert Scenario.load("classroom-3x3").story is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title =", "titel =", "step 1, titel: there is no such key."),
        ("chat = 200", "chat = -5", "step 1, chat: this is no latency budget."),
        ("chat = 200", "caht = 200", "step 1, caht: there is no such parameter."),
        ("friction_scale = 2", "friction_scale = -2", "step 1, friction_scale: this is below 0."),
        ("{cost_usd_per_h}", "{cost}", "step 1, text: there is no such figure."),
        ("{cost_usd_per_h}", "{cost_usd_per_h.best}", "step 1, text: there is no such figure."),
        ("state =", 'view = "Nowhere"\nstate =', "step 1, view: this is not one of the possible"),
        (GOOD[GOOD.index("[[") :], "steps = []", "there are not 1 to 40 steps"),
        ("It costs", "x" * 2000, "step 1, text: this is empty or too long."),
        ('title = "A story"', "title = [", "this is not TOML"),
        (
            "state =",
            'predict = { ask = "What?", figure = "cost_usd_per_h" }\nstate =',
            "step 1, predict: the first step has none before it",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(told, old, new, said):
    place = GOOD.rindex(old)  # the last: titles of steps, not of the story
    with pytest.raises(ScenarioError) as error:
        told(GOOD[:place] + GOOD[place:].replace(old, new, 1))
    assert said in str(error.value).replace("column ", "")


def test_figures_of_stories_are_those_of_headlines():
    assert set(FIGURES) <= set(headlines(solve(Scenario.load("classroom-3x3"))))


@pytest.mark.parametrize("name", TOLD)
def test_a_shipped_story_asks_what_has_an_answer_and_changes_one_thing_for_it(name):
    scenario = Scenario.load(name)
    steps = scenario.story.steps
    before = None
    for step in steps:
        after = solve(scenario_at(scenario, step))
        assert "{" not in step_text(step, after)
        if step.predict is not None and step.predict.kind == "direction":
            old, new = (steps[steps.index(step) - 1].state, step.state)
            keys = {key for key in {*old, *new} if old.get(key) != new.get(key)}
            assert len(keys) == 1, f"{step.title}: what is asked about is not all that changes"
            now, then = (headlines(p)[step.predict.figure].value for p in (after, before))
            change = (now - then) / abs(then)
            right = "stays" if abs(change) <= STAYS else "rises" if change > 0 else "falls"
            guesses = {g: answer(step.predict, g, before, after).right for g in DIRECTIONS}
            assert guesses == {g: g == right for g in DIRECTIONS}
        before = after


@pytest.mark.parametrize("name", TOLD)
def test_figures_in_a_shipped_story_are_computed(name):
    """A text holds digits only as the settings and sizes that it is about."""
    for step in Scenario.load(name).story.steps:
        plain = PLACEHOLDER.sub("", step.text)
        numbers = {word.strip(".,:;") for word in plain.split() if word[:1].isdigit()}
        given = {f"{value:g}" for value in step.state.values() if isinstance(value, (int, float))}
        budgets = {f"{w.latency_budget_ms:g}" for w in Scenario.load(name).workloads.values()}
        assert numbers <= given | budgets
