"""
The rows of sweeps: the same solves in plain warm loops, and memory from a short sweep to a long one.

    python -m tests.benchmarks.sweeping          what the documentation tells of how cost grows
    python -m tests.benchmarks.sweeping 10000    so many scenarios once each way
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from distributed import Client

from explorer import Scenario, sweep
from explorer.measures.headlines import headlines, like_for_like
from explorer.model.network import build_network
from explorer.model.placement import BASELINES
from explorer.model.solve import solve_with
from explorer.model.solver import PlacementModel
from explorer.sweeps.chunk import solve_points, versions
from explorer.sweeps.cluster import own_cluster
from explorer.sweeps.design import points_of
from explorer.sweeps.plan import DEFAULT_FIGURES, MOST_CHUNK_POINTS, owner_of, read_plan
from tests.benchmarks.once import peak_mb, world
from tests.benchmarks.table import Pairs, agree, row, timed

WORLD = "world-2025"
POINTS = 2000
RUNS = 3
PROCESSES = 2


def plan_of(points: int) -> dict[str, Any]:
    """Five settings of a scenario at random, as an analyst would."""
    return {
        "scenarios": [WORLD],
        "method": "latin hypercube",
        "samples": points,
        "seed": 1,
        "chunk_points": MOST_CHUNK_POINTS,  # as 10,000 scenarios have
        "parameters": {
            "carbon_price_usd_per_t": {"from": 0, "to": 200},
            "egress_usd_per_gb": "range",
            "capacity_scale": {"from": 0.8, "to": 2},
            "friction_scale": {"from": 0, "to": 3},
            "A.latency_budget_ms": {"from": 150, "to": 600},
        },
    }


def plain_loop(rows: Sequence[dict[str, Any]]) -> float:
    """The same solves in one warm loop: optimum, baseline, headline figures. Sum of the costs."""
    scenario = Scenario.load(WORLD)
    network = build_network(scenario)
    shape = network.home, len(network.regions), len(network.workloads)
    best, base, total = PlacementModel(*shape), PlacementModel(*shape), 0.0
    for values in rows:
        for name, value in values.items():
            owner, own = owner_of(scenario, name)
            setattr(owner, own, value)
        network = build_network(scenario)
        found = solve_with(best, network, network.objective)
        baseline = solve_with(base, network, BASELINES[network.baseline_rule])
        headlines(found, baseline)
        like_for_like(found, baseline)
        total += found.cost_usd_per_h
    return total


def in_processes(points: pd.DataFrame) -> float:
    """Every other row to each of two processes that begin with it, as a script would."""
    rows = points.drop(columns=["point", "scenario"]).to_dict("records")
    with get_context("spawn").Pool(PROCESSES) as pool:
        return sum(pool.map(plain_loop, [rows[n::PROCESSES] for n in range(PROCESSES)]))


def timed_sweep(points: int) -> tuple[float, float]:
    """Seconds of a whole sweep, its cluster and files included, and the sum of its costs."""
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        table = sweep(plan_of(points), Path(folder) / "sweep")
        return time.perf_counter() - start, float(table["cost_usd_per_h"].sum())


@row(
    f"sweep of {POINTS} scenarios, cluster and files included",
    "plain warm loops, two processes",
    1.2,
)
def against_plain_loops() -> Pairs:
    points = points_of(read_plan(plan_of(POINTS)))
    for _ in range(RUNS):
        ours, cost = timed_sweep(POINTS)
        start = time.perf_counter()
        plain = in_processes(points)
        theirs = time.perf_counter() - start
        agree(cost / POINTS, plain / POINTS)
        yield ours, theirs


@row("memory of a worker after 1,500 scenarios", "after 250", 1.1, unit="MB")
def memory_stays() -> Pairs:
    alike = {"chunk_points": 100}  # a chunk remembers its last placements until it ends
    with own_cluster(1) as cluster, Client(cluster) as client:
        client.wait_for_workers(1)
        address = cluster.scheduler_address
        sweep(plan_of(250) | alike, scheduler=address)
        (few,) = client.run(resident_mb).values()
        sweep(plan_of(1500) | alike, scheduler=address)
        (many,) = client.run(resident_mb).values()
    yield many, few


def resident_mb() -> float:
    """Resident size of this process. [MB]"""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


# how the cost of a scenario grows: what docs/scale.md tells


START = {"clients": 60, "regions": 40, "classes": 4}
SIZES = {
    "clients": (30, 60, 120, 240, 480),
    "regions": (20, 40, 80, 160),
    "classes": (1, 2, 4, 8),
    "scenarios": (1, 10, 100, 1000),
}
FEW = 40  # points of a chunk whose cost is told per point


def grow() -> Iterator[tuple[str, int, float, float]]:
    """Axis, size, seconds of the processor for a point of a chunk, and for the first one alone."""
    for axis, sizes in SIZES.items():
        for size in sizes:
            shape = START | ({axis: size} if axis in START else {})
            scenario = world(*shape.values(), seed=1)
            points = size if axis == "scenarios" else FEW
            yield axis, size, chunk_s(scenario, points) / points, chunk_s(scenario, 1)


def chunk_s(scenario: Scenario, points: int) -> float:
    """Seconds of the processor that a chunk takes."""
    rng = np.random.default_rng(1)
    columns = {
        "carbon_price_usd_per_t": rng.uniform(0, 200, points).tolist(),
        "friction_scale": rng.uniform(0, 3, points).tolist(),
        "capacity_scale": rng.uniform(0.8, 2, points).tolist(),
    }
    start = time.process_time()
    solve_points(scenario, columns, DEFAULT_FIGURES, versions())
    return time.process_time() - start


def travels() -> Iterator[tuple[str, float]]:
    """What goes to a worker and back, for a chunk of `world-2025`. [kB]"""
    plan = read_plan(plan_of(250))
    points = points_of(plan).drop(columns=["point", "scenario"]).to_dict("list")
    scenario = plan.scenarios[WORLD]
    yield "scenario, once per worker", len(pickle.dumps(scenario)) / 1e3
    yield "parameters of a chunk", len(pickle.dumps(points)) / 1e3
    figures = solve_points(scenario, points, DEFAULT_FIGURES, versions())
    yield "figures of a chunk", len(pickle.dumps(figures)) / 1e3


def against_plain_loops_once(points: int) -> None:
    """Print what so many scenarios take each way, of the clock and of the processor."""
    rows, costs = points_of(read_plan(plan_of(points))), []
    ways = {
        "plain warm loops, two processes": lambda: in_processes(rows),
        "sweep, cluster and files included": lambda: timed_sweep(points)[1],
    }
    for what, way in ways.items():
        before_s = processor_s()
        clock_s, cost = timed(way)
        costs.append(cost / points)
        used_s = processor_s() - before_s
        print(f"{what:36}{clock_s:9.1f} s{used_s:9.1f} s of the processor", flush=True)
    agree(*costs)


def processor_s() -> float:
    """Of this process and of those that it has waited for. [s]"""
    used = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    if sys.argv[1:]:
        return against_plain_loops_once(int(sys.argv[1]))
    for axis, size, each_s, first_s in grow():
        print(f"{axis:10}{size:6}{each_s:9.4f}{first_s:9.4f}", flush=True)
    print("peak of this process [MB]", round(peak_mb()))
    for what, size_kb in travels():
        print(f"{what:28}{size_kb:9.1f} kB")


if __name__ == "__main__":
    main()
