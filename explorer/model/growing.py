"""A linear program that rows and columns are added to while it is solved, in place."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import highspy
import numpy as np
from numpy.typing import NDArray

from explorer.errors import OutOfTimeError, SolverError
from explorer.model.highs import EXTREMES, Highs
from explorer.model.live import DUAL_TOLERANCE
from explorer.model.network import Network
from explorer.model.solver import TIE_BREAK
from explorer.words import tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Rows = NDArray[np.int32]


class GrowingProgram:
    """
    Minimises; columns are at least zero.

    Parameters
    ----------
    time_limit_s : float
        For all runs together.
    where : str
        What a failure is one of.
    """

    def __init__(self, time_limit_s: float, where: str) -> None:
        self._time_limit_s, self._where = time_limit_s, where
        self._deadline = monotonic() + time_limit_s
        self._highs = Highs(
            threads=1, presolve="off", solver="simplex", dual_feasibility_tolerance=DUAL_TOLERANCE
        )

    def add_rows(self, lower: Floats, upper: Floats) -> None:
        """Add rows without columns."""
        none = np.empty(0)
        starts = none.astype(np.int32)
        self._highs.addRows(len(lower), lower, upper, 0, starts, starts, none)

    def add_row(self, most: float, columns: Rows, values: Floats) -> None:
        """Add a row of what may at most be `most`."""
        self._highs.addRow(-highspy.kHighsInf, most, len(columns), columns, values)

    def add_columns(
        self,
        cost: Floats,
        rows: Sequence[Rows],
        values: Floats | None = None,
        upper: Floats | None = None,
    ) -> None:
        """Add columns of these costs, each in its rows, with ones unless values say otherwise."""
        if not len(cost):
            return
        lengths = np.array([len(each) for each in rows])
        starts = np.append(0, np.cumsum(lengths)[:-1]).astype(np.int32)
        index, count = np.concatenate(rows), len(cost)
        self._highs.addCols(
            count,
            cost,
            np.zeros(count),
            np.full(count, highspy.kHighsInf) if upper is None else upper,
            len(index),
            starts,
            index,
            np.ones(len(index)) if values is None else values,
        )

    def run(self) -> tuple[Floats, Floats]:
        """
        Columns and duals of rows at the optimum.

        Raises
        ------
        SolverError
            If HiGHS stops without an optimum.
        OutOfTimeError
            At the time limit.
        """
        left_s = max(self._deadline - monotonic(), 0.0)
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + left_s)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kTimeLimit:
            raise OutOfTimeError(self._time_limit_s)
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(tr("HiGHS stopped: {}.", status.name), tr(self._where), tr(EXTREMES))
        found = self._highs.getSolution()
        return np.array(found.col_value), np.array(found.row_dual)


def improving(gain: Floats, allowed: Bools, columns: Ints) -> Ints:
    """
    Of each demand the arc that improves the optimum most, if any does, as flat (demand, region).

    `gain` is by how much an arc would, shape (demand, region), and is spoilt; arcs that are columns
    already do not count.
    """
    gain[~allowed] = -np.inf
    gain.ravel()[columns] = -np.inf
    demands, regions = gain.shape
    best = np.arange(demands) * regions + gain.argmax(axis=1)
    return best[gain.ravel()[best] > DUAL_TOLERANCE]


def by_client(value: Floats, columns: Ints, shape: tuple[int, ...]) -> Floats:
    """Values of columns that are arcs, as flat (demand, region), in (client, region, workload)."""
    clients, regions, workloads = shape
    free = np.zeros(clients * workloads * regions)
    free[columns] = value
    return np.ascontiguousarray(free.reshape(clients, workloads, regions).swapaxes(1, 2))


def nearest_of_equals(network: Network) -> Floats:
    """
    What arcs cost, so little more where they add delay that of equal placements the nearest is the
    least, shape (client, region, workload). [USD/MWh]
    """
    longest = np.abs(network.wan_ms).max(initial=0.0) or 1.0
    return network.cost_usd_per_mwh + TIE_BREAK * network.wan_ms / longest
