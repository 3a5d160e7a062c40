"""
Scenarios that once failed: each gives what is right, in figures, or is refused for what is wrong
with it.
"""

from pathlib import Path

import pytest

from explorer import Placement, Scenario, ScenarioError, frontier, solve

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.name for path in CASES.iterdir() if path.is_dir())
REFUSED = {
    "class-called-all": [
        "workloads.csv, row 2, column id: this word has a meaning of its own here."
    ],
    "integer-of-400-digits": [
        "scenario.toml, row 6, key total_demand_mw: this is above 1,000,000,000."
    ],
    "time-zone-hints": ["Did you mean 'Europe/Berlin'?", "Did you mean 'Etc/GMT-1'?"],
}
PLACED = {  # cost [USD/h], load that runs away from home [MW], load that nobody runs [MW]
    "all-equal": (8400.0, 0.0, 0.0),
    "excel-sep-line": (6000.0, 50.0, 0.0),
    "negative-prices": (-7200.0, None, 0.0),
    "map-small-world": (None, 0.8, 0.0),
    "prices-above-penalty": (0.0, 0.0, 100.0),
}
HOURS = {"profiles-absolute": {12: 2400.0, 0: 7200.0}}
SHOWN = {
    "right-to-left-names",
    "same-names",
    "ordinary-long-names",
    "markup-in-names",
}  # what is right is how they look


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said(name):
    with pytest.raises(ScenarioError) as error:
        Scenario.load(CASES / name)
    for words in REFUSED[name]:
        assert words in str(error.value)


@pytest.mark.parametrize("name", PLACED)
def test_the_placement_is_the_right_one(name):
    world = Scenario.load(CASES / name)
    placement = solve(world)
    found = placement.cost_usd_per_h, placement.relocated_mw, placement.unserved_mw
    for value, expected in zip(found, PLACED[name], strict=True):
        assert expected is None or value == pytest.approx(expected, abs=1e-6)
    if name == "all-equal":
        assert placement.flows["is_home"].all() and placement.mean_wan_ms == 0
        assert (frontier(world).table["relocated_mw"] < 1e-6).all()
    if name == "prices-above-penalty":
        assert placement.unserved_by_reason() == {"price": pytest.approx(100)}


@pytest.mark.parametrize("name", HOURS)
def test_each_hour_has_its_own_cost(name):
    world = Scenario.load(CASES / name)
    for world.hour, usd_per_h in HOURS[name].items():
        assert solve(world).cost_usd_per_h == pytest.approx(usd_per_h)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_what_is_hard_to_show_is_placed_as_anything_else(name):
    placement: Placement = solve(Scenario.load(CASES / name))
    assert placement.served_mw > 0
    labels = placement.network.labels
    assert len(set(labels.regions)) == len(labels.regions) and len(set(labels.classes)) == len(
        labels.classes
    )


def test_the_large_world_is_large():
    """
    What its frontier keeps when time is over stands in `test_extremes`; tracing it takes a minute.
    """
    world = Scenario.load(CASES / "large")
    assert (len(world.clients), len(world.regions), len(world.workloads)) == (500, 200, 4)


def test_every_case_is_described_and_tried():
    assert {*REFUSED, *PLACED, *HOURS, *SHOWN, "large"} == set(FOLDERS)
    described = (CASES / "README.md").read_text("utf-8")
    assert [name for name in FOLDERS if f"| `{name}` |" not in described] == []
