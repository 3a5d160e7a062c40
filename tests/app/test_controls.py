"""
The controls: what is offered, how changes reach the scenario and the screen, and what users see
and type.
"""

import json
import math
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.document import Document
from pages import unfold
from panel.tests.util import wait_until
from playwright.sync_api import Locator, expect
from stage import Stage

from explorer import Scenario, ScenarioError
from explorer.app.controls import controls
from explorer.app.controls.controls import Controls, Inputs, Look, link_values
from explorer.app.live.scheduler import LiveRunner
from explorer.scenario.scenario import SETTINGS
from explorer.session import Session
from explorer.words import Reader, writing_for
from explorer.words.amounts import Units

WORLD = Scenario.load("world-2025")
CLASSROOM = Scenario.load("classroom-3x3")
PATIENCE_MS = 20_000


class Screen:
    """
    A place where controls are displayed, as Python sees it: a model, and what goes through it.
    """

    def __init__(self, shown: Controls) -> None:
        self.news: list[list[Any]] = []
        panel: Any = shown.__panel__()
        self._document = Document()
        root = panel.get_root(self._document)
        self._document.add_root(root)
        self._data: Any = root.data
        self._serial = 0
        apply = panel._apply_update

        def record(events: Any, message: dict[str, str], model: Any, ref: str) -> bool:
            if model is root and "news" in message:
                self.news.append(json.loads(message["news"]))
            return apply(events, message, model, ref)

        panel._apply_update = record

    @property
    def controls(self) -> dict[str, dict[str, Any]]:
        return {
            item["key"]: item
            for group in json.loads(self._data.groups)
            for item in group["controls"]
        }

    @property
    def start(self) -> dict[str, Any]:
        """Values that a page which is opened, or connects again, starts from."""
        return json.loads(self._data.values)

    def send(self, again: int | None = None, **changes: Any) -> int:
        self._serial += 1
        self._data.sent = json.dumps([self._serial, changes, *([] if again is None else [again])])
        return self._serial


class Later:
    """A runner that works when told to."""

    def __init__(self) -> None:
        self.work: list[Callable[[], None]] = []
        self.several_move = False

    def call_soon(self, work: Callable[[], None]) -> None:
        self.work.append(work)

    def once_loaded(self, work: Callable[[], None]) -> None:
        work()

    def run_in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        then(work())

    def is_shared(self) -> bool:
        return self.several_move

    def run(self) -> None:
        while self.work:
            self.work.pop(0)()


@pytest.fixture
def scenario() -> Scenario:
    return CLASSROOM.copy()


@pytest.fixture
def shown(scenario: Scenario) -> Controls:
    return Controls(Session(scenario))


