"""The ids that measures take besides a scenario, and those that are meant where none is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from explorer.errors import ExplorerError
from explorer.measures.marginal_prices import ALL
from explorer.measures.wires_or_fibre import pair_of
from explorer.model.solve import solve
from explorer.scenario.scenario import Scenario
from explorer.words import tr


def choices(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """The ids that a scenario has, by the argument that takes one of them."""
    classes, regions = tuple(scenario.workloads), tuple(scenario.regions["id"])
    return {
        "workload": classes,
        "over": (ALL, *classes),
        "home": regions,
        "region": regions,
        "client": tuple(scenario.clients["id"]),
    }


def completed(scenario: Scenario, needs: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """
    What a measure needs: as given, otherwise the first class, all budgets together, the largest
    flow.

    Raises
    ------
    ExplorerError
        If home and region are the same, or there is no placement to find the flow in.
    """
    first = {
        name: known[0] for name, known in choices(scenario).items() if name in ("workload", "over")
    }
    found = {name: value for name, value in (first | dict(given)).items() if name in needs}
    if "home" in needs and not {"home", "region"} <= found.keys():
        pair = pair_of(
            solve(scenario), found["workload"], found.get("home", ""), found.get("region", "")
        )
        if pair is None:
            what = tr("There is only one region, so nothing can move.")
            raise ExplorerError(what, "regions.csv", tr("Add another."))
        found = {"home": pair[0], "region": pair[1]} | found
    if "home" in found and found["home"] == found["region"]:
        what = tr("Home and region are both {!r}: there is nothing to move.", found["home"])
        raise ExplorerError(what, "home, region", tr("Choose two that differ."))
    return found
