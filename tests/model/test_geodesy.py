"""Distances, and places on the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import distance_km

from explorer.model.geodesy import great_circle_km

latitudes, longitudes = (
    arrays(float, 5, elements=st.floats(-80, 80)),
    arrays(float, 5, elements=st.floats(-180, 180)),
)
ends = st.tuples(latitudes, longitudes, latitudes, longitudes)


@given(ends)
def test_distances_agree_with_the_angle_between_vectors(ends):
    km = great_circle_km(*ends)
    a, b = (
        [{"latitude": p, "longitude": q} for p, q in zip(*pair, strict=True)]
        for pair in (ends[:2], ends[2:])
    )
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