@pytest.fixture
def screen(shown: Controls) -> Screen:
    return Screen(shown)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The one runner of session and controls, as a served document is."""
    runner = Later()
    monkeypatch.setattr(controls, "LiveRunner", lambda: runner)
    return runner


# Links


def test_a_link_may_set_what_is_looked_at_and_nothing_that_is_not_there(scenario):
    session = Session(scenario)
    looks = {"class": Look(session, "workload", lambda: session.network.workloads)}
    screen = Screen(Controls(session, looks))
    assert screen.start["class"] == "chat" and "class" not in screen.controls
    screen.send(**{"class": "batch", "friction_scale": 2.0})
    assert (session.workload, scenario.friction_scale) == ("batch", 2.0)
    serial = screen.send(**{"class": "Z", "chat/budget": "soon", "friction_scale": 3.0})
    assert (session.workload, scenario.friction_scale) == ("batch", 3.0)
    assert screen.news[-1][0] == serial and {*screen.news[-1][2]} == {"class", "chat/budget"}
    assert screen.news[-1][1]["class"] == "batch"  # what it really is
    session.workload = "chat"
    assert screen.news[-1][1] == {"class": "chat"}


def test_what_a_link_sets_is_undone_in_one(scenario):
    shown = Controls(Session(scenario))
    screen, before = Screen(shown), link_values(scenario)
    screen.send(
        **{
            "chat/budget": 120.0,
            "batch/budget": 900.0,
            "friction_scale": 2.0,
            "legal_policy": "same zone",
        }
    )
    assert link_values(scenario) != before
    shown.history.undo()
    assert link_values(scenario) == before and not shown.history.can_undo
    shown.history.redo()
    assert (scenario.friction_scale, scenario.workloads["batch"].latency_budget_ms) == (2.0, 900.0)


def test_a_link_has_every_control_and_nothing_else(scenario, screen):
    scenario.cost_cap_usd_per_h = math.inf
    values = link_values(scenario)
    assert {*values} == {*screen.controls}
    assert values["cost_cap_usd_per_h"] is None and values["chat/budget"] == 150.0


# What is offered


def test_there_is_a_control_for_every_setting_that_is_meant_to_have_one(scenario, screen):
    declared = {name for name in SETTINGS if (scenario.param[name].precedence or 0) >= 0}
    declared.remove("demand_basis")  # of which the classroom has one alone
    budgets = {f"{key}/budget" for key in scenario.workloads}
    assert {*screen.controls} == declared | budgets
    for name in declared:
        control, parameter = screen.controls[name], scenario.param[name]
        assert control["label"] == parameter.label
        if name == "mean_delay_cap_ms":  # the first control says where its slider begins, besides
            assert control["doc"].startswith(f"{parameter.doc} The slider begins at")
        else:
            assert control["doc"] == parameter.doc
        value = getattr(scenario, name)
        assert control["opened"] == screen.start[name] == (None if value == math.inf else value)


def test_choices_are_said_in_full_where_their_values_are_terse(screen):
    assert screen.controls["hour"]["texts"][:3] == ["average day", "00:00 UTC", "01:00 UTC"]
    assert screen.controls["season"]["texts"][0] == "annual mean"
    assert "of the whole mix (average)" in screen.controls["carbon_signal"]["texts"]


def test_bases_of_demand_and_carbon_signals_are_offered_that_the_scenario_has(scenario):
    def choices(name: str) -> list[str]:
        controls = Screen(Controls(Session(scenario))).controls
        return controls[name]["choices"] if name in controls else []

    assert choices("demand_basis") == [] and "demand_basis" not in link_values(scenario)
    assert choices("carbon_signal") == ["marginal", "average"]
    scenario.clients = scenario.clients.assign(demand_share_prompts=[0.2, 0.5, 0.3])
    assert choices("demand_basis") == ["people", "prompts"]
    assert link_values(scenario)["demand_basis"] == "people"


def test_the_custom_policy_is_offered_where_the_scenario_has_its_table(scenario):
    def policies() -> list[str]:
        return Screen(Controls(Session(scenario))).controls["legal_policy"]["choices"]

    assert "custom" not in policies()
    scenario.legal_custom = pd.DataFrame(
        {"from_zone": ["EU"], "to_zone": ["US"], "allowed": [False]}
    )
    assert policies()[-1] == "custom"


def test_a_policy_without_its_table_is_an_error_beside_the_last_results(scenario):
    session = Session(scenario)
    shown, placement = Controls(session), session.placement
    scenario.legal_policy = "custom"
    assert isinstance(session.error, ScenarioError) and session.placement is placement
    assert Screen(shown).start["legal_policy"] == "custom"
    scenario.legal_policy = "today"
    assert session.error is None


def test_a_limit_that_is_none_can_be_set_and_taken_away(scenario, screen):
    control = screen.controls["cost_cap_usd_per_h"]
    assert control["kind"] == "limit" and control["possible"] == "0 or more, or blank for no limit"
    screen.send(cost_cap_usd_per_h=9000)
    assert scenario.cost_cap_usd_per_h == 9000
    screen.send(cost_cap_usd_per_h=None)  # JSON knows no infinity
    assert scenario.cost_cap_usd_per_h == math.inf
    screen.send(total_demand_mw=None)
    assert scenario.total_demand_mw == 100


@pytest.mark.parametrize("cap_ms", [math.inf, 5.0])
def test_the_first_slider_goes_from_what_is_nearest_to_what_no_limit_would_add(scenario, cap_ms):
    session = Session(scenario)
    free, nearest = session.placement, session.placement.baseline
    panel: Any = Controls(session).__panel__()
    first = json.loads(panel.groups)[0]["controls"]
    assert [control["key"] for control in first] == ["mean_delay_cap_ms"]
    for capacity_scale in (1.0, 0.7):
        scenario.param.update(capacity_scale=capacity_scale, mean_delay_cap_ms=math.inf)
        free, nearest = session.placement, session.placement.baseline
        scenario.mean_delay_cap_ms = max(cap_ms, nearest.mean_wan_per_request_ms + 0.01)
        ends = nearest.mean_wan_per_request_ms, free.mean_wan_per_request_ms
        assert json.loads(panel.reach) == pytest.approx(ends, abs=0.011)
        scenario.mean_delay_cap_ms = json.loads(panel.reach)[0]
        assert session.error is None  # the left end can be attained
        assert session.placement.mean_wan_per_request_ms <= scenario.mean_delay_cap_ms + 1e-6


def test_budget_sliders_are_fine_where_the_network_decides_and_reach_what_is_set():
    for workload in WORLD.workloads.values():
        control = Screen(Controls(Session(WORLD.copy()))).controls[f"{workload.id}/budget"]
        assert control["label"] == f"{workload.id} {workload.name}"
        assert 10 ** control["min"] < 10
        assert 10 ** (control["min"] + control["step"]) - 10 ** control["min"] < 1
        assert 10 ** control["max"] >= max(workload.latency_budget_ms - workload.prefill_ms, 1000.0)
        steps = (control["max"] - control["min"]) / control["step"]
        assert steps == pytest.approx(round(steps))


# From the browser to the scenario


def another(control: dict[str, Any]) -> Any:
    """A value that this control can take and does not have."""
    if "choices" in control:
        return next(choice for choice in control["choices"] if choice != control["opened"])
    return (
        1234.5 if control["kind"] in ("duration", "limit") else control["min"] + 3 * control["step"]
    )


def test_every_change_lands_in_the_scenario_and_is_answered_without_an_echo(scenario, screen):
    for key, control in screen.controls.items():
        value = another(control)
        serial = screen.send(**{key: value})
        workload = scenario.workloads.get(key.removesuffix("/budget"))
        assert value == (workload.latency_budget_ms if workload else getattr(scenario, key))
        assert screen.news[-1] == [serial, {}]
        assert screen.start[key] == value


def test_a_message_is_one_batch_for_each_owner(scenario, screen):
    batches = []
    scenario.on_change(lambda *events: batches.append({event.name for event in events}))
    first, second = scenario.workloads
    screen.send(
        friction_scale=2, total_demand_mw=70, **{f"{first}/budget": 400, f"{second}/budget": 500}
    )
    assert batches == [
        {"friction_scale", "total_demand_mw"},
        {"latency_budget_ms"},
        {"latency_budget_ms"},
    ]


@pytest.mark.parametrize("usd_per_eur", [1.0389, 0.9, 1.25])
def test_in_other_units_what_is_possible_is_short_and_what_is_complained_of_is_in_them(
    usd_per_eur,
):
    with writing_for(Reader("en", Units("EUR", usd_per_eur))):
        inputs = Inputs(Scenario.load("classroom-3x3"), {})
        said = inputs.write({"carbon_price_usd_per_t": -usd_per_eur})["carbon_price_usd_per_t"]
    (most,) = re.findall(r"^-1 is not possible. Possible: 0 to ([\d,]+)\.$", said)
    assert len(most.replace(",", "").rstrip("0")) <= 4
    assert 0.999 * 1e9 < float(most.replace(",", "")) * usd_per_eur <= 1e9


def test_what_the_scenario_rejects_is_put_back_with_a_complaint_and_the_rest_is_applied(
    scenario, screen
):
    before = scenario.total_demand_mw
    serial = screen.send(
        total_demand_mw=-5, friction_scale=2, objective="fun", hour=7, state_move_share="much"
    )
    assert (scenario.total_demand_mw, scenario.friction_scale, scenario.hour) == (before, 2, 7)
    answered, changed, complaints = screen.news[-1]
    assert answered == serial
    assert changed == {
        "total_demand_mw": before,
        "objective": scenario.objective,
        "state_move_share": 0.0002,
    }
    assert complaints["total_demand_mw"] == "-5 is not possible. Possible: 0 to 1,000,000,000."
    assert (
        complaints["objective"]
        == "fun is not possible. Possible: cost, CO₂ (carbon), waiting (latency)."
    )
    assert complaints["state_move_share"] == "much is not possible. Possible: 0 to 1."
    screen.send(friction_scale=1)
    assert screen.news[-1][1:] == [{}]  # complaints are told once


def test_what_is_refused_is_told_with_the_next_answer_unless_it_was_mended_before(scenario, later):
    screen = Screen(Controls(Session(scenario, later)))
    screen.send(total_demand_mw=-5, objective="fun")
    serial = screen.send(total_demand_mw=60, friction_scale=2)
    later.run()
    ((answered, changed, complaints),) = screen.news
    assert (answered, changed) == (serial, {"objective": scenario.objective})
    assert [*complaints] == ["objective"]
    assert (scenario.total_demand_mw, scenario.friction_scale) == (60, 2)
    screen.send(friction_scale=3)
    later.run()
    assert screen.news[-1][1:] == [{}]


def test_what_python_makes_of_a_change_is_what_the_browser_is_told(scenario, screen):
    scenario.param.watch(
        lambda event: scenario.param.update(friction_scale=min(event.new, 3)), "friction_scale"
    )
    serial = screen.send(friction_scale=4)
    assert screen.news == [[serial, {"friction_scale": 3}]]


@pytest.mark.parametrize(
    "text",
    [
        "nope", "", "null", "{}", "[]", "[1]", "[1, 2]", '["a", {}]', "[true, {}]", "[1.5, {}]", "[-1, {}]",
        '[1, {}, "z"]', "[1, {}, 2, 3]", '[1, {"hour": ' + "9" * 5000 + "}]", "[" * 50_000,
        '[1, {"objective": "' + "x" * 200_000 + '"}]',
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_complained_about_and_changes_nothing(
    scenario, screen, text
):
    before = link_values(scenario)
    screen._data.sent = text or " "
    assert screen.news == [[0, {}, {"": "A message could not be read and has changed nothing."}]]
    assert link_values(scenario) == before
    screen.send(total_demand_mw=50)
    assert scenario.total_demand_mw == 50


@pytest.mark.parametrize(
    "value",
    [True, [1], {"a": 1}, "1", math.inf, -math.inf, math.nan, 10**400, None, "x" * 9999],
    ids=lambda value: str(value)[:8],
)
@pytest.mark.parametrize(
    "key", ["total_demand_mw", "hour", "legal_policy", "nothing", "chat/prefill"]
)
def test_a_value_of_another_kind_is_complained_about_and_changes_nothing(
    scenario, screen, key, value
):
    before = link_values(scenario)
    screen.send(**{key: value})
    (_serial, _changed, complaints) = screen.news[-1]
    assert list(complaints) == [key] and len(complaints[key]) < 1000
    assert link_values(scenario) == before


@pytest.mark.parametrize("data", [None, 7, [], {}, "nothing", "__init__"])
def test_buttons_do_nothing_that_they_do_not_say(scenario, shown, data):
    before = link_values(scenario)
    shown.buttons()._handle_msg(data)
    assert link_values(scenario) == before


def test_a_watcher_that_fails_does_not_leave_the_browser_waiting(scenario, screen):
    def fail(*_events):
        raise RuntimeError("not the controls' fault")

    scenario.param.watch(fail, "friction_scale")
    with pytest.raises(RuntimeError):
        screen.send(friction_scale=4)
    assert screen.news == [[1, {}]]


def test_the_answer_comes_after_the_update_it_is_for(scenario, later):
    session = Session(scenario, later)
    screen = Screen(Controls(session))
    placement, order = session.placement, []
    session.param.watch(lambda _event: order.append("placement"), "placement")
    serial = screen.send(friction_scale=4)
    assert (session.placement, screen.news) == (placement, [])
    while not screen.news:
        later.work.pop(0)()
    assert order == ["placement"]
    assert screen.news == [[serial, {}]]
    later.run()
    assert len(screen.news) == 1


def test_a_message_sent_again_is_answered_with_everything_but_done_once(scenario, screen):
    serial = screen.send(friction_scale=4)
    scenario.friction_scale = 1
    again = screen.send(again=serial, friction_scale=4)
    assert scenario.friction_scale == 1  # it had arrived, and has been overtaken
    assert screen.news[-1] == [again, screen.start]
    lost = 99  # one that never arrived
    screen.send(again=lost, friction_scale=5)
    assert scenario.friction_scale == 5


# From the scenario to the browser


def test_values_set_elsewhere_are_told_together_and_alone(scenario, later):
    session = Session(scenario, later)
    screen, other = (Screen(shown) for shown in [Controls(session)] * 2)
    key = next(iter(scenario.workloads))
    scenario.friction_scale = 2
    scenario.hour = 12
    scenario.workloads[key].param.update(latency_budget_ms=456.7, prefill_ms=50)
    later.run()
    changed = {"friction_scale": 2, "hour": 12, f"{key}/budget": 456.7, f"{key}/prefill": 50}
    assert screen.news == other.news == [[0, changed]]
    scenario.title = "Of no control"
    later.run()
    assert len(screen.news) == 1
    serial = other.send(friction_scale=3)
    later.run()
    assert (screen.news[-1], other.news[-1]) == ([0, {"friction_scale": 3}], [serial, {}])
    assert Screen(Controls(session)).start == screen.start == other.start


def test_what_is_set_while_an_answer_is_due_goes_with_the_answer(scenario, later):
    screen = Screen(Controls(Session(scenario, later)))
    serial = screen.send(friction_scale=3)
    scenario.friction_scale = 1.5
    later.run()
    assert screen.news == [[serial, {"friction_scale": 1.5}]]


def test_no_limit_is_told_in_json(scenario, screen):
    key = next(iter(scenario.workloads))
    scenario.workloads[key].latency_budget_ms = float("inf")
    assert screen.news[-1] == [0, {f"{key}/budget": None}]
    lost = screen.send(again=99)
    assert screen.news[-1] == [lost, screen.start]
    assert Screen(Controls(Session(scenario))).controls[f"{key}/budget"]["opened"] is None


def test_moves_of_one_slider_in_a_row_are_undone_together(scenario, shown, screen):
    opened = scenario.settings()
    for value in (2, 3, 4):
        screen.send(friction_scale=value)
    screen.send(carbon_price_usd_per_t=99)
    shown.history.undo()
    assert scenario.friction_scale == 4
    assert screen.news[-1] == [0, {"carbon_price_usd_per_t": opened["carbon_price_usd_per_t"]}]
    shown.history.undo()
    assert scenario.settings() == opened
    assert not shown.history.can_undo


def test_the_buttons_do_what_they_say(scenario, shown, screen):
    buttons: Any = shown.buttons()
    assert not (buttons.can_undo or buttons.can_redo)
    screen.send(friction_scale=4)
    assert buttons.can_undo
    for action, value in (("undo", 1), ("redo", 4), ("reset", 1)):
        buttons._handle_msg(action)
        assert scenario.friction_scale == value
    assert (buttons.can_undo, buttons.can_redo) == (True, False)


def test_a_browser_is_told_with_its_answers_whether_it_shares_them_with_others(scenario, later):
    screen = Screen(Controls(Session(scenario, later)))
    told = []
    for later.several_move in (False, True, True, False):
        screen.send(friction_scale=1.5 + len(told))
        later.run()
        told.append(screen._data.is_shared)
    assert told == [False, True, True, False]


def test_messages_are_small(scenario, shown, screen):
    for key, control in screen.controls.items():
        screen.send(**{key: another(control)})
        assert len(json.dumps(screen.news[-1])) < 50


# In a browser


class Served:
    """One user's controls."""

    def __init__(self, stage: Stage, build: Callable[[Controls], Any]) -> None:
        self.page, self.scenario, self.sent = stage.page, WORLD.copy(), stage.sent
        self._stage = stage
        stage.page.set_default_timeout(PATIENCE_MS)
        stage.show(lambda: build(Controls(Session(self.scenario, LiveRunner()))))
        expect(self.page.locator("input[type=range]").first).to_be_visible()
        unfold(self.page)

    def slider(self, name: str) -> Locator:
        label = WORLD.param[name].label if name in SETTINGS else name
        return self.page.locator(f"input[type=range][aria-label^='{label}']")

    def exact(self, name: str) -> Locator:
        label = WORLD.param[name].label if name in SETTINGS else name
        return self.page.get_by_label(f"{label}, exact value", exact=True)

    def complaint(self, key: str) -> Locator:
        return self.page.locator(f"[data-key='{key}'] .complaint")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def set(self, **values: Any) -> None:
        """Change the scenario in Python, where its session is at home: in the server's thread."""
        self._stage.soon(lambda: self.scenario.param.update(**values))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        wait_until(condition, self.page, timeout=PATIENCE_MS)

    def wait_until_idle(self) -> None:
        self.page.evaluate(
            "Promise.all([...globalThis[Symbol.for('wattlas.bridges')].values()].flat().map(bridge => bridge.idle()))"
        )


