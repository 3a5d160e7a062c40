"""Results as pictures of one line each, as notebooks show them, and in step with Python."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geoviews as gv
import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import pytest
from bokeh.document import Document
from bokeh.models import CategoricalTickFormatter, CustomJSTickFormatter, GlyphRenderer, Legend, Plot
from panel.io.state import state
from panel.models.comm_manager import CommManager as BrowserComm
from pyviz_comms import Comm, CommManager
from screens import drawn

from explorer import (
    Explorer,
    Scenario,
    attribution,
    break_even,
    certificate,
    cost_carbon_front,
    frontier,
    monte_carlo,
    near_optimal,
    relocatable_demand,
    solve,
    tornado,
    whole_day,
    wires_or_fibre,
)
from explorer.app.views.frontier import FrontierView
from explorer.charts import pictures
from explorer.charts.arcs import BEND, arc_pieces
from explorer.measures.cost_carbon_front import avoided_kg_per_h
from explorer.model.geodesy import MERCATOR_EDGE_M, mercator_m
from explorer.session import Session
from explorer.text import number, sentence
from tests.scenarios import random_scenario

SCENARIOS = ("classroom-3x3", "world-2025")


def elements(picture: Any, kind: type) -> list[Any]:
    return picture.traverse(lambda element: element, [kind])


@pytest.fixture(params=SCENARIOS)
def scenario(request) -> Scenario:
    return Scenario.load(request.param)


def test_a_map_shows_every_region_and_every_flow_of_the_placement(scenario):
    placement = solve(scenario)
    picture = placement.map(min_flow_mw=0.0)
    (regions,) = elements(picture, gv.Points)
    table = regions.data.set_index("name")
    named = placement.regions.set_index(scenario.regions["name"])
    assert table["it_mw"].loc[named.index].to_numpy() == pytest.approx(named["it_mw"].to_numpy())
    assert table["change_mw"].sum() == pytest.approx(0, abs=1e-6)
    x, y = mercator_m(scenario.regions["latitude"], scenario.regions["longitude"])
    assert np.array_equal(table.loc[scenario.regions["name"], ["x", "y"]], np.column_stack([x, y]))
    flows = elements(picture, hv.Segments)
    moved = pd.concat([f.data.assign(flow_class=f.label) for f in flows]).drop_duplicates(["flow_class", "moves"])
    assert moved["it_mw"].sum() == pytest.approx(placement.relocated_mw)
    classes = placement.flows.query("not is_home")["workload"].nunique()
    assert len(flows) == classes
    (legend,) = drawn(picture).select({"type": Legend})
    assert len(legend.items) == classes


def test_a_map_hides_flows_that_are_too_small(scenario):
    placement = solve(scenario)
    few = elements(placement.map(min_flow_mw=15.0), hv.Segments)
    assert few and min(f.data["it_mw"].min() for f in few) >= 15.0


def test_nothing_of_an_arc_crosses_the_map_and_it_is_bent_as_in_the_app():
    rng = np.random.default_rng(1)
    start, stop = (rng.uniform(-1, 1, (2, 50)) * [[MERCATOR_EDGE_M], [1e7]] for _ in range(2))
    ends, flow = arc_pieces(tuple(start), tuple(stop), 10)
    assert np.abs(ends[[0, 2]]).max() <= MERCATOR_EDGE_M * (1 + 1e-9)
    assert np.abs(ends[2] - ends[0]).max() < MERCATOR_EDGE_M / 4
    assert sorted(set(flow)) == list(range(50)) and len(flow) > 500  # some were cut
    for n in range(50):
        x0, y0, x1, y1 = ends[:, flow == n]
        dx = np.sum(x1 - x0)
        assert abs((start[0, n] + dx - stop[0, n]) / (2 * MERCATOR_EDGE_M) % 1) == pytest.approx(0, abs=1e-9) or (
            (start[0, n] + dx - stop[0, n]) / (2 * MERCATOR_EDGE_M) % 1
        ) == pytest.approx(1, abs=1e-9)
        assert abs(dx) <= MERCATOR_EDGE_M * (1 + 1e-9)
        assert (y0[0], y1[-1]) == pytest.approx((start[1, n], stop[1, n]))
        assert np.array_equal(y1[:-1], y0[1:])
    x, y = np.array([0.0]), np.array([0.0])
    (ends, _) = arc_pieces((x, y), (x + 100.0, y), 2)
    assert ends[3, 0] == pytest.approx(BEND * 100)  # to the left of east is north


def test_a_frontier_is_a_staircase_through_its_table(scenario):
    found = frontier(scenario, over=next(iter(scenario.workloads)))
    for quantity, column, unit in (("cost", "cost_usd_per_h", 1), ("carbon", "carbon_kg_per_h", 1000)):
        picture = found.plot(quantity)
        (steps,) = elements(picture, hv.Scatter)
        assert steps["budget_ms"] == pytest.approx(found.table["budget_ms"])
        assert steps[quantity] == pytest.approx(found.table[column] / unit)
        (line,) = elements(picture, hv.Curve)
        x, y = line["budget_ms"], line[quantity]
        for row in found.table.itertuples():
            assert y[np.flatnonzero(x <= row.budget_ms)[-1]] == pytest.approx(getattr(row, column) / unit)
        drawn(picture)
    with pytest.raises(ValueError, match=r"'price'.*cost, carbon"):
        found.plot("price")


def test_layers_pairs_and_obstacles_are_those_of_their_tables(scenario):
    placement, workload = solve(scenario), next(iter(scenario.workloads))
    assert placement.layers_plot().data["it_mw"].sum() == pytest.approx(placement.served_mw)
    pairs, obstacles = break_even(scenario, workload), attribution(scenario)
    shown = {points.label: len(points) for points in elements(pictures.break_even(pairs), hv.Scatter)}
    assert sum(shown.values()) == len(pairs)
    assert shown.get("pays", 0) == (pairs["pays"] & pairs["lawful"]).sum()
    (bars,) = elements(pictures.attribution(obstacles), hv.Bars)
    assert bars.data.set_index("factor")["usd_per_h"].to_dict() == obstacles.set_index("factor")["usd_per_h"].to_dict()
    (words,) = elements(pictures.attribution(obstacles), hv.Labels)
    assert any(number(obstacles["usd_per_h"].max()) in word for word in words["words"])
    figure = drawn(pictures.attribution(obstacles))
    assert isinstance(figure.yaxis[0].formatter, CategoricalTickFormatter)  # names, and amounts below them
    assert isinstance(figure.xaxis[0].formatter, CustomJSTickFormatter)


def pictures_of(scenario: Scenario) -> dict[str, Any]:
    """Every picture of a table or of draws, by name."""
    draws, ids = monte_carlo(scenario, draws=2), scenario.regions["id"].tolist()
    day, workload = whole_day(scenario), next(iter(scenario.workloads))
    made = {
        "front": pictures.cost_carbon_front(cost_carbon_front(scenario)),
        "tornado": pictures.tornado(tornado(scenario)),
        "ranges": pictures.near_optimal(near_optimal(scenario)),
        "load": pictures.whole_day(day),
        "cost": pictures.whole_day(day, "cost"),
        "carbon": pictures.whole_day(day, "carbon"),
        "readings": pictures.relocatable_demand(relocatable_demand(scenario)),
        "budgets": draws.plot(),
        "receiving": draws.plot("regions"),
    }
    if len(ids) > 1:
        made["ways"] = pictures.wires_or_fibre(wires_or_fibre(scenario, ids[0], ids[1], workload))
    return made


@pytest.fixture(scope="module")
def classroom() -> dict[str, Any]:
    return pictures_of(Scenario.load("classroom-3x3"))


def bars_of(picture: Any) -> dict[str, pd.DataFrame]:
    """Rectangles by the words of the legend: x, y, x_end, y_end, and what a pointer reads."""
    found = {}
    for bars in elements(picture, hv.Rectangles):
        ends = dict(zip([str(dimension) for dimension in bars.kdims], ["x", "y", "x_end", "y_end"], strict=True))
        found[bars.label] = bars.data.rename(columns=ends).reset_index(drop=True)
    return found


def same(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=1e-9, atol=1e-9)


def option(picture: Any, name: str) -> Any:
    return picture.opts.get("plot", backend="bokeh").kwargs[name]


def names_of(picture: Any) -> list[str]:
    """What the rows are called, from the top."""
    return [name for _, name in sorted(option(picture, "yticks"), reverse=True)]


def test_a_front_goes_through_every_placement_and_marks_the_scenarios_price(scenario):
    table = cost_carbon_front(scenario)
    picture = pictures.cost_carbon_front(table)
    at = np.column_stack([table["carbon_kg_per_h"] / 1000, table["cost_usd_per_h"]])
    *points, now = elements(picture, hv.Scatter)
    assert pytest.approx(at) == np.concatenate([[p["carbon"], p["cost"]] for p in points], axis=1).T
    line = np.concatenate([[c["carbon"], c["cost"]] for c in elements(picture, hv.Curve)], axis=1).T
    assert np.unique(line, axis=0) == pytest.approx(np.unique(at, axis=0))
    assert len(line) == len(at) + len(points) - 1  # each stretch begins where the one before ends
    (row,) = np.flatnonzero(
        (table["carbon_price_from_usd_per_t"] <= scenario.carbon_price_usd_per_t)
        & (scenario.carbon_price_usd_per_t < table["carbon_price_to_usd_per_t"])
    )
    assert [now["carbon"][0], now["cost"][0]] == pytest.approx(at[row])
    assert now.label == f"now: {scenario.carbon_price_usd_per_t:g} USD/t"
    assert number(avoided_kg_per_h(table, np.inf) / 1000) in option(picture, "title")
    table.attrs = {}
    assert len(elements(pictures.cost_carbon_front(table), hv.Scatter)) == len(points)  # nobody's price is marked


def test_bars_of_a_tornado_reach_from_the_saving_to_what_it_becomes(scenario):
    table = tornado(scenario, change=0.1)
    picture = pictures.tornado(table)
    base = table["saving_usd_per_h"].iloc[0]
    bars = bars_of(picture)
    assert list(bars) == ["10 % lower", "10 % higher"]
    for side, drawn_bars in zip(("low", "high"), bars.values(), strict=True):
        saving = table[f"saving_usd_per_h_{side}"].to_numpy()
        same(drawn_bars["x"], np.minimum(saving, base))
        same(drawn_bars["x_end"], np.maximum(saving, base))
        assert np.round((drawn_bars["y"] + drawn_bars["y_end"]) / 2).tolist() == list(range(len(table), 0, -1))
    low, high = bars.values()
    beside = np.isclose(low["x_end"], high["x"]) | np.isclose(low["x"], high["x_end"])
    assert (beside | (low["y"] >= high["y_end"])).all()  # neither hides the other
    assert names_of(picture) == table["input"].tolist()
    (line,) = elements(picture, hv.VLine)
    assert line.data == pytest.approx(base)


def test_ranges_shown_are_the_widest_and_the_picture_says_how_many_there_are(scenario):
    table = near_optimal(scenario).assign(name=scenario.regions["name"].str.split(" (", regex=False).str[0])
    picture = pictures.near_optimal(table)
    shown = table.set_index("name").loc[names_of(picture)]
    width = table["most_mw"] - table["least_mw"]
    assert len(shown) == min(12, len(table))
    assert sorted(shown["most_mw"] - shown["least_mw"]) == pytest.approx(sorted(width)[-12:])
    needed, free = bars_of(picture).values()
    same(needed["x_end"], shown["least_mw"])
    assert (needed["x"] == 0).all()
    same(free["x"], shown["least_mw"])
    same(free["x_end"], shown["most_mw"])
    (optimum,) = elements(picture, hv.Scatter)
    same(optimum.dimension_values(0), shown["it_mw"])
    assert option(picture, "ylabel") == (f"12 widest of {len(table)} regions" if len(table) > 12 else "")
    assert "1 % more than the optimum" in option(picture, "title")


def test_a_day_has_the_load_cost_and_carbon_of_every_hour(scenario):
    table = whole_day(scenario)
    bars = bars_of(pictures.whole_day(table))
    load = {label: (b["y_end"] - b["y"]).to_numpy() for label, b in bars.items()}
    same(load["at home"], table["served_mw"] - table["relocated_mw"])
    same(load["relocated, in daylight"], table["relocated_in_daylight_mw"])
    same(sum(load.values()), table["served_mw"] + table["unserved_mw"])
    for below, above in pairwise(bars.values()):
        same(below["y_end"], above["y"])  # stacked without gaps
    means, best = elements(pictures.whole_day(table, "cost"), hv.Curve)
    same(best.dimension_values(1), table["objective_usd_per_h"])
    same(means.dimension_values(1), table["by_means_usd_per_h"])
    same(best.dimension_values(0), table["hour_utc"] + 0.5)
    (carbon,) = elements(pictures.whole_day(table, "carbon"), hv.Curve)
    same(carbon.dimension_values(1), table["carbon_kg_per_h"] / 1000)
    with pytest.raises(ValueError, match=r"'price'.*load, cost, carbon"):
        pictures.whole_day(table, "price")


def test_readings_are_nested_bars_of_all_classes_and_of_each(scenario):
    table = relocatable_demand(scenario)
    picture = pictures.relocatable_demand(table)
    thick = np.inf
    for reading, (label, bars) in zip(("gross", "deliverable", "economic"), bars_of(picture).items(), strict=True):
        mw = table[f"{reading}_mw"]
        assert label.startswith(reading)
        same(bars["x_end"] - bars["x"], [mw.sum(), *mw])
        assert (bars["y_end"] - bars["y"]).max() < thick  # so that what lies below is seen
        thick = (bars["y_end"] - bars["y"]).min()
    classes = scenario.workloads.values()
    assert names_of(picture)[1:] == [w.name if w.id == w.name.lower() else f"{w.id} {w.name}" for w in classes]


@pytest.mark.parametrize("prices", [1.0, -1.0])
def test_parts_of_what_a_way_costs_add_up_to_its_total(prices):
    scenario = Scenario.load("classroom-3x3")
    column = "electricity_price_usd_per_mwh"
    scenario.regions = scenario.regions.assign(**{column: prices * scenario.regions[column]})
    table = wires_or_fibre(scenario, "middle", "north", "batch")
    picture = pictures.wires_or_fibre(table)
    bars = pd.concat(bars_of(picture).values())
    bars["usd"] = np.where(bars["x"] < 0, bars["x"] - bars["x_end"], bars["x_end"] - bars["x"])
    total = table.set_index("way")["total_usd_per_mwh"]
    assert bars.groupby("way")["usd"].sum().to_dict() == pytest.approx(total.to_dict())
    for _, way in bars[bars["usd"] > 0].groupby("way"):
        assert way["x"].min() == 0 and sorted(way["x"])[1:] == pytest.approx(sorted(way["x_end"])[:-1])
    assert names_of(picture) == [f"{way}: {number(usd)}" for way, usd in total.items()]
    least = {"home grid": "the home grid costs least", "wires": "wires cost least", "fibre": "fibre costs least"}
    assert option(picture, "title") == f"{sentence(least[total.idxmin()])} for Batch, Middle → North"


def test_draws_show_their_quantiles_and_who_receives_load():
    scenario = Scenario.load("classroom-3x3")
    draws = monte_carlo(scenario, draws=20)
    band, median = elements(draws.plot(), hv.Curve)  # an area is a curve too
    table = draws.frontier
    assert np.column_stack([band.dimension_values(n) for n in range(3)]) == pytest.approx(
        table[["relaxed_ms", "p10_usd_per_h", "p90_usd_per_h"]].to_numpy()
    )
    same(median.dimension_values(1), table["p50_usd_per_h"])
    picture = draws.plot("regions")
    bars = pd.concat(bars_of(picture)).sort_values("y", ascending=False)
    assert bars["region"].tolist() == names_of(picture) == ["North", "South", "Middle"]
    assert bars["x_end"].tolist() == [20.0, 5.0, 0.0]  # as in the docstring of monte_carlo
    assert bars.index.get_level_values(0).tolist() == ["in 90 % of draws or more", "in fewer", "in fewer"]
    assert option(picture, "title") == "1 of 3 regions is sure to receive load, 1 open"
    with pytest.raises(ValueError, match=r"'saving'.*budgets, regions"):
        draws.plot("saving")


def test_draws_that_serve_less_at_strict_budgets_have_no_band_there():
    draws = monte_carlo(Scenario.load("classroom-3x3"), draws=3)
    cost = draws.frontier_usd_per_h.copy()
    cost[:, 0] = np.nan
    picture = replace(draws, frontier_usd_per_h=cost).plot()
    (band,) = elements(picture, hv.Area)
    same(band.dimension_values(0), draws.relaxed_ms[1:])
    drawn(picture)


def test_every_picture_says_what_it_shows_in_words_and_units(classroom):
    for name, picture in classroom.items():
        figure = drawn(picture)
        assert len(figure.title.text) > 10, name
        labels = [axis.axis_label for axis in (*figure.xaxis, *figure.yaxis) if axis.axis_label]
        assert any(re.search(r"\[.+\]|Draws in which", label) for label in labels), name
        assert figure.select({"type": Legend}) or name == "carbon"
        assert figure.hover, name
        for hover in figure.hover:
            asked = set(re.findall(r"@(\w+)", " ".join(text for _, text in hover.tooltips)))
            for renderer in hover.renderers:
                assert asked <= set(renderer.data_source.column_names), name


def test_what_is_laid_over_a_picture_leaves_its_words_and_axes(classroom):
    kinds = {name: classroom[name] for name in ("front", "ranges", "load")}
    for name, picture in {**kinds, "frontier": frontier(Scenario.load("classroom-3x3")).plot()}.items():
        alone, together = drawn(picture), drawn(picture * hv.HLine(-0.5))
        assert together.title.text == alone.title.text, name
        assert together.xaxis[0].axis_label == alone.xaxis[0].axis_label, name
        assert together.yaxis[0].major_label_overrides == alone.yaxis[0].major_label_overrides, name
        assert (together.x_range.start, together.x_range.end) == (alone.x_range.start, alone.x_range.end), name


def test_side_by_side_pictures_share_axes_only_where_they_mean_the_same(classroom):
    names = ["front", "tornado", "ranges", "load", "cost", "readings", "ways", "budgets", "receiving"]
    layout = hv.Layout([classroom[name] for name in names])
    plots = list(drawn(layout).select({"type": Plot}))
    x, y = ([getattr(plot, axis).id for plot in plots] for axis in ("x_range", "y_range"))
    assert len(set(y)) == len(names)
    assert len(set(x)) == len(names) - 1  # the hours of a day


def test_a_picture_goes_on_many_pages(classroom):
    """Models of Bokeh's belong to one page: a picture that keeps one fails on the next."""
    kinds = [classroom[name] for name in ("front", "tornado", "budgets")]
    shown = [*kinds, frontier(Scenario.load("classroom-3x3")).plot()]
    pages = [Document(), Document()]
    for page in pages:
        for picture in shown:
            page.add_root(pn.panel(picture).get_root(page))
    assert len(pages[1].roots) == len(shown)


