"""What a room predicts of the steps of a story, before it sees them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from explorer.app.board.rules import RefusedError
from explorer.app.link.followed import loaded
from explorer.measures.storytelling import DIRECTIONS, answer, scenario_at
from explorer.model.solve import solve
from explorer.scenario.known import names
from explorer.scenario.scenario import Scenario
from explorer.scenario.story import Prediction, Step
from explorer.words import tr

_MOST = 1e12  # of a number, as the player has it
Guess = str | float


def refuse_unless_possible(scenario: Scenario, step: object, guess: object) -> None:
    """Raise a `RefusedError` where a guess answers no question of the scenario's story."""
    asked = _asked(scenario, step)[1]
    if asked.kind == "direction":
        is_one = isinstance(guess, str) and guess in DIRECTIONS
    else:
        is_one = type(guess) in (int, float) and abs(float(guess)) < _MOST  # pyright: ignore[reportArgumentType]
    if not is_one:
        raise RefusedError(422, tr("That is no answer to what was asked."))


def gathered(guesses: Iterable[tuple[str, int, Guess]], opened: str) -> list[dict[str, Any]]:
    """
    Each question with all guesses at it, in the order of scenarios and steps.

    Parameters
    ----------
    guesses : iterable of tuple
        Scenario, step and guess, in that order.
    opened : str
        Name or path of the scenario that has no name.
    """
    known, found = names(), []
    for (name, number), group in groupby(guesses, key=lambda row: row[:2]):
        is_there = not name or name in known
        question = _question(loaded(name or opened), number) if is_there else None
        if question is None:  # any more: a board outlives what scenarios ask
            continue
        step, asked = question
        found.append(
            {
                "scenario": name, "step": number, "title": step.title, "ask": asked.ask,
                "kind": asked.kind, "directions": DIRECTIONS, "guesses": [row[2] for row in group],
            }
        )  # fmt: skip
    return found


def answer_words(scenario: Scenario, number: object) -> str:
    """What the figure of a step is, or does, in words."""
    step, asked = _asked(scenario, number)
    steps = _steps(scenario)
    place = steps.index(step)
    before = solve(scenario_at(scenario, steps[place - 1])) if place else None
    return answer(asked, "", before, solve(scenario_at(scenario, step))).words


def _asked(scenario: Scenario, number: object) -> tuple[Step, Prediction]:
    question = _question(scenario, number)
    if question is None:
        raise RefusedError(422, tr("Nothing is asked there."))
    return question


def _question(scenario: Scenario, number: object) -> tuple[Step, Prediction] | None:
    """A step with what is asked before it is seen, if anything is."""
    steps = _steps(scenario)
    step = steps[number] if type(number) is int and 0 <= number < len(steps) else None
    return None if step is None or step.predict is None else (step, step.predict)


def _steps(scenario: Scenario) -> tuple[Step, ...]:
    return scenario.story.steps if scenario.story is not None else ()
