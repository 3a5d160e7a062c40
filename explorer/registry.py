"""
Every public measure, once: its name, the question it answers, and the field's term for it.

`measures/NAME.py` computes it and has the public function of that name; `charts/NAME.py` draws it.
From the entry here follow the function in `explorer`, `plot(result)` and `figure(result, path)`, the
command `wattlas measure NAME`, and its card in the app.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """An entry."""

    name: str
    title: str  # the question in a user's words
    term: str  # what the field calls it


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("attribution", "What holds it back?", "Shapley attribution"),
        Measure("break_even", "When does it pay?", "break-even analysis"),
        Measure("cost_carbon_front", "What does a tonne cost?", "marginal abatement curve"),
        Measure("frontier", "What does waiting buy?", "energy-latency frontier"),
        Measure("layers", "Local, regional or where energy is cheap?", "load by layer"),
        Measure("monte_carlo", "How sure is it?", "Monte Carlo uncertainty"),
        Measure("near_optimal", "How firm is each region?", "near-optimal range"),
        Measure("relocatable_demand", "How much could move?", "relocatable inference demand (RID)"),
        Measure("tornado", "What matters most?", "one-at-a-time sensitivity"),
        Measure("whole_day", "Does the load follow the sun?", "24 hourly optima"),
        Measure("wires_or_fibre", "Wires or fibre?", "transmission against inference relocation"),
    )
}
