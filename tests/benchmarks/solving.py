"""The numerical rows: re-solving after a move, the frontier, cold solves small and large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from explorer import Scenario, frontier
from explorer.cache import Memo, apart
from explorer.measures import frontier as frontiers
from explorer.measures.arguments import completed
from explorer.measures.frontier import trace
from explorer.model import solver
from explorer.model.network import Network, build_network, lp_data
from explorer.model.solve import solve, solve_network
from explorer.model.solver import PlacementModel
from explorer.registry import MEASURES
from tests.benchmarks.once import solve_alone
from tests.benchmarks.peers import SOLVERS, DirectHighs, program, pulp_cbc
from tests.benchmarks.table import Pairs, agree, row, timed

WORLD = "world-2025"
LARGE = 500, 200, 8
LARGE_CASE = Path(__file__).parents[1] / "cases" / "large"
LONG_S = 600.0
SEEDS = range(3)

Move = Callable[[Scenario, float], None]


def set_to(name: str, scenario: Scenario, value: float) -> None:
    setattr(scenario, name, value)


def set_budget(scenario: Scenario, value: float) -> None:
    next(iter(scenario.workloads.values())).latency_budget_ms = value


def set_hour(scenario: Scenario, value: float) -> None:
    scenario.hour = round(value)


MOVES: dict[str, tuple[Move, float, float]] = {
    "carbon price": (partial(set_to, "carbon_price_usd_per_t"), 0, 300),
    "latency budget": (set_budget, 100, 600),
    "friction": (partial(set_to, "friction_scale"), 0, 5),
    "capacity": (partial(set_to, "capacity_scale"), 0.5, 4),
    "hour": (set_hour, 0, 23),
}


def moved(move: Move, low: float, high: float, count: int) -> Iterator[Scenario]:
    """A slider dragged from end to end in `count` steps, then thrown about as often."""
    scenario = Scenario.load(WORLD)
    thrown = np.random.default_rng(0).uniform(low, high, count)
    for value in [*np.linspace(low, high, count + 1)[1:], *thrown]:
        move(scenario, float(value))
        yield scenario


class Warm:
    """Ours and HiGHS with the whole matrix, both solved once."""

    def __init__(self) -> None:
        network = build_network(Scenario.load(WORLD))
        numbers = lp_data(network, "cost")
        self.ours = PlacementModel(network.home, len(network.regions), len(network.workloads))
        self.peer = DirectHighs(numbers, network.home)
        agree(self.ours.solve(numbers).objective, self.peer.solve())

    def follow(self, network: Network) -> tuple[float, float]:
        """Both to new numbers: seconds of ours, seconds of the peer's."""
        numbers = lp_data(network, "cost")
        whole = program(numbers, network.home)  # not on the peer's clock
        ours, optimum = timed(lambda: self.ours.solve(numbers))

        def resolve() -> float:
            self.peer.change(whole)
            return self.peer.solve()

        theirs, objective = timed(resolve)
        agree(optimum.objective, objective)
        return ours, theirs


def after_a_move(move: Move, low: float, high: float) -> Pairs:
    warm = Warm()
    for scenario in moved(move, low, high, 15):
        yield warm.follow(build_network(scenario))


for _name, _move in MOVES.items():
    row(f"re-solve after a move: {_name}", "HiGHS itself, warm, whole matrix", 1.3)(
        partial(after_a_move, *_move)
    )


@row("the same, all five moves", "HiGHS runs alone, warm, our few columns")
def overhead() -> Pairs:
    for move in MOVES.values():
        network = build_network(Scenario.load(WORLD))
        model = PlacementModel(network.home, len(network.regions), len(network.workloads))
        model.solve(lp_data(network, "cost"))
        runs: list[float] = []
        run = model._live.highs.run

        def clocked(run: Callable[[], object] = run, runs: list[float] = runs) -> None:
            runs.append(timed(run)[0])

        with patch.object(model._live, "highs", _Stand(model._live.highs, clocked)):
            for scenario in moved(*move, 15):
                numbers = lp_data(build_network(scenario), "cost")
                runs.clear()
                seconds, _ = timed(partial(model.solve, numbers))
                yield seconds, sum(runs)


class _Stand:
    """HiGHS with a clock in front of `run`."""

    def __init__(self, highs: object, run: Callable[[], None]) -> None:
        self._highs, self.run = highs, run

    def __getattr__(self, name: str) -> object:
        return getattr(self._highs, name)


@row("the same, from scenario to placement", "HiGHS itself, warm, whole matrix")
def whole_way() -> Pairs:
    warm = Warm()
    for move in MOVES.values():
        for scenario in moved(*move, 8):
            ours, placement = timed(
                lambda scenario=scenario: solve_network(build_network(scenario))
            )
            _, theirs = warm.follow(placement.network)
            yield ours, theirs


@row("re-solve after a move, all five", "PuLP model built anew, CBC", 1 / 20)
def against_cbc() -> Pairs:
    warm = Warm()
    for move in MOVES.values():
        for scenario in moved(*move, 2):
            network = build_network(scenario)
            numbers = lp_data(network, "cost")
            ours, optimum = timed(partial(warm.ours.solve, numbers))
            theirs, objective = timed(partial(pulp_cbc, numbers, network.home))
            agree(optimum.objective, objective)
            yield ours, theirs


