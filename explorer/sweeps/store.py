"""
A sweep's folder: `sweep.json` says what is computed and with what, `points` has a Parquet file for
each chunk that is done.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pandas as pd

from explorer.atomic_write import unwritable, written_whole
from explorer.cache import digest
from explorer.errors import ExplorerError
from explorer.scenario.scenario import TABLES, Scenario
from explorer.sweeps.packages import package
from explorer.sweeps.plan import Bounds, Plan

FORMAT = 1  # raised when a folder of today can no longer be read
MANIFEST, POINTS, LOCK = "sweep.json", "points", ".lock"
_KEY = b"wattlas"  # of what a chunk's file says of itself
_UNFINISHED = ".wattlas-*"  # what is left of files that were being written

Manifest = dict[str, Any]


def manifest_of(plan: Plan, points: pd.DataFrame, chunks: int) -> Manifest:
    """What a sweep is, in words that a file can hold; equal for equal sweeps."""
    values = {
        name: {key: asdict(of) if isinstance(of, Bounds) else [*of] for key, of in each.items()}
        for name, each in plan.values.items()
    }
    return {
        "format": FORMAT,
        "title": plan.title,
        "method": plan.method,
        "samples": plan.samples,
        "levels": plan.levels,
        "seed": plan.seed,
        "parameters": values,
        "varied": [*plan.varied],
        "measures": [*plan.measures],
        "points": len(points),
        "chunks": chunks,
        "points_per_chunk": plan.points_per_chunk,
        "scenarios": {name: scenario_digest(of) for name, of in plan.scenarios.items()},
        "drawn": digest(*(points[name].astype(str) for name in points)).hex(),
    }


def scenario_digest(scenario: Scenario) -> str:
    """A short key of all figures of a scenario."""
    frames = {name: getattr(scenario, name) for name in TABLES}
    frames["workloads"] = scenario.workloads_table()
    parts: list[Any] = [repr(scenario.settings())]
    for name, frame in frames.items():
        if frame is not None:
            parts += [name, [*frame.columns], *(frame[column].astype(str) for column in frame)]
    return digest(*parts).hex()


class Store:
    """
    The folder of one sweep.

    Parameters
    ----------
    folder : pathlib.Path
    manifest : dict
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        self._id = digest(json.dumps(manifest, sort_keys=True)).hex()

    def file(self, chunk: int) -> Path:
        """Where the points of a chunk lie once they are done."""
        return self.folder / POINTS / f"{chunk:06}.parquet"

    def write(self, chunk: int, table: pd.DataFrame) -> None:
        """Write a chunk, whole or not at all."""
        arrow, parquet = package("pyarrow"), package("pyarrow.parquet")
        about = {"sweep": self._id, "chunk": chunk, "checksum": checksum(table)}
        columns = arrow.Table.from_pandas(table, preserve_index=False)
        columns = columns.replace_schema_metadata({_KEY: json.dumps(about).encode()})
        with written_whole(self.file(chunk), "chunk") as path:
            parquet.write_table(columns, path)
            with path.open("rb+") as file:  # what has its place is on the disk
                os.fsync(file.fileno())

    def read(self, chunk: int) -> pd.DataFrame | None:
        """
        The points of a chunk; None where it is not done, or its file is not what was written.
        """
        arrow, parquet = package("pyarrow"), package("pyarrow.parquet")
        try:
            columns = parquet.ParquetFile(self.file(chunk)).read()
            about = json.loads(columns.schema.metadata[_KEY])
            table = columns.replace_schema_metadata(None).to_pandas()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, arrow.ArrowException):
            return None
        wanted = {"sweep": self._id, "chunk": chunk, "checksum": checksum(table)}
        return table if about == wanted else None

    def checksum(self, tables: Sequence[pd.DataFrame]) -> str:
        """Of all content: equal where every figure is, to the last digit."""
        return digest(*(checksum(table) for table in tables)).hex()


def checksum(table: pd.DataFrame) -> str:
    """Of the content of a chunk, to the last digit."""
    return digest([*table.columns], *(table[name] for name in table)).hex()


