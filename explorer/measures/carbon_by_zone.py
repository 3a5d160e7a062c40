"""
Whose requests get dirtier: carbon by the legal zone of clients, in the baseline and in the optimum.

Relocation for price can lower emissions in total and raise those of some. That emissions belong to
those whose requests they are for, wherever they arise, is this project's own choice.
"""

from __future__ import annotations

import pandas as pd

from explorer.model.network import Network, build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario


def carbon_by_zone(scenario: Scenario) -> pd.DataFrame:
    """
    Return what the requests of each legal zone's clients emit, wherever they run.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        One row per legal zone of clients, that of the largest rise first:

        zone
            Legal zone of the clients.
        baseline_it_mw, it_mw
            Their IT load that is served, in the baseline and in the optimum. [MW]
        baseline_carbon_kg_per_h, carbon_kg_per_h
            What it emits, by the scenario's carbon signal; moving included. [kg/h]
        change_kg_per_h, change_percent
            The second less the first, and that of the first; NaN where the baseline emits nothing.
            [kg/h], [%]

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Examples
    --------
    >>> table = carbon_by_zone(Scenario.load("classroom-3x3"))
    >>> table[["zone", "change_kg_per_h"]].round(6).to_numpy().tolist()
    [['land', -14920.0]]
    """
    return carbon_by_zone_table(build_network(scenario))


def carbon_by_zone_table(network: Network) -> pd.DataFrame:
    """`carbon_by_zone` of a network."""
    best = solve_network(network)
    before, after = _by_zone(best.baseline), _by_zone(best)
    table = pd.DataFrame(
        {
            "zone": before.index,
            "baseline_it_mw": before["it_mw"].to_numpy(),
            "it_mw": after["it_mw"].to_numpy(),
            "baseline_carbon_kg_per_h": before["carbon_kg_per_h"].to_numpy(),
            "carbon_kg_per_h": after["carbon_kg_per_h"].to_numpy(),
        }
    )
    was = table["baseline_carbon_kg_per_h"]
    change = table["carbon_kg_per_h"] - was
    table["change_kg_per_h"] = change
    table["change_percent"] = 100 * change / was.where(was > 0)
    table = table.sort_values("change_kg_per_h", ascending=False, kind="stable", ignore_index=True)
    return network.labels.put_on(
        table,
        measure="carbon_by_zone",
        signal=network.labels.carbon_signal,
        names=network.labels.zones,
    )


def _by_zone(placement: Placement) -> pd.DataFrame:
    """Load and carbon of each zone's clients; the index is the zone."""
    network, it_mw = placement.network, placement.it_mw
    of_clients = pd.DataFrame(
        {
            "zone": network.geography.client_zone,
            "it_mw": it_mw.sum(axis=(1, 2)),
            "carbon_kg_per_h": (it_mw * network.carbon_kg_per_arc_mwh).sum(axis=(1, 2)),
        }
    )
    return of_clients.groupby("zone").agg("sum")
