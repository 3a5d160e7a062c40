"""The row of the page that solves itself: re-solving after a move of any slider, in Node."""

from __future__ import annotations

from functools import partial
from typing import Any

from explorer import Scenario
from explorer.model.network import build_network
from explorer.model.solve import solve_network
from explorer.scenario.scenario import SETTINGS
from tests.benchmarks.solving import MOVES, WORLD, moved, set_to
from tests.benchmarks.table import Pairs, agree, row, timed
from tests.page_modules import PageModules

SLIDERS = (
    "total_demand_mw", "state_local_scale", "latency_relaxation_ms", "egress_usd_per_gb",
    "state_move_share", "operations_usd_per_mwh", "relocation_overhead", "transport_kwh_per_gb",
    "latency_value",
)  # fmt: skip


def state_of(scenario: Scenario) -> dict[str, Any]:
    settings = {name: getattr(scenario, name) for name in SETTINGS}
    classes = scenario.workloads
    budgets = [workload.latency_budget_ms for workload in classes.values()]
    workload = next(iter(classes))
    return {"settings": settings | {"budgets": budgets}, "along": None, "workload": workload}


@row("re-solve in the page, any slider", "the same in Python, from scenario to placement", 4)
def in_the_page() -> Pairs:
    others = {
        name: (partial(set_to, name), *Scenario.param[name].get_soft_bounds()) for name in SLIDERS
    }
    with PageModules(Scenario.load(WORLD)) as page:
        for move in (MOVES | others).values():
            for scenario in moved(*move, 8):
                answer = page.answer(state_of(scenario))
                theirs, placement = timed(
                    lambda scenario=scenario: solve_network(build_network(scenario))
                )
                agree(answer["optimum"]["objective"], placement.optimum.objective)
                yield answer["placed_s"], theirs
