"""
What the user may change: declared once, checked when it is set, and heard about when it changes.
"""

import re
from copy import deepcopy
from pickle import dumps, loads

import numpy as np
import pandas as pd
import param
import pytest
from pandas.testing import assert_frame_equal
from scenarios import random_scenario

from explorer import Scenario, ScenarioError, Workload, solve
from explorer.model.network import build_network
from explorer.scenario.scenario import SETTINGS, TABLES
from explorer.scenario.schema import TABLES as SCHEMA

UNIT = re.compile(r"\[[^\[\]]+\]")
NUMBERS = {
    f"{owner.__name__}.{name}": p
    for owner in (Scenario, Workload)
    for name, p in owner.param.objects().items()
    if isinstance(p, param.Number)
}


@pytest.fixture
def world() -> Scenario:
    return random_scenario(7, 5, 5, 2)


@pytest.fixture(scope="module")
def sample() -> Scenario:
    """The world as it ships; tests read it only."""
    return Scenario.load("world-2025")


@pytest.mark.parametrize("parameter", NUMBERS.values(), ids=NUMBERS)
def test_every_number_says_what_it_is(parameter):
    assert UNIT.search(parameter.label), "the label ends in a unit"
    assert UNIT.search(parameter.doc), "the doc names the unit"
    assert parameter.doc.rstrip().endswith(".")
    if parameter.precedence >= 0 and parameter.default != float(
        "inf"
    ):  # shown as a slider, which has two ends
        low, high = parameter.get_soft_bounds()
        assert low < high and low <= parameter.default <= high
        assert parameter.step is not None or parameter.softbounds is not None


@pytest.mark.parametrize(
    "parameter", [p for p in NUMBERS.values() if p.bounds], ids=lambda p: p.name
)
def test_a_number_out_of_bounds_is_refused(world, parameter):
    target = world if parameter.owner is Scenario else world.workloads["w0"]
    low, high = parameter.bounds
    for value in (low - 1, *([high + 1] if high is not None else [])):
        with pytest.raises(ValueError, match=parameter.name):
            setattr(target, parameter.name, value)


