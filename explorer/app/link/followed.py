"""What a link says of a scenario, read by the server: the other end of `link.js`."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from explorer.app.controls.controls import Inputs, Values, link_values
from explorer.errors import ExplorerError
from explorer.scenario.known import names
from explorer.scenario.scenario import Scenario
from explorer.words import mark, tr

WHOLE = "1"  # version of links that have every value, as in `link.js`
MOST_FIELDS = 500
_NOT_OURS = mark("This link is not one that this version of Wattlas made.")
_FIX = mark("Load the page again and take its link anew.")


@dataclass(frozen=True)
class Followed:
    """A scenario in the state that a link names."""

    name: str  # of the scenario; empty for the one that a server was started with, by its path
    scenario: Scenario
    link: str  # written anew, from a page's address on


def followed(link: str, opened: str) -> Followed:
    """
    The scenario in the state that a whole link names.

    Parameters
    ----------
    link : str
        With every value, from its query on.
    opened : str
        Name or path of the scenario of links that name none.

    Raises
    ------
    ExplorerError
        If it is no such link, or anything in it is not possible.

    Examples
    --------
    >>> scenario = Scenario.load("classroom-3x3")
    >>> scenario.friction_scale = 3.0
    >>> there = followed(whole_link("classroom-3x3", scenario), "world-2025")
    >>> there.name, there.scenario.friction_scale
    ('classroom-3x3', 3.0)
    """
    name, said = _parts(link)
    name = name or name_of(opened)
    scenario = loaded(name or opened).copy()
    known = link_values(scenario)
    if said.pop("v", None) != WHOLE or not known.keys() <= said.keys():
        raise ExplorerError(tr(_NOT_OURS), "link", tr(_FIX))
    wrong = Inputs(scenario, {}).write({key: _value(said[key]) for key in known})
    if wrong:
        words = tr("; ").join(tr("{}: {}", key, complaint) for key, complaint in wrong.items())
        what = tr("Not everything in this link is possible: {}", words)
        raise ExplorerError(what, "link", tr(_FIX))
    return Followed(name, scenario, whole_link(name, scenario))


@lru_cache(maxsize=32)
def loaded(name_or_path: str) -> Scenario:
    """A scenario as it is opened, read once: to be copied before anything of it is changed."""
    return Scenario.load(name_or_path)


def name_of(opened: str) -> str:
    """
    The name of a scenario that a server was started with; empty where that was its path.

    >>> name_of("classroom-3x3"), name_of("/srv/classroom-3x3")
    ('classroom-3x3', '')
    """
    return opened if opened in names() else ""


def whole_link(name: str, scenario: Scenario) -> str:
    """A link with every value of a scenario, and nothing of how it is looked at."""
    values = {key: _text(value) for key, value in link_values(scenario).items()}
    address = f"?scenario={quote(name)}" if name else "?"
    return f"{address}#{urlencode({'v': WHOLE, **values}, safe='/')}"


def named_in(address: str) -> str:
    """
    The scenario that an address of ours names; empty if it names none.

    >>> named_in("?scenario=classroom-3x3"), named_in("?")
    ('classroom-3x3', '')
    """
    return _named(urlsplit(address).query)


def _named(query: str) -> str:
    return parse_qs(query, max_num_fields=MOST_FIELDS).get("scenario", [""])[0]


def _parts(link: str) -> tuple[str, Values]:
    """The scenario's name, and what is said by name."""
    try:
        parts = urlsplit(link)
        asked = _named(parts.query)
        said = dict(parse_qsl(parts.fragment, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise ExplorerError(tr(_NOT_OURS), "link", tr(_FIX)) from error
    if asked and asked not in names():
        raise ExplorerError(tr("There is no such scenario here."), "link", tr(_FIX))
    return asked, said


def _value(text: str) -> Any:
    """As `fromText` of `link.js` has it; None where there is no limit."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if value is None or type(value) in (int, float, str) else text


def _text(value: Any) -> str:
    """As `asText` of `link.js` has it: quotes only where they matter."""
    if isinstance(value, str) and _value(value) == value:
        return value
    return json.dumps(None if value == math.inf else value)
