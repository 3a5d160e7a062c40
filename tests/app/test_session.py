"""
A session keeps placement and frontier in step with its scenario, whatever changes and however fast.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import param
import pytest
from hypothesis import given
from hypothesis import strategies as st

import explorer.session
from explorer import Scenario, ScenarioError, SolverError
from explorer.cache import Memo
from explorer.measures import frontier as frontiers
from explorer.measures.frontier import trace
from explorer.model.network import build_network
from explorer.model.solve import solve_network
from explorer.scenario.scenario import SETTINGS
from explorer.session import Session


class Later:
    """A runner that does nothing before it is told to, as a busy server does."""

    def __init__(self) -> None:
        self.soons: list[Callable[[], None]] = []
        self.behinds: list[Callable[[], None]] = []
        self.laters: list[Callable[[], None]] = []
        self.asides: list[Callable[[], None]] = []
        self.given_way = 0

    def call_soon(self, work: Callable[[], None]) -> None:
        self.soons.append(work)

    def call_behind(self, work: Callable[[], None]) -> None:
        self.behinds.append(work)

    def call_later(self, work: Callable[[], None], _wait_s: float) -> None:
        self.laters.append(work)

    def run_in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.asides.append(lambda: then(work()))

    run_isolated = run_in_thread

    def give_way(self) -> None:
        self.given_way += 1

    def run_soon(self) -> None:
        waiting, self.soons = self.soons, []
        for work in waiting:
            work()

    def run_behind(self) -> None:
        waiting, self.behinds = self.behinds, []
        for work in waiting:
            work()

    def run_aside(self) -> None:
        waiting, self.asides = self.asides, []
        for work in waiting:
            work()

    def run(self) -> None:
        while self.soons or self.asides:
            self.run_soon()
            self.run_aside()


@pytest.fixture(autouse=True)
def _nothing_from_before(monkeypatch):
    """
    What another test traced would be there at once, and what it placed might be of other names,
    which are put on anew each time.
    """
    monkeypatch.setattr(frontiers, "_frontiers", Memo(64))
    monkeypatch.setattr("explorer.model.solve._placements", Memo(64))


@pytest.fixture
def scenario() -> Scenario:
    return Scenario.load("classroom-3x3")


@pytest.fixture
def solves(monkeypatch) -> list[object]:
    """The networks that sessions had placed, one for each time."""
    done = []

    def counted(network):
        done.append(network)
        return solve_network(network)

    monkeypatch.setattr(explorer.session, "solve_network", counted)
    return done


def fails(*_inputs: object, **_how: object) -> None:
    raise SolverError("The solver stopped.", "placement", "Wait longer.")


def assert_in_step(session: Session) -> None:
    network, over = build_network(session.scenario), session.workload
    assert session.error is None
    assert session.placement is solve_network(network)
    assert session.frontier.over == over
    assert not session.frontier_busy
    pd.testing.assert_frame_equal(
        session.frontier.table, trace(network, over, session.scenario.latency_relaxation_ms).table
    )


# What it follows


def another(parameter: param.Parameter, value: Any) -> Any:
    if isinstance(parameter, param.Selector):
        others = [
            choice
            for choice in parameter.objects
            if choice not in (value, "operating margin", "custom")
        ]
        return others[-1]
    return 0.9 * min(value, 1e6) if value else 0.5


# of the bases of demand this scenario has one
@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "demand_basis"])
def test_it_follows_every_setting(scenario, name):
    session = Session(scenario)
    before = session.placement
    setattr(scenario, name, another(scenario.param[name], getattr(scenario, name)))
    assert session.placement is not before
    assert_in_step(session)


@pytest.mark.parametrize("name", Scenario.load("classroom-3x3").workloads["chat"].model_values())
def test_it_follows_every_figure_of_a_class(scenario, name):
    session, chat, batch = Session(scenario), *scenario.workloads.values()
    before = session.placement
    if name == "share_of_demand":
        batch.share_of_demand = 0.9
    setattr(chat, name, another(chat.param[name], getattr(chat, name)))
    assert session.placement is not before
    assert_in_step(session)


def zones(*_scenario: Scenario) -> pd.DataFrame:
    return pd.DataFrame(
        {"legal_zone": ["land"], "name": ["Land"], "inbound": ["open"], "outbound": ["open"]}
    )


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("regions", lambda s: s.regions.assign(electricity_price_usd_per_mwh=[90, 20, 40])),
        ("regions", lambda s: s.regions.assign(capacity_mw=[30, 30, 60])),
        ("clients", lambda s: s.clients.assign(demand_share=[0.4, 0.4, 0.2])),
        ("clients", lambda s: s.clients.assign(service="south")),
        ("rtt_ms", lambda s: s.rtt_ms.assign(rtt_ms=9)),
        ("rtt_ms", lambda s: None),
        ("legal_zones", zones),
    ],
)
def test_it_follows_every_table(scenario, table, changed):
    session = Session(scenario)
    before = session.placement
    setattr(scenario, table, changed(scenario))
    assert session.placement is not before
    assert_in_step(session)


def test_it_follows_the_class_chosen(scenario):
    session = Session(scenario)
    for over in ("batch", "all", "chat"):
        session.workload = over
        assert_in_step(session)


def test_views_hear_nothing_when_nothing_changes(scenario):
    session, heard = Session(scenario), []
    session.param.watch(heard.append, ["placement", "error"])
    scenario.documents = scenario.documents | {"notes.md": "mine"}
    scenario.param.trigger("carbon_price_usd_per_t")
    assert heard == []


def test_placements_are_shared_by_sessions(scenario):
    first, second = Session(scenario), Session(scenario.copy())
    assert first.placement is second.placement


# When something fails


def test_a_failure_keeps_the_last_good_results_and_then_clears(scenario):
    session = Session(scenario)
    placement, steps = session.placement, session.frontier
    scenario.carbon_signal = "operating margin"  # the classroom has no such column
    assert isinstance(session.error, ScenarioError)
    assert "carbon_operating_margin_g_per_kwh" in str(session.error)
    assert (session.placement, session.frontier) == (placement, steps)
    scenario.carbon_signal = "average"
    assert_in_step(session)


def test_a_solver_that_fails_is_an_error_on_the_page_too(scenario, monkeypatch):
    session = Session(scenario)
    placement = session.placement
    with monkeypatch.context() as broken:
        broken.setattr(explorer.session, "solve_network", fails)
        scenario.total_demand_mw = 80.0
    assert isinstance(session.error, SolverError)
    assert session.placement is placement
    scenario.total_demand_mw = 90.0
    assert_in_step(session)


def test_a_frontier_that_fails_leaves_the_placement_alone(scenario, monkeypatch):
    session = Session(scenario)
    steps = session.frontier
    with monkeypatch.context() as broken:
        broken.setattr(explorer.session, "trace", fails)
        scenario.total_demand_mw = 80.0
    assert isinstance(session.error, SolverError)
    assert session.placement is solve_network(build_network(scenario))
    assert session.frontier is steps
    assert not session.frontier_busy
    scenario.total_demand_mw = 90.0
    assert_in_step(session)


def test_a_frontier_that_fails_when_it_is_out_of_date_is_no_matter(scenario, monkeypatch):
    runner = Later()
    session = Session(scenario, runner)

    def fails_meanwhile(*asked: Any, **_how: Any) -> Any:
        scenario.total_demand_mw = 80.0
        runner.run_soon()
        return fails(*asked)

    with monkeypatch.context() as broken:
        broken.setattr(explorer.session, "trace", fails_meanwhile)
        runner.run_aside()
    assert session.frontier_busy
    runner.run()
    assert_in_step(session)


def test_a_good_frontier_of_another_class_clears_the_error_of_a_bad_one(scenario, monkeypatch):
    session = Session(scenario)
    with monkeypatch.context() as broken:
        broken.setattr(explorer.session, "trace", fails)
        session.workload = "batch"
    assert isinstance(session.error, SolverError)
    session.workload = "all"
    assert_in_step(session)


def test_another_class_does_not_hide_why_the_inputs_failed(scenario):
    session = Session(scenario)
    scenario.carbon_signal = "operating margin"
    session.workload = "batch"
    assert isinstance(session.error, ScenarioError)
    assert session.frontier.over == "batch"


# When changes are faster than the solver


def test_many_changes_cost_one_solve_and_the_newest_wins(scenario, solves):
    runner = Later()
    session = Session(scenario, runner)
    solves.clear()
    for price in range(10, 300, 10):
        scenario.carbon_price_usd_per_t = float(price)
        scenario.workloads["chat"].latency_budget_ms = 100.0 + price
    assert (len(runner.soons), len(solves)) == (1, 0)
    runner.run()
    assert solves == [build_network(scenario)]
    assert_in_step(session)


def test_what_follows_many_moves_follows_once_and_in_the_order_it_fell_behind(scenario):
    runner, seen = Later(), list[object]()
    session = Session(scenario, runner)
    session.watch_behind(lambda: seen.append(session.region), ["region"])
    session.watch_behind(lambda: seen.append(session.placement), ["placement", "region"])
    for scenario.total_demand_mw in (70.0, 80.0, 90.0):
        runner.run_soon()
    session.region = "north"
    assert (len(runner.behinds), seen) == (1, [])
    runner.run_behind()
    assert seen == [solve_network(build_network(scenario)), "north"]
    runner.run_behind()
    assert len(seen) == 2


def test_what_comes_last_waits_for_pictures_and_for_a_frontier_a_moment_at_most(scenario):
    runner, seen = Later(), list[str]()
    session = Session(scenario, runner)
    runner.run()
    session.watch_last(lambda: seen.append("text"), ["placement"])
    session.watch_behind(lambda: seen.append("picture"), ["placement"])
    session.watch_behind(lambda: seen.append("frontier"), ["frontier"])
    scenario.total_demand_mw = 70.0
    runner.run_soon()
    runner.run_behind()
    assert (seen, runner.behinds) == (["picture"], [])  # a frontier is under way
    runner.run_aside()
    runner.run_behind()
    assert seen == ["picture", "frontier", "text"]

    scenario.total_demand_mw = 80.0
    runner.run_soon()
    runner.run_behind()
    runner.laters.pop()()  # which lasts
    runner.run_behind()
    assert seen[3:] == ["picture", "text"]
    runner.run_aside()
    runner.run_behind()
    assert seen[5:] == ["frontier"]

    scenario.total_demand_mw = 70.0  # whose frontier is known
    runner.run_soon()
    runner.run_behind()
    runner.run_behind()
    assert seen[6:] == ["picture", "frontier", "text"]


def test_what_goes_wrong_behind_a_move_keeps_nothing_else_behind(scenario):
    runner, seen = Later(), list[object]()
    session = Session(scenario, runner)
    session.watch_behind(lambda: seen.append(1 / 0), ["region"])
    session.watch_behind(lambda: seen.append(session.region), ["region"])
    for region in ("north", "south"):
        session.region = region
        with pytest.raises(ZeroDivisionError):
            runner.run_behind()
    assert seen == ["north", "south"]


def frontier_at(scenario: Scenario, demand: float) -> pd.DataFrame:
    moved = scenario.copy()
    moved.total_demand_mw = demand
    return trace(build_network(moved), "chat", moved.latency_relaxation_ms).table


def test_a_frontier_that_has_to_wait_is_that_of_the_newest_inputs_alone(scenario):
    runner, shown = Later(), []
    session = Session(scenario, runner)
    runner.run()
    session.param.watch(lambda event: shown.append(event.new), "frontier")
    for scenario.total_demand_mw in (70.0, 80.0, 90.0):
        runner.run_soon()
        assert len(runner.asides) == 1
        assert session.frontier_busy
    runner.run()
    (step,) = shown
    pd.testing.assert_frame_equal(step.table, frontier_at(scenario, 90.0))
    assert_in_step(session)


def test_a_stale_frontier_is_shown_and_followed_by_the_newest_alone(scenario, monkeypatch):
    runner, shown, moves = Later(), [], [70.0, 80.0, 90.0]
    session = Session(scenario, runner)
    runner.run()
    session.param.watch(lambda event: shown.append(event.new), "frontier")

    def moved_meanwhile(*asked: Any, **how: Any) -> Any:
        found = trace(*asked, **how)
        while moves:
            scenario.total_demand_mw = moves.pop(0)
            runner.run_soon()
        return found

    monkeypatch.setattr(explorer.session, "trace", moved_meanwhile)
    scenario.total_demand_mw = moves.pop(0)
    runner.run()
    for step, demand in zip(shown, (70.0, 90.0), strict=True):
        pd.testing.assert_frame_equal(step.table, frontier_at(scenario, demand))
    assert_in_step(session)


def test_a_frontier_gives_way_before_each_of_its_steps(scenario):
    runner = Later()
    session = Session(scenario, runner)
    assert runner.given_way == 0
    runner.run()
    assert runner.given_way >= len(session.frontier.table) - 1 > 0


def test_moving_the_budget_that_the_frontier_varies_moves_its_mark_and_traces_nothing(scenario):
    session, chat = Session(scenario), scenario.workloads["chat"]
    steps = session.frontier.table
    chat.latency_budget_ms = 250.0
    assert session.frontier.table is steps
    assert session.frontier.current_ms == 250.0
    scenario.workloads["batch"].latency_budget_ms = 1080.0  # another class shifts the curve itself
    assert session.frontier.table is not steps

    session.workload = "all"
    steps = session.frontier.table
    scenario.latency_relaxation_ms = 30.0
    assert session.frontier.table is steps
    assert session.frontier.current_ms == 30.0


def test_what_takes_seconds_is_decided_aside_and_the_newest_wins(scenario):
    runner = Later()
    session = Session(scenario, runner)
    runner.run()
    placement = session.placement
    for fee in (401.5, 501.5, 3001.5):  # which no other test looks at
        scenario.hosting_usd_per_h = fee
        runner.run_soon()
        assert session.placement is placement and session.placement_busy
    assert len(runner.asides) == 1
    runner.run()
    assert_in_step(session)
    assert session.placement.relocated_mw == 0 and not session.placement_busy
    scenario.hosting_usd_per_h = 401.5  # decided before
    runner.run_soon()
    assert session.placement.hosting_usd_per_h > 0
    scenario.hosting_usd_per_h = 0.0
    runner.run_soon()
    assert session.placement is placement


def test_a_decision_that_fails_is_an_error_and_what_follows_clears_it(scenario, monkeypatch):
    session = Session(scenario)
    placement = session.placement
    with monkeypatch.context() as broken:
        broken.setattr(explorer.session, "solve_network", fails)
        scenario.hosting_usd_per_h = 123.0
    assert (
        isinstance(session.error, SolverError)
        and session.placement is placement
        and not session.placement_busy
    )
    scenario.hosting_usd_per_h = 124.0
    assert_in_step(session)

    runner = Later()
    session = Session(scenario, runner)
    scenario.hosting_usd_per_h = 125.0
    runner.run_soon()
    scenario.hosting_usd_per_h = 126.0
    with monkeypatch.context() as broken:
        broken.setattr(explorer.session, "solve_network", fails)
        runner.run_aside()  # 125 fails when 126 is wanted
    assert session.error is None
    runner.run()
    assert_in_step(session)


CHANGES = (
    lambda s: setattr(s.scenario, "hosting_usd_per_h", 300.0),
    lambda s: setattr(s.scenario, "hosting_usd_per_h", 0.0),
    lambda s: setattr(s.scenario, "carbon_price_usd_per_t", 100.0),
    lambda s: setattr(s.scenario, "carbon_price_usd_per_t", 0.0),
    lambda s: setattr(s.scenario, "carbon_signal", "operating margin"),
    lambda s: setattr(s.scenario, "carbon_signal", "average"),
    lambda s: setattr(s.scenario, "latency_relaxation_ms", 20.0),
    lambda s: setattr(s.scenario.workloads["chat"], "latency_budget_ms", 240.0),
    lambda s: setattr(s, "workload", "all"),
    lambda s: setattr(s, "workload", "chat"),
)


@given(st.lists(st.sampled_from((*CHANGES, Later.run_soon, Later.run_aside)), max_size=25))
def test_in_whatever_order_things_happen_the_end_is_right(actions):
    runner = Later()
    session = Session(Scenario.load("classroom-3x3"), runner)
    for act in actions:
        act(session if act in CHANGES else runner)
    session.scenario.carbon_signal = "marginal"
    runner.run()
    assert_in_step(session)


def test_a_fault_beside_the_event_loop_is_said_and_leaves_nobody_waiting(monkeypatch):
    session = Session(Scenario.load("classroom-3x3"))

    def failing(*args: Any, **_how: Any) -> None:
        raise ArithmeticError("division by zero")

    with monkeypatch.context() as patch:
        patch.setattr("explorer.session.trace", failing)
        session.scenario.friction_scale = 2.345
    assert session.error is not None and "ArithmeticError: division by zero" in session.error.what
    assert not session.frontier_busy
    session.scenario.friction_scale = 2.346
    assert session.error is None and session.frontier is not None


@pytest.mark.parametrize("hosting_usd_per_h", [0.0, 5.0])
def test_a_placement_comes_with_its_baseline(scenario, hosting_usd_per_h):
    """Whoever paints it solves nothing."""
    session, later = Session(scenario, runner := Later()), []
    runner.run()
    session.param.watch(lambda event: later.append("baseline" in vars(event.new)), "placement")
    scenario.param.update(
        hosting_usd_per_h=hosting_usd_per_h, egress_usd_per_gb=0.0123 + hosting_usd_per_h / 1e4
    )
    runner.run()
    assert later == [True]


def test_another_signal_of_the_same_numbers_is_told(scenario):
    regions = scenario.regions
    scenario.regions = regions.assign(carbon_average_g_per_kwh=regions["carbon_marginal_g_per_kwh"])
    session = Session(scenario)
    scenario.carbon_signal = "average"
    assert session.network.labels.carbon_signal == "average"


def test_a_baseline_that_cannot_be_found_leaves_the_last_placement(scenario, monkeypatch):
    session = Session(scenario)
    before = session.placement

    class Broken:
        baseline = property(fails)

    monkeypatch.setattr(explorer.session, "solve_network", lambda _network: Broken())
    scenario.friction_scale = 1.2345
    assert session.placement is before
    assert str(session.error).startswith("The solver stopped.")
