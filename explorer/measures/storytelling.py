"""A scenario's story with its figures: what a step says, and what was to be predicted."""

from __future__ import annotations

from dataclasses import dataclass

import param

from explorer.measures.headlines import Headline, headlines
from explorer.model.placement import Placement
from explorer.scenario.scenario import Scenario
from explorer.scenario.story import PLACEHOLDER, Prediction, Step
from explorer.text import format_number, percent

DIRECTIONS = ("falls", "stays", "rises")
STAYS = 5e-4  # of the size of a figure: a smaller change is none
CLOSE = 0.1  # of the value: a guess that is off by no more is right


@dataclass(frozen=True)
class Answer:
    """What a prediction is held against."""

    right: bool
    words: str


def scenario_at(scenario: Scenario, step: Step) -> Scenario:
    """The scenario in the state of a step: as it was opened, but for what the step says."""
    there = scenario.copy()
    apply(there, step)
    return there


def apply(scenario: Scenario, step: Step) -> None:
    """Set what a step says."""
    with param.parameterized.batch_call_watchers(scenario):
        for name, value in step.state.items():
            if name in scenario.workloads:
                scenario.workloads[name].latency_budget_ms = float(value)
            else:
                setattr(scenario, name, value)


def step_text(step: Step, placement: Placement) -> str:
    """
    The text of a step with the figures of its state.

    Examples
    --------
    >>> from explorer import solve
    >>> scenario = Scenario.load("classroom-3x3")
    >>> step = Step("", "It costs {cost_usd_per_h} USD/h, {cost_usd_per_h.change_percent}.")
    >>> step_text(step, solve(scenario))
    'It costs 7,471 USD/h, −16.6 %.'
    """
    figures = headlines(placement)

    def figure(inside: str) -> str:
        name, _, part = inside.partition(".")
        value = getattr(figures[name], part or "value")
        if part == "change_percent":
            return percent(value)
        return f"{100 * value:.0f} %" if figures[name].unit == "-" else format_number(value)

    return PLACEHOLDER.sub(lambda found: figure(found[1]), step.text)


def answer(
    prediction: Prediction, guess: str | float, before: Placement | None, after: Placement
) -> Answer:
    """
    Hold a guess, one of `DIRECTIONS` or a number, against the placements.

    Examples
    --------
    >>> from explorer import solve
    >>> scenario = Scenario.load("classroom-3x3")
    >>> before = solve(scenario)
    >>> scenario.friction_scale = 3
    >>> asked = Prediction("What does the cost do?", "cost_usd_per_h")
    >>> answer(asked, "rises", before, solve(scenario))
    Answer(right=True, words='It rises: from 7,471 to 8,333 USD/h.')
    """
    now = headlines(after)[prediction.figure]
    if prediction.kind == "number" or before is None:
        right = isinstance(guess, (int, float)) and abs(guess - now.value) <= CLOSE * abs(now.value)
        return Answer(right, f"It is {_said(now)}.")
    then = headlines(before)[prediction.figure]
    change = now.value - then.value
    stays = abs(change) <= STAYS * max(abs(then.value), abs(now.value))
    direction = DIRECTIONS[1 if stays else 2 * (change > 0)]
    ends = f"from {_number(then)} to {_said(now)}" if not stays else f"at {_said(now)}"
    return Answer(guess == direction, f"It {direction}: {ends}.")


def _number(figure: Headline) -> str:
    return f"{100 * figure.value:.0f} %" if figure.unit == "-" else format_number(figure.value)


def _said(figure: Headline) -> str:
    return _number(figure) if figure.unit == "-" else f"{_number(figure)} {figure.unit}"
