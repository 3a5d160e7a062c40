"""
Maps: one description of placements and of prices, the same numbers in a notebook and in print.
"""

import re
from typing import Any

import numpy as np
import pytest
from bokeh.core.validation import check_integrity, process_validation_issues
from bokeh.models import HoverTool, Text
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose
from screens import drawn

from explorer import Scenario, marginal_prices, solve
from explorer.charts.backends.map_crs import screen_crs
from explorer.charts.backends.printed_map import projected
from explorer.charts.chart import About
from explorer.charts.draw import figure, plot
from explorer.charts.map import Circles, Map, Scale
from explorer.charts.map_places import MAP_PX
from explorer.charts.palette import AMOUNT_INKS, LOOKS
from explorer.charts.projection import EDGE_M, on_map
from explorer.presentation import render
from tests.charts.test_charts import assert_equal

MAPS = {"placement": solve, "prices": marginal_prices}
TIPS = {
    "placement": {
        "regions": {
            "": "@name",
            "IT load": "@it_mw{0,0.0} MW, change @change_mw{+0,0.0} MW",
            "How full": "@utilisation{0 %} of @capacity_mark@capacity{0,0} MW",
            "Capacity from": "@capacity_origin",
            "Worth of 1 more MW": "@capacity_price{0,0.00} USD/MWh of capacity",
            "Electricity": "@price_mark@price{0,0.0} USD/MWh",
            "Electricity from": "@price_origin",
            "Carbon": "@carbon_mark@carbon{0,0} kg/MWh",
            "Carbon from": "@carbon_origin",
        }
    },
    "prices": {
        "regions": {
            "": "@name",
            "Capacity here saves": "@price{0,0.0} USD/MWh",
            "Capacity": "@mw{0,0.0} MW",
            "Price holds": "@range",
        },
        "clients": {
            "": "@name",
            "One more MWh costs": "@price{0,0.0} USD/MWh",
            "By class": "@classes",
            "Demand": "@mw{0,0.0} MW",
            "Price holds": "@range",
        },
    },
}
every = pytest.mark.parametrize("name", MAPS)
WORLD = "world-2025"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return {name: measure(Scenario.load(WORLD)) for name, measure in MAPS.items()}


@every
def test_a_pointer_reads_every_column_under_its_name_and_unit(results, name):
    world = render(results[name], "map")
    assert {circles.name: dict(circles.tip) for circles in world.circles} == TIPS[name]
    hovers = list(drawn(plot(results[name])).select({"type": HoverTool}))
    for hover in hovers:
        asked = set(re.findall(r"@(\w+)", str(hover.tooltips)))
        for renderer in hover.renderers:
            assert asked <= set(renderer.data_source.column_names)


@every
def test_a_notebook_shows_the_columns_of_the_map(results, name):
    world = render(results[name], "map")
    shown = [part for part in plot(results[name]) if "name" in part.dimensions(label=True)]
    assert len(shown) == len(world.circles)
    for part, circles in zip(shown, world.circles, strict=True):
        columns = world.columns[circles.name]
        order = np.argsort(columns["name"], kind="stable")
        mine = np.argsort(part["name"], kind="stable")
        for column in circles.columns:
            assert_equal(part[column][mine], columns[column][order])
        style = part.opts.get("style", backend="bokeh").kwargs
        assert style["color"] == (LOOKS[circles.role].colour if circles.role else "shown")


@every
def test_print_shows_every_place_where_it_is_in_the_ink_of_its_step(
    results, name, tmp_path, monkeypatch
):
    kept: list[Any] = []
    monkeypatch.setattr(plt, "close", kept.append)
    figure(results[name], tmp_path / "map.png")
    monkeypatch.undo()
    world, (axes,) = render(results[name], "map"), kept[-1].axes
    printed = [marks for marks in axes.collections if len(marks.get_offsets()) > 1]
    assert len(printed) == len(world.circles)
    for marks, circles in zip(printed, world.circles, strict=True):
        columns = world.columns[circles.name]
        at = projected(columns["x"], columns["y"])
        places = np.asarray(marks.get_offsets())
        assert_allclose(places[np.lexsort(places.T)], at[np.lexsort(at.T)])
        if circles.role:
            assert {to_hex(colour) for colour in marks.get_edgecolor()} == {LOOKS[circles.role].ink}
            continue
        inks = [to_hex(colour).lower() for colour in marks.get_facecolor()]
        assert sorted(inks) == sorted(ink.lower() for ink in world.scale.ink_of(columns["shown"]))
    said = [text.get_text() for legend in kept[-1].legends for text in legend.get_texts()]
    assert set(world.scale.words) <= set(said)
    plt.close(kept[-1])


