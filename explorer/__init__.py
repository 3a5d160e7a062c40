"""Wattlas: AI inference as relocatable electricity demand, explored live."""

from typing import TYPE_CHECKING, Any

from explorer.errors import ExplorerError, ScenarioError, SolverError
from explorer.measures.attribution import attribution, waterfall
from explorer.measures.break_even import break_even, verdicts
from explorer.measures.budget_margins import budget_margins
from explorer.measures.certificate import certificate
from explorer.measures.cost_carbon_front import cost_carbon_front
from explorer.measures.frontier import Frontier, frontier
from explorer.measures.marginal_prices import marginal_prices
from explorer.measures.monte_carlo import Draws, Spread, monte_carlo
from explorer.measures.near_optimal import near_optimal
from explorer.measures.relocatable_demand import relocatable_demand
from explorer.measures.remedies import mends
from explorer.measures.tornado import tornado
from explorer.measures.whole_day import whole_day, whole_day_regions
from explorer.measures.wires_or_fibre import wires_or_fibre
from explorer.model.placement import Placement, solve
from explorer.scenario.scenario import Scenario, Workload

if TYPE_CHECKING:
    from explorer.app.explorer import Explorer

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
        from explorer.app.explorer import Explorer

        return Explorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
