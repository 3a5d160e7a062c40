"""Laws that every placement obeys, reasons for what goes unserved, and the two sample scenarios."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import DEMAND, Reference
from scenarios import random_scenarios

from explorer import Placement, Scenario, certificate, solve
from explorer.scenario.scenario import OBJECTIVES

any_objective = random_scenarios(
    objective=st.sampled_from(OBJECTIVES), lumpy=st.booleans(), exceptions=st.booleans()
)
for_cost = random_scenarios(lumpy=st.booleans(), exceptions=st.booleans())


def penalised(placement: Placement) -> float:
    """
    What the cost objective minimises: cost, priced carbon and the penalty on unserved load. [USD/h]
    """
    return (
        placement.objective_usd_per_h
        + placement.network.unserved_usd_per_mwh * placement.unserved_mw
    )


def at_most(value: float) -> float:
    """Room for rounding above a bound."""
    return value + 1e-7 * abs(value) + 1e-6


@given(world=any_objective)
def test_totals_balance(world):
    placement = solve(world)
    flows, clients = placement.flows, world.clients.set_index("id")[DEMAND[world.demand_basis]]
    served: Any = flows.groupby(["client", "workload"])["it_mw"].sum()
    unserved: Any = placement.unserved.groupby(["client", "workload"])["unserved_mw"].sum()
    for client, share in clients.items():
        for key, workload in world.workloads.items():
            total = served.get((client, key), 0.0) + unserved.get((client, key), 0.0)
            assert total == pytest.approx(
                world.total_demand_mw * share * workload.share_of_demand, abs=1e-6
            )
    assert placement.served_mw == pytest.approx(flows["it_mw"].sum(), abs=1e-6)
    assert placement.served_mw + placement.unserved_mw == pytest.approx(
        world.total_demand_mw
        * clients.sum()
        * sum(w.share_of_demand for w in world.workloads.values())
    )
    assert placement.relocated_mw == pytest.approx(
        flows.loc[~flows["is_home"], "it_mw"].sum(), abs=1e-6
    )
    by_region = [flows.loc[flows["region"] == j, "it_mw"].sum() for j in world.regions["id"]]
    regions = placement.regions
    assert_allclose(regions["it_mw"], by_region, atol=1e-6)
    assert_allclose(regions["facility_mw"], regions["it_mw"] * world.regions["pue"])
    assert_allclose(
        regions["utilisation"] * world.regions["capacity_mw"] * world.capacity_scale,
        by_region,
        atol=1e-6,
    )


@given(world=any_objective)
def test_no_flow_violates_its_budget_law_locality_or_capacity(world):
    placement, reference = solve(world), Reference(world)
    for flow in placement.flows.to_dict("records"):
        key = flow["client"], flow["region"], flow["workload"]
        arc, home = reference.arcs[key], reference.home[flow["client"]]
        assert reference.open(key), flow
        assert flow["latency_ms"] == pytest.approx(arc.latency_ms)
        assert (flow["service"], flow["is_home"]) == (home, flow["region"] == home)
        if not flow["is_home"]:
            assert reference.free[flow["client"], flow["workload"]] >= flow["it_mw"] - 1e-6
    load = placement.regions.set_index("region")["it_mw"]
    assert all(load[j] <= capacity + 1e-6 for j, capacity in reference.capacity.items())


@given(world=any_objective)
def test_figures_equal_their_recomputation_from_the_flows(world):
    placement, reference = solve(world), Reference(world)
    flows = placement.flows
    arcs = [
        reference.arcs[key]
        for key in flows[["client", "region", "workload"]].itertuples(index=False, name=None)
    ]
    for column, name in (("energy_usd", "energy_usd_per_h"), ("friction_usd", "friction_usd_per_h"),
                         ("carbon_kg", "carbon_kg_per_h")):  # fmt: skip
        assert_allclose(
            flows[name],
            [mw * getattr(arc, column) for mw, arc in zip(flows["it_mw"], arcs, strict=True)],
        )

    def close(value: Any) -> Any:
        return pytest.approx(value, rel=1e-9, abs=1e-6)

    cost, carbon = placement.cost_usd_per_h, placement.carbon_kg_per_h
    assert cost == close(flows["energy_usd_per_h"].sum() + flows["friction_usd_per_h"].sum())
    assert carbon == close(flows["carbon_kg_per_h"].sum())
    assert placement.friction_usd_per_h == close(flows["friction_usd_per_h"].sum())
    assert placement.objective_usd_per_h == close(
        cost + world.carbon_price_usd_per_t * carbon / 1000
    )
    priced = sum(mw * arc.cost_usd for mw, arc in zip(flows["it_mw"], arcs, strict=True))
    assert placement.objective_usd_per_h == close(priced)
    assert placement.grid_mw @ placement.network.carbon_kg_per_mwh == close(carbon)
    if placement.served_mw:
        mean = np.average(flows["latency_ms"], weights=flows["it_mw"])
        assert placement.mean_latency_ms == pytest.approx(mean)


@given(world=for_cost, more_ms=st.floats(0, 500), workload=st.integers(0, 2))
def test_waiting_longer_never_costs_more(world, more_ms, workload):
    strict = penalised(solve(world))
    keys = list(world.workloads)
    world.workloads[keys[workload % len(keys)]].latency_budget_ms += more_ms
    one = penalised(solve(world))
    world.latency_relaxation_ms += more_ms
    assert one <= at_most(strict) and penalised(solve(world)) <= at_most(one)


@given(world=for_cost, factor=st.floats(1, 3), region=st.integers(0, 4))
def test_more_capacity_never_costs_more(world, factor, region):
    scarce = penalised(solve(world))
    world.regions.loc[region % len(world.regions), "capacity_mw"] *= factor
    one = penalised(solve(world))
    world.capacity_scale *= factor
    assert one <= at_most(scarce) and penalised(solve(world)) <= at_most(one)


@given(
    world=random_scenarios(lumpy=st.booleans())
)  # an arc faster than its model may earn by being so
def test_no_friction_law_or_locality_never_costs_more(world):
    world.regions["electricity_price_usd_per_mwh"] = world.regions[
        "electricity_price_usd_per_mwh"
    ].clip(lower=0)
    costs = [penalised(solve(world))]
    for setting, value in (("friction_scale", 0.0), ("latency_value", 0.0), ("legal_policy", "open"),
                           ("state_local_scale", 0.0)):  # fmt: skip
        setattr(world, setting, value)
        costs.append(penalised(solve(world)))
    assert all(after <= at_most(before) for before, after in pairwise(costs))


@given(world=for_cost)
def test_each_objective_is_best_at_what_it_minimises(world):
    found = {}
    for objective in OBJECTIVES:
        world.objective = objective
        found[objective] = solve(world)
    least_unserved = min(p.unserved_mw for p in found.values())
    if all(p.unserved_mw < least_unserved + 1e-6 for p in found.values()):
        assert found["cost"].objective_usd_per_h <= at_most(
            min(p.objective_usd_per_h for p in found.values())
        )
        assert found["carbon"].carbon_kg_per_h <= at_most(
            min(p.carbon_kg_per_h for p in found.values())
        )
        assert found["latency"].mean_wan_ms <= at_most(min(p.mean_wan_ms for p in found.values()))
    assert found["cost"].baseline.totals() == pytest.approx(found["latency"].totals(), abs=1e-6)
    assert found["latency"].baseline is found["latency"]


@given(world=random_scenarios(regional_radius_km=st.floats(0, 15_000)))
def test_layers_follow_the_distance_from_home(world):
    reference = Reference(world)
    for flow in solve(world).flows.to_dict("records"):
        near = reference.distance_km(flow["service"], flow["region"]) <= world.regional_radius_km
        assert flow["layer"] == (
            "local" if flow["is_home"] else "regional" if near else "energy-oriented"
        )


def two_regions(**changes: object) -> Scenario:
    """
    A town whose home region has no room, and a region half the world away that has. Cells are set
    by 'column@id'.
    """
    place = {
        "latitude": 0.0,
        "legal_zone": ["X", "Y"],
        "electricity_price_usd_per_mwh": 50.0,
        "pue": 1.0,
    }
    carbon = {"carbon_marginal_g_per_kwh": 100.0, "carbon_average_g_per_kwh": 100.0}
    ids = {"id": ["home", "far"], "name": ["Home", "Far"], "longitude": [0.0, 90.0]}
    regions = pd.DataFrame(ids | place | carbon | {"capacity_mw": [0.0, 50.0]})
    clients = pd.DataFrame(
        {
            "id": ["town"],
            "name": "Town",
            "latitude": 0.0,
            "longitude": 0.0,
            "legal_zone": "X",
            "demand_share": 1.0,
        }
    )
    workloads = pd.DataFrame(
        {"id": ["chat"], "name": "Chat", "latency_budget_ms": 500.0, "energy_wh_per_request": 1.0, "request_kb": 4.0,
         "response_kb": 2.0, "state_mb": 0.0, "prefill_ms": 100.0, "share_of_demand": 1.0, "state_local_share": 0.0}
    )  # fmt: skip
    for name in [name for name in changes if "@" in name]:
        column, _, region = name.partition("@")
        regions.loc[regions["id"] == region, column] = changes.pop(name)
    for name in [name for name in changes if name in workloads]:
        workloads[name] = changes.pop(name)
    settings = {"total_demand_mw": 20.0, "legal_policy": "open"} | changes
    return Scenario(regions=regions, clients=clients, workloads=workloads, **settings)


def exception(region: str, **columns: object) -> pd.DataFrame:
    """A row on Chat in a region."""
    return pd.DataFrame({"region": [region], "workload": "chat"} | columns)


@pytest.mark.parametrize(
    ("changes", "part", "unserved_mw", "constraint"),
    [
        (
            {"latency_budget_ms": 200.0},
            "free",
            20,
            "latency",
        ),  # far takes 14.7 + 8.5 + 0.0154 x 10008 + 100 = 277 ms
        ({"legal_policy": "same zone"}, "free", 20, "law"),
        (
            {"legal_policy": "same zone", "latency_budget_ms": 200.0},
            "free",
            20,
            "capacity",
        ),  # neither alone would help
        ({"state_local_share": 1.0}, "pinned", 20, "state locality"),
        ({"state_local_share": 0.5}, "pinned", 10, "state locality"),
        ({"capacity_mw@far": 15.0}, "free", 5, "capacity"),
        ({"total_demand_mw": 60.0, "capacity_mw@home": 5.0}, "free", 5, "capacity"),
        ({"capacity_mw@home": 50.0, "latency_budget_ms": 100.0}, "free", 20, "latency"),
        (
            {"capacity_mw@home": 50.0, "latency_budget_ms": 100.0, "state_local_share": 1.0},
            "pinned",
            20,
            "latency",
        ),
        ({"capacity_mw@home": 5.0, "latency_budget_ms": 200.0}, "free", 15, "latency"),
        (
            {"capacity_mw@home": 5.0, "state_local_share": 1.0, "capacity_mw@far": 0.0},
            "pinned",
            15,
            "capacity",
        ),
        ({"systems": exception("far", offered=False)}, "free", 20, "system"),
        (
            {"systems": exception("far", offered=False), "legal_policy": "same zone"},
            "free",
            20,
            "capacity",
        ),
        (
            {
                "capacity_mw@home": 50.0,
                "systems": exception("home", offered=False),
                "state_local_share": 1.0,
            },
            "pinned",
            20,
            "system or state locality",
        ),
        (
            {"arcs": exception("far", client="town", allowed=False), "legal_policy": "same zone"},
            "free",
            20,
            "arcs.csv",
        ),
        ({"arcs": exception("far", client="town", latency_ms=501.0)}, "free", 20, "latency"),
        (
            {"arcs": exception("far", client="town", allowed=True), "latency_budget_ms": 200.0},
            "free",
            20,
            "latency",
        ),
    ],
)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_unserved_load_has_its_reason(changes, part, unserved_mw, constraint, objective):
    placement = solve(two_regions(**changes, objective=objective))
    (row,) = placement.unserved.to_dict("records")
    assert (row["client"], row["workload"], row["part"], row["constraint"]) == (
        "town",
        "chat",
        part,
        constraint,
    )
    assert row["unserved_mw"] == pytest.approx(unserved_mw) == placement.unserved_mw


def test_an_open_arc_is_open_whatever_law_and_systems_say():
    closed = {"legal_policy": "same zone", "systems": exception("far", offered=False)}
    assert solve(two_regions(**closed)).unserved_mw == pytest.approx(20)
    placement = solve(two_regions(**closed, arcs=exception("far", client="town", allowed=True)))
    assert placement.unserved_mw == 0 and placement.relocated_mw == pytest.approx(20)
    assert certificate(placement).holds


def test_everything_served_needs_no_reason():
    placement = solve(two_regions())
    assert placement.unserved.empty and placement.relocated_mw == pytest.approx(20)


LIFTED = {
    "latency": {"latency_relaxation_ms": 1e6},
    "law": {"legal_policy": "open"},
    "system": {"systems": None},
    "arcs.csv": {"arcs": None},
    "state locality": {"state_local_scale": 0.0},
}


@given(world=random_scenarios(capacity_scale=st.floats(0.5, 3), exceptions=st.booleans()))
def test_lifting_the_reason_serves_more(world):
    before = solve(world)
    reasons = {name for joined in before.unserved["constraint"] for name in joined.split(" or ")}
    for name, settings in LIFTED.items():
        if name in reasons:
            lifted = world.copy()
            lifted.param.update(**settings)
            if name == "arcs.csv":  # what else the table says stays
                lifted.arcs = world.arcs.assign(allowed="true")
            assert solve(lifted).served_mw > before.served_mw


def markdown_table(text: str, *header: str) -> pd.DataFrame:
    """The table of that header in a Markdown text, cells as text without emphasis."""
    lines = text[text.index("| " + " | ".join(header) + " |") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]
    return pd.DataFrame(cells[2:], columns=header)


@pytest.fixture(scope="module")
def classroom() -> Scenario:
    return Scenario.load("classroom-3x3")


def test_the_classroom_comes_out_as_its_readme_works_it_out(classroom):
    placement = solve(classroom)
    header = "town", "class", "runs in", "MW", "latency ms", "USD/h", "kg/h"
    by_hand = markdown_table(classroom.documents["README.md"], *header)
    *rows, total = by_hand.replace(",", "", regex=True).itertuples(index=False, name=None)
    flows = placement.flows.assign(cost=lambda f: f["energy_usd_per_h"] + f["friction_usd_per_h"])
    for column, table in (("client", classroom.clients), ("region", classroom.regions)):
        flows[column] = flows[column].replace(dict(zip(table["id"], table["name"], strict=True)))
    flows["workload"] = flows["workload"].replace(
        {key: w.name for key, w in classroom.workloads.items()}
    )
    flows = flows.set_index(["client", "workload", "region"]).sort_index()
    assert len(flows) == len(rows)
    for town, workload, region, *numbers in rows:
        found = flows.loc[
            (town, workload, region), ["it_mw", "latency_ms", "cost", "carbon_kg_per_h"]
        ]
        assert_allclose(found.to_numpy(float), [float(n) for n in numbers], atol=1e-6)
    assert (
        placement.served_mw,
        placement.cost_usd_per_h,
        placement.carbon_kg_per_h,
    ) == pytest.approx([float(total[n]) for n in (3, 5, 6)])
    assert placement.objective_usd_per_h == pytest.approx(9865)
    assert placement.relocated_mw == pytest.approx(30)
    assert placement.unserved_mw == 0
    assert placement.regions["capacity_price_usd_per_mwh"].tolist() == pytest.approx(
        [54.5, 0, 0], abs=1e-4
    )


def test_the_classroom_baseline_stays_at_home(classroom):
    baseline = solve(classroom).baseline
    assert (baseline.cost_usd_per_h, baseline.carbon_kg_per_h) == pytest.approx((8960, 62_800))
    assert (baseline.relocated_mw, baseline.mean_wan_ms) == (0, 0)
    assert baseline.objective_usd_per_h == pytest.approx(12_100)


def test_the_classroom_prices_are_those_of_its_readme(classroom):
    by_hand = markdown_table(classroom.documents["README.md"], "town", "Chat", "Batch", "because")
    prices = solve(classroom).demand_prices.pivot(
        index="client", columns="workload", values="price_usd_per_mwh"
    )
    for town, chat, batch, _ in by_hand.itertuples(index=False, name=None):
        row = prices.loc[town.lower().replace(" ", "-")]
        assert (row["chat"], row["batch"]) == pytest.approx((float(chat), float(batch)), abs=1e-4)


def north_price(world: Scenario) -> float:
    return solve(world).regions["capacity_price_usd_per_mwh"].tolist()[0]


def test_the_classroom_questions(classroom):
    waits = classroom.copy()
    waits.workloads["chat"].latency_budget_ms = 180
    placement = solve(waits)
    figures = (
        placement.objective_usd_per_h,
        placement.cost_usd_per_h,
        placement.carbon_kg_per_h,
        placement.relocated_mw,
    )
    assert figures == pytest.approx((9675, 7100, 51_500, 30))
    assert north_price(waits) == pytest.approx(73.5, abs=1e-4)

    wider = classroom.copy()
    wider.regions.loc[0, "capacity_mw"] += 2.01
    assert north_price(wider) == pytest.approx(0, abs=1e-4)

    cheaper = classroom.copy()
    for egress, moved in ((0.384, 0.0), (0.383, 15.0)):
        cheaper.egress_usd_per_gb = egress
        flows = solve(cheaper).flows
        chat = flows[(flows["workload"] == "chat") & ~flows["is_home"]]
        assert sum(chat["it_mw"].tolist()) == pytest.approx(moved)


def test_the_world_is_served_and_moves():
    placement = solve(Scenario.load("world-2025"))
    for result in (placement, placement.baseline):
        assert result.unserved_mw == pytest.approx(0, abs=1e-6)
        assert result.served_mw == pytest.approx(2000, abs=0.1)
    assert placement.relocated_mw > placement.baseline.relocated_mw
    assert placement.objective_usd_per_h < placement.baseline.objective_usd_per_h
    assert placement.mean_wan_ms > placement.baseline.mean_wan_ms
    assert all(math.isfinite(value) for value in placement.totals().values())


def test_results_are_frozen():
    placement = solve(Scenario.load("classroom-3x3"))
    for array in (placement.it_mw, placement.away_mw):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0, 0] = 1.0
