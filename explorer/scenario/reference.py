"""What a user has to know of a table's columns to fill them in, in words, from what checks them."""

from __future__ import annotations

import math

from explorer.scenario import csv_text
from explorer.scenario.known import folder_of, names
from explorer.scenario.schema import TABLES, Column
from explorer.words import tr

FIRST_SAMPLE = "world-2025"  # examples come from here, where it has the column
Examples = dict[tuple[str, str], str]  # a filled cell, by table and column


def kind_of(column: Column) -> str:
    """What a cell is."""
    if column.refers_to:
        return "text"
    return {
        "number": "whole number" if column.whole else "number",
        "timezone": "time zone",
        "flag": "flag",
    }.get(column.kind, "text")


def possible(column: Column, quote: str = "") -> str:
    """
    What a cell may be; `quote` stands around what is written as it is.

    >>> from explorer.scenario.schema import LEGAL_CUSTOM, REGIONS
    >>> [possible(column) for column in REGIONS.columns if column.name in ("latitude", "pue")]
    ['-90 to 90', '1 to 1,000,000,000']
    >>> [possible(column) for column in LEGAL_CUSTOM.columns]
    ['a legal_zones.legal_zone', 'a legal_zones.legal_zone', 'true, false']
    """
    if column.refers_to:
        return tr("a {}", f"{quote}{column.refers_to}{quote}")
    if column.choices:
        return ", ".join(f"{quote}{choice}{quote}" for choice in column.choices)
    if column.kind != "number":
        return tr("any")
    text = range_text(column.low, column.high, column.above_low)
    return tr("{}; all rows sum to 1", text) if column.sums_to_one else text


def range_text(low: float | None, high: float | None, above_low: bool = False) -> str:
    """Which numbers are possible; None and infinity stand for no bound."""
    low, high = (
        None if bound is None or not math.isfinite(bound) else bound for bound in (low, high)
    )
    if low is None:
        return tr("any") if high is None else tr("at most {:,.10g}", high)
    if high is None:
        return tr("above {:,.10g}", low) if above_low else tr("at least {:,.10g}", low)
    return tr("{:,.10g} to {:,.10g}", low, high)


def otherwise(column: Column) -> str:
    """Whether an optional column counts as something where it is absent."""
    return "no" if column.default is None else f"no; {column.default:g} if absent"


def examples() -> Examples:
    """The first filled cell of every column in the sample scenarios, as it stands there."""
    found: Examples = {}
    for sample in sorted(names(), key=lambda name: name != FIRST_SAMPLE):
        for name, table in TABLES.items():
            path = folder_of(sample) / table.file
            if not path.exists():
                continue
            frame, _ = csv_text.read(path.read_text("utf-8"), table.file)
            for column in frame:
                cell = next(filter(None, frame[column]), None)
                if cell is not None:
                    found.setdefault((name, str(column)), cell)
    return found


def example(table: str, column: Column, known: Examples) -> str:
    """
    A cell of a sample; where none has the column, one that the column refers to, or its first
    choice.
    """
    if (table, column.name) in known:
        return known[table, column.name]
    if column.refers_to:
        owner, _, key = column.refers_to.partition(".")
        return known[owner, key]
    return column.choices[0] if column.choices else ""
