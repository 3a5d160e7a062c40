"""
What programs call the columns of their files: Electricity Maps, ENTSO-E, WattTime, and our own plain
layout. Each becomes the same columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.errors import Problem, shortened
from explorer.scenario.schema import CARBON_COLUMNS
from explorer.units import KG_PER_LB
from explorer.words import mark, tr

PRICE = "price_usd_per_mwh"  # in the currency of the row, of the plain columns
FIGURES = (PRICE, *CARBON_COLUMNS.values())
USD = "USD"
PLAIN = "Wattlas"  # our own layout
TIMES = mark("Write it as 2026-11-30T14:00Z; without a time zone it counts as UTC.")
NO_TIME = mark("this is not a time.")
NO_SUCH_HOUR = mark("the clocks leave this hour out, as summer time begins.")

_BRUSSELS = ZoneInfo("Europe/Brussels")  # whose clocks are CET and CEST
_MARKS = ("CEST", "CET")  # of an hour that comes twice, in the order of its comings
_MARKED = {"CET": timezone(timedelta(hours=1)), "CEST": timezone(timedelta(hours=2))}
_MARK = re.compile(r"\s*\((CET|CEST|UTC)\)$")
_DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M")
_DAY_AHEAD = re.compile(r"day-ahead price [\[(]([a-z]{3})/mwh[\])]")
_FIRST_AUCTION = ("", "1", "sequence 1", "without sequence")
_NOTHING = ("-", "n/e", "n/a")  # ENTSO-E's cells without a figure
_OF_WATTTIME = {  # of its signals, by their names
    "co2_moer": CARBON_COLUMNS["marginal"],
    "co2_aoer": CARBON_COLUMNS["average"],
}
_AS_WATTTIME = "CAISO_NORTH_co2_moer_2026-11-30_2026-12-01.csv"  # how it calls its files
_WATTTIME_FILE = re.compile(r"(.+?)_(co2_moer|co2_aoer|health_damage)(?:_|\.)")


def _instant(text: str) -> datetime:
    """A time as ISO 8601 has it, in UTC where it says nothing else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(NO_TIME) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _beginning(text: str, clock: Any) -> datetime:
    """The beginning of an interval as ENTSO-E's pages write it, by the clocks that its heading names."""
    text = text.split(" - ")[0].strip()
    marked = _MARK.search(text)
    clock = _MARKED.get(marked[1], UTC) if marked else clock
    text = _MARK.sub("", text)
    for pattern in _DAY_FIRST:
        try:
            found = datetime.strptime(text, pattern).replace(tzinfo=clock)
        except ValueError:
            continue
        if found.astimezone(UTC).astimezone(clock) != found:
            raise ValueError(NO_SUCH_HOUR)
        return found
    raise ValueError(NO_TIME)


def _told_apart(rows: pd.DataFrame, clock: Any) -> pd.DataFrame:
    """
    Intervals of the hour that comes twice in autumn with the marks of their clocks: of the same
    text, the first in a zone is of summer time.
    """

    def comes_twice(text: str) -> bool:
        try:
            found = _beginning(text, clock)
        except ValueError:
            return False
        return found.utcoffset() != found.replace(fold=1).utcoffset()

    twice = [text for text in {*rows["time"]} if comes_twice(text)]
    if not twice:
        return rows
    here = rows["time"].isin(twice)
    coming: Any = rows[here].groupby(["zone", "time"], sort=False).cumcount()
    marked = [
        f"{text.split(' - ')[0].strip()} ({_MARKS[min(n, 1)]})"
        for text, n in zip(rows.loc[here, "time"], coming, strict=True)
    ]
    times = rows["time"].copy()
    times[here] = marked
    return rows.assign(time=times)


@dataclass(frozen=True)
class Laid:
    """A file's rows in plain columns, as text: time, zone, figures, and the currency of prices."""

    layout: str  # what it is called
    frame: pd.DataFrame  # its index has the lines of the file
    headings: Mapping[str, str]  # of the file, by plain column
    instant: Callable[[str], datetime] = _instant  # of the text of a time
    factor: Mapping[str, float] = field(default_factory=dict)  # to the plain unit, by column


def laid_out(frame: pd.DataFrame, file: str) -> Laid | Problem:
    """
    The rows of a file of any layout that is known, by its headings; a problem for others.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells as they stand in the file, its index counting lines.
    file : str
        What the file is called: those of WattTime name their region there.
    """
    headings = {_plain(str(heading)): str(heading) for heading in frame.columns}
    if len(headings) < len(frame.columns):
        return _twice(file, [_plain(str(heading)) for heading in frame.columns])
    for layout in (_own, _electricity_maps, _entsoe_file, _entsoe_page, _watttime):
        found = layout(frame, headings, file)
        if found is not None:
            return found
    return _unknown(file, frame)


def _plain(heading: str) -> str:
    """
    A heading whatever its capitals, blanks, and signs such as the 2 of CO₂.

    >>> _plain(" Carbon Intensity gCO₂eq/kWh  (direct)")
    'carbon intensity gco2eq/kwh (direct)'
    """
    return " ".join(unicodedata.normalize("NFKC", heading).casefold().split())


_Found = Laid | Problem | None
_Headings = Mapping[str, str]


def _own(frame: pd.DataFrame, headings: _Headings, _file: str) -> _Found:
    there = [figure for figure in FIGURES if figure in headings]
    if not there or not {"time", "region"} <= set(headings):
        return None
    names = {"time": headings["time"], "zone": headings["region"]}
    names |= {figure: headings[figure] for figure in there}
    return Laid(PLAIN, _renamed(frame, names), names)


