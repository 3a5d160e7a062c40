"""Prices and carbon by zone and time, of all files together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import Problem
from explorer.scenario.signals.layouts import PRICE, USD
from explorer.scenario.signals.parsed import RATE, ZONES_FILE, Floats, Parsed, Seconds, Zone
from explorer.words import tr

LEAST_USD_PER_MWH, MOST_USD_PER_MWH = -2000.0, 25_000.0  # wider than the limits of any market
HELD_S = 3 * 3600  # how long a figure counts after its time, where no newer one comes


@dataclass(frozen=True)
class Series:
    """What one file says of one figure of a zone; `times_s` increase."""

    times_s: Seconds
    values: Floats
    file: str


@dataclass(frozen=True)
class Figure:
    """A figure at one time, and the file that it is from."""

    value: float
    file: str


Moment = Mapping[str, Mapping[str, Figure]]  # by zone, then by figure


@dataclass(frozen=True, eq=False)
class Signals:
    """Prices [USD/MWh] and carbon intensities [g/kWh] of zones, each from a time on."""

    series: Mapping[tuple[str, str], tuple[Series, ...]]  # by zone and figure; the last file counts
    times_s: Seconds  # at which anything changes, increasing [s since 1970]
    layouts: Mapping[str, str]  # of files, by name
    zones: Mapping[str, Zone] | None  # None: each zone is the region of that id

    @property
    def without_times(self) -> list[str]:
        """The files that say nothing, as those of a heading alone."""
        saying = {each.file for of_files in self.series.values() for each in of_files}
        return [file for file in self.layouts if file not in saying]

    def latest(self, now_s: float) -> int | None:
        """The last of the times that is not to come; None if there is none."""
        place = int(np.searchsorted(self.times_s, now_s, side="right"))
        return int(self.times_s[place - 1]) if place else None

    def at(self, time_s: int) -> Moment:
        """What holds at a time: of each figure the last one until then, unless it is old."""
        found: dict[str, dict[str, Figure]] = {}
        for (zone, name), of_files in self.series.items():
            figure = next(filter(None, (_held(each, time_s) for each in reversed(of_files))), None)
            if figure is not None:
                found.setdefault(zone, {})[name] = figure
        return found

    def of_regions(self, moment: Moment, regions: tuple[str, ...]) -> dict[str, dict[str, Figure]]:
        """The same by region, of those that lie in a zone; of several zones, the first to say it."""
        found: dict[str, dict[str, Figure]] = {}
        known = {*regions}
        for zone, figures in moment.items():
            for region in self._regions_of(zone):
                if region in known:
                    found[region] = {**figures, **found.get(region, {})}
        return found

    def strange(self, regions: tuple[str, ...]) -> list[str]:
        """The zones, in order, that no region of these lies in."""
        known = {*regions}
        zones = dict.fromkeys(zone for zone, _ in self.series)
        return sorted(zone for zone in zones if not known & {*self._regions_of(zone)})

    def _regions_of(self, zone: str) -> tuple[str, ...]:
        if self.zones is None:
            return (zone,)
        return self.zones[zone].regions if zone in self.zones else ()


def _held(series: Series, time_s: int) -> Figure | None:
    place = int(np.searchsorted(series.times_s, time_s, side="right")) - 1
    if place < 0 or time_s - series.times_s[place] > HELD_S:
        return None
    return Figure(float(series.values[place]), series.file)


def signals_of(
    files: Mapping[str, Parsed], zones: Mapping[str, Zone] | None
) -> tuple[Signals | None, list[Problem]]:
    """The files as one, by name; with a problem, and nothing, where a currency has no rate."""
    series: dict[tuple[str, str], tuple[Series, ...]] = {}
    for file, found in files.items():
        lacking = _without_rate(found, zones)
        if lacking:
            zone, currency = lacking
            what = tr(
                "prices of the zone {!r} are in another currency than USD, and nothing says its rate.",
                zone,
            )
            fix = tr("Write into {}, as {}, what one {} is in USD.", ZONES_FILE, RATE, currency)
            return None, [Problem(file, None, None, currency, what, fix)]
        if beyond := _beyond_any_market(found, zones, file):
            return None, [beyond]
        for key, times_s, values in _columns(found, zones):
            series[key] = (*series.get(key, ()), Series(times_s, values, file))
    times = [each.times_s for of_files in series.values() for each in of_files]
    all_times = np.unique(np.concatenate(times)) if times else np.empty(0, np.int64)
    layouts = {file: found.layout for file, found in files.items()}
    return Signals(series, all_times, layouts, zones), []


def _without_rate(found: Parsed, zones: Mapping[str, Zone] | None) -> tuple[str, str] | None:
    """The first zone whose prices are in a currency that has no rate, and that currency."""
    foreign = found.currency != USD
    for zone, currency in dict.fromkeys(
        zip(found.zone[foreign], found.currency[foreign], strict=True)
    ):
        if zones is None or (zone in zones and zones[zone].usd_per_unit is None):
            return zone, currency
    return None


def _beyond_any_market(
    found: Parsed, zones: Mapping[str, Zone] | None, file: str
) -> Problem | None:
    """The first price that is rather a mark for "nothing", or in another unit."""
    if PRICE not in found.figures:
        return None
    in_usd = _in_usd(found, zones)
    beyond = np.flatnonzero((in_usd < LEAST_USD_PER_MWH) | (in_usd > MOST_USD_PER_MWH))
    if not len(beyond):
        return None
    row = int(beyond[0])
    what = tr(
        "no market has a price of {:,.10g} USD/MWh: {:,.0f} to {:,.0f} are taken.",
        float(in_usd[row]), LEAST_USD_PER_MWH, MOST_USD_PER_MWH,
    )  # fmt: skip
    fix = tr("Leave the cell blank where there is no price; prices are per MWh.")
    return Problem(
        file, int(found.line[row]), PRICE, f"{found.figures[PRICE][row]:.10g}", what, fix
    )


def _in_usd(found: Parsed, zones: Mapping[str, Zone] | None) -> Floats:
    """The prices of a file; NaN where there is none, or nobody is in the zone. [USD/MWh]"""
    place, names = pd.factorize(found.zone)
    known = {name: zone.usd_per_unit or np.nan for name, zone in (zones or {}).items()}
    rates = np.array([known.get(name, np.nan) for name in names], float)
    return found.figures[PRICE] * np.where(found.currency == USD, 1.0, rates[place])


def _columns(
    found: Parsed, zones: Mapping[str, Zone] | None
) -> Iterator[tuple[tuple[str, str], Seconds, Floats]]:
    """Of each zone and figure the times and values, the last of a time alone."""
    place, names = pd.factorize(found.zone)
    values = {**found.figures}
    if PRICE in values:
        values[PRICE] = _in_usd(found, zones)
    for zone, rows in zip(names, _rows_of(place, len(names)), strict=True):
        for figure, column in found.figures.items():
            known = rows[~np.isnan(column[rows])]
            times_s, last = _last_of_each(found.time_s[known])
            if len(times_s):
                yield (zone, figure), times_s, values[figure][known][last]


def _rows_of(place: NDArray[np.intp], count: int) -> list[NDArray[np.intp]]:
    ends = np.cumsum(np.bincount(place, minlength=count))
    return np.split(np.argsort(place, kind="stable"), ends)[:count]


def _last_of_each(times_s: Seconds) -> tuple[Seconds, NDArray[np.intp]]:
    """The times, increasing, and where each stands last."""
    unique, from_end = np.unique(times_s[::-1], return_index=True)
    return unique, len(times_s) - 1 - from_end
