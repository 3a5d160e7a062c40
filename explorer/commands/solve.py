"""`wattlas solve`."""

from __future__ import annotations

import argparse

from explorer import report
from explorer.archive import ENDING, take_home
from explorer.atomic_write import written_together
from explorer.commands.terminal import progress
from explorer.errors import ExplorerError
from explorer.model.solve import solve
from explorer.scenario.scenario import Scenario

_OTHER_FILES = (".csv", ".xlsx", ".tar", ".gz", ".7z")  # which a folder would be taken for


def run(args: argparse.Namespace) -> int:
    """Place the demand and write the results: into a folder, or all with the scenario as one ZIP file."""
    ending = args.output.suffix.lower()
    if ending in _OTHER_FILES:
        fix = f"Leave {ending} out for a folder, or let it end in {ENDING}."
        raise ExplorerError("Results are a folder or one ZIP file.", str(args.output), fix)
    scenario = Scenario.load(args.scenario)
    if ending == ENDING:
        with progress("Placing the demand"):
            take_home(scenario, args.output)
        print(
            f"Scenario, results and proof are in {args.output}; its README says how to repeat them."
        )
        return 0
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
