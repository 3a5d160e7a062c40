"""
What the page that solves itself makes of any state, in JavaScript, is what Python makes of it.

`PYTHONPATH=.:tests python tests/app/test_page_model.py 1000` compares as many states as it says.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from page_modules import PageModules
from scenarios import random_scenario

from explorer import Scenario
from explorer.app.snapshot.page_data import page_data
from explorer.errors import ExplorerError, SolverError
from explorer.measures.argument import held_at_home_mw
from explorer.measures.break_even import break_even_squares, forbidden_by
from explorer.measures.certificate import certificate
from explorer.measures.frontier import trace
from explorer.measures.headlines import forced_and_chosen, headlines
from explorer.model.network import Network, build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve_network
from explorer.scenario.history import restore, state_of, together
from explorer.scenario.scenario import SETTINGS

SCENARIOS = ("stylized-12", "europe-sovereignty", "follow-the-sun", "media-heavy", "world-2025")
STATES = 40  # of each of them; a command compares more
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


class Scale:
    """How far numbers of a state may lie apart, by the units at the end of their names."""

    def __init__(self, network: Network, state: State) -> None:
        load_mw = float(network.demand_mw.sum()) or 1.0
        arcs = network.money_usd_per_mwh, network.carbon_kg_per_arc_mwh, network.latency_ms
        usd, kg, ms = (float(np.abs(each[network.allowed]).max(initial=1.0)) for each in arcs)
        penalty = float(np.max(network.value_of_load))
        usd += network.carbon_price_usd_per_t / 1000 * kg
        self._by_unit = {
            "_mw": load_mw,
            "_usd_per_h": load_mw * usd,
            "_kg_per_h": load_mw * kg,
            "_per_h": load_mw * max(usd, kg),
            "_ms": ms,
            "_share": 1.0,
            "objective": load_mw * max(usd, kg, ms, penalty),
            "lower_bound": load_mw * max(usd, kg, ms, penalty),
        }

    def of(self, path: str) -> float:
        """Of a path, what is large: a figure, or a difference of two, is good to `CLOSE` of it."""
        return next(
            (
                size
                for name in reversed(path.split("."))
                for unit, size in self._by_unit.items()
                if name.endswith(unit)
            ),
            0.0,
        )


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
    with PageModules(scenario) as page:
        answers = [page.answer(state) for state in states]
    for answer in answers:
        if "headlines" in answer:
            answer["headlines"] = in_units(answer["headlines"])
        if answer.get("frontier"):
            answer["frontier"]["table"] = in_span(answer["frontier"]["table"])
    return answers


def in_python(scenario: Scenario, state: State) -> tuple[dict[str, Any], Scale]:
    """The same by Python, and how near it has to be."""
    budgets = state["settings"]["budgets"]
    with together(scenario, *scenario.workloads.values()):
        scenario.param.update({name: state["settings"][name] for name in SETTINGS})
        for workload, budget in zip(scenario.workloads.values(), budgets, strict=True):
            workload.latency_budget_ms = budget
    network = build_network(scenario)
    scale = Scale(network, state)
    try:
        placement = solve_network(network)
    except SolverError as err:
        return {"error": str(err)}, scale
    return figures(placement, state) | along(placement, state), scale


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
    return {
        "it_mw": placement.it_mw,
        "optimum": {name: getattr(best, name) for name in best.__slots__},
        "totals": placement.totals(),
        "layers_mw": placement.layers_mw,
        "flows": dict(flows.assign(**index, layer=flows["layer"].map(layers))),
        "utilisation": placement.regions["utilisation"],
        "demand_price_usd_per_mwh": placement.demand_prices["price_usd_per_mwh"],
        "mean_delay_price": placement.mean_delay_price,
        "unserved_by_reason_mw": placement.unserved_by_reason(),
        "baseline": placement.baseline.totals(),
        "headlines": in_units(
            {
                name: {field: getattr(line, field) for field in line.__slots__}
                for name, line in headlines(placement).items()
            }
        ),
        "split": {name: getattr(split, name) for name in split.__slots__},
        "held_mw": held_at_home_mw(placement),
        "squares": break_even_squares(network, state["workload"]),
        "forbidden": forbidden_by(network, state["workload"]),
        "certificate": proven(placement),
    }


def proven(placement: Placement) -> dict[str, Any]:
    """Under a cap on mean delay, which Python does not prove, the page does."""
    if not placement.is_one_program:
        return {"holds": True}
    proof = certificate(placement)
    return {name: getattr(proof, name) for name in ("holds", "objective", "lower_bound")}


def along(placement: Placement, state: State) -> dict[str, Any]:
    if state["along"] is None:
        return {"frontier": None}
    found = trace(placement.network, state["along"], state["settings"]["latency_relaxation_ms"])
    current = -1 if found.current is None else found.table.index.get_loc(found.current.name)
    ends = [found.strictest_ms, found.loosest_ms]
    return {"frontier": {"table": in_span(dict(found.table)), "current": current, "ends": ends}}


def in_units(lines: dict[str, Any]) -> dict[str, Any]:
    """Headlines with percentages as changes again: of hardly anything, rounding is any percentage."""
    for line in lines.values():
        baseline, percent = float(line["baseline"]), float(line.pop("change_percent"))
        line["of_percent"] = np.nan_to_num(percent) * abs(baseline) / 100
    return lines


def in_span(table: dict[str, Any]) -> dict[str, Any]:
    """
    Returns on latency as what they are over a step: over ever so few ms, rounding is no matter of
    the quotient.
    """
    step = np.diff(np.asarray(table["budget_ms"], float), prepend=np.nan)
    return {
        name.removesuffix("_per_ms"): np.array(values, float) * step
        if name.endswith("_per_ms")
        else values
        for name, values in table.items()
    }


def differences(found: Any, expected: Any, scale: Scale, path: str = "") -> list[str]:
    """What differs by more than rounding."""
    if isinstance(expected, dict):
        return [
            wrong
            for name, part in expected.items()
            for wrong in differences(found[name], part, scale, f"{path}.{name}")
        ]
    if isinstance(expected, str | bool | None) or np.asarray(expected).dtype.kind in "OUST":
        same = found == (np.ravel(expected).tolist() if np.ndim(expected) else expected)
        return [] if same else [f"{path}: {found}, not {expected}"]
    there, values = (np.asarray(each, float).ravel() for each in (found, expected))
    if there.shape != values.shape:
        return [f"{path}: {len(there)} values, not {len(values)}"]
    largest = np.abs(values[np.isfinite(values)]).max(initial=scale.of(path))
    near = np.isclose(there, values, CLOSE, CLOSE * largest, equal_nan=True)
    return [] if near.all() else [f"{path}: {there[~near][:3]}, not {values[~near][:3]}"]


def disagreements(
    scenario: Scenario, states: list[State], answers: list[Any] | None = None
) -> list[Any]:
    """The states that page and Python do not agree on, each with what differs."""
    opened, found = state_of(scenario), []
    for answer, state in zip(answers or in_the_page(scenario, states), states, strict=True):
        expected, scale = in_python(scenario, state)
        if ("error" in expected) != ("error" in answer):
            found.append((state, answer.get("error"), expected.get("error")))
        elif "error" not in expected and (wrong := differences(answer, expected, scale)):
            found.append((state, wrong))
    restore(scenario, opened)
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_state_is_placed_and_told_as_python_does(name):
    scenario = Scenario.load(name)
    states = list(random_states(scenario, STATES, seed=STATES))
    assert disagreements(scenario, states) == []


@pytest.mark.parametrize("seed", range(8))
def test_worlds_with_terms_of_single_arcs_laws_and_values_of_load_of_their_own_are_the_same(seed):
    scenario = random_scenario(seed, exceptions=True, lumpy=seed % 2 == 0, values=seed % 3 == 0)
    states = list(random_states(scenario, 12, seed))
    assert disagreements(scenario, states) == []


@pytest.mark.parametrize("cap_ms", [np.inf, 10.0])
def test_what_is_not_the_optimum_does_not_prove_itself(cap_ms):
    scenario = Scenario.load("classroom-3x3")
    scenario.mean_delay_cap_ms = cap_ms
    settings = {name: getattr(scenario, name) for name in SETTINGS}
    budgets = [workload.latency_budget_ms for workload in scenario.workloads.values()]
    state = {"settings": settings | {"budgets": budgets}, "along": None, "workload": "chat"}
    (found, at_home) = in_the_page(scenario, [state, state | {"bring_home": 0.01}])
    assert found["certificate"]["holds"] and found["certificate"]["dual_infeasibility"] < 1e-6
    wrong = [row["check"] for row in at_home["certificate"]["table"] if not row["holds"]]
    assert "gap" in wrong and at_home["certificate"]["gap"] > 1


def test_where_nothing_is_to_be_placed_the_frontier_is_one_placement_and_python_s():
    scenario = Scenario.load("world-2025")
    (state,) = random_states(scenario, 1, seed=0)
    state["settings"] |= {"total_demand_mw": 0.0, "mean_delay_cap_ms": np.inf}
    states = [state | {"along": along} for along in ("all", next(iter(scenario.workloads)))]
    answers = in_the_page(scenario, states)
    assert disagreements(scenario, states, answers) == []
    assert [answer["frontier_solves"] for answer in answers] == [1, 1]


def test_what_needs_the_app_says_so():
    scenario = Scenario.load("classroom-3x3")
    (state,) = random_states(scenario, 1, seed=0)
    hosted, capped = (
        state | {"settings": state["settings"] | changed}
        for changed in ({"hosting_usd_per_h": 5}, {"objective": "carbon", "cost_cap_usd_per_h": 1})
    )
    found = [answer["error"] for answer in in_the_page(scenario, [hosted, capped])]
    assert all("needs the app" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("hosting_usd_per_h", {"hosting_usd_per_h": 5.0}),
        ("cost_cap_usd_per_h", {"objective": "carbon", "cost_cap_usd_per_h": 1e9}),
    ],
)
def test_a_scenario_that_opens_with_what_needs_the_app_is_refused(name, settings):
    scenario = Scenario.load("classroom-3x3")
    scenario.param.update(settings)
    with pytest.raises(ExplorerError, match="serve the app") as caught:
        page_data(scenario)
    assert caught.value.where == name


def test_the_scenario_stays_as_it_is():
    scenario = Scenario.load("follow-the-sun")
    before = state_of(scenario)
    page_data(scenario)
    assert state_of(scenario) == before


if __name__ == "__main__":
    for sample in SCENARIOS:
        world = Scenario.load(sample)
        wrong = disagreements(world, list(random_states(world, int(sys.argv[1]) // 5, seed=1)))
        print(f"{sample}: {len(wrong)} of {int(sys.argv[1]) // 5} states differ", *wrong, sep="\n")
