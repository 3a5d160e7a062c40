"""
Proof that a placement is feasible and optimal, worked out again from the network's arrays without
the solver.

A lower bound needs no trust in the solver. Whatever prices capacity has, demand that pays them at
its cheapest place, less what capacity earns, costs no more than any placement (Lagrangian
relaxation). Good prices make the bound tight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.model.labels import Labels
from explorer.model.network import Network, lp_data
from explorer.model.placement import Placement
from explorer.model.program import AMPLE, LPData, Optimum, units_of
from explorer.model.ties import FACE_TOLERANCE
from explorer.presentation import render
from explorer.words import mark, tr

Floats = NDArray[np.float64]

RESIDUAL = 1e-9  # of all demand: more than the solver's own tolerance, less than anybody would miss
RESIDUAL_MS = 1e-6  # to which budgets are met
ROUNDING = 1e-12  # of sums, relative to what is summed
UNITS = {"cost": "USD/h", "carbon": "kg/h", "latency": "MW ms", "relocation": "MW"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    Residuals of a placement, each the largest there is: zero, or what rounding leaves, proves it.

    `unit` is that of the objective, penalty on unserved load included: USD/h, kg/h or, for latency,
    MW ms.
    """

    unit: str
    over_budget_mw: float  # load on arcs that take longer than its budget [MW]
    over_budget_ms: float  # by how much [ms]
    unlawful_mw: float  # load on arcs that the law forbids [MW]
    overload_mw: float  # load of a region above its capacity [MW]
    imbalance_mw: float  # demand less served less unserved load [MW]
    negative_mw: float  # how far below zero any load is [MW]
    dual_infeasibility: (
        float  # how far above its cheapest way to be served a demand is priced [unit per MW]
    )
    slackness: (
        float  # value of load off its cheapest arcs, and of priced capacity that idles [unit]
    )
    objective: float  # what the placement costs [unit]
    lower_bound: float  # what no placement costs less than [unit]
    residual_mw: float  # up to which a load counts as none [MW]
    price_tolerance: float  # the solver's own, of the two prices above [unit per MW]
    gap_bound: float  # the largest gap that the solver's tolerance and the residuals explain [unit]
    carbon_price_usd_per_t: float  # counted in the objective; 0 where that is not cost [USD/t]
    unserved_mw: float  # load that nobody serves, counted at the penalty for it [MW]
    labels: Labels = field(repr=False)  # of the scenario

    @property
    def gap(self) -> float:
        """What the placement costs above the lower bound. [unit]"""
        return self.objective - self.lower_bound

    @property
    def relative_gap(self) -> float:
        """The gap as a share of the objective. [-]"""
        return self.gap / abs(self.objective) if self.objective else 0.0

    @property
    def holds(self) -> bool:
        """Whether every residual is within its tolerance."""
        return bool(self.table["holds"].all())

    @property
    def table(self) -> pd.DataFrame:
        """One row per check: check, value, unit, tolerance, holds, and meaning in words."""
        per_mw = {"USD/h": "USD/MWh", "kg/h": "kg/MWh", "MW ms": "ms", "MW": "-"}[self.unit]
        share = self.gap_bound / abs(self.objective) if self.objective else 0.0
        rows = [
            (
                mark("budget"),
                self.over_budget_mw,
                "MW",
                self.residual_mw,
                mark("load that takes longer than its latency budget"),
            ),
            (mark("lateness"), self.over_budget_ms, "ms", RESIDUAL_MS, mark("by how much it does")),
            (
                mark("law"),
                self.unlawful_mw,
                "MW",
                self.residual_mw,
                mark("load where the law forbids it"),
            ),
            (
                mark("capacity"),
                self.overload_mw,
                "MW",
                self.residual_mw,
                mark("load of a region above its capacity"),
            ),
            (
                mark("balance"),
                self.imbalance_mw,
                "MW",
                self.residual_mw,
                mark("demand neither served nor counted as unserved"),
            ),
            (mark("sign"), self.negative_mw, "MW", self.residual_mw, mark("load below zero")),
            (
                mark("prices"),
                self.dual_infeasibility,
                per_mw,
                self.price_tolerance,
                mark("price above the cheapest way to serve"),
            ),
            (
                mark("slackness"),
                self.slackness,
                self.unit,
                self.gap_bound,
                mark("load off its cheapest place, idle dear capacity"),
            ),
            (mark("gap"), self.gap, self.unit, self.gap_bound, mark("cost above the lower bound")),
            (
                mark("relative gap"),
                self.relative_gap,
                "-",
                share,
                mark("the same as a share of the cost"),
            ),
        ]
        columns = ["check", "value", "unit", "tolerance", "holds", "meaning"]
        return pd.DataFrame(
            [(*row[:4], abs(row[1]) <= row[3], row[4]) for row in rows], columns=columns
        )

    def _repr_html_(self) -> str:
        return render(self, "html")


