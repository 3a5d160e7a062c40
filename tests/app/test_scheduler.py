"""
What keeps a slider live, told without a clock: no model is built anew, solves are counted, short
cuts hold.
"""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import param
import pytest
from bokeh.document import Document
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from numpy.testing import assert_allclose
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, SolverError
from explorer.app.live import scheduler
from explorer.cache import Memo
from explorer.measures.frontier import trace
from explorer.model import solver
from explorer.model.live import LiveProgram
from explorer.model.network import Network, build_network, lp_data
from explorer.model.solve import solve_network
from explorer.model.solver import Optimum, PlacementModel
from explorer.scenario.scenario import SETTINGS
from explorer.scenario.workload import Workload
from explorer.session import Session


@pytest.fixture
def counted(monkeypatch) -> Counter:
    """How often a model was built and solved; memories are empty at the start."""
    counter: Counter = Counter()
    build, solve = PlacementModel.__init__, PlacementModel.solve

    def counted_build(self: PlacementModel, *args: Any) -> None:
        counter["built"] += 1
        build(self, *args)

    def counted_solve(self: PlacementModel, *args: Any) -> Optimum:
        counter["solved"] += 1
        return solve(self, *args)

    monkeypatch.setattr(PlacementModel, "__init__", counted_build)
    monkeypatch.setattr(PlacementModel, "solve", counted_solve)
    for memory in (
        "model.solver._models",
        "model.solve._placements",
        "measures.frontier._frontiers",
    ):
        monkeypatch.setattr(f"explorer.{memory}", Memo(12))
    return counter


def moves_of(owner: param.Parameterized, name: str) -> list[Any]:
    """
    Values a user may give a setting: both ends of its slider and the middle, or all its choices.
    """
    setting = owner.param[name]
    if isinstance(setting, param.Selector):
        # "custom" takes a table, and other bases of demand columns of their own
        return [
            choice
            for choice in setting.objects
            if choice != "custom" and (name != "demand_basis" or owner.offers(name, choice))
        ]
    low, high = setting.get_soft_bounds()
    low, high = low or 0.01, high or 1000.0  # some may not be zero, some have no end
    return [low, (low + high) / 2, high]


# a cap on delay and least relocation have programs of their own
@pytest.mark.parametrize("name", sorted({*SETTINGS} - {"mean_delay_cap_ms", "baseline_rule"}))
def test_a_setting_never_builds_a_model_anew(counted, name):
    world = random_scenario(1, objective="cost")
    for objective in ("cost", "carbon", "latency"):
        solve_network(build_network(world), objective)
    before = counted["built"]
    for value in moves_of(world, name):
        setattr(world, name, value)
        solve_network(build_network(world)).baseline.cost_usd_per_h  # noqa: B018  made when asked for
    assert counted["built"] == before == 3


@pytest.mark.parametrize("name", list(Workload().model_values()))
def test_a_class_parameter_never_builds_a_model_anew(counted, name):
    world = random_scenario(1, objective="cost", workloads=1)
    (workload,) = world.workloads.values()
    solve_network(build_network(world)).baseline.cost_usd_per_h  # noqa: B018
    before = counted["built"]
    for value in moves_of(workload, name):
        setattr(workload, name, value)
        solve_network(build_network(world)).baseline.cost_usd_per_h  # noqa: B018
    assert counted["built"] == before == 2


def test_a_move_is_one_solve_and_a_baseline_one_more(counted):
    world = random_scenario(1, objective="cost")
    for price in (10.0, 20.0, 30.0):
        world.carbon_price_usd_per_t = price
        counted.clear()
        found = solve_network(build_network(world))
        assert counted["solved"] == 1
        assert found.baseline is solve_network(build_network(world), "latency")
        assert counted["solved"] == 2


def models_by_turn(monkeypatch, people: int, turns: int) -> list[list[set[PlacementModel]]]:
    """The models that people solve with who move by turns, each elsewhere."""
    solved: set[PlacementModel] = set()
    solve = PlacementModel.solve

    def noted(self: PlacementModel, *args: Any) -> Optimum:
        solved.add(self)
        return solve(self, *args)

    def move(session: Session, friction: float) -> set[PlacementModel]:
        solved.clear()
        session.scenario.friction_scale = friction
        return solved.copy()

    sessions = [Session(Scenario.load("classroom-3x3")) for _ in range(people)]
    for session in sessions:
        monkeypatch.setattr(session, "_update_frontier", lambda: None)
    monkeypatch.setattr(PlacementModel, "solve", noted)
    return [
        [move(session, 1.1 + 0.1 * turn + 0.01 * k) for k, session in enumerate(sessions)]
        for turn in range(turns)
    ]


@pytest.mark.usefixtures("counted")
def test_of_several_who_move_by_turns_each_has_models_of_their_own(monkeypatch):
    first, second = models_by_turn(monkeypatch, people=3, turns=2)
    assert first == second
    assert len(set.union(*first)) == sum(map(len, first)) == 6  # optimum and baseline of each


