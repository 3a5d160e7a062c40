"""
The inputs that results are made of: which columns and settings each is, under the choices of a
scenario, and whose figures they are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from explorer.cache import Memo
from explorer.registry import PLACEMENT
from explorer.scenario.profiles import ANNUAL, AVERAGE
from explorer.scenario.provenance import Provenance, Source
from explorer.scenario.scenario import CUSTOM_POLICY, TABLES, Scenario
from explorer.scenario.schema import CARBON_COLUMNS, DEMAND_COLUMNS
from explorer.scenario.validation import is_source
from explorer.scenario.workload import MODEL_COLUMNS

Columns = tuple[tuple[str, str], ...]  # table and column

LABELS = {  # of inputs, in sentences
    "price": "electricity price",
    "carbon": "carbon intensity",
    "pue": "PUE",
    "capacity": "IT capacity",
    "demand": "demand",
    "classes": "classes of requests",
    "latency": "round trips",
    "law": "legal zones",
    "friction": "cost of moving",
    "hours": "hours of the day",
    "day": "hours of the day",
    "water": "water use",
}
SETTINGS_OF = {  # settings that are part of an input
    "demand": ("total_demand_mw",),
    "capacity": ("capacity_scale",),
    "classes": ("state_local_scale",),
    "friction": (
        "egress_usd_per_gb", "state_move_share", "operations_usd_per_mwh", "relocation_overhead",
        "transport_kwh_per_gb", "latency_value",
    ),
}  # fmt: skip
OF_REGIONS = ("price", "carbon", "pue", "capacity")  # inputs that are one column of regions
_HOURS: Columns = (
    ("profiles", "price_relative"), ("profiles", "carbon_relative"), ("profiles", "price_usd_per_mwh"),
    ("profiles", "carbon_g_per_kwh"), ("demand_profiles", "relative_load"),
)  # fmt: skip
_LAW: Mapping[str, Columns] = {
    "open": (),
    "same zone": (),
    "today": (("legal_zones", "inbound"), ("legal_zones", "outbound")),
    "adequacy": (("legal_transfers", "status"),),
    CUSTOM_POLICY: (("legal_custom", "allowed"),),
}


def columns_of(scenario: Scenario, input: str) -> Columns:
    """The columns that an input of that name is, as the scenario's choices have it."""
    if input == "hours":
        averaged = (scenario.hour, scenario.season) == (AVERAGE, ANNUAL)
        return () if averaged else _HOURS
    fixed: Mapping[str, Columns] = {
        "price": (("regions", "electricity_price_usd_per_mwh"),),
        "carbon": (("regions", CARBON_COLUMNS[str(scenario.carbon_signal)]),),
        "pue": (("regions", "pue"),),
        "capacity": (("regions", "capacity_mw"),),
        "demand": (("clients", DEMAND_COLUMNS[str(scenario.demand_basis)]),),
        "classes": tuple(("workloads", column) for column in MODEL_COLUMNS),
        "latency": (("rtt_ms", "rtt_ms"),) if scenario.latency_model == "measured" else (),
        "law": _LAW[str(scenario.legal_policy)],
        "friction": (("arcs", "friction_usd_per_mwh"),),
        "day": _HOURS,
        "water": (("regions", "wue_l_per_kwh"),),
    }
    return fixed[input]


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
    return _found.find(_key(scenario), lambda: _input_sources(scenario))


def _key(scenario: Scenario) -> Hashable:
    """Changes when the sources of an input may."""
    frames = (getattr(scenario, name) for name in TABLES)
    columns = (
        hash(tuple(frame[name].tolist()))  # a tenth of a digest: texts remember their hash
        for frame in frames
        if frame is not None
        for name in frame.columns
        if is_source(name) or frame is scenario.sources
    )
    classes = (f"{w.id} {w.extra}" for w in scenario.workloads.values())
    choices = [columns_of(scenario, input) for input in LABELS]
    rows = len(scenario.regions), len(scenario.clients)  # of tables that may name no source
    return (*rows, *columns, *classes, *choices, *scenario.parameter_sources.items())


def _input_sources(scenario: Scenario) -> InputSources:
    provenance = Provenance(scenario)
    columns = {input: columns_of(scenario, input) for input in LABELS}
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


def sources_used(scenario: Scenario, inputs: Iterable[str] = PLACEMENT) -> tuple[Source, ...]:
    """The sources of the figures that some inputs are made of, each once."""
    found = input_sources(scenario).by_input
    return Provenance(scenario).in_order(source for input in inputs for source in found[input])
