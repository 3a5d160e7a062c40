"""The classroom's notebooks run from top to bottom, and their checks say what is off."""

import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import explorer
from explorer.packaged_data import LAYOUTS
from explorer.teaching.exercises import EXERCISES, check, compare

COURSE = LAYOUTS / "classroom"
LESSONS = sorted(COURSE.glob("*.ipynb"))
SOLUTIONS = sorted((COURSE / "solutions").glob("*.ipynb"))
NUMBER = re.compile(r"check\(\"(\d[a-z])\", answer\)")


def source(path: Path, kind: str = "code") -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == kind)


@pytest.fixture(scope="module")
def client() -> Any:
    """One kernel for all of them: what starts it takes longer than most notebooks do."""
    empty = nbformat.v4.new_notebook()
    client = NotebookClient(empty, timeout=120, resources={"metadata": {"path": str(COURSE)}})
    environment = os.environ | {
        "PYTHONPATH": str(Path(explorer.__file__).parents[1])
    }  # what is tested
    with client.setup_kernel(env=environment):
        yield client


def run(client: Any, path: Path) -> list[Any]:
    """The cells with their outputs, after running them with nothing left of the notebook before."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -sf"))
    client.nb = notebook
    client.reset_execution_trackers()
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: Any) -> str:
    """What a cell shows as text."""
    return "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    )


def test_there_are_five_lessons_and_a_solution_to_each():
    assert [path.name for path in LESSONS] == [path.name for path in SOLUTIONS]
    assert len(LESSONS) == 5


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_from_top_to_bottom_before_anything_is_answered(client, path):
    cells = run(client, path)
    checks = [cell for cell in cells if "check(" in cell.source]
    assert len(checks) >= 3
    assert [shown(cell) for cell in checks if "Not answered yet" not in shown(cell)] == []
    errors = [
        o
        for cell in cells
        for o in cell.outputs
        if o.output_type == "stream" and o.name == "stderr"
    ]
    assert errors == []


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_runs_from_top_to_bottom_and_is_right(client, path):
    cells = run(client, path)
    checks = [cell for cell in cells if "check(" in cell.source]
    assert [shown(cell) for cell in checks if not shown(cell).startswith("✓")] == []


@pytest.mark.parametrize(
    "path", [*LESSONS, *SOLUTIONS], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_notebooks_are_stored_clean(path):
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    for cell in notebook.cells:
        assert cell.metadata == {}
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


def test_every_exercise_is_asked_once_and_in_order():
    asked = [key for path in LESSONS for key in NUMBER.findall(source(path))]
    assert asked == sorted(EXERCISES)
    assert asked == [key for path in SOLUTIONS for key in NUMBER.findall(source(path))]
    for path in LESSONS:
        prose = source(path, "markdown")
        assert all(
            part in prose
            for part in ("**The question.**", "After this lesson", "Predict", "## Key insight")
        )


def test_links_lead_somewhere():
    for path in [*LESSONS, *SOLUTIONS]:
        for target in re.findall(r"\]\(([^)]+)\)", source(path, "markdown")):
            assert (path.parent / target).is_file(), (path.name, target)


def test_words_set_in_italics_are_in_the_glossary():
    glossary = (COURSE / "glossary.md").read_text(encoding="utf-8").lower()
    for path in LESSONS:
        for word in re.findall(r"(?<!\*)\*([A-Za-z][^*\n]+)\*(?!\*)", source(path, "markdown")):
            if word not in ("italics", "any", "Chat", "Interactive"):
                assert word.lower().removesuffix("s") in glossary, (path.name, word)


# The checks


@pytest.mark.parametrize("key", EXERCISES)
def test_a_check_takes_the_right_answer_and_nothing_else(key):
    exercise = EXERCISES[key]
    value = exercise.expected()
    assert check(key, value).right and check(key, value * 1.004).right
    for wrong in (
        -value,
        value * 1000,
        value / 1000,
        value * 1.02,
        value * 0.9,
        0,
        float("nan"),
        "x",
        True,
        [value],
    ):
        assert check(key, wrong).right is False, wrong
    assert check(key).right is check(key, None).right is None
    assert exercise.unit in check(key).says


@pytest.mark.parametrize("key", EXERCISES)
def test_a_check_names_what_was_forgotten(key):
    exercise = EXERCISES[key]
    said = [check(key, wrong()).says for wrong in exercise.slips.values()]
    assert said == list(exercise.slips)  # each its own, and none of them right


def test_a_check_names_sign_unit_and_order_of_magnitude_but_not_the_answer():
    right = {key: exercise.expected() for key, exercise in EXERCISES.items()}
    assert "sign is not" in check("3a", -right["3a"]).says
    assert "1,000 times too large" in check("1d", right["1d"] * 1000).says
    assert "10 times too small" in check("2b", right["2b"] / 10).says
    assert "hours and seconds" in check("5c", right["5c"] / 3600).says
    assert "hours and years" in check("5d", right["5d"] * 8760).says
    assert "order of magnitude" in check("3d", right["3d"] * 37).says
    assert "far too small" in check("3d", right["3d"] / 37).says
    assert "3% too large" in check("2a", right["2a"] * 1.03).says
    assert "sign is wrong, and so is the size" in check("4b", 7).says
    for key, value in right.items():
        assert f"{value:.4g} " not in check(key, value * 1.3).says


def test_the_numbers_that_checks_explain_are_those_of_the_scenario():
    """Prose quotes figures of classroom-3x3: they change together or not at all."""
    quoted = {
        "2a": (14.7, 80, 85.3), "2d": (40, 100), "3a": (150, 50, 15.5), "3b": (7471, 47.88, 50), "3c": (54.5,),
        "3d": (50, 54.5), "4a": (371, 80, 100), "4b": (3620, 80), "5b": (120, 50),
    }  # fmt: skip
    sums = {
        "2a": lambda a, b, c: a + b + c, "2d": lambda a, b: 3 * a + b, "3a": lambda a, b, c: a - b - c,
        "3b": lambda a, b, c: a + b * c, "3c": lambda a: a, "3d": lambda a, b: a + b, "4a": lambda a, b, _: a / b,
        "4b": lambda a, b: -a / b, "5b": lambda a, b: a - b,
    }  # fmt: skip
    for key, numbers in quoted.items():
        assert sums[key](*numbers) == pytest.approx(EXERCISES[key].expected())
        words = check(key, EXERCISES[key].expected()).says
        assert [n for n in numbers if f"{n:,g}" not in words and str(n) not in words] == [], words


def test_predictions_are_compared_and_not_marked():
    assert compare(..., 3.0, "kg/h") == "You made no guess. The model: 3 kg/h."
    assert compare("law", "capacity") == "You guessed law. The model: capacity."


@pytest.mark.parametrize("shown", ["Explorer(scenario)", "frontier(scenario).plot()"])
def test_what_a_cell_shows_fetches_nothing(client, shown):
    notebook = nbformat.v4.new_notebook()
    lines = "from explorer import Explorer, Scenario, frontier, notebook\n"
    lines += 'notebook()\nscenario = Scenario.load("classroom-3x3")'
    notebook.cells = [nbformat.v4.new_code_cell(lines), nbformat.v4.new_code_cell(shown)]
    client.nb = notebook
    client.reset_execution_trackers()
    ready, shown_in = (
        client.execute_cell(cell, index) for index, cell in enumerate(notebook.cells)
    )
    assert sum(len(str(output)) for output in ready.outputs) > 1e6  # the libraries themselves
    (shown_html,) = (
        output.data["text/html"]
        for output in shown_in.outputs
        if "application/vnd.holoviews_exec.v0+json" in output.get("data", {})
    )
    assert "https://cdn" not in shown_html
