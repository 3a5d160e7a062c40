"""
The inputs that results are made of: which columns and settings each is, under the choices of a
scenario, and whose figures they are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import pandas as pd

from explorer.cache import Memo, digest
from explorer.registry import HEADLINES
from explorer.scenario.profiles import ANNUAL, AVERAGE, columns_read
from explorer.scenario.provenance import Provenance, Source
from explorer.scenario.scenario import CUSTOM_POLICY, TABLES, Scenario
from explorer.scenario.schema import CARBON_COLUMNS, DEMAND_COLUMNS, ENDS
from explorer.scenario.table_memo import key_of, memo_of
from explorer.scenario.validation import is_source
from explorer.scenario.workload import MODEL_COLUMNS
from explorer.words import mark

Columns = tuple[tuple[str, str], ...]  # table and column

LABELS = {  # of inputs, in sentences
    "price": mark("electricity price"),
    "carbon": mark("carbon intensity"),
    "pue": mark("PUE"),
    "capacity": mark("IT capacity"),
    "demand": mark("demand"),
    "classes": mark("classes of requests"),
    "latency": mark("round trips"),
    "rtt_ranges": mark("ranges of round trips"),
    "law": mark("legal zones"),
    "friction": mark("cost of moving"),
    "carbon_price": mark("carbon price"),
    "hours": mark("hours of the day"),
    "day": mark("hours of the day"),
    "water": mark("water use"),
    "hardware": mark("cost of hardware"),
    "deferral": mark("hours that load may wait"),
    "supply": mark("supply of electricity"),
    "ranges": mark("ranges"),
}
SETTINGS_OF = {  # settings that are part of an input
    "demand": ("total_demand_mw",),
    "capacity": ("capacity_scale",),
    "classes": ("state_local_scale",),
    "friction": (
        "friction_scale", "egress_usd_per_gb", "state_move_share", "operations_usd_per_mwh",
        "relocation_overhead", "transport_kwh_per_gb", "latency_value", "hosting_usd_per_h",
    ),
    "carbon_price": ("carbon_price_usd_per_t",),
    "hardware": ("hardware_usd_per_mwh",),
}  # fmt: skip
OF_REGIONS = ("price", "carbon", "pue", "capacity")  # inputs that are one column of regions
_ZONES: Columns = (("legal_zones", "inbound"), ("legal_zones", "outbound"))
_LAW: Mapping[str, Columns] = {
    "open": (),
    "same zone": (),
    "today": _ZONES,
    "adequacy": (("legal_transfers", "status"), *_ZONES),  # these where there is no regime
    CUSTOM_POLICY: (("legal_custom", "allowed"),),
}


@dataclass(frozen=True)
class _Choices:
    """What decides which columns inputs are."""

    averaged: bool  # over the hours and the seasons
    is_measured: bool  # of the latency
    carbon_signal: str
    demand_basis: str
    legal_policy: str
    profiles: tuple[str, ...]  # columns of them that are read


def columns_of(scenario: Scenario, input: str) -> Columns:
    """The columns that an input of that name is, as the scenario's choices have it."""
    return _columns_of(_choices(scenario))[input]


def _choices(scenario: Scenario) -> _Choices:
    table = scenario.profiles
    return _Choices(
        averaged=(scenario.hour, scenario.season) == (AVERAGE, ANNUAL),
        is_measured=scenario.latency_model == "measured",
        carbon_signal=str(scenario.carbon_signal),
        demand_basis=str(scenario.demand_basis),
        legal_policy=str(scenario.legal_policy),
        profiles=()
        if table is None
        else memo_of(table).find("columns read", lambda: tuple(columns_read(table))),
    )


