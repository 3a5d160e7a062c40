"""
Relocatable inference demand (RID): load that could run away from home, whatever would be best.

Three readings, always named: gross, deliverable, economic. Their exact form in arXiv:2604.27855 is not public: these
definitions are the project's own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.memo import Memo
from explorer.network import Network, build_network
from explorer.placement import numbers_of, serve_first
from explorer.scenario import Scenario
from explorer.solver import model_for

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

READINGS = ("gross", "deliverable", "economic")
SAME_COST = 1e-9  # an arc must be cheaper than home by more than rounding [USD/MWh]


def relocatable_demand(scenario: Scenario) -> pd.DataFrame:
    """
    Load of each class that could run away from home: as latency and law have it, as capacity has it, as cost has it.

    Parameters
    ----------
    scenario : Scenario
        Its objective does not matter: what could move is no matter of what one prefers.

    Returns
    -------
    pandas.DataFrame
        One row per workload class, IT load in MW:

        workload
            Workload id.
        gross_mw
            Demand that no state pins to its home, and that at least one other region may serve in time and by law.
        deliverable_mw
            The largest load, of all classes together, that runs away from home within the capacities.
        economic_mw
            The largest load, of all classes together, that runs away from home for less than at home, friction and
            carbon price included.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Cost here is that of the load itself: hosting is left out.

    Deliverable and economic load are moved in a world that goes on working. Pinned load has its home's capacity first.
    Then as much of the rest is served as can be, at home, which takes capacity there, or elsewhere. Only then counts
    how much is away from home, so a region full of its own load takes in none. Load with no room at home may be served
    by a dearer region: that is deliverable and not economic.

    Of all the largest relocations, the cheapest is split by class; where cost ties too, the solver's own fixed order
    of arcs decides. In total, economic <= deliverable <= gross <= demand less pinned load. By class the last two hold,
    but economic may exceed deliverable where classes compete: the largest move of all may need one to give way.

    Gross load grows with every latency budget. The others do too, and with capacity, as long as all demand is served;
    where it is not, new room may first go to load that waits for it at home.

    Examples
    --------
    Middle and South may exchange their 24 free MW of Chat, and any region Batch: all that could change places at once.
    But only Batch gains: 30 MW from Middle and South fill North, and the 2 that are left go from Middle to South.

    >>> table = relocatable_demand(Scenario.load("classroom-3x3")).set_index("workload").round(6)
    >>> table["deliverable_mw"].tolist(), table["economic_mw"].tolist()
    ([24.0, 40.0], [0.0, 32.0])
    """
    network = build_network(scenario)
    names = dict(zip(network.workloads, network.labels.workloads, strict=True))
    return network.labels.put_on(relocatable_table(network), names=names)


_readings: Memo[Floats] = Memo(size=64)


def relocatable_table(network: Network) -> pd.DataFrame:
    """`relocatable_demand` of a network, remembered for all sessions."""
    readings = _readings.find(network, lambda: relocatable_mw(network, network.allowed))
    columns = {f"{name}_mw": mw for name, mw in zip(READINGS, readings, strict=True)}
    return pd.DataFrame({"workload": network.workloads, **columns})


def relocatable_mw(network: Network, allowed: Bools) -> Floats:
    """
    The three `READINGS` where the network had other arcs, as it does along a frontier.

    Parameters
    ----------
    network : Network
    allowed : shape (client, region, workload)
        Arcs that meet budget and law.

    Returns
    -------
    numpy.ndarray, shape (reading, workload)
        Gross, deliverable and economic load. [MW]

    Raises
    ------
    SolverError
        If a solve fails or meets the time limit.
    """
    at_home = np.arange(len(network.home)), network.home
    away = allowed.copy()
    away[at_home] = False
    cost = network.cost_usd_per_mwh
    cheaper = away & (cost < cost[at_home][:, np.newaxis] - SAME_COST)
    free_mw = network.demand_mw - network.pinned_mw
    gross = (free_mw * away.any(axis=1)).sum(axis=0)
    pinned_at_home = np.bincount(
        network.home, (network.pinned_mw * allowed[at_home]).sum(axis=1), minlength=len(network.regions)
    )
    numbers = replace(
        numbers_of(network, "cost"),
        allowed=allowed,
        pinned_mw=np.zeros_like(network.pinned_mw),  # it is in place already
        capacity_mw=np.maximum(network.capacity_mw - pinned_at_home, 0.0),
    )

    def largest(reading: str, counted: Bools) -> Floats:
        """A model of its own for each reading: both start from where they last ended, three times as fast."""
        reward = -counted.astype(float)
        case = replace(numbers, cost=reward, unserved_cost=serve_first(reward))
        model = model_for(reading, network.home, len(network.regions), len(network.workloads))
        with model.lock:
            moved = model.solve(case, then=cost)
        return (moved.free_mw * counted).sum(axis=(0, 1))

    return np.array([gross, largest("deliverable", away), largest("economic", cheaper)])
