"""
What would serve the load that goes unserved: the least change of one thing at a time, each tried out by a solve.

How much a change must be is found on a problem of its own, in which nothing counts but who is served. There one more MW
of capacity serves one more MW or nothing, and the problem's prices, all 0 or 1, part demands and regions into those
that are out of room and those that are not: only an arc from the first to the second can help.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.frontiers import UNSERVED_MW
from explorer.memo import Memo
from explorer.network import BUDGET_DECIMALS, Network, build_network
from explorer.placement import Placement, numbers_of, place
from explorer.scenario import Scenario
from explorer.solver import Numbers, Optimum, model_for

Floats = NDArray[np.float64]

EVERYONE = "everyone"
NO_MEND = "no single change serves it"
COLUMNS = (
    "client", "workload", "unserved_mw", "cause", "kind", "amount", "unit", "mend", "serves_mw",
    "cost_change_usd_per_h",
)  # fmt: skip
MOST_CAPACITY = 1e3  # times what there is; where that does not serve more, no capacity does


@dataclass(frozen=True)
class Names:
    """What a network's clients and regions are called, and their legal zones: a network itself needs neither."""

    client_zone: tuple[str, ...]
    region_zone: tuple[str, ...]
    region: tuple[str, ...]


def names_of(scenario: Scenario) -> Names:
    """The names and zones of a scenario."""
    clients, regions = scenario.clients, scenario.regions
    return Names(tuple(clients["legal_zone"]), tuple(regions["legal_zone"]), tuple(regions["name"]))


def mends(scenario: Scenario) -> pd.DataFrame:
    """
    Why load goes unserved, and the least change of each kind that would serve it.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        For everyone together, where several go unserved, then for every client and class, most unserved load first, one
        row per kind of mend that helps:

        client, workload, unserved_mw, cause
            Whose load goes unserved, how much [MW], and why, as in `Placement.unserved`.
        kind, amount, unit
            latency (a longer budget of the class [ms]), capacity (more in one region [MW], for everyone more in all
            [%]), law (a pair of legal zones opened) or state locality (less of the class pinned to its home [%]).
        mend
            The same in words, rounded so that what they say is enough.
        serves_mw
            How much less goes unserved in all, by a solve of the mended scenario. [MW]
        cost_change_usd_per_h
            What that adds to `Placement.cost_usd_per_h`. [USD/h]

        Load that no single change serves has one row with that mend. Empty where all is served.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    A mend serves a load if it can be served without taking anything from anybody else, all of it where the kind can,
    otherwise as much as it can. No smaller amount of the same kind does. Which region or which pair of zones: one that
    serves most, and among these the one where the objective gains most by the prices of the placement; pairs of the
    client's own zone come first.

    Examples
    --------
    >>> world = Scenario.load("classroom-3x3")
    >>> world.total_demand_mw = 200
    >>> world.capacity_scale = 0.75
    >>> mends(world).iloc[0][["client", "cause", "mend"]].tolist()
    ['everyone', 'capacity', 'raise all capacities by 77.8 %']
    """
    return mends_table(build_network(scenario), names_of(scenario))


_tables: Memo[pd.DataFrame] = Memo(size=16)


def mends_table(network: Network, names: Names) -> pd.DataFrame:
    """`mends` of a network, remembered for all sessions."""
    return _tables.find((network, names), lambda: as_table(mend_rows(network, names)))


def as_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows of `mend_rows` as a table."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


@dataclass(frozen=True, eq=False)
class _Load:
    """Load that goes unserved, and what is to be served: that, and what everybody else is served today."""

    mw: float
    free_mw: Floats  # (client, workload) to be served [MW]
    pinned_mw: Floats  # (client, workload) [MW]
    workloads: list[int]  # whose load it is
    zones: set[str]  # of its clients
    everyone: bool


@dataclass(frozen=True)
class _Mend:
    kind: str
    amount: float
    unit: str
    words: str
    network: Network  # with the change made


