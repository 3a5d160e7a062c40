"""Scenario folders: what is written is what is read, and a save happens whole or not at all."""

import errno
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenarios import random_scenario

from explorer.errors import ExplorerError, ScenarioError
from explorer.model.network import build_network
from explorer.packaged_data import SCENARIOS
from explorer.scenario import known
from explorer.scenario.profiles import HOUR_CHOICES
from explorer.scenario.scenario import TABLES, Scenario, check
from explorer.scenario.schema import LARGEST, SEASONS
from explorer.scenario.schema import TABLES as SCHEMA


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_same(one: Scenario, other: Scenario) -> None:
    assert (one.title, one.description) == (other.title, other.description)
    assert one.settings() == other.settings()
    assert one.documents == other.documents
    pd.testing.assert_frame_equal(one.workloads_table(), other.workloads_table(), check_exact=True)
    for name in TABLES:
        table, again = getattr(one, name), getattr(other, name)
        assert (table is None) == (again is None), name
        if table is not None:
            pd.testing.assert_frame_equal(table, again, check_exact=True)


@pytest.fixture
def classroom() -> Scenario:
    return Scenario.load("classroom-3x3")


@pytest.mark.parametrize("name", known.names())
def test_a_sample_scenario_has_no_problem_and_survives_a_round_trip(name, tmp_path):
    assert check(name) == []
    scenario = Scenario.load(name)
    assert scenario.title and scenario.description and "README.md" in scenario.documents
    scenario.save(tmp_path / "copy")
    assert_same(Scenario.load(tmp_path / "copy"), scenario)


def test_the_samples_are_the_world_and_the_classroom():
    assert {"world-2025", "classroom-3x3"} <= set(known.names())


def test_the_world_keeps_the_notice_of_its_open_database():
    documents = Scenario.load("world-2025").documents
    assert "Open Database License" in documents["profiles_24h.NOTICE.md"]
    assert "Electricity Maps" in documents["profiles_24h.NOTICE.md"]


def test_every_figure_of_the_world_names_its_source():
    world = Scenario.load("world-2025")
    for figure in (
        "price",
        "carbon_combined_margin",
        "carbon_operating_margin",
        "carbon_average",
        "pue",
        "capacity",
    ):
        assert (world.regions[f"{figure}_source"] != "").all(), figure
    for basis in ("demand_share", "demand_share_prompts", "demand_share_capacity"):
        assert (world.clients[f"{basis}_source"] != "").all(), basis
    for table in (
        world.rtt_ms,
        world.legal_zones,
        world.profiles,
        world.demand_profiles,
    ):
        assert table is not None and (table["source"] != "").all()


def test_norway_and_namibia_stay_what_they_are(tmp_path, classroom):
    clients = classroom.clients.assign(
        country_iso2=["NO", "NA", "NaN"], legal_zone=["NO", "NA", "null"]
    )
    classroom.clients = clients.assign(id=["NA", "None", "true"], remark=["NO", "NA", "1.0"])
    classroom.save(tmp_path / "copy")
    again = Scenario.load(tmp_path / "copy").clients
    assert again["country_iso2"].tolist() == ["NO", "NA", "NaN"]
    assert again["legal_zone"].tolist() == ["NO", "NA", "null"]
    assert again["id"].tolist() == ["NA", "None", "true"]
    assert again["remark"].tolist() == ["NO", "NA", "1.0"]


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
word = text.map(str.strip).filter(bool)
positive = st.floats(0, LARGEST)
strange_heading = word.filter(lambda name: not name.endswith("source"))


