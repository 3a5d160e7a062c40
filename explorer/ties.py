"""
Which of several equal placements is the placement: that of least added latency, then one in a fixed order.

Placements are compared level by level: first the objective, then what breaks its ties. Prices of one basis, a set for
every level, tell whether it is the best on all of them, however it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.program import Numbers, serve_first

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FACE_TOLERANCE = 1e-7  # of the objective, in solver units: costs closer than that are one
LEVEL_SIZE = 1024.0  # of a level that breaks ties: its largest number
LEVEL_TOLERANCE = 1e-8  # to which it tells numbers apart
AWAY_DIFFERS = 0.1  # how much the fixed order tells arcs apart that lead away from home, of what they count
ROUNDING = 1e-9  # of amounts, in solver units
DECIMALS = 6  # to which costs of equal demands are the same, in solver units


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
    arcs = arcs * (LEVEL_SIZE / (np.abs(arcs).max(initial=0.0) or 1.0))
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
    free, pinned = (np.unique(kind, return_index=True)[1][kind] for kind in kinds)
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


def is_best(levels: Sequence[Level], prices: Sequence[Prices], face: Face, home: Ints) -> bool:
    """
    Whether a basis is optimal on every level among what is optimal on all before, by its prices on each.

    So it is where nothing outside of it has a reduced cost below zero on the first level that tells them apart.
    """
    clients = np.arange(len(home))
    # what no level before has told from the optimum; of the last, regions with room to spare
    ties = [face.arcs, face.pinned, face.drop_free, face.drop_pinned, ~face.full]
    for level, price in zip(levels, prices, strict=True):
        delivered = level.arcs + price.capacity[:, np.newaxis]
        drop_free, drop_pinned = level.drop.reshape(2, *price.free.shape)
        reduced = (
            delivered - price.free[:, np.newaxis],
            delivered[clients, home] - price.pinned,
            drop_free - price.free,
            drop_pinned - price.pinned,
            price.capacity,
        )
        if any((tied & (cost < -level.tolerance)).any() for tied, cost in zip(ties, reduced, strict=True)):
            return False
        ties = [tied & (cost <= level.tolerance) for tied, cost in zip(ties, reduced, strict=True)]
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
    load = free.sum(axis=(0, 2)) + np.bincount(home, pinned.sum(axis=1), minlength=regions)
    full = load >= numbers.capacity_mw - ROUNDING
    i, k = np.nonzero(dropped_free)
    waiting = (penalty - cost[i, :, k]).max(axis=0, initial=0.0)
    i, k = np.nonzero(dropped_pinned)
    np.maximum.at(waiting, home[i], penalty - at_home[i, k])
    i, origin, k = np.nonzero(free)
    order = np.argsort(origin, kind="stable")
    i, origin, k = i[order], origin[order], k[order]
    origins, first = np.unique(origin, return_index=True)
    saving = cost[i, origin, k][:, np.newaxis] - cost[i, :, k]  # of moving a MW from its region to any
    saving = np.maximum.reduceat(saving, first) if len(first) else np.empty((0, regions))
    price = np.where(full, waiting, 0.0)
    for _ in range(regions):
        moved = (saving + price[origins, np.newaxis]).max(axis=0, initial=0.0)
        higher = np.where(full, np.maximum(price, moved), 0.0)
        if (higher <= price + ROUNDING).all():
            break
        price = higher
    delivered = cost + price[:, np.newaxis]
    return Prices(
        free=np.minimum(delivered.min(axis=1), penalty),
        pinned=np.minimum(at_home + price[home][:, np.newaxis], penalty),
        capacity=price,
    )


def alike(levels: Sequence[Level], allowed: Bools, home: Ints) -> tuple[Ints, Ints]:
    """
    Which free and which pinned demands are of a kind, with the same arcs that count the same on every level.

    A number for each demand.
    """
    clients, demands = np.arange(len(home)), allowed.shape[0] * allowed.shape[2]
    rows = [allowed.astype(float), *(level.arcs.round(DECIMALS) * allowed + 0.0 for level in levels)]
    by_demand = np.concatenate([row.swapaxes(1, 2).reshape(demands, -1) for row in rows], axis=1)
    at_home = [row[clients, home].ravel() for row in rows]
    return _same(by_demand), _same(np.column_stack([np.repeat(home, allowed.shape[2]), *at_home]).astype(float))


def _same(rows: Floats) -> Ints:
    """A number for each row, the same for equal rows."""
    rows = np.ascontiguousarray(rows)
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    return np.unique(whole, return_inverse=True)[1].ravel()


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
    arcs = np.column_stack([face.arcs.swapaxes(1, 2).reshape(demands, -1), face.drop_free.ravel()])
    uses = np.column_stack([free.swapaxes(1, 2).reshape(demands, -1), dropped.ravel()]) > 0
    step = np.eye(regions + 2)
    step[: regions + 1, : regions + 1] += uses.T.astype(float) @ arcs
    step[:regions, -1] = idle & ~face.full
    step[-1, :regions] = ~face.full
    for _ in range(regions.bit_length() + 1):  # chains of twice the length
        step = ((step > 0).astype(float) @ (step > 0) > 0).astype(float)
    places = arcs & (uses @ step[:-1, :-1].T > 0)
    alone = ~places[:, -1]
    return _same(np.column_stack([places, alone * np.arange(1.0, demands + 1)]))


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
