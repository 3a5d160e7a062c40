"""`wattlas solve`."""

from __future__ import annotations

import argparse

from explorer import report
from explorer.atomic_write import written_together
from explorer.commands.terminal import progress
from explorer.model.solve import solve
from explorer.scenario.scenario import Scenario


def run(args: argparse.Namespace) -> int:
    """Place the demand and write the results."""
    scenario = Scenario.load(args.scenario)
    with written_together(args.output, report.RESULTS) as folder:
        with progress("Placing the demand"):
            placement = solve(scenario)
            report.write_results(scenario, placement, folder)
        text, files = (
            (folder / "summary.md").read_text(encoding="utf-8"),
            sorted(p.name for p in folder.iterdir()),
        )
    print(text)
    print(f"In {args.output}: {', '.join(files)}.")
    return 0
