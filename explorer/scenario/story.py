"""
A story that a scenario tells: steps of text and state, some with a prediction made before the
answer is seen.

It stands in `story.toml`. Figures in its texts are computed from the state they are about, never
written down.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from explorer.errors import Problem
from explorer.registry import MEASURES, OVERVIEW
from explorer.scenario.hints import nearest
from explorer.words import tr

STORY_FILE = "story.toml"
MOST_STEPS, LONGEST_TEXT, LONGEST_TITLE = 40, 1200, 120
LONGEST_BUDGET_MS = 1e9
HEADLINES = (  # those of `Placement.totals`
    "cost_usd_per_h", "carbon_kg_per_h", "objective_usd_per_h", "friction_usd_per_h", "hosting_usd_per_h",
    "served_mw", "grid_mw", "facility_mw", "relocated_mw", "relocated_grid_mw", "relocated_share", "unserved_mw",
    "mean_latency_ms", "mean_wan_ms", "mean_wan_per_request_ms",
)  # fmt: skip
SPLIT = (  # what is forced, and what it comes to beside the hardware: without a baseline of their own
    "saving_usd_per_h", "saving_share", "relocated_forced_mw", "relocated_chosen_mw", "relocated_forced_share",
    "cost_share_of_serving", "saving_share_of_serving",
)  # fmt: skip
GREEDY = (  # of a placement by a simple rule, and what it misses of the saving
    "greedy_objective_usd_per_h", "greedy_relocated_mw", "greedy_missed_share",
)  # fmt: skip
FIGURES = (*HEADLINES, *SPLIT, *GREEDY)  # that texts and predictions may name
PARTS = ("value", "baseline", "change", "change_percent")  # of a headline
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
VIEWS = tuple(dict.fromkeys(measure.question for measure in MEASURES.values()))
PLACES = {"map": OVERVIEW, "regions": OVERVIEW}  # of what is no measure; the rest is everywhere
HIGHLIGHTS = ("argument", "totals", "map", "regions", *MEASURES)
KINDS = ("direction", "number")

Refusal = Callable[[str, Any], tuple[str, str] | None]  # what is wrong with a setting, what to do


@dataclass(frozen=True)
class Prediction:
    """What is asked before a step is seen; its answer is a figure, computed."""

    ask: str
    figure: str  # one of `FIGURES`
    # "direction": falls, stays or rises from the step before to this one; "number": its value here,
    # of a share in percent
    kind: str = "direction"


@dataclass(frozen=True)
class Step:
    """One state with a text."""

    title: str
    text: str  # {figure} or {figure.part} stand for figures of the state
    # settings by name, budgets [ms] by class id; what it leaves out is as the scenario was opened
    state: Mapping[str, Any] = field(default_factory=dict)
    view: str = OVERVIEW  # the question asked
    highlight: str = ""  # one of `HIGHLIGHTS`
    predict: Prediction | None = None


@dataclass(frozen=True)
class Story:
    """Steps in order."""

    title: str
    steps: tuple[Step, ...]

    def texts(self) -> Iterator[str]:
        """What people read of it, text by text."""
        yield self.title
        for step in self.steps:
            yield from (step.title, step.text)
            if step.predict is not None:
                yield step.predict.ask

    def told(self, said: Callable[[str], str]) -> Story:
        """The same with other words for its texts."""
        return Story(said(self.title), tuple(_told(step, said) for step in self.steps))


def _told(step: Step, said: Callable[[str], str]) -> Step:
    predict = step.predict and replace(step.predict, ask=said(step.predict.ask))
    return replace(step, title=said(step.title), text=said(step.text), predict=predict)


def read_story(
    text: str, classes: Collection[str], refusal: Refusal
) -> tuple[Story | None, list[Problem]]:
    """
    The story in a file's text, and everything wrong with it; None where there is something wrong.

    Parameters
    ----------
    text : str
        TOML.
    classes : collection of str
        Ids of the workload classes.
    refusal : callable
        Tells what is wrong with the value of a setting.
    """
    reader = _Reader(classes, refusal)
    story = reader.read(text)
    return (None if reader.problems else story), reader.problems


class _Reader:
    """Collects what is wrong."""

    def __init__(self, classes: Collection[str], refusal: Refusal) -> None:
        self.problems: list[Problem] = []
        self._classes, self._refusal = classes, refusal

    def read(self, text: str) -> Story:
        try:
            content = tomllib.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:
            what = tr("this is not TOML: {}.", error)
            self._note("", None, what, tr("Write [[steps]] with title and text."))
            return Story("", ())
        title = self._text(content, "", "title", LONGEST_TITLE)
        self._known(content, "", ("title", "steps"))
        steps = content.get("steps")
        if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
            what = tr("there are not 1 to {} steps.", MOST_STEPS)
            self._note("", "steps", what, tr("Write {}.", "[[steps]]"))
            return Story(title, ())
        return Story(title, tuple(self._step(n, step) for n, step in enumerate(steps, start=1)))

    def _step(self, number: int, content: Any) -> Step:
        where = tr("step {}", number)
        if not isinstance(content, dict):
            fix = tr("Write [[steps]] and its keys below.")
            self._note(where, None, tr("this is no table."), fix)
            return Step("", "")
        self._known(content, where, ("title", "text", "state", "view", "highlight", "predict"))
        text = self._text(content, where, "text", LONGEST_TEXT, may_have_figures=True)
        view = self._one_of(where, "view", content.get("view", OVERVIEW), VIEWS)
        return Step(
            self._text(content, where, "title", LONGEST_TITLE),
            text,
            self._state(where, content.get("state", {})),
            view,
            self._highlight(where, content.get("highlight", ""), view),
            self._prediction(number, where, content.get("predict")),
        )

    def _highlight(self, where: str, value: Any, view: str) -> str:
        name = self._one_of(where, "highlight", value, ("", *HIGHLIGHTS))
        at = MEASURES[name].question if name in MEASURES else PLACES.get(name, view)
        if view and at != view:
            what = tr("its card is not where the step looks, which is “{}”.", view)
            self._note(where, "highlight", what, tr("Write {}.", f'view = "{at}"'), value=name)
        return name

    def _state(self, where: str, state: Any) -> dict[str, Any]:
        if not isinstance(state, dict):
            self._note(where, "state", tr("this is no table."), tr("Write {}.", "[steps.state]"))
            return {}
        for name, value in state.items():
            if name in self._classes:
                number = isinstance(value, (int, float)) and not isinstance(value, bool)
                fix = tr("Write milliseconds, from 0 to {:,.0f}.", LONGEST_BUDGET_MS)
                possible = number and 0 <= value <= LONGEST_BUDGET_MS
                wrong = None if possible else (tr("this is no latency budget."), fix)
            else:
                wrong = self._refusal(name, value)
            if wrong:
                self._note(where, name, *wrong, value=value)
        return state

    def _prediction(self, number: int, where: str, content: Any) -> Prediction | None:
        if content is None:
            return None
        if not isinstance(content, dict):
            fix = tr("Write {}.", "[steps.predict]")
            self._note(where, "predict", tr("this is no table."), fix)
            return None
        self._known(content, where, ("ask", "figure", "kind"))
        kind = self._one_of(where, "kind", content.get("kind", KINDS[0]), KINDS)
        if number == 1 and kind == "direction":
            what = tr("the first step has none before it that a direction could start from.")
            self._note(where, "predict", what, tr("Ask in a later step, or for a number."))
        figure = self._one_of(where, "figure", content.get("figure"), FIGURES)
        return Prediction(self._text(content, where, "ask", LONGEST_TEXT), figure, kind)

    def _check_placeholders(self, where: str, text: str) -> None:
        for inside in dict.fromkeys(PLACEHOLDER.findall(text)):
            figure, _, part = inside.partition(".")
            if figure not in FIGURES or part not in ("", *(PARTS if figure in HEADLINES else ())):
                none = tr(", ").join(SPLIT + GREEDY)
                parts = tr("Parts are {}; {} have none.", tr(", ").join(PARTS), none)
                fix = nearest(figure, FIGURES, parts)
                self._note(where, "text", tr("there is no such figure."), fix, value=inside)

    def _text(
        self,
        content: dict[str, Any],
        where: str,
        key: str,
        longest: int,
        may_have_figures: bool = False,
    ) -> str:
        text = content.get(key)
        if not isinstance(text, str):
            what = tr("this is missing." if text is None else "this is no text.")
        elif not 0 < len(text.strip()) <= longest:
            what = tr("this has {:,} characters.", len(text.strip()))
        else:
            if may_have_figures:
                self._check_placeholders(where, text)
            elif found := PLACEHOLDER.search(text):
                what = tr("figures are put into the text of a step only.")
                self._note(where, key, what, tr("Write it without braces."), value=found[0])
            return text.strip()
        self._note(where, key, what, tr("Write 1 to {:,} characters in quotes.", longest))
        return ""

    def _one_of(self, where: str, key: str, value: Any, known: Collection[str]) -> str:
        if isinstance(value, str) and value in known:
            return value
        one_of = tr("Write one of: {}.", tr(", ").join(filter(None, known)))
        fix = nearest(str(value), known, one_of)
        self._note(where, key, tr("this is not one of the possible values."), fix, value=value)
        return ""

    def _known(self, content: dict[str, Any], where: str, known: Iterable[str]) -> None:
        for key in content.keys() - set(known):
            fix = nearest(key, [*known], tr("Known are {}.", tr(", ").join(known)))
            self._note(where, key, tr("there is no such key."), fix)

    def _note(self, where: str, key: str | None, what: str, fix: str, value: Any = None) -> None:
        place = tr(", ").join(filter(None, (STORY_FILE, where)))
        found = None if value is None else str(value)
        self.problems.append(Problem(place, None, key, found, what, fix))
