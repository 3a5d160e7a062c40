"""
Which of several equal placements is the placement: that of least added latency, then one in a fixed
order.

Placements are compared level by level: first the objective, then what breaks its ties. Prices of
one basis, a set for every level, tell whether it is the best on all of them, however it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.model.program import unserved_penalty

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FACE_TOLERANCE = 1e-7  # of the objective, in solver units: costs closer than that are one
LEVEL_SIZE = 1024.0  # of a level that breaks ties: its largest number
LEVEL_TOLERANCE = 1e-8  # to which it tells numbers apart
AWAY_DIFFERS = (
    0.1  # how much the fixed order tells arcs apart that lead away from home, of what they count
)
ROUNDING = 1e-9  # of amounts, in solver units
DECIMALS = 6  # to which costs of equal demands are the same, in solver units, and latencies in ms


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What one MW counts for on one level of the comparison."""

    arcs: Floats  # (demand, j)
    drop: Floats  # (2 demands,) unserved: free load, then pinned load
    tolerance: float  # to which two of these numbers are one


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Of demand and of capacity, by one level."""

    free: Floats  # (demand,)
    pinned: Floats  # (demand,)
    capacity: Floats  # (j,); below zero only where a region must stay full


def by_demand(arcs: NDArray[Any]) -> NDArray[Any]:
    """
    Arcs (i, j, k) as one row of regions for each demand (i, k): what is looked for per demand is
    side by side.
    """
    return np.ascontiguousarray(arcs.swapaxes(1, 2)).reshape(-1, arcs.shape[1])


def objective_level(cost: Floats, unserved_cost: float) -> Level:
    """The objective itself, of numbers in solver units."""
    return Level(cost, np.full(2 * len(cost), unserved_cost), FACE_TOLERANCE)


def tie_level(arcs: Floats, allowed: Bools) -> Level:
    """
    What breaks ties, brought to one size; what can be served at no cost to the levels before is
    served.
    """
    arcs = np.where(allowed, arcs, 0.0)
    arcs *= LEVEL_SIZE / (max(float(arcs.max(initial=0.0)), -float(arcs.min(initial=0.0))) or 1.0)
    return Level(arcs, np.full(2 * len(arcs), unserved_penalty(arcs)), LEVEL_TOLERANCE)


def fixed_order(shape: tuple[int, int, int], home: Ints) -> Level:
    """
    What leaves no ties but of equal demands: least load away from home, and then the same arcs
    always.

    Of a free and a pinned load that compete for their home, the pinned one goes first: it has
    nowhere else to go.
    """
    rng = np.random.default_rng(0)
    arcs = LEVEL_SIZE * (1.0 + AWAY_DIFFERS * rng.random(shape))
    arcs[np.arange(len(home)), home] = 0.0
    demands = shape[0] * shape[2]
    drop = unserved_penalty(arcs) + LEVEL_SIZE * (
        np.repeat([0.0, 1.0], demands) + rng.random(2 * demands)
    )
    return Level(by_demand(arcs), drop, LEVEL_TOLERANCE)


def order_of_kinds(order: Level, kinds: tuple[Ints, Ints]) -> Level:
    """
    The last level: the fixed order, in which all demands of a kind stand where the first of them
    does.
    """
    free, pinned = (_first(kind) for kind in kinds)
    drop = order.drop[np.concatenate([free, len(free) + pinned])]
    return Level(order.arcs[free], drop, order.tolerance)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Which part of the feasible set holds what is equal so far."""

    arcs: Bools  # (demand, j) for free load
    pinned: Bools  # (demand,) the home arc, for pinned load
    drop_free: Bools  # (demand,) may be left unserved
    drop_pinned: Bools  # (demand,)
    full: Bools  # (j,) regions that must stay full


def everything(allowed: Bools, home: Ints) -> Face:
    """All that is feasible, by arcs (demand, j) and the home of each demand."""
    demands, regions = allowed.shape
    drop = np.ones(demands, bool)
    return Face(allowed, at_home(allowed, home), drop, drop, np.zeros(regions, bool))


def at_home(arcs: NDArray[Any], home: Ints) -> NDArray[Any]:
    """Of arcs (demand, j), those from each demand to its home."""
    return arcs[np.arange(len(home)), home]


