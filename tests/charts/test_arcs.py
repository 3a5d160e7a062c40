"""The arcs of the map, as arcs.js draws them in the browser from one row per flow."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from playwright.sync_api import Browser

import explorer
from explorer.app.component import words_of
from explorer.charts.projection import EDGE_M, on_map

pytestmark = pytest.mark.ui

WORLD_M = 2 * EDGE_M
PIECES, BEND = (
    10,
    0.18,
)  # straight pieces of an arc; its height over its chord, as a share of the chord
CLASSES = ["A Interactive", "B Agentic", "C Batch"]
ARCS = (Path(explorer.__file__).parent / "app" / "views" / "arcs.js").read_text("utf-8")
CODE = words_of(ARCS) + ARCS
RUN = """([code, flows, regions, classes, inner_width, picked, edge]) => {
  const source = columns => ({get_column: name => columns[name] ?? null, selected: {indices: picked}})
  const [segments, heads] = [{}, {}]
  const run = new Function("flows", "regions", "segments", "heads", "figure", "classes", "EDGE", code)
  const figure = {
    properties: {inner_width: {is_unset: inner_width === null}},
    get inner_width() {
      if (inner_width === null) throw Error("inner_width is unset")
      return inner_width
    },
  }
  run(source(flows), source(regions), segments, heads, figure, classes, edge)
  return JSON.stringify([segments.data, heads.data])
}"""

Places = list[tuple[float, float]]  # latitude and longitude of regions [deg]
Draw = Callable[..., pd.DataFrame]
places = st.lists(st.tuples(st.floats(-80, 80), st.floats(-180, 180)), min_size=2, max_size=7)
examples = settings(max_examples=40)  # each of up to 42 flows


@pytest.fixture(scope="module")
def draw(browser: Browser) -> Iterator[Draw]:
    """
    Draws a flow from every region to every other; returns one row per piece, `flow` being the row
    of its flow.
    """
    page = browser.new_page()

    def run(
        where: Places,
        it_mw: NDArray | None = None,
        inner_width: int | None = 860,
        flows: pd.DataFrame | None = None,
        picked: tuple[int, ...] = (),
    ) -> pd.DataFrame:
        flows = flows_between(len(where), it_mw) if flows is None else flows
        x, y = on_map(*zip(*where, strict=True))
        regions = {
            "x": x.tolist(),
            "y": y.tolist(),
            "name": [f"Region {k}" for k in range(len(where))],
        }
        given = [CODE, flows.to_dict("list"), regions, CLASSES, inner_width, [*picked], EDGE_M]
        text = page.evaluate(RUN, given)
        pieces, heads = json.loads(text)
        pieces = pd.DataFrame(pieces)
        pieces.attrs = {"heads": pd.DataFrame(heads)}
        flow_of = {mw: row for row, mw in enumerate(flows["it_mw"])}
        return pieces.assign(flow=pieces["flow_mw"].map(flow_of))

    yield run
    page.close()


def flows_between(n: int, it_mw: NDArray | None = None) -> pd.DataFrame:
    """Every ordered pair of n regions, each with a load of its own [MW]."""
    home, region = np.nonzero(~np.eye(n, dtype=bool))
    loads = 1.5 + np.arange(len(home)) if it_mw is None else it_mw
    workload = home % len(CLASSES)
    return pd.DataFrame(
        {
            "home": home,
            "region": region,
            "workload": workload,
            "it_mw": loads,
            "width": loads / 2,
            "leads": (np.arange(len(home)) % 3 == 0).astype(int),
        }
    )


def ends(where: Places) -> tuple[NDArray, NDArray]:
    """Where flows start and end, x + iy. [m]"""
    x, y = on_map(*zip(*where, strict=True))
    flows = flows_between(len(where))
    return (x + 1j * y)[flows["home"]], (x + 1j * y)[flows["region"]]


def starts_and_stops(pieces: pd.DataFrame) -> tuple[NDArray, NDArray]:
    return (pieces["x0"] + 1j * pieces["y0"]).to_numpy(), (
        pieces["x1"] + 1j * pieces["y1"]
    ).to_numpy()


def assert_same_place(a: NDArray, b: NDArray) -> None:
    """On the globe, where both edges of the map are one line."""
    run_isolated = np.asarray(a - b)
    laps = run_isolated.real / WORLD_M
    assert np.abs(laps - laps.round()).max(initial=0.0) * WORLD_M < 0.01  # [m]
    assert np.abs(run_isolated.imag).max(initial=0.0) < 0.01


def chords(pieces: pd.DataFrame) -> NDArray:
    """From the start of each flow's arc to its end, however often the arc is cut. [m]"""
    start, stop = starts_and_stops(pieces)
    return pd.Series(stop - start).groupby(pieces["flow"]).sum().to_numpy()


