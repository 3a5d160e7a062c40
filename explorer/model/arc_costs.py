"""
What a MWh of IT load costs and emits where it runs, and what moving it there adds. Pure functions
of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.units import KB_PER_GB, KG_PER_T, KWH_PER_MWH, MB_PER_GB, WH_PER_MWH

Floats = NDArray[np.float64]


def requests_per_mwh(energy_wh_per_request: ArrayLike) -> Floats:
    """Requests that one MWh of IT load serves, shape as given. [1/MWh]"""
    return WH_PER_MWH / np.asarray(energy_wh_per_request, float)


def moved_gb_per_mwh(
    requests: ArrayLike,
    request_kb: ArrayLike,
    response_kb: ArrayLike,
    state_mb: ArrayLike,
    state_move_share: float,
) -> Floats:
    """
    Data that crosses the wide-area network for one MWh of IT load executed away from home.

    All arrays have shape (workload,): requests per MWh [1/MWh], request and response size [kB],
    session state [MB]; `state_move_share` is the share of requests that take their state along [-].
    Result in GB/MWh.

    >>> float(moved_gb_per_mwh(1e6, 4, 2, 100, 0.001))
    106.0
    """
    messages = (np.asarray(request_kb, float) + np.asarray(response_kb, float)) / KB_PER_GB
    return np.asarray(requests, float) * (
        messages + state_move_share * np.asarray(state_mb, float) / MB_PER_GB
    )


@dataclass(frozen=True, slots=True)
class Friction:
    """
    What relocation costs beyond the electricity itself; the scenario's parameters of the same
    names.
    """

    scale: float  # multiplies all but the value of latency [-]
    egress_usd_per_gb: float
    operations_usd_per_mwh: float
    relocation_overhead: float  # extra energy of a relocated request [-]
    transport_kwh_per_gb: float
    latency_value: float  # USD per ms per million requests


def arc_money_and_carbon(
    price_usd_per_mwh: Floats,
    carbon_kg_per_mwh: Floats,
    pue: Floats,
    home: NDArray[np.intp],
    wan_ms: Floats,
    requests: Floats,
    gb_per_mwh: Floats,
    friction: Friction,
) -> tuple[Floats, Floats, Floats]:
    """
    Energy cost, friction and carbon of one MWh of IT load on every arc, at a carbon price of zero.

    Parameters
    ----------
    price_usd_per_mwh, carbon_kg_per_mwh, pue : shape (region,)
        Delivered electricity price [USD/MWh], carbon intensity [kg/MWh = g/kWh], power usage
        effectiveness [-].
    home : shape (client,)
        Index of each client's home region.
    wan_ms : shape (client, region, workload)
        Round trips times RTT between service node and region. [ms]
    requests, gb_per_mwh : shape (workload,)
        Requests and data moved per MWh of IT load. [1/MWh], [GB/MWh]
    friction : Friction

    Returns
    -------
    energy_usd : shape (region,)
        PUE_j price_j. [USD/MWh]
    friction_usd, carbon_kg : shape (client, region, workload)
        Friction, zero at home, and emissions of the arc. [USD/MWh], [kg/MWh]

    Notes
    -----
    The carbon price enters linearly: the arc's objective coefficient is energy + friction +
    carbon_price / 1000 * carbon, because overhead and transport energy pay it too.
    """
    clients = np.arange(len(home))
    energy_usd, energy_kg = pue * price_usd_per_mwh, pue * carbon_kg_per_mwh
    transport = (
        gb_per_mwh * friction.transport_kwh_per_gb / KWH_PER_MWH
    )  # MWh moved data needs per MWh of IT load

    def moved(at_region: Floats, at_home: Floats) -> Floats:
        """
        Overhead paid where the request runs, transport paid at home; shape (client, region,
        workload).
        """
        return (
            friction.relocation_overhead * at_region[:, np.newaxis]
            + np.multiply.outer(at_home, transport)[:, np.newaxis]
        )

    fixed = gb_per_mwh * friction.egress_usd_per_gb + friction.operations_usd_per_mwh
    friction_usd = friction.scale * (fixed + moved(energy_usd, price_usd_per_mwh[home]))
    friction_usd += friction.latency_value * wan_ms * (requests / 1e6)
    carbon_away = friction.scale * moved(energy_kg, carbon_kg_per_mwh[home])
    friction_usd[clients, home] = 0.0
    carbon_away[clients, home] = 0.0
    return energy_usd, friction_usd, energy_kg[:, np.newaxis] + carbon_away


def with_carbon_price(
    money_usd: Floats, carbon_kg: Floats, carbon_price_usd_per_t: float
) -> Floats:
    """Money plus the price of its emissions, any matching shapes. [USD/MWh]"""
    return money_usd + carbon_price_usd_per_t / KG_PER_T * carbon_kg
