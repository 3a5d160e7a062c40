"""
One moment in the world: profiles of price, carbon and demand by hour and season, and where they
tell nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import CLOCKS, random_scenario, random_scenarios

from explorer import Scenario, ScenarioError, solve
from explorer.cache import Memo
from explorer.measures.whole_day import whole_day
from explorer.model import network
from explorer.model.network import Network, build_network
from explorer.scenario.profiles import (
    ABSOLUTE,
    AVERAGE,
    HOUR_CHOICES,
    HOURS,
    coverage,
    load_curves,
    relative_load,
    utc_offsets_h,
)
from explorer.scenario.scenario import CARBON_SIGNALS, OBJECTIVES
from explorer.scenario.schema import SEASONS

hours = st.integers(0, 23)
seasons = st.sampled_from(SEASONS)
curves = arrays(float, (2, HOURS), elements=st.floats(0, 3))


def at(world: Scenario, hour: int | str, season: str = "annual") -> Network:
    world.param.update(hour=hour, season=season)
    return build_network(world)


def flat_world(**factors: float) -> Scenario:
    """A world in which every hour of every profile has the same factor."""
    world = random_scenario(2, 4, 3, 2, hour=AVERAGE, season="annual")
    days = pd.MultiIndex.from_product([world.regions["id"], SEASONS, range(24)])
    world.profiles = days.to_frame(index=False, name=["region_id", "season", "hour_utc"]).assign(
        price_relative=factors.get("price", 1.0), carbon_relative=factors.get("carbon", 1.0)
    )
    load = {"profile_id": "day", "local_hour": range(24), "relative_load": factors.get("load", 1.0)}
    world.demand_profiles = pd.DataFrame(load)
    world.clients = world.clients.assign(
        timezone=["Asia/Kathmandu", "Europe/London", "America/New_York", "Asia/Tokyo"]
    )
    for workload in world.workloads.values():
        workload.demand_profile = "day"
    return world


def numbers(found: Network) -> list[list]:
    """All that an hour could change."""
    arrays = (
        found.price_usd_per_mwh,
        found.carbon_kg_per_mwh,
        found.demand_mw,
        found.pinned_mw,
        found.capacity_mw,
    )
    return [array.tolist() for array in arrays]


@pytest.fixture
def flat() -> Scenario:
    return flat_world()


@pytest.fixture
def world_2025() -> Scenario:
    return Scenario.load("world-2025")


@given(hour=st.sampled_from(HOUR_CHOICES), season=seasons)
def test_where_every_factor_is_one_the_hour_does_not_matter(hour, season):
    """To the digit."""
    world = flat_world()
    assert numbers(at(world, hour, season)) == numbers(at(world, AVERAGE))


@pytest.mark.parametrize("signal", CARBON_SIGNALS)
def test_factors_multiply_price_demand_and_the_chosen_carbon_signal(signal):
    world = flat_world(price=0.5, carbon=1.25, load=2.0)
    world.carbon_signal = signal
    mean, now = at(world, AVERAGE), at(world, 7)
    assert_allclose(now.price_usd_per_mwh, 0.5 * mean.price_usd_per_mwh)
    assert_allclose(now.carbon_kg_per_mwh, 1.25 * mean.carbon_kg_per_mwh)
    assert_allclose(now.demand_mw, 2 * mean.demand_mw)
    assert_allclose(now.pinned_mw, 2 * mean.pinned_mw)
    assert_allclose(now.capacity_mw, mean.capacity_mw)


@settings(max_examples=50)
@given(world=random_scenarios(), season=seasons)
def test_an_average_hour_is_the_mean_of_the_hours(world, season):
    """Of price and carbon in any season; demand has its mean already."""
    days = [at(world, hour, season) for hour in range(24)]
    mean, annual = at(world, AVERAGE, season), at(world, AVERAGE)
    assert_allclose(mean.demand_mw, annual.demand_mw)
    if season != "annual":  # whose tables need not average to one
        for name in ("price_usd_per_mwh", "carbon_kg_per_mwh"):
            assert_allclose(
                np.mean([getattr(day, name) for day in days], axis=0),
                getattr(mean, name),
                atol=1e-9,
            )


@settings(max_examples=50)
@given(load=curves, season=seasons)
def test_over_a_day_every_client_has_its_mean_demand(load, season):
    """
    Times the mean of the curve, whatever the clock; half-hour zones lose nothing between two hours.
    """
    world = flat_world()
    rows = pd.MultiIndex.from_product([["day", "night"], range(24)]).to_frame(
        index=False, name=["profile_id", "local_hour"]
    )
    world.demand_profiles = rows.assign(relative_load=load.ravel())
    world.workloads["w1"].demand_profile = "night"
    day = np.mean([at(world, hour, season).demand_mw for hour in range(24)], axis=0)
    assert_allclose(day, at(world, AVERAGE).demand_mw * load.mean(axis=1), atol=1e-9)


@given(load=curves, hour=hours, ahead=st.integers(-12, 14))
def test_the_sun_is_followed(load, hour, ahead):
    """
    A client whose clock is h hours ahead of UTC has at t what one in Greenwich has h hours later.
    """
    offsets = np.array([0.0, float(ahead)])
    later = relative_load(load, offsets, (hour + ahead) % 24)[0]
    assert relative_load(load, offsets, hour)[1].tolist() == later.tolist()


@pytest.mark.parametrize("ahead", range(-12, 15))
def test_a_peak_comes_as_many_hours_earlier_as_clocks_are_ahead(flat, ahead):
    flat.demand_profiles = flat.demand_profiles.assign(
        relative_load=[9.0 if h == 20 else 1.0 for h in range(24)]
    )
    flat.clients = flat.clients.assign(
        timezone=f"Etc/GMT{-ahead:+d}"
    )  # whose signs are turned round
    loads = np.array([at(flat, hour).demand_mw[:, 0] for hour in range(24)])
    assert (loads.argmax(axis=0) == (20 - ahead) % 24).all()


def test_clocks_between_hours_take_from_both_and_midnight_is_no_wall():
    load = np.zeros((1, 24))
    load[0, 23], load[0, 0] = 1.0, 4.0
    offsets = utc_offsets_h(["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"])[0]
    assert offsets.tolist() == [5.5, 5.75, -3.5]
    assert relative_load(load, offsets, 18)[:, 0].tolist() == [2.5, 0.25 * 1.0 + 0.75 * 4.0, 0.0]
    assert [relative_load(load, offsets, hour)[2, 0] for hour in (2, 3, 4)] == [0.5, 2.5, 2.0]
    assert relative_load(load, offsets, 17)[:, 0].tolist() == [0.5, 0.75, 0.0]


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [  # annual, winter, spring, summer, autumn: seasons of the north
        ("UTC", [0, 0, 0, 0, 0]),
        ("Europe/London", [0, 0, 1, 1, 1]),
        ("Europe/Dublin", [0, 0, 1, 1, 1]),  # Irish law calls summer time the standard
        ("America/New_York", [-5, -5, -4, -4, -4]),
        ("America/Sao_Paulo", [-3, -3, -3, -3, -3]),
        ("Australia/Sydney", [10, 11, 10, 10, 11]),
        ("America/Santiago", [-4, -3, -4, -4, -3]),
        ("Asia/Kolkata", [5.5] * 5),
    ],
)
def test_clocks_are_those_of_the_middle_of_the_season(zone, offsets):
    assert utc_offsets_h([zone])[:, 0].tolist() == offsets


def test_winter_is_december_to_february_everywhere(world_2025):
    """Sydney's price, what of it follows the hours, is that of its summer while Dallas has winter."""
    regions = world_2025.regions.set_index("id")
    price = regions["electricity_price_usd_per_mwh"]
    fixed = regions["fixed_usd_per_mwh"].astype(float)
    table = world_2025.profiles.set_index(["region_id", "season", "hour_utc"])["price_relative"]
    annual = at(world_2025, AVERAGE)
    for season, southern in zip(
        SEASONS, ("annual", "summer", "autumn", "winter", "spring"), strict=True
    ):
        factors = at(world_2025, 6, season).price_usd_per_mwh / annual.price_usd_per_mwh
        for region, local in (("us-dallas", season), ("au-sydney", southern)):
            share = 1 - fixed[region] / price[region]
            expected = 1 + share * (table[region, local, 6] - 1)
            assert factors[annual.regions.index(region)] == pytest.approx(expected)
    assert table["au-sydney", "summer", 6] != table["au-sydney", "winter", 6]


