"""What stands behind the carbon card: signal, PUE, embodied carbon, contracts; and cost of serving."""

import pytest
from scenarios import random_scenario

from explorer import Scenario, solve
from explorer.app.views.totals import Totals
from explorer.measures.carbon_caveats import (
    EMBODIED,
    LOCATION,
    SIGNALS,
    carbon_caveats,
    carbon_change_at_one_pue_percent,
    mean_pue,
)
from explorer.measures.headlines import headlines, percent_change, serve_the_same
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.scenario.schema import CARBON_COLUMNS
from explorer.session import Session
from explorer.text import percent
from tests.app.test_views import Screen
from tests.measures.test_headlines import text_of


def at_one_pue(world: Scenario, placement: Placement, pue: float) -> float:
    """The same loads in a world whose regions all have that PUE, by the formula of its arcs. [kg/h]"""
    other = world.copy()
    other.regions = world.regions.assign(pue=pue)
    return float((placement.it_mw * build_network(other).carbon_kg_per_arc_mwh).sum())


@pytest.mark.parametrize("seed", range(30))
def test_at_one_pue_carbon_is_that_of_the_same_load_in_such_a_world(seed):
    world = random_scenario(seed, 5, 4, 2, capacity_scale=1.0 + seed % 3, objective="carbon")
    best = solve(world)
    base, pue = best.baseline, mean_pue(best.baseline)
    now, then = (at_one_pue(world, each, pue) for each in (best, base))
    assert best.carbon_at_pue_kg_per_h(pue) == pytest.approx(now)
    if serve_the_same(best, base) and base.served_mw:
        expected = percent_change(now, then)
        assert carbon_change_at_one_pue_percent(best, base) == pytest.approx(expected, abs=1e-9)


def test_with_one_pue_everywhere_nothing_of_the_change_is_pue():
    world = Scenario.load("stylized-12")
    world.regions = world.regions.assign(pue=1.3)
    best = solve(world)
    change = headlines(best)["carbon_kg_per_h"].change_percent
    assert change and carbon_change_at_one_pue_percent(best, best.baseline) == pytest.approx(change)


def test_of_nothing_served_no_change_is_said():
    world = Scenario.load("classroom-3x3")
    world.capacity_scale = 0.0
    best = solve(world)
    assert best.served_mw == 0
    assert carbon_caveats(best, best.baseline) == (SIGNALS["marginal"], EMBODIED, LOCATION)


@pytest.mark.parametrize("signal", CARBON_COLUMNS)
def test_the_carbon_card_says_each_caveat_by_the_signal_chosen(signal):
    world = Scenario.load("classroom-3x3" if signal == "marginal" else "world-2025")
    world.carbon_signal = signal
    best = solve(world)
    text = text_of(Screen(Totals(Session(world))).text())
    assert SIGNALS[signal] in text and EMBODIED in text and LOCATION in text
    assert not any(said in text for name, said in SIGNALS.items() if name != signal)
    change = percent(carbon_change_at_one_pue_percent(best, best.baseline))
    assert f"everywhere, carbon would change by {change}." in text


def test_world_2025_says_its_saving_as_a_share_of_the_cost_of_serving():
    world = Scenario.load("world-2025")
    serving = headlines(solve(world))["serving_usd_per_h"]
    text = text_of(Screen(Totals(Session(world))).text())
    said = f"with hardware at {world.hardware_usd_per_mwh:,.0f} USD/MWh: {percent(serving.change_percent)}"
    assert world.hardware_usd_per_mwh > 0 and f"Cost {said}" in text
