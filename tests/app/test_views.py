"""What the plots hold, read from the Bokeh models that a browser would be sent."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import param
import pytest
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from bokeh.io.doc import patch_curdoc
from bokeh.model import Model
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    CustomJS,
    GlyphRenderer,
    LinearColorMapper,
    Patch,
    Plot,
    RadioButtonGroup,
    Range1d,
    Select,
    Span,
    Toggle,
)
from bokeh.protocol import Protocol

import explorer.session
from explorer import Explorer, ExplorerError, Scenario, break_even, plot, solve
from explorer.app.live.pane import Drawing
from explorer.app.views.break_even import BreakEvenView
from explorer.app.views.frontier import FrontierView
from explorer.app.views.totals import Totals
from explorer.app.views.why_here import WhyHereView
from explorer.app.views.world_map import COLOUR_BY, FlowMap
from explorer.charts.break_even import LOSS, PAYS
from explorer.charts.daylight import night
from explorer.charts.map_places import set_apart
from explorer.charts.projection import on_map
from explorer.measures.headlines import forced_and_chosen
from explorer.model.solver import PlacementModel
from explorer.scenario.profiles import AVERAGE
from explorer.session import AtOnce, Session
from explorer.text import BETTER, WORSE, format_number

SCENARIOS = ("classroom-3x3", "world-2025")
# of messages to the browser, for one move of a slider of world-2025
MOST_BYTES = 41_000
NEW_SOURCES_BYTES = 70_000  # the same where other figures count than before, which every card names
FLOW_COLUMNS = ("home", "region", "workload", "it_mw")


class Screen:
    """A view as a browser would have it, without the browser."""

    def __init__(self, view: Any) -> None:
        self.document = Document()
        self.document.add_root(pn.panel(view).get_root(self.document))

    def models(self) -> set[str]:
        return {model.id for model in self.document.models}

    def select(self, kind: type[Model], **properties: Any) -> list[Any]:
        return [*self.document.select({"type": kind} | properties)]

    def sources(self, *columns: str) -> list[ColumnDataSource]:
        return [s for s in self.select(ColumnDataSource) if {*columns} <= {*s.data}]

    def source(self, *columns: str) -> ColumnDataSource:
        """The only source with these columns."""
        (source,) = self.sources(*columns)
        return source

    def columns(self, *columns: str) -> dict[str, Any]:
        return dict(self.source(*columns).data)

    def text(self) -> str:
        texts = [
            model.text for model in self.document.models if "text" in model.properties()
        ]  # a name that a model lacks, Bokeh compares with all that it has
        return unescape(" ".join(text for text in texts if isinstance(text, str)))

    def contents(self) -> dict[str, list[str]]:
        """
        What a browser that opens the page now would see, by kind of model: properties but names and
        references.
        """
        contents: dict[str, list[str]] = {}
        for model in self.document.models:
            values = model.properties_with_values(include_defaults=True)
            plain = {
                key: value for key, value in values.items() if key != "name" and not _refers(value)
            }
            contents.setdefault(type(model).__name__, []).append(repr(_listed(plain)))
        return {kind: sorted(models) for kind, models in contents.items()}


def _refers(value: Any) -> bool:
    return re.search(r"\(id='", repr(value)) is not None


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(value[key]) for key in sorted(value)}
    return value.tolist() if isinstance(value, np.ndarray) else value


MOVES: dict[str, Callable[[Scenario], None]] = {
    "budget": lambda s: first(s).param.update(latency_budget_ms=0.8 * first(s).latency_budget_ms),
    "tight budget": lambda s: first(s).param.update(latency_budget_ms=first(s).prefill_ms),
    "friction": lambda s: s.param.update(friction_scale=3.0),
    "carbon price": lambda s: s.param.update(carbon_price_usd_per_t=150.0),
    "too much demand": lambda s: s.param.update(total_demand_mw=20 * s.total_demand_mw),
    "no demand": lambda s: s.param.update(total_demand_mw=0.0),
    "capacity": lambda s: s.param.update(capacity_scale=2.0),
    "legal policy": lambda s: s.param.update(legal_policy="same zone"),
    "latency model": lambda s: s.param.update(latency_model="fibre"),
    "carbon signal": lambda s: s.param.update(carbon_signal="average"),
    "objective": lambda s: s.param.update(objective="carbon"),
    "price table": lambda s: s.param.update(
        regions=s.regions.drop(
            columns=["electricity_price_usd_per_mwh_low", "electricity_price_usd_per_mwh_high"],
            errors="ignore",
        ).assign(electricity_price_usd_per_mwh=-5.0)
    ),
}


def first(scenario: Scenario) -> Any:
    return next(iter(scenario.workloads.values()))


@pytest.fixture(params=SCENARIOS)
def session(request) -> Session:
    return Session(Scenario.load(request.param))


# the small scenario before and after every kind of move, the large one where it is likely to differ
moves = pytest.mark.parametrize(
    ("session", "move"),
    [
        pytest.param(name, MOVES.get(move, lambda _scenario: None), id=f"{name}, {move}")
        for name, tried in (
            ("classroom-3x3", MOVES),
            ("world-2025", ("tight budget", "carbon price")),
        )
        for move in ("as opened", *tried)
    ],
    indirect=["session"],
)


def ids(session: Session) -> list[str]:
    return list(session.network.regions)


# Everything together


def test_moves_patch_the_plots_on_screen_and_build_nothing_new():
    """One after the other; each by itself in world-2025 below."""
    scenario = Scenario.load("classroom-3x3")
    app = Explorer(scenario)
    screen = Screen(app)
    models = screen.models()
    for move in MOVES.values():
        move(scenario)
        assert app.session.error is None
        assert screen.models() == models
    for region in (*scenario.regions["id"][:2], ""):
        app.session.region = region
    for over in (*scenario.workloads, "all"):
        app.session.workload = over
    assert screen.models() == models


READING: dict[str, Callable[[Session], None]] = {
    "region picked": lambda session: session.param.update(region=ids(session)[3]),
    "class chosen": lambda session: session.param.update(workload=[*session.scenario.workloads][1]),
    "all classes": lambda session: session.param.update(workload="all"),
}


@pytest.mark.parametrize("name", [*MOVES, *READING])
def test_a_move_sends_little_and_builds_nothing_new(name):
    app, sent = Explorer(Scenario.load("world-2025")), []
    screen = Screen(app)
    models = screen.models()
    # of which the frontier is as much a part as what is sent before it
    screen.document.on_change(lambda event: sent.append(bytes_of(event)))
    if name in MOVES:
        MOVES[name](app.session.scenario)
    else:
        READING[name](app.session)
    print(f"{name}: {sum(sent):,} bytes in {len(sent)} events")
    other_sources = name in ("legal policy", "latency model", "carbon signal")
    assert 0 < sum(sent) < (NEW_SOURCES_BYTES if other_sources else MOST_BYTES)
    assert app.session.error is None and screen.models() == models


def bytes_of(event: Any) -> int:
    """Of a message to the browser with this change; served, a move's changes share two messages."""
    assert isinstance(event, DocumentPatchedEvent)
    message = Protocol().create("PATCH-DOC", [event])
    frames = [message.header_json, message.metadata_json, message.content_json]
    for buffer in message._buffers:
        frames += [json.dumps(buffer.ref), buffer.to_bytes()]
    return sum(map(len, frames))


