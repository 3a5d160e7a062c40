"""
What a millisecond is worth: the exact front of cost against mean added delay, from least delay to
least cost.

How all of its placements are found: `model.lower_edge`. The front, and its slopes as marginal
energy and carbon returns on latency, are this project's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.measures.frontier import WINDOW_MS
from explorer.measures.fronts import moves, point_of
from explorer.model.lower_edge import LowerEdge, Walk, corners
from explorer.model.network import DelayWeight, Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import served_alone
from explorer.model.solve import solve_network
from explorer.model.solver import TIE_BREAK, model_for
from explorer.scenario.scenario import Scenario
from explorer.units import KG_PER_T

WEIGHTS: tuple[DelayWeight, ...] = ("requests", "load")
PER_MILLION = 1e6


def cost_latency_front(scenario: Scenario, weight: DelayWeight = "requests") -> pd.DataFrame:
    """
    All placements that are best at some worth of a millisecond of mean delay, and what each
    millisecond returns.

    Parameters
    ----------
    scenario : Scenario
        Its own objective does not matter, nor caps and hosting; its carbon price counts.
    weight : {"requests", "load"}
        Whether the mean is over requests, as people feel it, or over MW of IT load.

    Returns
    -------
    pandas.DataFrame
        One row per placement, from least mean delay (and, among equals, least objective) to least
        objective (likewise delay):

        mean_delay_ms
            Delay that running away from home adds, mean over all that is served. [ms]
        objective_usd_per_h, cost_usd_per_h, carbon_kg_per_h
            Cost with carbon at the scenario's price, which the front minimises; money alone;
            emissions by the scenario's carbon signal. [USD/h], [USD/h], [kg/h]
        objective_return_usd_per_h_per_ms, erl_usd_per_h_per_ms, crl_kg_per_h_per_ms
            What each of the three falls by per ms of mean delay since the row before; NaN in the
            first. The first of them falls from row to row, and is the dual of a cap on mean delay
            (`mean_delay_cap_ms`) between the two. Marginal energy return on latency, where carbon
            has no price, and its carbon return. [USD/h per ms], [USD/h per ms], [kg/h per ms]
        return_usd_per_ms_per_million_requests
            The same objective return per million requests served. With weight "requests" that is
            the `latency_value` at which the row gives way to the one before, less the scenario's
            own. [USD per ms per million requests]
        relocated_mw, moved_mw, loses, gains
            Load away from home, and what moves since the row before, as in `cost_carbon_front`.

    Raises
    ------
    ValueError
        If `weight` is neither.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Any point between two rows is reached by mixing their placements, and nothing lies below: the
    front is the least objective under any cap on mean delay, and convex. It answers what waiting is
    worth. The staircase of `frontier` answers another question, what a promise costs: there a
    budget is kept by every single request of a class.

    All placements serve the same demand: what least objective serves, each client's and class's
    part. Budgets, law and capacity hold. The baseline, nearest by load, lies on the left end with
    weight "load", and on or right of it with weight "requests".

    The method is that of [1]_. "Below the line" means by more than `TIE_BREAK`, 1e-6 USD (or ms)
    per MWh of demand.

    References
    ----------
    .. [1] Aneja and Nair, "Bicriteria Transportation Problem," Management Science 25 (1), 1979.

    Examples
    --------
    >>> front = cost_latency_front(Scenario.load("classroom-3x3"))
    >>> front[["mean_delay_ms", "cost_usd_per_h"]].round(2).to_numpy().tolist()
    [[0.0, 8960.0], [16.0, 7648.0], [28.0, 7471.0]]
    >>> front["erl_usd_per_h_per_ms"].round(2).tolist()
    [nan, 82.0, 14.75]
    """
    network = build_network(scenario)
    return labelled(network, cost_latency_front_table(network, weight), weight)


def labelled(network: Network, table: pd.DataFrame, weight: DelayWeight) -> pd.DataFrame:
    """
    A front of a network with all that its picture says and no column does: where the scenario
    stands.
    """
    now = solve_network(network)
    return network.labels.put_on(
        table, measure="cost_latency_front", names=network.short_region_names, weight=weight,
        objective=now.objective, carbon_price_usd_per_t=network.carbon_price_usd_per_t,
        unserved_mw=float(now.unserved_mw), cap_ms=network.mean_delay_cap_ms,
        now=place_of(now, network, weight), baseline=place_of(now.baseline, network, weight),
    )  # fmt: skip


def place_of(placement: Placement, network: Network, weight: DelayWeight) -> dict[str, float]:
    """Where a placement lies on the picture of a network's front: carbon at that network's price."""
    dearer_usd_per_t = network.carbon_price_usd_per_t - placement.network.carbon_price_usd_per_t
    dearer_usd_per_h = dearer_usd_per_t * placement.carbon_kg_per_h / KG_PER_T
    return {
        "mean_delay_ms": placement.mean_delay_ms(weight),
        "objective_usd_per_h": float(placement.objective_usd_per_h + dearer_usd_per_h),
    }


def cost_latency_front_table(network: Network, weight: DelayWeight = "requests") -> pd.DataFrame:
    """`cost_latency_front` of a network, remembered for all sessions."""
    *_, table = growing_fronts(network, weight)
    return table


def objective_at(front: pd.DataFrame, mean_delay_ms: float) -> float:
    """
    The least objective at a mean delay, from a `cost_latency_front`; beyond its ends that of the
    end. [USD/h]

    >>> objective_at(cost_latency_front(Scenario.load("classroom-3x3")), 8.0)
    11255.0
    """
    return float(np.interp(mean_delay_ms, front["mean_delay_ms"], front["objective_usd_per_h"]))


def window_return(front: pd.DataFrame, from_ms: float, width_ms: float = WINDOW_MS) -> float:
    """
    What the objective falls by per ms over a window of mean delay. [USD/h per ms]

    >>> window_return(cost_latency_front(Scenario.load("classroom-3x3")), 0.0)
    105.625
    """
    return (objective_at(front, from_ms) - objective_at(front, from_ms + width_ms)) / width_ms


_fronts: Memo[pd.DataFrame] = Memo(size=64)


def growing_fronts(network: Network, weight: DelayWeight = "requests") -> Iterator[pd.DataFrame]:
    """
    The front as far as it is known, again and again; the last is `cost_latency_front_table`.

    Partial fronts hold placements that are on the front, with straight lines where others may yet
    be found below. The end of least cost is known first.
    """
    if weight not in WEIGHTS:
        raise ValueError(f"Unknown weight {weight!r}; use one of {', '.join(WEIGHTS)}.")
    network = network.without_hosting_or_cap
    known = _fronts.get((network, weight))
    if known is not None:
        yield known
        return
    search = _Search(network, weight)
    while search.advance():
        yield search.table()
    yield _fronts.find((network, weight), search.table)


class _Search:
    """Placements on the front, found in pieces."""

    def __init__(self, network: Network, weight: DelayWeight) -> None:
        best = solve_network(network, "cost")
        numbers = served_alone(lp_data(network, "cost"), best.optimum)
        served_mw = best.it_mw.sum(axis=1)
        delay = network.mean_delay_ms_per_mw(served_mw, weight)
        purpose = f"delay by {weight}"
        model = model_for(purpose, network.home, len(network.regions), len(network.workloads))
        noise = TIE_BREAK * (numbers.free_mw + numbers.pinned_mw).sum()
        self._weight = weight
        self._million_requests_per_h = float(
            (served_mw @ network.requests_per_mwh).sum() / PER_MILLION
        )
        keep = partial(point_of, network)
        self._walk = Walk(LowerEdge(model, network.home, numbers, numbers.cost, delay, noise, keep))

    def advance(self) -> bool:
        """Look at some more gaps; False once there are none left."""
        return self._walk.advance()

    def table(self) -> pd.DataFrame:
        """What is known so far, as in `cost_latency_front`."""
        vertices, _ = corners(self._walk.vertices)
        points = [vertex.kept for vertex in reversed(vertices)]
        by_request = self._weight == "requests"
        delay_ms = [point.per_request_ms if by_request else point.per_mw_ms for point in points]
        objective = [point.objective_usd_per_h for point in points]
        cost = [point.cost_usd_per_h for point in points]
        carbon = [point.carbon_kg_per_h for point in points]
        per_ms = np.array(_returns(delay_ms, objective))
        return pd.DataFrame(
            {
                "mean_delay_ms": delay_ms,
                "objective_usd_per_h": objective,
                "cost_usd_per_h": cost,
                "carbon_kg_per_h": carbon,
                "objective_return_usd_per_h_per_ms": per_ms,
                "erl_usd_per_h_per_ms": _returns(delay_ms, cost),
                "crl_kg_per_h_per_ms": _returns(delay_ms, carbon),
                "return_usd_per_ms_per_million_requests": per_ms / self._million_requests_per_h
                if self._million_requests_per_h
                else per_ms,
                "relocated_mw": [point.relocated_mw for point in points],
                **moves(points),
            }
        )


def _returns(delay_ms: list[float], total: list[float]) -> NDArray[np.float64]:
    """What a total falls by per ms since the row before; NaN in the first row."""
    points = pairwise(zip(delay_ms, total, strict=True))
    return np.array([np.nan, *((b - d) / (c - a) for (a, b), (c, d) in points)])
