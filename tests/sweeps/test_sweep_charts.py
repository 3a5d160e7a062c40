"""Pictures of sweeps and of sensitivity: the same numbers as the tables, and links to each point."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from bokeh.models import OpenURL, TapTool
from screens import drawn

from explorer import Scenario, figure, global_sensitivity, plot
from explorer.charts.sweep import MOST_LINES
from explorer.presentation import render
from explorer.sweeps.chunk import solve_points, versions
from explorer.sweeps.design import points_of
from explorer.sweeps.names import links_of
from explorer.sweeps.plan import read_plan
from explorer.sweeps.store import manifest_of
from explorer.sweeps.sweep import _chunks, _table


@pytest.fixture(scope="module")
def table():
    """A sweep without workers."""
    plan = read_plan({
        "scenarios": ["classroom-3x3"], "method": "latin hypercube", "samples": 12, "title": "<b>Mine",
        "measures": ["saving_usd_per_h", "carbon_kg_per_h"],
        "parameters": {
            "carbon_price_usd_per_t": {"from": 0, "to": 200}, "hour": ["average", 3],
            "chat.latency_budget_ms": {"from": 50, "to": 300}, "chat.prefill_ms": 60,
        },
    })  # fmt: skip
    points = points_of(plan)
    chunks = [*_chunks(points, 20)]
    found = [_table(c, solve_points(plan.scenarios[c.scenario], c.parameters, plan.measures, versions()))
             for c in chunks]  # fmt: skip
    whole = pd.concat(found).sort_values("point", ignore_index=True)
    whole.attrs = {
        "measure": "sweep",
        "plan": manifest_of(plan, points, len(chunks)),
        "missing_points": 0,
    }
    return whole


def test_points_are_where_their_figures_are_and_failures_are_said(table):
    holed = table.copy()
    holed.loc[4, "saving_usd_per_h"] = np.nan
    chart = render(holed, "chart")
    assert [panel.name for panel in chart.panels] == [
        "carbon_price_usd_per_t", "hour", "chat.latency_budget_ms", "parallel", "scatter",
    ]  # fmt: skip
    known = holed.dropna().set_index("point")
    for name, filled in (
        ("carbon_price_usd_per_t", chart.filled[0]),
        ("carbon_kg_per_h", chart.filled[-1]),
    ):
        points = filled.columns["points"]
        rows = known.loc[points["point"].astype(int)]
        assert rows[name].tolist() == points["x"].tolist()
        assert rows["saving_usd_per_h"].tolist() == points["y"].tolist()
        assert sorted(points["role"]) == [0] * 4 + [1] * 4 + [2] * 3
        assert (np.diff(points["y"]) >= 0).all() and (
            np.diff(points["role"].astype(int)) >= 0
        ).all()
    assert any("1 points have no such figure" in note for note in chart.notes)
    lines = chart.filled[3].columns["lines"]
    assert (
        len(lines["x0"]) == 11 * 3 <= MOST_LINES * 3
        and 0 <= lines["y0"].min() <= lines["y1"].max() <= 1
    )
    assert "&lt;b&gt;" not in str(chart.finding) and "<b>Mine" in chart.about.title


def test_a_picture_is_of_what_is_asked(table):
    chart = render(table, "chart", "carbon_kg_per_h", "carbon_price_usd_per_t")
    assert chart.panels[-1].x.label == "Carbon price [USD/t]"
    assert chart.panels[-1].y.label == "Carbon [kg/h]"
    with pytest.raises(ValueError, match="no 'cost'"):
        render(table, "chart", "cost")


def test_a_tap_opens_the_state_of_the_point(table):
    links = links_of(table, "http://localhost:7000/")
    for link, row in zip(links, table.to_dict("records"), strict=True):
        parts = urlsplit(link)
        said = {key: value for key, (value,) in parse_qs(parts.fragment).items()}
        assert (parts.netloc, parts.query) == ("localhost:7000", "scenario=classroom-3x3")
        assert float(said["carbon_price_usd_per_t"]) == row["carbon_price_usd_per_t"]
        assert float(said["chat/budget"]) == row["chat.latency_budget_ms"]
        assert said["hour"] == row["hour"] and said["v"] == "2" and "chat.prefill_ms" in said
    tools = drawn(plot(table, "scatter")).toolbar.tools
    taps = [tool for tool in tools if isinstance(tool, TapTool)]
    assert taps and all(
        isinstance(tap.callback, OpenURL) and tap.callback.url == "@link" for tap in taps
    )


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_bars_are_indices_with_their_intervals(method, tmp_path):
    found = global_sensitivity(Scenario.load("classroom-3x3"), method, samples=2)
    chart = render(found, "chart", "carbon_kg_per_h")
    mine = found[found["figure"] == "carbon_kg_per_h"]
    by, mark = ("total", "total") if method == "sobol" else ("mean_size", "mean_size")
    assert chart.filled[0].rows == mine["input"].tolist()
    bars, lines = chart.filled[0].columns[mark], chart.filled[0].columns["interval"]
    np.testing.assert_allclose(bars["right"] + bars["left"], mine[by])
    np.testing.assert_allclose(lines["x1"] - lines["x0"], 2 * mine[f"{by}_interval"])
    assert mine["input"].iloc[0] in chart.title
    assert any("2 samples are too few" in note for note in chart.notes) == (method == "sobol")
    figure(found, tmp_path / "indices.svg")
    assert (tmp_path / "indices.svg").stat().st_size > 5000
    with pytest.raises(ValueError, match="no 'x'"):
        render(found, "chart", "x")


def test_sweeps_are_printed(table, tmp_path):
    figure(table, tmp_path / "sweep.svg", "parallel")
    assert (tmp_path / "sweep.svg").stat().st_size > 5000
