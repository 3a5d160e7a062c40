"""
Which of several equal placements is the placement: that of least added latency, then one that leaves
even shares unserved (see `fairness`), then one in a fixed order.

Placements are compared level by level: first the objective, then what breaks its ties. Prices of
one basis, a set for every level, tell whether it is the best on all of them, however it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What one MW counts for on one level of the comparison."""

    arcs: Floats  # (free, j)
    pinned: Floats  # (pinned,) the home arc of pinned load
    drop: Floats  # (free + pinned,) unserved: free load, then pinned load
    tolerance: float  # to which two of these numbers are one


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Of demand and of capacity, by one level."""

    free: Floats  # (free,)
    pinned: Floats  # (pinned,)
    capacity: Floats  # (j,); below zero only where a region must stay full


def by_demand(arcs: NDArray[Any]) -> NDArray[Any]:
    """
    Arcs (i, j, k) as one row of regions for each demand (i, k): what is looked for per demand is
    side by side.
    """
    return np.ascontiguousarray(arcs.swapaxes(1, 2)).reshape(-1, arcs.shape[1])


def objective_level(cost: Floats, pinned: Floats, drop: Floats) -> Level:
    """
    The objective itself, of numbers in solver units: of free arcs, of pinned load at home, of what
    goes unserved.
    """
    return Level(cost, pinned, drop, FACE_TOLERANCE)


def tie_level(arcs: Floats, pinned: Floats, every: Face) -> Level:
    """
    What breaks ties, brought to one size; what can be served at no cost to the levels before is
    served.
    """
    arcs, pinned = np.where(every.arcs, arcs, 0.0), np.where(every.pinned, pinned, 0.0)
    largest = max(float(arcs.max(initial=0.0)), -float(arcs.min(initial=0.0))) or 1.0
    arcs *= LEVEL_SIZE / largest
    drop = np.full(len(arcs) + len(pinned), unserved_penalty(arcs))
    return Level(arcs, pinned * (LEVEL_SIZE / largest), drop, LEVEL_TOLERANCE)


def fixed_order(shape: tuple[int, int, int], home: Ints) -> Level:
    """
    What leaves no ties but of equal demands: least load away from home, and then the same arcs
    always. Who goes unserved is no matter of order, see `fairness`.
    """
    rng = np.random.default_rng(0)
    arcs = LEVEL_SIZE * (1.0 + AWAY_DIFFERS * rng.random(shape))
    arcs[np.arange(len(home)), home] = 0.0
    demands = shape[0] * shape[2]
    drop = np.full(2 * demands, unserved_penalty(arcs))
    return Level(by_demand(arcs), np.zeros(demands), drop, LEVEL_TOLERANCE)


def order_of(order: Level, free: Ints, pinned: Ints) -> Level:
    """
    The last level: the fixed order, in which all demands of a kind stand where the first of them
    does, given for each free and each pinned kind.
    """
    drop = order.drop[np.concatenate([free, len(order.pinned) + pinned])]
    return Level(order.arcs[free], order.pinned[pinned], drop, order.tolerance)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Which part of the feasible set holds what is equal so far."""

    arcs: Bools  # (free, j)
    pinned: Bools  # (pinned,) the home arc, for pinned load
    drop_free: Bools  # (free,) may be left unserved
    drop_pinned: Bools  # (pinned,)
    full: Bools  # (j,) regions that must stay full


def everything(allowed: Bools, pinned: Bools) -> Face:
    """All that is feasible, by arcs (free, j) and by the home arcs of pinned load."""
    drop_free, drop_pinned = np.ones(len(allowed), bool), np.ones(len(pinned), bool)
    return Face(allowed, pinned, drop_free, drop_pinned, np.zeros(allowed.shape[1], bool))


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
    free = len(prices.free)
    pinned = level.pinned + prices.capacity[home] - prices.pinned
    return pinned, level.drop[:free] - prices.free, level.drop[free:] - prices.pinned


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
    cost: Floats, pinned_cost: Floats, drop: Floats, capacity: Floats, home: Ints,
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
    cost, pinned_cost : shapes (free, j) and (pinned,)
        Infinite where there is no arc.
    drop : shape (free + pinned,)
        Penalty on unserved load.
    capacity, home : shapes (j,) and (pinned,)
    free, pinned, dropped_free, dropped_pinned : shapes (free, j), (pinned,), (free,), (pinned,)
        The placement, in solver units.
    """
    regions = len(capacity)
    used = np.divmod(np.flatnonzero(free > 0), regions)  # of booleans: seven times as fast
    load = np.bincount(used[1], free[used], regions) + np.bincount(home, pinned, regions)
    price = np.zeros(regions)
    full = np.flatnonzero(load >= capacity - ROUNDING)
    if len(full):
        price[full] = _room_prices(
            cost, pinned_cost, full, drop, used, dropped_free, dropped_pinned, home
        )
    delivered, demands = cost + price, len(free)
    return Prices(
        free=np.minimum(delivered.min(axis=1), drop[:demands]),
        pinned=np.minimum(pinned_cost + price[home], drop[demands:]),
        capacity=price,
    )


def _room_prices(
    cost: Floats, pinned_cost: Floats, full: Ints, drop: Floats, used: tuple[Ints, Ints],
    dropped_free: Floats, dropped_pinned: Floats, home: Ints,
) -> Floats:  # fmt: skip
    """
    Least prices of the capacity of full regions, shape (full,); `used` are the arcs (free, j)
    that carry load.
    """
    position = np.full(cost.shape[1], -1)
    position[full] = np.arange(len(full))
    there = cost[:, full]
    free, some = drop[: len(cost)], dropped_free > 0
    price = (free[some, np.newaxis] - there[some]).max(axis=0, initial=0.0)
    waits = np.flatnonzero((dropped_pinned > 0) & (position[home] >= 0))
    np.maximum.at(price, position[home[waits]], drop[len(cost) + waits] - pinned_cost[waits])
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
