"""Pins: states that are kept, opened again, and compared with."""

import json
from urllib.parse import quote

import numpy as np
import pytest
from screens import columns, handle, show, words

from explorer import Scenario, solve
from explorer.app.compare.pin_table import FIGURES, PinTable
from explorer.app.compare.pins import LONGEST, MOST, Origin, Pins
from explorer.app.controls.controls import Inputs, Look
from explorer.app.region_table.regions import table_columns
from explorer.app.views.cost_carbon_front import CostCarbonFrontView
from explorer.app.views.cost_latency_front import CostLatencyFrontView
from explorer.app.views.difference import DifferenceView
from explorer.app.views.frontier import FrontierView
from explorer.app.views.totals import Totals
from explorer.app.views.world_map import FlowMap
from explorer.charts.difference import NONE_MW
from explorer.charts.difference import chart as difference_chart
from explorer.charts.frontier import chart
from explorer.measures.difference import difference
from explorer.measures.headlines import headlines
from explorer.scenario.history import History
from explorer.session import Session
from explorer.text import format_number, percent
from explorer.words import speaking


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


@pytest.fixture
def pins(session) -> Pins:
    return Pins(session)


def shown(table: PinTable) -> dict:
    content = json.loads(table.shown)
    return {row["name"]: row["cells"] for row in content["rows"]}


def totals_text(session: Session) -> str:
    view = Totals(session)
    show(view)
    (copy,) = view._pane.copies
    return copy["totals"]["words"].text + copy["note"]["words"].text


def test_a_pin_has_the_figures_of_the_totals_whatever_comes_after(session, pins):
    session.scenario.legal_policy = "same zone"
    expected = solve(session.scenario)
    table = PinTable(session, pins)
    pins.add()
    session.scenario.carbon_price_usd_per_t = 200.0
    (pin,) = pins.kept
    assert pin.placement is expected  # nothing is solved for it
    cells = shown(table)[pin.name]
    figures = headlines(expected)
    for name, (value, _change) in zip(FIGURES, cells, strict=True):
        per = 1000 if name == "carbon_kg_per_h" else 1
        assert value == format_number(figures[name].value / per)


def test_a_pin_is_named_after_what_was_changed_and_no_two_alike(session, pins):
    pins.add()
    session.scenario.legal_policy = "same zone"
    pins.add()
    session.scenario.workloads["chat"].latency_budget_ms = 250.0
    pins.add()
    pins.add()
    names = [pin.name for pin in pins.kept]
    assert names[:2] == ["As opened", "Data law: stays in its zone"]
    assert "250 ms" in names[2] and names[3] == f"{names[2][: LONGEST - 4]} (2)"
    pins.add()
    assert len(pins.kept) == MOST


def test_a_name_of_many_changes_ends_with_a_whole_one_and_is_quoted_as_its_language_does(
    session, pins
):
    session.scenario.param.update(
        carbon_price_usd_per_t=123.5, friction_scale=2.5, legal_policy="same zone"
    )
    pins.add()
    assert pins.kept[0].name == "Data law: stays in its zone, …"
    pins.compare_with(pins.kept[0].id)
    with speaking("de"):
        pins.compare_with(pins.kept[0].id)
        assert session.ghost.short.startswith("„") and session.ghost.said.endswith("…“")


def test_a_pin_is_opened_again_in_one_step_of_undo(session, pins):
    scenario, history = session.scenario, History(session.scenario)
    scenario.legal_policy, scenario.friction_scale = "same zone", 2.0
    scenario.workloads["chat"].latency_budget_ms = 250.0
    pins.add()
    cost = session.placement.cost_usd_per_h
    history.reset()
    moved = session.placement.cost_usd_per_h
    assert moved != cost
    pins.reopen(pins.kept[0].id)
    assert (scenario.legal_policy, scenario.friction_scale) == ("same zone", 2.0)
    assert session.placement.cost_usd_per_h == cost
    history.undo()
    assert session.placement.cost_usd_per_h == moved
    assert scenario.workloads["chat"].latency_budget_ms == 150.0


