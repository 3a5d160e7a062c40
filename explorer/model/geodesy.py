"""Distances on the sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.units import EARTH_RADIUS_KM

Floats = NDArray[np.float64]


def great_circle_km(
    latitude_a: ArrayLike, longitude_a: ArrayLike, latitude_b: ArrayLike, longitude_b: ArrayLike
) -> Floats:
    """
    Great-circle distance between every point of a and every point of b, by the haversine formula.

    Arrays in degrees of shapes (a,) and (b,); result of shape (a, b). [km]

    >>> great_circle_km([0], [0], [0], [90]).round(1)
    array([[10007.5]])
    """
    phi_a, lambda_a, phi_b, lambda_b = (
        np.radians(np.asarray(v, float)) for v in (latitude_a, longitude_a, latitude_b, longitude_b)
    )
    half_phi = np.sin((phi_b - phi_a[:, np.newaxis]) / 2)
    half_lambda = np.sin((lambda_b - lambda_a[:, np.newaxis]) / 2)
    haversine = half_phi**2 + np.cos(phi_a)[:, np.newaxis] * np.cos(phi_b) * half_lambda**2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))
