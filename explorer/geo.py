"""Distances on the sphere, and arcs on the Web Mercator map that never cross the antimeridian."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.units import EARTH_RADIUS_KM

Floats = NDArray[np.float64]

MERCATOR_RADIUS_M = 6378137.0  # sphere of EPSG:3857
MERCATOR_EDGE_M = np.pi * MERCATOR_RADIUS_M  # x of the antimeridian


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


def mercator_m(latitude: ArrayLike, longitude: ArrayLike) -> tuple[Floats, Floats]:
    """Web Mercator x and y of points in degrees. [m]"""
    phi, lam = np.radians(np.asarray(latitude, float)), np.radians(np.asarray(longitude, float))
    return MERCATOR_RADIUS_M * lam, MERCATOR_RADIUS_M * np.arcsinh(np.tan(phi))


def arc_points_m(
    x0: ArrayLike, y0: ArrayLike, x1: ArrayLike, y1: ArrayLike, pieces: int = 16, bend: float = 0.18
) -> Floats:
    """
    Curved arcs between points of the Web Mercator plane, taking the short way round the globe.

    Parameters
    ----------
    x0, y0, x1, y1 : array_like, shape (arc,)
        Ends. [m]
    pieces : int
        Straight pieces per arc.
    bend : float
        Height of the curve over its chord. Arcs bend to their left, so there and back are two arcs. [-]

    Returns
    -------
    numpy.ndarray, shape (2, arc, pieces + 1)
        x and y along each arc. x may pass the antimeridian: `cut_at_antimeridian` brings it back. [m]
    """
    x0, y0, x1, y1 = (np.asarray(v, float) for v in (x0, y0, x1, y1))
    dx = (x1 - x0 + MERCATOR_EDGE_M) % (2 * MERCATOR_EDGE_M) - MERCATOR_EDGE_M
    dy = y1 - y0
    t = np.linspace(0.0, 1.0, pieces + 1)
    rise = 4 * bend * t * (1 - t)
    along, up = np.multiply.outer, rise
    return np.stack([x0[:, None] + along(dx, t) - along(dy, up), y0[:, None] + along(dy, t) + along(dx, up)])


def cut_at_antimeridian(points: Floats) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.intp]]:
    """
    Flat straight pieces of arcs, each wholly on the map: a piece that crosses the antimeridian becomes two.

    Parameters
    ----------
    points : numpy.ndarray, shape (2, arc, point)
        As from `arc_points_m`. [m]

    Returns
    -------
    x0, y0, x1, y1, arc : numpy.ndarray, shape (piece,)
        Ends of each piece [m] and the arc it belongs to.
    """
    x, y = points
    x0, y0, x1, y1 = (v.ravel() for v in (x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]))
    arc = np.repeat(np.arange(x.shape[0]), x.shape[1] - 1)
    world = 2 * MERCATOR_EDGE_M
    sheet0 = np.floor((x0 + MERCATOR_EDGE_M) / world)
    sheet1 = np.floor((x1 + MERCATOR_EDGE_M) / world)
    crosses = sheet0 != sheet1
    edge = MERCATOR_EDGE_M * (1 + 2 * np.minimum(sheet0, sheet1))[crosses]
    t = (edge - x0[crosses]) / (x1 - x0)[crosses]
    y_edge = y0[crosses] + t * (y1 - y0)[crosses]
    ends = x1.copy(), y1.copy()
    ends[0][crosses], ends[1][crosses] = edge, y_edge
    shift0, shift1 = sheet0 * world, sheet1[crosses] * world
    return (
        np.concatenate([x0 - shift0, edge - shift1]),
        np.concatenate([y0, y_edge]),
        np.concatenate([ends[0] - shift0, x1[crosses] - shift1]),
        np.concatenate([ends[1], y1[crosses]]),
        np.concatenate([arc, arc[crosses]]),
    )