@given(
    names=st.lists(word, min_size=3, max_size=3),
    zones=st.lists(word, min_size=3, max_size=3),
    capacity=st.lists(positive, min_size=3, max_size=3),
    price=st.lists(st.floats(-LARGEST, LARGEST), min_size=3, max_size=3),
    heading=strange_heading.map(lambda name: f"x{name}"),
    remarks=st.lists(text, min_size=3, max_size=3),
    demand=positive,
    relaxation=st.floats(-3_600_000, 3_600_000) | st.integers(-3_600_000, 3_600_000),
    hour=st.sampled_from(HOUR_CHOICES),
    season=st.sampled_from(SEASONS),
    title=text,
    document=text,
)
def test_any_scenario_survives_a_round_trip(
    tmp_path_factory,
    names,
    zones,
    capacity,
    price,
    heading,
    remarks,
    demand,
    relaxation,
    hour,
    season,
    title,
    document,
):
    scenario = Scenario.load("classroom-3x3")
    scenario.regions = scenario.regions.assign(
        name=names,
        legal_zone=zones,
        capacity_mw=capacity,
        electricity_price_usd_per_mwh=price,
        **{heading: remarks},
    )
    scenario.param.update(
        total_demand_mw=demand,
        latency_relaxation_ms=relaxation,
        hour=hour,
        season=season,
        title=title,
        description=title,
        documents={"README.md": document},
    )
    folder = tmp_path_factory.mktemp("saved") / "scenario"
    scenario.save(folder)
    assert_same(Scenario.load(folder), scenario)
    before = contents(folder)
    Scenario.load(folder).save(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("seed", range(5))
def test_what_overrides_the_model_survives_a_round_trip(tmp_path, seed):
    scenario = random_scenario(seed, exceptions=True)
    scenario.save(tmp_path / "mine")
    assert check(tmp_path / "mine") == []
    assert_same(Scenario.load(tmp_path / "mine"), scenario)
    assert build_network(Scenario.load(tmp_path / "mine")) == build_network(scenario)


def test_numpy_numbers_are_written_as_numbers(tmp_path, classroom):
    classroom.total_demand_mw = pd.Series([120]).iloc[0]
    classroom.hour = pd.Series([7.0]).iloc[0]
    classroom.save(tmp_path / "copy")
    again = Scenario.load(tmp_path / "copy")
    assert again.total_demand_mw == 120
    assert again.hour == 7 and type(again.hour) is int


def test_a_folder_from_before_there_were_hours_is_at_the_means(tmp_path, classroom):
    classroom.param.update(hour=7, season="winter")
    classroom.save(tmp_path / "old")
    file = tmp_path / "old" / "scenario.toml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith(("hour", "season"))))
    again = Scenario.load(tmp_path / "old")
    assert (again.hour, again.season) == ("average", "annual")


def test_a_save_replaces_a_scenario_and_leaves_other_files_alone(tmp_path, classroom):
    folder = tmp_path / "mine"
    Scenario.load("world-2025").save(folder)
    (folder / "plot.png").write_bytes(b"picture")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("main")
    classroom.save(folder)
    assert_same(Scenario.load(folder), classroom)
    assert not (folder / "profiles_24h.csv").exists()
    assert (folder / "plot.png").read_bytes() == b"picture"
    assert (folder / ".git" / "HEAD").read_text() == "main"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_save_makes_the_folders_above_and_fills_an_empty_one(tmp_path, classroom):
    classroom.save(tmp_path / "deep" / "down")
    (tmp_path / "empty").mkdir()
    classroom.save(tmp_path / "empty")
    assert check(tmp_path / "deep" / "down") == check(tmp_path / "empty") == []


def test_a_save_never_replaces_what_is_not_a_scenario(tmp_path, classroom):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ExplorerError, match="not a scenario"):
        classroom.save(tmp_path)
    with pytest.raises(ExplorerError, match="not a scenario"):
        classroom.save(tmp_path / "thesis.txt")
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize(
    ("there", "method", "failing"),
    [
        (True, "mkdir", 1),
        (True, "write_bytes", 4),
        (True, "rename", 1),
        (True, "rename", 2),
        (False, "mkdir", 1),
        (False, "write_bytes", 1),
        (False, "rename", 1),
    ],
)
def test_a_save_that_fails_leaves_everything_as_it_was(
    tmp_path, monkeypatch, classroom, there, method, failing
):
    folder = tmp_path / "mine"
    if there:
        Scenario.load("world-2025").save(folder)
    before, real, calls = contents(tmp_path), getattr(Path, method), []

    def fail(self, *arguments, **options):
        calls.append(self)
        if len(calls) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, method, fail)
    with pytest.raises(ExplorerError, match="No space left"):
        classroom.save(folder)
    monkeypatch.undo()
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["mine"] if there else [])


def test_an_interrupted_save_leaves_everything_as_it_was(tmp_path, monkeypatch, classroom):
    Scenario.load("world-2025").save(tmp_path / "mine")
    before = contents(tmp_path)

    def interrupt(self, data):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        classroom.save(tmp_path / "mine")
    monkeypatch.undo()
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["../README.md", "regions.csv", "notes", "a/b.md"])
def test_a_document_cannot_take_the_place_of_another_file(tmp_path, classroom, name):
    classroom.documents = {name: "hello"}
    with pytest.raises(ExplorerError) as error:
        classroom.save(tmp_path / "mine")
    assert error.value.where == name
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_brings_the_nearest_and_all_names():
    with pytest.raises(ExplorerError) as error:
        Scenario.load("world-2052")
    assert error.value.where == "world-2052"
    assert "Did you mean 'world-2025'?" in error.value.fix and "classroom-3x3" in error.value.fix


def test_a_file_is_not_a_scenario():
    with pytest.raises(ExplorerError, match="is a folder") as error:
        Scenario.load(SCENARIOS / "world-2025" / known.SETTINGS_FILE)
    assert str(SCENARIOS / "world-2025") in error.value.fix


def test_a_path_reaches_a_folder_with_the_name_of_a_sample(tmp_path, monkeypatch, classroom):
    classroom.save(tmp_path / "world-2025")
    monkeypatch.chdir(tmp_path)
    assert (
        Scenario.load("./world-2025").title
        == Scenario.load(Path("world-2025")).title
        == classroom.title
    )
    assert Scenario.load("world-2025").title != classroom.title


def test_loading_lists_every_problem(tmp_path, classroom):
    classroom.save(tmp_path / "mine")
    (tmp_path / "mine" / "clients.csv").unlink()
    (tmp_path / "mine" / "rtt_ms.csv").write_text("from_region,to_region,rtt_ms\nnorth,south,-1\n")
    with pytest.raises(ScenarioError) as error:
        Scenario.load(tmp_path / "mine")
    assert list(error.value.problems) == check(tmp_path / "mine")
    assert {problem.file for problem in error.value.problems} == {"clients.csv", "rtt_ms.csv"}


def test_the_schema_knows_the_tables_of_a_scenario():
    assert set(SCHEMA) == {*TABLES, "workloads"}
