"""
What would serve the load that goes unserved: the least change of one thing at a time, each tried
out by a solve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from explorer.cache import Memo
from explorer.measures.frontier import UNSERVED_MW
from explorer.measures.max_service import round_up
from explorer.measures.remedy_search import Names, Search, total_mw
from explorer.model.labels import NamesById, labels_of
from explorer.model.network import Network, build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario
from explorer.words import mark, reader

EVERYONE = mark("everyone")
NO_REMEDY = mark("no single change serves it")
COLUMNS = (
    "client", "workload", "unserved_mw", "constraint", "kind", "amount", "unit", "remedy", "serves_mw",
    "cost_change_usd_per_h",
)  # fmt: skip


def names_of(scenario: Scenario) -> Names:
    """The names and zones of a scenario."""
    clients, regions, labels = scenario.clients, scenario.regions, labels_of(scenario)
    return Names(
        tuple(clients["legal_zone"]), tuple(regions["legal_zone"]), labels.regions, labels.zones
    )


def remedies(scenario: Scenario) -> pd.DataFrame:
    """
    Why load goes unserved, and the least change of each kind that would serve it.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        For everyone together, where several go unserved, then for every client and class, most
        unserved load first, one row per kind of remedy that helps:

        client, workload, unserved_mw, constraint
            Whose load goes unserved, how much [MW], and why, as in `Placement.unserved`.
        kind, amount, unit
            price (a higher penalty on unserved load, by its new value [USD/MWh], where serving is
            dearer than that), latency (a longer budget of the class [ms]), capacity (more in one
            region [MW], for everyone more in all [%]), law (a pair of legal zones opened) or state
            locality (less of the class pinned to its home [%]).
        remedy
            The same in words, rounded so that what they say is enough.
        serves_mw
            How much less goes unserved in all, by a solve of the changed scenario. [MW]
        cost_change_usd_per_h
            What that adds to `Placement.cost_usd_per_h`. [USD/h]

        Load that no single change serves has one row with that remedy. Empty where all is served.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    A remedy serves a load if it can be served without taking anything from anybody else, all of it
    where the kind can, otherwise as much as it can. No smaller amount of the same kind does. What
    could be served, but is dearer than the penalty, only a higher penalty serves; the other kinds
    are for what cannot be served at any cost, and one of them that would serve at too high a cost
    only has no row. Which region or which pair of zones: one that serves most, and among these the
    one where the objective gains most by the prices of the placement; pairs of the client's own
    zone come first.

    Examples
    --------
    >>> world = Scenario.load("classroom-3x3")
    >>> world.total_demand_mw = 200
    >>> world.capacity_scale = 0.75
    >>> remedies(world).iloc[0][["client", "constraint", "remedy"]].tolist()
    ['everyone', 'capacity', 'raise all capacities by 77.8 %']
    """
    network = build_network(scenario)
    return labelled(solve_network(network), remedies_table(network, names_of(scenario)))


def labelled(placement: Placement, table: pd.DataFrame) -> pd.DataFrame:
    """Put on a table of a placement's network all that its picture says and no column does."""
    entries = placement.unserved[["client", "workload", "constraint", "unserved_mw"]]
    network = placement.network
    return network.labels.put_on(
        table,
        measure="remedies",
        clients=dict(network.client_names),
        unserved=[*entries.itertuples(index=False, name=None)],
        unserved_mw=placement.unserved_mw,
    )


_tables: Memo[pd.DataFrame] = Memo(size=16)


def remedies_table(network: Network, names: Names) -> pd.DataFrame:
    """`remedies` of a network, remembered for all sessions that speak the same language."""
    key = network, names, reader()
    return _tables.find(key, lambda: as_table(remedy_rows(network, names)))


