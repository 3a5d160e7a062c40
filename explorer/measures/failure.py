"""
What if a region fails: every region lost in turn, and the placement that survives any single loss.

That a lost region keeps its network, so that its users still get in there, that the loss lasts, and
what a placement with a reserve is, are this project's own choices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from explorer.cache import Memo
from explorer.measures.headlines import of_what_it_serves, serve_the_same
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import SMALLEST_MW, Placement, difference
from explorer.model.reserve import stranded_mw, with_reserve
from explorer.model.solve import solve_network, solve_with
from explorer.model.solver import model_for
from explorer.scenario.scenario import Scenario

TURN = 6  # losses looked at without a pause
_TOTALS = ("cost_usd_per_h", "carbon_kg_per_h", "objective_usd_per_h")


def failure(scenario: Scenario) -> pd.DataFrame:
    """
    Lose every region in turn.

    Parameters
    ----------
    scenario : Scenario
        Whatever its objective, placements of least cost, carbon at its price included, are
        compared.

    Returns
    -------
    pandas.DataFrame
        One row per region, that whose loss leaves most load unserved first:

        region
            The one that is lost.
        it_mw
            IT load that runs there before. [MW]
        pinned_mw
            The part of it that state pins there. [MW]
        unserved_mw
            Load that goes unserved for the loss, if everything may be placed anew. [MW]
        stranded_mw
            The same if only the load of the lost region moves, into what room others have left:
            what a failover can do at once. [MW]
        reserve_stranded_mw
            The same of the placement with a reserve. [MW]
        cost_usd_per_h, carbon_kg_per_h, objective_usd_per_h
            Of what is still served, placed anew. [USD/h], [kg/h]
        cost_change_usd_per_h, carbon_change_kg_per_h, objective_change_usd_per_h
            These, less what the same load costs and emits while all regions are there. The last is
            never negative. [USD/h], [kg/h]

        Its ``attrs`` hold ``reserve_usd_per_h``, what the placement with a reserve costs more than
        the optimum, carbon at its price, and ``optimum_usd_per_h``, what that costs. [USD/h]

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    A loss is N-1 as in power systems [1]_: the IT capacity of one region is zero. Its network stays,
    so latencies are what they were, and load pinned there by state goes unserved.

    The placement with a reserve is the cheapest of all that serve just what the optimum serves, of
    which as much as can be survives any single loss: load of the lost region finds room elsewhere,
    within its budget and law, while no other load moves. What does not counts at the penalty on
    unserved load, each loss in full.

    Hosting and caps on cost and delay are left out.

    References
    ----------
    .. [1] Alsac and Stott, "Optimal Load Flow with Steady-State Security," IEEE Transactions on Power
       Apparatus and Systems PAS-93(3), 1974.

    Examples
    --------
    >>> table = failure(Scenario.load("classroom-3x3"))
    >>> table[["region", "it_mw", "unserved_mw", "stranded_mw"]].round(6).to_numpy().tolist()
    [['middle', 30.0, 15.0, 15.0], ['north', 50.0, 12.0, 12.0], ['south', 20.0, 9.0, 9.0]]
    """
    return failure_table(build_network(scenario))


def failure_table(network: Network) -> pd.DataFrame:
    """`failure` of a network."""
    *_, table = failure_steps(network)
    assert table is not None
    return table


@dataclass(frozen=True, eq=False)
class _Found:
    """What is remembered: no part of it is a name."""

    table: pd.DataFrame
    optimum_usd_per_h: float
    reserve_usd_per_h: float


_found: Memo[_Found] = Memo(size=64)


def failure_steps(network: Network) -> Iterator[pd.DataFrame | None]:
    """
    `failure` of a network, remembered for all sessions; on the way None after every few losses, for
    others to go first.
    """
    network = network.without_hosting_or_cap
    found = _found.get(network)
    if found is None:
        best, rows = solve_network(network, "cost"), []
        for lost in range(len(network.regions)):
            rows.append(_loss(best, lost))
            if (lost + 1) % TURN == 0:
                yield None
        reserve = with_reserve(best)
        table = pd.DataFrame(rows)
        stranded = [stranded_mw(reserve, lost) for lost in range(len(network.regions))]
        table.insert(5, "reserve_stranded_mw", stranded)
        optimum = best.objective_usd_per_h
        more = difference(reserve.objective_usd_per_h, optimum)
        found = _found.find(network, lambda: _Found(_worst_first(table), optimum, more))
    yield network.labels.put_on(
        found.table,
        measure="failure",
        names=network.short_region_names,
        optimum_usd_per_h=found.optimum_usd_per_h,
        reserve_usd_per_h=found.reserve_usd_per_h,
    )


def _worst_first(table: pd.DataFrame) -> pd.DataFrame:
    worst = ["unserved_mw", "stranded_mw", "objective_change_usd_per_h"]
    keys = table[worst].round(6)  # further digits are rounding, and no order
    order = np.lexsort([-keys[name].to_numpy() for name in reversed(worst)])
    return table.iloc[order].reset_index(drop=True)


def _loss(best: Placement, lost: int) -> dict[str, Any]:
    """The row of a region."""
    after = _without(best, lost)
    before = _before(best, after)
    row: dict[str, Any] = {
        "region": best.network.regions[lost],
        "it_mw": float(best.region_it_mw[lost]),
        "pinned_mw": float(best.optimum.pinned_mw[best.network.home == lost].sum()),
        "unserved_mw": difference(after.unserved_mw, best.unserved_mw),
        "stranded_mw": stranded_mw(best, lost),
    }
    row |= {name: getattr(after, name) for name in _TOTALS}
    for name in _TOTALS:
        of, unit = name.split("_", 1)
        row[f"{of}_change_{unit}"] = difference(getattr(after, name), getattr(before, name))
    return row


def _without(best: Placement, lost: int) -> Placement:
    """The optimum without a region; the same where that one runs nothing."""
    if best.region_it_mw[lost] <= SMALLEST_MW:
        return best
    net, numbers = best.network, lp_data(best.network, "cost")
    capacity_mw = numbers.capacity_mw.copy()
    capacity_mw[lost] = 0.0
    model = model_for("failure", net.home, len(net.regions), len(net.workloads))
    with model.lock:
        return replace(best, optimum=model.solve(replace(numbers, capacity_mw=capacity_mw)))


def _before(best: Placement, after: Placement) -> Placement:
    """The optimum, with all regions, of just the load that is served after a loss."""
    if serve_the_same(after, best):
        return best
    net = of_what_it_serves(after, "cost")
    model = model_for("before failure", net.home, len(net.regions), len(net.workloads))
    with model.lock:
        return solve_with(model, net, "cost")
