"""From tables to arrays: homes, round trips, law, and what makes two networks the same."""

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import OPPOSITE, Reference
from scenarios import MOMENTS, random_scenario, random_scenarios

from explorer import Scenario, ScenarioError, solve
from explorer.model.network import build_network, carbon_intensities
from explorer.scenario.scenario import CARBON_SIGNALS, LEGAL_POLICIES, TABLES
from explorer.scenario.schema import CARBON_COLUMNS
from explorer.scenario.validation import parse


@pytest.fixture
def world() -> Scenario:
    return random_scenario(7, 5, 5, 2)


@given(world=random_scenarios(exceptions=st.booleans(), **MOMENTS))
def test_arrays_agree_with_the_formulas(world):
    network, reference = build_network(world), Reference(world)
    assert [network.regions[j] for j in network.home] == list(reference.home.values())
    for i, client in enumerate(network.clients):
        for k, workload in enumerate(network.workloads):
            free, pinned = reference.free[client, workload], reference.pinned[client, workload]
            assert network.demand_mw[i, k] == pytest.approx(free + pinned)
            assert network.pinned_mw[i, k] == pytest.approx(pinned)
            for j, region in enumerate(network.regions):
                arc = reference.arcs[client, region, workload]
                assert network.latency_ms[i, j, k] == pytest.approx(arc.latency_ms)
                assert network.wan_ms[i, j, k] == pytest.approx(arc.wan_ms)
                assert network.allowed[i, j, k] == reference.open((client, region, workload))
                assert network.friction_usd_per_mwh[i, j, k] == pytest.approx(
                    arc.friction_usd, abs=1e-9
                )
                assert network.carbon_kg_per_arc_mwh[i, j, k] == pytest.approx(arc.carbon_kg)
                assert network.cost_usd_per_mwh[i, j, k] == pytest.approx(arc.cost_usd, abs=1e-9)


def test_measured_round_trips_count_both_ways_and_the_fit_fills_gaps():
    world = Scenario.load("classroom-3x3")
    world.rtt_ms = pd.DataFrame(
        {"from_region": ["north", "middle", "south", "north"], "to_region": ["middle", "north", "middle", "north"],
         "rtt_ms": [70, 90, 40, 5]}
    )  # fmt: skip
    network = build_network(world)
    rtt, km = network.geography.region_rtt_ms, network.geography.region_km
    assert rtt[0, 1] == 70 and rtt[1, 0] == 90  # each way its own
    assert rtt[2, 1] == rtt[1, 2] == 40  # measured one way only
    assert rtt[0, 2] == rtt[2, 0] == pytest.approx(8.5 + 0.0154 * km[0, 2])  # not measured
    assert np.diagonal(rtt).tolist() == [0, 0, 0]  # whatever the table says
    for model, per_km in (("paper", 0.014), ("fibre", 0.01)):
        world.latency_model = model
        assert build_network(world).geography.region_rtt_ms[0, 1] == pytest.approx(
            km[0, 1] * per_km + (56 if model == "paper" else 0)
        )


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("open", "NO NA CN EU"),
        ("today", "NO EU"),  # NA blocks what comes in, CN what goes in and out
        ("adequacy", "NO NA"),
        ("same zone", "NO"),
        ("custom", "NO EU"),
    ],
)
def test_who_may_serve_norway(policy, allowed):
    """The country codes of Norway and Namibia stay text, and each policy draws its own line."""
    zones = ["NO", "NA", "CN", "EU"]
    world = random_scenario(3, 4, 4, 1, legal_policy=policy)
    world.regions = world.regions.assign(legal_zone=zones)
    world.clients = world.clients.assign(legal_zone=zones, service=world.regions["id"])
    world.legal_zones = pd.DataFrame(
        {"legal_zone": zones, "name": zones, "inbound": ["conditional", "blocked", "blocked", "open"],
         "outbound": ["conditional", "open", "blocked", "conditional"]}
    )  # fmt: skip
    world.legal_transfers = pd.DataFrame(
        {"from_zone": ["NO"], "to_zone": ["NA"], "status": ["adequate"]}
    )
    world.legal_custom = pd.DataFrame(
        {
            "from_zone": ["NO", "NO", "CN"],
            "to_zone": ["NA", "EU", "CN"],
            "allowed": [False, True, False],
        }
    )
    lawful = build_network(world).geography.lawful
    assert [zone for zone, ok in zip(zones, lawful[0], strict=True) if ok] == sorted(
        allowed.split(), key=zones.index
    )
    assert np.diagonal(lawful).all()
    if policy == "today":
        assert lawful[2].tolist() == [False, False, True, False]
        assert lawful[1].tolist() == [True, True, False, True]  # in its own zone, blocked or not