NO_LIMIT = {
    "Scenario.cost_cap_usd_per_h",
    "Scenario.mean_delay_cap_ms",
    "Workload.latency_budget_ms",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_is_finite_and_within_limits_but_those_that_may_have_none(world, name):
    parameter = NUMBERS[name]
    target = world if parameter.owner is Scenario else world.workloads["w0"]
    before = getattr(target, parameter.name)
    for value in (
        float("nan"),
        -float("inf"),
        10**400,
        *([] if name in NO_LIMIT else [float("inf"), 1e300]),
    ):
        with pytest.raises(ValueError, match=parameter.name):
            setattr(target, parameter.name, value)
    assert getattr(target, parameter.name) == before
    if name in NO_LIMIT:
        setattr(target, parameter.name, float("inf"))
    else:
        setattr(target, parameter.name, parameter.bounds[1])


@pytest.mark.parametrize(
    "name", [name for name in SETTINGS if isinstance(Scenario.param[name], param.Selector)]
)
def test_a_choice_refuses_what_is_not_offered(world, name):
    assert Scenario.param[name].doc and Scenario.param[name].label
    with pytest.raises(ValueError, match="nonsense"):
        setattr(world, name, "nonsense")


@pytest.mark.parametrize("hour", [7, 7.0, np.int64(7), np.float64(7)], ids=repr)
def test_an_hour_is_kept_as_a_whole_number(world, hour):
    world.hour = hour
    assert world.hour == 7 and type(world.hour) is int


@pytest.mark.parametrize("hour", [24, -1, 7.5, "7", None])
def test_an_hour_that_no_day_has_is_refused(world, hour):
    with pytest.raises(ValueError, match="hour"):
        world.hour = hour


def test_settings_are_the_scalars_in_reading_order(world):
    assert list(world.settings()) == list(SETTINGS)
    assert not {"title", "description", "name", "workloads", "documents", *TABLES} & set(SETTINGS)
    world.egress_usd_per_gb = 0.07
    assert world.settings()["egress_usd_per_gb"] == 0.07


def test_what_identifies_a_scenario_cannot_be_swapped(world):
    with pytest.raises(TypeError):
        world.workloads = {}
    with pytest.raises(TypeError):
        world.workloads["w0"].id = "w1"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_heard(world, name):
    events = []
    world.on_change(lambda *found: events.extend(found))
    parameter, old = world.param[name], getattr(world, name)
    new = (
        next(v for v in parameter.objects if v != old)
        if isinstance(parameter, param.Selector)
        else min(old, 1e6) / 2 + 0.1
    )
    setattr(world, name, new)
    assert [(event.name, event.new) for event in events] == [(name, new)]
    setattr(world, name, new)
    assert len(events) == 1  # nothing changed


def test_tables_and_classes_are_heard(world):
    events = []
    world.on_change(lambda *found: events.extend(found))
    world.regions = world.regions.assign(pue=1.5)
    world.workloads["w1"].latency_budget_ms = 123.0
    assert [event.name for event in events] == ["regions", "latency_budget_ms"]


def test_changes_made_at_once_are_heard_once(world):
    calls = []
    world.on_change(lambda *events: calls.append({event.name for event in events}))
    world.param.update(total_demand_mw=1.0, capacity_scale=2.5)
    assert calls == [{"total_demand_mw", "capacity_scale"}]


def test_every_figure_of_a_class_is_heard(world):
    """A change that alters the placement must reach whoever shows it."""
    heard, workload = set(), world.workloads["w0"]
    world.on_change(lambda *events: heard.update(event.name for event in events))
    for name, parameter in workload.param.objects().items():
        if isinstance(parameter, param.Number) and parameter.default is not None:
            setattr(workload, name, getattr(workload, name) / 2 + 0.1)
            assert name in heard


def test_the_curve_of_a_class_is_heard(world):
    heard = []
    world.on_change(lambda *events: heard.extend((event.name, event.new) for event in events))
    world.workloads["w1"].demand_profile = "night shift"
    assert heard == [("demand_profile", "night shift")]


def test_norway_and_namibia_are_text(sample):
    for table in (sample.clients, sample.regions):
        assert all(
            isinstance(code, str) and code
            for code in [*table["country_iso2"], *table["legal_zone"]]
        )
        assert "NO" in set(table["country_iso2"])
    world = random_scenario(1)
    world.legal_zones = world.legal_transfers = None
    world.regions = world.regions.assign(legal_zone=["NO", "NA", "no", "nan"])
    assert world.regions["legal_zone"].tolist() == ["NO", "NA", "no", "nan"]


def test_a_copy_is_equal_and_independent(sample):
    copy = sample.copy()
    assert copy.settings() == sample.settings()
    assert (copy.title, copy.description, copy.documents) == (
        sample.title,
        sample.description,
        sample.documents,
    )
    for name in TABLES:
        if (table := getattr(sample, name)) is not None:
            assert_frame_equal(getattr(copy, name), table)
    assert_frame_equal(copy.workloads_table(), sample.workloads_table())
    assert solve(copy).totals() == solve(sample).totals()

    before = solve(sample).cost_usd_per_h
    copy.total_demand_mw = 7.0
    copy.regions.loc[0, "pue"] = 9.0
    copy.documents["note.md"] = "only here"
    for workload in copy.workloads.values():
        workload.latency_budget_ms = 1.0
        workload.extra["note"] = "only here"
    assert sample.total_demand_mw == 2000 and sample.regions.loc[0, "pue"] != 9.0
    assert "note.md" not in sample.documents
    assert all(
        w.latency_budget_ms != 1.0 and "note" not in w.extra for w in sample.workloads.values()
    )
    assert solve(sample).cost_usd_per_h == before


def test_scenarios_share_no_defaults():
    one, other = random_scenario(1), random_scenario(2)
    one.documents["note.md"] = "only here"
    next(iter(one.workloads.values())).extra["note"] = "only here"
    assert not other.documents and not Scenario.param["documents"].default
    assert "note" not in next(iter(other.workloads.values())).extra and not Workload(id="x").extra


def test_a_frame_is_copied_cleaned_and_checked(world):
    frame = world.regions.assign(capacity_mw=[str(n) for n in range(5)])
    frame.index = pd.Index(list("abcde"))
    world.regions = frame
    assert world.regions["capacity_mw"].tolist() == [0, 1, 2, 3, 4]
    assert world.regions["capacity_mw"].dtype == float and isinstance(
        world.regions.index, pd.RangeIndex
    )
    frame.loc["a", "pue"] = 9.0
    assert world.regions["pue"].max() < 9.0  # the scenario's own copy

    with pytest.raises(ScenarioError) as error:
        world.regions = frame.assign(pue=0.5, latitude=99.0)
    assert {problem.column for problem in error.value.problems} == {"pue", "latitude"}
    assert world.regions["pue"].min() >= 1.0  # a refused table leaves the old one


def test_a_scenario_of_frames_says_everything_that_is_wrong(world):
    with pytest.raises(ScenarioError) as error:
        Scenario(regions=world.regions, clients=world.clients.assign(demand_share=0.5, service="atlantis"),
                 workloads=world.workloads_table())  # fmt: skip
    assert {problem.column for problem in error.value.problems} == {"demand_share", "service"}
    with pytest.raises(ScenarioError, match=r"regions\.csv.*missing[\s\S]*clients\.csv.*missing"):
        Scenario(workloads=world.workloads_table())


def test_the_workload_table_goes_there_and_back(sample):
    table = sample.workloads_table()
    again = Scenario(regions=sample.regions, clients=sample.clients, workloads=table)
    assert_frame_equal(again.workloads_table(), table)
    for key, workload in sample.workloads.items():
        assert again.workloads[key].model_values() == workload.model_values()


def test_a_copy_keeps_what_overrides_the_model():
    world = random_scenario(4, exceptions=True)
    copy = world.copy()
    for name in ("arcs", "systems", "legal_custom"):
        assert_frame_equal(getattr(copy, name), getattr(world, name))
    assert solve(copy) is solve(world)
    copy.arcs.loc[0, "latency_ms"] = 1.0
    assert world.arcs.loc[0, "latency_ms"] != 1.0
    assert build_network(copy) != build_network(world)


@pytest.mark.parametrize(
    ("table", "columns", "wrong"),
    [
        ("arcs", {"client": ["c0"], "region": "r9", "workload": "w0", "latency_ms": 3.0}, "r9"),
        ("systems", {"region": ["r0"], "workload": "w7", "offered": False}, "w7"),
    ],
)
def test_a_table_on_something_else_is_refused(world, table, columns, wrong):
    setattr(world, table, pd.DataFrame(columns))
    with pytest.raises(ScenarioError, match=wrong):
        world.cross_check()
    with pytest.raises(ScenarioError, match=wrong):
        solve(world)


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"regions", "clients"}))
def test_an_optional_table_without_rows_is_none(world, name):
    columns = [column.name for column in SCHEMA[name].columns]
    setattr(world, name, pd.DataFrame(columns=columns))
    assert getattr(world, name) is None
    build_network(world)


