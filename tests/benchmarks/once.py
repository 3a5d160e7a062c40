"""
One cold solve in a process of its own, so that its peak memory is its own too.

    python -m tests.benchmarks.once highspy 500 200 8 0

prints seconds, peak memory [MB] and objective. The clock starts with the numbers at hand and stops
at the optimum.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from explorer import Scenario
from explorer.model.network import build_network, lp_data
from tests.benchmarks.table import timed
from tests.scenarios import random_scenario

ROOT = Path(__file__).parents[2]


def world(clients: int, regions: int, workloads: int, seed: int) -> Scenario:
    """
    A random world in which some of everything happens: arcs of every kind are open, and some
    regions are full.
    """
    return random_scenario(
        seed, clients, regions, workloads, legal_policy="today", latency_model="measured", latency_relaxation_ms=100.0,
        state_local_scale=0.3, capacity_scale=1.0, carbon_price_usd_per_t=50.0,
    )  # fmt: skip


def solve_alone(
    solver: str, clients: int, regions: int, workloads: int, seed: int
) -> tuple[float, float, float]:
    """Seconds, peak memory [MB] and objective of a cold solve in a new process."""
    sizes = [str(n) for n in (clients, regions, workloads, seed)]
    command = [sys.executable, "-m", "tests.benchmarks.once", solver, *sizes]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    seconds, peak_mb, objective = map(float, printed.splitlines()[-1].split())
    return seconds, peak_mb, objective


def peak_mb() -> float:
    """
    Largest resident size of this process so far. [MB]

    From the kernel's own account: `ru_maxrss` would hand the parent's size down to its children.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(solver: str, *sizes: str) -> None:
    from tests.benchmarks.peers import SOLVERS

    tiny, wanted = (build_network(world(*shape)) for shape in ((3, 3, 1, 0), map(int, sizes)))
    SOLVERS[solver](
        lp_data(tiny, "cost"), tiny.home
    )  # what is imported or set up once is not the solve's
    numbers = lp_data(wanted, "cost")
    seconds, objective = timed(lambda: SOLVERS[solver](numbers, wanted.home))
    print(seconds, peak_mb(), repr(objective))


if __name__ == "__main__":
    main(*sys.argv[1:])
