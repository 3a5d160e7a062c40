"""`wattlas check`."""

from __future__ import annotations

import argparse

from explorer.errors import ScenarioError, lines
from explorer.model.doubts import doubts
from explorer.model.labels import as_shown
from explorer.model.network import build_network
from explorer.scenario.provenance import QUALITIES, coverage
from explorer.scenario.scenario import Scenario, check


def run(args: argparse.Namespace) -> int:
    """List what is wrong in a scenario's files."""
    problems = check(args.scenario)
    if not problems:
        scenario = Scenario.load(args.scenario)
        try:
            build_network(scenario)
        except ScenarioError as error:  # what shows only when settings and tables meet
            problems = error.problems
    if problems:
        print(*lines(problems), sep="\n")
        return 2
    warnings = doubts(args.scenario)
    contents = f"{len(scenario.clients)} clients, {len(scenario.regions)} regions, {len(scenario.workloads)} classes"
    print(
        f"No problems.\n{as_shown(scenario.title)}: {contents}, {scenario.total_demand_mw:g} MW of demand."
    )
    print(_figures_by_quality(scenario))
    if warnings:
        print("Warnings, for what can be meant but seldom is:", *lines(warnings), sep="\n")
    return 0


def _figures_by_quality(scenario: Scenario) -> str:
    """How many figures of each table are how sure, as lines of text."""
    counts = coverage(scenario).pivot_table(QUALITIES, "table", aggfunc="sum", sort=False)
    counts = counts.loc[:, [*QUALITIES]]
    counts.loc["all tables"] = counts.sum()
    return f"Figures by how sure they are:\n{counts.rename_axis(None).to_string()}"
