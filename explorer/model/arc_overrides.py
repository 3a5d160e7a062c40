"""
What tables say of single arcs: which classes a region offers, and what is known better than by the
model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import Problem, ScenarioError
from explorer.scenario.scenario import Scenario
from explorer.words import tr

Bools = NDArray[np.bool_]

NAMES = ("systems", "arcs")  # the tables that are read here


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Values of some cells of an array of shape (client, region, workload)."""

    at: NDArray[np.intp]  # flat indices
    value: NDArray

    def over(self, array: NDArray) -> NDArray:
        """
        A copy of the array with these values in their cells.

        >>> Cells(np.array([1]), np.array([7])).over(np.zeros((1, 2, 1), int)).ravel().tolist()
        [0, 7]
        """
        changed = array.copy()
        changed.flat[self.at] = self.value
        return changed

    def filled(self, value: Any) -> Cells:
        """The same cells, all with one value."""
        return Cells(self.at, np.full_like(self.value, value))


@dataclass(frozen=True, slots=True, eq=False)
class Overrides:
    """What overrides the model on single arcs."""

    offered: Bools  # (region, workload) of `systems`
    latency_ms: Cells  # the three columns of `arcs`
    friction_usd_per_mwh: Cells
    allowed: Cells

    def has_terms(self, shape: tuple[int, ...]) -> Bools:
        """
        Arcs of which `arcs` says anything, as an array of that shape (client, region, workload).
        """
        has = np.zeros(shape, bool)
        for cells in (self.latency_ms, self.friction_usd_per_mwh, self.allowed):
            has.flat[cells.at] = True
        return has


def read_overrides(
    scenario: Scenario, home: NDArray[np.intp], check: Callable[[], None]
) -> Overrides:
    """
    The tables `systems` and `arcs` of a scenario as arrays; `home` is the index of each client's
    home region, and `check` raises where tables contradict each other.

    Raises
    ------
    ScenarioError
        If a table was spoilt in place since it was set, or closes a client's home.
    """
    found = {name: table for name in NAMES if (table := scenario.clean(name)) is not None}
    check()
    index = {
        "client": _places(scenario.clients["id"]),
        "region": _places(scenario.regions["id"]),
        "workload": _places(scenario.workloads),
    }
    shape = tuple(len(places) for places in index.values())

    def rows(table: pd.DataFrame, *columns: str) -> tuple[NDArray[np.intp], ...]:
        return tuple(
            np.array([index[column][key] for key in table[column]], np.intp) for column in columns
        )

    offered = np.ones(shape[1:], bool)
    if "systems" in found:
        offered[rows(found["systems"], "region", "workload")] = _is_true(
            found["systems"]["offered"]
        )
    arcs = found.get("arcs", pd.DataFrame(columns=["client", "region", "workload"]))
    client, region, workload = rows(arcs, "client", "region", "workload")
    flat = np.ravel_multi_index((client, region, workload), shape)

    def cells(column: str) -> Cells:
        if column not in arcs:
            return Cells(flat[:0], np.empty(0))
        given = (
            (arcs[column] != "").to_numpy(bool)
            if column == "allowed"
            else arcs[column].notna().to_numpy(bool)
        )
        value = _is_true(arcs[column]) if column == "allowed" else arcs[column].to_numpy(float)
        return Cells(flat[given], value[given])

    if "allowed" in arcs:
        closed_homes = np.flatnonzero(
            (arcs["allowed"] == "false").to_numpy(bool) & (region == home[client])
        )
        if len(closed_homes):
            lawful = arcs["region"][closed_homes[0]]
            what = tr("{} is the client's home, which is always lawful.", lawful)
            fix = tr("Leave the cell blank; what a region cannot run belongs into systems.csv.")
            problem = Problem("arcs.csv", int(closed_homes[0]) + 2, "allowed", "false", what, fix)
            raise ScenarioError("arcs.csv", [problem])
    return Overrides(offered, cells("latency_ms"), cells("friction_usd_per_mwh"), cells("allowed"))


def _places(ids: Any) -> dict[str, int]:
    return {key: place for place, key in enumerate(ids)}


def _is_true(flags: Any) -> Bools:
    return np.asarray(flags == "true", bool)
