"""
What a greedy placement misses: each demand in turn takes the cheapest regions that have room.

It knows every price and every limit that the optimum knows, but never takes back what it has placed.
The order, largest demand first, is this project's own choice.
"""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.measures.headlines import serve_the_same
from explorer.model.network import Network, build_network
from explorer.model.placement import Placement
from explorer.model.program import Optimum
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario
from explorer.words import mark

Floats = NDArray[np.float64]

ROWS = (mark("baseline"), mark("greedy"), mark("optimum"))
_COLUMNS = (
    "cost_usd_per_h", "objective_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw",
)  # fmt: skip


def greedy(scenario: Scenario) -> pd.DataFrame:
    """
    Hold a greedy placement against the optimum of least cost.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        Three rows: baseline, greedy, optimum.

        placement
            One of these.
        cost_usd_per_h, objective_usd_per_h
            Cost without and with carbon at its price. [USD/h]
        carbon_kg_per_h
            Emissions. [kg/h]
        relocated_mw, unserved_mw
            Load away from home, and load that nobody executes. [MW]

        Its ``attrs`` hold ``missed_share``, the part of the saving in cost with carbon that greedy
        misses [-]; NaN where the three serve other load, or there is nothing to save.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Load bound to its home by state is placed first, for it has no choice. Then each client's load
    of each class, the largest first and equal ones in the order of the tables, fills the regions
    open to it from the cheapest on, and what finds no room goes unserved. A cap on mean delay is
    left out, in the optimum too; a fee for hosting is paid, but not looked at.

    Examples
    --------
    >>> table = greedy(Scenario.load("classroom-3x3"))
    >>> table[["placement", "unserved_mw"]].round(6).to_numpy().tolist()
    [['baseline', 0.0], ['greedy', 2.0], ['optimum', 0.0]]
    """
    return greedy_table(build_network(scenario))


def greedy_table(network: Network) -> pd.DataFrame:
    """`greedy` of a network."""
    best = solve_network(network, "cost")
    best = best.uncapped or best
    found = dict(zip(ROWS, (best.baseline, greedy_placement(network), best), strict=True))
    rows = [
        {"placement": name, **{column: getattr(placement, column) for column in _COLUMNS}}
        for name, placement in found.items()
    ]
    alike = all(serve_the_same(placement, best) for placement in found.values())
    return network.labels.put_on(
        pd.DataFrame(rows),
        measure="greedy",
        missed_share=_missed(*(row["objective_usd_per_h"] for row in rows)) if alike else nan,
    )


def _missed(baseline: float, greedily: float, best: float) -> float:
    saving = baseline - best
    return (greedily - best) / saving if saving > 1e-9 * abs(baseline) else nan


def greedy_placement(network: Network) -> Placement:
    """The placement that is made greedily; it has no prices."""
    room_mw = network.capacity_mw.astype(float)
    pinned_mw = np.zeros_like(network.pinned_mw)
    for i, k in np.argwhere(network.pinned_mw > 0):
        home = network.home[i]
        if network.allowed[i, home, k]:
            pinned_mw[i, k] = min(network.pinned_mw[i, k], room_mw[home])
            room_mw[home] -= pinned_mw[i, k]
    wanted_mw = network.demand_mw - network.pinned_mw
    free_mw = np.zeros(network.allowed.shape)
    for place in np.argsort(-wanted_mw, axis=None, kind="stable"):
        i, k = divmod(int(place), wanted_mw.shape[1])
        free_mw[i, :, k] = _fill(network, i, k, float(wanted_mw[i, k]), room_mw)
        room_mw -= free_mw[i, :, k]
    return _placement(network, free_mw, pinned_mw)


def _fill(network: Network, i: int, k: int, wanted_mw: float, room_mw: Floats) -> Floats:
    """How much of one demand goes to each region, the cheapest first, shape (region,). [MW]"""
    order = np.argsort(network.cost_usd_per_mwh[i, :, k], kind="stable")
    room = np.where(network.allowed[i, :, k], room_mw, 0.0)[order]
    before = np.concatenate([[0.0], np.cumsum(room)[:-1]])
    taken = np.zeros_like(room)
    taken[order] = np.clip(wanted_mw - before, 0.0, room)
    return taken


def _placement(network: Network, free_mw: Floats, pinned_mw: Floats) -> Placement:
    none = np.zeros_like(pinned_mw)
    wanted_mw = network.demand_mw - network.pinned_mw
    left_mw = np.maximum(wanted_mw - free_mw.sum(axis=1), 0.0)
    cost = float((free_mw * network.cost_usd_per_mwh).sum())
    return Placement(
        network,
        Optimum(
            free_mw,
            pinned_mw,
            np.where(left_mw > 1e-12 * network.demand_mw.sum(), left_mw, 0.0),  # else rounding
            network.pinned_mw - pinned_mw,
            none,
            none,
            np.zeros_like(network.capacity_mw),
            cost,
        ),
        "cost",
    )
