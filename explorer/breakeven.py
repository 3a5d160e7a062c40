"""
When moving pays: for every pair of regions, what one MWh of IT load saves there against what moving it costs.

The condition is saving >= friction. Its exact form in arXiv:2604.27855 is not public: this one is the project's own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.network import Network, build_network
from explorer.scenario import Scenario
from explorer.units import KG_PER_T


def break_even(scenario: Scenario, workload: str) -> pd.DataFrame:
    """
    Break-even quantities of a class for every pair of a home and another region.

    Parameters
    ----------
    scenario : Scenario
    workload : str
        Workload id.

    Returns
    -------
    pandas.DataFrame
        One row per (home, region), home and region different:

        saving_usd_per_mwh
            PUE_h (price_h + lambda c_h / 1000) - PUE_j (price_j + lambda c_j / 1000), per MWh of IT load; it is also
            the break-even friction, the largest that still pays.
        friction_usd_per_mwh
            What moving costs, its energy at the carbon price included.
        net_usd_per_mwh, pays
            Saving less friction; whether it is at least zero.
        price_gap_usd_per_mwh, break_even_price_gap_usd_per_mwh
            Electricity price at home less that of the region, as it is, and as it would have to be for moving to pay.
        break_even_carbon_price_usd_per_t
            Carbon price from which moving pays, negative where it pays without one; NaN where the region, with the
            energy of moving, is not cleaner than home.
        wan_ms
            Latency added by the wide-area network.
        lawful
            Whether the legal policy lets load of the home's zone run there.

    Raises
    ------
    ValueError
        If there is no such workload.

    Examples
    --------
    >>> pairs = break_even(Scenario.load("classroom-3x3"), workload="chat")
    >>> len(pairs), bool((pairs["pays"] == (pairs["saving_usd_per_mwh"] >= pairs["friction_usd_per_mwh"])).all())
    (6, True)
    """
    return break_even_pairs(build_network(scenario), workload)


def break_even_pairs(network: Network, workload: str) -> pd.DataFrame:
    """`break_even` of a network."""
    squares = break_even_squares(network, workload)
    home, region = np.nonzero(~np.eye(len(network.regions), dtype=bool))
    names = np.array(network.regions, object)
    columns = {name: square[home, region] for name, square in squares.items()}
    return pd.DataFrame({"home": names[home], "region": names[region], **columns})


def break_even_squares(network: Network, workload: str) -> dict[str, NDArray]:
    """The columns of `break_even` but its first two, each of shape (home, region); what is on the diagonal is moot."""
    if workload not in network.workloads:
        raise ValueError(f"Unknown workload {workload!r}; use one of {', '.join(network.workloads)}.")
    k = network.workloads.index(workload)
    energy, friction, carbon = network.arcs_from(np.arange(len(network.regions)))
    friction, carbon = friction[:, :, k], carbon[:, :, k]
    at_home_kg = np.diagonal(carbon)  # no friction at home: emissions of the electricity alone
    per_kg = network.carbon_price_usd_per_t / KG_PER_T

    unit_cost = energy + per_kg * at_home_kg  # of one MWh of IT load, before friction
    saving = unit_cost[:, np.newaxis] - unit_cost
    full_friction = friction + per_kg * (carbon - at_home_kg)
    money_lost, carbon_gained = energy + friction - energy[:, np.newaxis], at_home_kg[:, np.newaxis] - carbon
    with np.errstate(divide="ignore", invalid="ignore"):
        carbon_price = np.where(carbon_gained > 0, KG_PER_T * money_lost / carbon_gained, np.nan)
    # a price lower by one USD/MWh saves PUE, and the overhead of moving on top of it
    price_weight = network.pue * (1 + network.friction.scale * network.friction.relocation_overhead)
    gap = network.price_usd_per_mwh[:, np.newaxis] - network.price_usd_per_mwh
    net = saving - full_friction
    return {
        "saving_usd_per_mwh": saving,
        "friction_usd_per_mwh": full_friction,
        "net_usd_per_mwh": net,
        "pays": net >= 0,
        "price_gap_usd_per_mwh": gap,
        "break_even_price_gap_usd_per_mwh": gap - net / price_weight,
        "break_even_carbon_price_usd_per_t": carbon_price,
        "wan_ms": network.geography.region_rtt_ms * network.round_trips[k],
        "lawful": network.geography.zone_pair,
    }