def with_buttons(shown: Controls) -> pn.Column:
    bar = pn.Row(shown.buttons(), styles={"background": "#046"}, height=48)
    return pn.Column(bar, pn.Column(shown, width=310))


def in_a_page(shown: Controls) -> pmui.Page:
    return pmui.Page(sidebar=[shown], header=[shown.buttons()], sidebar_width=312)


@pytest.fixture
def serve(stage: Stage) -> Iterator[Callable[..., Served]]:
    """Serves the world to one user, whose console stays clean."""

    def show(build: Callable[[Controls], Any] = with_buttons) -> Served:
        return Served(stage, build)

    yield show
    assert stage.complaints == []


@pytest.mark.ui
def test_keys_move_sliders_and_the_scenario_follows(serve):
    served = serve()
    scenario = served.scenario
    for key, demand in (("End", 5000), ("ArrowLeft", 4950), ("Home", 0)):
        served.slider("total_demand_mw").press(key)
        served.wait_for(lambda demand=demand: scenario.total_demand_mw == demand)
        expect(served.exact("total_demand_mw")).to_have_value(f"{demand:,}")
    assert served.slider("total_demand_mw").input_value() == "0"
    served.slider("A Interactive").press("Home")
    served.wait_for(lambda: scenario.workloads["A"].latency_budget_ms == 105.0)
    expect(served.exact("A Interactive")).to_have_value("105 ms")
    served.slider("hour").press("ArrowRight")
    served.wait_for(lambda: scenario.hour == 0)
    expect(served.page.locator("[data-key=hour] output")).to_have_text("00:00 UTC")
    served.wait_until_idle()
    assert all(len(message) < 140 for message in served.sent)  # with 60 to 70 more around it