def test_the_hour_matters_to_the_world(world_2025):
    """
    Every class follows a curve that is there, every client has a clock, and most regions a profile.
    """
    offline = world_2025.workloads["D"]
    assert all(workload.demand_profile for workload in world_2025.workloads.values())
    assert np.isfinite(utc_offsets_h(world_2025.clients["timezone"])).all()
    assert (load_curves(world_2025.demand_profiles, [offline.demand_profile]) == 1).all()
    night, noon = at(world_2025, 0), at(world_2025, 12)
    assert np.isclose(night.demand_mw[:, :3], noon.demand_mw[:, :3]).mean() < 0.1
    assert_allclose(night.demand_mw[:, 3], noon.demand_mw[:, 3])
    assert solve(world_2025).cost_usd_per_h != solve(Scenario.load("world-2025")).cost_usd_per_h
    for name, known in (("price_usd_per_mwh", 26), ("carbon_kg_per_mwh", 43)):
        changed = ~np.isclose(getattr(night, name), getattr(noon, name), rtol=1e-12)
        assert 0.9 * known <= changed.sum() <= known


@pytest.mark.parametrize("seed", range(60))
def test_optima_agree_with_an_independent_program_at_any_hour(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, (7, 6, 4)).tolist()
    moment = {"hour": HOUR_CHOICES[seed % len(HOUR_CHOICES)], "season": str(rng.choice(SEASONS))}
    world = random_scenario(seed, *sizes, lumpy=seed % 2 == 1, **moment)
    for objective in OBJECTIVES:
        world.objective = objective
        expected = Reference(world).optimum(objective)
        assert solve(world).optimum.objective == pytest.approx(expected, rel=1e-6, abs=1e-6), (
            objective
        )


