"""A quiet line on the page: which prices and carbon are seen, of when, and those of other times."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import param

from explorer.app.controls.controls import CONTROLS, ControlPanel, Inputs
from explorer.app.signals.follower import LIVE, Follower
from explorer.model.labels import as_shown
from explorer.scenario.schema import CARBON_COLUMNS
from explorer.scenario.signals.applied import DELIVERED, Applied, said
from explorer.scenario.signals.layouts import PLAIN
from explorer.words import mark, plural, tr

KEY = "moment"  # of inputs, in links and in complaints
MOST_TIMES = 10_000  # that can be gone through; of more, those of whole hours
_MOST_NAMED = 8  # zones
_HOUR_S = 3600
_HERE = Path(__file__)


class SignalsLine(ControlPanel):
    """
    Says what is seen of the signals, and lets a user go through their times.

    The line is `{"state", "words", "age_s", "seen", "about"}`; the browser tells the age, and counts
    on.
    """

    line = param.String(doc="What there is to say: JSON.")
    times = param.String(doc="The times that can be gone through, in minutes since 1970: JSON.")

    _esm = "".join(
        path.read_text("utf-8") for path in (CONTROLS / "bridge.js", _HERE.with_suffix(".js"))
    )
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(self, inputs: Inputs, follower: Follower) -> None:
        super().__init__(inputs, **_seen(follower))
        self._follower = follower
        follower.param.watch(self._on_seen, "seen")

    def _on_seen(self, *_events: Any) -> None:
        self.param.update(**_seen(self._follower))


def _seen(follower: Follower) -> dict[str, str]:
    """What the line shows."""
    state = _state(follower)
    line = {
        "state": state,
        "words": _sentence(follower, state),
        "age_s": round(follower.feed.age_s) if state in ("live", "stale") else None,
        "seen": None if follower.seen.time_s is None else said(follower.seen.time_s),
        "about": _about(follower),
    }
    return {"line": json.dumps(line), "times": json.dumps(_times(follower))}


def _state(follower: Follower) -> str:
    seen, feed = follower.seen, follower.feed
    if seen.error is not None or feed.problems:
        return "broken"
    if seen.applied is None or not seen.applied.regions:
        return "none"
    if follower.at != LIVE:
        return "replayed"
    return "stale" if feed.is_stale else "live"


def _sentence(follower: Follower, state: str) -> str:
    """The line without the age."""
    found, of = follower.seen.applied, len(follower.region_ids)
    if state == "none" or found is None or follower.seen.time_s is None:
        return tr("No signals for these regions: all figures are the scenario’s own")
    sentences = {
        "live": mark("Live {} in {} of {} regions: {}"),
        "stale": mark("Nothing newer came: {} in {} of {} regions, {}"),
        "broken": mark(
            "The signals cannot be read, the last ones stay: {} in {} of {} regions, {}"
        ),
        "replayed": mark("Replayed {} in {} of {} regions"),
    }
    what = _what(found, follower.carbon_column)
    return tr(sentences[state], what, found.regions, of, _moment(follower.seen.time_s))


def _moment(time_s: int) -> str:
    """
    A time for people.

    >>> _moment(1_796_047_200)
    '2026-11-30 14:00 UTC'
    """
    return said(time_s).replace("T", " ").replace("Z", " UTC")


def _what(found: Applied, carbon_column: str) -> str:
    """Which figures signals have brought, as far as they count."""
    if carbon_column not in found.columns:
        return tr("prices") if DELIVERED in found.columns else tr("signals")
    return tr("prices and CO₂") if DELIVERED in found.columns else tr("CO₂")


def _about(follower: Follower) -> list[str]:
    """What the “i” tells, a paragraph each."""
    feed, found = follower.feed, follower.seen.applied
    signals = feed.signals
    files = {} if signals is None else signals.layouts
    said_of = [
        as_shown(file if layout == PLAIN else f"{file} ({layout})")
        for file, layout in files.items()
    ]
    told = [tr("From {}, which another program writes.", tr(", ").join(said_of))]
    if signals is not None and (bare := signals.without_times):
        told.append(tr("There is no time in {}.", tr(", ").join(map(as_shown, bare))))
    problem = follower.seen.error or next(iter(feed.problems), None)
    if problem is not None:
        told.insert(0, as_shown(str(problem)))
    if found is not None and DELIVERED in found.columns:
        told.append(tr("Prices are the market’s: the fixed part of a region’s price is added."))
    if found is not None:
        told += _carbon(found, follower.carbon_column)
    strange = [] if signals is None else signals.strange(follower.region_ids)
    if strange:
        told.append(_unknown(strange))
    told.append(
        tr("They hold for all hours of the day; other regions have the scenario’s own figures.")
    )
    return told


def _carbon(found: Applied, counts: str) -> list[str]:
    """Which carbon intensities there are, and whether they count."""
    told = []
    kinds = {column: tr(kind) for kind, column in CARBON_COLUMNS.items()}
    there = [kinds[column] for column in found.columns if column in kinds]
    if there and counts in found.columns:
        told.append(tr("CO₂ is of the kind: {}. “Which CO₂ counts” chooses.", tr(", ").join(there)))
    elif there:
        words = mark("CO₂ does not count: it is of the kind {}, and “Which CO₂ counts” is {}.")
        told.append(tr(words, tr(", ").join(there), kinds[counts]))
    if found.unused:
        unused = tr(", ").join(kinds[column] for column in found.unused)
        told.append(tr("CO₂ of the kind {} is not used: the scenario has none.", unused))
    return told


def _unknown(zones: Sequence[str]) -> str:
    named = tr(", ").join(as_shown(zone) for zone in zones[:_MOST_NAMED])
    more = f"{tr(', ')}…" if len(zones) > _MOST_NAMED else ""
    return plural(
        "{count} zone has no region here: {zones}.",
        "{count} zones have no region here: {zones}.",
        len(zones),
        zones=f"{named}{more}",
    )


def _times(follower: Follower) -> list[int]:
    """The times that can be gone through [min]; what is to come is among them."""
    signals = follower.feed.signals
    times_s = [] if signals is None else signals.times_s.tolist()
    if len(times_s) > MOST_TIMES:
        times_s = [time for time in times_s if time % _HOUR_S == 0][-MOST_TIMES:]
    return [time // 60 for time in times_s]
