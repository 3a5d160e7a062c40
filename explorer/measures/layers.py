"""
Load by layer: at home, in the region of home, or further away where energy is cheap; by class and
along a budget.
"""

from __future__ import annotations

import pandas as pd

from explorer.measures.frontier import LAYER_COLUMNS, Frontier
from explorer.model.labels import kept
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario


def layers(scenario: Scenario, frontier: Frontier | None = None) -> pd.DataFrame:
    """
    IT load of each class at home, within the regional radius of it, and further away.

    Parameters
    ----------
    scenario : Scenario
    frontier : Frontier, optional
        One of the same scenario, to show in the picture how the layers grow along its budget.

    Returns
    -------
    pandas.DataFrame
        One row per class and layer: workload, layer, it_mw [MW], as `Placement.layers`.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If the solve fails or meets the time limit.

    Examples
    --------
    >>> layers(Scenario.load("classroom-3x3")).groupby("layer")["it_mw"].sum().to_dict()
    {'energy-oriented': 30.0, 'local': 70.0, 'regional': 0.0}
    """
    return labelled(solve_network(build_network(scenario)), frontier)


def labelled(placement: Placement, frontier: Frontier | None = None) -> pd.DataFrame:
    """The layers of a placement, and what their picture says of all classes along a budget."""
    table = placement.layers.copy(deep=False)
    if frontier is not None:
        steps = {
            name: frontier.table[name].tolist()
            for name in ("budget_ms", *LAYER_COLUMNS, "unserved_mw")
        }
        ends = {"strictest_ms": frontier.strictest_ms, "now_ms": frontier.current_ms}
        table.attrs["along"] = kept({"over": frontier.over, **ends, **steps})
    return table