class Behind(AtOnce):
    """Keeps what follows behind an answer until it is asked for."""

    def __init__(self) -> None:
        self.works: list[Callable[[], None]] = []

    def call_behind(self, work: Callable[[], None]) -> None:
        self.works.append(work)

    def run_in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Never: what is found there would take the rest along."""


def test_what_has_to_move_is_out_of_sight_until_it_is_known():
    runner = Behind()
    session = Session(Scenario.load("classroom-3x3"), runner)
    totals = Totals(session)

    def shown() -> tuple[str, ...]:
        """The sentence, hidden or not, and the figure beside it."""
        words = [
            unescape(unescape(totals._pane.state[n, "words", "text"])) for n in ("forced", "totals")
        ]
        moved = re.search(r'data-total="relocated".*?class="value">([\d.,]+)', words[1])
        assert moved
        return (words[0], moved[1])

    before = shown()
    assert "30.0 MW move by choice" in before[0] and before[1] == "30.0"
    session.scenario.capacity_scale = 0.6
    hidden = '<span style="visibility: hidden">{}</span>'
    assert shown() == (hidden.format(before[0]), format_number(session.placement.relocated_mw))
    assert session.placement.relocated_mw != 30.0
    while runner.works:
        runner.works.pop(0)()
    forced = format_number(forced_and_chosen(session.placement).relocated_forced_mw)
    assert forced != "0" and shown()[0].startswith(f"{forced} MW find no room at home")


def test_a_failure_is_shown_with_its_fix_and_then_goes_away():
    scenario = Scenario.load("classroom-3x3")
    app = Explorer(scenario)
    alert = app.main[0]
    assert not alert.visible
    scenario.carbon_signal = "operating margin"
    assert alert.visible
    assert "choose another carbon signal" in alert.object
    scenario.carbon_signal = "marginal"
    assert not alert.visible


# One drawing, many users

VIEWS = (Totals, FlowMap, FrontierView, BreakEvenView)
every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)


def explore(session: Session) -> None:
    """Leave nothing as it was opened."""
    MOVES["budget"](session.scenario)
    MOVES["carbon price"](session.scenario)
    session.region = ids(session)[1]
    session.workload = [*session.scenario.workloads][1]


@every_view
def test_a_view_shown_late_looks_like_one_that_was_there_all_along(view, session):
    shown = view(session)
    opened, early = Screen(shown).contents(), Screen(shown)
    explore(session)
    assert early.contents() == Screen(shown).contents() != opened


@every_view
def test_readers_do_not_see_what_another_does(view):
    mine, other = (Session(Scenario.load("classroom-3x3")) for _ in range(2))
    views = view(mine), view(other)
    screens = [Screen(shown) for shown in views]
    assert not screens[0].models() & screens[1].models()
    opened = screens[1].contents()
    assert screens[0].contents() == opened
    explore(mine)
    assert screens[0].contents() != opened
    assert [screens[1].contents(), Screen(views[1]).contents(), Screen(view(other)).contents()] == [
        opened
    ] * 3


def test_a_drawing_is_not_tied_to_the_reader_who_came_first():
    """HoloViews clears a plot when the session it was drawn in ends."""
    first = Document()
    with patch_curdoc(first):
        drawing = Drawing(
            lambda drawing: drawing.figure(hv.Curve([1, 2]).opts(hooks=[drawing.keep("line")]))
        )
    assert not first.session_destroyed_callbacks
    _root, handles = drawing.copy()
    assert {name: list(values) for name, values in handles["line"]["cds"].data.items()} == {
        "x": [],
        "y": [],
    }


@every_view
def test_a_view_no_longer_shown_is_no_longer_patched(view):
    session = Session(Scenario.load("classroom-3x3"))
    shown = view(session)
    gone, stays = Screen(shown), Screen(shown)
    opened = gone.contents()
    (root,) = gone.document.roots
    pn.panel(shown)._cleanup(root)
    explore(session)
    assert gone.contents() == opened
    assert stays.contents() == Screen(shown).contents() != opened


def test_what_a_reader_does_in_one_place_shows_in_the_other():
    """A tap, a choice of a class and one of a colour, each with the same view shown twice."""
    session = Session(Scenario.load("classroom-3x3"))
    world, frontier = FlowMap(session), FrontierView(session)
    one, other = Screen(world), Screen(world)
    one.source("capacity").selected.indices = [2]
    assert session.region == ids(session)[2]
    assert other.source("capacity").selected.indices == [2]
    other.source("capacity").selected.indices = []
    assert session.region == ""
    assert one.source("capacity").selected.indices == []

    (select,), (same_select,) = one.select(Select), other.select(Select)
    assert [value for value, _ in select.options] == list(COLOUR_BY.values())
    select.value = "price"
    assert (world.colour_by, same_select.value) == ("price", "price")
    for screen in (one, other):
        assert (
            screen.columns("capacity")["color"].tolist()
            == screen.columns("capacity")["price"].tolist()
        )

    one, other = Screen(frontier), Screen(frontier)
    (group,), (same_group,) = one.select(RadioButtonGroup), other.select(RadioButtonGroup)
    assert group.labels == ["Chat", "Batch", "all"]
    for active, choice in reversed([*enumerate([*session.scenario.workloads, "all"])]):
        group.active = active
        assert session.workload == choice
        assert same_group.active == active
    session.workload = "all"
    assert group.active == len(group.labels) - 1


# Presentation


def test_presentation_never_solves(session, monkeypatch):
    def solves(*_inputs: object, **_settings: object) -> None:
        raise AssertionError("a solve")

    world, pairs = FlowMap(session), BreakEvenView(session)
    screens = Screen(world), Screen(pairs)
    for target, name in (
        (PlacementModel, "solve"),
        (explorer.session, "solve_network"),
        (explorer.session, "trace"),
    ):
        monkeypatch.setattr(target, name, solves)
    for column in COLOUR_BY.values():
        world.colour_by = column
        shown = screens[0].columns("capacity")
        assert list(shown["color"]) == list(shown[column])
    world.min_flow_mw = 5.0
    flows = pd.DataFrame(screens[0].columns(*FLOW_COLUMNS))
    assert flows.groupby(["home", "region"])["it_mw"].sum().min() >= 5.0 * (1 - 1e-6)
    session.region = session.network.regions[0]
    assert {pair.split(" → ")[0] for pair in screens[1].columns("closed_by")["pair"]} == {
        short_name_of(session)
    }


def short_name_of(session: Session) -> str:
    return session.network.short_region_names[session.region]


def name_of(session: Session) -> str:
    regions = session.scenario.regions
    return regions.loc[regions["id"] == session.region, "name"].item()


# Totals


def shown_totals(view: Totals) -> dict[str, str]:
    """The figure on each card."""
    cards = Screen(view).text().split('data-total="')[1:]
    return {card.split('"')[0]: card.split('class="value">')[1].split(" ")[0] for card in cards}


@moves
def test_totals_are_those_of_the_placement(session, move):
    view = Totals(session)
    move(session.scenario)
    totals = solve(session.scenario).totals()
    figures = {
        "cost": totals["cost_usd_per_h"],
        "carbon": totals["carbon_kg_per_h"] / 1000,
        "relocated": totals["relocated_mw"],
        "grid": totals["grid_mw"],
        "delay": totals["mean_wan_per_request_ms"],
        "unserved": totals["unserved_mw"],
    }
    if "wue_l_per_kwh" in session.scenario.regions:
        figures["water"] = totals["water_l_per_h"] / 1000
    assert shown_totals(view) == {name: format_number(figure) for name, figure in figures.items()}


def test_unserved_load_is_shown_with_its_reason():
    session = Session(Scenario.load("classroom-3x3"))
    view = Totals(session)
    assert "all demand is served" in Screen(view).text()
    session.scenario.capacity_scale = 0.5
    assert shown_totals(view)["unserved"] == "25.0"
    assert "held back by full regions" in Screen(view).text()


def test_totals_say_that_hosting_is_being_worked_out_and_how_well_it_was():
    class Apart(AtOnce):
        def run_isolated(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
            waiting.append(lambda: then(work()))

    waiting: list[Callable[[], None]] = []
    session = Session(Scenario.load("classroom-3x3"), Apart())
    view, before = Totals(session), session.placement
    session.scenario.hosting_usd_per_h = 3210.0
    assert "Working out where hosting pays, for up to 30 s" in Screen(view).text()
    assert shown_totals(view)["cost"] == format_number(before.cost_usd_per_h)
    waiting.pop()()
    assert "Working out" not in Screen(view).text()
    assert (
        shown_totals(view)["cost"]
        == format_number(session.placement.cost_usd_per_h)
        != format_number(before.cost_usd_per_h)
    )
    assert "could be up to" not in Screen(view).text()
    with param.edit_constant(session):
        session.placement = replace(session.placement, gap_usd_per_h=42.0)
    assert "could be up to 42.0 USD/h cheaper" in Screen(view).text()


# Map


def assert_close(shown: Any, expected: Any) -> None:
    """But for what is sent in half the bytes."""
    np.testing.assert_allclose(shown, expected, rtol=1e-6, atol=1e-6)


@moves
def test_the_regions_on_the_map_are_those_of_the_placement(session, move):
    screen = Screen(FlowMap(session))
    move(session.scenario)
    shown, placement = screen.columns("capacity"), session.placement
    assert list(shown["name"]) == list(session.scenario.regions["name"])
    table = placement.regions
    regions = session.scenario.regions
    x, y = set_apart(on_map(regions["latitude"], regions["longitude"]))
    expected = {
        "x": x,
        "y": y,
        "it_mw": placement.region_it_mw,
        "change_mw": placement.region_it_mw - placement.baseline.region_it_mw,
        "price": placement.network.price_usd_per_mwh,
        "carbon": placement.network.carbon_kg_per_mwh,
        "utilisation": table["utilisation"],
        "capacity": placement.network.capacity_mw,
        "capacity_price": table["capacity_price_usd_per_mwh"],
    }
    for column, values in expected.items():
        assert_close(shown[column], values)
    order = np.argsort(placement.region_it_mw, kind="stable")
    assert (np.diff(shown["radius"][order]) >= 0).all()
    assert shown["radius"].min() > 0  # an idle region can still be picked


@moves
def test_the_flows_on_the_map_add_up_to_the_load_that_moves(session, move):
    screen = Screen(FlowMap(session, min_flow_mw=0.0))
    move(session.scenario)
    flows = pd.DataFrame(screen.columns(*FLOW_COLUMNS))
    assert not flows.duplicated(["home", "region", "workload"]).any()
    assert (flows["home"] != flows["region"]).all()
    net, away_mw = session.network, session.placement.away_mw
    n = len(net.regions)

    def total(column: str, bins: int) -> Any:
        return np.bincount(flows[column], flows["it_mw"], bins)

    assert total("workload", len(net.workloads)) == pytest.approx(
        away_mw.sum(axis=(0, 1)), rel=1e-5, abs=1e-4
    )
    assert total("region", n) == pytest.approx(away_mw.sum(axis=(0, 2)), rel=1e-5, abs=1e-4)
    leaving = np.bincount(net.home, away_mw.sum(axis=(1, 2)), n)
    assert total("home", n) == pytest.approx(leaving, rel=1e-5, abs=1e-4)


@moves
def test_narrow_arcs_lie_on_wide_ones(session, move):
    screen = Screen(FlowMap(session))
    move(session.scenario)
    assert (np.diff(screen.columns(*FLOW_COLUMNS)["width"]) <= 0).all()


def test_the_browser_draws_arcs_from_the_flows_on_screen():
    """What tests/test_arcs.py runs has the sources that this map patches, whenever flows change."""
    session = Session(Scenario.load("world-2025"))
    screen = Screen(FlowMap(session))
    flows = screen.source(*FLOW_COLUMNS)
    (code,) = (
        code for code in screen.select(CustomJS) if {"heads", "segments"} <= code.args.keys()
    )
    assert code.args["flows"] is flows
    assert code.args["regions"] is screen.source("capacity")
    assert code.args["segments"] is screen.source("line_width", "x0", "y0", "x1", "y1")
    assert code.args["heads"] is screen.source("angle", "size")
    (fit,) = (code for code in screen.select(CustomJS) if "narrow_px" in code.args)
    assert fit.args["names"].data_source is screen.source("align", "dx")
    assert code.args["classes"] == [f"{w.id} {w.name}" for w in session.scenario.workloads.values()]
    assert flows.js_property_callbacks == {"change:data": [code]}
    assert flows.selected.js_property_callbacks == {"change:indices": [code]}
    (figure,) = screen.select(Plot)
    (pick,) = figure.js_event_callbacks["tap"]
    same = {name: pick.args[name] for name in ("flows", "regions", "segments")}
    assert same == {name: code.args[name] for name in same}


def test_a_flow_picked_is_what_is_explained_and_a_pick_ends_the_one_before():
    session = Session(Scenario.load("world-2025"))
    world, answer = Screen(FlowMap(session)), Screen(WhyHereView(session))
    names, flows = session.network.short_region_names, world.source(*FLOW_COLUMNS)
    regions = session.network.regions
    row = len(flows.data["home"]) // 2
    home, region = (regions[int(flows.data[end][row])] for end in ("home", "region"))
    flows.selected.indices = [row]
    assert session.flow == f"{home} → {region}"
    said = re.sub(r"<[^>]+>", "", answer.text())
    assert re.search(rf"{names[home]}’s .* load runs in {names[region]}", said)
    session.region = regions[0]
    assert session.flow == "" and flows.selected.indices == []
    flows.selected.indices = [row]
    assert session.region == "" and world.source("capacity").selected.indices == []
    first = flows.selected.indices
    assert set(flows.data["home"][first]) == {regions.index(home)}
    session.scenario.friction_scale = 5.0  # the flow may have gone: it is still explained
    assert session.flow == f"{home} → {region}" and names[home] in answer.text()
    flows.selected.indices = []
    assert session.flow == ""


def test_clients_are_on_the_map_when_asked_for_and_one_picked_is_explained():
    session = Session(Scenario.load("world-2025"))
    world, answer = FlowMap(session), Screen(WhyHereView(session))
    screen = Screen(world)
    (toggle,) = (each for each in screen.select(Toggle) if "lients" in each.label)
    assert len(screen.columns("demand_mw")["x"]) == 0
    toggle.active = True
    shown, net = screen.columns("demand_mw"), session.network
    assert shown["demand_mw"] == pytest.approx(net.demand_mw.sum(axis=1), rel=1e-6)
    assert shown["away_mw"].sum() == pytest.approx(session.placement.relocated_mw, rel=1e-5)
    assert (np.diff(shown["radius"][np.argsort(shown["demand_mw"], kind="stable")]) >= 0).all()
    x, y = on_map(session.scenario.clients["latitude"], session.scenario.clients["longitude"])
    assert_close(shown["x"], x)
    assert_close(shown["y"], y)
    screen.source("demand_mw").selected.indices = [3]
    assert session.client == net.clients[3]
    assert f"{net.client_names[net.clients[3]]}’s" in answer.text()
    toggle.active = False
    assert session.client == "" and len(screen.columns("demand_mw")["x"]) == 0


def test_the_region_picked_is_ringed(session):
    screen = Screen(FlowMap(session))
    regions = screen.source("capacity")
    (drawn,) = (r for r in screen.select(GlyphRenderer) if r.data_source is regions)
    ring, rim = (
        getattr(glyph.line_width, "value", glyph.line_width)
        for glyph in (drawn.selection_glyph, drawn.glyph)
    )
    assert ring > 2 * rim
    assert drawn.nonselection_glyph is None  # the others do not fade
    assert regions.selected.indices == []
    session.region = ids(session)[1]
    assert regions.selected.indices == [1]
    MOVES["carbon price"](session.scenario)
    assert regions.selected.indices == [1]
    session.scenario.regions = session.scenario.regions.iloc[::-1].reset_index(drop=True)
    assert session.error is None
    assert regions.data["name"][regions.selected.indices[0]] == name_of(session)
    session.region = ""
    assert regions.selected.indices == []


@moves
def test_the_colours_of_regions_reach_as_far_as_their_values(session, move):
    world = FlowMap(session)
    screen = Screen(world)
    move(session.scenario)
    regions = screen.source("capacity")
    (drawn,) = (r for r in screen.select(GlyphRenderer) if r.data_source is regions)
    mapper = drawn.glyph.fill_color.transform
    assert isinstance(mapper, LinearColorMapper)
    for column in COLOUR_BY.values():
        world.colour_by = column
        shown = regions.data[column]
        assert mapper.low <= shown.min() <= shown.max() <= mapper.high
        if column == "change_mw":
            assert mapper.low == -mapper.high < 0  # no change is in the middle


# Frontier


@moves
def test_the_steps_shown_are_those_of_the_frontier(session, move):
    screen = Screen(FrontierView(session))
    move(session.scenario)
    names = session.network.short_region_names
    for over in (*session.scenario.workloads, "all"):
        session.workload = over
        table = session.frontier.table
        shown = [source.data for source in screen.sources("erl_window_usd_per_h_per_ms")]
        assert len(shown) == 2
        for corners in shown:
            assert_close(corners["x"], table["budget_ms"])
            assert list(corners["opens"]) == [
                "; ".join(names[key] for key in keys.split("; ") if key) for keys in table["opens"]
            ]
            alone = "erl_usd_per_h_per_ms", "crl_kg_per_h_per_ms"
            assert len({*alone} & {*corners}) == 1
            for column in {"relocated_mw", *alone} & {*corners}:
                assert_close(corners[column], table[column])
        heights = {tuple(corners["y"]) for corners in shown}
        cost, carbon = table["cost_usd_per_h"], table["carbon_kg_per_h"] / 1000
        assert heights == {tuple(np.float32(cost)), tuple(np.float32(carbon))}
        stairs = [s.data for s in screen.sources("x", "y") if {*s.data} == {"x", "y"}]
        assert len(stairs) == 2
        for line in stairs:
            assert (np.diff(line["x"]) >= 0).all()
            assert ((np.diff(line["x"]) == 0) | (np.diff(line["y"]) == 0)).all()  # steps, no slopes
            corners = set(zip(line["x"], line["y"], strict=True))
            assert any(
                corners >= set(zip(columns["x"], columns["y"], strict=True)) for columns in shown
            )


@moves
def test_the_frontier_is_seen_against_the_baseline_and_what_goes_unserved(session, move):
    screen = Screen(FrontierView(session))
    move(session.scenario)
    baseline, table = session.placement.baseline, session.frontier.table
    lines = screen.select(Span, dimension="width")
    alike = baseline.unserved_mw == pytest.approx(table["unserved_mw"].iloc[0], abs=1e-6)
    if alike:
        assert {span.location for span in lines} == {
            baseline.cost_usd_per_h,
            baseline.carbon_kg_per_h / 1000,
        }
    assert {span.visible for span in lines} == {alike}  # of less load it is no measure
    shades = [
        shade for shade in screen.select(BoxAnnotation) if shade.right == table["budget_ms"].iloc[0]
    ]
    assert len(shades) == 2
    for axis in screen.select(Range1d):
        assert (axis.start, axis.end) == (axis.reset_start, axis.reset_end)
        assert axis.start < axis.end
    starts = {axis.start for axis in screen.select(Range1d)}
    assert {shade.left for shade in shades} <= starts  # from the left edge
    for steps in screen.sources("erl_window_usd_per_h_per_ms"):  # all steps are in sight
        for column in ("x", "y"):
            low, high = steps.data[column].min(), steps.data[column].max()
            assert any(axis.start <= low <= high <= axis.end for axis in screen.select(Range1d))


def test_a_tap_on_a_step_sets_that_budget_as_often_as_one_likes():
    session = Session(Scenario.load("classroom-3x3"))
    screen = Screen(FrontierView(session))
    chat = session.scenario.workloads["chat"]
    opened = chat.latency_budget_ms
    for steps in screen.sources("erl_window_usd_per_h_per_ms"):
        for _ in range(2):
            budget_ms = steps.data["x"][-1]
            steps.selected.indices = [len(steps.data["x"]) - 1]
            assert chat.latency_budget_ms == budget_ms != opened
            assert steps.selected.indices == []
            chat.latency_budget_ms = opened
    session.workload = "all"
    for steps in screen.sources("erl_window_usd_per_h_per_ms"):
        relaxation_ms = steps.data["x"][1]
        steps.selected.indices = [1]
        assert session.scenario.latency_relaxation_ms == relaxation_ms != 0.0
        session.scenario.latency_relaxation_ms = 0.0


def test_the_frontier_marks_the_present_budget_and_says_what_is_next():
    session = Session(Scenario.load("classroom-3x3"))
    screen = Screen(FrontierView(session))
    session.scenario.workloads["chat"].latency_budget_ms = 135.0
    marks = [span.location for span in screen.select(Span, dimension="height") if span.visible]
    assert marks == [135.0, 135.0]  # cost and carbon
    assert "Chat may take 135 ms." in screen.text()
    table = session.frontier.table
    following = table[table["budget_ms"] > 135.0].iloc[0]
    assert f"At {following['budget_ms']:g} ms within reach: " in screen.text()


# Break-even


def expected_pairs(session: Session, workload: str) -> pd.DataFrame:
    """The pairs of `break_even` as the view names them, indexed by that name."""
    table = break_even(session.scenario, workload)
    names = session.network.short_region_names
    return table.set_index(table["home"].map(names) + " → " + table["region"].map(names))


def assert_pairs(shown: dict[str, Any], expected: pd.DataFrame) -> None:
    there = expected.loc[list(shown["pair"])]
    columns = {
        "x": "saving_usd_per_mwh",
        "y": "friction_usd_per_mwh",
        **{
            name: name
            for name in shown
            if name.endswith(("_usd_per_mwh", "_usd_per_t", "_usd_per_gb", "_ms"))
        },
    }
    assert len(columns) == 7  # from and until which carbon price is said in words
    for name, column in columns.items():
        assert_close(shown[name], there[column])
    np.testing.assert_array_equal(np.asarray(shown["color"]) > LOSS, there["pays"])
    np.testing.assert_array_equal(
        np.asarray(shown["color"]) == PAYS, there["pays"] & (shown["closed_by"] == "none")
    )
    assert (np.diff(shown["color"].astype(int)) >= 0).all()  # what pays on top


@moves
def test_the_pairs_shown_are_those_of_the_break_even_table(session, move):
    screen = Screen(BreakEvenView(session))
    move(session.scenario)
    for workload in session.scenario.workloads:
        session.workload = workload
        expected = expected_pairs(session, workload)
        session.region = ""
        shown = screen.columns("closed_by")
        homes = {session.network.regions[j] for j in session.network.home}
        assert sorted(expected.loc[list(shown["pair"]), "home"]) == sorted(homes)
        assert_pairs(shown, expected)
        session.region = session.network.regions[-1]
        shown = screen.columns("closed_by")
        assert sorted(shown["pair"]) == sorted(expected.index[expected["home"] == session.region])
        assert_pairs(shown, expected)


def test_break_even_tells_from_where_and_for_which_class(session):
    screen = Screen(BreakEvenView(session))
    session.region = session.network.regions[0]
    last = [*session.scenario.workloads][-1]
    session.workload = last
    assert f"{session.network.class_labels[last]}, from {short_name_of(session)}" in screen.text()


def test_break_even_keeps_its_class_and_follows_sliders_while_the_frontier_looks_at_all():
    session = Session(Scenario.load("classroom-3x3"))
    screen = Screen(BreakEvenView(session))
    session.workload = "batch"
    session.workload = "all"
    session.scenario.friction_scale = 3.0
    assert_pairs(screen.columns("closed_by"), expected_pairs(session, "batch"))


def test_a_tap_on_a_pair_picks_its_home():
    session = Session(Scenario.load("classroom-3x3"))
    pairs = Screen(BreakEvenView(session)).source("closed_by")
    home = pairs.data["pair"][1].split(" → ")[0]
    pairs.selected.indices = [1]
    assert short_name_of(session) == home


def test_pairs_that_pay_but_may_not_move_say_why():
    session = Session(Scenario.load("classroom-3x3"))
    session.scenario.workloads[
        "chat"
    ].latency_budget_ms = 140.0  # South reaches Middle in 40 ms and North in 120
    session.region = "south"
    pairs = Screen(BreakEvenView(session)).columns("closed_by")
    assert dict(zip(pairs["pair"], pairs["closed_by"], strict=True)) == {
        "South → North": "latency",
        "South → Middle": "none",
    }


# Changes made in Python


def test_a_scenario_that_cannot_be_placed_says_so_at_once():
    scenario = Scenario.load("classroom-3x3")
    scenario.regions = scenario.regions.drop(
        columns="carbon_operating_margin_g_per_kwh", errors="ignore"
    )
    scenario.carbon_signal = "operating margin"
    with pytest.raises(ExplorerError, match="carbon_operating_margin"):
        Explorer(scenario)


def test_regions_added_in_python_appear_and_may_go_again_even_when_picked():
    scenario = Scenario.load("classroom-3x3")
    session = Session(scenario)
    world, pairs = Screen(FlowMap(session)), Screen(BreakEvenView(session))
    before, every_home = scenario.regions, pairs.contents()
    new = before.iloc[[0]].assign(id="new", name="New", longitude=100.0)
    scenario.regions = pd.concat([before, new], ignore_index=True)
    assert session.error is None
    assert list(world.columns("capacity")["name"]) == [*before["name"], "New"]
    session.region = "new"
    assert "from New" in pairs.text()
    scenario.regions = before
    assert session.error is None
    assert list(world.columns("capacity")["name"]) == list(before["name"])
    assert world.source("capacity").selected.indices == []
    assert pairs.contents() == every_home


# What is said of a frontier


def said_of(session: Session) -> str:
    return re.sub(r"<[^>]+>", "", unescape(unescape(Screen(FrontierView(session)).text())))


def test_a_budget_too_strict_opens_nothing_and_says_so():
    session = Session(Scenario.load("classroom-3x3"))
    session.scenario.workloads["chat"].latency_budget_ms = 50.0
    assert "More load goes unserved below 100 ms (shaded)." in said_of(session)
    assert "within reach" not in said_of(session) and "Next step" not in said_of(session)
    session.scenario.workloads["chat"].latency_budget_ms = 100.0
    assert re.search(r"At [\d.]+ ms within reach: \w+", said_of(session))


@pytest.mark.parametrize("budget_ms", [100.0, 130.0, 150.0])
def test_what_fifty_milliseconds_more_would_bring_is_what_they_bring(budget_ms):
    session = Session(Scenario.load("classroom-3x3"))
    chat = session.scenario.workloads["chat"]
    chat.latency_budget_ms = budget_ms
    now, said = session.placement, said_of(session)
    chat.latency_budget_ms = budget_ms + 50.0
    then = session.placement
    cost, carbon = (
        f"{change:+,.0f}".replace("-", "−") if abs(change) > 0.5 else "±0"
        for change in (
            then.cost_usd_per_h - now.cost_usd_per_h,
            then.carbon_kg_per_h - now.carbon_kg_per_h,
        )
    )
    assert f"50 ms more: cost {cost} USD/h, CO₂ {carbon} kg/h." in said


def test_money_that_rises_along_a_frontier_is_explained():
    session = Session(Scenario.load("stylized-12"))
    session.scenario.carbon_price_usd_per_t = 150.0
    table = session.frontier.table
    expected = table["cost_usd_per_h"] + 0.15 * table["carbon_kg_per_h"]
    assert table["objective_usd_per_h"].tolist() == pytest.approx(expected.tolist())
    assert (table["objective_usd_per_h"].diff().dropna() < 0).all() and (
        table["cost_usd_per_h"].diff() > 1
    ).any()
    assert "Where this cost rises, it buys less carbon" in said_of(session)
    session.scenario.carbon_price_usd_per_t = 0.0
    assert "this cost rises" not in said_of(session)


@pytest.mark.parametrize(
    ("name", "handle", "key", "value"),
    [
        ("regions", "selected", "indices", [10**9]),
        ("regions", "selected", "indices", [-1]),
        ("colour", "widget", "value", "nothing"),
    ],
)
def test_what_no_reader_can_choose_is_left_alone(name, handle, key, value):
    session = Session(Scenario.load("classroom-3x3"))
    view = FlowMap(session)
    pane: Any = view.__panel__()
    pane.get_root(Document())
    before = session.region, view.colour_by
    setattr(pane.copies[0][name][handle], key, value)
    assert (session.region, view.colour_by) == before
    pane.copies[0]["regions"]["selected"].indices = [1]
    assert session.region == session.network.regions[1]


# Totals


def colours_of_totals(scenario: Scenario) -> dict[str, str]:
    """The colour of each card's change against the baseline."""
    page = unescape(unescape(Screen(Totals(Session(scenario))).text()))
    return dict(
        re.findall(r'data-total="(\w+)".*?class="delta" style="--hue:([^"]+)"', page, re.DOTALL)
    )


