"""
What may be meant by a word that nobody knows: the nearest spelling. No guess at a time zone is
wrong by hours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache
from itertools import islice, takewhile
from zoneinfo import available_timezones

from explorer.errors import ExplorerError
from explorer.words import mark, tr

LONGEST_WORD = 60  # letters: longer ones are no slip of the pen, and comparing them takes long
MOST_WORDS = 1000  # that one word is compared with

ANY_ZONE = mark("Write a name such as Europe/Oslo, or leave it blank.")
_OFFSET = re.compile(r"(?:utc|gmt)? ?([-+\N{MINUS SIGN}]) ?(\d{1,2})(?::?00)?")
# In use for one offset only: IST, CST, BST, PST and others stand for several, hours apart.
_ABBREVIATIONS = {
    "aedt": "Australia/Sydney",
    "aest": "Australia/Sydney",
    "akst": "America/Anchorage",
    "awst": "Australia/Perth",
    "brt": "America/Sao_Paulo",
    "cest": "Europe/Berlin",
    "eest": "Europe/Athens",
    "hkt": "Asia/Hong_Kong",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "msk": "Europe/Moscow",
    "nzdt": "Pacific/Auckland",
    "nzst": "Pacific/Auckland",
    "pdt": "America/Los_Angeles",
    "sast": "Africa/Johannesburg",
    "sgt": "Asia/Singapore",
    "west": "Europe/Lisbon",
    "wib": "Asia/Jakarta",
}


def closest(word: str, words: Iterable[str]) -> str | None:
    """The nearest spelling among `words`, if any is near."""
    if len(word) > LONGEST_WORD:
        return None
    near = islice((other for other in words if len(other) <= LONGEST_WORD), MOST_WORDS)
    return next(iter(get_close_matches(word, near, n=1)), None)


def nearest(word: str, words: Iterable[str], otherwise: str) -> str:
    """Ask for the nearest spelling among `words`, or say `otherwise`."""
    close = closest(word, words)
    return otherwise if close is None else tr("Did you mean {!r}?", close)


def refuse_unknown(names: Iterable[str], known: Collection[str], what: str, where: str) -> None:
    """Raise an `ExplorerError` for the first name that is not known: what was meant, what there is."""
    for name in names:
        if name not in known:
            fix = f"{nearest(name, known, '')} Possible: {', '.join(known)}.".strip()
            raise ExplorerError(f"There is no {what} {name!r}.", where, fix)


@cache
def timezones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def timezone_fix(text: str) -> str:
    """
    What to write in place of a time zone that does not exist.

    An abbreviation or an offset is turned into a name where it can mean but one; a name is fixed
    if it has the right region and one slip of the pen. Anything else gets no guess: a zone that
    only looks alike may be hours away.

    >>> timezone_fix("UTC+1"), timezone_fix("Europe/Olso")
    ("Did you mean 'Etc/GMT-1'?", "Did you mean 'Europe/Oslo'?")
    >>> timezone_fix("IST")
    'Write a name such as Europe/Oslo, or leave it blank.'
    """
    if len(text) > LONGEST_WORD:
        return tr(ANY_ZONE)
    word = " ".join(text.casefold().split())
    meant = _of_offset(word) or _ABBREVIATIONS.get(word) or _of_name(word.replace(" ", "_"))
    return tr(ANY_ZONE) if meant is None else tr("Did you mean {!r}?", meant)


def _of_offset(word: str) -> str | None:
    found = _OFFSET.fullmatch(word)
    if found is None:
        return None
    sign, hours = found[1], int(found[2])
    zone = (
        f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "UTC"
    )  # whose signs are turned round
    return zone if zone in timezones() else None


def _of_name(word: str) -> str | None:
    """A zone of that name but for capitals, of that city, or of that name but for one slip."""
    places = _places()
    if word in places:
        return places[word]
    slips = (
        {places[name] for name in places if "/" in name and _is_slip(word, name)}
        if "/" in word
        else set()
    )
    return slips.pop() if len(slips) == 1 else None


@cache
def _places() -> dict[str, str]:
    """Zones by region/city, and by city alone, all in small letters."""
    zones = [zone for zone in sorted(timezones()) if "/" in zone and not zone.startswith("Etc/")]
    of_city: dict[str, list[str]] = {}
    for zone in zones:
        of_city.setdefault(zone.casefold().rpartition("/")[2], []).append(zone)
    alone = {
        city: found[0]
        for city, found in of_city.items()
        if len(found) == 1 and found[0].count("/") == 1
    }
    return alone | {zone.casefold(): zone for zone in zones}


def _is_slip(word: str, other: str) -> bool:
    """Whether one letter was added, left out or changed, or two neighbours changed places."""
    start = _shared(word, other)
    a, b = word[start:], other[start:]
    end = _shared(a[::-1], b[::-1])
    a, b = a[: len(a) - end], b[: len(b) - end]
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == 2 and a == b[::-1])


def _shared(a: str, b: str) -> int:
    """How many letters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
