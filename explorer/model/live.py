"""
The live HiGHS model of placements: a row for each kind of demand, few columns, numbers changed in
place.

Its rows are the capacities of regions and then slots. A slot holds the demand of one kind, free or
pinned, and is named by one of its demands. While kinds divide and join, as they do where a budget
moves, each takes the slot of one of its demands, so that the last basis stays one; slots that no
kind takes are of no load, with all arcs closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from explorer.errors import OutOfTimeError, SolverError
from explorer.model.highs import EXTREMES, Highs, fill
from explorer.model.kinds import Groups
from explorer.model.ties import ROUNDING, Face, Level, Prices
from explorer.words import tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

DUAL_TOLERANCE = 1e-10  # HiGHS' tightest: what breaks ties must stand out from rounding
DUAL, PRIMAL = 1, 4  # HiGHS' simplex_strategy
NEW_ARCS = 3  # per demand and run, at most: with one, a cold solve takes twice as many runs
MOST_ARCS = 8  # per demand, beside the home arcs: of more, the half furthest from use is left out


@dataclass(frozen=True, slots=True, eq=False)
class KindData:
    """What is asked, by kind of demand, in solver units."""

    cost: Floats  # (free, j); 0 where there is no arc
    allowed: Bools  # (free, j)
    free_mw: Floats  # (free,)
    pinned_cost: Floats  # (pinned,) at home
    pinned_allowed: Bools  # (pinned,)
    pinned_mw: Floats  # (pinned,)
    pinned_home: Ints  # (pinned,)
    capacity_mw: Floats  # (j,)
    drop: Floats  # (free + pinned,) left unserved: free load, then pinned load
    time_limit_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Loads:
    """Where a run places what, in solver units."""

    free: Floats  # (free, j)
    pinned: Floats  # (pinned,)
    dropped_free: Floats  # (free,)
    dropped_pinned: Floats  # (pinned,)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """
    Arcs that an optimum uses besides those to homes, and its basis, in a program with a row for
    each free and each pinned demand, and then for each region; columns are free load left unserved,
    pinned load left unserved, pinned load at home, free load at home, by demand, and then the arcs.
    """

    arcs: Ints  # flat (demand, j), in the order of their columns
    basic: Ints  # columns, or -1 and below: rows


class LiveProgram:
    """
    Kinds of demand to regions at least cost, one run of HiGHS after the other.

    Only few arcs ever carry load, so there are columns for home arcs only, until the reduced cost
    of others says that they improve the placement: an optimum is one of all arcs, because every arc
    left out was priced.
    """

    def __init__(self, home: Ints, regions: int) -> None:
        self._home, self._regions = home, regions  # of each demand
        self.highs = Highs(
            threads=1, presolve="off", solver="simplex", simplex_scale_strategy=0,
            dual_feasibility_tolerance=DUAL_TOLERANCE, dual_simplex_cost_perturbation_multiplier=0.0,
        )  # fmt: skip
        self.forget()

    def forget(self) -> None:
        """Nothing that was stated, set or found before is known: the next question begins anew."""
        none, nowhere = np.empty(0), np.empty(0, np.intp)
        self._groups: Groups | None = None
        self._part = nowhere  # of each slot: its free demand, or its pinned one, after all free
        self._slot = nowhere  # of each kind, free ones first
        self._kind = nowhere  # of each slot; -1: none
        self._kind_of = nowhere  # of each free and each pinned demand
        self._first, self._free = nowhere, 0  # demand of each kind; how many kinds are free
        # slot and region of each column, as one number; the region after the last is nowhere
        self._columns = nowhere
        self._places = nowhere  # of the columns in `_by_place`
        self._costs = self._upper = none  # of the columns, as last set
        self._value = none  # of the columns, as last solved
        self._rows: tuple[Floats, Floats] = none, none  # bounds of the rows as last set
        self._basic: NDArray[np.int32] = np.empty(0, np.int32)  # columns, rows below zero
        self._known: tuple[Floats, Floats] | None = None  # prices of demands and regions

    def take(self, groups: Groups) -> None:
        """Give each kind of demand a slot, which mostly has one already."""
        if groups is self._groups:
            return
        self._groups = None
        part = np.concatenate([groups.first_free, len(self._home) + groups.first_pinned])
        kind = np.concatenate([groups.free, len(groups.first_free) + groups.pinned])
        if not len(self._part):
            self._state(part)
        slot = np.full(len(part), -1)
        slot[kind[self._part[::-1]]] = np.arange(len(self._part))[::-1]  # the first of each kind
        new = np.flatnonzero(slot < 0)
        if len(new):
            slot[new] = len(self._part) + np.arange(len(new))
            self._add_slots(part[new])
        self._kind = np.full(len(self._part), -1)
        self._kind[slot] = np.arange(len(slot))
        self._kind_of, self._slot, self._first, self._free = (
            kind,
            slot,
            part,
            len(groups.first_free),
        )
        self._places = self._placed(self._columns)
        self._groups = groups

    def _state(self, part: Ints) -> None:
        """
        The LP in PuLP's words, with home arcs only and all numbers still zero.

        Columns: unserved load of each slot, load of each slot at home. Rows: capacities, slots.
        """
        self.highs.clearModel()
        problem = pulp.LpProblem("placement", pulp.LpMinimize)
        slots, home = range(len(part)), self._home[part % len(self._home)]
        dropped, served = (
            [problem.add_variable(f"{name}_{slot:06}", lowBound=0) for slot in slots]
            for name in ("u", "x")
        )
        problem += pulp.LpAffineExpression([(u, 1.0) for u in dropped])
        at_region: list[list[tuple[pulp.LpVariable, float]]] = [[] for _ in range(self._regions)]
        for slot, region in enumerate(home):
            at_region[region].append((served[slot], 1.0))
        for j, terms in enumerate(at_region):
            problem += pulp.LpAffineExpression(terms) <= 0, f"capacity_{j}"
        for slot in slots:
            terms = [(served[slot], 1.0), (dropped[slot], 1.0)]
            problem += pulp.LpAffineExpression(terms) == 0, f"slot_{slot}"
        fill(self.highs, problem)
        self._part = part
        self._columns = self._of_slots(np.arange(len(part)), home)
        columns = len(self._columns)
        self._costs, self._value = np.zeros((2, columns))
        self._upper = np.full(columns, highspy.kHighsInf)

    def _of_slots(self, slots: Ints, home: Ints) -> Ints:
        """The columns that every slot has: unserved, and at home."""
        first = slots * (self._regions + 1)
        return np.concatenate([first + self._regions, first + home])

    def _add_slots(self, part: Ints) -> None:
        """Rows of further slots, with their columns to nowhere and to home."""
        count, slots = len(part), len(self._part) + np.arange(len(part))
        none, zeros = np.empty(0), np.zeros(len(part))
        self.highs.addRows(
            count, zeros, zeros, 0, np.zeros(count, np.int32), none.astype(np.int32), none
        )
        self._part = np.concatenate([self._part, part])
        self._add_columns(
            self._of_slots(slots, self._home[part % len(self._home)]), np.zeros(2 * count)
        )

    def _add_columns(self, columns: Ints, costs: Floats) -> None:
        slot, region = np.divmod(columns, self._regions + 1)
        somewhere = region < self._regions
        entries = 1 + somewhere
        starts = np.cumsum(entries) - entries
        rows = np.empty(entries.sum(), np.int32)
        rows[starts] = self._regions + slot
        rows[starts[somewhere] + 1] = region[somewhere]
        count, upper = len(columns), np.full(len(columns), highspy.kHighsInf)
        self.highs.addCols(
            count, costs, np.zeros(count), upper, len(rows), starts.astype(np.int32), rows,
            np.ones(len(rows)),
        )  # fmt: skip
        self._columns = np.concatenate([self._columns, columns])
        self._costs = np.concatenate([self._costs, costs])
        self._upper = np.concatenate([self._upper, upper])
        self._value = np.concatenate([self._value, np.zeros(count)])

    def _placed(self, columns: Ints) -> Ints:
        """Where columns stand in `_by_place`; those of slots that no kind takes, last."""
        slot, region = np.divmod(columns, self._regions + 1)
        kind, kinds, free = self._kind[slot], len(self._slot), self._free
        arcs = 2 * kinds - free + kind * self._regions + region
        served = np.where(kind < free, arcs, kinds + kind - free)
        return np.where(kind < 0, -1, np.where(region == self._regions, kind, served))

    @staticmethod
    def _by_place(arcs: NDArray[Any], pinned: NDArray[Any], drop: NDArray[Any]) -> NDArray[Any]:
        """
        What unserved load, pinned load and arcs count, one after the other, and nothing at the end.
        """
        return np.concatenate([drop, pinned, arcs.ravel(), np.zeros(1, arcs.dtype)])

    def run(
        self, data: KindData, level: Level, face: Face, begins: bool = False
    ) -> tuple[Loads, Prices]:
        """
        The optimum over all arcs of the face by these costs, and its prices.

        The run with which a question begins has prices like the one before it, so that arcs which
        have opened since then are priced before it.

        Raises
        ------
        SolverError
            If HiGHS stops without an optimum.
        OutOfTimeError
            At the time limit.
        """
        rows_kept, columns_kept = self._set_rows(data, face), self._set_columns(level, face)
        # From the last basis: primal simplex where that is still feasible, dual simplex where it no
        # longer is.
        kept = rows_kept and columns_kept
        self.highs.setOptionValue("simplex_strategy", PRIMAL if kept else DUAL)
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + data.time_limit_s)
        priced = np.where(face.arcs, level.arcs, np.inf)
        if begins and self._known is not None:
            self._add_improving(priced, self._of_kinds(*self._known))
        while True:
            self.highs.run()
            status = self.highs.getModelStatus()
            if status == highspy.HighsModelStatus.kTimeLimit:
                raise OutOfTimeError(data.time_limit_s)
            if status != highspy.HighsModelStatus.kOptimal:
                raise SolverError(
                    tr("HiGHS stopped: {}.", status.name), tr("placement"), tr(EXTREMES)
                )
            prices = self._by_row(np.array(self.highs.getSolution().row_dual))
            if not self._add_improving(priced, prices):
                break
            self.highs.setOptionValue("simplex_strategy", PRIMAL)
        if begins:
            price = np.concatenate([prices.free, prices.pinned])[self._kind_of]
            self._known = price, prices.capacity
        self._value = self._values()
        return self._loads(), prices

    def prices(self, levels: Sequence[Level]) -> list[Prices]:
        """
        The prices of the last basis on each level: those at which what is in the basis has no
        reduced cost.
        """
        basic = self._basic
        place = np.where(basic >= 0, self._places[np.maximum(basic, 0)], -1)
        found = []
        for level in levels:
            in_basis = self._by_place(level.arcs, level.pinned, level.drop)[place]
            _, dual = self.highs.getBasisTransposeSolve(in_basis)
            found.append(self._by_row(dual))
        return found

    def _of_kinds(self, price: Floats, capacity: Floats) -> Prices:
        """The same for the kinds of now, each the price of its first demand."""
        price = price[self._first]
        return Prices(price[: self._free], price[self._free :], capacity)

    def _by_row(self, dual: Floats) -> Prices:
        """Duals of the rows as prices."""
        price = dual[self._regions + self._slot]
        return Prices(price[: self._free], price[self._free :], -dual[: self._regions])

    def _values(self) -> Floats:
        """
        The columns of the last basis; sooner than by HiGHS' lists, as whatever is not in the basis
        is zero.
        """
        _, self._basic = self.highs.getBasicVariables()
        _, found = self.highs.getBasisSolve(self._rows[1])
        value, columns = np.zeros(len(self._columns)), self._basic >= 0
        value[self._basic[columns]] = found[columns]
        return value

    def _loads(self) -> Loads:
        """The columns as last solved."""
        kinds, free, regions = len(self._slot), self._free, self._regions
        load = np.zeros(2 * kinds - free + free * regions + 1)
        load[self._places] = np.where(self._value > ROUNDING, self._value, 0.0)
        arcs = load[2 * kinds - free : -1].reshape(free, regions)
        return Loads(arcs, load[kinds : 2 * kinds - free], load[:free], load[free:kinds])

    def _set_rows(self, data: KindData, face: Face) -> bool:
        """Set demands and capacities; True if they are what they were."""
        demand = np.zeros(len(self._part))
        demand[self._slot] = np.concatenate([data.free_mw, data.pinned_mw])
        least = np.where(face.full, data.capacity_mw, -highspy.kHighsInf)
        lower, upper = (np.concatenate([room, demand]) for room in (least, data.capacity_mw))
        if np.array_equal(lower, self._rows[0]) and np.array_equal(upper, self._rows[1]):
            return True
        self.highs.changeRowsBounds(len(lower), np.arange(len(lower), dtype=np.int32), lower, upper)
        self._rows = lower, upper
        return False

    def _set_columns(self, level: Level, face: Face) -> bool:
        """Set costs and close the arcs outside the face; True if none of those carried load."""
        costs = self._by_place(level.arcs, level.pinned, level.drop)[self._places]
        drop = np.concatenate([face.drop_free, face.drop_pinned])
        open_ = self._by_place(face.arcs, face.pinned, drop)[self._places]
        upper = np.where(open_, highspy.kHighsInf, 0.0)
        changed = _different(self._costs, costs)
        self.highs.changeColsCost(len(changed), changed, costs[changed])
        changed = _different(self._upper, upper)
        self.highs.changeColsBounds(len(changed), changed, np.zeros(len(changed)), upper[changed])
        self._costs, self._upper = costs, upper
        return not (self._value[~open_] > 0).any()

    def _add_improving(self, cost: Floats, prices: Prices) -> bool:
        """
        Add to every kind of demand the best arcs that would improve the placement; False if there
        are none.

        Arcs outside of the face have infinite cost.
        """
        gain = prices.free[:, np.newaxis] - prices.capacity
        gain -= cost
        first = len(self._slot) + len(prices.pinned)  # of the arcs, by place
        gain.ravel()[self._places[self._places >= first] - first] = -np.inf
        some = np.flatnonzero(gain.max(axis=1, initial=-np.inf) > DUAL_TOLERANCE)
        if not len(some):
            return False
        regions = gain[some].argsort(axis=1)[:, -NEW_ARCS:]
        row, nth = np.nonzero(np.take_along_axis(gain[some], regions, axis=1) > DUAL_TOLERANCE)
        better, region = some[row], regions[row, nth]
        columns = self._slot[better] * (self._regions + 1) + region
        self._add_columns(columns, cost[better, region])
        self._places = np.concatenate([self._places, first + better * self._regions + region])
        return True

    def offer(self, load: Floats) -> None:
        """Have a column for every arc (free, j) that carries load."""
        first = 2 * len(self._slot) - self._free  # of the arcs, by place
        arcs = np.flatnonzero(load > ROUNDING)
        arcs = arcs[~np.isin(first + arcs, self._places)]
        kind, region = np.divmod(arcs, self._regions)
        self._add_columns(self._slot[kind] * (self._regions + 1) + region, np.zeros(len(arcs)))
        self._places = np.concatenate([self._places, first + arcs])

    def leave_out_idle_arcs(self, data: KindData) -> None:
        """
        Where there are many arcs, delete those furthest from use: each costs HiGHS time in every
        run.
        """
        slots, free = len(self._part), self._free
        if self._known is None or len(self._columns) <= 2 * slots + MOST_ARCS * free:
            return
        prices = self._of_kinds(*self._known)
        slot, region = np.divmod(self._columns, self._regions + 1)
        kind = self._kind[slot]
        excess = np.full(len(kind), np.inf)
        arcs = np.flatnonzero((kind >= 0) & (kind < free) & (region < self._regions))
        kind, to = kind[arcs], region[arcs]
        over = data.cost[kind, to] + prices.capacity[to] - prices.free[kind]
        excess[arcs] = np.where(data.allowed[kind, to], over, np.inf)
        home = self._home[self._part % len(self._home)]
        excess[(region == self._regions) | (region == home[slot])] = -np.inf
        _, basic = self.highs.getBasicVariables()
        excess[basic[basic >= 0]] = -np.inf
        few = 2 * slots + MOST_ARCS // 2 * free
        keep = np.ones(len(excess), bool)
        keep[np.argpartition(excess, few)[few:]] = False
        keep[excess == -np.inf] = True
        idle = np.flatnonzero(~keep).astype(np.int32)
        self.highs.deleteCols(len(idle), idle)
        self._columns, self._places = self._columns[keep], self._places[keep]
        self._costs, self._upper = self._costs[keep], self._upper[keep]
        self._value = self._value[keep]

    @property
    def start(self) -> Start:
        """
        Where a program of all demands may start from, to be nearly where this one is.

        Of a kind, the first demand has all that is in the basis, and each other one the place where
        most of the kind is.
        """
        demands, regions = len(self._home), self._regions
        of_kind: list[list[int]] = [[] for _ in self._slot]  # regions, or -1: its row
        rows = -1 - self._basic
        basic = [-1 - 2 * demands - int(row) for row in rows if 0 <= row < regions]
        load = np.append(self._value, 0.0)[np.maximum(self._basic, -1)]
        for column in self._basic[np.argsort(-load, kind="stable")].tolist():
            in_row = column < 0
            number = -1 if in_row else int(self._columns[column])
            slot = -1 - column - regions if in_row else number // (regions + 1)
            if slot >= 0 and self._kind[slot] >= 0:
                of_kind[self._kind[slot]].append(-1 if in_row else number % (regions + 1))
        arcs: list[int] = []
        for part, kind in enumerate(self._kind_of):
            demand, pinned = part % demands, part >= demands
            whole = part == self._first[kind]
            for region in of_kind[kind][: None if whole else 1]:
                if region < 0:
                    basic.append(-1 - part)
                elif region == regions:
                    basic.append(part)
                elif region == self._home[demand]:
                    basic.append((2 if pinned else 3) * demands + demand)
                else:
                    basic.append(4 * demands + len(arcs))
                    arcs.append(demand * regions + region)
        return Start(np.array(arcs, np.intp), np.array(basic, np.intp))


def _different(last: Floats, new: Floats) -> NDArray[np.int32]:
    return np.flatnonzero(last != new).astype(np.int32)
