"""The placement LP: arrays in, PuLP and HiGHS, a frozen optimum out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.errors import OutOfTime, SolverError
from explorer.model.highs import EXTREMES, Highs, stated
from explorer.model.program import Numbers, Optimum, in_units, units_of
from explorer.model.ties import (
    ROUNDING,
    Face,
    Kinds,
    Level,
    Prices,
    everything,
    fixed_order,
    in_equal_parts,
    is_best,
    least_prices,
    objective_level,
    optimal_face,
    order_of_kinds,
    rivals,
    tie_level,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

DUAL_TOLERANCE = 1e-10  # HiGHS' tightest: what breaks ties must stand out from rounding
TIE_BREAK = 1e-6  # measures take placements for equal that differ by less per MWh of demand [USD/MWh or the like]
DUAL, PRIMAL = 1, 4  # HiGHS' simplex_strategy
LONGEST_MS = 1e6  # what takes longer takes as long where ties are broken, so that others can be told apart
HINTS = (1.0, 1e-6, 1e-7, 1e-9)  # weights of the levels in the run that is to end on the best of all at once


@dataclass(frozen=True, slots=True, eq=False)
class _Loads:
    """Where a run places what, in solver units."""

    free: Floats  # (i, j, k)
    pinned: Floats  # (i, k)
    dropped_free: Floats  # (i, k)
    dropped_pinned: Floats  # (i, k)


class PlacementModel:
    """
    Demands to regions at least cost; stated once with PuLP, solved many times in place, by one thread at a time.

    Only few arcs ever carry load, so the model starts with the home arcs and adds others when their reduced cost says
    that they improve the placement: an optimum is one of all arcs, because every arc left out was priced.

    Amounts and costs are brought to one size before HiGHS sees them, so that its tolerances mean the same in a world of
    a watt and of a terawatt.
    """

    def __init__(self, home: Ints, regions: int, workloads: int) -> None:
        self.lock = Lock()
        self._shape = len(home), regions, workloads
        self._demands = len(home) * workloads
        self._client_home = home
        self._home = np.repeat(home, workloads)  # of every demand (client, workload), flat
        self._client, self._workload = np.divmod(np.arange(self._demands), workloads)
        self._highs = _state_problem(self._home, regions)
        # where each column after the three fixed blocks stands in the (i, j, k) arrays
        self._columns = self._arc(np.arange(self._demands), self._home)
        self._present = np.zeros(self._shape, bool)
        self._present.ravel()[self._columns] = True
        self._order, self._kinds = fixed_order(self._shape, home), Kinds(home)
        self._forget()

    def _forget(self) -> None:
        """What was set and found before is no longer known, so that the next run sets all of it anew."""
        self._rows: tuple[Floats, Floats] = np.empty(0), np.empty(0)  # bounds of the rows as last set
        columns = 3 * self._demands + len(self._columns)
        self._costs = self._upper = np.full(columns, np.nan)  # of the columns, as last set
        self._value = np.zeros(columns)  # columns as last solved
        self._last_prices: Prices | None = None

    @property
    def _home_arcs(self) -> tuple[Ints, Ints, Ints]:
        """Index of the home arcs in the (i, j, k) arrays; flat, in the order of the demands."""
        return self._client, self._home, self._workload

    def _arc(self, demand: Ints, region: Ints) -> Ints:
        """Flat (i, j, k) index of the arc from a demand to a region."""
        return np.ravel_multi_index((self._client[demand], region, self._workload[demand]), self._shape)

    def solve(self, numbers: Numbers, then: Floats | None = None, any_will_do: bool = False) -> Optimum:
        """
        The cheapest placement; with `then`, the cheapest by `then` (i, j, k) among all that are cheapest by `cost`.

        Among those that are still equal it is the one of least added latency, and then the first in a fixed order, with
        least load away from home. Demands that have the same arcs at the same costs and latencies are served alike,
        each the same fraction at each place; so are those of which each may take the part of the other and go unserved,
        after load that is pinned has had its home. So it does not matter what was solved before. Prices belong to
        `cost`, and are the least where there is more than one set of them. Where the objective alone is asked for,
        `any_will_do`: ties stay as they fall.

        Two costs are one where they differ by less than `FACE_TOLERANCE` times 1e-5 of the largest there is, which
        mostly is the penalty: 1e-7 USD/MWh at 1e5 USD/MWh.

        Raises
        ------
        SolverError
            If a number is not finite, or HiGHS stops without an optimum.
        OutOfTime
            At the time limit.
        """
        units = units_of(numbers)
        scaled = in_units(numbers, units)
        levels = [objective_level(scaled)]
        try:
            if any_will_do:
                loads, _ = self._run(
                    scaled, levels[0].arcs, levels[0].drop, everything(scaled.allowed, self._client_home)
                )
            else:
                added_ms = None if numbers.added_ms is None else numbers.added_ms.clip(-LONGEST_MS, LONGEST_MS)
                levels += [tie_level(by, numbers.allowed) for by in (then, added_ms) if by is not None]
                counts = [by for by in (numbers.cost / units.cost, then, numbers.added_ms) if by is not None]
                kinds = self._kinds.of(counts, numbers.allowed)
                loads, face = self._best(scaled, levels, order_of_kinds(self._order, kinds))
                loads = self._alike(scaled, loads, *kinds)
                if loads.dropped_free.any():
                    idle = scaled.capacity_mw - self._used(loads) > ROUNDING
                    free_kind = rivals(face(), idle, loads.free, loads.dropped_free)
                    loads = self._alike(scaled, loads, free_kind, kinds[1])
        except BaseException:
            self._forget()
            raise
        prices = least_prices(
            scaled, self._client_home, loads.free, loads.pinned, loads.dropped_free, loads.dropped_pinned
        )
        dropped = loads.dropped_free.sum() + loads.dropped_pinned.sum()
        cost = (loads.free * scaled.cost).sum() + loads.pinned.ravel() @ scaled.cost[self._home_arcs]
        return Optimum(
            free_mw=loads.free * units.mw,
            pinned_mw=loads.pinned * units.mw,
            unserved_free_mw=loads.dropped_free * units.mw,
            unserved_pinned_mw=loads.dropped_pinned * units.mw,
            price_free=prices.free * units.cost,
            price_pinned=prices.pinned * units.cost,
            capacity_price=prices.capacity * units.cost,
            objective=float(cost + scaled.unserved_cost * dropped) * units.mw * units.cost,
        )

    def _best(self, numbers: Numbers, levels: Sequence[Level], order: Level) -> tuple[_Loads, Callable[[], Face]]:
        """
        The best on every level among those that are best on all before, the first in the order of those that are left,
        and, for who asks, the face of these.

        All levels at once, each of far less weight than the one before, mostly end there; prices on each level tell
        whether they did. Where they did not, the levels follow one another, each on the optimal face of the last.
        """
        face = every = everything(numbers.allowed, self._client_home)
        weights = [*HINTS[: len(levels)], HINTS[-1]]
        arcs = sum(weight * level.arcs for weight, level in zip(weights, [*levels, order], strict=True))
        drop = sum(weight * level.drop for weight, level in zip(weights, [*levels, order], strict=True))
        loads, _ = self._run(numbers, np.asarray(arcs), np.asarray(drop), every)
        by_level = self._prices([*levels, order])
        if is_best([*levels, order], by_level, every, self._client_home):

            def face_of_all() -> Face:
                face = every
                for level, prices in zip(levels, by_level[:-1], strict=True):
                    face = optimal_face(level, prices, face, self._client_home)
                return face

            return loads, face_of_all
        for level in levels:
            _, prices = self._run(numbers, level.arcs, level.drop, face)
            face = optimal_face(level, prices, face, self._client_home)
        loads, _ = self._run(numbers, order.arcs, order.drop, face)
        return loads, lambda: face

    def _used(self, loads: _Loads) -> Floats:
        """Load of each region, shape (j,)."""
        pinned = np.bincount(self._client_home, loads.pinned.sum(axis=1), minlength=self._shape[1])
        return loads.free.sum(axis=(0, 2)) + pinned

    def _run(self, numbers: Numbers, arcs: Floats, drop: Floats, face: Face) -> tuple[_Loads, Prices]:
        """The optimum over all arcs of the face by these costs, and its prices."""
        rows_kept, columns_kept = self._set_rows(numbers, face), self._set_columns(arcs, drop, face)
        # From the last basis: primal simplex where that is still feasible, dual simplex where it no longer is.
        self._highs.setOptionValue("simplex_strategy", PRIMAL if rows_kept and columns_kept else DUAL)
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + numbers.time_limit_s)
        priced = np.where(face.arcs, arcs, np.inf)
        if self._last_prices is not None:
            self._add_improving(priced, self._last_prices)  # what has opened since then, without a run to find it
        while True:
            self._highs.run()
            status = self._highs.getModelStatus()
            if status == highspy.HighsModelStatus.kTimeLimit:
                raise OutOfTime(numbers.time_limit_s)
            if status != highspy.HighsModelStatus.kOptimal:
                raise SolverError(f"HiGHS stopped: {status.name}.", "placement", EXTREMES)
            solution = self._highs.getSolution()
            prices = self._by_row(np.array(solution.row_dual))
            if not self._add_improving(priced, prices):
                self._value, self._last_prices = np.array(solution.col_value), prices
                return self._loads(), prices
            self._highs.setOptionValue("simplex_strategy", PRIMAL)

    def _by_row(self, dual: Floats) -> Prices:
        """Duals of the rows as prices."""
        i, _, k = self._shape
        n = self._demands
        return Prices(dual[:n].reshape(i, k), dual[n : 2 * n].reshape(i, k), -dual[2 * n :])

    def _prices(self, levels: Sequence[Level]) -> list[Prices]:
        """The prices of the last basis on each level: those at which what is in the basis has no reduced cost."""
        _, basic = self._highs.getBasicVariables()
        column = np.maximum(basic, 0)
        found = []
        for level in levels:
            in_basis = np.where(basic >= 0, self._by_column(level.arcs, level.drop)[column], 0.0)
            _, dual = self._highs.getBasisTransposeSolve(in_basis)
            found.append(self._by_row(dual))
        return found

    def _loads(self) -> _Loads:
        """The columns as last solved."""
        i, _, k = self._shape
        n = self._demands
        value = np.where(self._value > ROUNDING, self._value, 0.0)
        free = np.zeros(self._shape)
        free.ravel()[self._columns] = value[3 * n :]
        dropped_free, dropped_pinned, pinned = (value[b * n : (b + 1) * n].reshape(i, k) for b in range(3))
        return _Loads(free, pinned, dropped_free, dropped_pinned)

    def _alike(self, numbers: Numbers, loads: _Loads, free_kind: Ints, pinned_kind: Ints) -> _Loads:
        """The same with all demands of a kind served alike, which changes nothing on any level."""
        i, j, k = self._shape
        by_demand = np.column_stack([loads.free.swapaxes(1, 2).reshape(-1, j), loads.dropped_free.ravel()])
        free = in_equal_parts(free_kind, numbers.free_mw.ravel(), by_demand)
        pinned = np.column_stack([loads.pinned.ravel(), loads.dropped_pinned.ravel()])
        if loads.dropped_pinned.any():  # otherwise all of it is at home
            pinned = in_equal_parts(pinned_kind, numbers.pinned_mw.ravel(), pinned)
        return _Loads(
            free=np.ascontiguousarray(free[:, :j].reshape(i, k, j).swapaxes(1, 2)),
            pinned=pinned[:, 0].reshape(i, k),
            dropped_free=free[:, j].reshape(i, k),
            dropped_pinned=pinned[:, 1].reshape(i, k),
        )

    def _set_rows(self, numbers: Numbers, face: Face) -> bool:
        """Set demands and capacities; True if they are what they were."""
        demand = np.concatenate([numbers.free_mw.ravel(), numbers.pinned_mw.ravel()])
        least = np.where(face.full, numbers.capacity_mw, -highspy.kHighsInf)
        lower, upper = np.concatenate([demand, least]), np.concatenate([demand, numbers.capacity_mw])
        if np.array_equal(lower, self._rows[0]) and np.array_equal(upper, self._rows[1]):
            return True
        self._highs.changeRowsBounds(len(lower), np.arange(len(lower), dtype=np.int32), lower, upper)
        self._rows = lower, upper
        return False

    def _by_column(self, arcs: Floats, drop: Floats) -> Floats:
        """Costs of arcs and of unserved load, by column."""
        cost = arcs.ravel()[self._columns]
        return np.concatenate([drop, cost[: self._demands], cost])

    def _set_columns(self, arcs: Floats, drop: Floats, face: Face) -> bool:
        """Set costs and close the arcs outside the face; True if none of those carried load."""
        costs = self._by_column(arcs, drop)
        blocks = face.drop_free, face.drop_pinned, face.pinned
        open_ = np.concatenate([*(b.ravel() for b in blocks), face.arcs.ravel()[self._columns]])
        upper = np.where(open_, highspy.kHighsInf, 0.0)
        changed = _different(self._costs, costs)
        self._highs.changeColsCost(len(changed), changed, costs[changed])
        changed = _different(self._upper, upper)
        self._highs.changeColsBounds(len(changed), changed, np.zeros(len(changed)), upper[changed])
        self._costs, self._upper = costs, upper
        return not (self._value[~open_] > 0).any()

    def _add_improving(self, cost: Floats, prices: Prices) -> bool:
        """
        Add to every demand the best arc that would improve the placement; False if there is none.

        Arcs outside of the face have infinite cost.
        """
        n = self._demands
        gain = prices.free[:, np.newaxis] - prices.capacity[:, np.newaxis] - cost
        gain[self._present] = -np.inf
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

    def price_range(self, numbers: Numbers, best: Optimum, free: Floats, pinned: Floats, capacity: Floats) -> Floats:
        """
        How far demand and capacity may move before what that costs per MW is no longer what the prices of `best` say.

        Parameters
        ----------
        numbers, best
            What was solved, and its optimum.
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
        units = units_of(numbers)
        scaled = in_units(numbers, units)
        prices = Prices(best.price_free / units.cost, best.price_pinned / units.cost, best.capacity_price / units.cost)
        every = everything(scaled.allowed, self._client_home)
        face = optimal_face(objective_level(scaled), prices, every, self._client_home)
        at_home = np.zeros((self._demands, len(numbers.capacity_mw)), bool)
        at_home[np.arange(self._demands), self._home] = face.pinned.ravel()
        regions = np.concatenate([face.arcs.swapaxes(1, 2).reshape(at_home.shape), at_home])
        choices = np.column_stack([regions, np.concatenate([face.drop_free.ravel(), face.drop_pinned.ravel()])])
        kinds, kind = np.unique(choices, axis=0, return_inverse=True)  # demands with the same choices are as one

        def by_row(free: Floats, pinned: Floats, capacity: Floats) -> Floats:
            amounts = np.zeros((len(kinds), len(capacity)))
            np.add.at(amounts, kind, np.concatenate([a.reshape(len(capacity), -1) for a in (free, pinned)], axis=1).T)
            return np.concatenate([amounts, capacity.T]).T

        capacity_mw = numbers.capacity_mw / units.mw  # all of it: how far it may shrink is asked
        [upper] = by_row(*(a[np.newaxis] for a in (scaled.free_mw, scaled.pinned_mw, capacity_mw)))
        must = np.concatenate([np.ones(len(kinds), bool), face.full])
        lower, rows = np.where(must, upper, -highspy.kHighsInf), np.arange(len(upper), dtype=np.int32)
        highs = Highs(threads=1, presolve="off", solver="simplex")
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
                    raise SolverError(f"HiGHS stopped: {status.name}.", "prices", EXTREMES)
                bounded = status == highspy.HighsModelStatus.kOptimal
                result[n, end] = highs.getSolution().col_value[multiple] if bounded else sign * np.inf
        return result[which] * units.mw


def _different(last: Floats, new: Floats) -> NDArray[np.int32]:
    return np.flatnonzero(last != new).astype(np.int32)


def _state_problem(home: Ints, regions: int) -> Highs:
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
    return stated(
        problem, threads=1, presolve="off", solver="simplex", simplex_scale_strategy=0,
        dual_feasibility_tolerance=DUAL_TOLERANCE, dual_simplex_cost_perturbation_multiplier=0.0,
    )  # fmt: skip


_models: Memo[PlacementModel] = Memo(size=24)


def model_for(purpose: str, home: Ints, regions: int, workloads: int) -> PlacementModel:
    """
    The process's model of that structure. Hold its `lock` while solving.

    Each purpose (an objective, the frontier) has its own, so that each starts from its own last basis.
    """
    key = (purpose, tuple(home), regions, workloads)
    return _models.find(key, lambda: PlacementModel(home, regions, workloads))