def test_differences_are_against_the_pin_that_is_chosen_and_say_its_name(session, pins):
    pins.add()
    pins.rename(pins.kept[0].id, "Before <b>")
    session.scenario.friction_scale = 3.0
    before, now = pins.kept[0].placement, session.placement
    assert "Before" not in totals_text(session)
    pins.compare_with(pins.kept[0].id)
    figure = headlines(now, before)["cost_usd_per_h"]
    assert figure.change == pytest.approx(now.cost_usd_per_h - before.cost_usd_per_h)
    text = totals_text(session)
    assert format_number(abs(figure.change)) in text
    assert "<b>" not in text.split("data-total")[1] and "Before" in text
    loads, against = (table_columns(session)[name] for name in ("loads", "against"))
    difference = now.region_it_mw - before.region_it_mw
    np.testing.assert_allclose(loads[1], difference, atol=2e-3)
    assert against == "“Before <b>”"
    world = FlowMap(session)
    show(world)
    (copy,) = world._pane.copies
    assert copy["regions"]["color_colorbar"].title == "change against “Before <b>” [MW]"
    np.testing.assert_allclose(copy["regions"]["cds"].data["change_mw"], difference, atol=1e-3)
    pins.remove(pins.kept[0].id)
    assert session.ghost is None and "Before" not in totals_text(session)
    assert copy["regions"]["color_colorbar"].title == "change against baseline [MW]"


def test_no_saving_is_claimed_between_states_that_serve_other_load(session, pins):
    pins.add()
    pins.compare_with(pins.kept[0].id)
    session.scenario.total_demand_mw = session.scenario.total_demand_mw / 2
    table = PinTable(session, pins)
    pins.rename(pins.kept[0].id, "Twice as much")
    assert headlines(session.placement, pins.kept[0].placement)["cost_usd_per_h"].basis
    _value, change = shown(table)["Now"][0]
    assert change.endswith("per MWh served")
    assert "than in “Twice as much”, so no saving is claimed" in totals_text(session)


def test_a_name_is_one_line_of_at_most_so_many_characters(session, pins):
    pins.add()
    (pin,) = pins.kept
    pins.rename(pin.id, "two\nlines " + "x" * 100)
    assert pins.kept[0].name.startswith("two lines x") and len(pins.kept[0].name) == LONGEST
    pins.rename(pin.id, "  ")
    assert pins.kept[0].name.startswith("two lines")


@pytest.mark.parametrize(
    "said", [None, "pin", {"reopen": "1"}, {"rename": 1}, {"remove": 99}, {"compare": -3}, [1]]
)
def test_what_no_page_of_ours_says_changes_nothing(session, pins, said):
    table = PinTable(session, pins)
    pins.add()
    kept = pins.kept
    table._handle_msg(said)
    assert pins.kept == kept and session.ghost is None


def test_the_table_is_there_while_there_is_a_pin(session, pins):
    table = PinTable(session, pins)
    assert not table.visible
    pins.add()
    assert table.visible
    table._handle_msg({"remove": pins.kept[0].id})
    assert not table.visible


def shown_at(view: CostLatencyFrontView | CostCarbonFrontView, mark: str) -> tuple[float, float]:
    data = columns(view, mark)
    return float(data["x"][0]), float(data["y"][0])


def test_a_pin_has_its_place_on_both_fronts_instead_of_the_baseline(session, pins):
    session.scenario.carbon_price_usd_per_t = 0.0
    session.scenario.friction_scale = 3.0
    pins.add()
    pins.rename(pins.kept[0].id, "Dear moves")
    session.scenario.friction_scale, session.scenario.carbon_price_usd_per_t = 1.0, 100.0
    delay, carbon = CostLatencyFrontView(session), CostCarbonFrontView(session)
    for view in (delay, carbon):
        show(view)
    pin, baseline = pins.kept[0].placement, session.placement.baseline
    t_per_h = pin.carbon_kg_per_h / 1000
    assert shown_at(carbon, "baseline") == pytest.approx(
        (baseline.carbon_kg_per_h / 1000, baseline.cost_usd_per_h)
    )
    pins.compare_with(pins.kept[0].id)
    assert shown_at(carbon, "baseline") == pytest.approx((t_per_h, pin.cost_usd_per_h), rel=1e-6)
    at_todays_price = pin.cost_usd_per_h + 100 * t_per_h
    assert shown_at(delay, "baseline") == pytest.approx(
        (pin.mean_wan_per_request_ms, at_todays_price), rel=1e-6
    )
    for view in (delay, carbon):
        assert "“Dear moves”" in words(view)
    pins.compare_with(0)
    assert shown_at(carbon, "baseline")[1] == pytest.approx(baseline.cost_usd_per_h)
    assert "Dear moves" not in words(delay)


def test_a_pin_that_serves_other_load_has_no_place_on_a_front(session, pins):
    pins.add()
    pins.compare_with(pins.kept[0].id)
    session.scenario.total_demand_mw = session.scenario.total_demand_mw / 2
    view = CostCarbonFrontView(session)
    show(view)
    base = session.placement.baseline
    assert shown_at(view, "baseline")[1] == pytest.approx(base.cost_usd_per_h)


