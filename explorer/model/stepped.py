"""
The placement of least cost where electricity gets dearer with what is drawn of it: a linear program
in which each block of electricity is a column.

Arcs are added where they improve it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from explorer.model.growing import GrowingProgram, by_client, improving
from explorer.model.network import Network
from explorer.model.program import LPData, in_units, units_of
from explorer.model.solver import TIE_BREAK
from explorer.model.supply import Steps
from explorer.model.ties import ROUNDING, by_demand
from explorer.words import mark

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What a MW on an arc draws and costs besides, each of shape (client, region, workload)."""

    there: Floats  # electricity where it runs, overhead included [MW/MW]
    at_home: Floats  # electricity at home, to move data [MW/MW]
    other_usd_per_mwh: Floats  # friction that is no electricity [USD/MWh]

    def grid_mw(self, it_mw: Floats, home: Ints) -> Floats:
        """Electricity drawn in each region, shape (region,), of load by arc. [MW]"""
        drawn = (it_mw * self.there).sum(axis=(0, 2))
        np.add.at(drawn, home, (it_mw * self.at_home).sum(axis=(1, 2)))
        return drawn


def draw_of(network: Network) -> Draw:
    """
    What arcs of a network draw. Where a table gives the whole friction of an arc, that is its cost,
    and it draws no more than the facility.
    """
    friction, away, shape = network.friction, network.is_away, network.latency_ms.shape
    overhead = friction.scale * friction.relocation_overhead * away
    there = network.pue[:, np.newaxis] * (1.0 + overhead)
    transport = friction.scale * network.gb_per_mwh * friction.transport_kwh_per_gb / 1000
    at_home = np.broadcast_to(transport, shape) * away
    nothing = np.zeros_like(network.price_usd_per_mwh)
    other = replace(network, price_usd_per_mwh=nothing, carbon_kg_per_mwh=nothing)
    if network.overrides is not None:
        told = network.overrides.friction_usd_per_mwh.at
        there.ravel()[told] = np.broadcast_to(network.pue[:, np.newaxis], shape).ravel()[told]
        at_home.ravel()[told] = 0.0
    return Draw(there, at_home, other.friction_usd_per_mwh)


def least_stepped(
    numbers: LPData, network: Network, steps: Steps, draw: Draw, used: Floats
) -> Floats:
    """
    The free load of the placement of least cost at stepped prices, shape (client, region,
    workload). [MW]

    Parameters
    ----------
    numbers : LPData
        All of its demand is served. Its own costs say in which units the solver reckons.
    network, steps, draw
        Whose arcs they are, what electricity costs, and what arcs draw of it.
    used : shape (client, region, workload)
        Load on the arcs that the search begins with, which hold a placement. [MW]

    Raises
    ------
    SolverError
        If the solve fails.
    OutOfTimeError
        At the time limit.
    """
    program = _Program(numbers, network, steps, draw)
    program.add_arcs(np.flatnonzero(by_demand(used) > 0))
    return program.solve()


class _Program:
    """
    In solver units. Rows: free demand, capacity, and electricity of regions. Columns: blocks, and
    arcs, as flat (demand, region).
    """

    def __init__(self, numbers: LPData, network: Network, steps: Steps, draw: Draw) -> None:
        self._units = units_of(numbers)
        scaled = in_units(numbers, self._units)
        self._program = GrowingProgram(numbers.time_limit_s, mark("scarcity"))
        self._shape = numbers.allowed.shape
        self._home = np.repeat(network.home, self._shape[2])  # of each demand
        longest = np.abs(network.wan_ms).max(initial=0.0) or 1.0
        other = draw.other_usd_per_mwh + TIE_BREAK * network.wan_ms / longest
        self._cost = by_demand(other / self._units.cost)
        self._there, self._at_home = by_demand(draw.there), by_demand(draw.at_home)
        self._allowed = by_demand(scaled.allowed)
        self._columns: Ints = np.empty(0, np.intp)
        demand, regions = scaled.free_mw.ravel(), self._shape[1]
        pinned = scaled.pinned_at(network.home)
        room = np.maximum(scaled.capacity_mw - pinned, 0.0)
        self._program.add_rows(demand, demand)
        self._program.add_rows(np.full(regions, -highspy.kHighsInf), room)
        self._program.add_rows(-network.pue * pinned, -network.pue * pinned)
        self._first = len(steps.region)
        self._program.add_columns(
            steps.unit_usd_per_mwh / self._units.cost,
            [np.array([len(demand) + regions + j], np.int32) for j in steps.region],
            np.full(self._first, -1.0),
            np.where(np.isinf(steps.block_mw), highspy.kHighsInf, steps.block_mw / self._units.mw),
        )

    def add_arcs(self, arcs: Ints) -> None:
        """Add columns."""
        demands, regions = self._allowed.shape
        demand, region = np.divmod(arcs, regions)
        home = self._home[demand]
        rows, values = [], []
        for d, j, h, arc in zip(demand, region, home, arcs, strict=True):
            there, at_home = self._there.ravel()[arc], self._at_home.ravel()[arc]
            rows.append(np.array([d, demands + j, demands + regions + j], np.int32))
            values.append([1.0, 1.0, there])
            if at_home:
                rows[-1] = np.append(rows[-1], np.int32(demands + regions + h))
                values[-1].append(at_home)
        self._program.add_columns(
            self._cost.ravel()[arcs], rows, np.concatenate(values) if values else None
        )
        self._columns = np.append(self._columns, arcs)

    def solve(self) -> Floats:
        """Load by client, region and workload. [MW]"""
        while True:
            columns, dual = self._program.run()
            better = self._better(dual)
            if not len(better):
                break
            self.add_arcs(better)
        value = np.where(columns > ROUNDING, columns, 0.0)[self._first :]
        return by_client(value * self._units.mw, self._columns, self._shape)

    def _better(self, dual: Floats) -> Ints:
        """Of each demand the best arc that improves the placement, if there is one."""
        demands, regions = self._allowed.shape
        room, electricity = dual[demands:].reshape(2, regions)
        gain = dual[:demands, np.newaxis] + room - self._cost
        gain += self._there * electricity + self._at_home * electricity[self._home, np.newaxis]
        return improving(gain, self._allowed, self._columns)