@pytest.mark.ui
def test_exact_values_are_typed_also_beyond_the_slider(serve):
    served = serve()
    scenario, demand, budget = (
        served.scenario,
        served.exact("total_demand_mw"),
        served.exact("A Interactive"),
    )
    demand.fill("7,000")
    demand.press("Enter")
    served.wait_for(lambda: scenario.total_demand_mw == 7000)
    expect(served.slider("total_demand_mw")).to_have_value("5000")
    expect(served.slider("total_demand_mw")).to_have_attribute("max", "5000")
    budget.focus()
    expect(budget).to_have_value("300")  # a number while it is edited
    expect(demand).to_have_value("7,000")
    budget.fill("172.5")
    budget.blur()
    served.wait_for(lambda: scenario.workloads["A"].latency_budget_ms == 172.5)
    expect(budget).to_have_value("172.5 ms")
    end = served.slider("A Interactive").get_attribute("max")
    budget.fill("2 h")
    budget.press("Enter")
    served.wait_for(lambda: scenario.workloads["A"].latency_budget_ms == 7_200_000)
    assert float(served.slider("A Interactive").get_attribute("max")) > float(end)


@pytest.mark.ui
def test_a_limit_is_typed_and_blank_takes_it_away(serve):
    served = serve()
    field, scenario = served.exact("cost_cap_usd_per_h"), served.scenario
    expect(field).to_have_value("no limit")
    field.fill("250,000")
    field.press("Enter")
    served.wait_for(lambda: scenario.cost_cap_usd_per_h == 250_000)
    field.fill("")
    field.press("Enter")
    served.wait_for(lambda: scenario.cost_cap_usd_per_h == math.inf)
    field.blur()
    expect(field).to_have_value("no limit")
    served.set(cost_cap_usd_per_h=300_000)
    expect(field).to_have_value("300,000")
    field.fill("much")
    field.press("Enter")
    expect(served.complaint("cost_cap_usd_per_h")).to_contain_text("blank for no limit")
    assert scenario.cost_cap_usd_per_h == 300_000


