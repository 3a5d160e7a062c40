"""
Figures for print: what they show, how large they are, and that a bad target is refused before any
work.
"""

import os
import re
from collections.abc import Callable
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from PIL import Image

from explorer import (
    ExplorerError,
    Scenario,
    __version__,
    attribution,
    break_even,
    cost_carbon_front,
    cost_latency_front,
    frontier,
    monte_carlo,
    near_optimal,
    relocatable_demand,
    solve,
    tornado,
    whole_day,
    wires_or_fibre,
)
from explorer.charts import palette
from explorer.charts.backends import page as printing
from explorer.charts.backends.printed_map import projected
from explorer.charts.draw import figure
from explorer.charts.palette import LOOKS
from explorer.charts.projection import on_map
from explorer.model.labels import labels_of
from explorer.model.placement import LAYERS
from explorer.words import speaking
from tests.scenarios import random_scenario

Write = Callable[..., Path]
MEASURES = (
    attribution,
    cost_carbon_front,
    cost_latency_front,
    near_optimal,
    relocatable_demand,
    tornado,
    whole_day,
)  # drawn by `figure`


def writers(scenario: Scenario) -> dict[str, Write]:
    """Every kind of figure of a scenario, by name."""
    placement, workload = solve(scenario), next(iter(scenario.workloads))
    found, draws = frontier(scenario, over=workload), monte_carlo(scenario, draws=2)
    ids = scenario.regions["id"].tolist()
    charted = {measure.__name__: measure(scenario) for measure in MEASURES}
    if len(ids) > 1:
        charted["break_even"] = break_even(scenario, list(scenario.workloads)[-1])
        charted["wires_or_fibre"] = wires_or_fibre(
            scenario, ids[1], ids[0], list(scenario.workloads)[-1]
        )
    drawn: dict[str, Callable[..., Figure]] = {
        "map": placement.figure,
        "layers": placement.layers_figure,
        "frontier": found.figure,
        "draws": draws.figure,
        **{name: partial(figure, table) for name, table in charted.items()},
    }
    return {name: partial(written, draw) for name, draw in drawn.items()}


def written(draw: Callable[..., Figure], path: Path, **options: Any) -> Path:
    """The file of a figure."""
    draw(path, **options)
    return path


@pytest.fixture(scope="module")
def classroom() -> dict[str, Write]:
    return writers(Scenario.load("classroom-3x3"))


def text_of(svg: Path) -> str:
    return unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)", svg.read_text(encoding="utf-8"))))


SAID = {
    "map": [
        "Classroom, three by three: 30.0 of 100 MW",
        "2 flows, 30.0 MW",
        "more load than baseline",
        "Natural Earth",
    ],
    "layers": [
        "70 % of the load runs at home",
        "Share of the class's load [%]",
        "energy-oriented",
        "within 3,000 km",
        "Chat, 60.0 MW",
    ],
    "frontier": [
        "Classroom, three by three: waiting 80 ms longer saves",
        "Cost without carbon price [USD/h]",
        "Carbon [t/h]",
        "Latency budget of class chat [ms]",
        "now: 150 ms",
    ],
    "break_even": [
        "Classroom, three by three: moving pays from 2 of 3 homes",
        "Saving [USD/MWh]",
        "Friction [USD/MWh]",
        "2 pay",
        "1 do not pay",
    ],
    "cost_latency_front": [
        "the first 10 ms of mean delay save",
        "Mean added delay per request [ms]",
        "Carbon [t/h]",
        "now: 28.0 ms",
    ],
    "cost_carbon_front": [
        "up to 10.2 t/h can be avoided, 6.93 of them",
        "Carbon [t/h]",
        "Cost without carbon price [USD/h]",
        "below 50 USD/t",
        "now: 50 USD/t",
    ],
    "tornado": [
        "saving depends most on electricity prices",
        "baseline [USD/h]",
        "lower by 20 %",
        "higher by 20 %",
        "Demand",
    ],
    "near_optimal": [
        "for 1 % more than the optimum",
        "IT load [MW]",
        "needed",
        "free to choose",
        "South",
    ],
    "whole_day": [
        "50 % of the relocated load runs in daylight",
        "North, 50 MW",
        "Cost [USD/h]",
        "Carbon [t/h]",
        "Hour of the day [UTC]",
        "from elsewhere",
        "placed hour by hour",
    ],
    "relocatable_demand": [
        "of 64.0 MW that may run elsewhere, 32.0",
        "IT load [MW]",
        "gross: in time",
        "all classes",
    ],
    "wires_or_fibre": [
        "three by three: fibre costs least for Batch, Middle → North",
        "Cost [USD per MWh of IT load]",
        "fibre: 65.5",
        "egress",
    ],
    "draws": [
        "1 of 3 regions is sure",
        "Saving [USD/h]",
        "All budgets relaxed by [ms]",
        "eight of ten draws",
        "2 worlds",
    ],
    "attribution": [
        "moving saves 2,235 of 7,100",
        "Saving against the baseline [USD/h]",
        "state locality",
        "Shapley",
    ],
}