@pytest.mark.parametrize(
    ("origin", "outbound", "allowed"),
    [
        ("NO", "conditional", "NO NA"),  # has decided on Namibia, and sends nothing elsewhere
        ("NO", "open", "NO EU"),  # needs no decision: as today
        ("EU", "conditional", "NO EU"),  # has decided on nobody, so has no such regime: as today
        ("CN", "blocked", "CN"),
    ],
)
def test_only_a_zone_that_decides_on_adequacy_is_bound_by_it(origin, outbound, allowed):
    zones = ["NO", "NA", "CN", "EU"]
    world = random_scenario(3, 4, 4, 1, legal_policy="adequacy")
    world.regions = world.regions.assign(legal_zone=zones)
    world.clients = world.clients.assign(legal_zone=zones, service=world.regions["id"])
    outbounds = ["open", "open", "blocked", "conditional"]
    outbounds[zones.index(origin)] = outbound
    world.legal_zones = pd.DataFrame(
        {"legal_zone": zones, "name": zones, "inbound": ["open", "blocked", "blocked", "open"],
         "outbound": outbounds}
    )  # fmt: skip
    world.legal_transfers = pd.DataFrame(
        {"from_zone": ["NO"], "to_zone": ["NA"], "status": ["adequate"]}
    )
    lawful = build_network(world).geography.lawful[zones.index(origin)]
    assert [zone for zone, ok in zip(zones, lawful, strict=True) if ok] == allowed.split()


def test_without_decisions_adequacy_is_as_today():
    world = random_scenario(3, 4, 4, 1, legal_policy="adequacy")
    world.legal_transfers = None
    found = build_network(world).geography.lawful
    world.legal_policy = "today"
    assert (found == build_network(world).geography.lawful).all()


@pytest.mark.parametrize("policy", [*LEGAL_POLICIES, "custom"])
def test_home_is_always_lawful(policy):
    world = random_scenario(3, 4, 4, 1, legal_policy=policy)
    world.legal_custom = pd.DataFrame(
        {"from_zone": ["NO"], "to_zone": ["CN"], "allowed": ["false"]}
    )
    world.clients = world.clients.assign(legal_zone="NO", service="r2")
    world.regions = world.regions.assign(legal_zone="CN")
    network = build_network(world)
    assert (network.home == 2).all() and network.geography.lawful[:, 2].all()


def test_home_is_the_nearest_region_of_the_own_zone_if_there_is_one():
    world = Scenario.load("classroom-3x3")
    world.clients = world.clients.assign(service=["", "north", ""])
    world.regions = world.regions.assign(legal_zone=["land", "land", "other"])
    assert build_network(world).home.tolist() == [
        0,
        0,
        1,
    ]  # South lies nearer South Town, but in another zone
    world.clients = world.clients.assign(legal_zone="nowhere")
    assert build_network(world).home.tolist() == [0, 0, 2]


def test_the_custom_policy_takes_its_table(world):
    world.legal_policy = "custom"
    with pytest.raises(ScenarioError, match=r"legal_custom\.csv") as caught:
        build_network(world)
    (problem,) = caught.value.problems
    assert "from_zone, to_zone and allowed" in problem.fix
    world.legal_custom = pd.DataFrame({"from_zone": ["NO"], "to_zone": ["EU"], "allowed": [True]})
    build_network(world)
    world.legal_custom.loc[0, "allowed"] = "perhaps"
    with pytest.raises(ScenarioError, match=r"row 2, column allowed.*'perhaps'"):
        build_network(world)


