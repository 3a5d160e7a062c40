"""What parameters and figures of a sweep are called, and which link opens a point in the app."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd

from explorer.measures.headlines import label_and_unit
from explorer.scenario.scenario import declared
from explorer.scenario.workload import Workload
from explorer.sweeps.plan import SAVING
from explorer.words import mark, tr

APP = "http://localhost:5006/"  # where `wattlas serve` is unless told otherwise
_SHORT = "2"  # version of links that say what differs from a scenario's own settings, see `link.js`
_PARTS = {  # of a figure: how it is called, and its unit where that is another
    "value": ("{}", ""),
    "baseline": (mark("{} of the baseline"), ""),
    "change": (mark("{}, change"), ""),
    "change_percent": (mark("{}, change"), "%"),
}


def parameter_label(name: str) -> str:
    """
    What a parameter is called, its unit included.

    >>> parameter_label("carbon_price_usd_per_t"), parameter_label("A.latency_budget_ms")
    ('Carbon price [USD/t]', 'A: Latency budget [ms]')
    """
    key, _, own = name.rpartition(".")
    label = tr(str(Workload.param[own].label if key else declared()[own].label))
    return f"{key}: {label}" if key else label


def figure_label(name: str) -> tuple[str, str]:
    """
    What a figure is called, and its unit.

    >>> figure_label("cost_usd_per_h.change_percent"), figure_label("relocated_mw")
    (('Cost, change', '%'), ('Relocated load', 'MW IT'))
    """
    figure, _, part = name.partition(".")
    if figure == SAVING:
        return tr("Saving"), "USD/h"
    label, unit = label_and_unit(figure)
    words, other = _PARTS[part or "value"]
    return tr(words, label), other or unit


def links_of(table: pd.DataFrame, app: str = APP) -> list[str]:
    """
    The address that opens each point of a sweep in the app.

    What the app has no control for is in the address too, so that the page says what it left out.
    """
    parameters = [*next(iter(table.attrs["plan"]["parameters"].values()))]
    rows = table.loc[:, ["scenario", *parameters]].to_dict("records")
    return [_link(row.pop("scenario"), row, app) for row in rows]


def _link(scenario: str, values: dict[Any, Any], app: str) -> str:
    said = {"v": _SHORT} | {_key(str(name)): _text(value) for name, value in values.items()}
    return f"{app}?scenario={quote(Path(scenario).name)}#{urlencode(said, safe='/')}"


def _key(name: str) -> str:
    """What links call a parameter."""
    key, _, own = name.rpartition(".")
    return f"{key}/budget" if key and own == "latency_budget_ms" else name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(None if value == math.inf else value)
