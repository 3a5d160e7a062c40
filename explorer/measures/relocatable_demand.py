"""
Relocatable inference demand (RID): load that could run away from home, whatever would be best.

Three readings, always named: gross, deliverable, economic. Their exact form in arXiv:2604.27855 is
not public: these definitions are the project's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_network
from explorer.model.solver import model_for
from explorer.scenario.scenario import Scenario

if TYPE_CHECKING:
    from explorer.measures.frontier import Frontier  # which asks this module for its columns

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

READINGS = ("gross", "deliverable", "economic")
POINTS = 13  # budgets of a frontier at which the readings are looked at
SAME_COST = 1e-9  # an arc must be cheaper than home by more than rounding [USD/MWh]


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
        return np.array(
            [_Moves(network, network.allowed).by_class_mw(reading) for reading in READINGS]
        )

    readings = _readings.find(network, by_class)
    columns = {f"{name}_mw": mw for name, mw in zip(READINGS, readings, strict=True)}
    return pd.DataFrame({"workload": network.workloads, **columns})


def relocatable_mw(network: Network, allowed: Bools, reading: str, time_limit_s: float) -> float:
    """
    One of the `READINGS`, of all classes together, where the network had other arcs, as it does
    along a frontier.

    How it splits by class is left open: that takes several times as long.

    Parameters
    ----------
    network : Network
    allowed : shape (client, region, workload)
        Arcs that meet budget and law.
    reading : str
    time_limit_s : float

    Returns
    -------
    float
        Load. [MW]

    Raises
    ------
    SolverError
        If a solve fails.
    OutOfTimeError
        If a solve meets the time limit.
    """
    return _Moves(network, allowed).total_mw(reading, time_limit_s)


class _Moves:
    """What may move where, of a network that has these arcs."""

    def __init__(self, network: Network, allowed: Bools) -> None:
        self._network = network
        at_home = np.arange(len(network.home)), network.home
        away = allowed.copy()
        away[at_home] = False
        self._cost = network.cost_usd_per_mwh
        cheaper = away & (self._cost < self._cost[at_home][:, np.newaxis] - SAME_COST)
        self._counted = {"gross": away, "deliverable": away, "economic": cheaper}
        pinned_at_home = np.bincount(
            network.home,
            (network.pinned_mw * allowed[at_home]).sum(axis=1),
            minlength=len(network.regions),
        )
        self._numbers = replace(
            lp_data(network, "cost"),
            allowed=allowed,
            pinned_mw=np.zeros_like(network.pinned_mw),  # it is in place already
            capacity_mw=np.maximum(network.capacity_mw - pinned_at_home, 0.0),
        )

    def by_class_mw(self, reading: str) -> Floats:
        """Of all the largest relocations the cheapest, shape (workload,). [MW]"""
        if reading == "gross":
            return self._gross_mw()
        return self._largest_mw(reading, self._numbers.time_limit_s, self._cost, False)

    def total_mw(self, reading: str, time_limit_s: float) -> float:
        """The largest relocation of all classes together. [MW]"""
        if reading == "gross":
            return float(self._gross_mw().sum())
        return float(self._largest_mw(reading, time_limit_s, None, True).sum())

    def _gross_mw(self) -> Floats:
        return (self._numbers.free_mw * self._counted["gross"].any(axis=1)).sum(axis=0)

    def _largest_mw(
        self, reading: str, time_limit_s: float, then: Floats | None, any_will_do: bool
    ) -> Floats:
        """
        A model of its own for each reading: both start from where they last ended, three times as
        fast.
        """
        net, counted = self._network, self._counted[reading]
        reward = -counted.astype(float)
        penalty = unserved_penalty(reward, self._numbers.allowed)
        case = replace(self._numbers, cost=reward, unserved_cost=penalty, time_limit_s=time_limit_s)
        model = model_for(reading, net.home, len(net.regions), len(net.workloads))
        with model.lock:
            moved = model.solve(case, then, any_will_do)
        return (moved.free_mw * counted).sum(axis=(0, 1))
