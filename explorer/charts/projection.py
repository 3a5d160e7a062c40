"""
The plane of maps on screen: cylindrical and equal-area, shapes true at 40° north and south.

A square centimetre is as many square kilometres everywhere. At the parallels where most regions
are, places are as far apart as in Mercator; meridians stay upright, so that what leaves the map at
one edge comes back at the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import shortened
from explorer.units import EARTH_RADIUS_KM

Floats = NDArray[np.float64]

TRUE_AT_DEG = 40.0  # of latitude: scale and shapes
RADIUS_M = 1e3 * EARTH_RADIUS_KM
_NARROWER = float(np.cos(np.radians(TRUE_AT_DEG)))
EDGE_M = np.pi * RADIUS_M * _NARROWER  # x of the antimeridian
POLE_M = RADIUS_M / _NARROWER  # y of the north pole


def on_map(latitude: ArrayLike, longitude: ArrayLike) -> tuple[Floats, Floats]:
    """
    x and y on the map of points in degrees, by x = R λ cos φ₀ and y = R sin φ / cos φ₀. [m]

    Examples
    --------
    A degree is as long to the east as to the north where the map is true.

    >>> x, y = on_map([40.0, 40.001], [0.0, 0.001])
    >>> east, north = x[1] - x[0], (y[1] - y[0]) * np.cos(np.radians(TRUE_AT_DEG))
    >>> bool(abs(east / north - 1) < 1e-4)
    True
    """
    phi, lam = np.radians(np.asarray(latitude, float)), np.radians(np.asarray(longitude, float))
    return RADIUS_M * _NARROWER * lam, RADIUS_M / _NARROWER * np.sin(phi)


def bounds_on_map(extent: tuple[float, float, float, float]) -> tuple[Floats, Floats]:
    """
    Ends of x and of y on the map of what lies within west, south, east, north. [degrees] to [m]

    Raises
    ------
    ValueError
        If that is no part of the world.
    """
    if not _is_part_of_the_world(extent):
        raise ValueError(
            f"extent is {shortened(repr(extent))}: give west, south, east and north in degrees, "
            "such as (-25, 34, 45, 72) for Europe."
        )
    west, south, east, north = extent
    y, x = on_map([south, north], [west, east])[::-1]
    return x, y


def _is_part_of_the_world(extent: object) -> bool:
    degrees = [*extent] if isinstance(extent, Iterable) else []
    if len(degrees) != 4 or not all(isinstance(each, Real) for each in degrees):
        return False
    west, south, east, north = degrees
    return -180 <= west < east <= 180 and -90 <= south < north <= 90
