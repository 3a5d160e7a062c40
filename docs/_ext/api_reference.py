"""
A page for every public name, and the list of them for `api.md`, from `explorer.__all__`.

The pages are written before Sphinx looks for pages, into `docs/api/`, which nobody keeps.
"""

from __future__ import annotations

import inspect
import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

import param
from sphinx.application import Sphinx

import explorer

FOLDER = "api"
MARK = "% public names"
GROUPS = ("Scenarios and results", "Functions", "Errors")  # of the list, in this order


def group_of(name: str) -> str:
    """The heading that a public name stands under."""
    value = getattr(explorer, name)
    if not inspect.isclass(value):
        return "Functions"
    return "Errors" if issubclass(value, Exception) else "Scenarios and results"


def page_of(name: str) -> str:
    """The page of a public name; Frontier and frontier are one file where capitals do not count."""
    return (
        f"{FOLDER}/class-{name}" if inspect.isclass(getattr(explorer, name)) else f"{FOLDER}/{name}"
    )


def names_text() -> str:
    """
    Headings, and a line for every public name: what it is called, and the first line of its
    docstring.
    """
    lines: list[str] = []
    for group in GROUPS:
        lines += [f"## {group}", "", "| name | what it is |", "| --- | --- |"]
        for name in (name for name in explorer.__all__ if group_of(name) == group):
            about = (
                (inspect.getdoc(getattr(explorer, name)) or "")
                .partition("\n\n")[0]
                .replace("\n", " ")
            )
            lines.append(f"| [`{name}`]({page_of(name)}.rst) | {about} |")
        lines.append("")
    return "\n".join(
        [*lines, "```{toctree}", ":hidden:", "", *map(page_of, explorer.__all__), "```"]
    )


def page_text(name: str) -> str:
    """The page of one public name."""
    value = getattr(explorer, name)
    title = f"{name}\n{'=' * len(name)}\n"
    if not inspect.isclass(value):
        return f"{title}\n.. autofunction:: explorer.{name}\n"
    if issubclass(value, Exception):
        return f"{title}\n.. autoexception:: explorer.{name}\n   :show-inheritance:\n"
    members = ", ".join(_members(value))
    shown = f"   :members: {members}\n   :member-order: bysource\n" if members else ""
    more = (
        "\nIts parameters are in :doc:`the scenario reference </scenario>`.\n"
        if name in _DECLARED
        else ""
    )
    return f"{title}\n.. autoclass:: explorer.{name}\n{shown}{more}"


_DECLARED = ("Scenario", "Workload")


def _members(kind: type) -> list[str]:
    """
    Public methods and properties that the class itself has, with a docstring: no parameters, no
    plain fields.
    """
    return [
        name
        for name, member in vars(kind).items()
        if not name.startswith("_")
        and not isinstance(member, param.Parameter)
        and (
            inspect.isroutine(member)
            or isinstance(member, (property, cached_property, classmethod, staticmethod))
        )
        and inspect.getdoc(member)
    ]


def write_pages(app: Sphinx) -> None:
    """Write the pages anew; those that say the same stay as they are, so that Sphinx reads less."""
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    wanted = {f"{Path(page_of(name)).name}.rst": page_text(name) for name in explorer.__all__}
    for old in folder.iterdir():
        if old.name not in wanted:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def write_list(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put the list where a page asks for it."""
    if MARK in source[0].splitlines():
        source[0] = source[0].replace(MARK, names_text())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", write_pages)
    app.connect("source-read", write_list)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
