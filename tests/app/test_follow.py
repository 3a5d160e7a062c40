"""A scenario that views, controls and functions of an own app follow."""

import json
import math
import re

import pandas as pd
import panel as pn
import pytest
from panel.io.convert import script_to_html
from panel.tests.util import serve_and_wait
from playwright.sync_api import expect
from screens import show

from explorer import Explorer, ExplorerError, Scenario, frontier, live, solve
from explorer.app.views.world_map import FlowMap
from explorer.packaged_data import LAYOUTS

PATIENCE_MS = 60_000


@pytest.fixture
def scenario() -> Scenario:
    return Scenario.load("classroom-3x3")


def change_price(scenario: Scenario) -> None:
    scenario.carbon_price_usd_per_t = 200


def change_class(scenario: Scenario) -> None:
    scenario.workloads["batch"].latency_budget_ms = 100


def change_table(scenario: Scenario) -> None:
    regions: pd.DataFrame = scenario.regions.copy()
    scenario.regions = regions.assign(capacity_mw=35)


@pytest.mark.parametrize("change", [change_price, change_class, change_table])
def test_what_is_bound_to_results_runs_again_whatever_changes(scenario, change):
    follows = live(scenario)
    cost = pn.bind(lambda placement: placement.objective_usd_per_h, follows.param.placement)
    steps = pn.bind(lambda found: found.table, follows.param.frontier)
    shown = pn.panel(pn.bind(lambda found: str(found.cost_usd_per_h), follows.param.placement))
    show(shown)
    before = cost()
    change(scenario)
    assert cost() == solve(scenario).objective_usd_per_h != before
    everything = frontier(scenario, over="chat").table  # relocatable demand too
    pd.testing.assert_frame_equal(steps(), everything[steps().columns])
    assert shown._pane.object == str(solve(scenario).cost_usd_per_h)


@pytest.mark.parametrize("change", [change_price, change_class, change_table])
def test_what_is_bound_to_a_scenario_runs_again_whatever_changes_in_it(scenario, change):
    asked: list[Scenario] = []

    def cost(given: Scenario) -> str:
        asked.append(given)
        return str(solve(given).cost_usd_per_h)

    shown = pn.panel(pn.bind(cost, scenario))
    show(shown)
    before, times = shown._pane.object, len(asked)
    change(scenario)
    assert shown._pane.object == str(solve(scenario).cost_usd_per_h) != before
    assert len(asked) == times + 1 and all(given is scenario for given in asked)


def test_views_and_controls_are_asked_for_by_name(scenario):
    follows = live(scenario)
    assert isinstance(follows.view("map"), FlowMap)
    show(follows.view("break_even"))
    with pytest.raises(ExplorerError, match="Did you mean 'frontier'"):
        follows.view("frontiers")
    with pytest.raises(ExplorerError, match="Did you mean 'friction_scale'"):
        follows.controls("friction_scales")


def test_a_budget_has_a_slider_of_its_own_scale_and_a_field_that_follow_each_other(scenario):
    (row,) = live(scenario).controls("chat")
    slider, field = row
    chat = scenario.workloads["chat"]
    half = (slider.start + slider.end) / 2
    slider.value = half
    assert chat.latency_budget_ms == field.value == round(chat.prefill_ms + 10**half, 2)
    assert slider.value == half, "a hand is not moved by what it moves"
    field.value = 250.0
    assert chat.latency_budget_ms == 250.0
    assert chat.prefill_ms + 10**slider.value == pytest.approx(250.0)
    chat.latency_budget_ms = math.inf
    assert (slider.value, field.value) == (slider.end, None)
    field.value = 90.0
    field.value = None
    assert chat.latency_budget_ms == math.inf
    chat.latency_budget_ms = 0.0
    assert (slider.value, field.value) == (slider.start, 0.0)


def test_every_setting_has_a_widget_that_moves_it_and_is_moved(scenario):
    names = ["friction_scale", "legal_policy", "hour", "mean_delay_cap_ms"]
    friction, policy, hour, cap = live(scenario).controls(*names)
    friction.value, policy.value, hour.value, cap.value = 0.5, "open", 7, 20.0
    assert [getattr(scenario, name) for name in names] == [0.5, "open", 7, 20.0]
    scenario.param.update(friction_scale=2.0, legal_policy="today", hour="average")
    scenario.mean_delay_cap_ms = math.inf
    assert [w.value for w in (friction, policy, hour, cap)] == [2.0, "today", "average", None]


def test_an_explorer_shows_the_views_and_controls_that_are_named(scenario):
    some = Explorer(scenario, views=["totals", "frontier"], controls=["chat", "friction_scale"])
    document = show(some.main)
    assert len([*document.roots[0].select({"name": "heading"})]) == 1  # and no question
    assert not [m for m in document.models if hasattr(getattr(m, "data", None), "questions")]
    groups = json.loads(some.controls.__panel__().groups)
    keys = [control["key"] for group in groups for control in group["controls"]]
    assert keys == ["chat/budget", "friction_scale"]
    for wrong in ({"views": ["maps"]}, {"controls": ["chats"]}):
        with pytest.raises(ExplorerError, match="Did you mean"):
            Explorer(scenario, **wrong)


def test_pages_of_panels_own_that_would_lie_are_refused(scenario, tmp_path):
    target = tmp_path / "page.html"
    for shown in (Explorer(scenario, views=["totals"]), live(scenario).view("totals")):
        with pytest.raises(ExplorerError, match=r"Explorer\(scenario\).save"):
            pn.panel(shown).save(target, embed=True, resources="inline")
    with pytest.raises(RuntimeError):
        script_to_html(str(LAYOUTS / "own_app.py"))
    assert not target.exists()


@pytest.mark.ui
def test_the_example_of_an_own_app_follows_its_controls(page, caplog):
    """Served as `panel serve` does it; in the log stands nothing against its models."""
    messages: list[str] = []
    page.on("console", lambda m: messages.append(m.text) if m.type == "error" else None)
    port = serve_and_wait({"own": str(LAYOUTS / "own_app.py")})
    page.goto(f"http://localhost:{port}/own")
    here = Scenario.load("stylized-12")

    def expect_its_sentence() -> None:
        words = f"^{solve(here).relocated_mw:,.0f} MW run away from home"
        expect(page.locator("h3").filter(has_text="away")).to_have_text(
            re.compile(words), timeout=PATIENCE_MS
        )

    expect_its_sentence()
    field = page.get_by_label("typed [ms]")
    for budget_ms in (210.0, 390.0):
        field.fill(f"{budget_ms:g}")
        field.press("Enter")
        here.workloads["A"].latency_budget_ms = budget_ms
        expect_its_sentence()
    page.locator(".noUi-handle").first.press("Home")
    here.workloads["A"].latency_budget_ms = here.workloads["A"].prefill_ms + 5
    expect_its_sentence()
    assert messages == []
    assert "W-1005" not in caplog.text
