"""The outline of the night against the height of the sun."""

import holoviews as hv
import numpy as np
import pytest
from screens import columns, show, words

from explorer import Scenario, plot
from explorer.app.views.world_map import FlowMap
from explorer.charts.daylight import DECLINATION_DEG, night
from explorer.model.geodesy import mercator_m
from explorer.scenario.profiles import AVERAGE
from explorer.session import Session


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


def test_maps_of_an_hour_show_its_night_and_maps_of_the_mean_day_none():
    world = Scenario.load("follow-the-sun")
    session = Session(world)
    view = FlowMap(session)
    show(view)
    for hour, is_shown in ((18, True), (AVERAGE, False)):
        world.param.update(hour=hour, season="winter")
        drawn = columns(view, "night")
        assert (len(drawn["x"]) > 0) == is_shown
        assert ("night" in words(view)) == is_shown
        shapes = [piece for piece in plot(session.placement) if isinstance(piece, hv.Polygons)]
        assert len(shapes) == 1 + is_shown  # land, and night above it
    world.hour = 18
    outline = night(18, "winter")
    x, y = mercator_m(np.clip(outline[:, 1], -85, 85), outline[:, 0])
    drawn = columns(view, "night")
    np.testing.assert_allclose([drawn["x"], drawn["y"]], [x, y])
