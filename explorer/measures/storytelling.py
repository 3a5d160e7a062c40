"""A scenario's story with its figures: what a step says, and what was to be predicted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import isfinite, nan

from explorer.measures.greedy import greedy_table
from explorer.measures.headlines import (
    Headline,
    forced_and_chosen,
    grows_with_load,
    headlines,
    label_and_unit,
    refuse_as_much,
)
from explorer.model.labels import as_shown
from explorer.model.placement import Placement
from explorer.scenario.scenario import Scenario
from explorer.scenario.story import GREEDY, PLACEHOLDER, SPLIT, Prediction, Step
from explorer.text import format_number, percent, with_unit
from explorer.words import mark, number, tr, units

DIRECTIONS = (mark("falls"), mark("stays"), mark("rises"))
# what a figure did, by direction; per MWh where other load is served
_SAME_LOAD = {
    "falls": mark("It falls: from {then} to {now}."),
    "stays": mark("It stays at {now}."),
    "rises": mark("It rises: from {then} to {now}."),
}
_OTHER_LOAD = {
    "falls": mark("It falls: from {then} to {now}: other load is served."),
    "stays": mark("It stays at {now}: other load is served."),
    "rises": mark("It rises: from {then} to {now}: other load is served."),
}
STAYS = 5e-4  # of the size of a figure: a smaller change is none
CLOSE = 0.1  # of the value: a guess that is off by no more is right
PER_MWH = mark("{} per MWh served")  # whoever serves fewer has less to pay, and saves nothing
FEW = 0.1  # a smaller share has a decimal
# a figure in a text, the symbol behind it, and of what kind that is
_FIGURE = re.compile(PLACEHOLDER.pattern + r"(?:(\s)((USD|kg|t)(?:/[A-Za-z]+)?)(?![A-Za-z/]))?")


@dataclass(frozen=True)
class Answer:
    """How a guess did."""

    right: bool
    words: str


@dataclass(frozen=True)
class Outcome:
    """What a guess is held against."""

    # one of `DIRECTIONS`; of a number the least and the most that are close enough, of a share in percent
    right: str | tuple[float, float]
    words: str

    def hold(self, guess: str | float) -> Answer:
        """Hold a guess against it."""
        if isinstance(self.right, str) or isinstance(guess, str):
            return Answer(guess == self.right, self.words)
        least, most = self.right
        return Answer(least <= guess <= most, self.words)


def scenario_at(scenario: Scenario, step: Step) -> Scenario:
    """The scenario in the state of a step: as it was opened, but for what the step says."""
    there = scenario.copy()
    for name, value in step.state.items():
        if name in there.workloads:
            there.workloads[name].latency_budget_ms = float(value)
        else:
            setattr(there, name, value)
    return there


def step_text(step: Step, placement: Placement) -> str:
    """
    The text of a step with the figures of its state, money and carbon as they are wanted, with the
    symbol that stands behind them; "USD an hour" stays by the hour.

    Examples
    --------
    >>> from explorer import solve
    >>> scenario = Scenario.load("classroom-3x3")
    >>> step = Step("", "It costs {cost_usd_per_h} USD/h, {cost_usd_per_h.change_percent}.")
    >>> step_text(step, solve(scenario))
    'It costs 7,471 USD/h, −16.6 %.'
    """
    text = as_shown(step.text)
    implied = {found[4]: found[3] for found in _FIGURE.finditer(text)}

    def words(match: re.Match[str]) -> str:
        inside, space, symbol, _kind = match.groups(default="")
        name, _, part = inside.partition(".")
        found = figure(placement, name)
        # one without a symbol is read like those of its kind that have one
        factor, shown = units().of(symbol or implied.get(found.unit.partition("/")[0], ""))
        return f"{_in_text(found, part, factor)}{space}{shown if symbol else ''}"

    return _FIGURE.sub(words, text)


def _in_text(found: Headline, part: str, factor: float) -> str:
    value = getattr(found, part or "value")
    if part == "change_percent":
        change = percent(value)
        return tr(PER_MWH, change) if found.basis else change
    return _share(value) if found.unit == "-" else format_number(factor * value)


def figure(placement: Placement, name: str) -> Headline:
    """
    One of the figures that stories may name.

    Examples
    --------
    >>> from explorer import solve
    >>> placement = solve(Scenario.load("classroom-3x3"))
    >>> round(figure(placement, "saving_usd_per_h").value), figure(placement, "relocated_mw").value
    (1489, 30.0)
    """
    if name in SPLIT:
        return _of_split(placement, name)
    return _of_greedy(placement, name) if name in GREEDY else headlines(placement)[name]


def _of_greedy(placement: Placement, name: str) -> Headline:
    """A placement by a simple rule of the same network, and what it misses of the saving."""
    table = greedy_table(placement.network)
    row = table.set_index("placement").loc["greedy"].to_dict()
    label, value = {
        "greedy_objective_usd_per_h": (
            tr("Cost and carbon at its price, greedy"),
            row["objective_usd_per_h"],
        ),
        "greedy_relocated_mw": (tr("Relocated load, greedy"), row["relocated_mw"]),
        "greedy_missed_share": (
            tr("Part of the saving that greedy misses"),
            table.attrs["missed_share"],
        ),
    }[name]
    return Headline(name, label, unit_of(name), value, nan, nan, nan, "")


def _of_split(placement: Placement, name: str) -> Headline:
    """What is forced, and what it comes to beside the hardware."""
    split = forced_and_chosen(placement)
    saving = split.saving_forced_usd_per_h + split.saving_chosen_usd_per_h
    serving = placement.serving_usd_per_h
    label, value = {
        "saving_usd_per_h": (tr("Saving against the baseline"), saving),
        "saving_share": (
            tr("Saving, of what the baseline costs"),
            _ratio(saving, placement.baseline.cost_usd_per_h),
        ),
        "relocated_forced_mw": (tr("Relocated for want of room"), split.relocated_forced_mw),
        "relocated_chosen_mw": (tr("Relocated by choice"), split.relocated_chosen_mw),
        "relocated_forced_share": (
            tr("Part of the relocated load that finds no room at home"),
            _ratio(split.relocated_forced_mw, placement.relocated_mw),
        ),
        "cost_share_of_serving": (
            tr("Electricity and moving, of the cost of serving"),
            _ratio(placement.cost_usd_per_h, serving),
        ),
        "saving_share_of_serving": (
            tr("Saving, of the cost of serving in the baseline"),
            _ratio(saving, serving + saving),
        ),
    }[name]
    return Headline(name, label, unit_of(name), value, nan, nan, nan, "")


def unit_of(name: str) -> str:
    """
    What one of the figures that stories may name is in.

    Examples
    --------
    >>> unit_of("saving_usd_per_h"), unit_of("relocated_chosen_mw"), unit_of("greedy_missed_share")
    ('USD/h', 'MW IT', '-')
    """
    if name not in SPLIT + GREEDY:
        return label_and_unit(name)[1]
    ends = {"usd_per_h": "USD/h", "mw": "MW IT"}
    return next((unit for end, unit in ends.items() if name.endswith(f"_{end}")), "-")


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


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
    return outcome(prediction, before, after).hold(guess)


def outcome(prediction: Prediction, before: Placement | None, after: Placement) -> Outcome:
    """
    What a prediction is held against, by the placement of the step before and that of the step.

    What grows with the load is compared per MWh served where they refuse more, or less, of it.
    """
    now = figure(after, prediction.figure)
    if prediction.kind == "number" or before is None:
        value = 100 * now.value if now.unit == "-" else now.value
        margin = CLOSE * abs(value)
        return Outcome((value - margin, value + margin), tr("It is {}.", _said(now)))
    then = figure(before, prediction.figure)
    per_mwh = grows_with_load(then.name) and not refuse_as_much(before, after)
    if per_mwh:
        now, then = (_per_mwh(each, of) for each, of in ((now, after), (then, before)))
    change = now.value - then.value
    stays = abs(change) <= STAYS * max(abs(then.value), abs(now.value))
    direction = DIRECTIONS[1 if stays else 2 * (change > 0)]
    how = (_OTHER_LOAD if per_mwh else _SAME_LOAD)[direction]
    return Outcome(direction, tr(how, then=_number(then), now=_said(now)))


def _per_mwh(figure: Headline, placement: Placement) -> Headline:
    """A figure that grows with the load, by the load that is served."""
    value = _ratio(figure.value, placement.served_mw)
    amount = "MWh" if figure.unit == "MW" else figure.unit.removesuffix("/h")
    return replace(figure, value=value, unit=tr(PER_MWH, amount))


def _number(figure: Headline) -> str:
    if figure.unit == "-":
        return _share(figure.value)
    return format_number(figure.value * units().factor_in(figure.unit))


def _share(value: float) -> str:
    """
    In percent, of little with a decimal.

    >>> _share(0.627), _share(0.0564), _share(0.0), _share(nan)
    ('63 %', '5.6 %', '0 %', '–')
    """
    if not isfinite(value):
        return "–"
    decimals = 1 if 0 < round(abs(value), 3) < FEW else 0
    return tr("{} %", number(100 * value, f".{decimals}f")).replace("-", "−")


def _said(figure: Headline) -> str:
    return _share(figure.value) if figure.unit == "-" else with_unit(figure.value, figure.unit)
