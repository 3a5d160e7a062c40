"""The mark of the present budget: on the axis where it is, beyond it at the end, with an arrow and a word."""

import pytest
from screens import columns, handle, show

from explorer import Scenario, frontier
from explorer.app.views.frontier import FrontierView
from explorer.app.views.layers import LayersView
from explorer.app.views.relocatable_demand import RelocatableDemandView
from explorer.charts.budget_axis import budget_span, is_on_axis, now_label
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
    if view is FrontierView:
        shown.pane, name = shown.__panel__(), "cost now"
    else:
        name = "now"
    first_ms, last_ms = budget_span(session.frontier)
    on_axis = first_ms <= budget_ms <= last_ms
    mark, words = handle(shown, name, "glyph"), dict(columns(shown, f"{name} beyond"))
    assert mark.visible and mark.location == min(max(budget_ms, first_ms), last_ms)
    said = words["text" if view is RelocatableDemandView else "words"]
    assert list(said) == ([] if on_axis else [BUDGETS[budget_ms]])
    if view is RelocatableDemandView:  # words beside the mark, whose look is the same in all pictures of now
        assert all(first_ms < x < last_ms for x in words["x"])
    else:
        assert bool(mark.line_dash) != on_axis
        assert list(words["x"]) == ([] if on_axis else [mark.location])


def test_notebooks_and_print_say_where_the_mark_is(tmp_path):
    for budget_ms, said in BUDGETS.items():
        scenario = world(budget_ms)
        found = frontier(scenario, over=next(iter(scenario.workloads)))
        assert now_label(found) == said and is_on_axis(found) == (said == "now: 150 ms")
        title = found.plot().opts.get("plot", backend="bokeh").kwargs["title"]
        assert said in title
        assert said in found.figure(tmp_path / "f.svg").read_text("utf-8")