@pytest.mark.parametrize("kind", SAID)
def test_a_figure_has_title_units_legend_and_sources(classroom, tmp_path, kind):
    said = text_of(classroom[kind](tmp_path / "figure.svg"))
    assert [
        words for words in [*SAID[kind], "Data: Wattlas (estimates)."] if words not in said
    ] == []


def test_a_figure_names_as_many_publishers_as_fit_and_counts_the_rest(tmp_path):
    world = Scenario.load("world-2025")
    publishers = labels_of(world).publishers_of("layers")
    assert "Eurostat" in publishers and len(set(publishers)) == len(publishers)
    placement = solve(world)
    for write, width_mm in (
        (placement.figure, 180.0),  # a map takes seconds, and its notes are made as all are
        (placement.layers_figure, 88.0),
        (placement.layers_figure, 180.0),
    ):
        said = text_of(written(write, tmp_path / "figure.svg", width_mm=width_mm))
        named = said.split("Data: ")[1].split("; and ")[0].split("; ")
        assert tuple(named) == publishers[: len(named)]
        assert f"; and {len(publishers) - len(named)} more, listed in the scenario." in said
    world.sources = None
    solve(world).layers_figure(tmp_path / "figure.svg")
    assert "names no sources" in text_of(tmp_path / "figure.svg")


def test_a_figure_names_whose_data_it_uses_and_only_those(tmp_path):
    figure(break_even(Scenario.load("world-2025"), "A"), tmp_path / "pairs.svg")
    said = text_of(tmp_path / "pairs.svg")
    assert "US Energy Information Administration" in said
    assert "Our World in Data" not in said  # demand, which no pair of regions knows


def test_a_proxy_is_called_a_proxy():
    world = Scenario.load("world-2025")
    world.carbon_signal = "operating margin"
    assert "Google (as a proxy)" not in labels_of(world).publishers_of("layers")
    world.carbon_signal = "average"
    assert {"Google", "Google (as a proxy)"} <= {*labels_of(world).publishers_of("layers")}


def test_whose_data_it_is_is_said_in_the_language_that_is_spoken_whoever_asked_first():
    placement = solve(Scenario.load("classroom-3x3"))
    with speaking("de"):
        said = placement.layers.attrs["publishers"]
    assert placement.layers.attrs["publishers"] == ["Wattlas (estimates)"] != said


def test_a_figure_of_a_table_that_lost_its_origin_still_stands(tmp_path):
    table = break_even(Scenario.load("classroom-3x3"), "chat")
    table.attrs = {"measure": "break_even"}
    figure(table, tmp_path / "pairs.svg")
    said = text_of(tmp_path / "pairs.svg")
    assert "Moving pays from 0 of 3 homes" in said and "Data:" not in said


@pytest.mark.parametrize("kind", ["map", "frontier"])
def test_the_same_figure_is_the_same_file_and_leaves_nothing_else(classroom, tmp_path, kind):
    for ending in ("svg", "pdf"):
        first = classroom[kind](tmp_path / f"a.{ending}").read_bytes()
        assert classroom[kind](tmp_path / f"a.{ending}").read_bytes() == first
    assert sorted(os.listdir(tmp_path)) == ["a.pdf", "a.svg"]
    assert plt.get_fignums() == []


