"""
A day as one linear program: 24 hours that share machines, or whose load may wait.

Arcs are added where they improve it: of half a million, few are ever in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.model.growing import GrowingProgram, nearest_of_equals
from explorer.model.live import DUAL_TOLERANCE
from explorer.model.network import lp_data
from explorer.model.placement import Placement
from explorer.model.program import Units, units_of
from explorer.model.solver import TIE_BREAK
from explorer.model.ties import ROUNDING, by_demand
from explorer.words import mark

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class DayOptimum:
    """Where what runs at which hour."""

    it_mw: Floats  # (hour, client, region, workload) [MW]
    objective_usd_per_h: Floats  # (hour,) carbon at its price, machines apart [USD/h]
    waited_mwh: float = 0.0  # load that runs at a later hour than it is wanted, in a day [MWh]

    @property
    def machines_mw(self) -> Floats:
        """The most load of each region at any hour, shape (region,). [MW]"""
        return self.it_mw.sum(axis=(1, 3)).max(axis=0)


def least_day(
    placements: Sequence[Placement],
    machine_usd_per_mw_h: float = 0.0,
    waits_h: Ints | None = None,
    arcs: Bools | None = None,
) -> Iterator[DayOptimum | None]:
    """
    The day that costs least where machines cost too, or load may wait; on the way None now and
    then, for others to go first.

    Parameters
    ----------
    placements : Sequence[Placement]
        One of each hour, of one network but for its prices, carbon and demand. The same load is
        served, each client's and class's part at each hour; a region has as many machines as it
        runs at its fullest hour, within its capacity.
    machine_usd_per_mw_h : float
        What a machine costs in every hour of the day. [USD/h per MW]
    waits_h : shape (workload,), optional
        For how many whole hours load of each class may wait, less than a day; what is wanted late
        runs early in the day after, which is the same. None if left out. [h]
    arcs : shape (client, region, workload), optional
        The only ones that load which may move can take, those of the placements among them.

    Raises
    ------
    SolverError
        If HiGHS fails.
    OutOfTimeError
        At the time limit of one hour's placement, times their number.
    """
    program = _Day(placements, machine_usd_per_mw_h, arcs)
    if waits_h is not None:
        program.let_wait(waits_h)
    while program.improve():
        yield None
    yield program.found()


class _Day:
    """
    In solver units. A demand is a client's for a class, free ones first and then pinned ones, which
    have their home arc only. Rows: demand by hour, room by hour and region, then what may wait by
    hour. Columns: machines by region, arcs, as flat (hour, demand, region), and waiting.
    """

    def __init__(
        self, placements: Sequence[Placement], machine_usd_per_mw_h: float, arcs: Bools | None
    ) -> None:
        self._placements = placements
        net = placements[0].network
        numbers = [lp_data(each.network, "cost") for each in placements]
        self._units = _largest([units_of(each) for each in numbers])
        self._network, clients = net, np.arange(len(net.home))
        pinned = np.zeros_like(net.allowed)
        pinned[clients, net.home] = net.allowed[clients, net.home]
        free = net.allowed if arcs is None else net.allowed & arcs
        allowed = np.concatenate([by_demand(free), by_demand(pinned)])
        demand = np.array([_served(each) for each in placements]) / self._units.mw
        self._wanted = np.flatnonzero(demand.any(axis=0))  # demands; others are left out
        self._allowed, self._demand = allowed[self._wanted], demand[:, self._wanted]
        by_hour = (by_demand(nearest_of_equals(each.network)) for each in placements)
        costs = [np.tile(cost, (2, 1))[self._wanted] for cost in by_hour]
        self._cost = np.array(costs) / self._units.cost
        hours, demands, regions = self._cost.shape
        limit_s = hours * numbers[0].time_limit_s
        self._program = GrowingProgram(limit_s, mark("day"))
        self._program.add_rows(self._demand.ravel(), self._demand.ravel())
        none = np.zeros(hours * regions)
        self._program.add_rows(np.full(len(none), -np.inf), none)
        room = hours * demands + np.arange(hours * regions).reshape(hours, regions)
        self._program.add_columns(
            np.full(regions, hours * machine_usd_per_mw_h / self._units.cost),
            list(room.T.astype(np.int32)),
            np.full(hours * regions, -1.0),
            net.capacity_mw / self._units.mw,
        )
        self._columns: Ints = np.full(regions, -1)  # flat arcs; -1 for columns that are none
        self._value: Floats = np.empty(0)
        self._waiting: Ints = np.empty(0, np.intp)  # columns
        self._add_arcs(np.flatnonzero(self._at_first()))

    def _at_first(self) -> Bools:
        """Arcs that a placement of some hour uses, at all hours, shape (hour, demand, region)."""
        used = np.zeros(self._network.allowed.shape, bool)
        for each in self._placements:
            used |= each.optimum.free_mw > 0
        arcs = np.concatenate([by_demand(used), np.zeros_like(by_demand(used))])[self._wanted]
        arcs[self._is_pinned] = self._allowed[self._is_pinned]
        return (self._demand > 0)[:, :, np.newaxis] & arcs

    def let_wait(self, waits_h: Ints) -> None:
        """Let load of each class run up to so many hours later; no load waits twice."""
        hours, demands, regions = self._cost.shape
        waits = waits_h[self._wanted % len(waits_h)]
        first = hours * (demands + regions)
        waiting = np.flatnonzero(waits)
        if not len(waiting):
            return
        wanted = self._demand[:, waiting].ravel()
        self._program.add_rows(np.full(len(wanted), -np.inf), wanted)
        rows, cost = [], []
        for n, d in enumerate(waiting):
            for hour in range(hours):
                for later in range(1, waits[d] + 1):
                    at = (hour + later) % hours
                    limit = first + hour * len(waiting) + n
                    rows.append(np.array([hour * demands + d, at * demands + d, limit], np.int32))
                    cost.append(later)
        self._waiting = len(self._columns) + np.arange(len(rows))
        self._columns = np.append(self._columns, np.full(len(rows), -1))
        values = np.tile([1.0, -1.0, 1.0], len(rows))
        later_cost = np.array(cost) * TIE_BREAK / hours / self._units.cost
        self._program.add_columns(later_cost, rows, values)

    @property
    def _is_pinned(self) -> Bools:
        return self._wanted >= self._network.demand_mw.size

    def _add_arcs(self, arcs: Ints) -> None:
        hours, demands, regions = self._cost.shape
        row, region = np.divmod(arcs, regions)
        room = hours * demands + row // demands * regions + region
        self._program.add_columns(
            self._cost.ravel()[arcs], list(np.column_stack([row, room]).astype(np.int32))
        )
        self._columns = np.append(self._columns, arcs)

    def improve(self) -> bool:
        """Solve, and add to each demand of each hour the best arc that improves the day, if any."""
        hours, demands, regions = self._cost.shape
        self._value, dual = self._program.run()
        price, room, _ = np.split(dual, [hours * demands, hours * (demands + regions)])
        gain = price.reshape(hours, demands, 1) + room.reshape(hours, 1, regions) - self._cost
        gain[:, ~self._allowed] = -np.inf
        if not len(self._waiting):
            gain[self._demand <= 0] = -np.inf
        gain.ravel()[self._columns[self._columns >= 0]] = -np.inf
        best = np.arange(hours * demands) * regions + gain.argmax(axis=2).ravel()
        better = best[gain.ravel()[best] > DUAL_TOLERANCE]
        if len(better):
            self._add_arcs(better)
        return bool(len(better))

    def found(self) -> DayOptimum:
        """The day as it was last solved."""
        hours, _, regions = self._cost.shape
        clients, _, workloads = self._network.allowed.shape
        load = np.zeros(self._cost.size)
        value = np.where(self._value > ROUNDING, self._value, 0.0) * self._units.mw
        is_arc = self._columns >= 0
        load[self._columns[is_arc]] = value[is_arc]
        by_demand_mw = np.zeros((hours, 2 * clients * workloads, regions))
        by_demand_mw[:, self._wanted] = load.reshape(self._cost.shape)
        it_mw = by_demand_mw.reshape(hours, 2, clients, workloads, regions).sum(axis=1)
        it_mw = np.ascontiguousarray(it_mw.swapaxes(2, 3))
        costs = (each.network.cost_usd_per_mwh for each in self._placements)
        paid = [float((mw * cost).sum()) for mw, cost in zip(it_mw, costs, strict=True)]
        return DayOptimum(it_mw, np.array(paid), float(value[self._waiting].sum()))


def _served(placement: Placement) -> Floats:
    """What a placement serves of each demand, free ones first, shape (2 demands,). [MW]"""
    best = placement.optimum
    return np.concatenate([best.free_mw.sum(axis=1).ravel(), best.pinned_mw.ravel()])


def _largest(units: Sequence[Units]) -> Units:
    return Units(max(each.mw for each in units), max(each.cost for each in units))
