"""
A whole day: the placement of each of its 24 hours, with all the world at the same moment.

Every hour is optimised by itself: load moves between places, never between hours. What following
the hours is worth, and what counts as daylight, are this project's own definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from explorer.cache import Memo
from explorer.model.labels import labels_of
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_network, solve_with
from explorer.model.solver import model_for
from explorer.scenario.profiles import AVERAGE, HOURS
from explorer.scenario.scenario import Scenario
from explorer.units import KG_PER_T

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SUNRISE_H, SUNSET_H = 6, 18  # local mean solar time, at an equinox
TURN_H = 6  # hours solved without a pause


@dataclass(frozen=True, eq=False)
class WholeDay:
    """The 24 optima of a day; sessions share it, so nothing in it may change."""

    table: pd.DataFrame  # as `whole_day` returns it
    it_mw: Floats  # (hour, region) load executed [MW]
    relocated_mw: Floats  # (hour, region) the part of it that is at home elsewhere [MW]


def whole_day(scenario: Scenario) -> pd.DataFrame:
    """
    Cost, carbon and load of every hour of the day, each placed at its own prices, carbon and
    demand.

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
            Of the optimum, as in `Placement`. A row lasts one hour, so that their sums are the
            day's.
        by_means_usd_per_h
            What the demand served in that hour costs, carbon at its price included, when it is
            placed by the day's mean prices and carbon and then pays those of the hour. Never below
            `objective_usd_per_h` where cost is the objective, as both serve the same: the
            difference is what following the hours is worth. [USD/h]
        served_mw, unserved_mw, relocated_mw
            IT load executed somewhere, nowhere, and away from home. [MW]
        relocated_in_daylight_mw
            The part of the relocated load that runs where the sun is up, see `in_daylight`. [MW]

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    No load waits for a better hour, not even batch that could: this is relocation in space alone.
    Where a scenario has no profiles, all rows are alike.

    Examples
    --------
    Without profiles one hour is like the other:

    >>> day = whole_day(Scenario.load("classroom-3x3"))
    >>> len(day), day["objective_usd_per_h"].round(6).unique().tolist(), day["relocated_mw"].sum().round(6).item()
    (24, [9865.0], 720.0)
    """
    return labelled(scenario, _whole_day(scenario))


def labelled(scenario: Scenario, day: WholeDay) -> pd.DataFrame:
    """
    The table of a day with all that its picture says and no column does: load of every region by
    hour, and what the average hour costs, carbon at its price [USD/h].
    """
    labels = labels_of(scenario)
    average = scenario.copy()
    average.hour = AVERAGE
    by_average = solve_network(build_network(average).without_hosting_or_cap)
    regions = {
        "name": list(labels.short_regions),
        "longitude": scenario.regions["longitude"].tolist(),
        "it_mw": day.it_mw.tolist(),
        "relocated_mw": day.relocated_mw.tolist(),
    }
    return labels.put_on(
        day.table,
        measure="whole_day",
        objective=scenario.objective,
        hour=scenario.hour,
        average_usd_per_h=float(by_average.objective_usd_per_h),
        regions=regions,
    )


def whole_day_regions(scenario: Scenario) -> pd.DataFrame:
    """
    Where the load of `whole_day` runs.

    Parameters
    ----------
    scenario : Scenario
        Its season counts, its hour does not.

    Returns
    -------
    pandas.DataFrame
        One row per hour and region: hour_utc, region, it_mw executed there, and the part of it that
        is relocated_mw, at home elsewhere. [MW]

    Raises
    ------
    ScenarioError, SolverError
        As `whole_day`.

    Examples
    --------
    >>> load = whole_day_regions(Scenario.load("classroom-3x3")).round(6)
    >>> load[load["hour_utc"] == 7].to_numpy().tolist()
    [[7, 'north', 50.0, 30.0], [7, 'middle', 30.0, 0.0], [7, 'south', 20.0, 0.0]]
    """
    day = _whole_day(scenario)
    hour, region = np.indices(day.it_mw.shape).reshape(2, -1)
    return pd.DataFrame(
        {
            "hour_utc": hour,
            "region": scenario.regions["id"].to_numpy(object)[region],
            "it_mw": day.it_mw.ravel(),
            "relocated_mw": day.relocated_mw.ravel(),
        }
    )


def in_daylight(hour_utc: ArrayLike, longitude: ArrayLike) -> Bools:
    """
    Whether the sun is up in the middle of an hour, at an equinox: from 6 to 18 by local mean solar
    time.

    Parameters
    ----------
    hour_utc : array_like, shape (hour,)
        Hours of the day, each from its beginning. [UTC]
    longitude : array_like, shape (region,)
        [degrees east]

    Returns
    -------
    numpy.ndarray, shape (hour, region)

    Examples
    --------
    >>> in_daylight([0, 12], [0.0, 150.0]).tolist()  # Greenwich and Sydney
    [[False, True], [True, False]]
    """
    solar_h = np.asarray(hour_utc)[:, np.newaxis] + 0.5 + np.asarray(longitude, float) / 15
    return (solar_h % HOURS >= SUNRISE_H) & (solar_h % HOURS < SUNSET_H)


def day_networks(scenario: Scenario) -> tuple[Network, ...]:
    """The networks of the 24 hours of a scenario's day; quick next to solving them."""
    moment = scenario.copy()
    networks = []
    for hour in range(HOURS):
        moment.hour = hour
        # hosting and a cap on cost take more than one linear program
        networks.append(build_network(moment).without_hosting_or_cap)
    return tuple(networks)


