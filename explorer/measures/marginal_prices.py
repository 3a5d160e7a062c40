"""
What one more MWh costs: the locational price of inference at every client, and the shadow price of
capacity.

Both are duals of the placement of least cost. A dual holds for a while only: until demand or
capacity has changed so much that another placement pattern takes over. How far that is belongs to
the price.
"""

from __future__ import annotations

from math import floor, log10

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import PRICE_DIGITS
from explorer.model.solver import model_for
from explorer.scenario.scenario import Scenario

Floats = NDArray[np.float64]

ALL = "all"  # classes together
PENALTY_SHARE = 0.1  # of the penalty on unserved load: prices from there on are not those of energy
# of the largest amount, where that is below one MW, or after the point; further ones are rounding
MW_DIGITS = 9


def marginal_prices(scenario: Scenario) -> pd.DataFrame:
    """
    What one more MWh of a client's demand costs, and what one more MWh of a region's capacity
    saves.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        Clients class by class and with all classes together, then regions:

        kind
            demand or capacity.
        place
            Client or region id.
        workload
            Class id; "all" for all classes together, in the mix the client has now.
        price_usd_per_mwh
            Rise of the objective, carbon at its price included, per MWh of IT load that the client
            wants more; or its fall per MWh of IT capacity that the region has more, never below
            zero. Where load goes unserved, the penalty is part of the objective. NaN where there
            are no such prices: unless cost is the objective. [USD/MWh]
        mw
            The demand or the capacity there is. [MW]
        from_mw, to_mw
            Between these amounts the price holds, everything else as it is: demand that grows or
            shrinks in its mix of classes, the pinned part of each in proportion. Infinite where
            nothing limits it, NaN with the price. [MW]

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If the solve fails or meets the time limit.

    Notes
    -----
    A dual price says what the least objective gains per MW as far as it remains an optimal dual: as
    far as some placement is on its face, one that uses arcs without reduced cost only and fills
    every region whose capacity has a price (complementary slackness, [1]_). So the range is a
    linear program of its own, and as wide as can be, also where many placements cost the same. Arcs
    that the solver left out have a reduced cost, hence no part in it.

    Just outside the range the price is another: higher for more demand, lower for more capacity.
    Where that begins at the present amount (a region is full to the last MW and nobody waits) there
    is a kink: the price is then one of several between that of one MWh less and that of one MWh
    more, and the range may have no width.

    References
    ----------
    .. [1] Bertsimas and Tsitsiklis, "Introduction to Linear Optimization," Athena Scientific, 1997, chapter 5.

    Examples
    --------
    One more MW in North would take one more MW of South's Batch, of which 2 MW are left.

    >>> table = marginal_prices(Scenario.load("classroom-3x3")).set_index(["place", "workload"])
    >>> table.loc[("north", "all"), ["price_usd_per_mwh", "mw", "from_mw", "to_mw"]].tolist()
    [54.5, 50.0, 40.0, 52.0]
    """
    network = build_network(scenario)
    return labelled(network, marginal_prices_table(network))


def labelled(network: Network, table: pd.DataFrame) -> pd.DataFrame:
    """A table of a network with all that its picture says and no column does."""
    places = {
        kind: {"name": list(names), "latitude": at[0].tolist(), "longitude": at[1].tolist()}
        for kind, names, at in (
            ("demand", network.labels.clients, network.geography.client_at),
            ("capacity", network.labels.regions, network.geography.region_at),
        )
    }
    return network.labels.put_on(
        table,
        measure="marginal_prices",
        places=places,
        workloads=list(network.workloads),
        objective=network.objective,
        unserved_usd_per_mwh=float(np.max(network.value_of_load)),
    )


_tables: Memo[pd.DataFrame] = Memo(size=64)


def marginal_prices_table(network: Network) -> pd.DataFrame:
    """`marginal_prices` of a network, remembered for all sessions."""
    return _tables.find(network, lambda: _table(network))


def _table(network: Network) -> pd.DataFrame:
    clients, regions, workloads = len(network.home), len(network.regions), len(network.workloads)
    demand_mw = network.demand_mw
    pinned = np.divide(
        network.pinned_mw, demand_mw, out=np.zeros_like(demand_mw), where=demand_mw > 0
    )
    client_mw = demand_mw.sum(axis=1)
    even = np.full_like(demand_mw, 1 / workloads)  # the mix of a client that wants nothing
    mix = np.divide(
        demand_mw, client_mw[:, np.newaxis], out=even, where=client_mw[:, np.newaxis] > 0
    )
    # one MW more: of each class of each client, of each client, of no client; and of each region
    each = np.eye(demand_mw.size).reshape(clients, workloads, *demand_mw.shape)
    more = np.concatenate(
        [each, (each * mix[:, :, np.newaxis, np.newaxis]).sum(axis=1, keepdims=True)], axis=1
    )
    more = np.concatenate(
        [more.reshape(-1, *demand_mw.shape), np.zeros((regions, *demand_mw.shape))]
    )
    room = np.zeros((len(more), regions))
    room[-regions:] = np.eye(regions)
    numbers, model = lp_data(network, "cost"), model_for("prices", network.home, regions, workloads)
    with model.lock:
        best = model.solve(numbers, numbers.cost)
        known = network.objective == "cost" and network.hosting_usd_per_h is None
        reach = np.full((len(more), 2), np.nan)
        if known:
            reach = model.price_range(numbers, best, more * (1 - pinned), more * pinned, room)
    marginal = pinned * best.price_pinned + (1 - pinned) * best.price_free
    price = np.concatenate([(more[:-regions] * marginal).sum(axis=(1, 2)), best.capacity_price])
    mw = np.concatenate([np.column_stack([demand_mw, client_mw]).ravel(), network.capacity_mw])
    largest = client_mw.max(initial=0.0)
    digits = MW_DIGITS - (floor(log10(largest)) if 0 < largest < 1 else 0)
    return pd.DataFrame(
        {
            "kind": ["demand"] * clients * (workloads + 1) + ["capacity"] * regions,
            "place": [client for client in network.clients for _ in range(workloads + 1)]
            + list(network.regions),
            "workload": [*network.workloads, ALL] * clients + [ALL] * regions,
            "price_usd_per_mwh": price.round(PRICE_DIGITS) + 0.0 if known else np.nan,
            "mw": mw,
            "from_mw": np.maximum(mw + reach[:, 0], 0.0).round(digits),
            "to_mw": np.maximum(mw + reach[:, 1], 0.0).round(digits),
        }
    )
