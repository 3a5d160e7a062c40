"""
Print the table of benchmarks, measured on this machine; the exit code is 1 when a row misses its
bar.

    python -m tests.benchmarks                       every row
    python -m tests.benchmarks frontier memory       only rows that contain one of these words
    python -m tests.benchmarks --figure growth.png   and the picture of how cost grows
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tests.benchmarks import (  # noqa: F401  each module enters its rows
    crowd,
    notebooks,
    page,
    page_solving,
    region_table,
    serving,
    snapshots,
    solving,
    starting,
    sweeping,
)  # fmt: skip
from tests.benchmarks.growth import draw
from tests.benchmarks.table import HEADER, ROWS, WIDTHS, line, measure


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure, compare, and judge."
    )
    parser.add_argument(
        "words", nargs="*", help="measure only rows that contain one of these words"
    )
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="also draw how cost grows with size, log-log"
    )
    options = parser.parse_args()
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(1)
    )  # an exception, on which servers are stopped
    chosen = [
        entry
        for entry in ROWS
        if not options.words or any(word in entry.what for word in options.words)
    ]
    print(line(HEADER), line(tuple("-" * width for width in WIDTHS)), sep="\n", flush=True)
    missed = 0
    for entry in chosen:
        text, passed = measure(entry)
        print(text, flush=True)
        missed += not passed
    if options.figure:
        draw(options.figure)
        print(f"\nDrew {options.figure}.")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
