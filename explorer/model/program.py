"""
The placement program as arrays: what is asked, and what comes back. Axes: client i, region j,
workload k.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.errors import SolverError
from explorer.words import tr

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

DEMAND_BITS, COST_BITS = (
    10,
    17,
)  # binary digits of the total demand and of the largest cost, where HiGHS is at its best
AMPLE = 2.0  # times the total demand; no region can need as much
TOO_MUCH = (
    1e8  # times all capacity; of so large a demand, what can be served is too small a part to tell
)


@dataclass(frozen=True, slots=True, eq=False)
class LPData:
    """What may change between solves."""

    cost: Floats  # (i, j, k) objective per MWh of IT load
    allowed: Bools  # (i, j, k) arcs that exist
    free_mw: Floats  # (i, k) demand that may move [MW]
    pinned_mw: Floats  # (i, k) demand that has its home arc only [MW]
    capacity_mw: Floats  # (j,) [MW]
    unserved_cost: Floats | float  # objective per MWh left unserved: by class (k,), or of all
    time_limit_s: float
    added_ms: Floats | None = (
        None  # (i, j, k) wide-area latency: among equal placements, the least counts [ms]
    )

    @property
    def drop(self) -> Floats:
        """Objective per MWh left unserved, by demand, shape (i, k)."""
        return np.broadcast_to(np.asarray(self.unserved_cost, float), self.free_mw.shape)

    def pinned_at(self, home: Ints) -> Floats:
        """Pinned load by region, of clients at home in these, shape (region,). [MW]"""
        return np.asarray(
            np.bincount(home, self.pinned_mw.sum(axis=1), minlength=len(self.capacity_mw)), float
        )

    def penalty_of(self, best: Optimum) -> float:
        """What an optimum pays for all that it leaves unserved."""
        return float((self.drop * (best.unserved_free_mw + best.unserved_pinned_mw)).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The optimum, as plain arrays. Prices are in the unit of the objective per MWh."""

    free_mw: Floats  # (i, j, k) load that may move, by where it runs [MW]
    pinned_mw: Floats  # (i, k) pinned load, run at home [MW]
    unserved_free_mw: Floats  # (i, k) [MW]
    unserved_pinned_mw: Floats  # (i, k) [MW]
    price_free: Floats  # (i, k) marginal price of serving one more MWh that may move
    price_pinned: Floats  # (i, k) the same for pinned load
    capacity_price: Floats  # (j,) shadow price of IT capacity, at least 0
    objective: float  # with the penalty on unserved load


@dataclass(frozen=True, slots=True)
class Units:
    """
    Powers of two that bring amounts and costs to a size that tolerances are made for: no digit is
    lost.
    """

    mw: float  # MW that are 1 to the solver
    cost: float  # objective per MWh that is 1 to the solver


def units_of(numbers: LPData) -> Units:
    """
    The units in which to solve.

    Raises
    ------
    SolverError
        If an amount or a cost is not finite, or the demand out of all proportion to the capacity.
    """
    total_mw = float(numbers.free_mw.sum() + numbers.pinned_mw.sum())
    if not math.isfinite(total_mw):
        what = tr("The demand is {:g} MW in all: not a number to reckon with.", total_mw)
        fix = tr("Lower total_demand_mw, or look for extreme shares of demand.")
        raise SolverError(what, tr("placement"), fix)
    capacity_mw = float(numbers.capacity_mw.sum())
    if 0 < capacity_mw < total_mw / TOO_MUCH:
        what = tr(
            "The demand is {mw:g} MW in all, more than {times:g} times all capacity, {capacity_mw:g} MW.",
            mw=total_mw,
            times=TOO_MUCH,
            capacity_mw=capacity_mw,
        )
        fix = tr("Lower total_demand_mw, or raise capacities.")
        raise SolverError(what, tr("placement"), fix)
    cost = np.where(numbers.allowed, numbers.cost, 0.0)
    dropped = float(np.abs(numbers.unserved_cost).max())
    largest = max(float(cost.max(initial=0.0)), -float(cost.min(initial=0.0)), dropped)
    if not math.isfinite(largest):
        what = tr("An arc costs {:g}: not a number to reckon with.", largest)
        fix = tr(
            "Look for extreme prices, carbon intensities, latencies, friction or a penalty that is not finite."
        )
        raise SolverError(what, tr("placement"), fix)
    return Units(_power_of_two(total_mw, DEMAND_BITS), _power_of_two(largest, COST_BITS))


def _power_of_two(value: float, bits: int) -> float:
    return math.ldexp(1.0, max(math.frexp(value)[1] - bits, -1000)) if value else 1.0


def in_units(numbers: LPData, units: Units) -> LPData:
    """The numbers as the solver gets them; arcs that do not exist cost nothing."""
    ample = AMPLE * (numbers.free_mw.sum() + numbers.pinned_mw.sum())
    return replace(
        numbers,
        cost=np.where(numbers.allowed, numbers.cost, 0.0) / units.cost,
        free_mw=numbers.free_mw / units.mw,
        pinned_mw=numbers.pinned_mw / units.mw,
        capacity_mw=np.minimum(numbers.capacity_mw, ample) / units.mw,
        unserved_cost=numbers.unserved_cost / units.cost,
    )


def unserved_penalty(cost: Floats, allowed: Bools | None = None) -> float:
    """
    A penalty on unserved load, for arc costs of shape (client, region, workload), above what
    serving it can ever cost.

    Making room for a load may take a chain of moves, but never two out of the same region. Arcs
    that do not exist do not count.
    """
    existing = cost.ravel() if allowed is None else cost[allowed]
    if not existing.size:
        return 1.0
    least, most = float(existing.min()), float(existing.max())
    return max(most, 0.0) + cost.shape[1] * (most - least) + 1.0


def in_order_of_value(penalty: float, value: Floats | float) -> Floats | float:
    """
    A penalty above what serving can ever cost, raised by as much for each value of load there is:
    of what cannot all be served, the load that is worth least goes unserved, whatever serving costs.

    One demand makes room for another MW by MW, so the order of values decides, not how far they lie
    apart.

    >>> in_order_of_value(10.0, np.array([60.0, 1e5, 60.0])).tolist(), in_order_of_value(10.0, 1e5)
    ([10.0, 20.0, 10.0], 10.0)
    """
    if np.ndim(value) == 0:
        return penalty
    return np.asarray(penalty * (np.unique(value, return_inverse=True)[1] + 1.0), float)


def served_alone(numbers: LPData, best: Optimum) -> LPData:
    """The same with just that demand which an optimum serves, each client's and class's part."""
    return replace(
        numbers,
        free_mw=np.maximum(numbers.free_mw - best.unserved_free_mw, 0.0),
        pinned_mw=np.maximum(numbers.pinned_mw - best.unserved_pinned_mw, 0.0),
    )