@examples
@given(places)
def test_arcs_go_the_short_way_from_home_to_the_region(draw, where):
    pieces = draw(where)
    home, region = ends(where)
    start, stop = starts_and_stops(pieces)
    first, last = ~pieces["flow"].duplicated(), ~pieces["flow"].duplicated(keep="last")
    assert pieces.loc[first, "flow"].tolist() == list(range(len(home)))
    assert_same_place(start[first], home)
    assert_same_place(stop[last], region)
    assert_same_place(home + chords(pieces), region)
    assert np.abs(chords(pieces).real).max() <= EDGE_M * (1 + 1e-9)


@examples
@given(places)
def test_no_piece_of_an_arc_crosses_the_map(draw, where):
    pieces = draw(where)
    edge = EDGE_M * (1 + 1e-9)
    assert pieces[["x0", "x1"]].abs().max(axis=None) <= edge
    assert (pieces["x1"] - pieces["x0"]).abs().max() < EDGE_M / 4


@examples
@given(places)
def test_arcs_are_bent_to_their_left_and_nothing_is_lost_or_drawn_twice(draw, where):
    pieces = draw(where)
    along = np.linspace(0, 1, PIECES + 1)
    home, _ = ends(where)
    curve = home[:, np.newaxis] + np.multiply.outer(
        chords(pieces), along + 4j * BEND * along * (1 - along)
    )
    start, stop = starts_and_stops(pieces)
    length = pd.Series(np.abs(stop - start)).groupby(pieces["flow"]).sum()
    assert length.to_numpy() == pytest.approx(
        np.abs(np.diff(curve)).sum(axis=1), rel=1e-9, abs=0.01
    )
    for flow, points in enumerate(curve):
        mine = start[pieces["flow"] == flow]
        shared = np.isclose(np.abs(mine.real), EDGE_M, rtol=1e-9)  # begins at the cut, maybe
        assert PIECES <= len(mine) <= PIECES + shared.sum()
        for point in points[:-1]:
            assert_same_place(mine[np.abs(on_the_globe(mine - point)).argmin()], point)


def on_the_globe(run_isolated: NDArray) -> NDArray:
    """The shortest of all distances between the same two places, x + iy. [m]"""
    return run_isolated - WORLD_M * np.round(run_isolated.real / WORLD_M)


@examples
@given(places)
def test_pieces_join_up_round_the_back_of_the_map(draw, where):
    pieces = draw(where)
    start, stop = starts_and_stops(pieces)
    joined = pieces["flow"].duplicated().to_numpy()[1:]  # to the piece before
    assert_same_place(start[1:][joined], stop[:-1][joined])


def test_an_arc_over_the_pacific_is_cut_once(draw):
    pieces = draw([(35.68, 139.69), (37.77, -122.42)])  # Tokyo and San Francisco
    there = pieces[pieces["flow"] == 0].reset_index()
    assert len(there) == PIECES + 1
    (cut,) = np.flatnonzero(np.isclose(there["x1"], EDGE_M, rtol=1e-12))
    assert there["x0"][cut + 1] == pytest.approx(-EDGE_M, rel=1e-12)
    assert there["y0"][cut + 1] == pytest.approx(there["y1"][cut])
    assert (there["x0"][: cut + 1] > 0).all() and (there["x1"][cut + 1 :] < 0).all()


def test_there_and_back_are_two_arcs(draw):
    pieces = draw([(0.0, 0.0), (0.0, 9.0)])
    there, back = (pieces[pieces["flow"] == flow] for flow in (0, 1))
    height = BEND * on_map(0.0, 9.0)[0]
    assert (there["y1"].max(), back["y1"].min()) == pytest.approx((height, -height))
    assert there["y0"].min() == pytest.approx(0.0, abs=1e-6)


@examples
@given(st.lists(st.floats(2**-10, 1e4, width=32), min_size=6, max_size=6, unique=True))
def test_an_arc_is_as_wide_as_python_says_all_along(draw, it_mw):
    pieces = draw([(10.0, 170.0), (50.0, -60.0), (-30.0, 20.0)], np.array(it_mw))
    assert sorted(pieces["flow_mw"].unique()) == sorted(it_mw)
    assert pieces["line_width"].to_numpy() == pytest.approx(pieces["flow_mw"] / 2)


