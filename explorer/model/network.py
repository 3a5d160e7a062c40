"""
A scenario as arrays: who wants how much, which arcs exist, how long they take, what they cost and
emit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo, digest
from explorer.errors import Problem, ScenarioError
from explorer.model.arc_costs import (
    Friction,
    arc_money_and_carbon,
    moved_gb_per_mwh,
    requests_per_mwh,
    with_carbon_price,
)
from explorer.model.arc_overrides import NAMES as OVERRIDES
from explorer.model.arc_overrides import Overrides, read_overrides
from explorer.model.geography import Geography, build_geography, column_numbers, geography_key
from explorer.model.labels import Labels, NamesById, labels_of
from explorer.model.latency import end_to_end_latency_ms
from explorer.model.program import LPData, in_order_of_value, unserved_penalty
from explorer.model.supply import Supply, supply_of
from explorer.scenario import validation
from explorer.scenario.profiles import (
    ABSOLUTE,
    ANNUAL,
    AVERAGE,
    Profiles,
    load_curves,
    region_factors,
    utc_offsets_h,
)
from explorer.scenario.scenario import Scenario
from explorer.scenario.schema import CARBON_COLUMNS, DEMAND_COLUMNS, TABLES
from explorer.scenario.table_memo import key_of, memo_of
from explorer.units import KG_PER_T
from explorer.words import mark, number, tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DelayWeight = Literal["requests", "load"]

BUDGET_DECIMALS = (
    6  # of ms: a budget read off a frontier opens the arcs it stands for, whatever the rounding
)


@dataclass(frozen=True, eq=False)
class Network:
    """
    Frozen arrays of one scenario. Axes: client i, region j, workload k; `home` points from i to j.

    Two networks are equal when all numbers that a solve depends on are equal, so results can be
    remembered by network. Labels are no part of that.
    """

    key: bytes
    clients: tuple[str, ...]
    regions: tuple[str, ...]
    workloads: tuple[str, ...]
    labels: Labels
    geography: Geography
    demand_mw: Floats  # (client, workload) IT load wanted at that hour [MW]
    pinned_mw: Floats  # (client, workload) the part of it that state pins to its home [MW]
    largest_home_mw: (
        float  # demand of the home with most, mean of the day: what pictures are sized by [MW]
    )
    capacity_mw: Floats  # (region,) IT capacity, scaled [MW]
    price_usd_per_mwh: (
        Floats  # (region,) delivered electricity price at the scenario's hour and season, without the
        # carbon in it [USD/MWh]
    )
    carbon_kg_per_mwh: Floats  # (region,) the chosen carbon signal, likewise [kg/MWh]
    pue: Floats  # (region,) [-]
    budget_ms: Floats  # (workload,) latency budget, relaxation included [ms]
    prefill_ms: Floats  # (workload,) [ms]
    round_trips: Floats  # (workload,) [-]
    requests_per_mwh: Floats  # (workload,) [1/MWh]
    gb_per_mwh: Floats  # (workload,) data moved per MWh of IT load away from home [GB/MWh]
    friction: Friction
    carbon_price_usd_per_t: float
    unserved_usd_per_mwh: float  # of classes that have no value of their own
    regional_radius_km: float
    objective: str
    time_limit_s: float
    hardware_usd_per_mwh: float = 0.0  # of serving, per IT load; no part of any objective
    cost_cap_usd_per_h: float = math.inf  # where carbon is the objective [USD/h]
    mean_delay_cap_ms: float = math.inf  # per request, where latency is not the objective [ms]
    baseline_rule: str = "nearest"
    hosting_usd_per_h: Floats | None = (
        None  # (region,) per class run away from its home; None where it is all free
    )
    wue_l_per_kwh: Floats | None = (
        None  # (region,) water per IT energy, NaN where unknown; None where no region says [l/kWh]
    )
    load_value_usd_per_mwh: Floats | None = (
        None  # (workload,) what an unserved MWh costs; None where no class has a value of its own
    )
    deferral_h: Floats | None = None  # (workload,) how long load may wait; None where none may [h]
    supply: Supply | None = None  # None where no table says anything of blocks
    overrides: Overrides | None = None  # None where no table says anything of single arcs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @cached_property
    def home(self) -> NDArray[np.intp]:
        """Index of each client's home region, shape (client,)."""
        return self.geography.home

    @cached_property
    def region_names(self) -> NamesById:
        """What regions are called, by id."""
        return NamesById(zip(self.regions, self.labels.regions, strict=True))

    @cached_property
    def short_region_names(self) -> NamesById:
        """The same where there is little room."""
        return NamesById(zip(self.regions, self.labels.short_regions, strict=True))

    @cached_property
    def client_names(self) -> NamesById:
        """What clients are called, by id."""
        return NamesById(zip(self.clients, self.labels.clients, strict=True))

    @cached_property
    def class_names(self) -> NamesById:
        """What classes are called, by id."""
        return NamesById(zip(self.workloads, self.labels.classes, strict=True))

    @cached_property
    def class_labels(self) -> NamesById:
        """Id and name of classes, by id."""
        return NamesById(zip(self.workloads, self.labels.workloads, strict=True))

    @property
    def without_hosting_or_cap(self) -> Network:
        """
        The same without hosting and without caps on cost and delay: what one linear program can
        tell of.
        """
        if self.hosting_usd_per_h is None and self.has_no_cap:
            return self
        return replace(
            self,
            key=digest(self.key, "plain"),
            hosting_usd_per_h=None,
            cost_cap_usd_per_h=math.inf,
            mean_delay_cap_ms=math.inf,
        )

    @property
    def value_of_load(self) -> Floats | float:
        """
        What a MWh that goes unserved costs, shape (workload,), or of all classes. [USD/MWh]
        """
        value = self.load_value_usd_per_mwh
        return self.unserved_usd_per_mwh if value is None else value

    @property
    def has_no_cap(self) -> bool:
        """Whether neither cost nor delay is capped."""
        return self.cost_cap_usd_per_h == self.mean_delay_cap_ms == math.inf

    @cached_property
    def wan_ms(self) -> Floats:
        """
        Wide-area part of the latency, n_k RTT(s(i), j), shape (client, region, workload). [ms]

        Where a table gives the latency, what is left of it without RTT(i, s(i)) and t_k, even if
        that is below zero.
        """
        wan = self._wan_ms(self.home)
        if self.overrides is None:
            return wan
        return wan + (self.latency_ms - self._model_latency_ms)

    def _wan_ms(self, home: NDArray[np.intp]) -> Floats:
        return self.geography.region_rtt_ms[home][:, :, np.newaxis] * self.round_trips

    @cached_property
    def _model_latency_ms(self) -> Floats:
        geo = self.geography
        return end_to_end_latency_ms(
            geo.client_rtt_ms, geo.region_rtt_ms[self.home], self.round_trips, self.prefill_ms
        )

    @property
    def is_away(self) -> Floats:
        """1 for arcs that leave home, 0 for home, shape (client, region, workload)."""
        away = np.ones(self.latency_ms.shape)
        away[np.arange(len(self.home)), self.home] = 0.0
        return away

    def mean_delay_ms_per_mw(self, served_mw: Floats, weight: DelayWeight = "requests") -> Floats:
        """
        What a MW on an arc adds to the mean added delay, times the load served, shape (client,
        region, workload). [ms]

        Parameters
        ----------
        served_mw : shape (client, workload)
            Over whose requests, or load, the mean is. [MW]
        weight : {"requests", "load"}
            Whether each request counts alike, or each MW.
        """
        if weight == "load" or not served_mw.sum():
            return self.wan_ms
        requests = self.requests_per_mwh
        return self.wan_ms * requests * (served_mw.sum() / (served_mw @ requests).sum())

    @cached_property
    def latency_ms(self) -> Floats:
        """End-to-end latency to the first token, shape (client, region, workload). [ms]"""
        model = self._model_latency_ms
        return model if self.overrides is None else self.overrides.latency_ms.over(model)

    @cached_property
    def within_budget(self) -> Bools:
        """Arcs that meet their class's latency budget, shape (client, region, workload)."""
        return np.round(self.latency_ms - self.budget_ms, BUDGET_DECIMALS) <= 0

    @cached_property
    def masks(self) -> dict[str, Bools]:
        """
        What must all hold for an arc to exist, latency apart, each of shape (client, region,
        workload), by name.

        law: the legal policy lets the client's load run there. system: the region offers the class.
        arcs.csv: that table does not close the arc; where it opens one, law and system hold too.
        """
        lawful = self.geography.lawful[:, :, np.newaxis]
        if self.overrides is None:
            return {"law": lawful}
        shape, given = self.latency_ms.shape, self.overrides.allowed
        told = given.filled(True)
        return {
            "law": told.over(np.broadcast_to(lawful, shape)),
            "system": told.over(np.broadcast_to(self.overrides.offered, shape)),
            "arcs.csv": given.over(np.ones(shape, bool)),
        }

    @cached_property
    def layer_index(self) -> NDArray[np.intp]:
        """
        Which layer an arc belongs to by distance from home, shape (client, region): at home, within
        `regional_radius_km` of it, or further away.
        """
        layer = np.where(self.geography.region_km[self.home] <= self.regional_radius_km, 1, 2)
        layer[np.arange(len(self.home)), self.home] = 0
        return layer

    @cached_property
    def permitted(self) -> Bools:
        """
        Arcs that every mask allows, within the budget or not, shape (client, region, workload).
        """
        permitted = np.logical_and.reduce(list(self.masks.values()))
        return np.broadcast_to(permitted, self.latency_ms.shape)

    @cached_property
    def allowed(self) -> Bools:
        """Arcs that meet the budget and every mask, shape (client, region, workload)."""
        return self.within_budget & self.permitted

    @cached_property
    def _money_and_carbon(self) -> tuple[Floats, Floats, Floats]:
        energy, friction, carbon = self._arcs_from(self.home, self.wan_ms)
        if self.overrides is not None:
            friction = self.overrides.friction_usd_per_mwh.over(friction)
        return energy, friction, carbon

    def arcs_from(self, home: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        """
        Energy cost (region,), friction and carbon (home, region, workload) of arcs from any home
        regions.

        By the model alone: what a table says of an arc is said of a client.
        """
        return self._arcs_from(home, self._wan_ms(home))

    def _arcs_from(self, home: NDArray[np.intp], wan: Floats) -> tuple[Floats, Floats, Floats]:
        return arc_money_and_carbon(
            self.price_usd_per_mwh, self.carbon_kg_per_mwh, self.pue, home, wan,
            self.requests_per_mwh, self.gb_per_mwh, self.friction,
        )  # fmt: skip

    @property
    def energy_usd_per_mwh(self) -> Floats:
        """Electricity cost of one MWh of IT load, PUE_j price_j, shape (region,). [USD/MWh]"""
        return self._money_and_carbon[0]

    @property
    def friction_usd_per_mwh(self) -> Floats:
        """
        Friction of an arc at a carbon price of zero, shape (client, region, workload). [USD/MWh]
        """
        return self._money_and_carbon[1]

    @property
    def carbon_kg_per_arc_mwh(self) -> Floats:
        """Emissions of an arc per MWh of IT load, shape (client, region, workload). [kg/MWh]"""
        return self._money_and_carbon[2]

    @property
    def electricity_per_arc_mwh(self) -> Floats:
        """
        Electricity drawn for one MWh of IT load on an arc, wherever it is drawn, shape (client,
        region, workload): what the arc would emit if every grid emitted one kg per MWh. [MWh/MWh]
        """
        everywhere_one = replace(self, carbon_kg_per_mwh=np.ones_like(self.carbon_kg_per_mwh))
        return everywhere_one.carbon_kg_per_arc_mwh

    @cached_property
    def money_usd_per_mwh(self) -> Floats:
        """
        Energy and friction of an arc at a carbon price of zero, shape (client, region, workload).
        [USD/MWh]
        """
        return self.energy_usd_per_mwh[:, np.newaxis] + self.friction_usd_per_mwh

    @cached_property
    def cost_usd_per_mwh(self) -> Floats:
        """
        Objective of an arc: money plus carbon at its price, shape (client, region, workload).
        [USD/MWh]
        """
        return with_carbon_price(
            self.money_usd_per_mwh, self.carbon_kg_per_arc_mwh, self.carbon_price_usd_per_t
        )


def index_of(kind: str, name: str, known: tuple[str, ...]) -> int:
    """
    Return where an id stands among those known.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in known:
        raise ValueError(f"Unknown {kind} {name!r}; use one of {', '.join(known)}.")
    return known.index(name)


_geographies: Memo[Geography] = Memo(size=16)
_profiles: Memo[Profiles] = Memo(size=16)
_overrides: Memo[Overrides] = Memo(size=16)


def build_network(scenario: Scenario) -> Network:
    """
    The arrays behind a scenario; what does not depend on sliders is kept from one call to the next.

    Raises
    ------
    ScenarioError
        If tables contradict each other.
    """
    regions, clients = scenario.regions, scenario.clients
    classes = np.array([list(w.model_values().values()) for w in scenario.workloads.values()]).T
    budget, energy, share, local, prefill, trips, request_kb, response_kb, state_mb = classes
    demand_share, share = (
        validation.to_one(column_numbers(clients, "clients.csv", _demand_column(scenario))),
        validation.to_one(share),
    )
    check = cache(scenario.cross_check)  # whatever is new asks for it, and it is done once
    relative_price, relative_carbon, relative_load = _relative(scenario, check)
    demand = demand_share[:, np.newaxis] * share * scenario.total_demand_mw * relative_load
    pinned = demand * np.clip(local * scenario.state_local_scale, 0.0, 1.0)
    requests = requests_per_mwh(energy)
    price, carbon, pue, capacity = (
        column_numbers(regions, "regions.csv", column) for column in _region_columns(scenario)
    )
    fixed, wue = fixed_usd_per_mwh(regions), _wue_l_per_kwh(regions)
    held = carbon_in_price_usd_per_t(regions)
    price, carbon = fixed + (price - fixed) * relative_price, carbon * relative_carbon
    price = price - held * carbon / KG_PER_T
    supply = supply_of(scenario, fixed, held, relative_price, relative_carbon)
    places = geography_key(scenario)
    geography = _geographies.find(places, lambda: build_geography(scenario, check))
    at_homes = np.bincount(geography.home, demand_share) * share.sum() * scenario.total_demand_mw
    overrides_key, overrides = _overrides_of(scenario, places, geography.home, check)
    hosting = _hosting_usd_per_h(scenario)
    deferral = np.array([float(workload.deferral_h) for workload in scenario.workloads.values()])
    value = _load_value_usd_per_mwh(scenario)
    _check_caps(scenario, hosting)
    numbers = (
        classes,
        demand,
        price,
        carbon,
        pue,
        capacity,
        hosting,
        "absent" if wue is None else wue,
        *([deferral] if deferral.any() else []),
        *([] if value is None else ["value of load", value]),
        *([] if supply is None else ["supply", *supply.numbers]),
    )
    key = digest(
        places, overrides_key, repr(scenario.settings()), scenario.workloads.keys(), *numbers
    )
    return Network(
        key=key,
        clients=memo_of(clients).texts("id"),
        regions=memo_of(regions).texts("id"),
        workloads=tuple(scenario.workloads),
        labels=labels_of(scenario),
        geography=geography,
        demand_mw=demand,
        pinned_mw=pinned,
        largest_home_mw=float(at_homes.max(initial=0.0)),
        capacity_mw=capacity * scenario.capacity_scale,
        price_usd_per_mwh=price,
        carbon_kg_per_mwh=carbon,
        pue=pue,
        budget_ms=budget + scenario.latency_relaxation_ms,
        prefill_ms=prefill,
        round_trips=trips,
        requests_per_mwh=requests,
        gb_per_mwh=moved_gb_per_mwh(
            requests, request_kb, response_kb, state_mb, scenario.state_move_share
        ),
        friction=Friction(
            scale=scenario.friction_scale,
            egress_usd_per_gb=scenario.egress_usd_per_gb,
            operations_usd_per_mwh=scenario.operations_usd_per_mwh,
            relocation_overhead=scenario.relocation_overhead,
            transport_kwh_per_gb=scenario.transport_kwh_per_gb,
            latency_value=scenario.latency_value,
        ),
        carbon_price_usd_per_t=scenario.carbon_price_usd_per_t,
        unserved_usd_per_mwh=scenario.unserved_usd_per_mwh,
        regional_radius_km=scenario.regional_radius_km,
        objective=scenario.objective,
        time_limit_s=scenario.time_limit_s,
        hardware_usd_per_mwh=scenario.hardware_usd_per_mwh,
        cost_cap_usd_per_h=scenario.cost_cap_usd_per_h,
        mean_delay_cap_ms=scenario.mean_delay_cap_ms,
        baseline_rule=scenario.baseline_rule,
        hosting_usd_per_h=hosting if hosting.any() else None,
        wue_l_per_kwh=wue,
        load_value_usd_per_mwh=value,
        supply=supply,
        deferral_h=deferral if deferral.any() else None,
        overrides=overrides,
    )


def carbon_intensities(scenario: Scenario) -> dict[str, Floats]:
    """
    Every carbon signal that the regions have, at the hour and season, each of shape (region,).
    [kg/MWh]
    """
    _, relative, _ = _relative(scenario, scenario.cross_check)
    regions = scenario.regions
    return {
        signal: column_numbers(regions, "regions.csv", column) * relative
        for signal, column in CARBON_COLUMNS.items()
        if column in regions
    }


def _check_caps(scenario: Scenario, hosting: Floats) -> None:
    """A cap has a price, in a linear program; a choice of hosts has none, nor have two caps."""
    cost_cap = scenario.objective == "carbon" and math.isfinite(scenario.cost_cap_usd_per_h)
    delay_cap = scenario.objective != "latency" and math.isfinite(scenario.mean_delay_cap_ms)
    amounts = {
        "cost_cap_usd_per_h": (cost_cap, f"{number(scenario.cost_cap_usd_per_h, 'g')} USD/h"),
        "mean_delay_cap_ms": (delay_cap, f"{number(scenario.mean_delay_cap_ms, 'g')} ms"),
    }
    active = {name: amount for name, (is_on, amount) in amounts.items() if is_on}
    if len(active) == 2:
        what = tr("there is no least carbon under a cap on cost and one on mean delay together.")
        fix = tr("Take one of them away: inf is no cap.")
        _refuse_cap(scenario, "mean_delay_cap_ms", what, fix)
    for name, amount in active.items():
        if hosting.any():
            what = tr(_NONE_WITH_HOSTING[scenario.objective, name])
            fix = tr("Take the cap away (it is {}), or set hosting to 0.", amount)
            _refuse_cap(scenario, name, what, fix)


_NONE_WITH_HOSTING = {  # by objective and cap
    ("carbon", "cost_cap_usd_per_h"): mark(
        "there is no least carbon under a cap on cost where hosting costs."
    ),
    ("carbon", "mean_delay_cap_ms"): mark(
        "there is no least carbon under a cap on mean delay where hosting costs."
    ),
    ("cost", "mean_delay_cap_ms"): mark(
        "there is no least cost under a cap on mean delay where hosting costs."
    ),
}


def _refuse_cap(scenario: Scenario, name: str, what: str, fix: str) -> None:
    problem = Problem("scenario.toml", None, name, None, what, fix)
    raise ScenarioError(scenario.title, [problem])


def _hosting_usd_per_h(scenario: Scenario) -> Floats:
    """A region's own, where it has one, or else the scenario's, shape (region,). [USD/h]"""
    return _numbers_or(scenario.regions, "hosting_usd_per_h", float(scenario.hosting_usd_per_h))


def fixed_usd_per_mwh(regions: pd.DataFrame) -> Floats:
    """The part of the price that no profile scales, shape (region,). [USD/MWh]"""
    return _numbers_or(regions, "fixed_usd_per_mwh", 0.0)


def carbon_in_price_usd_per_t(regions: pd.DataFrame) -> Floats:
    """The carbon price that the price already holds, shape (region,). [USD/t]"""
    return _numbers_or(regions, "carbon_in_price_usd_per_t", 0.0)


def _wue_l_per_kwh(regions: pd.DataFrame) -> Floats | None:
    """Water per IT energy, shape (region,), NaN where unknown; None where no region says. [l/kWh]"""
    own = "wue_l_per_kwh"
    if own not in regions:
        return None
    known = _numbers_or(regions, own, 0.0)  # which raises where a cell is no number
    is_blank = memo_of(regions).find("no water", lambda: regions[own].isna().to_numpy())
    return None if is_blank.all() else np.where(is_blank, np.nan, known)


def _load_value_usd_per_mwh(scenario: Scenario) -> Floats | None:
    """
    What an unserved MWh of each class costs, shape (workload,); None where no class has a value of
    its own. [USD/MWh]
    """
    own = [workload.unserved_usd_per_mwh for workload in scenario.workloads.values()]
    if all(value is None for value in own):
        return None
    otherwise = scenario.unserved_usd_per_mwh
    return np.array([otherwise if value is None else value for value in own], float)


def _numbers_or(regions: pd.DataFrame, column: str, otherwise: float) -> Floats:
    """An optional column of the regions, with a number where it is blank or absent."""
    if column not in regions:
        return np.full(len(regions), otherwise)
    return column_numbers(regions, "regions.csv", column, where_blank=otherwise)


def _overrides_of(
    scenario: Scenario, places: bytes, home: NDArray[np.intp], check: Callable[[], None]
) -> tuple[bytes, Overrides | None]:
    """What tables say of single arcs, and a key of it; nothing where there are no such tables."""
    found = [getattr(scenario, name) for name in OVERRIDES]
    if all(table is None for table in found):
        return b"", None
    columns = ([column.name for column in TABLES[name].columns] for name in OVERRIDES)
    tables = (key_of(table, *of) for table, of in zip(found, columns, strict=True))
    key = digest(places, scenario.workloads.keys(), *tables)
    return key, _overrides.find(key, lambda: read_overrides(scenario, home, check))


def _region_columns(scenario: Scenario) -> tuple[str, str, str, str]:
    """
    Price, carbon, PUE and capacity; raises a `ScenarioError` where the chosen carbon signal has no
    column.
    """
    carbon = CARBON_COLUMNS[scenario.carbon_signal]
    if carbon not in scenario.regions:
        what = tr("the column is missing, but the carbon signal is {!r}.", scenario.carbon_signal)
        fix = tr(
            "Add {} [g/kWh] to the regions, or choose another carbon signal. They have: {}.",
            carbon,
            ", ".join(scenario.carbon_signals),
        )
        raise ScenarioError(scenario.title, [Problem("regions.csv", None, carbon, None, what, fix)])
    return "electricity_price_usd_per_mwh", carbon, "pue", "capacity_mw"


def _demand_column(scenario: Scenario) -> str:
    """The shares of demand that count; raises a `ScenarioError` where clients have no such column."""
    column = DEMAND_COLUMNS[scenario.demand_basis]
    if column not in scenario.clients:
        what = tr("the column is missing, but the basis of demand is {!r}.", scenario.demand_basis)
        fix = tr(
            "Add {} to the clients, or choose another basis of demand. They have: {}.",
            column,
            ", ".join(scenario.demand_bases),
        )
        raise ScenarioError(scenario.title, [Problem("clients.csv", None, column, None, what, fix)])
    return column


def _relative(
    scenario: Scenario, check: Callable[[], None]
) -> tuple[Floats, Floats, Floats] | tuple[float, float, float]:
    """
    Factors on price and carbon (region,) and on demand (client, workload) at the scenario's hour
    and season; tables that are read are checked against each other before.
    """
    if scenario.hour == AVERAGE and scenario.season == ANNUAL:
        return 1.0, 1.0, 1.0  # what tables of profiles are relative to: they are not even looked at
    factors = (*ABSOLUTE, *ABSOLUTE.values())
    key = digest(
        key_of(scenario.regions, "id", "latitude"),
        key_of(scenario.clients, "id", "timezone"),
        [workload.demand_profile for workload in scenario.workloads.values()],
        key_of(scenario.profiles, "region_id", "season", "hour_utc", *factors),
        key_of(scenario.demand_profiles, "profile_id", "local_hour", "relative_load"),
    )
    profiles = _profiles.find(key, lambda: read_profiles(scenario, check))
    return profiles.at(scenario.season, scenario.hour)


def read_profiles(scenario: Scenario, check: Callable[[], None] | None = None) -> Profiles:
    """What the tables of a scenario tell about hours and seasons; `check` as in `build_geography`."""
    clients, profiles, curves = map(scenario.clean, ("clients", "profiles", "demand_profiles"))
    assert clients is not None  # else the scenario could not have been made
    (check or scenario.cross_check)()
    ids, latitude = (
        tuple(scenario.regions["id"]),
        column_numbers(scenario.regions, "regions.csv", "latitude"),
    )
    price, carbon = (region_factors(profiles, column, ids, latitude) for column in ABSOLUTE)
    load = load_curves(curves, [w.demand_profile for w in scenario.workloads.values()])
    is_known = "timezone" in clients
    timezones = memo_of(clients).texts("timezone") if is_known else [""] * len(clients)
    return Profiles(price, carbon, load, utc_offsets_h(timezones))


def lp_data(network: Network, objective: str) -> LPData:
    """
    What the solver needs to know of a network to minimise cost, carbon, latency or relocation.

    Under least cost the penalty on unserved load is a price, of each class its own where it has one.
    Kilograms, milliseconds and load that moves have none: there it is at least so high that all that
    can be served is, what is worth most first.
    """
    cost = {
        "cost": lambda: network.cost_usd_per_mwh,
        "carbon": lambda: network.carbon_kg_per_arc_mwh,
        "latency": lambda: network.wan_ms,
        "relocation": lambda: network.is_away,
    }[objective]()
    penalty = network.value_of_load
    if objective != "cost":
        above = max(float(np.max(penalty)), unserved_penalty(cost, network.allowed))
        penalty = in_order_of_value(above, penalty)
    return LPData(
        cost=cost,
        allowed=network.allowed,
        free_mw=network.demand_mw - network.pinned_mw,
        pinned_mw=network.pinned_mw,
        capacity_mw=network.capacity_mw,
        unserved_cost=penalty,
        time_limit_s=network.time_limit_s,
        added_ms=network.wan_ms,
    )
