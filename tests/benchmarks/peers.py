"""
The placement program as others would solve it: stated whole, from the same numbers. Each returns
its objective.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from unittest.mock import patch

import highspy
import numpy as np
import pandas as pd
import pulp
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array

from explorer.model.network import Floats
from explorer.model.solver import LPData, PlacementModel

Home = NDArray[np.intp]


@dataclass(frozen=True)
class Program:
    """
    Every arc is a column; closed ones have upper bound 0.

    Columns: unserved free, unserved pinned, pinned at home, all arcs. Rows: free demand, pinned
    demand, capacity.
    """

    cost: Floats
    upper: Floats
    lower_row: Floats
    upper_row: Floats


def program(numbers: LPData, home: Home) -> Program:
    """The numbers of the whole program."""
    here = np.arange(len(home))
    at_home, open_home = numbers.cost[here, home].ravel(), numbers.allowed[here, home].ravel()
    open_ = np.concatenate([np.full(2 * at_home.size, True), open_home, numbers.allowed.ravel()])
    demand = np.concatenate([numbers.free_mw.ravel(), numbers.pinned_mw.ravel()])
    return Program(
        cost=np.concatenate(
            [np.full(2 * at_home.size, numbers.unserved_cost), at_home, numbers.cost.ravel()]
        ),
        upper=np.where(open_, np.inf, 0.0),
        lower_row=np.concatenate([demand, np.full(len(numbers.capacity_mw), -np.inf)]),
        upper_row=np.concatenate([demand, numbers.capacity_mw]),
    )


def matrix(shape: tuple[int, int, int], home: Home) -> csc_array:
    """The constraint matrix of the whole program, all ones."""
    i, j, k = (axis.ravel() for axis in np.indices(shape))
    demands = shape[0] * shape[2]
    first, second = np.arange(demands), demands + np.arange(demands)
    home_row = 2 * demands + np.repeat(home, shape[2])
    rows = np.concatenate(
        [first, second, np.column_stack([second, home_row]).ravel(),
         np.column_stack([i * shape[2] + k, 2 * demands + j]).ravel()]
    )  # fmt: skip
    entries = np.concatenate([np.ones(2 * demands, int), np.full(demands + i.size, 2)])
    starts = np.concatenate([[0], np.cumsum(entries)])
    return csc_array(
        (np.ones(len(rows)), rows, starts), shape=(2 * demands + shape[1], len(entries))
    )


def silent_highs(make: type[highspy.Highs] = highspy.Highs) -> highspy.Highs:
    highs = make()
    highs.setOptionValue("output_flag", False)
    return highs


class DirectHighs:
    """HiGHS given the whole matrix, with its own defaults."""

    def __init__(self, numbers: LPData, home: Home) -> None:
        self._home, self._now = home, program(numbers, home)
        a, now = matrix(numbers.cost.shape, home), self._now
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = a.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = now.cost, np.zeros(a.shape[1]), now.upper
        lp.row_lower_, lp.row_upper_ = now.lower_row, now.upper_row
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
        self._highs = silent_highs()
        self._highs.passModel(lp)

    def change(self, new: Program) -> None:
        """Set the numbers that differ, in place; the basis stays."""
        old, self._now = self._now, new
        index = _different(old.cost, new.cost)
        self._highs.changeColsCost(len(index), index, new.cost[index])
        index = _different(old.upper, new.upper)
        self._highs.changeColsBounds(len(index), index, np.zeros(len(index)), new.upper[index])
        index = _different(old.upper_row, new.upper_row)
        self._highs.changeRowsBounds(len(index), index, new.lower_row[index], new.upper_row[index])

    def solve(self) -> float:
        self._highs.run()
        assert self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return self._highs.getObjectiveValue()


def _different(old: Floats, new: Floats) -> NDArray[np.int32]:
    return np.flatnonzero(old != new).astype(np.int32)


def wattlas_cold(numbers: LPData, home: Home) -> float:
    return (
        PlacementModel(home, numbers.cost.shape[1], numbers.cost.shape[2]).solve(numbers).objective
    )


def highspy_cold(numbers: LPData, home: Home) -> float:
    return DirectHighs(numbers, home).solve()


def pulp_cbc(numbers: LPData, home: Home) -> float:
    """
    A PuLP model of the open arcs, stated the way that PuLP is fastest, and the CBC that comes with
    PuLP.
    """
    problem = pulp.LpProblem("placement", pulp.LpMinimize)
    clients, regions, classes = numbers.cost.shape
    costs: list[tuple[pulp.LpVariable, float]] = []
    at_region: list[list[tuple[pulp.LpVariable, float]]] = [[] for _ in range(regions)]

    def column(name: str, cost: float) -> pulp.LpVariable:
        costs.append((problem.add_variable(name, lowBound=0), cost))
        return costs[-1][0]

    cost, allowed = numbers.cost.tolist(), numbers.allowed.tolist()
    demands: list[tuple[str, list[pulp.LpVariable], float]] = []
    for i in range(clients):
        for k in range(classes):
            for part, mw, targets in (
                ("free", numbers.free_mw, range(regions)),
                ("pinned", numbers.pinned_mw, home[[i]]),
            ):
                columns = [column(f"u_{part}_{i}_{k}", numbers.unserved_cost)]
                for j in targets:
                    if allowed[i][j][k]:
                        columns.append(column(f"x_{part}_{i}_{j}_{k}", cost[i][j][k]))
                        at_region[j].append((columns[-1], 1.0))
                demands.append((f"{part}_{i}_{k}", columns, float(mw[i, k])))
    problem += pulp.LpAffineExpression(costs)
    for name, columns, mw in demands:
        problem += pulp.LpAffineExpression([(x, 1.0) for x in columns]) == mw, name
    for j, (terms, mw) in enumerate(zip(at_region, numbers.capacity_mw.tolist(), strict=True)):
        problem += pulp.LpAffineExpression(terms) <= mw, f"capacity_{j}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PuLP 4 will come without CBC
        problem.solve(pulp.PULP_CBC_CMD(msg=False))
    assert problem.status == pulp.LpStatusOptimal
    return float(pulp.value(problem.objective))


def scipy_linprog(numbers: LPData, home: Home) -> float:
    """SciPy's front of HiGHS, with a sparse matrix."""
    p, a = program(numbers, home), matrix(numbers.cost.shape, home).tocsr()
    demands = 2 * numbers.free_mw.size
    bounds = np.column_stack([np.zeros(len(p.cost)), p.upper])
    found = linprog(
        p.cost,
        a[demands:],
        p.upper_row[demands:],
        a[:demands],
        p.upper_row[:demands],
        bounds,
        "highs",
    )
    assert found.success, found.message
    return float(found.fun)


