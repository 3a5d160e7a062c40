"""What lies behind the submissions to a board: the exact fronts of their scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from explorer.app.board.figures import figures_of
from explorer.app.live.scheduler import wait_for_quiet
from explorer.measures import cost_carbon_front, cost_latency_front
from explorer.model.network import build_network
from explorer.scenario.scenario import Scenario

Fronts = dict[str, Any]  # as the page has them: JSON


def fronts_of(scenario: Scenario) -> Fronts:
    """
    The fronts of a scenario as it is opened, and where it stands.

    Both are of money alone: that against delay is found at a carbon price of zero. Others take
    turns with it.

    >>> fronts_of(Scenario.load("classroom-3x3"))["cost_delay"][0]
    [8960.0, 0.0]
    """
    network = build_network(scenario)
    without_price = scenario.copy()
    without_price.carbon_price_usd_per_t = 0
    carbon = _last(cost_carbon_front.growing_fronts(network))
    delay = _last(cost_latency_front.growing_fronts(build_network(without_price), "requests"))
    return {
        "carbon_price_usd_per_t": float(scenario.carbon_price_usd_per_t),
        "own": vars(figures_of(scenario)),
        "cost_carbon": carbon[["cost_usd_per_h", "carbon_kg_per_h"]].to_numpy().tolist(),
        "cost_delay": delay[["cost_usd_per_h", "mean_delay_ms"]].to_numpy().tolist(),
    }


def _last(growing: Iterator[pd.DataFrame]) -> pd.DataFrame:
    """The whole front, found piece by piece."""

    def in_turn(front: pd.DataFrame) -> pd.DataFrame:
        wait_for_quiet()
        return front

    *_, whole = map(in_turn, growing)
    return whole