@lru_cache(maxsize=64)
def _columns_of(choices: _Choices) -> Mapping[str, Columns]:
    """The columns of all inputs; none of those that are settings alone."""
    measured = (("rtt_ms", "rtt_ms"),) if choices.is_measured else ()
    columns: dict[str, Columns] = {
        "price": (("regions", "electricity_price_usd_per_mwh"),),
        "carbon": (("regions", CARBON_COLUMNS[choices.carbon_signal]),),
        "pue": (("regions", "pue"),),
        "capacity": (("regions", "capacity_mw"),),
        "demand": (("clients", DEMAND_COLUMNS[choices.demand_basis]),),
        "classes": (
            *(("workloads", column) for column in MODEL_COLUMNS),
            ("workloads", "unserved_usd_per_mwh"), ("systems", "offered"),
        ),
        "carbon_price": (("regions", "carbon_in_price_usd_per_t"),),
        "deferral": (("workloads", "deferral_h"),),
        "supply": tuple(
            ("supply", column) for column in ("block_mw", "price_usd_per_mwh", "carbon_g_per_kwh")
        ),
        "latency": (*measured, ("arcs", "latency_ms")),
        "rtt_ranges": tuple(("rtt_ms", f"rtt_{end}_ms") for end in ("min", "max") if measured),
        "law": (*_LAW[choices.legal_policy], ("arcs", "allowed")),
        "friction": (("arcs", "friction_usd_per_mwh"), ("regions", "hosting_usd_per_h")),
        "water": (("regions", "wue_l_per_kwh"),),
        "day": (day := _day(choices.profiles)),
        "hours": () if choices.averaged else day,
    }  # fmt: skip
    return dict.fromkeys(LABELS, ()) | columns | {"ranges": _ranges(columns)}


def _day(profiles: Iterable[str]) -> Columns:
    """Profiles as they are read, those of demand, and the part of prices that has none."""
    return (
        *(("profiles", column) for column in profiles),
        ("demand_profiles", "relative_load"),
        ("regions", "fixed_usd_per_mwh"),
    )


def _ranges(of_inputs: Mapping[str, Columns]) -> Columns:
    """The ends between which Monte Carlo draws the figures of other inputs."""
    ranged = ("price", "carbon", "pue", "capacity", "demand")
    columns = [of for name in ranged for of in of_inputs[name]]
    columns.append(("workloads", "prefill_ms"))
    return tuple((table, f"{column}_{end}") for table, column in columns for end in ENDS)


@dataclass(frozen=True, eq=False)  # one object as long as nothing changes
class InputSources:
    """The sources of the figures behind each input: of all of them, and region by region."""

    by_input: Mapping[str, tuple[Source, ...]]  # in the order of `sources.csv`
    by_region: Mapping[
        str, tuple[tuple[Source, ...], ...]
    ]  # of inputs that are one column of regions
    budgets: tuple[tuple[Source, ...], ...]  # of the latency budget of each class
    settings: Mapping[str, tuple[Source, ...]]  # of those settings that name them


def input_sources(scenario: Scenario) -> InputSources:
    """Whose figures the inputs of a scenario are, as its tables and choices are now."""
    return _found.find(
        sources_key(scenario), lambda: _input_sources(scenario, _columns_of(_choices(scenario)))
    )


def sources_key(scenario: Scenario) -> Hashable:
    """Changes when the sources of an input may."""
    tables = tuple(_key_of(getattr(scenario, name), name) for name in TABLES)
    classes = tuple(f"{w.id} {w.extra}" for w in scenario.workloads.values())
    rows = len(scenario.regions), len(scenario.clients)  # of tables that may name no source
    settings = tuple(scenario.parameter_sources.items())
    return _choices(scenario), rows, tables, classes, settings


def _key_of(table: pd.DataFrame | None, name: str) -> bytes:
    """A key of the columns that a table has, and of what names sources in it."""
    if table is None:
        return key_of(None)
    memo = memo_of(table)

    def made() -> bytes:
        columns = memo.names
        naming = [column for column in columns if name == "sources" or is_source(column)]
        whose = [column for column in ("id", "region_id") if column in columns]
        return digest(columns, memo.key(*naming, *whose))

    return memo.find("sources", made)


def _input_sources(scenario: Scenario, columns: Mapping[str, Columns]) -> InputSources:
    provenance = Provenance(scenario)
    by_input = {
        input: provenance.in_order(
            source
            for found in (
                *(provenance.of_column(table, column) for table, column in of),
                *(provenance.settings.get(name, ()) for name in SETTINGS_OF.get(input, ())),
            )
            for source in found
        )
        for input, of in columns.items()
    }
    by_region = {input: provenance.of_cells(*columns[input][0]) for input in OF_REGIONS}
    budgets = provenance.of_cells("workloads", "latency_budget_ms")
    return InputSources(
        MappingProxyType(by_input),
        MappingProxyType(by_region),
        budgets,
        MappingProxyType(provenance.settings),
    )


_found: Memo[InputSources] = Memo(size=32)


def sources_used(scenario: Scenario, inputs: Iterable[str] = HEADLINES) -> tuple[Source, ...]:
    """The sources of the figures that some inputs are made of, each once."""
    found = input_sources(scenario).by_input
    return Provenance(scenario).in_order(source for input in inputs for source in found[input])
