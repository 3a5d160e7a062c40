"""
What does a tonne cost? The picture is the front, its marks are placements, its words are their
numbers.
"""

from typing import Any

import numpy as np
import pytest
from bokeh.models import Toggle
from numpy.testing import assert_allclose
from scenarios import random_scenario
from screens import columns, show, words

from explorer import Scenario, solve
from explorer.app.views.cost_carbon_front import CostCarbonFrontView
from explorer.measures import cost_carbon_front as tradeoffs
from explorer.measures.cost_carbon_front import avoided_kg_per_h, cost_carbon_front
from explorer.session import Session
from explorer.text import format_number


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def range_of(view: Any, axis: str) -> tuple[float, float]:
    (handles,) = view.pane._copies.values()
    return handles["cost and carbon"][axis].start, handles["cost and carbon"][axis].end


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_corners_and_lines_are_those_of_the_table(name):
    session = Session(Scenario.load(name))
    view = CostCarbonFrontView(session)
    show(view)
    front, corners, lines = (
        cost_carbon_front(session.scenario),
        columns(view, "corners"),
        columns(view, "front"),
    )
    carbon_t, cost = front["carbon_kg_per_h"].to_numpy() / 1000, front["cost_usd_per_h"].to_numpy()
    assert_allclose(corners["x"], carbon_t)
    assert_allclose(corners["y"], cost)
    assert_allclose(corners["avoided_t_per_h"], carbon_t[0] - carbon_t)
    assert_allclose(corners["moved_mw"], front["moved_mw"])
    assert_allclose(corners["relocated_mw"], front["relocated_mw"])
    assert_allclose([lines["x0"], lines["y0"]], [carbon_t[:-1], cost[:-1]])
    assert_allclose([lines["x1"], lines["y1"]], [carbon_t[1:], cost[1:]])
    slope = 1000 * (lines["y1"] - lines["y0"]) / (lines["x0"] - lines["x1"]) / 1000
    for band, low, high in ((0, 0, 50), (1, 50, 100), (2, 100, np.inf)):
        assert ((lines["color"] == band) == ((low < slope) & (slope <= high))).all()
    names = session.network.short_region_names
    for column in ("loses", "gains"):
        expected = ["; ".join(names[j] for j in ids.split("; ") if j) for ids in front[column]]
        assert corners[column].tolist() == expected
    assert (
        corners["prices"][0] == f"0 to {format_number(front['carbon_price_to_usd_per_t'][0])} USD/t"
    )
    assert (
        corners["prices"][-1]
        == f"above {format_number(front['carbon_price_from_usd_per_t'].iloc[-1])} USD/t"
    )


def test_the_marks_are_the_placement_and_its_baseline(session):
    view = CostCarbonFrontView(session)
    show(view)
    for carbon_price in (50.0, 200.0):
        session.scenario.carbon_price_usd_per_t = carbon_price
        placement = solve(session.scenario)
        for mark, at in (("now", placement), ("baseline", placement.baseline)):
            assert columns(view, mark)["x"].tolist() == pytest.approx([at.carbon_kg_per_h / 1000])
            assert columns(view, mark)["y"].tolist() == pytest.approx([at.cost_usd_per_h])
        for axis, values in (("x_range", "x"), ("y_range", "y")):
            low, high = range_of(view, axis)
            seen = np.concatenate([columns(view, name)[values] for name in ("corners", "now")])
            assert low < seen.min() and seen.max() < high


def test_a_carbon_price_moves_the_mark_and_builds_nothing_new(session):
    view = CostCarbonFrontView(session)
    document = show(view)
    models, corners = {model.id for model in document.models}, columns(view, "corners")["x"]
    session.scenario.carbon_price_usd_per_t = 300.0
    assert columns(view, "corners")["x"] is corners  # nothing of it is sent again
    assert columns(view, "now")["x"][0] == pytest.approx(corners[-1])
    session.scenario.egress_usd_per_gb = 0.1  # another front, of another length
    assert_allclose(
        columns(view, "corners")["y"], cost_carbon_front(session.scenario)["cost_usd_per_h"]
    )
    assert {model.id for model in document.models} == models


