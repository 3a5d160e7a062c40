"""
A class of requests: how long they may wait, what they need, how they move. Imports Param; never
Panel.
"""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
import param

from explorer.scenario.hints import nearest
from explorer.scenario.schema import LARGEST


class Declared(param.Parameterized):
    """What takes no other attribute than it declares: a misspelt one would change nothing."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and not hasattr(type(self), name):
            kind = type(self).__name__
            offered = [key for key in self.param.objects("existing") if key != "name"]
            asked = nearest(name, offered, f"Its parameters are listed by help({kind}).")
            raise AttributeError(f"A {kind} has no {name!r}. {asked}", name=name, obj=self)
        super().__setattr__(name, value)


class Limit(param.Number):
    """
    A number that may be infinite, for no limit; no whole number that is too large to compute with.
    """

    def __set__(self, obj: Any, val: Any) -> None:
        if isinstance(val, int) and abs(val) > sys.float_info.max:
            raise ValueError(
                f"{self.name} must be at most {sys.float_info.max:g}, or inf for no limit."
            )
        super().__set__(obj, val)


class Workload(Declared):
    """One class of requests: how long they may wait, what they need, how they move."""

    id = param.String(
        default="A", constant=True, precedence=-1, doc="Identifier, as in workloads.csv."
    )

    latency_budget_ms = Limit(
        default=1000.0,
        bounds=(0, None),
        softbounds=(50, 3_600_000),
        step=10,
        precedence=1,
        label="Latency budget [ms]",
        doc="Longest acceptable time from request to first token, network and processing [ms]; inf for no limit.",
    )
    energy_wh_per_request = param.Number(
        default=0.3,
        bounds=(0, LARGEST),
        inclusive_bounds=(False, True),
        softbounds=(0.05, 50),
        precedence=2,
        label="Energy per request [Wh]",
        doc="IT energy of one request; multiply by PUE for the meter [Wh].",
    )
    share_of_demand = param.Number(
        default=1.0,
        bounds=(0, 1),
        step=0.01,
        precedence=3,
        label="Share of demand [-]",
        doc="Share of the total IT load that this class stands for [-].",
    )
    state_local_share = param.Number(
        default=0.0,
        bounds=(0, 1),
        step=0.01,
        precedence=4,
        label="State-local share [-]",
        doc="Share of the class pinned to its home region by session state, before the scenario's scale [-].",
    )
    prefill_ms = param.Number(
        default=100.0,
        bounds=(0, LARGEST),
        softbounds=(0, 10_000),
        precedence=5,
        label="Time to first token [ms]",
        doc="Time to the first token spent outside the network: queueing and prefill [ms].",
    )
    round_trips = param.Number(
        default=1.0,
        bounds=(0, LARGEST),
        softbounds=(1, 20),
        step=1,
        precedence=6,
        label="Round trips [-]",
        doc="Sequential round trips between service node and compute per request; several for agents [-].",
    )
    request_kb = param.Number(
        default=4.0,
        bounds=(0, LARGEST),
        softbounds=(0, 1000),
        precedence=7,
        label="Request size [kB]",
        doc="Data sent to compute per request [kB].",
    )
    response_kb = param.Number(
        default=2.0,
        bounds=(0, LARGEST),
        softbounds=(0, 1000),
        precedence=8,
        label="Response size [kB]",
        doc="Data sent back per request [kB].",
    )
    state_mb = param.Number(
        default=0.0,
        bounds=(0, LARGEST),
        softbounds=(0, 10_000),
        precedence=9,
        label="Session state [MB]",
        doc="Session state (KV cache) that a moved session takes along [MB].",
    )
    unserved_usd_per_mwh = param.Number(
        default=None,
        allow_None=True,
        bounds=(0, LARGEST),
        inclusive_bounds=(False, True),
        precedence=-1,
        label="Value of load [USD/MWh]",
        doc="What a MWh that goes unserved costs; the scenario's penalty on unserved load where none is "
        "given [USD/MWh].",
    )
    deferral_h = param.Number(
        default=0.0,
        bounds=(0, 23),
        step=1,
        precedence=-1,
        label="May wait [h]",
        doc="For how many hours a request may wait before it runs, within the day; whole hours count. No placement "
        "of one hour depends on it: it tells what moving load in time is worth [h].",
    )
    processing_ms = param.Number(
        default=None,
        allow_None=True,
        bounds=(0, LARGEST),
        precedence=-1,
        label="Whole answer [ms]",
        doc="Time to generate the whole answer [ms]; not part of the budget.",
    )
    context_tokens = param.Number(
        default=None,
        allow_None=True,
        bounds=(0, LARGEST),
        precedence=-1,
        label="Context [tokens]",
        doc="Tokens of context behind the state size [tokens].",
    )
    demand_profile = param.String(
        default="",
        precedence=-1,
        label="Demand profile",
        doc="Day curve of the demand, an id of demand_profile_24h.csv.",
    )
    extra = param.Dict(
        default={}, precedence=-1, doc="Other columns of workloads.csv: the sources of the figures."
    )

    def model_values(self) -> dict[str, float]:
        """Everything the model reads from a class, by parameter name."""
        return {column: getattr(self, column) for column in MODEL_COLUMNS}

    def changeable(self) -> dict[str, float]:
        """Everything that users may change of a class, by parameter name."""
        return self.model_values() | {"deferral_h": self.deferral_h}


MODEL_COLUMNS = (
    "latency_budget_ms", "energy_wh_per_request", "share_of_demand", "state_local_share", "prefill_ms",
    "round_trips", "request_kb", "response_kb", "state_mb",
)  # fmt: skip
WORKLOAD_COLUMNS = (
    "id",
    "name",
    *MODEL_COLUMNS,
    "unserved_usd_per_mwh",
    "deferral_h",
    "processing_ms",
    "context_tokens",
    "demand_profile",
)


def workload_objects(frame: pd.DataFrame) -> dict[str, Workload]:
    """The rows of a clean workloads table as objects, by id."""
    objects, names = {}, frame.columns.tolist()
    for cells in zip(*(frame[name].tolist() for name in names), strict=True):
        row = dict(zip(names, cells, strict=True))
        known = {c: row.pop(c) for c in WORKLOAD_COLUMNS if c in row}
        known = {c: v for c, v in known.items() if not (isinstance(v, float) and pd.isna(v))}
        objects[known["id"]] = Workload(**known, extra=row)
    return objects


class Workloads(dict[str, Workload]):
    """Classes by id; for one that is not there, the error says which is meant."""

    def __missing__(self, key: object) -> Workload:
        meant = nearest(str(key), self, "")
        raise KeyError(
            f"There is no class {key!r}. {meant} Possible: {', '.join(self)}.".replace("  ", " ")
        )
