"""
Worlds drawn at random: against solves of scenarios whose tables were multiplied by hand, and the
laws of draws.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, frontier, solve
from explorer.measures.monte_carlo import Draws, Spread, drawn_network, draws_of, monte_carlo
from explorer.model.network import build_network
from explorer.model.solve import _placements, solve_network
from explorer.scenario.scenario import OBJECTIVES

NONE = Spread(price=0, carbon=0, rtt=0, demand=0)
CARBON = {
    "marginal": "carbon_marginal",
    "operating margin": "carbon_operating_margin",
    "average": "carbon_average",
}


def drawn_by_hand(world: Scenario, spread: Spread, seed: int, draw: int) -> Scenario:
    """A scenario with every number multiplied in its table, by factors as they are defined."""
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(draw + 1)[draw])
    n, clients = len(world.regions), len(world.clients)

    def factors(variation: float, size: int) -> np.ndarray:
        sigma = np.sqrt(np.log(1 + variation**2))
        return rng.lognormal(-(sigma**2) / 2, sigma, size)

    drawn = world.copy()
    drawn.regions["electricity_price_usd_per_mwh"] *= factors(spread.price, n)
    drawn.regions[f"{CARBON[world.carbon_signal]}_g_per_kwh"] *= factors(spread.carbon, n)
    share = drawn.clients["demand_share"] * factors(spread.demand, clients)
    pair = factors(spread.rtt, n * n).reshape(n, n)
    rtt_ms = build_network(world).geography.region_rtt_ms
    names = [*world.regions["id"]]
    pairs = [
        (names[i], names[j], rtt_ms[i, j] * pair[min(i, j), max(i, j)])
        for i in range(n)
        for j in range(n)
        if i != j
    ]
    if pairs:
        drawn.rtt_ms = pd.DataFrame(pairs, columns=["from_region", "to_region", "rtt_ms"])
    drawn.total_demand_mw *= share.sum()
    drawn.clients["demand_share"] = share / share.sum()
    return drawn


def saving(world: Scenario) -> float:
    """NaN where other load is served than in the baseline: what is not done is not saved."""
    placement = solve(world)
    unserved = [
        p.unserved.groupby(["client", "workload"])["unserved_mw"].sum()
        for p in (placement, placement.baseline)
    ]
    differ = unserved[0].sub(unserved[1], fill_value=0.0).abs().sum()
    if differ > 1e-7 * placement.network.demand_mw.sum():
        return np.nan
    return placement.baseline.objective_usd_per_h - placement.objective_usd_per_h


def same(one: Draws, other: Draws, rows: slice = slice(None)) -> None:
    for name in ("totals", "frontier_usd_per_h", "it_mw", "from_elsewhere_mw"):
        assert_array_equal(getattr(one, name)[rows], getattr(other, name)[rows])


# one draw


@settings(max_examples=10)
@given(
    world=random_scenarios(
        latency_model="measured", lumpy=st.booleans(), objective=st.sampled_from(OBJECTIVES)
    ),
    seed=st.integers(0, 2**32),
)
def test_each_draw_is_a_scenario_whose_tables_were_multiplied_by_hand(world, seed):
    """Compared by what does not depend on which of several equal optima is found."""
    spread = Spread(price=0.3, carbon=0.1, rtt=0.4, demand=0.25)
    found = monte_carlo(world, draws=3, seed=seed, spread=spread)
    close = {"abs": 1e-5 * (1 + world.total_demand_mw), "rel": 1e-6}
    for row in found.table.to_dict("records"):
        drawn = drawn_by_hand(world, spread, seed, row["draw"])
        placement = solve(drawn)
        assert row["saving_usd_per_h"] == pytest.approx(saving(drawn), nan_ok=True, **close)
        assert row["unserved_mw"] == pytest.approx(placement.unserved_mw, abs=1e-5)
        for name in ("cost_usd_per_h", "carbon_kg_per_h"):
            assert row[name] == pytest.approx(getattr(placement, name), **close)
        unserved = []
        for relaxed, objective in zip(
            found.relaxed_ms, found.frontier_usd_per_h[row["draw"]], strict=True
        ):
            point = drawn.copy()
            point.latency_relaxation_ms += relaxed
            unserved.append(solve(point).unserved_mw)
            if np.isfinite(objective):
                assert objective == pytest.approx(solve(point).objective_usd_per_h, **close)
        served = np.array(unserved) <= unserved[-1] + 1e-6
        assert np.isfinite(found.frontier_usd_per_h[row["draw"]]).tolist() == served.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_region_loads_are_those_of_the_drawn_scenario(seed):
    world = random_scenario(seed, 5, 4, 2, latency_model="measured", objective="cost")
    found = monte_carlo(world, draws=4, seed=seed)
    receives = np.zeros(len(world.regions), int)
    for draw in range(4):
        placement = solve(drawn_by_hand(world, found.spread, seed, draw))
        load = placement.regions.set_index("region")["it_mw"]
        away = (
            placement.flows.query("~is_home")
            .groupby("region")["it_mw"]
            .sum()
            .reindex(load.index, fill_value=0.0)
        )
        assert_allclose(found.it_mw[draw], load, atol=1e-6)
        assert_allclose(found.from_elsewhere_mw[draw], away, atol=1e-6)
        assert found.table["relocated_mw"][draw] == pytest.approx(away.sum(), abs=1e-6)
        receives += ((load > 1) & (away >= 0.1 * load)).to_numpy()
    assert found.regions["receives_draws"].tolist() == receives.tolist()
    assert_allclose(found.regions["p50_mw"], np.median(found.it_mw, axis=0))


@settings(max_examples=20)
@given(world=random_scenarios(lumpy=st.booleans()))
def test_without_spread_every_draw_is_the_scenario(world):
    found, placement = monte_carlo(world, draws=2, spread=NONE), solve(world)
    close = {"atol": 1e-5 * (1 + world.total_demand_mw)}
    expected = [saving(world), placement.cost_usd_per_h, placement.carbon_kg_per_h]
    assert found.given_usd_per_h == pytest.approx(expected[0])
    assert_allclose(found.totals[:, :3], [expected] * 2, rtol=1e-9, **close)
    assert found.totals[:, 4] == pytest.approx(placement.unserved_mw, abs=1e-6)
    band = found.frontier
    assert_allclose(band["p10_usd_per_h"], band["p90_usd_per_h"], **close)


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_without_spread_the_band_lies_on_the_frontier(name):
    """Cost at eight budgets, read off the exact steps."""
    world = Scenario.load(name)
    band, steps = monte_carlo(world, draws=1, spread=NONE).frontier, frontier(world).table
    cost = steps["cost_usd_per_h"] + world.carbon_price_usd_per_t / 1000 * steps["carbon_kg_per_h"]
    at = [cost[steps["budget_ms"] <= ms + 1e-6].iloc[-1] for ms in band["relaxed_ms"]]
    assert_allclose(band["p50_usd_per_h"], at[0] - np.array(at), atol=0.02)
    assert band["relaxed_ms"].iloc[0] == pytest.approx(steps["budget_ms"].iloc[0])


# what is drawn


def test_factors_have_mean_one_the_spread_asked_for_and_keep_rtts_symmetric():
    network = build_network(Scenario.load("world-2025"))
    n, ones = len(network.regions), np.ones(len(network.regions))
    rtt_ms = np.where(np.eye(n), 0.0, 1.0)
    plain = replace(
        network, price_usd_per_mwh=ones, carbon_kg_per_mwh=ones, demand_mw=np.ones_like(network.demand_mw),
        pinned_mw=np.ones_like(network.pinned_mw), geography=replace(network.geography, region_rtt_ms=rtt_ms),
    )  # fmt: skip
    spread = Spread(price=0.1, carbon=0.2, rtt=0.3, demand=0.4)
    drawn = [drawn_network(plain, spread, 7, draw) for draw in range(200)]
    factors = {
        "price": [world.price_usd_per_mwh for world in drawn],
        "carbon": [world.carbon_kg_per_mwh for world in drawn],
        "rtt": [world.geography.region_rtt_ms[np.triu_indices(n, 1)] for world in drawn],
        "demand": [world.demand_mw[:, 0] for world in drawn],
    }
    for name, values in factors.items():
        values = np.array(values)
        assert values.mean() == pytest.approx(1, abs=0.02)
        assert values.std() == pytest.approx(getattr(spread, name), rel=0.05)
        assert abs(np.corrcoef(values[:, 0], values[:, 1])[0, 1]) < 0.35  # five standard errors
    assert abs(np.corrcoef(np.ravel(factors["price"]), np.ravel(factors["carbon"]))[0, 1]) < 0.05
    for world in drawn:
        assert_array_equal(world.geography.region_rtt_ms, world.geography.region_rtt_ms.T)
        assert_array_equal(np.diag(world.geography.region_rtt_ms), 0)
        assert_array_equal(world.demand_mw[:, 0], world.pinned_mw[:, -1])
    assert len({world.key for world in drawn} | {network.key}) == 201


def test_inputs_are_drawn_apart():
    """What spreads by nothing stays, and does not shift what else is drawn."""
    network = build_network(random_scenario(2))
    every, one = (
        drawn_network(network, Spread(), 5, 1),
        drawn_network(network, replace(NONE, demand=0.2), 5, 1),
    )
    assert_array_equal(every.demand_mw, one.demand_mw)
    assert_array_equal(one.price_usd_per_mwh, network.price_usd_per_mwh)
    assert_array_equal(one.geography.region_rtt_ms, network.geography.region_rtt_ms)


# many draws


def test_the_same_seed_gives_the_same_digits_whatever_was_solved_before():
    world = random_scenario(4, 6, 5, 2)
    short = monte_carlo(world, draws=4, seed=3)
    monte_carlo(random_scenario(4, 6, 5, 2, friction_scale=0.0), draws=2)
    solve(random_scenario(5, 6, 5, 2))
    same(short, monte_carlo(world, draws=4, seed=3))
    same(short, monte_carlo(world, draws=7, seed=3), slice(4))
    assert not np.array_equal(short.totals, monte_carlo(world, draws=4, seed=4).totals)


def test_results_grow_draw_by_draw():
    network = build_network(random_scenario(4, 6, 5, 2))
    results = list(draws_of(network, 5))
    assert [result.done for result in results] == [1, 2, 3, 4, 5]
    assert {result.wanted for result in results} == {5}
    for result in results:
        same(result, results[-1], slice(result.done))
        assert len(result.table) == result.done
        assert result.regions["receives_draws"].max() <= result.done


def test_more_spread_gives_wider_bands():
    """On average over worlds: in one of them a wider draw may happen to meet a limit."""
    widths = []
    for spread in (0.05, 0.15, 0.3):
        width = []
        for seed in range(6):
            world = random_scenario(seed, 5, 4, 2, objective="cost")
            quantiles = monte_carlo(
                world, 15, 1, Spread(spread, spread, spread, spread)
            ).saving_usd_per_h()
            width.append((quantiles["p90"] - quantiles["p10"]) / world.total_demand_mw)
        widths.append(np.mean(width))
    assert widths[0] > 0
    assert widths[0] < widths[1] < widths[2]


def test_draws_are_not_remembered_in_the_place_of_live_results():
    network = build_network(random_scenario(6))
    before = solve_network(network)
    baseline, remembered = before.baseline, len(_placements._results)
    monte_carlo(random_scenario(6), draws=3)
    assert len(_placements._results) == remembered
    assert solve_network(network) is before and before.baseline is baseline


def test_quantiles_are_those_of_the_draws():
    found = monte_carlo(random_scenario(9, 5, 4, 2), draws=12)
    low, middle, high = np.quantile(found.table["saving_usd_per_h"], [0.1, 0.5, 0.9])
    assert found.saving_usd_per_h() == pytest.approx({"p10": low, "p50": middle, "p90": high})
    band = found.frontier
    for n, row in enumerate(band.to_dict("records")):
        rest = found.frontier_usd_per_h[:, n]
        starts = np.array([line[np.isfinite(line)][0] for line in found.frontier_usd_per_h])
        savings = (starts - rest)[np.isfinite(rest)]
        assert row["draws"] == len(savings)
        if len(savings):
            assert row["p90_usd_per_h"] == pytest.approx(np.quantile(savings, 0.9), abs=1e-6)
    if found.network.objective == "cost":
        assert (band["p50_usd_per_h"].diff().dropna() >= -1e-3).all() or band["draws"].nunique() > 1


@pytest.mark.parametrize("name", ["price", "carbon", "rtt", "demand"])
def test_spreads_below_zero_are_refused(name):
    with pytest.raises(ValueError, match=name):
        Spread(**{name: -0.1})


def test_no_draw_is_refused():
    with pytest.raises(ValueError, match="At least one"):
        monte_carlo(Scenario.load("classroom-3x3"), draws=0)


def test_one_region_has_one_answer():
    found = monte_carlo(random_scenario(1, 2, 1, 1), draws=3)
    assert_allclose(found.table["saving_usd_per_h"], 0, atol=1e-6)
    assert found.regions["receives_draws"].tolist() == [0]
