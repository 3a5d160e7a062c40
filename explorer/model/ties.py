"""
Which of several equal placements is the placement: that of least added latency, then one in a fixed order.

Placements are compared level by level: first the objective, then what breaks its ties. Prices of one basis, a set for
every level, tell whether it is the best on all of them, however it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.model.program import Numbers, serve_first

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FACE_TOLERANCE = 1e-7  # of the objective, in solver units: costs closer than that are one
LEVEL_SIZE = 1024.0  # of a level that breaks ties: its largest number
LEVEL_TOLERANCE = 1e-8  # to which it tells numbers apart
AWAY_DIFFERS = 0.1  # how much the fixed order tells arcs apart that lead away from home, of what they count
ROUNDING = 1e-9  # of amounts, in solver units
DECIMALS = 6  # to which costs of equal demands are the same, in solver units, and latencies in ms


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What one MW counts for on one level of the comparison."""

    arcs: Floats  # (i, j, k)
    drop: Floats  # (2 demands,) unserved: free load, then pinned load
    tolerance: float  # to which two of these numbers are one


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Of demand and of capacity, by one level."""

    free: Floats  # (i, k)
    pinned: Floats  # (i, k)
    capacity: Floats  # (j,); below zero only where a region must stay full


def objective_level(numbers: Numbers) -> Level:
    """The objective itself, of numbers in solver units."""
    return Level(numbers.cost, np.full(2 * numbers.free_mw.size, numbers.unserved_cost), FACE_TOLERANCE)


def tie_level(arcs: Floats, allowed: Bools) -> Level:
    """What breaks ties, brought to one size; what can be served at no cost to the levels before is served."""
    arcs = np.where(allowed, arcs, 0.0)
    arcs *= LEVEL_SIZE / (max(float(arcs.max(initial=0.0)), -float(arcs.min(initial=0.0))) or 1.0)
    return Level(arcs, np.full(2 * arcs.shape[0] * arcs.shape[2], serve_first(arcs)), LEVEL_TOLERANCE)


def fixed_order(shape: tuple[int, int, int], home: Ints) -> Level:
    """
    What leaves no ties but of equal demands: least load away from home, and then the same arcs always.

    Of a free and a pinned load that compete for their home, the pinned one goes first: it has nowhere else to go.
    """
    rng = np.random.default_rng(0)
    arcs = LEVEL_SIZE * (1.0 + AWAY_DIFFERS * rng.random(shape))
    arcs[np.arange(len(home)), home] = 0.0
    demands = shape[0] * shape[2]
    drop = serve_first(arcs) + LEVEL_SIZE * (np.repeat([0.0, 1.0], demands) + rng.random(2 * demands))
    return Level(arcs, drop, LEVEL_TOLERANCE)


def order_of_kinds(order: Level, kinds: tuple[Ints, Ints]) -> Level:
    """The last level: the fixed order, in which all demands of a kind stand where the first of them does."""
    clients, regions, workloads = order.arcs.shape
    rows = order.arcs.swapaxes(1, 2).reshape(-1, regions)
    free, pinned = (_first(kind) for kind in kinds)
    arcs = rows[free].reshape(clients, workloads, regions).swapaxes(1, 2)
    return Level(arcs, order.drop[np.concatenate([free, len(rows) + pinned])], order.tolerance)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Which part of the feasible set holds what is equal so far."""

    arcs: Bools  # (i, j, k) for free load
    pinned: Bools  # (i, k) the home arc, for pinned load
    drop_free: Bools  # (i, k) may be left unserved
    drop_pinned: Bools  # (i, k)
    full: Bools  # (j,) regions that must stay full


def everything(allowed: Bools, home: Ints) -> Face:
    """All that is feasible."""
    clients, regions, workloads = allowed.shape
    drop = np.ones((clients, workloads), bool)
    return Face(allowed, allowed[np.arange(clients), home], drop, drop, np.zeros(regions, bool))


def optimal_face(level: Level, prices: Prices, face: Face, home: Ints) -> Face:
    """All equal optima of a level: what has a reduced cost stays empty, what has a price stays full."""
    delivered = level.arcs + prices.capacity[:, np.newaxis]
    drop_free, drop_pinned = level.drop.reshape(2, *prices.free.shape)
    at_home = delivered[np.arange(len(home)), home]
    return Face(
        arcs=face.arcs & (delivered - prices.free[:, np.newaxis] <= level.tolerance),
        pinned=face.pinned & (at_home - prices.pinned <= level.tolerance),
        drop_free=face.drop_free & (drop_free - prices.free <= level.tolerance),
        drop_pinned=face.drop_pinned & (drop_pinned - prices.pinned <= level.tolerance),
        full=face.full | (prices.capacity > level.tolerance),
    )


