"""`wattlas columns`."""

from __future__ import annotations

import argparse
from textwrap import fill

from explorer.commands.terminal import refuse_unknown
from explorer.errors import shortened
from explorer.scenario.reference import Examples, example, examples, kind_of, possible
from explorer.scenario.schema import TABLES, Column, Table

_WIDTH = 100
_INDENT = "      "


def run(args: argparse.Namespace) -> int:
    """Say what the columns of one table are, or of all."""
    shown = TABLES if args.table is None else _named(args.table)
    known = examples()
    print("\n\n".join(_table_text(name, table, known) for name, table in shown.items()))
    return 0


def _named(text: str) -> dict[str, Table]:
    """The table of that name, or of that file."""
    names = {table.file.removesuffix(".csv"): name for name, table in TABLES.items()}
    asked = text.removesuffix(".csv")
    name = names.get(asked, asked)
    refuse_unknown("table", name, "wattlas columns", TABLES)
    return {name: TABLES[name]}


def _table_text(name: str, table: Table, known: Examples) -> str:
    needed = "required" if table.required else "optional"
    lines = [f"{table.file} ({needed}): {table.doc}; one row for each {' and '.join(table.key)}"]
    if table.any_of:
        lines.append(_wrapped(f"At least one of {', '.join(table.any_of)} must be there.", "  "))
    lines += [_column_text(name, column, known) for column in table.columns]
    if table.ranged:
        said = "Beside a number x there may be x_low and x_high: the least and the greatest that it may be."
        lines.append(_wrapped(said, "  "))
    if table.file != TABLES["sources"].file:
        said = "Columns that end in source name keys of sources.csv, several joined with ;"
        lines.append(_wrapped(said, "  "))
    return "\n".join(lines)


def _column_text(name: str, column: Column, known: Examples) -> str:
    needed = "required" if column.required else "optional"
    unit = f" [{column.unit}]" if column.unit else ""
    facts = [f"{kind_of(column)}{unit}", possible(column)]
    facts += [f"{column.default:g} if absent"] if column.default is not None else []
    shown = example(name, column, known)
    facts += [f"such as {shortened(shown)}"] if shown else []
    said = f"{column.doc[0].upper()}{column.doc[1:]}."
    return "\n".join(
        [
            f"  {column.name} ({needed})",
            *(_wrapped(text, _INDENT) for text in (said, "; ".join(facts))),
        ]
    )


def _wrapped(text: str, indent: str) -> str:
    return fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