@pytest.mark.ui
def test_how_long_people_wait_slides_from_nearest_to_no_limit(serve):
    served = serve()
    slider, scenario = served.slider("mean_delay_cap_ms"), served.scenario
    words = served.page.locator("[data-key=mean_delay_cap_ms] .ends")
    expect(words).to_contain_text("nearest: 14.3 ms")
    expect(words).to_contain_text("cheapest: 70.6 ms")
    slider.press("Home")
    served.wait_for(lambda: scenario.mean_delay_cap_ms == 14.27)
    slider.press("ArrowRight")
    served.wait_for(lambda: 14.27 < scenario.mean_delay_cap_ms < 15.0)
    slider.press("End")
    served.wait_for(lambda: scenario.mean_delay_cap_ms == math.inf)
    expect(served.exact("mean_delay_cap_ms")).to_have_value("no limit")
    scenario.baseline_rule = "least relocation"  # which need not be nearest
    expect(words).to_contain_text("least relocation: ")
    expect(words).not_to_contain_text("nearest")


@pytest.mark.ui
def test_bad_text_is_explained_where_it_was_typed_and_changes_nothing(serve):
    served = serve()
    name, before = "carbon_price_usd_per_t", served.scenario.carbon_price_usd_per_t
    field, complaint = served.exact(name), served.complaint(name)
    for typed, wrong in (
        ("dear", "“dear” is not a number. Possible: 0 to 1,000,000,000."),
        ("1,5,0", "“1,5,0” is not a number. Possible: 0 to 1,000,000,000."),
        ("1e999", "“1e999” is not a number. Possible: 0 to 1,000,000,000."),
        ("5 s", "“5 s” is not a number. Possible: 0 to 1,000,000,000."),
        ("", "“” is not a number. Possible: 0 to 1,000,000,000."),
        ("-3", "-3 is not possible. Possible: 0 to 1,000,000,000."),
    ):
        field.fill(typed)
        field.press("Enter")
        expect(complaint).to_have_text(wrong)
        expect(field).to_have_value(typed)  # to be fixed
        expect(field).to_have_attribute("aria-invalid", "true")
        field.blur()
        expect(field).to_have_value(f"{before:g}")
        expect(complaint).to_have_text(wrong)
    assert served.sent == []
    served.slider(name).press("End")
    expect(complaint).to_have_text("")
    served.wait_for(lambda: served.scenario.carbon_price_usd_per_t == 300)


