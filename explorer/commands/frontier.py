"""`wattlas frontier`."""

from __future__ import annotations

import argparse

from explorer import report
from explorer.atomic_write import written_together
from explorer.commands.terminal import STDOUT, progress, refuse_unknown, standard_output
from explorer.errors import ExplorerError
from explorer.measures.arguments import choices
from explorer.measures.frontier import frontier
from explorer.scenario.scenario import Scenario

CSV = ".csv"


def run(args: argparse.Namespace) -> int:
    """Show or write the steps of a frontier."""
    scenario = Scenario.load(args.scenario)
    refuse_unknown("class", args.over, "--over", choices(scenario)["over"])

    def trace():
        with progress("Tracing the frontier"):
            return frontier(scenario, args.over, exact=not args.grid)

    if args.output is None:
        print(report.steps_text(scenario, trace()))
        return 0
    if args.output == STDOUT:
        with standard_output() as out:
            report.write_table(trace().table, out)
        return 0
    if args.output.suffix.lower() != CSV:
        raise ExplorerError("Steps are a CSV table.", str(args.output), f"Let it end in {CSV}.")
    with written_together(args.output.parent, [args.output.name]) as folder:
        steps = trace()
        report.write_table(steps.table, folder / args.output.name)
    print(
        " ".join(
            [f"{len(steps.table)} steps in {args.output}.", report.missing_text(steps)]
        ).strip()
    )
    return 0