def test_a_map_of_prices_needs_nothing_but_its_table(results):
    table = results["prices"]
    scenario = Scenario.load(WORLD)
    world = render(table, "map")
    rows = table[(table["kind"] == "demand") & (table["workload"] == "all")]
    assert_allclose(world.columns["clients"]["shown"], rows["price_usd_per_mwh"])
    assert_allclose(
        world.columns["clients"]["x"], np.array(scenario.clients["longitude"]) / 180 * EDGE_M
    )
    assert world.about.title == scenario.title and world.columns["clients"]["name"].tolist() == [
        *scenario.clients["name"]
    ]


def test_without_prices_there_is_a_map_that_says_so(tmp_path):
    scenario = Scenario.load("classroom-3x3")
    scenario.objective = "carbon"
    table = marginal_prices(scenario)
    drawn(plot(table))
    figure(table, tmp_path / "map.png")
    assert render(table, "map").title == "there are no prices of one more MWh"


def test_a_step_is_named_by_its_ends_and_has_the_ink_of_its_place():
    scale = Scale.in_steps("Price [USD/MWh]", (0.0, 50.0), ("#000000",), AMOUNT_INKS)
    assert scale.words[1] == "10.0 to 20.0 USD/MWh"
    assert scale.ink_of(np.array([-5.0, 15.0, 49.0, 500.0])).tolist() == [
        AMOUNT_INKS[0], AMOUNT_INKS[1], AMOUNT_INKS[4], AMOUNT_INKS[4],
    ]  # fmt: skip


def test_columns_that_do_not_fit_are_refused(results):
    circles = Circles("dots", (("", "@name"),), size_px=5)
    world = render(results["prices"], "map")
    with pytest.raises(ValueError, match=r"dots.*name"):
        Map((circles,), {"dots": {"x": np.zeros(1), "y": np.zeros(1), "shown": np.zeros(1)}}, world.scale, "",
            world.finding, About(), [])  # fmt: skip


@every
def test_all_of_a_map_are_geographic_elements_in_its_projection(results, name):
    parts = [*plot(results[name])]
    assert all(type(part).__module__.startswith("geoviews.") for part in parts)
    assert {part.crs for part in parts} == {screen_crs()}


def test_a_map_gives_way_unless_it_was_given_a_width(results, caplog):
    """And nobody is warned, neither by Param nor by Bokeh."""
    placement = results["placement"]
    wide, narrow, own = (
        drawn(picture)
        for picture in (
            placement.map(),
            placement.map(width=400),
            placement.map().opts(width=400, backend="bokeh"),
        )
    )
    assert (wide.sizing_mode, wide.max_width) == ("stretch_width", MAP_PX)
    assert [(each.sizing_mode, each.width) for each in (narrow, own)] == [("fixed", 400)] * 2
    for each in (wide, narrow, own):
        process_validation_issues(check_integrity(list(each.references())))
    assert caplog.text == ""


def test_a_map_shows_a_part_of_the_world_in_its_shape(results):
    part = drawn(results["placement"].map(extent=(-15, 33, 40, 72), width=500))
    x, y = on_map([33, 72], [-15, 40])
    assert_allclose([part.x_range.start, part.x_range.end], x)
    assert_allclose([part.y_range.start, part.y_range.end], y)
    drawn_words = [each for each in part.renderers if isinstance(each.glyph, Text)]
    at = [each.data_source.data[each.glyph.x][0] for each in drawn_words]
    assert len(at) > 1 and all(x[0] < place < x[1] for place in at)
    for wrong in ((40, 33, -15, 72), (-15, 72, 40, 33), (-190, 0, 0, 10)):
        with pytest.raises(ValueError, match="west, south, east and north"):
            results["placement"].map(extent=wrong)


def test_so_many_of_the_largest_flows_stand_out(results):
    world = render(results["placement"], "map", top=3)
    mw = world.arcs.columns["it_mw"]
    assert [len(rows) for _role, _words, rows in world.arcs.groups] == [len(mw) - 3, 3]
    assert set(mw[world.arcs.columns["leads"]]) == set(np.sort(mw)[-3:])
