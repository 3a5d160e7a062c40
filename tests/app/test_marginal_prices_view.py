"""
What is one more MWh worth? The map shows the table, its words the extremes, and says why there are
no prices.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from bokeh.models import Toggle
from numpy.testing import assert_allclose
from scenarios import random_scenario
from screens import columns, handle, show, words

from explorer import Scenario, solve
from explorer.app.views import marginal_prices as prices
from explorer.app.views.marginal_prices import PricesView
from explorer.charts.projection import on_map
from explorer.measures.marginal_prices import marginal_prices
from explorer.session import Session
from explorer.text import format_number


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def of_kind(table: pd.DataFrame, kind: str) -> Any:
    return table[(table["kind"] == kind) & (table["workload"] == "all")]


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_circles_and_rings_are_those_of_the_table(name):
    session = Session(Scenario.load(name))
    view = PricesView(session)
    show(view)
    table = marginal_prices(session.scenario)
    for kind, element, places in (
        ("demand", "clients", session.scenario.clients),
        ("capacity", "regions", session.scenario.regions),
    ):
        rows, shown = of_kind(table, kind), columns(view, element)
        assert_allclose(shown["price"], rows["price_usd_per_mwh"])
        assert_allclose(shown["mw"], rows["mw"])
        assert shown["name"].tolist() == places["name"].tolist()
        at = on_map(places["latitude"], places["longitude"])
        assert_allclose([shown["x"], shown["y"]], at)
        for text, low, high in zip(shown["range"], rows["from_mw"], rows["to_mw"], strict=True):
            assert text == (
                f"{format_number(low)} to {format_number(high)} MW"
                if high < np.inf
                else f"from {format_number(low)} MW"
            )
    assert_allclose(columns(view, "clients")["color"], columns(view, "clients")["price"])
    worth, size = columns(view, "regions")["price"], columns(view, "regions")["size"]
    assert (np.diff(size[np.argsort(worth)]) >= 0).all() and size[worth == 0].max() < size[
        worth > 0
    ].min()
    mapper = handle(view, "clients", "color_color_mapper")
    assert (mapper.low, mapper.high) == (
        columns(view, "clients")["price"].min(),
        columns(view, "clients")["price"].max(),
    )
    assert handle(view, "clients", "color_colorbar").title == "USD/MWh"


def test_a_hover_has_the_price_of_every_class(session):
    """README, section 6."""
    view = PricesView(session)
    show(view)
    classes = dict(
        zip(columns(view, "clients")["name"], columns(view, "clients")["classes"], strict=True)
    )
    assert classes["Middle Town"] == "chat 150.0, batch 120.0"


def test_words_name_the_extremes_and_what_capacity_is_worth(session):
    """
    README: Batch of Middle Town costs 120, Chat 150; one more MW in North saves 54.5, until there
    are 52.
    """
    view = PricesView(session)
    document = show(view)
    models = {model.id for model in document.models}
    assert (
        "between <b>104.5 USD/MWh</b> in North Town and <b>138.0 USD/MWh</b> in Middle Town"
        in words(view)
    )
    mean = 0.2 * 104.5 + 0.5 * 138 + 0.3 * 120
    assert f"{format_number(mean, 4)} on average over demand" in words(view)
    assert (
        "1 of 3 regions, most in North: <b>54.5 USD/MWh</b>, as far as 52.0 MW (50.0 MW now)."
        in words(view)
    )
    session.scenario.capacity_scale = 3.0
    assert "Capacity is worth nothing anywhere" in words(view)
    assert columns(view, "regions")["price"].tolist() == [0, 0, 0]
    assert {model.id for model in document.models} == models


def test_a_penalty_is_called_one_and_does_not_drown_the_colours():
    world = random_scenario(
        8, 5, 4, 2, legal_policy="open", latency_relaxation_ms=300.0, objective="cost"
    )
    world.regions = world.regions.assign(capacity_mw=solve(world).network.demand_mw.sum() / 5)
    assert solve(world).unserved_mw > 1
    view = PricesView(Session(world))
    show(view)
    price = columns(view, "clients")["price"]
    penalised = (price > world.unserved_usd_per_mwh / 10).sum()
    assert penalised > 0
    said = words(view)
    assert f"For {penalised} of 5 clients that is the penalty for unserved load." in said
    assert "the penalty for load that goes unserved for want of it" in said
    assert handle(view, "clients", "color_color_mapper").high < world.unserved_usd_per_mwh / 10


def test_where_all_prices_are_penalties_their_range_is_the_scale():
    world = random_scenario(8, 5, 4, 2, total_demand_mw=1e5, objective="cost")
    view = PricesView(Session(world))
    show(view)
    price, mapper = columns(view, "clients")["price"], handle(view, "clients", "color_color_mapper")
    assert price.min() > world.unserved_usd_per_mwh / 2
    assert mapper.low == price.min() and mapper.high >= price.max()
    assert "For 5 of 5 clients that is the penalty" in words(view)


@pytest.mark.parametrize("objective", ["latency", "carbon"])
def test_without_prices_it_says_why(session, objective):
    view = PricesView(session)
    show(view)
    session.scenario.objective = objective
    why = f"the placement is that of least {objective}. Choose cost as the objective."
    expected = f"There are no such prices:</b> {why}"
    assert expected in words(view)
    assert np.isnan(columns(view, "clients")["color"]).all()
    assert set(columns(view, "regions")["range"]) == {"–"}
    session.scenario.objective = "cost"
    assert "One more MWh costs" in words(view)


def test_a_program_with_lumps_has_no_prices_and_it_says_so(session, monkeypatch):
    unknown = marginal_prices(session.scenario).assign(
        price_usd_per_mwh=np.nan, from_mw=np.nan, to_mw=np.nan
    )
    monkeypatch.setattr(prices, "marginal_prices_table", lambda _network: unknown)
    view = PricesView(session)
    show(view)
    assert "comes in lumps" in words(view)


def test_one_region_and_no_demand_do_not_break_it():
    for settings in ({"regions": 1}, {"total_demand_mw": 0.0}):
        view = PricesView(Session(random_scenario(3, objective="cost", **settings)))
        show(view)
        assert "One more MWh costs" in words(view)


def test_the_table_behind_it_has_every_price_with_regions_first(session):
    view = PricesView(session)
    document = show(view)
    (button,) = document.select({"type": Toggle})
    button.active = True
    text = words(view, "table")
    assert text.count("<tr") == 1 + len(marginal_prices(session.scenario))
    rows = [
        line
        for line in text.splitlines()
        if "<td>capacity</td>" in line or "<td>demand</td>" in line
    ]
    assert ["capacity" in row for row in rows] == [True] * 3 + [False] * 9
    for heading in ("price [USD/MWh]", "from [MW]", "to [MW]"):
        assert f"<th>{heading}</th>" in text
    assert "<td>54.5</td>" in text
