"""
Optima that follow one another while arcs open, by cycles of moves between regions.

An optimum is one because no cycle of moves saves: none that takes a MW from one region to the next,
another one from there on, and so back to the first. Where arcs into one region open, each cycle
that saves leads through that region. Those that save most are carried out first, until none is left
(successive shortest paths: Ahuja, Magnanti, Orlin, Network Flows, 1993, section 9.7). Between two
steps of a frontier few moves are needed, and a table of the cheapest move between each two regions
is all that has to be searched, whereas a linear program has a column for every arc.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

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
    at_home,
    by_demand,
    everything,
    objective_level,
    tie_level,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

WEIGHTS = 1.0, 1e-7, 1e-9  # of the levels, in what a move costs
SAVES = 1e-11  # what a cycle saves at least, in solver units
SAME = 1e-9  # of the largest number of a figure: less makes no difference


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The cheapest ways from one place to all."""

    root: int
    cost: Floats  # (place,)
    before: Ints  # (place,) from where the last move comes; of the root, itself

    def cycle(self, last: int) -> Ints:
        """The places on the way to one, from there back to the root."""
        places = [last]
        while places[-1] != self.root:
            places.append(int(self.before[places[-1]]))
        return np.array(places)


class OpeningArcs:
    """
    The placement along an axis on which arcs open: from the optimum at one budget to that at a
    larger one.

    Places are regions, and a last one for load that nobody serves. Rows are kinds of free demand,
    kinds of pinned demand, and idle capacity, which moves to any region for nothing and of which
    there is no end at the last place: so load and room are never taken away, but moved.

    Parameters
    ----------
    numbers, then
        What is asked, as of `PlacementModel.solve`; which arcs there are is in `opens_ms`.
    opens_ms : shape (client, region, workload)
        From which budget on an arc is there; infinite for never. [ms]
    home : shape (client,)
    figures : shape (figure, client, region, workload)
        What a MW on each arc adds to the figures that are looked at. Where placements that are
        equal on all levels differ in one of them, it takes the fixed order of `PlacementModel` to
        tell which of them is the placement.
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
        counts = [cost / self._units.cost, *ties, opens, *values_of_load(numbers, self._units)]
        self._kinds = groups = Kinds(self._home).of(counts, allowed)
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
        self._counts = np.stack(
            [self._rows(level.arcs, level.pinned, level.drop) for level in levels]
            + [self._rows(*self._of_kinds(by_demand(figure)), 0.0) for figure in figures]
            + [self._rows(np.zeros_like(data.cost), np.zeros(self._pinned), 0.0)]
        )
        self._weight = np.tensordot(WEIGHTS[: len(levels)], self._counts[: len(levels)], 1)
        self._same = SAME * np.abs(self._counts[len(levels) :]).max(axis=(1, 2), initial=0.0)
        self._same[-1] = SAME
        self._mark = np.random.default_rng(0).random(self._shape[1] + 1)  # of each place
        self._opens_ms = self._opening(*of_kinds(opens, groups, self._home))
        ever = (self._opens_ms < np.inf).ravel().nonzero()[0]
        self._order = ever[self._opens_ms.ravel()[ever].argsort(kind="stable")]
        self._sorted_ms = self._opens_ms.ravel()[self._order]
        self._open = 0  # how many arcs, in order
        self._paths: Paths | None = None

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
        rows[:-1][np.concatenate([data.free_mw, data.pinned_mw]) <= 0] = np.inf
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
        groups, units = self._kinds, self._units
        load = np.zeros(self._weight.T.shape)
        served_mw = by_demand(optimum.free_mw).T, optimum.unserved_free_mw.reshape(1, -1)
        for place, mw in enumerate(np.concatenate(served_mw)):
            load[place, : self._free] = np.bincount(groups.free, mw, self._free)
        for place, mw in (
            (self._data.pinned_home, optimum.pinned_mw),
            (-1, optimum.unserved_pinned_mw),
        ):
            load[place, self._pinned_rows] = np.bincount(groups.pinned, mw.ravel(), self._pinned)
        load /= units.mw
        load[:-1, -1] = self._data.capacity_mw - load[:-1].sum(axis=1)
        load[load <= ROUNDING] = 0.0
        load[-1, -1] = np.inf
        free = optimum.price_free.ravel()[groups.first_free]
        pinned = optimum.price_pinned.ravel()[groups.first_pinned]
        self._load = load  # (place, row), in solver units
        self._worth = np.concatenate([free, pinned, [0.0]]) / units.cost  # of the objective, (row,)
        self._price = np.append(optimum.capacity_price, 0.0) / units.cost  # (place,)
        self._open = int(np.searchsorted(self._sorted_ms, budget_ms, "right"))
        self._paths = None if self.unserved_mw else self._state(budget_ms)

    def _state(self, budget_ms: float) -> Paths | None:
        """See what every move costs; None if some cycle of them saves."""
        self._cost = np.where(self._opens_ms <= budget_ms, self._weight, np.inf)  # (row, place)
        places = len(self._load)
        self._move = np.full((places, places), np.inf)  # what one from place to place costs
        self._mover = np.zeros((places, places), np.intp)  # and which row it moves
        self._through = np.empty((places, places))
        self._look_at(range(places))
        return self._cheapest(places - 1)

    @property
    def unserved_mw(self) -> float:
        """Load that nobody serves. [MW]"""
        return float(self._load[-1, :-1].sum()) * self._units.mw

    @property
    def objective(self) -> float:
        """With the penalty on unserved load, in the unit of the objective."""
        return float(self._sums[0]) * self._units.mw * self._units.cost

    @property
    def figures(self) -> Floats:
        """What all load adds to each figure, shape (figure,)."""
        return self._sums[len(self._tolerances) : -1] * self._units.mw

    @property
    def _sums(self) -> Floats:
        place, row = (self._load[:, :-1] > 0).nonzero()
        return self._counts[:, row, place] @ self._load[place, row]

    def opened_mw(self, budget_ms: float) -> Floats:
        """Load of the arcs that open at just this budget, by region. [MW]"""
        row, place = self._opening_at(budget_ms)
        mw = self._load[place, row] * self._units.mw
        return np.asarray(np.bincount(place, mw, len(self._load))[:-1], float)

    def _opening_at(self, budget_ms: float) -> tuple[Ints, Ints]:
        """Rows and places of the arcs that open at just this budget."""
        first, last = (
            np.searchsorted(self._sorted_ms, budget_ms, side) for side in ("left", "right")
        )
        row, place = np.divmod(self._order[first:last], len(self._load))
        return row, place

    def next_ms(self) -> float:
        """The next budget at which an arc opens that improves the objective; infinite for none."""
        arcs = self._order[self._open :]
        row, place = np.divmod(arcs, len(self._load))
        cost = self._counts[0].ravel()[arcs] + self._price[place]
        better = cost < self._worth[row] - 2 * TIE_BREAK / self._units.cost
        later = self._sorted_ms[self._open :][better]
        return float(later.min(initial=np.inf))

    def move_to(self, budget_ms: float) -> bool:
        """
        Find the optimum at a larger budget; False where nothing proves that it is one: then a
        solver must find it, and `stand_on` goes on from there.
        """
        until = int(np.searchsorted(self._sorted_ms, budget_ms, "right"))
        arcs, self._open = self._order[self._open : until], until
        while self._paths is not None and len(arcs):
            row, place = np.divmod(arcs, len(self._load))
            price = _prices(self._paths.cost)
            worth = (self._cost[row] + price).min(axis=1)
            saves = self._weight[row, place] + price[place] < worth - SAVES
            if not saves.any():
                self._open_arcs(row, place)
                break
            into = place[saves.argmax()]
            here = place == into
            self._open_arcs(row[here], place[here])
            self._paths = self._cancel_through(int(into))
            arcs = arcs[~here]
        row, place = self._opening_at(budget_ms)
        self._counts[-1] = 0.0
        self._counts[-1, row, place] = self._mark[place]
        return self._paths is not None and self._is_proven(self._paths)

    def _open_arcs(self, row: Ints, place: Ints) -> None:
        """Let rows move to places where they could not go."""
        self._cost[row, place] = self._weight[row, place]
        origin, nth = (self._load[:, row] > 0).nonzero()
        row, place = row[nth], place[nth]
        cost = self._cost[row, place] - self._cost[row, origin]
        np.minimum.at(self._move, (origin, place), cost)
        best = cost == self._move[origin, place]
        self._mover[origin[best], place[best]] = row[best]

    def _look_at(self, places: Iterable[int]) -> None:
        """See anew what the cheapest moves from some places are."""
        every = np.arange(len(self._load))
        for place in places:
            rows = (self._load[place] > 0).nonzero()[0]
            if not len(rows):
                self._move[place] = np.inf
                continue
            cost = self._cost[rows]
            cost -= cost[:, place, np.newaxis]
            nth = cost.argmin(axis=0)
            self._move[place] = cost[nth, every]
            self._mover[place] = rows[nth]

    def _cheapest(self, root: int, before: Ints | None = None) -> Paths | None:
        """
        The cheapest ways from a place, none of which comes back to it; None if a cycle saves. Ways
        that were the cheapest a moment ago are mostly not far from it.
        """
        before = np.full(len(self._move), root) if before is None else before.copy()
        cost = _along(self._move[before, np.arange(len(before))], before, root)
        for _ in range(len(cost)):
            np.add(cost[:, np.newaxis], self._move, out=self._through)
            least = np.minimum.reduce(self._through)
            better = (least < cost - SAVES).nonzero()[0]
            better = better[better != root]
            if not len(better):
                return Paths(root, cost, before)
            before[better] = self._through[:, better].argmin(axis=0)
            cost[better] = least[better]
        return None

    def _cancel_through(self, region: int) -> Paths | None:
        """Carry out the cycles through a region that save, those that save most first."""
        paths = self._cheapest(region)
        while paths is not None:
            back = paths.cost + self._move[:, region]
            back[region] = 0.0
            last = int(back.argmin())
            if back[last] >= -SAVES:
                return paths
            self._carry_out(paths.cycle(last), float(back[last]) + SAVES)
            paths = self._cheapest(region, paths.before)
        return None

    def _carry_out(self, cycle: Ints, at_most: float) -> None:
        """Move from each place of a cycle to the one before it, as long as that costs no more."""
        to, origin = np.concatenate([cycle[-1:], cycle[:-1]]), cycle
        while self._move[origin, to].sum() <= at_most:
            row = self._mover[origin, to]
            left, new = self._load[origin, row], self._load[to, row] == 0
            amount = left.min()
            left -= amount
            left[left <= ROUNDING] = 0.0
            self._load[origin, row] = left
            self._load[to, row] += amount
            self._look_at({*origin[left == 0].tolist(), *to[new].tolist()})

    def _is_proven(self, paths: Paths) -> bool:
        """
        Whether prices prove that the placement is best on every level, and that its figures are
        those of all that are as good.
        """
        place, row = np.arange(len(self._load)), np.arange(len(self._cost))
        mover = self._mover[paths.before, place]
        moves = self._counts[:, mover, place] - self._counts[:, mover, paths.before]
        price = _prices(_along(moves, paths.before, paths.root))  # (count, place)
        at = (self._cost + _prices(paths.cost)).argmin(axis=1)
        worth = self._counts[:, row, at] + price[:, at]  # (count, row)
        self._price, self._worth = price[0], worth[0]
        near = self._counts[0] + price[0] - worth[0, :, np.newaxis] <= self._tolerances[0]
        arcs = (near & (self._cost < np.inf)).ravel().nonzero()[0]
        used = (self._load.T > 0).ravel()[arcs]
        if used.sum() < np.count_nonzero(self._load) or self._load[-1, :-1].any():
            return False
        for n, counts in enumerate(self._counts):
            row, place = np.divmod(arcs, len(self._load))
            reduced = counts.ravel()[arcs] + price[n, place] - worth[n, row]
            if n >= len(self._tolerances):  # a figure, on all arcs that are as good
                if np.abs(reduced).max(initial=0.0) > self._same[n - len(self._tolerances)]:
                    return False
                continue
            tied = reduced <= self._tolerances[n]
            if (reduced < -self._tolerances[n]).any() or (used & ~tied).any():
                return False
            arcs, used = arcs[tied], used[tied]
        return True


def _prices(cost: Floats) -> Floats:
    """Of room at each place, by what it costs to get there; at the last one there is enough."""
    return cost[..., -1:] - cost


def _along(moves: Floats, before: Ints, root: int) -> Floats:
    """The sums of moves along the ways from the root to each place, the last axis."""
    sums = moves.copy()
    sums[..., root] = 0.0
    while (before != root).any():
        sums, before = sums + sums[..., before], before[before]
    return sums