def test_what_is_better_than_the_baseline_has_the_colour_of_better():
    scenario = Scenario.load("world-2025")
    assert solve(scenario).cost_usd_per_h < solve(scenario).baseline.cost_usd_per_h
    assert colours_of_totals(scenario)["cost"] == BETTER
    scenario.objective = "carbon"  # which costs more than to run everything at home
    scenario.friction_scale = 30.0
    placement = solve(scenario)
    assert placement.cost_usd_per_h > placement.baseline.cost_usd_per_h
    assert placement.carbon_kg_per_h < placement.baseline.carbon_kg_per_h
    colours = colours_of_totals(scenario)
    assert (colours["cost"], colours["carbon"]) == (WORSE, BETTER)


def test_maps_of_an_hour_show_its_night_and_maps_of_the_mean_day_none():
    session = Session(Scenario.load("follow-the-sun"))
    screen = Screen(FlowMap(session))
    (shade,) = screen.select(Patch)
    (source,) = (r.data_source for r in screen.select(GlyphRenderer) if r.glyph is shade)
    for hour, is_shown in ((AVERAGE, False), (18, True)):
        session.scenario.param.update(hour=hour, season="winter")
        assert (len(source.data["x"]) > 0) == is_shown
        assert ("</em>night<" in screen.text()) == is_shown
        shapes = [piece for piece in plot(session.placement) if isinstance(piece, hv.Polygons)]
        assert len(shapes) == 1 + is_shown  # land, and night above it
    outline = night(18, "winter")
    x, y = on_map(outline[:, 1], outline[:, 0])
    np.testing.assert_allclose([source.data["x"], source.data["y"]], [x, y])
