"""
Relocatable inference demand (RID): load that could run away from home, whatever would be best.

Three readings, always named: gross, deliverable, economic. Their exact form in arXiv:2604.27855 is
not public: these definitions are the project's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.measures.frontier import Frontier
from explorer.measures.relocatable_load import READINGS, relocatable_by_class_mw, relocatable_mw
from explorer.model.network import Network, build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario

Floats = NDArray[np.float64]

POINTS = 13  # budgets of a frontier at which the readings are looked at


def relocatable_demand(scenario: Scenario, along: Frontier | None = None) -> pd.DataFrame:
    """
    Load of each class that could run away from home: as latency and law have it, as capacity has
    it, as cost has it.

    Parameters
    ----------
    scenario : Scenario
        Its objective does not matter: what could move is no matter of what one prefers.
    along : Frontier, optional
        Of the scenario: how the readings grow along its budget then stands in ``attrs["along"]``,
        for the picture.

    Returns
    -------
    pandas.DataFrame
        One row per workload class, IT load in MW:

        workload
            Workload id.
        gross_mw
            Demand that no state pins to its home, and that at least one other region may serve in
            time and by law.
        deliverable_mw
            The largest load, of all classes together, that runs away from home within the
            capacities.
        economic_mw
            The largest load, of all classes together, that runs away from home for less than at
            home, friction and carbon price included.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Cost here is that of the load itself: hosting is left out.

    Deliverable and economic load are moved in a world that goes on working. Pinned load has its
    home's capacity first. Then as much of the rest is served as can be, at home, which takes
    capacity there, or elsewhere. Only then counts how much is away from home, so a region full of
    its own load takes in none. Load with no room at home may be served by a dearer region: that is
    deliverable and not economic.

    Of all the largest relocations, the cheapest is split by class; where cost ties too, that of
    least added latency, home first, then one in a fixed order. In total, economic <= deliverable <=
    gross <= demand less pinned load. By class the last two hold, but economic may exceed
    deliverable where classes compete: the largest move of all may need one to give way.

    Gross load grows with every latency budget. The others do too, and with capacity, as long as all
    demand is served; where it is not, new room may first go to load that waits for it at home.

    Examples
    --------
    Middle and South may exchange their 24 free MW of Chat, and any region Batch: all that could
    change places at once. But only Batch gains: 30 MW from Middle and South fill North, and the 2
    that are left go from Middle to South.

    >>> table = relocatable_demand(Scenario.load("classroom-3x3")).set_index("workload").round(6)
    >>> table["deliverable_mw"].tolist(), table["economic_mw"].tolist()
    ([24.0, 40.0], [0.0, 32.0])
    """
    network = build_network(scenario)
    curve = None
    if along is not None:
        *_, curve = readings_along(network, along)
    return labelled(network, relocatable_table(network), solve_network(network), along, curve)


def labelled(
    network: Network,
    table: pd.DataFrame,
    placement: Placement,
    along: Frontier | None = None,
    curve: Floats | None = None,
) -> pd.DataFrame:
    """
    A table of a network with all that its picture says and no column does: demand, what a placement
    moves.
    """
    more: dict[str, Any] = {}
    if along is not None and curve is not None:
        columns = dict(
            zip(
                ("budget_ms", *(f"{reading}_mw" for reading in READINGS)),
                curve.T.tolist(),
                strict=True,
            )
        )
        more["along"] = columns | {
            "over": along.over, "now_ms": float(along.current_ms), "strictest_ms": float(along.strictest_ms),
            "step_ms": along.table["budget_ms"].tolist(), "relocated_mw": along.table["relocated_mw"].tolist(),
        }  # fmt: skip
    return network.labels.put_on(
        table, measure="relocatable_demand",
        names=dict(zip(network.workloads, network.labels.workloads, strict=True)),
        demand_mw=network.demand_mw.sum(axis=0).tolist(),
        relocated_mw=placement.away_mw.sum(axis=(0, 1)).tolist(), **more,
    )  # fmt: skip


_curves: Memo[tuple[pd.DataFrame, Floats]] = Memo(size=32)


def readings_along(network: Network, frontier: Frontier) -> Iterator[Floats]:
    """
    The readings of all classes together at some of a frontier's steps, first to last.

    Yields all that are known so far, again and again, shape (point, 1 + reading): budget [ms] and
    `READINGS` [MW]. Remembered by the table itself, which is the same wherever the scenario stands
    on the axis.
    """
    table = frontier.table
    known = _curves.get(id(table))
    if known is not None and known[0] is table:
        yield known[1]
        return
    chosen = np.unique(np.linspace(0, len(table) - 1, POINTS).round().astype(int))
    rows: list[list[float]] = []
    for budget_ms in table["budget_ms"].to_numpy()[chosen]:
        budgets = network.budget_ms.copy()
        shift_ms = budget_ms - frontier.current_ms
        budgets[
            slice(None) if frontier.over == "all" else network.workloads.index(frontier.over)
        ] += shift_ms
        then = replace(network, budget_ms=budgets)
        limit_s = network.time_limit_s
        rows.append(
            [budget_ms, *(relocatable_mw(then, then.allowed, each, limit_s) for each in READINGS)]
        )
        yield np.array(rows)
    _curves.find(id(table), lambda: (table, np.array(rows)))


_readings: Memo[Floats] = Memo(size=64)


def relocatable_table(network: Network) -> pd.DataFrame:
    """`relocatable_demand` of a network, remembered for all sessions."""

    def by_class() -> Floats:
        return np.array([relocatable_by_class_mw(network, reading) for reading in READINGS])

    readings = _readings.find(network, by_class)
    columns = {f"{name}_mw": mw for name, mw in zip(READINGS, readings, strict=True)}
    return pd.DataFrame({"workload": network.workloads, **columns})