def test_the_means_of_day_and_year_read_no_table(flat, monkeypatch):
    expected = at(flat, AVERAGE)
    monkeypatch.setattr(network, "read_profiles", lambda *_: pytest.fail("a table was read"))
    monkeypatch.setattr(network, "_profiles", Memo(1))
    flat.profiles["price_relative"] = "spoilt"
    flat.demand_profiles["relative_load"] = 7.0
    assert at(flat, AVERAGE) == expected
    flat.profiles = flat.demand_profiles = None
    assert at(flat, AVERAGE) == expected


def test_a_move_of_the_hour_reads_the_tables_once(flat, monkeypatch):
    read, calls = network.read_profiles, []
    monkeypatch.setattr(network, "_profiles", Memo(4))
    monkeypatch.setattr(network, "read_profiles", lambda *of: (calls.append(1), read(*of))[1])
    for season in SEASONS:
        for hour in range(24):
            at(flat, hour, season)
    flat.carbon_price_usd_per_t += 10
    at(flat.copy(), 5)
    assert len(calls) == 1


def without(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.drop(columns=column)


NOTHING_KNOWN = {
    "no tables": lambda w: w.param.update(profiles=None, demand_profiles=None),
    "no factors": lambda w: w.param.update(
        profiles=without(without(w.profiles, "price_relative"), "carbon_relative"),
        demand_profiles=None,
    ),
    "blank factors": lambda w: (
        w.param.update(profiles=w.profiles.assign(price_relative=None, carbon_relative=None)),
        [w.workloads[k].param.update(demand_profile="") for k in w.workloads],
    ),
    "other hours": lambda w: w.param.update(
        profiles=w.profiles[w.profiles["hour_utc"] != 7],
        demand_profiles=w.demand_profiles[w.demand_profiles["local_hour"] == 7],
        clients=w.clients.assign(timezone="Asia/Tokyo"),  # where it is 16 o'clock
    ),
    "other seasons": lambda w: w.param.update(
        profiles=w.profiles[w.profiles["season"] == "spring"],
        clients=without(w.clients, "timezone"),
    ),
    "no clocks": lambda w: w.param.update(profiles=None, clients=w.clients.assign(timezone="")),
}


@pytest.mark.parametrize("name", NOTHING_KNOWN)
def test_what_is_not_known_counts_as_the_mean(name):
    world = flat_world(price=0.5, carbon=1.25, load=2.0)
    assert numbers(at(world, 7)) != numbers(at(world, AVERAGE))
    NOTHING_KNOWN[name](world)
    assert numbers(at(world, 7)) == numbers(at(world, AVERAGE))


def test_gaps_in_one_region_class_or_client_leave_the_others_alone():
    world = flat_world(price=0.5, load=2.0)
    world.profiles = world.profiles[world.profiles["region_id"] != "r1"]
    world.clients.loc[2, "timezone"] = ""
    world.workloads["w0"].demand_profile = ""
    mean, now = at(world, AVERAGE), at(world, 7)
    assert_allclose(now.price_usd_per_mwh / mean.price_usd_per_mwh, [0.5, 1.0, 0.5])
    assert_allclose(now.demand_mw / mean.demand_mw, [[1, 2], [1, 2], [1, 1], [1, 2]])


@pytest.mark.parametrize(
    ("table", "column", "value", "place"),
    [
        ("clients", "timezone", "Mars/Olympus", ("clients.csv", 3, "timezone", "Mars/Olympus")),
        ("profiles", "hour_utc", 24.0, ("profiles_24h.csv", 3, "hour_utc", "24")),
        ("profiles", "season", "monsoon", ("profiles_24h.csv", 3, "season", "monsoon")),
        ("profiles", "region_id", "atlantis", ("profiles", 1, "region_id", "atlantis")),
        (
            "demand_profiles",
            "relative_load",
            -1.0,
            ("demand_profile_24h.csv", 3, "relative_load", "-1"),
        ),
        (
            "demand_profiles",
            "local_hour",
            float("nan"),
            ("demand_profile_24h.csv", 3, "local_hour", ""),
        ),
    ],
)
def test_a_cell_spoilt_in_place_is_named(flat, table, column, value, place):
    getattr(flat, table).loc[1, column] = value
    with pytest.raises(ScenarioError) as caught:
        at(flat, 7)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column, problem.value) == place


