"""
Where hosting pays: which classes a region runs for others, when each costs a fixed sum. A
mixed-integer program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from explorer.errors import SolverError
from explorer.model.highs import EXTREMES, Highs, stated
from explorer.model.program import LPData, in_units, units_of
from explorer.words import tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROUNDS = 8  # of rows that keep hosting from being bought in parts; further ones gain little
VIOLATED_MW = 1e-6  # load beyond what the bought part of hosting would carry
# of the dearest hosting: a choice that costs no more than that above the bound is an optimum
EXACT = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Hosts:
    """The best choice found, and how good any other could be."""

    chosen: Bools | None  # (region, workload); None if the time ran out before there was any
    bound: float  # no choice has an objective below it [USD/h]


def choose_hosts(numbers: LPData, home: NDArray[np.intp], hosting_usd_per_h: Floats) -> Hosts:
    """
    The classes that regions should run away from their clients' homes.

    Minimises the cost of all load, with its penalty on unserved load, plus the hosting of every
    class in every region where any of its load is executed away from home. Stops at the time limit
    with the best choice so far.

    Parameters
    ----------
    numbers : Numbers
        Cost in USD/MWh.
    home : shape (client,)
        Index of each client's home region.
    hosting_usd_per_h : shape (region,)
        What running a class there away from home costs, however little or much of it. [USD/h]

    Raises
    ------
    SolverError
        If HiGHS fails.

    Notes
    -----
    Hosting y of a class in a region is 0 or 1, and all of the load that comes there is at most y
    times the capacity. The program without whole numbers would buy hosting in parts; where it does,
    a row for that one arc is added, x <= y times the demand. Few of these thousands of rows matter,
    and with them the bound is close from the start.
    """
    units = units_of(numbers)
    usd_per_h = units.mw * units.cost
    program = _Program(in_units(numbers, units), home, hosting_usd_per_h / usd_per_h)
    for _ in range(ROUNDS):
        if not program.tighten():
            break
    found = program.choose()
    return replace(found, bound=found.bound * usd_per_h)


class _Program:
    """
    In solver units, as `in_units` has them.

    Columns: unserved free, unserved pinned, pinned at home, free at home, arcs away from home,
    hosting.
    """

    def __init__(self, numbers: LPData, home: NDArray[np.intp], hosting_usd_per_h: Floats) -> None:
        self._deadline = monotonic() + numbers.time_limit_s
        self._exact = EXACT * float(hosting_usd_per_h.max())
        clients, self._regions, self._workloads = numbers.allowed.shape
        away = numbers.allowed & (numbers.free_mw > 0)[:, np.newaxis]
        away[np.arange(clients), home] = False
        i, j, k = self._arcs = np.nonzero(away)
        self._most_mw = np.minimum(numbers.free_mw[i, k], numbers.capacity_mw[j])
        self._host = j * self._workloads + k
        self._tight = np.zeros(len(i), bool)
        self._first_arc = 4 * clients * self._workloads
        self._first_host = self._first_arc + len(i)
        self._bound = -np.inf
        self._highs = self._state(numbers, home, hosting_usd_per_h)
        self._run(self._left_s)

    def _state(self, numbers: LPData, home: NDArray[np.intp], hosting_usd_per_h: Floats) -> Highs:
        """The program in PuLP's words, whole numbers apart."""
        problem = pulp.LpProblem("hosting", pulp.LpMinimize)

        def block(name: str, most: list[float | None]) -> list[pulp.LpVariable]:
            return [
                problem.add_variable(f"{name}_{n:06}", 0, upper) for n, upper in enumerate(most)
            ]

        def total(loads: list[pulp.LpVariable]) -> pulp.LpAffineExpression:
            return pulp.LpAffineExpression([(load, 1.0) for load in loads])

        at_home = np.arange(len(home)), home
        size = self._first_arc // 4
        if_open = [None if open_ else 0.0 for open_ in numbers.allowed[at_home].ravel()]
        dropped_free, dropped_pinned = block("u0", [None] * size), block("u1", [None] * size)
        pinned, free = block("x0", if_open), block("x1", if_open)
        moved = block("x2", [None] * len(self._host))
        hosted = block("y", [1.0] * (self._regions * self._workloads))

        i, j, k = self._arcs
        costs = [
            *[numbers.drop.ravel()] * 2,
            *[numbers.cost[at_home].ravel()] * 2,
            numbers.cost[i, j, k],
        ]
        costs = np.concatenate([*costs, np.repeat(hosting_usd_per_h, self._workloads)]).tolist()
        columns = dropped_free + dropped_pinned + pinned + free + moved + hosted
        problem += pulp.LpAffineExpression(list(zip(columns, costs, strict=True)))

        of_demand = [[dropped_free[d], free[d]] for d in range(size)]
        at_region: list[list[pulp.LpVariable]] = [[] for _ in range(self._regions)]
        at_host: list[list[pulp.LpVariable]] = [[] for _ in hosted]
        for d, region in enumerate(np.repeat(home, self._workloads)):
            at_region[region] += [pinned[d], free[d]]
        for load, d, region, host in zip(
            moved, i * self._workloads + k, j, self._host, strict=True
        ):
            for place in (of_demand[d], at_region[region], at_host[host]):
                place.append(load)
        for d, (free_mw, pinned_mw) in enumerate(
            zip(numbers.free_mw.ravel().tolist(), numbers.pinned_mw.ravel().tolist(), strict=True)
        ):
            problem += total(of_demand[d]) == free_mw
            problem += total([dropped_pinned[d], pinned[d]]) == pinned_mw
        for loads, mw in zip(at_region, numbers.capacity_mw.tolist(), strict=True):
            problem += total(loads) <= mw
        wanted_mw = np.bincount(self._host, numbers.free_mw[i, k], minlength=len(hosted))
        room_mw = np.minimum(wanted_mw, np.repeat(numbers.capacity_mw, self._workloads))
        for loads, y, mw in zip(at_host, hosted, room_mw.tolist(), strict=True):
            problem += total(loads) - mw * y <= 0
        return stated(problem, threads=1, mip_rel_gap=0.0, mip_abs_gap=self._exact)

    def tighten(self) -> bool:
        """Add rows where hosting is bought in parts; False if there are none, or no time."""
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        self._bound = max(self._bound, self._highs.getObjectiveValue())
        value = np.array(self._highs.getSolution().col_value)
        part = value[self._first_host :][self._host]
        violated = value[self._first_arc : self._first_host] - part * self._most_mw > VIOLATED_MW
        new = np.flatnonzero(violated & ~self._tight)
        if not len(new):
            return False
        self._tight[new] = True
        count = len(new)
        columns = (
            np.column_stack([self._first_arc + new, self._first_host + self._host[new]])
            .ravel()
            .astype(np.int32)
        )
        factors = np.column_stack([np.ones(count), -self._most_mw[new]]).ravel()
        starts, none = (
            np.arange(0, 2 * count, 2, dtype=np.int32),
            np.full(count, -highspy.kHighsInf),
        )
        self._highs.addRows(count, none, np.zeros(count), 2 * count, starts, columns, factors)
        self._run(
            self._highs.getRunTime() + self._left_s
        )  # for linear programs the clock of HiGHS runs on
        return True

    def choose(self) -> Hosts:
        """Decide for whole numbers."""
        count = self._regions * self._workloads
        index = np.arange(self._first_host, self._first_host + count, dtype=np.int32)
        whole = np.full(count, highspy.HighsVarType.kInteger)
        self._highs.changeColsIntegrality(count, index, whole)
        # HiGHS first decides what the relaxed optimum left open, then all: each time with the limit
        # to itself
        self._run(self._left_s / 2)
        info = self._highs.getInfo()
        bound = max(self._bound, info.mip_dual_bound)
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Hosts(None, bound)
        value = np.array(self._highs.getSolution().col_value)[self._first_host :]
        return Hosts((value > 0.5).reshape(self._regions, self._workloads), bound)

    @property
    def _left_s(self) -> float:
        return max(self._deadline - monotonic(), 0.0)

    def _run(self, time_limit_s: float) -> None:
        self._highs.setOptionValue("time_limit", time_limit_s)
        self._highs.run()
        self._check()

    def _check(self) -> None:
        status = self._highs.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit):
            raise SolverError(tr("HiGHS stopped: {}.", status.name), tr("hosting"), tr(EXTREMES))
