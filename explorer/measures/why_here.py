"""
Why load runs where it runs: what it costs at home, there and at the places that nearly got it, and
the limit that keeps it from each.

All from one placement: nothing is solved for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.measures.break_even import SAME_COST
from explorer.model.constraints import FULL
from explorer.model.labels import kept
from explorer.model.network import Network, build_network
from explorer.model.placement import PRICE_DIGITS, SMALLEST_MW, Placement
from explorer.model.solve import solve_network
from explorer.scenario.provenance import Provenance, worst
from explorer.scenario.scenario import Scenario
from explorer.scenario.schema import CARBON_COLUMNS
from explorer.units import KG_PER_T, KWH_PER_MWH

Floats = NDArray[np.float64]

RUNNERS_UP = 3
_SAME_DIGITS = 3  # losses that differ in further digits are the same: the cheaper comes first
HOME, THERE, RUNNER_UP = "home", "there", "runner-up"
NOTHING, DEARER = "none", "cost"  # of constraints: load runs there; only that it costs more
PARTS = (  # of the cost of a MWh, in the order of their sum
    "energy",
    "carbon",
    "egress",
    "transport",
    "operations",
    "overhead",
    "latency",
    "terms",
)
_OF_REGIONS = ("electricity_price_usd_per_mwh", "pue", "capacity_mw")
_OF_CLASSES = ("latency_budget_ms", "energy_wh_per_request", "prefill_ms")


@dataclass(frozen=True)
class Flow:
    """Load of one class from the clients of a home that runs in one region, by index."""

    home: int
    region: int
    workload: int
    client: int  # who has most of it
    it_mw: float

    @property
    def stays(self) -> bool:
        """Whether it runs at home."""
        return self.home == self.region


def why_here(
    scenario: Scenario, home: str = "", region: str = "", workload: str = "", client: str = ""
) -> pd.DataFrame:
    """
    What a MWh of a flow costs at home, where it runs and at three runners-up, and what keeps it
    from each.

    Parameters
    ----------
    scenario : Scenario
    home, region, workload : str, optional
        Ids of the region where the load is at home, of the one where it runs, and of its class. Of
        the flows that they leave open, the largest that moves; of a `region` alone, the largest
        into it, otherwise out of it, otherwise what stays there. Where nothing runs in `region`,
        the flow that comes nearest to running there, with `region` first of the runners-up.
    client : str, optional
        Id of a client: only load of theirs.

    Returns
    -------
    pandas.DataFrame
        One row per place: home, there (unless that is home), and the runners-up, which lose least
        first. Empty where no load is placed.

        role, region
            "home", "there" or "runner-up"; region id.
        energy_usd_per_mwh, carbon_usd_per_mwh
            Electricity, PUE_j price_j; all emissions of the arc at the carbon price. [USD/MWh]
        egress_usd_per_mwh, transport_usd_per_mwh, operations_usd_per_mwh
            Parts of friction: transfer charges, electricity of moving data, operations. [USD/MWh]
        overhead_usd_per_mwh, latency_usd_per_mwh, terms_usd_per_mwh
            Extra electricity of relocated requests, value of latency; or the friction that
            `arcs.csv` gives instead of all these parts. [USD/MWh]
        total_usd_per_mwh
            The sum: the objective of the arc under least cost. [USD/MWh]
        capacity_price_usd_per_mwh
            Shadow price of IT capacity there; NaN unless `Placement.has_prices`. [USD/MWh]
        loses_usd_per_mwh
            Reduced cost: what one more MWh of the flow there, instead of where it runs, would cost
            with what room is worth in both. Never negative where the arc is open; where it is
            negative, so much would be saved if the arc were opened. NaN likewise. [USD/MWh]
        constraint
            What keeps it from there: "none" (it runs there), "capacity" (full, and cheaper than
            where it runs if there were room), "cost" (dearer), "state locality", "hosting", "cap on
            cost", "cap on mean delay", or what closes the arc: "latency", "law", "system",
            "arcs.csv", joined by "and".
        latency_ms, slack_ms
            End to end, for the client with most of the flow; budget less latency, negative: too
            late by so much. [ms]
        carbon_kg_per_mwh
            Emissions of the arc. [kg/MWh]

        Its ``attrs`` hold, besides names, ``it_mw``; ``limit``, a dict of the constraint whose fall
        would save most, its region, and what a MWh would save; and ``figures``, a list of dicts
        place, figure, value, quality, sources: what the costs are made of.

    Raises
    ------
    ValueError
        If an id is unknown.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If the solve fails or meets the time limit.

    Examples
    --------
    >>> table = why_here(Scenario.load("classroom-3x3"), workload="batch")
    >>> table[["role", "region", "constraint"]].to_numpy().tolist()
    [['home', 'middle', 'cost'], ['there', 'north', 'none'], ['runner-up', 'south', 'cost']]
    >>> table[["total_usd_per_mwh", "loses_usd_per_mwh"]].round(1).to_numpy().tolist()
    [[150.0, 30.0], [65.5, 0.0], [142.5, 22.5]]
    """
    placement = solve_network(build_network(scenario))
    flow = find_flow(placement, home, region, workload, client)
    table = why_here_table(placement, flow, region, client)
    table.attrs["figures"] = kept([] if flow is None else figures(scenario, table))
    return table


def find_flow(
    placement: Placement, home: str = "", region: str = "", workload: str = "", client: str = ""
) -> Flow | None:
    """The flow that `why_here` explains; None where there is none."""
    net = placement.network
    n = len(net.regions)
    of_home, at = (_only("region", name, net.regions)[:, np.newaxis] for name in (home, region))
    of_client = _only("client", client, net.clients)
    load = np.zeros((n, n, len(net.workloads)))
    np.add.at(load, net.home, placement.it_mw * of_client[:, np.newaxis, np.newaxis])
    asked = load * of_home[:, :, np.newaxis] * _only("workload", workload, net.workloads)
    stays = asked * np.eye(n)[:, :, np.newaxis]
    away = asked - stays
    if not region:
        choices = [away, stays]
    elif home == region:
        choices = [stays]
    else:
        choices = [away * at, away * at[:, :, np.newaxis], stays * at]
    for each in choices:
        if each.max(initial=0.0) > SMALLEST_MW:
            h, j, k = map(int, np.unravel_index(each.argmax(), each.shape))
            return _flow(placement, h, j, k, of_client)
    if not region:
        return None
    return _nearest(placement, asked, net.regions.index(region), of_client)


def _only(kind: str, name: str, known: tuple[str, ...]) -> Floats:
    """One for an id and zero for the others, or one for all where none is given."""
    if name and name not in known:
        raise ValueError(f"Unknown {kind} {name!r}; use one of {', '.join(known)}.")
    return np.array([not name or each == name for each in known], float)


def _flow(placement: Placement, h: int, j: int, k: int, of_client: Floats) -> Flow:
    """A flow, with the client who has most of it; of what is free to move, if anything is."""
    at_home = (placement.network.home == h) * of_client
    every, free = (mw[:, j, k] * at_home for mw in (placement.it_mw, placement.optimum.free_mw))
    most = free if free.max() > SMALLEST_MW else every
    return Flow(h, j, k, int(most.argmax()), float(every.sum()))


def _nearest(placement: Placement, asked: Floats, j: int, of_client: Floats) -> Flow | None:
    """Of asked load, none of which runs in a region, the flow that would lose least there."""
    net, free_mw = placement.network, placement.optimum.free_mw
    aim, room = _aim_and_room(placement)
    full_aim, there = aim + room[:, np.newaxis], free_mw.argmax(axis=1)
    loses = full_aim[:, j] - np.take_along_axis(full_aim, there[:, np.newaxis], axis=1)[:, 0]
    asking = of_client[:, np.newaxis] * asked.sum(axis=1)[net.home]
    able = (free_mw.max(axis=1) > SMALLEST_MW) & (asking > 0)
    if not able.any():
        return None
    able = able & net.allowed[:, j] if (able & net.allowed[:, j]).any() else able
    i, k = map(int, np.unravel_index(np.where(able, loses, np.inf).argmin(), loses.shape))
    return _flow(placement, int(net.home[i]), int(there[i, k]), k, of_client)


def why_here_table(
    placement: Placement, flow: Flow | None, region: str = "", client: str = ""
) -> pd.DataFrame:
    """`why_here` of a flow of a placement, without the sources of its figures."""
    net = placement.network
    of = net.client_names[client] if client else ""
    if flow is None:
        nothing = pd.DataFrame(columns=["role", "region"])
        return net.labels.put_on(nothing, measure="why_here", of=of)
    i, k = flow.client, flow.workload
    aim, room = (part[i, :, k] if part.ndim > 1 else part for part in _aim_and_room(placement))
    loses = aim + room - aim[flow.region] - room[flow.region]
    constraint = _constraints(placement, flow, loses - room)
    rows = _places(flow, aim, loses, net.regions.index(region) if region else None)
    parts = _parts(net, flow)
    priced = placement.has_prices
    columns = {f"{name}_usd_per_mwh": parts[name] for name in PARTS} | {
        "total_usd_per_mwh": np.sum([*parts.values()], axis=0),
        "capacity_price_usd_per_mwh": room if priced else np.full_like(room, np.nan),
        "loses_usd_per_mwh": loses.round(PRICE_DIGITS) + 0.0
        if priced
        else np.full_like(loses, np.nan),
        "constraint": constraint,
        "latency_ms": net.latency_ms[i, :, k],
        "slack_ms": net.budget_ms[k] - net.latency_ms[i, :, k],
        "carbon_kg_per_mwh": net.carbon_kg_per_arc_mwh[i, :, k],
    }
    roles = [HOME, *([] if flow.stays else [THERE])]
    table = pd.DataFrame(
        {
            "role": roles + [RUNNER_UP] * (len(rows) - len(roles)),
            "region": np.array(net.regions, object)[rows],
            **{name: values[rows] for name, values in columns.items()},
        }
    )
    return net.labels.put_on(
        table, measure="why_here", names=net.short_region_names, it_mw=flow.it_mw, figures=[],
        workload=net.labels.classes[k], workload_id=net.workloads[k],
        client=net.labels.clients[i], of=of, budget_ms=float(net.budget_ms[k]),
        objective=placement.objective, pinned=_is_pinned(placement, flow),
        limit=_limit(placement, flow, loses, room, constraint),
    )  # fmt: skip


def _aim_and_room(placement: Placement) -> tuple[Floats, Floats]:
    """
    What the placement minimises, per MWh on every arc, and what room is worth to it: nothing where
    room has no price.
    """
    net = placement.network
    aim = {
        "cost": lambda: net.cost_usd_per_mwh,
        "carbon": lambda: net.carbon_kg_per_arc_mwh,
        "latency": lambda: net.wan_ms,
    }[placement.objective]()
    price = placement.optimum.capacity_price.round(PRICE_DIGITS)
    return aim, price if placement.has_prices else np.zeros(len(net.regions))


def _places(flow: Flow, aim: Floats, loses: Floats, asked: int | None) -> list[int]:
    """Home, there and the runners-up: the one asked for, then those that lose least."""
    first = list(dict.fromkeys([flow.home, flow.region]))
    order = np.lexsort((aim, loses.round(_SAME_DIGITS))).tolist()
    candidates = [*([] if asked is None else [asked]), *order]
    rest = [j for j in dict.fromkeys(candidates) if j not in first]
    return first + rest[:RUNNERS_UP]


def _constraints(placement: Placement, flow: Flow, dearer: Floats) -> NDArray[np.object_]:
    """
    What keeps a flow from each region, shape (region,).

    `dearer` is by how much the aim is worse there, were there room, than it is worth where it runs.
    """
    net, i, k = placement.network, flow.client, flow.workload
    gates = {"latency": net.within_budget} | {
        name: np.broadcast_to(mask, net.latency_ms.shape) for name, mask in net.masks.items()
    }
    open_ = {name: gate[i, :, k] for name, gate in gates.items()}
    full, better = _full(placement), dearer < -SAME_COST
    hosted = placement.hosts[:, k] | (np.arange(len(full)) == flow.home)
    cases = [
        ("hosting", better & ~hosted & (net.hosting_usd_per_h is not None)),
        ("state locality", better & _is_pinned(placement, flow)),
        ("capacity", better & full),
        ("cap on mean delay", better & (placement.uncapped is not None)),
        ("cap on cost", better & np.isfinite(net.cost_cap_usd_per_h)),
    ]
    found = np.select([case for _, case in cases], [name for name, _ in cases], DEARER)
    found = found.astype(object)
    for j in np.flatnonzero(~np.logical_and.reduce([*open_.values()])):
        found[j] = " and ".join(name for name, is_open in open_.items() if not is_open[j])
    found[flow.region] = NOTHING
    return found


def _full(placement: Placement) -> NDArray[np.bool_]:
    """Regions without room: where that has a price, those where it costs something."""
    if placement.has_prices:
        return placement.optimum.capacity_price > SAME_COST
    capacity = placement.network.capacity_mw
    return placement.region_it_mw >= capacity * (1 - FULL)


def _is_pinned(placement: Placement, flow: Flow) -> bool:
    """Whether all of a flow stays because of its state."""
    free = placement.optimum.free_mw[flow.client, flow.region, flow.workload]
    return flow.stays and free <= SMALLEST_MW


def _limit(
    placement: Placement, flow: Flow, loses: Floats, room: Floats, constraint: NDArray[np.object_]
) -> dict[str, Any]:
    """The constraint whose fall would save a MWh of a flow most, where, and how much it would."""
    net = placement.network
    saved = np.where(constraint == "capacity", room - loses, -loses)
    saved[constraint == DEARER] = 0.0
    saved[flow.region] = 0.0
    j = int(saved.argmax())
    if saved[j] <= SAME_COST:
        return {"constraint": NOTHING, "region": "", "usd_per_mwh": 0.0}
    usd = float(saved[j]) if placement.objective == "cost" else np.nan
    return {"constraint": constraint[j], "region": net.regions[j], "usd_per_mwh": usd}


def _parts(net: Network, flow: Flow) -> dict[str, Floats]:
    """The parts of the cost of a MWh by region, as in `PARTS`, each of shape (region,). [USD/MWh]"""
    i, h, k, friction = flow.client, flow.home, flow.workload, net.friction
    away, gb = np.arange(len(net.regions)) != h, net.gb_per_mwh[k]
    scaled = away * friction.scale
    transport = gb * friction.transport_kwh_per_gb / KWH_PER_MWH * net.price_usd_per_mwh[h]
    value = friction.latency_value * net.requests_per_mwh[k] / 1e6
    moving = {
        "egress": scaled * gb * friction.egress_usd_per_gb,
        "transport": scaled * transport,
        "operations": scaled * friction.operations_usd_per_mwh,
        "overhead": scaled * friction.relocation_overhead * net.energy_usd_per_mwh,
        "latency": away * value * net.wan_ms[i, :, k],
    }
    counted, modelled = net.friction_usd_per_mwh[i, :, k], np.sum([*moving.values()], axis=0)
    given = ~np.isclose(counted, modelled, rtol=1e-9, atol=1e-9)  # by arcs.csv, as a whole
    return {
        "energy": net.energy_usd_per_mwh,
        "carbon": net.carbon_price_usd_per_t / KG_PER_T * net.carbon_kg_per_arc_mwh[i, :, k],
        **{name: np.where(given, 0.0, usd) for name, usd in moving.items()},
        "terms": np.where(given, counted, 0.0),
    }


def figures(scenario: Scenario, table: pd.DataFrame) -> list[dict[str, Any]]:
    """
    What the costs in a table of `why_here` are made of, and how sure it is: place (region or class
    id), figure, value, quality, sources.
    """
    known = Provenance(scenario)
    signal = CARBON_COLUMNS[scenario.carbon_signal]
    tables = {"regions": scenario.regions, "workloads": scenario.workloads_table()}
    wanted = [("regions", id, c) for id in table["region"] for c in (*_OF_REGIONS, signal)]
    wanted += [("workloads", table.attrs["workload_id"], column) for column in _OF_CLASSES]
    found = []
    for name, id, column in wanted:
        row = tables[name]["id"].tolist().index(id)
        sources = known.of_cell(name, row, column)
        found.append(
            {
                "place": id,
                "figure": column,
                "value": float(tables[name][column].iat[row]),
                "quality": worst(sources),
                "sources": "; ".join(source.title or source.key for source in sources),
            }
        )
    return found
