"""
How the cost of an exact frontier grows with clients, regions and classes: what docs/scale.md tells.

    python -m tests.benchmarks.frontiers
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from explorer import Scenario
from explorer.measures.frontier import trace
from explorer.model.network import build_network, lp_data
from tests.benchmarks.once import world
from tests.benchmarks.peers import SOLVERS
from tests.benchmarks.solving import forgetful

START = {"clients": 60, "regions": 40, "classes": 4}
SIZES = {"clients": (30, 60, 120, 240, 480), "regions": (20, 40, 80, 160), "classes": (1, 2, 4, 8)}
RUNS = 3  # the fastest counts: whatever else the machine does only adds to it


def grow() -> Iterator[tuple[str, int, float, float, int]]:
    """
    Axis, size, seconds of the processor for a cold solve and for the exact frontier of one class
    from nothing, and how many steps that has.
    """
    for axis, sizes in SIZES.items():
        for size in sizes:
            yield axis, size, *measured(world(*(START | {axis: size}).values(), seed=1))


def measured(scenario: Scenario) -> tuple[float, float, int]:
    """Seconds of a cold solve and of a frontier, and its steps."""
    network, workload = build_network(scenario), next(iter(scenario.workloads))
    numbers = lp_data(network, "cost")

    def all_steps() -> int:
        with forgetful():
            return len(trace(network, workload, scenario.latency_relaxation_ms).table)

    steps = all_steps()
    return least_s(lambda: SOLVERS["wattlas"](numbers, network.home)), least_s(all_steps), steps


def least_s(work: Callable[[], object]) -> float:
    """Seconds of the processor that it takes, at best."""
    found = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    for axis, size, cold_s, frontier_s, steps in grow():
        print(f"{axis},{size},{cold_s:.4f},{frontier_s:.4f},{steps}", flush=True)


if __name__ == "__main__":
    main()
