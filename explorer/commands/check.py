"""`wattlas check`."""

from __future__ import annotations

import argparse

import pandas as pd

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
    print(_what_is_measured(scenario))
    if scenario.legal_zones is None:
        print(_zones(scenario))
    print(_figures_by_quality(scenario))
    if warnings:
        print("Warnings, for what can be meant but seldom is:", *lines(warnings), sep="\n")
    return 0


def _what_is_measured(scenario: Scenario) -> str:
    """How many round trips between regions are measured."""
    regions, measured = scenario.regions["id"], scenario.rtt_ms
    count = len(regions) * (len(regions) - 1) // 2
    pairs = (
        () if measured is None else zip(measured["from_region"], measured["to_region"], strict=True)
    )
    known = len({frozenset(pair) for pair in pairs if pair[0] != pair[1]})
    rest = f", {count - known:,} estimated from distance" if known < count else ""
    return f"Round trips: {known:,} of {count:,} pairs of regions are measured{rest}."


def _zones(scenario: Scenario) -> str:
    """The legal zones that places lie in, the smallest last: a slip of the pen stands alone."""
    places = pd.concat([scenario.regions["legal_zone"], scenario.clients["legal_zone"]])
    counts = places.value_counts()
    shown = ", ".join(f"{as_shown(zone)} ({count})" for zone, count in counts.items())
    return f"Legal zones, by places in them: {shown}."


def _figures_by_quality(scenario: Scenario) -> str:
    """How many figures of each table are how sure, as lines of text."""
    counts = coverage(scenario).pivot_table(QUALITIES, "table", aggfunc="sum", sort=False)
    counts = counts.loc[:, [*QUALITIES]]
    counts.loc["all tables"] = counts.sum()
    return f"Figures by how sure they are:\n{counts.rename_axis(None).to_string()}"
