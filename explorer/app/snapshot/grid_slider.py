"""
Sliders with few positions each: the settings that a snapshot varies, and the values it has of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import param

from explorer.errors import ExplorerError
from explorer.measures.frontier import trace
from explorer.model.labels import class_label
from explorer.model.network import build_network
from explorer.scenario.profiles import AVERAGE
from explorer.scenario.scenario import SETTINGS, Scenario
from explorer.scenario.validation import nearest

ALL = "all"  # relaxes every budget alike


@dataclass(frozen=True)
class GridSlider:
    """
    One slider: what it sets, and to which values; `opened` is the place of the scenario's own.
    """

    # a workload id for its latency budget, "all" for the common relaxation, or a setting's name
    key: str
    label: str  # with unit
    explanation: str
    values: tuple[Any, ...]
    opened: int

    def set(self, scenario: Scenario, place: int) -> None:
        """Move the scenario to one of its values."""
        workload, name = self.sets(scenario)
        owner = scenario.workloads[workload] if workload else scenario
        setattr(owner, name, self.values[place])

    def sets(self, scenario: Scenario) -> tuple[str, str]:
        """What it moves: a class's id, or "" for the scenario, and a parameter."""
        own = self.key in scenario.workloads
        return (self.key, "latency_budget_ms") if own else ("", self.setting)

    def nearest(self, value: Any) -> int:
        """The place of a value or, if it has none, of the nearest number; of other choices, its own."""
        if value in self.values:
            return self.values.index(value)
        if not all(isinstance(each, float) for each in (value, *self.values)):
            return self.opened
        return int(np.argmin(np.abs(np.array(self.values) - value)))

    @property
    def setting(self) -> str:
        """The scenario's parameter behind it, unless that is a class's own budget."""
        return _setting(self.key)

    @property
    def is_latency(self) -> bool:
        """Whether the frontier runs along it."""
        return self.key == ALL or self.key not in SETTINGS


def grid_sliders(scenario: Scenario, steps: Mapping[str, int]) -> list[GridSlider]:
    """
    The sliders asked for, as {key: number of positions}. The scenario's own value is always among
    them.

    A latency budget goes from where all is served to where nothing changes any more; other numbers
    go through what their slider in the app offers; choices have all their values, whatever the
    number.

    Raises
    ------
    ExplorerError
        If a key is unknown, cannot vary, or is asked for with fewer than two positions.
    """
    return [_grid_slider(scenario, key, count) for key, count in steps.items()]


def _grid_slider(scenario: Scenario, key: str, count: int) -> GridSlider:
    known = [
        *scenario.workloads,
        ALL,
        *(name for name in SETTINGS if _varies(scenario.param[name])),
    ]
    if key not in known:
        fix = f"{nearest(key, known, '')} Possible: {', '.join(known)}.".strip()
        raise ExplorerError(f"There is no slider {key!r}.", "sliders", fix)
    if count < 2:
        raise ExplorerError(
            f"A slider needs two positions at least, not {count}.", f"slider {key}", "Ask for more."
        )
    workload = scenario.workloads.get(key)
    owner, name = (scenario, _setting(key)) if workload is None else (workload, "latency_budget_ms")
    parameter, own = owner.param[name], getattr(owner, name)
    if workload is not None or key == ALL:
        values = _budgets(scenario, key, own, count)
    elif isinstance(parameter, param.Selector):
        offered = [choice for choice in parameter.objects if scenario.offers(name, choice)]
        values = _choices(name, offered, own, count)
    else:
        assert isinstance(parameter, param.Number)
        values = _numbers(parameter, own, count)
    label = (
        f"{class_label(workload.id, workload.name)}, latency budget [ms]"
        if workload is not None
        else str(parameter.label)
    )
    return GridSlider(
        key, label, " ".join(str(parameter.doc).split()), tuple(values), values.index(own)
    )


def _setting(key: str) -> str:
    return "latency_relaxation_ms" if key == ALL else key


def _budgets(scenario: Scenario, over: str, own: float, count: int) -> list[float]:
    """Budgets from the frontier's first step to its last, and the scenario's own. [ms]"""
    steps = trace(build_network(scenario), over, scenario.latency_relaxation_ms).table["budget_ms"]
    first, last = float(np.floor(steps.iloc[0])), float(np.ceil(steps.iloc[-1]))
    inside = first <= own <= last
    return _with(
        own,
        np.linspace(first, last, count if inside else count - 1).round(1).tolist(),
        replace=inside,
    )


def _varies(setting: param.Parameter) -> bool:
    """
    Whether it has a control that goes through values; a limit that is infinite when there is none
    does not.
    """
    return setting.precedence != -1 and setting.default != math.inf


def _numbers(parameter: param.Number, own: float, count: int) -> list[float]:
    low, high = (float(bound) for bound in parameter.get_soft_bounds() if bound is not None)
    step = parameter.step or (high - low) / (count - 1)
    places = np.linspace(low, high, count)
    snapped = [float(f"{low + step * round((place - low) / step):.10g}") for place in places]
    return _with(own, snapped, replace=low <= own <= high)


def _choices(name: str, choices: list[Any], own: Any, count: int) -> list[Any]:
    """All of them; of the hours of the day as many as asked for, evenly, beside the average."""
    if name != "hour":
        return choices
    hours = [hour for hour in choices if hour != AVERAGE]
    kept = {
        hours[round(place)] for place in np.linspace(0, len(hours), count - 1, endpoint=False)
    } | {own}
    return [choice for choice in choices if choice == AVERAGE or choice in kept]


def _with(own: float, values: list[float], replace: bool) -> list[float]:
    """
    Values in order with `own` among them: instead of the nearest one between the ends, or besides
    the others.
    """
    if replace and own not in values and len(values) > 2:
        values[1 + int(np.argmin(np.abs(np.array(values[1:-1]) - own)))] = own
    return sorted({*values, own})
