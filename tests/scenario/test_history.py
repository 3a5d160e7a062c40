"""Undo, redo and reset, for any sequence of changes."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import Scenario
from explorer.scenario.history import History
from explorer.session import Session

VALUES = {  # by owner, a workload id or none, and parameter; the middle one is the classroom's
    ("", "carbon_price_usd_per_t"): (0.0, 50, 100.0),
    ("", "friction_scale"): (0.5, 1, 2.0),
    ("", "legal_policy"): ("same zone", "open", "today"),
    ("chat", "latency_budget_ms"): (130.0, 150.0, 250.0),
    ("batch", "latency_budget_ms"): (1080.0, 10000.0, 10010.0),
}
Change = tuple[tuple[str, str], object]
changes = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda k: st.tuples(st.just(k), st.sampled_from(VALUES[k]))
    )
)


CLASSROOM = Scenario.load("classroom-3x3")


def classroom() -> tuple[Scenario, History]:
    scenario = CLASSROOM.copy()
    return scenario, History(scenario)


def state(scenario: Scenario) -> dict[str, object]:
    return scenario.settings() | {
        key: workload.model_values() for key, workload in scenario.workloads.items()
    }


def make(scenario: Scenario, change: Change) -> None:
    (owner, name), value = change
    setattr(scenario.workloads[owner] if owner else scenario, name, value)


def undo_all(scenario: Scenario, history: History) -> list[dict[str, object]]:
    """The states passed on the way back, the latest first."""
    passed = [state(scenario)]
    while history.can_undo:
        history.undo()
        passed.append(state(scenario))
    return passed


def redo_all(scenario: Scenario, history: History) -> list[dict[str, object]]:
    passed = [state(scenario)]
    while history.can_redo:
        history.redo()
        passed.append(state(scenario))
    return passed


@settings(max_examples=50)
@given(changes)
def test_undoing_all_leads_back_through_every_step_and_redoing_all_returns(sequence):
    scenario, history = classroom()
    start = state(scenario)
    for change in sequence:
        make(scenario, change)
    back = undo_all(scenario, history)
    assert back[-1] == start
    assert all(after != before for after, before in pairwise(back))  # no step without an effect
    assert redo_all(scenario, history) == back[::-1]
    assert not history.can_redo
    assert len(back) - 1 <= len(list(groupby(sequence, key=lambda change: change[0])))


@settings(max_examples=50)
@given(changes, changes)
def test_a_change_after_undoing_leaves_nothing_to_redo(first, second):
    scenario, history = classroom()
    for change in first:
        make(scenario, change)
    undo_all(scenario, history)
    start = state(scenario)
    for change in second:
        make(scenario, change)
    end = state(scenario)
    assert end == start or not history.can_redo
    back = undo_all(scenario, history)
    assert (back[0], back[-1]) == (end, start)


@settings(max_examples=50)
@given(changes)
def test_reset_returns_to_the_start_and_can_be_undone(sequence):
    scenario, history = classroom()
    start = state(scenario)
    for change in sequence:
        make(scenario, change)
    end = state(scenario)
    history.reset()
    assert state(scenario) == start
    if end != start:
        history.undo()
    assert state(scenario) == end


def test_a_slider_moved_there_and_back_leaves_nothing_to_undo():
    scenario, history = classroom()
    for scale in (0.9, 0.8, 0.9, 1.0):
        scenario.friction_scale = scale
    assert not history.can_undo


def test_moves_of_one_slider_in_a_row_are_one_step():
    scenario, history = classroom()
    for price in range(51, 80):
        scenario.carbon_price_usd_per_t = float(price)
    for budget in range(151, 200):
        scenario.workloads["chat"].latency_budget_ms = float(budget)
    history.undo()
    assert scenario.workloads["chat"].latency_budget_ms == 150.0
    assert scenario.carbon_price_usd_per_t == 79.0
    history.undo()
    assert scenario.carbon_price_usd_per_t == 50.0
    assert not history.can_undo


def test_the_same_slider_after_an_undo_is_a_new_step():
    scenario, history = classroom()
    scenario.friction_scale = 2.0
    scenario.total_demand_mw = 90.0
    history.undo()
    scenario.friction_scale = 3.0
    history.undo()
    assert scenario.friction_scale == 2.0


def test_several_settings_changed_together_are_one_step():
    scenario, history = classroom()
    scenario.param.update(carbon_price_usd_per_t=10.0, legal_policy="today")
    history.undo()
    assert (scenario.carbon_price_usd_per_t, scenario.legal_policy) == (50, "open")
    assert not history.can_undo


def test_there_is_nothing_to_undo_redo_or_reset_at_first():
    scenario, history = classroom()
    start = state(scenario)
    for act in (history.undo, history.redo, history.reset):
        act()
        assert state(scenario) == start
        assert not (history.can_undo or history.can_redo)


def test_a_session_follows_undo():
    scenario, history = classroom()
    session = Session(scenario)
    placement = session.placement
    scenario.carbon_price_usd_per_t = 0.0
    assert session.placement.totals() != placement.totals()
    history.undo()
    assert session.placement.totals() == pytest.approx(placement.totals())


def test_a_slider_let_go_and_taken_again_makes_two_steps():
    scenario, history = classroom()
    for price in (60.0, 70.0):
        scenario.carbon_price_usd_per_t = price
    history.end_move()
    for price in (80.0, 90.0):
        scenario.carbon_price_usd_per_t = price
    history.undo()
    assert scenario.carbon_price_usd_per_t == 70.0
    history.undo()
    assert scenario.carbon_price_usd_per_t == 50.0 and not history.can_undo
    history.redo()
    history.redo()
    assert scenario.carbon_price_usd_per_t == 90.0


def test_another_scenario_that_follows_is_one_more_change():
    """Undo and redo go through both, in order; what is changed before drops what came after."""
    (scenario, history), (own, after) = classroom(), classroom()
    led: list[str] = []
    scenario.friction_scale = 2.0
    history.go_on_in(after, lambda: led.append("there"), lambda: led.append("back"))
    assert (after.can_undo, after.can_reset, history.can_redo) == (True, False, True)
    own.friction_scale = 3.0
    after.undo()
    assert own.friction_scale == 1.0 and led == [] and after.can_redo
    after.undo()
    assert led == ["back"]
    history.undo()
    assert scenario.friction_scale == 1.0 and not history.can_undo
    history.redo()
    assert scenario.friction_scale == 2.0 and led == ["back"]
    history.redo()
    assert led == ["back", "there"]
    scenario.friction_scale = 4.0
    assert not history.can_redo and history.can_undo
