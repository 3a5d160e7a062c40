"""Figures that somebody has changed by hand no longer have the sources of what stood there before."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from explorer.scenario.provenance import source_column
from explorer.scenario.schema import ENDS, TABLES

OWN = "own"  # key of the source of such figures
_ABOUT = {
    "title": "Own figure",
    "note": "Entered or changed by hand in the app.",
    "access": "unsourced",
}
_COLUMNS = ("key", "title", "publisher", "year", "url", "licence", "note", "access")
_PLACES = ("latitude", "longitude")


def with_own_sources(
    tables: Mapping[str, pd.DataFrame], before: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """
    Tables whose changed figures name themselves as the source.

    A figure is changed where the row of the same key had another before, or none, or was not there. Its
    source goes into a column of its own, so that the others of its row keep theirs; where
    somebody has changed the source too, or named one in a new row, it stands.

    Parameters
    ----------
    tables, before : mapping of str to pandas.DataFrame
        Tables as text, by name: as they are, and as they were.

    Returns
    -------
    dict of str to pandas.DataFrame
        With a row in `sources` for such figures if there are any.
    """
    made = dict(tables)
    key = _free_key(tables.get("sources"))
    is_marked = False
    for name, frame in tables.items():
        if name == "sources" or name not in before:
            continue
        changed = _changed(name, frame, before[name])
        if changed:
            made[name] = marked(frame, changed, key)
            is_marked = True
    if is_marked:
        made["sources"] = with_source(tables.get("sources"), {"key": key} | _ABOUT)
    return made


def _changed(name: str, frame: pd.DataFrame, before: pd.DataFrame) -> dict[str, list[int]]:
    """Of each column of figures, the rows that were changed and whose source was not."""
    table = TABLES[name]
    kinds = {column.name: column.kind for column in (*table.columns, *table.ranges)}
    there = [key for key in table.key if key in frame and key in before]
    if len(there) < len(table.key):
        return {}
    old = {
        row[0]: row[1]
        for row in zip(_keys(before, table.key), before.to_dict("records"), strict=True)
    }
    found: dict[str, list[int]] = {}
    for column in map(str, frame.columns):
        is_figure = kinds.get(column, "") in ("number", "flag") and column not in _PLACES
        if not is_figure or column in table.key:
            continue
        heading = source_column(frame, column)
        for row, (key, cells) in enumerate(
            zip(_keys(frame, table.key), frame.to_dict("records"), strict=True)
        ):
            was = old.get(key, {})
            if not cells[column] or cells[column] == was.get(column, ""):
                continue
            if heading is None or cells[heading] == was.get(heading, ""):
                found.setdefault(column, []).append(row)
    return found


def _keys(frame: pd.DataFrame, key: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [*zip(*(frame[column].tolist() for column in key), strict=True)]


def marked(frame: pd.DataFrame, changed: Mapping[str, list[int]], key: str) -> pd.DataFrame:
    """
    A table in which some figures name another source: of each column, the rows that have it.

    >>> table = pd.DataFrame({"pue": [1.1, 1.2], "capacity_mw": [10, 20], "source": ["a", "b"]})
    >>> marked(table, {"pue": [1]}, "mine")[["pue_source", "source"]].values.tolist()
    [['a', 'a'], ['mine', 'b']]
    """
    made = frame.copy()
    for column in changed:
        plain = next(
            (column.removesuffix(f"_{end}") for end in ENDS if column.endswith(f"_{end}")), column
        )
        plain = plain if plain in made else column
        for name in dict.fromkeys((plain, *(f"{plain}_{end}" for end in ENDS))):
            _add_source_column(made, frame, name)
    for column, rows in changed.items():
        cells = made[f"{column}_source"].tolist()
        for row in rows:
            cells[row] = key
        made[f"{column}_source"] = cells
    return made


def _add_source_column(made: pd.DataFrame, frame: pd.DataFrame, column: str) -> None:
    """A column of sources for this one alone, as they are."""
    heading = f"{column}_source"
    if column not in made or heading in made:
        return
    known = source_column(frame, column)
    cells = [""] * len(made) if known is None else made[known].tolist()
    made.insert(made.columns.tolist().index(column) + 1, heading, cells)


def _free_key(sources: pd.DataFrame | None) -> str:
    """The key of own figures: the one there is, or one that nobody else has."""
    if sources is None or "key" not in sources:
        return OWN
    titles = sources["title"].tolist() if "title" in sources else [""] * len(sources)
    known = dict(zip(sources["key"].tolist(), titles, strict=True))
    key, n = OWN, 1
    while known.get(key, _ABOUT["title"]) != _ABOUT["title"]:
        n += 1
        key = f"{OWN}-{n}"
    return key


def with_source(sources: pd.DataFrame | None, about: Mapping[str, str]) -> pd.DataFrame:
    """The table `sources` with one more source, unless its key is there."""
    if sources is None or "key" not in sources:
        sources = pd.DataFrame(columns=list(_COLUMNS), dtype=object)
    if about["key"] in sources["key"].tolist():
        return sources
    row = pd.DataFrame([about], dtype=object)
    return pd.concat([sources, row], ignore_index=True).fillna("")
