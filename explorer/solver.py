"""The placement LP: arrays in, PuLP and HiGHS, a frozen optimum out. No other module imports PuLP or highspy."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from explorer.errors import SolverError
from explorer.memo import Memo

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DUAL_TOLERANCE = 1e-10  # HiGHS' tightest: the tie-break below must stand out from rounding
FACE_TOLERANCE = 1e-7  # reduced cost up to which an arc belongs to a set of equal optima [USD/MWh or the like]
PINNED_FIRST = 1e-8  # dropping pinned load costs that much more than free load: at a full home they would tie
DUAL, PRIMAL = 1, 4  # HiGHS' simplex_strategy
TIE_BREAK = 1e-6  # largest nudge of a cost: among equal optima always the same one is found [USD/MWh]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """What may change between solves. Axes: client i, region j, workload k."""

    cost: Floats  # (i, j, k) objective per MWh of IT load
    allowed: Bools  # (i, j, k) arcs that exist
    free_mw: Floats  # (i, k) demand that may move [MW]
    pinned_mw: Floats  # (i, k) demand that has its home arc only [MW]
    capacity_mw: Floats  # (j,) [MW]
    unserved_cost: float  # objective per MWh left unserved
    time_limit_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """An optimal basis, as plain arrays. Prices are in the unit of the objective per MWh."""

    free_mw: Floats  # (i, j, k) load that may move, by where it runs [MW]
    pinned_mw: Floats  # (i, k) pinned load, run at home [MW]
    unserved_free_mw: Floats  # (i, k) [MW]
    unserved_pinned_mw: Floats  # (i, k) [MW]
    price_free: Floats  # (i, k) marginal price of serving one more MWh that may move
    price_pinned: Floats  # (i, k) the same for pinned load
    capacity_price: Floats  # (j,) shadow price of IT capacity, at least 0
    objective: float  # with the penalty on unserved load, without the tie-break


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """Which part of the feasible set a run may use."""

    arcs: Bools  # (i, j, k) for free load
    pinned: Bools  # (demand,) the home arc, for pinned load
    drop_free: Bools  # (demand,) may be left unserved
    drop_pinned: Bools  # (demand,)
    full: Bools  # (j,) regions that must stay full


Arcs = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


def _everything(numbers: Numbers, home: Arcs) -> _Face:
    drop = np.ones(numbers.free_mw.size, bool)
    return _Face(numbers.allowed, numbers.allowed[home], drop, drop, np.zeros(len(numbers.capacity_mw), bool))


def _optimal_face(numbers: Numbers, best: Optimum, every: _Face, home: Arcs) -> _Face:
    """All equal optima: what has a reduced cost stays empty, what has a price stays full."""
    delivered = numbers.cost + best.capacity_price[:, np.newaxis]
    dear = numbers.unserved_cost - FACE_TOLERANCE
    return _Face(
        arcs=every.arcs & (delivered - best.price_free[:, np.newaxis] <= FACE_TOLERANCE),
        pinned=every.pinned & (delivered[home] - best.price_pinned.ravel() <= FACE_TOLERANCE),
        drop_free=best.price_free.ravel() >= dear,
        drop_pinned=best.price_pinned.ravel() >= dear,
        full=best.capacity_price > FACE_TOLERANCE,
    )


class PlacementModel:
    """
    Demands to regions at least cost; stated once with PuLP, solved many times in place, by one thread at a time.

    Only few arcs ever carry load, so the model starts with the home arcs and adds others when their reduced cost says
    that they improve the placement: an optimum is one of all arcs, because every arc left out was priced.
    """

    def __init__(self, home: NDArray[np.intp], regions: int, workloads: int) -> None:
        self.lock = Lock()
        self._shape = len(home), regions, workloads
        self._demands = len(home) * workloads
        self._home = np.repeat(home, workloads)  # of every demand (client, workload), flat
        self._client, self._workload = np.divmod(np.arange(self._demands), workloads)
        self._highs = _state_problem(self._home, regions)
        # where each column after the three fixed blocks stands in the (i, j, k) arrays
        self._columns = self._arc(np.arange(self._demands), self._home)
        self._present = np.zeros(self._shape, bool)
        self._present.ravel()[self._columns] = True
        self._rows: tuple[Floats, Floats] = np.empty(0), np.empty(0)  # bounds of the rows as last set
        self._costs = self._upper = np.full(4 * self._demands, np.nan)  # of the columns, as last set
        self._value = np.zeros(4 * self._demands)  # columns as last solved
        self._nudge = TIE_BREAK * np.random.default_rng(0).random(self._shape)

    @property
    def _home_arcs(self) -> Arcs:
        """Index of the home arcs in the (i, j, k) arrays; flat, in the order of the demands."""
        return self._client, self._home, self._workload

    def _arc(self, demand: NDArray[np.intp], region: NDArray[np.intp]) -> NDArray[np.intp]:
        """Flat (i, j, k) index of the arc from a demand to a region."""
        return np.ravel_multi_index((self._client[demand], region, self._workload[demand]), self._shape)

    def solve(self, numbers: Numbers, then: Floats | None = None) -> Optimum:
        """
        The cheapest placement; with `then`, the cheapest by `then` (i, j, k) among all that are cheapest by `cost`.

        Prices belong to `cost`.

        Raises
        ------
        SolverError
            If HiGHS stops without an optimum, or at the time limit.
        """
        everything = _everything(numbers, self._home_arcs)
        if then is None:
            return self._optimum(numbers, self._run(numbers, numbers.cost + self._nudge, everything))
        first = self._optimum(numbers, self._run(numbers, numbers.cost, everything))
        face = _optimal_face(numbers, first, everything, self._home_arcs)
        return self._optimum(numbers, self._run(numbers, then + self._nudge, face), prices=first)

    def _run(self, numbers: Numbers, cost: Floats, face: _Face) -> tuple[Floats, Floats]:
        """Column values and row duals of the optimum over all arcs of the face."""
        rows_kept, columns_kept = self._set_rows(numbers, face), self._set_columns(numbers, cost, face)
        # From the last basis: primal simplex where that is still feasible, dual simplex where it no longer is.
        self._highs.setOptionValue("simplex_strategy", PRIMAL if rows_kept and columns_kept else DUAL)
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + numbers.time_limit_s)
        while True:
            self._highs.run()
            status = self._highs.getModelStatus()
            if status == highspy.HighsModelStatus.kTimeLimit:
                mend = "Raise time_limit_s, or use fewer regions."
                raise SolverError(f"No optimum within {numbers.time_limit_s:g} s.", "placement", mend)
            if status != highspy.HighsModelStatus.kOptimal:
                mend = "Look for extreme values in the scenario."
                raise SolverError(f"HiGHS stopped: {status.name}.", "placement", mend)
            solution = self._highs.getSolution()
            dual = np.array(solution.row_dual)
            if not self._add_improving(cost, face.arcs, dual):
                self._value = np.array(solution.col_value)
                return self._value, dual
            self._highs.setOptionValue("simplex_strategy", PRIMAL)

    def _set_rows(self, numbers: Numbers, face: _Face) -> bool:
        """Set demands and capacities; True if they are what they were."""
        demand = np.concatenate([numbers.free_mw.ravel(), numbers.pinned_mw.ravel()])
        least = np.where(face.full, numbers.capacity_mw, -highspy.kHighsInf)
        lower, upper = np.concatenate([demand, least]), np.concatenate([demand, numbers.capacity_mw])
        if np.array_equal(lower, self._rows[0]) and np.array_equal(upper, self._rows[1]):
            return True
        self._rows = lower, upper
        index = np.arange(len(lower), dtype=np.int32)
        self._highs.changeRowsBounds(len(lower), index, lower, upper)  # pyright: ignore[reportAttributeAccessIssue]
        return False

    def _set_columns(self, numbers: Numbers, cost: Floats, face: _Face) -> bool:
        """Set costs and close the arcs outside the face; True if none of those carried load."""
        n = self._demands
        arc_cost = cost.ravel()[self._columns]
        drop_cost = np.repeat([numbers.unserved_cost, numbers.unserved_cost + PINNED_FIRST], n)
        costs = np.concatenate([drop_cost, arc_cost[:n], arc_cost])
        blocks = face.drop_free, face.drop_pinned, face.pinned
        open_ = np.concatenate([*(b.ravel() for b in blocks), face.arcs.ravel()[self._columns]])
        upper = np.where(open_, highspy.kHighsInf, 0.0)
        changed = _different(self._costs, costs)
        self._highs.changeColsCost(len(changed), changed, costs[changed])
        changed = _different(self._upper, upper)
        self._highs.changeColsBounds(len(changed), changed, np.zeros(len(changed)), upper[changed])
        self._costs, self._upper = costs, upper
        return not (self._value[~open_] > 0).any()

    def _add_improving(self, cost: Floats, arcs: Bools, dual: Floats) -> bool:
        """Add to every demand the best arc that would improve the placement; False if there is none."""
        i, _, k = self._shape
        n = self._demands
        price, capacity_price = dual[:n].reshape(i, k), -dual[2 * n :]  # below zero where a region must stay full
        gain = price[:, np.newaxis] - capacity_price[:, np.newaxis] - cost
        gain[~arcs | self._present] = -np.inf
        region = gain.argmax(axis=1).ravel()
        arc = self._arc(np.arange(n), region)
        better = np.flatnonzero(gain.ravel()[arc] > DUAL_TOLERANCE)
        if not len(better):
            return False
        count, arc = len(better), arc[better]
        rows = np.column_stack([better, 2 * n + region[better]]).ravel().astype(np.int32)
        starts = np.arange(0, 2 * count, 2, dtype=np.int32)
        costs, upper = cost.ravel()[arc], np.full(count, highspy.kHighsInf)
        self._highs.addCols(count, costs, np.zeros(count), upper, 2 * count, starts, rows, np.ones(2 * count))
        self._costs, self._upper = np.concatenate([self._costs, costs]), np.concatenate([self._upper, upper])
        self._columns, self._value = (
            np.concatenate([self._columns, arc]),
            np.concatenate([self._value, np.zeros(count)]),
        )
        self._present.ravel()[arc] = True
        return True

    def _optimum(self, numbers: Numbers, run: tuple[Floats, Floats], prices: Optimum | None = None) -> Optimum:
        value, dual = run
        i, _, k = self._shape
        n = self._demands
        value = np.where(value > 1e-9, value, 0.0)
        free = np.zeros(self._shape)
        free.ravel()[self._columns] = value[3 * n :]
        unserved_free, unserved_pinned, pinned = (value[b * n : (b + 1) * n].reshape(i, k) for b in range(3))
        arc_cost = numbers.cost.ravel()[self._columns]
        dropped = value[: 2 * n].sum()
        return Optimum(
            free_mw=free,
            pinned_mw=pinned,
            unserved_free_mw=unserved_free,
            unserved_pinned_mw=unserved_pinned,
            price_free=prices.price_free if prices else dual[:n].reshape(i, k),
            price_pinned=prices.price_pinned if prices else dual[n : 2 * n].reshape(i, k),
            capacity_price=prices.capacity_price if prices else np.maximum(-dual[2 * n :], 0.0),
            objective=float(
                value[2 * n :] @ np.concatenate([arc_cost[:n], arc_cost]) + numbers.unserved_cost * dropped
            ),
        )

    def price_range(self, numbers: Numbers, best: Optimum, free: Floats, pinned: Floats, capacity: Floats) -> Floats:
        """
        How far demand and capacity may move before what that costs per MW is no longer what the prices of `best` say.

        Parameters
        ----------
        numbers, best
            What was solved, and its optimum; with `then`, so that the tie-break is in none of its prices.
        free, pinned : shape (n, i, k)
            Directions in which demand moves. [MW]
        capacity : shape (n, j)
            The same for capacity.

        Returns
        -------
        numpy.ndarray, shape (n, 2)
            Least and largest multiple of each direction: as far as prices of `best` remain optimal, some placement is
            on its face, which uses tied arcs only and fills what has a price. No basis decides, so ties do not matter.
        """
        home = self._home_arcs
        face = _optimal_face(numbers, best, _everything(numbers, home), home)
        at_home = np.zeros((self._demands, len(numbers.capacity_mw)), bool)
        at_home[np.arange(self._demands), self._home] = face.pinned
        regions = np.concatenate([face.arcs.swapaxes(1, 2).reshape(at_home.shape), at_home])
        choices = np.column_stack([regions, np.concatenate([face.drop_free, face.drop_pinned])])
        kinds, kind = np.unique(choices, axis=0, return_inverse=True)  # demands with the same choices are as one

        def by_row(free: Floats, pinned: Floats, capacity: Floats) -> Floats:
            amounts = np.zeros((len(kinds), len(capacity)))
            np.add.at(amounts, kind, np.concatenate([a.reshape(len(capacity), -1) for a in (free, pinned)], axis=1).T)
            return np.concatenate([amounts, capacity.T]).T

        [upper] = by_row(*(a[np.newaxis] for a in (numbers.free_mw, numbers.pinned_mw, numbers.capacity_mw)))
        must = np.concatenate([np.ones(len(kinds), bool), face.full])
        lower, rows = np.where(must, upper, -highspy.kHighsInf), np.arange(len(upper), dtype=np.int32)
        highs: Any = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("solver", "simplex")):
            highs.setOptionValue(option, value)
        none = np.empty(0)
        highs.addRows(len(rows), lower, upper, 0, none.astype(np.int32), none.astype(np.int32), none)
        for p, j in np.argwhere(kinds):
            at = np.array(
                [p] if j == regions.shape[1] else [p, len(kinds) + j], np.int32
            )  # unserved load has no region
            highs.addCol(0.0, 0.0, highspy.kHighsInf, len(at), at, np.ones(len(at)))
        multiple = highs.getNumCol()
        highs.addCol(-1.0, 0.0, 0.0, 0, none.astype(np.int32), none)
        directions, which = np.unique(by_row(free, pinned, capacity).round(12), axis=0, return_inverse=True)
        result, last = np.empty((len(directions), 2)), np.zeros(len(rows))
        for n, direction in enumerate(directions):
            for row in np.flatnonzero(direction != last):
                highs.changeCoeff(int(row), multiple, -direction[row])
            last = direction
            for end, sign in enumerate((-1.0, 1.0)):
                highs.changeColCost(multiple, -sign)
                highs.changeColBounds(multiple, *sorted((0.0, sign * highspy.kHighsInf)))
                highs.run()
                status = highs.getModelStatus()
                if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnbounded):
                    raise SolverError(f"HiGHS stopped: {status.name}.", "prices", "Look for extreme values.")
                bounded = status == highspy.HighsModelStatus.kOptimal
                result[n, end] = highs.getSolution().col_value[multiple] if bounded else sign * np.inf
        return result[which]


def _different(last: Floats, new: Floats) -> NDArray[np.int32]:
    return np.flatnonzero(last != new).astype(np.int32)


def _state_problem(home: NDArray[np.intp], regions: int) -> highspy.Highs:
    """
    The LP in PuLP's words, with home arcs only and all numbers still zero; returns the live HiGHS model.

    Columns: unserved free, unserved pinned, pinned at home, free at home. Rows: free demand, pinned demand, capacity.
    """
    problem = pulp.LpProblem("placement", pulp.LpMinimize)
    demands = range(len(home))

    def block(name: str) -> list[pulp.LpVariable]:
        return [problem.add_variable(f"{name}_{d:06}", lowBound=0) for d in demands]

    dropped_free, dropped_pinned, pinned, free = (block(name) for name in ("u0", "u1", "x0", "x1"))
    problem += pulp.LpAffineExpression([(u, 1.0) for u in dropped_free + dropped_pinned])
    for name, dropped, served in (("free", dropped_free, free), ("pinned", dropped_pinned, pinned)):
        for d in demands:
            problem += pulp.LpAffineExpression([(served[d], 1.0), (dropped[d], 1.0)]) == 0, f"{name}_{d}"
    at_region: list[list[tuple[pulp.LpVariable, float]]] = [[] for _ in range(regions)]
    for d, region in enumerate(home):
        at_region[region] += [(pinned[d], 1.0), (free[d], 1.0)]
    for j, terms in enumerate(at_region):
        problem += pulp.LpAffineExpression(terms) <= 0, f"capacity_{j}"
    solver = pulp.HiGHS(
        msg=False, threads=1, presolve="off", solver="simplex", simplex_scale_strategy=0,
        dual_feasibility_tolerance=DUAL_TOLERANCE, dual_simplex_cost_perturbation_multiplier=0.0,
    )  # fmt: skip
    problem.solve(solver)
    assert isinstance(problem.solverModel, highspy.Highs)  # PuLP leaves its live model here
    return problem.solverModel


_models: Memo[PlacementModel] = Memo(size=24)


def model_for(purpose: str, home: NDArray[np.intp], regions: int, workloads: int) -> PlacementModel:
    """
    The process's model of that structure. Hold its `lock` while solving.

    Each purpose (an objective, the frontier) has its own, so that each starts from its own last basis.
    """
    key = (purpose, tuple(home), regions, workloads)
    return _models.find(key, lambda: PlacementModel(home, regions, workloads))