def test_a_table_keeps_the_names_it_was_made_with_and_is_nobody_elses():
    scenario = Scenario.load("classroom-3x3")
    for make in (
        cost_carbon_front, tornado, near_optimal, whole_day, relocatable_demand, attribution,
        lambda s: break_even(s, "chat"), lambda s: wires_or_fibre(s, "middle", "north", "chat"),
    ):  # fmt: skip
        scenario.title = "Before"
        before = make(scenario)
        expected = before.copy()
        scenario.title = "After"
        after = make(scenario)
        assert (before.attrs["title"], after.attrs["title"]) == ("Before", "After")
        before.loc[0, before.columns[-1]] = before[before.columns[-1]].iloc[-1]
        before["mine"] = 1.0
        assert after.equals(expected) and make(scenario).equals(expected)


def test_pictures_compose():
    scenario = Scenario.load("classroom-3x3")
    chat, batch = frontier(scenario, over="chat"), frontier(scenario, over="batch")
    side_by_side = solve(scenario).map() + chat.plot() + solve(scenario).layers_plot()
    assert isinstance(side_by_side, hv.Layout) and len(side_by_side) == 3
    over_each_other = chat.plot() * batch.plot()
    assert isinstance(over_each_other, hv.Overlay)
    assert len(drawn(over_each_other).select({"type": GlyphRenderer})) > len(
        drawn(chat.plot()).select({"type": GlyphRenderer})
    )
    oslo = gv.Points([(10.75, 59.9)])  # in degrees
    drawn(solve(scenario).map() * oslo)
    drawn(side_by_side)