def test_a_curve_that_is_not_there_is_named(flat):
    flat.workloads["w1"].demand_profile = "dya"
    with pytest.raises(ScenarioError, match="dya") as caught:
        at(flat, 7)
    (problem,) = caught.value.problems
    assert "'day'" in problem.fix


@given(zones=st.lists(st.sampled_from(CLOCKS), min_size=1))
def test_clocks_do_not_depend_on_the_company_they_keep(zones):
    together = utc_offsets_h(zones)
    assert together.shape == (len(SEASONS), len(zones))
    for n, zone in enumerate(zones):
        assert (
            np.isnan(together[:, n]).all()
            if not zone
            else (together[:, n] == utc_offsets_h([zone])[:, 0]).all()
        )


def test_coverage_counts_regions_with_at_least_one_factor(world_2025):
    regions = world_2025.regions["id"]
    assert coverage(world_2025.profiles, regions) == (26, 43)
    assert coverage(world_2025.profiles, regions[:1]) == (1, 1)
    assert coverage(None, regions) == (0, 0)
    assert coverage(without(world_2025.profiles, "price_relative"), regions) == (
        26,
        43,
    )  # of prices as such
    assert coverage(
        world_2025.profiles.drop(columns=["price_relative", "price_usd_per_mwh"]), regions
    ) == (0, 43)


# Absolute figures


