"""
Pins as links carry them: "~" and a name, then "*" and a setting with "!" and its value, for each that differs from the
scenario as it was opened. A name that says just that is left out; "!" before it marks the pin that is compared with.
One of another scenario than the link's names that like a setting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from explorer.app.controls.controls import budget_key, finite, wait_key
from explorer.app.link.page_link import SHORT_NAMES
from explorer.scenario.history import State, state_of
from explorer.scenario.scenario import Scenario

_OURS = "%~*!"  # what names and values may not hold as it is
_SCENARIO = "scenario"  # no setting is called so


@dataclass(frozen=True)
class PinText:
    """What a link says of a pin."""

    name: str  # "" for what differs
    values: Mapping[str, Any]  # by control, as the browser has them
    is_ghost: bool
    scenario: str | None = None  # its name, if it is not that of the link


def written(
    opened: Scenario, state: State, name: str, is_ghost: bool, scenario: str | None = None
) -> str:
    """A pin of a scenario as it was opened, in that state, as text."""
    of = [] if scenario is None else [(_SCENARIO, scenario)]
    values = [*of, *_values(opened, state)]
    parts = [_escaped(name), *(f"{_escaped(key)}!{_escaped(text)}" for key, text in values)]
    return f"~{'!' if is_ghost else ''}{'*'.join(parts)}"


def texts_in(told: str) -> list[str]:
    """
    The text of each pin in what a link says of them; what stands before the first is one, too.

    Examples
    --------
    >>> texts_in("~Dear%20moves*friction!3~!*law!same zone")
    ['~Dear%20moves*friction!3', '~!*law!same zone']
    """
    first, *pins = told.split("~")
    return [*([first] if first else []), *(f"~{pin}" for pin in pins)]


def pin_in(text: str) -> PinText | None:
    """
    What the text of a pin says; None if it is not one of ours.

    Examples
    --------
    >>> pin_in("~Dear%20moves*friction!3").values
    {'friction_scale': 3}
    """
    if not text.startswith("~"):
        return None
    text = text[1:]
    is_ghost = text.startswith("!")
    name, *parts = text.removeprefix("!").split("*")
    pairs = [part.split("!") for part in parts]
    if any(len(pair) != 2 for pair in pairs) or "!" in name:
        return None
    texts = {unquote(key): unquote(value) for key, value in pairs}
    scenario = texts.pop(_SCENARIO, None)
    values = {_LONG.get(key, key): _value(text) for key, text in texts.items()}
    return PinText(unquote(name), values, is_ghost, scenario)


_LONG = {short: long for long, short in SHORT_NAMES.items()}


def _values(opened: Scenario, state: State) -> Iterator[tuple[str, str]]:
    """What differs, as far as controls reach."""
    own = state_of(opened)
    for (workload, name), value in state.items():
        if value == own[workload, name]:
            continue
        if not workload:
            yield SHORT_NAMES.get(name, name), _text(value)
        elif name == "latency_budget_ms":
            yield budget_key(opened.workloads[workload]), _text(value)
        elif name == "deferral_h":
            yield wait_key(opened.workloads[workload]), _text(value)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(finite(value))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _escaped(text: str) -> str:
    return "".join(f"%{ord(each):02X}" if each in _OURS else each for each in text)
