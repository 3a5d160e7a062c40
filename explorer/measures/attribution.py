"""
What holds relocation back: the benefit that latency, friction, egress, state locality, law and
capacity keep away, shared out.

The sum is shared by Shapley values, which do not depend on the order in which obstacles are looked
at; the waterfall, which does, stands beside it. Which obstacles there are, and what lifting one
means, is this project's own choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.measures.headlines import like_for_like
from explorer.model.network import Network, build_network, lp_data
from explorer.model.program import served_alone, unserved_penalty
from explorer.model.solve import solve_network
from explorer.model.solver import TIE_BREAK, LPData, Optimum, model_for
from explorer.scenario.scenario import Scenario
from explorer.words import mark

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FACTORS = (
    mark("latency"), mark("friction"), mark("egress"), mark("state locality"), mark("law"),
    mark("capacity"),
)  # fmt: skip


def attribution(scenario: Scenario) -> pd.DataFrame:
    """
    What each obstacle to relocation costs: its Shapley value in the benefit that all of them
    together keep away.

    Parameters
    ----------
    scenario : Scenario
        Whatever its objective, placements of least cost, carbon at its price included, are
        compared.

    Returns
    -------
    pandas.DataFrame
        One row per obstacle, in the order of `FACTORS`:

        constraint
            latency (the classes' budgets), friction (operations, overhead, transport, value of
            latency), egress, state locality, law or capacity.
        usd_per_h
            What it costs: how much `objective_usd_per_h` falls when it is lifted, mean over all 720
            orders in which the six may be lifted. The sum is the objective as it is less that
            without any of them. [USD/h]
        share
            Part of that sum, NaN where the sum is zero. [-]

        Its `attrs` hold ``saved_usd_per_h``, what the placement costs less than the baseline as it
        is, and ``in_order_usd_per_h``, as in `waterfall`. [USD/h]

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Lifted means: no latency budget; egress price zero; all other friction zero; no load pinned to
    its home; legal policy `open`; any region can take all load. Prices and carbon stay, however
    much load comes, so the value of capacity is an upper bound: a grid sells only so much so
    cheaply. It is that of sites not yet built: machines are bought anyway, and the question is
    where. Where those there are stand already, room has a price, that of new machines; what it
    would save then, all else as it is, is ``room_bought_usd_per_h`` of the `attrs`, beside
    ``room_for_free_usd_per_h``, the same at no price. What the tables `systems` and `arcs` say
    stays as well, but friction from `arcs` counts as friction, egress included.

    Hosting is left out, as if it cost nothing: with it, each of the 64 placements would be a
    mixed-integer program.

    All compared placements serve the same demand: what the placement as it is serves, each client's
    and class's part. So no penalty on unserved load is in any figure; who goes unserved, and why,
    is in `Placement.unserved`. Lifting an obstacle leaves every placement possible, so the same
    demand can always be served. Who goes unserved is therefore part of the question: where some
    cannot be served, it is those whose service would cost most, and equals go short by equal
    fractions, so that the figures do not hang on the order of a table. What serving those who go
    unserved would bring is no part of the figures either: load dropped for its price counts for no
    obstacle.

    A value is positive where the obstacle costs money, zero where it does not matter. Only friction
    can be negative: where energy, with its carbon, has a price below zero, overhead and transport
    energy earn money.

    References
    ----------
    .. [1] Shapley, "A Value for n-Person Games," in Contributions to the Theory of Games II, Princeton, 1953.

    Examples
    --------
    >>> table = attribution(Scenario.load("classroom-3x3"))
    >>> table["constraint"].tolist()
    ['latency', 'friction', 'egress', 'state locality', 'law', 'capacity']
    >>> table["usd_per_h"].round(2).tolist()
    [1426.75, 658.71, 515.75, 716.29, 0.0, 1547.5]
    """
    network = build_network(scenario)
    return labelled(network, attribution_table(network))


def labelled(network: Network, table: pd.DataFrame) -> pd.DataFrame:
    """
    A table of a network with all that its picture says and no column does.

    What is saved against the baseline of the load that is served, what each obstacle costs in the
    order of the rows [USD/h], and what is served and is not [MW]. Of room for all, all else as it
    is, what it would save for free and bought at the price of hardware [USD/h].
    """
    best = solve_network(network.without_hosting_or_cap, "cost")  # as the attribution takes it
    saved = like_for_like(best, best.baseline).objective_usd_per_h - best.objective_usd_per_h
    return network.labels.put_on(
        table, measure="attribution", saved_usd_per_h=float(saved),
        served_mw=float(best.served_mw), unserved_mw=float(best.unserved_mw),
        in_order_usd_per_h=waterfall_table(network)["usd_per_h"].tolist(),
        hardware_usd_per_mwh=float(network.hardware_usd_per_mwh), **_worth_of_room(network),
    )  # fmt: skip


def _worth_of_room(network: Network) -> dict[str, float]:
    """
    What more room would save, all other obstacles in place: free, and where each MW beyond what a
    region has costs what hardware does, while what stands idle elsewhere is paid for already.
    """
    objective = lifted_objectives(network)
    as_it_is, for_free = (objective[(*[0] * (len(FACTORS) - 1), lifted)] for lifted in (0, 1))
    bought = _cost_with_room_bought(network) if network.hardware_usd_per_mwh else for_free
    noise = 2 * TIE_BREAK * network.demand_mw.sum()
    free, built = (float(as_it_is - less) for less in (for_free, bought))
    return {
        "room_for_free_usd_per_h": free if free > noise else 0.0,
        "room_bought_usd_per_h": built if built > noise else 0.0,
    }


def _cost_with_room_bought(network: Network) -> float:
    """
    The least that the same load costs where room is bought, machines and all. [USD/h]

    What is bought is a second region at each place, which costs that much more and takes all.
    """
    regions = len(network.regions)
    best = solve_network(network.without_hosting_or_cap, "cost").optimum
    numbers = served_alone(lp_data(network, "cost"), best)
    cost = np.concatenate([numbers.cost, numbers.cost + network.hardware_usd_per_mwh], axis=1)
    case = replace(
        numbers,
        cost=cost,
        allowed=np.tile(numbers.allowed, (1, 2, 1)),
        capacity_mw=np.append(
            numbers.capacity_mw, np.full(regions, float(network.demand_mw.sum()))
        ),
        unserved_cost=unserved_penalty(cost),
        added_ms=None,
    )
    model = model_for("room bought", network.home, 2 * regions, len(network.workloads))
    with model.lock:
        return _cost(network, case, model.solve(case, any_will_do=True))


def attribution_table(network: Network) -> pd.DataFrame:
    """`attribution` of a network."""
    objective = lifted_objectives(network)
    return _table(network, FACTORS, shapley_values(objective[(0,) * len(FACTORS)] - objective))


def waterfall(scenario: Scenario, order: Sequence[str] = FACTORS) -> pd.DataFrame:
    """
    From the placement without obstacles to the one there is, one obstacle after the other.

    Parameters
    ----------
    scenario : Scenario
    order : sequence of str
        The six `FACTORS` in the order in which they are put in place. What one costs depends on
        those before it.

    Returns
    -------
    pandas.DataFrame
        One row per obstacle in that order: factor, usd_per_h, share as in `attribution`, and
        objective_usd_per_h, the objective with this obstacle and all before it; the last is the
        placement as it is. [USD/h]

    Raises
    ------
    ValueError
        If `order` is not the six factors, each once.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Examples
    --------
    >>> steps = waterfall(Scenario.load("classroom-3x3"))
    >>> steps.round(2)[["constraint", "objective_usd_per_h"]].to_numpy().tolist()[-1]
    ['capacity', 9865.0]
    """
    return waterfall_table(build_network(scenario), order)


def waterfall_table(network: Network, order: Sequence[str] = FACTORS) -> pd.DataFrame:
    """`waterfall` of a network."""
    if sorted(order) != sorted(FACTORS):
        raise ValueError(f"The order must be these six, each once: {', '.join(FACTORS)}.")
    objective = lifted_objectives(network)
    lifted = [1] * len(FACTORS)
    path = [objective[tuple(lifted)]]
    for factor in order:
        lifted[FACTORS.index(factor)] = 0
        path.append(objective[tuple(lifted)])
    return _table(network, order, np.diff(path), objective_usd_per_h=path[1:])


def shapley_values(worth: Floats) -> Floats:
    """
    Shapley values of a cooperative game, exactly.

    Parameters
    ----------
    worth : shape (2,) * players
        Worth of every coalition; index 1 along a player's axis where the player takes part.

    Returns
    -------
    numpy.ndarray, shape (players,)
        Each player's marginal worth, mean over all orders of joining:
        :math:`\\phi_p = \\sum_{S \\not\\ni p} \\frac{|S|!\\,(n-|S|-1)!}{n!} (v(S \\cup p) - v(S))`.

    Examples
    --------
    A left glove is worth nothing without a right one; there are two left gloves.

    >>> worth = np.zeros((2, 2, 2))
    >>> worth[1, 0, 1] = worth[0, 1, 1] = worth[1, 1, 1] = 6
    >>> shapley_values(worth).round(9).tolist()
    [1.0, 1.0, 4.0]
    """
    players = worth.ndim
    others = np.indices((2,) * (players - 1)).sum(axis=0)  # how many of them have joined before
    orders = np.array([factorial(size) * factorial(players - size - 1) for size in range(players)])
    weight = orders[others] / factorial(players)
    return np.array([(weight * np.diff(worth, axis=p).squeeze(p)).sum() for p in range(players)])


_objectives: Memo[Floats] = Memo(size=64)


def lifted_objectives(network: Network) -> Floats:
    """
    The least objective of serving the same demand with every subset of obstacles lifted; remembered
    for all sessions.

    Returns
    -------
    numpy.ndarray, shape (2, 2, 2, 2, 2, 2)
        Index 1 along the axis of a factor, in the order of `FACTORS`, where it is lifted. [USD/h]

    Raises
    ------
    SolverError
        If a solve fails or meets the time limit.
    """
    return _objectives.find(network, lambda: _lifted_objectives(network))


def _lifted_objectives(network: Network) -> Floats:
    best = solve_network(network.without_hosting_or_cap, "cost").optimum
    numbers = served_alone(lp_data(network, "cost"), best)
    free, pinned = numbers.free_mw, numbers.pinned_mw
    costs = {
        (no_friction, no_egress): _without_friction(network, no_friction, no_egress)
        for no_friction, no_egress in product((False, True), repeat=2)
    }
    arcs = {
        (no_latency, no_law): _without_masks(network, no_latency, no_law)
        for no_latency, no_law in product((False, True), repeat=2)
    }
    model = model_for("attribution", network.home, len(network.regions), len(network.workloads))
    objective = np.empty((2,) * len(FACTORS))
    with model.lock:
        # demands change least often: from one set of costs or arcs to the next the solver has least
        # to mend
        for no_pins, (lifted, allowed), (terms, cost) in product(
            (False, True), arcs.items(), costs.items()
        ):
            case = replace(
                numbers,
                cost=cost,
                allowed=allowed,
                free_mw=free + pinned if no_pins else free,
                pinned_mw=np.zeros_like(pinned) if no_pins else pinned,
                unserved_cost=unserved_penalty(cost),
            )
            at = (lifted[0], *terms, no_pins, lifted[1])
            at = tuple(int(is_lifted) for is_lifted in at)
            # the objective alone counts, so ties may stay as they fall
            objective[(*at, 0)] = _cost(network, case, model.solve(case, any_will_do=True))
            objective[(*at, 1)] = _cost_with_room_for_all(network, case)
    objective.setflags(write=False)
    return objective


def _without_friction(network: Network, no_friction: bool, no_egress: bool) -> Floats:
    """Costs of arcs where that is lifted, shape (client, region, workload). [USD/MWh]"""
    friction, overrides = network.friction, network.overrides
    if no_friction:
        friction = replace(
            friction,
            operations_usd_per_mwh=0.0,
            relocation_overhead=0.0,
            transport_kwh_per_gb=0.0,
            latency_value=0.0,
        )
        if overrides is not None:
            overrides = replace(
                overrides, friction_usd_per_mwh=overrides.friction_usd_per_mwh.filled(0.0)
            )
    if no_egress:
        friction = replace(friction, egress_usd_per_gb=0.0)
    return replace(network, friction=friction, overrides=overrides).cost_usd_per_mwh


def _without_masks(network: Network, no_latency: bool, no_law: bool) -> Bools:
    """Arcs that exist where that is lifted, shape (client, region, workload)."""
    geography, budget_ms = network.geography, network.budget_ms
    if no_law:
        geography = replace(geography, lawful=np.ones_like(geography.lawful))
    if no_latency:
        budget_ms = np.full_like(budget_ms, np.inf)
    return replace(network, geography=geography, budget_ms=budget_ms).allowed


def _cost(network: Network, case: LPData, best: Optimum) -> float:
    """What all served load costs. [USD/h]"""
    at_home = case.cost[np.arange(len(network.home)), network.home]
    return float((best.free_mw * case.cost).sum() + (best.pinned_mw * at_home).sum())


def _cost_with_room_for_all(network: Network, case: LPData) -> float:
    """
    The same where capacity is no limit: each load takes its cheapest arc, and nothing is left to
    solve. [USD/h]
    """
    at_home = case.cost[np.arange(len(network.home)), network.home]
    cheapest = np.where(case.allowed, case.cost, np.inf).min(axis=1)
    cheapest = np.where(
        np.isfinite(cheapest), cheapest, 0.0
    )  # where there is no arc, nothing is served but rounding
    return float((case.free_mw * cheapest).sum() + (case.pinned_mw * at_home).sum())


def _table(
    network: Network, factors: Sequence[str], usd_per_h: Floats, **more: Sequence[float]
) -> pd.DataFrame:
    """
    Values and shares, and more columns; what the solver's tie-break alone may have made of nothing
    is nothing again.
    """
    noise = 2 * TIE_BREAK * network.demand_mw.sum()
    usd_per_h = np.where(np.abs(usd_per_h) <= noise, 0.0, usd_per_h)
    total = usd_per_h.sum()
    share = usd_per_h / total if total else np.full(len(usd_per_h), np.nan)
    columns = {"constraint": list(factors), "usd_per_h": usd_per_h, "share": share}
    return pd.DataFrame(columns | more)
