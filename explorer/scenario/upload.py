"""What somebody brings, a scenario folder or single tables, as a draft."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from explorer.errors import ExplorerError, shortened
from explorer.scenario import csv_text
from explorer.scenario.archive import MOST_MB, read_zip, refuse_size
from explorer.scenario.draft import Draft
from explorer.scenario.known import SETTINGS_FILE
from explorer.scenario.schema import TABLES, Table
from explorer.scenario.spreadsheet import read_workbook
from explorer.words import mark, tr

KINDS = (".zip", ".csv", ".xlsx", ".toml", ".md", ".txt")
_COPY = re.compile(r" ?\(\d+\)$")  # what browsers add to the name of a file saved twice
_FIX = mark("Bring a scenario folder as ZIP, or tables as CSV or XLSX: {}.")


def draft_of(uploads: Sequence[tuple[str, bytes]], base: Mapping[str, bytes]) -> Draft:
    """
    A draft of what was uploaded.

    A ZIP file, or files among which is a `scenario.toml`, are a scenario of their own. Other tables take
    the places of those of `base`.

    Parameters
    ----------
    uploads : sequence of (str, bytes)
        Names and contents of files, as a browser sends them.
    base : mapping of str to bytes
        The files of the scenario that single tables are for.

    Raises
    ------
    ExplorerError
        If a file is too large, of another kind, or belongs to no table; see also `read_zip` and
        `read_workbook`.
    """
    size = sum(len(data) for _, data in uploads)
    if size > MOST_MB * 1e6:
        refuse_size(tr(", ").join(name for name, _ in uploads))
    found: dict[str, bytes] = {}
    for name, data in uploads:
        for file, contents in _files_of(PurePosixPath(name).name, data).items():
            if file in found:
                fix = tr("Bring each table once.")
                raise ExplorerError(tr("Two files are for {}.", file), shortened(name), fix)
            found[file] = contents
    return Draft(found) if SETTINGS_FILE in found else Draft({**base, **found}, before=base)


def _files_of(name: str, data: bytes) -> dict[str, bytes]:
    """The files of a scenario that one upload is."""
    ending = PurePosixPath(name).suffix.lower()
    if ending not in KINDS:
        what = tr("Files of this kind are not read.")
        raise ExplorerError(what, shortened(name), tr(_FIX, tr(", ").join(KINDS)))
    if ending == ".zip":
        return read_zip(data, name)
    if ending == ".csv":
        return {_table_of(name, data.decode(errors="replace"), name).file: data}
    if ending != ".xlsx":
        return {name: data}
    sheets = read_workbook(data, name)
    found: dict[str, bytes] = {}
    sheet_of: dict[str, str] = {}
    for sheet, text in sheets.items():
        if not text.strip():
            continue
        label = name if len(sheets) == 1 else sheet
        file = _table_of(label, text, tr("{}, sheet {}", name, sheet)).file
        if file in found:
            what = tr("Two sheets are for {}.", file)
            where = tr("{}, sheet {}", name, tr(", ").join((sheet_of[file], sheet)))
            raise ExplorerError(what, shortened(where), tr("Keep one of them."))
        found[file], sheet_of[file] = text.encode(), sheet
    if not found:
        fix = tr(_FIX, tr(", ").join(KINDS))
        raise ExplorerError(tr("There is nothing in it."), shortened(name), fix)
    return found


def _table_of(label: str, text: str, where: str) -> Table:
    """The table that a file or sheet is for: by its name, or else by its columns."""
    stem = re.sub(r"\.(csv|xlsx)$", "", label, flags=re.IGNORECASE)
    asked = _COPY.sub("", stem).strip().casefold()
    for name, table in TABLES.items():
        if asked in (name, table.file.removesuffix(".csv")):
            return table
    headings = {heading.strip(" \ufeff").casefold() for heading in csv_text.header(text)}
    fitting = [
        table
        for table in TABLES.values()
        if {column.name for column in table.columns if column.required} <= headings
        and set(table.key) < headings
    ]
    if len(fitting) != 1:
        files = tr(", ").join(table.file for table in TABLES.values())
        what, fix = (
            tr("It does not say which table it is."),
            tr("Name it after its table, or leave it out: {}.", files),
        )
        raise ExplorerError(what, shortened(where), fix)
    return fitting[0]
