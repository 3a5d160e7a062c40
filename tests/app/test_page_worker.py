"""
In which order the worker of a page without a server answers: totals and map first, of the newest
state, the other views behind them, and then the frontier.
"""

import gzip
import json
import subprocess
from base64 import b64encode
from typing import Any

import pytest

from explorer import Scenario
from explorer.app.snapshot.page_data import encoded, page_data
from explorer.app.snapshot.program import solver_program, solver_wasm
from explorer.app.snapshot.view_labels import view_labels
from explorer.app.snapshot.write import LEADS
from tests.page_modules import NODE

MOST_MOVES = 5000  # some ten times as many as there are in a second
# A page that moves on whenever totals and map are there, until other views have followed in between.
SCRIPT = """
const {readFileSync} = require("node:fs")
const {program, wasm, world, settings, workload, most_moves} = JSON.parse(readFileSync(0, "utf8"))
globalThis.self = globalThis
const posts = []
let moves = 0
let moving = true
const ask = () => {
  const limits = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value ?? Infinity]))
  const state = {...limits, friction_scale: 1 + moves / most_moves}
  const looks = {colour: "change_mw", clients: false, flows: false}
  onmessage({data: {serial: ++moves, settings: state, over: workload, workload, looks}})
}
globalThis.postMessage = post => {
  const {serial, placed, certificate, traced, error} = post
  const kind = error ?? (placed ? "placed" : traced ? "traced" : "behind")
  posts.push({serial, kind, moves, changed: post.changed.map(([slot]) => slot), proves: Boolean(certificate?.holds)})
  if (kind === "behind" && serial > 1) moving = false
  if (kind === "placed" && moving && moves < most_moves) setImmediate(ask)
  if (kind === "traced" && !moving) process.stdout.write(JSON.stringify(posts), () => process.exit())
}
;(0, eval)(program)
onmessage({data: {wasm, world}})
ask()
"""


def packed(data: bytes) -> str:
    return b64encode(gzip.compress(data)).decode()


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    """What the worker told a page that moved a slider and did not stop."""
    scenario = Scenario.load("classroom-3x3")
    data = page_data(scenario)
    world = {"data": encoded(data), "labels": view_labels(scenario, LEADS)}
    budgets = [workload.latency_budget_ms for workload in scenario.workloads.values()]
    asked = {
        "program": solver_program(),
        "wasm": packed(solver_wasm()),
        "world": packed(json.dumps(world).encode()),
        "settings": data["settings"] | {"budgets": budgets},
        "workload": next(iter(scenario.workloads)),
        "most_moves": MOST_MOVES,
    }
    found = subprocess.run(
        [NODE, "--eval", SCRIPT],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(found.stdout)


def views(post: dict[str, Any]) -> set[str]:
    """What of the page a message changes; how much of what moves has to stands among the totals."""
    slots = [slot.split("|") for slot in post["changed"]]
    return {element if element == "forced" else view for view, element, *_ in slots}


def of_kind(posts: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [post for post in posts if post["kind"] == kind]


def test_a_state_has_totals_and_map_then_the_other_views_then_its_frontier(posts):
    *_, last = posts
    kinds = [post["kind"] for post in posts if post["serial"] == last["serial"]]
    assert kinds == ["placed", "behind", "traced"]
    later = {"forced", "break-even", "layers", "argument", "table"}
    for kind, may in {
        "placed": {"totals", "map", "forced"}, "behind": later, "traced": {"frontier", "layers"},
    }.items():  # fmt: skip
        told = [views(post) for post in of_kind(posts, kind)]
        assert set().union(*told) <= may and any(told)


def test_the_first_state_is_what_the_page_shows_when_it_is_opened(posts):
    first = [post for post in posts if post["serial"] == 1]
    assert first and all(post["changed"] == [] for post in first)


def test_one_who_does_not_stop_moving_sees_the_other_views_of_the_newest_state(posts):
    """And none of an older one: states follow one another, and a proof is of the last that was placed."""
    serials = [post["serial"] for post in posts]
    assert serials == sorted(serials)
    behind = of_kind(posts, "behind")[-1]
    assert 10 < behind["serial"] < MOST_MOVES
    assert (
        behind["moves"]
        == behind["serial"]
        == [p for p in posts if p["kind"] == "placed"][-1]["serial"]
    )
    assert all(post["proves"] for post in of_kind(posts, "behind"))
    assert len(of_kind(posts, "behind")) < len(of_kind(posts, "placed")) / 5