def test_words_say_what_the_last_and_the_next_tonne_cost(session):
    """
    README: 42.4 USD/t bring Chat back from South; the next step of the front is at 133.8, the last
    at 280.9.
    """
    view = CostCarbonFrontView(session)
    show(view)
    assert (
        "Now, at 50 USD/t:</b> the last tonne avoided costs 42.4 USD, the next would cost 134 USD."
        in words(view)
    )
    assert "up to <b>10.2 t/h</b> can be avoided" in words(view)
    assert "<b>6.93</b> below 50 USD/t" in words(view) and "<b>6.93</b> below 100 USD/t" in words(
        view
    )
    assert "all up to 281 USD/t" in words(view)
    assert "The cheapest 6.93 t/h cost 42.4 USD/t: 15.0 MW move, South to Middle." in words(view)
    session.scenario.carbon_price_usd_per_t = 10.0
    assert "Now, at 10 USD/t:</b> the next would cost 42.4 USD." in words(view)
    session.scenario.carbon_price_usd_per_t = 300.0
    assert "the last tonne avoided costs 281 USD, no other placement emits less." in words(view)


def test_words_of_the_world_are_those_of_its_table():
    session = Session(Scenario.load("world-2025"))
    view = CostCarbonFrontView(session)
    show(view)
    front = cost_carbon_front(session.scenario)
    for price in (50, 100):
        assert (
            f"<b>{format_number(avoided_kg_per_h(front, price) / 1000)}</b> below {price} USD/t"
            in words(view)
        )


def test_another_objective_costs_more_than_its_carbon_has_to(session):
    """
    Least latency is all at home: 8960 USD/h and 62.8 t/h, where 7177 USD/h would do with less
    carbon even.
    """
    view = CostCarbonFrontView(session)
    show(view)
    session.scenario.objective = "latency"
    assert "least latency costs 1,783 USD/h more than its carbon has to" in words(view)
    session.scenario.objective = "carbon"
    assert "least carbon costs 0 USD/h more" in words(view)


def test_a_front_is_shown_while_it_grows(monkeypatch):
    monkeypatch.setattr(tradeoffs, "BATCH", 1)
    world = random_scenario(
        5, 8, 8, 3, legal_policy="open", latency_relaxation_ms=310.0, capacity_scale=4.0
    )
    seen = []

    class Watched(CostCarbonFrontView):
        def show(self, result: Any) -> None:
            super().show(result)
            seen.append(len(columns(self, "corners")["x"]))

    show(Watched(Session(world)))
    assert len(seen) > 3 and seen == sorted(seen)
    assert seen[-1] == len(cost_carbon_front(world))


def test_one_placement_is_cheapest_and_cleanest_and_load_may_go_unserved():
    world = random_scenario(3, regions=1, objective="cost")
    world.regions = world.regions.assign(capacity_mw=1.0)
    view = CostCarbonFrontView(Session(world))
    show(view)
    assert len(columns(view, "corners")["x"]) == 1 and len(columns(view, "front")["x0"]) == 0
    assert "no other placement emits less. The cheapest placement is the cleanest too." in words(
        view
    )
    assert f"{format_number(solve(world).unserved_mw)} MW go unserved" in words(view)


def test_the_table_behind_it_is_the_front(session):
    view = CostCarbonFrontView(session)
    document = show(view)
    (button,) = document.select({"type": Toggle})
    button.active = True
    for heading in (
        "carbon price from [USD/t]",
        "cost [USD/h]",
        "carbon [kg/h]",
        "relocated [MW]",
        "loses",
    ):
        assert f"<th>{heading}</th>" in words(view, "table")
    for cost in cost_carbon_front(session.scenario)["cost_usd_per_h"]:
        assert f"<td>{format_number(cost)}</td>" in words(view, "table")