def test_width_is_in_millimetres_and_everything_fits(classroom, tmp_path):
    for kind, write in classroom.items():
        for width_mm in (88.0, 180.0) if kind in ("map", "near_optimal") else (88.0,):
            path = write(tmp_path / f"{kind}.png", width_mm=width_mm)
            with Image.open(path) as image:
                assert image.width == pytest.approx(width_mm / 25.4 * 300, abs=1)
                grey = np.asarray(image.convert("L"))
            assert grey.min() < 60  # there is something dark
            rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
            assert rim.min() == 255, (kind, width_mm)  # nothing is cut off


@pytest.mark.parametrize(
    "settings",
    [
        {"regions": 3, "capacity_scale": 0.1, "friction_scale": 1000.0},
        {"regions": 1, "total_demand_mw": 0.0},
    ],
    ids=["much goes unserved, nothing moves", "one region, no load"],
)
def test_the_map_of_a_degenerate_world_is_drawn(tmp_path, settings, monkeypatch):
    """Charts of such worlds are drawn in `test_charts`."""
    monkeypatch.setattr(printing, "DOTS_PER_INCH", 100)  # a third of the time is pixels
    placement = solve(random_scenario(5, clients=3, lumpy=True, **settings))
    placement.figure(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 5000


def test_every_figure_of_the_world_is_drawn_and_fits(tmp_path, monkeypatch):
    # what is cut off colours the outermost dots, the more surely the larger they are
    monkeypatch.setattr(printing, "DOTS_PER_INCH", 100)
    for kind, write in writers(Scenario.load("world-2025")).items():
        with Image.open(write(tmp_path / f"{kind}.png")) as image:
            grey = np.asarray(image.convert("L"))
        assert np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).min() == 255, kind


def test_bars_of_layers_have_the_load_and_the_colour_of_their_layer():
    (plot,) = solve(Scenario.load("classroom-3x3")).layers_figure().axes
    drawn = {
        to_hex(bars.get_facecolor()[0]): [path.get_extents().width for path in bars.get_paths()]
        for bars in plot.collections
        if len(bars.get_facecolor())
    }
    layers = solve(Scenario.load("classroom-3x3")).layers.pivot(
        index="workload", columns="layer", values="it_mw"
    )
    for layer in LAYERS:
        share = 100 * layers[layer] / layers.sum(axis=1)
        assert drawn[LOOKS[layer].ink.lower()] == pytest.approx(share[["chat", "batch"]].tolist())


def test_steps_stand_where_the_table_says():
    found = frontier(Scenario.load("classroom-3x3"), over="chat")
    (cost, carbon), table = found.figure().axes, found.table
    for plot, column, unit in ((cost, "cost_usd_per_h", 1.0), (carbon, "carbon_kg_per_h", 1000.0)):
        (points,) = (
            marks.get_offsets()
            for marks in plot.collections
            if len(marks.get_offsets()) == len(table)
        )
        assert np.asarray(points) == pytest.approx(
            np.column_stack([table["budget_ms"], table[column] / unit])
        )


def test_what_is_told_apart_by_colour_is_told_apart_in_grey():
    def luminance(colour: str) -> float:
        return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))

    paper = printing
    for colours in (
        [LOOKS[layer].ink for layer in LAYERS],
        (paper.MORE, paper.LESS, paper.SAME),
        palette.CHANGE_INKS,
        (paper.DARK, paper.LIGHT),
        (paper.DARK, paper.LESS, paper.LIGHT),  # of a day
    ):
        grey = sorted(luminance(colour) for colour in colours)
        assert min(np.diff(grey)) > 0.15
    flow, lead = (luminance(LOOKS[role].ink) for role in ("flow", "lead"))
    assert flow - lead > 0.3


def test_places_in_print_are_those_of_equal_earth_and_stay_at_their_edge():
    """
    Against the published polynomials (Šavrič, Patterson and Jenny 2019).
    """
    rng = np.random.default_rng(0)
    latitude, longitude = (
        rng.uniform(-85, 85, 200),
        np.append(rng.uniform(-179, 179, 198), [-180, 180]),
    )
    found = projected(*on_map(latitude, longitude))
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude)))
    t2, t6 = theta**2, theta**6
    x = (
        2
        / np.sqrt(3)
        * np.radians(longitude)
        * np.cos(theta)
        / (9 * a4 * t6 * t2 + 7 * a3 * t6 + 3 * a2 * t2 + a1)
    )
    y = theta * (a4 * t6 * t2 + a3 * t6 + a2 * t2 + a1)
    # the globe of the projection is an ellipsoid, flattened by 1/298
    assert found == pytest.approx(np.column_stack([x, y]) * 6371007.0, abs=2e4)
    assert (np.sign(found[:, 0]) == np.sign(longitude)).all()
    assert np.isnan(projected(np.array([np.nan]), np.array([0.0]))).all()