@examples
@given(places)
def test_arcs_are_faint_at_home_and_strong_where_the_load_runs(draw, where):
    pieces = draw(where)
    fades = pieces.groupby("flow")["line_alpha"]
    assert fades.is_monotonic_increasing.all()
    assert (fades.first() < 0.5 * fades.last()).all()
    assert pieces["line_alpha"].between(0, 1, inclusive="right").all()


@examples
@given(places)
def test_every_piece_says_what_moves_from_where_to_where(draw, where):
    pieces = draw(where)
    flows = flows_between(len(where)).loc[pieces["flow"]].reset_index()
    said: dict[str, Any] = {
        "moves": [
            f"Region {h} → Region {r}" for h, r in zip(flows["home"], flows["region"], strict=True)
        ],
        "color": list(flows["leads"]),
        "flow_mw": list(flows["it_mw"]),
    }
    for column, values in said.items():
        assert pieces[column].tolist() == values
    for split, k, mw in zip(pieces["split"], flows["workload"], flows["it_mw"], strict=True):
        assert split == f"{CLASSES[k]} {mw:.3g} MW"


def test_classes_of_one_pair_are_one_arc(draw):
    """Rows of a pair stand together; here those of the first two pairs are made one."""
    where = [(0.0, 0.0), (0.0, 9.0), (20.0, 40.0)]
    alone = draw(where)
    rows = flows_between(3)
    merged = rows.assign(
        region=rows["region"].replace({2: 1}).where(rows["home"] == 0, rows["region"])
    )
    both = draw(where, flows=merged)
    first = both[both["moves"] == "Region 0 → Region 1"]
    assert first["flow_mw"].unique().tolist() == [rows["it_mw"][:2].sum()]
    assert first["split"].unique().tolist() == ["A Interactive 1.5 MW, A Interactive 2.5 MW"]
    assert len(both["moves"].unique()) == len(alone["moves"].unique()) - 1


@examples
@given(places)
def test_heads_of_the_flows_that_stand_out_point_along_their_arcs(draw, where):
    pieces = draw(where)
    heads = pieces.attrs["heads"]
    flows = flows_between(len(where))
    leads = flows.index[flows["leads"] == 1]
    assert len(heads) == len(leads)
    start, stop = starts_and_stops(pieces)
    for (_, head), flow in zip(heads.iterrows(), leads, strict=True):
        mine = pieces["flow"].to_numpy() == flow
        along = (stop - start)[mine]
        pointing = np.exp(1j * (head["angle"] + np.pi / 2))
        nearest = np.abs(
            on_the_globe((start + stop)[mine] / 2 - (head["x"] + 1j * head["y"]))
        ).argmin()
        if abs(along[nearest]) > 1:
            assert np.abs(along[nearest] / abs(along[nearest]) - pointing) < 1e-6


def test_a_small_map_has_thinner_arcs(draw):
    where = [(10.0, 170.0), (50.0, -60.0)]
    wide, narrow = draw(where), draw(where, inner_width=330)
    assert (narrow["line_width"] < 0.5 * wide["line_width"]).all()


def test_a_map_that_is_not_laid_out_yet_has_arcs_of_the_width_that_is_meant(draw):
    where = [(10.0, 170.0), (50.0, -60.0)]
    pd.testing.assert_frame_equal(draw(where, inner_width=None), draw(where))


def test_where_nothing_moves_nothing_is_drawn(draw):
    pieces = draw([(35.68, 139.69)])
    assert {"x0", "y0", "x1", "y1", "color", "line_width", "line_alpha", "moves", "split"} <= {
        *pieces.columns
    }
    assert pieces.empty


def test_the_flow_picked_stands_out(draw):
    """Whichever of its rows, a class each, is the one that was picked."""
    where: Places = [(10.0, 0.0), (40.0, 60.0), (-30.0, 20.0)]
    flows = pd.DataFrame(
        {
            "home": [0, 0, 1], "region": [1, 1, 2], "workload": [0, 1, 0], "it_mw": [3.0, 2.0, 1.0],
            "width": 1.0, "leads": [1, 1, 0],
        }
    )  # fmt: skip
    for row, of_pair in ((0, {0, 1}), (1, {0, 1}), (2, {2})):
        pieces = draw(where, flows=flows, picked=(row,))
        picked = pieces[pieces["row"].isin(of_pair)]
        rest = pieces.drop(picked.index)
        assert set(picked["color"]) == {2} and (picked["line_alpha"] == 1).all()
        assert not (rest["color"] == 2).any() and (rest["line_alpha"] < 1).all()
