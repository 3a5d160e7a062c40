"""The outline of the night against the height of the sun."""

import numpy as np
import pytest

from explorer.charts.daylight import DECLINATION_DEG, night
from explorer.scenario.profiles import AVERAGE


@pytest.mark.parametrize("season", DECLINATION_DEG)
@pytest.mark.parametrize("hour", [0, 5, 12, 23])
def test_the_sun_is_below_the_horizon_inside_the_outline_and_above_it_outside(hour, season):
    *edge, (_, pole), _ = night(hour, season)
    declination = np.radians(DECLINATION_DEG[season])
    for longitude, limit in edge:
        hour_angle = np.radians(longitude + 15 * (hour + 0.5 - 12))
        latitude = np.linspace(-89, 89, 90)
        sine = np.sin(np.radians(latitude)) * np.sin(declination) + np.cos(
            np.radians(latitude)
        ) * np.cos(declination) * np.cos(hour_angle)
        is_night = latitude > limit if pole > 0 else latitude < limit
        clear = (abs(latitude - limit) > 0.1) & (abs(sine) > 1e-6)
        assert (is_night == (sine < 0))[clear].all()


def test_the_mean_of_the_day_has_no_night():
    assert night(AVERAGE, "annual").shape == (0, 2)
