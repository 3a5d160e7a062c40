"""Many scenarios: carry out a plan, as far as it is not done yet, and read what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype
from tqdm import tqdm

from explorer.errors import ExplorerError
from explorer.sweeps.chunk import versions
from explorer.sweeps.cluster import Chunk, Columns, client_of, solved
from explorer.sweeps.design import points_of
from explorer.sweeps.packages import package
from explorer.sweeps.plan import read_plan
from explorer.sweeps.store import Store, found, manifest_of, opened

PROGRESS_AFTER_S = 1.0
NEEDED = ("distributed", "locket", "pyarrow", "SALib")


def sweep(
    plan: str | Path | Mapping[str, Any],
    directory: str | Path | None = None,
    scheduler: str | None = None,
) -> pd.DataFrame:
    """
    Solve all scenarios of a plan, on the cores of this machine or on a Dask cluster.

    Parameters
    ----------
    plan : str, pathlib.Path or mapping
        A TOML file, or what such a file holds.
    directory : str or pathlib.Path, optional
        Where results are written, chunk by chunk. The same sweep there goes on after its last
        chunk, however it ended. Without it, results are returned only.
    scheduler : str, optional
        Address of a Dask scheduler, as "tcp://192.0.2.1:8786"; a cluster of this machine's cores
        unless given.

    Returns
    -------
    pandas.DataFrame
        As `read_sweep`.

    Raises
    ------
    PlanError
        If the plan cannot be carried out; it lists everything wrong with it, before any work.
    ExplorerError
        If another sweep lies in the directory, the cluster cannot be used, or the optional extra
        `sweep` is not installed.
    """
    for name in NEEDED:
        package(name)
    if directory is None:
        with TemporaryDirectory(prefix="wattlas-") as folder:
            return sweep(plan, folder, scheduler)
    todo = read_plan(plan)
    points = points_of(todo)
    chunks = list(_chunks(points, todo.points_per_chunk))
    manifest = manifest_of(todo, points, len(chunks)) | {"versions": versions()}
    with opened(Path(directory), manifest) as store:
        left = [chunk for chunk in chunks if store.read(chunk.number) is None]
        with _progress(len(points), sum(len(chunk.points) for chunk in left)) as bar:
            if left:
                with client_of(scheduler, len(left)) as client:
                    for chunk, columns in solved(client, todo.scenarios, left, todo.measures):
                        store.write(chunk.number, _table(chunk, columns))
                        bar.update(len(chunk.points))
        return _read(store)


def read_sweep(directory: str | Path) -> pd.DataFrame:
    """
    What is done of a sweep.

    Parameters
    ----------
    directory : str or pathlib.Path
        Where `sweep` wrote.

    Returns
    -------
    pandas.DataFrame
        One row per point, in the order of the plan:

        point, scenario
            Its number from 0, and the scenario's name.
        parameters by name
            As the plan has them; choices as text.
        figures by name
            The plan's measures, NaN where the point failed. `saving_usd_per_h` is against the
            point's own baseline, of just the load that the point serves, carbon at its price
            included; others are those of `Placement.totals`.
        failure
            Why there are no figures, and how to mend it; empty where there are.

        Its `attrs` have the plan, versions, seed and a checksum, and how many points are missing
        because the sweep is not finished.

    Raises
    ------
    ExplorerError
        If no sweep is there, a file of it is not what was written, or the optional extra `sweep` is
        not installed.
    """
    return _read(found(Path(directory)))


def _chunks(points: pd.DataFrame, size: int) -> Iterator[Chunk]:
    """
    Points that one worker solves one after the other: of one scenario, equal choices side by side,
    so that they mostly have one structure.
    """
    parameters = [*points.columns[2:]]
    choices = [name for name in parameters if not is_numeric_dtype(points[name])]
    number = 0
    for scenario, rows in points.groupby("scenario", sort=False):
        ordered = rows.sort_values(choices, kind="stable", key=_as_text) if choices else rows
        for first in range(0, len(rows), size):
            part = ordered.iloc[first : first + size]
            columns = {name: part[name].tolist() for name in parameters}
            yield Chunk(number, str(scenario), part["point"].tolist(), columns)
            number += 1


def _as_text(column: pd.Series) -> pd.Series:
    return column.astype(str)


def _table(chunk: Chunk, columns: Columns) -> pd.DataFrame:
    """A chunk as it is kept: choices as text, whether they are words or hours."""
    about = {"point": chunk.points, "scenario": chunk.scenario}
    table = pd.DataFrame(about | dict(chunk.parameters) | columns)
    numbers = {name for name in table if is_numeric_dtype(table[name])}
    return table.astype({name: float if name in numbers else str for name in [*table][1:]})


def _read(store: Store) -> pd.DataFrame:
    manifest = store.manifest
    read = {chunk: store.read(chunk) for chunk in range(manifest["chunks"])}
    tables = [table for table in read.values() if table is not None]
    files = [store.file(chunk) for chunk, table in read.items() if table is None]
    if damaged := ", ".join(file.name for file in files if file.exists()):
        fix = "Give the command that swept once more: it solves these points again."
        raise ExplorerError(f"Damaged since it was written: {damaged}.", str(store.folder), fix)
    if not tables:
        fix = "Carry it out: wattlas sweep PLAN -o DIR."
        raise ExplorerError("No chunk of the sweep is done.", str(store.folder), fix)
    table = pd.concat(tables, ignore_index=True).sort_values("point", ignore_index=True)
    table.attrs = {
        "measure": "sweep",
        "plan": manifest,
        "checksum": store.checksum(tables),
        "missing_points": manifest["points"] - len(table),
    }
    return table


def _progress(points: int, left: int) -> tqdm:
    """How many points are done, and how long the rest will take."""
    return tqdm(
        total=points, initial=points - left, desc="Sweep", unit=" points",
        delay=PROGRESS_AFTER_S, disable=None, smoothing=0.0,
    )  # fmt: skip
