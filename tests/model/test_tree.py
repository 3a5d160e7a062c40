"""Pivots in a tree of rows and places, against a linear program of SciPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import linprog

from explorer.model.tree import Tree

UNSERVED = 1000.0


def settled(tree: Tree, cost) -> None:
    """Enter one arc after the other, whichever comes first, until none saves."""
    for _ in range(10_000):
        assert_allclose(tree.price, tree.prices(cost.reshape(1, -1))[0], atol=1e-9)
        reduced = cost + tree.price - tree.worth[:, np.newaxis]
        assert_allclose(reduced[np.arange(len(cost)), tree.at], 0.0, atol=1e-9)
        better = np.argwhere(reduced < -1e-9)
        if not len(better):
            return
        row, place = better[0].tolist()
        tree.enter_where_it_saves([row], [place], [cost[row, place]], 1e-9)
    pytest.fail("pivots without end")


def loads(tree: Tree, places: int):
    arcs, amounts = tree.loads
    row, place = np.divmod(arcs, places + 1)
    return row, place, amounts


def least(cost, amounts, room) -> float:
    rows, places = cost.shape
    of_row = np.kron(np.eye(rows), np.ones(places))
    at_place = np.kron(np.ones(rows), np.eye(places))[:-1]
    found = linprog(cost.ravel(), A_ub=at_place, b_ub=room, A_eq=of_row, b_eq=amounts)
    assert found.success
    return found.fun


@settings(max_examples=60)
@given(
    seed=st.integers(0, 9999),
    rows=st.integers(1, 7),
    places=st.integers(1, 6),
    ties=st.booleans(),
)
def test_pivots_end_at_the_optimum_whatever_enters_first(seed, rows, places, ties):
    """With ties, of costs, of amounts and of room, most pivots move nothing."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int):
        return rng.integers(0, 4, shape).astype(float) if ties else rng.random(shape)

    room, amounts = draw(places), draw(rows)
    cost = np.zeros((rows + 1, places + 1))  # with idle room, and nowhere
    cost[:-1, :-1], cost[:-1, -1] = draw(rows, places), UNSERVED
    tree = Tree(room, amounts, cost[:-1, -1])
    settled(tree, cost)
    row, place, amount = loads(tree, places)
    assert (amount >= 0).all()
    assert_allclose(np.bincount(row, amount, rows), amounts, atol=1e-12)
    assert (np.bincount(place, amount, places + 1)[:-1] <= room + 1e-12).all()
    assert cost[row, place] @ amount == pytest.approx(least(cost[:-1], amounts, room))
    assert tree.unserved == pytest.approx(max(amounts.sum() - room.sum(), 0.0))
    cost[:-1, :-1] = draw(rows, places)
    tree.reckon(cost)  # and on from there, by other costs
    settled(tree, cost)
    row, place, amount = loads(tree, places)
    assert cost[row, place] @ amount == pytest.approx(least(cost[:-1], amounts, room))
