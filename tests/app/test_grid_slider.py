"""Which sliders a snapshot has, and which values of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import ExplorerError, Scenario, frontier
from explorer.app.snapshot.grid_slider import grid_sliders
from explorer.scenario.scenario import SETTINGS

CLASSROOM = Scenario.load("classroom-3x3")
OFFERED = [
    name
    for name in SETTINGS
    if CLASSROOM.param[name].precedence != -1
    and name not in ("cost_cap_usd_per_h", "mean_delay_cap_ms")
]


@pytest.mark.parametrize("key", [*CLASSROOM.workloads, "all", *OFFERED])
@pytest.mark.parametrize("count", [2, 5])
def test_the_scenarios_own_value_is_always_among_them_and_every_value_can_be_set(key, count):
    scenario = CLASSROOM.copy()
    (axis,) = grid_sliders(scenario, {key: count})
    assert len(set(axis.values)) == len(axis.values) >= 2
    for place in (*range(len(axis.values)), axis.opened):
        axis.set(scenario, place)
    assert frontier(scenario).table.equals(frontier(CLASSROOM).table)
    assert (
        scenario.workloads["chat"].latency_budget_ms
        == CLASSROOM.workloads["chat"].latency_budget_ms
    )


@given(st.floats(0, 20), st.integers(2, 12))
def test_a_value_beyond_the_slider_is_one_more_position(own, count):
    scenario = CLASSROOM.copy()
    scenario.friction_scale = own
    (axis,) = grid_sliders(scenario, {"friction_scale": count})
    assert axis.values[axis.opened] == own
    assert list(axis.values) == sorted(axis.values)
    assert axis.values[0] == 0.0 and axis.values[-1] == max(own, 5.0)
    assert len(axis.values) <= count + (not 0 <= own <= 5 or count == 2)


def test_a_budget_goes_from_where_all_is_served_to_where_nothing_changes():
    scenario = Scenario.load("world-2025")
    (axis,) = grid_sliders(scenario, {"A": 9})
    steps = frontier(scenario, over="A").table["budget_ms"]
    assert axis.values[0] <= steps.iloc[0] < axis.values[1]
    assert axis.values[-2] >= steps.iloc[-1]
    assert axis.values[-1] == scenario.workloads["A"].latency_budget_ms
    assert len(axis.values) == 9


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        ({"frictoin_scale": 3}, "frictoin_scale"),
        ({"time_limit_s": 3}, "time_limit_s"),
        ({"chat": 1}, "two positions"),
    ],
)
def test_a_slider_that_cannot_be_is_one_clear_error(steps, what):
    with pytest.raises(ExplorerError, match=what) as error:
        grid_sliders(CLASSROOM, steps)
    assert "friction_scale" in error.value.fix or "more" in error.value.fix
