"""
One placement for many worlds: decided before prices are known, and judged in worlds that turn out
otherwise.

What is drawn, by what a placement is judged, and that it is judged by other draws than it was made
for, are this project's own choices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import refuse_number
from explorer.measures.headlines import of_what_it_serves
from explorer.measures.uncertainty import Uncertainty, refuse_draws
from explorer.model.network import Network, lp_data
from explorer.model.placement import BASELINES
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_network
from explorer.model.solver import PlacementModel
from explorer.model.tail import least_tail, tail_mean
from explorer.scenario.scenario import Scenario
from explorer.words import mark

Floats = NDArray[np.float64]

TURN = 20  # draws without a pause
HIGHEST = 0.999  # level: of 10,000 worlds, ten are left for the tail
BASELINE, STATED, MEAN, TAIL, FORESIGHT = (
    mark("baseline"), mark("as stated"), mark("least mean"), mark("least tail"),
    mark("perfect foresight"),
)  # fmt: skip
QUANTILES = {"p10": 0.1, "p90": 0.9}


def robust_placement(
    scenario: Scenario, draws: int = 100, level: float = 0.9, seed: int = 0
) -> pd.DataFrame:
    """
    Decide one placement for many worlds, and see what it costs not to have known.

    Parameters
    ----------
    scenario : Scenario
        Whatever its objective, cost with carbon at its price is what counts.
    draws : int, from 2 to 10,000
        Worlds that placements are decided by; as many others judge them.
    level : float
        From 0 to 0.999. The tail are the dearest worlds, a share of 1 - level.
    seed : int, at least 0
        The same seed gives the same worlds.

    Returns
    -------
    pandas.DataFrame
        One row per placement. All serve just the load that the optimum serves with inputs as they
        are:

        placement
            baseline; as stated: the optimum with inputs as they are; least mean: of the mean cost
            over draws; least tail: of the mean cost over the dearest of them; perfect foresight:
            each world's own optimum, which nobody can decide beforehand.
        mean_usd_per_h, tail_usd_per_h
            Cost, carbon at its price: mean over the worlds that judge, and over the dearest of
            them, the conditional value at risk. [USD/h]
        mean_regret_usd_per_h, tail_regret_usd_per_h, worst_regret_usd_per_h
            Regret is what a placement costs more than perfect foresight in the same world: its
            mean, its own tail, and the largest. [USD/h]
        p10_regret_usd_per_h, p90_regret_usd_per_h
            Eight of ten worlds lie between. [USD/h]
        relocated_mw
            Load executed away from home; with perfect foresight the mean. [MW]

        Its ``attrs`` hold ``draws``, ``level``, and ``hedged``, by region name the load that least
        tail places there beyond that of as stated. [MW]

    Raises
    ------
    ValueError
        If there cannot be so many draws, or such a level or seed.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Drawn is what load costs where: prices, carbon intensities, PUE, friction, each as far as it is
    unsure, as `monte_carlo` draws them. What may be placed is as stated: demand, capacity, delay and
    law are the same in all worlds, so that every placement is possible in each. Hosting and caps
    are left out.

    Cost is linear in prices, so that the mean cost of a placement is its cost at mean prices; least
    tail is the linear program of Rockafellar and Uryasev [1]_. Means over draws that a placement
    was made for flatter it, so others judge.

    References
    ----------
    .. [1] Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk," Journal of Risk
       2(3), 2000.

    Examples
    --------
    The mean of twenty worlds would place as the stated figures do.

    >>> table = robust_placement(Scenario.load("classroom-3x3"), draws=20)
    >>> table.set_index("placement")["relocated_mw"].round(1).loc[["as stated", "least mean"]].tolist()
    [30.0, 30.0]
    """
    *_, table = robust_placement_steps(scenario, draws, level, seed)
    assert table is not None
    return table


def robust_placement_steps(
    scenario: Scenario, draws: int = 100, level: float = 0.9, seed: int = 0
) -> Iterator[pd.DataFrame | None]:
    """
    `robust_placement`; on the way None after every few draws, of twice as many, for others to go
    first.
    """
    refuse_draws(draws, seed, least=2)
    refuse_number("level", level, 0, HIGHEST)
    inputs = Uncertainty(scenario)
    worlds = _Worlds(inputs.network)
    for draw in range(2 * draws):
        worlds.add(inputs.world(seed, draw))
        if (draw + 1) % TURN == 0:
            yield None
    yield _table(worlds, draws, level)


class _Worlds:
    """What arcs cost in every world, and what perfect foresight makes of it."""

    def __init__(self, network: Network) -> None:
        self.best = solve_network(network, "cost")
        self.network = of_what_it_serves(self.best, "cost")
        self._numbers = lp_data(self.network, "cost")
        # neither other sessions nor earlier runs decide from which basis it starts
        shape = network.home, len(network.regions), len(network.workloads)
        self._model = PlacementModel(*shape)
        self._costs: list[Floats] = []
        self._foreseen: list[Floats] = []  # free load of the cheapest placement of each world

    def add(self, world: Network) -> None:
        """Add one."""
        self._costs.append(lp_data(world, "cost").cost)
        self._foreseen.append(self._cheapest(self._costs[-1]))

    def decided(self, count: int, level: float) -> dict[str, Floats]:
        """Free load by placement, as the first worlds decide. [MW]"""
        rule, costs = BASELINES[self.network.baseline_rule], np.stack(self._costs[:count])
        baseline = solve_network(of_what_it_serves(self.best, rule), rule)
        mean = costs.mean(axis=0)
        least_mean = self._cheapest(mean)
        used = sum(self._foreseen[:count], least_mean)
        numbers = replace(self._numbers, cost=mean)
        return {
            BASELINE: baseline.optimum.free_mw,
            STATED: self.best.optimum.free_mw,
            MEAN: least_mean,
            TAIL: least_tail(numbers, self.network.home, costs, level, used),
        }

    def foreseen_usd_per_h(self, first: int) -> Floats:
        """What perfect foresight costs in the worlds from that one on, shape (world,). [USD/h]"""
        pairs = zip(self._costs[first:], self._foreseen[first:], strict=True)
        return np.array([(cost * free_mw).sum() for cost, free_mw in pairs]) + self._pinned(first)

    def cost_usd_per_h(self, free_mw: Floats, first: int) -> Floats:
        """What a placement costs in the worlds from that one on, shape (world,). [USD/h]"""
        costs = np.array([(cost * free_mw).sum() for cost in self._costs[first:]])
        return costs + self._pinned(first)

    def relocated_mw(self, free_mw: Floats) -> float:
        """Load of a placement that is away from home. [MW]"""
        return float((free_mw * self.network.is_away).sum())

    def foreseen_relocated_mw(self, first: int) -> float:
        """The same of perfect foresight, the mean. [MW]"""
        return float(np.mean([self.relocated_mw(free_mw) for free_mw in self._foreseen[first:]]))

    def _pinned(self, first: int) -> Floats:
        home = np.arange(len(self.network.home)), self.network.home
        pinned_mw = self._numbers.pinned_mw
        return np.array([(cost[home] * pinned_mw).sum() for cost in self._costs[first:]])

    def _cheapest(self, cost: Floats) -> Floats:
        penalty = unserved_penalty(cost, self._numbers.allowed)  # all of it can be served
        asked = replace(self._numbers, cost=cost, unserved_cost=penalty)
        return self._model.solve(asked).free_mw


def _table(worlds: _Worlds, draws: int, level: float) -> pd.DataFrame:
    """The first half of the worlds decides, the second judges."""
    decided, foreseen = worlds.decided(draws, level), worlds.foreseen_usd_per_h(draws)
    costs = {name: worlds.cost_usd_per_h(free_mw, draws) for name, free_mw in decided.items()}
    relocated = {name: worlds.relocated_mw(free_mw) for name, free_mw in decided.items()}
    costs[FORESIGHT], relocated[FORESIGHT] = foreseen, worlds.foreseen_relocated_mw(draws)
    rows = []
    for name, cost in costs.items():
        regret = cost - foreseen
        rows.append(
            {
                "placement": name,
                "mean_usd_per_h": cost.mean(),
                "tail_usd_per_h": float(tail_mean(cost, level)),
                "mean_regret_usd_per_h": regret.mean(),
                "tail_regret_usd_per_h": float(tail_mean(regret, level)),
                "worst_regret_usd_per_h": regret.max(),
                **{
                    f"{quantile}_regret_usd_per_h": np.quantile(regret, share)
                    for quantile, share in QUANTILES.items()
                },
                "relocated_mw": relocated[name],
            }
        )
    hedged = (decided[TAIL] - decided[STATED]).sum(axis=(0, 2))
    return worlds.network.labels.put_on(
        pd.DataFrame(rows),
        measure="robust_placement",
        draws=draws,
        level=level,
        hedged=dict(zip(worlds.network.short_region_names.values(), hedged.tolist(), strict=True)),
    )