def test_lines_of_the_map_never_cross_it():
    (plot,) = solve(Scenario.load("world-2025")).figure().axes
    assert any(
        to_hex(marks.get_facecolor()[0]) == "#e3e3e3"
        for marks in plot.collections
        if len(marks.get_facecolor())
    )
    lines = [np.asarray(path.vertices) for marks in plot.collections for path in marks.get_paths()]
    steps = np.concatenate([np.diff(line[:, 0]) for line in lines if len(line) > 30])
    assert np.nanmax(np.abs(steps)) < 6e6  # of a width of 34 000 km


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("map.jpg", "SVG, PDF or PNG"),
        ("map", "SVG, PDF or PNG"),
        ("nowhere/map.svg", "no such folder"),
        ("folder.svg", "folder of that name"),
    ],
)
def test_a_bad_target_is_refused_before_any_work(monkeypatch, tmp_path, classroom, name, what):
    (tmp_path / "folder.svg").mkdir()
    monkeypatch.setattr(
        printing.hv, "renderer", lambda *_args, **_options: pytest.fail("it was drawn")
    )
    for write in classroom.values():
        with pytest.raises(ExplorerError, match=what):
            write(tmp_path / name)


def test_a_width_that_no_page_has_is_refused(tmp_path):
    scenario = Scenario.load("classroom-3x3")
    for width_mm in (8.8, 1800.0, float("nan")):
        with pytest.raises(ExplorerError, match="mm wide"):
            solve(scenario).figure(tmp_path / "map.svg", width_mm=width_mm)


def test_a_figure_that_fails_leaves_the_old_file(monkeypatch, tmp_path, classroom):
    path = tmp_path / "figure.pdf"
    path.write_text("old")

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    with pytest.raises(ExplorerError, match="No space left"):
        classroom["attribution"](path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["figure.pdf"]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("kind", ["map", "frontier"])
def test_a_figure_says_whose_it_is_on_the_page_and_in_the_file(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    scenario = Scenario.load("classroom-3x3")
    result = solve(scenario) if kind == "map" else frontier(scenario)
    said = {"title": "Köln & <b>co</b>", "credit": "A. N. Author, CC BY"}
    svg, pdf, png = (tmp_path / f"a.{ending}" for ending in ("svg", "pdf", "png"))
    for path in (svg, pdf, png):
        figure(result, path, **said)
    words = text_of(svg)
    assert said["title"] in words and f"Figure: {said['credit']}" in words
    raw = svg.read_text("utf-8")
    for value in ("Köln &amp; &lt;b&gt;co", said["credit"], "2023-11-14", f"Wattlas {__version__}"):
        assert value in raw[: raw.index("</metadata>")]
    assert b"/Author (A. N. Author, CC BY)" in pdf.read_bytes()
    assert b"/CreationDate (D:20231114" in pdf.read_bytes()
    with Image.open(png) as image:
        assert (image.info["Title"], image.info["Author"]) == tuple(said.values())
        assert image.info["Creation Time"] == "2023-11-14"
        assert f"Wattlas {__version__}" in image.info["Software"]


def test_a_figure_is_the_callers_to_add_to_and_to_save(tmp_path):
    scenario = Scenario.load("classroom-3x3")
    scenario.regions = scenario.regions.assign(name=["Ca$h", "$x$", "South"])
    drawn = figure(relocatable_demand(scenario))
    assert plt.get_fignums() == []
    (axes,) = drawn.axes
    axes.annotate("look here", (0.5, 0.5), xycoords="axes fraction")
    drawn.savefig(tmp_path / "mine.svg")
    figure(solve(scenario)).savefig(tmp_path / "map.svg")  # dollars are no mathematics
    assert drawn.get_figwidth() * 25.4 == pytest.approx(88.0)


def test_a_figure_is_drawn_into_axes_that_are_given():
    scenario = Scenario.load("classroom-3x3")
    mine, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    right.plot([1, 2], [3, 4])
    right.set_xlabel("$x^2$")
    found = frontier(scenario, over="chat")
    assert figure(found, of="cost", ax=left, credit="A. N. Author") is mine
    alone = figure(found, of="cost").axes[0]
    for kind in ("get_xlabel", "get_ylabel", "get_xlim", "get_ylim"):
        assert getattr(left, kind)() == getattr(alone, kind)()
    legend = [text.get_text() for text in left.get_legend().get_texts()]
    assert "now: 150 ms" in legend and "three by three" in left.get_title(loc="left")
    (below,) = (text for text in left.texts if "Figure: A. N. Author" in text.get_text())
    mine.canvas.draw()
    box, axes = below.get_window_extent(), left.get_tightbbox()
    assert box.y1 <= left.xaxis.label.get_window_extent().y0 and box.y0 >= axes.y0 >= 0
    assert len(right.lines) == 1 and right.get_title() == ""
    assert right.xaxis.label.get_parse_math()  # what is theirs stays as it was
    assert plt.get_fignums() == [mine.number]  # which is theirs to close
    plt.close(mine)


def test_a_map_is_drawn_into_axes_that_are_given():
    mine, axes = plt.subplots(figsize=(8, 5))
    assert solve(Scenario.load("classroom-3x3")).figure(ax=axes) is mine
    assert "Natural Earth" in " ".join(text.get_text() for text in axes.texts)
    mine.canvas.draw()
    plt.close(mine)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"ax": "left"}, "ax"),
        ({"ax": np.array([1, 2])}, "ax"),
        ({"ax": Figure()}, "ax"),
        ({"ax": Figure().add_subplot(projection="polar")}, "ax"),
        ({"width_mm": "88"}, "width_mm"),
        ({"title": 3}, "title"),
        ({"credit": ["A", "B"]}, "credit"),
    ],
)
def test_what_is_no_axes_width_or_text_is_refused(given, where):
    with pytest.raises(ExplorerError) as refused:
        figure(tornado(Scenario.load("classroom-3x3")), **given)
    assert refused.value.where == where and refused.value.fix