EDITS = {
    "a price": lambda w: w.regions.__setitem__("electricity_price_usd_per_mwh", w.regions["pue"] * 10),
    "a cell": lambda w: w.regions.__setitem__("pue", w.regions["pue"].replace(w.regions["pue"][0], 1.9)),
    "whole numbers": lambda w: w.regions.__setitem__("capacity_mw", 100),
    "shares": lambda w: w.clients.__setitem__("demand_share", w.clients["demand_share"].to_numpy()[::-1].copy()),
    "places": lambda w: w.regions.__setitem__("longitude", w.regions["longitude"] / 2),
    "zones": lambda w: w.regions.__setitem__("legal_zone", "EU"),
    "round trips": lambda w: w.rtt_ms.__setitem__("rtt_ms", w.rtt_ms["rtt_ms"] + 5),
    "a budget": lambda w: setattr(w.workloads["w0"], "latency_budget_ms", 77.0),
    "round trips of a class": lambda w: setattr(w.workloads["w1"], "round_trips", 9),
    "a setting": lambda w: setattr(w, "egress_usd_per_gb", 0.123),
    "a legal rule": lambda w: w.legal_zones.__setitem__("inbound", "blocked"),
    "an adequacy decision": lambda w: w.legal_transfers.__setitem__("to_zone", "CN"),
    "a home": lambda w: w.clients.__setitem__("service", "r0"),
    "a factor on a price": lambda w: w.profiles.__setitem__("price_relative", w.profiles["price_relative"] + 0.5),
    "a factor on carbon": lambda w: w.profiles.__setitem__("carbon_relative", w.profiles["carbon_relative"] + 0.5),
    "hours of profiles": lambda w: w.profiles.__setitem__("hour_utc", 23 - w.profiles["hour_utc"]),
    "regions of profiles": lambda w: w.profiles.__setitem__("region_id", w.profiles["region_id"].replace(SWAP)),
    "seasons": lambda w: w.profiles.__setitem__("season", w.profiles["season"].replace(OPPOSITE)),
    "hemispheres": lambda w: w.regions.__setitem__("latitude", -w.regions["latitude"]),
    "a curve of the day": lambda w: w.demand_profiles.__setitem__("relative_load", 0.5),
    "hours of curves": lambda w: w.demand_profiles.__setitem__("local_hour", 23 - w.demand_profiles["local_hour"]),
    "names of curves": lambda w: w.demand_profiles.__setitem__("profile_id", w.demand_profiles["profile_id"].replace(
        {"day": "night", "night": "day"})),
    "the curve of a class": lambda w: setattr(w.workloads["w0"], "demand_profile", "night"),
    "clocks": lambda w: w.clients.__setitem__("timezone", "Asia/Kolkata"),
    "an hour": lambda w: setattr(w, "hour", 11),
    "a season": lambda w: setattr(w, "season", "winter"),
    "a latency of an arc": lambda w: w.arcs.__setitem__("latency_ms", w.arcs["latency_ms"] / 2),
    "friction of an arc": lambda w: w.arcs.__setitem__("friction_usd_per_mwh", 3.5),
    "whether an arc is open": lambda w: w.arcs.__setitem__("allowed", "true"),
    "where an arc leads": lambda w: w.arcs.__setitem__("region", w.arcs["region"].replace(SWAP)),
    "whose an arc is": lambda w: w.arcs.__setitem__("client", w.arcs["client"].replace({"c0": "c1", "c1": "c0"})),
    "of which class an arc is": lambda w: w.arcs.__setitem__("workload", w.arcs["workload"].replace(
        {"w0": "w1", "w1": "w0"})),
    # no text, as one writes it in Python
    "what a block costs": lambda w: w.supply.__setitem__("price_usd_per_mwh", 60.0),
    "whose a block is": lambda w: w.supply.__setitem__("region", "r1"),
    "what a region offers": lambda w: w.systems.__setitem__("offered", True),
    "which region offers it": lambda w: w.systems.__setitem__("region", w.systems["region"].replace(SWAP)),
    "which class it offers": lambda w: w.systems.__setitem__("workload", w.systems["workload"].replace(
        {"w0": "w1", "w1": "w0"})),
    "a custom rule": lambda w: w.legal_custom.__setitem__("allowed", "true"),
    "a zone of a custom rule": lambda w: w.legal_custom.__setitem__("to_zone", w.legal_custom["to_zone"].replace(
        {"NO": "NA", "NA": "NO"})),
}  # fmt: skip
SWAP = {"r0": "r1", "r1": "r0"}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_in_place_makes_another_network(name):
    """
    Results are remembered by network, so an edit that went unnoticed would return a stale
    placement.
    """
    world = full_scenario()
    before = build_network(world)
    assert before == build_network(world) and hash(before) == hash(build_network(world))
    EDITS[name](world)
    after = build_network(world)
    assert after != before
    assert after.geography is before.geography or name in {
        "places", "zones", "round trips", "a legal rule", "an adequacy decision", "a home", "hemispheres",
        "a custom rule", "a zone of a custom rule",
    }  # fmt: skip
    assert_allclose(solve(world).optimum.objective, Reference(world).optimum("cost"), rtol=1e-6)


