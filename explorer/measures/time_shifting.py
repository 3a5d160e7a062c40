"""
What moving load in time is worth, beside moving it in space: one linear program of a whole day.

That a day repeats itself, and what is counted as moving in time alone, are this project's own
choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.measures.headlines import of_what_it_serves
from explorer.measures.whole_day import day_networks, place_hour, totals_of_day
from explorer.model.day import DayOptimum, least_day
from explorer.model.labels import labels_of
from explorer.model.placement import BASELINES, Placement
from explorer.scenario.scenario import Scenario
from explorer.words import mark

Floats = NDArray[np.float64]

MOVES = (mark("neither"), mark("time"), mark("space"), mark("both"))


def time_shifting(scenario: Scenario) -> pd.DataFrame:
    """
    Return what a day costs where load moves in time, in space, in both and in neither.

    Parameters
    ----------
    scenario : Scenario
        `deferral_h` of its classes says for how many whole hours their load may wait; its season
        counts, its hour does not. Whatever its objective, days of least cost, carbon at its price
        included, are compared.

    Returns
    -------
    pandas.DataFrame
        Four rows, which all serve the same load in the day: what the optimum of each hour serves.

        moves
            neither: load takes arcs of the baseline alone, at the hour it is wanted. time: the same
            arcs, and load may wait. space: the optimum of each hour. both: all arcs, and load may
            wait.
        cost_usd_per_h, carbon_kg_per_h, objective_usd_per_h
            Mean of the 24 hours; the last with carbon at its price. [USD/h], [kg/h]
        worth_usd_per_h
            How much less the objective is than with neither. [USD/h]
        waited_mwh
            Load that runs at a later hour than it is wanted, in a day. [MWh]

        Its ``attrs`` hold ``deferrable_mwh``, the load of a day that may wait [MWh];
        ``further_share``, by how much waiting lowers what that load costs in space, NaN where none
        may [-]; and ``regions``, the load of each region by hour with space alone and with both.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Load waits within a day that repeats itself: what is wanted at 23 h and waits two hours runs at
    1 h. Load that state pins waits too, at its home. Capacity holds at every hour. Waiting costs
    nothing here, and no latency budget counts it: who lets a class wait has said so.

    Hosting and caps on cost and delay are left out.

    Examples
    --------
    Without profiles, one hour is as good as another:

    >>> scenario = Scenario.load("classroom-3x3")
    >>> scenario.workloads["batch"].deferral_h = 6
    >>> time_shifting(scenario)[["moves", "worth_usd_per_h"]].round(6).to_numpy().tolist()
    [['neither', 0.0], ['time', 0.0], ['space', 2235.0], ['both', 2235.0]]
    """
    *_, table = time_shifting_steps(scenario)
    assert table is not None
    return table


@dataclass(frozen=True, eq=False)
class _Found:
    """What is remembered: no part of it is a name."""

    table: pd.DataFrame
    deferrable_mwh: float
    further_share: float
    before_mw: Floats  # (hour, region)
    after_mw: Floats  # (hour, region)


_found: Memo[_Found] = Memo(size=32)


def time_shifting_steps(scenario: Scenario) -> Iterator[pd.DataFrame | None]:
    """
    `time_shifting`, remembered for all sessions; on the way None now and then, for others to go
    first.
    """
    networks = day_networks(scenario)
    found = _found.get(networks)
    if found is None:
        waits_h = np.floor([w.deferral_h for w in scenario.workloads.values()]).astype(np.intp)
        hours, near = [], []
        for network in networks:
            hours.append(place_hour(network, "cost"))
            rule = BASELINES[network.baseline_rule]
            near.append(place_hour(of_what_it_serves(hours[-1], rule), rule))
            yield None
        arcs = np.any([hour.it_mw > 0 for hour in near], axis=0)
        programs = [least_day(near, arcs=arcs)]
        if waits_h.any():
            programs += [
                least_day(near, waits_h=waits_h, arcs=arcs),
                least_day(hours, waits_h=waits_h),
            ]
        days: list[DayOptimum] = []
        for program in programs:
            day = None
            for step in program:
                day = step
                yield None
            assert day is not None
            days.append(day)
        space = _in_space(hours)
        neither, time, both = days if waits_h.any() else (*days, *days, space)
        made = _compared(hours, waits_h, [neither, time, space, both])
        found = _found.find(networks, lambda: made)
    labels = labels_of(scenario)
    yield labels.put_on(
        found.table,
        measure="time_shifting",
        deferrable_mwh=found.deferrable_mwh,
        further_share=found.further_share,
        regions={
            "name": list(labels.short_regions),
            "longitude": scenario.regions["longitude"].tolist(),
            "before_mw": found.before_mw.tolist(),
            "after_mw": found.after_mw.tolist(),
        },
    )


def _in_space(hours: Sequence[Placement]) -> DayOptimum:
    """The optima of the hours as a day."""
    paid = [hour.objective_usd_per_h for hour in hours]
    return DayOptimum(np.array([hour.it_mw for hour in hours]), np.array(paid))


def _compared(
    hours: Sequence[Placement], waits_h: NDArray[np.intp], days: Sequence[DayOptimum]
) -> _Found:
    table = pd.DataFrame(
        [
            {"moves": moves, **totals_of_day(hours, day.it_mw), "waited_mwh": day.waited_mwh}
            for moves, day in zip(MOVES, days, strict=True)
        ]
    )
    objective = table["objective_usd_per_h"].to_numpy()
    table.insert(4, "worth_usd_per_h", objective[0] - objective)
    _, _, space, both = days
    deferrable = space.it_mw * (waits_h > 0)
    costs = np.array([hour.network.cost_usd_per_mwh for hour in hours])
    paid = float((deferrable * costs).sum())
    saved = float((objective[2] - objective[3]) * len(hours))
    return _Found(
        table,
        float(deferrable.sum()),
        saved / paid if paid > 0 else np.nan,
        space.it_mw.sum(axis=(1, 3)),
        both.it_mw.sum(axis=(1, 3)),
    )
