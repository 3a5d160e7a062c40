"""
The heat map: every pair stands on the colour of its own net saving, marked and counted by its
verdict.
"""

from html import unescape
from typing import Any

import numpy as np
import pytest
from screens import columns, show, words

from explorer import Scenario, break_even
from explorer.app.views.verdicts import HeatMapView
from explorer.charts.palette import LOOKS
from explorer.charts.verdicts import VERDICTS, shown
from explorer.measures.break_even import verdicts
from explorer.session import Session
from explorer.words import speaking
from tests.app.test_views import MOVES, bytes_of

MOST_BYTES = 80_000  # of a move that changes every one of 73 by 72 pairs of world-2025


@pytest.fixture(params=["classroom-3x3", "world-2025"])
def session(request) -> Session:
    return Session(Scenario.load(request.param))


@pytest.fixture
def classroom() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def handles(view: HeatMapView) -> dict[str, Any]:
    (copy,) = view.pane.copies
    return copy


def drawn_pairs(view: HeatMapView) -> list[tuple[str, str]]:
    ids = {name: id for id, name in view.session.network.short_region_names.items()}
    homes, regions = (shown_names(view, end) for end in ("home", "region"))
    return [(ids[home], ids[region]) for home, region in zip(homes, regions, strict=True)]


def shown_names(view: HeatMapView, column: str) -> list[str]:
    """What a pointer reads in a column that says which of the names."""
    names = handles(view)["pairs"]["names"].args["names"]
    return [names[number] for number in columns(view, "pairs")[column]]


def looks(view: HeatMapView, name: str) -> list[Any]:
    """Marker or size of each pair, as the browser finds it."""
    glyphs = handles(view)["pairs"]["glyph_renderer"]
    assert glyphs.selection_glyph is None  # one that is tapped looks as before
    found = getattr(glyphs.glyph, name).transform.args["looks"]
    return [found[code] for code in columns(view, "pairs")["color"]]


def homes_with_load(session: Session, workload: str) -> list[str]:
    network = session.network
    wanted_mw = network.demand_mw[:, network.workloads.index(workload)]
    return sorted(
        {
            network.regions[home]
            for home, mw in zip(network.home, wanted_mw, strict=True)
            if mw > 1e-9
        }
    )


