"""
The scenario beside the literature: its own front against an independent program with a cap on mean
delay, and the points of others as they were published.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scenarios import random_scenario
from served_program import ServedProgram

from explorer import Scenario, published, solve
from explorer.charts.published import STUDIES
from explorer.measures.published import HERE, growing_published, published_points
from explorer.model.network import build_network
from explorer.presentation import render

# study and part of the world: delay in ms, carbon saved in per cent, from the studies' abstracts
# (that of EuroSys from its figures, at second hand)
FIGURES = {
    ("CDN-Shifter", "US", 60.0): 35.5,
    ("CDN-Shifter", "Europe", 60.0): 78.6,
    ("CDN-Shifter", "World", 60.0): 61.7,
    ("CarbonEdge", "US", 2 * 5.5): 49.5,
    ("CarbonEdge", "Europe", 2 * 5.5): 67.8,
    ("FORTE", "CDN", 0.0): 10.0,
    ("EuroSys", "World", 50.0): 31.0,
    ("EuroSys", "World", 250.0): 45.7,
    ("EuroSys", "World", np.inf): 92.5,
}


def world_of(seed: int) -> Scenario:
    return random_scenario(
        seed, 4, 4, 2, lumpy=seed % 2 == 1, exceptions=seed % 5 == 0, legal_policy="open",
        latency_relaxation_ms=150.0, capacity_scale=1.0 + seed % 3,
    )  # fmt: skip


def own_of(table):
    return table[table["study"] == HERE]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_saves_more_carbon_at_as_little_mean_delay(seed):
    world = world_of(seed)
    own, program = own_of(published(world)), ServedProgram(world, "latency")
    delay, carbon = own["delay_ms"].to_numpy(), own["carbon_kg_per_h"].to_numpy()
    near = 2e-5 * world.total_demand_mw
    if program.served_mw < 1e-3:
        assert len(own) == 1 and own["saving_percent"].item() == 0
        return
    least_ms = program.least("load") / program.served_mw
    assert carbon[-1] == pytest.approx(program.least("carbon"), abs=near)
    for n in range(1, len(own) - 1):
        for share in (0.0, 0.6):
            cap = least_ms + delay[n] + share * (delay[n + 1] - delay[n])
            expected = program.least("carbon", {"load": cap * program.served_mw + 1e-7})
            on_line = carbon[n] + share * (carbon[n + 1] - carbon[n])
            per_mw_ms = (carbon[n - 1] - carbon[n]) / max(delay[n] - delay[n - 1], 1e-9)
            hair = 1e-6 * per_mw_ms / program.served_mw
            assert expected == pytest.approx(on_line, abs=near + hair), (n, share)


@pytest.mark.parametrize("name", ["classroom-3x3", "stylized-12"])
def test_it_leads_from_the_baseline_to_the_least_carbon_of_the_same_load(name):
    world = Scenario.load(name)
    own, baseline = own_of(published(world)), solve(world).baseline
    world.objective = "carbon"
    least = solve(world)
    assert least.it_mw.sum() == pytest.approx(baseline.it_mw.sum())
    first, last = own.iloc[0], own.iloc[-1]
    assert (first["delay_ms"], first["saving_percent"]) == (0, 0)
    assert first["carbon_kg_per_h"] == pytest.approx(baseline.carbon_kg_per_h)
    assert first["relocated_mw"] == pytest.approx(baseline.relocated_mw)
    assert last["carbon_kg_per_h"] == pytest.approx(least.carbon_kg_per_h)
    # of equal carbon the front has the least delay, a placement alone the least cost
    assert last["delay_ms"] <= least.mean_wan_ms - baseline.mean_wan_ms + 1e-6
    saved = 1 - least.carbon_kg_per_h / baseline.carbon_kg_per_h
    assert last["saving_percent"] == pytest.approx(100 * saved)


@pytest.mark.parametrize("seed", range(40, 60))
def test_each_further_ms_saves_less(seed):
    own = own_of(published(world_of(seed)))
    delay, saved = own["delay_ms"].to_numpy(), own["saving_percent"].to_numpy()
    assert (np.diff(delay) >= 0).all() and (np.diff(saved) > 0).all()
    moves = np.diff(delay) > 1e-9
    slopes = np.diff(saved)[moves] / np.diff(delay)[moves]
    assert (np.diff(slopes) <= 1e-6 * slopes[:-1]).all()


def test_the_published_points_are_those_of_the_studies_each_with_its_source():
    points = published_points()
    found = {
        (row.study, row.world, np.inf if np.isnan(row.delay_ms) else row.delay_ms): row.saving_percent
        for row in points.itertuples()
    }  # fmt: skip
    assert found == FIGURES
    assert points["url"].str.match(r"https://(doi\.org/10\.|arxiv\.org/abs/)").all()
    assert set(points["quality"]) == {"read", "second hand"}
    assert points["differs"].str.len().min() > 40 and points["setup"].str.len().min() > 40
    assert set(points["study"]) == set(STUDIES)


def test_beside_each_point_is_what_the_scenario_saves_at_that_delay():
    table = published(Scenario.load("stylized-12"))
    own, theirs = own_of(table), table[table["study"] != HERE]
    for row in theirs.itertuples():
        if np.isnan(row.delay_ms) or row.delay_ms > own["delay_ms"].max():
            expected = own["saving_percent"].max()
        else:
            expected = np.interp(row.delay_ms, own["delay_ms"], own["saving_percent"])
        assert row.here_percent == pytest.approx(expected)
    assert theirs["carbon_kg_per_h"].isna().all()


def test_the_picture_has_the_front_and_all_points_those_without_limit_at_the_end():
    table = published(Scenario.load("stylized-12"))
    theirs = table[table["study"] != HERE]
    (filled,) = render(table, "chart").filled
    studies = filled.columns["studies"]
    assert_allclose(studies["y"], theirs["saving_percent"])
    limited = theirs["delay_ms"].notna().to_numpy()
    assert_allclose(studies["x"][limited], theirs["delay_ms"][limited])
    assert (studies["x"][~limited] > np.nanmax(table["delay_ms"])).all()
    assert filled.columns["world"]["text"][~limited].tolist() == ["no limit"]
    assert studies["delay"][~limited].tolist() == ["no limit"]


def test_partial_fronts_are_not_above_the_whole_one():
    network = build_network(random_scenario(7, 12, 12, 3, legal_policy="open", capacity_scale=4.0))
    *parts, whole = (own_of(table) for table in growing_published(network))
    assert parts
    for part in parts:
        most = np.interp(part["delay_ms"], whole["delay_ms"], whole["saving_percent"])
        assert (part["saving_percent"] <= most + 1e-6).all()
