"""What a euro is worth in a scenario's dollars, and on which day: a heading of `scenario.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from explorer.scenario.parameters import NUMBER, Note, source_keys_amiss
from explorer.words import mark, tr

HEADING = "euro"
KEYS = ("usd", "date", "source")
LEAST_USD, MOST_USD = 0.1, 10.0
_DAY = mark("Write the day of the rate, as 2024-12-31.")


def euro_amiss(entry: Mapping[str, Any], sources: pd.DataFrame | None) -> Iterator[Note]:
    """
    What is wrong with the rate of a euro; nothing where there is none.

    Parameters
    ----------
    entry : mapping of str
        Dollars per euro, the day as a date or as YYYY-MM-DD, and keys of `sources`, joined with ;,
        if the rate has any.
    sources : pandas.DataFrame or None
        The scenario's table of that name. Without it, keys are not checked.
    """
    if not entry:
        return
    for key in entry:
        if key not in KEYS:
            known = tr("Write one of: {}.", ", ".join(KEYS))
            yield f"{HEADING}.{key}", entry[key], tr("there is no such key."), known
    usd, source = entry.get("usd"), entry.get("source", "")
    if isinstance(usd, bool) or not isinstance(usd, (int, float)):
        yield f"{HEADING}.usd", usd, tr("this is not a number."), tr(NUMBER)
    elif not LEAST_USD <= usd <= MOST_USD:
        what = tr("a euro is not worth that much or that little.")
        fix = tr("Write the dollars that a euro is worth, from {} to {}.", LEAST_USD, MOST_USD)
        yield f"{HEADING}.usd", usd, what, fix
    if day_of(entry) is None:
        yield f"{HEADING}.date", entry.get("date"), tr("this is not a day."), tr(_DAY)
    yield from source_keys_amiss(f"{HEADING}.source", source, sources)


def day_of(entry: Mapping[str, Any]) -> date | None:
    """
    The day of a rate; None where it says none.

    >>> day_of({"date": "2024-12-31"}), day_of({"date": "yesterday"})
    (datetime.date(2024, 12, 31), None)
    """
    day = entry.get("date")
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    try:
        return date.fromisoformat(day) if isinstance(day, str) else None
    except ValueError:
        return None