@pytest.mark.usefixtures("counted")
def test_however_many_move_models_are_few(monkeypatch):
    (turn,) = models_by_turn(monkeypatch, people=15, turns=1)
    assert len(set.union(*turn)) == 2 * solver.SEATS


def test_what_was_solved_once_is_never_solved_again(counted):
    world = random_scenario(1, objective="cost")
    placed = solve_network(build_network(world))
    first = Session(world)
    trace(placed.network, first.workload, world.latency_relaxation_ms)
    counted.clear()
    second = Session(random_scenario(1, objective="cost"))  # somebody else, at the same state
    assert second.placement is first.placement is placed
    assert not counted


def test_a_budget_slides_along_a_frontier_that_is_there_already(counted):
    """
    The budget of the class looked at moves the mark, not the curve: solved are the placement and
    the baseline it is seen against.
    """
    world = random_scenario(1, objective="cost")
    session = Session(world)
    assert session.frontier is not None
    counted.clear()
    world.workloads[session.workload].latency_budget_ms += 25
    assert counted == {"solved": 2}


def test_a_solve_that_was_cut_short_leaves_a_sound_model_behind(monkeypatch):
    network = build_network(Scenario.load("world-2025"))
    numbers, tight = lp_data(network, "cost"), lp_data(network, "latency")
    model = PlacementModel(network.home, len(network.regions), len(network.workloads))
    add = LiveProgram._add_improving

    def add_and_stop(self: LiveProgram, *args: Any) -> bool:
        add(self, *args)
        raise SolverError("No optimum within 0 s.", "placement", "Raise time_limit_s.")

    expected = model.solve(numbers).objective
    with monkeypatch.context() as patch:
        patch.setattr(LiveProgram, "_add_improving", add_and_stop)
        with pytest.raises(SolverError):
            model.solve(tight)
    assert model.solve(numbers).objective == pytest.approx(expected, rel=1e-9)


def test_a_frontier_asks_no_solver_where_all_load_is_served(counted):
    """Steps lead on by pivots, and are proven by prices; a solver finds where all is served."""
    network = build_network(Scenario.load("world-2025"))
    assert len(trace(network, "A", 0.0).table) > 30 and not counted["solved"]
    trace(replace(network, capacity_mw=network.capacity_mw / 10), "A", 0.0)
    assert counted["solved"]


MORE_THAN_ONE_PROGRAM = ("cost_cap_usd_per_h", "mean_delay_cap_ms", "hosting_usd_per_h")


@settings(max_examples=25, stateful_step_count=12)
class Readers(RuleBasedStateMachine):
    """
    Two people share a process and move whatever they like; each sees what a process of their own
    would compute.
    """

    world: Scenario

    @initialize(data=st.data(), lumpy=st.booleans())
    def open(self, data: st.DataObject, lumpy: bool) -> None:
        self.world = data.draw(random_scenarios(lumpy=st.just(lumpy)))

    @rule(
        data=st.data(),
        name=st.sampled_from(sorted(set(SETTINGS) - {"time_limit_s", *MORE_THAN_ONE_PROGRAM})),
    )
    def move_a_setting(self, data: st.DataObject, name: str) -> None:
        setattr(self.world, name, data.draw(st.sampled_from(moves_of(self.world, name))))

    @rule(data=st.data())
    def move_a_class(self, data: st.DataObject) -> None:
        workload = data.draw(st.sampled_from(sorted(self.world.workloads)))
        budget = data.draw(st.sampled_from([0.0, 50.0, 150.0, 300.0, 600.0, 5000.0]))
        self.world.workloads[workload].latency_budget_ms = budget

    @rule(
        column=st.sampled_from(["electricity_price_usd_per_mwh", "pue", "capacity_mw"]),
        data=st.data(),
    )
    def edit_a_table(self, column: str, data: st.DataObject) -> None:
        """In place, as in a notebook."""
        row = data.draw(st.integers(0, len(self.world.regions) - 1))
        self.world.regions.loc[row, column] = data.draw(st.sampled_from([1.0, 1.25, 3.0, 200.0]))

    @rule(data=st.data())
    def look_along_a_frontier(self, data: st.DataObject) -> None:
        """It has a model of its own; and its step at today's budget is the placement of today."""
        over = data.draw(st.sampled_from(["all", *self.world.workloads]))
        network = build_network(self.world)
        here = trace(network, over, self.world.latency_relaxation_ms).current
        if here is not None and network.objective == "cost":
            found = solve_network(network)
            objective = (
                here["cost_usd_per_h"]
                + network.carbon_price_usd_per_t / 1000 * here["carbon_kg_per_h"]
            )
            assert found.objective_usd_per_h == pytest.approx(objective, rel=1e-6, abs=1e-3)
            assert found.unserved_mw == pytest.approx(here["unserved_mw"], abs=1e-5)

    @rule(seed=st.integers(0, 3))
    def somebody_else_looks(self, seed: int) -> None:
        """At another world of the same structure, which may share the model."""
        regions, clients = len(self.world.regions), len(self.world.clients)
        solve_network(
            build_network(random_scenario(seed, clients, regions, len(self.world.workloads)))
        )

    @invariant()
    def as_if_solved_from_nothing(self) -> None:
        if not hasattr(self, "world"):
            return
        network = build_network(self.world)
        for objective in {self.world.objective, "latency"}:
            found = solve_network(network, objective).optimum
            then = None if objective == "cost" else network.cost_usd_per_mwh
            fresh = PlacementModel(network.home, len(network.regions), len(network.workloads))
            expected = fresh.solve(lp_data(network, objective), then)
            assert found.objective == pytest.approx(expected.objective, rel=1e-8, abs=1e-5)
            for part in ("free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw"):
                assert_allclose(
                    getattr(found, part), getattr(expected, part), atol=1e-6, err_msg=part
                )
            if objective == "cost" and has_one_set_of_prices(network, expected):
                for price in ("price_free", "price_pinned", "capacity_price"):
                    assert_allclose(
                        getattr(found, price), getattr(expected, price), atol=1e-4, err_msg=price
                    )


