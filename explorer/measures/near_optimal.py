"""
How firm the optimum is: how little and how much of each region's load a placement almost as good
may have.

The tools are those of modelling to generate alternatives (MGA); that each region gets its own exact
range of load, and that all of today's service is kept, is this project's own choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_network
from explorer.model.solver import TIE_BREAK, model_for
from explorer.scenario.scenario import Scenario

Floats = NDArray[np.float64]

LEAST, MOST = 1.0, -1.0  # sign of the load that is minimised
SAME_MW = 1e-7  # loads closer than that are one


def near_optimal(scenario: Scenario, slack: float = 0.01) -> pd.DataFrame:
    """
    The range of load of each region over all placements that are almost optimal.

    Parameters
    ----------
    scenario : Scenario
    slack : float, at least 0
        How much worse than the optimum a placement may be, as a share of the optimum's size: 0.01
        is one per cent of whatever the scenario minimises (cost with carbon at its price, carbon,
        or latency). [-]

    Returns
    -------
    pandas.DataFrame
        One row per region:

        region
            Region id.
        it_mw
            IT load in the optimum. [MW]
        least_mw, most_mw
            The least and the most IT load over all placements that serve the same demand, each
            client's and class's part, and are no worse than the slack allows. Every load in between
            is possible too. [MW]

        Hosting and a cap on cost are left out.

    Raises
    ------
    ValueError
        If the slack is negative.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    A region whose least is above zero is needed by every such placement; one whose most is zero by
    none. Ranges of several regions are not free together: what one gives up, others take.

    Each end solves ``min ±load_j`` with one row ``objective <= (1 + slack) optimum`` beside those
    of the placement. The row is priced instead: among the placements known so far, the best mix of
    one within the limit and one beyond has a slope, USD per MW; a placement with that price on the
    region's load either proves the mix optimal or improves it.

    References
    ----------
    .. [1] DeCarolis, "Using modeling to generate alternatives (MGA) to expand our thinking on energy futures," Energy
       Economics 33, 2011.
    .. [2] Neumann and Brown, "The near-optimal feasible space of a renewable power system model," Electric Power
       Systems Research 190, 2021.

    Examples
    --------
    >>> near_optimal(Scenario.load("classroom-3x3"), slack=0.01).round(2).to_numpy().tolist()
    [['north', 50.0, 48.19, 50.0], ['middle', 30.0, 15.0, 32.58], ['south', 20.0, 17.42, 35.85]]
    """
    network = build_network(scenario)
    return labelled(network, near_optimal_table(network, slack), slack)


def labelled(network: Network, table: pd.DataFrame, slack: float) -> pd.DataFrame:
    """A table of a network with all that its picture says and no column does."""
    best = solve_network(network.without_hosting_or_cap)
    return network.labels.put_on(
        table, measure="near_optimal", slack=slack, names=network.short_region_names, objective=best.objective,
        optimum=_amount_of(best),
    )  # fmt: skip


def _amount_of(best: Placement) -> float:
    """The objective without the penalty on unserved load. [USD/h, kg/h or MW ms]"""
    match best.objective:
        case "carbon":
            return best.carbon_kg_per_h
        case "latency":
            return best.mean_wan_ms * best.served_mw
    return best.objective_usd_per_h


def near_optimal_table(network: Network, slack: float = 0.01) -> pd.DataFrame:
    """`near_optimal` of a network, remembered for all sessions."""
    *_, table = near_optimal_steps(network, slack)
    return table


_tables: Memo[pd.DataFrame] = Memo(size=64)


def near_optimal_steps(network: Network, slack: float = 0.01) -> Iterator[pd.DataFrame]:
    """
    `near_optimal` of a network region by region, those of most load first; NaN where a range is not
    known yet.

    The last table is complete and remembered for all sessions; where it is remembered already, it
    is the only one.
    """
    if slack < 0:
        raise ValueError(f"The slack must be at least 0, not {slack!r}.")
    network = network.without_hosting_or_cap
    found = _tables.get((network, slack))
    if found is not None:
        yield found
        return
    it_mw = solve_network(network).region_it_mw
    ranges = np.full((2, len(it_mw)), np.nan)
    search = _Search(network, slack)
    for done, region in enumerate(np.argsort(-it_mw, kind="stable"), start=1):
        ranges[:, region] = search.range_mw(int(region))
        table = pd.DataFrame(
            {"region": network.regions, "it_mw": it_mw, "least_mw": ranges[0], "most_mw": ranges[1]}
        )
        yield (
            _tables.find((network, slack), lambda table=table: table)
            if done == len(it_mw)
            else table
        )


class _Search:
    """
    All placements met so far, by their loads and objectives: a start for every region that comes
    later.
    """

    def __init__(self, network: Network, slack: float) -> None:
        numbers, best = lp_data(network, network.objective), solve_network(network).optimum
        # the same demand for all, so that a penalty on unserved load has nothing left to decide
        self._numbers = replace(
            numbers,
            free_mw=np.maximum(numbers.free_mw - best.unserved_free_mw, 0.0),
            pinned_mw=np.maximum(numbers.pinned_mw - best.unserved_pinned_mw, 0.0),
        )
        self._network = network
        regions = len(network.regions)
        pinned = self._numbers.pinned_at(network.home)
        self._bound = {LEAST: pinned, MOST: network.capacity_mw}  # which no load can go beyond [MW]
        self._noise = TIE_BREAK * network.demand_mw.sum()  # of an objective
        # a price on a region's load that counts for more than all else: room is made by moves out
        # of each region once
        self._dominant = (1 + regions) * float(np.ptp(numbers.cost)) + 1.0
        self._loads, self._objectives = np.empty((0, regions)), np.empty(0)
        self._place(np.zeros(regions))
        optimum = self._objectives[0]
        self._limit = optimum + slack * abs(optimum) + self._noise

    def range_mw(self, region: int) -> tuple[float, float]:
        """Least and most load of a region. [MW]"""
        return self._extreme(region, LEAST), -self._extreme(region, MOST)

    def _extreme(self, region: int, sign: float) -> float:
        """The least that a region's load times `sign` can be within the limit. [MW]"""
        direction = sign * np.eye(len(self._network.regions))[region]
        while True:
            load = self._loads @ direction
            least, slope = _best_mix(load, self._objectives, self._limit)
            if least <= sign * self._bound[sign][region] + SAME_MW:
                return least
            price = min(slope, self._dominant)
            known = (self._objectives + price * load).min() - self._noise - price * SAME_MW
            self._place(price * direction)
            if self._objectives[-1] + price * self._loads[-1] @ direction >= known:
                return least

    def _place(self, price_usd_per_mwh: Floats) -> None:
        """Add the best placement with a price on each region's load, shape (region,)."""
        net, numbers = self._network, self._numbers
        cost = numbers.cost + price_usd_per_mwh[:, np.newaxis]
        model = model_for("near optimal", net.home, len(net.regions), len(net.workloads))
        with model.lock:
            best = model.solve(
                replace(numbers, cost=cost, unserved_cost=unserved_penalty(cost, numbers.allowed))
            )
        clients = np.arange(len(net.home))
        it_mw = best.free_mw
        it_mw[clients, net.home] += best.pinned_mw
        self._loads = np.vstack([self._loads, it_mw.sum(axis=(0, 2))])
        self._objectives = np.append(self._objectives, (it_mw * numbers.cost).sum())


def _best_mix(load: Floats, objective: Floats, limit: float) -> tuple[float, float]:
    """
    The least load of a mix of two placements that meets the limit, and its slope, objective per MW
    of load.

    The slope is infinite where a placement within the limit has the least load of all.
    """
    good = objective <= limit
    load_in, room = load[good, np.newaxis], limit - objective[good, np.newaxis]
    gain, rise = load_in - load[~good], room + objective[~good] - limit
    mixed = np.where(gain > SAME_MW, load_in - room * gain / rise, np.inf)
    if mixed.min(initial=np.inf) > load_in.min():
        return float(load_in.min()), np.inf
    best = np.unravel_index(mixed.argmin(), mixed.shape)
    return float(mixed[best]), float(rise[best] / gain[best])
