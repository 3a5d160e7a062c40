"""
When moving pays: for every pair of regions, what one MWh of IT load saves there against what moving
it costs.

The condition is saving >= friction. Its exact form in arXiv:2604.27855 is not public: this one is
the project's own. What pays for a pair by itself is then held against the placement, where pairs
compete, and laws and clocks count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.model.constraints import FULL
from explorer.model.network import Network, build_network
from explorer.model.placement import SMALLEST_MW, Placement
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario
from explorer.units import KG_PER_T

Ints = NDArray[np.intp]

SAME_COST = 1e-5  # the solver tells costs apart that differ by more [USD/MWh]


def break_even(
    scenario: Scenario, workload: str, migration_usd_per_mw: float = 0.0
) -> pd.DataFrame:
    """
    Break-even quantities of a class for every pair of a home and another region.

    Parameters
    ----------
    scenario : Scenario
    workload : str
        Workload id.
    migration_usd_per_mw : float, optional
        What it costs, once, to move one MW of IT load: software, data, contracts. [USD/MW]

    Returns
    -------
    pandas.DataFrame
        One row per (home, region), home and region different:

        saving_usd_per_mwh
            PUE_h (price_h + lambda c_h / 1000) - PUE_j (price_j + lambda c_j / 1000), per MWh of IT
            load; it is also the break-even friction, the largest that still pays.
        friction_usd_per_mwh
            What moving costs, its energy at the carbon price included.
        net_usd_per_mwh, pays
            Saving less friction; whether it is at least zero.
        price_gap_usd_per_mwh, break_even_price_gap_usd_per_mwh
            Electricity price at home less that of the region, as it is, and as it would have to be
            for moving to pay.
        break_even_carbon_price_usd_per_t
            Carbon price from which moving pays, negative where it pays without one; NaN where the
            region, with the energy of moving, is not cleaner than home.
        pays_from_usd_per_t, pays_until_usd_per_t
            Carbon prices, from zero on, at which moving begins, or ceases, to pay: where the
            region, with the energy of moving, is cleaner than home, or dirtier. NaN where no carbon
            price changes it, see `pays`.
        break_even_egress_usd_per_gb
            Egress price up to which moving pays. Negative where it would not pay if egress were
            free: no egress price fixes that. NaN where no data is charged for, so that the price
            does not matter.
        repaid_after_h
            Hours of moved load until the net saving has repaid `migration_usd_per_mw`; infinite
            where it never does.
        wan_ms
            Latency added by the wide-area network.
        lawful
            Whether the legal policy lets load of the home's zone run there. `arcs.csv` goes before
            it: where that closes the way to all clients of the home, it is not lawful; where it
            opens it to one of them, it is.
        closed_by
            The first obstacle that no client of the home gets past: "law", "not offered" (the
            region does not run the class), "own terms" (`arcs.csv` closes the way) or "latency";
            "none" where the pair is open.

    Raises
    ------
    ValueError
        If there is no such workload, or the cost of migration is negative.

    Examples
    --------
    >>> pairs = break_even(Scenario.load("classroom-3x3"), workload="chat")
    >>> len(pairs), bool((pairs["pays"] == (pairs["saving_usd_per_mwh"] >= pairs["friction_usd_per_mwh"])).all())
    (6, True)
    """
    network = build_network(scenario)
    return labelled(network, break_even_pairs(network, workload, migration_usd_per_mw), workload)


def labelled(network: Network, table: pd.DataFrame, workload: str, home: str = "") -> pd.DataFrame:
    """
    Pairs of a class with what their picture says besides.

    All from one `home` are drawn; otherwise the best of each home, unless
    `attrs["best_of_each_home"]` is made False.
    """
    names = network.short_region_names
    return network.labels.put_on(
        table, measure="break_even", names=names, workload=network.class_labels[workload],
        home=names[home] if home else "",
        homes=[network.regions[j] for j in np.unique(network.home)], best_of_each_home=not home,
    )  # fmt: skip


def break_even_pairs(
    network: Network, workload: str, migration_usd_per_mw: float = 0.0
) -> pd.DataFrame:
    """`break_even` of a network."""
    if not migration_usd_per_mw >= 0:
        raise ValueError(
            f"The cost of migration must be at least 0 USD/MW, not {migration_usd_per_mw}."
        )
    return _judged(network, workload, lambda home, *_: np.arange(len(home)), migration_usd_per_mw)


def break_even_drawn(network: Network, workload: str, home: str = "") -> pd.DataFrame:
    """The rows of it that its picture draws: all from one `home`, or the best of each."""

    def from_home(homes: Ints, *_: NDArray) -> Ints:
        return np.flatnonzero(homes == network.regions.index(home))

    def best_with_clients(homes: Ints, is_open: NDArray, net: NDArray) -> Ints:
        rows = np.flatnonzero(np.isin(homes, network.home))
        return rows[best_of_each(homes[rows], is_open[rows], net[rows])]

    return _judged(network, workload, from_home if home else best_with_clients)


def best_of_each(home: Ints, is_open: NDArray, net: NDArray) -> Ints:
    """
    Of each home, by number, the pair with most to gain, of open ones if there are any; of equals
    the first.
    """
    homes = int(home.max(initial=-1)) + 1
    some_open = np.bincount(home, is_open, homes) > 0
    candidates = np.flatnonzero(is_open | ~some_open[home])
    best = np.full(homes, -np.inf)
    np.maximum.at(best, home[candidates], net[candidates])
    candidates = candidates[net[candidates] == best[home[candidates]]]
    _, first = np.unique(home[candidates], return_index=True)
    return candidates[first]


def _judged(
    network: Network,
    workload: str,
    choose: Callable[[Ints, NDArray, NDArray], Ints],
    migration_usd_per_mw: float = 0.0,
) -> pd.DataFrame:
    """
    Rows of `break_even`: of all pairs those that are chosen by home, by whether they are open, and
    by net saving.
    """
    squares, (names, code) = (
        break_even_squares(network, workload),
        _obstacles(network, workload),
    )
    home, region = _every_pair(network)
    is_open = code == len(names) - 1
    rows = choose(home, *(square[home, region] for square in (is_open, squares["net_usd_per_mwh"])))
    pairs = home[rows], region[rows]
    net = squares["net_usd_per_mwh"][pairs]
    with np.errstate(over="ignore"):
        hours = np.divide(migration_usd_per_mw, net, out=np.full_like(net, np.inf), where=net > 0)
    repaid = np.where((net >= 0) & (migration_usd_per_mw == 0), 0.0, hours)
    closed_by = pd.array(names, dtype="str").take(code[pairs])
    return _pairs(network, squares, pairs, closed_by=closed_by, repaid_after_h=repaid)


def _every_pair(network: Network) -> tuple[Ints, Ints]:
    """Home and region of all that is off the diagonal of squares of shape (home, region)."""
    home, region = np.nonzero(~np.eye(len(network.regions), dtype=bool))
    return home, region


def _pairs(
    network: Network, squares: dict[str, NDArray], pairs: tuple[Ints, Ints], **more: Any
) -> pd.DataFrame:
    """What squares of shape (home, region) say of pairs, a row for each, and further columns."""
    home, region = pairs
    names = pd.array(network.regions, dtype="str")  # once: of each pair it would take twice as long
    columns = {name: square[pairs] for name, square in squares.items()}
    return pd.DataFrame({"home": names.take(home), "region": names.take(region), **columns, **more})


def break_even_squares(network: Network, workload: str) -> dict[str, NDArray]:
    """
    The columns of `break_even` between its first two and its last, each (home, region); their
    diagonal is moot.
    """
    k = _index(network, workload)
    energy, friction, carbon = network.arcs_from(np.arange(len(network.regions)))
    friction, carbon = friction[:, :, k], carbon[:, :, k]
    at_home_kg = np.diagonal(carbon)  # no friction at home: emissions of the electricity alone
    per_kg = network.carbon_price_usd_per_t / KG_PER_T

    unit_cost = energy + per_kg * at_home_kg  # of one MWh of IT load, before friction
    saving = unit_cost[:, np.newaxis] - unit_cost
    full_friction = friction + per_kg * (carbon - at_home_kg)
    money_lost, carbon_gained = (
        energy + friction - energy[:, np.newaxis],
        at_home_kg[:, np.newaxis] - carbon,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        turns = KG_PER_T * money_lost / carbon_gained
        carbon_price = np.where(carbon_gained > 0, turns, np.nan)
    pays_from = np.where((carbon_gained > 0) & (turns > 0), turns, np.nan)
    pays_until = np.where((carbon_gained < 0) & (turns >= 0), turns, np.nan)
    # a price lower by one USD/MWh saves PUE, and the overhead of moving on top of it
    price_weight = network.pue * (1 + network.friction.scale * network.friction.relocation_overhead)
    gap = network.price_usd_per_mwh[:, np.newaxis] - network.price_usd_per_mwh
    net = saving - full_friction
    charged_gb = network.friction.scale * network.gb_per_mwh[k]
    with np.errstate(over="ignore"):  # hardly any data: any price will do, or none
        egress = (
            network.friction.egress_usd_per_gb + net / charged_gb
            if charged_gb
            else np.full_like(net, np.nan)
        )
    return {
        "saving_usd_per_mwh": saving,
        "friction_usd_per_mwh": full_friction,
        "net_usd_per_mwh": net,
        "pays": net >= 0,
        "price_gap_usd_per_mwh": gap,
        "break_even_price_gap_usd_per_mwh": gap - net / price_weight,
        "break_even_carbon_price_usd_per_t": carbon_price,
        "pays_from_usd_per_t": pays_from,
        "pays_until_usd_per_t": pays_until,
        "break_even_egress_usd_per_gb": egress,
        "wan_ms": network.geography.region_rtt_ms * network.round_trips[k],
        "lawful": _lawful(network, k),
    }


def _lawful(network: Network, k: int) -> NDArray:
    """
    Pairs that law, or what the table of arcs says of clients before it, leaves open to a class:
    (home, region).
    """
    lawful = network.geography.zone_pair.copy()
    if network.overrides is None:
        return lawful
    given = network.overrides.allowed
    opened, closed = (
        given.filled(False).over(np.zeros(network.latency_ms.shape, bool)) for _ in range(2)
    )
    opened.flat[given.at] = given.value
    closed.flat[given.at] = ~given.value.astype(bool)
    at_home: NDArray = np.equal.outer(np.arange(len(network.regions)), network.home)
    for_one = (at_home[:, :, np.newaxis] & opened[:, :, k]).any(axis=1)
    nobody = ~np.isin(np.arange(len(network.regions)), network.home)
    for_all = (~at_home[:, :, np.newaxis] | closed[:, :, k]).all(axis=1) & ~nobody[:, np.newaxis]
    return (lawful | for_one) & ~for_all


def forbidden_by(network: Network, workload: str) -> NDArray:
    """
    What closes a pair to a class, shape (home, region): the first of "law", "not offered" (the
    region does not run the class), "own terms" (`arcs.csv` closes the way) and "latency" that no
    client of the home gets past, or "none". Homes without clients are judged by their own zone, by
    what the region offers and by the way between regions.
    """
    names, code = _obstacles(network, workload)
    return np.array(names, object)[code]


def _obstacles(network: Network, workload: str) -> tuple[list[str], NDArray]:
    """What may close a pair, "none" at last, and which of it does, shape (home, region)."""
    k, n = _index(network, workload), len(network.regions)
    geography = network.geography
    gates = {name: np.zeros((n, n), bool) for name in _gates(network, k)}
    for name, gate in _gates(network, k).items():
        np.logical_or.at(gates[name], network.home, gate)
    empty = np.setdiff1d(np.arange(n), network.home)
    latency_ms = geography.region_rtt_ms[empty] * network.round_trips[k] + network.prefill_ms[k]
    offered = np.ones(n, bool) if network.overrides is None else network.overrides.offered[:, k]
    open_ = geography.zone_pair[empty]
    gates["law"][empty] = open_
    gates["not offered"][empty] = gates["own terms"][empty] = open_ & offered
    gates["latency"][empty] = open_ & offered & (latency_ms <= network.budget_ms[k])
    closed = [~gate for gate in gates.values()]
    return [*gates, "none"], np.select(closed, list(range(len(gates))), len(gates))


def _gates(network: Network, k: int) -> dict[str, NDArray]:
    """Arcs of a class that get past each obstacle and all before it, shape (client, region)."""
    names = {"law": "law", "system": "not offered", "arcs.csv": "own terms"}
    passed = np.ones(network.latency_ms.shape[:2], bool)
    gates = {}
    for mask, name in names.items():
        if mask in network.masks:
            passed = (
                passed & np.broadcast_to(network.masks[mask], network.latency_ms.shape)[:, :, k]
            )
        gates[name] = passed
    return gates | {"latency": passed & network.within_budget[:, :, k]}


def verdicts(scenario: Scenario, workload: str) -> pd.DataFrame:
    """
    The algebra of pairs against the placement of all: which pairs pay, which are used, and what
    explains a difference.

    Parameters
    ----------
    scenario : Scenario
    workload : str
        Workload id.

    Returns
    -------
    pandas.DataFrame
        One row per (home, region), home and region different:

        saving_usd_per_mwh, ..., lawful
            The columns of `break_even`.
        used_mw
            Load of the class that the placement moves from that home to that region. [MW]
        constraint
            Where a pair pays and is used: "none". Where it neither pays nor is used: "friction".
            Where it pays and is not used, the first of these that applies: "no demand" (no client
            of the class is at home there), "state locality" (state pins all of it), "law", "not
            offered" (the table `systems` closes the region to the class), "own terms" (`arcs.csv`
            closes the way), "latency" (open to some, in time for none of them), "objective" (the
            placement does not minimise cost), "capacity" (cheaper than where the load runs, so it
            is full), "delay cap" (the same, but there is room: the cap on the mean delay keeps load
            from it), "own terms" (what `arcs.csv` says of the way is dearer than the model),
            "better region" (the load runs somewhere as cheap or cheaper). Where it is used and does
            not pay: "objective", "not offered" (by the home), "own terms" (`arcs.csv` says
            something of the way, or of home, that makes it pay or leaves no choice), or "home full"
            (load that cannot stay).
        better_region
            Where "better region" is the constraint, the one that takes most of the load; otherwise
            empty.

    Raises
    ------
    ValueError
        If there is no such workload.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If the solve fails or meets the time limit.

    Examples
    --------
    >>> table = verdicts(Scenario.load("classroom-3x3"), workload="batch")
    >>> table.loc[table["pays"], ["home", "region", "used_mw", "constraint", "better_region"]].to_numpy().tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['middle', 'north', 20.0, 'none', ''], ['middle', 'south', 0.0, 'better region', 'north'],
     ['south', 'north', 10.0, 'none', '']]
    """
    placement = solve_network(build_network(scenario))
    return verdicts_labelled(placement, verdict_pairs(placement, workload), workload)


def verdicts_labelled(
    placement: Placement, table: pd.DataFrame, workload: str, home: str = ""
) -> pd.DataFrame:
    """
    Verdicts on a class with what their picture says besides: of one `home` or, without it, of all
    homes with load of the class.
    """
    network = placement.network
    wanted_mw = network.demand_mw[:, network.workloads.index(workload)]
    homes = np.unique(network.home[wanted_mw > SMALLEST_MW])
    return network.labels.put_on(
        table, measure="verdicts", names=network.short_region_names, home=home,
        workload=network.class_labels[workload],
        homes=[home] if home else [network.regions[j] for j in homes], pue=float(np.median(network.pue)),
    )  # fmt: skip


def verdict_pairs(placement: Placement, workload: str) -> pd.DataFrame:
    """`verdicts` of a placement."""
    squares = break_even_squares(placement.network, workload)
    return _pairs(
        placement.network,
        squares | verdict_squares(placement, workload, squares["pays"]),
        _every_pair(placement.network),
    )


def verdict_squares(placement: Placement, workload: str, pays: NDArray) -> dict[str, NDArray]:
    """
    The columns of `verdicts` after `pays`, each of shape (home, region) like it; their diagonal is
    moot.
    """
    net, best, k = placement.network, placement.optimum, _index(placement.network, workload)
    n = len(net.regions)
    at_home = np.equal.outer(np.arange(n), net.home).astype(float)  # (home, client)

    def for_some(client: NDArray) -> NDArray:
        """Whether it holds for a client of that home; (client, ...) to (home, ...)."""
        return at_home @ client > 0

    cost, moved_mw, allowed = (
        net.cost_usd_per_mwh[:, :, k],
        best.free_mw[:, :, k],
        net.allowed[:, :, k],
    )
    demand = net.demand_mw[:, k] > SMALLEST_MW
    movable = net.demand_mw[:, k] - net.pinned_mw[:, k] > SMALLEST_MW
    dearest = np.where(moved_mw > SMALLEST_MW, cost, -np.inf).max(axis=1)
    dearest[best.unserved_free_mw[:, k] > SMALLEST_MW] = (
        np.inf
    )  # going unserved is dearer than any region
    possible = allowed & movable[:, np.newaxis]
    wanted = possible & (cost < dearest[:, np.newaxis] - SAME_COST)
    instead_mw = at_home @ np.einsum("ij,il->ijl", possible, moved_mw).reshape(
        len(net.home), -1
    )  # at l, may run at j
    better = instead_mw.reshape(n, n, n).argmax(axis=2)

    # only a cap on the mean delay keeps load from a cheaper place that has room
    is_full = (placement.uncapped is None) | (
        placement.region_it_mw >= net.capacity_mw * (1 - FULL)
    )

    used_mw = at_home @ placement.away_mw[:, :, k]
    used, other_aim = used_mw > SMALLEST_MW, np.full_like(pays, placement.objective != "cost")
    moves, clients = placement.away_mw[:, :, k] > SMALLEST_MW, np.arange(len(net.home))
    terms = (
        np.zeros_like(allowed)
        if net.overrides is None
        else net.overrides.has_terms(net.latency_ms.shape)[:, :, k]
    )
    can_stay, stay = allowed[clients, net.home], cost[clients, net.home]
    at_its_home = np.broadcast_to(net.masks.get("system", True), net.latency_ms.shape)[
        clients, net.home, k
    ]
    by_terms = terms | terms[clients, net.home][:, np.newaxis]
    lured = by_terms & ((cost < stay[:, np.newaxis]) | ~can_stay[:, np.newaxis])
    by_model = np.zeros_like(
        allowed
    )  # what the model alone would make of an arc with terms of its own
    if terms.any():
        energy, friction, carbon = net.arcs_from(net.home)
        modelled = (
            energy + friction[:, :, k] + net.carbon_price_usd_per_t / KG_PER_T * carbon[:, :, k]
        )
        by_model = possible & terms & (modelled < dearest[:, np.newaxis] - SAME_COST)
    gates = {name: for_some(gate & movable[:, np.newaxis]) for name, gate in _gates(net, k).items()}
    cases = [
        ("none", used & pays),
        ("objective", used & other_aim),
        ("not offered", used & for_some(moves & ~at_its_home[:, np.newaxis])),
        ("own terms", used & for_some(moves & lured)),
        ("home full", used),
        ("friction", ~pays),
        ("no demand", ~for_some(demand)[:, np.newaxis]),
        ("state locality", ~for_some(movable)[:, np.newaxis]),
        *((name, ~gate) for name, gate in gates.items()),
        ("objective", other_aim),
        ("capacity", for_some(wanted) & is_full),
        ("delay cap", for_some(wanted)),
        ("own terms", for_some(by_model)),
    ]
    obstacle = np.select([case for _, case in cases], [name for name, _ in cases], "better region")
    names = np.array(net.regions, object)
    return {
        "used_mw": used_mw,
        "constraint": obstacle.astype(object),
        "better_region": np.where(obstacle == "better region", names[better], ""),
    }


def _index(network: Network, workload: str) -> int:
    if workload not in network.workloads:
        raise ValueError(
            f"Unknown workload {workload!r}; use one of {', '.join(network.workloads)}."
        )
    return network.workloads.index(workload)
