"""What survives of a saving where electricity is bought block by block."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import CARBON, Reference
from scenarios import random_scenario
from scipy.optimize import linprog

from explorer import Scenario, scarcity, solve
from explorer.model.network import build_network
from explorer.presentation import render
from explorer.scenario.schema import CARBON_COLUMNS

PRICE = "electricity_price_usd_per_mwh"


def with_blocks(world: Scenario, seed: int) -> Scenario:
    """Up to three blocks in most regions, dear and dirty ones in any order."""
    rng, rows = np.random.default_rng(seed), []
    for region in world.regions["id"]:
        for block in range(rng.integers(0, 4)):
            mw = world.total_demand_mw * rng.uniform(0.02, 0.4)
            rows.append((region, block + 1, mw, rng.uniform(-20, 250), rng.uniform(0, 900)))
    names = ["region", "block", "block_mw", "price_usd_per_mwh", "carbon_g_per_kwh"]
    world.supply = pd.DataFrame(rows or [("r0", 1, 1.0, 50.0, 100.0)], columns=names)
    return world


def least(world: Scenario) -> float:
    """The optimum that knows the steps, by SciPy and the formulas of the model alone."""
    dry = world.copy()
    nothing = dict.fromkeys([PRICE, *(f"{name}_g_per_kwh" for name in CARBON.values())], 0.0)
    dry.regions = world.regions.assign(**nothing, fixed_usd_per_mwh=0.0)
    stated, other = Reference(world), Reference(dry)
    best = solve(world).optimum
    ids = list(product(stated.home, world.workloads))
    columns: list[float] = []  # costs
    upper: list[float] = []
    demand: list[tuple[list[int], float]] = []
    room = {j: (dict[int, float](), stated.capacity[j]) for j in stated.regions}
    drawn: dict[str, dict[int, float]] = {j: {} for j in stated.regions}

    def column(cost: float, most: float = math.inf) -> int:
        columns.append(cost)
        upper.append(most)
        return len(columns) - 1

    for part in ("free", "pinned"):
        amounts = best.free_mw.sum(axis=1) if part == "free" else best.pinned_mw
        for (i, k), mw in zip(ids, amounts.ravel(), strict=True):
            row, home, w = [], stated.home[i], world.workloads[k]
            gb = (
                1e6
                / w.energy_wh_per_request
                * ((w.request_kb + w.response_kb) / 1e6 + world.state_move_share * w.state_mb / 1e3)
            )
            for j, region in stated.regions.items():
                if not stated.open((i, j, k)) or (part == "pinned" and j != home):
                    continue
                x = column(other.arcs[i, j, k].cost_usd)
                row.append(x)
                room[j][0][x] = 1.0
                away = world.friction_scale * (j != home)
                drawn[j][x] = region["pue"] * (1 + away * world.relocation_overhead)
                if away:
                    moving = away * gb * world.transport_kwh_per_gb / 1000
                    drawn[home][x] = drawn[home].get(x, 0.0) + moving
            demand.append((row, float(mw)))
    per_kg = world.carbon_price_usd_per_t / 1000
    for j, region in stated.regions.items():
        held = world.regions.set_index("id").get("carbon_in_price_usd_per_t", {}).get(j, 0.0)
        held = 0.0 if math.isnan(held) else held / 1000
        rows = world.supply.query("region == @j")
        steps = sorted(
            (p + (per_kg - held) * c, mw)
            for p, c, mw in zip(
                rows["price_usd_per_mwh"], rows["carbon_g_per_kwh"], rows["block_mw"], strict=True
            )
        )
        kg = region[CARBON[world.carbon_signal] + "_g_per_kwh"]
        steps = steps or [(region[PRICE] + per_kg * kg, math.inf)]
        steps[-1] = (steps[-1][0], math.inf)
        for unit, mw in steps:
            drawn[j][column(unit, mw)] = -1.0

    def matrix(rows: list[dict[int, float]]) -> np.ndarray:
        found = np.zeros((len(rows), len(columns)))
        for n, row in enumerate(rows):
            found[n, [*row]] = [*row.values()]
        return found

    wanted = [dict.fromkeys(row, 1.0) for row, _ in demand]
    found = linprog(
        columns,
        A_ub=matrix([row for row, _ in room.values()]),
        b_ub=[mw + 1e-7 for _, mw in room.values()],
        A_eq=matrix([*wanted, *drawn.values()]),
        b_eq=[*(mw for _, mw in demand), *[0.0] * len(drawn)],
        bounds=[(0, most) for most in upper],
        method="highs",
    )
    assert found.success, found.message
    return float(found.fun)


@pytest.mark.parametrize("seed", range(15))
def test_the_optimum_that_knows_the_steps_is_that_of_an_independent_program(seed):
    world = random_scenario(
        seed, 4, 4, 2, hour="average", season="annual", objective="cost", values=seed % 2 == 1
    )
    table = scarcity(with_blocks(world, seed)).set_index("placement")
    objective = table["objective_usd_per_h"]
    size = 1.0 + abs(objective["baseline"])
    assert objective["knowing the steps"] == pytest.approx(least(world), abs=1e-6 * size)
    assert objective["knowing the steps"] <= objective.min() + 1e-6 * size


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000), hour=st.sampled_from(["average", 3, 17]),
    season=st.sampled_from(["annual", "summer"]),
)  # fmt: skip
def test_one_block_of_what_is_stated_changes_nothing_at_any_hour(seed, hour, season):
    world = random_scenario(seed, 4, 4, 2, hour=hour, season=season, objective="cost", values=True)
    regions = world.regions
    world.supply = pd.DataFrame(
        {
            "region": regions["id"],
            "block": 1,
            "block_mw": 1e-3,
            "price_usd_per_mwh": regions[PRICE],
            "carbon_g_per_kwh": regions[CARBON_COLUMNS[world.carbon_signal]],
        }
    )
    table = scarcity(world)
    for name in ("objective", "cost", "carbon"):
        unit = "kg_per_h" if name == "carbon" else "usd_per_h"
        stated, stepped = table[f"stated_{name}_{unit}"], table[f"{name}_{unit}"]
        assert stepped.tolist() == pytest.approx(stated.tolist(), rel=1e-6, abs=1e-3)
    saving = table["saving_usd_per_h"].to_numpy()
    size = 1.0 + table["objective_usd_per_h"].abs().max()
    assert saving[1] == pytest.approx(table.attrs["stated_saving_usd_per_h"], abs=1e-6 * size)
    assert saving[2] == pytest.approx(saving[1], abs=1e-5 * size)


def test_a_saving_may_become_a_loss_for_who_takes_prices_as_given():
    """
    North draws 25 MW at home. At stated prices 30 MW of load move there, 62.5 MW of electricity and
    2.5 to 3 for overhead and transport: all beyond 30 MW costs 90 + 50 x 0.5 USD, not 32 + 50 x 0.16.
    """
    world = Scenario.load("classroom-3x3")
    steps = {"region": ["north"] * 2, "block": [1, 2], "block_mw": [30, 100]}
    prices = {"price_usd_per_mwh": [32, 90], "carbon_g_per_kwh": [160, 500]}
    world.supply = pd.DataFrame(steps | prices)
    table = scarcity(world)
    assert table.attrs["stated_saving_usd_per_h"] == pytest.approx(2235)
    stated, knowing = table["saving_usd_per_h"][1:]
    drawn = solve(world).grid_mw[0]
    assert stated == pytest.approx(2235 - (drawn - 30) * (115 - 40))
    assert stated < 0 < knowing
    assert table.attrs["regions"]["north"] == pytest.approx([40, 115, 40])
    found = str(render(table, "chart").finding)
    assert "saving of 2,235 USD/h at stated prices becomes a loss of 484 USD/h" in found
    world.carbon_price_usd_per_t = 1000.0  # the second block may come first, for it is cleaner
    world.supply = world.supply.assign(carbon_g_per_kwh=[500, 160])
    last = scarcity(world).attrs["regions"]["north"]
    assert last[2] == pytest.approx(90 + 160)


def test_carbon_in_the_price_is_not_paid_twice():
    """At the carbon price that prices hold already, carbon costs what is on the bill and no more."""
    world = Scenario.load("classroom-3x3")
    bill = world.regions[PRICE].to_numpy()
    held = np.array([0.0, 20.0, 80.0])
    world.regions = world.regions.assign(carbon_in_price_usd_per_t=held)
    for world.carbon_price_usd_per_t in (0.0, 80.0):
        net = build_network(world)
        paid = net.price_usd_per_mwh + net.carbon_price_usd_per_t / 1000 * net.carbon_kg_per_mwh
        extra = (world.carbon_price_usd_per_t - held) * net.carbon_kg_per_mwh / 1000
        assert paid == pytest.approx(bill + extra)
    assert paid[2] == pytest.approx(bill[2])