@pytest.mark.ui
def test_escape_restores_what_was_there(serve):
    served = serve()
    field = served.exact("total_demand_mw")
    field.fill("1")
    field.press("Escape")
    expect(field).to_have_value("2000")
    field.blur()
    expect(field).to_have_value("2,000")
    assert served.sent == []


@pytest.mark.ui
def test_a_value_that_python_refuses_comes_back_with_a_complaint(serve):
    served = serve()
    served.scenario.param.total_demand_mw.bounds = (0, 3000)  # narrower than the page was told
    served.slider("total_demand_mw").press("End")
    expect(served.complaint("total_demand_mw")).to_have_text(
        "5000 is not possible. Possible: 0 to 3,000."
    )
    expect(served.slider("total_demand_mw")).to_have_value("2000")
    assert served.scenario.total_demand_mw == 2000


@pytest.mark.ui
def test_while_python_is_slow_nothing_queues_and_the_last_value_wins(serve):
    served = serve()
    gate, seen = threading.Event(), list[float]()

    def slowly(event: Any) -> None:
        seen.append(event.new)
        gate.wait(PATIENCE_MS / 1000)

    served.scenario.param.watch(slowly, "total_demand_mw")
    served.slider("total_demand_mw").evaluate(
        """async slider => {
          for (let k = 1; k <= 60; k++) {
            slider.value = 50 * k
            slider.dispatchEvent(new Event("input", {bubbles: true}))
            await new Promise(requestAnimationFrame)
          }
        }"""
    )
    assert seen == [50]
    expect(served.exact("total_demand_mw")).to_have_value("3,000")  # the user sees it at once
    gate.set()
    served.wait_for(lambda: served.scenario.total_demand_mw == 3000)
    served.wait_until_idle()
    assert seen == [50, 3000]
    expect(served.slider("total_demand_mw")).to_have_value("3000")


@pytest.mark.ui
def test_a_handle_that_is_held_is_left_alone_until_it_is_let_go(serve):
    served = serve()
    slider = served.slider("carbon_price_usd_per_t")
    box = slider.bounding_box()
    assert box
    served.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    served.page.mouse.down()
    served.wait_for(lambda: served.scenario.carbon_price_usd_per_t == 150)
    served.wait_until_idle()
    served.set(carbon_price_usd_per_t=40, friction_scale=2)
    expect(served.slider("friction_scale")).to_have_value("2")
    expect(slider).to_have_value("150")
    served.page.mouse.up()
    expect(slider).to_have_value("40")
    expect(served.exact("carbon_price_usd_per_t")).to_have_value("40")


