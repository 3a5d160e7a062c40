"""From a scenario or a network to its optimal placement: remembered, with hosting and cost cap."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.model.cost_cap import least_under_cap
from explorer.model.hosting import choose_hosts
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.solver import Optimum, PlacementModel, model_for
from explorer.presentation import renders
from explorer.scenario.scenario import Scenario

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


_placements: Memo[Placement] = Memo(size=64)


def solve_network(network: Network, objective: str | None = None) -> Placement:
    """
    The optimal placement of a network, remembered for all sessions.

    `objective` overrides the network's own: cost, carbon or latency. Carbon and latency serve all
    that can be served and break ties by cost; carbon alone heeds the network's cap on cost. What
    still ties is decided by least added latency, home first, and then by a fixed order, see
    `PlacementModel.solve`.
    """
    objective = objective or network.objective

    def run() -> Placement:
        model = model_for(objective, network.home, len(network.regions), len(network.workloads))
        if network.hosting_usd_per_h is not None and objective == "cost":
            return _solve_with_hosting(network, network.hosting_usd_per_h, model)
        with model.lock:
            done = _placements.get((network, objective))  # another session may have been faster
            if done is not None:
                return done
            return Placement(network, _optimum(network, objective, model), objective)

    found = _placements.find((network, objective), run)
    # names are no part of what is remembered
    return found if found.network.labels == network.labels else replace(found, network=network)


def is_quick(network: Network) -> bool:
    """
    Whether placing takes milliseconds: there is no hosting to decide on, or that has been done.
    """
    decides = network.objective == "cost" and network.hosting_usd_per_h is not None
    return not decides or _placements.get((network, "cost")) is not None


def _solve_with_hosting(
    network: Network, hosting_usd_per_h: Floats, model: PlacementModel
) -> Placement:
    """
    The cheapest placement where hosting costs too, or the best found within the time limit.

    Which classes a region hosts is decided first, without holding up others who solve. Where load
    goes, and the prices that explain what goes unserved, are those of the linear program that is
    left.
    """
    numbers = lp_data(network, "cost")
    for_free = np.repeat(hosting_usd_per_h[:, np.newaxis] == 0, len(network.workloads), axis=1)

    def under(hosts: Bools) -> Placement:
        open_ = np.repeat((hosts | for_free)[np.newaxis], len(network.home), axis=0)
        open_[np.arange(len(network.home)), network.home] = True
        with model.lock:
            best = model.solve(replace(numbers, allowed=numbers.allowed & open_))
        found = Placement(network, best, "cost")
        return replace(
            found, optimum=replace(best, objective=best.objective + found.hosting_usd_per_h)
        )

    anywhere, nowhere = under(~for_free), under(for_free)
    least = anywhere.optimum.objective - anywhere.hosting_usd_per_h
    decided = choose_hosts(numbers, network.home, hosting_usd_per_h)
    chosen = [] if decided.chosen is None else [under(decided.chosen)]
    best = min([*chosen, nowhere, anywhere], key=lambda found: found.optimum.objective)
    return replace(best, gap_usd_per_h=max(best.optimum.objective - max(least, decided.bound), 0.0))


def solve_with(model: PlacementModel, network: Network, objective: str) -> Placement:
    """
    The placement of a network that is not worth remembering. Hold the model's lock if others use
    it.
    """
    then = None if objective == "cost" else network.cost_usd_per_mwh
    return Placement(network, model.solve(lp_data(network, objective), then), objective)


def _optimum(network: Network, objective: str, model: PlacementModel) -> Optimum:
    if objective == "carbon" and isfinite(network.cost_cap_usd_per_h):
        numbers = lp_data(network, objective)
        return least_under_cap(
            model, network.home, numbers, network.money_usd_per_mwh, network.cost_cap_usd_per_h
        )
    return solve_with(model, network, objective).optimum


@renders(Placement, "baseline")
def _baseline(placement: Placement) -> Placement:
    return solve_network(placement.network, "latency")


@renders(Scenario, "placement")
def solve(scenario: Scenario) -> Placement:
    """
    Place a scenario's demand at the least objective.

    Demand that cannot be served never raises: see `Placement.unserved`.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If the solver fails or meets `time_limit_s`, or if no placement stays within the cap on
        cost.

    Examples
    --------
    >>> placement = solve(Scenario.load("classroom-3x3"))
    >>> placement.unserved_mw
    0.0
    """
    return solve_network(build_network(scenario))
