"""Results as pictures of one line each, as notebooks show them, and in step with Python."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geoviews as gv
import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import pytest
from bokeh.document import Document
from bokeh.models import GlyphRenderer, Legend, Plot
from holoviews.ipython import notebook_extension
from panel.io.state import state
from panel.models.comm_manager import CommManager as BrowserComm
from pyviz_comms import Comm, CommManager
from screens import drawn

from explorer import (
    Explorer,
    ExplorerError,
    Scenario,
    attribution,
    break_even,
    certificate,
    cost_carbon_front,
    figure,
    frontier,
    latencies,
    monte_carlo,
    near_optimal,
    relocatable_demand,
    solve,
    tornado,
    whole_day,
    wires_or_fibre,
)
from explorer.app.views.frontier import FrontierView
from explorer.charts.arcs import BEND, arc_pieces
from explorer.charts.backends import hint
from explorer.charts.draw import plot
from explorer.charts.map_places import set_apart
from explorer.charts.projection import EDGE_M, on_map
from explorer.charts.world_map import LEADS
from explorer.presentation import render
from explorer.session import Session
from explorer.text import format_number, title_of
from tests.scenarios import random_scenario

SCENARIOS = ("classroom-3x3", "world-2025")


def elements(picture: Any, kind: type) -> list[Any]:
    return picture.traverse(lambda element: element, [kind])


def places(picture: Any) -> list[Any]:
    """Of a map: its circles, not what explains them."""
    return [part for part in elements(picture, gv.Points) if "name" in part.data]


def arcs(picture: Any) -> list[Any]:
    return [part for part in elements(picture, gv.Segments) if "moves" in part.data]


@pytest.fixture(params=SCENARIOS)
def scenario(request) -> Scenario:
    return Scenario.load(request.param)


def test_a_map_shows_every_region_and_every_flow_of_the_placement(scenario):
    placement = solve(scenario)
    picture = placement.map(min_flow_mw=0.0)
    (regions,) = places(picture)
    table = regions.data.set_index("name")
    named = placement.regions.set_index(scenario.regions["name"])
    assert table["it_mw"].loc[named.index].to_numpy() == pytest.approx(named["it_mw"].to_numpy())
    assert table["change_mw"].sum() == pytest.approx(0, abs=1e-6)
    x, y = set_apart(on_map(scenario.regions["latitude"], scenario.regions["longitude"]))
    assert np.array_equal(table.loc[scenario.regions["name"], ["x", "y"]], np.column_stack([x, y]))
    flows = arcs(picture)
    moved = pd.concat([f.data for f in flows]).drop_duplicates("moves")
    assert moved["flow_mw"].sum() == pytest.approx(placement.relocated_mw)
    pairs = len(moved)
    assert [f.data["moves"].nunique() for f in flows] == [
        n for n in (max(pairs - LEADS, 0), min(pairs, LEADS)) if n
    ]
    (legend,) = drawn(picture).select({"type": Legend})
    assert [item.label.value for item in legend.items] == [f.label for f in flows]


def test_a_map_hides_flows_that_are_too_small(scenario):
    placement = solve(scenario)
    few = arcs(placement.map(min_flow_mw=15.0))
    assert few and min(f.data["flow_mw"].min() for f in few) >= 15.0


def test_nothing_of_an_arc_crosses_the_map_and_it_is_bent_as_in_the_app():
    rng = np.random.default_rng(1)
    start, stop = (rng.uniform(-1, 1, (2, 50)) * [[EDGE_M], [1e7]] for _ in range(2))
    ends, flow = arc_pieces(tuple(start), tuple(stop), 10)
    assert np.abs(ends[[0, 2]]).max() <= EDGE_M * (1 + 1e-9)
    assert np.abs(ends[2] - ends[0]).max() < EDGE_M / 4
    assert sorted(set(flow)) == list(range(50)) and len(flow) > 500  # some were cut
    for n in range(50):
        x0, y0, x1, y1 = ends[:, flow == n]
        dx = np.sum(x1 - x0)
        assert abs((start[0, n] + dx - stop[0, n]) / (2 * EDGE_M) % 1) == pytest.approx(
            0, abs=1e-9
        ) or ((start[0, n] + dx - stop[0, n]) / (2 * EDGE_M) % 1) == pytest.approx(1, abs=1e-9)
        assert abs(dx) <= EDGE_M * (1 + 1e-9)
        assert (y0[0], y1[-1]) == pytest.approx((start[1, n], stop[1, n]))
        assert np.array_equal(y1[:-1], y0[1:])
    x, y = np.array([0.0]), np.array([0.0])
    (ends, _) = arc_pieces((x, y), (x + 100.0, y), 2)
    assert ends[3, 0] == pytest.approx(BEND * 100)  # to the left of east is north


def test_a_frontier_is_a_staircase_through_its_table(scenario):
    found = frontier(scenario, over=next(iter(scenario.workloads)))
    for quantity, column, unit in (
        ("cost", "cost_usd_per_h", 1),
        ("carbon", "carbon_kg_per_h", 1000),
    ):
        picture = found.plot(quantity)
        (steps,) = elements(picture, hv.Points)
        assert steps[f"{quantity} x"] == pytest.approx(found.table["budget_ms"])
        assert steps[f"{quantity} y"] == pytest.approx(found.table[column] / unit)
        (line,) = (curve for curve in elements(picture, hv.Curve) if not curve.label)
        x, y = line[f"{quantity} x"], line[f"{quantity} y"]
        for row in found.table.itertuples():
            assert y[np.flatnonzero(x <= row.budget_ms)[-1]] == pytest.approx(
                getattr(row, column) / unit
            )
        drawn(picture)
    with pytest.raises(ValueError, match=r"'price'.*cost, carbon"):
        found.plot("price")


def test_layers_and_pairs_are_those_of_their_tables(scenario):
    placement, workload = solve(scenario), next(iter(scenario.workloads))
    bars = elements(placement.layers_plot(), hv.Rectangles)
    assert sum(of["it_mw"].sum() for of in bars) == pytest.approx(
        placement.served_mw + placement.unserved_mw
    )
    pairs = break_even(scenario, workload)
    pairs.attrs["best_of_each_home"] = False
    shown = {points.label: len(points) for points in elements(plot(pairs), hv.Points)}
    assert sum(shown.values()) == len(pairs)
    pay = (pairs["pays"] & (pairs["closed_by"] == "none")).sum()
    assert shown.get(f"{pay} pay", 0) == pay


def pictures_of(scenario: Scenario) -> dict[str, Any]:
    """Pictures of one panel each, as `plot` draws them, and a frontier."""
    draws, day = monte_carlo(scenario, draws=2), whole_day(scenario)
    return {
        "obstacles": plot(attribution(scenario)),
        "front": plot(cost_carbon_front(scenario)),
        "tornado": plot(tornado(scenario)),
        "ranges": plot(near_optimal(scenario)),
        **{name: plot(day, name) for name in ("load", "cost", "carbon")},
        "readings": plot(relocatable_demand(scenario)),
        "ways": plot(wires_or_fibre(scenario, "middle", "north", "chat")),
        **{name: draws.plot(name) for name in ("budgets", "regions")},
    }


@pytest.fixture(scope="module")
def classroom() -> dict[str, Any]:
    return pictures_of(Scenario.load("classroom-3x3"))


def test_every_picture_says_what_it_shows_in_words_and_units(classroom):
    for name, picture in classroom.items():
        figure = drawn(picture)
        assert len(figure.title.text) > 10, name
        labels = [axis.axis_label for axis in (*figure.xaxis, *figure.yaxis) if axis.axis_label]
        assert any(re.search(r"\[.+\]|Draws in which", label) for label in labels), name
        assert figure.hover, name


def test_what_is_laid_over_a_picture_leaves_its_words_and_axes(classroom):
    kinds = {name: classroom[name] for name in ("front", "ranges", "load")}
    for name, picture in {
        **kinds,
        "frontier": frontier(Scenario.load("classroom-3x3")).plot(),
    }.items():
        alone, together = drawn(picture), drawn(picture * hv.HLine(-0.5))
        assert together.title.text == alone.title.text, name
        assert together.xaxis[0].axis_label == alone.xaxis[0].axis_label, name
        assert together.yaxis[0].major_label_overrides == alone.yaxis[0].major_label_overrides, name
        assert (together.x_range.start, together.x_range.end) == (
            alone.x_range.start,
            alone.x_range.end,
        ), name


def test_side_by_side_pictures_share_no_axes_that_mean_different_things(classroom):
    layout = hv.Layout([classroom[name] for name in classroom])
    plots = list(drawn(layout).select({"type": Plot}))
    x, y = ([getattr(plot, axis).id for plot in plots] for axis in ("x_range", "y_range"))
    assert len(set(x)) == len(set(y)) == len(classroom)


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


@pytest.mark.parametrize(
    "settings", [{"friction_scale": 1000.0}, {"capacity_scale": 0.1}, {"total_demand_mw": 0.0}]
)
def test_pictures_of_little_or_nothing_are_drawn(settings):
    world = random_scenario(
        3, clients=3, regions=1 if "friction_scale" in settings else 3, lumpy=True
    )
    world.param.update(**settings)
    placement, found = solve(world), frontier(world)
    workload = next(iter(world.workloads))
    drawn(placement.map())
    drawn(placement.layers_plot())
    drawn(found.plot() * found.plot())
    if len(world.regions) > 1:
        drawn(plot(break_even(world, workload)))


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
        (regions,) = places(picture)
        assert sorted(regions["name"]) == sorted(found)
        assert picture.opts.get("plot", backend="bokeh").kwargs["title"].split("\n")[0] == title
    assert after.cost_usd_per_h == before.cost_usd_per_h
    assert frontier(scenario).network.labels.title == "Another title"


# In a notebook


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_certificate_says_in_a_cell_whether_it_proves_the_placement():
    proof = certificate(solve(Scenario.load("classroom-3x3")))
    shown = words(proof._repr_html_())
    assert "Proves that nothing is better" in shown and "relative gap" in shown
    assert f"No placement has less than {format_number(proof.lower_bound)} USD/h" in shown
    shown = words(replace(proof, overload_mw=3.0)._repr_html_())
    assert "Does not prove the placement" in shown and "Checks that fail capacity" in shown


def test_results_say_in_a_line_and_in_a_cell_what_they_are():
    scenario = Scenario.load("classroom-3x3")
    placement, found = solve(scenario), frontier(scenario, over="chat")
    assert (
        repr(scenario)
        == "<Scenario 'Classroom, three by three': 3 clients, 3 regions, 2 classes, 100 MW>"
    )
    assert repr(placement) == "<Placement of least cost: 30 of 100 MW relocated, 7,471 USD/h>"
    assert repr(found) == "<Frontier over 'chat': 2 steps>"
    assert (
        "Chat 150 1.00" in words(scenario._repr_html_())
        and "Sending data away [USD/GB] 0.5" in scenario._repr_html_()
    )
    shown = words(placement._repr_html_())
    assert "7,471 USD/h (−16.6 % against the baseline)" in shown  # (8960 - 7471) / 8960
    assert "30.0 of 100 MW (30 %)" in shown and "Unserved 0 MW" in shown
    assert "7,471 to 7,100 USD/h" in words(found._repr_html_()) and "37.1" in words(
        found._repr_html_()
    )


def test_draws_say_how_many_they_are_and_how_sure():
    draws = monte_carlo(Scenario.load("classroom-3x3"), draws=20)
    assert repr(draws) == "<Draws: 20 of 20 worlds around 'Classroom, three by three'>"
    shown, saving = words(draws._repr_html_()), draws.saving_usd_per_h()
    assert f"{format_number(saving['p50'])} USD/h; with inputs as they are 2,235 USD/h" in shown
    assert f"{format_number(saving['p10'])} to {format_number(saving['p90'])} USD/h" in shown
    assert (
        "20 of 20" in shown
        and "23 estimate by 20 %" in shown
        and "Sure to receive load North With" in shown
    )
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
    (panel,) = (
        model
        for model in root.references()
        if hasattr(model, "data") and hasattr(model.data, "sent")
    )
    move = {
        "model": {"id": panel.data.id},
        "attr": "sent",
        "new": json.dumps([1, {"chat/budget": 180.0}]),
    }
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
    assert "Chat may take 180 ms" in comm.text()
    assert document.callbacks._held_events == []


def test_ends_of_a_frontier_in_a_cell_have_the_unit_of_their_column():
    """Money per hour, kilograms per hour: as the table they are read from."""
    found = frontier(Scenario.load("classroom-3x3"))
    for column, unit in (("cost_usd_per_h", "USD/h"), ("carbon_kg_per_h", "kg/h")):
        ends = [format_number(found.table[column].iloc[end]) for end in (0, -1)]
        assert f"{ends[0]} to {ends[1]} {unit}" in found._repr_html_()


def rows_of(page: str) -> list[list[str]]:
    """Texts of the cells of the tables in HTML, row by row."""
    rows = re.findall(r"<tr\b.*?</tr>", page, re.DOTALL)
    return [[words(cell).strip() for cell in re.findall(r"<t[dh]\b.*?</t[dh]>", row, re.DOTALL)]
            for row in rows]  # fmt: skip


PLACEMENT_FACTS = {  # row of the cell: attribute, unit
    "Cost": ("cost_usd_per_h", "USD/h"),
    "Carbon": ("carbon_kg_per_h", "kg/h"),
    "Relocated": ("relocated_mw", "MW"),
    "Mean latency": ("mean_latency_ms", "ms"),
    "Unserved": ("unserved_mw", "MW"),
}
FLOW_TITLES = {"it_mw": "[MW]", "latency_ms": "[ms]"}


@pytest.mark.parametrize(
    ("fact", "attribute", "unit"), [(k, *v) for k, v in PLACEMENT_FACTS.items()]
)
def test_a_figure_of_a_placement_in_a_cell_has_the_unit_of_its_attribute(fact, attribute, unit):
    scenario = Scenario.load("classroom-3x3")
    scenario.capacity_scale = 0.55  # so that some is unserved
    placement = solve(scenario)
    value = getattr(placement, attribute)
    assert value > 0
    (said,) = [after for name, after, *_ in rows_of(placement._repr_html_()) if name == fact]
    figure, *rest = re.fullmatch(r"([\d.,]+)(?: of ([\d.,]+))? (\S+).*", said).groups()
    assert float(figure.replace(",", "")) == pytest.approx(value, rel=5e-3)
    assert rest[-1] == unit


@pytest.mark.parametrize(("column", "unit"), FLOW_TITLES.items())
def test_a_column_of_a_placement_in_a_cell_has_the_unit_of_its_flows(column, unit):
    placement = solve(Scenario.load("classroom-3x3"))
    titles, first, *_ = (row for row in rows_of(placement._repr_html_()) if len(row) > 2)
    assert title_of(column).endswith(unit)
    largest = placement.flows[column][placement.flows["it_mw"].idxmax()]
    assert float(first[titles.index(title_of(column))]) == pytest.approx(largest, rel=5e-3)


def test_a_frontier_says_in_words_and_in_a_cell_what_the_last_milliseconds_brought():
    """By hand from the steps: what the staircase fell by over 10 ms, per ms."""
    scenario = Scenario.load("classroom-3x3")
    scenario.workloads["chat"].latency_budget_ms = 200
    found = frontier(scenario, over="chat")
    (_, first), (_, last) = found.table.iterrows()
    erl, crl = ((first[name] - last[name]) / 10 for name in ("cost_usd_per_h", "carbon_kg_per_h"))
    assert erl > 0 > crl
    said = words(render(found, "chart").finding)
    assert (
        f"In the 10 ms up to 180 ms, each extra millisecond has saved {format_number(erl)} USD/h "
        f"and emitted {format_number(-crl)} kg/h of CO₂ more: cheaper, not cleaner." in said
    )
    assert "More patience brings nothing more." in said
    titles, _, row = (cells for cells in rows_of(found._repr_html_()) if len(cells) > 2)
    cells = dict(zip(titles, row, strict=True))
    for name, value in (
        ("erl_window_usd_per_h_per_ms", erl),
        ("crl_window_kg_per_h_per_ms", crl),
        ("objective_usd_per_h", last["objective_usd_per_h"]),
    ):
        assert cells[title_of(name)] == format_number(value)


def test_a_notebook_that_shows_pictures_as_text_is_told_once(monkeypatch):
    found = frontier(Scenario.load("classroom-3x3"))
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setattr("builtins.get_ipython", lambda: shell, raising=False)
    monkeypatch.setattr(notebook_extension, "_loaded", False)
    with pytest.warns(UserWarning, match=r"explorer\.notebook\(\)"):
        found.plot("cost")
    found.plot("cost")  # warnings are errors here
    hint._hint.cache_clear()
    monkeypatch.setattr(notebook_extension, "_loaded", True)
    found.plot("cost")
    monkeypatch.setattr(notebook_extension, "_loaded", False)
    shell.kernel = None  # a terminal, where text is what is wanted
    found.plot("cost")


def test_a_table_without_a_picture_is_named():
    """Said of a table that its function had just returned: no measure returned it."""
    table = latencies(Scenario.load("classroom-3x3"), client="middle-town", workload="chat")
    with pytest.raises(TypeError, match="There is no chart of latencies: its table is all there"):
        plot(table)


def test_a_misspelt_option_of_a_picture_gets_the_right_one(tmp_path):
    scenario = Scenario.load("classroom-3x3")
    found, placement = frontier(scenario, "chat"), solve(scenario)
    for draw, meant in (
        (lambda: placement.map(widht=500), "width"),
        (lambda: plot(placement, tpo=3), "top"),
        (lambda: plot(found, nmae="x"), "name"),
        (lambda: figure(placement, tmp_path / "a.svg", widht_mm=88), "width_mm"),
        (lambda: figure(found, tmp_path / "a.svg", creditt="me"), "credit"),
        (lambda: figure(tornado(scenario), tmp_path / "a.svg", titel="me"), "title"),
    ):
        with pytest.raises(ExplorerError, match=f"Did you mean '{meant}'"):
            draw()
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("name", "value", "give"),
    [
        *(("width", width, "a whole number from 100 to 10,000") for width in (-5, 0, 1e9, "a")),
        *(("top", top, "a whole number, 0 or more") for top in (-1, 2.5)),
        ("min_flow_mw", float("nan"), "a number, 0 or more"),
        *(
            ("extent", extent, "west, south, east and north")
            for extent in (5, "europe", (1, 2, 3, "a"))
        ),
    ],
)
def test_a_map_says_which_values_an_option_takes(name, value, give):
    placement = solve(Scenario.load("classroom-3x3"))
    with pytest.raises(ValueError, match=re.escape(f"{name} is {value!r}: give {give}")):
        placement.map(**{name: value})