def test_a_day_fits_on_a_wide_page_side_by_side():
    day = whole_day(Scenario.load("classroom-3x3"))
    narrow, wide = figure(day), figure(day, width_mm=180)
    load, cost, carbon = (axes.get_position() for axes in wide.axes)
    assert load.x1 < cost.x0 == carbon.x0 and load.y1 > cost.y0 > carbon.y1
    assert wide.get_figheight() < 0.75 * narrow.get_figheight()
    assert [bool(axes.get_xlabel()) for axes in wide.axes] == [True, False, True]
    assert [bool(axes.get_xlabel()) for axes in narrow.axes] == [False, False, True]


def test_axes_that_are_no_more_are_refused_and_those_of_a_part_give_the_whole_figure():
    found = tornado(Scenario.load("classroom-3x3"))
    mine = Figure()
    removed = mine.add_subplot()
    removed.remove()
    with pytest.raises(ExplorerError, match="one axes of a figure"):
        figure(found, ax=removed)
    assert figure(found, ax=mine.subfigures(1, 2)[0].add_subplot()) is mine


def test_axes_take_one_panel_and_have_a_width():
    _mine, axes = plt.subplots()
    found = frontier(Scenario.load("classroom-3x3"), over="chat")
    with pytest.raises(ValueError, match="'cost', 'carbon'"):
        figure(found, ax=axes)
    with pytest.raises(ValueError, match="width_mm"):
        figure(found, of="cost", ax=axes, width_mm=88)
    plt.close("all")


def test_figures_in_chinese_have_a_font_of_the_machine_beside_our_own(monkeypatch):
    """However old Matplotlib's list of fonts is."""
    file = findfont("DejaVu Serif")
    monkeypatch.setattr(printing, "findSystemFonts", lambda: [file])
    monkeypatch.setattr(printing, "_HAN_FONTS", (Path(file).stem,))
    style: Any = vars(printing._style)["__wrapped__"]
    with speaking("zh"):
        assert style()["font.family"] == ["DejaVu Sans", "DejaVu Serif"]
        monkeypatch.setattr(printing, "_HAN_FONTS", ())
        assert style() == printing._STYLE
    with speaking("fr"):
        assert style() == printing._STYLE
