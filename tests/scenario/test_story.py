"""Stories: what is wrong is said with its place, and those shipped tell what the numbers say."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from explorer import Placement, Scenario, ScenarioError, attribution, greedy, solve
from explorer.app.questions import QUESTIONS
from explorer.app.story.player import at_once
from explorer.measures.headlines import basis_of, forced_and_chosen, headlines
from explorer.measures.storytelling import (
    DIRECTIONS,
    STAYS,
    answer,
    figure,
    scenario_at,
    step_text,
)
from explorer.packaged_data import SCENARIOS
from explorer.registry import MEASURES
from explorer.scenario.known import names
from explorer.scenario.story import (
    GREEDY,
    HEADLINES,
    HIGHLIGHTS,
    KINDS,
    PLACEHOLDER,
    SPLIT,
    STORY_FILE,
    Prediction,
    Step,
)
from explorer.text import format_number
from explorer.words import Reader, writing_for
from explorer.words.amounts import Units

DOCS = Path(__file__).parents[2] / "docs"
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
        ("title =", "titel =", "step 1, key titel: there is no such key."),
        ("title =", "subject =", "step 1, key title: this is missing."),
        ('text = "', 'text = 5 # "', "step 1, key text: this is no text."),
        ('"It costs {cost_usd_per_h} USD/h."', '"  "', "step 1, key text: this has 0 characters."),
        ("It costs", "x" * 2000, "step 1, key text: this has 2,"),
        ('"One"', '"{relocated_mw}"', "step 1, key title: figures are put into the text of a step"),
        ("chat = 200", "chat = -5", "step 1, key chat: this is no latency budget. (found '-5')"),
        ("chat = 200", "chat = 1" + "0" * 400, "step 1, key chat: this is no latency budget."),
        ("chat = 200", "chat = inf", "step 1, key chat: this is no latency budget."),
        ("chat = 200", "chat = true", "step 1, key chat: this is no latency budget."),
        ("chat = 200", "caht = 200", "step 1, key caht: there is no such parameter."),
        ("= 2 }", "= -2 }", "step 1, key friction_scale: this is below 0."),
        ("= 2 }", '= "2" }', "step 1, key friction_scale: this is not a number. (found '2')"),
        (
            "friction_scale = 2",
            'carbon_signal = "operating margin"',
            "step 1, key carbon_signal: the tables have nothing for it. (found 'operating margin')",
        ),
        ("{cost_usd_per_h}", "{cost}", "step 1, key text: there is no such figure. (found 'cost')"),
        ("{cost_usd_per_h}", "{cost_usd_per_h.best}", "step 1, key text: there is no such figure."),
        ("{cost_usd_per_h}", "{relocated_forced_mw.change}", "step 1, key text: there is no such"),
        (
            "state =",
            'view = "Nowhere"\nstate =',
            "step 1, key view: this is not one of the possible",
        ),
        ("state =", "view = []\nstate =", "step 1, key view: this is not one of the possible"),
        (
            "state =",
            'highlight = "attribution"\nstate =',
            "step 1, key highlight: its card is not where the step looks, which is “Overview”. "
            "(found 'attribution') Write view = \"What holds it back?\".",
        ),
        (
            "state =",
            'view = "When does it pay?"\nhighlight = "map"\nstate =',
            'Write view = "Overview".',
        ),
        (GOOD[GOOD.index("[[") :], "steps = []", "key steps: there are not 1 to 40 steps"),
        (GOOD[GOOD.index("[[") :], "steps = [1]", "story.toml, step 1: this is no table."),
        ('title = "A story"', "title = [", "story.toml: this is not TOML"),
        ('title = "A story"', "a = " + "[" * 100_000, "story.toml: this is not TOML"),
        (
            "state =",
            'predict = { ask = "What?", figure = "cost_usd_per_h" }\nstate =',
            "step 1, key predict: the first step has none before it",
        ),
        (
            "state =",
            'predict = { ask = "What?", kind = "number" }\nstate =',
            "step 1, key figure: this is not one of the possible values.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(told, old, new, said):
    place = GOOD.rindex(old)  # the last: titles of steps, not of the story
    with pytest.raises(ScenarioError) as error:
        told(GOOD[:place] + GOOD[place:].replace(old, new, 1))
    assert said in str(error.value)


def test_a_number_is_asked_for_and_answered_in_the_unit_that_is_read():
    money = Prediction("How much?", "cost_usd_per_h", "number")
    share = Prediction("How much of it?", "saving_share", "number")
    placement = solve(Scenario.load("classroom-3x3"))
    with writing_for(Reader("en", Units("EUR", 1.25))):
        asked = [at_once(Step("", "", predict=each))["asked"] for each in (money, share)]
        assert [(each["unit"], each["factor"]) for each in asked] == [("EUR/h", 0.8), ("%", 1)]
        euros = placement.cost_usd_per_h * asked[0]["factor"]
        found = answer(money, euros / asked[0]["factor"], None, placement)
        assert found.right and found.words == f"It is {format_number(euros)} EUR/h."
    assert {figure(placement, name).unit for name in SPLIT} == {"-", "USD/h", "MW IT"}


@pytest.mark.parametrize("made", ["{} = 1", 'title = "{}"', "# {}"])
def test_a_text_of_ten_megabytes_is_read_or_refused_in_few_words(told, made):
    with pytest.raises(ScenarioError) as error:
        told(made.format("x" * 9_900_000) + GOOD.replace("title", "titel"))
    assert len(str(error.value)) < 2000


def test_markup_and_hidden_characters_of_a_text_are_plain_words(told):
    brought = "<script>alert(1)</script> $x$ \\u202eab\\u0000c"  # as TOML escapes it
    (step,) = told(GOOD.replace("It costs", brought)).story.steps
    said = step_text(step, solve(Scenario.load("classroom-3x3")))
    assert said.startswith("<script>alert(1)</script>")
    assert "\u202e" not in said and "\0" not in said
    assert at_once(replace(step, title="\u202ex"))["title"] == "\ufffdx"


@pytest.mark.parametrize(
    ("text", "yearly", "said"),
    [
        ("{cost_usd_per_h} USD an hour, {objective_usd_per_h}.", True, "5,977 EUR an hour, 7,892."),
        ("{cost_usd_per_h} USD/h, {cost_usd_per_h.baseline}.", True, "52.4 MEUR/yr, 62.8."),
        ("{cost_usd_per_h} USD pro Stunde", False, "5,977 EUR pro Stunde"),
        ("每小时 {cost_usd_per_h} USD的", False, "每小时 5,977 EUR的"),
        ("{carbon_kg_per_h} kg/h; {carbon_kg_per_h} kg", True, "419,429 t/yr; 47.9 t"),
        ("{cost_usd_per_h.change_percent}, {relocated_share}", True, "−16.6 %, 30 %"),
        ("100 USD for {relocated_mw} MW", True, "100 USD for 30.0 MW"),
        ("{cost_usd_per_h} USDX", False, "7,471 USDX"),
    ],
)
def test_figures_of_a_text_are_in_the_units_of_the_symbol_behind_them(text, yearly, said):
    placement = solve(Scenario.load("classroom-3x3"))
    wanted = Units("EUR", 1.25, mass="t", period="yr" if yearly else "h")
    with writing_for(Reader("en", wanted)):
        assert step_text(Step("", text), placement) == said


def test_every_card_that_a_story_may_point_at_is_where_it_says():
    titles = {
        view.measure: question
        for question, parts in QUESTIONS.items()
        for views in parts
        for view in views
        if hasattr(view, "measure")
    }
    assert {name: MEASURES[name].question for name in titles} == titles
    assert MEASURES.keys() - titles.keys() == {"budget_margins"}  # on the card of remedies


def test_figures_of_stories_are_those_of_headlines():
    assert set(HEADLINES) <= set(headlines(solve(Scenario.load("classroom-3x3"))))


def test_the_guide_names_every_figure_and_highlight_that_is_no_measure():
    guide = (DOCS / "howto" / "story.md").read_text("utf-8")
    named = (*SPLIT, *GREEDY, *(name for name in HIGHLIGHTS if name not in MEASURES), *KINDS)
    assert [name for name in named if f"`{name}`" not in guide] == []


def test_figures_of_what_is_forced_are_those_of_the_split():
    placement = at("world-2025", 2)
    split = forced_and_chosen(placement)
    serving = headlines(placement)["serving_usd_per_h"]
    assert {name: figure(placement, name).value for name in SPLIT} == pytest.approx(
        {
            "saving_usd_per_h": -headlines(placement)["cost_usd_per_h"].change,
            "saving_share": -headlines(placement)["cost_usd_per_h"].change_percent / 100,
            "relocated_forced_mw": split.relocated_forced_mw,
            "relocated_chosen_mw": split.relocated_chosen_mw,
            "relocated_forced_share": split.relocated_forced_mw / placement.relocated_mw,
            "cost_share_of_serving": placement.cost_usd_per_h / serving.value,
            "saving_share_of_serving": -serving.change_percent / 100,
        }
    )


def test_a_share_is_guessed_in_percent_and_a_small_one_has_a_decimal():
    placement = at("world-2025", 2)
    asked = Prediction("How many?", "cost_share_of_serving", "number")
    share = figure(placement, "cost_share_of_serving").value
    assert 0 < share < 0.1
    assert answer(asked, 100 * share, None, placement).right
    assert not answer(asked, share, None, placement).right
    assert step_text(Step("", "{cost_share_of_serving}"), placement) == f"{100 * share:.1f} %"


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
            now, then = (figure(p, step.predict.figure).value for p in (after, before))
            change = (now - then) / abs(then)
            right = "stays" if abs(change) <= STAYS else "rises" if change > 0 else "falls"
            guesses = {g: answer(step.predict, g, before, after).right for g in DIRECTIONS}
            assert guesses == {g: g == right for g in DIRECTIONS}
        before = after


@cache
def at(name: str, number: int) -> Placement:
    """The placement of a step, the first being 1."""
    scenario = Scenario.load(name)
    return solve(scenario_at(scenario, scenario.story.steps[number - 1]))


def moved_mw(placement: Placement, end: str) -> dict[str, float]:
    """Load away from home by country, of where it comes from or goes: `service` or `region`."""
    country = Scenario.load("world-2025").regions.set_index("id")["country_iso2"]
    away = placement.flows[~placement.flows["is_home"]]
    return away.groupby(away[end].map(country))["it_mw"].sum().to_dict()


def test_the_world_is_as_large_as_its_story_says():
    scenario = Scenario.load("world-2025")
    assert (len(scenario.regions), len(scenario.clients)) == (73, 85)
    text = scenario.story.steps[0].text
    assert text.startswith("Seventy-three regions serve eighty-five metros")


def test_most_of_what_has_no_room_is_indian_and_most_of_what_moves_goes_to_the_united_states():
    scenario = Scenario.load("world-2025")
    scenario.baseline_rule = "least relocation"
    forced = moved_mw(solve(scenario).baseline, "service")
    assert max(forced, key=forced.__getitem__) == "IN"
    cheapest = moved_mw(at("world-2025", 2), "region")
    assert cheapest["US"] > sum(cheapest.values()) / 2


SAID = {  # what a text or its question says of a setting that is not as it was opened
    "A": "400 ms",
    "objective": "as near to its user",
    "capacity_scale": "half as much room again",
    "legal_policy": "without rules on where data may go",
    "baseline_rule": "least relocation|moves only what",
    "carbon_signal": "operating margin",
}


def test_every_step_of_the_world_says_what_it_keeps_of_the_steps_before():
    scenario = Scenario.load("world-2025")
    opened = scenario.copy()
    assert scenario.story
    for step in scenario.story.steps:
        for name in step.state:
            if name in SAID and (name == "A" or step.state[name] != getattr(opened, name)):
                assert re.search(SAID[name], " ".join(step.text.split())), (step.title, name)
            else:
                assert step.state[name] == getattr(opened, name), name


def test_in_the_world_patience_brings_nothing_and_little_less_hurts_little():
    assert at("world-2025", 3).cost_usd_per_h == pytest.approx(at("world-2025", 2).cost_usd_per_h)
    scenario = Scenario.load("world-2025")
    scenario.workloads["A"].latency_budget_ms = 250
    assert 1 < solve(scenario).cost_usd_per_h / at("world-2025", 2).cost_usd_per_h < 1.01


def test_room_holds_the_world_back_most_and_latency_least():
    scenario = Scenario.load("world-2025")
    held = attribution(scenario_at(scenario, scenario.story.steps[3])).set_index("constraint")
    assert held["usd_per_h"].idxmax() == "capacity" and held["usd_per_h"].idxmin() == "latency"
    forced = [forced_and_chosen(at("world-2025", n)).relocated_forced_mw for n in (3, 4)]
    assert forced[1] < forced[0]


def test_without_law_it_is_china_that_moves_to_where_power_emits_less():
    held, free = (at("world-2025", n) for n in (4, 5))
    new_mw = moved_mw(free, "service")["CN"] - moved_mw(held, "service")["CN"]
    assert new_mw > (free.relocated_mw - held.relocated_mw) / 2
    regions = Scenario.load("world-2025").regions.set_index("country_iso2")
    carbon = regions["carbon_combined_margin_g_per_kwh"]
    to = moved_mw(free, "region")
    assert carbon["CN"].min() > carbon[max(to, key=to.__getitem__)].max()


def test_an_idle_chip_costs_more_than_cheap_power_saves():
    scenario, placement = Scenario.load("world-2025"), at("world-2025", 7)
    saving = figure(placement, "saving_usd_per_h").value
    assert saving / figure(placement, "relocated_chosen_mw").value < scenario.hardware_usd_per_mwh


def test_what_the_referee_is_told_of_a_rule_is_what_greedy_says():
    nearest, best, roomy = (at("follow-the-sun", n) for n in (1, 2, 3))
    table = greedy(Scenario.load("follow-the-sun")).set_index("placement")
    rule, missed = table.loc["greedy"], table.attrs["missed_share"]
    assert figure(best, "greedy_relocated_mw").value == pytest.approx(rule["relocated_mw"])
    cost = figure(nearest, "greedy_objective_usd_per_h").value
    assert cost == pytest.approx(rule["objective_usd_per_h"])
    assert figure(best, "greedy_missed_share").value == pytest.approx(missed)
    assert best.objective_usd_per_h < cost < nearest.objective_usd_per_h
    assert best.relocated_mw < rule["relocated_mw"]  # "the optimum only"
    assert missed < 0.1  # "the saving holds"
    assert figure(roomy, "greedy_missed_share").value < missed


def test_caps_of_the_free_lunch_are_what_its_story_says():
    """Caps are numbers in the file: what they stand for is computed here."""
    steps = Scenario.load("media-heavy").story.steps
    nearest, cheapest, cleanest, same_bill, same_delay, _none = (
        at("media-heavy", n) for n in range(1, 7)
    )
    assert steps[3].state["cost_cap_usd_per_h"] == round(nearest.cost_usd_per_h)
    assert steps[4].state["mean_delay_cap_ms"] == round(cheapest.mean_wan_per_request_ms, 1)
    avoided = [nearest.carbon_kg_per_h - p.carbon_kg_per_h for p in (cleanest, same_bill)]
    assert avoided[1] / avoided[0] == pytest.approx(0.9, abs=0.02)  # "nine tenths"
    assert same_delay.carbon_kg_per_h < 1.01 * cleanest.carbon_kg_per_h  # "near ones"
    assert cleanest.mean_wan_per_request_ms > 1.1 * same_delay.mean_wan_per_request_ms
    assert cleanest.cost_usd_per_h > nearest.cost_usd_per_h  # "paid for"


@pytest.mark.parametrize("name", TOLD)
def test_figures_in_a_shipped_story_are_computed(name):
    """A text holds digits only as the settings and sizes that it is about."""
    for step in Scenario.load(name).story.steps:
        plain = PLACEHOLDER.sub("", step.text)
        words = (word.strip(".,:;").replace(",", "") for word in plain.split())
        numbers = {word for word in words if word[:1].isdigit()}
        given = {f"{value:g}" for value in step.state.values() if isinstance(value, (int, float))}
        budgets = {f"{w.latency_budget_ms:g}" for w in Scenario.load(name).workloads.values()}
        assert numbers <= given | budgets


def test_refusing_people_is_no_fall_of_cost():
    """With less room at home and a law against leaving it, a fifth goes unserved: no cheaper."""
    scenario = Scenario.load("classroom-3x3")
    before = solve(scenario)
    scenario.param.update(capacity_scale=0.5, legal_policy="same zone")
    after = solve(scenario)
    assert after.cost_usd_per_h < before.cost_usd_per_h and after.unserved_mw > 0
    per_mwh = [placement.cost_usd_per_h / placement.served_mw for placement in (before, after)]
    said = answer(Prediction("What does the cost do?", "cost_usd_per_h"), "falls", before, after)
    ends = " to ".join(map(format_number, per_mwh))
    assert f"from {ends} USD per MWh served: other load is served" in said.words
    assert said.right == (per_mwh[1] < (1 - STAYS) * per_mwh[0])
    step = Step("", "Cost: {cost_usd_per_h.change_percent}.")
    scenario.param.update(unserved_usd_per_mwh=60.0)
    refusing = solve(scenario)
    assert basis_of(refusing)
    assert step_text(step, refusing).endswith(" % per MWh served.")
    assert "per MWh" not in step_text(step, before)


def test_a_larger_demand_costs_more_although_nobody_is_refused():
    scenario = Scenario.load("classroom-3x3")
    before = solve(scenario)
    scenario.total_demand_mw = 110
    said = answer(
        Prediction("What does the cost do?", "cost_usd_per_h"), "rises", before, solve(scenario)
    )
    assert said.right and "per MWh" not in said.words
