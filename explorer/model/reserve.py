"""
What survives the loss of any one region: what runs there finds room elsewhere, while all other load
stays where it is.

A linear program in two stages: the placement, and for each loss a second routing of what ran in the
lost region. The second routings are left out and their feasibility is stated by rows instead, which
are added where a placement violates them; so are arcs, where they improve it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from explorer.model.growing import GrowingProgram, by_client, improving, nearest_of_equals
from explorer.model.network import Network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import LPData, in_units, units_of
from explorer.model.solver import model_for
from explorer.model.ties import ROUNDING, by_demand
from explorer.words import mark

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

VIOLATED = 1e-6  # in solver units, in which all demand is about a thousand
FULL = 0.5  # prices of room are 0 or 1, apart from rounding


@dataclass(frozen=True, slots=True, eq=False)
class Refuge:
    """What finds no room when a region is lost and only its own load moves."""

    stranded_mw: float  # of the load that may move
    full: Bools  # (region,) where all that is stranded might run, had they room


def refuge(network: Network, free_mw: Floats, region_it_mw: Floats, lost: int) -> Refuge:
    """
    Route what runs in a region anew, within what budgets, law and the free capacity of others leave.

    Parameters
    ----------
    free_mw : shape (client, region, workload)
        Load that may move, by where it runs. [MW]
    region_it_mw : shape (region,)
        All load, that which is pinned included. [MW]
    lost : int
        Index of the region.

    Raises
    ------
    SolverError
        If the solve fails.
    OutOfTimeError
        If it meets the time limit.
    """
    moving = free_mw[:, lost]
    if not moving.any():
        return Refuge(0.0, np.zeros(len(network.regions), bool))
    room = network.capacity_mw - region_it_mw
    room[room < ROUNDING * moving.sum()] = 0.0
    room[lost] = 0.0
    allowed = network.allowed.copy()
    allowed[:, lost] = False
    numbers = LPData(
        cost=np.zeros(allowed.shape),
        allowed=allowed,
        free_mw=moving,
        pinned_mw=np.zeros_like(moving),
        capacity_mw=room,
        unserved_cost=1.0,
        time_limit_s=network.time_limit_s,
    )
    model = model_for("refuge", network.home, len(network.regions), len(network.workloads))
    with model.lock:
        found = model.solve(numbers, any_will_do=True)
    full = found.capacity_price > FULL
    full[lost] = False
    return Refuge(float(found.unserved_free_mw.sum()), full)


def stranded_mw(placement: Placement, lost: int) -> float:
    """
    Load that goes unserved when a region is lost and only its own load moves: what is pinned there,
    and what finds no room elsewhere. [MW]
    """
    net, best = placement.network, placement.optimum
    pinned = float(best.pinned_mw[net.home == lost].sum())
    return pinned + refuge(net, best.free_mw, placement.region_it_mw, lost).stranded_mw


def with_reserve(placement: Placement) -> Placement:
    """
    The cheapest placement of just what one serves, of which as much as can be survives the loss of
    any one region. It has no prices.

    Load that may move and finds no refuge at a loss counts at the penalty on unserved load, each
    loss in full, as if it lasted: only where a refuge would be dearer is there none. Pinned load is
    lost with its home whatever is done, and does not count.

    Raises
    ------
    SolverError
        If a solve fails.
    OutOfTimeError
        At the time limit.
    """
    network, best = placement.network, placement.optimum
    if not placement.served_mw:
        return placement
    # what runs, not what is left of demand, of which rounding would be a part
    served = {"free_mw": best.free_mw.sum(axis=1), "pinned_mw": best.pinned_mw}
    numbers = replace(lp_data(network, "cost"), **served)
    program = _Program(numbers, network)
    program.add_arcs(np.flatnonzero(by_demand(best.free_mw) > 0))
    while True:
        free_mw, uncovered_mw = program.solve()
        region_it_mw = free_mw.sum(axis=(0, 2)) + program.pinned_mw
        needed = [
            refuge(network, free_mw, region_it_mw, lost) for lost in range(len(network.regions))
        ]
        beyond = [
            lost
            for lost, each in enumerate(needed)
            if each.stranded_mw > uncovered_mw[lost] + program.violated_mw
        ]
        if not beyond:
            return _placement(placement, free_mw, numbers)
        for lost in beyond:
            program.add_cut(lost, needed[lost].full)


class _Program:
    """
    In solver units. Rows: free demand, capacity, and cuts. Columns: load without a refuge at each
    loss, and arcs, as flat (demand, region).
    """

    def __init__(self, numbers: LPData, network: Network) -> None:
        self._units = units_of(numbers)
        scaled = in_units(numbers, self._units)
        self._program = GrowingProgram(numbers.time_limit_s, mark("reserve"))
        self._shape = numbers.allowed.shape
        self._allowed = by_demand(scaled.allowed)
        self._cost = by_demand(nearest_of_equals(network) / self._units.cost)
        regions = self._shape[1]
        pinned = scaled.pinned_at(network.home)
        self.pinned_mw = pinned * self._units.mw  # of each region
        self._room = np.maximum(scaled.capacity_mw - pinned, 0.0)
        self._columns: Ints = np.empty(0, np.intp)
        self._cuts: list[Bools] = []  # which arcs count in each, shape (demand, region)
        demand = scaled.free_mw.ravel()
        self._program.add_rows(demand, demand)
        self._program.add_rows(np.full(regions, -highspy.kHighsInf), self._room)
        self._program.add_columns(
            np.full(regions, np.max(scaled.unserved_cost)), [np.empty(0, np.int32)] * regions
        )

    @property
    def violated_mw(self) -> float:
        """By how much a placement has to violate what it should meet, to be more than rounding."""
        return VIOLATED * self._units.mw

    def add_arcs(self, arcs: Ints) -> None:
        """Add columns."""
        demand, region = np.divmod(arcs, self._shape[1])
        first = self._allowed.shape[0]
        rows = [[d, first + j] for d, j in zip(demand, region, strict=True)]
        for n, cut in enumerate(self._cuts):
            for at in np.flatnonzero(cut[demand, region]):
                rows[at].append(first + self._shape[1] + n)
        self._program.add_columns(self._cost.ravel()[arcs], [np.array(at, np.int32) for at in rows])
        self._columns = np.append(self._columns, arcs)

    def add_cut(self, lost: int, full: Bools) -> None:
        """
        Add the row that says: load that has no refuge but in regions that are full then, and all
        load of these, is no more than they have room for, but for what finds no refuge.
        """
        elsewhere = self._allowed & ~full
        elsewhere[:, lost] = False
        counts = np.repeat(full[np.newaxis], len(self._allowed), axis=0)
        counts[:, lost] = ~elsewhere.any(axis=1)
        self._cuts.append(counts)
        at = self._shape[1] + np.flatnonzero(counts.ravel()[self._columns])
        columns = np.append(at, lost).astype(np.int32)
        ones = np.append(np.ones(len(at)), -1.0)
        room = float(self._room[full].sum())
        self._program.add_row(room, columns, ones)

    def solve(self) -> tuple[Floats, Floats]:
        """
        Load by client, region and workload, and what finds no refuge at each loss, as far as the
        cuts say. [MW]
        """
        while True:
            columns, dual = self._program.run()
            if not self._add_improving(dual):
                break
        value, regions = np.maximum(columns, 0.0) * self._units.mw, self._shape[1]
        free = np.where(value > ROUNDING * self._units.mw, value, 0.0)[regions:]
        return by_client(free, self._columns, self._shape), value[:regions]

    def _add_improving(self, dual: Floats) -> bool:
        """Add to each demand the best arc that improves the placement; False if there is none."""
        demands, regions = self._allowed.shape
        gain = dual[:demands, np.newaxis] + dual[demands : demands + regions] - self._cost
        for price, cut in zip(dual[demands + regions :], self._cuts, strict=True):
            gain += price * cut
        better = improving(gain, self._allowed, self._columns)
        if len(better):
            self.add_arcs(better)
        return bool(len(better))


def _placement(placement: Placement, free_mw: Floats, numbers: LPData) -> Placement:
    none = np.zeros_like(numbers.pinned_mw)
    home = np.arange(len(placement.network.home)), placement.network.home
    cost = (free_mw * numbers.cost).sum() + (numbers.pinned_mw * numbers.cost[home]).sum()
    unserved = numbers.penalty_of(placement.optimum)
    best = replace(
        placement.optimum,
        free_mw=free_mw,
        price_free=none,
        price_pinned=none,
        capacity_price=np.zeros_like(numbers.capacity_mw),
        objective=float(cost + unserved),
    )
    return replace(placement, optimum=best)