def linopy_highs(numbers: LPData, home: Home) -> float:
    """Linopy's labelled arrays, handed to HiGHS in memory; the solution is not handed back."""
    import linopy
    from xarray import DataArray

    axes = [
        pd.RangeIndex(n, name=name)
        for n, name in zip(numbers.cost.shape, ("i", "j", "k"), strict=True)
    ]
    by_demand = axes[0], axes[2]
    cost, allowed = DataArray(numbers.cost, axes), DataArray(numbers.allowed, axes)
    at_home = DataArray(np.arange(len(axes[1])) == home[:, np.newaxis], axes[:2])
    free_mw, pinned_mw = (
        DataArray(numbers.free_mw, by_demand),
        DataArray(numbers.pinned_mw, by_demand),
    )
    model = linopy.Model()
    free, pinned = (
        model.add_variables(lower=0, coords=axes, mask=mask).fillna(0)
        for mask in (allowed, allowed & at_home)
    )
    dropped_free, dropped_pinned = (
        model.add_variables(lower=0, coords=by_demand) for _ in range(2)
    )
    model.add_constraints(free.sum("j") + dropped_free == free_mw)
    model.add_constraints(pinned.sum("j") + dropped_pinned == pinned_mw)
    model.add_constraints(
        (free + pinned).sum(["i", "k"]) <= DataArray(numbers.capacity_mw, [axes[1]])
    )
    dropped = dropped_free.sum() + dropped_pinned.sum()
    model.add_objective(
        (cost * free).sum() + (cost * pinned).sum() + numbers.unserved_cost * dropped
    )
    with patch.object(highspy, "Highs", silent_highs):
        highs = model.to_highspy()
    highs.run()
    return highs.getObjectiveValue()


SOLVERS: dict[str, Callable[[LPData, Home], float]] = {
    "wattlas": wattlas_cold,
    "highspy": highspy_cold,
    "linprog": scipy_linprog,
    "linopy": linopy_highs,
    "PuLP and CBC": pulp_cbc,
}
