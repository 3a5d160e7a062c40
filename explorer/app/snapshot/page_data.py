"""
What a page that solves itself has to know of a scenario: all that no slider changes, as arrays.

What sliders do change is in `page/model.js`, which mirrors `explorer/model/` name by name.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.app.controls.controls import finite
from explorer.errors import ExplorerError
from explorer.model.geography import build_geography, column_numbers
from explorer.model.network import (
    Network,
    build_network,
    carbon_in_price_usd_per_t,
    fixed_usd_per_mwh,
    read_profiles,
)
from explorer.model.placement import BASELINES
from explorer.model.solve import solve_with
from explorer.model.solver import PlacementModel
from explorer.model.ties import fixed_order
from explorer.scenario import validation
from explorer.scenario.profiles import ANNUAL, AVERAGE, HOURS, Profiles
from explorer.scenario.scenario import CUSTOM_POLICY, LEGAL_POLICIES, Scenario
from explorer.scenario.schema import CARBON_COLUMNS, DEMAND_COLUMNS, LATENCY_MODELS, SEASONS
from explorer.scenario.workload import MODEL_COLUMNS
from explorer.words import tr

Floats = NDArray[np.float64]

_TYPES = {"f": "f8", "i": "i4", "b": "b1"}  # by NumPy's kind
_MOMENTS = (*range(HOURS), AVERAGE)


def page_data(scenario: Scenario) -> dict[str, Any]:
    """
    All that `page/model.js` makes a network of, besides settings.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is.

    Returns
    -------
    dict
        Arrays, texts and numbers under the names of `Network`; where a choice decides, a dict with
        the arrays of each value. `settings` and `latency_budget_ms` are those of the scenario now.

    Raises
    ------
    ExplorerError
        If its tables make hosting cost, or its settings ask for what only the app can answer.
    """
    network = build_network(scenario)
    _refuse_what_needs_the_app(network, scenario)
    shape = len(network.clients), len(network.regions), len(network.workloads)
    order = fixed_order(shape, network.home)
    return {
        "settings": {name: finite(value) for name, value in scenario.settings().items()},
        "clients": [*network.clients],
        "regions": [*network.regions],
        "workloads": [*network.workloads],
        "home": network.home,
        "region_km": network.geography.region_km,
        "latency_models": _by_choice(scenario, "latency_model", LATENCY_MODELS, _round_trips),
        "legal_policies": _by_choice(scenario, "legal_policy", _policies(scenario), _law),
        **_of_regions(scenario, network),
        **_of_clients(scenario),
        **_of_classes(scenario, network),
        "profiles": _profiles(scenario),
        "overrides": _overrides(network),
        "order": {"arcs": order.arcs, "drop": order.drop},
        "starts": {aim: _start(network, aim) for aim in (network.objective, *BASELINES.values())},
    }


def encoded(value: Any) -> Any:
    """
    The same for JSON; `decoded` in `page/model.js` reads it.

    >>> encoded({"home": np.array([1]), "wue": None})
    {'home': {'type': 'i4', 'data': 'AQAAAA=='}, 'wue': None}
    """
    match value:
        case dict():
            return {name: encoded(part) for name, part in value.items()}
        case np.ndarray():
            kind = _TYPES[value.dtype.kind]
            return {"type": kind, "data": b64encode(value.astype(f"<{kind}").tobytes()).decode()}
    return value


def _refuse_what_needs_the_app(network: Network, scenario: Scenario) -> None:
    if network.hosting_usd_per_h is not None:
        what = tr("Hosting costs here, so where it pays is a choice that a page cannot make.")
        fix = tr("Set hosting_usd_per_h to 0, in the regions too, or serve the app: wattlas serve.")
        raise ExplorerError(what, "hosting_usd_per_h", fix)
    if np.isfinite(scenario.cost_cap_usd_per_h):
        what = tr("Cost has a cap here, under which a page does not place least carbon.")
        fix = tr("Set cost_cap_usd_per_h to inf, or serve the app: wattlas serve.")
        raise ExplorerError(what, "cost_cap_usd_per_h", fix)


def _by_choice(
    scenario: Scenario, setting: str, choices: Iterable[str], read: Callable[[Any], Any]
) -> dict[str, Any]:
    """What is read of the geography under each choice of a setting."""
    found, copy = {}, scenario.copy()
    for choice in choices:
        setattr(copy, setting, choice)
        found[choice] = read(build_geography(copy))
    return found


def _round_trips(geography: Any) -> dict[str, Floats | float]:
    names = ("client_rtt_ms", "region_rtt_ms", "rtt_range_ms")
    return {name: getattr(geography, name) for name in names}


def _law(geography: Any) -> dict[str, NDArray[np.bool_]]:
    return {name: getattr(geography, name) for name in ("lawful", "zone_pair")}


def _policies(scenario: Scenario) -> list[str]:
    return [p for p in (*LEGAL_POLICIES, CUSTOM_POLICY) if scenario.offers("legal_policy", p)]


def _of_regions(scenario: Scenario, network: Network) -> dict[str, Any]:
    def column(name: str) -> Floats:
        return column_numbers(scenario.regions, "regions.csv", name)

    signals = {signal: column(CARBON_COLUMNS[signal]) for signal in scenario.carbon_signals}
    return {
        "electricity_price_usd_per_mwh": column("electricity_price_usd_per_mwh"),
        "fixed_usd_per_mwh": fixed_usd_per_mwh(scenario.regions),
        "carbon_in_price_usd_per_t": carbon_in_price_usd_per_t(scenario.regions),
        "carbon_signals": signals,
        "pue": network.pue,
        "capacity_mw": column("capacity_mw"),
        "wue_l_per_kwh": network.wue_l_per_kwh,
    }


def _of_clients(scenario: Scenario) -> dict[str, Any]:
    def shares(basis: str) -> Floats:
        column = column_numbers(scenario.clients, "clients.csv", DEMAND_COLUMNS[basis])
        return validation.to_one(column)

    return {"demand_bases": {basis: shares(basis) for basis in scenario.demand_bases}}


def _of_classes(scenario: Scenario, network: Network) -> dict[str, Floats]:
    values = [workload.model_values() for workload in scenario.workloads.values()]
    columns = {name: np.array([each[name] for each in values], float) for name in MODEL_COLUMNS}
    share = validation.to_one(columns["share_of_demand"])
    own = [workload.unserved_usd_per_mwh for workload in scenario.workloads.values()]
    return columns | {
        "share_of_demand": share,
        "requests_per_mwh": network.requests_per_mwh,
        "load_value_usd_per_mwh": np.array([np.nan if usd is None else usd for usd in own], float),
    }


def _profiles(scenario: Scenario) -> dict[str, Any] | None:
    """
    Factors on price and carbon, shape (season, moment, region), and on demand, shape (season,
    moment, clock, class), moments being the hours and then the mean of the day; and the clock of
    each client, as many have the same. None where no table tells anything.
    """
    if scenario.profiles is None and scenario.demand_profiles is None:
        return None
    profiles = read_profiles(scenario)
    clocks, clock = np.unique(profiles.offset_h, axis=1, return_inverse=True)
    by_clock = Profiles(profiles.price, profiles.carbon, profiles.load, clocks)
    found = [by_clock.at(season, moment) for season in SEASONS for moment in _MOMENTS]
    price, carbon, load = (np.array(factors) for factors in zip(*found, strict=True))
    annual = SEASONS.index(ANNUAL) * len(_MOMENTS) + HOURS
    price[annual] = carbon[annual] = load[annual] = 1.0  # what the tables are relative to
    return {"seasons": [*SEASONS], "price": price, "carbon": carbon, "load": load, "clock": clock}


def _start(network: Network, objective: str) -> dict[str, NDArray[np.intp]]:
    """Where the live model of an objective starts from: its optimum as the page is opened."""
    model = PlacementModel(network.home, len(network.regions), len(network.workloads))
    solve_with(model, network.without_hosting_or_cap, objective)
    return {"arcs": model.start.arcs, "basic": model.start.basic}


def _overrides(network: Network) -> dict[str, Any] | None:
    overrides = network.overrides
    if overrides is None:
        return None
    cells = {
        name: {"at": getattr(overrides, name).at, "value": getattr(overrides, name).value}
        for name in ("latency_ms", "friction_usd_per_mwh", "allowed")
    }
    return {"offered": overrides.offered} | cells
