"""Whatever leaves the program names whose figures it is made of, and nobody else's."""

import re
from importlib import import_module

import pandas as pd
import pytest

from explorer import Scenario, report, solve
from explorer.app.controls.controls import Inputs
from explorer.app.snapshot.write import write_snapshot
from explorer.measures.arguments import completed
from explorer.model.inputs import input_sources, sources_used
from explorer.model.labels import labels_of
from explorer.registry import MEASURES
from explorer.scenario.provenance import MEANINGS, sources_of
from explorer.text import uncertain_mark


@pytest.fixture
def classroom() -> Scenario:
    """Every input by a source of its own; one is for a signal that is not chosen, one for nothing."""
    scenario = Scenario.load("classroom-3x3")
    rows = [
        ("price", "read", "CC BY 4.0"), ("marginal", "estimate", ""), ("average", "secondary", ""),
        ("pue", "read", ""), ("capacity", "secondary", ""), ("share", "read", "ODbL 1.0"),
        ("classes", "estimate", ""), ("rtt", "read", ""), ("egress", "estimate", ""),
        ("nothing", "read", "ODbL 1.0"),
    ]  # fmt: skip
    scenario.sources = pd.DataFrame(
        {
            "key": [key for key, *_ in rows], "title": [f"Title of {key}" for key, *_ in rows],
            "publisher": [f"Publisher of {key}" for key, *_ in rows], "year": "2024",
            "licence": [licence or "Public domain" for *_, licence in rows],
            "access": [access for _, access, _ in rows],
        }
    )  # fmt: skip
    scenario.regions = scenario.regions.drop(columns="source", errors="ignore").assign(
        price_source="price", carbon_marginal_source="marginal", carbon_average_source="average",
        pue_source="pue", capacity_source="capacity",
    )  # fmt: skip
    scenario.clients = scenario.clients.assign(source="share")
    scenario.rtt_ms = scenario.rtt_ms.assign(source="rtt")
    for workload in scenario.workloads.values():
        workload.extra = {"source": "classes"}
    scenario.parameter_sources = {"egress_usd_per_gb": "egress"}
    return scenario


USED = ("price", "marginal", "pue", "capacity", "share", "classes", "rtt", "egress")


def test_the_summary_lists_the_sources_that_are_used_and_no_others(classroom):
    text = report.summary(classroom, solve(classroom))
    section = text[text.index("## Sources") :]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| Title of")]
    named = [row[1].strip().removeprefix("Title of ") for row in rows]
    assert sorted(named) == sorted(USED)
    known = sources_of(classroom)
    for row, key in zip(rows, named, strict=True):
        source = known[key]
        assert [cell.strip() for cell in row[2:6]] == [
            source.publisher, source.year, source.licence, MEANINGS[source.quality],
        ]  # fmt: skip
    assert "Open Database License" in section and "Publisher of share, made" in section
    assert "Publisher of nothing" not in text and "Publisher of average" not in text


def test_the_summary_of_the_world_has_the_sources_of_water_and_hardware():
    world = Scenario.load("world-2025")
    section = report.summary(world, solve(world)).partition("## Sources")[2]
    for name in ("water", "hardware"):
        for source in input_sources(world).by_input[name]:
            assert source.title in section, source.key


def test_a_control_says_where_its_setting_is_from():
    world = Scenario.load("world-2025")
    controls = [c for group in Inputs(world, {}).groups for c in group["controls"]]
    told = {c["key"]: c for c in controls if c["key"] in world.parameter_sources}
    assert len(told) >= 8
    for key, control in told.items():
        sources = input_sources(world).settings[key]
        assert control["mark"] == uncertain_mark(sources)
        for source in sources:
            assert (
                f"{source.year} ({source.licence}), {MEANINGS[source.quality]}" in control["origin"]
            )


def test_a_snapshot_lists_the_sources_of_every_choice_that_it_offers_and_their_notices(
    classroom, tmp_path
):
    file = tmp_path / "file.html"
    write_snapshot(classroom, file)
    text = file.read_text("utf-8")
    listed = re.findall(r"<li>Title of (\w+)\.", text)
    assert sorted(listed) == sorted((*USED, "average"))
    assert "Open Database License" in text and "Publisher of nothing" not in text


@pytest.mark.parametrize("name", MEASURES)
def test_each_picture_names_the_publishers_of_what_its_measure_reads(classroom, name):
    measure = MEASURES[name]
    subject = solve(classroom) if measure.takes == "placement" else classroom
    result = measure.function(subject, **completed(classroom, measure.needs, {}))
    charts = import_module(f"explorer.charts.{name}")
    about = (charts.price_map if name == "marginal_prices" else charts.chart)(result).about
    assert {*about.publishers} == {*labels_of(classroom).publishers_of(name)}
    used = {source.publisher for source in sources_used(classroom, measure.reads)}
    assert {re.sub(r" \(.*", "", each) for each in about.publishers} == used
