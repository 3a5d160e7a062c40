"""
How concentrated the load is: shares of regions, the Herfindahl index, the three largest.

Computed for the baseline and for the optimum, so that one reads what relocation does to it. That IT
load is what is shared out is this project's own choice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.model.network import Network, build_network
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario

TOP = 3  # regions that count as the largest


def concentration(scenario: Scenario) -> pd.DataFrame:
    """
    Return the share of each region in the IT load, and how concentrated that is.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        One row per region, that of the largest share in the optimum first:

        region
            Region id.
        baseline_it_mw, it_mw
            IT load executed there, in the baseline and in the optimum. [MW]
        baseline_share, share
            The same over the load of all regions; 0 where nothing is served. [-]

        Its ``attrs`` hold ``herfindahl`` and ``top_share``, each a dict of "baseline" and
        "optimum".

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    The Herfindahl index (Herfindahl-Hirschman index, HHI) is the sum of squared shares: 1 where one
    region has all of the load, 1/n where n regions share it equally. Its inverse is the number of
    equal regions that would be as concentrated [1]_.

    References
    ----------
    .. [1] Hirschman, "The Paternity of an Index," American Economic Review 54(5), 1964.

    Examples
    --------
    >>> table = concentration(Scenario.load("classroom-3x3"))
    >>> table[["region", "it_mw"]].round(6).to_numpy().tolist()
    [['north', 50.0], ['middle', 30.0], ['south', 20.0]]
    >>> round(table.attrs["herfindahl"]["optimum"], 4), round(table.attrs["top_share"]["optimum"], 4)
    (0.38, 1.0)
    """
    network = build_network(scenario)
    return concentration_table(network)


def concentration_table(network: Network) -> pd.DataFrame:
    """`concentration` of a network."""
    best = solve_network(network)
    loads = {"baseline": best.baseline.region_it_mw, "optimum": best.region_it_mw}
    shares = {name: _shares(mw) for name, mw in loads.items()}
    table = pd.DataFrame(
        {
            "region": network.regions,
            "baseline_it_mw": loads["baseline"],
            "it_mw": loads["optimum"],
            "baseline_share": shares["baseline"],
            "share": shares["optimum"],
        }
    ).sort_values(["share", "baseline_share"], ascending=False, kind="stable", ignore_index=True)
    return network.labels.put_on(
        table,
        measure="concentration",
        names=network.short_region_names,
        herfindahl={name: float((share**2).sum()) for name, share in shares.items()},
        top_share={name: float(np.sort(share)[-TOP:].sum()) for name, share in shares.items()},
    )


def _shares(mw: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(mw.sum())
    return mw / total if total > 0 else np.zeros_like(mw)