def full_scenario() -> Scenario:
    """
    A random scenario that has every table that counts, at one moment; its classes follow different
    curves.
    """
    world = _exceptional(_full_seed())
    block = {"block_mw": 1.0, "price_usd_per_mwh": 50.0, "carbon_g_per_kwh": 100.0}
    world.supply = pd.DataFrame({"region": ["r0"], "block": 1} | block)
    return world


def _exceptional(seed: int) -> Scenario:
    settings = {"latency_model": "measured", "objective": "cost", "hour": 4, "season": "summer"}
    return random_scenario(seed, 4, 4, 2, exceptions=True, **settings)


NOT_THERE = ("sources", "supply", "translations")  # in a world of random numbers


@cache
def _full_seed() -> int:
    curves = ["day", "night"]
    worlds = ((seed, _exceptional(seed)) for seed in range(99))
    return next(
        seed for seed, w in worlds
        if all(getattr(w, name) is not None for name in TABLES if name not in NOT_THERE)
        and [workload.demand_profile for workload in w.workloads.values()] == curves
        and len(w.arcs) > 3
    )  # fmt: skip


def test_title_and_names_do_not_matter_to_the_numbers(world):
    before = build_network(world)
    world.title = "Another title"
    world.regions["name"] = "Anywhere"
    assert build_network(world) == before


@pytest.mark.parametrize("signal", CARBON_SIGNALS)
def test_the_carbon_signal_chooses_the_column(signal):
    world = random_scenario(1, carbon_signal=signal, hour="average", season="annual")
    column = f"carbon_{signal.replace(' ', '_')}_g_per_kwh"
    assert build_network(world).carbon_kg_per_mwh.tolist() == world.regions[column].tolist()


def test_a_carbon_signal_without_its_column_is_a_problem_with_a_fix(world):
    world.regions = world.regions.drop(columns="carbon_operating_margin_g_per_kwh")
    world.carbon_signal = "operating margin"
    with pytest.raises(ScenarioError, match="carbon_operating_margin_g_per_kwh") as error:
        build_network(world)
    (problem,) = error.value.problems
    assert problem.file == "regions.csv" and "another carbon signal" in problem.fix
    assert problem.fix.endswith("They have: combined margin, marginal, average.")


def with_carbon(*signals: str, **settings: Any) -> Scenario:
    """The classroom with columns for these carbon signals alone."""
    s = Scenario.load("classroom-3x3")
    regions = s.regions.drop(columns=[*CARBON_COLUMNS.values()], errors="ignore")
    for n, signal in enumerate(signals):
        regions[CARBON_COLUMNS[signal]] = [100.0 + n, 400.0, 800.0]
    return Scenario(regions=regions, clients=s.clients, workloads=s.workloads_table(), **settings)


SUBSETS = [c for n in range(1, 5) for c in combinations(CARBON_SIGNALS, n)]


@pytest.mark.parametrize("signals", SUBSETS, ids="+".join)
def test_without_a_choice_marginal_counts_or_else_the_first_that_is_there(signals):
    scenario = with_carbon(*signals)
    assert scenario.carbon_signals == signals
    assert scenario.carbon_signal == ("marginal" if "marginal" in signals else signals[0])
    assert scenario.copy().carbon_signal == scenario.carbon_signal
    placement = solve(scenario)
    assert carbon_intensities(scenario).keys() == set(signals)
    column = CARBON_COLUMNS[scenario.carbon_signal]
    assert placement.network.carbon_kg_per_mwh.tolist() == scenario.regions[column].tolist()
    offered = [s for s in CARBON_SIGNALS if scenario.offers("carbon_signal", s)]
    assert offered == [*signals]


def test_a_choice_counts_even_where_its_column_is_missing():
    scenario = with_carbon("average", carbon_signal="combined margin")
    with pytest.raises(ScenarioError, match="carbon_combined_margin_g_per_kwh"):
        solve(scenario)
    assert scenario.offers("carbon_signal", "combined margin")  # as it is what is chosen


