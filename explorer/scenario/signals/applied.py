"""
Signals in the place of a scenario's own figures, and each with its file as its source.

That a price of a market is added to the fixed part of a region's price, and that the plant that
responds now stands in for the operating margin where a scenario has no other, are this project's own
choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import numpy as np
import pandas as pd

from explorer.scenario.own_figures import marked, with_source
from explorer.scenario.scenario import Scenario
from explorer.scenario.schema import CARBON_COLUMNS, ENDS
from explorer.scenario.signals.layouts import FIGURES, PLAIN, PRICE
from explorer.scenario.signals.signals import Figure, Signals

DELIVERED = "electricity_price_usd_per_mwh"
KEY = "signals"  # begins the keys of their sources
_STANDS_IN = {CARBON_COLUMNS["marginal"]: CARBON_COLUMNS["operating margin"]}
_PROFILES = {PRICE: ("price_usd_per_mwh", "price_relative")}  # what would scale a figure again
_CARBON_PROFILES = ("carbon_g_per_kwh", "carbon_relative")


@dataclass(frozen=True)
class Applied:
    """Tables of a scenario with signals in them, and what came of that."""

    tables: Mapping[str, pd.DataFrame]  # those that are others than before
    regions: int  # that have any
    columns: tuple[str, ...]  # of regions that have any
    unused: tuple[str, ...] = field(default=())  # figures that the scenario has no column for


def applied(base: Scenario, signals: Signals, time_s: int) -> Applied:
    """
    The tables of a scenario with what signals say of a time.

    Parameters
    ----------
    base : Scenario
        With its own figures, which stay as they are wherever signals say nothing.
    signals : Signals
    time_s : int
        Since 1970. [s]

    Returns
    -------
    Applied
        Of regions that signals say something of: prices, with the fixed part added, and carbon
        intensities, without their ranges; no factors of hours and seasons on these any more; and a
        source for each file.
    """
    ids = tuple(base.regions["id"])
    found = signals.of_regions(signals.at(time_s), ids)
    regions, of_files = base.regions.copy(), dict[str, dict[str, list[int]]]()
    used: dict[str, set[str]] = {}  # regions by figure
    unused = set[str]()
    for place, region in enumerate(ids):
        for name, figure in found.get(region, {}).items():
            column = _column(name, regions)
            if column is None:
                unused.add(name)
                continue
            _put(regions, place, column, _delivered(regions, place, name, figure))
            of_files.setdefault(figure.file, {}).setdefault(column, []).append(place)
            used.setdefault(name, set()).add(region)
    sources = base.sources
    keys = _free_keys(sources)
    for file, places in sorted(of_files.items()):
        key = next(keys)
        regions = marked(regions, places, key)
        sources = with_source(sources, _about(key, file, signals.layouts[file], time_s))
    tables = {"regions": regions} | ({} if sources is None else {"sources": sources})
    if base.profiles is not None:
        tables["profiles"] = _without_factors(base.profiles, used)
    columns = dict.fromkeys(column for places in of_files.values() for column in places)
    together = {region for of_figure in used.values() for region in of_figure}
    return Applied(tables, len(together), tuple(columns), tuple(sorted(unused)))


def said(time_s: int) -> str:
    """
    A time as links and sources say it.

    >>> said(1_796_047_200)
    '2026-11-30T14:00Z'
    """
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _column(figure: str, regions: pd.DataFrame) -> str | None:
    """The column of regions that a figure goes into; None where there is none."""
    if figure == PRICE:
        return DELIVERED
    candidates = (figure, _STANDS_IN.get(figure, ""))
    return next((column for column in candidates if column in regions), None)


def _delivered(regions: pd.DataFrame, place: int, name: str, figure: Figure) -> float:
    """A figure as the table has it: a price with the part that no market sets. [USD/MWh]"""
    if name != PRICE or "fixed_usd_per_mwh" not in regions:
        return figure.value
    fixed = float(regions["fixed_usd_per_mwh"].iat[place])
    return figure.value + (0.0 if np.isnan(fixed) else fixed)


def _put(regions: pd.DataFrame, place: int, column: str, value: float) -> None:
    """Write a figure; what it might be was said of another one."""
    regions.iat[place, regions.columns.get_loc(column)] = value
    for end in (f"{column}_{end}" for end in ENDS):
        if end in regions:
            regions.iat[place, regions.columns.get_loc(end)] = np.nan


def _without_factors(profiles: pd.DataFrame, used: Mapping[str, set[str]]) -> pd.DataFrame:
    """Profiles that leave figures of the moment as they are, whatever hour is chosen."""
    made = profiles.copy()
    for figure in FIGURES:
        of_signals = made["region_id"].isin([*used.get(figure, ())])
        for column in _PROFILES.get(figure, _CARBON_PROFILES):
            if column in made:
                made[column] = made[column].mask(of_signals)
    return made


def _free_keys(sources: pd.DataFrame | None) -> Iterator[str]:
    """Keys that no source has: the scenario may be one that was kept with signals in it."""
    taken = set() if sources is None else {*sources["key"]}
    return (key for n in count(1) if (key := f"{KEY}-{n}") not in taken)


def _about(key: str, file: str, layout: str, time_s: int) -> dict[str, str]:
    """The row of `sources.csv` of a file of signals."""
    return {
        "key": key,
        "title": f"Signals of {said(time_s)} in {file}",
        "publisher": "" if layout == PLAIN else f"{layout}, by the layout of the file",
        "year": said(time_s)[:4],
        "access": "secondary",
        "note": "Written by another program; whose figures these are, and under which licence, it knows.",
    }
