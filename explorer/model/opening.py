"""
Optima that follow one another while arcs open, by pivots in a tree of rows and places.

An optimum is one because no cycle of moves saves: none that takes a MW from one region to the next,
another one from there on, and so back to the first. Where arcs open, few cycles save, and each is a
pivot of the network simplex method, see `tree`. Prices then prove on every level that the outcome
is the placement.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.model.kinds import Kinds
from explorer.model.program import LPData, Optimum, in_units, units_of
from explorer.model.solver import (
    LONGEST_MS,
    TIE_BREAK,
    by_kind,
    of_kinds,
    part_of_kind,
    values_of_load,
)
from explorer.model.ties import (
    ROUNDING,
    Level,
    at_home,
    by_demand,
    everything,
    fixed_order,
    in_equal_parts,
    objective_level,
    order_of,
    tie_level,
)
from explorer.model.tree import Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

WEIGHTS = 1.0, 1e-7, 1e-9  # of the levels, in what a move costs
SAVES = 1e-11  # what a cycle saves at least, in solver units
SAME = 1e-9  # of the largest number of a figure: less makes no difference
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
    figures : shape (figure, client, region, workload)
        What a MW on each arc adds to the figures that are looked at. Where placements that are
        equal on all levels differ in one of them, the fixed order of `PlacementModel` tells which
        of them is the placement.
    """

    def __init__(
        self, numbers: LPData, then: Floats | None, opens_ms: Floats, home: Ints, figures: Floats
    ) -> None:
        self._shape = opens_ms.shape
        self._home = np.repeat(home, self._shape[2])  # of each demand
        opens, allowed = by_demand(opens_ms), opens_ms < np.inf
        ties = [by_demand(by) for by in (then, numbers.added_ms) if by is not None]
        self._units = units_of(replace(numbers, allowed=allowed))
        cost, allowed = by_demand(numbers.cost), by_demand(allowed)
        self._told_by = [cost / self._units.cost, *ties, *values_of_load(numbers, self._units)]
        self._kinds = groups = Kinds(self._home).of([*self._told_by, opens], allowed)
        self._kinds_open, self._opens = Kinds(self._home), opens_ms
        self._client_home = home
        asked = in_units(replace(numbers, cost=cost, allowed=allowed), self._units)
        self._data = data = by_kind(asked, groups, self._home)
        self._free, self._pinned = len(data.cost), len(data.pinned_cost)
        self._pinned_rows = self._free + np.arange(self._pinned)
        self._part_free = part_of_kind(asked.free_mw.ravel(), data.free_mw, groups.free)
        self._part_pinned = part_of_kind(asked.pinned_mw.ravel(), data.pinned_mw, groups.pinned)
        every = everything(data.allowed, data.pinned_allowed)
        tied_by = [of_kinds(by.clip(-LONGEST_MS, LONGEST_MS), groups, self._home) for by in ties]
        levels = [
            objective_level(data.cost, data.pinned_cost, data.drop),
            *(tie_level(*by, every) for by in tied_by),
        ]
        self._tolerances = [level.tolerance for level in levels]
        # what a MW of each row counts at each place on each level, then in each figure, and at last
        # where the arc has just opened
        shape = self._free + self._pinned + 1, self._shape[1] + 1
        self._counts = np.zeros((len(levels) + len(figures) + 1, *shape))
        for counts, level in zip(self._counts, levels, strict=False):
            counts[:] = self._rows(level.arcs, level.pinned, level.drop)
        for counts, figure in zip(self._counts[len(levels) :], figures, strict=False):
            counts[:] = self._rows(*self._of_kinds(by_demand(figure)), 0.0)
        self._weight = np.tensordot(WEIGHTS[: len(levels)], self._counts[: len(levels)], 1)
        self._same = SAME * np.abs(self._counts[len(levels) :]).max(axis=(1, 2), initial=0.0)
        self._same[-1] = SAME
        self._largest = np.abs(self._counts[: len(levels)]).max(axis=(1, 2))  # number of each level
        self._amounts = np.concatenate([data.free_mw, data.pinned_mw])
        self._mark = np.random.default_rng(0).random(self._shape[1] + 1)  # of each place
        self._opens_ms = self._opening(*of_kinds(opens, groups, self._home))
        ever = (self._opens_ms < np.inf).ravel().nonzero()[0]
        self._order = ever[self._opens_ms.ravel()[ever].argsort(kind="stable")]
        self._sorted_ms = self._opens_ms.ravel()[self._order]
        self._sorted_rows, self._sorted_places = np.divmod(self._order, self._shape[1] + 1)
        self._sorted_costs = self._counts[0].ravel()[self._order]
        self._every_row = np.arange(len(self._weight))
        self._reduced = np.empty_like(self._weight)
        self._begin()

    @cached_property
    def _fixed_order(self) -> Level:
        return fixed_order(self._shape, self._client_home)

    def _begin(self) -> None:
        """Nothing is open, and nobody is served."""
        self._tree = Tree(self._data.capacity_mw, self._amounts, self._weight[:-1, -1])
        self._take(*self._tree.loads)
        self._cost = np.full(self._weight.shape, np.inf)  # (row, place), of what is open
        self._open = 0  # how many arcs, in order

    def _rows(
        self, arcs: Floats, pinned: Floats, unserved: Floats | float, other: float = 0.0
    ) -> Floats:
        """Numbers of arcs, of pinned load at home and of unserved load, shape (row, place)."""
        rows = np.full((self._free + self._pinned + 1, self._shape[1] + 1), other)
        rows[: self._free, :-1] = arcs
        rows[self._pinned_rows, self._data.pinned_home] = pinned
        rows[:-1, -1] = unserved
        return rows

    def _opening(self, opens_ms: Floats, pinned_opens_ms: Floats) -> Floats:
        """From which budget on a row may be at a place, shape (row, place). [ms]"""
        data = self._data
        rows = self._rows(opens_ms, pinned_opens_ms, -np.inf, np.inf)
        rows[:-1, :-1][self._amounts <= 0] = np.inf
        rows[:, :-1][:, data.capacity_mw <= ROUNDING] = np.inf
        rows[-1] = -np.inf
        return rows

    def _of_kinds(self, arcs: Floats) -> tuple[Floats, Floats]:
        """Of arcs (demand, j), the mean of each kind of free load, and of pinned load at home."""
        groups = self._kinds
        order = groups.free.argsort(kind="stable")
        first = np.flatnonzero(np.diff(groups.free[order], prepend=-1))
        free = np.add.reduceat((arcs * self._part_free[:, np.newaxis])[order], first)
        at_homes = at_home(arcs, self._home) * self._part_pinned
        return free, np.asarray(np.bincount(groups.pinned, at_homes, self._pinned), float)

    def stand_on(self, optimum: Optimum, budget_ms: float) -> None:
        """Go on from this optimum, which is that at this budget."""
        self._open_until(budget_ms)
        groups, units = self._kinds, self._units
        load = np.zeros((self._free + self._pinned, len(self._mark)))
        served_mw = by_demand(optimum.free_mw).T, optimum.unserved_free_mw.reshape(1, -1)
        for place, mw in enumerate(np.concatenate(served_mw)):
            load[: self._free, place] = np.bincount(groups.free, mw, self._free)
        for place, mw in (
            (self._data.pinned_home, optimum.pinned_mw),
            (-1, optimum.unserved_pinned_mw),
        ):
            load[self._pinned_rows, place] = np.bincount(groups.pinned, mw.ravel(), self._pinned)
        self._take(*_used(load / units.mw))
        free = optimum.price_free.ravel()[groups.first_free]
        pinned = optimum.price_pinned.ravel()[groups.first_pinned]
        self._worth = np.concatenate([free, pinned, [0.0]]) / units.cost  # of the objective, (row,)
        self._price = np.append(optimum.capacity_price, 0.0) / units.cost  # (place,)

    def _take(self, row: Ints, place: Ints, amount: Floats) -> None:
        """The load that is looked at from now on: of rows at places, in solver units."""
        self._loads = row, place, amount
        self._sums = self._counts[:, row, place] @ amount

    @property
    def unserved_mw(self) -> float:
        """Load that nobody serves. [MW]"""
        _, place, amount = self._loads
        return float(amount[place == self._shape[1]].sum()) * self._units.mw

    @property
    def objective(self) -> float:
        """With the penalty on unserved load, in the unit of the objective."""
        return float(self._sums[0]) * self._units.mw * self._units.cost

    @property
    def figures(self) -> Floats:
        """What all load adds to each figure, shape (figure,)."""
        return self._sums[len(self._tolerances) : -1] * self._units.mw

    def opened_mw(self, budget_ms: float) -> Floats:
        """Load of the arcs that open at just this budget, by region. [MW]"""
        row, place, amount = self._loads
        new = self._opens_ms[row, place] == budget_ms
        mw = amount[new] * self._units.mw
        return np.asarray(np.bincount(place[new], mw, self._shape[1]), float)

    def next_ms(self) -> float:
        """The next budget at which an arc opens that improves the objective; infinite for none."""
        later = slice(self._open, None)
        cost = self._sorted_costs[later] + self._price[self._sorted_places[later]]
        enough = self._worth - 2 * TIE_BREAK / self._units.cost
        better = (cost < enough[self._sorted_rows[later]]).nonzero()[0]
        return float(self._sorted_ms[self._open + better[0]]) if len(better) else np.inf

    def move_to(self, budget_ms: float) -> bool:
        """
        Find the optimum at a budget; False where that takes a solver, because some load goes
        unserved: then `stand_on` goes on from there.
        """
        self._open_until(budget_ms)
        first, last = (
            np.searchsorted(self._sorted_ms, budget_ms, side) for side in ("left", "right")
        )
        places = self._sorted_places[first:last]
        self._counts[-1] = 0.0
        self._counts[-1, self._sorted_rows[first:last], places] = self._mark[places]
        if not self._settle(self._cost, SAVES) or self._tree.unserved > ROUNDING:
            self._take(*self._tree.loads)
            return False
        tied = self._tied()
        if tied is None or not self._count_the_same(*tied):
            return self._decide(budget_ms)
        self._take(*self._tree.loads)
        return True

    def _open_until(self, budget_ms: float) -> None:
        """Let rows be where they may be at a budget, and nowhere else."""
        until = int(np.searchsorted(self._sorted_ms, budget_ms, "right"))
        if until < self._open:
            self._begin()
        arcs = self._order[self._open : until]
        self._cost.ravel()[arcs] = self._weight.ravel()[arcs]
        self._open = until

    def _settle(self, cost: Floats, saves: float) -> bool:
        """Pivot until no arc saves more than this; False where there is no end of it."""
        tree = self._tree
        for _ in range(MOST_PASSES):
            reduced = np.add(cost, tree.price, out=self._reduced)
            reduced -= reduced[self._every_row, tree.at][:, np.newaxis]
            places = reduced.argmin(axis=1)
            least = reduced[self._every_row, places]
            rows = (least < -saves).nonzero()[0]
            if not len(rows):
                return True
            rows = rows[least[rows].argsort()]
            places = places[rows]
            arcs = rows.tolist(), places.tolist(), cost[rows, places].tolist()
            tree.enter_where_it_saves(*arcs, saves)
        return False

    def _tied(self) -> tuple[Ints, Ints] | None:
        """
        Rows and places of the arcs outside of the basis that are as good on every level; None
        where the basis is not the best on one of them.
        """
        tree, levels = self._tree, len(self._tolerances)
        at, (places, rows) = tree.at, tree.below
        price = tree.prices(self._counts[:levels])
        worth = self._counts[:levels, self._every_row, at] + price[:, at]
        self._price, self._worth = price[0], worth[0]
        near = self._reduced <= self._tolerances[0] + self._lesser(price, worth)
        near[self._every_row, at] = near[rows, places] = near[-1, tree.idle] = False
        arcs = np.flatnonzero(near)
        row, place = np.divmod(arcs, len(self._mark))
        for n, tolerance in enumerate(self._tolerances):
            reduced = self._counts[n].ravel()[arcs] + price[n, place] - worth[n, row]
            if (reduced < -tolerance).any():
                return None
            same = reduced <= tolerance
            arcs, row, place = arcs[same], row[same], place[same]
        return row, place

    def _lesser(self, price: Floats, worth: Floats) -> float:
        """What all levels but the first make of a reduced cost at most, by what pivots go by."""
        most = self._largest + np.abs(price).max(axis=1) + np.abs(worth).max(axis=1)
        return float(most[1:] @ WEIGHTS[1 : len(most)])

    def _count_the_same(self, row: Ints, place: Ints) -> bool:
        """Whether no figure changes where load moves to these arcs."""
        if not len(row):
            return True
        counts, at = self._counts[len(self._tolerances) :], self._tree.at[row]
        price = self._tree.prices(counts)
        change = counts[:, row, place] + price[:, place] - counts[:, row, at] - price[:, at]
        return bool((np.abs(change).max(axis=1) <= self._same).all())

    def _decide(self, budget_ms: float) -> bool:
        """
        Find the optimum level by level, and at last by the fixed order, and share out alike what
        demands of a kind get; False where there is no end of it.
        """
        tree, groups = self._tree, self._kinds
        kinds = self._kinds_open.of(self._told_by, by_demand(self._opens <= budget_ms))
        free, pinned = kinds.free[groups.first_free], kinds.pinned[groups.first_pinned]
        order = order_of(self._fixed_order, kinds.first_free[free], kinds.first_pinned[pinned])
        by_order = self._rows(order.arcs, order.pinned, order.drop)
        counts = [*self._counts[: len(self._tolerances)], by_order]
        decided = self._settle_by_level(counts, [*self._tolerances, order.tolerance])
        tree.reckon(self._weight)
        [self._price] = tree.prices(self._counts[:1])
        self._worth = (self._counts[0] + self._price)[self._every_row, tree.at]
        load = np.zeros((len(self._amounts), len(self._mark)))
        row, place, amount = tree.loads
        load[row, place] = amount
        kind = np.concatenate([free, len(kinds.first_free) + pinned])
        self._take(*_used(in_equal_parts(kind, self._amounts, load)))
        return decided

    def _settle_by_level(self, counts: list[Floats], tolerances: list[float]) -> bool:
        """The same by one level after the other, each among what is best on all before."""
        face = self._cost < np.inf
        for count, tolerance in zip(counts, tolerances, strict=True):
            self._tree.reckon(count)
            if not self._settle(np.where(face, count, np.inf), tolerance):
                return False
            face = self._reduced <= tolerance
        return True


def _used(load: Floats) -> tuple[Ints, Ints, Floats]:
    """Rows, places and amounts of load (row, place)."""
    row, place = (load > ROUNDING).nonzero()
    return row, place, load[row, place]
