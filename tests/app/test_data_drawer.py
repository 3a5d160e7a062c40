"""The drawer of data: every figure with its origin, every text as it is, files as they were."""

import json

import pandas as pd
import pytest

from explorer import Scenario
from explorer.app.data_drawer.drawer import DataDrawer, Notices, overview, table
from explorer.scenario import csv_text
from explorer.scenario.provenance import cell_quality
from explorer.session import Session


@pytest.fixture(scope="module")
def world():
    return Session(Scenario.load("world-2025"))


def test_nothing_is_made_before_somebody_opens_it(world):
    drawer = DataDrawer(world)
    assert drawer.overview == drawer.table == drawer.file == ""
    drawer._handle_msg({"open": True})
    assert json.loads(drawer.overview)["title"] == "World 2025"


def test_every_figure_of_a_table_has_the_quality_of_its_sources(world):
    shown = table(world, "regions")
    column = shown["columns"].index("pue")
    found = [shown["origins"][n][0] for n in shown["origin_of"][column]]
    scenario = world.scenario
    rows = range(len(scenario.regions))
    assert found == [cell_quality(scenario, "regions", row, "pue") for row in rows]
    marks = [shown["origins"][n][1] for n in shown["origin_of"][column]]
    assert [mark == "≈" for mark in marks] == [q in ("estimate", "assigned") for q in found]
    assert shown["origin_of"][shown["columns"].index("name")] is None


def test_a_file_is_the_table_as_it_was(world):
    drawer = DataDrawer(world)
    drawer._handle_msg({"file": "clients"})
    saved = json.loads(drawer.file)
    assert saved == {"name": "clients.csv", "text": csv_text.write(world.scenario.clients)}
    drawer._handle_msg({"saved": True})
    assert drawer.file == ""


@pytest.mark.parametrize("message", [None, "open", {"table": "sources"}, {"table": 3}, {"x": 1}])
def test_other_messages_do_nothing(world, message):
    drawer = DataDrawer(world)
    drawer._handle_msg(message)
    assert drawer.overview == drawer.table == drawer.file == ""


def test_a_link_leads_to_the_web_or_nowhere():
    scenario = Scenario.load("classroom-3x3")
    rows = {"key": ["invented", "b"], "url": ["javascript:alert(1)", "https://example.org"]}
    scenario.sources = pd.DataFrame(rows | {"access": "read"})
    found = overview(Session(scenario))["sources"]
    assert [source["url"] for source in found] == ["", "https://example.org"]


def test_notices_stand_on_the_page_where_the_data_is_used(world):
    said = "".join(str(v) for v in Notices(world)._pane.state.values())
    assert "Open Database License" in said and "Electricity Maps" in said


def test_a_scenario_of_our_own_asks_for_no_notice():
    notices = Notices(Session(Scenario.load("classroom-3x3")))
    assert not any(str(value) for value in notices._pane.state.values())
