"""Which columns results are made of, and whose figures those are."""

import numpy as np
import pytest

from explorer import Scenario
from explorer.model.inputs import LABELS, columns_of, input_sources, sources_used
from explorer.model.network import build_network
from explorer.registry import HEADLINES, MEASURES


@pytest.fixture
def world():
    return Scenario.load("world-2025")


def keys(sources):
    return {source.key for source in sources}


def test_what_measures_read_are_inputs():
    named = {name for measure in MEASURES.values() for name in measure.reads}
    assert {*HEADLINES} | named == {*LABELS}


def test_only_the_chosen_carbon_signal_has_sources(world):
    world.carbon_signal = "operating margin"
    by_margin = keys(input_sources(world).by_input["carbon"])
    world.carbon_signal = "average"
    by_average = keys(input_sources(world).by_input["carbon"])
    assert "unfccc-ifi-2021" in by_margin - by_average
    assert "gcp-region-carbon-2024" in by_average - by_margin


@pytest.mark.parametrize(
    ("setting", "value", "input"),
    [("latency_model", "fibre", "latency"), ("legal_policy", "open", "law")],
)
def test_a_choice_that_reads_no_table_needs_no_source(world, setting, value, input):
    assert input_sources(world).by_input[input]
    setattr(world, setting, value)
    assert not input_sources(world).by_input[input]


def test_hours_have_sources_once_an_hour_is_chosen(world):
    assert not input_sources(world).by_input["hours"]
    world.hour = 12
    assert input_sources(world).by_input["hours"] == input_sources(world).by_input["day"] != ()


def test_regions_have_the_sources_of_their_own_cells(world):
    found = input_sources(world).by_region["pue"]
    named = [keys(sources) for sources in found]
    assert named == [{*cell.split(";")} for cell in world.regions["pue_source"]]


def test_a_source_that_is_edited_in_place_is_seen(world):
    before = keys(sources_used(world))
    world.regions.loc[:, "pue_source"] = "estimate-pue"
    after = keys(sources_used(world))
    assert "published-pue-mean" in before - after


@pytest.mark.parametrize("name", ["price", "carbon", "pue", "capacity", "demand"])
def test_an_input_is_what_the_network_is_made_of(world, name):
    """Changing the column that an input names changes the network, so that it is no other."""
    before = build_network(world)
    ((table, column),) = columns_of(world, name)
    frame = getattr(world, table)
    ranges = [name for name in frame if name.endswith(("_low", "_high"))]
    changed = frame.drop(columns=ranges).assign(**{column: np.roll(frame[column].to_numpy(), 1)})
    setattr(world, table, changed)
    assert build_network(world) != before


def test_no_other_number_of_the_regions_is_read(world):
    """What no input names can be anything: the results stay, and so does whose data they are."""
    ranges = [name for name in world.regions if name.endswith(("_low", "_high"))]
    world.regions = world.regions.drop(columns=ranges)
    before, used = build_network(world), sources_used(world)
    named = {column for name in LABELS for _, column in columns_of(world, name)}
    places = {"latitude", "longitude"}
    for column in set(world.regions.select_dtypes("number")) - named - places:
        world.regions = world.regions.assign(**{column: world.regions[column].median()})
    assert build_network(world) == before and sources_used(world) == used