def mend_rows(network: Network, names: Names) -> Iterator[dict[str, Any]]:
    """The rows of `mends`, each when it is found: everyone first, then the largest load."""
    placement = place(network)
    if placement.unserved.empty:
        return
    search = _Search(placement, names)
    entries: list[dict[str, Any]] = placement.unserved.to_dict("records")  # pyright: ignore[reportAssignmentType]
    demands: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in entries:
        demands.setdefault((entry["client"], entry["workload"]), []).append(entry)
    order = sorted(demands.items(), key=lambda demand: -_total_mw(demand[1]))
    if len(demands) > 1:
        workloads = {entry["workload"] for entry in entries}
        order.insert(0, ((EVERYONE, workloads.pop() if len(workloads) == 1 else "all"), entries))
    for (client, workload), parts in order:
        by_cause: dict[str, float] = {}
        for part in parts:
            by_cause[part["reason"]] = by_cause.get(part["reason"], 0.0) + part["unserved_mw"]
        head = {
            "client": client,
            "workload": workload,
            "unserved_mw": _total_mw(parts),
            "cause": ", ".join(sorted(by_cause, key=lambda cause: -by_cause[cause])),
        }
        found = False
        for mend in search.mends(search.load(parts, client == EVERYONE)):
            found, mended = True, search.solve(mend.network)
            yield head | {
                "kind": mend.kind,
                "amount": mend.amount,
                "unit": mend.unit,
                "mend": mend.words,
                "serves_mw": placement.unserved_mw - mended.unserved_mw,
                "cost_change_usd_per_h": mended.cost_usd_per_h - placement.cost_usd_per_h,
            }
        if not found:
            nothing = {"serves_mw": 0.0, "cost_change_usd_per_h": 0.0}
            yield head | {"kind": "", "amount": np.nan, "unit": "", "mend": NO_MEND} | nothing


def _total_mw(parts: list[dict[str, Any]]) -> float:
    return sum(part["unserved_mw"] for part in parts)


