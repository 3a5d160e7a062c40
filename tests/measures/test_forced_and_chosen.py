"""Baselines by rule, and what is forced and what chosen, against an independent program."""

import pytest
from scenarios import random_scenario
from served_program import ServedProgram

from explorer import Scenario, certificate, solve
from explorer.measures.headlines import forced_and_chosen, headlines, like_for_like
from explorer.report import summary, totals_table


@pytest.mark.parametrize("seed", range(100))
def test_forced_is_what_the_least_relocation_of_the_same_load_moves_and_saves(seed):
    world = random_scenario(
        seed, 4, 4, 2, lumpy=seed % 2 == 1, exceptions=seed % 5 == 0, legal_policy="open",
        latency_relaxation_ms=100.0, carbon_price_usd_per_t=0.0,
        baseline_rule=("nearest", "least relocation")[seed % 3 == 0],
    )  # fmt: skip
    placement, program = solve(world), ServedProgram(world)
    split, near = forced_and_chosen(placement), 2e-5 * world.total_demand_mw + 1e-4
    away = program.least("away")
    assert split.relocated_forced_mw == pytest.approx(away, abs=near)
    relocated = split.relocated_forced_mw + split.relocated_chosen_mw
    assert relocated == pytest.approx(placement.relocated_mw)
    assert split.relocated_chosen_mw >= -near
    least = program.least("cost", {"away": away + 1e-7}) if program.served_mw > near else 0.0
    assert split.saving_chosen_usd_per_h == pytest.approx(
        least - placement.cost_usd_per_h, abs=10 * near
    )
    baseline = like_for_like(placement, placement.baseline)
    saving = split.saving_forced_usd_per_h + split.saving_chosen_usd_per_h
    assert saving == pytest.approx(baseline.cost_usd_per_h - placement.cost_usd_per_h)
    if world.baseline_rule == "least relocation":
        assert split.saving_forced_usd_per_h == pytest.approx(0.0, abs=10 * near)


def test_the_baseline_of_least_relocation_is_proven_and_kept_in_files(tmp_path):
    world = Scenario.load("classroom-3x3")
    world.param.update(baseline_rule="least relocation", capacity_scale=0.7)
    baseline = solve(world).baseline
    assert baseline.objective == "relocation" and certificate(baseline).holds
    assert baseline.relocated_mw == pytest.approx(10.0)
    world.save(tmp_path / "mine")
    assert Scenario.load(tmp_path / "mine").baseline_rule == "least relocation"
    world.objective = "latency"
    assert solve(world).baseline.objective == "relocation"


def test_files_and_summary_say_it():
    world = Scenario.load("world-2025")
    placement = solve(world)
    split, table = forced_and_chosen(placement), totals_table(placement).set_index("name")["value"]
    for name in ("relocated_forced_mw", "saving_chosen_usd_per_h"):
        assert table[name] == getattr(split, name)
    text = summary(world, placement)
    assert f"{split.relocated_forced_mw:.4g} MW find no room at home" in text
    assert f"makes {split.saving_forced_usd_per_h:,.0f} USD/h" in text
    cost = headlines(placement)["cost_usd_per_h"]
    saving = split.saving_forced_usd_per_h + split.saving_chosen_usd_per_h
    assert -cost.change == pytest.approx(saving)
    assert "runs everything as near" in text
    world.baseline_rule = "least relocation"
    assert "moves only what finds no room at home" in summary(world, solve(world))
