"""Why load goes unserved: what must be lifted for it to be served, with nobody else served less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.model.program import LPData, Optimum

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FULL = 1e-9  # a region is full that lacks less than that share of its own load and of all demand


@dataclass(frozen=True, eq=False)
class Case:
    """A placement that leaves load unserved."""

    numbers: LPData
    has_price: bool  # the penalty is what load may cost; otherwise all is served that can be
    home: Ints  # (client,)
    holds: Mapping[
        str, Bools
    ]  # by name, what must hold for an arc to exist, each (client, region, workload)
    optimum: Optimum

    @cached_property
    def room_cost(self) -> Floats:
        """
        What one MW of room in a region costs, shape (region,): nothing where there is some,
        infinite where none can be made by moving other load on, and nobody served less.
        """
        numbers, best = self.numbers, self.optimum
        regions = len(numbers.capacity_mw)
        load = best.free_mw.sum(axis=(0, 2)) + np.bincount(
            self.home, best.pinned_mw.sum(axis=1), minlength=regions
        )
        smallest = FULL * (numbers.free_mw.sum() + numbers.pinned_mw.sum())
        room = np.where(load < numbers.capacity_mw - smallest, 0.0, np.inf)
        i, origin, k = np.nonzero(best.free_mw)
        move = np.full((regions, regions), np.inf)  # from, to: the cheapest way to send a MW on
        there = np.where(numbers.allowed[i, :, k], numbers.cost[i, :, k], np.inf)
        np.minimum.at(move, origin, there - numbers.cost[i, origin, k, np.newaxis])
        for _ in range(regions):  # a chain of moves leaves no region twice
            cheaper = np.minimum(room, (move + room).min(axis=1))
            if (cheaper == room).all():
                break
            room = cheaper
        return room


def reason(case: Case, i: int, k: int, pinned: bool) -> str:
    """The reason why load of a client and class goes unserved, as in `Placement.unserved`."""
    cost, room = case.numbers.cost[i, :, k], case.room_cost
    most = case.numbers.drop[i, k] if case.has_price else np.inf
    holds = {name: held[i, :, k] for name, held in case.holds.items()}
    if pinned:
        holds["state locality"] = np.arange(len(cost)) == case.home[i]
    missing = np.sum([~held for held in holds.values()], axis=0)
    open_, roomy = missing == 0, np.isfinite(room)
    if case.has_price and (open_ & roomy).any():
        return "price"
    alone = (
        (missing == 1) & roomy & (cost + room <= most)
    )  # one constraint stands in the way of these arcs
    names = [name for name, held in holds.items() if (alone & ~held).any()]
    if names:
        return " or ".join(names)
    if (open_ & (cost <= most)).any():
        return "capacity"
    dear = cost + np.where(roomy, room, 0.0) > most
    obstacles = {name: ~held for name, held in holds.items()} | {"capacity": ~roomy, "price": dear}
    fewest = np.lexsort((cost, np.sum(list(obstacles.values()), axis=0)))[0]
    return " and ".join(name for name, stands in obstacles.items() if stands[fewest])