@contextmanager
def forgetful() -> Iterator[None]:
    """Inside, no model and no frontier is remembered from before."""
    with patch.object(frontiers, "_frontiers", Memo(1)), patch.object(solver, "_models", Memo(1)):
        yield


def exact_frontier(workload: str) -> Pairs:
    scenario = Scenario.load(WORLD)
    peer: DirectHighs | None = None
    for friction in (1.0, 0.5, 2.0):
        scenario.friction_scale = friction
        network = build_network(scenario)
        numbers = lp_data(network, "cost")
        cold, _ = timed(
            lambda numbers=numbers, network=network: SOLVERS["wattlas"](numbers, network.home)
        )
        with forgetful():
            seconds, found = timed(lambda network=network: trace(network, workload, 0.0))
        peer = peer or DirectHighs(numbers, network.home)
        check_steps(scenario, workload, peer, found)
        yield seconds, cold


def check_steps(
    scenario: Scenario, workload: str, peer: DirectHighs, found: frontiers.Frontier
) -> None:
    """At every step, and just short of the next, another solver must find the same cost."""
    table = found.table
    own_budget = scenario.workloads[workload].latency_budget_ms
    ends = [*(table["budget_ms"].to_numpy()[1:] - 1e-3), found.loosest_ms + 1.0]
    for cost, carbon, unserved, *budgets in zip(
        table["cost_usd_per_h"],
        table["carbon_kg_per_h"],
        table["unserved_mw"],
        table["budget_ms"],
        ends,
        strict=True,
    ):
        for budget in budgets:
            scenario.workloads[workload].latency_budget_ms = float(budget)
            network = build_network(scenario)
            peer.change(program(lp_data(network, "cost"), network.home))
            penalty = unserved * scenario.unserved_usd_per_mwh
            agree(cost + scenario.carbon_price_usd_per_t / 1000 * carbon + penalty, peer.solve())
    scenario.workloads[workload].latency_budget_ms = own_budget


for _workload in Scenario.load(WORLD).workloads:
    row(
        f"exact frontier of class {_workload}, all steps, from nothing",
        "one cold solve of ours",
        2,
    )(partial(exact_frontier, _workload))


@row("the same for 500 x 200 x 4, relocatable demand included", "one cold solve of ours", 10)
def large_frontier() -> Pairs:
    scenario = Scenario.load(LARGE_CASE)
    scenario.time_limit_s = LONG_S
    network = build_network(scenario)
    numbers = lp_data(network, "cost")
    cold, _ = timed(lambda: SOLVERS["wattlas"](numbers, network.home))
    with forgetful(), patch.object(frontiers, "_full_tables", Memo(1)):
        seconds, found = timed(lambda: frontier(scenario, next(iter(scenario.workloads))))
    assert len(found.table) == 22 and not found.missing
    yield seconds, cold


@row("all questions of one scenario computed, cold", "one cold solve of ours")
def all_questions() -> Pairs:
    scenario = Scenario.load(WORLD)
    network = build_network(scenario)
    numbers = lp_data(network, "cost")
    cold, _ = timed(lambda: SOLVERS["wattlas"](numbers, network.home))
    with apart():
        yield timed(lambda: [answer(name, scenario) for name in MEASURES])[0], cold


def answer(name: str, scenario: Scenario) -> object:
    """What a measure says where nobody gives it more than a scenario."""
    measure = MEASURES[name]
    subject = solve(scenario) if measure.takes == "placement" else scenario
    return measure.function(subject, **completed(scenario, measure.needs, {}))


def cold(peer: str) -> Pairs:
    network = build_network(Scenario.load(WORLD))
    numbers = lp_data(network, "cost")
    SOLVERS[peer](numbers, network.home)  # what is imported or set up once is not the solve's
    for _ in range(5):
        ours, found = timed(lambda: SOLVERS["wattlas"](numbers, network.home))
        theirs, objective = timed(lambda: SOLVERS[peer](numbers, network.home))
        agree(found, objective)
        yield ours, theirs


for _peer in SOLVERS:
    if _peer != "wattlas":
        row("cold solve, model stated anew", _peer)(partial(cold, _peer))


@cache
def large(seed: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds and peak memory, each ours and HiGHS's."""
    our_s, our_mb, our_objective = solve_alone("wattlas", *LARGE, seed)
    peer_s, peer_mb, peer_objective = solve_alone("highspy", *LARGE, seed)
    agree(our_objective, peer_objective)
    return (our_s, peer_s), (our_mb, peer_mb)


@row("500 clients x 200 regions x 8 classes, cold", "highspy, whole matrix", 1)
def large_seconds() -> Pairs:
    for seed in SEEDS:
        yield large(seed)[0]


@row("the same, peak memory", "highspy, whole matrix", 1, unit="MB")
def large_memory() -> Pairs:
    for seed in SEEDS:
        yield large(seed)[1]
