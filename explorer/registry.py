"""
Every public measure, once: its name, the question it answers, and the field's term for it.

`measures/NAME.py` computes it and has the public function of that name; `charts/NAME.py` draws it.
From the entry here follow the function in `explorer`, `plot(result)` and `figure(result, path)`,
the command `wattlas measure NAME`, and its card in the app.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from explorer.words import mark

# names of `model.inputs` that a placement is made of
PLACEMENT = (
    "price", "carbon", "pue", "capacity", "demand", "classes", "latency", "law", "friction",
    "carbon_price", "hours",
)  # fmt: skip
HEADLINES = (*PLACEMENT, "water", "hardware")  # what totals of a placement are made of
_PAIRS = tuple(name for name in PLACEMENT if name not in ("capacity", "demand"))
_SERVICE = ("capacity", "demand", "classes", "latency", "law", "hours")  # whether load is served
_ANY_PRICE = tuple(name for name in PLACEMENT if name != "carbon_price")  # of carbon


@dataclass(frozen=True)
class Measure:
    """An entry."""

    name: str
    title: str  # the question in a user's words
    term: str  # what the field calls it
    question: str  # of the page's strip: where its card is
    needs: tuple[str, ...] = ()  # ids that its function takes besides: see `measures.arguments`
    may_take: tuple[str, ...] = ()  # the same, but found by itself where nobody gives them
    home: str = ""  # the module of `measures` that has it, unless that is of its own name
    takes: str = "scenario"  # or "placement"
    reads: tuple[str, ...] = PLACEMENT  # inputs that its figures are made of: see `model.inputs`

    @property
    def module(self) -> str:
        """The module that computes it."""
        return f"explorer.measures.{self.home or self.name}"

    @property
    def function(self) -> Callable[..., Any]:
        """The public function."""
        return getattr(import_module(self.module), self.name)

    @property
    def of_network(self) -> Callable[..., Any]:
        """The same of a network, for cards: by convention `NAME_table`."""
        return getattr(import_module(self.module), f"{self.name}_table")


OVERVIEW, PLACE = mark("Overview"), mark("Where does it go?")
WORTH, PAYS = mark("What is it worth?"), mark("When does it pay?")
OBSTACLES, CERTAINTY = mark("What holds it back?"), mark("How sure is it?")

MEASURES = {
    measure.name: measure
    for measure in (
        Measure("attribution", "What holds it back?", "Shapley attribution", OBSTACLES),
        Measure(
            "break_even",
            "When does it pay?",
            "break-even condition",
            OVERVIEW,
            needs=("workload",),
            reads=_PAIRS,
        ),
        Measure(
            "budget_margins",
            "How short could budgets be?",
            "latency slack",
            OBSTACLES,
            reads=_SERVICE,
        ),
        Measure(
            "certificate",
            "Is it really the optimum?",
            "optimality certificate",
            CERTAINTY,
            takes="placement",
        ),
        Measure("carbon_by_zone", "Whose requests get dirtier?", "carbon by client zone", WORTH),
        Measure("concentration", "How concentrated is it?", "Herfindahl index", PLACE),
        Measure(
            "cost_carbon_front",
            "What does a tonne cost?",
            "marginal abatement curve",
            WORTH,
            reads=_ANY_PRICE,
        ),
        Measure(
            "cost_latency_front",
            "What is a millisecond worth?",
            "cost-latency front, marginal energy return on latency",
            WORTH,
        ),
        Measure(
            "difference",
            "What is different?",
            "difference of two placements",
            PLACE,
            takes="placement",
        ),
        Measure("failure", "What if a region fails?", "N-1 security", CERTAINTY),
        Measure(
            "frontier",
            "What does waiting buy?",
            "energy-latency frontier",
            OVERVIEW,
            needs=("over",),
            reads=(*PLACEMENT, "rtt_ranges"),  # of returns over a window
        ),
        Measure("greedy", "What would a simple rule miss?", "greedy heuristic", CERTAINTY),
        Measure("layers", "Local, regional or where energy is cheap?", "load by layer", PLACE),
        Measure(
            "machines",
            "How many machines does it take?",
            "coincident peak",
            WORTH,
            reads=(*PLACEMENT, "day", "hardware"),
        ),
        Measure("marginal_prices", "What is one more MWh worth?", "marginal prices, duals", WORTH),
        Measure(
            "monte_carlo",
            "How sure is it?",
            "Monte Carlo uncertainty",
            CERTAINTY,
            reads=(*PLACEMENT, "ranges"),
        ),
        Measure("near_optimal", "How firm is each region?", "near-optimal range", CERTAINTY),
        Measure(
            "published", "Is it like what others found?", "comparison with the literature", WORTH
        ),
        Measure(
            "relocatable_demand",
            "How much could move?",
            "relocatable inference demand (RID)",
            PLACE,
        ),
        Measure(
            "remedies", "Who goes unserved, and what would help?", "minimal relaxation", OBSTACLES
        ),
        Measure(
            "scarcity",
            "What if prices rise with the load?",
            "stepped supply, merit order",
            WORTH,
            reads=(*PLACEMENT, "supply"),
        ),
        Measure(
            "time_shifting",
            "What if work waits for a better hour?",
            "temporal load shifting",
            WORTH,
            reads=(*PLACEMENT, "day", "deferral"),
        ),
        Measure(
            "robust_placement",
            "What if you must decide first?",
            "stochastic programming, conditional value at risk (CVaR)",
            CERTAINTY,
            reads=(*PLACEMENT, "ranges"),
        ),
        Measure("tornado", "What matters most?", "one-at-a-time sensitivity", CERTAINTY),
        Measure(
            "verdicts",
            "Where is the line?",
            "relocation phase diagram",
            PAYS,
            needs=("workload",),
            home="break_even",
        ),
        Measure(
            "whole_day",
            "Does the load follow the sun?",
            "24 hourly optima",
            PLACE,
            reads=(*PLACEMENT, "day"),
        ),
        Measure(
            "why_here",
            "Why here?",
            "reduced costs of a flow",
            OVERVIEW,
            may_take=("home", "region", "workload", "client"),
        ),
        Measure(
            "wires_or_fibre",
            "Wires or fibre?",
            "transmission against inference relocation",
            PAYS,
            needs=("home", "region", "workload"),
            reads=_PAIRS,
        ),
    )
}
TERMS = {
    measure.title: measure.term for measure in MEASURES.values()
}  # of the field, by the question of a card
