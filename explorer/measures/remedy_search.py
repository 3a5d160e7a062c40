"""
The least change of each kind that serves a load which goes unserved, without taking from anybody
else.

How much a change must be is found on a problem of its own, in which nothing counts but who is
served. There one more MW of capacity serves one more MW or nothing, and the problem's prices, all 0
or 1, part demands and regions into those that are out of room and those that are not: only an arc
from the first to the second can help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.measures.frontier import UNSERVED_MW
from explorer.measures.max_service import first_that_works, least_change, round_up, serve_most
from explorer.model.labels import NamesById, as_shown
from explorer.model.network import BUDGET_DECIMALS, Network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_with
from explorer.model.solver import model_for
from explorer.text import price
from explorer.words import mark, tr

Floats = NDArray[np.float64]

MOST_CAPACITY = 1e3  # times what there is; where that does not serve more, no capacity does
WHOLE = 1e-9  # short of it, all is meant
SAME_PENALTY = 1e-9  # relative; where serving and leaving unserved cost the same, rounding decides

_PENALTY = mark("raise the penalty on unserved load to {:,.9g} USD/MWh")
_PENALTY_WHERE_LOWER = mark(
    "raise the penalty on unserved load to {:,.9g} USD/MWh where it is lower"
)


@dataclass(frozen=True)
class Names:
    """
    What a network's clients and regions are called, and their legal zones: a network itself needs
    neither.
    """

    client_zone: tuple[str, ...]
    region_zone: tuple[str, ...]
    region: tuple[str, ...]
    zone: NamesById = field(compare=False)


@dataclass(frozen=True, eq=False)
class Load:
    """
    Load that goes unserved, and what is to be served: that, and what everybody else is served
    today.
    """

    mw: float
    # what of it cannot be served, whatever it costs; the rest is dearer than the penalty [MW]
    missing_mw: float
    free_mw: Floats  # (client, workload) to be served [MW]
    pinned_mw: Floats  # (client, workload) [MW]
    workloads: list[int]  # whose load it is
    zones: set[str]  # of its clients
    everyone: bool


@dataclass(frozen=True)
class Remedy:
    """A change, and what it makes of the network."""

    kind: str
    amount: float
    unit: str
    words: Callable[[Names], str]  # in the language that is spoken
    network: Network  # with the change made


def _floor(usd_per_h: float, mw: Floats, value: Floats | float) -> float:
    """
    From which penalty on, where a class has none that is higher, so many MW of each class are worth
    so much. Of any class the penalty is at least the least value.

    >>> _floor(300.0, np.array([1.0, 1.0]), np.array([50.0, 200.0]))
    100.0
    """
    values = np.broadcast_to(value, mw.shape)
    order = np.argsort(values)
    for n, higher in enumerate([*values[order][1:], np.inf], start=1):
        low, rest = order[:n], order[n:]
        if mw[low].sum() <= 0:
            continue
        needed = float((usd_per_h - values[rest] @ mw[rest]) / mw[low].sum())
        if needed <= higher:
            return needed
    return float(values.max())


def _with_floor(network: Network, usd_per_mwh: float) -> Network:
    """The same where no class has a lower penalty on unserved load."""
    value = network.load_value_usd_per_mwh
    return replace(
        network,
        unserved_usd_per_mwh=max(network.unserved_usd_per_mwh, usd_per_mwh),
        load_value_usd_per_mwh=None if value is None else np.maximum(value, usd_per_mwh),
    )


class Search:
    """Looks for remedies of one placement."""

    def __init__(self, placement: Placement, names: Names) -> None:
        self._placement, self._names = placement, names
        self._network = net = placement.network
        self._homes = np.arange(len(net.home)), net.home
        best = serve_most(net, net.demand_mw - net.pinned_mw, net.pinned_mw)
        self._full = best.capacity_price > 0.5  # (region,) no room, and no way to make some
        waiting, pinned_waiting = best.price_free > 0.5, best.price_pinned > 0.5
        self._helps = (
            waiting[:, np.newaxis] & ~self._full[:, np.newaxis]
        )  # (i, j, k) an arc that would, if it opened
        self._helps[self._homes] |= pinned_waiting & ~self._full[net.home][:, np.newaxis]
        self._cost = (
            lp_data(net, placement.objective).cost + placement.optimum.capacity_price[:, np.newaxis]
        )

    def load(self, parts: list[dict[str, Any]], everyone: bool) -> Load:
        """Rows of `Placement.unserved` as a load to serve."""
        net, best = self._network, self._placement.optimum
        free, pinned = (
            net.demand_mw - net.pinned_mw - best.unserved_free_mw,
            net.pinned_mw - best.unserved_pinned_mw,
        )
        clients, workloads = set(), set()
        for part in parts:
            i, k = net.clients.index(part["client"]), net.workloads.index(part["workload"])
            (free if part["part"] == "free" else pinned)[i, k] += part["unserved_mw"]
            clients.add(i)
            workloads.add(k)
        zones = {self._names.client_zone[i] for i in clients}
        missing_mw = serve_most(net, free, pinned).objective
        return Load(total_mw(parts), missing_mw, free, pinned, sorted(workloads), zones, everyone)

    def solve(self, network: Network) -> Placement:
        """The placement of a changed network, not remembered: its key is the old one."""
        model = model_for("remedy", network.home, len(network.regions), len(network.workloads))
        with model.lock:
            return solve_with(model, network, self._placement.objective)

    def remedies(self, load: Load) -> Iterator[Remedy]:
        """
        The least remedy of each kind that helps: to pay more where that does, to lift what stands
        in the way.
        """
        kinds = [self._price] if load.missing_mw < load.mw - UNSERVED_MW else []
        if load.missing_mw > UNSERVED_MW:
            kinds += [self._latency, self._capacity, self._law, self._locality]
        for kind in kinds:
            remedy = kind(load)
            if remedy is not None:
                yield remedy

    def _missing_mw(self, network: Network, load: Load) -> float:
        """What cannot be served of the load and all that is served today."""
        return serve_most(network, load.free_mw, load.pinned_mw).objective

    def _price(self, load: Load) -> Remedy | None:
        """
        The least penalty at which as much of a load is served as can be, where cost is the
        objective.

        Cost against load served of all placements has a convex lower edge, and the penalty is the
        slope at which one stops on it: from the placement at one penalty, the line to the cheapest
        that serves all has the next.
        """
        net, value = self._network, self._network.value_of_load
        floor = float(np.min(value))
        if self._placement.objective != "cost":
            return None
        numbers = replace(lp_data(net, "cost"), free_mw=load.free_mw, pinned_mw=load.pinned_mw)
        model = model_for("remedy", net.home, len(net.regions), len(net.workloads))

        def at(least: float) -> tuple[float, Floats]:
            """What serving costs [USD/h], and what goes unserved of each class [MW]."""
            asked = replace(numbers, unserved_cost=np.maximum(value, least))
            best = model.solve(asked)
            mw = (best.unserved_free_mw + best.unserved_pinned_mw).sum(axis=0)
            return best.objective - asked.penalty_of(best), mw

        with model.lock:
            all_usd, least_mw = at(max(unserved_penalty(numbers.cost), float(np.max(value))))
            usd, mw = at(floor)
            while mw.sum() > least_mw.sum() + UNSERVED_MW:
                needed = _floor(all_usd - usd, mw - least_mw, np.maximum(value, floor))
                if needed <= floor * (1 + SAME_PENALTY):  # a draw: rounding decides
                    break
                floor = needed
                usd, mw = at(floor)
        message = _PENALTY_WHERE_LOWER if np.ndim(value) else _PENALTY
        return Remedy(
            "price", floor, "USD/MWh", lambda _names: tr(message, price(round_up(floor), "USD/MWh")),
            _with_floor(net, floor * (1 + SAME_PENALTY)),
        )  # fmt: skip

    def _latency(self, load: Load) -> Remedy | None:
        """The steps at which arcs open, halved until the first that serves as much as the last."""
        net, classes = self._network, load.workloads

        def longer(ms: float) -> Network:
            budgets = net.budget_ms.copy()
            budgets[classes] += ms
            return replace(net, budget_ms=budgets)

        late_ms = np.round(net.latency_ms - net.budget_ms, BUDGET_DECIMALS)
        closed = net.permitted & (late_ms > 0)
        closed[:, :, [k for k in range(len(net.workloads)) if k not in classes]] = False
        steps = np.unique(late_ms[closed])
        first = int(np.searchsorted(steps, late_ms[closed & self._helps].min(initial=np.inf)))
        if first == len(steps):
            return None
        goal_mw = self._missing_mw(longer(steps[-1]), load) + UNSERVED_MW
        if goal_mw > load.missing_mw:
            return None
        enough = first_that_works(
            steps[first:], lambda ms: self._missing_mw(longer(ms), load) <= goal_mw
        )

        def words(_names: Names) -> str:
            return tr("let {} wait {:,.9g} ms longer", _classes_of(load, net), round_up(enough))

        return Remedy("latency", enough, "ms", words, longer(enough))

    def _capacity(self, load: Load) -> Remedy | None:
        if load.everyone:
            return self._capacity_everywhere(load)
        net = self._network

        def larger(region: int, mw: float) -> Network:
            capacity = net.capacity_mw.copy()
            capacity[region] += mw
            return replace(net, capacity_mw=capacity)

        regions = np.flatnonzero(self._full)
        regions = regions[
            np.argsort(-self._placement.optimum.capacity_price[regions], kind="stable")
        ]
        # as one MW serves one MW or nothing, what a load's worth of capacity serves is what it
        # takes
        found = self._best(load, regions.tolist(), lambda region: larger(region, load.missing_mw))
        if found is None:
            return None
        region, mw = found

        def words(names: Names) -> str:
            return tr("add {:,.9g} MW in {}", round_up(mw), names.region[region])

        return Remedy("capacity", mw, "MW", words, larger(region, mw))

    def _capacity_everywhere(self, load: Load) -> Remedy | None:
        net = self._network

        def larger(share: float) -> Network:
            return replace(net, capacity_mw=(1 + share) * net.capacity_mw)

        def missing(share: float) -> tuple[float, float]:
            best = serve_most(larger(share), load.free_mw, load.pinned_mw)
            return best.objective, float(net.capacity_mw @ best.capacity_price.round())

        share = least_change(missing, MOST_CAPACITY, load.missing_mw)
        if share is None:
            return None
        return Remedy(
            "capacity",
            100 * share,
            "%",
            lambda _names: tr("raise all capacities by {:,.9g} %", round_up(100 * share)),
            larger(share),
        )

    def _law(self, load: Load) -> Remedy | None:
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
        return Remedy(
            "law",
            1.0,
            "pair",
            lambda names: tr("allow {} → {}", *(names.zone[zone] for zone in pair)),
            opened(pair),
        )

    def _locality(self, load: Load) -> Remedy | None:
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

        share = least_change(missing, 1.0, load.missing_mw)
        if share is None:
            return None

        def words(_names: Names) -> str:
            whose = _classes_of(load, net)
            if share > 1 - WHOLE:
                return tr("let all of {} move", whose)
            return tr("let {:,.9g} % of the pinned load of {} move", round_up(100 * share), whose)

        changed = replace(net, pinned_mw=looser(share, net.pinned_mw))
        return Remedy("state locality", 100 * share, "%", words, changed)

    def _best(
        self, load: Load, choices: Sequence[Any], change: Callable[[Any], Network]
    ) -> tuple[Any, float] | None:
        """The first choice that serves all of a load, or else most of it; and how much. [MW]"""
        best, most_mw = None, UNSERVED_MW
        for choice in choices:
            served_mw = load.missing_mw - self._missing_mw(change(choice), load)
            if served_mw > most_mw + UNSERVED_MW:
                best, most_mw = choice, served_mw
            if most_mw > load.missing_mw - UNSERVED_MW:
                break
        return None if best is None else (best, most_mw)


def _classes_of(load: Load, network: Network) -> str:
    return listed([as_shown(network.workloads[k]) for k in load.workloads])


def listed(names: Sequence[str]) -> str:
    """
    Names as one says them.

    >>> listed(["A"]), listed(["A", "B", "C"])
    ('A', 'A, B and C')
    """
    return tr("{} and {}", tr(", ").join(names[:-1]), names[-1]) if len(names) > 1 else names[0]


def total_mw(parts: list[dict[str, Any]]) -> float:
    """Of rows of `Placement.unserved`. [MW]"""
    return sum(part["unserved_mw"] for part in parts)