@pytest.mark.parametrize("settings", [{"friction_scale": 1000.0}, {"capacity_scale": 0.1}, {"total_demand_mw": 0.0}])
def test_pictures_of_little_or_nothing_are_drawn(settings):
    world = random_scenario(3, clients=3, regions=1 if "friction_scale" in settings else 3, lumpy=True)
    world.param.update(**settings)
    placement, found = solve(world), frontier(world)
    workload = next(iter(world.workloads))
    drawn(placement.map())
    drawn(placement.layers_plot())
    drawn(found.plot() * found.plot())
    drawn(pictures.attribution(attribution(world)))
    for picture in pictures_of(world).values():
        drawn(picture)
    if len(world.regions) > 1:
        drawn(pictures.break_even(break_even(world, workload)))


def test_a_placement_keeps_the_names_it_was_solved_with():
    scenario = Scenario.load("classroom-3x3")
    before = solve(scenario)
    names = scenario.regions["name"]
    scenario.regions = scenario.regions.assign(name=names.str.upper())
    scenario.title = "Another title"
    after = solve(scenario)
    for placement, found, title in (
        (before, names, before.network.labels.title),
        (after, names.str.upper(), "Another title"),
    ):
        picture = placement.map()
        (regions,) = elements(picture, gv.Points)
        assert sorted(regions["name"]) == sorted(found)
        assert picture.opts.get("plot", backend="bokeh").kwargs["title"].split("\n")[0] == title
    assert after.cost_usd_per_h == before.cost_usd_per_h
    assert frontier(scenario).labels.title == "Another title"


