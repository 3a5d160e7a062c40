"""What the plots hold, read from the Bokeh models that a browser would be sent."""

from collections.abc import Callable
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.document import Document
from bokeh.events import DocumentEvent
from bokeh.models import ColumnDataSource

import explorer.session
from explorer import Explorer, ExplorerError, Scenario, break_even, solve
from explorer.geo import MERCATOR_EDGE_M
from explorer.session import Session
from explorer.solver import PlacementModel
from explorer.views.breakeven import BreakEvenView
from explorer.views.flows import COLOUR_BY, FlowMap
from explorer.views.frontier import FrontierView
from explorer.views.regions import RegionTable
from explorer.views.text import number
from explorer.views.totals import Totals

pn.extension("tabulator")

SCENARIOS = ("classroom-3x3", "world-2025")
MOST_BYTES = 120_000  # of columns, for one move of a slider of world-2025


class Screen:
    """A view as a browser would have it, without the browser."""

    def __init__(self, view: Any) -> None:
        self.document = Document()
        self.document.add_root(pn.panel(view).get_root(self.document))

    def models(self) -> set[str]:
        return {model.id for model in self.document.models}

    def sources(self, *columns: str) -> list[ColumnDataSource]:
        return [s for s in self.document.select({"type": ColumnDataSource}) if {*columns} <= {*s.data}]

    def columns(self, *columns: str) -> dict[str, Any]:
        """What the only source with these columns holds."""
        (source,) = self.sources(*columns)
        return source.data

    def text(self) -> str:
        texts = [getattr(model, "text", None) for model in self.document.models]
        return unescape(" ".join(text for text in texts if isinstance(text, str)))


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
    "price table": lambda s: s.param.update(regions=s.regions.assign(electricity_price_usd_per_mwh=-5.0)),
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
        for name, tried in (("classroom-3x3", MOVES), ("world-2025", ("tight budget", "carbon price")))
        for move in ("as opened", *tried)
    ],
    indirect=["session"],
)


# Everything together


@pytest.mark.parametrize("name", SCENARIOS)
def test_moves_patch_the_plots_on_screen_and_build_nothing_new(name):
    scenario = Scenario.load(name)
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


def test_a_move_sends_little():
    scenario = Scenario.load("world-2025")
    screen, sent = Screen(Explorer(scenario)), []

    def on_change(event: DocumentEvent) -> None:
        if event.kind == "ColumnDataChanged":
            source = event.model
            sent.extend(size(source.data[column]) for column in event.cols or source.data)

    def size(values: Any) -> int:
        column = np.asarray(values)
        return sum(len(str(value)) for value in column) if column.dtype == object else column.nbytes

    screen.document.on_change(on_change)
    for name in ("budget", "carbon price", "friction"):
        sent.clear()
        MOVES[name](scenario)
        print(f"{name}: {sum(sent):,} bytes of columns")
        assert 0 < sum(sent) < MOST_BYTES


def test_a_failure_is_shown_with_its_mend_and_then_goes_away():
    scenario = Scenario.load("classroom-3x3")
    app = Explorer(scenario)
    alert = app.main[0]
    assert not alert.visible
    scenario.carbon_signal = "operating margin"
    assert alert.visible
    assert "choose another carbon signal" in alert.object
    scenario.carbon_signal = "marginal"
    assert not alert.visible


# Presentation


def test_presentation_never_solves(session, monkeypatch):
    def solves(*_inputs: object, **_settings: object) -> None:
        raise AssertionError("a solve")

    world, pairs = FlowMap(session), BreakEvenView(session)
    screens = Screen(world), Screen(pairs)
    for target, name in ((PlacementModel, "solve"), (explorer.session, "place"), (explorer.session, "trace")):
        monkeypatch.setattr(target, name, solves)
    for column in COLOUR_BY.values():
        world.colour_by = column
        shown = screens[0].columns("capacity")
        assert list(shown["color"]) == list(shown[column])
    world.min_flow_mw = 5.0
    assert min(screens[0].columns("pair", "x0")["flow_mw"], default=5.0) >= 5.0
    session.region = session.network.regions[0]
    assert {pair.split(" → ")[0] for pair in screens[1].columns("obstacle")["pair"]} == {name_of(session)}


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
        "facility": totals["facility_mw"],
        "delay": totals["mean_wan_ms"],
        "unserved": totals["unserved_mw"],
    }
    assert shown_totals(view) == {name: number(figure) for name, figure in figures.items()}


