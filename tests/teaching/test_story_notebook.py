"""
A story as a notebook: what it holds and says; that it runs, test_course has seen, in the kernel that
it has anyway.
"""

import ast

import nbformat
import pytest

from explorer import ExplorerError, Scenario, cli, solve
from explorer.measures.storytelling import scenario_at
from explorer.packaged_data import SCENARIOS
from explorer.scenario.known import names
from explorer.scenario.story import STORY_FILE
from explorer.teaching.story_notebook import told, write_story

TOLD = [name for name in names() if (SCENARIOS / name / STORY_FILE).exists()]


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", TOLD)
def test_a_story_is_written_as_a_notebook_that_brings_its_states_about(name, tmp_path):
    path = write_story(name, tmp_path / "story.ipynb")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    story = Scenario.load(name).story
    assert story is not None
    steps = [cell for cell in code(notebook) if "solve(scenario)" in cell.source]
    assert len(steps) == len(story.steps)
    for step, cell in zip(story.steps, steps, strict=True):
        lines = ast.parse(cell.source).body
        scope = {"Scenario": Scenario}
        settings = ast.Module(lines[:-3], [])  # what follows solves and shows
        exec(compile(settings, name, "exec"), scope)
        expected = scenario_at(Scenario.load(name), step)
        made = scope["scenario"]
        assert made.settings() == expected.settings()
        assert made.workloads_table().equals(expected.workloads_table())
    asked = [cell for cell in code(notebook) if cell.source == "guess = ..."]
    assert len(asked) == sum(step.predict is not None for step in story.steps)


def test_what_is_no_guess_is_refused_and_a_wrong_one_is_told_the_answer():
    scenario = Scenario.load("stylized-12")
    nearest, cheapest = (solve(scenario_at(scenario, step)) for step in scenario.story.steps[:2])
    step = scenario.story.steps[1]
    assert told(step, cheapest, nearest, "rises").says.startswith("✗ It falls: from")
    for odd in ("down", 5, None):
        with pytest.raises(ExplorerError, match="This is no guess"):
            told(step, cheapest, nearest, odd)


def test_markup_in_a_story_stays_text(tmp_path):
    folder = tmp_path / "mine"
    Scenario.load("classroom-3x3").save(folder)
    (folder / STORY_FILE).write_text(
        "title = '<b>*x*'\n[[steps]]\ntitle = '<i>'\ntext = '<script>{cost_usd_per_h}'\n", "utf-8"
    )
    notebook = nbformat.read(write_story(folder, tmp_path / "a.ipynb"), as_version=4)
    assert notebook.cells[0].source.startswith("# \\<b>\\*x\\*\n")
    assert 'Scenario.load("mine")' in notebook.cells[1].source  # as seen from the notebook
    scenario = Scenario.load(folder)
    shown = told(scenario.story.steps[0], solve(scenario))._repr_html_()
    assert shown.startswith("<p>&lt;script&gt;7,471</p>")


def test_the_command_writes_it_and_says_where_there_is_none(tmp_path, capsys):
    file = tmp_path / "story.ipynb"
    assert cli.main(["story", "stylized-12", "-o", str(file)]) == 0 and file.exists()
    assert cli.main(["story", "classroom-3x3", "-o", str(tmp_path / "none.ipynb")]) == 2
    assert "tells no story" in capsys.readouterr().err
    assert cli.main(["story", "stylized-12", "-o", str(tmp_path / "story.html")]) == 2
    assert not (tmp_path / "none.ipynb").exists() and not (tmp_path / "story.html").exists()