def _first(kind: Ints) -> Ints:
    """The first demand of each demand's kind."""
    first = np.zeros(kind.max(initial=-1) + 1, np.intp)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    return first[kind]


def is_best(levels: Sequence[Level], prices: Sequence[Prices], face: Face, home: Ints) -> bool:
    """
    Whether a basis is optimal on every level among what is optimal on all before, by its prices on each.

    So it is where nothing outside of it has a reduced cost below zero on the first level that tells them apart.
    """
    clients, first = np.arange(len(home)), prices[0]
    reduced = levels[0].arcs + first.capacity[:, np.newaxis] - first.free[:, np.newaxis]
    if (face.arcs & (reduced < -levels[0].tolerance)).any():
        return False
    # what no level before has told from the optimum
    i, j, k = _where(face.arcs & (reduced <= levels[0].tolerance))
    ties = [face.pinned, face.drop_free, face.drop_pinned, ~face.full]  # of the last, regions with room to spare
    for level, price in zip(levels, prices, strict=True):
        reduced = level.arcs[i, j, k] + price.capacity[j] - price.free[i, k]
        at_home = level.arcs[clients, home] + price.capacity[home][:, np.newaxis]
        drop_free, drop_pinned = level.drop.reshape(2, *price.free.shape)
        others = at_home - price.pinned, drop_free - price.free, drop_pinned - price.pinned, price.capacity
        below = (reduced < -level.tolerance).any()
        if below or any((tied & (cost < -level.tolerance)).any() for tied, cost in zip(ties, others, strict=True)):
            return False
        same = reduced <= level.tolerance
        i, j, k = i[same], j[same], k[same]
        ties = [tied & (cost <= level.tolerance) for tied, cost in zip(ties, others, strict=True)]
    return True


def least_prices(
    numbers: Numbers, home: Ints, free: Floats, pinned: Floats, dropped_free: Floats, dropped_pinned: Floats
) -> Prices:
    """
    The prices of a placement that is optimal; where there is more than one set of them, the least of capacity.

    They follow from where load runs, so they are the same whatever basis the solver ended with. One more MW of capacity
    lets in load that waits, or load from a region where the room that it leaves has a price of its own.
    """
    regions, penalty = len(numbers.capacity_mw), numbers.unserved_cost
    cost = np.where(numbers.allowed, numbers.cost, np.inf)
    at_home = cost[np.arange(len(home)), home]
    used = _where(free)
    load = np.bincount(used[1], free[used], regions) + np.bincount(home, pinned.sum(axis=1), regions)
    price = np.zeros(regions)
    full = np.flatnonzero(load >= numbers.capacity_mw - ROUNDING)
    if len(full):
        price[full] = _room_prices(cost, full, penalty, used, dropped_free, dropped_pinned, home)
    delivered = cost + price[:, np.newaxis]
    return Prices(
        free=np.minimum(delivered.swapaxes(0, 1).copy().min(axis=0), penalty),  # a quarter of the time of axis 1
        pinned=np.minimum(at_home + price[home][:, np.newaxis], penalty),
        capacity=price,
    )


def _where(array: NDArray[Any]) -> tuple[Ints, ...]:
    """`numpy.nonzero`, sooner."""
    return np.unravel_index(np.flatnonzero(array), array.shape)


def _room_prices(
    cost: Floats,
    full: Ints,
    penalty: float,
    used: tuple[Ints, ...],
    dropped_free: Floats,
    dropped_pinned: Floats,
    home: Ints,
) -> Floats:
    """Least prices of the capacity of full regions, shape (full,); `used` are the arcs (i, j, k) that carry load."""
    position = np.full(cost.shape[1], -1)
    position[full] = np.arange(len(full))
    i, k = np.nonzero(dropped_free)
    price = (penalty - cost[i[:, np.newaxis], full, k[:, np.newaxis]]).max(axis=0, initial=0.0)
    i, k = np.nonzero((dropped_pinned > 0) & (position[home] >= 0)[:, np.newaxis])
    np.maximum.at(price, position[home[i]], penalty - cost[i, home[i], k])
    i, origin, k = used
    order = np.argsort(origin, kind="stable")
    i, origin, k = i[order], origin[order], k[order]
    saving = cost[i, origin, k][:, np.newaxis] - cost[:, full][i, :, k]  # of a MW moved there
    first = np.flatnonzero(np.diff(origin, prepend=-1))
    saving = np.maximum.reduceat(saving, first) if len(first) else np.empty((0, len(full)))
    room = position[origin[first]]  # that it leaves, and whose price is nothing where there is room already
    for _ in range(len(full)):
        left = np.where(room >= 0, price[room], 0.0)
        higher = np.maximum(price, (saving + left[:, np.newaxis]).max(axis=0, initial=0.0))
        if (higher <= price + ROUNDING).all():
            break
        price = higher
    return price


