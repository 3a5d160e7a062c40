"""
Load at places as a tree, and the pivots that lead from one placement to a better one.

The network simplex method (Ahuja, Magnanti, Orlin, Network Flows, 1993, chapter 11): of all arcs
between rows of load and places, those of a basis form a tree, and an arc that enters closes a cycle
in it, round which load moves until an arc of the tree is empty and leaves. A cycle takes few arcs,
so a pivot takes few steps, however large the world.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Where a tree stands, whatever a unit costs there: what is above each node, and how much."""

    room: Floats
    amounts: Floats
    above: Ints
    amount: Floats

    def is_of(self, room: Floats, amounts: Floats) -> bool:
        """Whether it is these amounts in this room."""
        return np.array_equal(self.room, room) and np.array_equal(self.amounts, amounts)


class Tree:
    """
    A basis of load at places.

    Nodes are places, of which the last one is the root and takes what is unserved, without limit;
    then rows of load; and at the end a row of idle room that is always at the root. Arcs lead from
    rows to places, and from places to the root: the room that is idle there. An arc from a row to a
    place has the number row * places + place.

    The tree is strongly feasible: from each node something can be sent to the root, so that pivots
    that move nothing come to an end.

    Parameters
    ----------
    room : shape (place - 1,)
        Of all places but the last.
    amounts, unserved : shape (row,)
        How much there is of each row, and what a unit of it costs where it is unserved, as all of
        it is to begin with.
    """

    def __init__(self, room: Floats, amounts: Floats, unserved: Floats) -> None:
        self._asked = room, amounts
        self._root, rows = len(room), len(amounts)
        nodes = self._root + 1 + rows + 1
        above = np.full(nodes, self._root)
        self._above, self._above_of = above, above.data
        amount = np.concatenate([room, [0.0], amounts, [0.0]])  # on the arc to the node above
        self._amount, self._amount_of = amount, _items(amount)
        cost = np.concatenate([np.zeros(self._root + 1), unserved, [0.0]])  # of that arc
        self._cost, self._cost_of = cost, _items(cost)
        # places, and rows that have places below them: what hands on prices
        self._below: list[set[int]] = [set() for _ in range(nodes)]
        self._below[self._root] = {*range(self._root)}
        self.price = np.zeros(self._root + 1)  # of room at each place, by what pivots go by
        self._price_of = _items(self.price)
        self._first_arcs = np.arange(rows + 1) * (self._root + 1)  # of each row

    @property
    def basis(self) -> Basis:
        """Where it stands now."""
        return Basis(*self._asked, self._above.copy(), self._amount.copy())

    def take_up(self, basis: Basis) -> None:
        """
        Stand, from the beginning, where another tree of the same amounts and room stood. What units
        cost there is to be reckoned.
        """
        self._above[:], self._amount[:] = basis.above, basis.amount
        below, root = self._below, self._root
        for place, row in zip(*(each.tolist() for each in self._places_below), strict=True):
            below[root].discard(place)
            below[row + root + 1].add(place)
            below[self._above_of[row + root + 1]].add(row + root + 1)

    @property
    def at(self) -> Ints:
        """The place above each row, that of idle room included, shape (row + 1,)."""
        return self._above[self._root + 1 :]

    @property
    def unserved(self) -> float:
        """How much load is at the root."""
        return float(self._amount[self._root + 1 :][self.at == self._root].sum())

    @property
    def worth(self) -> Floats:
        """What a unit of each row costs with the price of its place, shape (row + 1,)."""
        worth = self.price.take(self.at)
        worth += self._cost[self._root + 1 :]
        return worth

    @property
    def row_arcs(self) -> Ints:
        """The arc above each row, that of idle room included, shape (row + 1,)."""
        return self._first_arcs + self.at

    @property
    def loads(self) -> tuple[Ints, Floats]:
        """Arcs of the basis between rows and places, those of idle room left out; amounts."""
        places, rows = self._places_below
        arcs = np.concatenate([self.row_arcs[:-1], self._first_arcs[rows] + places])
        return arcs, np.concatenate([self._amount[self._root + 1 : -1], self._amount[places]])

    @property
    def _places_below(self) -> tuple[Ints, Ints]:
        """Places below a row, and the row above each."""
        above = self._above[: self._root]
        places = (above != self._root).nonzero()[0]
        return places, above[places] - self._root - 1

    def prices(self, counts: Floats) -> Floats:
        """
        Of room at each place, at which no arc of the basis has a reduced cost, shape (count, place).

        `counts` is what a unit on each arc counts, shape (count, arc).
        """
        places, rows = self._places_below
        at, first = self.at.take(rows), self._first_arcs.take(rows)
        prices = np.zeros((len(counts), self._root + 1))
        prices[:, places] = counts.take(first + at, 1) - counts.take(first + places, 1)
        above = np.full(self._root + 1, self._root)
        above[places] = at
        while above.min() < self._root:
            prices += prices.take(above, 1)
            above = above.take(above)
        return prices

    def reckon(self, count: Floats) -> None:
        """Let pivots go by what a unit of each row counts at each place, shape (row, place)."""
        places, rows = self._places_below
        self._cost[: self._root] = 0.0
        self._cost[places] = count[rows, places]
        self._cost[self._root + 1 :] = count.ravel()[self.row_arcs]
        self.price[:] = self.prices(count.reshape(1, -1))[0]

    def enter_where_it_saves(
        self, rows: list[int], places: list[int], costs: list[float], least: float
    ) -> None:
        """
        Let one row after the other be at a place too, or room be idle there, where a unit that goes
        round the cycle then saves more than the least.
        """
        price, above, paid, first = self._price_of, self._above_of, self._cost_of, self._root + 1
        for row, place, cost in zip(rows, places, costs, strict=True):
            node = row + first
            reduced = cost + price[place] - paid[node] - price[above[node]]
            if reduced < -least:
                self._enter(node, place, cost, reduced)

    def _enter(self, tail: int, head: int, cost: float, reduced: float) -> None:
        if tail == len(self._cost) - 1:  # room that is idle at a place: an arc to the root
            tail, head, reduced = head, self._root, -reduced
        up, down = self._way(tail), self._way(head)
        while up and down and up[-1] == down[-1]:
            up.pop()
            down.pop()
        amount = self._amount_of
        leaves, moved, enters = -1, np.inf, (tail, head, reduced)
        for node in up[::2]:
            if amount[node] < moved:
                leaves, moved = node, amount[node]
        for node in down[::2]:
            if amount[node] <= moved:
                leaves, moved, enters = node, amount[node], (head, tail, -reduced)
        if moved:
            for node in up[::2] + down[::2]:
                amount[node] -= moved
            for node in up[1::2] + down[1::2]:
                amount[node] += moved
        node, other, dearer = enters
        self._turn(node, other, leaves, moved, cost)
        self._raise(node, dearer)

    def _raise(self, node: int, dearer: float) -> None:
        """Raise the prices of places from a node on downwards."""
        price, below, root = self._price_of, self._below, self._root
        nodes = [node]
        for node in nodes:
            if node < root:
                price[node] += dearer
            nodes += below[node]

    def _way(self, node: int) -> list[int]:
        """The nodes from one up to the root, which is left out."""
        above, root, way = self._above_of, self._root, []
        while node != root:
            way.append(node)
            node = above[node]
        return way

    def _turn(self, node: int, other: int, last: int, amount: float, cost: float) -> None:
        """Hang a node below another one, and what was above it, up to the last, below it."""
        above, amounts, below = self._above_of, self._amount_of, self._below
        costs = self._cost_of
        if other > self._root:  # a row that gets its first place
            below[above[other]].add(other)
        while True:
            was = above[node], amounts[node], costs[node]
            above[node], amounts[node], costs[node] = other, amount, cost
            below[was[0]].discard(node)
            if node < self._root or node != last or below[node]:  # not a row that ends the way
                below[other].add(node)
            if node == last:
                break
            other, (node, amount, cost) = node, was
        if was[0] > self._root and not below[was[0]]:
            below[above[was[0]]].discard(was[0])


def _items(numbers: Floats) -> memoryview[float]:
    """The numbers of an array, one by one: twice as fast as the array itself."""
    return numbers.data.cast("B").cast("d")
