"""Where chunks are solved: on the cores of this machine, or on a cluster that is there, by Dask."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tqdm import tqdm

from explorer.errors import ExplorerError, told
from explorer.scenario.scenario import Scenario
from explorer.sweeps.chunk import solve_points, versions
from explorer.sweeps.packages import package

PATIENCE_S = 15  # for a scheduler to answer
HERE, WORKER = "127.0.0.1", "distributed.cli.dask_worker"
WORKER_SETTINGS = {  # unless the environment has its own
    # Dask's profiler keeps an hour of what a worker does: 5 MB for 300 scenarios, and more
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    # Dask has glibc return memory at once, so that arrays are paged in anew at each solve: a quarter
    # of a worker's time
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}
# whoever has nothing left to do takes a chunk that waits elsewhere; Dask looks once a second
SCHEDULER_SETTINGS = {"distributed.scheduler.work-stealing-interval": "100ms"}
AHEAD = 2  # chunks under way for each that is being solved: so few that memory stays flat

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Chunk:
    """Points of one scenario."""

    number: int
    scenario: str
    points: Sequence[int]  # their numbers
    parameters: Mapping[str, Sequence[Any]]  # a column for each


@contextmanager
def client_of(scheduler: str | None, chunks: int) -> Iterator[Any]:
    """
    A client of the cluster at an address, or of one that begins and ends with it: a process per
    core of this machine.

    Raises
    ------
    ExplorerError
        If no scheduler answers, or Dask is not installed.
    """
    distributed = package("distributed")
    if scheduler is None:
        workers = max(1, min(chunks, package("dask.system").CPU_COUNT))
        with own_cluster(workers) as cluster, distributed.Client(cluster) as client:
            client.wait_for_workers(workers)  # or the first one to come would get all there is
            yield client
        return
    try:
        with ThreadPoolExecutor(1) as thread:  # a notebook has a loop in its own
            thread.submit(asyncio.run, _knock(scheduler)).result()
        client = distributed.Client(scheduler, timeout=PATIENCE_S)
    except (OSError, TimeoutError, ValueError) as error:
        fix = "Start one with `dask scheduler`, and give the address that it prints."
        raise ExplorerError("No Dask scheduler answers there.", scheduler, fix) from error
    with client:
        if not client.nthreads():
            tqdm.write(
                f"No worker is there yet: start one with `dask worker {scheduler}`.", sys.stderr
            )
        yield client


async def _knock(scheduler: str) -> None:
    """Raise where something else answers, for which a client would wait for ever."""
    connecting = package("distributed.core").connect(scheduler, timeout=PATIENCE_S)
    await (await asyncio.wait_for(connecting, PATIENCE_S)).close()


@contextmanager
def own_cluster(count: int) -> Iterator[Any]:
    """
    A scheduler here, and so many worker processes. They end with it, whatever ends this process.
    """
    with (
        package("dask").config.set(SCHEDULER_SETTINGS),
        package("distributed").LocalCluster(
            n_workers=0,
            host=HERE,
            dashboard_address=f"{HERE}:0",  # of its health only, and nobody else's port
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        workers = [_started_worker(cluster.scheduler_address) for _ in range(count)]
        try:
            yield cluster
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()


def _started_worker(address: str) -> subprocess.Popen[bytes]:
    """
    A program of its own: one that is forked or spawned would run the script again that sweeps. In
    a session of its own, so that a terminal's Ctrl-C is for who sweeps alone.
    """
    options = ["--host", HERE, "--nthreads", "1", "--memory-limit", "0", "--no-dashboard"]
    options += ["--dashboard-address", f"{HERE}:0"]  # likewise
    options += ["--preload", solve_points.__module__]  # or the second to solve waits for the first
    return subprocess.Popen(
        [sys.executable, "-m", WORKER, address, *options, "--death-timeout", str(PATIENCE_S)],
        env=WORKER_SETTINGS | os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def solved(
    client: Any, scenarios: Mapping[str, Scenario], chunks: Sequence[Chunk], measures: Sequence[str]
) -> Iterator[tuple[Chunk, Columns]]:
    """
    Chunks and their figures, as they are done.

    Scenarios travel once to every worker, then numbers only: parameters there, figures back.

    Raises
    ------
    ExplorerError
        If a worker cannot solve at all: Wattlas is not installed there, in another version, or the
        worker was ended.
    """
    worlds = {
        name: client.submit(pickle.loads, pickle.dumps(scenario), pure=False)
        for name, scenario in scenarios.items()
    }
    expected, under_way, waiting = versions(), dict[Any, Chunk](), iter(chunks)
    done = package("distributed").as_completed(with_results=True, raise_errors=False)

    def submit_next() -> None:
        """As many chunks as workers will soon want, those that came meanwhile too."""
        wanted = AHEAD * max(1, sum(client.nthreads().values()))
        for chunk in islice(waiting, max(0, wanted - len(under_way))):
            arguments = worlds[chunk.scenario], chunk.parameters, measures, expected
            future = client.submit(solve_points, *arguments, pure=False)
            under_way[future] = chunk
            done.add(future)

    try:
        submit_next()
        for future, result in done:
            if future.status != "finished":
                raise _refused(future)
            yield under_way.pop(future), result
            submit_next()
    finally:
        client.cancel([*under_way])


def _refused(future: Any) -> ExplorerError:
    """What to tell of a chunk that no worker could solve."""
    error = future.exception() if future.status == "error" else None
    if isinstance(error, ExplorerError):
        return error
    if isinstance(error, ModuleNotFoundError):
        fix = f"Install Wattlas there, too: {error}."
        return ExplorerError("A worker does not know Wattlas.", "a worker of the sweep", fix)
    if error is None or type(error).__name__ == "KilledWorker":
        fix = "Give workers more memory, or make chunks smaller: chunk_points. What is done stays."
        return ExplorerError("Workers ended while they solved a chunk.", "the cluster", fix)
    return told(error)
