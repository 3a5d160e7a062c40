"""BokehJS for one page: those of its modules that the page needs, compiled before they run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bokeh.settings import settings

# Of a script that says so, browsers compile all functions while they read it, beside the page. Where they do not know
# it, each is compiled when it is called first, and the page waits.
_COMPILE = "//# allFunctionsCalledOnLoad"
# one a line: its number, unless they are in order, itself, and by what it requires others
_MODULE = re.compile(r"^(?:(\d+): )?(function _\(([\w$]+).*)")
_END = re.compile(r"^[]}], \d+, \{")  # of modules; their numbers by name follow
_NUMBER = re.compile(r'"([\w/]+)":(\d+)')
_WITH_MODELS = ("document/", "models/")  # names of modules
_CLASS = re.compile(r'\b__name__="(\w+)"')


@dataclass(frozen=True)
class _Bundle:
    """A file of BokehJS: what stands before its modules, these by number, and numbers by name."""

    before: str
    modules: Mapping[int, str]
    numbers: Mapping[str, int]


def bokehjs(models: Iterable[str], names: Iterable[str]) -> str:
    """
    BokehJS with these models, by the names that documents have for them, with these modules, by
    those that pages require them by, and with all modules that they need.

    Raises
    ------
    KeyError
        If there is no such model or module.
    """
    core, widgets = _read("bokeh"), _read("bokeh-widgets")
    modules, numbers = {**core.modules, **widgets.modules}, {**core.numbers, **widgets.numbers}
    first, registry, all_models = (numbers[name] for name in ("main", "base", "models/main"))
    makers = _makers(modules, numbers)
    shown = sorted({number for model in models for number in makers[model]})
    asked = (numbers.get(name) or numbers[f"{name}/index"] for name in names)
    modules[all_models] = (
        f"function _(e){{for(const n of {shown})e({registry}).register_models(e(n),true)}},"
    )
    kept = sorted(_with_needed([first, *shown, *asked], modules))
    named = {name: number for name, number in numbers.items() if number in kept}
    return "\n".join(
        [
            _COMPILE,
            core.before.removesuffix("[") + "{",
            *(f"{number}: {modules[number]}" for number in kept),
            f"}}, {first}, {json.dumps(named)}, {{}});}});",
        ]
    )


def _read(name: str) -> _Bundle:
    path = Path(settings.bokehjs_path()) / "js" / f"{name}.min.js"
    before: list[str] = []
    modules: dict[int, str] = {}
    for line in path.read_text("utf-8").split("\n"):
        if begun := _MODULE.match(line):
            number = int(begun[1] or len(modules))
            modules[number] = begun[2]
        elif not modules:
            before.append(line)
        elif _END.match(line):
            break
        else:
            modules[number] += f"\n{line}"
    numbers = {name: int(number) for name, number in _NUMBER.findall(line)}
    return _Bundle("\n".join(before), modules, numbers)


def _makers(modules: Mapping[int, str], numbers: Mapping[str, int]) -> dict[str, list[int]]:
    """The modules that have a model of a name, of which some share theirs with others."""
    makers: dict[str, list[int]] = {}
    for name, number in numbers.items():
        for model in _CLASS.findall(modules[number]) if name.startswith(_WITH_MODELS) else ():
            makers.setdefault(model, []).append(number)
    return makers


def _with_needed(first: Iterable[int], modules: Mapping[int, str]) -> set[int]:
    """These modules, and what they require; what is in files of its own, as for formulas, is not there anyway."""
    waiting, found = list(first), set()
    while waiting:
        number = waiting.pop()
        if number in modules and number not in found:
            found.add(number)
            waiting += _required(modules[number])
    return found


def _required(module: str) -> list[int]:
    begun = _MODULE.match(module)
    assert begun, f"No module of BokehJS: {module[:80]}"
    call = re.compile(rf"(?<![\w$.]){re.escape(begun[3])}\((\d+)\)")
    return [int(number) for number in call.findall(module)]
