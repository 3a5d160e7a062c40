"""
Notebooks run from top to bottom, those of the classroom and that of a story, and their checks say
what is off.
"""

import json
import os
import re
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import explorer
from explorer import Scenario, solve
from explorer.errors import ExplorerError
from explorer.measures import storytelling
from explorer.packaged_data import LAYOUTS
from explorer.registry import MEASURES
from explorer.teaching.classroom import Classroom
from explorer.teaching.exercises import EXERCISES
from explorer.teaching.marking import mark
from explorer.teaching.predictions import PREDICTIONS
from explorer.teaching.story_notebook import write_story
from explorer.teaching.workbook import Workbook

COURSE = LAYOUTS / "classroom"
LESSONS = sorted(COURSE.glob("[1-9]*.ipynb"))
SOLUTIONS = COURSE / "solutions.ipynb"
NUMBER = re.compile(r"mine\.check\(\"(\d[a-z])\", answer\)")


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
        execute(client, [READY, "import explorer; explorer.notebook = lambda: None  # it is ready"])
        yield client


READY = "from explorer import notebook\nnotebook()"


def execute(client: Any, sources: list[str]) -> list[Any]:
    """Cells with their outputs, run one after the other."""
    client.nb = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, sources)))
    client.reset_execution_trackers()
    return [client.execute_cell(cell, index) for index, cell in enumerate(client.nb.cells)]


def run(client: Any, path: Path) -> list[Any]:
    """Its cells of code with their outputs, with nothing left of the notebook before."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return execute(client, ["%reset -sf", *code])[1:]


def shown(cell: Any) -> str:
    """What a cell shows as text."""
    return "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    )


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_from_top_to_bottom_before_anything_is_answered(client, path):
    cells = run(client, path)
    checks = [cell for cell in cells if "mine.check(" in cell.source]
    assert len(checks) >= 3
    assert [shown(cell) for cell in checks if "Not answered yet" not in shown(cell)] == []
    (asked, compared) = (
        shown(cell) for cell in cells if re.search(r"mine\.(predict|compare)\(", cell.source)
    )
    assert '"falls", "stays" or "rises"' in asked and "You made no guess" in compared
    outputs = [output for cell in cells for output in cell.outputs]
    assert [o for o in outputs if o.output_type == "stream" and o.name == "stderr"] == []
    pictures = [
        output.data["text/html"]
        for output in outputs
        if "application/vnd.holoviews_exec.v0+json" in output.get("data", {})
    ]
    assert pictures and not any("https://cdn" in picture for picture in pictures)


def test_the_solutions_are_right(client):
    checks = [cell for cell in run(client, SOLUTIONS) if "mine.check(" in cell.source]
    assert [shown(cell) for cell in checks if not shown(cell).startswith("✓")] == []
    assert len(checks) == len(EXERCISES)


def test_a_story_tells_what_the_app_tells_and_waits_for_guesses(client, tmp_path):
    notebook = nbformat.read(write_story("stylized-12", tmp_path / "story.ipynb"), as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    code[code.index("guess = ...")] = 'guess = "falls"'
    cells = execute(client, ["%reset -sf", *code])[1:]
    told = [shown_first(cell) for cell in cells if "solve(scenario)" in cell.source]
    scenario = Scenario.load("stylized-12")
    placements = [solve(storytelling.scenario_at(scenario, step)) for step in scenario.story.steps]
    first, second, *others = scenario.story.steps
    assert told[0] == storytelling.step_text(first, placements[0])
    found = storytelling.answer(second.predict, "falls", *placements[:2])
    assert told[1] == f"✓ {found.words}\n\n{storytelling.step_text(second, placements[1])}"
    waits = [words.startswith("… Put") for words in told[2:]]
    assert waits == [step.predict is not None for step in others]
    outputs = [output for cell in cells for output in cell.outputs]
    assert [o for o in outputs if o.output_type == "stream" and o.name == "stderr"] == []


def shown_first(cell: Any) -> str:
    return next(o.data["text/plain"] for o in cell.outputs if "text/plain" in o.get("data", {}))


@pytest.mark.parametrize("path", [*LESSONS, SOLUTIONS], ids=lambda path: path.stem)
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
    assert [path.name[0] for path in LESSONS] == [*PREDICTIONS]
    asked = [key for path in LESSONS for key in NUMBER.findall(source(path))]
    assert asked == [*EXERCISES] == sorted(EXERCISES) == NUMBER.findall(source(SOLUTIONS))
    for path in LESSONS:
        prose, code = source(path, "markdown"), source(path)
        assert all(
            part in prose
            for part in ("**The question.**", "After this lesson", "Predict", "## Key insight")
        )
        assert 12 <= int(re.findall(r"About (\d+) minutes", prose)[0]) <= 18
        before = code.partition("mine.compare(")[
            0
        ]  # nothing that answers stands above the question
        assert "mine.predict(" in before and code.rstrip().endswith("mine.review()")


def test_the_teachers_page_says_what_the_lessons_are():
    page = (LAYOUTS.parent / "docs" / "howto" / "teach.md").read_text("utf-8")
    told = re.findall(r"^\| (\d) [^|]*\| (\d+) \|", page, re.MULTILINE)
    minutes = re.compile(r"About (\d+) minutes")
    assert told == [(path.name[0], *minutes.findall(source(path, "markdown"))) for path in LESSONS]
    answers = Counter(asked.answer() for asked in PREDICTIONS.values())
    assert "two of the six are *stays*, two rise, two fall" in page
    assert answers == {"falls": 2, "stays": 2, "rises": 2}


def test_every_measure_is_used_or_set_as_a_task():
    words = "".join(source(path) + source(path, "markdown") for path in LESSONS)
    assert [name for name in MEASURES if f"{name}(" not in words] == []


def test_links_lead_somewhere():
    for path in LESSONS:
        for target in re.findall(r"\]\(([^)]+)\)", source(path, "markdown")):
            assert (path.parent / target).is_file(), (path.name, target)


def test_words_set_in_italics_are_in_the_glossary():
    glossary = (COURSE / "glossary.md").read_text(encoding="utf-8").lower()
    for path in LESSONS:
        for word in re.findall(r"(?<!\*)\*([A-Za-z][^*\n]+)\*(?!\*)", source(path, "markdown")):
            if word not in ("italics", "any", "Chat", "Interactive"):
                assert word.lower().removesuffix("s") in glossary, (path.name, word)


# The checks

STUDENT = Workbook("Ada Lovelace")


def right(key: str) -> float:
    """The answer to the student's exercise."""
    exercise = EXERCISES[key]
    return exercise.expected(Classroom(exercise.numbers("ada lovelace", key)))


