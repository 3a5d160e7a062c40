"""Plans: what they may say, which points they mean, and everything wrong with them at once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import Scenario
from explorer.errors import ExplorerError, PlanError
from explorer.scenario.scenario import declared
from explorer.sweeps.design import points_of
from explorer.sweeps.plan import Bounds, parameters_of, read_plan

CLASSROOM = {"scenarios": ["classroom-3x3"]}
WRONG = """
scenario = ["world-2025"]
scenarios = ["classroom-3x2", "classroom-3x3"]
method = "sobel"
measures = ["cost", "saving_usd_per_h.change", "water_l_per_h"]
seed = -1
samples = 10
title = 7
carbon_price_usd_per_t = 3

[parameters]
carbon_price = [1]
carbon_price_usd_per_t = [-5, "x", nan]
Z.latency_budget_ms = [1]
chat.latency_budget_ms = { from = 5, to = 1, steps = 2 }
chat.share_of_demand = 1.5
objective = ["cost", "carbonn"]
friction_scale = []
egress_usd_per_gb = "range"
carbon_signal = ["average", "operating margin"]
capacity_scale = { from = 1 }
latency_model = { from = 0, to = 1, steps = 3 }
"""


def plan(**keys):
    return read_plan(CLASSROOM | keys)


def problems(tmp_path, text):
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        read_plan(file)
    return caught.value.problems


def test_everything_wrong_is_named_at_once_with_its_line_and_a_way_out(tmp_path):
    found = problems(tmp_path, WRONG)
    places = [(problem.row, problem.column) for problem in found]
    lines = WRONG.split("\n")
    assert all(str(key).rpartition(".")[2] in lines[row - 1] for row, key in places)
    assert {row for row, _ in places} == {*range(2, 10), *range(12, len(lines))}
    assert all(problem.file == "plan.toml" and problem.what and problem.fix for problem in found)
    text = "\n".join(map(str, found))
    for hint in (
        "'scenarios'",
        "There is no such scenario",
        "'sobol'",
        "[parameters]",
        "'carbon'",
        "-5",
        "nan",
    ):
        assert hint in text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("scenarios = [", "TOML"),
        ("", "scenarios"),
        ('scenarios = ["classroom-3x3"]\nparameters = 1', "table"),
        ('scenarios = ["classroom-3x3"]', "below a line [parameters]"),
        ('scenarios = ["classroom-3x3"]\nmethod = "sobol"\nsamples = 12', "Write 16"),
        ('scenarios = ["classroom-3x3"]\nmethod = "morris"', "no parameter to vary"),
        (
            'scenarios = ["classroom-3x3"]\nmethod = "list"\n'
            "[parameters]\nfriction_scale = [1, 2]\ncapacity_scale = [1, 2, 3]",
            "same length",
        ),
        (
            'scenarios = ["classroom-3x3"]\n[parameters]\n'
            "friction_scale = { from = 0, to = 1, steps = 2000 }\n"
            "capacity_scale = { from = 0, to = 1, steps = 2000 }",
            "4,000,000 points",
        ),
        ('scenarios = ["classroom-3x3"]\n[parameters]\nfriction_scale = [1, 2, 1.0]', "twice"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_in_words(tmp_path, text, hint):
    assert hint in "\n".join(map(str, problems(tmp_path, text)))


def test_what_is_wrong_with_a_scenario_hides_nothing_else(tmp_path):
    text = """
