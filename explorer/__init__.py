"""Wattlas: AI inference as relocatable electricity demand, explored live."""

from typing import TYPE_CHECKING, Any

from explorer.lacking import loaded
from explorer.registry import MEASURES

if TYPE_CHECKING:
    from explorer.app.explorer import Explorer
    from explorer.app.follow import Live, live
    from explorer.archive import take_home
    from explorer.charts.draw import figure, plot
    from explorer.charts.notebook import notebook
    from explorer.errors import ExplorerError, ScenarioError, SolverError
    from explorer.measures.attribution import attribution, waterfall
    from explorer.measures.break_even import break_even, verdicts
    from explorer.measures.budget_margins import budget_margins
    from explorer.measures.carbon_by_zone import carbon_by_zone
    from explorer.measures.certificate import certificate
    from explorer.measures.concentration import concentration
    from explorer.measures.cost_carbon_front import cost_carbon_front
    from explorer.measures.cost_latency_front import cost_latency_front
    from explorer.measures.difference import difference
    from explorer.measures.failure import failure
    from explorer.measures.frontier import Frontier, frontier
    from explorer.measures.greedy import greedy
    from explorer.measures.layers import layers
    from explorer.measures.machines import machines
    from explorer.measures.marginal_prices import marginal_prices
    from explorer.measures.monte_carlo import Draws, monte_carlo
    from explorer.measures.near_optimal import near_optimal
    from explorer.measures.published import published
    from explorer.measures.relocatable_demand import relocatable_demand
    from explorer.measures.remedies import remedies
    from explorer.measures.robust_placement import robust_placement
    from explorer.measures.scarcity import scarcity
    from explorer.measures.time_shifting import time_shifting
    from explorer.measures.tornado import tornado
    from explorer.measures.whole_day import whole_day, whole_day_regions
    from explorer.measures.why_here import why_here
    from explorer.measures.wires_or_fibre import wires_or_fibre
    from explorer.model.latencies import latencies
    from explorer.model.placement import Placement
    from explorer.model.solve import solve
    from explorer.scenario.scenario import Scenario, Workload
    from explorer.sweeps.sensitivity import global_sensitivity, sensitivity
    from explorer.sweeps.sweep import read_sweep, sweep

__version__ = "0.1.0"

__all__ = [
    "Draws",
    "Explorer",
    "ExplorerError",
    "Frontier",
    "Live",
    "Placement",
    "Scenario",
    "ScenarioError",
    "SolverError",
    "Workload",
    "attribution",
    "break_even",
    "budget_margins",
    "carbon_by_zone",
    "certificate",
    "concentration",
    "cost_carbon_front",
    "cost_latency_front",
    "difference",
    "failure",
    "figure",
    "frontier",
    "global_sensitivity",
    "greedy",
    "latencies",
    "layers",
    "live",
    "machines",
    "marginal_prices",
    "monte_carlo",
    "near_optimal",
    "notebook",
    "plot",
    "published",
    "read_sweep",
    "relocatable_demand",
    "remedies",
    "robust_placement",
    "scarcity",
    "sensitivity",
    "solve",
    "sweep",
    "take_home",
    "time_shifting",
    "tornado",
    "verdicts",
    "waterfall",
    "whole_day",
    "whole_day_regions",
    "why_here",
    "wires_or_fibre",
]

_MODULES = {name: measure.module for name, measure in MEASURES.items()} | {
    "Draws": "explorer.measures.monte_carlo",
    "Explorer": "explorer.app.explorer",
    "ExplorerError": "explorer.errors",
    "Frontier": "explorer.measures.frontier",
    "Live": "explorer.app.follow",
    "Placement": "explorer.model.placement",
    "Scenario": "explorer.scenario.scenario",
    "ScenarioError": "explorer.errors",
    "SolverError": "explorer.errors",
    "Workload": "explorer.scenario.scenario",
    "figure": "explorer.charts.draw",
    "global_sensitivity": "explorer.sweeps.sensitivity",
    "latencies": "explorer.model.latencies",
    "live": "explorer.app.follow",
    "notebook": "explorer.charts.notebook",
    "plot": "explorer.charts.draw",
    "read_sweep": "explorer.sweeps.sweep",
    "sensitivity": "explorer.sweeps.sensitivity",
    "solve": "explorer.model.solve",
    "sweep": "explorer.sweeps.sweep",
    "take_home": "explorer.archive",
    "waterfall": "explorer.measures.attribution",
    "whole_day_regions": "explorer.measures.whole_day",
}


def __getattr__(name: str) -> Any:
    """
    A public name, from its module when it is first asked for: `import explorer` alone loads no
    library.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(loaded(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
