"""The load of a network that could run away from home, by each of the three readings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.model.network import Network, lp_data
from explorer.model.program import unserved_penalty
from explorer.model.solver import model_for
from explorer.words import mark

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

READINGS = (mark("gross"), mark("deliverable"), mark("economic"))
SAME_COST = 1e-9  # an arc must be cheaper than home by more than rounding [USD/MWh]


def relocatable_by_class_mw(network: Network, reading: str) -> Floats:
    """
    Split one of the `READINGS` by class, shape (workload,), as `relocatable_demand` defines it. [MW]
    """
    return _Moves(network, network.allowed).by_class_mw(reading)


def relocatable_mw(network: Network, allowed: Bools, reading: str, time_limit_s: float) -> float:
    """
    One of the `READINGS`, of all classes together, where the network had other arcs, as it does
    along a frontier.

    How it splits by class is left open: that takes several times as long.

    Parameters
    ----------
    network : Network
    allowed : shape (client, region, workload)
        Arcs that meet budget and law.
    reading : str
    time_limit_s : float

    Returns
    -------
    float
        Load. [MW]

    Raises
    ------
    SolverError
        If a solve fails.
    OutOfTimeError
        If a solve meets the time limit.
    """
    return _Moves(network, allowed).total_mw(reading, time_limit_s)


class _Moves:
    """What may move where, of a network that has these arcs."""

    def __init__(self, network: Network, allowed: Bools) -> None:
        self._network = network
        at_home = np.arange(len(network.home)), network.home
        away = allowed.copy()
        away[at_home] = False
        self._cost = network.cost_usd_per_mwh
        cheaper = away & (self._cost < self._cost[at_home][:, np.newaxis] - SAME_COST)
        self._counted = {"gross": away, "deliverable": away, "economic": cheaper}
        pinned_at_home = np.bincount(
            network.home,
            (network.pinned_mw * allowed[at_home]).sum(axis=1),
            minlength=len(network.regions),
        )
        self._numbers = replace(
            lp_data(network, "cost"),
            allowed=allowed,
            pinned_mw=np.zeros_like(network.pinned_mw),  # it is in place already
            capacity_mw=np.maximum(network.capacity_mw - pinned_at_home, 0.0),
        )

    def by_class_mw(self, reading: str) -> Floats:
        """Of all the largest relocations the cheapest, shape (workload,). [MW]"""
        if reading == "gross":
            return self._gross_mw()
        return self._largest_mw(reading, self._numbers.time_limit_s, self._cost, False)

    def total_mw(self, reading: str, time_limit_s: float) -> float:
        """The largest relocation of all classes together. [MW]"""
        if reading == "gross":
            return float(self._gross_mw().sum())
        return float(self._largest_mw(reading, time_limit_s, None, True).sum())

    def _gross_mw(self) -> Floats:
        return (self._numbers.free_mw * self._counted["gross"].any(axis=1)).sum(axis=0)

    def _largest_mw(
        self, reading: str, time_limit_s: float, then: Floats | None, any_will_do: bool
    ) -> Floats:
        """
        A model of its own for each reading: both start from where they last ended, three times as
        fast.
        """
        net, counted = self._network, self._counted[reading]
        reward = -counted.astype(float)
        penalty = unserved_penalty(reward, self._numbers.allowed)
        case = replace(self._numbers, cost=reward, unserved_cost=penalty, time_limit_s=time_limit_s)
        model = model_for(reading, net.home, len(net.regions), len(net.workloads))
        with model.lock:
            moved = model.solve(case, then, any_will_do)
        return (moved.free_mw * counted).sum(axis=(0, 1))
