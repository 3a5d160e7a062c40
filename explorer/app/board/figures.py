"""What a submitted state comes to, computed here: nothing of it is taken from a browser."""

from __future__ import annotations

from dataclasses import dataclass, fields

from explorer.model.solve import solve
from explorer.scenario.scenario import Scenario


@dataclass(frozen=True)
class Figures:
    """Headline figures of a placement."""

    cost_usd_per_h: float
    carbon_kg_per_h: float
    mean_delay_ms: float  # added by running away from home, mean over requests
    relocated_mw: float
    served_mw: float

    @classmethod
    def names(cls) -> list[str]:
        """Of all, in order."""
        return [field.name for field in fields(cls)]


def figures_of(scenario: Scenario) -> Figures:
    """
    Solve a scenario and read off its headline figures.

    >>> round(figures_of(Scenario.load("classroom-3x3")).cost_usd_per_h)
    7471
    """
    placement = solve(scenario)
    return Figures(
        float(placement.cost_usd_per_h),
        float(placement.carbon_kg_per_h),
        float(placement.mean_delay_ms("requests")),
        float(placement.relocated_mw),
        float(placement.served_mw),
    )
