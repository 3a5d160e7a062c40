"""Wattlas: AI inference as relocatable electricity demand, explored live."""

from typing import TYPE_CHECKING, Any

from explorer.breakeven import break_even
from explorer.errors import ExplorerError, ScenarioError, SolverError
from explorer.frontiers import Frontier, frontier
from explorer.placement import Placement, solve
from explorer.relocatable import relocatable_demand
from explorer.scenario import Scenario, Workload
from explorer.shapley import attribution, waterfall
from explorer.wholeday import whole_day, whole_day_regions

if TYPE_CHECKING:
    from explorer.views.explorer import Explorer

__version__ = "0.1.0"

__all__ = [
    "Explorer",
    "ExplorerError",
    "Frontier",
    "Placement",
    "Scenario",
    "ScenarioError",
    "SolverError",
    "Workload",
    "attribution",
    "break_even",
    "frontier",
    "relocatable_demand",
    "solve",
    "waterfall",
    "whole_day",
    "whole_day_regions",
]


def __getattr__(name: str) -> Any:
    if name == "Explorer":  # brings Panel and the plotting libraries along, so only when asked for
        from explorer.views.explorer import Explorer

        return Explorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