scenarios = ["nowhere"]
method = "list"
samples = 3
[parameters]
carbon_price_usd_per_t = -5
friction = 1
friction_scale = [1, 2, 3]
capacity_scale = [1, 2]
X.latency_budget_ms = [-1, 100]
X.latency = 1
objective = "carbonn"
"""
    found = problems(tmp_path, text)
    assert [problem.column for problem in found] == [
        "scenarios", "carbon_price_usd_per_t", "friction", "X.latency_budget_ms", "X.latency",
        "objective", "samples", "parameters",
    ]  # fmt: skip
    assert "'friction_scale'" in str(found[2]) and "2, 3 values" in str(found[-1])
    (alone,) = problems(
        tmp_path, 'scenarios = ["nowhere"]\n[parameters]\nX.latency_budget_ms = [1, 2]'
    )
    assert alone.column == "scenarios"


def test_a_file_in_another_encoding_is_told_what_to_do(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text('title = "Prüfung"', "latin-1")
    with pytest.raises(PlanError) as caught:
        read_plan(file)
    assert "UTF-8" in str(caught.value) and "TOML" not in str(caught.value)


def test_a_plan_that_is_not_there_is_an_error_with_its_path(tmp_path):
    with pytest.raises(ExplorerError, match="cannot be read"):
        read_plan(tmp_path / "nowhere.toml")


def test_problems_of_a_scenario_are_problems_of_the_plan(tmp_path):
    Scenario.load("classroom-3x3").save(tmp_path / "mine")
    toml = tmp_path / "mine" / "scenario.toml"
    toml.write_text(toml.read_text("utf-8").replace("objective =", "objektive ="), "utf-8")
    (problem,) = problems(tmp_path, 'scenarios = ["mine"]')
    assert problem.file == "mine/scenario.toml" and problem.column == "objektive"


def test_paths_of_scenarios_are_relative_to_the_plan(tmp_path):
    Scenario.load("classroom-3x3").save(tmp_path / "mine")
    text = 'scenarios = ["mine"]\n[parameters]\nfriction_scale = [1, 2]'
    (tmp_path / "plan.toml").write_text(text, "utf-8")
    assert read_plan(tmp_path / "plan.toml").scenarios["mine"].title == "Classroom, three by three"


def test_every_setting_and_every_figure_of_a_class_is_a_parameter():
    scenario = Scenario.load("classroom-3x3")
    names = parameters_of(scenario)
    assert {*declared()} | {"chat.latency_budget_ms", "batch.state_mb"} <= {*names}
    table = points_of(plan(parameters={"chat.latency_budget_ms": [math.inf, 100]}))
    assert table["chat.latency_budget_ms"].tolist() == [math.inf, 100]


@given(counts=st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_a_grid_has_every_combination_once_and_the_last_parameter_runs_fastest(counts):
    names = ["friction_scale", "capacity_scale", "carbon_price_usd_per_t"][: len(counts)]
    values = {
        name: [float(n) for n in range(count)] for name, count in zip(names, counts, strict=True)
    }
    made = plan(parameters=values)
    rows = points_of(made)[names].to_numpy()
    assert len(rows) == made.points == math.prod(counts) == len({*map(tuple, rows)})
    assert sorted(map(tuple, rows)) == [*map(tuple, rows)]


def test_spans_reach_both_ends_exactly():
    found = plan(parameters={"friction_scale": {"from": 0.1, "to": 0.3, "steps": 4}})
    values = found.values["classroom-3x3"]["friction_scale"]
    assert (
        not isinstance(values, Bounds)
        and values[0] == 0.1
        and values[-1] == 0.3
        and len(values) == 4
    )


def test_lists_go_side_by_side():
    table = points_of(plan(method="list", parameters={
        "friction_scale": [1, 2], "objective": ["cost", "carbon"], "capacity_scale": 3}))  # fmt: skip
    assert table.iloc[:, 2:].to_numpy().tolist() == [[1, "cost", 3], [2, "carbon", 3]]


@given(count=st.integers(2, 40), seed=st.integers(0, 2**32 - 1))
def test_a_latin_hypercube_has_one_point_in_each_slice_of_every_parameter(count, seed):
    spans = {"friction_scale": {"from": 1, "to": 3}, "capacity_scale": {"from": 0.5, "to": 1}}
    table = points_of(plan(method="latin hypercube", samples=count, seed=seed, parameters=spans))
    for name, span in spans.items():
        slices = (table[name] - span["from"]) / (span["to"] - span["from"]) * count
        assert sorted(np.floor(slices).astype(int)) == [*range(count)]


@pytest.mark.parametrize(
    ("method", "samples", "points"), [("sobol", 8, 8 * (3 + 2)), ("morris", 8, 8 * (3 + 1))]
)
def test_designs_for_sensitivity_have_their_number_of_points_and_repeat(method, samples, points):
    spans = {
        "friction_scale": {"from": 1, "to": 3},
        "objective": ["cost", "carbon"],
        "carbon_price_usd_per_t": {"from": 0, "to": 100},
        "capacity_scale": 1.0,
    }
    first, again = (
        points_of(plan(method=method, samples=samples, seed=5, parameters=spans)) for _ in range(2)
    )
    assert len(first) == points and first.equals(again)
    assert first["friction_scale"].between(1, 3).all() and {*first["objective"]} == {
        "cost",
        "carbon",
    }
    other = points_of(plan(method=method, samples=samples, seed=6, parameters=spans))
    assert not first.equals(other)


def test_a_range_is_that_of_each_scenario():
    worlds = {"scenarios": ["world-2025"], "method": "latin hypercube", "samples": 20}
    table = points_of(read_plan(worlds | {"parameters": {"egress_usd_per_gb": "range"}}))
    low, high = Scenario.load("world-2025").parameter_ranges["egress_usd_per_gb"]
    assert low <= table["egress_usd_per_gb"].min() < table["egress_usd_per_gb"].max() <= high
