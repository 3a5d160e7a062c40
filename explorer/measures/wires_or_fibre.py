"""
Wires or fibre: what a MWh of IT load costs if its electricity is sent by line, or if its
computation is sent by fibre.

Moving electricity and moving the computation that uses it are two different things, often confused.
A line can feed any load, which stays where it is; fibre moves only requests and answers, and only
load that may run elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.measures.break_even import break_even_squares, forbidden_by
from explorer.model.network import Network, build_network, index_of
from explorer.model.placement import SMALLEST_MW, Placement
from explorer.scenario.scenario import Scenario
from explorer.units import HOURS_PER_YEAR, KG_PER_T, KWH_PER_MWH
from explorer.words import mark

Floats = NDArray[np.float64]

WAYS = (mark("home grid"), mark("wires"), mark("fibre"))


@dataclass(frozen=True, slots=True)
class Line:
    """
    A high-voltage direct-current line with a converter station at either end; costs are per MW of
    power sent.
    """

    name: str
    loss_per_1000_km: float  # [-]
    station_loss: float  # of each station [-]
    usd_per_mw_km: float  # [USD/MW/km]
    stations_usd_per_mw: float  # both together [USD/MW]
    upkeep_per_year: (
        float  # fixed operation and maintenance over what the line costs to build [1/year]
    )
    stations_upkeep_per_year: float  # the same of the stations [1/year]
    lifetime_years: float


# Losses: PyPSA-Eur's configuration, 2025; efficiency 0.977 per 1000 km, and 0.98 for two stations.
# To build: German grid development plan 2021/2023 as used in PyPSA-DE, 995 EUR/MW/km and 597,015
# EUR/MW in euros of
# 2020, at 1.142 USD. The submarine cable is this project's estimate, checked against a link of 1.4
# GW and 720 km for
# 2.2 billion USD, stations included; Härtel et al. 2017 (doi:10.1016/j.epsr.2017.06.008) have 1,008
# EUR/MW/km.
# What is planned now costs far more than in older studies: Hagspiel et al. have 442 EUR/MW/km for
# an overhead line.
# Upkeep and life: Hagspiel et al. 2014 (doi:10.1016/j.energy.2014.01.025), table A.2; of the cable,
# Purvins et al. 2018
# (doi:10.1016/j.jclepro.2018.03.095); both as in PyPSA's technology-data.
LINES = {
    "overhead": Line(mark("overhead line"), 0.023, 0.01, 1136.0, 681_791.0, 0.02, 0.02, 40.0),
    "submarine": Line(mark("submarine cable"), 0.023, 0.01, 1200.0, 681_791.0, 0.0035, 0.02, 40.0),
}
DETOUR_FACTOR = 1.25  # route over great circle [-]; PyPSA-Eur's configuration, lines.length_factor
DISCOUNT_RATE_PER_YEAR = 0.07  # real; PyPSA-Eur's configuration, costs.fill_values
# mean over rated power [-]; this project's assumption: servers are a steady load, grids need repair
UTILISATION = 0.8

# Electricity that moving data takes [kWh/GB], by who published it; a scenario has one of its own,
# transport_kwh_per_gb.
TRANSPORT_KWH_PER_GB = {
    mark("Aslan et al. 2018 (doi:10.1111/jiec.12630), core and fixed access, 2015"): 0.06,
    mark("Coroama 2021, for the Swiss Federal Office of Energy, 2020"): 0.007,
    mark("Aslan et al., halved every two years, to 2025 (this project's estimate)"): 0.0019,
    mark("between data centres, 2021 (this project's estimate)"): 0.001,
}


def capital_recovery_factor(discount_rate_per_year: float, years: float) -> float:
    """
    What has to be paid every year for a capital of 1 to be repaid with interest: r / (1 - (1 +
    r)^-n). [1/year]

    >>> round(capital_recovery_factor(0.07, 40), 5), capital_recovery_factor(0.0, 40)
    (0.07501, 0.025)
    """
    if discount_rate_per_year == 0:
        return 1 / years
    return float(-discount_rate_per_year / np.expm1(-years * np.log1p(discount_rate_per_year)))


def wires_or_fibre(
    scenario: Scenario,
    home: str,
    region: str,
    workload: str,
    *,
    line: str = "overhead",
    discount_rate_per_year: float = DISCOUNT_RATE_PER_YEAR,
    utilisation: float = UTILISATION,
    detour_factor: float = DETOUR_FACTOR,
) -> pd.DataFrame:
    """
    One MWh of IT load of a class: fed by the home grid, by a line from another region's grid, or
    executed there.

    Parameters
    ----------
    scenario : Scenario
    home, region, workload : str
        Ids of the region where the load is at home, of the other one, and of the class.
    line : {"overhead", "submarine"}, optional
        Which of `LINES`.
    discount_rate_per_year : float, optional
        Interest on what line and converters cost to build. [1/year]
    utilisation : float, optional
        Power the line sends, mean of the year, over what it is built for. [-]
    detour_factor : float, optional
        Length of the route over that of the great circle. [-]

    Returns
    -------
    pandas.DataFrame
        One row per way, in the order of `WAYS`. All figures are per MWh of IT load, so that PUE
        counts where the servers stand: at home for the first two, in the region for the last.

        way
            home grid (nothing is moved), wires (electricity is), fibre (computation is).
        route_km
            Length of the line. [km]
        loss_share
            Part of what is sent that lines and converters lose. [-]
        sent_per_delivered
            MWh sent for one MWh delivered, 1 / (1 - loss_share). [-]
        home_mwh, region_mwh
            Electricity drawn from the home's grid, and from the region's. [MWh]
        data_gb, transport_kwh
            Data moved, and the electricity that takes, drawn at home. [GB], [kWh]
        added_ms
            Latency that is added. [ms]
        carbon_kg
            Emissions of all electricity drawn. [kg]
        energy_usd_per_mwh
            Electricity that the facility needs. [USD/MWh]
        losses_usd_per_mwh, line_usd_per_mwh, converters_usd_per_mwh
            Electricity lost on the way; annuity and upkeep of the line, and of both stations.
            [USD/MWh]
        egress_usd_per_mwh, transport_usd_per_mwh, other_usd_per_mwh
            Transfer charges; electricity of moving data; operations, overhead and value of latency.
            [USD/MWh]
        carbon_usd_per_mwh, total_usd_per_mwh
            Emissions at the scenario's carbon price; the sum of all these costs. [USD/MWh]

    Raises
    ------
    ValueError
        If an id is unknown, home and region are the same, or a number is outside its range:
        utilisation above 0 and at most 1, discount rate at least 0, detour factor at least 1.
    ScenarioError
        If the scenario's tables contradict each other.

    Notes
    -----
    A line of L km passes on (1 - c)² (1 - l)^(L / 1000) of what it is sent, with c lost in each
    station and l per 1000 km. It is built for the power sent. Built only for this load, it bears
    interest and upkeep on its whole cost: (annuity + upkeep) × cost / (8760 h × utilisation) per
    MWh sent. The electricity is bought at the region's delivered price, as servers there would buy
    it. Left out: what the home grid charges for the last miles, and what the line is worth to
    others. The fibre is there already, and egress prices pay for it: the friction is that of the
    placement.

    Examples
    --------
    >>> table = wires_or_fibre(Scenario.load("classroom-3x3"), "middle", "north", "batch").set_index("way")
    >>> table["total_usd_per_mwh"].round(1).to_dict()
    {'home grid': 150.0, 'wires': 212.8, 'fibre': 65.5}
    """
    network = build_network(scenario)
    table = wires_or_fibre_table(
        network, home, region, workload, line=line, discount_rate_per_year=discount_rate_per_year,
        utilisation=utilisation, detour_factor=detour_factor,
    )  # fmt: skip
    return labelled(network, table, home, region, workload, line)


def labelled(
    network: Network, table: pd.DataFrame, home: str, region: str, workload: str, line: str,
    placement: Placement | None = None,
) -> pd.DataFrame:  # fmt: skip
    """
    A table of a network with all that its picture says and no column does; what a placement moves,
    if given.
    """
    h, j, k = (
        network.regions.index(home),
        network.regions.index(region),
        network.workloads.index(workload),
    )
    more: dict[str, Any] = {}
    if placement is not None:
        more = {
            "moved_mw": float(moved_mw(placement, workload)[h, j]),
            "objective": placement.objective,
        }
    names = network.short_region_names
    return network.labels.put_on(
        table, measure="wires_or_fibre", home=names[home], region=names[region],
        workload=network.labels.workloads[k], workload_id=workload, line=LINES[line].name,
        forbidden=str(forbidden_by(network, workload)[h, j]), **more,
    )  # fmt: skip


def moved_mw(placement: Placement, workload: str) -> Floats:
    """Load of the class that runs away from home, shape (home, region). [MW]"""
    network = placement.network
    moved = np.zeros((len(network.regions),) * 2)
    np.add.at(moved, network.home, placement.away_mw[:, :, network.workloads.index(workload)])
    return moved


def pair_of(
    placement: Placement, workload: str, home: str = "", region: str = ""
) -> tuple[str, str] | None:
    """
    The pair to look at: the largest flow of the class; without any, the most to gain, open pairs
    before closed ones.

    `home` and `region` narrow the choice where they are regions of the scenario; None if there is
    only one region.
    """
    network = placement.network
    n, known = len(network.regions), network.regions
    candidate = ~np.eye(n, dtype=bool)
    if home in known:
        candidate &= np.equal.outer(np.arange(n) == known.index(home), np.ones(n, bool))
    elif candidate[np.unique(network.home)].any():  # there is somebody at home
        candidate &= np.isin(np.arange(n), network.home)[:, np.newaxis]
    if region in known and candidate[:, known.index(region)].any():
        candidate &= np.arange(n) == known.index(region)
    if not candidate.any():
        return None
    flow = np.where(candidate, moved_mw(placement, workload), 0.0)
    if flow.max() > SMALLEST_MW:
        h, j = np.unravel_index(flow.argmax(), flow.shape)
    else:
        is_open = candidate & (forbidden_by(network, workload) == "none")
        gain = break_even_squares(network, workload)["net_usd_per_mwh"]
        h, j = np.unravel_index(
            np.where(is_open if is_open.any() else candidate, gain, -np.inf).argmax(), flow.shape
        )
    return known[h], known[j]


def wires_or_fibre_table(
    network: Network,
    home: str,
    region: str,
    workload: str,
    *,
    line: str = "overhead",
    discount_rate_per_year: float = DISCOUNT_RATE_PER_YEAR,
    utilisation: float = UTILISATION,
    detour_factor: float = DETOUR_FACTOR,
) -> pd.DataFrame:
    """`wires_or_fibre` of a network."""
    h, j = index_of("region", home, network.regions), index_of("region", region, network.regions)
    k, built = (
        index_of("workload", workload, network.workloads),
        [*LINES.values()][index_of("line", line, tuple(LINES))],
    )
    if h == j:
        raise ValueError(f"Home and region are both {home!r}: there is nothing to move.")
    if not (
        0 < utilisation <= 1
        and 0 <= discount_rate_per_year < np.inf
        and 1 <= detour_factor < np.inf
    ):
        raise ValueError(
            f"Utilisation must be in (0, 1], the discount rate at least 0 and the detour factor at least 1, "
            f"not {utilisation}, {discount_rate_per_year} and {detour_factor}."
        )
    friction, pue, price = network.friction, network.pue, network.price_usd_per_mwh

    route_km = detour_factor * network.geography.region_km[h, j]
    passed_on = (1 - built.station_loss) ** 2 * (1 - built.loss_per_1000_km) ** (route_km / 1000)
    sent_mwh = pue[h] / passed_on
    annuity = capital_recovery_factor(discount_rate_per_year, built.lifetime_years)
    built_mw_years = sent_mwh / (HOURS_PER_YEAR * utilisation)
    line_usd = built_mw_years * (annuity + built.upkeep_per_year) * built.usd_per_mw_km * route_km
    converters_usd = (
        built_mw_years * (annuity + built.stations_upkeep_per_year) * built.stations_usd_per_mw
    )

    data_gb = network.gb_per_mwh[k]
    transport_kwh = friction.scale * data_gb * friction.transport_kwh_per_gb
    overhead_mwh = friction.scale * friction.relocation_overhead * pue[j]
    added_ms = network.geography.region_rtt_ms[h, j] * network.round_trips[k]
    latency_usd = friction.latency_value * added_ms * network.requests_per_mwh[k] / 1e6
    other_usd = (
        friction.scale * friction.operations_usd_per_mwh + overhead_mwh * price[j] + latency_usd
    )

    home_mwh = np.array([pue[h], 0.0, transport_kwh / KWH_PER_MWH])
    region_mwh = np.array([0.0, sent_mwh, pue[j] + overhead_mwh])
    carbon_kg = home_mwh * network.carbon_kg_per_mwh[h] + region_mwh * network.carbon_kg_per_mwh[j]
    costs = {
        "energy": [pue[h] * price[h], pue[h] * price[j], pue[j] * price[j]],
        "losses": [0.0, (sent_mwh - pue[h]) * price[j], 0.0],
        "line": [0.0, line_usd, 0.0],
        "converters": [0.0, converters_usd, 0.0],
        "egress": [0.0, 0.0, friction.scale * data_gb * friction.egress_usd_per_gb],
        "transport": [0.0, 0.0, transport_kwh / KWH_PER_MWH * price[h]],
        "other": [0.0, 0.0, other_usd],
        "carbon": network.carbon_price_usd_per_t / KG_PER_T * carbon_kg,
    }
    return pd.DataFrame(
        {
            "way": WAYS,
            "route_km": [0.0, route_km, 0.0],
            "loss_share": [0.0, 1 - passed_on, 0.0],
            "sent_per_delivered": [1.0, 1 / passed_on, 1.0],
            "home_mwh": home_mwh,
            "region_mwh": region_mwh,
            "data_gb": [0.0, 0.0, data_gb],
            "transport_kwh": [0.0, 0.0, transport_kwh],
            "added_ms": [0.0, 0.0, added_ms],
            "carbon_kg": carbon_kg,
            **{f"{name}_usd_per_mwh": usd for name, usd in costs.items()},
            "total_usd_per_mwh": np.sum([*costs.values()], axis=0),
        }
    )
