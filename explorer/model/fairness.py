"""
Who goes unserved among placements that are equal in all else: the one whose shares of demand left
unserved are as even as they can be.

Shares are compared from the largest down, and the least of each counts (max-min fairness). On a
convex set there is one such vector of shares, so it is no matter of how it was found; whom the set
does not tell apart has the same share in it, for otherwise the mean of both ways round would be more
even (Radunovic and Le Boudec, "A Unified Framework for Max-Min and Min-Max Fairness with Applications,"
IEEE/ACM Transactions on Networking 15 (5), 2007). Load that is pinned goes first: it has nowhere else to go.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from explorer.errors import SolverError
from explorer.model.highs import EXTREMES, Highs
from explorer.model.live import KindData, Loads
from explorer.model.ties import ROUNDING, Face
from explorer.words import tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

HELD = 1e-9  # of all weight: what holds the largest share up has at least so much of it


def is_open(face: Face, loads: Loads) -> bool:
    """Whether anybody who is served might go unserved instead of somebody else."""
    free = loads.free.sum(axis=1)[face.drop_free].any()
    return bool(free or loads.pinned[face.drop_pinned].any())


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Shares of demand that go unserved [-], and a placement that leaves them."""

    free: Floats  # (free,)
    pinned: Floats  # (pinned,)
    load: Floats  # (free, j) in solver units


def even_shares(data: KindData, face: Face) -> Shares:
    """
    The shares of a face, of which somebody's is open.

    Raises
    ------
    SolverError
        If HiGHS stops without an optimum.
    """
    program, free = _Program(data, face), len(data.free_mw)
    share = np.zeros(free + len(data.pinned_mw))
    of_pinned = np.arange(len(share)) >= free
    for turn in (of_pinned, ~of_pinned):
        program.level(turn, share)
    return Shares(share[:free], share[free:], program.load)


class _Program:
    """
    Placements on a face, in solver units. Rows: demands, free ones first; regions; and of each demand
    that its share is at most the largest. Columns: what goes unserved, largest shares, load.

    Demands that no chain of arcs and regions joins have a largest share each, for theirs are no
    matter of one another.
    """

    def __init__(self, data: KindData, face: Face) -> None:
        self._demand = np.concatenate([data.free_mw, data.pinned_mw])
        self._may_drop = np.concatenate([face.drop_free, face.drop_pinned])
        demands, regions = len(self._demand), len(data.capacity_mw)
        self._first = demands + regions  # of the rows of shares
        self._highs = Highs(threads=1, presolve="off", solver="simplex")
        infinite, none = highspy.kHighsInf, np.empty(0)
        least = np.where(face.full, data.capacity_mw, -infinite)
        lower = np.concatenate([self._demand, least, np.full(demands, -infinite)])
        upper = np.concatenate([self._demand, data.capacity_mw, np.full(demands, infinite)])
        index = none.astype(np.int32)
        self._highs.addRows(len(lower), lower, upper, 0, index, index, none)
        each = np.arange(demands)
        self._add(
            np.column_stack([each, self._first + each]), np.where(self._may_drop, infinite, 0)
        )
        demand, region = self._arcs = np.nonzero(face.arcs)
        self._shape = face.arcs.shape
        pinned = np.flatnonzero(face.pinned)
        demand = np.concatenate([demand, len(data.free_mw) + pinned])
        region = np.concatenate([region, data.pinned_home[pinned]])
        self._part = _joined(demand, region, demands, regions)
        self._parts = int(self._part.max(initial=-1)) + 1
        by_part, count = np.argsort(self._part, kind="stable"), np.bincount(self._part)
        starts = np.append(0, np.cumsum(count)[:-1]).astype(np.int32)
        rows = (self._first + by_part).astype(np.int32)
        top = np.ones(self._parts), np.zeros(self._parts), np.full(self._parts, infinite)
        self._highs.addCols(self._parts, *top, demands, starts, rows, -self._demand[by_part])
        self._add(np.column_stack([demand, demands + region]), np.full(len(demand), infinite))

    def _add(self, rows: NDArray[np.intp], upper: Floats) -> None:
        """Add columns with ones in two rows each."""
        count, zeros = len(rows), np.zeros(len(rows))
        starts = np.arange(0, 2 * count, 2, dtype=np.int32)
        index = rows.ravel().astype(np.int32)
        self._highs.addCols(
            count, zeros, zeros, upper, 2 * count, starts, index, np.ones(2 * count)
        )

    def level(self, turn: Bools, share: Floats) -> None:
        """
        Find the shares of some demands: the largest as small as can be, and of those that do not
        hold it up the same again.
        """
        counts = turn & self._may_drop & (self._demand > 0)
        while counts.any():
            self._bound(counts)
            largest, weight = self._least()
            decided = counts & ((weight > HELD) | (largest <= ROUNDING))
            share[decided] = np.where(largest > ROUNDING, largest, 0.0)[decided]
            self._cap(decided, np.maximum(largest, 0.0))
            counts &= ~decided

    @property
    def load(self) -> Floats:
        """Where free load runs that is as even as was last asked for, shape (free, j)."""
        load, start = np.zeros(self._shape), len(self._demand) + self._parts
        load[self._arcs] = self._value[start : start + len(self._arcs[0])]
        return load

    def _bound(self, counts: Bools) -> None:
        """Let the largest share be that of these demands."""
        rows = self._first + np.arange(len(counts), dtype=np.int32)
        least = np.full(len(counts), -highspy.kHighsInf)
        self._highs.changeRowsBounds(
            len(rows), rows, least, np.where(counts, 0.0, highspy.kHighsInf)
        )

    def _cap(self, decided: Bools, share: Floats) -> None:
        """Let no more of these demands go unserved."""
        columns = np.flatnonzero(decided).astype(np.int32)
        none = np.zeros(len(columns))
        self._highs.changeColsBounds(len(columns), columns, none, (share * self._demand)[columns])

    def _least(self) -> tuple[Floats, Floats]:
        """
        For each demand the least that the largest share can be where it belongs, and its own weight
        in holding that up.
        """
        self._highs.run()
        status = self._highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(
                tr("HiGHS stopped: {}.", status.name), tr("unserved load"), tr(EXTREMES)
            )
        solution = self._highs.getSolution()
        self._value = np.array(solution.col_value)
        weight = -np.array(solution.row_dual)[self._first :] * self._demand
        return self._value[len(self._demand) :][self._part], weight


def _joined(demand: Ints, region: Ints, demands: int, regions: int) -> Ints:
    """
    Numbers of the parts into which arcs join demands, shape (demands,).

    >>> _joined(np.array([0, 2, 2]), np.array([1, 1, 0]), 4, 2).tolist()
    [0, 1, 0, 2]
    """
    label = np.arange(demands + regions)
    while True:
        least = np.minimum(label[demand], label[demands + region])
        joined = label.copy()
        np.minimum.at(joined, demand, least)
        np.minimum.at(joined, demands + region, least)
        if np.array_equal(joined, label):
            return np.unique(label[:demands], return_inverse=True)[1]
        label = joined
