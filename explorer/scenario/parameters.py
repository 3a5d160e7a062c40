"""
Whether the settings of a scenario can be used: their values, and what is noted of them, sources and
ranges.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
import param

from explorer.scenario import validation
from explorer.words import mark, tr

Declared = Mapping[str, param.Parameter]  # the settings that there are, by name
NOTES = {  # headings of `scenario.toml` about parameters, and the attribute that each becomes
    "sources": "parameter_sources",
    "ranges": "parameter_ranges",
}
NUMBER = mark("Write digits without quotes, with a point before the decimals, as 89.5.")

Note = tuple[str, Any, str, str]  # where, the value, what is wrong with it, how to fix it


def as_text(value: Any) -> str:
    """A value of the settings as text, whatever its size or depth."""
    try:
        return str(value)
    except (
        ValueError,
        RecursionError,
    ):  # whole numbers of thousands of digits, and tables in tables
        return "…"


def refusals(declared: Declared) -> Callable[[str, Any], tuple[str, str] | None]:
    """Tells what is wrong with the value of a setting, and how to fix it."""
    return lambda name, value: refusal(declared, name, value, hint=True)


def refusal(declared: Declared, name: str, value: Any, hint: bool) -> tuple[str, str] | None:
    """What is wrong with the value of a setting, and how to fix it; None if it can be used."""
    if name not in declared:
        fix = _one_of(declared)
        fix = validation.nearest(name, declared, fix) if hint else fix
        return tr("there is no such parameter."), fix
    setting: Any = declared[name]
    if isinstance(setting, param.Selector):
        if any(
            value == choice and type(value) is type(choice) for choice in setting.objects
        ):  # true equals 1
            return None
        offered = [str(choice) for choice in setting.objects]
        words = [choice for choice in setting.objects if isinstance(choice, str)]
        fix = (
            tr("Write it without quotes.")
            if value in offered
            else validation.nearest(as_text(value), words, _one_of(offered))
        )
        return tr("this is not one of the possible values."), fix
    no_limit = value == math.inf == setting.default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return tr("this is not a number."), tr(NUMBER)
    if isinstance(value, float) and not math.isfinite(value) and not no_limit:
        return tr("this is not a number."), tr(NUMBER)
    low, high = setting.bounds or (None, None)
    high = sys.float_info.max if high is None and not no_limit else high
    above = not setting.inclusive_bounds[0]
    if low is not None and (value <= low if above else value < low):
        what = mark("this is not above {:,.10g}.") if above else mark("this is below {:,.10g}.")
        return tr(what, low), _about(setting)
    if high is not None and value > high:
        return tr("this is above {:,.10g}.", high), _about(setting)
    return None


def _about(setting: Any) -> str:
    return tr("{}: {}", tr(setting.label), tr(setting.doc))


def _one_of(values: Iterable[str]) -> str:
    return tr("Write one of: {}.", tr(", ").join(values))


def notes_amiss(
    settings: Mapping[str, Any], declared: Declared, sources: pd.DataFrame | None
) -> Iterator[Note]:
    """
    What is wrong with the sources and ranges of parameters.

    Parameters
    ----------
    settings : mapping of str
        Values by name, those of `NOTES` among them; one that is missing has its default.
    declared : mapping of str to param.Parameter
    sources : pandas.DataFrame or None
        The scenario's table of that name. Without it, keys are not checked.
    """
    for name, keys in settings.get("parameter_sources", {}).items():
        place = f"sources.{name}"
        if name not in declared:
            yield place, keys, *_unknown(name, declared)
        else:
            yield from source_keys_amiss(place, keys, sources)
    for name, bounds in settings.get("parameter_ranges", {}).items():
        value = settings.get(name, declared[name].default) if name in declared else None
        yield from _range_amiss(name, bounds, value, declared)


def holds(bounds: Iterable[float], value: float) -> bool:
    """Whether a range has that value in it."""
    low, high = bounds
    return low <= value <= high


def _unknown(name: str, declared: Declared) -> tuple[str, str]:
    return tr("there is no such parameter."), validation.nearest(name, declared, _one_of(declared))


def source_keys_amiss(place: str, keys: Any, sources: pd.DataFrame | None) -> Iterator[Note]:
    """What is wrong with keys of `sources`, joined with ;. Without that table, little is."""
    if not isinstance(keys, str):
        fix = tr('Write keys of sources.csv, as "key" or "key;other".')
        yield place, keys, tr("this is not text."), fix
        return
    if sources is None or "key" not in sources:
        return
    known = set(sources["key"])
    for key in filter(None, (part.strip() for part in keys.split(validation.SOURCE_SEPARATOR))):
        if key not in known:
            fix = tr("Add it to {}, or correct it here.", "sources.csv")
            fix = validation.nearest(key, known, fix)
            yield place, key, tr("{} has no such {}.", "sources.csv", "key"), fix


def _range_amiss(name: str, bounds: Any, value: Any, declared: Declared) -> Iterator[Note]:
    place = f"ranges.{name}"
    if name not in declared:
        yield place, bounds, *_unknown(name, declared)
        return
    if not isinstance(declared[name], param.Number):
        yield place, bounds, tr("this parameter is no number."), tr("Take the range away.")
        return
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:
        fix = tr("Write two numbers, as [0.02, 0.16].")
        yield place, bounds, tr("this is not a range."), fix
        return
    wrong = next(filter(None, (refusal(declared, name, end, hint=False) for end in bounds)), None)
    if wrong:
        yield place, bounds, *wrong
    elif not holds(bounds, value):
        what = tr("the value, {:g}, does not lie in it.", value)
        fix = tr("Write the least and the greatest value that it may have.")
        yield place, bounds, what, fix
