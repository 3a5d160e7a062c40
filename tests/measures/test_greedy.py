"""A greedy placement is feasible, what its rule says, and never better than the optimum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import Scenario, greedy, solve
from explorer.measures.greedy import greedy_placement
from explorer.model.network import build_network
from tests.scenarios import random_scenario


def by_hand(net):
    """The rule, a megawatt-loop at a time: load by client, region and class."""
    room = [float(c) for c in net.capacity_mw]
    placed = np.zeros(net.allowed.shape)
    clients, regions, classes = net.allowed.shape
    for i in range(clients):
        for k in range(classes):
            j = net.home[i]
            if net.allowed[i, j, k]:
                mw = min(room[j], net.pinned_mw[i, k])
                placed[i, j, k] += mw
                room[j] -= mw
    free = net.demand_mw - net.pinned_mw
    demands = sorted(
        ((i, k) for i in range(clients) for k in range(classes)), key=lambda ik: -free[ik]
    )
    for i, k in demands:
        left = free[i, k]
        for j in sorted(range(regions), key=lambda j: net.cost_usd_per_mwh[i, j, k]):
            if net.allowed[i, j, k]:
                mw = min(left, room[j])
                placed[i, j, k] += mw
                room[j] -= mw
                left -= mw
    return placed


@given(st.integers(0, 10_000), st.booleans())
def test_it_is_what_its_rule_says_and_feasible_and_never_better_than_the_optimum(seed, lumpy):
    scenario = random_scenario(seed, lumpy=lumpy, objective="cost")
    net = build_network(scenario)
    made, best = greedy_placement(net), solve(scenario)
    total = net.demand_mw.sum()
    assert made.it_mw == pytest.approx(by_hand(net), abs=1e-9 * total)
    assert (made.it_mw[~net.allowed] == 0).all()
    assert (made.region_it_mw <= net.capacity_mw + 1e-9 * total).all()
    assert made.served_mw + made.unserved_mw == pytest.approx(total)
    penalty = net.unserved_usd_per_mwh
    paid, least = (p.objective_usd_per_h + penalty * p.unserved_mw for p in (made, best))
    assert paid >= least - 1e-9 * penalty * total


def test_in_the_world_it_misses_a_part_of_the_saving():
    table = greedy(Scenario.load("world-2025")).set_index("placement")
    cost = table["objective_usd_per_h"]
    assert cost["optimum"] < cost["greedy"] < cost["baseline"]
    missed = (cost["greedy"] - cost["optimum"]) / (cost["baseline"] - cost["optimum"])
    assert table.attrs["missed_share"] == pytest.approx(missed)


def test_where_it_strands_load_nothing_is_compared():
    table = greedy(Scenario.load("classroom-3x3")).set_index("placement")
    assert table["unserved_mw"].to_dict() == pytest.approx(
        {"baseline": 0, "greedy": 2, "optimum": 0}, abs=1e-9
    )
    assert np.isnan(table.attrs["missed_share"])


def test_a_cap_on_mean_delay_is_left_out_of_both():
    scenario = Scenario.load("classroom-3x3")
    free = greedy(scenario)
    scenario.mean_delay_cap_ms = 1.0
    assert greedy(scenario)["objective_usd_per_h"].tolist() == pytest.approx(
        free["objective_usd_per_h"].tolist()
    )
