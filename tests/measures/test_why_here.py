"""
Why load runs where it runs, against the program that shares no code: arc by arc over all regions,
and what one more MWh elsewhere would cost by solving with it.
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario, random_scenarios

from explorer import Scenario, solve, why_here
from explorer.measures.why_here import PARTS, find_flow, why_here_table
from explorer.model.network import build_network
from explorer.model.solve import solve_network
from explorer.scenario.provenance import cell_quality

PRICE = "electricity_price_usd_per_mwh"
worlds = random_scenarios(objective="cost")


def largest(placement, **ids):
    """The largest flow from home to region of a class that moves, by the table of flows."""
    flows = placement.flows.groupby(["service", "region", "workload"])["it_mw"].sum().reset_index()
    for name, id in ids.items():
        flows = flows[flows[{"home": "service"}.get(name, name)] == id]
    away = flows[flows["service"] != flows["region"]]
    return (away if len(away) else flows)["it_mw"].max() if len(flows) else None


@settings(max_examples=60)
@given(world=worlds)
def test_costs_limits_and_order_by_brute_force_over_all_regions(world):
    placement = solve(world)
    table, reference = why_here(world), Reference(world)
    assume(len(table))
    k, flow = table.attrs["workload_id"], find_flow(placement)
    client = placement.network.clients[flow.client]
    there, home = placement.network.regions[flow.region], reference.home[client]
    assert table.attrs["it_mw"] == pytest.approx(largest(placement))
    price = dict(
        zip(
            placement.regions["region"],
            placement.regions["capacity_price_usd_per_mwh"],
            strict=True,
        )
    )
    arc = {j: reference.arcs[client, j, k] for j in reference.regions}
    value = arc[there].cost_usd + price[there]
    loses = {j: arc[j].cost_usd + price[j] - value for j in arc}
    for row in table.to_dict("records"):
        j = row["region"]
        close = {"rel": 1e-6, "abs": 1e-4}
        parts = sum(row[f"{part}_usd_per_mwh"] for part in PARTS)
        assert row["total_usd_per_mwh"] == pytest.approx(arc[j].cost_usd, **close)
        assert parts == pytest.approx(row["total_usd_per_mwh"], **close)
        assert row["energy_usd_per_mwh"] == pytest.approx(arc[j].energy_usd, **close)
        assert row["carbon_kg_per_mwh"] == pytest.approx(arc[j].carbon_kg, **close)
        assert row["loses_usd_per_mwh"] == pytest.approx(loses[j], **close)
        late = arc[j].latency_ms - reference.budget[k]
        assert row["slack_ms"] == pytest.approx(-late, abs=1e-4)
        closed = [
            name for name, shut in (("latency", late > 1e-6), ("law", not arc[j].lawful)) if shut
        ]
        if j == there:
            assert row["constraint"] == "none"
        elif closed:
            assert row["constraint"] == " and ".join(closed)
        elif arc[j].cost_usd < value - 1e-3:
            assert row["constraint"] in ("capacity", "state locality")
            full = placement.regions.set_index("region")["utilisation"][j]
            assert full == pytest.approx(1) or row["constraint"] == "state locality"
        elif arc[j].cost_usd > value + 1e-3:
            assert row["constraint"] == "cost"
    rest = [j for j in arc if j not in (home, there)]
    runners = table.loc[table["role"] == "runner-up", "region"].tolist()
    assert len(runners) == min(3, len(rest))
    worst = max((loses[j] for j in runners), default=math.inf)
    assert all(loses[j] >= worst - 2e-3 for j in rest if j not in runners)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_what_a_place_loses_is_what_load_forced_there_costs_more(seed):
    """One more MWh there instead: the same world with a little of the load made unable to choose."""
    world = random_scenario(seed, clients=4, regions=5, workloads=2, objective="cost")
    network = build_network(world)
    placement = solve_network(network)
    flow = find_flow(placement)
    assume(flow is not None and not flow.stays)
    table, little_mw = why_here_table(placement, flow), 1e-5 * flow.it_mw
    i, k = flow.client, flow.workload
    reference = Reference(world)
    key = network.clients[i], network.workloads[k]
    before = reference.optimum("cost")
    runners = table[(table["role"] == "runner-up") & table["constraint"].isin(["cost", "capacity"])]
    for row in runners.to_dict("records"):
        forced = Reference(world)
        j = row["region"]
        assume(forced.capacity[j] > little_mw)
        forced.free[key] -= little_mw
        forced.capacity[j] -= little_mw
        more = forced.optimum("cost") + little_mw * forced.arcs[key[0], j, key[1]].cost_usd - before
        assert more / little_mw == pytest.approx(row["loses_usd_per_mwh"], rel=1e-3, abs=0.05)


def test_the_limit_is_the_one_whose_fall_saves_most():
    """With room for one more MWh in the region it names, the world gets that much cheaper."""
    world = Scenario.load("world-2025")
    table = why_here(world, home="in-delhi")
    limit = table.attrs["limit"]
    assert limit["constraint"] == "capacity"
    before = solve(world).objective_usd_per_h
    capacity = world.regions["capacity_mw"].where(
        world.regions["id"] != limit["region"], world.regions["capacity_mw"] + 0.01
    )
    world.regions = world.regions.assign(capacity_mw=capacity)
    assert (before - solve(world).objective_usd_per_h) / 0.01 == pytest.approx(
        limit["usd_per_mwh"], rel=1e-2
    )


def test_a_region_is_asked_for_its_flow_in_then_out_then_what_stays():
    world = Scenario.load("world-2025")
    placement = solve(world)
    flows = placement.flows[~placement.flows["is_home"]]
    for region in ("us-quincy", "in-delhi", "jp-tokyo"):
        table = why_here(world, region=region)
        roles = dict(zip(table["role"], table["region"], strict=False))
        if (flows["region"] == region).any():
            assert roles["there"] == region
            assert table.attrs["it_mw"] == pytest.approx(largest(placement, region=region))
        elif (flows["service"] == region).any():
            assert roles["home"] == region
            assert table.attrs["it_mw"] == pytest.approx(largest(placement, home=region))
        else:
            assert roles["home"] == region and "there" not in roles


def test_a_region_where_nothing_runs_is_the_first_of_the_runners_up():
    world = Scenario.load("world-2025")
    placement = solve(world)
    idle = placement.regions.loc[placement.regions["it_mw"] == 0, "region"].tolist()
    assert idle
    table = why_here(world, region=idle[0])
    assert table.loc[table["role"] == "runner-up", "region"].iloc[0] == idle[0]
    assert table.set_index("region")["constraint"][idle[0]] != "none"


def test_what_state_keeps_at_home_says_so():
    world = Scenario.load("world-2025")
    table = why_here(world, home="in-delhi", region="in-delhi")
    assert table["role"].tolist() == ["home", "runner-up", "runner-up", "runner-up"]
    assert table.attrs["pinned"] and "state locality" in table["constraint"].tolist()


def test_the_parts_of_friction_are_those_of_the_settings():
    world = Scenario.load("classroom-3x3")
    world.latency_value, world.carbon_price_usd_per_t = 0.01, 0.0
    before = why_here(world, workload="batch").set_index("role").loc["there"]
    for name, part in (
        ("egress_usd_per_gb", "egress"),
        ("operations_usd_per_mwh", "operations"),
        ("relocation_overhead", "overhead"),
        ("transport_kwh_per_gb", "transport"),
        ("latency_value", "latency"),
    ):
        value = getattr(world, name)
        setattr(world, name, value / 2)
        after = why_here(world, workload="batch").set_index("role").loc["there"]
        setattr(world, name, value)
        changed = {
            p
            for p in PARTS
            if not np.isclose(after[f"{p}_usd_per_mwh"], before[f"{p}_usd_per_mwh"])
        }
        assert changed == {part}
        assert after[f"{part}_usd_per_mwh"] == pytest.approx(before[f"{part}_usd_per_mwh"] / 2)


def test_every_figure_behind_a_place_has_its_quality():
    world = Scenario.load("world-2025")
    table = why_here(world, home="in-delhi")
    found = table.attrs["figures"]
    assert {each["place"] for each in found} == {*table["region"], table.attrs["workload_id"]}
    prices = {f["place"]: f for f in found if f["figure"] == PRICE}
    row = world.regions["id"].tolist().index("in-delhi")
    assert prices["in-delhi"]["quality"] == cell_quality(world, "regions", row, PRICE)
    assert prices["in-delhi"]["sources"]


@pytest.mark.parametrize("objective", ["carbon", "latency"])
def test_where_cost_does_not_decide_room_has_no_price(objective):
    world = Scenario.load("world-2025")
    world.objective = objective
    table = why_here(world)
    assert table[["capacity_price_usd_per_mwh", "loses_usd_per_mwh"]].isna().all(axis=None)
    assert (
        math.isnan(table.attrs["limit"]["usd_per_mwh"]) or not table.attrs["limit"]["usd_per_mwh"]
    )


def test_nothing_placed_is_nothing_to_explain():
    world = Scenario.load("classroom-3x3")
    world.total_demand_mw = 0.0
    assert why_here(world).empty


def test_an_unknown_id_is_named():
    with pytest.raises(ValueError, match="Unknown region 'atlantis'"):
        why_here(Scenario.load("classroom-3x3"), home="atlantis")
