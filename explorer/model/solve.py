"""From a scenario or a network to its optimal placement: remembered, with hosting and caps."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, isfinite

import numpy as np
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.errors import SolverError
from explorer.model.caps import NO_GAIN, least_under_cap
from explorer.model.hosting import choose_hosts
from explorer.model.lower_edge import LowerEdge
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import BASELINES, Placement
from explorer.model.program import LPData, served_alone
from explorer.model.solver import Optimum, PlacementModel, model_for
from explorer.presentation import renders
from explorer.scenario.scenario import Scenario
from explorer.words import number, tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


_placements: Memo[Placement] = Memo(size=64)


def solve_network(network: Network, objective: str | None = None) -> Placement:
    """
    The optimal placement of a network, remembered for all sessions.

    `objective` overrides the network's own: cost, carbon, latency or relocation. All but cost serve
    all that can be served and break ties by cost; carbon alone heeds the network's cap on cost, cost and
    carbon that on mean delay. What still ties is decided by least added latency, home first, and
    then by a fixed order, see `PlacementModel.solve`.
    """
    objective = objective or network.objective

    def run() -> Placement:
        if objective in ("cost", "carbon") and isfinite(network.mean_delay_cap_ms):
            return _solve_with_delay_cap(network, objective)
        if objective == "carbon" and isfinite(network.cost_cap_usd_per_h):
            return _solve_with_cost_cap(network)
        model = model_for(objective, network.home, len(network.regions), len(network.workloads))
        if network.hosting_usd_per_h is not None and objective == "cost":
            return _solve_with_hosting(network, network.hosting_usd_per_h, model)
        with model.lock:
            done = _placements.get((network, objective))  # another session may have been faster
            if done is not None:
                return done
            return solve_with(model, network, objective)

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


def _solve_with_cost_cap(network: Network) -> Placement:
    """The placement of least carbon that costs no more than the network's cap."""
    numbers, cap = lp_data(network, "carbon"), network.cost_cap_usd_per_h

    def refusal(least_usd_per_h: float) -> SolverError:
        cheapest = f"{number(ceil(least_usd_per_h * 100) / 100, ',.2f')} USD/h"
        what = tr(
            "No placement that serves what can be served costs so little: the cheapest one takes {}.",
            cheapest,
        )
        fix = tr("Raise the cap to {} or more, or choose another objective.", cheapest)
        return SolverError(what, f"cost_cap_usd_per_h = {number(cap, ',.10g')}", fix)

    edge = _edge("cost cap", network, numbers, network.money_usd_per_mwh)
    found, _ = least_under_cap(edge, cap, refusal)
    return Placement(network, _with_objective(network, numbers, found), "carbon")


def _solve_with_delay_cap(network: Network, objective: str) -> Placement:
    """
    The placement of least cost or carbon whose mean added delay, over requests, is within the
    network's cap. It serves just what the placement without the cap serves.
    """
    cap = network.mean_delay_cap_ms
    free = solve_network(network.without_hosting_or_cap, objective)
    if free.mean_wan_per_request_ms <= cap:  # ties are broken as without a cap
        return replace(free, network=network, uncapped=free)
    numbers, best = lp_data(network, objective), free.optimum
    served = served_alone(numbers, best)
    served_mw = free.it_mw.sum(axis=1)
    total_mw = float(served_mw.sum())
    delay = network.mean_delay_ms_per_mw(served_mw)

    def refusal(least_mw_ms: float) -> SolverError:
        least = f"{number(ceil(least_mw_ms / total_mw * 1000) / 1000, ',.3f')} ms"
        what = tr(
            "No placement that serves the same load adds so little delay: the nearest one adds {} a request.",
            least,
        )
        fix = tr("Raise the cap to {} or more, or capacity where users are.", least)
        return SolverError(what, f"mean_delay_cap_ms = {number(cap, ',.10g')}", fix)

    edge = _edge(f"{objective}, delay cap", network, served, delay)
    found, price = least_under_cap(edge, cap * total_mw, refusal)
    found = replace(
        found,
        unserved_free_mw=best.unserved_free_mw + found.unserved_free_mw,
        unserved_pinned_mw=best.unserved_pinned_mw + found.unserved_pinned_mw,
    )
    whole = _with_objective(network, numbers, found)
    return Placement(network, whole, objective, mean_delay_price=price * total_mw, uncapped=free)


def _edge(purpose: str, network: Network, numbers: LPData, second: Floats) -> LowerEdge[Optimum]:
    model = model_for(purpose, network.home, len(network.regions), len(network.workloads))
    noise = NO_GAIN * (1.0 + float(numbers.free_mw.sum() + numbers.pinned_mw.sum()))
    return LowerEdge(model, network.home, numbers, numbers.cost, second, noise, lambda found: found)


def _with_objective(network: Network, numbers: LPData, found: Optimum) -> Optimum:
    """An optimum with its own total of the cost, penalty on unserved load included."""
    at_home = numbers.cost[np.arange(len(network.home)), network.home]
    served = (found.free_mw * numbers.cost).sum() + (found.pinned_mw * at_home).sum()
    return replace(found, objective=float(served) + numbers.penalty_of(found))


@renders(Placement, "baseline")
def _baseline(placement: Placement) -> Placement:
    return solve_network(placement.network, BASELINES[placement.network.baseline_rule])


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
        If the solver fails or meets `time_limit_s`, or if no placement stays within the cap on cost
        or on mean delay.

    Examples
    --------
    >>> placement = solve(Scenario.load("classroom-3x3"))
    >>> placement.unserved_mw
    0.0
    """
    return solve_network(build_network(scenario))
