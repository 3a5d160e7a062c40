"""
The placement whose dearest outcomes are least dear on average, of costs that are one of many
vectors.

Conditional value at risk as a linear program: a level, and by how much each vector of costs goes
beyond it. Rows of vectors are added where a placement goes beyond, arcs where they improve it.
"""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import NDArray

from explorer.model.growing import GrowingProgram, by_client, improving
from explorer.model.program import LPData, in_units, units_of
from explorer.model.ties import ROUNDING, by_demand
from explorer.words import mark

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BEYOND = 1e-9  # of the largest total: to go less than that beyond the level is rounding
MEAN = 1e-6  # what the mean of all vectors counts for beside the tail: of equal tails, the least


def tail_mean(values: Floats, level: float) -> Floats:
    """
    The mean of the largest values along the first axis, a share of 1 - level of them.

    Where that is no whole number, the least of these counts in part: the conditional value at risk
    of equally likely values [1]_.

    References
    ----------
    .. [1] Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk," Journal of Risk
       2(3), 2000.

    Examples
    --------
    >>> float(tail_mean(np.arange(10.0), 0.8)), float(tail_mean(np.array([1.0, 1.0, 4.0]), 0.5))
    (8.5, 3.0)
    """
    count = (1 - level) * len(values)
    weights = np.clip(count - np.arange(len(values)), 0.0, 1.0)
    return np.tensordot(weights, np.sort(values, axis=0)[::-1], 1) / weights.sum()


def least_tail(numbers: LPData, home: Ints, costs: Floats, level: float, used: Floats) -> Floats:
    """
    The free load of the placement of least mean over the dearest share of vectors of costs.

    Parameters
    ----------
    numbers : LPData
        All of its demand is served. Its own costs say in which units the solver reckons.
    home : shape (client,)
        Index of the region where pinned load runs.
    costs : shape (vector, client, region, workload)
        Of arcs. [USD/MWh]
    level : float
        From 0 to below 1: the mean is over a share of 1 - level of all vectors.
    used : shape (client, region, workload)
        Load on the arcs that the search begins with, which hold a placement. [MW]

    Returns
    -------
    shape (client, region, workload)
        [MW]

    Raises
    ------
    SolverError
        If the solve fails.
    OutOfTimeError
        At the time limit.
    """
    program = _Program(numbers, home, costs, level)
    program.add_arcs(np.flatnonzero(by_demand(used) > 0))
    while True:
        program.solve()
        beyond = program.beyond()
        if not len(beyond):
            return program.free_mw()
        program.add_vectors(beyond)


class _Program:
    """
    In solver units. Rows: free demand, capacity, and vectors of costs. Columns: how far the level
    lies above a bound of it, how far each vector goes beyond it, and arcs, as flat (demand, region).
    """

    def __init__(self, numbers: LPData, home: Ints, costs: Floats, level: float) -> None:
        self._units = units_of(numbers)
        scaled = in_units(numbers, self._units)
        self._program = GrowingProgram(numbers.time_limit_s, mark("least tail"))
        self._shape = numbers.allowed.shape
        self._allowed = by_demand(scaled.allowed)
        of_arcs = np.stack([by_demand(each) for each in costs]) / self._units.cost
        self._costs = of_arcs.reshape(len(costs), -1)  # (vector, demand and region)
        self._mean = MEAN * of_arcs.mean(axis=0)
        at_home = costs[:, np.arange(len(home)), home] / self._units.cost
        self._pinned = (at_home * scaled.pinned_mw).sum(axis=(1, 2))  # what it costs, by vector
        demand, regions = scaled.free_mw.ravel(), self._shape[1]
        cheapest = np.where(self._allowed, of_arcs, np.inf).min(axis=2)
        alone = np.where(demand > 0, cheapest, 0.0) @ demand + self._pinned  # were there room
        self._bound = float(alone.min())  # no level is lower
        self._tail = round((1 - level) * len(costs)) + 1  # vectors that get a row at once
        self._columns: Ints = np.empty(0, np.intp)
        self._vectors: Ints = np.empty(0, np.intp)  # those that have a row, in its order
        self._found: Floats = np.empty(0)
        self._program.add_rows(demand, demand)
        pinned = scaled.pinned_at(home)
        room = np.maximum(scaled.capacity_mw - pinned, 0.0)
        self._program.add_rows(np.full(regions, -highspy.kHighsInf), room)
        weights = np.append(1.0, np.full(len(costs), 1 / ((1 - level) * len(costs))))
        self._program.add_columns(weights, [np.empty(0, np.int32)] * len(weights))

    @property
    def _first(self) -> int:
        """Columns before those of arcs."""
        return 1 + len(self._costs)

    def add_arcs(self, arcs: Ints) -> None:
        """Add columns."""
        demand, region = np.divmod(arcs, self._shape[1])
        before = np.column_stack([demand, len(self._allowed) + region])
        of_vectors = sum(self._allowed.shape) + np.arange(len(self._vectors))
        rows = np.column_stack([before, np.tile(of_vectors, (len(arcs), 1))]).astype(np.int32)
        costs = self._costs[np.ix_(self._vectors, arcs)].T
        values = np.column_stack([np.ones(before.shape), costs])
        self._program.add_columns(self._mean.ravel()[arcs], [*rows], values.ravel())
        self._columns = np.append(self._columns, arcs)

    def add_vectors(self, vectors: Ints) -> None:
        """Add the rows that say: a vector's total is at most the level and what goes beyond it."""
        for vector in vectors:
            columns = np.concatenate([[0, 1 + vector], self._first + np.arange(len(self._columns))])
            values = np.append([-1.0, -1.0], self._costs[vector, self._columns])
            most = self._bound - float(self._pinned[vector])
            self._program.add_row(most, columns.astype(np.int32), values)
        self._vectors = np.append(self._vectors, vectors)

    def solve(self) -> None:
        """Find the least of all arcs, with the vectors that have a row."""
        while True:
            self._found, dual = self._program.run()
            if not self._add_improving(dual):
                return

    def beyond(self) -> Ints:
        """The dearest vectors that go beyond the level and have no row."""
        total = self._costs[:, self._columns] @ self._found[self._first :] + self._pinned
        level = self._bound + self._found[0]
        much = BEYOND * (np.abs(total).max() + 1.0)
        missing = total > level + self._found[1 : self._first] + much
        missing[self._vectors] = False
        dearest = np.argsort(-total, kind="stable")
        return dearest[missing[dearest]][: self._tail]

    def free_mw(self) -> Floats:
        """Load by client, region and workload. [MW]"""
        value = np.where(self._found > ROUNDING, self._found, 0.0)[self._first :]
        return by_client(value * self._units.mw, self._columns, self._shape)

    def _add_improving(self, dual: Floats) -> bool:
        """Add to each demand the best arc that improves the placement; False if there is none."""
        demands, regions = self._allowed.shape
        gain = dual[:demands, np.newaxis] + dual[demands : demands + regions] - self._mean
        gain += (dual[demands + regions :] @ self._costs[self._vectors]).reshape(gain.shape)
        better = improving(gain, self._allowed, self._columns)
        if len(better):
            self.add_arcs(better)
        return bool(len(better))
