"""Global sensitivity agrees with SALib's own examples, with analytic cases and with what is solved."""

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as morris_analysis
from SALib.analyze import sobol as sobol_analysis
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample
from SALib.test_functions import Ishigami

from explorer import Scenario, global_sensitivity, sensitivity
from explorer.errors import ExplorerError
from explorer.measures.uncertainty import Figures, Uncertainty
from explorer.model.network import build_network
from explorer.model.solve import solve_network
from explorer.sweeps.chunk import FAILURE
from explorer.sweeps.design import points_of, unit_sample
from explorer.sweeps.plan import read_plan
from explorer.sweeps.store import manifest_of

NAMES = ("friction_scale", "capacity_scale", "egress_usd_per_gb")
WIDTH = 2 * np.pi  # of the Ishigami function's bounds, moved to where parameters may be


def swept(function, method, samples, seed=1, names=NAMES):
    """A sweep whose only figure is a function of the parameters, shape (point, parameter)."""
    span = {"from": 0, "to": WIDTH}
    plan = read_plan(
        {
            "scenarios": ["classroom-3x3"], "method": method, "samples": samples, "seed": seed,
            "measures": ["cost_usd_per_h"], "parameters": dict.fromkeys(names, span),
        }
    )  # fmt: skip
    points = points_of(plan)
    table = points.assign(cost_usd_per_h=function(points[[*names]].to_numpy()), **{FAILURE: ""})
    table.attrs = {"plan": manifest_of(plan, points, 1), "missing_points": 0}
    return table


def ishigami(x):
    return Ishigami.evaluate(x - np.pi)


def test_sobol_indices_of_the_ishigami_function_are_salibs_and_the_analytic_ones():
    found = sensitivity(swept(ishigami, "sobol", 1024)).set_index("input").loc[[*NAMES]]
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
    x = sobol_sample.sample(problem, 1024, calc_second_order=False, seed=1)
    theirs = sobol_analysis.analyze(problem, Ishigami.evaluate(x), calc_second_order=False, seed=1)
    for ours, name in (
        ("first", "S1"),
        ("total", "ST"),
        ("first_interval", "S1_conf"),
        ("total_interval", "ST_conf"),
    ):
        np.testing.assert_allclose(found[ours], theirs[name], rtol=1e-6, atol=1e-8)
    a, b = 7.0, 0.1
    variance = 0.5 + a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18
    first = np.array([0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, 0.0]) / variance
    both = 8 * b**2 * np.pi**8 / 225 / variance
    assert (np.abs(found["first"] - first) < found["first_interval"] + 0.01).all()
    assert (np.abs(found["total"] - first - [both, 0, both]) < found["total_interval"] + 0.01).all()