def test_a_pin_is_the_dashed_line_of_the_staircase(session, pins):
    session.scenario.friction_scale = 2.0
    pins.add()
    session.scenario.friction_scale = 1.0
    picture = chart(session.frontier, pins.kept[0].placement, "Dear moves")
    (cost, carbon) = picture.filled
    assert cost.columns["cost baseline"]["y"][0] == pins.kept[0].placement.cost_usd_per_h
    assert carbon.columns["carbon baseline"]["y"][0] == pytest.approx(
        pins.kept[0].placement.carbon_kg_per_h / 1000
    )
    assert "Dear moves" in {label for _marks, _role, label in picture.legend()}
    view = FrontierView(session)
    show(view)
    pins.compare_with(pins.kept[0].id)
    line = handle(view, "cost baseline", "glyph")
    assert line.location == pytest.approx(pins.kept[0].placement.cost_usd_per_h)


def test_the_table_of_pins_is_saved_with_figures_settings_and_changes(session, pins):
    session.scenario.friction_scale = 3.0
    pins.add()
    pins.rename(pins.kept[0].id, "Dear, moves")
    session.scenario.friction_scale = 1.0
    pins.compare_with(pins.kept[0].id)
    saved = PinTable(session, pins).taken().table.set_index("state")
    assert saved.index.tolist() == ["Now", "Baseline", "Dear, moves"]
    assert saved.loc["Dear, moves", "settings"] == "Cost of moving: 3"
    then, now = pins.kept[0].placement, session.placement
    for name in FIGURES:
        figure = headlines(now, then)[name]
        assert saved.loc["Now", name] == pytest.approx(figure.value)
        assert saved.loc["Now", f"change_of_{name}"] == pytest.approx(figure.change)
    assert set(saved["against"]) == {"Dear, moves"}


# In links


def opened_with(told: str) -> Pins:
    """The pins of a page that is opened with a link."""
    pins = Pins(Session(Scenario.load("classroom-3x3")))
    assert told in pins
    pins.told = told
    return pins


def test_pins_of_a_link_are_those_that_were_pinned(session, pins):
    scenario = session.scenario
    pins.add()
    scenario.legal_policy, scenario.friction_scale = "same zone", 2.5
    scenario.workloads["chat"].latency_budget_ms = 250.0
    pins.add()
    scenario.legal_policy, scenario.mean_delay_cap_ms = "open", 20.0
    pins.add()
    pins.rename(pins.kept[2].id, "50 % ~*! <b>ß")
    pins.compare_with(pins.kept[1].id)
    again = opened_with(pins.told)
    assert [(pin.name, pin.state) for pin in again.kept] == [
        (pin.name, pin.state) for pin in pins.kept
    ]
    for ours, theirs in zip(pins.kept, again.kept, strict=True):
        assert theirs.placement.cost_usd_per_h == ours.placement.cost_usd_per_h
    assert again.ghost_id == again.kept[1].id and again.told == pins.told
    pins.compare_with(0)
    assert opened_with(pins.told).ghost_id == 0
    for pin in pins.kept:
        pins.remove(pin.id)
    assert pins.told == "" and opened_with("").kept == ()


def test_pins_of_other_scenarios_are_in_a_link_by_the_scenarios_name(session, pins):
    other = Pins(Session(Scenario.load("stylized-12")), origin("stylized-12"))
    session.scenario.friction_scale = 2.5
    pins.add()
    other.take_over(pins)
    other.add()
    other.compare_with(other.kept[0].id)
    assert other.told == "~!*scenario!*friction!2.5~"
    there = Pins(Session(Scenario.load("stylized-12")), origin("stylized-12"), "classroom-3x3")
    there.told = other.told
    assert [(pin.origin.name, pin.name) for pin in there.kept] == [
        ("", "Cost of moving: 2.5"), ("stylized-12", "As opened"),
    ]  # fmt: skip
    assert there.kept[0].placement.cost_usd_per_h == session.placement.cost_usd_per_h
    assert there.ghost_id == there.kept[0].id and there.told == other.told


def origin(name: str) -> Origin:
    return Origin(name, Scenario.load(name))


