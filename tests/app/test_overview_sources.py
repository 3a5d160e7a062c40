"""No figure of the overview is without its source, or the inputs it is computed from."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from explorer import Scenario
from explorer.app.controls.controls import Inputs
from explorer.app.live.origins import sources_html
from explorer.app.region_table import regions
from explorer.app.views.totals import Totals
from explorer.charts.chart import columns_in
from explorer.charts.world_map import REGIONS, world_map
from explorer.model.inputs import LABELS, columns_of
from explorer.model.labels import publisher_of
from explorer.registry import HEADLINES, MEASURES, OVERVIEW, PLACEMENT
from explorer.scenario.known import names
from explorer.scenario.provenance import MEANINGS
from explorer.session import Session
from explorer.text import BRIEFLY, licence_of
from tests.app.test_views import Screen

NONE = MEANINGS["unsourced"]
SCENARIOS = sorted(names())


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(Scenario.load("world-2025"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_totals_list_every_input_with_each_of_its_sources(name):
    session = Session(Scenario.load(name))
    text = unescape(unescape(Screen(Totals(session)).text()))
    assert text.count("Inputs and sources: below.") == text.count('data-total="') >= 6
    listed = text[text.index("Where these figures are from") :].lower()
    for input in HEADLINES:
        sources = session.network.labels.sources.by_input[input]
        assert (f"<b>{LABELS[input].lower()}</b>" in listed) == bool(sources), input
        for source in sources:
            assert publisher_of(source).lower() in listed and source.year in listed
            assert licence_of(source).lower() in listed and BRIEFLY[source.quality] in listed
        used = [of for of in columns_of(session.scenario, input) if is_given(session, *of)]
        assert sources or not used, input


def is_given(session: Session, table: str, column: str) -> bool:
    """Whether a scenario has figures in a column."""
    if table == "workloads":
        return column != "round_trips"  # of which scenarios take the default
    frame = getattr(session.scenario, table)
    return frame is not None and column in frame and frame[column].notna().any()


def test_each_column_of_the_table_is_computed_or_says_where_every_figure_is_from(session):
    script = Path(regions.__file__).with_suffix(".js").read_text("utf-8")
    block = script[script.index("const COLUMNS") : script.index("const HELP")]
    columns = re.findall(r'title: tr\("([^"]+)"\), unit: "[^"]*", of: "(\w+)"([^\n]*)', block)
    assert len(columns) == block.count("title:") >= 8
    shown = regions.table_columns(session)
    distinct, *origins = shown["origins"]
    assert NONE not in dict(map(reversed, distinct))
    for title, of, rest in columns:
        found = re.search(r"origin: (\d)", rest)
        if found:
            assert len(origins[int(found[1])]) == len(shown["ids"]), title
        else:  # names, and what a placement decides: the help names the inputs
            assert of in ("names", "loads"), title
    assert shown["sources"] == str(sources_html(session.network.labels, PLACEMENT))


def test_each_row_of_the_maps_tooltip_with_a_figure_of_an_input_says_where_it_is_from(session):
    placement, network = session.placement, session.network
    columns = world_map(placement).columns[REGIONS.name]
    given = {
        "price": network.price_usd_per_mwh, "carbon": network.carbon_kg_per_mwh,
        "capacity": network.capacity_mw, "pue": network.pue,
    }  # fmt: skip
    rows = [columns_in((row,)) for row in REGIONS.tip]
    numbers = [c for row in rows for c in row if np.asarray(columns[c]).dtype != object]
    told = set()
    for name, values in given.items():
        for column in (c for c in numbers if np.array_equal(columns[c], values)):
            (place,) = (n for n, row in enumerate(rows) if column in row)
            assert f"{name}_mark" in rows[place] and f"{name}_origin" in rows[place + 1]
            assert NONE not in " ".join(columns[f"{name}_origin"])
            told.add(name)
    assert told >= {"price", "carbon", "capacity"}


def test_each_number_that_the_scenario_sets_names_its_source_on_its_control(session):
    scenario = session.scenario
    controls = [c for group in Inputs(scenario, {}).groups for c in group["controls"]]
    numbers = [c for c in controls if c["kind"] in ("number", "duration")]
    assert len(numbers) >= 12
    for control in numbers:
        by_itself = control["key"] in scenario.param and (
            getattr(scenario, control["key"]) == scenario.param[control["key"]].default
        )
        if not by_itself or "origin" in control:
            assert control["origin"].startswith("As opened: "), control["key"]
            assert NONE not in control["origin"], control["key"]


def test_each_card_of_the_overview_names_the_sources_of_what_its_measure_reads(session):
    for measure in MEASURES.values():
        if measure.question == OVERVIEW:
            lines = str(sources_html(session.network.labels, measure.reads))
            for name in measure.reads:
                label = LABELS[name][0].upper() + LABELS[name][1:]
                used = columns_of(session.scenario, name)
                assert f"<b>{label}</b>" in lines or not used, (measure.name, name)
