"""
The mark of the present budget: on the axis where it is, beyond it at the end, with an arrow and a
word.
"""

import pytest
from bokeh.models import Legend
from screens import columns, drawn, handle, show, words

from explorer import Scenario, frontier
from explorer.app.views.frontier import FrontierView
from explorer.app.views.layers import LayersView
from explorer.app.views.relocatable_demand import RelocatableDemandView
from explorer.charts.budget_axis import BudgetAxis
from explorer.session import Session

BUDGETS = {150.0: "now: 150 ms", 20_000.0: "now: 20 s →", 1.0: "← now: 1 ms"}


def world(budget_ms: float) -> Scenario:
    scenario = Scenario.load("world-2025" if budget_ms > 1 else "classroom-3x3")
    next(iter(scenario.workloads.values())).latency_budget_ms = budget_ms
    return scenario


@pytest.mark.parametrize("budget_ms", BUDGETS)
@pytest.mark.parametrize("view", [FrontierView, LayersView, RelocatableDemandView])
def test_a_budget_beyond_the_axis_says_so(view, budget_ms):
    scenario = world(budget_ms)
    session = Session(scenario)
    session.workload = next(iter(scenario.workloads))
    shown = view(session)
    show(shown)
    name = "cost now" if view is FrontierView else "now"
    first_ms, last_ms = BudgetAxis.of(session.frontier).ends
    on_axis = first_ms <= budget_ms <= last_ms
    mark, beyond = handle(shown, name, "glyph"), handle(shown, f"{name} beyond", "glyph")
    assert (mark.visible, beyond.visible) == (on_axis, not on_axis)
    seen = mark if on_axis else beyond
    assert seen.location == min(max(budget_ms, first_ms), last_ms)
    assert bool(mark.line_dash) is False and bool(beyond.line_dash)
    for end, align in (("before", "left"), ("after", "right")):
        there = (budget_ms < first_ms) if end == "before" else (budget_ms > last_ms)
        said = columns(shown, f"{name} {end}")
        assert list(said["text"]) == ([BUDGETS[budget_ms]] if there else [])
        assert list(said["x"]) == ([seen.location] if there else [])
        assert handle(shown, f"{name} {end}", "glyph").text_align == align
    assert BUDGETS[budget_ms] in words(shown)


def test_notebooks_and_print_say_where_the_mark_is(tmp_path):
    for budget_ms, said in BUDGETS.items():
        scenario = world(budget_ms)
        found = frontier(scenario, over=next(iter(scenario.workloads)))
        axis = BudgetAxis.of(found)
        assert axis.now_text == said and axis.has_now == (said == "now: 150 ms")
        (legend,) = drawn(found.plot()).select({"type": Legend})
        assert said in [item.label.value for item in legend.items]
        found.figure(tmp_path / "f.svg")
        assert said in (tmp_path / "f.svg").read_text("utf-8")
