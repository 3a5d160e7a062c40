"""Distances, and arcs that never cross the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import distance_km

from explorer.geo import MERCATOR_EDGE_M, arc_points_m, cut_at_antimeridian, great_circle_km, mercator_m

WORLD_M = 2 * MERCATOR_EDGE_M
latitudes, longitudes = arrays(float, 5, elements=st.floats(-80, 80)), arrays(float, 5, elements=st.floats(-180, 180))
ends = st.tuples(latitudes, longitudes, latitudes, longitudes)


@given(ends)
def test_distances_agree_with_the_angle_between_vectors(ends):
    km = great_circle_km(*ends)
    a, b = ([{"latitude": p, "longitude": q} for p, q in zip(*pair, strict=True)] for pair in (ends[:2], ends[2:]))
    assert km == pytest.approx(np.array([[distance_km(p, q) for q in b] for p in a]), abs=1e-3)
    assert (km <= np.pi * 6371 + 1e-9).all()


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ((52.37, 4.90), (40.71, -74.01), 5862),  # Amsterdam, New York
        ((35.68, 139.69), (37.77, -122.42), 8273),  # Tokyo, San Francisco: over the Pacific
        ((90, 0), (-90, 77), 20_015),
    ],
)
def test_known_distances(a, b, km):
    assert great_circle_km([a[0]], [a[1]], [b[0]], [b[1]])[0, 0] == pytest.approx(km, rel=2e-3)


def test_mercator_is_that_of_web_maps():
    x, y = mercator_m([0, 85.0511287798, -45], [180, 0, -90])
    assert x.tolist() == pytest.approx([MERCATOR_EDGE_M, 0, -MERCATOR_EDGE_M / 2])
    assert y.tolist() == pytest.approx([0, MERCATOR_EDGE_M, -5621521.486], abs=1)


@given(ends)
def test_arcs_go_the_short_way_from_end_to_end(ends):
    (x0, y0), (x1, y1) = mercator_m(*ends[:2]), mercator_m(*ends[2:])
    x, y = arc_points_m(x0, y0, x1, y1)
    assert np.allclose([x[:, 0], y[:, 0], y[:, -1]], [x0, y0, y1])
    laps = (x[:, -1] - x1) / WORLD_M
    assert np.allclose(laps, laps.round(), atol=1e-9)
    assert (np.abs(x[:, -1] - x0) <= MERCATOR_EDGE_M * (1 + 1e-9)).all()


@given(ends, st.integers(1, 20))
def test_no_piece_of_an_arc_crosses_the_map(ends, pieces):
    (x0, y0), (x1, y1) = mercator_m(*ends[:2]), mercator_m(*ends[2:])
    points = arc_points_m(x0, y0, x1, y1, pieces)
    xa, ya, xb, yb, arc = cut_at_antimeridian(points)
    edge = MERCATOR_EDGE_M * (1 + 1e-9)
    assert max(np.abs(xa).max(), np.abs(xb).max()) <= edge
    assert np.abs(xb - xa).max() <= edge
    # the pieces of each arc are as long as the arc: nothing is lost at the antimeridian, nothing drawn twice
    length = np.hypot(*np.diff(points, axis=2)).sum(axis=1)
    assert np.bincount(arc, np.hypot(xb - xa, yb - ya), minlength=5) == pytest.approx(length, rel=1e-9, abs=1e-3)


@given(ends)
def test_pieces_join_up_round_the_back_of_the_map(ends):
    (x0, y0), (x1, y1) = mercator_m(*ends[:2]), mercator_m(*ends[2:])
    xa, ya, xb, yb, arc = cut_at_antimeridian(arc_points_m(x0, y0, x1, y1))

    def places(x: np.ndarray, y: np.ndarray, of: int) -> list[tuple[float, float]]:
        """Points on the cylinder, where both edges of the map are one line."""
        angle = np.round(x[arc == of] / MERCATOR_EDGE_M, 6) % 2
        return list(zip(np.where(np.isclose(angle, 2), 0, angle), np.round(y[arc == of], 0), strict=True))

    for n in range(5):
        starts, stops = places(xa, ya, n), places(xb, yb, n)
        near = [min(np.hypot((p - r) * 1e7, q - s) for r, s in stops) for p, q in starts]
        assert sorted(near)[-2] < 20  # all but the first start where another piece stops [m]


def test_an_arc_over_the_pacific_is_cut_once():
    (x0, y0), (x1, y1) = mercator_m([35.68], [139.69]), mercator_m([37.77], [-122.42])
    xa, ya, xb, yb, arc = cut_at_antimeridian(arc_points_m(x0, y0, x1, y1, pieces=16))
    assert len(arc) == 17
    cut = np.isclose(np.abs(xb), MERCATOR_EDGE_M)
    assert cut.sum() == 1 and np.isclose(xa, -xb[cut]).sum() == 1
    assert ya[np.isclose(xa, -xb[cut])] == pytest.approx(yb[cut])


def test_there_and_back_are_two_arcs():
    there = arc_points_m([0.0], [0.0], [1e6], [0.0])
    back = arc_points_m([1e6], [0.0], [0.0], [0.0])
    assert there[1].max() == pytest.approx(0.18e6)
    assert there[1] == pytest.approx(-back[1])
