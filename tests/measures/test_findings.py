"""
What the framework is for: that its findings hold, in numbers, on the scenarios that come along.
"""

import xml.etree.ElementTree as ElementTree

import findings
import numpy as np
import pytest

from explorer import Scenario, frontier, solve
from explorer.measures.attribution import FACTORS
from explorer.model.network import build_network
from explorer.packaged_data import ASSETS
from explorer.scenario.scenario import LEGAL_POLICIES


def test_waiting_longer_opens_places_and_lowers_the_objective():
    table = findings.relaxing()
    assert (table["regions"].diff().dropna() >= 0).all() and (
        table["objective_usd_per_h"].diff().dropna() <= 1e-6
    ).all()
    first, last = table.iloc[0], table.iloc[-1]
    assert (first["regions"], last["regions"]) == (
        1.0,
        pytest.approx((11 * 11 + 1) / 12),
    )  # all but closed China
    assert last["objective_usd_per_h"] < 0.95 * first["objective_usd_per_h"]


def test_a_common_relaxation_never_costs_and_never_closes_a_place():
    scenario = Scenario.load(findings.STYLISED)
    pairs, objective = [], []
    for scenario.latency_relaxation_ms in (-84, -20, 0, 40, 100, 300):
        network = build_network(scenario)
        pairs.append(network.allowed.sum(axis=(0, 1)))
        objective.append(solve(scenario).objective_usd_per_h)
    assert (np.diff(pairs, axis=0) >= 0).all() and (
        pairs[-1] > pairs[0]
    ).sum() == 2  # C and D had all before
    assert (np.diff(objective) <= 1e-6).all() and objective[-1] < objective[0]


def test_cheap_is_not_clean():
    """On the way to lower cost, some step of the frontier raises emissions."""
    table = frontier(Scenario.load(findings.STYLISED), over="A").table
    assert (table["crl_kg_per_h_per_ms"] < 0).any()


def test_classes_part_into_layers_by_their_patience():
    share = findings.layers()
    assert (share["energy-oriented"].diff().dropna() > 0).all() and (
        share["local"].diff().dropna() < 0
    ).all()
    interactive, batch = share.iloc[0], share.iloc[-1]
    assert (
        interactive["energy-oriented"] == 0 and 0 < interactive["regional"] < interactive["local"]
    )
    assert batch["energy-oriented"] > 0.5


def test_interactive_work_stays_near_because_of_its_own_time_and_state():
    """
    Without the time to its first token it would run far away, and without state less would stay at
    home.
    """
    scenario = Scenario.load(findings.STYLISED)
    share = findings.layers().iloc[0]
    a = scenario.workloads["A"]
    a.prefill_ms = 0
    network = build_network(scenario)
    mw = solve(scenario).layers.set_index(["workload", "layer"])["it_mw"]
    assert mw["A", "energy-oriented"] > 0
    assert network.within_budget[:, :, 0].sum() > 60
    a.prefill_ms, a.state_local_share = 160, 0
    mw = solve(scenario).layers.set_index(["workload", "layer"])["it_mw"]
    assert mw["A", "local"] / mw["A"].sum() < share["local"] and mw["A", "energy-oriented"] == 0


def test_each_obstacle_cuts_the_benefit():
    table = findings.held_back()
    assert [*table.index] == [*FACTORS]
    assert (table["usd_per_h"] > 0).all() and (table["alone_usd_per_h"] > 0).all()
    assert (
        table["usd_per_h"] > 0.05 * table["usd_per_h"].sum()
    ).all()  # none hides behind the others


def test_a_stricter_law_never_lowers_the_objective():
    for name in (findings.STYLISED, findings.EUROPE):
        scenario = Scenario.load(name)
        objective = {}
        for scenario.legal_policy in LEGAL_POLICIES:
            objective[scenario.legal_policy] = solve(scenario).objective_usd_per_h
        for other in objective:
            assert objective["open"] <= objective[other] + 1e-3
        assert objective["adequacy"] < objective["same zone"]


def test_what_binds_differs_from_world_to_world():
    table = findings.binding()
    shares = table[[*FACTORS]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert (
        shares.loc[findings.EUROPE].idxmax() == "law" and shares.loc[findings.EUROPE, "law"] > 0.5
    )
    assert {*shares.loc[findings.MEDIA].nlargest(2).index} == {"egress", "state locality"}
    assert shares.loc[findings.STYLISED].max() < 0.5  # a bit of everything
    assert (
        table.loc[findings.EUROPE, "relaxed"] < 0.01 and table.loc[findings.MEDIA, "relaxed"] < 0.01
    )
    assert table.loc[findings.STYLISED, "relaxed"] > 0.02


def test_the_busiest_place_changes_through_the_day():
    load, day = findings.sun()
    assert load.idxmax(axis=1).nunique() >= 3
    swing = load.max() - load.min()
    assert (swing > 0.5 * load.max()).sum() >= 5  # empty at one hour, busy at another
    # a few percent: only the energy part of a price follows the hours
    assert day["by_means_usd_per_h"].sum() > 1.02 * day["objective_usd_per_h"].sum()


def test_the_pictures_can_be_drawn_and_are_the_ones_that_come_along(tmp_path):
    findings.draw(tmp_path)
    kept = ASSETS / "findings"
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in kept.iterdir()}
    assert sum(file.stat().st_size for file in kept.iterdir()) < 150_000
    for file in tmp_path.iterdir():
        assert texts(file) == texts(kept / file.name), "run python tests/findings.py"


def texts(file) -> list[str]:
    """The words and numbers of a picture."""
    return [node.text for node in ElementTree.parse(file).iter("{http://www.w3.org/2000/svg}text")]