def as_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows of `remedy_rows` as a table."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def by_ids(rows: Iterable[dict[str, Any]], network: Network) -> pd.DataFrame:
    """The same with remedies said anew, in the language that is spoken, by the ids of places."""
    ids = Names((), (), network.regions, NamesById())
    said = [row | {"remedy": row["words"](ids)} if "words" in row else row for row in rows]
    return as_table(said)


def remedy_rows(network: Network, names: Names) -> Iterator[dict[str, Any]]:
    """
    The rows of `remedies`, each when it is found: everyone first, then the largest load; and
    `words`, which say a remedy with other `Names`.
    """
    placement = solve_network(
        network.without_hosting_or_cap
    )  # what hosting leaves unserved, hosting alone can serve
    if placement.unserved.empty:
        return
    search = Search(placement, names)
    entries: list[dict[str, Any]] = placement.unserved.to_dict("records")  # pyright: ignore[reportAssignmentType]
    demands: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in entries:
        demands.setdefault((entry["client"], entry["workload"]), []).append(entry)
    order = sorted(demands.items(), key=lambda demand: -total_mw(demand[1]))
    if len(demands) > 1:
        workloads = {entry["workload"] for entry in entries}
        order.insert(0, ((EVERYONE, workloads.pop() if len(workloads) == 1 else "all"), entries))
    for (client, workload), parts in order:
        by_constraint: dict[str, float] = {}
        for part in parts:
            by_constraint[part["constraint"]] = (
                by_constraint.get(part["constraint"], 0.0) + part["unserved_mw"]
            )
        head = {
            "client": client,
            "workload": workload,
            "unserved_mw": total_mw(parts),
            "constraint": ", ".join(sorted(by_constraint, key=lambda name: -by_constraint[name])),
        }
        found = False
        for remedy in search.remedies(search.load(parts, client == EVERYONE)):
            changed = search.solve(remedy.network)
            if (
                placement.unserved_mw - changed.unserved_mw < UNSERVED_MW
            ):  # possible, but dearer than the penalty
                continue
            found = True
            yield head | {
                "kind": remedy.kind,
                "amount": remedy.amount,
                "unit": remedy.unit,
                "remedy": remedy.words(names),
                "words": remedy.words,
                "serves_mw": placement.unserved_mw - changed.unserved_mw,
                "cost_change_usd_per_h": changed.cost_usd_per_h - placement.cost_usd_per_h,
            }
        if not found:
            nothing = {"serves_mw": 0.0, "cost_change_usd_per_h": 0.0}
            yield head | {"kind": "", "amount": np.nan, "unit": "", "remedy": NO_REMEDY} | nothing


def can_apply(row: dict[str, Any]) -> bool:
    """
    Whether a row of `remedies` is a change of parameters; regions and laws are tables, changed by
    hand.
    """
    return row["kind"] in ("price", "latency", "state locality") or (row["kind"], row["unit"]) == (
        "capacity",
        "%",
    )


def apply(scenario: Scenario, row: dict[str, Any]) -> None:
    """
    Make a change that a row of `remedies` of this scenario says, as far as its words round it up.
    """
    amount = round_up(row["amount"])
    unserved = solve_network(build_network(scenario)).unserved
    classes = set(unserved["workload"]) if row["client"] == EVERYONE else {row["workload"]}
    if row["kind"] == "price":
        scenario.unserved_usd_per_mwh = max(amount, scenario.unserved_usd_per_mwh)
        for workload in scenario.workloads.values():
            if workload.unserved_usd_per_mwh is not None:
                workload.unserved_usd_per_mwh = max(amount, workload.unserved_usd_per_mwh)
        return
    if row["kind"] == "capacity":
        scenario.capacity_scale *= 1 + amount / 100
        return
    for workload in (scenario.workloads[key] for key in classes):
        if row["kind"] == "latency":
            workload.latency_budget_ms += amount
        else:
            pinned = min(1.0, workload.state_local_share * scenario.state_local_scale)
            workload.state_local_share = (
                pinned * max(0.0, 1 - amount / 100) / scenario.state_local_scale
            )
