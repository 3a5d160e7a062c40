"""
What the documentation says about the code is so; that its pages can be built, `.ci/run` checks.
"""

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

import explorer

CHECKOUT = Path(__file__).resolve().parents[1]
DOCS = CHECKOUT / "docs"
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if not {"_build", "api"} & set(path.relative_to(DOCS).parts)
)
FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def python_blocks(text: str) -> list[str]:
    """The Python on a page, without the options of cells."""
    blocks = [body for kind, body in FENCE.findall(text) if kind in ("python", "{code-cell}")]
    return [
        "\n".join(line for line in body.splitlines() if not line.startswith(":")) for body in blocks
    ]


def ids(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_code_on_a_page_uses_names_that_are_there(page):
    text = page.read_text("utf-8")
    used = set(re.findall(r"(?<![\w/.])explorer\.([A-Za-z]\w*)(?=[(`\s.,;)|]|$)", text))
    for block in python_blocks(text):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module == "explorer":
                used |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("explorer."):
                assert importlib.util.find_spec(str(node.module)), node.module
                used.discard(str(node.module).split(".")[1])
    assert used - set(explorer.__all__) == set()


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_between_pages_lead_somewhere(page):
    text = FENCE.sub("", page.read_text("utf-8"))
    targets = [target.partition("#")[0] for target in LINK.findall(text) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


def test_pages_that_other_documents_name_are_there():
    for name in ("README.md", "CONTRIBUTING.md"):
        targets = [
            target
            for target in LINK.findall((CHECKOUT / name).read_text("utf-8"))
            if "docs/" in target
        ]
        assert [
            target for target in targets if not (CHECKOUT / target.partition("#")[0]).exists()
        ] == []


def test_the_model_page_has_every_public_function():
    text = (DOCS / "model.md").read_text("utf-8")
    drawing = {"plot", "figure", "notebook", "live", "take_home"}
    functions = {
        name for name in explorer.__all__ if name.islower()
    } - drawing  # classes have capitals
    assert {name for name in functions if f"`explorer.{name}" not in text} == set()


def test_the_model_page_reads_as_plain_markdown():
    text = (DOCS / "model.md").read_text("utf-8")
    assert "```{" not in text and "\n%" not in text and LINK.findall(text) == []
    assert text.count("$$") % 2 == 0
    assert re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).count("$") % 2 == 0


def test_the_nomenclature_has_every_input_of_the_model():
    text = (DOCS / "nomenclature.md").read_text("utf-8")
    scenario = explorer.Scenario.load("classroom-3x3")
    inputs = {*scenario.settings(), *next(iter(scenario.workloads.values())).model_values()}
    assert {name for name in inputs if f"`{name}`" not in text} == set()


def test_the_internals_page_has_every_private_name_of_a_library():
    trees = [ast.parse(path.read_text("utf-8")) for path in (CHECKOUT / "explorer").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    own = {
        node.name
        for node in nodes
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    stored = [
        node
        for node in nodes
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store)
    ]
    own |= {node.id for node in stored if isinstance(node, ast.Name)}
    own |= {
        node.attr
        for node in stored
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
    }
    private = [
        node for node in nodes if isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr)
    ]
    used = {
        node.attr
        for node in private
        if node.attr not in own or ast.unparse(node.value) == "super()"
    }
    used -= {"_exit"}  # of os, where it is public
    text = (DOCS / "internals.md").read_text("utf-8")
    assert used >= {"_property_values", "_get_model"}  # else nothing was looked at
    assert {name for name in used if f"`{name}`" not in text} == set()


def test_the_country_of_the_tutorial_can_be_solved_saved_and_read_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = python_blocks((DOCS / "howto" / "country.md").read_text("utf-8"))
    done: dict[str, object] = {}
    for block in blocks:
        exec(block, done)
    scenario = explorer.Scenario.load("my-country")
    assert explorer.solve(scenario).totals() == done["placement"].totals()
    assert explorer.solve(scenario).relocated_mw > 0


def test_the_worked_examples_come_to_what_is_said_of_them():
    text = (DOCS / "examples.md").read_text("utf-8")
    done: dict[str, Any] = {}
    shares = []
    for block in python_blocks(text):
        exec(block, done)
        if "unserved_share" in done:
            shares.append(done["unserved_share"](done["scenario"]))
    worth = done["day"].set_index("moves")["worth_usd_per_h"]
    assert worth["time"] == pytest.approx((8 * 40 + 10 * 120 + 10 * 72) / 2)
    assert worth["time"] < worth["space"] < worth["both"] < worth["time"] + worth["space"]
    machines = done["days"].set_index("day")["machines_mw"]
    assert machines.round(6).tolist() == [150, 140, 130, 130]
    assert done["days"].attrs["peak_mw"] == pytest.approx((50 + 30) * 1.5 + 20 * 0.5)
    alike, by_value = shares
    assert (alike["chat"] == alike["batch"]).all()
    assert alike["chat"].to_dict() == {"middle-town": 0.429, "north-town": 0, "south-town": 0.476}
    assert by_value["chat"].sum() == 0 and by_value["batch"]["middle-town"] == 0.75


def test_what_is_cited_is_this_version():
    assert f"version {explorer.__version__}." in (DOCS / "howto" / "publish.md").read_text("utf-8")
    assert f"version: {explorer.__version__}" in (CHECKOUT / "CITATION.cff").read_text("utf-8")
