"""
What a tonne costs: the exact front from least cost to least carbon, as a rising carbon price walks
along it.

Cost plus carbon price times carbon is linear in both, so the placement that is best for it changes
at some prices only and stays as it is between them. Two neighbouring placements cost the same at
exactly one price, and a solve at that price tells whether a third lies below the line between them:
so all of them are found, one solve each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo, digest
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_network
from explorer.model.solver import TIE_BREAK, model_for
from explorer.scenario.scenario import Scenario
from explorer.units import KG_PER_T

Floats = NDArray[np.float64]

BATCH = 24  # solves from one partial front to the next, about 0.15 s in a world of 60 regions
NAMED = 3  # regions named on either side of a move
SMALLEST_MOVE_MW = 1e-6


def cost_carbon_front(scenario: Scenario) -> pd.DataFrame:
    """
    All placements that are best at some carbon price, and the prices at which one gives way to the
    next.

    Parameters
    ----------
    scenario : Scenario
        Its own carbon price and objective do not matter.

    Returns
    -------
    pandas.DataFrame
        One row per placement, from least cost (and, among equals, least carbon) to least carbon
        (likewise cost):

        carbon_price_from_usd_per_t, carbon_price_to_usd_per_t
            Between these prices it is the best; the last ends at infinity. What the last tonne
            avoided costs, and what the next one would: the marginal abatement cost. [USD/t]
        cost_usd_per_h, carbon_kg_per_h
            Money at a carbon price of zero, and emissions by the scenario's carbon signal. [USD/h],
            [kg/h]
        relocated_mw
            IT load executed away from home. [MW]
        moved_mw
            IT load that changes region from the row before, net: what regions gain. [MW]
        loses, gains
            Regions with less and with more load than in the row before, up to three each, most
            first, joined by "; ".

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Any point between two rows is reached by mixing their placements, and nothing lies below: the
    front is the optimum of least cost under any cap on carbon. Where several placements have a
    row's cost and carbon, the solver's choice among them, least added latency first, decides who
    moves.

    All placements serve the same demand: what the least objective at the scenario's own carbon
    price serves, each client's and class's part. So no carbon price is high enough to drop load.

    The method is that of [1]_. "Below the line" means by more than `TIE_BREAK`, 1e-6 USD (or kg)
    per MWh of demand. What is less is not told from the line.

    References
    ----------
    .. [1] Aneja and Nair, "Bicriteria Transportation Problem," Management Science 25 (1), 1979.

    Examples
    --------
    >>> front = cost_carbon_front(Scenario.load("classroom-3x3"))
    >>> front.iloc[:, 1:4].round(2).to_numpy().tolist()
    [[42.42, 7177.0, 54810.0], [133.8, 7471.0, 47880.0], [280.9, 7566.8, 47164.0], [inf, 8294.9, 44572.0]]
    """
    network = build_network(scenario)
    return labelled(network, cost_carbon_front_table(network))


def labelled(network: Network, table: pd.DataFrame) -> pd.DataFrame:
    """
    A front of a network with all that its picture says and no column does: where the scenario
    stands.
    """
    now = solve_network(network)
    marks = {
        name: {
            "cost_usd_per_h": float(at.cost_usd_per_h),
            "carbon_kg_per_h": float(at.carbon_kg_per_h),
        }
        for name, at in (("now", now), ("baseline", now.baseline))
    }
    return network.labels.put_on(
        table, measure="cost_carbon_front", names=network.short_region_names, objective=now.objective,
        carbon_price_usd_per_t=network.carbon_price_usd_per_t, unserved_mw=float(now.unserved_mw), **marks,
    )  # fmt: skip


def cost_carbon_front_table(network: Network) -> pd.DataFrame:
    """`cost_carbon_front` of a network, remembered for all sessions."""
    *_, table = growing_fronts(network)
    return table


def avoided_kg_per_h(front: pd.DataFrame, carbon_price_usd_per_t: float) -> float:
    """
    Emissions below those of least cost that cost less than that price a tonne, from a
    `cost_carbon_front`. [kg/h]

    >>> avoided_kg_per_h(cost_carbon_front(Scenario.load("classroom-3x3")), 50.0)
    6930.0
    """
    carbon = front["carbon_kg_per_h"].to_numpy()
    reached = np.flatnonzero(
        front["carbon_price_from_usd_per_t"].to_numpy() <= carbon_price_usd_per_t
    )[-1]
    return float(carbon[0] - carbon[reached])


# By all that a front depends on, which leaves out the carbon price: a front that is there stays
# while that moves.
_fronts: Memo[pd.DataFrame] = Memo(size=64)


def growing_fronts(network: Network) -> Iterator[pd.DataFrame]:
    """
    The front as far as it is known, again and again; the last is `cost_carbon_front_table`.

    Partial fronts hold placements that are on the front, with straight lines where others may yet
    be found below. The left end is known first.
    """
    search = _Search(network)
    known = _fronts.get(search.key)
    if known is not None:
        yield known
        return
    while search.advance():
        yield search.table()
    yield _fronts.find(search.key, search.table)


class _Search:
    """
    Placements on the front: `_known` from the left without a gap, `_ahead` from the right, the
    nearest last.
    """

    def __init__(self, network: Network) -> None:
        self._network = network = network.without_hosting_or_cap
        numbers, best = lp_data(network, "cost"), solve_network(network, "cost").optimum
        free = np.maximum(numbers.free_mw - best.unserved_free_mw, 0.0)
        pinned = np.maximum(numbers.pinned_mw - best.unserved_pinned_mw, 0.0)
        self._numbers = replace(numbers, free_mw=free, pinned_mw=pinned)
        self._noise = TIE_BREAK * (free + pinned).sum()
        self._known: list[Placement] = []
        self._ahead: list[Placement] = []

    @property
    def key(self) -> bytes:
        """Everything the front depends on, which leaves out the carbon price."""
        net, numbers = self._network, self._numbers
        arrays = net.money_usd_per_mwh, net.carbon_kg_per_arc_mwh, numbers.allowed.astype(float)
        amounts = numbers.free_mw, numbers.pinned_mw, numbers.capacity_mw
        return digest(
            net.regions, repr(net.demand_mw.shape), net.home.astype(float), *arrays, *amounts
        )

    def advance(self) -> bool:
        """Look at some more gaps; False once there are none left."""
        if not self._known:
            self._find_ends()
        for _ in range(BATCH):
            if not self._ahead:
                return False
            between = self._below(self._known[-1], self._ahead[-1])
            if between is None:
                self._known.append(self._ahead.pop())
            else:
                self._ahead.append(between)
        return bool(self._ahead)

    def _find_ends(self) -> None:
        money, carbon = self._network.money_usd_per_mwh, self._network.carbon_kg_per_arc_mwh
        least_cost, least_carbon = self._solve(money, carbon), self._solve(carbon, money)
        dearer, cleaner = _gap(least_cost, least_carbon)
        run_isolated = cleaner > 0 and max(dearer, cleaner) > self._noise
        self._known, self._ahead = [least_cost], [least_carbon] if run_isolated else []

    def _below(self, left: Placement, right: Placement) -> Placement | None:
        """
        The best placement at the carbon price at which both cost the same, or None where that is
        those two.
        """
        dearer, cleaner = _gap(left, right)
        if min(dearer, cleaner) <= 0:
            return None
        # weights of cost and carbon that both count for something, whether a tonne costs a cent or
        # a fortune
        money_weight, carbon_weight = cleaner / (cleaner + dearer), dearer / (cleaner + dearer)
        net = self._network
        best = self._solve(
            money_weight * net.money_usd_per_mwh + carbon_weight * net.carbon_kg_per_arc_mwh
        )
        dearer, cleaner = _gap(left, best)
        gain = carbon_weight * cleaner - money_weight * dearer
        return (
            best
            if gain > self._noise
            and left.carbon_kg_per_h > best.carbon_kg_per_h > right.carbon_kg_per_h
            else None
        )

    def _solve(self, cost: Floats, then: Floats | None = None) -> Placement:
        net = self._network
        model = model_for("tradeoff", net.home, len(net.regions), len(net.workloads))
        with model.lock:
            best = model.solve(
                replace(
                    self._numbers,
                    cost=cost,
                    unserved_cost=unserved_penalty(cost, self._numbers.allowed),
                ),
                then,
            )
        return Placement(net, best, "cost")

    def table(self) -> pd.DataFrame:
        """What is known so far, as in `cost_carbon_front`."""
        placements, prices = _convex([*self._known, *reversed(self._ahead)])
        moves = [self._move(*pair) for pair in pairwise(placements)]
        moved_mw, loses, gains = zip((0.0, "", ""), *moves, strict=True)
        return pd.DataFrame(
            {
                "carbon_price_from_usd_per_t": prices,
                "carbon_price_to_usd_per_t": [*prices[1:], np.inf],
                "cost_usd_per_h": [placement.cost_usd_per_h for placement in placements],
                "carbon_kg_per_h": [placement.carbon_kg_per_h for placement in placements],
                "relocated_mw": [placement.relocated_mw for placement in placements],
                "moved_mw": moved_mw,
                "loses": loses,
                "gains": gains,
            }
        )

    def _move(self, before: Placement, after: Placement) -> tuple[float, str, str]:
        """Load that moves between two placements [MW], and the regions that lose and gain."""
        change = after.region_it_mw - before.region_it_mw
        return float(np.maximum(change, 0.0).sum()), self._most(-change), self._most(change)

    def _most(self, mw: Floats) -> str:
        order = np.argsort(-mw, kind="stable")[:NAMED]
        return "; ".join(self._network.regions[j] for j in order if mw[j] > SMALLEST_MOVE_MW)


def _gap(left: Placement, right: Placement) -> tuple[float, float]:
    """By how much the right one is dearer [USD/h] and cleaner [kg/h]."""
    return right.cost_usd_per_h - left.cost_usd_per_h, left.carbon_kg_per_h - right.carbon_kg_per_h


def _convex(placements: list[Placement]) -> tuple[list[Placement], list[float]]:
    """
    The corners of a front, and the carbon price from which each is the best. [USD/t]

    What rounding left a hair above the line between others goes.
    """
    corners, prices = placements[:1], [0.0]
    for placement in placements[1:]:
        price = 0.0
        while corners:
            dearer, cleaner = _gap(corners[-1], placement)
            price = max(KG_PER_T * dearer / cleaner, 0.0)
            if price > prices[-1]:
                break
            corners.pop()
            prices.pop()
        corners.append(placement)
        prices.append(price)
    return corners, prices
