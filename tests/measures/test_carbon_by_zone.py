"""Carbon by the legal zone of clients, against sums over an independent reference's arcs."""

from collections import defaultdict

import numpy as np
import pytest
from numpy.testing import assert_allclose
from reference import Reference
from scenarios import random_scenario

from explorer import Scenario, carbon_by_zone, solve
from explorer.presentation import render


def by_zone(world: Scenario, placement) -> dict[str, tuple[float, float]]:
    """Load and carbon of each zone's clients, flow by flow."""
    zone = dict(zip(world.clients["id"], world.clients["legal_zone"], strict=True))
    arcs = Reference(world).arcs
    found = defaultdict(lambda: [0.0, 0.0])
    for (i, j, k), mw in np.ndenumerate(placement.it_mw):
        net = placement.network
        client = net.clients[i]
        kg = arcs[client, net.regions[j], net.workloads[k]].carbon_kg if mw else 0.0
        found[zone[client]][0] += mw
        found[zone[client]][1] += mw * kg
    return {name: tuple(sums) for name, sums in found.items()}


@pytest.mark.parametrize("seed", range(40))
def test_each_zones_carbon_is_the_sum_over_its_clients_flows(seed):
    world = random_scenario(
        seed, 6, 4, 2, lumpy=seed % 2 == 1, exceptions=seed % 5 == 0,
        latency_relaxation_ms=150.0, capacity_scale=1.0 + seed % 3,
    )  # fmt: skip
    table, best = carbon_by_zone(world), solve(world)
    now, before = by_zone(world, best), by_zone(world, best.baseline)
    assert set(table["zone"]) == set(world.clients["legal_zone"]) and table["zone"].is_unique
    for row in table.itertuples():
        assert (row.it_mw, row.carbon_kg_per_h) == pytest.approx(now[row.zone])
        assert (row.baseline_it_mw, row.baseline_carbon_kg_per_h) == pytest.approx(before[row.zone])
        change = now[row.zone][1] - before[row.zone][1]
        scale = max(1.0, before[row.zone][1])
        assert row.change_kg_per_h == pytest.approx(change, abs=1e-9 * scale)
        if before[row.zone][1] > 0:
            expected = 100 * change / before[row.zone][1]
            assert row.change_percent == pytest.approx(expected, abs=1e-6)
        else:
            assert np.isnan(row.change_percent)
    assert (np.diff(table["change_kg_per_h"]) <= 0).all()
    assert table["carbon_kg_per_h"].sum() == pytest.approx(best.carbon_kg_per_h)


def test_the_picture_has_a_bar_from_zero_for_each_zone_in_the_colour_of_its_change():
    world = Scenario.load("stylized-12")
    table, names = carbon_by_zone(world), world.legal_zones.set_index("legal_zone")["name"]
    chart = render(table, "chart")
    (filled,) = chart.filled
    bars, change = filled.columns["change"], table["change_kg_per_h"].to_numpy() / 1000
    assert_allclose(bars["right"] + bars["left"], change)
    assert_allclose(np.maximum(bars["right"], -bars["left"]), np.abs(change))
    assert bars["role"].tolist() == (change <= 0).astype(int).tolist()
    assert list(filled.rows) == table["zone"].map(names).tolist()
    risen = int((change > 0).sum())
    assert 0 < risen < len(table)
    assert chart.title == f"requests of {risen} of {len(table)} zones get dirtier"


def test_of_many_zones_those_that_rise_and_fall_most_are_shown():
    table = carbon_by_zone(Scenario.load("world-2025"))
    (filled,) = render(table, "chart").filled
    change = table["change_kg_per_h"].to_numpy() / 1000
    assert len(change) > 15 and change[0] > 0 > change[-1]
    assert_allclose(filled.columns["change"]["change_t_per_h"], np.append(change[:8], change[-7:]))
    assert filled.y_label == f"first 8 and last 7 of {len(table)} zones"


def test_zones_are_called_by_their_names_without_what_is_in_brackets():
    world = Scenario.load("world-2025")
    table, zones = carbon_by_zone(world), world.legal_zones
    names = dict(zip(zones["legal_zone"], zones["name"], strict=True))
    chart = render(table, "chart")
    (filled,) = chart.filled
    shown = [*table["zone"][:8], *table["zone"][-7:]]
    assert list(filled.rows) == [names[zone].split(" (")[0] for zone in shown]
    assert f"Most: {names[shown[0]].split(' (')[0]}, " in chart.finding
    world.legal_zones = world.legal_transfers = None  # then nobody says how they are called
    table = carbon_by_zone(world)
    (filled,) = render(table, "chart").filled
    assert list(filled.rows) == [*table["zone"][:8], *table["zone"][-7:]]
