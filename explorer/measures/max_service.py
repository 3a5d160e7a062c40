"""
Who can be served at all, whatever it costs; and the least change that serves as much as a change
can.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.measures.frontier import UNSERVED_MW
from explorer.model.network import Network
from explorer.model.solver import LPData, Optimum, model_for

Floats = NDArray[np.float64]


def serve_most(network: Network, free_mw: Floats, pinned_mw: Floats) -> Optimum:
    """
    Serve as much as can be of any free and pinned load, whatever it costs.

    The objective is what goes unserved [MW]; prices are 1 where one more MW would, and 0 elsewhere.
    Who is served, of several ways to serve as much, is left to the solver.
    """
    numbers = LPData(
        cost=np.zeros_like(network.latency_ms),
        allowed=network.allowed,
        free_mw=free_mw,
        pinned_mw=pinned_mw,
        capacity_mw=network.capacity_mw,
        unserved_cost=1.0,
        time_limit_s=network.time_limit_s,
    )
    model = model_for("remedies", network.home, len(network.regions), len(network.workloads))
    with model.lock:
        return model.solve(numbers, any_will_do=True)


def first_that_works(steps: Floats, works: Callable[[float], bool]) -> float:
    """The first step that works, where all later ones do: often the very first."""
    if works(float(steps[0])):
        return float(steps[0])
    low, high = 0, len(steps) - 1  # the last works
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(float(steps[middle])) else (middle, high)
    return float(steps[high])


def least_change(
    missing: Callable[[float], tuple[float, float]], most: float, missing_mw: float
) -> float | None:
    """
    The least change that serves as much as the most would, or None where that serves nothing.

    What is missing is convex in the change, in straight pieces: a step along the present one never
    goes too far.
    """
    goal_mw = missing(most)[0]
    if missing_mw - goal_mw < UNSERVED_MW:
        return None
    change, (mw, gain) = 0.0, missing(0.0)
    while mw - goal_mw > UNSERVED_MW and gain > 0:
        change = min(change + (mw - goal_mw) / gain, most)
        mw, gain = missing(change)
    return change


def round_up(value: float) -> float:
    """
    Rounded up to three digits, so that what is said is enough.

    >>> round_up(12.31), round_up(0.02), round_up(1234.0), round_up(20.0)
    (12.4, 0.02, 1240.0, 20.0)
    """
    digits = 10.0 ** (2 - math.floor(math.log10(value)))
    return math.ceil(value * digits - 1e-6) / digits