@pytest.mark.parametrize("name", ["regions", "clients"])
def test_a_table_that_every_world_has_is_not_empty(world, name):
    with pytest.raises(ScenarioError, match="no rows"):
        setattr(world, name, getattr(world, name).iloc[:0])


@pytest.mark.parametrize("key", ["all", "hour", "a/b"])
def test_a_class_with_a_name_of_the_products_own_is_refused(world, key):
    table = world.workloads_table().replace("w0", key)
    with pytest.raises(ScenarioError, match=key):
        Scenario(regions=world.regions, clients=world.clients, workloads=table)
    classes = {key: Workload(id=key, name="x")}
    with pytest.raises(ScenarioError, match=key):
        Scenario(regions=world.regions, clients=world.clients, workloads=classes)


def test_a_budget_without_limit_is_kept_and_comes_back(world, tmp_path):
    world.workloads["w0"].latency_budget_ms = float("inf")
    world.cross_check()
    world.save(tmp_path / "mine")
    assert Scenario.load(tmp_path / "mine").workloads["w0"].latency_budget_ms == float("inf")


def test_a_misspelt_setting_is_refused_with_the_one_that_is_meant(world):
    with pytest.raises(AttributeError, match="Did you mean 'carbon_price_usd_per_t'"):
        world.carbon_price_usd = 5
    with pytest.raises(AttributeError, match="Did you mean 'latency_budget_ms'"):
        world.workloads["w0"].latency_budget = 5
    assert str(world) == repr(world)
    assert repr(world).startswith("<Scenario ")


@pytest.mark.parametrize("duplicate", [Scenario.copy, deepcopy, lambda s: loads(dumps(s))])
def test_who_watches_the_classes_hears_when_one_changes(world, duplicate):
    copy, heard = duplicate(world), []
    copy.param.watch(heard.append, "workloads")
    copy.workloads["w0"].latency_budget_ms += 1
    world.workloads["w0"].latency_budget_ms += 2  # its own
    assert [event.new for event in heard] == [copy.workloads]


def test_a_misspelt_class_gets_the_right_one():
    workloads = Scenario.load("classroom-3x3").copy().workloads
    with pytest.raises(KeyError, match=r"no class 'chatt'\. Did you mean 'chat'"):
        workloads["chatt"]
    assert workloads.get("chatt") is None
