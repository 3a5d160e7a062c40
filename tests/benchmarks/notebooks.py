"""
The rows of the course: how long each lesson takes from top to bottom, in a kernel that has just
started.
"""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from explorer.packaged_data import LAYOUTS
from tests.benchmarks.once import ROOT
from tests.benchmarks.table import Pairs, row, timed

RUNS = 3
LESSONS = sorted((LAYOUTS / "classroom").glob("[1-9]*.ipynb"))


def lesson(path: Path) -> Pairs:
    for _ in range(RUNS):
        client = NotebookClient(nbformat.read(path, as_version=4), timeout=600)
        # what a kernel says as it starts would stand between the rows
        with client.setup_kernel(
            env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
        ):
            cells = list(enumerate(client.nb.cells))
            took_s, _ = timed(
                lambda client=client, cells=cells: [
                    client.execute_cell(cell, k) for k, cell in cells
                ]
            )
        yield took_s, 1


for _path in LESSONS:
    row(f"notebooks: {_path.stem}", "-")(partial(lesson, _path))