@pytest.mark.ui
def test_two_handles_in_a_row_are_two_changes_and_undo_moves_them_back(serve):
    served = serve()
    scenario, page = served.scenario, served.page
    undo, redo = (
        served.button("Undo the last change"),
        served.button("Redo the change undone last"),
    )
    reset = served.button("Back to the scenario as it was opened")
    for button in (undo, redo, reset):
        expect(button).to_be_disabled()
    served.slider("friction_scale").press("End")
    served.wait_until_idle()
    served.slider("A Interactive").press("Home")
    undo.click()
    expect(served.exact("A Interactive")).to_have_value("300 ms")
    assert (scenario.friction_scale, scenario.workloads["A"].latency_budget_ms) == (5, 300)
    page.keyboard.press("ControlOrMeta+z")
    expect(served.slider("friction_scale")).to_have_value("1")
    expect(undo).to_be_disabled()
    page.keyboard.press("ControlOrMeta+Shift+z")
    expect(served.slider("friction_scale")).to_have_value("5")
    page.keyboard.press("ControlOrMeta+z")
    expect(served.slider("friction_scale")).to_have_value("1")
    page.keyboard.press("Control+y")
    expect(served.slider("friction_scale")).to_have_value("5")
    redo.click()
    expect(served.exact("A Interactive")).to_have_value("105 ms")
    expect(redo).to_have_count(0)  # it replays now
    seen: list[float] = []
    budget = scenario.workloads["A"].param
    watcher = budget.watch(lambda event: seen.append(event.new), "latency_budget_ms")
    page.evaluate("""() => {  // both before anything is answered
      for (const shiftKey of [false, true]) {
        document.dispatchEvent(new KeyboardEvent("keydown", {key: "z", ctrlKey: true, shiftKey}))
      }
    }""")
    served.wait_for(lambda: seen == [300, 105])
    budget.unwatch(watcher)
    reset.click()
    expect(served.slider("friction_scale")).to_have_value("1")
    expect(served.exact("A Interactive")).to_have_value("300 ms")
    field = served.exact("total_demand_mw")
    field.fill("12")
    field.press("ControlOrMeta+z")  # belongs to the text
    field.press("Escape")
    served.wait_until_idle()
    assert scenario.friction_scale == 1


@pytest.mark.ui
def test_the_last_change_is_replayed_and_stays(serve):
    served = serve()
    replay, slider = served.button("Replay the last change"), served.slider("friction_scale")
    expect(replay).to_have_count(0)
    served.slider("A Interactive").press("Home")
    served.wait_until_idle()
    slider.press("End")
    expect(replay).to_be_enabled()
    seen: list[float] = []
    served.scenario.param.watch(lambda event: seen.append(event.new), "friction_scale")
    replay.click()
    expect(slider).to_have_value("1")
    expect(slider).to_have_value("5")
    served.wait_until_idle()
    assert seen == [1, 5] and served.scenario.workloads["A"].latency_budget_ms == 105
    replay.click()
    expect(slider).to_have_value("1")
    served.slider("total_demand_mw").press("Home")  # who goes on meanwhile has it back first
    expect(slider).to_have_value("5")
    served.wait_until_idle()
    assert seen == [1, 5, 1, 5]
    served.button("Undo the last change").click()
    served.wait_until_idle()
    assert served.scenario.friction_scale == 5
    slider.press("Home")
    expect(replay).to_be_enabled()
    served.wait_until_idle()
    moved = served.scenario.friction_scale
    replay.click()  # plots tell the server by themselves what is tapped: a press has it back first
    assert served.page.wait_for_function(PRESS_WHILE_REPLAYED).json_value() == "back"
    wait_until(lambda: seen[4:] == [moved, 5, moved], served.page, timeout=PATIENCE_MS)


PRESS_WHILE_REPLAYED = """() => {
  const unfinished = globalThis[Symbol.for("wattlas.unfinished")]
  if (!unfinished.size) return false
  document.body.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}))
  return unfinished.size ? "still replayed" : "back"
}"""


@pytest.mark.ui
def test_the_last_move_comes_before_the_undo_that_is_meant_for_it(serve):
    served = serve()
    gate = threading.Event()
    served.scenario.param.watch(lambda _event: gate.wait(PATIENCE_MS / 1000), "friction_scale")
    served.slider("friction_scale").press("End")
    served.slider("total_demand_mw").press("End")  # has to wait
    served.button("Undo the last change").evaluate(
        "button => { button.disabled = false; button.click() }"
    )
    gate.set()
    expect(served.slider("total_demand_mw")).to_have_value("2000")
    served.wait_until_idle()
    assert (served.scenario.friction_scale, served.scenario.total_demand_mw) == (5, 2000)