def assert_shown(view: HeatMapView) -> None:
    session = view.session
    table = verdicts(session.scenario, view.session.single_workload).set_index(["home", "region"])
    algebra = break_even(session.scenario, view.session.single_workload).set_index(
        ["home", "region"]
    )
    picked = session.region in session.network.regions
    table = (
        table.loc[[session.region]]
        if picked
        else table.loc[homes_with_load(session, view.session.single_workload)]
    )
    drawn = table if picked else table[table["constraint"] != "friction"]
    assert sorted(drawn_pairs(view)) == sorted(drawn.index)

    seen, pue = columns(view, "pairs"), handles(view)["line"]["glyph"].gradient
    there, at = table.loc[drawn_pairs(view)], algebra.loc[drawn_pairs(view)]
    assert pue == pytest.approx(np.median(session.scenario.regions["pue"]))
    np.testing.assert_allclose(pue * seen["x"] - seen["y"], there["net_usd_per_mwh"], atol=1e-3)
    np.testing.assert_allclose(seen["net"], there["net_usd_per_mwh"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(seen["y"], at["friction_usd_per_mwh"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(seen["gap"], at["price_gap_usd_per_mwh"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(seen["used_mw"], there["used_mw"], rtol=1e-5, atol=1e-5)
    marks = [VERDICTS[code] for code in seen["color"]]
    assert [mark.constraint for mark in marks] == there["constraint"].tolist()
    assert [mark.size for mark in marks] == looks(view, "size")
    assert [LOOKS[f"pair {mark.constraint}"].marker for mark in marks] == looks(view, "marker")
    assert (np.diff(seen["color"].astype(int)) >= 0).all()
    names = view.session.network.short_region_names
    assert [names[id] if id else "–" for id in there["better_region"]] == shown_names(
        view, "better"
    )

    axes = handles(view)["pairs"]
    for values, axis in ((seen["x"], axes["x_range"]), (seen["y"], axes["y_range"])):
        assert (values <= axis.end + 1e-3).all()
        assert axis is axes["x_range"] or (values >= axis.start - 1e-3).all()
    assert_plane(columns(view, "plane"), pue, axes)

    said = words(view)
    for mark in VERDICTS:
        count = int((drawn["constraint"] == mark.constraint).sum())
        assert (f"</span> {mark.says.format(count)}</span>" in said) == (count > 0)
    if len(table):
        pays, used = table["pays"], table["used_mw"] > 1e-9
        text = unescape(words(view))
        assert f"of {len(table):,} pairs" in text
        assert f"<b>{pays.sum():,} pay, {(pays & used).sum()} of them are used</b>" in text


def assert_plane(plane: dict[str, Any], pue: float, axes: dict[str, Any]) -> None:
    """The image covers the axes, and each cell has the net saving of its middle."""
    (image,), (x,), (y,), (dw,), (dh,) = (plane[name] for name in ("image", "x", "y", "dw", "dh"))
    assert (x, x + dw, y, y + dh) == pytest.approx(
        (axes["x_range"].start, axes["x_range"].end, axes["y_range"].start, axes["y_range"].end)
    )
    rows, cells = image.shape
    for row, cell in ((0, 0), (rows - 1, 0), (0, cells - 1), (rows // 2, cells // 3)):
        net = pue * (x + dw * (cell + 0.5) / cells) - (y + dh * (row + 0.5) / rows)
        assert image[row, cell] == pytest.approx(net, rel=1e-4, abs=1e-3)


def test_marks_colours_and_counts_are_those_of_the_verdicts(session):
    view = HeatMapView(session)
    document = show(view)
    models = {model.id for model in document.models}
    assert_shown(view)
    for region in (session.network.regions[-1], ""):
        session.region = region
        assert_shown(view)
    for workload in session.scenario.workloads:
        session.workload = workload
        assert_shown(view)
    assert {model.id for model in document.models} == models


@pytest.mark.parametrize("move", MOVES)
def test_it_follows_every_move(classroom, move):
    view = HeatMapView(classroom)
    document = show(view)
    models = {model.id for model in document.models}
    for region in ("", "middle"):
        classroom.region = region
        MOVES[move](classroom.scenario)
        assert classroom.error is None
        assert_shown(view)
    assert {model.id for model in document.models} == models


def test_a_tap_picks_the_home_of_a_pair(classroom):
    view = HeatMapView(classroom)
    show(view)
    home = drawn_pairs(view)[0][0]
    assert home == shown(view._result)["home"].iloc[0]
    handles(view)["pairs"]["selected"].indices = [0]
    assert classroom.region == home
    assert {pair[0] for pair in drawn_pairs(view)} == {home}
    assert handles(view)["pairs"]["selected"].indices == []


def test_one_region_or_no_load_leaves_nothing_to_show(classroom):
    view = HeatMapView(classroom)
    show(view)
    scenario = classroom.scenario
    scenario.total_demand_mw = 0.0
    assert "nothing to compare" in words(view)
    assert len(columns(view, "pairs")["x"]) == 0
    scenario.total_demand_mw = 10.0
    scenario.rtt_ms = None
    scenario.clients = scenario.clients.assign(service="north")
    scenario.regions = scenario.regions.iloc[:1]
    assert "nothing to compare" in words(view)


def test_the_table_has_all_quantities_of_a_home_or_sums_of_all(session):
    view = HeatMapView(session)
    show(view)
    table = view.table(view._result)
    expected = verdicts(session.scenario, view.session.single_workload)
    expected = expected[
        expected["home"].isin(homes_with_load(session, view.session.single_workload))
    ]
    assert table["pairs"].sum() == len(expected)
    assert table["used_mw"].sum() == pytest.approx(expected["used_mw"].sum())
    session.region = session.network.regions[1]
    table = view.table(view._result)
    assert len(table) == len(session.network.regions) - 1
    assert {"break_even_egress_usd_per_gb", "break_even_price_gap_usd_per_mwh", "constraint"} <= {
        *table
    }
    assert table["net_usd_per_mwh"].is_monotonic_decreasing


def test_an_image_that_stays_is_not_sent_again_and_a_move_sends_little():
    session, sent = Session(Scenario.load("world-2025")), []
    document = show(HeatMapView(session))
    document.on_change(lambda event: sent.append((bytes_of(event), event)))
    session.scenario.friction_scale = 1.01  # within the same axes
    assert 0 < sum(size for size, _ in sent) < MOST_BYTES
    assert not any("image" in repr(vars(event)) for _, event in sent)


def test_names_under_a_pointer_are_there_in_every_language():
    with speaking("de"):  # where numbers of tips are written by what is no name
        view = HeatMapView(Session(Scenario.load("classroom-3x3")))
        show(view)
    ends = {*shown_names(view, "home"), *shown_names(view, "region")}
    assert ends == {"Norden", "Mitte", "Süden"}
