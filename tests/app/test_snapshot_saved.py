"""
What a page without a server saves of any state is what Python writes of it: the scenario's folder
to the letter, and tables.
"""

import io
import json
import subprocess
import zipfile
from base64 import b64decode
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st
from page_modules import NODE, PageModules

from explorer import Scenario, solve
from explorer.app.controls.controls import Inputs, budget_key
from explorer.app.snapshot.program import PAGE
from explorer.measures.break_even import break_even_pairs
from explorer.measures.frontier import trace
from explorer.report import totals_table
from explorer.scenario.archive import read_zip
from explorer.scenario.scenario import SETTINGS
from explorer.words import of_script, speaking
from tests.app.test_page_model import random_states
from tests.scenarios import random_scenario

FOLDERS = """
import {readFileSync} from "node:fs"
import {folder_files} from "%s"
const {files, states} = JSON.parse(readFileSync(0, "utf8"))
const given = changes => Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value ?? Infinity]))
const found = states.map(({changes, budgets}) => folder_files(files, given(changes), budgets.map(ms => ms ?? Infinity)))
process.stdout.write(JSON.stringify(found))
"""
ZIP = """
import {readFileSync} from "node:fs"
import {zipped} from "%s"
const blob = zipped(JSON.parse(readFileSync(0, "utf8")), new Date(2025, 11, 31, 23, 59, 58))
process.stdout.write(Buffer.from(await blob.arrayBuffer()).toString("base64"))
"""
NUMBERS = {
    "friction_scale": st.floats(0, 1e6),
    "carbon_price_usd_per_t": st.floats(0, 1e9) | st.integers(0, 10**9),
    "egress_usd_per_gb": st.floats(0, 0.3) | st.sampled_from([1e-5, 3e-7, 0.02, 0.16]),
    "latency_relaxation_ms": st.floats(-50, 50),
    "mean_delay_cap_ms": st.none() | st.floats(0, 100),
    "objective": st.sampled_from(["cost", "carbon", "latency"]),
    "hour": st.sampled_from(["average", 0, 23]),
}
BUDGETS = st.floats(0, 1e20) | st.integers(0, 10**6)


def in_node(script: str, module: str, sent: Any) -> str:
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", script % (PAGE / module).as_uri()],
        input=json.dumps(sent), capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    return done.stdout


def of_a_browser(value: Any) -> Any:
    """A number as it comes from there: whole ones are whole."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.fixture(scope="module")
def told() -> Scenario:
    """A scenario whose files have all that is hard to write."""
    scenario = Scenario.load("classroom-3x3")
    scenario.parameter_ranges = {
        "egress_usd_per_gb": [0.02, 1],
        "carbon_price_usd_per_t": [2e-5, 99.5],
    }
    scenario.title = 'a\n[parameters]\nfriction_scale = 9\n"x"'
    first = next(iter(scenario.workloads.values()))
    first.extra["budget_source"] = 'quotes "and, commas"\nand lines'
    return scenario


@checked(max_examples=8, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=NUMBERS), min_size=10, max_size=10), st.data())
def test_the_folder_of_any_state_is_what_python_saves_of_it(told, moves, data):
    states, expected = [], []
    for move in moves:
        world = told.copy()
        budgets = [of_a_browser(data.draw(BUDGETS)) for _ in world.workloads]
        keys = [budget_key(workload) for workload in world.workloads.values()]
        move = {name: of_a_browser(value) for name, value in move.items()}
        complaints = Inputs(world, {}).write({**move, **dict(zip(keys, budgets, strict=True))})
        assert not complaints
        own = told.settings()
        changes = {k: v for k, v in move.items() if (np.inf if v is None else v) != own[k]}
        states.append({"changes": changes, "budgets": budgets})
        expected.append(world.files())
    assert (
        json.loads(in_node(FOLDERS, "folder.js", {"files": told.files(), "states": states}))
        == expected
    )


def test_the_zip_is_what_others_read(tmp_path):
    files = {"a/scenario.toml": "title = 'Ü'\n", "a/größe.csv": "", "a/long.txt": "x\n" * 100_000}
    content = b64decode(in_node(ZIP, "zip.js", files))
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert found.testzip() is None
        assert {name: found.read(name).decode() for name in found.namelist()} == files
        assert {entry.date_time for entry in found.infolist()} == {(2025, 12, 31, 23, 59, 58)}
    brought = {name.removeprefix("a/"): text.encode() for name, text in files.items()}
    assert read_zip(content, "saved.zip") == brought  # as own data in the app


def python_tables(scenario: Scenario, state: dict[str, Any]) -> dict[str, pd.DataFrame]:
    budgets = state["settings"]["budgets"]
    scenario.param.update({name: state["settings"][name] for name in SETTINGS})
    for workload, budget in zip(scenario.workloads.values(), budgets, strict=True):
        workload.latency_budget_ms = budget
    placement = solve(scenario)
    steps = trace(placement.network, state["along"], scenario.latency_relaxation_ms)
    pairs = break_even_pairs(placement.network, state["workload"])
    return {
        "totals": totals_table(placement),
        "flows": placement.flows,
        "regions": placement.regions,
        "demand_prices": placement.demand_prices,
        "unserved": placement.unserved,
        "frontier": steps.table,
        "break_even": pairs.drop(columns="repaid_after_h"),
    }


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_tables_are_python_s(seed):
    """Laws, classes not offered and load that nobody serves among them; of a page in German, too."""
    scenario = random_scenario(seed, exceptions=True)
    (state,) = random_states(scenario, 1, seed)
    with speaking("de"):
        words = of_script((PAGE / "measures.js").read_text("utf-8"))
    state |= {"along": "all", "as_tables": True, "words": words}
    with PageModules(scenario) as page:
        found = page.answer(state)["tables"]
    expected = python_tables(scenario, state)
    assert [*found] == [*expected]
    for name, table in expected.items():
        there = pd.read_csv(io.StringIO(found[name]), keep_default_na=True)
        ours = pd.read_csv(io.StringIO(table.to_csv(index=False)))
        size = ours.select_dtypes("number").abs().max().max()
        pd.testing.assert_frame_equal(
            there, ours, rtol=1e-6, atol=1e-9 * size, check_dtype=False, obj=name
        )
