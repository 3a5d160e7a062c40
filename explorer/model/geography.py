"""
Where clients and regions are to each other: homes, round-trip times, and what the law lets cross.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import digest
from explorer.errors import Problem, ScenarioError
from explorer.model.geodesy import great_circle_km
from explorer.model.latency import access_rtt_ms, rtt_from_distance_ms
from explorer.scenario.scenario import CUSTOM_POLICY, Scenario
from explorer.scenario.schema import TABLES
from explorer.scenario.table_memo import key_of, memo_of
from explorer.words import tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_RTT_ENDS = ("rtt_min_ms", "rtt_max_ms")  # of what several measured, where a scenario says it


@dataclass(frozen=True, slots=True, eq=False)
class Geography:
    """What only tables, latency model and legal policy decide; shared by every slider move."""

    home: NDArray[np.intp]  # (client,) region at the client's service node
    client_rtt_ms: Floats  # (client,) client to its service node [ms]
    region_rtt_ms: Floats  # (region, region) 0 on the diagonal [ms]
    rtt_range_ms: float  # between measurements of one pair: the median of those that differ [ms]
    region_km: Floats  # (region, region) great-circle distance [km]
    client_zone: NDArray[np.object_]  # (client,) legal zone
    client_at: Floats  # (2, client) latitude and longitude [degrees]
    region_at: Floats  # (2, region) latitude and longitude [degrees]
    lawful: Bools  # (client, region) by the legal policy
    zone_pair: Bools  # (region, region) may load whose home zone is the first's run in the second


def geography_key(scenario: Scenario) -> bytes:
    """All that a geography depends on."""
    place = ("id", "latitude", "longitude", "legal_zone")
    return digest(
        scenario.latency_model,
        scenario.legal_policy,
        key_of(scenario.regions, *place),
        key_of(scenario.clients, *place, "service"),
        key_of(scenario.rtt_ms, "from_region", "to_region", "rtt_ms", *_RTT_ENDS),
        key_of(scenario.legal_zones, "legal_zone", "inbound", "outbound"),
        key_of(scenario.legal_transfers, "from_zone", "to_zone", "status"),
        key_of(scenario.legal_custom, "from_zone", "to_zone", "allowed"),
    )


def build_geography(scenario: Scenario, check: Callable[[], None] | None = None) -> Geography:
    """
    Raises a `ScenarioError` where tables contradict each other; `check` may stand for the
    scenario's own `cross_check`, where others ask for that, too.
    """
    (check or scenario.cross_check)()
    regions, clients = scenario.regions, scenario.clients
    client_at, region_at = (
        [column_numbers(table, file, column) for column in ("latitude", "longitude")]
        for table, file in ((clients, "clients.csv"), (regions, "regions.csv"))
    )
    client_km, region_km = (
        great_circle_km(*client_at, *region_at),
        great_circle_km(*region_at, *region_at),
    )
    client_zone, region_zone = (t["legal_zone"].to_numpy(object) for t in (clients, regions))
    home = _home_regions(scenario, client_km, client_zone, region_zone)
    lawful = _lawful_zones(scenario, client_zone, region_zone)
    lawful[np.arange(len(home)), home] = True  # where the client is served today
    return Geography(
        home=home,
        client_rtt_ms=access_rtt_ms(client_km[np.arange(len(home)), home], scenario.latency_model),
        region_rtt_ms=_region_rtt_ms(scenario, region_km),
        rtt_range_ms=_rtt_range_ms(scenario),
        region_km=region_km,
        client_zone=client_zone,
        client_at=np.array(client_at),
        region_at=np.array(region_at),
        lawful=lawful,
        zone_pair=_lawful_zones(scenario, region_zone, region_zone)
        | np.eye(len(regions), dtype=bool),
    )


def _home_regions(
    scenario: Scenario, client_km: Floats, client_zone: NDArray, region_zone: NDArray
) -> NDArray[np.intp]:
    """
    The region of least RTT in the client's legal zone, or anywhere if its zone has none; `service`
    overrides.
    """
    own_zone = client_zone[:, np.newaxis] == region_zone
    candidate = own_zone | ~own_zone.any(axis=1, keepdims=True)
    home = np.where(candidate, client_km, np.inf).argmin(
        axis=1
    )  # every RTT model grows with distance
    if "service" in scenario.clients:
        index = {region: j for j, region in enumerate(scenario.regions["id"])}
        given = [index.get(service, -1) for service in scenario.clients["service"]]
        home = np.where(np.array(given) >= 0, given, home)
    return home


def _region_rtt_ms(scenario: Scenario, region_km: Floats) -> Floats:
    rtt = rtt_from_distance_ms(region_km, scenario.latency_model)
    if scenario.latency_model == "measured" and scenario.rtt_ms is not None:
        index = {region: j for j, region in enumerate(scenario.regions["id"])}
        measured = scenario.rtt_ms
        a, b = (measured[c].map(index).to_numpy(int) for c in ("from_region", "to_region"))
        rtt[b, a] = measured["rtt_ms"]  # the way back, where only one direction was measured
        rtt[a, b] = measured["rtt_ms"]
    np.fill_diagonal(rtt, 0.0)  # a request that stays home crosses no wide-area link
    return rtt


def _rtt_range_ms(scenario: Scenario) -> float:
    """How far measurements of one pair lie apart: 0 where nobody measured twice. [ms]"""
    measured = scenario.rtt_ms
    if scenario.latency_model != "measured" or measured is None:
        return 0.0
    if not {*_RTT_ENDS} <= {*measured.columns}:
        return 0.0
    apart = measured[_RTT_ENDS[1]].to_numpy(float) - measured[_RTT_ENDS[0]].to_numpy(float)
    return float(np.median(apart[apart > 0])) if (apart > 0).any() else 0.0


def _lawful_zones(scenario: Scenario, origin: NDArray, target: NDArray) -> Bools:
    """
    May load of each origin zone run in each target zone, under the scenario's policy; shape
    (origin, target).
    """
    same = origin[:, np.newaxis] == target
    match scenario.legal_policy:
        case "open":
            return np.ones_like(same)
        case "same zone":
            return same
        case "adequacy":
            return _adequate_zones(scenario, origin, target)
        case policy if policy == CUSTOM_POLICY:
            return _custom_zones(scenario, origin, target, same)
    return _unblocked_zones(scenario, origin, target)


def _unblocked_zones(scenario: Scenario, origin: NDArray, target: NDArray) -> Bools:
    """Every pair but those that a zone blocks, out or in; its own zone is open to each."""
    same = origin[:, np.newaxis] == target
    table = scenario.legal_zones
    if table is None:
        return np.ones_like(same)
    zones = table["legal_zone"].to_numpy()
    blocked_out, blocked_in = (
        {*zones[table[way].to_numpy() == "blocked"]} for way in ("outbound", "inbound")
    )
    closed = np.array([z in blocked_out for z in origin])[:, np.newaxis] | np.array(
        [z in blocked_in for z in target]
    )
    return same | ~closed


def _adequate_zones(scenario: Scenario, origin: NDArray, target: NDArray) -> Bools:
    """
    A zone that has decided which others are adequate sends nothing elsewhere; one that is open, or
    has no decision, has no such regime, and does as it does today.
    """
    transfers, zones = scenario.legal_transfers, scenario.legal_zones
    unblocked = _unblocked_zones(scenario, origin, target)
    if transfers is None:
        return unblocked
    decided = transfers[transfers["status"] == "adequate"]
    pairs = set(zip(decided["from_zone"], decided["to_zone"], strict=True))
    is_open = set() if zones is None else set(zones.loc[zones["outbound"] == "open", "legal_zone"])
    regimes = {a for a, _ in pairs} - is_open
    has_regime = np.array([[zone in regimes] for zone in origin])
    adequate = np.array([[a == b or (a, b) in pairs for b in target] for a in origin])
    return np.where(has_regime, adequate, unblocked)


def _custom_zones(scenario: Scenario, origin: NDArray, target: NDArray, same: Bools) -> Bools:
    """
    As the table `legal_custom` has it; what it does not list is closed, but not a zone to itself.
    """
    clean = scenario.clean("legal_custom")
    if clean is None:
        what = tr("the table is missing, but the legal policy is {!r}.", CUSTOM_POLICY)
        fix = tr(
            "Add it, with columns from_zone, to_zone and allowed, or choose another legal policy."
        )
        file = TABLES["legal_custom"].file
        raise ScenarioError(scenario.title, [Problem(file, None, None, None, what, fix)])
    pairs = {
        (a, b): flag == "true"
        for a, b, flag in zip(clean["from_zone"], clean["to_zone"], clean["allowed"], strict=True)
    }
    return np.array([[pairs.get((a, b), near) for b, near in zip(target, row, strict=True)]
                     for a, row in zip(origin, same, strict=True)])  # fmt: skip


def column_numbers(
    table: pd.DataFrame, file: str, column: str, where_blank: float | None = None
) -> Floats:
    """
    A column as numbers that nobody can write to, with another number where it is blank; tables are
    checked when they are set, but a cell may have been changed since.
    """
    values = memo_of(table).numbers(column, where_blank)
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values))
        found, fix = str(table[column].iloc[bad[0]]), tr("Give a finite number.")
        what = tr("this is not a number.")
        problem = Problem(file, int(bad[0]) + 2, column, found, what, fix)
        raise ScenarioError(file, [problem])
    return values