def certificate(placement: Placement) -> Certificate:
    """
    Check a placement, and bound from below what any placement costs.

    Parameters
    ----------
    placement : Placement
        Least cost, carbon or latency. What is certified is that no placement costs, emits or waits
        less, not how ties are broken. Prices belong to that, too.

    Returns
    -------
    Certificate
        `holds` if all is within tolerance; `table` shows every check.

    Notes
    -----
    The problem is min c x + P u with x + u = d for every demand, load within capacity K, all of x
    and u at least 0, and x only on arcs within budget and law. For capacity prices p >= 0 and
    demand prices y the lower bound is

        L(p) = sum over demands of d min(P, min over arcs of (c + p)) - sum of K p <= c x + P u for
        any placement,

    so the gap c x + P u - L(p) cannot hide anything, whatever p is. Dual infeasibility is how far a
    y is above min(P, min (c + p)), over all arcs: those that the solver never looked at, too.

    Ties are broken on the face of the optimum, level by level (see `PlacementModel.solve`), so
    nothing is paid for that but rounding: what has a reduced cost of up to `FACE_TOLERANCE` = 1e-7,
    in the solver's unit of cost, counts as on the face. That unit is 1e-5 of the largest cost there
    is, which mostly is the penalty on unserved load. The gap is at most that much times demand and
    capacity: 0.6 mUSD/h for 2 GW of demand in 4 GW of capacity, at 1e5 USD/MWh.

    References
    ----------
    .. [1] Geoffrion, "Lagrangean Relaxation for Integer Programming," Mathematical Programming Study 2, 1974.

    Examples
    --------
    >>> from explorer import Scenario, solve
    >>> proof = certificate(solve(Scenario.load("classroom-3x3")))
    >>> proof.holds, round(proof.objective, 2), round(proof.lower_bound, 2)
    (True, 9865.0, 9865.0)
    """
    network, best = placement.network, placement.optimum
    if not placement.is_one_program:
        what = tr("Prices prove no optimum where hosting is chosen or cost or delay has a cap.")
        fix = tr(
            "Set hosting to 0, or take the cap away. What a choice of hosts may miss is in Placement.gap_usd_per_h."
        )
        raise ExplorerError(what, "certificate", fix)
    numbers = lp_data(network, placement.objective)
    load, at_home = placement.it_mw, (np.arange(len(network.home)), network.home)
    late_ms = np.where(load > 0, network.latency_ms - network.budget_ms, 0.0)
    overload = load.sum(axis=(0, 2)) - network.capacity_mw
    imbalance_free = numbers.free_mw - best.free_mw.sum(axis=1) - best.unserved_free_mw
    imbalance_pinned = numbers.pinned_mw - best.pinned_mw - best.unserved_pinned_mw
    loads = best.free_mw, best.pinned_mw, best.unserved_free_mw, best.unserved_pinned_mw
    residuals = np.abs(imbalance_free) + np.abs(imbalance_pinned)

    prices = np.maximum(best.capacity_price, 0.0)
    delivered = np.where(network.allowed, numbers.cost + prices[:, np.newaxis], np.inf)
    cheapest_free = np.minimum(delivered.min(axis=1), numbers.unserved_cost)
    cheapest_pinned = np.minimum(delivered[at_home], numbers.unserved_cost)
    lower_bound = (
        (numbers.free_mw * cheapest_free).sum()
        + (numbers.pinned_mw * cheapest_pinned).sum()
        - network.capacity_mw @ prices
    )
    too_dear = max(
        (best.price_free - cheapest_free).max(),
        (best.price_pinned - cheapest_pinned).max(),
        -best.capacity_price.min(),
    )
    demand_mw = network.demand_mw.sum()
    capacity_mw = np.minimum(network.capacity_mw, AMPLE * demand_mw).sum()
    tolerance = FACE_TOLERANCE * units_of(numbers).cost
    explained = (numbers.drop * residuals).sum() + overload.clip(min=0.0) @ prices
    objective = _objective(network, numbers, best)
    return Certificate(
        unit=UNITS[placement.objective],
        over_budget_mw=float(load[late_ms > RESIDUAL_MS].sum()),
        over_budget_ms=float(late_ms.max(initial=0.0)),
        unlawful_mw=float((load * ~network.permitted).sum()),
        overload_mw=float(overload.max(initial=0.0)),
        imbalance_mw=float(max(np.abs(imbalance_free).max(), np.abs(imbalance_pinned).max())),
        negative_mw=float(max(0.0, *(-mw.min() for mw in loads))),
        dual_infeasibility=float(max(too_dear, 0.0)),
        slackness=_slackness(network, numbers, best),
        objective=objective,
        lower_bound=float(lower_bound),
        residual_mw=float(RESIDUAL * demand_mw),
        price_tolerance=tolerance,
        gap_bound=float(
            tolerance * (demand_mw + capacity_mw) + explained + ROUNDING * abs(objective)
        ),
        carbon_price_usd_per_t=network.carbon_price_usd_per_t
        if placement.objective == "cost"
        else 0.0,
        unserved_mw=placement.unserved_mw,
        labels=network.labels,
    )


def _objective(network: Network, numbers: LPData, best: Optimum) -> float:
    served = (best.free_mw * numbers.cost).sum()
    pinned = (best.pinned_mw * numbers.cost[np.arange(len(network.home)), network.home]).sum()
    return float(served + pinned) + numbers.penalty_of(best)


def _slackness(network: Network, numbers: LPData, best: Optimum) -> float:
    """Complementary slackness: what is used costs its price, and what has a price is used up."""
    delivered = numbers.cost + best.capacity_price[:, np.newaxis]
    at_home = delivered[np.arange(len(network.home)), network.home]
    off_price = (
        (best.free_mw * np.abs(delivered - best.price_free[:, np.newaxis])).sum()
        + (best.pinned_mw * np.abs(at_home - best.price_pinned)).sum()
        + (best.unserved_free_mw * np.abs(numbers.unserved_cost - best.price_free)).sum()
        + (best.unserved_pinned_mw * np.abs(numbers.unserved_cost - best.price_pinned)).sum()
    )
    idle = network.capacity_mw - best.free_mw.sum(axis=(0, 2))
    idle -= np.bincount(network.home, best.pinned_mw.sum(axis=1), minlength=len(network.regions))
    return float(off_price + np.abs(best.capacity_price) @ idle.clip(min=0.0))