def optimal_face(level: Level, prices: Prices, face: Face, home: Ints) -> Face:
    """
    All equal optima of a level: what has a reduced cost stays empty, what has a price stays full.
    """
    arcs, pinned, drop_free, drop_pinned = _reduced(level, prices, home)
    return Face(
        arcs=face.arcs & (arcs <= level.tolerance),
        pinned=face.pinned & (pinned <= level.tolerance),
        drop_free=face.drop_free & (drop_free <= level.tolerance),
        drop_pinned=face.drop_pinned & (drop_pinned <= level.tolerance),
        full=face.full | (prices.capacity > level.tolerance),
    )


def _reduced(level: Level, prices: Prices, home: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """
    Reduced costs: of all arcs, of pinned load at home, of free and of pinned load left unserved.
    """
    arcs = level.arcs + prices.capacity
    arcs -= prices.free[:, np.newaxis]
    return arcs, *_reduced_but_arcs(level, prices, home)


def _reduced_but_arcs(level: Level, prices: Prices, home: Ints) -> tuple[Floats, Floats, Floats]:
    demands = len(home)
    pinned = at_home(level.arcs, home) + prices.capacity[home] - prices.pinned
    return pinned, level.drop[:demands] - prices.free, level.drop[demands:] - prices.pinned


def _first(kind: Ints) -> Ints:
    """The first demand of each demand's kind."""
    first = np.zeros(kind.max(initial=-1) + 1, np.intp)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    return first[kind]


def levels_met(levels: Sequence[Level], prices: Sequence[Prices], face: Face, home: Ints) -> int:
    """
    On how many levels, from the first, a basis is optimal among what is optimal on all before, by
    its prices on each.

    So it is where nothing outside of it has a reduced cost below zero on the first level that tells
    them apart.
    """
    reduced, *others = _reduced(levels[0], prices[0], home)
    # all arcs are looked at once: only those that the objective does not tell from the optimum can
    # be below it later
    arcs = np.flatnonzero(face.arcs & (reduced <= levels[0].tolerance))
    reduced = reduced.ravel()[arcs]
    demand, region = np.divmod(arcs, face.arcs.shape[1])
    ties = [
        face.pinned,
        face.drop_free,
        face.drop_pinned,
        ~face.full,
    ]  # of the last, regions with room to spare
    for n, (level, price) in enumerate(zip(levels, prices, strict=True)):
        if n:
            reduced = level.arcs.ravel()[arcs] + price.capacity[region] - price.free[demand]
            others = _reduced_but_arcs(level, price, home)
        costs = (*others, price.capacity)
        below = (reduced < -level.tolerance).any()
        if below or any(
            (tied & (cost < -level.tolerance)).any() for tied, cost in zip(ties, costs, strict=True)
        ):
            return n
        same = reduced <= level.tolerance
        arcs, demand, region = arcs[same], demand[same], region[same]
        ties = [tied & (cost <= level.tolerance) for tied, cost in zip(ties, costs, strict=True)]
    return len(levels)


def least_prices(
    cost: Floats, penalty: float, capacity: Floats, home: Ints,
    free: Floats, pinned: Floats, dropped_free: Floats, dropped_pinned: Floats,
) -> Prices:  # fmt: skip
    """
    The prices of a placement that is optimal; where there is more than one set of them, the least
    of capacity.

    They follow from where load runs, so they are the same whatever basis the solver ended with. One
    more MW of capacity lets in load that waits, or load from a region where the room that it leaves
    has a price of its own.

    Parameters
    ----------
    cost : shape (demand, j)
        Infinite where there is no arc.
    penalty
        On unserved load.
    capacity, home : shapes (j,) and (demand,)
    free, pinned, dropped_free, dropped_pinned : shapes (demand, j) and (demand,)
        The placement, in solver units.
    """
    regions = len(capacity)
    used = np.divmod(np.flatnonzero(free > 0), regions)  # of booleans: seven times as fast
    load = np.bincount(used[1], free[used], regions) + np.bincount(home, pinned, regions)
    price = np.zeros(regions)
    full = np.flatnonzero(load >= capacity - ROUNDING)
    if len(full):
        price[full] = _room_prices(cost, full, penalty, used, dropped_free, dropped_pinned, home)
    delivered = cost + price
    return Prices(
        free=np.minimum(delivered.min(axis=1), penalty),
        pinned=np.minimum(at_home(delivered, home), penalty),
        capacity=price,
    )


def _room_prices(
    cost: Floats, full: Ints, penalty: float, used: tuple[Ints, Ints],
    dropped_free: Floats, dropped_pinned: Floats, home: Ints,
) -> Floats:  # fmt: skip
    """
    Least prices of the capacity of full regions, shape (full,); `used` are the arcs (demand, j)
    that carry load.
    """
    position = np.full(cost.shape[1], -1)
    position[full] = np.arange(len(full))
    there = cost[:, full]
    price = (penalty - there[dropped_free > 0]).max(axis=0, initial=0.0)
    waits = np.flatnonzero((dropped_pinned > 0) & (position[home] >= 0))
    np.maximum.at(price, position[home[waits]], penalty - cost[waits, home[waits]])
    demand, origin = used
    order = np.argsort(origin, kind="stable")
    demand, origin = demand[order], origin[order]
    saving = cost[demand, origin][:, np.newaxis] - there[demand]  # of a MW moved there
    first = np.flatnonzero(np.diff(origin, prepend=-1))
    saving = np.maximum.reduceat(saving, first) if len(first) else np.empty((0, len(full)))
    room = position[
        origin[first]
    ]  # that it leaves, and whose price is nothing where there is room already
    for _ in range(len(full)):
        left = np.where(room >= 0, price[room], 0.0)
        higher = np.maximum(price, (saving + left[:, np.newaxis]).max(axis=0, initial=0.0))
        if (higher <= price + ROUNDING).all():
            break
        price = higher
    return price


class Kinds:
    """
    Which free and which pinned demands are of a kind: the same arcs, at the same costs and
    latencies.

    What costs and latencies tell apart is remembered until one of them changes: while a budget
    moves, only arcs open.
    """

    def __init__(self, home: Ints) -> None:
        self._home = home  # of each demand
        self._known: list[
            tuple[Floats, Ints, Ints]
        ] = []  # what counts, and what it alone tells apart
        self._allowed: Bools = np.empty(0, bool)
        self._found: tuple[Ints, Ints] = np.empty(0, np.intp), np.empty(0, np.intp)

    def of(self, counts: list[Floats], allowed: Bools) -> tuple[Ints, Ints]:
        """
        A number for each free and each pinned demand, by what counts (demand, j), in solver units
        or ms.

        The same object as the last time where nothing has changed since then.
        """
        last, self._known = self._known, []
        for n, count in enumerate(counts):
            known = n < len(last) and np.array_equal(count, last[n][0])
            self._known.append(last[n] if known else (count, *self._told_apart(count)))
        same = len(last) == len(counts) and all(
            a is b for a, b in zip(last, self._known, strict=True)
        )
        if not (same and np.array_equal(allowed, self._allowed)):
            arcs = np.zeros((len(allowed), -(-allowed.shape[1] // 64)), np.uint64)
            packed = np.packbits(allowed, axis=1)
            arcs.view(np.uint8)[:, : packed.shape[1]] = packed
            free = [kind.astype(np.uint64) for _, kind, _ in self._known]
            pinned = [kind.astype(np.uint64) for _, _, kind in self._known]
            here = self._home.astype(np.uint64), at_home(allowed, self._home).astype(np.uint64)
            self._found = (
                _same(np.column_stack([*free, arcs])),
                _same(np.column_stack([*pinned, *here])),
            )
            self._allowed = allowed
        return self._found

    def _told_apart(self, count: Floats) -> tuple[Ints, Ints]:
        rows = np.rint(count * 10.0**DECIMALS)
        rows += 0.0  # there is one zero only
        return _same(rows.view(np.uint64)), _same(
            at_home(rows, self._home)[:, np.newaxis].view(np.uint64)
        )


def _same(rows: NDArray[np.uint64]) -> Ints:
    """A number for each row, the same for equal rows."""
    mixed = rows ^ (rows >> np.uint64(32))  # of a float, most bits may be in its upper half
    key = (mixed * _odd(rows.shape[1])).sum(axis=1)
    order = key.argsort(kind="stable")
    starts = np.ones(len(key), bool)
    np.not_equal(key[order[1:]], key[order[:-1]], out=starts[1:])
    kind = np.empty(len(key), np.intp)
    kind[order] = np.cumsum(starts) - 1
    first = order[starts]
    if not np.array_equal(rows[first[kind]], rows):  # two kinds with one key
        _, kind = np.unique(rows, axis=0, return_inverse=True)
    return kind


@cache
def _odd(count: int) -> NDArray[np.uint64]:
    """So many odd numbers, at random."""
    return 2 * np.random.default_rng(0).integers(2**63, size=count, dtype=np.uint64) + np.uint64(1)


def rivals(face: Face, idle: Bools, free: Floats, dropped: Floats) -> Ints:
    """
    Which free demands compete for the same places on a face, where each of them may be the one that
    goes unserved.

    Parameters
    ----------
    face
        What is equal on all levels but the fixed order.
    idle : shape (j,)
        Regions with room to spare.
    free, dropped : shapes (demand, j) and (demand,)
        A placement on the face, pinned load apart.

    Returns
    -------
    numpy.ndarray, shape (demand,)
        The same number for rivals, of which each may take the part of the other; a number of its
        own for every other demand.

    Notes
    -----
    A demand may take a place where a chain of moves leads from there to a place that it leaves. To
    go unserved is a place, and so is room to spare. The answer is one of the face: every placement
    on it has the same.
    """
    demands, regions = dropped.size, len(idle)
    if not free.sum(axis=1)[face.drop_free].any():  # nobody who is served may go unserved instead
        return np.arange(demands)
    unserved, spare = 1 << regions, 1 << (regions + 1)  # places are bits: regions first
    arcs = _bits(np.column_stack([face.arcs, face.drop_free]))
    load = np.column_stack([free, dropped])
    uses = [[int(place) for place in np.flatnonzero(row)] for row in load]
    back = [
        1 << place for place in range(regions + 2)
    ]  # from where a chain of moves leads to a place
    step = [0] * (regions + 2)  # where one move leads from a place
    for demand, places in enumerate(uses):
        for place in places:
            step[place] |= arcs[demand]
    for region in np.flatnonzero(~face.full):
        step[-1] |= 1 << int(region)
        step[region] |= spare if idle[region] else 0
    for place, there in enumerate(step):
        for other in range(regions + 2):
            if there >> other & 1:
                back[other] |= 1 << place
    for between in range(regions + 2):
        for place in range(regions + 2):
            if back[place] >> between & 1:
                back[place] |= back[between]
    kinds: dict[int, int] = {}
    kind = []
    for demand, places in enumerate(uses):
        may = 0
        for place in places:
            may |= back[place]
        may &= arcs[demand]
        kind.append(kinds.setdefault(may if may & unserved else -1 - demand, len(kinds)))
    return np.array(kind)


def _bits(rows: Bools) -> list[int]:
    """Each row as a number, its first entry the lowest bit."""
    return [
        int.from_bytes(row.tobytes(), "little")
        for row in np.packbits(rows, axis=1, bitorder="little")
    ]


def _sums(rows: Floats, which: Ints) -> Floats:
    """
    Sums of the rows of each group, of which few entries are not zero; groups are numbered in order.
    """
    width = rows.shape[1]
    some = np.flatnonzero(rows != 0)
    place = which[some // width] * width + some % width
    sums = np.bincount(place, rows.ravel()[some], (which[-1] + 1) * width)
    return np.asarray(sums, float).reshape(-1, width)


def in_equal_parts(kind: Ints, wanted: Floats, amounts: Floats) -> Floats:
    """
    Amounts of shape (demand, place) with those of each kind shared out again in proportion to what
    its demands want.

    >>> in_equal_parts(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]), np.array([[0.0, 2.0], [2.0, 0.0], [5.0, 0.0]]))
    array([[0.5, 0.5],
           [1.5, 1.5],
           [5. , 0. ]])
    """
    demand, place = np.divmod(np.flatnonzero(amounts != 0), amounts.shape[1])
    least, most = np.full((2, kind.max(initial=-1) + 1), [[amounts.shape[1]], [-1]])
    np.minimum.at(least, kind[demand], place)
    np.maximum.at(most, kind[demand], place)
    # of kinds with all load at one place, all demands are served alike already
    some = np.flatnonzero((np.bincount(kind)[kind] > 1) & (least < most)[kind])
    if not len(some):
        return amounts
    some = some[np.argsort(kind[some], kind="stable")]
    starts = np.diff(kind[some], prepend=-1) != 0
    first, which = np.flatnonzero(starts), np.cumsum(starts) - 1
    total = _sums(amounts[some], which)
    whole = np.add.reduceat(wanted[some], first)[which]
    part = np.divide(wanted[some], whole, out=np.zeros(len(some)), where=whole > 0)
    shared = amounts.copy()
    shared[some] = total[which] * part[:, np.newaxis]
    return shared