@pytest.mark.parametrize("key", EXERCISES)
def test_a_check_takes_the_right_answer_and_nothing_else(key):
    value, unit = right(key), EXERCISES[key].unit
    assert STUDENT.check(key, value).right and STUDENT.check(key, value * 1.004).right
    wrong = (-value, value * 1000, value * 1.02, value * 0.9, 0, float("nan"), "x", True, [value])
    for answer in wrong:
        assert STUDENT.check(key, answer).right is False, answer
    assert STUDENT.check(key).right is STUDENT.check(key, None).right is None
    assert unit in STUDENT.check(key).says


@pytest.mark.parametrize("key", EXERCISES)
def test_a_check_names_what_was_forgotten(key):
    exercise = EXERCISES[key]
    world = Classroom(exercise.numbers("ada lovelace", key))
    said = [STUDENT.check(key, wrong(world)).says for wrong in exercise.slips.values()]
    assert said == list(exercise.slips)  # each its own, and none of them right


@pytest.mark.parametrize("key", EXERCISES)
def test_answers_are_those_of_an_own_world_and_differ_between_students(key):
    exercise = EXERCISES[key]
    drawn = {tuple(exercise.numbers(str(student), key).items()) for student in range(30)}
    choices = [own.choices for own in exercise.own.values()]
    assert len(drawn) > min(8, len(list(product(*choices))) - 1)
    numbers = exercise.numbers("7", key)
    usual = exercise.expected(Classroom())
    assert exercise.expected(Classroom(numbers)) != pytest.approx(usual, rel=0.006)
    asked = Workbook(7).ask(key)
    assert repr(asked) == repr(Workbook(" 7").ask(key))  # the same student
    assert all(f"{number:,g}" in repr(asked) for number in numbers.values())
    assert "{" not in repr(asked)


def test_a_students_scenario_is_the_one_that_is_asked_about():
    scenario = STUDENT.scenario("3a")
    numbers = EXERCISES["3a"].numbers("ada lovelace", "3a")
    assert scenario.egress_usd_per_gb == numbers["egress_usd_per_gb"]
    scenario.egress_usd_per_gb = 9.0  # theirs to change
    assert STUDENT.check("3a", right("3a")).right
    with pytest.raises(ExplorerError, match="Known are 1a"):
        STUDENT.check("9z", 1)


def test_marks_name_sign_unit_and_order_of_magnitude_but_not_the_answer():
    def said(factor: float) -> str:
        return mark(84.5 * factor, lambda: 84.5, "USD/h").says

    assert "sign is not" in said(-1)
    assert "1,000 times too large" in said(1000) and "10 times too small" in said(0.1)
    assert "hours and seconds" in said(1 / 3600) and "hours and years" in said(8760)
    assert "order of magnitude" in said(37) and "far too small" in said(1 / 37)
    assert "3% too large" in said(1.03) and "sign is wrong, and so is the size" in said(-2)
    assert "84.5" not in said(1.3)


# Predictions


def test_predictions_are_kept_with_their_reason_compared_and_shown_again():
    mine = Workbook()
    assert "You made no guess. The model: it falls." in repr(mine.compare("1"))
    with pytest.raises(ExplorerError, match='"falls", "stays" or "rises"'):
        mine.predict("1", "up")
    mine.predict("1", "falls", "fewer *requests*")
    assert (
        repr(mine.compare("1"))
        == r"You said: falls, because fewer \*requests\*. The model: it falls, too."
    )
    mine.predict("6", "rises")
    assert repr(mine.compare("6")) == "You said: rises. The model: it stays."
    mine.check("1a", 3)
    told = mine.review().table
    assert told["you"].tolist() == ["falls, because fewer *requests*", "rises", "not yet"]
    assert told["model"].tolist() == ["falls", "stays", ""]
    mine.predict("1", "falls", "<script>")
    assert "<script>" not in mine.review()._repr_html_()