def test_regions_need_one_carbon_column_and_no_hole_in_any():
    with pytest.raises(ScenarioError, match="there is no column carbon_combined_margin"):
        with_carbon()
    regions = with_carbon("average", "operating margin").regions
    regions.loc[1, "carbon_operating_margin_g_per_kwh"] = np.nan
    _, problems = parse("regions", regions)
    assert [(p.row, p.column) for p in problems] == [(1, "carbon_operating_margin_g_per_kwh")]


def test_the_fixed_part_of_a_price_does_not_follow_the_hours():
    """90 USD/MWh with 30 fixed, in an hour at half the mean: 30 + 60 / 2."""
    s = Scenario.load("classroom-3x3")
    rows = [("north", "annual", hour, 0.5 if hour == 7 else 1.0) for hour in range(24)]
    rows += [("middle", "annual", hour, 0.5 if hour == 7 else 1.0) for hour in range(24)]
    s.profiles = pd.DataFrame(rows, columns=["region_id", "season", "hour_utc", "price_relative"])
    s.regions = s.regions.assign(electricity_price_usd_per_mwh=90.0)
    without = s.copy()
    s.regions = s.regions.assign(fixed_usd_per_mwh=[30.0, np.nan, 30.0])
    assert build_network(s).price_usd_per_mwh.tolist() == [90.0, 90.0, 90.0]
    assert build_network(s) == build_network(without)
    s.hour = without.hour = 7
    assert build_network(s).price_usd_per_mwh.tolist() == [60.0, 45.0, 90.0]
    assert build_network(without).price_usd_per_mwh.tolist() == [45.0, 45.0, 90.0]


def test_the_basis_of_demand_chooses_the_shares():
    s = Scenario.load("classroom-3x3")
    assert s.demand_bases == ("people",) and not s.offers("demand_basis", "prompts")
    s.clients = s.clients.assign(demand_share_capacity=[0.1, 0.2, 0.7])
    assert build_network(s).demand_mw.sum(axis=1) == pytest.approx([20, 50, 30])
    s.demand_basis = "installed capacity"
    assert build_network(s).demand_mw.sum(axis=1) == pytest.approx([10, 20, 70])
    assert s.demand_bases == ("people", "installed capacity")
    s.demand_basis = "prompts"
    with pytest.raises(ScenarioError, match="demand_share_prompts") as error:
        build_network(s)
    assert error.value.problems[0].fix.endswith("They have: people, installed capacity.")


def test_shares_of_every_basis_sum_to_one_and_have_no_hole():
    clients = Scenario.load("classroom-3x3").clients
    _, problems = parse("clients", clients.assign(demand_share_prompts=[0.5, np.nan, 0.5]))
    assert [(p.row, p.column) for p in problems] == [(1, "demand_share_prompts")]
    s = Scenario.load("classroom-3x3")
    with pytest.raises(ScenarioError, match="demand_share_prompts"):
        Scenario(
            regions=s.regions,
            clients=clients.assign(demand_share_prompts=[0.5, 0.1, 0.1]),
            workloads=s.workloads_table(),
        )


def test_a_fixed_part_below_zero_is_refused():
    regions = Scenario.load("classroom-3x3").regions.assign(fixed_usd_per_mwh=[1.0, -1.0, 0.0])
    _, problems = parse("regions", regions)
    assert [(p.row, p.column, p.value) for p in problems] == [(1, "fixed_usd_per_mwh", "-1")]


def test_edits_that_contradict_other_tables_are_found(world):
    world.clients["service"] = "atlantis"
    with pytest.raises(ScenarioError, match="atlantis"):
        build_network(world)


@pytest.mark.parametrize(
    ("table", "column"), [("regions", "pue"), ("regions", "latitude"), ("clients", "demand_share")]
)
def test_a_cell_spoilt_in_place_is_named(table, column):
    scenario = Scenario.load("classroom-3x3")
    getattr(scenario, table).loc[1, column] = float("nan")
    with pytest.raises(ScenarioError) as caught:
        build_network(scenario)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column, problem.value) == (
        f"{table}.csv",
        3,
        column,
        "nan",
    )


