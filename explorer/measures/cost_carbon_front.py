"""
What a tonne costs: the exact front from least cost to least carbon, as a rising carbon price walks
along it.

How all of its placements are found: `model.lower_edge`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from explorer.cache import Memo, digest
from explorer.measures.fronts import moves, point_of
from explorer.model.lower_edge import BATCH, LowerEdge, Walk, corners
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import served_alone
from explorer.model.solve import solve_network
from explorer.model.solver import TIE_BREAK, model_for
from explorer.scenario.scenario import Scenario
from explorer.units import KG_PER_T


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
    return network.labels.put_on(
        table, measure="cost_carbon_front", names=network.short_region_names, objective=now.objective,
        carbon_price_usd_per_t=network.carbon_price_usd_per_t, unserved_mw=float(now.unserved_mw),
        now=place_of(now), baseline=place_of(now.baseline),
    )  # fmt: skip


def place_of(placement: Placement) -> dict[str, float]:
    """Where a placement lies on the picture of a front."""
    return {
        "cost_usd_per_h": float(placement.cost_usd_per_h),
        "carbon_kg_per_h": float(placement.carbon_kg_per_h),
    }


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
    """Placements on the front, found in pieces."""

    def __init__(self, network: Network) -> None:
        self._network = network = network.without_hosting_or_cap
        self._numbers = numbers = served_alone(
            lp_data(network, "cost"), solve_network(network, "cost").optimum
        )
        model = model_for("tradeoff", network.home, len(network.regions), len(network.workloads))
        noise = TIE_BREAK * (numbers.free_mw + numbers.pinned_mw).sum()
        money, carbon = network.money_usd_per_mwh, network.carbon_kg_per_arc_mwh
        keep = partial(point_of, network)
        self._walk = Walk(LowerEdge(model, network.home, numbers, money, carbon, noise, keep))

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
        return self._walk.advance(BATCH)

    def table(self) -> pd.DataFrame:
        """What is known so far, as in `cost_carbon_front`."""
        vertices, slopes = corners(self._walk.vertices)
        points = [vertex.kept for vertex in vertices]
        prices = [KG_PER_T * slope for slope in slopes]
        return pd.DataFrame(
            {
                "carbon_price_from_usd_per_t": prices,
                "carbon_price_to_usd_per_t": [*prices[1:], np.inf],
                "cost_usd_per_h": [point.cost_usd_per_h for point in points],
                "carbon_kg_per_h": [point.carbon_kg_per_h for point in points],
                "relocated_mw": [point.relocated_mw for point in points],
                **moves(points),
            }
        )