class Kinds:
    """
    Which free and which pinned demands are of a kind: the same arcs, at the same costs and latencies.

    What costs and latencies tell apart is remembered until one of them changes: while a budget moves, only arcs open.
    """

    def __init__(self, home: Ints) -> None:
        self._home = home
        self._counts: list[Floats] = []
        self._by_cost: tuple[Ints, Ints] = np.empty(0, np.intp), np.empty(0, np.intp)

    def of(self, counts: list[Floats], allowed: Bools) -> tuple[Ints, Ints]:
        """A number for each free and each pinned demand, by what counts (i, j, k), in solver units or ms."""
        clients, demands = np.arange(len(self._home)), allowed.shape[0] * allowed.shape[2]
        if len(counts) != len(self._counts) or not all(map(np.array_equal, counts, self._counts)):
            rows = [count.round(DECIMALS) + 0.0 for count in counts]
            by_demand = np.concatenate([row.swapaxes(1, 2).reshape(demands, -1) for row in rows], axis=1)
            at_home = [np.repeat(self._home, allowed.shape[2]), *(row[clients, self._home].ravel() for row in rows)]
            self._by_cost = _same(by_demand), _same(np.column_stack(at_home).astype(float))
            self._counts = counts
        free, pinned = self._by_cost
        arcs = np.packbits(allowed.swapaxes(1, 2).reshape(demands, -1), axis=1)
        return _same(np.column_stack([free.view(np.uint8).reshape(demands, -1), arcs])), 2 * pinned + allowed[
            clients, self._home
        ].ravel()


def _same(rows: NDArray[Any]) -> Ints:
    """A number for each row, the same for equal rows."""
    kinds: dict[bytes, int] = {}
    size, data = rows.itemsize * rows.shape[1], rows.tobytes()
    return np.array([kinds.setdefault(data[n * size : (n + 1) * size], len(kinds)) for n in range(len(rows))])


def rivals(face: Face, idle: Bools, free: Floats, dropped: Floats) -> Ints:
    """
    Which free demands compete for the same places on a face, where each of them may be the one that goes unserved.

    Parameters
    ----------
    face
        What is equal on all levels but the fixed order.
    idle : shape (j,)
        Regions with room to spare.
    free, dropped : shapes (i, j, k) and (i, k)
        A placement on the face, pinned load apart.

    Returns
    -------
    numpy.ndarray, shape (demand,)
        The same number for rivals, of which each may take the part of the other; a number of its own for every other
        demand.

    Notes
    -----
    A demand may take a place where a chain of moves leads from there to a place that it leaves. To go unserved is a
    place, and so is room to spare. The answer is one of the face: every placement on it has the same.
    """
    demands, regions = dropped.size, len(idle)
    if not free.sum(axis=1)[face.drop_free].any():  # nobody who is served may go unserved instead
        return np.arange(demands)
    unserved, spare = 1 << regions, 1 << (regions + 1)  # places are bits: regions first
    arcs = _bits(np.column_stack([face.arcs.swapaxes(1, 2).reshape(demands, -1), face.drop_free.ravel()]))
    load = np.column_stack([free.swapaxes(1, 2).reshape(demands, -1), dropped.ravel()])
    uses = [[int(place) for place in np.flatnonzero(row)] for row in load]
    back = [1 << place for place in range(regions + 2)]  # from where a chain of moves leads to a place
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
    return [int.from_bytes(row.tobytes(), "little") for row in np.packbits(rows, axis=1, bitorder="little")]


def in_equal_parts(kind: Ints, wanted: Floats, amounts: Floats) -> Floats:
    """
    Amounts of shape (demand, ...) with those of each kind shared out again in proportion to what its demands want.

    >>> in_equal_parts(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]), np.array([[0.0, 2.0], [2.0, 0.0], [5.0, 0.0]]))
    array([[0.5, 0.5],
           [1.5, 1.5],
           [5. , 0. ]])
    """
    some = np.flatnonzero(np.bincount(kind)[kind] > 1)
    if not len(some):
        return amounts
    some = some[np.argsort(kind[some], kind="stable")]
    _, first, which = np.unique(kind[some], return_index=True, return_inverse=True)
    total = np.add.reduceat(amounts[some], first)
    whole = np.add.reduceat(wanted[some], first)[which]
    part = np.divide(wanted[some], whole, out=np.zeros(len(some)), where=whole > 0)
    shared = amounts.copy()
    shared[some] = total[which] * part[:, np.newaxis]
    return shared