# In a notebook


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_certificate_says_in_a_cell_whether_it_proves_the_placement():
    proof = certificate(solve(Scenario.load("classroom-3x3")))
    shown = words(proof._repr_html_())
    assert "Proves that nothing is better" in shown and "relative gap" in shown
    assert f"No placement has less than {number(proof.lower_bound)} USD/h" in shown
    shown = words(replace(proof, overload_mw=3.0)._repr_html_())
    assert "Does not prove the placement" in shown and "Checks that fail capacity" in shown


def test_results_say_in_a_line_and_in_a_cell_what_they_are():
    scenario = Scenario.load("classroom-3x3")
    placement, found = solve(scenario), frontier(scenario, over="chat")
    assert repr(scenario) == "<Scenario 'Classroom, three by three': 3 clients, 3 regions, 2 classes, 100 MW>"
    assert repr(placement) == "<Placement of least cost: 30 of 100 MW relocated, 7,471 USD/h>"
    assert repr(found) == "<Frontier over 'chat': 2 steps>"
    assert "Chat 150 1.00" in words(scenario._repr_html_()) and "Egress price [USD/GB] 0.5" in scenario._repr_html_()
    shown = words(placement._repr_html_())
    assert "7,471 USD/h (−16.6 % against the baseline)" in shown  # (8960 - 7471) / 8960
    assert "30.0 of 100 MW (30 %)" in shown and "Unserved 0 MW" in shown
    assert "7,471 to 7,100 USD/h" in words(found._repr_html_()) and "4.64" in words(found._repr_html_())


