"""
One input at a time: against solves of scenarios whose tables and settings were changed by hand.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference import CARBON, Reference
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, solve
from explorer.measures.tornado import INPUTS, RESULTS, tornado, tornado_steps
from explorer.model.network import build_network
from explorer.model.solve import solve_network
from explorer.scenario.profiles import ANNUAL, AVERAGE
from explorer.scenario.scenario import OBJECTIVES
from tests.measures.test_monte_carlo import saving


def setting(name: str) -> Callable[[Scenario, float], None]:
    return lambda world, by: world.param.update(**{name: getattr(world, name) * by})


def column(name: str) -> Callable[[Scenario, float], None]:
    def change(world: Scenario, by: float) -> None:
        world.regions[name] *= by

    return change


def carbon(world: Scenario, by: float) -> None:
    world.regions[f"{CARBON[world.carbon_signal]}_g_per_kwh"] *= by


def pue(world: Scenario, by: float) -> None:
    world.regions["pue"] = 1 + (world.regions["pue"] - 1) * by


def pinned(world: Scenario, by: float) -> None:
    for workload in world.workloads.values():
        share = min(1.0, workload.state_local_share * world.state_local_scale) * by
        workload.state_local_share = min(1.0, share)
    world.state_local_scale = 1.0


def rtt(world: Scenario, by: float) -> None:
    """Every pair a measured one, so that clients keep theirs."""
    names, reference = [*world.regions["id"]], build_network(world).geography.region_rtt_ms
    pairs = [
        (a, b, by * reference[i, j])
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i != j
    ]
    if pairs:
        world.rtt_ms = pd.DataFrame(pairs, columns=["from_region", "to_region", "rtt_ms"])


def budgets(world: Scenario, by: float) -> None:
    for workload in world.workloads.values():
        budget = workload.latency_budget_ms + world.latency_relaxation_ms
        workload.latency_budget_ms = workload.prefill_ms + (budget - workload.prefill_ms) * by
    world.latency_relaxation_ms = 0.0


def energy(world: Scenario, by: float) -> None:
    for workload in world.workloads.values():
        workload.energy_wh_per_request *= by


BY_HAND = {
    "Electricity prices": column("electricity_price_usd_per_mwh"),
    "Carbon intensities": carbon,
    "Carbon price": setting("carbon_price_usd_per_t"),
    "Power overhead": pue,
    "IT capacity": column("capacity_mw"),
    "Demand": setting("total_demand_mw"),
    "Data that must stay": pinned,
    "Network delay": rtt,
    "Latency budgets": budgets,
    "Energy per request": energy,
    "Egress price": setting("egress_usd_per_gb"),
    "Friction": setting("friction_scale"),
    "Price of waiting": setting("latency_value"),
}


def test_every_input_has_its_check():
    assert [*BY_HAND] == [*INPUTS]


@settings(max_examples=15)
@given(
    world=random_scenarios(
        lumpy=st.booleans(),
        latency_model="measured",
        latency_relaxation_ms=0.0,
        objective=st.sampled_from(OBJECTIVES),
    ),
    change=st.sampled_from([0.1, 0.2, 0.5]),
)
@example(  # whose baseline serves other load
    world=random_scenario(
        291038, 2, 2, 2, lumpy=True, hour=AVERAGE, season=ANNUAL, latency_model="measured",
        latency_relaxation_ms=0.0, objective="cost",
    ),
    change=0.1,
)  # fmt: skip
def test_results_are_those_of_scenarios_changed_by_hand(world, change):
    """Compared by what does not depend on which of several equal optima is found."""
    close = {"abs": 1e-5 * (1 + world.total_demand_mw), "rel": 1e-6, "nan_ok": True}
    table = tornado(world, change).set_index("input")
    assert set(table.index) == set(BY_HAND)
    as_it_is = saving(solve(world))
    for name, row in table.iterrows():
        assert row["saving_usd_per_h"] == pytest.approx(as_it_is, **close)
        savings = [row["saving_usd_per_h"]]
        for side, by in (("low", 1 - change), ("high", 1 + change)):
            other = world.copy()
            BY_HAND[name](other, by)
            placement = solve(other)
            assert row[f"unserved_mw_{side}"] == pytest.approx(placement.unserved_mw, abs=1e-5)
            for result in RESULTS[1:4]:
                assert row[f"{result}_{side}"] == pytest.approx(getattr(placement, result), **close)
            savings.append(saving(placement))
            assert row[f"saving_usd_per_h_{side}"] == pytest.approx(savings[-1], **close)
        assert row["effect_usd_per_h"] == pytest.approx(np.ptp(savings), **close)


@pytest.mark.parametrize("name", ["Electricity prices", "IT capacity", "Demand", "Friction"])
def test_optima_are_those_of_an_independent_program(name):
    """Cost and carbon at its price, and the penalty on what goes unserved."""
    world = random_scenario(11, 5, 4, 2, objective="cost")
    row = tornado(world, 0.2).set_index("input").loc[name]
    for side, by in (("low", 0.8), ("high", 1.2)):
        other = world.copy()
        BY_HAND[name](other, by)
        found = (
            row[f"cost_usd_per_h_{side}"]
            + other.carbon_price_usd_per_t / 1000 * row[f"carbon_kg_per_h_{side}"]
        )
        found += other.unserved_usd_per_mwh * row[f"unserved_mw_{side}"]
        assert found == pytest.approx(Reference(other).optimum("cost"), rel=1e-6)


def test_rows_are_sorted_by_effect_and_name_values_and_units():
    world = Scenario.load("classroom-3x3")
    table = tornado(world, 0.2)
    assert table["effect_usd_per_h"].is_monotonic_decreasing
    assert np.allclose(table["low"], 0.8 * table["base"]) and np.allclose(
        table["high"], 1.2 * table["base"]
    )
    base = dict(zip(table["input"], table["base"], strict=True))
    assert base["Demand"] == pytest.approx(100) and base["IT capacity"] == pytest.approx(150)
    assert base["Network delay"] == pytest.approx((80 + 40 + 120) / 3)
    assert base["Latency budgets"] == pytest.approx(150 - 85.3)
    assert base["Data that must stay"] == pytest.approx(30)
    assert (table["unit"].str.len() > 0).all()


def test_the_classroom_by_hand():
    """
    See its README: 20 MW save 84.5 USD/h each, 10 MW 54.5, and 2 MW more would if North had room.
    With a fifth less, North has room for 20 MW only, and Middle too little at home: the baseline's
    2 MW of Batch in South save 7.5.
    """
    table = tornado(Scenario.load("classroom-3x3"), 0.2).set_index("input")
    assert table["saving_usd_per_h"].unique() == pytest.approx(20 * 84.5 + 10 * 54.5)
    capacity = table.loc["IT capacity"]
    assert capacity["saving_usd_per_h_low"] == pytest.approx(20 * 84.5 - 2 * 7.5)
    assert capacity["saving_usd_per_h_high"] == pytest.approx(20 * 84.5 + 12 * 54.5)
    assert table.loc["Egress price", "saving_usd_per_h_high"] == pytest.approx(
        20 * 83.5 + 10 * 53.5
    )


def test_a_best_value_in_the_middle_counts_too():
    """
    The saving falls with less capacity and, in the classroom, rises with demand only as long as
    there is room.
    """
    row = tornado(Scenario.load("classroom-3x3"), 0.2).set_index("input").loc["Demand"]
    three = row[["saving_usd_per_h", "saving_usd_per_h_low", "saving_usd_per_h_high"]]
    assert three.max() == row["saving_usd_per_h"]
    assert row["effect_usd_per_h"] == pytest.approx(three.max() - three.min())


def test_rows_come_one_by_one_and_nothing_is_remembered_as_the_scenario():
    network = build_network(random_scenario(3))
    before = solve_network(network)
    tables = list(tornado_steps(network, 0.3))
    assert [len(table) for table in tables] == [*range(1, len(INPUTS) + 1)]
    for table in tables:
        assert table["effect_usd_per_h"].is_monotonic_decreasing
    assert next(tornado_steps(network, 0.3)) is tables[-1]
    assert solve_network(network) is before
    again = solve_network(build_network(random_scenario(3)))
    assert again.baseline.objective_usd_per_h == pytest.approx(before.baseline.objective_usd_per_h)


@pytest.mark.parametrize("change", [0, -0.1, 1.5])
def test_a_change_that_is_none_is_refused(change):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        tornado(Scenario.load("classroom-3x3"), change)


def test_one_region_has_nothing_to_move():
    table = tornado(random_scenario(1, 2, 1, 1))
    assert (table["effect_usd_per_h"].abs() < 1e-6).all()


def test_every_case_is_held_against_the_baseline_of_the_scenarios_rule():
    """Where home is full, the two baselines differ, and so do the savings against them."""
    world = Scenario.load("stylized-12")
    world.total_demand_mw *= 1.4  # home is full for some, and the two baselines differ
    world.baseline_rule = "least relocation"
    row = tornado(world).set_index("input").loc["Carbon price"]
    for side in ("low", "high"):
        world.carbon_price_usd_per_t = row[side]
        best = solve(world)
        wanted = best.baseline.objective_usd_per_h - best.objective_usd_per_h
        assert row[f"saving_usd_per_h_{side}"] == pytest.approx(wanted, rel=1e-6)
        world.baseline_rule = "nearest"
        other = solve(world).baseline.objective_usd_per_h - best.objective_usd_per_h
        assert abs(other - wanted) > 1
        world.baseline_rule = "least relocation"
