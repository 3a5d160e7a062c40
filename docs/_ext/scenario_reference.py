"""
Every file, column and setting of a scenario, written into pages from the declarations that check
them.

A page says where: a line "% scenario tables", "% scenario settings" or "% workload parameters",
which Markdown takes for a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import param
from sphinx.application import Sphinx

import explorer
from explorer.scenario.reference import (
    Examples,
    example,
    examples,
    kind_of,
    otherwise,
    possible,
    range_text,
)
from explorer.scenario.schema import TABLES, Table

UNIT = re.compile(r"\[([^\[\]]+)\]\s*$")  # at the end of a label
HIDDEN = (
    "name", "title", "description", "workloads", "documents", "id", "extra", "parameter_sources", "parameter_ranges",
)  # fmt: skip


def tables_text() -> str:
    """The tables of a scenario folder, one section each."""
    known = examples()
    return "\n".join(_table_section(name, table, known) for name, table in TABLES.items())


def settings_text() -> str:
    """The settings under [parameters] in scenario.toml."""
    settings = {
        name: p
        for name, p in explorer.Scenario.param.objects().items()
        if name not in (*HIDDEN, *TABLES)
    }
    return _parameters(settings)


def workload_text() -> str:
    """The parameters of a workload class."""
    return _parameters(
        {name: p for name, p in explorer.Workload.param.objects().items() if name not in HIDDEN}
    )


def _table_section(name: str, table: Table, known: Examples) -> str:
    need = "Required." if table.required else "Optional."
    key = " and ".join(f"`{column}`" for column in table.key)
    lines = [
        f"### {table.file}",
        "",
        f"{_sentence(table.doc)} {need} Rows are told apart by {key}. In Python: `scenario.{name}`.",
    ]
    if table.any_of:
        lines.append(
            f"At least one of {', '.join(f'`{column}`' for column in table.any_of)} must be there."
        )
    rows = [
        (
            f"`{column.name}`<br>{_sentence(column.doc, stop=False)}",
            kind_of(column),
            column.unit or "–",
            possible(column, "`"),
            "yes" if column.required else otherwise(column),
            f"`{shown}`" if (shown := example(name, column, known)) else "–",
        )
        for column in table.columns
    ]
    heads = ("column", "type", "unit", "possible", "required", "example")
    return "\n".join([*lines, "", *_markdown(heads, rows), ""])


def _parameters(parameters: dict[str, param.Parameter]) -> str:
    rows = []
    for name, parameter in parameters.items():
        label = str(parameter.label)
        unit = UNIT.search(label)
        rows.append(
            (
                f"`{name}`<br>**{UNIT.sub('', label).strip()}.** {' '.join(str(parameter.doc).split())}",
                unit[1] if unit and unit[1] != "-" else "–",
                _possible(parameter),
                _slider(parameter),
                f"`{_value(parameter.default)}`" if parameter.default not in (None, "") else "–",
            )
        )
    heads = ("name, and what it is called on screen", "unit", "possible", "slider", "default")
    return "\n".join(_markdown(heads, rows))


def _possible(parameter: param.Parameter) -> str:
    if isinstance(parameter, param.Selector):
        choices = [_value(choice) for choice in parameter.objects]
        hours = [choice for choice in choices if choice.isdecimal()]
        if len(hours) > 5:
            choices = [
                *(choice for choice in choices if choice not in hours),
                f"{hours[0]} to {hours[-1]}",
            ]
        return ", ".join(f"`{choice}`" for choice in choices)
    if isinstance(parameter, param.Number):
        low, high = parameter.bounds or (None, None)
        return range_text(low, high, above_low=not parameter.inclusive_bounds[0])
    return "text"


def _slider(parameter: param.Parameter) -> str:
    if (
        not isinstance(parameter, param.Number)
        or (parameter.precedence or 0) < 0
        or not parameter.softbounds
    ):
        return "–"
    low, high = parameter.softbounds
    return f"{low:,.10g} to {high:,.10g}"


def _value(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _sentence(text: str, stop: bool = True) -> str:
    return f"{text[0].upper()}{text[1:]}{'.' if stop else ''}"


def _markdown(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    lines = [heads, ["---"] * len(list(heads)), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


TEXTS = {
    "% scenario tables": tables_text,
    "% scenario settings": settings_text,
    "% workload parameters": workload_text,
}


def write_reference(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Put the texts where the page asks for them."""
    for mark, text in TEXTS.items():
        if mark in source[0].splitlines():
            source[0] = source[0].replace(mark, text())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", write_reference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
