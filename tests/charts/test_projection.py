"""The plane of maps on screen keeps areas honest."""

import pickle

import cartopy.crs as ccrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from explorer.charts.backends.map_crs import screen_crs
from explorer.charts.projection import EDGE_M, POLE_M, TRUE_AT_DEG, on_map
from explorer.units import EARTH_RADIUS_KM

latitudes, longitudes = st.floats(-89, 88), st.floats(-180, 179)


@given(latitudes, longitudes, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_field_is_as_large_on_the_map_as_on_the_sphere(south, west, height, width):
    x, y = on_map([south, south + height], [west, west + width])
    band = np.diff(np.sin(np.radians([south, south + height])))[0]
    on_sphere_m2 = (1e3 * EARTH_RADIUS_KM) ** 2 * np.radians(width) * band
    assert (x[1] - x[0]) * (y[1] - y[0]) == pytest.approx(on_sphere_m2, rel=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_shapes_are_true_at_the_standard_parallels(sign):
    step = 1e-4
    (x0, x1), (y0, y1) = on_map(
        sign * TRUE_AT_DEG + np.array([-step, step]) / 2, np.array([0, step])
    )
    east_m = 1e3 * EARTH_RADIUS_KM * np.radians(step) * np.cos(np.radians(TRUE_AT_DEG))
    assert x1 - x0 == pytest.approx(east_m)
    assert y1 - y0 == pytest.approx(1e3 * EARTH_RADIUS_KM * np.radians(step), rel=1e-6)


def test_it_is_the_same_as_cartopy_has_it_from_edge_to_edge():
    rng = np.random.default_rng(0)
    latitude = np.append(rng.uniform(-90, 90, 50), [90, -90])
    longitude = np.append(rng.uniform(-180, 180, 50), [180, -180])
    sphere = ccrs.Geodetic(ccrs.Globe(semimajor_axis=1e3 * EARTH_RADIUS_KM, ellipse=None))
    found = screen_crs().transform_points(sphere, longitude, latitude)[:, :2]
    assert found == pytest.approx(np.column_stack(on_map(latitude, longitude)), abs=1.0)
    assert found[-2:].tolist() == [
        pytest.approx([EDGE_M, POLE_M]),
        pytest.approx([-EDGE_M, -POLE_M]),
    ]


def test_what_lies_in_the_plane_stays_as_it_is_and_all_else_is_brought_there():
    plane, square = screen_crs(), box(0, 0, 1e6, 1e6)
    assert pickle.loads(pickle.dumps(plane)) is plane
    assert plane.project_geometry(square, plane) is square
    (west, east), (south, north) = on_map([0, 10], [0, 10])
    brought = plane.project_geometry(box(0, 0, 10, 10), ccrs.PlateCarree())
    assert brought.bounds == pytest.approx((west, south, east, north), rel=1e-2, abs=1)
