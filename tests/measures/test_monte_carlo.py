"""
Worlds drawn at random: against solves of scenarios whose tables were multiplied by hand, and the
laws of draws.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scenarios import random_scenario, random_scenarios

from explorer import Placement, Scenario, frontier, solve
from explorer.measures.monte_carlo import Draws, draws_of, monte_carlo
from explorer.measures.uncertainty import VARIATION, Uncertainty
from explorer.model.network import build_network
from explorer.model.solve import _placements, solve_network
from explorer.scenario.scenario import OBJECTIVES, SETTINGS
from explorer.scenario.schema import DEMAND_COLUMNS

CARBON = {
    "combined margin": "carbon_combined_margin",
    "marginal": "carbon_marginal",
    "operating margin": "carbon_operating_margin",
    "average": "carbon_average",
}


@pytest.fixture
def nothing_spreads(monkeypatch: pytest.MonkeyPatch) -> None:
    for quality in VARIATION:
        monkeypatch.setitem(VARIATION, quality, 0.0)


def drawn_by_hand(world: Scenario, seed: int, draw: int) -> Scenario:
    """A scenario without sources whose numbers were changed in its tables, by a fifth each."""
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(draw + 1)[draw])
    rng.random(len(SETTINGS))
    names = [*world.regions["id"]]
    n = len(names)

    def spread(size: int) -> np.ndarray:
        return 0.2 * rng.standard_normal(size).clip(-3, 3)

    def factors(size: int) -> np.ndarray:
        rng.random(size)
        return 1 + spread(size)

    drawn = world.copy()
    regions = drawn.regions
    price, pue, capacity, carbon = (factors(n) for _ in range(4))
    regions["electricity_price_usd_per_mwh"] *= price
    if "fixed_usd_per_mwh" in regions:
        regions["fixed_usd_per_mwh"] *= price
    regions["pue"] = 1 + (regions["pue"] - 1) * pue
    regions["capacity_mw"] *= capacity
    regions[f"{CARBON[world.carbon_signal]}_g_per_kwh"] *= carbon
    column = DEMAND_COLUMNS[world.demand_basis]
    share = drawn.clients[column] * factors(len(world.clients))
    for workload, by in zip(drawn.workloads.values(), factors(len(world.workloads)), strict=True):
        workload.prefill_ms *= by
    pair = 1 + np.triu(spread(n * n).reshape(n, n), 1)
    rtt_ms = build_network(world).geography.region_rtt_ms
    pairs = [
        (names[i], names[j], rtt_ms[i, j] * pair[min(i, j), max(i, j)])
        for i in range(n)
        for j in range(n)
        if i != j
    ]
    if pairs:
        drawn.rtt_ms = pd.DataFrame(pairs, columns=["from_region", "to_region", "rtt_ms"])
    drawn.total_demand_mw *= share.sum()
    drawn.clients[column] = share / share.sum()
    return drawn


def saving(placement: Placement) -> float:
    """NaN where other load is served than in the baseline: what is not done is not saved."""
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
    found = monte_carlo(world, draws=3, seed=seed)
    close = {"abs": 1e-5 * (1 + world.total_demand_mw), "rel": 1e-6}
    for row in found.table.to_dict("records"):
        drawn = drawn_by_hand(world, seed, row["draw"])
        placement = solve(drawn)
        assert row["saving_usd_per_h"] == pytest.approx(saving(placement), nan_ok=True, **close)
        assert row["unserved_mw"] == pytest.approx(placement.unserved_mw, abs=1e-5)
        for name in ("cost_usd_per_h", "carbon_kg_per_h"):
            assert row[name] == pytest.approx(getattr(placement, name), **close)
        unserved, given_ms = [], drawn.latency_relaxation_ms
        for relaxed, objective in zip(
            found.relaxed_ms, found.frontier_usd_per_h[row["draw"]], strict=True
        ):
            drawn.latency_relaxation_ms = given_ms + relaxed
            point = solve(drawn)
            unserved.append(point.unserved_mw)
            if np.isfinite(objective):
                assert objective == pytest.approx(point.objective_usd_per_h, **close)
        served = np.array(unserved) <= unserved[-1] + 1e-6
        assert np.isfinite(found.frontier_usd_per_h[row["draw"]]).tolist() == served.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_region_loads_are_those_of_the_drawn_scenario(seed):
    world = random_scenario(seed, 5, 4, 2, latency_model="measured", objective="cost")
    found = monte_carlo(world, draws=4, seed=seed)
    receives = np.zeros(len(world.regions), int)
    for draw in range(4):
        placement = solve(drawn_by_hand(world, seed, draw))
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


@pytest.mark.parametrize("seed", range(12))
def test_without_spread_every_draw_is_the_scenario(seed, nothing_spreads):
    world = random_scenario(seed, lumpy=seed % 2 == 1)
    found, placement = monte_carlo(world, draws=2), solve(world)
    close = {"atol": 1e-5 * (1 + world.total_demand_mw)}
    expected = [saving(placement), placement.cost_usd_per_h, placement.carbon_kg_per_h]
    assert found.given_usd_per_h == pytest.approx(expected[0])
    assert_allclose(found.totals[:, :3], [expected] * 2, rtol=1e-9, **close)
    assert found.totals[:, 4] == pytest.approx(placement.unserved_mw, abs=1e-6)
    band = found.frontier
    assert_allclose(band["p10_usd_per_h"], band["p90_usd_per_h"], **close)


@pytest.mark.parametrize("name", ["classroom-3x3", "stylized-12"])
def test_without_spread_the_band_lies_on_the_frontier(name, nothing_spreads):
    """Cost at eight budgets, read off the exact steps."""
    world = Scenario.load(name)
    band, steps = monte_carlo(world, draws=1).frontier, frontier(world).table
    cost = steps["cost_usd_per_h"] + world.carbon_price_usd_per_t / 1000 * steps["carbon_kg_per_h"]
    at = [cost[steps["budget_ms"] <= ms + 1e-6].iloc[-1] for ms in band["relaxed_ms"]]
    assert_allclose(band["p50_usd_per_h"], at[0] - np.array(at), atol=0.02)
    assert band["relaxed_ms"].iloc[0] == pytest.approx(steps["budget_ms"].iloc[0])


# what is drawn


ACCESS = ("read", "secondary", "estimate", "")


def sourced(access: str, **columns: object) -> Scenario:
    """The classroom, its prices from a source read in that way."""
    s = Scenario.load("classroom-3x3")
    s.sources = pd.DataFrame({"key": ["here", "invented"], "access": [access, "estimate"]})
    s.regions = s.regions.assign(price_source="here" if access else "", **columns)
    return s


def prices(world: Scenario, draws: int = 300) -> np.ndarray:
    inputs = Uncertainty(world)
    return np.array([inputs.world(7, draw).price_usd_per_mwh for draw in range(draws)])


@pytest.mark.parametrize("access", ACCESS)
def test_a_figure_spreads_by_how_sure_it_is(access):
    """Normal, cut off at three standard deviations; without a source as an estimate."""
    factors = prices(sourced(access)) / [32.0, 80.0, 60.0]
    variation = {"read": 0.03, "secondary": 0.08, "estimate": 0.20, "": 0.20}[access]
    assert factors.mean() == pytest.approx(1, abs=4 * variation / 30)
    assert factors.std() == pytest.approx(variation, rel=0.08)
    assert np.abs(factors - 1).max() <= 3 * variation + 1e-12
    assert abs(np.corrcoef(factors[:, 0], factors[:, 1])[0, 1]) < 0.25


def test_a_read_figure_varies_less_than_an_estimated_one_and_both_alike():
    read, estimate = prices(sourced("read")), prices(sourced("estimate"))
    given = np.array([32.0, 80.0, 60.0])
    assert_allclose((read - given) / 0.03, (estimate - given) / 0.20)


def test_a_figure_with_a_range_is_drawn_from_it_most_often_as_it_is():
    name = "electricity_price_usd_per_mwh"
    world = sourced(
        "read", **{f"{name}_low": [20.0, 80.0, np.nan], f"{name}_high": [60.0, np.nan, np.nan]}
    )
    drawn = prices(world)
    assert (drawn[:, 0] >= 20).all() and (drawn[:, 0] <= 60).all()
    assert drawn[:, 0].mean() == pytest.approx((20 + 32 + 60) / 3, rel=0.05)  # of a triangle
    assert (drawn[:, 1] == 80).all()  # a range of one value
    assert drawn[:, 2].std() == pytest.approx(0.03 * 60, rel=0.15)
    assert Uncertainty(world).counts["range"] == 2


def test_settings_are_drawn_from_their_ranges_alone():
    world = sourced("read")
    world.parameter_ranges = {"egress_usd_per_gb": [0.3, 0.9], "operations_usd_per_mwh": [900, 901]}
    inputs = Uncertainty(world)
    egress = [inputs.world(1, draw).friction.egress_usd_per_gb for draw in range(100)]
    assert min(egress) >= 0.3 and max(egress) <= 0.9 and len(set(egress)) == 100
    operations = world.operations_usd_per_mwh  # has left its range
    assert inputs.world(1, 0).friction.operations_usd_per_mwh == operations
    assert world.egress_usd_per_gb == 0.5  # nothing of the scenario itself is changed


def test_round_trips_stay_symmetric_and_worlds_are_told_apart():
    inputs = Uncertainty(Scenario.load("stylized-12"))
    drawn = [inputs.world(7, draw) for draw in range(20)]
    for world in drawn:
        assert_array_equal(world.geography.region_rtt_ms, world.geography.region_rtt_ms.T)
        assert_array_equal(np.diag(world.geography.region_rtt_ms), 0)
        assert (world.pue >= 1).all() and (world.capacity_mw >= 0).all()
    assert len({world.key for world in drawn} | {inputs.network.key}) == 21


def test_inputs_are_drawn_apart():
    """What spreads by less does not shift what else is drawn."""
    one, other = (Uncertainty(sourced(access)).world(5, 1) for access in ("read", "estimate"))
    assert not np.array_equal(one.price_usd_per_mwh, other.price_usd_per_mwh)
    assert_array_equal(one.demand_mw, other.demand_mw)
    assert_array_equal(one.pue, other.pue)
    assert_array_equal(one.geography.region_rtt_ms, other.geography.region_rtt_ms)


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
    results = list(draws_of(random_scenario(4, 6, 5, 2), 5))
    assert [result.done for result in results] == [1, 2, 3, 4, 5]
    assert {result.wanted for result in results} == {5}
    for result in results:
        same(result, results[-1], slice(result.done))
        assert len(result.table) == result.done
        assert result.regions["receives_draws"].max() <= result.done


def test_more_spread_gives_wider_bands(monkeypatch):
    """On average over worlds: in one of them a wider draw may happen to meet a limit."""
    widths = []
    for variation in (0.05, 0.15, 0.3):
        monkeypatch.setitem(VARIATION, "unsourced", variation)
        monkeypatch.setitem(VARIATION, "estimate", variation)
        width = []
        for seed in range(6):
            world = random_scenario(seed, 5, 4, 2, objective="cost")
            quantiles = monte_carlo(world, 15, 1).saving_usd_per_h()
            width.append((quantiles["p90"] - quantiles["p10"]) / world.total_demand_mw)
        widths.append(np.nanmean(width))
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


def test_one_region_has_one_answer():
    found = monte_carlo(random_scenario(1, 2, 1, 1), draws=3)
    assert_allclose(found.table["saving_usd_per_h"], 0, atol=1e-6)
    assert found.regions["receives_draws"].tolist() == [0]


def test_draws_are_held_against_the_baseline_of_the_scenarios_rule(nothing_spreads):
    world = Scenario.load("stylized-12")
    world.total_demand_mw *= 1.4  # home is full for some, and the two baselines differ
    against = {}
    for world.baseline_rule in ("nearest", "least relocation"):
        draws = monte_carlo(world, draws=1)
        assert draws.table["saving_usd_per_h"].tolist() == pytest.approx([draws.given_usd_per_h])
        against[world.baseline_rule] = draws.given_usd_per_h
    assert against["nearest"] - against["least relocation"] > 1


def test_a_range_that_its_figure_has_left_does_not_count():
    scenario = Scenario.load("world-2025")
    before = Uncertainty(scenario).counts["range"]
    scenario.workloads["A"].prefill_ms = 10.0
    after = Uncertainty(scenario)
    assert after.counts["range"] == before - 1
    assert np.isfinite(after.world(0, 0).prefill_ms).all()