def has_one_set_of_prices(network: Network, best: Optimum) -> bool:
    """
    Whether the optimal basis is not degenerate.

    Its columns are flows, load left unserved, and capacity left over; a column above zero for every
    row (two per demand, one per region) means that no basic column is at zero, and then prices are
    unique.
    """
    load = [best.free_mw, best.pinned_mw, best.unserved_free_mw, best.unserved_pinned_mw]
    pinned = np.bincount(network.home, best.pinned_mw.sum(axis=1), minlength=len(network.regions))
    idle = network.capacity_mw - best.free_mw.sum(axis=(0, 2)) - pinned
    used = sum(np.count_nonzero(mw > 1e-6) for mw in [*load, idle])
    return used == 2 * network.demand_mw.size + len(network.regions)


TestReaders = Readers.TestCase


def test_longer_work_waits_for_an_answer_as_long_as_it_has_patience():
    moves = scheduler._Moves()
    assert moves.give_way(60.0) > 0.0
    with moves.answering():
        assert moves.give_way(0.001) == 0.0
    assert moves.give_way(60.0) > 0.0


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now_s, self.worked_s = 128.0, 0.0

    def monotonic(self) -> float:
        return self.now_s

    def thread_time(self) -> float:
        return self.worked_s


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """What the scheduler takes for the time."""
    clock = Clock()
    monkeypatch.setattr(scheduler, "time", clock)
    return clock


def test_it_is_not_quiet_while_an_answer_takes_its_time(clock):
    moves = scheduler._Moves()
    with moves.answering():
        assert moves.until_quiet(clock.now_s + 1.0) > 0.0
        assert moves.until_quiet(clock.now_s) == 0.0  # patience has ended
    assert moves.until_quiet(clock.now_s + 1.0) < 0.0


def test_rests_of_what_may_come_later_add_up(clock):
    moves = scheduler._Moves()

    def rest_s(worked_s: float) -> float:
        with moves.coming_later():
            clock.worked_s += worked_s
        with moves.answering():
            return moves.until_quiet(clock.now_s)

    once_s = scheduler.REST * 0.001
    assert rest_s(0.001) == pytest.approx(once_s)
    assert rest_s(0.001) == pytest.approx(2 * once_s)
    clock.now_s += once_s
    assert rest_s(0.001) == pytest.approx(2 * once_s)


def test_a_page_goes_on_where_several_move_things_and_it_has_just_done_so(clock):
    moves, first, second = scheduler._Moves(), Document(), Document()

    def go_on(document: Document) -> None:
        for _ in range(2):
            clock.now_s += 0.05
            moves.moved(document)

    go_on(first)
    assert not moves.goes_on(first)  # nobody else waits
    moves.moved(second)
    moves.moved(second)
    assert moves.goes_on(first)
    assert not moves.goes_on(second)  # has asked for one thing
    go_on(second)
    assert moves.goes_on(second)
    clock.now_s += scheduler.STILL_S - 0.05
    assert moves.goes_on(second)
    assert not moves.goes_on(first)


@pytest.mark.parametrize("goes_on_s", [0.0, 0.35, np.inf])
def test_what_may_come_later_waits_for_who_goes_on_until_patience_ends(
    monkeypatch, clock, goes_on_s
):
    start_s, begun_s, waiting = clock.now_s, [], []
    is_moving = SimpleNamespace(goes_on=lambda _document: clock.now_s < start_s + goes_on_s)
    monkeypatch.setattr(scheduler, "_moves", is_moving)
    runner: Any = scheduler.LiveRunner()
    runner._document = Document()
    runner._loop = SimpleNamespace(call_later=lambda wait_s, look: waiting.append((wait_s, look)))
    runner._once_still(lambda: begun_s.append(clock.now_s - start_s))
    while waiting:
        wait_s, look = waiting.pop()
        clock.now_s += wait_s
        look()
    [waited_s] = begun_s
    expected_s = min(goes_on_s, scheduler.PATIENCE_S)
    assert -1e-6 < waited_s - expected_s < scheduler.LOOK_AGAIN_S + 1e-6
