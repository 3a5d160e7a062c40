"""Prices and carbon by zone and time, of all files together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import Problem
from explorer.scenario.signals.layouts import PRICE, USD
from explorer.scenario.signals.parsed import ZONES_FILE, Floats, Parsed, Seconds, Zone

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
            what = f"prices of the zone {zone!r} are in another currency than USD, and nothing says its rate."
            fix = f"Write into {ZONES_FILE}, as usd_per_unit, what one {currency} is in USD."
            return None, [Problem(file, None, None, currency, what, fix)]
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


def _columns(
    found: Parsed, zones: Mapping[str, Zone] | None
) -> Iterator[tuple[tuple[str, str], Seconds, Floats]]:
    """Of each zone and figure the times and values, the last of a time alone."""
    place, names = pd.factorize(found.zone)
    in_usd = found.currency == USD
    for zone, rows in zip(names, _rows_of(place, len(names)), strict=True):
        for figure, column in found.figures.items():
            known = rows[~np.isnan(column[rows])]
            values = column[known]
            if figure == PRICE:
                rate = zones[zone].usd_per_unit if zones and zone in zones else None
                values = np.where(in_usd[known], values, values * (rate or np.nan))
            times_s, last = _last_of_each(found.time_s[known])
            if len(times_s):
                yield (zone, figure), times_s, values[last]


def _rows_of(place: NDArray[np.intp], count: int) -> list[NDArray[np.intp]]:
    ends = np.cumsum(np.bincount(place, minlength=count))
    return np.split(np.argsort(place, kind="stable"), ends)[:count]


def _last_of_each(times_s: Seconds) -> tuple[Seconds, NDArray[np.intp]]:
    """The times, increasing, and where each stands last."""
    unique, from_end = np.unique(times_s[::-1], return_index=True)
    return unique, len(times_s) - 1 - from_end
