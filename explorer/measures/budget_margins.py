"""How much shorter each latency budget might be before load goes unserved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from explorer.cache import Memo
from explorer.measures.frontier import UNSERVED_MW
from explorer.measures.max_service import first_that_works, serve_most
from explorer.model.network import BUDGET_DECIMALS, Network, build_network
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario


def budget_margins(scenario: Scenario) -> pd.DataFrame:
    """
    The shortest latency budget of each class that serves as much as its present one does.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        One row per class, with all else as it is:

        workload, budget_ms
            Workload id, and its budget, relaxation included. [ms]
        least_ms
            The shortest budget at which no more load goes unserved in all than now: where all is
            served, the first step of the class's frontier. [ms]
        margin_ms
            What is left between the two. [ms]

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Examples
    --------
    >>> budget_margins(Scenario.load("classroom-3x3"))[["budget_ms", "least_ms"]].to_numpy().tolist()
    [[150.0, 100.0], [10000.0, 1000.0]]
    """
    network = build_network(scenario)
    return labelled(network, margins_table(network))


def labelled(network: Network, table: pd.DataFrame) -> pd.DataFrame:
    """A table of a network with all that its picture says and no column does."""
    return network.labels.put_on(
        table, measure="budget_margins", unserved_mw=solve_network(network).unserved_mw
    )


_tables: Memo[pd.DataFrame] = Memo(size=64)


def margins_table(network: Network) -> pd.DataFrame:
    """`budget_margins` of a network, remembered for all sessions."""
    return _tables.find(network, lambda: _margins_table(network))


def _margins_table(network: Network) -> pd.DataFrame:
    free_mw = network.demand_mw - network.pinned_mw

    def unserved_mw(k: int, budget_ms: float) -> float:
        budgets = network.budget_ms.copy()
        budgets[k] = budget_ms
        return serve_most(replace(network, budget_ms=budgets), free_mw, network.pinned_mw).objective

    least = network.budget_ms.copy()
    for k, budget_ms in enumerate(network.budget_ms):
        goal_mw = unserved_mw(k, budget_ms) + UNSERVED_MW
        latency = np.round(network.latency_ms[:, :, k], BUDGET_DECIMALS)
        steps = np.unique(latency[network.allowed[:, :, k]])
        if len(steps):
            least[k] = first_that_works(
                steps, lambda ms, k=k, goal_mw=goal_mw: unserved_mw(k, ms) <= goal_mw
            )
    columns = {
        "budget_ms": network.budget_ms,
        "least_ms": least,
        "margin_ms": network.budget_ms - least,
    }
    return pd.DataFrame({"workload": network.workloads, **columns})
