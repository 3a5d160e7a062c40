"""How long classes may wait: a slider of those that may, with undo, in links and pins, in no file."""

from typing import Any

import pytest

from explorer import Explorer, Scenario, time_shifting
from explorer.app.compare.pins import Origin, Pins
from explorer.app.controls.controls import Inputs, link_values
from explorer.app.differences import differences
from explorer.app.link.followed import followed, whole_link
from explorer.app.snapshot.write import _answered, snapshot_page
from explorer.errors import ExplorerError
from explorer.scenario.history import History, state_of
from explorer.session import Session


@pytest.fixture(scope="module")
def sun() -> Scenario:
    return Scenario.load("follow-the-sun")


def controls(scenario: Scenario) -> dict[str, dict[str, Any]]:
    groups = Inputs(scenario, {}).groups
    return {c["key"]: c | {"group": g["title"]} for g in groups for c in g["controls"]}


def test_classes_that_may_wait_have_a_slider_with_unit_and_source(sun):
    there = {key: c for key, c in controls(sun).items() if key.endswith("/wait")}
    assert {key: c["opened"] for key, c in there.items()} == {
        key: c["opened"] for key, c in there.items() if c["opened"] > 0
    }
    assert there and {c["group"] for c in there.values()} == {"When?"}
    for control in there.values():
        assert control["label"].endswith("may wait [h]") and "[h]" in control["doc"]
        assert (control["min"], control["max"], control["step"]) == (0, 23, 1)
        assert control["origin"].startswith("As opened: ")
    assert not any(key.endswith("/wait") for key in controls(Scenario.load("classroom-3x3")))


def test_a_slider_moves_what_waiting_is_worth_and_undo_takes_it_back(sun):
    scenario = sun.copy()
    history, inputs = History(scenario), Inputs(scenario, {})
    keys = [key for key in inputs.keys if key.endswith("/wait")]
    assert inputs.write(dict.fromkeys(keys, 0)) == {}
    assert time_shifting(scenario).attrs["deferrable_mwh"] == 0
    assert all(
        "may wait 0 h" in each for each in differences(scenario, state_of(sun), state_of(scenario))
    )
    history.undo()
    assert state_of(scenario) == state_of(sun)
    complaints = inputs.write({keys[0]: 24})
    assert complaints == {keys[0]: "24 is not possible. Possible: 0 to 23."}


def test_links_and_pins_have_it(sun):
    scenario = sun.copy()
    key = next(key for key in link_values(scenario) if key.endswith("/wait"))
    Inputs(scenario, {}).write({key: 3})
    there = followed(whole_link("follow-the-sun", scenario), "world-2025").scenario
    assert state_of(there) == state_of(scenario) != state_of(sun)
    pins = Pins(Session(scenario), Origin("follow-the-sun", sun.copy()), "follow-the-sun")
    pins.add()
    again = Pins(Session(sun.copy()), Origin("follow-the-sun", sun.copy()), "follow-the-sun")
    again.told = pins.told
    assert [pin.state for pin in again.kept] == [state_of(scenario)]


def test_a_page_that_solves_itself_shows_no_day_and_has_no_such_slider(sun):
    key = next(key for key in link_values(sun) if key.endswith("/wait"))
    with pytest.raises(ExplorerError, match="it needs the app"):
        snapshot_page(sun, controls=[key])
    kept = [control["key"] for group in _answered(sun) for control in group["controls"]]
    assert "hour" in kept and not any(each.endswith("/wait") for each in kept)


def test_an_app_may_show_it_alone(sun):
    key = next(key for key in link_values(sun) if key.endswith("/wait"))
    app = Explorer(sun.copy(), views=["time_shifting"], controls=[key])
    assert f'"{key}"' in app.controls._all.groups