class _Search:
    """Looks for mends of one placement."""

    def __init__(self, placement: Placement, names: Names) -> None:
        self._placement, self._names = placement, names
        self._network = net = placement.network
        self._homes = np.arange(len(net.home)), net.home
        best = serve_most(net, net.demand_mw - net.pinned_mw, net.pinned_mw)
        self._full = best.capacity_price > 0.5  # (region,) no room, and no way to make some
        waiting, pinned_waiting = best.price_free > 0.5, best.price_pinned > 0.5
        self._helps = waiting[:, np.newaxis] & ~self._full[:, np.newaxis]  # (i, j, k) an arc that would, if it opened
        self._helps[self._homes] |= pinned_waiting & ~self._full[net.home][:, np.newaxis]
        self._cost = numbers_of(net, placement.objective).cost + placement.optimum.capacity_price[:, np.newaxis]

    def load(self, parts: list[dict[str, Any]], everyone: bool) -> _Load:
        """Rows of `Placement.unserved` as a load to serve."""
        net, best = self._network, self._placement.optimum
        free, pinned = net.demand_mw - net.pinned_mw - best.unserved_free_mw, net.pinned_mw - best.unserved_pinned_mw
        clients, workloads = set(), set()
        for part in parts:
            i, k = net.clients.index(part["client"]), net.workloads.index(part["workload"])
            (free if part["part"] == "free" else pinned)[i, k] += part["unserved_mw"]
            clients.add(i)
            workloads.add(k)
        zones = {self._names.client_zone[i] for i in clients}
        return _Load(_total_mw(parts), free, pinned, sorted(workloads), zones, everyone)

    def solve(self, network: Network) -> Placement:
        """The placement of a changed network, not remembered: its key is the old one."""
        objective = self._placement.objective
        model = model_for("mended", network.home, len(network.regions), len(network.workloads))
        then = None if objective == "cost" else network.cost_usd_per_mwh
        with model.lock:
            return Placement(network, model.solve(numbers_of(network, objective), then), objective)

    def mends(self, load: _Load) -> Iterator[_Mend]:
        """The least mend of each kind that helps."""
        for kind in (self._latency, self._capacity, self._law, self._locality):
            mend = kind(load)
            if mend is not None:
                yield mend

    def _missing_mw(self, network: Network, load: _Load) -> float:
        """What cannot be served of the load and all that is served today."""
        return serve_most(network, load.free_mw, load.pinned_mw).objective

    def _latency(self, load: _Load) -> _Mend | None:
        """The steps at which arcs open, halved until the first that serves as much as the last."""
        net, classes = self._network, load.workloads

        def longer(ms: float) -> Network:
            budgets = net.budget_ms.copy()
            budgets[classes] += ms
            return replace(net, budget_ms=budgets)

        late_ms = np.round(net.latency_ms - net.budget_ms, BUDGET_DECIMALS)
        closed = net.geography.lawful[:, :, np.newaxis] & (late_ms > 0)
        closed[:, :, [k for k in range(len(net.workloads)) if k not in classes]] = False
        steps = np.unique(late_ms[closed])
        first = int(np.searchsorted(steps, late_ms[closed & self._helps].min(initial=np.inf)))
        if first == len(steps):
            return None
        goal_mw = self._missing_mw(longer(steps[-1]), load) + UNSERVED_MW
        if goal_mw > load.mw:
            return None
        enough = first_that_works(steps[first:], lambda ms: self._missing_mw(longer(ms), load) <= goal_mw)
        whose = " and ".join(net.workloads[k] for k in classes)
        words = f"raise the budget{'s' if len(classes) > 1 else ''} of {whose} by {_up(enough)} ms"
        return _Mend("latency", enough, "ms", words, longer(enough))

    def _capacity(self, load: _Load) -> _Mend | None:
        if load.everyone:
            return self._capacity_everywhere(load)
        net = self._network

        def larger(region: int, mw: float) -> Network:
            capacity = net.capacity_mw.copy()
            capacity[region] += mw
            return replace(net, capacity_mw=capacity)

        regions = np.flatnonzero(self._full)
        regions = regions[np.argsort(-self._placement.optimum.capacity_price[regions], kind="stable")]
        # as one MW serves one MW or nothing, what a load's worth of capacity serves is what it takes
        found = self._best(load, regions.tolist(), lambda region: larger(region, load.mw))
        if found is None:
            return None
        region, mw = found
        words = f"add {_up(mw)} MW in {self._names.region[region]}"
        return _Mend("capacity", mw, "MW", words, larger(region, mw))

    def _capacity_everywhere(self, load: _Load) -> _Mend | None:
        net = self._network

        def larger(share: float) -> Network:
            return replace(net, capacity_mw=(1 + share) * net.capacity_mw)

        def missing(share: float) -> tuple[float, float]:
            best = serve_most(larger(share), load.free_mw, load.pinned_mw)
            return best.objective, float(net.capacity_mw @ best.capacity_price.round())

        share = _newton(missing, MOST_CAPACITY, load.mw)
        if share is None:
            return None
        return _Mend("capacity", 100 * share, "%", f"raise all capacities by {_up(100 * share)} %", larger(share))

    def _law(self, load: _Load) -> _Mend | None:
        net = self._network
        of_client, of_region = np.array(self._names.client_zone), np.array(self._names.region_zone)

        def opened(pair: tuple[str, str]) -> Network:
            way = np.logical_and.outer(of_client == pair[0], of_region == pair[1])
            return replace(net, geography=replace(net.geography, lawful=net.geography.lawful | way))

        shut = self._helps & net.within_budget & ~net.geography.lawful[:, :, np.newaxis]
        cheapest: dict[tuple[str, str], float] = {}
        for i, j in np.argwhere(shut.any(axis=2)):
            pair = str(of_client[i]), str(of_region[j])
            cheapest[pair] = min(cheapest.get(pair, np.inf), self._cost[i, j][shut[i, j]].min())
        pairs = sorted(cheapest, key=lambda pair: (pair[0] not in load.zones, cheapest[pair]))
        found = self._best(load, pairs, opened)
        if found is None:
            return None
        pair, _ = found
        return _Mend("law", 1.0, "pair", f"allow {pair[0]} → {pair[1]}", opened(pair))

    def _locality(self, load: _Load) -> _Mend | None:
        net, classes = self._network, load.workloads

        def looser(share: float, pinned_mw: Floats) -> Floats:
            pinned = pinned_mw.copy()
            pinned[:, classes] *= 1 - share
            return pinned

        def missing(share: float) -> tuple[float, float]:
            pinned = looser(share, load.pinned_mw)
            best = serve_most(net, load.free_mw + load.pinned_mw - pinned, pinned)
            gain = (best.price_pinned - best.price_free).round()
            return best.objective, float((load.pinned_mw * gain)[:, classes].sum())

        share = _newton(missing, 1.0, load.mw)
        if share is None:
            return None
        whose = " and ".join(net.workloads[k] for k in classes)
        how_much = "nothing" if share == 1 else f"{_up(100 * share)} % less"
        words = f"pin {how_much} of {whose} to its home"
        changed = replace(net, pinned_mw=looser(share, net.pinned_mw))
        return _Mend("state locality", 100 * share, "%", words, changed)

    def _best(self, load: _Load, choices: Sequence[Any], change: Callable[[Any], Network]) -> tuple[Any, float] | None:
        """The first choice that serves all of a load, or else most of it; and how much. [MW]"""
        best, most_mw = None, UNSERVED_MW
        for choice in choices:
            served_mw = load.mw - self._missing_mw(change(choice), load)
            if served_mw > most_mw + UNSERVED_MW:
                best, most_mw = choice, served_mw
            if most_mw > load.mw - UNSERVED_MW:
                break
        return None if best is None else (best, most_mw)


