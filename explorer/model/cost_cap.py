"""
Least carbon under a cap on cost: an exact optimum of the placement LP with one more row, found by
its price.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.errors import SolverError
from explorer.model.program import LPData, Optimum, unserved_penalty
from explorer.model.solver import PlacementModel

Floats = NDArray[np.float64]

# a weighted figure lower by less is no other vertex [kg/MWh or the like, per MW of demand]
NO_GAIN = 1e-7
SAME_COST = 1e-9  # relative; a cost that exceeds the cap by less meets it


def least_under_cap(
    model: PlacementModel,
    home: NDArray[np.intp],
    numbers: LPData,
    usd_per_mwh: Floats,
    cap_usd_per_h: float,
) -> Optimum:
    """
    The placement of least `numbers.cost` whose money stays within a cap; all that can be served is
    served first.

    Parameters
    ----------
    model : PlacementModel
    home : shape (client,)
        Index of each client's home region.
    numbers : Numbers
        Its cost is that to minimise, such as carbon [kg/MWh], and its penalty serves all that can
        be served.
    usd_per_mwh : shape (client, region, workload)
        Money by arc. [USD/MWh]
    cap_usd_per_h : float
        The cap. [USD/h]

    Returns
    -------
    Optimum
        Where the cap binds, a mix of two vertices that takes just the cap. Its prices are of the
        weighted sum of cost and money that both vertices minimise, which is a matter of neither
        unit.

    Raises
    ------
    SolverError
        If even the cheapest placement costs more than the cap: its cost is in the message. Also if
        a solve fails.

    Notes
    -----
    Cost against money of all placements has a convex lower edge. A line through a vertex above the
    cap and one below it is either part of that edge, and where it meets the cap is the optimum, or
    some vertex lies beyond it and takes the place of one of the two. Minimising cost plus money at
    the price that is the line's slope finds that vertex.
    """

    def total(found: Optimum, per_mwh: Floats) -> float:
        at_home = per_mwh[np.arange(len(home)), home]
        return float((found.free_mw * per_mwh).sum() + (found.pinned_mw * at_home).sum())

    def usd(found: Optimum) -> float:
        return total(found, usd_per_mwh)

    def cost(found: Optimum) -> float:
        return total(found, numbers.cost)

    def vertex(weighted: Floats, then: Floats) -> Optimum:
        penalty = unserved_penalty(weighted, numbers.allowed)
        return model.solve(replace(numbers, cost=weighted, unserved_cost=penalty), then)

    most_usd = cap_usd_per_h + SAME_COST * max(1.0, abs(cap_usd_per_h))
    above = model.solve(numbers, usd_per_mwh)
    if usd(above) <= most_usd:
        return above
    below = vertex(usd_per_mwh, then=numbers.cost)
    if usd(below) > most_usd:
        cheapest = f"{math.ceil(usd(below) * 100) / 100:,.2f} USD/h"
        what = f"No placement that serves what can be served costs so little: the cheapest one takes {cheapest}."
        fix = f"Raise the cap to {cheapest} or more, or choose another objective."
        raise SolverError(what, f"cost_cap_usd_per_h = {cap_usd_per_h:,.10g}", fix)
    noise = NO_GAIN * (1.0 + numbers.free_mw.sum() + numbers.pinned_mw.sum())
    while True:
        price = max(cost(below) - cost(above), 0.0) / (usd(above) - usd(below))
        beyond = vertex((numbers.cost + price * usd_per_mwh) / (1 + price), then=numbers.cost)
        gain = cost(above) + price * usd(above) - cost(beyond) - price * usd(beyond)
        if gain <= noise * (1 + price):
            part = min(max((cap_usd_per_h - usd(below)) / (usd(above) - usd(below)), 0.0), 1.0)
            mix = _mixed(above, below, part, prices=beyond)
            unserved_mw = mix.unserved_free_mw.sum() + mix.unserved_pinned_mw.sum()
            return replace(mix, objective=cost(mix) + numbers.unserved_cost * float(unserved_mw))
        if usd(beyond) > most_usd:
            above = beyond
        else:
            below = beyond


def _mixed(one: Optimum, other: Optimum, part: float, prices: Optimum) -> Optimum:
    """
    So much of one and the rest of the other; a mix of two optima of one program is an optimum of
    it.
    """
    loads = ("free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw")
    mixed = {name: part * getattr(one, name) + (1 - part) * getattr(other, name) for name in loads}
    return replace(prices, **mixed)
