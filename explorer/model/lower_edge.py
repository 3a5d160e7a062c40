"""
The lower edge of two totals of a placement, such as cost and carbon, or cost and mean delay.

Both totals are linear in the load, so the placement that is best for a weighted sum of them changes
at some weights only and stays as it is between them. Two neighbouring placements are worth the same
at exactly one pair of weights, and a solve with these tells whether a third lies below the line
between them: so all of them are found, one solve each (Aneja and Nair, "Bicriteria Transportation
Problem," Management Science 25 (1), 1979).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.model.program import LPData, Optimum, in_order_of_value, unserved_penalty
from explorer.model.solver import PlacementModel

T = TypeVar("T")
Floats = NDArray[np.float64]

BATCH = 24  # solves from one partial front to the next, about 0.15 s in a world of 60 regions


@dataclass(frozen=True, slots=True, eq=False)
class Vertex(Generic[T]):
    """What is kept of a placement on the edge, and its two totals."""

    kept: T
    first: float
    second: float


class LowerEdge(Generic[T]):
    """
    Placements that are best for some weighted sum of two totals; all that can be served is served.

    Parameters
    ----------
    model : PlacementModel
        Its lock is taken for each solve.
    home : shape (client,)
        Index of each client's home region.
    numbers : LPData
        Demands, capacities and arcs; its cost does not matter, of its penalties their order.
    first, second : shape (client, region, workload)
        What a MW on an arc adds to either total.
    noise : float
        A weighted sum that is lower by less is no other vertex.
    keep : callable
        What is kept of an optimum.
    """

    def __init__(
        self, model: PlacementModel, home: NDArray[np.intp], numbers: LPData,
        first: Floats, second: Floats, noise: float, keep: Callable[[Optimum], T],
    ) -> None:  # fmt: skip
        self._model, self._numbers, self.noise, self._keep = model, numbers, noise, keep
        self._first, self._second = first, second
        self._at_home = np.arange(len(home)), home

    def least_first(self) -> Vertex[T]:
        """The end of least first total, and of least second among those."""
        return self._vertex(self._solve(self._first, self._second))

    def least_second(self) -> Vertex[T]:
        """The end of least second total, and of least first among those."""
        return self._vertex(self._solve(self._second, self._first))

    def between(self, left: Vertex[T], right: Vertex[T]) -> Vertex[T] | None:
        """
        The vertex furthest below the line from left to right, or None where there is none.

        Whether there is one does not depend on ties; which it is does, so they are broken only then.
        """
        rise, fall = gap(left, right)
        if min(rise, fall) <= 0:
            return None
        # weights that both count for something, whatever a unit of the second is worth
        of_first, of_second = fall / (fall + rise), rise / (fall + rise)
        weighted = of_first * self._first + of_second * self._second
        first, second = self._totals(self._solve(weighted, any_will_do=True))
        if of_second * (left.second - second) - of_first * (first - left.first) <= self.noise:
            return None
        found = self._vertex(self._solve(weighted))
        return found if left.second > found.second > right.second else None

    def _solve(
        self, cost: Floats, then: Floats | None = None, any_will_do: bool = False
    ) -> Optimum:
        above = unserved_penalty(cost, self._numbers.allowed)
        penalty = in_order_of_value(above, self._numbers.unserved_cost)
        numbers = replace(self._numbers, cost=cost, unserved_cost=penalty)
        with self._model.lock:
            return self._model.solve(numbers, then, any_will_do)

    def _vertex(self, found: Optimum) -> Vertex[T]:
        return Vertex(self._keep(found), *self._totals(found))

    def _totals(self, found: Optimum) -> tuple[float, float]:
        load = found.free_mw.copy()
        load[self._at_home] += found.pinned_mw
        return float((load * self._first).sum()), float((load * self._second).sum())


class Walk(Generic[T]):
    """
    All vertices of an edge, from least first total to least second, found in pieces.

    The ends are known first.
    """

    def __init__(self, edge: LowerEdge[T]) -> None:
        self._edge = edge
        self._known: list[Vertex[T]] = []
        self._ahead: list[Vertex[T]] = []  # the nearest last

    @property
    def vertices(self) -> list[Vertex[T]]:
        """
        Those known so far: from the left without a gap, from there on with straight lines where
        others may yet be found below.
        """
        return [*self._known, *reversed(self._ahead)]

    def advance(self, solves: int = BATCH) -> bool:
        """Look at some more gaps; False once there are none left."""
        if not self._known:
            self._find_ends()
        for _ in range(solves):
            if not self._ahead:
                return False
            between = self._edge.between(self._known[-1], self._ahead[-1])
            if between is None:
                self._known.append(self._ahead.pop())
            else:
                self._ahead.append(between)
        return bool(self._ahead)

    def _find_ends(self) -> None:
        left, right = self._edge.least_first(), self._edge.least_second()
        rise, fall = gap(left, right)
        is_edge = fall > 0 and max(rise, fall) > self._edge.noise
        self._known, self._ahead = [left], [right] if is_edge else []


def gap(left: Vertex[T], right: Vertex[T]) -> tuple[float, float]:
    """By how much the first total rises and the second falls from one to the other."""
    return right.first - left.first, left.second - right.second


def corners(vertices: Sequence[Vertex[T]]) -> tuple[list[Vertex[T]], list[float]]:
    """
    The corners of an edge, and the slope of the line that leads to each: what the second total less
    by one costs of the first; 0 for the left end.

    What rounding left a hair above the line between others goes.
    """
    kept, slopes = list(vertices[:1]), [0.0]
    for vertex in vertices[1:]:
        slope = 0.0
        while kept:
            rise, fall = gap(kept[-1], vertex)
            slope = max(rise / fall, 0.0)
            if slope > slopes[-1]:
                break
            kept.pop()
            slopes.pop()
        kept.append(vertex)
        slopes.append(slope)
    return kept, slopes
