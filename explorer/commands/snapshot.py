"""`wattlas snapshot`."""

from __future__ import annotations

import argparse

from explorer.app.snapshot.write import write_snapshot
from explorer.commands.terminal import progress
from explorer.scenario.scenario import Scenario


def run(args: argparse.Namespace) -> int:
    """Write a page that solves itself."""
    scenario = Scenario.load(args.scenario)
    with progress("Drawing"):
        written = write_snapshot(
            scenario,
            args.output,
            controls=args.control,
            hide=args.hide,
            base_url=args.base_url,
            language=args.lang,
            units=args.units,
        )
    print(f"{written.path}, {written.size_bytes / 1e6:.1f} MB: any browser opens it.")
    if args.embed:
        print(written.frame(args.embed))
    return 0