def test_a_pin_of_another_scenario_is_compared_per_mwh_served(session, pins):
    session.scenario.friction_scale = 2.5
    pins.add()
    other = Pins(Session(Scenario.load("stylized-12")), origin("stylized-12"))
    table = PinTable(other._session, other)
    other.take_over(pins)
    *_, row = json.loads(table.shown)["rows"]
    assert (row["of"], row["scenario"]) == ("Classroom, three by three", "")
    pin, baseline = pins.kept[0].placement, other._session.placement.baseline
    per_mwh = pin.cost_usd_per_h / pin.served_mw / (baseline.cost_usd_per_h / baseline.served_mw)
    assert row["cells"][0][1] == f"{percent(100 * (per_mwh - 1))} per MWh served"
    other.compare_with(pins.kept[0].id)
    assert "“Classroom, three by three: Cost of moving: 2.5”" in totals_text(other._session)
    saved = table.taken().table.set_index("state")
    assert saved.loc["Classroom, three by three: Cost of moving: 2.5", "settings"]


def test_two_named_pins_take_little_of_a_link(session, pins):
    for law in ("same zone", "adequacy"):
        session.scenario.legal_policy = law
        pins.add()
        pins.rename(pins.kept[-1].id, f"Law: {law}")
    assert len(quote(pins.told, safe="!*~")) < 75


@pytest.mark.parametrize(
    "told",
    ["x", "~*", "~!!", "~*friction!3!4", "~*friction!-3", "~*friction", "~*tide!3", "~*law!none",
     "~" + "x" * 41, "~two\nlines", "~*question!Overview", "~*chat/budget!NaN", "~" + "x" * 5000,
     "~*friction![[[[", "~*/new step!true", "~*scenario!nowhere", "~*scenario!../..",
     "~*scenario!world-2025*friction!-3", "~*scenario!/etc/passwd", "~*scenario!3"],
)  # fmt: skip
def test_a_text_that_tells_of_no_possible_pins_is_refused(session, pins, told):
    pins.add()
    assert told not in pins
    kept = pins.kept
    pins.told = told
    assert pins.kept == kept


def test_what_is_no_pin_is_said_and_the_others_of_the_link_are_pinned(session, pins):
    look = Look(pins, "told", lambda: pins, pins.refused)
    inputs = Inputs(session.scenario, {"pin": look})
    wrong = inputs.write({"pin": f"~Dear*friction!3~{'x' * 41}~*tide!3~!Law*law!same zone"})
    assert wrong == {
        "pin": "The name of a pin has 40 characters at most: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; "
        "There is no such choice: '~*tide!3'"
    }
    assert [pin.name for pin in pins.kept] == ["Dear", "Law"]
    assert pins.ghost_id == pins.kept[1].id
    assert inputs.write({"pin": pins.told}) == {}
    assert inputs.write({"pin": "~A~B~C~D~E~F"}) == {"pin": "There is no such choice: '~E'"}
    assert [pin.name for pin in pins.kept] == ["A", "B", "C", "D"]
    assert inputs.write({"pin": ""}) == {} and pins.kept == ()


def test_a_card_shows_what_is_seen_less_a_pin(session, pins):
    session.scenario.friction_scale = 5.0
    pins.add()
    pins.rename(pins.kept[0].id, "Dear")
    session.scenario.friction_scale = 1.0
    view = DifferenceView(session)
    show(view)
    now, then = session.placement, pins.kept[0].placement
    assert "against the baseline" in words(view)
    pins.compare_with(pins.kept[0].id)
    change = now.region_it_mw - then.region_it_mw
    order = np.argsort(-np.abs(change), kind="stable")[: np.count_nonzero(np.abs(change) > NONE_MW)]
    assert len(order) > 0
    data = columns(view, "change")
    np.testing.assert_allclose(data["change_it_mw"], change[order])
    np.testing.assert_allclose(
        np.where(change[order] > 0, data["right"], data["left"]), change[order]
    )
    np.testing.assert_array_equal(data["color"], change[order] > 0)
    found = headlines(now, then)
    assert "against “Dear”" in words(view)
    assert f"({percent(found['cost_usd_per_h'].change_percent)})" in words(view)
    assert f"{format_number(abs(found['relocated_mw'].change))} MW" in words(view)


def test_a_difference_of_placements_that_serve_other_load_claims_no_saving(session, pins):
    before = session.placement
    session.scenario.total_demand_mw = session.scenario.total_demand_mw / 2
    table = difference(session.placement, before, "twice as much")
    said = difference_chart(table).finding
    cost = headlines(session.placement, before)["cost_usd_per_h"]
    assert f"cost {percent(cost.change_percent)} per MWh served" in said
    assert "lose" in said
    assert table["change_it_mw"].sum() == pytest.approx(
        session.placement.served_mw - before.served_mw
    )


def test_placements_of_other_regions_are_not_compared(session):
    other = solve(Scenario.load("stylized-12"))
    with pytest.raises(ValueError, match="other regions"):
        difference(session.placement, other)
