"""What of a scenario was changed, in words."""

from __future__ import annotations

from math import isfinite

from explorer.model.labels import as_shown
from explorer.scenario.history import State
from explorer.scenario.scenario import Scenario
from explorer.text import format_duration, setting_text
from explorer.words import tr


def differences(scenario: Scenario, opened: State, now: State) -> list[str]:
    """
    Settings and budgets that one state has otherwise than another, as users see them.

    Examples
    --------
    >>> from explorer.scenario.history import state_of
    >>> scenario = Scenario.load("classroom-3x3")
    >>> opened = state_of(scenario)
    >>> scenario.friction_scale, scenario.workloads["chat"].latency_budget_ms = 2.0, 250.0
    >>> differences(scenario, opened, state_of(scenario))
    ['Cost of moving: 2', 'Chat 250 ms']
    """
    changed = [key for key, value in now.items() if value != opened[key]]
    return [as_shown(_said(scenario, *key, now[key])) for key in changed]


def _said(scenario: Scenario, workload: str, name: str, value: object) -> str:
    if workload:
        called = scenario.said(scenario.workloads[workload].name)
        if name == "deferral_h":
            return tr("{} may wait {:g} h", called, value)
        known = name == "latency_budget_ms" and isinstance(value, float | int) and isfinite(value)
        told = format_duration(value) if known else setting_text(name, value)  # pyright: ignore[reportArgumentType]
        return f"{called} {told}"
    label = tr(str(scenario.param[name].label)).split(" [")[0]
    return tr("{}: {}", label, setting_text(name, value))
