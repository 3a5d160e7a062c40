"""Arcs that are looked at instead of all."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from explorer.model.near import Near


@given(seed=st.integers(0, 9999), rows=st.integers(1, 8), places=st.integers(1, 6))
def test_no_other_arc_is_within_reach_however_prices_change(seed, rows, places):
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random((rows, places)) < 0.8, 10 * rng.random((rows, places)), np.inf)
    price, worth, margin = rng.random(places), 10 * rng.random(rows), rng.random() * 5
    seen = cost + price - worth[:, np.newaxis] <= margin
    row, place = np.nonzero(seen)
    near = Near(margin, row, place, cost[seen], price, worth)
    assert near.reach == margin
    late = ~seen & np.isfinite(cost) & (rng.random(cost.shape) < 0.2)
    row, place = np.nonzero(late)
    near.add(row, place, cost[late])  # however dear
    seen |= late
    price, worth = price + rng.normal(size=places), worth + rng.normal(size=rows)
    reduced = cost + price - worth[:, np.newaxis]
    assert_allclose(near.look(price, worth), reduced[near.rows, near.places])
    assert near.listed(np.arange(len(near.rows)))[2] == cost[near.rows, near.places].tolist()
    assert (reduced[~seen] >= near.reach - 1e-12).all()