@pytest.mark.ui
def test_choices_and_what_is_folded_away(serve):
    served = serve()
    served.page.get_by_label("Which CO₂ counts", exact=True).select_option(
        "of the whole mix (average)"
    )
    served.wait_for(lambda: served.scenario.carbon_signal == "average")
    season = served.page.locator("[data-key=season] select")
    season.select_option("winter")
    served.wait_for(lambda: served.scenario.season == "winter")
    served.set(season="annual")
    expect(season).to_have_value("annual mean")
    expect(served.slider("egress_usd_per_gb")).to_be_visible()
    summary = served.page.get_by_text("What moving costs, one by one")
    summary.click()
    expect(served.slider("egress_usd_per_gb")).to_be_hidden()
    summary.click()
    served.slider("egress_usd_per_gb").press("End")
    served.wait_for(lambda: served.scenario.egress_usd_per_gb == 0.2)


@pytest.mark.ui
def test_the_day_plays_hour_by_hour_as_one_step_of_undo(serve):
    served = serve()
    opened = served.scenario.hour
    seen = []
    served.scenario.param.watch(lambda change: seen.append(change.new), "hour")
    play = served.button("Play the day")
    served.page.get_by_label("Speed").select_option("2 hours a second")
    play.click()
    served.wait_for(lambda: len(seen) >= 3)
    served.button("Pause").click()
    served.wait_until_idle()
    hours = [choice for choice in WORLD.param.hour.objects if choice != "average"]
    at = hours.index(seen[0])
    assert seen == [hours[(at + step) % len(hours)] for step in range(len(seen))]
    served.button("Undo the last change").click()
    at_first = [*WORLD.param.hour.objects].index(opened)
    expect(served.slider("hour")).to_have_value(str(at_first), timeout=PATIENCE_MS)
    served.page.emulate_media(reduced_motion="reduce")
    served.button("Next hour").click()
    served.wait_for(lambda: served.scenario.hour == hours[0])
    expect(served.page.get_by_label("Speed")).to_be_hidden()


@pytest.mark.ui
def test_explanations_show_on_hover_and_on_focus(serve):
    served = serve()
    tip = served.page.get_by_role("tooltip", name="Friction factor: multiplies")
    expect(tip).to_be_hidden()
    info = served.button("About: Cost of moving")
    info.focus()
    expect(tip).to_be_visible()
    info.press("Escape")
    expect(tip).to_be_hidden()
    info.hover()
    expect(tip).to_be_visible()


@pytest.mark.ui
def test_what_differs_from_the_scenario_opened_is_marked(serve):
    served = serve()
    changed = served.page.locator(".changed")
    served.slider("friction_scale").press("End")
    expect(changed).to_have_count(1)
    served.button("Undo the last change").click()
    expect(changed).to_have_count(0)
    # in a group that is folded, beside its heading, as a link may set it
    heading = served.page.locator("summary", has_text="How much computing and room?")
    said = heading.locator(".set")
    if heading.locator("..").get_attribute("open") is not None:
        heading.click()
    expect(said).to_have_text("")
    served.set(capacity_scale=0.4)
    expect(said).to_be_visible()
    expect(said).to_have_text(re.compile(r"0\.4$"))


@pytest.mark.ui
def test_light_and_dark_follow_the_theme_of_the_page(serve):
    served = serve(in_a_page)
    colours = "label => { const s = getComputedStyle(label); return s.color }"
    label = served.page.locator("[data-key=friction_scale] .label")
    light = label.evaluate(colours)
    served.slider("friction_scale").press("End")
    served.button("Toggle theme").click()
    served.page.wait_for_function(
        "([label, light]) => getComputedStyle(label).color != light",
        arg=[label.element_handle(), light],
    )
    expect(served.slider("friction_scale")).to_have_value(
        "5"
    )  # also if the theme has drawn it again
    served.slider("friction_scale").press("Home")
    served.wait_for(lambda: served.scenario.friction_scale == 0)


@pytest.mark.ui
def test_a_connection_lost_and_found_carries_on(serve):
    served = serve()
    served.slider("friction_scale").press("End")
    served.wait_until_idle()
    before = served.slider("friction_scale").element_handle()
    served.page.evaluate("sockets.at(-1).close()")
    served.set(total_demand_mw=1000)
    served.page.wait_for_function(
        "slider => !slider.isConnected", arg=before
    )  # Bokeh starts from the document anew
    expect(served.slider("total_demand_mw")).to_have_value("1000")
    expect(served.slider("friction_scale")).to_have_value("5")
    served.slider("carbon_price_usd_per_t").press("End")
    served.wait_for(lambda: served.scenario.carbon_price_usd_per_t == 300)
    served.wait_until_idle()


@pytest.mark.ui
def test_a_message_that_gets_no_answer_is_sent_again(serve):
    served = serve()
    gate, seen = threading.Event(), list[float]()

    def slowly(event: Any) -> None:
        seen.append(event.new)
        gate.wait(PATIENCE_MS / 1000)

    served.scenario.param.watch(slowly, "friction_scale")
    served.slider("friction_scale").press("End")
    served.wait_for(lambda: len(served.sent) == 2)
    gate.set()
    served.wait_until_idle()
    assert seen == [5]
    served.slider("friction_scale").press("Home")
    served.wait_for(lambda: seen == [5, 0])