def test_prices_of_the_hour_count_as_such():
    """100 MW of IT load, all in Beta: 20 USD/MWh from 10 to 15 UTC and 60 else, PUE 1.2."""
    world = Scenario.load(Path(__file__).parents[1] / "cases" / "profiles-absolute")
    world.hour = 12
    assert dict(zip(("a", "b"), build_network(world).price_usd_per_mwh, strict=True)) == {
        "a": 100,
        "b": 20,
    }
    assert solve(world).cost_usd_per_h == pytest.approx(2400)
    world.hour = 0
    assert solve(world).cost_usd_per_h == pytest.approx(7200)
    assert whole_day(world)["cost_usd_per_h"].mean() == pytest.approx(6000)
    assert coverage(world.profiles, world.regions["id"]) == (2, 2)


@settings(max_examples=20)
@given(
    figures=st.lists(st.floats(-50, 300), min_size=HOURS, max_size=HOURS).filter(
        lambda day: sum(day) > 1
    ),
    scale=st.floats(0.01, 100),
)
def test_absolute_figures_are_relative_to_their_own_mean(figures, scale):
    """
    In whatever currency: the price of the hour is the region's times the figure over the day's
    mean.
    """
    world = flat_world()
    price = world.regions["electricity_price_usd_per_mwh"].to_numpy()
    rows = pd.DataFrame({"region_id": "r1", "season": "annual", "hour_utc": range(HOURS)})
    world.profiles = rows.assign(price_usd_per_mwh=np.array(figures) * scale)
    for hour in (0, 9, 23):
        expected = price * [1, figures[hour] / (sum(figures) / HOURS), 1]
        assert_allclose(at(world, hour).price_usd_per_mwh, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("column", ABSOLUTE)
def test_the_figures_of_the_world_make_its_own_factors(world_2025, column):
    """Computed elsewhere, to four digits: of the year's mean in every season."""
    names = "price_usd_per_mwh", "carbon_kg_per_mwh"
    other = world_2025.copy()
    other.profiles = without(other.profiles, column)
    for season in SEASONS:
        for hour in (0, 7, 18):
            for name in names:
                assert_allclose(
                    getattr(at(other, hour, season), name),
                    getattr(at(world_2025, hour, season), name),
                    rtol=0.01,
                )
    assert numbers(at(other, 7)) != numbers(at(other, AVERAGE))


def test_a_factor_comes_before_the_figure_beside_it():
    world = flat_world()
    price = world.regions["electricity_price_usd_per_mwh"].to_numpy()
    day = pd.DataFrame(
        {"region_id": "r0", "season": "annual", "hour_utc": range(HOURS), "price_usd_per_mwh": 40.0}
    )
    day.loc[12, "price_usd_per_mwh"] = 80.0
    world.profiles = day.assign(price_relative=np.where(day["hour_utc"] == 3, 0.25, np.nan))
    assert at(world, 3).price_usd_per_mwh[0] == 0.25 * price[0]
    assert at(world, 12).price_usd_per_mwh[0] == pytest.approx(80 / (1000 / 24) * price[0])


def test_a_change_of_a_figure_in_place_is_seen():
    world = Scenario.load(Path(__file__).parents[1] / "cases" / "profiles-absolute")
    before = at(world, 12)
    world.profiles.loc[world.profiles["hour_utc"] == 12, "price_usd_per_mwh"] = 30.0
    assert at(world, 12) != before


def test_figures_that_never_change_have_a_factor_of_one_even_at_zero():
    world = flat_world()
    rows = pd.DataFrame({"region_id": "r0", "season": "annual", "hour_utc": range(HOURS)})
    world.profiles = rows.assign(carbon_g_per_kwh=0.0, price_usd_per_mwh=-3.0)
    assert numbers(at(world, 5)) == numbers(at(world, AVERAGE))


def test_figures_without_a_mean_above_zero_are_refused():
    world = flat_world()
    rows = pd.DataFrame({"region_id": "r0", "season": "annual", "hour_utc": [0, 1]})
    world.profiles = rows.assign(price_usd_per_mwh=[-5.0, 5.0])
    with pytest.raises(ScenarioError, match="price_relative"):
        at(world, 0)
    world.profiles = world.profiles.assign(price_relative=[0.5, 1.5])
    assert at(world, 0) != at(world, 1)
