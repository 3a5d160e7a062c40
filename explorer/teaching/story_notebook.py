"""
A scenario's story as a notebook: each step in prose and code, predictions before answers.

The notebook holds no figures: it computes what it says, when it is run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from explorer.atomic_write import refuse_bad_target, written_whole
from explorer.errors import ExplorerError
from explorer.markup import html, in_markdown
from explorer.measures.arguments import completed
from explorer.measures.storytelling import DIRECTIONS, answer, scenario_at, step_text
from explorer.model.labels import as_shown
from explorer.model.placement import Placement
from explorer.presentation import render
from explorer.registry import MEASURES
from explorer.scenario.known import names
from explorer.scenario.scenario import Scenario
from explorer.scenario.story import STORY_FILE, Prediction, Step

ENDING = ".ipynb"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Told:
    """What a notebook shows of a step; nothing of it before somebody has guessed."""

    says: str  # how right the guess was, or that one is wanted
    text: str = ""
    placement: Placement | None = None

    def __repr__(self) -> str:
        return "\n\n".join(filter(None, (self.says, self.text)))

    def _repr_html_(self) -> str:
        said = html("<p><b>{}</b></p>", self.says) if self.says else ""
        figures = render(self.placement, "html") if self.placement else ""
        return said + (html("<p>{}</p>", self.text) if self.text else "") + figures


def told(
    step: Step, placement: Placement, before: Placement | None = None, guess: Any = ...
) -> Told:
    """
    Tell a step, and hold a guess against its answer.

    Parameters
    ----------
    step : Step
    placement : Placement
        Of the state of the step.
    before : Placement, optional
        Of the step before, where a direction is asked for.
    guess : str or float, optional
        A direction, or a number in the unit of the figure, of a share in percent.

    Raises
    ------
    ExplorerError
        If the guess is neither a direction nor a number where one is asked for.

    Examples
    --------
    >>> from explorer import Scenario, solve
    >>> scenario = Scenario.load("stylized-12")
    >>> steps = scenario.story.steps
    >>> nearest, cheapest = (solve(scenario_at(scenario, step)) for step in steps[:2])
    >>> told(steps[1], cheapest, nearest)
    … Put "falls", "stays" or "rises" in place of the dots above; run that cell, and this one again.
    >>> told(steps[1], cheapest, nearest, "falls").says.partition(":")[0]
    '✓ It falls'
    """
    text = step_text(step, placement)
    if step.predict is None:
        return Told("", text, placement)
    if guess is ...:
        wanted = f"Put {_choice(step.predict)} in place of the dots above"
        return Told(f"… {wanted}; run that cell, and this one again.")
    _refuse_odd_guess(step.predict, guess)
    found = answer(step.predict, guess, before, placement)
    return Told(f"{'✓' if found.right else '✗'} {found.words}", text, placement)


def _choice(asked: Prediction) -> str:
    if asked.kind == "number":
        return "a number"
    *first, last = (f'"{direction}"' for direction in DIRECTIONS)
    return f"{', '.join(first)} or {last}"


def _refuse_odd_guess(asked: Prediction, guess: Any) -> None:
    is_number = isinstance(guess, (int, float)) and not isinstance(guess, bool)
    if not (is_number if asked.kind == "number" else guess in DIRECTIONS):
        raise ExplorerError(
            "This is no guess.", f"guess = {guess!r}", f"Write {_choice(asked)} after the sign."
        )


def write_story(scenario: str | Path, path: str | Path) -> Path:
    """
    Write the story of a scenario as a notebook.

    Parameters
    ----------
    scenario : str or pathlib.Path
        A sample scenario's name, or a folder; the notebook names a folder as seen from its own.
    path : str or pathlib.Path
        The file, `.ipynb`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ExplorerError
        If there is no such scenario, it tells no story, or the file cannot be written.
    """
    path = Path(path)
    what = "A story is written as a notebook."
    refuse_bad_target(path, (ENDING,), what, f"Let the name end in {ENDING}.")
    loaded = Scenario.load(scenario)
    if loaded.story is None:
        what = f"{as_shown(loaded.title)} tells no story."
        raise ExplorerError(what, STORY_FILE, f"Write {STORY_FILE} in its folder.")
    known = str(scenario) in names()
    name = str(scenario) if known else os.path.relpath(scenario, path.parent)
    notebook = {
        "cells": [cell | {"id": f"cell-{n:02}"} for n, cell in enumerate(_cells(loaded, name))],
        "metadata": _METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    with written_whole(path, "notebook") as unfinished:
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        unfinished.write_text(text, encoding="utf-8", newline="\n")
    return path


def _cells(scenario: Scenario, name: str) -> Iterator[dict[str, Any]]:
    story = scenario.story
    assert story is not None
    yield _prose(
        f"# {in_markdown(as_shown(story.title))}",
        "A story in steps, about the scenario"
        f" *{in_markdown(as_shown(scenario.title))}*. Run the cells in order. Where a question comes first, put"
        " your guess in place of the dots before you go on.",
    )
    yield _code(_opening(story.steps, name))
    for number, step in enumerate(story.steps, start=1):
        asked = step.predict
        question = f"**Before you look.** {in_markdown(as_shown(asked.ask))}" if asked else ""
        how = f"Guess: {_choice(asked)}." if asked else ""
        yield _prose(f"## {number}. {in_markdown(as_shown(step.title))}", question, how)
        if asked:
            yield _code(["guess = ..."])
        yield _code(_telling(scenario, name, number, step))


def _opening(steps: Iterable[Step], name: str) -> list[str]:
    shown = {step.highlight for step in steps} & MEASURES.keys()
    needed = sorted({"Scenario", "notebook", "plot", "solve", *shown})
    return [
        f"from explorer import {', '.join(needed)}",
        "from explorer.teaching.story_notebook import told",
        "",
        "notebook()",
        f"steps = Scenario.load({_literal(name)}).story.steps",
    ]


def _telling(scenario: Scenario, name: str, number: int, step: Step) -> list[str]:
    """The lines that bring about the state of a step, and show it."""
    here = f"placement_{number}"
    seen = f"steps[{number - 1}], {here}"
    if step.predict is not None:
        seen += f", {f'placement_{number - 1}' if number > 1 else 'None'}, guess"
    return [
        f"scenario = Scenario.load({_literal(name)})",
        *(_setting(scenario, *setting) for setting in step.state.items()),
        f"{here} = solve(scenario)",
        f"display(told({seen}))",
        _picture(scenario_at(scenario, step), step.highlight, here),
    ]


def _setting(scenario: Scenario, name: str, value: Any) -> str:
    if name in scenario.workloads:
        return f"scenario.workloads[{_literal(name)}].latency_budget_ms = {value!r}"
    return f"scenario.{name} = {_literal(value)}"


def _literal(value: Any) -> str:
    """
    As one writes it in Python.

    >>> print(_literal("A"), _literal(1.5), _literal(float("inf")))
    "A" 1.5 float("inf")
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    is_limit = isinstance(value, float) and not isfinite(value)
    return f'float("{value}")' if is_limit else repr(value)


def _picture(there: Scenario, highlight: str, placement: str) -> str:
    """What shows a step: the measure that it points at, otherwise the map."""
    if highlight == "regions":
        return f"{placement}.regions"
    if highlight not in MEASURES:
        return f"{placement}.map()"
    measure = MEASURES[highlight]
    subject = "scenario" if measure.takes == "scenario" else placement
    ids = completed(there, measure.needs, {})
    given = "".join(f", {key}={_literal(value)}" for key, value in ids.items())
    return f"plot({measure.name}({subject}{given}))"


def _prose(*paragraphs: str) -> dict[str, Any]:
    lines = "\n\n".join(filter(None, paragraphs)).splitlines(keepends=True)
    return {"cell_type": "markdown", "metadata": {}, "source": lines}


def _code(lines: list[str]) -> dict[str, Any]:
    source = "\n".join(lines).splitlines(keepends=True)
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
