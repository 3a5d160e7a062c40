"""`wattlas new`."""

from __future__ import annotations

import argparse

from explorer.atomic_write import written_folder
from explorer.scenario.scenario import Scenario


def run(args: argparse.Namespace) -> int:
    """Write a copy of a scenario as the beginning of another."""
    files = Scenario.load(args.source).files()
    with written_folder(args.folder, "scenario") as folder:
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
    print(f"In {args.folder}: {', '.join(sorted(files))}.")
    print(f"Change them, then: wattlas check {args.folder}")
    print("What each column is: wattlas columns")
    return 0