@contextmanager
def opened(folder: Path, manifest: Manifest) -> Iterator[Store]:
    """
    The folder to carry out a sweep in, new or of the same one before; nobody else works there.

    Raises
    ------
    ExplorerError
        If something else lies there: another plan, other versions, or no sweep at all.
    """
    is_new = not folder.exists()
    if not is_new and not folder.is_dir():
        raise ExplorerError(
            "There is a file of that name.", str(folder), "Name a folder, new or empty."
        )
    try:
        if not (folder / MANIFEST).exists() and _is_of_others(folder):
            fix = "Choose a new folder, or an empty one."
            raise ExplorerError("Something that is no sweep lies there.", str(folder), fix)
        (folder / POINTS).mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            _begin(folder, manifest)
            try:
                yield Store(folder, manifest)
            finally:
                if is_new and not any((folder / POINTS).glob("*.parquet")):  # nothing came of it
                    shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise unwritable("The sweep cannot be written", str(folder), error) from error


def _is_of_others(folder: Path) -> bool:
    """Whether something lies there that no sweep begins with."""
    names = {entry.name for entry in folder.iterdir()} if folder.exists() else set()
    return any(name not in (LOCK, POINTS) and not fnmatch(name, _UNFINISHED) for name in names)


def found(folder: Path) -> Store:
    """
    The sweep in a folder.

    Raises
    ------
    ExplorerError
        If there is none that can be read.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if not isinstance(manifest, dict) or not {"format", "chunks", "points"} <= manifest.keys():
            raise ValueError("it does not say what was swept")
    except FileNotFoundError as error:
        fix = "Give the folder that `wattlas sweep` wrote."
        raise ExplorerError("There is no sweep there.", str(folder), fix) from error
    except (OSError, ValueError) as error:
        fix = "Remove this file, and give the command that swept once more: what is done stays."
        what, where = f"This cannot be read: {error}.", str(folder / MANIFEST)
        raise ExplorerError(what, where, fix) from error
    if manifest["format"] != FORMAT:
        what = "The sweep there was written by another version of Wattlas."
        raise ExplorerError(what, str(folder), "Read it with that one, or sweep into a new folder.")
    return Store(folder, manifest)


def _begin(folder: Path, manifest: Manifest) -> None:
    """Say what the folder is about, or see that it is about the same."""
    if (folder / MANIFEST).exists():
        _refuse_other(folder, found(folder).manifest, manifest)
    else:
        with written_whole(folder / MANIFEST, "sweep") as path:
            path.write_text(json.dumps(manifest, indent=1), "utf-8")
    for place in (folder, folder / POINTS):
        for left in place.glob(_UNFINISHED):
            shutil.rmtree(left, ignore_errors=True)


def _refuse_other(folder: Path, there: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    other = [key for key in wanted if there.get(key) != wanted[key]]
    if not other:
        return
    if other == ["versions"]:
        had = there.get("versions", {})
        differ = [f"{name} {had.get(name)}, now {version}"
                  for name, version in wanted["versions"].items() if had.get(name) != version]  # fmt: skip
        what = f"The sweep there was begun with other versions: {'; '.join(differ)}."
        fix = "Install those versions to go on, or choose a new folder."
    else:
        words = {"drawn": "points", "points_per_chunk": "chunk_points"}
        names = [words.get(key, key) for key in other if key not in ("versions", "chunks")]
        what = (
            f"The sweep there is of another plan: it differs in {', '.join(dict.fromkeys(names))}."
        )
        fix = "Choose a new folder, or the plan that the sweep was begun with."
    raise ExplorerError(what, str(folder), fix)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let nobody else carry out a sweep there; a process that ends, however, lets go."""
    locket = package("locket")
    try:
        with locket.lock_file(str(folder / LOCK), timeout=0):
            yield
    except locket.LockError:
        what = "Another process carries out a sweep there."
        fix = "Wait for it, or choose another folder."
        raise ExplorerError(what, str(folder), fix) from None
