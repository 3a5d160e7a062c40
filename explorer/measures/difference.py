"""Two placements side by side: load by region, and headline figures, one less the other."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from explorer.measures.headlines import headlines
from explorer.model.placement import Placement

COMPARED = (  # headline figures that are said beside the regions
    "cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "mean_wan_per_request_ms", "unserved_mw",
)  # fmt: skip


def difference(
    placement: Placement, against: Placement | None = None, name: str = "the baseline"
) -> pd.DataFrame:
    """
    Return load by region less that of another placement, and headline figures likewise.

    Parameters
    ----------
    placement : Placement
    against : Placement, optional
        Of the same regions; the placement's own baseline if left out.
    name : str
        What that is called.

    Returns
    -------
    pandas.DataFrame
        One row per region, that of the largest change first:

        region
            Region id.
        against_it_mw, it_mw
            IT load executed there, in the other placement and in this one. [MW]
        change_it_mw
            The second less the first. [MW]

        Its ``attrs`` hold ``against``, the name, and ``headlines``, by name the figures, each a dict as
        `explorer.measures.headlines.Headline` has it: amounts that grow with the load are compared per
        MWh served where the two serve other loads.

    Raises
    ------
    ValueError
        If the two are of other regions.

    Examples
    --------
    >>> from explorer import Scenario, solve
    >>> table = difference(solve(Scenario.load("classroom-3x3")))
    >>> table[["region", "change_it_mw"]].round(6).to_numpy().tolist()
    [['north', 30.0], ['middle', -20.0], ['south', -10.0]]
    >>> round(table.attrs["headlines"]["cost_usd_per_h"]["change"])
    -1489
    """
    base, net = against or placement.baseline, placement.network
    if base.network.regions != net.regions:
        raise ValueError("The placements are of other regions.")
    now, then = placement.region_it_mw, base.region_it_mw
    table = pd.DataFrame(
        {
            "region": net.regions,
            "against_it_mw": then,
            "it_mw": now,
            "change_it_mw": now - then,
        }
    )
    order = np.argsort(-np.abs(table["change_it_mw"].to_numpy()), kind="stable")
    found = headlines(placement, base)
    return net.labels.put_on(
        table.iloc[order].reset_index(drop=True),
        measure="difference",
        names=net.short_region_names,
        against=name,
        headlines={name: asdict(found[name]) for name in COMPARED},
    )
