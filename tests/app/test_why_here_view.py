"""Why here? as it is shown: bars are the table, and the region picked says which flow."""

import numpy as np
import pandas as pd
import pytest
from screens import columns, handle, show, words

from explorer import Scenario, why_here
from explorer.app.views.why_here import LARGEST, WhyHereView
from explorer.session import Session


@pytest.fixture
def view() -> WhyHereView:
    view = WhyHereView(Session(Scenario.load("world-2025")))
    show(view)
    return view


def assert_shows(view: WhyHereView, expected: pd.DataFrame) -> None:
    names = expected.attrs["names"]
    bars = pd.DataFrame(columns(view, "parts"))
    length = (bars["right"] - bars["left"]).groupby(bars["place"]).sum()
    room = expected["capacity_price_usd_per_mwh"].fillna(0)
    for region, usd in zip(expected["region"], expected["total_usd_per_mwh"] + room, strict=True):
        assert length[names[region]] == pytest.approx(usd)
    assert view._result["region"].tolist() == expected["region"].tolist()


def test_the_largest_flow_is_explained_until_a_region_is_picked(view):
    world = view.session.scenario
    assert_shows(view, why_here(world))
    view.session.region = "in-delhi"
    assert_shows(view, why_here(world, region="in-delhi"))
    assert "Delhi’s" in words(view)
    view.session.region = ""
    assert_shows(view, why_here(world))


def test_it_follows_the_placement(view):
    world = view.session.scenario
    view.session.region = "in-delhi"
    before = words(view)
    world.friction_scale = 3.0
    assert_shows(view, why_here(world, region="in-delhi"))
    assert words(view) != before


def test_flows_of_the_region_are_listed_and_one_can_be_chosen(view):
    view.session.region = "in-delhi"
    select = handle(view, "flow", "widget")
    labels = select.options[1:]
    assert labels and all("Delhi" in label for label in labels)
    stays = next(label for label in labels if "Delhi stays" in label)
    select.value = stays
    assert "stays at home" in words(view) and view._result.attrs["pinned"]
    view.session.region = "us-quincy"
    assert view._choice == LARGEST and select.value == LARGEST


def test_the_table_has_every_part_and_every_source(view):
    view.session.region = "in-delhi"
    table = view._table_on_screen().set_index("figure")
    expected = why_here(view.session.scenario, region="in-delhi")
    home = expected.attrs["names"]["in-delhi"]
    assert table.loc["total [USD/MWh]", home] == pytest.approx(
        expected["total_usd_per_mwh"].iloc[0]
    )
    price = expected.attrs["figures"][0]
    assert price["quality"] in table.loc["electricity price [USD/MWh]", home]
    assert price["sources"] in table.loc["electricity price [USD/MWh]", home]


def test_a_world_without_load_has_no_bars():
    view = WhyHereView(Session(Scenario.load("classroom-3x3")))
    show(view)
    view.session.scenario.total_demand_mw = 0.0
    assert len(columns(view, "parts")["left"]) == 0
    assert "nothing to explain" in words(view) and not np.size(view._table_on_screen().to_numpy())
