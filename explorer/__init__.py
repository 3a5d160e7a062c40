"""Wattlas: AI inference as relocatable electricity demand, explored live."""

from typing import TYPE_CHECKING, Any

from explorer.bands import near_optimal
from explorer.breakeven import break_even, verdicts
from explorer.certificates import certificate
from explorer.draws import Draws, Spread, monte_carlo
from explorer.errors import ExplorerError, ScenarioError, SolverError
from explorer.frontiers import Frontier, frontier
from explorer.margins import budget_margins
from explorer.mends import mends
from explorer.placement import Placement, solve
from explorer.prices import marginal_prices
from explorer.relocatable import relocatable_demand
from explorer.scenario import Scenario, Workload
from explorer.sensitivity import tornado
from explorer.shapley import attribution, waterfall
from explorer.tradeoffs import cost_carbon_front
from explorer.wholeday import whole_day, whole_day_regions
from explorer.wires import wires_or_fibre

if TYPE_CHECKING:
    from explorer.views.explorer import Explorer

__version__ = "0.1.0"

__all__ = [
    "Draws",
    "Explorer",
    "ExplorerError",
    "Frontier",
    "Placement",
    "Scenario",
    "ScenarioError",
    "SolverError",
    "Spread",
    "Workload",
    "attribution",
    "break_even",
    "budget_margins",
    "certificate",
    "cost_carbon_front",
    "frontier",
    "marginal_prices",
    "mends",
    "monte_carlo",
    "near_optimal",
    "relocatable_demand",
    "solve",
    "tornado",
    "verdicts",
    "waterfall",
    "whole_day",
    "whole_day_regions",
    "wires_or_fibre",
]


def __getattr__(name: str) -> Any:
    if name == "Explorer":  # brings Panel and the plotting libraries along, so only when asked for
        from explorer.views.explorer import Explorer

        return Explorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