_days: Memo[WholeDay] = Memo(size=32)


def solve_day(scenario: Scenario) -> Iterator[WholeDay | None]:
    """
    The day of a scenario, remembered for all sessions; on the way None now and then, for others to
    go first.
    """
    networks = day_networks(scenario)
    day = _days.get(networks)
    if day is None:
        price = np.mean([network.price_usd_per_mwh for network in networks], axis=0)
        carbon = np.mean([network.carbon_kg_per_mwh for network in networks], axis=0)
        rows, it_mw, relocated_mw = [], [], []
        for network in networks:
            best = place_hour(network, network.objective)
            by_means = _place_the_same(best, price, carbon)
            rows.append(
                {
                    "hour_utc": len(rows),
                    "cost_usd_per_h": best.cost_usd_per_h,
                    "carbon_kg_per_h": best.carbon_kg_per_h,
                    "objective_usd_per_h": best.objective_usd_per_h,
                    "by_means_usd_per_h": float((by_means * network.cost_usd_per_mwh).sum()),
                    "served_mw": best.served_mw,
                    "unserved_mw": best.unserved_mw,
                    "relocated_mw": best.relocated_mw,
                }
            )
            it_mw.append(best.region_it_mw)
            relocated_mw.append(best.away_mw.sum(axis=(0, 2)))
            if len(rows) % TURN_H == 0:
                yield None
        table, relocated = pd.DataFrame(rows), np.array(relocated_mw)
        daylight = in_daylight(table["hour_utc"], scenario.regions["longitude"])
        table["relocated_in_daylight_mw"] = (relocated * daylight).sum(axis=1)
        made = WholeDay(table, np.array(it_mw), relocated)
        day = _days.find(networks, lambda: made)
    yield day


def _whole_day(scenario: Scenario) -> WholeDay:
    *_, day = solve_day(scenario)
    assert day is not None
    return day


def totals_of_day(hours: Sequence[Placement], it_mw: Floats) -> dict[str, float]:
    """
    Mean cost, carbon and objective of a day of load, shape (hour, client, region, workload) [MW],
    at each hour's prices and carbon. [USD/h], [kg/h]
    """
    networks = [hour.network for hour in hours]
    money, carbon = (
        float(np.mean([(mw * arcs).sum() for mw, arcs in zip(it_mw, each, strict=True)]))
        for each in (
            [net.money_usd_per_mwh for net in networks],
            [net.carbon_kg_per_arc_mwh for net in networks],
        )
    )
    return {
        "cost_usd_per_h": money,
        "carbon_kg_per_h": carbon,
        "objective_usd_per_h": money + networks[0].carbon_price_usd_per_t / KG_PER_T * carbon,
    }


def place_hour(network: Network, objective: str) -> Placement:
    """The optimum, not remembered: 48 of them would push out what users are looking at."""
    model = model_for(
        f"day, {objective}", network.home, len(network.regions), len(network.workloads)
    )
    with model.lock:
        return solve_with(model, network, objective)


def _place_the_same(
    best: Placement, price_usd_per_mwh: Floats, carbon_kg_per_mwh: Floats
) -> Floats:
    """
    Where the load that a placement serves would run at other prices and carbon, shape (client,
    region, workload).
    """
    net = replace(
        best.network, price_usd_per_mwh=price_usd_per_mwh, carbon_kg_per_mwh=carbon_kg_per_mwh
    )
    served = best.optimum
    numbers, clients = lp_data(net, net.objective), np.arange(len(net.home))
    numbers = replace(
        numbers,
        free_mw=served.free_mw.sum(axis=1),
        pinned_mw=served.pinned_mw,
        unserved_cost=np.maximum(
            numbers.unserved_cost, unserved_penalty(numbers.cost, numbers.allowed)
        ),
    )
    model = model_for(f"day, {net.objective}", net.home, len(net.regions), len(net.workloads))
    with model.lock:
        found = model.solve(numbers, None if net.objective == "cost" else net.cost_usd_per_mwh)
    it_mw = found.free_mw.copy()
    it_mw[clients, net.home] += found.pinned_mw
    return it_mw
