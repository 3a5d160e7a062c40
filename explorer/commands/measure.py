"""`wattlas measure`."""

from __future__ import annotations

import argparse
from typing import Any

from explorer import report
from explorer.atomic_write import written_together
from explorer.commands.terminal import STDOUT, progress, refuse_unknown, standard_output
from explorer.errors import ExplorerError
from explorer.measures.arguments import choices, completed
from explorer.model.solve import solve
from explorer.presentation import drawing, renderer
from explorer.registry import MEASURES
from explorer.scenario.scenario import Scenario
from explorer.workbook import write_workbook

CSV, WORKBOOK, FIGURES = ".csv", ".xlsx", (".svg", ".pdf", ".png")  # endings of its files


def run(args: argparse.Namespace) -> int:
    """Write one measure as a table or as a figure."""
    refuse_unknown("measure", args.measure, "NAME", MEASURES)
    measure, output = MEASURES[args.measure], args.output
    if output != STDOUT and output.suffix.lower() not in (CSV, WORKBOOK, *FIGURES):
        fix = f"Let it end in {', '.join((CSV, WORKBOOK, *FIGURES))}."
        what = "A measure is a CSV or XLSX table, or an SVG, PDF or PNG figure."
        raise ExplorerError(what, str(output), fix)
    scenario = Scenario.load(args.scenario)
    given = _given_ids(args, scenario)

    def compute() -> Any:
        with progress(measure.title):
            subject = solve(scenario) if measure.takes == "placement" else scenario
            found = {name: given[name] for name in measure.may_take if name in given}
            return measure.function(subject, **completed(scenario, measure.needs, given), **found)

    if output == STDOUT:
        with standard_output() as out:
            report.write_table(report.table_of(compute()), out)
        return 0
    with written_together(output.parent, [output.name]) as folder:
        result, file = compute(), folder / output.name
        if output.suffix.lower() == CSV:
            report.write_table(report.table_of(result), file)
        elif output.suffix.lower() == WORKBOOK:
            write_workbook({measure.name: report.table_of(result)}, file)
        elif renderer(result, "figure") or renderer(result, "chart"):
            drawing().figure(result, file)
        else:
            fix = f"Write its table: let the name end in {CSV}."
            raise ExplorerError(f"There is no figure of {measure.name}.", str(output), fix)
    print(f"{measure.title} The answer is in {output}.")
    return 0


def _given_ids(args: argparse.Namespace, scenario: Scenario) -> dict[str, str]:
    """The ids that somebody gave for a measure, each known and of use."""
    measure, known = MEASURES[args.measure], choices(scenario)
    needs = measure.needs + measure.may_take
    given = {name: value for name in known if (value := getattr(args, name)) is not None}
    for name, value in given.items():
        if name not in needs:
            takes = f" It takes {', '.join(f'--{need}' for need in needs)}." if needs else ""
            raise ExplorerError(
                f"There is no --{name} of {args.measure}.", f"--{name}", f"Leave it out.{takes}"
            )
        kind = {"home": "region", "region": "region", "client": "client"}.get(name, "class")
        refuse_unknown(kind, value, f"--{name}", known[name])
    return given
