"""
Every view, picture and figure of worlds at the edge of what is possible: none fails, all numbers
are numbers.
"""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from screens import drawn, show

from explorer import (
    Scenario,
    attribution,
    break_even,
    cost_carbon_front,
    frontier,
    near_optimal,
    relocatable_demand,
    solve,
    tornado,
    whole_day,
)
from explorer.app.questions import QUESTIONS
from explorer.app.views.totals import Totals
from explorer.charts.draw import figure, plot
from explorer.session import Session

CASES = Path(__file__).parents[1] / "cases"
VIEWS = [Totals, *(view for columns in QUESTIONS.values() for column in columns for view in column)]
NO_NUMBER = re.compile(r"\b(nan|inf|infinity|undefined)\b", re.IGNORECASE)


def classroom(**changes: Any) -> Scenario:
    world = Scenario.load("classroom-3x3")
    tables = {"regions": world.regions, "clients": world.clients, "legal_zones": world.legal_zones}
    return Scenario(workloads=world.workloads, **tables | changes)


def one_region() -> Scenario:
    world = Scenario.load("classroom-3x3")
    home = world.regions.iloc[:1]
    zone = home["legal_zone"].iloc[0]
    return classroom(
        regions=home, clients=world.clients.assign(service=home["id"].iloc[0], legal_zone=zone)
    )


def one_client() -> Scenario:
    return classroom(
        clients=Scenario.load("classroom-3x3").clients.iloc[:1].assign(demand_share=1.0)
    )


def no_demand() -> Scenario:
    world = Scenario.load("classroom-3x3")
    world.total_demand_mw = 0
    return world


def long_names() -> Scenario:
    world = Scenario.load(CASES / "ordinary-long-names")
    names = [
        f"{n} {'region of a long name ' * 9}"[:199] + f"{n}" for n in range(len(world.regions))
    ]
    world.regions = world.regions.assign(name=names)
    return world


WORLDS: dict[str, Callable[[], Scenario]] = {
    "one region": one_region,
    "one client": one_client,
    "no demand": no_demand,
    "long names": long_names,
    **{
        name: (lambda name=name: Scenario.load(CASES / name))
        for name in ("all-equal", "map-small-world", "negative-prices", "prices-above-penalty")
    },
}


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> Scenario:
    return WORLDS[request.param]()


def said(model: Any) -> str:
    """Titles, labels and texts, without markup."""
    names = {"text", "title", "axis_label", "major_label_overrides", "labels", "content"}
    # Bokeh looks for names like one that a model lacks, which takes longer than to draw it
    values = [getattr(part, name) for part in model for name in names & part.properties()]
    return re.sub(
        "<[^>]*>",
        " ",
        unescape(unescape(" ".join(str(value) for value in values if value is not None))),
    )


@pytest.mark.parametrize("view", VIEWS, ids=[view.__name__ for view in VIEWS])
def test_a_view_shows_numbers_only(world, view, monkeypatch):
    # a hundred worlds show no more, and take as long as half of all views
    monkeypatch.setattr("explorer.app.views.robust_placement.DRAWS", 20)
    session = Session(world)
    session.workload = next(iter(world.workloads))
    text = said(show(view(session)).models)
    assert NO_NUMBER.search(text) is None, text


def made(world: Scenario) -> dict[str, Any]:
    """What pictures and figures are drawn of."""
    first = next(iter(world.workloads))
    return {
        "placement": solve(world),
        "frontier": frontier(world, over=first),
        "break_even": break_even(world, first),
        **{make.__name__: make(world) for make in MEASURES},
    }


MEASURES = (attribution, cost_carbon_front, tornado, near_optimal, whole_day, relocatable_demand)


def test_pictures_and_figures_show_numbers_only(world, tmp_path):
    results = made(world)
    placement, found = results.pop("placement"), results.pop("frontier")
    if len(results["break_even"]) == 0:
        del results["break_even"]  # nowhere to go, and no picture of that
    every = [placement.map(), placement.layers_plot(), found.plot()]
    every += [plot(table) for table in results.values()]
    for picture in every:
        assert NO_NUMBER.search(said(drawn(picture).references())) is None
    placement.layers_figure(tmp_path / "layers.svg")
    for name, result in {"map": placement, "frontier": found, **results}.items():
        figure(result, tmp_path / f"{name}.svg")
    files = sorted(tmp_path.glob("*.svg"))
    assert len(files) == len(results) + 3
    for file in files:
        texts = " ".join(re.findall(r"<text[^>]*>([^<]*)", file.read_text("utf-8")))
        assert NO_NUMBER.search(texts) is None, (file.name, texts)
