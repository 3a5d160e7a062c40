"""
How price, carbon and demand follow the hour of the day and the season. Pure functions of arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from explorer.scenario.schema import SEASONS

Floats = NDArray[np.float64]

HOURS = 24
AVERAGE = "average"  # no hour of its own: the mean of the day
ANNUAL = "annual"  # no season of its own: the mean of the year
HOUR_CHOICES = (AVERAGE, *range(HOURS))
ABSOLUTE = {
    "price_relative": "price_usd_per_mwh",
    "carbon_relative": "carbon_g_per_kwh",
}  # what factors are made of

_YEAR = 2025
_MONTHS = {
    "winter": (1,),
    "spring": (4,),
    "summer": (7,),
    "autumn": (10,),
    ANNUAL: (1, 7),
}  # seasons of the north
_SOUTH = {
    "winter": "summer",
    "spring": "autumn",
    "summer": "winter",
    "autumn": "spring",
    ANNUAL: ANNUAL,
}
_IN_THE_SOUTH = [SEASONS.index(_SOUTH[season]) for season in SEASONS]


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """
    What tables tell about hours and seasons, as factors on averages; 1 wherever they tell nothing.
    """

    price: Floats  # (season of the north, UTC hour, region) [-]
    carbon: Floats  # (season of the north, UTC hour, region), of the average intensity [-]
    load: Floats  # (workload, local hour) [-]
    offset_h: Floats  # (season of the north, client) of clocks from UTC, NaN where unknown [h]

    def at(self, season: str, hour: int | str) -> tuple[Floats, Floats, Floats]:
        """
        Factors on price and carbon, shape (region,), and on demand, shape (client, workload). [-]
        """
        load = relative_load(self.load, self.offset_h[SEASONS.index(season)], hour)
        return at_hour(self.price, season, hour), at_hour(self.carbon, season, hour), load


def region_factors(
    table: pd.DataFrame | None, column: str, regions: Sequence[str], latitude: ArrayLike
) -> Floats:
    """
    Profiles of regions by one calendar for the whole world, from rows by local season.

    Parameters
    ----------
    table : pandas.DataFrame or None
        A clean table `profiles`: region_id, season (local), hour_utc, and factors, or what they are
        made of.
    column : str
        The factors: "price_relative" or "carbon_relative". [-] Where there is none,
        "price_usd_per_mwh" or "carbon_g_per_kwh" over its annual mean.
    regions : sequence of str
        Ids of regions.
    latitude : array_like, shape (region,)
        South of the equator, where it is below 0, the north's winter is a local summer. [degrees
        north]

    Returns
    -------
    numpy.ndarray, shape (season of the north, UTC hour, region)
        Seasons in the order of `SEASONS`: in "winter" it is December to February everywhere. 1
        where the table, the columns, the row or its figures are missing. [-]

    Examples
    --------
    >>> local = {"season": "summer", "hour_utc": 12, "price_relative": 0.5}
    >>> table = pd.DataFrame([{"region_id": "oslo", **local}, {"region_id": "cape-town", **local}])
    >>> factors = region_factors(table, "price_relative", ["oslo", "cape-town"], [59.9, -33.9])
    >>> for season in ("winter", "summer"):
    ...     factors[SEASONS.index(season), 12].tolist()
    [1.0, 0.5]
    [0.5, 1.0]
    """
    local = np.ones((len(SEASONS), HOURS, len(regions)))
    if table is not None:
        season, region = ({name: n for n, name in enumerate(names)} for names in (SEASONS, regions))
        factors = np.asarray(_factors(table, column), float)
        rows = np.flatnonzero(~np.isnan(factors))
        ids, seasons, hours = (
            np.asarray(table[name])[rows] for name in ("region_id", "season", "hour_utc")
        )
        at_season, places = [season[name] for name in seasons], [region[name] for name in ids]
        local[at_season, hours.astype(int), places] = factors[rows]
    return np.where(np.asarray(latitude, float) < 0, local[_IN_THE_SOUTH], local)


def _factors(table: pd.DataFrame, column: str) -> Any:
    """
    The factor of each row: what is given, or else made of the absolute figure; NaN where there is
    neither. [-]
    """
    absolute = ABSOLUTE[column]
    given: Any = table[column] if column in table else pd.Series(np.nan, table.index)
    return given.fillna(over_mean(table, absolute)) if absolute in table else given


def columns_read(table: pd.DataFrame | None) -> Iterator[str]:
    """
    The columns of a table `profiles` that factors are made of: absolute figures only where a row
    has nothing else.

    >>> table = pd.DataFrame({"price_relative": [1.2, np.nan], "price_usd_per_mwh": [60.0, 50.0]})
    >>> [*columns_read(table)], [*columns_read(table[:1])]
    (['price_relative', 'price_usd_per_mwh'], ['price_relative'])
    """
    if table is None:
        return
    for column, absolute in ABSOLUTE.items():
        given = table[column].notna().to_numpy() if column in table else np.zeros(len(table), bool)
        if given.any():
            yield column
        if absolute in table and (table[absolute].notna().to_numpy() & ~given).any():
            yield absolute


def over_mean(table: pd.DataFrame, column: str) -> Any:
    """
    Figures of a table `profiles` over their annual mean, as a series; 1 where a region has but one
    figure. [-]

    NaN where that mean is not above zero: there is no such factor.
    """
    figures: Any = table[column]
    mean = annual_mean(table, column)
    by_region = figures.groupby(table["region_id"])
    is_flat = figures.notna() & (by_region.transform("min") == by_region.transform("max"))
    return (figures / mean.where(mean > 0)).mask(is_flat, 1.0)


def annual_mean(table: pd.DataFrame, column: str) -> Any:
    """
    The mean of each row's region, as a series: of the rows for the year, or of all where it has
    none of those.

    >>> table = pd.DataFrame({"region_id": ["a", "a", "b", "b"], "season": ["annual", "winter", "winter", "summer"]})
    >>> annual_mean(table.assign(price_usd_per_mwh=[50.0, 80.0, 30.0, 10.0]), "price_usd_per_mwh").tolist()
    [50.0, 50.0, 20.0, 20.0]
    """
    figures: Any = table[column]
    of_year = figures.where(table["season"] == ANNUAL).groupby(table["region_id"]).transform("mean")
    return of_year.fillna(figures.groupby(table["region_id"]).transform("mean"))


def load_curves(table: pd.DataFrame | None, names: Sequence[str]) -> Floats:
    """
    The curves of the day that classes follow.

    Parameters
    ----------
    table : pandas.DataFrame or None
        A clean table `demand_profiles`: profile_id, local_hour, relative_load [-].
    names : sequence of str, one for each class
        Ids of curves; "" for none.

    Returns
    -------
    numpy.ndarray, shape (workload, local hour)
        Load over its daily mean; 1 where the table, the curve or the hour is missing. [-]

    Examples
    --------
    >>> table = pd.DataFrame({"profile_id": "chat", "local_hour": [0, 1], "relative_load": [0.75, 0.5]})
    >>> load_curves(table, ["chat", ""])[:, :3].tolist()
    [[0.75, 0.5, 1.0], [1.0, 1.0, 1.0]]
    """
    curves = np.ones((len(names), HOURS))
    if table is not None:
        ids, hours, load = (
            np.asarray(table[name]) for name in ("profile_id", "local_hour", "relative_load")
        )
        for curve, name in zip(curves, names, strict=True):
            rows = np.flatnonzero(ids == name)
            curve[hours[rows].astype(int)] = load[rows]
    return curves


def at_hour(factors: Floats, season: str, hour: int | str) -> Floats:
    """
    Factors of shape (season, hour, region) at one hour of a season, or their mean over its day;
    shape (region,). [-]

    >>> at_hour(np.arange(5 * 24.0).reshape(5, 24, 1), "annual", "average").tolist()
    [11.5]
    """
    day = factors[SEASONS.index(season)]
    return day.mean(axis=0) if isinstance(hour, str) else day[hour]


def utc_offsets_h(timezones: Iterable[str]) -> Floats:
    """
    How far clocks are ahead of UTC in each season.

    Parameters
    ----------
    timezones : iterable of str, one for each client
        Names such as "Europe/Oslo", or "".

    Returns
    -------
    numpy.ndarray, shape (season of the north, client)
        Offset in the middle of the season, 15 January, April, July or October 2025, daylight saving
        included; for "annual" standard time, the lesser one of January and July. NaN where there is
        no time zone. [h]

    Raises
    ------
    zoneinfo.ZoneInfoNotFoundError
        If there is no such time zone.

    Examples
    --------
    >>> offsets_h = utc_offsets_h(["Europe/Oslo", "Asia/Kolkata", "Australia/Sydney", ""])
    >>> for season in ("winter", "summer", "annual"):
    ...     offsets_h[SEASONS.index(season)].tolist()
    [1.0, 5.5, 11.0, nan]
    [2.0, 5.5, 10.0, nan]
    [1.0, 5.5, 10.0, nan]
    """

    def offsets_h(name: str) -> list[float]:
        zone = ZoneInfo(name)
        by_month = {
            month: (datetime(_YEAR, month, 15, 12, tzinfo=zone).utcoffset() or timedelta())
            / timedelta(hours=1)
            for month in (1, 4, 7, 10)
        }
        return [min(by_month[month] for month in _MONTHS[season]) for season in SEASONS]

    zones = list(timezones)
    known = {name: offsets_h(name) for name in set(zones) if name}
    return np.array([known.get(name, [np.nan] * len(SEASONS)) for name in zones]).T


def relative_load(load: Floats, offset_h: Floats, hour: int | str) -> Floats:
    """
    What every client's demand is, over its daily mean, at one and the same moment.

    Parameters
    ----------
    load : shape (workload, local hour)
        Curves of the day by local time. [-]
    offset_h : shape (client,)
        How far clocks are ahead of UTC, NaN where that is unknown. [h]
    hour : int or "average"
        Hour of the day. [UTC]

    Returns
    -------
    numpy.ndarray, shape (client, workload)
        The curve at the client's local hour, in between two hours where its clock is not whole
        hours from UTC; 1 for "average" and where the offset is unknown. [-]

    Examples
    --------
    >>> evening = np.where(np.arange(24) == 20, 4.0, 1.0)[np.newaxis]
    >>> relative_load(evening, np.array([0.0, 9.0, 5.5, np.nan]), 11).ravel().tolist()
    [1.0, 4.0, 1.0, 1.0]
    >>> relative_load(evening, np.array([5.5]), 14).item()  # half past seven: midway between 19 and 20
    2.5
    """
    if isinstance(hour, str):
        return np.ones((len(offset_h), len(load)))
    known = np.isfinite(offset_h)
    local = hour + np.where(known, offset_h, 0.0)
    before = np.floor(local).astype(int)
    part = local - before  # of the way to the next hour
    curve = load[:, before % HOURS] * (1 - part) + load[:, (before + 1) % HOURS] * part
    return np.where(known, curve, 1.0).T


def coverage(profiles: pd.DataFrame | None, regions: Iterable[str]) -> tuple[int, int]:
    """
    How many of the regions have a price profile, and how many a carbon profile; the others keep
    their averages.

    Parameters
    ----------
    profiles : pandas.DataFrame or None
        The scenario's table of that name, if it has one.
    regions : iterable of str
        Ids of regions.

    Returns
    -------
    tuple of int
        Regions with a price profile, regions with a carbon profile: a factor, or what it is made
        of, for at least one hour.

    Examples
    --------
    >>> table = pd.DataFrame({"region_id": ["a", "b"], "price_relative": [1.2, np.nan], "carbon_relative": [1, 1]})
    >>> coverage(table, ["a", "b", "c"])
    (1, 2)
    """
    if profiles is None:
        return 0, 0
    wanted = set(regions)

    price, carbon = (
        profiles["region_id"][_factors(profiles, column).notna()] for column in ABSOLUTE
    )
    return len(wanted & set(price)), len(wanted & set(carbon))
