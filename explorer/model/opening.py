"""
Optima that follow one another while arcs open, by pivots in a tree of rows and places.

An optimum is one because no cycle of moves saves: none that takes a MW from one region to the next,
another one from there on, and so back to the first. Where arcs open, few cycles save, and each is a
pivot of the network simplex method, see `tree`. Prices then prove on every level that the outcome
is the placement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from operator import mul

import numpy as np
from numpy.typing import NDArray

from explorer.model.kinds import Kinds
from explorer.model.near import Near
from explorer.model.program import LPData, Optimum, in_units, units_of
from explorer.model.solver import (
    LONGEST_MS,
    TIE_BREAK,
    by_kind,
    of_kinds,
    values_of_load,
)
from explorer.model.ties import (
    ROUNDING,
    Level,
    by_demand,
    everything,
    fixed_order,
    in_equal_parts,
    objective_level,
    order_of,
    tie_level,
)
from explorer.model.tree import Basis, Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

WEIGHTS = 1.0, 1e-7, 1e-9  # of the levels, in what a move costs
SAVES = 1e-11  # what a cycle saves at least, in solver units
SAME = 1e-9  # of the largest number of a figure: less makes no difference
NEAR = 5.0  # reduced cost up to which arcs are looked at from one step to the next, in solver units
CLOSE = 0.1  # the same, that is left when a step is proven
AHEAD = 512  # arcs that are looked at together for the one that opens next
AT_ONCE = 12  # arcs that enter, before others are looked for: few of more would still save
MOST_PASSES = 1000  # looking for what saves; then a solver must find it


class OpeningArcs:
    """
    The placement along an axis on which arcs open: from the optimum at one budget to that at a
    larger one.

    Places are regions, and a last one for load that nobody serves. Rows are kinds of free demand,
    kinds of pinned demand, and idle capacity, which may be at any region for nothing.

    Parameters
    ----------
    numbers, then
        What is asked, as of `PlacementModel.solve`; which arcs there are is in `opens_ms`.
    opens_ms : shape (client, region, workload)
        From which budget on an arc is there; infinite for never. [ms]
    home : shape (client,)
    figures : each of shape (client, region, workload)
        What a MW on each arc adds to the figures that are looked at. Where placements that are
        equal on all levels differ in one of them, the fixed order of `PlacementModel` tells which
        of them is the placement.
    first
        Where another walk first stood: pivots begin there instead of from nothing, if the same load
        can stand there.

    Attributes
    ----------
    first : Basis or None
        Where this walk first stood.
    """

    def __init__(
        self,
        numbers: LPData,
        then: Floats | None,
        opens_ms: Floats,
        home: Ints,
        figures: Sequence[Floats],
        first: Basis | None = None,
    ) -> None:
        self._shape = opens_ms.shape
        self._home = np.repeat(home, self._shape[2])  # of each demand
        opens, allowed = by_demand(opens_ms), opens_ms < np.inf
        ties = [by_demand(by) for by in (then, numbers.added_ms) if by is not None]
        self._units = units_of(replace(numbers, allowed=allowed))
        cost, allowed = by_demand(numbers.cost), by_demand(allowed)
        self._told_by = [cost / self._units.cost, *ties, *values_of_load(numbers, self._units)]
        rng = np.random.default_rng(0)
        mixed = by_demand(_mixed(figures, rng))
        self._kinds, self._opens, self._client_home = Kinds(self._home), opens_ms, home
        told_apart = [*self._told_by, opens, mixed * 1000.0]  # figures by nine digits
        self._groups = groups = self._kinds.of(told_apart, allowed)
        asked = in_units(replace(numbers, cost=cost, allowed=allowed), self._units)
        self._data = data = by_kind(asked, groups, self._home)
        self._free, self._pinned = len(data.cost), len(data.pinned_cost)
        self._pinned_rows = self._free + np.arange(self._pinned)
        every = everything(data.allowed, data.pinned_allowed)
        tied_by = [of_kinds(by.clip(-LONGEST_MS, LONGEST_MS), groups, self._home) for by in ties]
        levels = [
            objective_level(data.cost, data.pinned_cost, data.drop),
            *(tie_level(*by, every) for by in tied_by),
        ]
        self._tolerances = [level.tolerance for level in levels]
        self._amounts = np.concatenate([data.free_mw, data.pinned_mw])
        self._rows = np.arange(len(self._amounts) + 1)
        self._places = self._shape[1] + 1
        self._mark = 1.0 + rng.random(self._places)  # of each place where an arc has just opened
        self._mixed = self._by_arc(*of_kinds(mixed, groups, self._home), 0.0).ravel()
        self._count([self._by_arc(by.arcs, by.pinned, by.drop) for by in levels])
        index = by_demand(np.arange(opens_ms.size).reshape(self._shape))
        rows = self._by_arc(*of_kinds(index, groups, self._home), -1)
        self._index = rows.ravel().astype(np.intp)  # of the arc of the first demand of each kind
        self._put_in_order(self._opening(*of_kinds(opens, groups, self._home)))
        self._reduced = np.empty_like(self._weight)
        self.first = first
        self._begin()

    def _count(self, levels: list[Floats]) -> None:
        """What a MW counts on each arc, which is row * places + place."""
        self._weight = np.asarray(sum(map(mul, WEIGHTS, levels)))
        self._told = np.append(levels, self._mixed).reshape(len(levels) + 1, -1)
        self._largest = np.abs(self._told[:-1]).max(axis=1)

    def _put_in_order(self, opens_ms: Floats) -> None:
        """Arcs in the order in which they open, at budgets of shape (row, place)."""
        self._opens_ms = opens_ms.ravel()
        ever = (self._opens_ms < np.inf).nonzero()[0]
        self._order = ever[self._opens_ms[ever].argsort(kind="stable")]
        self._sorted_ms = self._opens_ms[self._order]
        self._row_of = np.repeat(self._rows, self._places)
        self._place_of = np.tile(np.arange(self._places), len(self._rows))
        self._sorted_rows = self._row_of.take(self._order)
        self._sorted_places = self._place_of.take(self._order)
        self._sorted_costs = self._told[0].take(self._order)
        self._new = self._order[:0]  # arcs that have just opened

    @cached_property
    def _fixed_order(self) -> Level:
        return fixed_order(self._shape, self._client_home)

    def _begin(self) -> None:
        """Nothing is open, and nobody is served."""
        self._tree = Tree(self._data.capacity_mw, self._amounts, self._weight[:-1, -1])
        self._loads = self._tree.loads
        self._cost = np.full(self._weight.shape, np.inf)  # (row, place), of what is open
        self._open = 0  # how many arcs, in order
        self._near: Near | None = None

    def _by_arc(
        self, arcs: Floats, pinned: Floats, unserved: Floats | float, other: float = 0.0
    ) -> Floats:
        """Numbers of arcs, of pinned load at home and of unserved load, shape (row, place)."""
        rows = np.full((len(self._rows), self._places), other)
        rows[: self._free, :-1] = arcs
        rows[self._pinned_rows, self._data.pinned_home] = pinned
        rows[:-1, -1] = unserved
        return rows

    def _opening(self, opens_ms: Floats, pinned_opens_ms: Floats) -> Floats:
        """From which budget on a row may be at a place, shape (row, place). [ms]"""
        data = self._data
        rows = self._by_arc(opens_ms, pinned_opens_ms, -np.inf, np.inf)
        rows[:-1, :-1][self._amounts <= 0] = np.inf
        rows[:, :-1][:, data.capacity_mw <= ROUNDING] = np.inf
        rows[-1] = -np.inf
        return rows

    def stand_on(self, optimum: Optimum, budget_ms: float) -> None:
        """Go on from this optimum, which is that at this budget."""
        self._open_until(budget_ms)
        groups, units = self._groups, self._units
        load = np.zeros((self._free + self._pinned, self._places))
        served_mw = by_demand(optimum.free_mw).T, optimum.unserved_free_mw.reshape(1, -1)
        for place, mw in enumerate(np.concatenate(served_mw)):
            load[: self._free, place] = np.bincount(groups.free, mw, self._free)
        for place, mw in (
            (self._data.pinned_home, optimum.pinned_mw),
            (-1, optimum.unserved_pinned_mw),
        ):
            load[self._pinned_rows, place] = np.bincount(groups.pinned, mw.ravel(), self._pinned)
        self._loads = _used(load / units.mw)
        free = optimum.price_free.ravel()[groups.first_free]
        pinned = optimum.price_pinned.ravel()[groups.first_pinned]
        self._worth = np.concatenate([free, pinned, [0.0]]) / units.cost  # of the objective, (row,)
        self._price = np.append(optimum.capacity_price, 0.0) / units.cost  # (place,)

    @property
    def load(self) -> tuple[Ints, Floats]:
        """
        Arcs that carry load, as numbers in an array (client, region, workload), -1 for nowhere; MW.

        All load of a kind of demand is on the arcs of the first one: for the others they are alike.
        """
        arcs, amounts = self._loads
        return self._index.take(arcs), amounts * self._units.mw

    @property
    def unserved_mw(self) -> float:
        """Load that nobody serves. [MW]"""
        arcs, mw = self.load
        return float(mw[arcs < 0].sum())

    @property
    def objective(self) -> float:
        """With the penalty on unserved load, in the unit of the objective."""
        arcs, amounts = self._loads
        return float(self._told[0].take(arcs) @ amounts) * self._units.mw * self._units.cost

    def next_ms(self) -> float:
        """The next budget at which an arc opens that improves the objective; infinite for none."""
        enough = self._worth - 2 * TIE_BREAK / self._units.cost
        for first in range(self._open, len(self._order), AHEAD):
            some = slice(first, first + AHEAD)
            cost = self._sorted_costs[some] + self._price.take(self._sorted_places[some])
            better = (cost < enough.take(self._sorted_rows[some])).nonzero()[0]
            if len(better):
                return float(self._sorted_ms[first + better[0]])
        return np.inf

    def move_to(self, budget_ms: float) -> bool:
        """
        Find the optimum at a budget; False where that takes a solver, because it is a matter of
        fairness who goes unserved: then `stand_on` goes on from there.
        """
        self._open_until(budget_ms)
        self._tell_apart(budget_ms)
        settled = self._settle()
        self._loads = self._tree.loads
        if not settled:
            return False
        best = self._best()
        if best is not None and not self._differ(*best):
            return True
        return self._tree.unserved <= ROUNDING and self._decide(budget_ms, best)

    def _open_until(self, budget_ms: float) -> None:
        """Let rows be where they may be at a budget, and nowhere else."""
        until = int(self._sorted_ms.searchsorted(budget_ms, "right"))
        if until < self._open:
            self._begin()
        arcs = self._order[self._open : until]
        costs = self._weight.take(arcs)
        self._cost.ravel()[arcs] = costs
        if self._near is not None:
            self._near.add(self._row_of.take(arcs), self._place_of.take(arcs), costs)
        self._open = until

    def _tell_apart(self, budget_ms: float) -> None:
        """Let load on arcs that open at just this budget be another figure than other load."""
        mixed, first = self._told[-1], self._sorted_ms.searchsorted(budget_ms)
        mixed[self._new] = self._mixed.take(self._new)
        self._new = self._order[first : self._open]
        mixed[self._new] += self._mark.take(self._sorted_places[first : self._open])

    def _settle(self) -> bool:
        """Pivot with what is open until no arc saves; False where there is no end of it."""
        near = self._near
        if near is None:
            self._begin_as_before()
            if not self._settle_by_rows():
                return False
            self.first = self._tree.basis
            near = self._look_at_all()
        for _ in range(MOST_PASSES):
            if not self._settle_among(near, SAVES):
                return False
            if near.reach >= CLOSE:
                return True
            near = self._look_at_all()  # others may save by now
        return False

    def _begin_as_before(self) -> None:
        """Stand where another walk first stood, if all arcs of that are open for the same load."""
        first, data, tree = self.first, self._data, self._tree
        if first is None or not first.is_of(data.capacity_mw, self._amounts):
            return
        tree.take_up(first)
        if self._cost.take(tree.loads[0]).max(initial=0.0) == np.inf:
            tree = self._tree = Tree(data.capacity_mw, self._amounts, self._weight[:-1, -1])
        tree.reckon(self._weight)

    def _settle_by_rows(self) -> bool:
        """The same looking at all arcs each time: where most rows have one that saves."""
        for _ in range(MOST_PASSES):
            reduced = self._reduced_costs()
            places = reduced.argmin(axis=1)
            least = reduced[self._rows, places]
            rows = (least < -SAVES).nonzero()[0]
            if not len(rows):
                return True
            rows = rows[least[rows].argsort()]
            places = places[rows]
            arcs = rows.tolist(), places.tolist(), self._cost[rows, places].tolist()
            self._tree.enter_where_it_saves(*arcs, SAVES)
        return False

    def _settle_among(self, near: Near, saves: float) -> bool:
        """The same looking only at these arcs, which have been looked at since the last pivot."""
        tree = self._tree
        for _ in range(MOST_PASSES):
            better = (near.reduced < -saves).nonzero()[0]
            if not len(better):
                return True
            better = better[near.reduced[better].argsort()[:AT_ONCE]]
            tree.enter_where_it_saves(*near.listed(better), saves)
            near.look(tree.price, tree.worth)
        return False

    def _look_at_all(self) -> Near:
        """The arcs that are near by the prices of today."""
        arcs = (self._reduced_costs() <= NEAR).ravel().nonzero()[0]
        rows, places = self._row_of.take(arcs), self._place_of.take(arcs)
        costs, tree = self._cost.take(arcs), self._tree
        self._near = near = Near(NEAR, rows, places, costs, tree.price, tree.worth)
        return near

    def _reduced_costs(self) -> Floats:
        """Of all that is open, by the prices that pivots go by, shape (row, place)."""
        reduced = np.add(self._cost, self._tree.price, out=self._reduced)
        reduced -= self._tree.worth[:, np.newaxis]
        return reduced

    def _best(self) -> tuple[Ints, Ints] | None:
        """
        Rows and places of all arcs that are as good as the basis on every level; None where one is
        better.
        """
        tree = self._tree
        self._prices = price = tree.prices(self._told)
        self._worths = worth = self._told.take(tree.row_arcs, 1) + price.take(tree.at, 1)
        self._price, self._worth = price[0], worth[0]
        near = self._near
        if near is None or self._close(price) > CLOSE:
            near = self._look_at_all()
        rows, places = near.rows, near.places
        lesser = [self._change(level, rows, places) for level in range(1, len(self._tolerances))]
        objective = near.reduced - sum(map(mul, WEIGHTS[1:], lesser))  # what is left of all levels
        changes = [objective, *lesser]
        best = np.arange(len(rows))
        for change, tolerance in zip(changes, self._tolerances, strict=True):
            change = change.take(best)
            if change.min(initial=0.0) < -tolerance:
                return None
            best = best[change <= tolerance]
        return rows.take(best), places.take(best)

    def _close(self, price: Floats) -> float:
        """
        Up to which reduced cost, by what pivots go by, an arc may be as good as the basis by the
        objective.
        """
        most = 2.0 * (self._largest[1:] + np.abs(price[1:-1]).max(axis=1))
        return self._tolerances[0] + sum(map(mul, WEIGHTS[1:], most.tolist()))

    def _differ(self, rows: Ints, places: Ints) -> bool:
        """Whether a figure changes where load moves to some of these arcs."""
        return bool(np.abs(self._change(-1, rows, places)).max(initial=0.0) > SAME)

    def _change(self, level: int, rows: Ints, places: Ints) -> Floats:
        """Reduced costs of arcs on a level, or, of the last one, by figures."""
        change = self._told[level].take(rows * self._places + places, mode="clip")
        change += self._prices[level].take(places, mode="clip")
        change -= self._worths[level].take(rows, mode="clip")
        return change

    def _decide(self, budget_ms: float, best: tuple[Ints, Ints] | None) -> bool:
        """
        Find the optimum by the fixed order among what is best, after level by level where that is
        not known, and share out alike what demands of a kind get; False where there is no end of it.
        """
        tree, groups = self._tree, self._groups
        kinds = self._kinds.of(self._told_by, by_demand(self._opens <= budget_ms))
        free, pinned = kinds.free[groups.first_free], kinds.pinned[groups.first_pinned]
        order = order_of(self._fixed_order, kinds.first_free[free], kinds.first_pinned[pinned])
        counts = [self._by_arc(order.arcs, order.pinned, order.drop).ravel()]
        tolerances = [order.tolerance]
        rows, places = best or (self._cost < np.inf).nonzero()
        if best is None:
            counts, tolerances = [*self._told[:-1], *counts], [*self._tolerances, *tolerances]
        decided = self._settle_by_level(rows, places, counts, tolerances)
        tree.reckon(self._weight)
        if self._near is not None:
            self._near.look(tree.price, tree.worth)
        self._price = tree.prices(self._told[:1])[0]
        self._worth = self._told[0].take(tree.row_arcs) + self._price.take(tree.at)
        load = np.zeros((len(self._amounts), self._places))
        arcs, amounts = tree.loads
        load.ravel()[arcs] = amounts
        kind = np.concatenate([free, len(kinds.first_free) + pinned])
        self._loads = _used(in_equal_parts(kind, self._amounts, load))
        return decided

    def _settle_by_level(
        self, rows: Ints, places: Ints, counts: list[Floats], tolerances: list[float]
    ) -> bool:
        """
        Pivot by one level after the other, among these arcs and then what is best on all before.
        """
        tree = self._tree
        for count, tolerance in zip(counts, tolerances, strict=True):
            tree.reckon(count.reshape(self._cost.shape))
            costs = count.take(rows * self._places + places)
            face = Near(np.inf, rows, places, costs, tree.price, tree.worth)
            if not self._settle_among(face, tolerance):
                return False
            best = face.reduced <= tolerance
            rows, places = rows[best], places[best]
        return True


def _used(load: Floats) -> tuple[Ints, Floats]:
    """Arcs that carry load (row, place), and how much."""
    arcs = (load > ROUNDING).ravel().nonzero()[0]
    return arcs, load.take(arcs)


def _mixed(figures: Sequence[Floats], rng: np.random.Generator) -> Floats:
    """
    Figures (client, region, workload) as one: what differs in one of them differs in it, for each
    has its weight at random.
    """
    largest = (max(float(figure.max()), -float(figure.min())) or 1.0 for figure in figures)
    weights = (1.0 + rng.random(len(figures))).tolist()
    weighted = zip(weights, largest, figures, strict=True)
    return np.asarray(sum(weight / size * figure for weight, size, figure in weighted))
