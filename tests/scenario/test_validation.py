"""One table at a time, and tables against each other, as DataFrames."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scenarios import MOMENTS, random_scenarios

from explorer.scenario import validation
from explorer.scenario.scenario import TABLES as OF_A_SCENARIO
from explorer.scenario.scenario import Scenario, Workload
from explorer.scenario.schema import LARGEST, TABLES

REGION = {
    "id": "oslo",
    "name": "Oslo",
    "country_iso2": "NO",
    "latitude": 59.9,
    "longitude": 10.8,
    "legal_zone": "NA",
    "electricity_price_usd_per_mwh": 60,
    "carbon_marginal_g_per_kwh": 700,
    "carbon_average_g_per_kwh": 15,
    "pue": 1.1,
    "capacity_mw": 25,
}


@pytest.fixture(scope="module")
def world() -> Scenario:
    return Scenario.load("world-2025")


def regions(*changes: dict, **columns) -> pd.DataFrame:
    return pd.DataFrame(
        [REGION | {"id": f"r{i}"} | change for i, change in enumerate(changes or ({},))], **columns
    )


def told(problems) -> list[tuple]:
    return [(p.file, p.row, p.column, p.value) for p in problems]


@given(
    drawn=random_scenarios(lumpy=st.booleans(), exceptions=st.booleans(), **MOMENTS),
)
def test_random_worlds_are_as_validation_would_have_made_them(drawn):
    """They are built without it, for the sake of all tests that draw one."""
    tables = {name: frame for name in OF_A_SCENARIO if (frame := getattr(drawn, name)) is not None}
    for name, frame in tables.items():
        parsed, problems = validation.parse(name, frame)
        assert problems == []
        assert_frame_equal(parsed, frame, check_exact=True)
    drawn.cross_check()
    raw = {name: frame.replace("", None) for name, frame in tables.items()}
    again = Scenario(workloads=drawn.workloads_table(), **raw, **drawn.settings())
    for name, frame in tables.items():
        assert_frame_equal(getattr(again, name), frame, check_exact=True)


def test_numbers_become_floats_and_codes_stay_text():
    frame = regions(index=["first"]).astype({"pue": "str", "capacity_mw": "int64"})
    clean, problems = validation.parse("regions", frame)
    assert problems == []
    assert list(clean.index) == [0]
    assert clean.loc[0, "pue"] == 1.1 and clean["capacity_mw"].dtype == np.float64
    assert clean.loc[0, "country_iso2"] == "NO" and clean.loc[0, "legal_zone"] == "NA"
    assert clean["country_iso2"].dtype == object


def test_columns_that_nobody_knows_stay_where_they_are_as_text():
    frame = regions({"remark": " NA ", "tier": 3, "share": 0.1, "nothing": None})
    clean, problems = validation.parse("regions", frame)
    assert problems == []
    assert list(clean.columns) == list(frame.columns)
    assert clean.loc[0, ["remark", "tier", "share", "nothing"]].tolist() == [" NA ", "3", "0.1", ""]


def test_an_optional_number_takes_its_default_where_it_is_blank_or_absent():
    workload = dict.fromkeys((c.name for c in TABLES["workloads"].columns if c.required), 0) | {
        "id": "A",
        "name": "A",
        "energy_wh_per_request": 1,
    }
    absent, _ = validation.parse("workloads", pd.DataFrame([workload]))
    blank, problems = validation.parse(
        "workloads", pd.DataFrame([workload | {"round_trips": "", "processing_ms": ""}])
    )
    assert problems == []
    assert absent.loc[0, "round_trips"] == blank.loc[0, "round_trips"] == 1
    assert "processing_ms" not in absent and math.isnan(blank.loc[0, "processing_ms"])


EXCEPTIONS = {name: validation.parse(name, pd.DataFrame(columns))[0] for name, columns in {
    "arcs": {"client": ["a", "b"], "region": "r", "workload": "w", "latency_ms": [1.5, None], "allowed": [True, None]},
    "systems": {"region": ["r", "NO"], "workload": "w", "offered": ["TRUE", "false"]},
    "supply": {
        "region": ["r", "r"], "block": [1, 2], "block_mw": 10.5, "price_usd_per_mwh": [30.0, 60.5],
        "carbon_g_per_kwh": 400.0,
    },
    "legal_custom": {"from_zone": ["NA"], "to_zone": "NO", "allowed": [np.True_]},
    "translations": {"language": ["de", "fr"], "text": "NA", "translation": ["N. v.", "n/a"]},
}.items()}  # fmt: skip


def test_flags_are_true_or_false_however_they_are_written():
    assert EXCEPTIONS["arcs"]["allowed"].tolist() == ["true", ""]
    assert EXCEPTIONS["systems"]["offered"].tolist() == ["true", "false"]
    assert EXCEPTIONS["legal_custom"]["allowed"].tolist() == ["true"]
    for word in ("NO", "yes", 1, 0.0, ""):
        _, problems = validation.parse(
            "systems", pd.DataFrame({"region": ["r"], "workload": "w", "offered": [word]})
        )
        assert [(p.column, p.row) for p in problems] == [("offered", 0)], word


@pytest.mark.parametrize(
    ("heading", "fix"), [("latency", "'latency_ms'"), ("note", "Add at least one")]
)
def test_a_table_of_arcs_says_something_of_them(heading, fix):
    columns = {"client": ["a"], "region": "r", "workload": "w", heading: 3}
    _, (problem,) = validation.parse("arcs", pd.DataFrame(columns))
    assert (problem.row, problem.column) == (None, None) and fix in problem.fix
    assert problem.what == "there is no column latency_ms, friction_usd_per_mwh or allowed."


@pytest.mark.parametrize("name", TABLES)
def test_parsing_a_clean_table_again_changes_nothing(name, world):
    table = world.workloads_table() if name == "workloads" else getattr(world, name)
    table = EXCEPTIONS[name] if table is None else table
    again, problems = validation.parse(name, table)
    assert problems == []
    pd.testing.assert_frame_equal(again, table, check_exact=True)


@given(st.floats(0, LARGEST))
def test_a_number_written_out_is_the_same_number(number):
    clean, problems = validation.parse("regions", regions({"capacity_mw": repr(number)}))
    assert problems == [] and clean.loc[0, "capacity_mw"] == number


@given(st.lists(st.text("NOA. 0-9x_e", min_size=1).filter(str.strip), min_size=1))
def test_every_cell_is_either_the_number_it_spells_or_a_problem(cells):
    frame = regions(*({"electricity_price_usd_per_mwh": cell} for cell in cells))
    clean, problems = validation.parse("regions", frame)
    wrong = {p.row for p in problems}
    for row, (cell, number) in enumerate(
        zip(cells, clean["electricity_price_usd_per_mwh"], strict=True)
    ):
        assert math.isnan(number) if row in wrong else float(cell) == number


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("capacity_mw", -1.0, "-1"),
        ("capacity_mw", math.nan, ""),
        ("capacity_mw", math.inf, "inf"),
        ("capacity_mw", "1_000", "1_000"),
        ("capacity_mw", True, "True"),
        ("pue", 0.99, "0.99"),
        ("pue", "one", "one"),
        ("latitude", 90.5, "90.5"),
        ("longitude", -180.5, "-180.5"),
        ("carbon_average_g_per_kwh", pd.NA, ""),
        ("legal_zone", None, ""),
        ("timezone", "Europe/Olso", "Europe/Olso"),
        ("timezone", "Europe", "Europe"),
    ],
)
def test_a_cell_that_makes_no_sense_is_the_one_problem(column, value, shown):
    _, problems = validation.parse("regions", regions({}, {column: value}))
    assert told(problems) == [("regions", 1, column, shown)]


def test_a_problem_says_how_to_fix_it():
    _, problems = validation.parse("regions", regions({"timezone": "Europe/Olso", "pue": 0.5}))
    assert [p.fix for p in problems] == [
        "pue is the energy of the facility over that of its servers. It is at least 1, and 1,000,000,000 at most.",
        "Did you mean 'Europe/Oslo'?",
    ]


def test_a_missing_column_is_named_with_the_heading_that_may_be_meant():
    _, problems = validation.parse(
        "regions", regions().rename(columns={"pue": "pue_", "capacity_mw": "size"})
    )
    assert told(problems) == [
        ("regions", None, "pue", None),
        ("regions", None, "capacity_mw", None),
    ]
    assert "'pue_'" in problems[0].fix and "the IT load that fits [MW]" in problems[1].fix


def test_a_column_that_is_there_twice_is_a_problem():
    frame = regions()
    frame.insert(0, "pue", 1.2, allow_duplicates=True)
    _, problems = validation.parse("regions", frame)
    assert told(problems) == [("regions", None, "pue", None)]


def test_rows_with_the_same_key_are_a_problem_from_the_second_on():
    _, problems = validation.parse(
        "regions", regions({}, {"id": "r0"}, {"id": "r0"}, {"id": ""}, {"id": ""})
    )
    again = [p for p in problems if "same" in p.what]
    assert told(again) == [("regions", 1, "id", "r0"), ("regions", 2, "id", "r0")]


def test_a_pair_may_share_one_end_but_not_both():
    pairs = pd.DataFrame({"from_region": list("aab"), "to_region": list("bcb"), "rtt_ms": 1.0})
    assert validation.parse("rtt_ms", pairs)[1] == []
    _, problems = validation.parse("rtt_ms", pairs.assign(from_region="a", to_region=list("bcb")))
    assert told(problems) == [("rtt_ms", 2, "from_region", "a")]


def test_a_table_without_rows_is_one_problem():
    _, problems = validation.parse("regions", regions().iloc[:0])
    assert told(problems) == [("regions", None, None, None)]


def test_an_unknown_name_is_told_once_with_its_first_row():
    places, _ = validation.parse("regions", regions({}, {}))
    pairs, _ = validation.parse(
        "rtt_ms",
        pd.DataFrame(
            {"from_region": ["r0", "r0x", "r0x"], "to_region": ["r1", "r0", "r1"], "rtt_ms": 1}
        ),
    )
    problems = validation.cross_check({"regions": places, "rtt_ms": pairs})
    assert told(problems) == [("rtt_ms", 1, "from_region", "r0x")]
    assert problems[0].fix == "Did you mean 'r0'?"


def test_each_of_several_source_keys_is_looked_up():
    places, _ = validation.parse(
        "regions", regions({"pue_source": "a"}, {"pue_source": "b; c"}, {"pue_source": ""})
    )
    sources, _ = validation.parse("sources", pd.DataFrame({"key": ["a", "b"]}))
    problems = validation.cross_check({"regions": places, "sources": sources})
    assert told(problems) == [("regions", 1, "pue_source", "c")]


def test_names_are_not_looked_up_where_the_list_is_absent_or_incomplete():
    places, _ = validation.parse("regions", regions())
    clients = pd.DataFrame({"id": ["x"], "demand_share": [1.0], "service": ["elsewhere"]})
    assert validation.cross_check({"clients": clients}) == []
    assert validation.cross_check({"clients": clients, "regions": places.drop(columns="id")}) == []
    assert validation.cross_check({"clients": clients, "regions": places.assign(id="")}) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_shares_are_accepted_if_and_only_if_they_sum_to_one(shares):
    clients = pd.DataFrame({"id": [f"c{i}" for i in range(len(shares))], "demand_share": shares})
    problems = validation.cross_check({"clients": clients})
    assert bool(problems) == (abs(math.fsum(shares) - 1) > validation.SHARE_TOLERANCE)


def test_shares_that_are_not_all_known_are_not_summed():
    clients = pd.DataFrame({"id": ["a", "b"], "demand_share": [0.5, math.nan]})
    assert validation.cross_check({"clients": clients}) == []


def test_tables_and_workload_parameters_have_the_same_bounds():
    for column in TABLES["workloads"].columns:
        if column.kind == "number":
            parameter = Workload.param[column.name]
            low, high = parameter.bounds
            assert (low, math.inf if high is None else high) == (column.low, column.high), (
                column.name
            )
            assert parameter.inclusive_bounds[0] is not column.above_low, column.name