def _electricity_maps(frame: pd.DataFrame, headings: _Headings, _file: str) -> _Found:
    """Its files have what the mix emits, as power plants do and over their life: the first counts."""
    wanted = {
        "time": "datetime (utc)",
        "zone": "zone id",
        CARBON_COLUMNS["average"]: "carbon intensity gco2eq/kwh (direct)",
    }
    if not {*wanted.values()} <= set(headings):
        return None
    names = {name: headings[heading] for name, heading in wanted.items()}
    return Laid("Electricity Maps", _renamed(frame, names), names)


def _entsoe_file(frame: pd.DataFrame, headings: _Headings, _file: str) -> _Found:
    """Files of its library: many markets and currencies in one."""
    zone = next(
        (name for name in ("areamapcode", "mapcode", "areadisplayname") if name in headings), ""
    )
    wanted = {
        "time": "datetime(utc)",
        "zone": zone,
        PRICE: "price[currency/mwh]",
        "currency": "currency",
    }
    if not {*wanted.values()} <= set(headings):
        return None
    names = {name: headings[heading] for name, heading in wanted.items()}
    rows = _of_first_auction(frame, headings)
    if "contracttype" in headings:
        rows = _rows(rows, headings["contracttype"], lambda kind: kind.startswith("day"))
    return Laid("ENTSO-E", _figures_only(_renamed(rows, names)), names)


def _entsoe_page(frame: pd.DataFrame, headings: _Headings, file: str) -> _Found:
    """What its pages export: intervals by the clocks that the heading names."""
    time = next((name for name in headings if name == "mtu" or name.startswith("mtu (")), "")
    price = next((name for name in headings if _DAY_AHEAD.fullmatch(name)), "")
    if not time or not price:
        return None
    if "area" not in headings:
        fix = tr(
            "Export it with a column Area, as the site does today, or write one with the zone."
        )
        return Problem(file, 1, None, None, tr("no column says which zone prices are of."), fix)
    match = _DAY_AHEAD.fullmatch(price)
    assert match
    names = {"time": headings[time], "zone": headings["area"], PRICE: headings[price]}
    rows = _renamed(_of_first_auction(frame, headings), names).assign(currency=match[1].upper())
    clock = UTC if "utc" in time else _BRUSSELS
    rows = _figures_only(_told_apart(rows, clock))  # also of rows without figures
    return Laid("ENTSO-E", rows, names, lambda text: _beginning(text, clock))


def _watttime(frame: pd.DataFrame, headings: _Headings, file: str) -> _Found:
    """Of one region and signal in a file, which its name says, or of several by columns."""
    if not {"point_time", "value"} <= set(headings):
        return None
    named = _WATTTIME_FILE.match(file)
    region, signal = named.groups() if named else ("", "co2_moer")
    if "region" not in headings and not region:
        fix = tr("Keep its name, as {}, or add a column region.", _AS_WATTTIME)
        what = tr("neither name nor columns say which region it is.")
        return Problem(file, 1, None, None, what, fix)
    names = {"time": headings["point_time"], "zone": headings.get("region", "")}
    zones: Any = frame[headings["region"]] if "region" in headings else region
    of_rows = pd.Series(signal, frame.index)
    signals: Any = frame[headings["signal_type"]] if "signal_type" in headings else of_rows
    made = pd.DataFrame({"time": frame[headings["point_time"]], "zone": zones}, index=frame.index)
    for kind, figure in _OF_WATTTIME.items():
        if (of_kind := signals == kind).any():
            made[figure] = frame[headings["value"]].where(of_kind, "")
            names[figure] = headings["value"]
    if len(frame) and set(made) == {"time", "zone"}:
        fix = tr("Write one of: {}.", ", ".join(_OF_WATTTIME))
        what = tr("this signal is no carbon intensity.")
        return Problem(file, None, None, shortened(str(signal)), what, fix)
    return Laid("WattTime", made, names, factor=dict.fromkeys(_OF_WATTTIME.values(), KG_PER_LB))


def _of_first_auction(frame: pd.DataFrame, headings: _Headings) -> pd.DataFrame:
    """Without the rows of later auctions of the same hour."""
    if "sequence" not in headings:
        return frame
    return _rows(frame, headings["sequence"], lambda number: number in _FIRST_AUCTION)


def _figures_only(rows: pd.DataFrame) -> pd.DataFrame:
    """Without those where ENTSO-E writes that there is no figure."""
    return _rows(rows, PRICE, lambda price: price not in _NOTHING)


def _rows(frame: pd.DataFrame, heading: str, fits: Callable[[str], bool]) -> pd.DataFrame:
    """The rows whose cell fits, as plain text."""
    fitting: Any = [fits(_plain(str(cell))) for cell in frame[heading]]
    return frame.loc[np.array(fitting, bool)]


def _renamed(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: frame[heading] for name, heading in names.items()}, index=frame.index
    )


def _twice(file: str, headings: Sequence[str]) -> Problem:
    heading = next(each for each in headings if headings.count(each) > 1)
    what = tr("the column is there more than once.")
    return Problem(file, 1, heading, None, what, tr("Keep one of them."))


def _unknown(file: str, frame: pd.DataFrame) -> Problem:
    found = shortened(", ".join(map(str, frame.columns)))
    fix = tr(
        "Name them time, region, and any of {}; or keep the headings of Electricity Maps, ENTSO-E or WattTime.",
        ", ".join(FIGURES),
    )
    what = tr("the columns are those of no layout that is known.")
    return Problem(file, 1, None, found, what, fix)
