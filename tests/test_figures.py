"""Figures for print: what they show, how large they are, and that a bad target is refused before any work."""

import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from cartopy.crs import EqualEarth, Geodetic, Globe
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from explorer import ExplorerError, Scenario, attribution, break_even, frontier, solve
from explorer.labels import labels_of
from explorer.placement import LAYERS
from explorer.views import elements, figures
from tests.scenarios import random_scenario

Write = Callable[[Path], Path]


def writers(scenario: Scenario) -> dict[str, Write]:
    """Every kind of figure of a scenario, by name."""
    placement, workload = solve(scenario), next(iter(scenario.workloads))
    found = frontier(scenario, over=workload)
    pairs, obstacles = break_even(scenario, workload), attribution(scenario)
    return {
        "map": lambda path: placement.figure(path),
        "layers": lambda path: placement.layers_figure(path),
        "frontier": lambda path: found.figure(path),
        "pairs": lambda path: figures.break_even_figure(pairs, path),
        "obstacles": lambda path: figures.attribution_figure(obstacles, path),
    }


@pytest.fixture(scope="module")
def classroom() -> dict[str, Write]:
    return writers(Scenario.load("classroom-3x3"))


@pytest.fixture
def axes(monkeypatch, tmp_path) -> Callable[[Write], list]:
    """Writes a figure; returns the axes it was drawn in."""
    kept: list = []
    monkeypatch.setattr(plt, "close", kept.append)

    def write(figure: Write) -> list:
        figure(tmp_path / "figure.png")
        return kept[-1].axes

    yield write
    monkeypatch.undo()
    plt.close("all")


def text_of(svg: Path) -> str:
    return unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)", svg.read_text(encoding="utf-8"))))


SAID = {
    "map": ["Classroom, three by three: 30.0 of 100 MW", "Batch, 30 MW", "more load than baseline", "Natural Earth"],
    "layers": ["where each class runs", "IT load [MW]", "energy-oriented", "within 3,000 km", "Chat"],
    "frontier": [
        "Classroom, three by three: what waiting buys",
        "Cost [USD/h]",
        "Carbon [t/h]",
        "Latency budget of chat [ms]",
        "now: 150 ms",
    ],
    "pairs": [
        "Classroom, three by three: right of the dashed line",
        "Saving [USD/MWh]",
        "Friction [USD/MWh]",
        "2 pays",
        "4 does not pay",
    ],
    "obstacles": ["what holds relocation back", "Cost of the obstacle [USD/h]", "679 (45 %)", "Shapley"],
}


@pytest.mark.parametrize("kind", SAID)
def test_a_figure_has_title_units_legend_and_sources(classroom, tmp_path, kind):
    said = text_of(classroom[kind](tmp_path / "figure.svg"))
    assert [words for words in [*SAID[kind], "Data: Wattlas; details in"] if words not in said] == []


def test_a_figure_names_as_many_publishers_as_fit_and_counts_the_rest(tmp_path):
    world = Scenario.load("world-2025")
    publishers = labels_of(world).publishers
    assert "ENTSO-E Transparency Platform" in publishers and len(set(publishers)) == len(publishers)
    for width_mm in (88.0, 180.0):
        said = text_of(solve(world).figure(tmp_path / "map.svg", width_mm))
        named = said.split("Data: ")[1].split("; and ")[0].split("; ")
        assert tuple(named) == publishers[: len(named)]
        assert f"; and {len(publishers) - len(named)} more;" in said
    world.sources = None
    assert "names no sources" in text_of(solve(world).figure(tmp_path / "map.svg"))


def test_a_figure_of_a_table_that_lost_its_origin_still_stands(tmp_path):
    table = break_even(Scenario.load("classroom-3x3"), "chat")
    table.attrs = {}
    said = text_of(figures.break_even_figure(table, tmp_path / "pairs.svg"))
    assert "Right of the dashed line" in said and "Data:" not in said


@pytest.mark.parametrize("kind", ["map", "frontier"])
def test_the_same_figure_is_the_same_file_and_leaves_nothing_else(classroom, tmp_path, kind):
    for ending in ("svg", "pdf"):
        first = classroom[kind](tmp_path / f"a.{ending}").read_bytes()
        assert classroom[kind](tmp_path / f"a.{ending}").read_bytes() == first
    assert sorted(os.listdir(tmp_path)) == ["a.pdf", "a.svg"]
    assert plt.get_fignums() == []


