"""The placement LP: arrays in, PuLP and HiGHS, a frozen optimum out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.errors import OutOfTimeError, SolverError
from explorer.model.highs import EXTREMES, Highs, stated
from explorer.model.program import LPData, Optimum, Units, in_units, units_of
from explorer.model.ties import (
    ROUNDING,
    Face,
    Kinds,
    Level,
    Prices,
    at_home,
    by_demand,
    everything,
    fixed_order,
    in_equal_parts,
    least_prices,
    levels_met,
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
# measures take placements for equal that differ by less per MWh of demand [USD/MWh or the like]
TIE_BREAK = 1e-6
DUAL, PRIMAL = 1, 4  # HiGHS' simplex_strategy
LONGEST_MS = (
    1e6  # what takes longer takes as long where ties are broken, so that others can be told apart
)
MOST_ARCS = 8  # per demand, beside the home arcs: of more, the half furthest from use is left out
HINTS = (
    1.0,
    1e-5,
    1e-6,
    1e-9,
)  # weights of the levels in the run that is to end on the best of all at once


@dataclass(frozen=True, slots=True, eq=False)
class _Loads:
    """Where a run places what, in solver units."""

    free: Floats  # (demand, j)
    pinned: Floats  # (demand,)
    dropped_free: Floats  # (demand,)
    dropped_pinned: Floats  # (demand,)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Arcs that an optimum uses besides those to homes, and its basis."""

    arcs: Ints  # flat (demand, j), in the order of their columns
    basic: Ints  # columns, or -1 and below: rows


