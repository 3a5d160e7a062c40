"""A scenario's own texts in other languages: checked, shown, kept, and never more than text."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from explorer import Scenario, ScenarioError
from explorer.model.doubts import doubts
from explorer.model.labels import labels_of, title_shown
from explorer.model.network import build_network
from explorer.model.solve import solve_network
from explorer.packaged_data import SCENARIOS
from explorer.scenario.archive import read_zip, write_zip
from explorer.scenario.known import names
from explorer.scenario.scenario import check
from explorer.scenario.story import STORY_FILE
from explorer.words import LANGUAGES, speaking

CLASSROOM = "classroom-3x3"
STORY = """
title = "A story"
[[steps]]
title = "One"
text = '''It costs
{cost_usd_per_h} USD/h.'''
[[steps]]
title = "Two"
text = "More."
predict = { ask = "What now?", figure = "cost_usd_per_h" }
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    return shutil.copytree(SCENARIOS / CLASSROOM, tmp_path / "school")


def add(folder: Path, *rows: str) -> None:
    with (folder / "translations.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")


def said(folder: Path) -> str:
    return "\n".join(map(str, check(folder)))


def test_names_and_titles_are_shown_in_the_language_that_is_spoken():
    scenario = Scenario.load(CLASSROOM)
    english = labels_of(scenario)
    with speaking("de"):
        labels = labels_of(scenario)
        assert title_shown(scenario) == labels.title == "Klassenzimmer, drei mal drei"
        assert labels.regions == labels.short_regions == ("Norden", "Mitte", "Süden")
        assert labels.clients[0] == "Nordstadt"
        assert labels.workloads == ("Chat", "Stapelverarbeitung")
    assert english.regions == ("North", "Middle", "South")
    assert scenario.regions["name"].tolist() == ["North", "Middle", "South"]


def test_results_that_are_remembered_have_the_names_of_who_asks():
    scenario = Scenario.load(CLASSROOM)
    network = build_network(scenario)
    here = solve_network(network)
    with speaking("fr"):
        there = solve_network(build_network(scenario))
    assert there.network == network and there.optimum is here.optimum
    assert there.network.region_names["south"] == "Sud"
    assert here.network.region_names["south"] == "South"


def test_a_scenario_may_translate_nothing_but_its_zones():
    scenario = Scenario.load("stylized-12")
    assert scenario.legal_zones is not None
    id, name = scenario.legal_zones[["legal_zone", "name"]].iloc[0]
    scenario.translations = pd.DataFrame(
        {"language": ["es"], "text": [name], "translation": ["Zona"]}
    )
    here = solve_network(build_network(scenario)).network
    with speaking("es"):
        there = solve_network(build_network(scenario)).network
    assert there.labels.zones[id] == "Zona" != here.labels.zones[id]


@pytest.mark.parametrize("name", names())
def test_a_sample_has_all_its_texts_in_every_language_and_no_others(name):
    scenario = Scenario.load(name)
    table, story = scenario.translations, scenario.story
    assert table is not None
    prose = {scenario.title, scenario.description, *(w.name for w in scenario.workloads.values())}
    prose |= {" ".join(text.split()) for text in (story.texts() if story else ())}
    everything = {" ".join(text.split()) for text in scenario.texts()}
    known = {of: {*rows["text"]} for of, rows in table.groupby("language")}
    assert {*known} == {*LANGUAGES} - {"en"}
    assert known["zh"] == everything  # no name is written as in English there
    for language, texts in known.items():
        assert prose <= texts <= everything, language


def test_a_story_is_told_in_the_language_and_keeps_its_figures(folder):
    (folder / STORY_FILE).write_text(STORY, "utf-8")
    add(
        folder,
        "de,A story,Eine Geschichte",
        'de,"It costs {cost_usd_per_h} USD/h.",Es kostet {cost_usd_per_h} USD/h.',
        "de,What now?,Und nun?",
    )
    assert check(folder) == [] and doubts(folder) == []
    scenario = Scenario.load(folder)
    with speaking("de"):
        story = scenario.story
    assert story is not None and story.title == "Eine Geschichte"
    one, two = story.steps
    assert (one.title, one.text) == ("One", "Es kostet {cost_usd_per_h} USD/h.")
    assert two.predict is not None and two.predict.ask == "Und nun?"
    assert scenario.story is not None and scenario.story.title == "A story"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            "xx,North,N",
            "row 42, column language: this is not one of the possible values. (found 'xx')",
        ),
        ("de,North,Nord", "row 42, column language: row 4 has the same language and text."),
        ("de,Some text,", "row 42, column translation: the cell is blank."),
        ("de,{served_mw} MW,viel", "row 42, column translation: this has not the same figures"),
        (f"de,Some text,{'x' * 3000}", "row 42, column translation: this has 3,000 characters."),
    ],
)
def test_what_is_wrong_with_a_translation_is_said_with_its_place(folder, row, problem):
    add(folder, row)
    assert f"translations.csv, {problem}" in said(folder)
    with pytest.raises(ScenarioError):
        Scenario.load(folder)


def test_a_translation_of_a_text_that_there_is_not_is_doubted(folder):
    add(folder, "fr,Nowhere,Nulle part", "es,Nowhere,Ninguna parte")
    assert check(folder) == []
    (doubt,) = doubts(folder)
    assert (doubt.file, doubt.row, doubt.column, doubt.value) == (
        *("translations.csv", 42, "text", "Nowhere"),
    )
    assert "the scenario has no such text" in doubt.what and doubt.what.endswith("in row 43.")


def test_a_hostile_translation_is_text_on_one_line():
    scenario = Scenario.load(CLASSROOM)
    scenario.translations = pd.DataFrame(
        {"language": ["de"] * 2, "text": ["North", "South"], "translation": ["Sü\u202ed\nen"] * 2}
    )
    with speaking("de"):
        labels = labels_of(scenario)
    assert labels.regions[0] == "Sü\ufffdd en (north)"  # told apart from the other one
    assert labels.regions[1] == "Middle"


def test_translations_travel_with_their_scenario(folder, tmp_path):
    scenario = Scenario.load(folder)
    scenario.save(tmp_path / "again")
    packed = write_zip(scenario.files(), "school")
    for other in (
        Scenario.load(tmp_path / "again"),
        Scenario.from_files(read_zip(packed, "school.zip")),
        scenario.copy(),
    ):
        assert other.translations is not None
        pd.testing.assert_frame_equal(other.translations, scenario.translations)
    (folder / "translations.csv").unlink()
    assert Scenario.load(folder).translations is None