def test_width_is_in_millimetres_and_everything_fits(tmp_path):
    scenario = Scenario.load("classroom-3x3")
    placement, found = solve(scenario), frontier(scenario)
    for width_mm in (88.0, 180.0):
        for path in (
            placement.figure(tmp_path / "map.png", width_mm),
            found.figure(tmp_path / "frontier.png", width_mm),
        ):
            with Image.open(path) as image:
                assert image.width == pytest.approx(width_mm / 25.4 * 300, abs=1)
                grey = np.asarray(image.convert("L"))
            assert grey.min() < 60  # there is something dark
            rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
            assert rim.min() == 255, path.name  # nothing is cut off


def test_every_figure_of_the_world_and_of_a_world_without_moves_is_drawn(tmp_path):
    still = random_scenario(5, clients=3, regions=3, lumpy=True, friction_scale=1000.0)
    for scenario in (Scenario.load("world-2025"), still):
        for kind, write in writers(scenario).items():
            assert write(tmp_path / f"{kind}.png").stat().st_size > 5000


def test_bars_of_layers_have_the_load_and_the_colour_of_their_layer(classroom, axes):
    (plot,) = axes(classroom["layers"])
    drawn: dict[str, float] = {}
    for bar in plot.patches:
        colour = to_hex(bar.get_facecolor()).lower()
        drawn[colour] = drawn.get(colour, 0.0) + bar.get_width()
    layers = solve(Scenario.load("classroom-3x3")).layers.groupby("layer")["it_mw"].sum()
    for layer, colour in zip(LAYERS, elements.LAYER_COLOURS, strict=True):
        assert drawn.get(colour.lower(), 0.0) == pytest.approx(layers[layer])


def test_steps_and_bars_stand_where_the_tables_say(classroom, axes):
    scenario = Scenario.load("classroom-3x3")
    cost, carbon = axes(classroom["frontier"])
    table = frontier(scenario, over="chat").table
    for plot, column, unit in ((cost, "cost_usd_per_h", 1.0), (carbon, "carbon_kg_per_h", 1000.0)):
        (points,) = (marks.get_offsets() for marks in plot.collections if len(marks.get_offsets()) == len(table))
        assert np.asarray(points) == pytest.approx(np.column_stack([table["budget_ms"], table[column] / unit]))
    (bars,) = axes(classroom["obstacles"])
    found = sorted(attribution(scenario)["usd_per_h"])
    assert sorted(bar.get_width() for bar in bars.patches) == pytest.approx(found)
    assert [label.get_text().split("\n")[0] for label in bars.get_yticklabels()][-1] == "friction"


def test_what_is_told_apart_by_colour_is_told_apart_in_grey():
    def luminance(colour: str) -> float:
        return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))

    for colours in (elements.LAYER_COLOURS, (figures.MORE, figures.LESS, figures.SAME)):
        grey = sorted(luminance(colour) for colour in colours)
        assert min(np.diff(grey)) > 0.15
    assert len({str(line) for line in figures.LINES}) == len(figures.LINES) == len(figures.CLASSES)


def test_equal_earth_is_the_projection_of_that_name():
    rng = np.random.default_rng(0)
    latitude, longitude = rng.uniform(-85, 85, 200), rng.uniform(-179, 179, 200)
    radius = 6371000.0
    sphere = Globe(semimajor_axis=radius, ellipse=None)
    other = EqualEarth(globe=sphere).transform_points(Geodetic(globe=sphere), longitude, latitude)
    assert np.column_stack(figures.equal_earth(latitude, longitude)) * radius == pytest.approx(other[:, :2], abs=1.0)


def test_lines_of_the_map_never_cross_it(classroom, axes, tmp_path):
    scenario = Scenario.load("world-2025")
    placement = solve(scenario)
    (plot,) = axes(lambda path: placement.figure(path))
    assert any(
        to_hex(marks.get_facecolor()[0]) == "#e3e3e3" for marks in plot.collections if len(marks.get_facecolor())
    )
    lines = [np.asarray(path.vertices) for marks in plot.collections for path in marks.get_paths()]
    steps = np.concatenate([np.diff(line[:, 0]) for line in lines if len(line) > 30])
    assert np.nanmax(np.abs(steps)) < 1.0  # of a width of 5.4


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
    monkeypatch.setattr(figures.hv, "render", lambda *_args, **_options: pytest.fail("it was drawn"))
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
        classroom["obstacles"](path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["figure.pdf"]
    assert plt.get_fignums() == []
