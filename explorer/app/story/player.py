"""Plays the story of a scenario: a text and a state at a time, predictions before answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import param

from explorer.app.component import Component
from explorer.app.questions import Questions
from explorer.errors import ExplorerError
from explorer.measures.storytelling import (
    DIRECTIONS,
    Answer,
    answer,
    scenario_at,
    step_text,
    unit_of,
)
from explorer.model.labels import as_shown
from explorer.model.placement import Placement
from explorer.model.solve import solve
from explorer.registry import MEASURES
from explorer.scenario.history import restore, state_of
from explorer.scenario.scenario import Scenario
from explorer.scenario.story import Prediction, Step, Story
from explorer.session import Session
from explorer.words import mark, tr, units

_HERE = Path(__file__)
_ASKED, _TOLD = "-asked", "-told"  # of a step in a link
_TITLES = {"map": mark("Where does it go?"), "regions": mark("Regions")} | {
    name: measure.title for name, measure in MEASURES.items()
}  # of cards, by what a step may highlight
_TITLES["budget_margins"] = _TITLES["remedies"]  # on the same card


def at_once(step: Step) -> dict[str, Any]:
    """What is said of a step before anybody has guessed."""
    asked = step.predict and _question(step.predict)
    highlight = tr(_TITLES.get(step.highlight, step.highlight))
    return {
        "title": as_shown(step.title),
        "asked": asked,
        "choices": DIRECTIONS,
        "highlight": highlight,
    }


def _question(asked: Prediction) -> dict[str, Any]:
    """With the unit that a number is typed in, and what makes that of the figure's own."""
    unit = unit_of(asked.figure)
    return {
        "ask": as_shown(asked.ask),
        "kind": asked.kind,
        "unit": "%" if unit == "-" else units().written(unit),
        "factor": units().factor_in(unit),
    }


class StoryPlayer(Component):
    """
    The steps of a story in a bar above the page; closed until it is opened.

    A step with a prediction leaves the state before it standing until somebody has guessed.
    """

    title = param.String(doc="Of the story.")
    place = param.String(
        doc="The step seen, as a link says it: its number from 1, asked or told; '' while closed."
    )
    shown = param.String(doc="What there is to see there, '' while the story is closed: JSON.")

    _esm = _HERE.with_suffix(".js").read_text(encoding="utf-8")
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(
        self, session: Session, opened: Scenario, questions: Questions, story: Story
    ) -> None:
        super().__init__(title=as_shown(story.title), sizing_mode="stretch_width", margin=0)
        self._scenario, self._questions, self._story = session.scenario, questions, story
        self._opened = opened
        self._guesses: dict[int, str | float] = {}
        self.param.watch(self._on_place, "place")

    def places(self) -> tuple[str, ...]:
        """All that a link may say."""
        numbers = range(1, len(self._story.steps) + 1)
        return "", *(f"{n}{how}" for n in numbers for how in (_ASKED, _TOLD))

    def _handle_msg(self, data: Any) -> None:
        """A step to go to, a guess, or the end; what no page of ours says changes nothing."""
        match data:
            case {"go": int(n)} if 0 <= n < len(self._story.steps):
                self._go(n)
            case {"guess": [int(n), guess]} if self._is_guess(n, guess):
                self._guesses[n] = guess
                self._go(n)
            case {"close": True}:
                self.place = ""

    def _on_place(self, *_events: Any) -> None:
        """Show the step, wherever it came from; the state that a link sets besides is its own."""
        number, _, how = self.place.partition("-")
        self.shown = self._bar(int(number) - 1, waits=f"-{how}" == _ASKED) if number else ""

    def _is_guess(self, n: int, guess: Any) -> bool:
        asked = self._story.steps[n].predict if 0 <= n < len(self._story.steps) else None
        if asked is None or n in self._guesses:
            return False
        if asked.kind == "direction":
            return guess in DIRECTIONS
        return isinstance(guess, (int, float)) and abs(guess) < 1e12

    def _go(self, n: int) -> None:
        step = self._story.steps[n]
        waits = step.predict is not None and n not in self._guesses
        seen = self._story.steps[n - 1] if waits and n else None if waits else step
        there = scenario_at(self._opened, seen) if seen else self._opened
        restore(self._scenario, state_of(there))
        self._questions.question = step.view
        self.place = f"{n + 1}{_ASKED if waits else _TOLD}"

    def _bar(self, n: int, waits: bool) -> str:
        """What the bar holds at a step."""
        step = self._story.steps[n]
        try:
            words = {} if waits else self._words(n, step)
        except ExplorerError as error:
            words = {"text": error.what}
        return json.dumps(
            {"n": n, "of": len(self._story.steps), "waits": waits, **at_once(step), **words}
        )

    def _words(self, n: int, step: Step) -> dict[str, Any]:
        """What is said of a step that is seen."""
        there = self._placed(step)
        words: dict[str, Any] = {"text": step_text(step, there)}
        if step.predict is not None and n in self._guesses:  # a link tells without having asked
            before = self._placed(self._story.steps[n - 1]) if n else None
            found: Answer = answer(step.predict, self._guesses[n], before, there)
            words |= {"guess": self._guesses[n], "right": found.right, "answer": found.words}
        return words

    def _placed(self, step: Step) -> Placement:
        return solve(scenario_at(self._opened, step))