def arcs(**columns: object) -> pd.DataFrame:
    """An arc of the classroom's Chat, from North Town to Middle, and what is said of it."""
    return pd.DataFrame(
        {"client": ["north-town"], "region": "middle", "workload": "chat"} | columns
    )


def test_an_arc_is_as_its_table_says_and_the_others_are_as_before():
    world = Scenario.load("classroom-3x3")
    world.param.update(latency_value=0.1, relocation_overhead=0.1, transport_kwh_per_gb=1.0)
    before, (i, j, k) = build_network(world), (0, 1, 0)
    others = np.ones(before.latency_ms.shape, bool)
    others[i, j, k] = False

    world.arcs = arcs(latency_ms=[before.latency_ms[i, j, k] + 7])
    after = build_network(world)
    assert (
        after.latency_ms[i, j, k]
        == after.wan_ms[i, j, k] + (before.latency_ms - before.wan_ms)[i, j, k]
    )
    assert after.wan_ms[i, j, k] == pytest.approx(before.wan_ms[i, j, k] + 7)
    worth = 7 * 0.1 * before.requests_per_mwh[k] / 1e6
    assert after.friction_usd_per_mwh[i, j, k] == pytest.approx(
        before.friction_usd_per_mwh[i, j, k] + worth
    )
    for name in ("latency_ms", "wan_ms", "friction_usd_per_mwh", "carbon_kg_per_arc_mwh"):
        assert_allclose(getattr(after, name)[others], getattr(before, name)[others])

    world.arcs = arcs(friction_usd_per_mwh=[-3])
    world.friction_scale = 2.0
    scaled, world.arcs = build_network(world), None
    plain = build_network(world)
    assert scaled.friction_usd_per_mwh[i, j, k] == -3
    assert_allclose(scaled.friction_usd_per_mwh[others], plain.friction_usd_per_mwh[others])
    assert_allclose(scaled.carbon_kg_per_arc_mwh, plain.carbon_kg_per_arc_mwh)


@pytest.mark.parametrize(("spoil", "column", "value"), [
    (lambda w: w.arcs.__setitem__("latency_ms", float("inf")), "latency_ms", "inf"),
    (lambda w: w.arcs.__setitem__("latency_ms", True), "latency_ms", "True"),
    (lambda w: w.arcs.__setitem__("region", "atlantis"), "region", "atlantis"),
    (lambda w: w.arcs.__setitem__("allowed", "NO"), "allowed", "NO"),
    (lambda w: w.arcs.__setitem__("region", "north"), "allowed", "false"),
])  # fmt: skip
def test_a_table_of_arcs_spoilt_in_place_is_one_problem(spoil, column, value):
    world = Scenario.load("classroom-3x3")
    world.arcs = arcs(latency_ms=[60.0], allowed=[False])
    build_network(world)
    spoil(world)
    with pytest.raises(ScenarioError) as caught:
        build_network(world)
    (problem,) = caught.value.problems
    assert (problem.column, problem.value) == (column, value) and problem.file.startswith("arcs")
    assert problem.fix
    if value == "false":
        assert "always lawful" in problem.what and "systems.csv" in problem.fix


@pytest.mark.parametrize("share", [0.333, 0.3333, 1 / 3, 0.33366])
def test_shares_that_are_rounded_lose_no_load(share):
    """Three of 0.333 sum to 0.999: accepted, and all of the demand is there and is served."""
    world = random_scenario(
        5, 3, 3, 3, hour="average", season="annual", total_demand_mw=900.0, capacity_scale=1e6
    )
    world.clients = world.clients.assign(demand_share=share)
    world.regions = world.regions.assign(capacity_mw=1.0)
    for workload in world.workloads.values():
        workload.param.update(share_of_demand=share, latency_budget_ms=1e6)
    assert build_network(world).demand_mw.sum() == pytest.approx(900, rel=1e-12)
    placement = solve(world)
    assert (
        placement.flows["it_mw"].sum() == pytest.approx(900, rel=1e-9)
        and placement.unserved_mw == 0
    )


def test_shares_that_a_slider_has_moved_stay():
    world = random_scenario(5, 3, 3, 2, hour="average", season="annual")
    before = build_network(world).demand_mw.sum()
    world.workloads["w0"].share_of_demand += 0.1 * (1 - world.workloads["w0"].share_of_demand)
    assert build_network(world).demand_mw.sum() > before * 1.001
