"""Imports point one way, those inside functions too: what a thing is about chooses its folder."""

import ast
from functools import cache
from pathlib import Path

import pytest

EXPLORER = Path(__file__).parents[1] / "explorer"
FLOORS = (  # each may import from itself and from those before it
    {"units", "words"},
    {
        "errors",
        "cache",
        "atomic_write",
        "formulas",
        "packaged_data",
        "lacking",
        "markup",
        "presentation",
        "registry",
    },
    {"scenario"},
    {"model"},
    {"text"},
    {"measures"},
    {"sweeps"},
    {"archive", "charts", "html_table", "report", "session", "teaching", "workbook"},
    {"app"},
    {"cli", "commands", "__init__", "__main__"},
)
MODULES = sorted(EXPLORER.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(EXPLORER.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


KNOWN = {name_of(module) for module in MODULES}


def floor_of(module: str) -> int:
    top = (*module.split("."), "__init__")[1]
    return next(floor for floor, names in enumerate(FLOORS) if top in names)


@cache
def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports anywhere, also where it needs names for types."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8")))
    return {name for name in found if name in KNOWN and name != name_of(path)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_from_its_own_floor_and_those_below(path):
    floor = floor_of(name_of(path))
    above = {name for name in imported(path) if name != "explorer" and floor_of(name) > floor}
    assert not above


def test_no_modules_import_each_other_in_a_circle():
    arrows = {
        name_of(path): {name for name in imported(path) if name != "explorer"} for path in MODULES
    }
    packages = {name_of(path) for path in MODULES if path.name == "__init__.py"}
    left = {name: targets - packages for name, targets in arrows.items() if name not in packages}
    while free := {name for name, targets in left.items() if not targets & left.keys()}:
        left = {name: targets for name, targets in left.items() if name not in free}
    assert not left