def test_unserved_load_is_shown_with_its_reason():
    session = Session(Scenario.load("classroom-3x3"))
    view = Totals(session)
    assert "all demand is served" in Screen(view).text()
    session.scenario.capacity_scale = 0.5
    assert shown_totals(view)["unserved"] == "25.0"
    assert "held back by capacity" in Screen(view).text()


# Map


@moves
def test_the_regions_on_the_map_are_those_of_the_placement(session, move):
    screen = Screen(FlowMap(session))
    move(session.scenario)
    shown, placement = screen.columns("capacity"), session.placement
    assert list(shown["name"]) == list(session.scenario.regions["name"])
    np.testing.assert_array_equal(shown["it_mw"], placement.region_it_mw)
    np.testing.assert_array_equal(shown["change_mw"], placement.region_it_mw - placement.baseline.region_it_mw)
    np.testing.assert_array_equal(shown["price"], placement.network.price_usd_per_mwh)
    np.testing.assert_array_equal(shown["carbon"], placement.network.carbon_kg_per_mwh)
    order = np.argsort(placement.region_it_mw, kind="stable")
    assert (np.diff(shown["size"][order]) >= 0).all()
    assert shown["size"].min() > 0  # an idle region can still be picked


@moves
def test_the_arcs_on_the_map_add_up_to_the_load_that_moves(session, move):
    screen = Screen(FlowMap(session, min_flow_mw=0.0))
    move(session.scenario)
    arcs = pd.DataFrame({name: screen.columns("pair", "x0")[name] for name in ("pair", "color", "flow_mw")})
    moved = arcs.drop_duplicates().groupby("color")["flow_mw"].sum()
    expected = session.placement.away_mw.sum(axis=(0, 1))
    assert [moved.get(k, 0.0) for k in range(len(expected))] == pytest.approx(expected, rel=1e-5)

    by_pair = arcs.drop_duplicates().groupby("pair")["flow_mw"].sum()
    net = session.network
    into = np.bincount(by_pair.index % len(net.regions), by_pair, len(net.regions))
    assert into == pytest.approx(session.placement.away_mw.sum(axis=(0, 2)), rel=1e-5, abs=1e-4)
    out_of = np.bincount(by_pair.index // len(net.regions), by_pair, len(net.regions))
    leaving = np.bincount(net.home, session.placement.away_mw.sum(axis=(1, 2)), len(net.regions))
    assert out_of == pytest.approx(leaving, rel=1e-5, abs=1e-4)


@moves
def test_no_arc_crosses_the_map_and_wider_means_more(session, move):
    screen = Screen(FlowMap(session))
    move(session.scenario)
    arcs = screen.columns("pair", "x0")
    assert np.abs(np.asarray(arcs["x1"]) - arcs["x0"]).max(initial=0.0) < MERCATOR_EDGE_M / 5
    for end in ("x0", "x1"):
        assert np.abs(arcs[end]).max(initial=0.0) <= MERCATOR_EDGE_M * (1 + 1e-6)
    order = np.argsort(arcs["flow_mw"])
    assert (np.diff(np.asarray(arcs["line_width"])[order]) >= 0).all()


def test_arcs_end_where_their_regions_are():
    session = Session(Scenario.load("world-2025"))
    screen = Screen(FlowMap(session))
    arcs, regions = screen.columns("pair", "x0"), screen.columns("capacity")
    n = len(session.network.regions)
    for pair in np.unique(arcs["pair"]):
        pieces = np.asarray(arcs["pair"]) == pair
        starts = np.column_stack([arcs["x0"], arcs["y0"]])[pieces]
        ends = np.column_stack([arcs["x1"], arcs["y1"]])[pieces]
        home, region = (np.array([regions["x"][j], regions["y"][j]]) for j in divmod(int(pair), n))
        assert np.abs(starts - home).max(axis=1).min() < 10.0  # metres
        assert np.abs(ends - region).max(axis=1).min() < 10.0


def test_the_region_picked_is_ringed(session):
    screen = Screen(FlowMap(session))
    rings = [s for s in screen.sources("x", "y", "size") if "name" not in s.data]
    assert [len(ring.data["x"]) for ring in rings] == [0]
    session.region = session.network.regions[1]
    regions = screen.columns("capacity")
    assert (rings[0].data["x"][0], rings[0].data["y"][0]) == (regions["x"][1], regions["y"][1])
    session.region = ""
    assert len(rings[0].data["x"]) == 0


# Frontier


@moves
def test_the_steps_shown_are_those_of_the_frontier(session, move):
    screen = Screen(FrontierView(session))
    move(session.scenario)
    names = dict(session.scenario.regions[["id", "name"]].to_numpy().tolist())
    for over in (*session.scenario.workloads, "all"):
        session.workload = over
        table = session.frontier.table
        shown = [source.data for source in screen.sources("erl_usd_per_h_per_ms")]
        for corners in shown:
            assert list(corners["x"]) == list(corners["budget_ms"]) == list(table["budget_ms"])
            assert list(corners["opens"]) == [
                "; ".join(names[key] for key in keys.split("; ") if key) for keys in table["opens"]
            ]
            for column in ("relocated_mw", "erl_usd_per_h_per_ms", "crl_kg_per_h_per_ms"):
                np.testing.assert_array_equal(corners[column], table[column])
        heights = {tuple(corners["y"]) for corners in shown}
        assert heights == {tuple(table["cost_usd_per_h"]), tuple(table["carbon_kg_per_h"] / 1000)}


def test_the_frontier_marks_the_present_budget_and_says_what_is_next():
    session = Session(Scenario.load("classroom-3x3"))
    screen = Screen(FrontierView(session))
    session.scenario.workloads["chat"].latency_budget_ms = 135.0
    marks = [s.data["x"] for s in screen.sources("x", "y") if {*s.data} == {"x", "y"}]
    assert [list(x) for x in marks].count([135.0, 135.0]) == 2  # in the cost plot and in the carbon plot
    assert "Budget of chat: 135 ms." in screen.text()
    table = session.frontier.table
    following = table[table["budget_ms"] > 135.0].iloc[0]
    assert f"Next step at {following['budget_ms']:g} ms opens" in screen.text()


# Break-even


def expected_pairs(session: Session, workload: str) -> pd.DataFrame:
    """The pairs of `break_even` as the view names them, indexed by that name."""
    table = break_even(session.scenario, workload)
    names = dict(zip(session.scenario.regions["id"], session.scenario.regions["name"], strict=True))
    return table.set_index(table["home"].map(names) + " → " + table["region"].map(names))


def assert_pairs(shown: dict[str, Any], expected: pd.DataFrame) -> None:
    there = expected.loc[list(shown["pair"])]
    np.testing.assert_array_equal(shown["x"], there["saving_usd_per_mwh"])
    np.testing.assert_array_equal(shown["y"], there["friction_usd_per_mwh"])
    np.testing.assert_array_equal(shown["carbon_price"], there["break_even_carbon_price_usd_per_t"])
    np.testing.assert_array_equal(shown["price_gap_needed"], there["break_even_price_gap_usd_per_mwh"])
    np.testing.assert_array_equal(np.asarray(shown["status"]) > 0, there["pays"])


@moves
def test_the_pairs_shown_are_those_of_the_break_even_table(session, move):
    screen = Screen(BreakEvenView(session))
    move(session.scenario)
    for workload in session.scenario.workloads:
        session.workload = workload
        expected = expected_pairs(session, workload)
        session.region = ""
        shown = screen.columns("obstacle")
        homes = {session.network.regions[j] for j in session.network.home}
        assert sorted(expected.loc[list(shown["pair"]), "home"]) == sorted(homes)
        assert_pairs(shown, expected)
        session.region = session.network.regions[-1]
        shown = screen.columns("obstacle")
        assert sorted(shown["pair"]) == sorted(expected.index[expected["home"] == session.region])
        assert_pairs(shown, expected)


def test_break_even_tells_from_where_and_for_which_class(session):
    screen = Screen(BreakEvenView(session))
    session.region = session.network.regions[0]
    last = [*session.scenario.workloads][-1]
    session.workload = last
    assert f"Class {last}, from {name_of(session)}" in screen.text()


def test_break_even_keeps_its_class_and_follows_sliders_while_the_frontier_looks_at_all():
    session = Session(Scenario.load("classroom-3x3"))
    screen = Screen(BreakEvenView(session))
    session.workload = "batch"
    session.workload = "all"
    session.scenario.friction_scale = 3.0
    assert_pairs(screen.columns("obstacle"), expected_pairs(session, "batch"))


def test_pairs_that_pay_but_may_not_move_say_why():
    session = Session(Scenario.load("classroom-3x3"))
    session.scenario.workloads["chat"].latency_budget_ms = 140.0  # South reaches Middle in 40 ms and North in 120
    session.region = "south"
    pairs = Screen(BreakEvenView(session)).columns("obstacle")
    assert dict(zip(pairs["pair"], pairs["obstacle"], strict=True)) == {
        "South → North": "latency",
        "South → Middle": "none",
    }


# Table


@moves
def test_the_table_lists_every_region_most_load_first(session, move):
    screen = Screen(RegionTable(session))
    move(session.scenario)
    shown, placement = screen.columns("region", "pue"), session.placement
    it_mw = dict(zip(placement.network.regions, placement.region_it_mw, strict=True))
    assert list(shown["it_mw"]) == sorted(shown["it_mw"], reverse=True)
    assert dict(zip(shown["region"], shown["it_mw"], strict=True)) == pytest.approx(it_mw, abs=1e-3)


# Controls


def controls_of(app: Explorer, kind: type) -> dict[str, Any]:
    return {widget.label: widget for widget in pn.panel(app.controls).select(kind)}


def test_every_control_writes_to_the_scenario_and_follows_it():
    scenario = Scenario.load("classroom-3x3")
    app = Explorer(scenario)
    declared = {p.label: name for name, p in scenario.param.objects().items() if name != "name" and p.precedence != -1}
    for kind, new in ((pmui.FloatSlider, 0.25), (pmui.FloatInput, 0.75), (pmui.Select, None)):
        controls = {label: widget for label, widget in controls_of(app, kind).items() if label in declared}
        assert controls
        for label, widget in controls.items():
            name = declared[label]
            before, value = getattr(scenario, name), widget.values[-1] if new is None else new
            widget.value = value
            assert getattr(scenario, name) == value
            setattr(scenario, name, before)
            assert widget.value == before
    shown = {*controls_of(app, pmui.FloatSlider), *controls_of(app, pmui.Select)}
    assert {*declared} <= shown


def test_budget_sliders_are_fine_where_the_network_decides():
    scenario = Scenario.load("world-2025")
    sliders = list(controls_of(Explorer(scenario), pmui.FloatSlider).values())
    for slider, workload in zip(sliders, scenario.workloads.values(), strict=False):
        assert slider.label.startswith(f"{workload.id} {workload.name}: ")
        slider.value = slider.start
        assert 0 < workload.latency_budget_ms - workload.prefill_ms < 10.0
        finest = workload.latency_budget_ms
        slider.value = slider.start + slider.step
        assert 0 < workload.latency_budget_ms - finest < 1.0
        slider.value = slider.end
        assert workload.latency_budget_ms >= 1000.0


def test_a_budget_set_elsewhere_moves_its_slider_and_is_not_rounded():
    scenario = Scenario.load("world-2025")
    slider = next(iter(controls_of(Explorer(scenario), pmui.FloatSlider).values()))
    first(scenario).latency_budget_ms = 186.54321
    assert slider.label == "A Interactive: 186.5 ms"
    assert slider.value == pytest.approx(np.log10(86.54321), abs=slider.step)
    assert first(scenario).latency_budget_ms == 186.54321


def test_a_scenario_that_cannot_be_placed_says_so_at_once():
    scenario = Scenario.load("classroom-3x3")
    scenario.regions = scenario.regions.drop(columns="carbon_operating_margin_g_per_kwh", errors="ignore")
    scenario.carbon_signal = "operating margin"
    with pytest.raises(ExplorerError, match="carbon_operating_margin"):
        Explorer(scenario)


def test_regions_added_in_python_appear_on_the_map():
    scenario = Scenario.load("classroom-3x3")
    session = Session(scenario)
    screen = Screen(FlowMap(session))
    more = scenario.regions.iloc[[0]].assign(id="new", name="New", longitude=100.0)
    scenario.regions = pd.concat([scenario.regions, more], ignore_index=True)
    assert session.error is None
    assert list(screen.columns("capacity")["name"]) == [*Scenario.load("classroom-3x3").regions["name"], "New"]
