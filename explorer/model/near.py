"""Arcs that are looked at again and again while prices change little, instead of all there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Near:
    """
    Arcs with a reduced cost up to a margin, when all were looked at.

    An arc that was dearer cannot save before prices of places have fallen and worths of rows have
    risen by as much together. How much is left of the margin is `reach`, so that as long as it is
    not below zero, these arcs tell that no other saves.

    Parameters
    ----------
    margin : float
    rows, places, costs : shape (arc,)
        Of the arcs.
    price, worth : shapes (place,) and (row,)
        When all were looked at. An arc costs, over what its row is worth, the price of its place.
    """

    def __init__(
        self, margin: float, rows: Ints, places: Ints, costs: Floats, price: Floats, worth: Floats
    ) -> None:
        self.rows, self.places, self._costs = rows, places, costs
        self._margin, self._price, self._worth = margin, price.copy(), worth
        self.look(price, worth)

    def add(self, rows: Ints, places: Ints, costs: Floats) -> None:
        """Look at these arcs too from now on, however dear they are; prices are as last."""
        price, worth = self._now
        reduced = costs + price.take(places) - worth.take(rows)
        self.rows = np.concatenate([self.rows, rows])
        self.places = np.concatenate([self.places, places])
        self._costs = np.concatenate([self._costs, costs])
        self.reduced = np.concatenate([self.reduced, reduced])

    def look(self, price: Floats, worth: Floats) -> Floats:
        """Their reduced costs by other prices and worths, shape (arc,)."""
        self._now = price, worth
        self.reduced = price.take(self.places, mode="clip")  # which checks nothing
        self.reduced += self._costs
        self.reduced -= worth.take(self.rows, mode="clip")
        return self.reduced

    @property
    def reach(self) -> float:
        """Up to which reduced cost there is no other arc, as was looked last."""
        price, worth = self._now
        return self._margin + float((price - self._price).min() - (worth - self._worth).max())

    def listed(self, which: Ints) -> tuple[list[int], list[int], list[float]]:
        """Rows, places and costs of some of them."""
        rows, places = self.rows.take(which).tolist(), self.places.take(which).tolist()
        return rows, places, self._costs.take(which).tolist()
