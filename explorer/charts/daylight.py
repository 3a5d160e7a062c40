"""Where it is night, for maps that show one hour of the day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.charts.projection import on_map
from explorer.scenario.profiles import ANNUAL, AVERAGE

_TILT_DEG = 23.44  # of the earth's axis
_DAYS = {"winter": -65, "spring": 25, "summer": 116, "autumn": 208}  # to its middle from 21 March
# Declination of the sun in the middle of a season of the north, and at an equinox for the year, on a
# circular orbit: within two degrees. [degrees]
DECLINATION_DEG = {
    ANNUAL: 0.0,
    **{name: _TILT_DEG * np.sin(2 * np.pi * days / 365.25) for name, days in _DAYS.items()},
}
_DEG_PER_H = 15.0
_LEAST_DEG = 1e-6  # of declination: at an equinox the edge runs from pole to pole


def night(hour: int | str, season: str, step_deg: float = 2.0) -> NDArray[np.float64]:
    """
    Outline of the part of the world where the sun is below the horizon.

    Parameters
    ----------
    hour : int or str
        UTC hour, seen at its middle; "average" has no night.
    season : str
        Of the north, or "annual".
    step_deg : float
        Distance of the outline's points. [degrees of longitude]

    Returns
    -------
    numpy.ndarray, shape (points, 2)
        Longitude and latitude, -180 to 180 and -90 to 90; without points for no hour. [degrees]

    Notes
    -----
    On a sphere, without refraction: the edge lies where
    tan(latitude) = -cos(longitude - noon) / tan(declination).

    Examples
    --------
    >>> at_noon = night(12, "summer")[:-2]  # along the edge
    >>> bool(abs(at_noon[:, 1]).max() < 90)
    True
    """
    if hour == AVERAGE:
        return np.empty((0, 2))
    noon_deg = _DEG_PER_H * (12 - (int(hour) + 0.5))
    declination = DECLINATION_DEG[season]
    declination = np.copysign(max(abs(declination), _LEAST_DEG), declination)
    longitude = np.linspace(-180, 180, round(360 / step_deg) + 1)
    away = np.radians(longitude - noon_deg)
    edge = np.degrees(np.arctan(-np.cos(away) / np.tan(np.radians(declination))))
    dark_pole = -90.0 if declination > 0 else 90.0
    outline = np.column_stack([longitude, edge])
    return np.vstack([outline, [[180.0, dark_pole], [-180.0, dark_pole]]])


def night_on_map(hour: int | str, season: str) -> dict[str, NDArray[np.float64]]:
    """The same as `x` and `y` on the map. [m]"""
    longitude, latitude = night(hour, season).T
    x, y = on_map(latitude, longitude)
    return {"x": x, "y": y}
