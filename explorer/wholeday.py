"""
A whole day: the placement of each of its 24 hours, one solve each, with all the world at the same moment.

Every hour is optimised by itself: load moves between places, never between hours. Comparing it with a placement by the
day's mean prices is this project's own way to say what following the hours is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.hours import HOURS
from explorer.memo import Memo
from explorer.network import Network, build_network, digest
from explorer.placement import place
from explorer.scenario import Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hour:
    """The optimum of one hour of the day, as numbers; a row of `whole_day`."""

    hour_utc: int
    cost_usd_per_h: float
    carbon_kg_per_h: float
    objective_usd_per_h: float
    by_means_usd_per_h: float
    served_mw: float
    relocated_mw: float
    unserved_mw: float


def whole_day(scenario: Scenario) -> pd.DataFrame:
    """
    Cost, carbon and load of every hour of the day, each placed at its own prices, carbon and demand.

    Parameters
    ----------
    scenario : Scenario
        Its season counts, its hour does not.

    Returns
    -------
    pandas.DataFrame
        One row per hour of the day:

        hour_utc
            0 to 23, the same moment all over the world.
        cost_usd_per_h, carbon_kg_per_h, objective_usd_per_h
            Of the optimum, as in `Placement`. A row lasts one hour, so their sums are the day's.
        by_means_usd_per_h
            What the same demand costs, carbon at its price included, when it is placed by the day's mean prices and
            carbon and pays those of the hour. Never below `objective_usd_per_h` where cost is the objective: the
            difference is what following the hours is worth. [USD/h]
        served_mw, relocated_mw, unserved_mw
            IT load executed somewhere, away from home, and nowhere. [MW]

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    No load waits for a better hour, not even batch that could: what is shown is relocation in space alone.
    Without profiles, and at a demand that no curve moves, all rows are alike.

    Examples
    --------
    >>> day = whole_day(Scenario.load("classroom-3x3"))  # no profiles: one hour is like the other
    >>> len(day), day["objective_usd_per_h"].round(6).unique().tolist(), day_totals(day)["relocated_mwh"]
    (24, [9865.0], 720.0)
    """
    return _whole_day(day_networks(scenario))[0]


def whole_day_regions(scenario: Scenario) -> pd.DataFrame:
    """
    Where the load of `whole_day` runs: one row per hour and region.

    Returns
    -------
    pandas.DataFrame
        Columns hour_utc, region and it_mw, the IT load executed there, pinned load included. [MW]

    Raises
    ------
    ScenarioError, SolverError
        As `whole_day`.

    Examples
    --------
    >>> load = whole_day_regions(Scenario.load("classroom-3x3"))
    >>> load[load["hour_utc"] == 7].round(6).to_numpy().tolist()
    [[7, 'north', 50.0], [7, 'middle', 30.0], [7, 'south', 20.0]]
    """
    networks = day_networks(scenario)
    it_mw = _whole_day(networks)[1]
    hour, region = np.indices(it_mw.shape).reshape(2, -1)
    names = np.array(networks[0].regions, object)
    return pd.DataFrame({"hour_utc": hour, "region": names[region], "it_mw": it_mw.ravel()})


def day_totals(table: pd.DataFrame) -> dict[str, float]:
    """Sums of a `whole_day` over the day, where each row lasts one hour: USD, kg and MWh."""
    total = table.drop(columns="hour_utc").sum()
    units = {"_usd_per_h": "_usd", "_kg_per_h": "_kg", "_mw": "_mwh"}
    return {name: float(value) for old, value in total.items() for name in [_replace_end(str(old), units)]}


def _replace_end(name: str, ends: dict[str, str]) -> str:
    return next(name.removesuffix(end) + new for end, new in ends.items() if name.endswith(end))


def day_networks(scenario: Scenario) -> tuple[Network, ...]:
    """The networks of the 24 hours of a scenario's day; quick next to solving them."""
    moment = scenario.copy()
    networks = []
    for hour in range(HOURS):
        moment.hour = hour
        networks.append(build_network(moment))
    return tuple(networks)


def hours(networks: Sequence[Network]) -> Iterator[tuple[Hour, Floats]]:
    """
    One hour of a day after the other, as soon as it is solved, with the IT load of each region, shape (region,). [MW]

    A screen may draw each as it comes.
    """
    price = np.mean([network.price_usd_per_mwh for network in networks], axis=0)
    carbon = np.mean([network.carbon_kg_per_mwh for network in networks], axis=0)
    for hour, network in enumerate(networks):
        best = place(network)
        key = digest(network.key, price, carbon)
        unaware = place(replace(network, key=key, price_usd_per_mwh=price, carbon_kg_per_mwh=carbon))
        yield (
            Hour(
                hour_utc=hour,
                cost_usd_per_h=best.cost_usd_per_h,
                carbon_kg_per_h=best.carbon_kg_per_h,
                objective_usd_per_h=best.objective_usd_per_h,
                by_means_usd_per_h=float((unaware.it_mw * network.cost_usd_per_mwh).sum()),
                served_mw=best.served_mw,
                relocated_mw=best.relocated_mw,
                unserved_mw=best.unserved_mw,
            ),
            best.region_it_mw,
        )


_days: Memo[tuple[pd.DataFrame, Floats]] = Memo(size=32)


def _whole_day(networks: Sequence[Network]) -> tuple[pd.DataFrame, Floats]:
    """The table of a day, and the IT load by (hour, region); remembered for all sessions."""

    def run() -> tuple[pd.DataFrame, Floats]:
        rows, loads = zip(*hours(networks), strict=True)
        return pd.DataFrame([asdict(row) for row in rows]), np.array(loads)

    return _days.find(tuple(network.key for network in networks), run)