def test_draws_say_how_many_they_are_and_how_sure():
    draws = monte_carlo(Scenario.load("classroom-3x3"), draws=20)
    assert repr(draws) == "<Draws: 20 of 20 worlds around 'Classroom, three by three'>"
    shown, saving = words(draws._repr_html_()), draws.saving_usd_per_h()
    assert f"{number(saving['p50'])} USD/h; with inputs as they are 2,235 USD/h" in shown
    assert f"{number(saving['p10'])} to {number(saving['p90'])} USD/h" in shown
    assert "20 of 20" in shown and "rtt 22 %" in shown and "Sure to receive load North With" in shown
    assert "North 20" in shown and "p50 [MW]" in shown


def test_cells_name_what_goes_unserved_and_escape_what_is_named():
    scenario = Scenario.load("classroom-3x3")
    scenario.title, scenario.capacity_scale = "<b>&", 0.1
    assert "&lt;b&gt;&amp;" in scenario._repr_html_() and "<b>&</b>" not in scenario._repr_html_()
    assert "(capacity" in solve(scenario)._repr_html_()


class Heard(Comm):
    """What a kernel would send to a notebook."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._comm = True
        self.sent: list[Any] = []

    def send(self, data: Any = None, metadata: Any = None, buffers: Any = ()) -> None:
        self.sent.append(data)

    def text(self) -> str:
        return "".join(data for data in self.sent if isinstance(data, str))


class Manager(CommManager):
    server_comm = Heard
    _comms: dict[str, Any] = {}  # noqa: RUF012


@pytest.fixture
def notebook(monkeypatch) -> None:
    monkeypatch.setattr(state, "_comm_manager", Manager)
    monkeypatch.setattr(pn.extension, "_loaded", True)


def in_a_cell(viewer: Any) -> tuple[Any, Any, Heard]:
    """Display it; the Bokeh root, its document and the channel to the browser."""
    before = set(state._views)
    bundle, _ = viewer._repr_mimebundle_()
    assert "text/html" in bundle
    (ref,) = set(state._views) - before
    _, root, document, comm = state._views[ref]
    return root, document, comm


def test_python_moves_what_an_explorer_shows_in_a_cell(notebook):
    scenario = Scenario.load("classroom-3x3")
    explorer = Explorer(scenario)
    _, document, comm = in_a_cell(explorer)
    scenario.workloads["chat"].latency_budget_ms = 180
    assert explorer.session.placement.cost_usd_per_h == pytest.approx(7100)
    assert "7,100" in comm.text()  # the totals
    assert '\\"chat/budget\\":180' in comm.text()  # the slider
    assert document.callbacks._held_events == []  # nothing waits to be sent


def test_what_a_reader_moves_in_a_cell_moves_the_scenario_and_its_pictures(notebook):
    scenario = Scenario.load("classroom-3x3")
    explorer = Explorer(scenario)
    root, document, comm = in_a_cell(explorer)
    (panel,) = (model for model in root.references() if hasattr(model, "data") and hasattr(model.data, "sent"))
    move = {"model": {"id": panel.data.id}, "attr": "sent", "new": json.dumps([1, {"chat/budget": 180.0}])}
    message = {"header": {"msgid": "1", "msgtype": "PATCH-DOC"}, "metadata": {}, "_buffers": {}}
    message["content"] = {"events": [{"kind": "ModelChanged", **move}]}
    viewable = state._views[root.ref["id"]][0]
    viewable._on_msg(root.ref["id"], BrowserComm(comm_id=comm.id, plot_id=root.ref["id"]), message)
    assert scenario.workloads["chat"].latency_budget_ms == 180
    assert "7,100" in comm.text()
    assert document.callbacks._held_events == []


def test_what_draws_is_loaded_when_something_is_drawn(tmp_path):
    probe = """
import sys
from explorer import Scenario, monte_carlo, solve
scenario = Scenario.load("classroom-3x3")
placement, draws = solve(scenario), monte_carlo(scenario, draws=1)
repr(scenario), repr(placement), scenario._repr_html_(), placement._repr_html_(), draws._repr_html_()
drawing = {"panel", "holoviews", "geoviews", "bokeh", "cartopy", "matplotlib"}
assert not drawing & set(sys.modules), drawing & set(sys.modules)
placement.layers_plot()
assert "holoviews" in sys.modules
"""
    folder = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", probe], cwd=folder, check=True)


def test_a_view_alone_in_a_cell_follows_too(notebook):
    scenario = Scenario.load("classroom-3x3")
    session = Session(scenario)
    _, document, comm = in_a_cell(FrontierView(session))
    scenario.workloads["chat"].latency_budget_ms = 180
    assert "Budget of chat: 180 ms" in comm.text()
    assert document.callbacks._held_events == []
