"""
How many machines a day takes: each home for its own peak, one fixed placement, hour by hour, pooled.

That a region needs as many machines as it runs at its fullest hour, with no spare ones, and which
four days are compared, is this project's own choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.measures.whole_day import day_networks, place_hour, totals_of_day
from explorer.model.day import least_day
from explorer.model.labels import labels_of
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_network
from explorer.scenario.profiles import AVERAGE
from explorer.scenario.scenario import Scenario
from explorer.words import mark

Floats = NDArray[np.float64]

DAYS = (mark("own peaks"), mark("fixed"), mark("hour by hour"), mark("pooled"))


def machines(scenario: Scenario) -> pd.DataFrame:
    """
    Return how many machines a day takes, and what it costs with them, four ways.

    Parameters
    ----------
    scenario : Scenario
        Its season counts, its hour does not. Whatever its objective, days of least cost, carbon at
        its price included, are compared.

    Returns
    -------
    pandas.DataFrame
        Four rows, which all serve the same load: what the optimum of each hour serves.

        day
            own peaks: every home has machines for its own users, whatever room it is said to have.
            fixed: each client's load of a class is shared among regions as in the optimum of the
            average hour, all day, in whatever room that takes. hour by hour: the optimum of each
            hour. pooled: machines cost too, within the capacity of each region.
        machines_mw
            Most load of each region at any hour, summed over regions. [MW]
        idle_share
            Part of them that does nothing, mean of the day. [-]
        cost_usd_per_h, carbon_kg_per_h, objective_usd_per_h
            Mean of the 24 hours, machines apart; the last with carbon at its price. [USD/h], [kg/h]
        hardware_usd_per_h
            Machines at `hardware_usd_per_mwh`, whether they run or not. [USD/h]
        total_usd_per_h
            Objective and hardware. [USD/h]

        Its ``attrs`` hold ``peak_mw``, the most load of the whole world at any hour: no day takes
        fewer machines [MW]; and ``hardware_usd_per_mwh``.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    `hardware_usd_per_mwh` is read as what a MW of machines costs in an hour, running or idle. Where
    a scenario declares none, fewest machines count first in the pooled day, and then cost.

    Hosting and caps on cost and delay are left out.

    Examples
    --------
    Without profiles, machines are needed for the same load at all hours, and none is idle.

    >>> table = machines(Scenario.load("classroom-3x3")).round(6)
    >>> table[["day", "machines_mw", "idle_share"]].to_numpy().tolist()[2:]
    [['hour by hour', 100.0, 0.0], ['pooled', 100.0, 0.0]]
    """
    *_, table = machines_steps(scenario)
    assert table is not None
    return table


@dataclass(frozen=True, eq=False)
class _Found:
    """What is remembered: no part of it is a name."""

    table: pd.DataFrame
    peak_mw: float


_found: Memo[_Found] = Memo(size=32)


def machines_steps(scenario: Scenario) -> Iterator[pd.DataFrame | None]:
    """`machines`, remembered for all sessions; on the way None now and then, for others to go first."""
    networks = day_networks(scenario)
    found = _found.get(networks)
    if found is None:
        average = scenario.copy()
        average.hour = AVERAGE
        mean = solve_network(build_network(average).without_hosting_or_cap, "cost")
        hours = []
        for network in networks:
            hours.append(place_hour(network, "cost"))
            yield None
        pooled = None
        for day in least_day(hours, _price(hours)):
            pooled = day
            yield None
        assert pooled is not None
        served = np.array([hour.it_mw.sum(axis=1) for hour in hours])
        loads = (
            np.array([_at_home(hour) for hour in hours]),
            _shared_as(mean, served),
            np.array([hour.it_mw for hour in hours]),
            pooled.it_mw,
        )
        rows = [_row(day, hours, mw) for day, mw in zip(DAYS, loads, strict=True)]
        made = _Found(pd.DataFrame(rows), float(served.sum(axis=(1, 2)).max()))
        found = _found.find(networks, lambda: made)
    yield labels_of(scenario).put_on(
        found.table,
        measure="machines",
        peak_mw=found.peak_mw,
        hardware_usd_per_mwh=float(scenario.hardware_usd_per_mwh),
    )


def _price(hours: Sequence[Placement]) -> float:
    """
    What a MW of machines costs in an hour; where none is declared, more than moving load can save.
    [USD/h per MW]
    """
    declared = hours[0].network.hardware_usd_per_mwh
    costs = [hour.network.cost_usd_per_mwh for hour in hours]
    return declared or max(unserved_penalty(cost, hours[0].network.allowed) for cost in costs)


def _at_home(hour: Placement) -> Floats:
    """All that is served, at home, shape (client, region, workload). [MW]"""
    mw, clients = np.zeros_like(hour.it_mw), np.arange(len(hour.network.home))
    mw[clients, hour.network.home] = hour.it_mw.sum(axis=1)
    return mw


def _shared_as(mean: Placement, served_mw: Floats) -> Floats:
    """Load of each hour (hour, client, workload), shared among regions as in a placement. [MW]"""
    placed = mean.it_mw.sum(axis=1, keepdims=True)
    home = np.zeros_like(mean.it_mw)
    home[np.arange(len(mean.network.home)), mean.network.home] = 1.0
    share = np.where(placed > 0, mean.it_mw / np.where(placed > 0, placed, 1.0), home)
    return share * served_mw[:, :, np.newaxis]


def _row(day: str, hours: Sequence[Placement], it_mw: Floats) -> dict[str, Any]:
    """A day by its load, shape (hour, client, region, workload). [MW]"""
    totals = totals_of_day(hours, it_mw)
    by_region = it_mw.sum(axis=(1, 3))
    needed, mean_mw = float(by_region.max(axis=0).sum()), float(by_region.sum()) / len(hours)
    hardware = hours[0].network.hardware_usd_per_mwh * needed
    return {
        "day": day,
        "machines_mw": needed,
        "idle_share": max(1 - mean_mw / needed, 0.0) if needed else 0.0,
        **totals,
        "hardware_usd_per_h": hardware,
        "total_usd_per_h": totals["objective_usd_per_h"] + hardware,
    }