def test_morris_effects_of_the_ishigami_function_are_salibs():
    found = sensitivity(swept(ishigami, "morris", 50, seed=3)).set_index("input").loc[[*NAMES]]
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
    x = morris_sample.sample(problem, 50, num_levels=4, seed=3)
    theirs = morris_analysis.analyze(problem, x, Ishigami.evaluate(x), num_levels=4, seed=3)
    for ours, name in (
        ("mean_effect", "mu"),
        ("mean_size", "mu_star"),
        ("spread", "sigma"),
        ("mean_size_interval", "mu_star_conf"),
    ):
        np.testing.assert_allclose(found[ours], theirs[name], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("weights", [(3.0, -1.0, 0.5), (1.0, 0.0, 0.0)])
def test_of_a_linear_function_effects_are_weights_and_shares_their_squares(weights):
    def linear(x):
        return x @ np.array(weights)

    effects = sensitivity(swept(linear, "morris", 6)).set_index("input").loc[[*NAMES]]
    np.testing.assert_allclose(effects["mean_effect"], np.array(weights) * WIDTH, atol=1e-9)
    np.testing.assert_allclose(effects["mean_size"], np.abs(weights) * WIDTH, atol=1e-9)
    np.testing.assert_allclose(effects["spread"], 0.0, atol=1e-9)
    shares = sensitivity(swept(linear, "sobol", 512)).set_index("input").loc[[*NAMES]]
    wanted = np.square(weights) / np.square(weights).sum()
    np.testing.assert_allclose(shares["total"], wanted, atol=0.02)
    np.testing.assert_allclose(shares["first"], wanted, atol=0.05)


def test_a_figure_that_does_not_vary_has_no_shares():
    found = sensitivity(swept(lambda x: np.full(len(x), 3.0), "sobol", 4))
    assert found[["first", "total"]].isna().all(axis=None)


def test_other_designs_and_holes_are_refused_in_words():
    with pytest.raises(ExplorerError, match="latin hypercube does not tell"):
        sensitivity(swept(ishigami, "latin hypercube", 8))
    table = swept(ishigami, "sobol", 4)
    table.loc[3, "cost_usd_per_h"] = np.nan
    with pytest.raises(ExplorerError, match="1 of 20 points have no cost_usd_per_h"):
        sensitivity(table)


def test_quantiles_of_figures_run_from_end_to_end_and_through_the_figure():
    figures = Figures(
        np.array([2.0, 2.0]), np.array([1.0, np.nan]), np.array([3.0, np.nan]), np.array([0.2, 0.2])
    )
    np.testing.assert_allclose(figures.at(0.0), [1.0, 2 * (1 - 3 * 0.2)])
    np.testing.assert_allclose(figures.at(0.5), [2.0, 2.0])
    np.testing.assert_allclose(figures.at(1.0), [3.0, 2 * (1 + 3 * 0.2)])


def test_a_world_in_the_middle_is_near_the_scenario_and_each_group_moves_its_own_alone():
    scenario = Scenario.load("stylized-12")
    inputs, given = Uncertainty(scenario), build_network(scenario)
    half = dict.fromkeys(inputs.groups, 0.5)
    middle = inputs.world_at(half)
    np.testing.assert_allclose(middle.pue, given.pue, rtol=0.05)
    moved = {
        "Electricity prices": "price_usd_per_mwh", "Carbon intensities": "carbon_kg_per_mwh",
        "PUE above 1": "pue", "IT capacity": "capacity_mw", "Time to first token": "prefill_ms",
    }  # fmt: skip
    for group, field in moved.items():
        high = inputs.world_at(half | {group: 0.9})
        assert (getattr(high, field) >= getattr(middle, field)).all()
        assert (getattr(high, field) > getattr(middle, field)).any()
        for other in {*moved.values()} - {field}:
            assert np.array_equal(getattr(high, other), getattr(middle, other))
        assert high != middle
    demand = inputs.world_at(half | {"Demand": 0.9}).demand_mw
    assert demand.sum() > middle.demand_mw.sum()
    rtt = inputs.world_at(half | {"RTT between regions": 0.9}).geography.region_rtt_ms
    assert rtt.sum() > middle.geography.region_rtt_ms.sum()


def test_effects_of_a_scenario_are_those_of_worlds_solved_one_by_one():
    scenario = Scenario.load("classroom-3x3")
    found = global_sensitivity(scenario, "morris", samples=2, seed=4)
    assert {*found["figure"]} == {"saving_usd_per_h", "relocated_share", "carbon_kg_per_h"}
    inputs = Uncertainty(scenario)
    names = [*inputs.groups]
    share = unit_sample("morris", names, 2, seed=4)
    carbon = np.array([
        solve_network(inputs.world_at(dict(zip(names, row, strict=True)))).carbon_kg_per_h
        for row in share
    ])  # fmt: skip
    effects = {name: [] for name in names}
    for n in range(len(share) - 1):
        moved = np.flatnonzero(share[n + 1] != share[n])
        if len(moved) == 1:  # else the next trajectory begins
            at = moved[0]
            slope = (carbon[n + 1] - carbon[n]) / (share[n + 1, at] - share[n, at])
            effects[names[at]].append(slope)
    rows = found[found["figure"] == "carbon_kg_per_h"].set_index("input")
    for name, of in effects.items():
        assert rows.loc[name, "mean_effect"] == pytest.approx(np.mean(of), rel=1e-6, abs=1e-3)
        assert rows.loc[name, "mean_size"] == pytest.approx(np.mean(np.abs(of)), rel=1e-6, abs=1e-3)


def test_the_same_seed_gives_the_same_digits_and_what_cannot_be_asked_is_refused():
    scenario = Scenario.load("classroom-3x3")
    found, again = (global_sensitivity(scenario, "morris", 2, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(found, again, check_exact=True)
    swept_once, swept_again = (
        sensitivity(swept(ishigami, "sobol", 8, seed=0))["total_interval"] for _ in range(2)
    )
    assert swept_once.tolist() == swept_again.tolist() and (swept_once > 0).all()
    for method, samples in (("sobol", 6), ("morris", 1), ("nothing", 8)):
        with pytest.raises(ValueError, match=r"Samples|Unknown method"):
            global_sensitivity(scenario, method, samples)
