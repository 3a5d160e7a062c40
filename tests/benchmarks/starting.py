"""The rows of starting: whole processes, against one that imports the tables' library and ends."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from tests.benchmarks.once import ROOT
from tests.benchmarks.table import Pairs, row, timed

RUNS = 7
PANDAS = ["-c", "import pandas"]
WAYS = {
    "import explorer": ["-c", "import explorer"],
    "wattlas --help": ["-m", "explorer", "--help"],
    "wattlas check world-2025": ["-m", "explorer", "check", "world-2025"],
}


def process_s(arguments: list[str]) -> float:
    """How long a process takes from its start to its end. [s]"""
    command = [sys.executable, *arguments]
    run = partial(subprocess.run, command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return timed(run)[0]


def process(arguments: list[str]) -> Pairs:
    for way in (arguments, PANDAS):  # once, so that files are in memory
        process_s(way)
    for _ in range(RUNS):
        yield process_s(arguments), process_s(PANDAS)


for _what, _arguments in WAYS.items():
    row(f"whole process: {_what}", "one that imports pandas")(partial(process, _arguments))
