"""
Loads on maps are drawn as large as their world wants it, on screen, in notebooks and in print
alike.
"""

import re
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import ColumnDataSource
from hypothesis import given
from hypothesis import strategies as st
from screens import show

from explorer import Scenario, solve
from explorer.app.views.world_map import FlowMap
from explorer.charts.map_scale import MapScale, scale_of, too_small_text
from explorer.presentation import render
from explorer.session import Session
from explorer.text import format_number

CASES = Path(__file__).parents[1] / "cases"
loads = st.floats(1e-6, 1e7)


def world(total_demand_mw: float) -> Scenario:
    """The shipped world, small or large, with capacity in proportion."""
    scenario = Scenario.load("world-2025")
    scenario.capacity_scale = max(total_demand_mw / scenario.total_demand_mw, 1.0)
    scenario.total_demand_mw = total_demand_mw
    return scenario


WORLDS = {
    "1.6 MW": (lambda: Scenario.load(CASES / "map-small-world"), 0.1),
    "5 MW": (lambda: world(5), 0.05),
    "2 GW": (lambda: Scenario.load("world-2025"), 20),
    "100 GW": (lambda: world(100_000), 1000),
}


@given(loads, st.floats(0, 1), st.floats(0, 1))
def test_sizes_grow_with_the_load_and_are_shares_of_the_scale(reference_mw, less, more):
    scale, one = MapScale(reference_mw), MapScale(1.0)
    less, more = sorted([less, more])
    for name in ("circle_px", "arc_px"):
        px, share_px = getattr(scale, name), getattr(one, name)
        assert 0 < px(np.array(0.0)) <= px(reference_mw * less) <= px(reference_mw * more)
        assert px(reference_mw * more) == pytest.approx(share_px(more))


@given(loads)
def test_the_scale_is_a_round_number_near_the_largest_home(largest_mw):
    network: Any = type("Network", (), {"largest_home_mw": largest_mw})
    reference_mw = scale_of(network).reference_mw
    assert 1 / 1.6 < reference_mw / largest_mw < 1.6
    assert re.fullmatch("[125]e[+-][0-9]+", f"{reference_mw:.0e}")
    assert reference_mw == float(f"{reference_mw:.0e}")


def test_only_demand_moves_the_scale():
    scenario = Scenario.load("world-2025")
    scale = scale_of(solve(scenario).network)
    scenario.param.update(
        hour=7, capacity_scale=3.0, carbon_price_usd_per_t=200.0, friction_scale=0.0
    )
    assert scale_of(solve(scenario).network) == scale
    scenario.total_demand_mw *= 50
    assert scale_of(solve(scenario).network).reference_mw == 50 * scale.reference_mw


def arcs_on_screen(view: FlowMap) -> dict[str, Any]:
    """The columns of flows, from which the browser draws arcs."""
    (source,) = [
        s for s in show(view).select({"type": ColumnDataSource}) if {"home", "width"} <= {*s.data}
    ]
    return dict(source.data)


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_of_any_size_shows_what_moves(name):
    make, key_mw = WORLDS[name]
    placement = solve(make())
    scale, moved_mw = scale_of(placement.network), placement.relocated_mw
    assert scale.key_mw == pytest.approx(key_mw)
    view = FlowMap(Session(make()))
    shown = arcs_on_screen(view)
    assert shown["it_mw"].sum() == pytest.approx(moved_mw, rel=0.03)
    assert shown["width"].min() > 1.2 and 4 < shown["width"].max() < 40
    # the same flows in a notebook, where every arc has 24 pieces, and in print
    arcs = render(placement, "map").arcs.columns
    pair = np.unique(np.stack([shown["home"], shown["region"]]), axis=1, return_inverse=True)[1]
    by_pair = np.bincount(pair.ravel(), shown["it_mw"])
    assert np.sort(arcs["it_mw"]) == pytest.approx(np.sort(by_pair), rel=1e-6)
    assert by_pair.min() >= scale.smallest_mw * (1 - 1e-6)
    segments = [
        part
        for part in placement.map().traverse(lambda part: part, [hv.Segments])
        if "width" in part.dimensions(label=True)  # not what explains them
    ]
    widths = np.unique(np.concatenate([part["width"] for part in segments]))
    assert widths == pytest.approx(np.unique(scale.arc_px(arcs["it_mw"])))
    hidden = too_small_text(moved_mw, float(arcs["it_mw"].sum()), scale.smallest_mw)
    title = placement.map().opts.get("plot", backend="bokeh").kwargs["title"]
    assert hidden in title.replace("\n", " ")
    legend = view._pane.state["legend", "words", "text"]
    assert f"{key_mw:,g}&amp;nbsp;MW each" in legend and hidden.lower() in legend.lower()


@pytest.mark.parametrize("name", ["1.6 MW", "100 GW"])
def test_print_says_its_scale_and_colours_changes_of_its_size(name, tmp_path):
    make, key_mw = WORLDS[name]
    solve(make()).figure(tmp_path / "map.svg")
    svg = (tmp_path / "map.svg").read_text("utf-8")
    assert f"{key_mw:,g} MW each" in svg
    assert "#4b2a85" in svg and "#e69f00" in svg.lower()  # more load, less


def test_what_is_not_drawn_is_said():
    placement = solve(Scenario.load("world-2025"))
    arcs = render(placement, "map", 20.0).arcs
    hidden_mw = placement.relocated_mw - arcs.columns["it_mw"].sum()
    said = placement.map(min_flow_mw=20).opts.get("plot", backend="bokeh").kwargs["title"]
    assert f"below 20 MW, {format_number(hidden_mw)} MW in all, not drawn" in said
    assert (
        "below"
        not in placement.map(min_flow_mw=0).opts.get("plot", backend="bokeh").kwargs["title"]
    )


@pytest.mark.parametrize(
    ("moved_mw", "drawn_mw", "said"),
    [
        (0.0, 0.0, ""),
        (10.0, 10.0, ""),
        (10.0, 9.0, "flows below 0.5 MW, 1.00 MW in all, not drawn"),
        (1254.0, 1252.0, "flows below 0.5 MW, 2.00 MW in all, not drawn"),
        (1e3, 1e3 - 0.05, ""),
    ],
)
def test_the_share_that_is_not_drawn_in_words(moved_mw, drawn_mw, said):
    assert too_small_text(moved_mw, drawn_mw, 0.5) == said


def test_where_there_is_no_demand_nothing_is_drawn():
    scenario = Scenario.load(CASES / "map-small-world")
    scenario.total_demand_mw = 0
    view = FlowMap(Session(scenario))
    assert len(arcs_on_screen(view)["it_mw"]) == 0
    assert "nan" not in view._pane.state["legend", "words", "text"]