def serve_most(network: Network, free_mw: Floats, pinned_mw: Floats) -> Optimum:
    """
    Serve as much as can be of any free and pinned load, whatever it costs.

    The objective is what goes unserved [MW]; prices are 1 where one more MW would, and 0 elsewhere.
    """
    numbers = Numbers(
        cost=np.zeros_like(network.latency_ms),
        allowed=network.allowed,
        free_mw=free_mw,
        pinned_mw=pinned_mw,
        capacity_mw=network.capacity_mw,
        unserved_cost=1.0,
        time_limit_s=network.time_limit_s,
    )
    model = model_for("mends", network.home, len(network.regions), len(network.workloads))
    with model.lock:
        return model.solve(numbers)


def first_that_works(steps: Floats, works: Callable[[float], bool]) -> float:
    """The first step that works, where all later ones do: often the very first."""
    if works(float(steps[0])):
        return float(steps[0])
    low, high = 0, len(steps) - 1  # the last works
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(float(steps[middle])) else (middle, high)
    return float(steps[high])


def _newton(missing: Callable[[float], tuple[float, float]], most: float, missing_mw: float) -> float | None:
    """
    The least change that serves as much as the most would, or None where that serves nothing.

    What is missing is convex in the change, in straight pieces: a step along the present one never goes too far.
    """
    goal_mw = missing(most)[0]
    if missing_mw - goal_mw < UNSERVED_MW:
        return None
    change, (mw, gain) = 0.0, missing(0.0)
    while mw - goal_mw > UNSERVED_MW and gain > 0:
        change = min(change + (mw - goal_mw) / gain, most)
        mw, gain = missing(change)
    return change


def _up(value: float) -> str:
    """
    Rounded up to three digits, so that what is said is enough.

    >>> _up(12.31), _up(0.02), _up(1234.0), _up(20.0)
    ('12.4', '0.02', '1240', '20')
    """
    digits = 10.0 ** (2 - math.floor(math.log10(value)))
    return f"{math.ceil(value * digits - 1e-6) / digits:g}"