class PlacementModel:
    """
    Demands to regions at least cost; stated once with PuLP, solved many times in place, by one
    thread at a time.

    Only few arcs ever carry load, so the model starts with the home arcs and adds others when their
    reduced cost says that they improve the placement: an optimum is one of all arcs, because every
    arc left out was priced.

    Amounts and costs are brought to one size before HiGHS sees them, so that its tolerances mean
    the same in a world of a watt and of a terawatt.

    Inside, a demand is a client's for a class, and arcs are one row of regions for each: (demand,
    j).
    """

    def __init__(self, home: Ints, regions: int, workloads: int) -> None:
        self.lock = Lock()
        self._shape = len(home), regions, workloads
        self._demands = len(home) * workloads
        self._home = np.repeat(home, workloads)  # of every demand
        self._highs = _state_problem(self._home, regions)
        # where each column after the three fixed blocks stands in the flat (demand, j) arrays
        self._columns = np.arange(self._demands) * regions + self._home
        self._order, self._kinds = fixed_order(self._shape, home), Kinds(self._home)
        self._kinds_order: tuple[object, Level] = None, self._order
        self._forget()

    def _forget(self) -> None:
        """
        What was set and found before is no longer known, so that the next run sets all of it anew.
        """
        self._rows: tuple[Floats, Floats] = (
            np.empty(0),
            np.empty(0),
        )  # bounds of the rows as last set
        columns = 3 * self._demands + len(self._columns)
        self._costs = self._upper = np.full(columns, np.nan)  # of the columns, as last set
        self._value = np.zeros(columns)  # columns as last solved
        self._basic: NDArray[np.int32] = np.empty(
            0, np.int32
        )  # columns in the basis, rows below zero
        self._last_prices: Prices | None = None

    def solve(
        self, numbers: LPData, then: Floats | None = None, any_will_do: bool = False
    ) -> Optimum:
        """
        The cheapest placement; with `then`, the cheapest by `then` (i, j, k) among all that are
        cheapest by `cost`.

        Among those that are still equal it is the one of least added latency, and then the first in
        a fixed order, with least load away from home. Demands that have the same arcs at the same
        costs and latencies are served alike, each the same fraction at each place; so are those of
        which each may take the part of the other and go unserved, after load that is pinned has had
        its home. So it does not matter what was solved before. Prices belong to `cost`, and are the
        least where there is more than one set of them. Where the objective alone is asked for,
        `any_will_do`: ties stay as they fall.

        Two costs are one where they differ by less than `FACE_TOLERANCE` times 1e-5 of the largest
        there is, which mostly is the penalty: 1e-7 USD/MWh at 1e5 USD/MWh.

        Raises
        ------
        SolverError
            If a number is not finite, or HiGHS stops without an optimum.
        OutOfTimeError
            At the time limit.
        """
        units = units_of(numbers)
        scaled = _in_rows(in_units(numbers, units))
        levels = [objective_level(scaled.cost, scaled.unserved_cost)]
        every = everything(scaled.allowed, self._home)
        try:
            self._leave_out_idle_arcs(scaled)
            if any_will_do:
                loads, self._last_prices = self._run(
                    scaled, levels[0].arcs, levels[0].drop, every, self._last_prices
                )
            else:
                then_by = None if then is None else by_demand(then)
                added_ms = None if numbers.added_ms is None else by_demand(numbers.added_ms)
                finite_ms = None if added_ms is None else added_ms.clip(-LONGEST_MS, LONGEST_MS)
                levels += [
                    tie_level(by, scaled.allowed) for by in (then_by, finite_ms) if by is not None
                ]
                counts = [
                    by
                    for by in (by_demand(numbers.cost) / units.cost, then_by, added_ms)
                    if by is not None
                ]
                kinds = self._kinds.of(counts, scaled.allowed)
                loads, face = self._best(scaled, levels, self._order_of(kinds), every)
                loads = self._alike(scaled, loads, *kinds)
                if loads.dropped_free.any():
                    idle = scaled.capacity_mw - self._used(loads) > ROUNDING
                    free_kind = rivals(face(), idle, loads.free, loads.dropped_free)
                    loads = self._alike(scaled, loads, free_kind, kinds[1])
        except BaseException:
            self._forget()
            raise
        return self._optimum(scaled, units, loads)

    def _optimum(self, numbers: LPData, units: Units, loads: _Loads) -> Optimum:
        """What was found, in the units and by the axes of the question."""
        cost, penalty = np.where(numbers.allowed, numbers.cost, np.inf), numbers.unserved_cost
        parts = loads.free, loads.pinned, loads.dropped_free, loads.dropped_pinned
        prices = least_prices(cost, penalty, numbers.capacity_mw, self._home, *parts)
        dropped = loads.dropped_free.sum() + loads.dropped_pinned.sum()
        served = (loads.free * numbers.cost).sum() + loads.pinned @ at_home(
            numbers.cost, self._home
        )
        clients, regions, workloads = self._shape
        by_client = clients, workloads
        free = loads.free.reshape(clients, workloads, regions).swapaxes(1, 2)
        return Optimum(
            free_mw=np.multiply(free, units.mw, order="C"),
            pinned_mw=loads.pinned.reshape(by_client) * units.mw,
            unserved_free_mw=loads.dropped_free.reshape(by_client) * units.mw,
            unserved_pinned_mw=loads.dropped_pinned.reshape(by_client) * units.mw,
            price_free=prices.free.reshape(by_client) * units.cost,
            price_pinned=prices.pinned.reshape(by_client) * units.cost,
            capacity_price=prices.capacity * units.cost,
            objective=float(served + penalty * dropped) * units.mw * units.cost,
        )

    def _order_of(self, kinds: tuple[Ints, Ints]) -> Level:
        """The fixed order of these kinds, which mostly are those of the last time."""
        if self._kinds_order[0] is not kinds:
            self._kinds_order = kinds, order_of_kinds(self._order, kinds)
        return self._kinds_order[1]

    def _best(
        self, numbers: LPData, levels: Sequence[Level], order: Level, every: Face
    ) -> tuple[_Loads, Callable[[], Face]]:
        """
        The best on every level among those that are best on all before, the first in the order of
        those that are left, and, for who asks, the face of these.

        All levels at once, each of far less weight than the one before, mostly end there; prices on
        each level tell whether they did. From the level on where they did not, the levels follow
        one another, each on the optimal face of those before.
        """
        every_level = [*levels, order]
        weights = [*HINTS[: len(levels)], HINTS[-1]]
        arcs = sum(weight * level.arcs for weight, level in zip(weights, every_level, strict=True))
        drop = sum(weight * level.drop for weight, level in zip(weights, every_level, strict=True))
        loads, self._last_prices = self._run(
            numbers, np.asarray(arcs), np.asarray(drop), every, self._last_prices
        )
        by_level = self._prices(every_level)
        met = levels_met(every_level, by_level, every, self._home)

        def face_of_met() -> Face:
            face = every
            for level, prices in zip(levels[:met], by_level[: len(levels)][:met], strict=True):
                face = optimal_face(level, prices, face, self._home)
            return face

        if met == len(every_level):
            return loads, face_of_met
        face = face_of_met()
        for level in levels[met:]:
            _, prices = self._run(numbers, level.arcs, level.drop, face)
            face = optimal_face(level, prices, face, self._home)
        loads, _ = self._run(numbers, order.arcs, order.drop, face)
        return loads, lambda: face

    @property
    def start(self) -> Start:
        """Where a model of the same structure may start from, to be at once where this one is."""
        n, basic = self._demands, self._basic
        keep = np.zeros(3 * n + len(self._columns), bool)
        keep[: 4 * n] = keep[basic[basic >= 0]] = True
        place = np.cumsum(keep) - 1
        renumbered = np.where(basic >= 0, place[np.maximum(basic, 0)], basic)
        return Start(self._columns[keep[3 * n :]][n:], renumbered)

    def _used(self, loads: _Loads) -> Floats:
        """Load of each region, shape (j,)."""
        return loads.free.sum(axis=0) + np.bincount(
            self._home, loads.pinned, minlength=self._shape[1]
        )

    def _run(
        self, numbers: LPData, arcs: Floats, drop: Floats, face: Face, known: Prices | None = None
    ) -> tuple[_Loads, Prices]:
        """
        The optimum over all arcs of the face by these costs, and its prices, which may be like
        those known.
        """
        rows_kept, columns_kept = self._set_rows(numbers, face), self._set_columns(arcs, drop, face)
        # From the last basis: primal simplex where that is still feasible, dual simplex where it no
        # longer is.
        self._highs.setOptionValue(
            "simplex_strategy", PRIMAL if rows_kept and columns_kept else DUAL
        )
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + numbers.time_limit_s)
        priced = np.where(face.arcs, arcs, np.inf)
        if known is not None:
            self._add_improving(
                priced, known
            )  # what has opened since then, without a run to find it
        while True:
            self._highs.run()
            status = self._highs.getModelStatus()
            if status == highspy.HighsModelStatus.kTimeLimit:
                raise OutOfTimeError(numbers.time_limit_s)
            if status != highspy.HighsModelStatus.kOptimal:
                raise SolverError(f"HiGHS stopped: {status.name}.", "placement", EXTREMES)
            prices = self._by_row(np.array(self._highs.getSolution().row_dual))
            if not self._add_improving(priced, prices):
                self._value = self._values()
                return self._loads(), prices
            self._highs.setOptionValue("simplex_strategy", PRIMAL)

    def _values(self) -> Floats:
        """
        The columns of the last basis; sooner than by HiGHS' lists, as whatever is not in the basis
        is zero.
        """
        _, self._basic = self._highs.getBasicVariables()
        _, found = self._highs.getBasisSolve(self._rows[1])
        value, columns = np.zeros(len(self._costs)), self._basic >= 0
        value[self._basic[columns]] = found[columns]
        return value

    def _by_row(self, dual: Floats) -> Prices:
        """Duals of the rows as prices."""
        n = self._demands
        return Prices(dual[:n], dual[n : 2 * n], -dual[2 * n :])

    def _prices(self, levels: Sequence[Level]) -> list[Prices]:
        """
        The prices of the last basis on each level: those at which what is in the basis has no
        reduced cost.
        """
        basic = self._basic
        column = self._places[np.maximum(basic, 0)]
        found = []
        for level in levels:
            in_basis = np.where(basic >= 0, self._by_place(level.arcs, level.drop)[column], 0.0)
            _, dual = self._highs.getBasisTransposeSolve(in_basis)
            found.append(self._by_row(dual))
        return found

    def _loads(self) -> _Loads:
        """The columns as last solved."""
        n, regions = self._demands, self._shape[1]
        value = np.where(self._value > ROUNDING, self._value, 0.0)
        free = np.zeros(n * regions)
        free[self._columns] = value[3 * n :]
        return _Loads(free.reshape(n, regions), value[2 * n : 3 * n], value[:n], value[n : 2 * n])

    def _alike(self, numbers: LPData, loads: _Loads, free_kind: Ints, pinned_kind: Ints) -> _Loads:
        """The same with all demands of a kind served alike, which changes nothing on any level."""
        free = np.column_stack([loads.free, loads.dropped_free])
        free = in_equal_parts(free_kind, numbers.free_mw, free)
        pinned = np.column_stack([loads.pinned, loads.dropped_pinned])
        if loads.dropped_pinned.any():  # otherwise all of it is at home
            pinned = in_equal_parts(pinned_kind, numbers.pinned_mw, pinned)
        return _Loads(np.ascontiguousarray(free[:, :-1]), pinned[:, 0], free[:, -1], pinned[:, 1])

    def _set_rows(self, numbers: LPData, face: Face) -> bool:
        """Set demands and capacities; True if they are what they were."""
        demand = np.concatenate([numbers.free_mw, numbers.pinned_mw])
        least = np.where(face.full, numbers.capacity_mw, -highspy.kHighsInf)
        lower, upper = (
            np.concatenate([demand, least]),
            np.concatenate([demand, numbers.capacity_mw]),
        )
        if np.array_equal(lower, self._rows[0]) and np.array_equal(upper, self._rows[1]):
            return True
        self._highs.changeRowsBounds(
            len(lower), np.arange(len(lower), dtype=np.int32), lower, upper
        )
        self._rows = lower, upper
        return False

    @property
    def _places(self) -> Ints:
        """Where each column stands in `_by_place`."""
        n = self._demands
        arcs = 2 * n + self._columns
        return np.concatenate([np.arange(2 * n), arcs[:n], arcs])

    def _by_place(self, arcs: NDArray[Any], drop: NDArray[Any]) -> NDArray[Any]:
        """What unserved load and arcs count, one after the other."""
        return np.concatenate([drop, arcs.ravel()])

    def _set_columns(self, arcs: Floats, drop: Floats, face: Face) -> bool:
        """Set costs and close the arcs outside the face; True if none of those carried load."""
        costs = self._by_place(arcs, drop)[self._places]
        open_ = np.concatenate(
            [face.drop_free, face.drop_pinned, face.pinned, face.arcs.ravel()[self._columns]]
        )
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
        n, regions = cost.shape
        gain = prices.free[:, np.newaxis] - prices.capacity
        gain -= cost
        gain.ravel()[self._columns] = -np.inf
        region = gain.argmax(axis=1)
        arc = np.arange(n) * regions + region
        better = np.flatnonzero(gain.ravel()[arc] > DUAL_TOLERANCE)
        if not len(better):
            return False
        count, arc = len(better), arc[better]
        rows = np.column_stack([better, 2 * n + region[better]]).ravel().astype(np.int32)
        starts = np.arange(0, 2 * count, 2, dtype=np.int32)
        costs, upper = cost.ravel()[arc], np.full(count, highspy.kHighsInf)
        self._highs.addCols(
            count, costs, np.zeros(count), upper, 2 * count, starts, rows, np.ones(2 * count)
        )
        self._costs, self._upper = (
            np.concatenate([self._costs, costs]),
            np.concatenate([self._upper, upper]),
        )
        self._columns, self._value = (
            np.concatenate([self._columns, arc]),
            np.concatenate([self._value, np.zeros(count)]),
        )
        return True

    def _leave_out_idle_arcs(self, numbers: LPData) -> None:
        """
        Where there are many arcs, delete those furthest from use: each costs HiGHS time in every
        run.
        """
        n, prices = self._demands, self._last_prices
        if prices is None or len(self._columns) <= (1 + MOST_ARCS) * n:
            return
        _, basic = self._highs.getBasicVariables()
        demand, region = np.divmod(self._columns, self._shape[1])
        excess = numbers.cost.ravel()[self._columns] + prices.capacity[region] - prices.free[demand]
        excess[~numbers.allowed.ravel()[self._columns]] = np.inf
        excess[basic[basic >= 3 * n] - 3 * n] = excess[:n] = -np.inf
        few = (1 + MOST_ARCS // 2) * n
        keep = np.ones(3 * n + len(excess), bool)
        keep[3 * n + np.argpartition(excess, few)[few:]] = False
        keep[basic[basic >= 0]] = True
        idle = np.flatnonzero(~keep).astype(np.int32)
        self._highs.deleteCols(len(idle), idle)
        self._columns = self._columns[keep[3 * n :]]
        self._costs, self._upper, self._value = (
            self._costs[keep],
            self._upper[keep],
            self._value[keep],
        )

    def price_range(
        self, numbers: LPData, best: Optimum, free: Floats, pinned: Floats, capacity: Floats
    ) -> Floats:
        """
        How far demand and capacity may move before what that costs per MW is no longer what the
        prices of `best` say.

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
            Least and largest multiple of each direction: as far as prices of `best` remain optimal,
            some placement is on its face, which uses tied arcs only and fills what has a price. No
            basis decides, so ties do not matter.
        """
        units = units_of(numbers)
        scaled = _in_rows(in_units(numbers, units))
        free_price, pinned_price = (
            price.ravel() / units.cost for price in (best.price_free, best.price_pinned)
        )
        prices = Prices(free_price, pinned_price, best.capacity_price / units.cost)
        every = everything(scaled.allowed, self._home)
        face = optimal_face(
            objective_level(scaled.cost, scaled.unserved_cost), prices, every, self._home
        )
        homes = np.zeros_like(face.arcs)
        homes[np.arange(self._demands), self._home] = face.pinned
        regions = np.concatenate([face.arcs, homes])
        choices = np.column_stack([regions, np.concatenate([face.drop_free, face.drop_pinned])])
        kinds, kind = np.unique(
            choices, axis=0, return_inverse=True
        )  # demands with the same choices are as one

        def by_row(free: Floats, pinned: Floats, capacity: Floats) -> Floats:
            amounts = np.zeros((len(kinds), len(capacity)))
            np.add.at(
                amounts,
                kind,
                np.concatenate([a.reshape(len(capacity), -1) for a in (free, pinned)], axis=1).T,
            )
            return np.concatenate([amounts, capacity.T]).T

        capacity_mw = numbers.capacity_mw / units.mw  # all of it: how far it may shrink is asked
        [upper] = by_row(*(a[np.newaxis] for a in (scaled.free_mw, scaled.pinned_mw, capacity_mw)))
        must = np.concatenate([np.ones(len(kinds), bool), face.full])
        lower, rows = (
            np.where(must, upper, -highspy.kHighsInf),
            np.arange(len(upper), dtype=np.int32),
        )
        highs = Highs(threads=1, presolve="off", solver="simplex")
        none = np.empty(0)
        highs.addRows(
            len(rows), lower, upper, 0, none.astype(np.int32), none.astype(np.int32), none
        )
        for p, j in np.argwhere(kinds):
            at = np.array(
                [p] if j == regions.shape[1] else [p, len(kinds) + j], np.int32
            )  # unserved load has no region
            highs.addCol(0.0, 0.0, highspy.kHighsInf, len(at), at, np.ones(len(at)))
        multiple = highs.getNumCol()
        highs.addCol(-1.0, 0.0, 0.0, 0, none.astype(np.int32), none)
        directions, which = np.unique(
            by_row(free, pinned, capacity).round(12), axis=0, return_inverse=True
        )
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
                if status not in (
                    highspy.HighsModelStatus.kOptimal,
                    highspy.HighsModelStatus.kUnbounded,
                ):
                    raise SolverError(f"HiGHS stopped: {status.name}.", "prices", EXTREMES)
                bounded = status == highspy.HighsModelStatus.kOptimal
                result[n, end] = (
                    highs.getSolution().col_value[multiple] if bounded else sign * np.inf
                )
        return result[which] * units.mw


def _in_rows(numbers: LPData) -> LPData:
    """The same by demand: arcs (demand, j), amounts (demand,)."""
    return replace(
        numbers,
        cost=by_demand(numbers.cost),
        allowed=by_demand(numbers.allowed),
        free_mw=numbers.free_mw.ravel(),
        pinned_mw=numbers.pinned_mw.ravel(),
    )


def _different(last: Floats, new: Floats) -> NDArray[np.int32]:
    return np.flatnonzero(last != new).astype(np.int32)


def _state_problem(home: Ints, regions: int) -> Highs:
    """
    The LP in PuLP's words, with home arcs only and all numbers still zero; returns the live HiGHS
    model.

    Columns: unserved free, unserved pinned, pinned at home, free at home. Rows: free demand, pinned
    demand, capacity.
    """
    problem = pulp.LpProblem("placement", pulp.LpMinimize)
    demands = range(len(home))

    def block(name: str) -> list[pulp.LpVariable]:
        return [problem.add_variable(f"{name}_{d:06}", lowBound=0) for d in demands]

    dropped_free, dropped_pinned, pinned, free = (block(name) for name in ("u0", "u1", "x0", "x1"))
    problem += pulp.LpAffineExpression([(u, 1.0) for u in dropped_free + dropped_pinned])
    for name, dropped, served in (("free", dropped_free, free), ("pinned", dropped_pinned, pinned)):
        for d in demands:
            problem += (
                pulp.LpAffineExpression([(served[d], 1.0), (dropped[d], 1.0)]) == 0,
                f"{name}_{d}",
            )
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

    Each purpose (an objective, the frontier) has its own, so that each starts from its own last
    basis.
    """
    key = (purpose, tuple(home), regions, workloads)
    return _models.find(key, lambda: PlacementModel(home, regions, workloads))
