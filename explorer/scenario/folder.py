"""
Scenario folders: read, checked and written.

A folder holds `scenario.toml` (title, description, settings), a CSV file for each table, and
documents.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

from explorer.atomic_write import unwritable
from explorer.cache import Memo
from explorer.errors import MOST_SHOWN, ExplorerError, Problem, ScenarioError, shortened
from explorer.scenario import csv_text, euro, validation
from explorer.scenario.files import AmissError, Files, OnDisk, entries, unreadable
from explorer.scenario.known import SETTINGS_FILE, folder_of, names
from explorer.scenario.parameters import (
    NOTES,
    NUMBER,
    Declared,
    as_text,
    notes_amiss,
    refusal,
    refusals,
)
from explorer.scenario.schema import TABLES
from explorer.scenario.story import STORY_FILE, read_story
from explorer.words import language, mark, sentences, tr

SCHEMA = 1  # raised when a folder of today can no longer be read
DOCUMENTS = (".md", ".txt")  # files of these kinds travel with a scenario
_HEADINGS = ("schema", "title", "description", "parameters", *NOTES, euro.HEADING)
_TABLED = ("parameters", *NOTES, euro.HEADING)  # headings in brackets
_TABLE_FILES = tuple(table.file for table in TABLES.values())
MOST_DOTS = 400  # in a line of the settings: keys with so many parts take longer than anybody waits
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # begin a file in UTF-16
_WIDE_BARE = re.compile(rb"\0[^\0]\0[^\0]|[^\0]\0[^\0]\0")  # or do without such a mark
_UTF_16 = mark("this is text in UTF-16.")
_SAVE_ANEW = mark("Save the file in the encoding UTF-8.")
_MARK = "\ufeff"  # spreadsheets and some editors put it in front of UTF-8
_KEY = re.compile(r"""[ \t]*\[?[ \t]*["']?([^\s"'=.\[\]]+)["']?[ \t]*[\]=.]""")


def save(path: str | Path, contents: Contents) -> None:
    """
    Write a scenario as a folder, whole or not at all.

    A scenario that lies there already is replaced; whatever else lies in its folder stays.

    Raises
    ------
    ExplorerError
        If something other than a scenario lies there, or the folder cannot be written.
    """
    target = Path(path).resolve()
    if target.exists() and not (target / SETTINGS_FILE).is_file() and not _is_empty_folder(target):
        what = tr("Something that is not a scenario lies there already.")
        fix = tr("Choose another place, or remove what lies there yourself.")
        raise ExplorerError(what, str(target), fix)
    texts = files(contents)
    fresh = _beside(target)
    try:
        fresh.mkdir(parents=True)
        for name, text in texts.items():
            (fresh / name).write_bytes(text.encode())
        _keep_unrelated_files(target, fresh)
        _put_in_place(fresh, target)
    except OSError as error:
        raise unwritable(tr("The scenario cannot be saved"), str(target), error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def state_of(path: Path) -> tuple[Any, ...]:
    """Changes when a file of the folder does."""
    stats = [(entry.name, entry.stat()) for entry in entries(path) if os.path.exists(entry)]
    return path.resolve(), *((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def opened(path: Path, declared: Declared) -> Folder:
    """What lies in a folder, read once until one of its files changes; not to be changed."""
    return _opened.find((state_of(path), language()), lambda: Folder(OnDisk(path), declared))


def find(name_or_path: str | Path) -> Path:
    """
    Find the folder of a sample scenario, or the folder of that path; an `ExplorerError` if there is
    none.
    """
    if name_or_path in names():
        return folder_of(str(name_or_path))
    path = Path(name_or_path)
    try:
        if path.is_dir():
            return path
        is_there = path.exists()
    except OSError as error:  # a name too long for any file, or a folder on the way that is closed
        raise unreadable(path, error) from error
    if is_there:
        what = tr("A scenario is a folder, and this is a file.")
        raise ExplorerError(what, str(path), tr("Give the folder, {!r}.", str(path.parent)))
    known = tr(
        "Sample scenarios are {}; anything else is the path of a folder.", tr(", ").join(names())
    )
    fix = sentences(validation.nearest(str(name_or_path), names(), ""), known)
    raise ExplorerError(tr("There is no such scenario."), shortened(str(name_or_path)), fix)


@dataclass(frozen=True)
class Contents:
    """What a folder holds of a scenario."""

    settings: Mapping[str, Any]  # title and description too, and what is noted of parameters
    tables: Mapping[str, pd.DataFrame]
    documents: Mapping[str, str]


@dataclass(frozen=True)
class _Read:
    """A table as its text says, and what is wrong with its layout and with its cells."""

    text: str
    frame: pd.DataFrame | None
    lines: pd.Index
    layout: list[Problem]
    problems: list[Problem]


def _read_table(name: str, text: str) -> _Read:
    file = TABLES[name].file
    cells, layout = csv_text.read(text.removeprefix(_MARK), file)
    if cells.columns.empty:
        return _Read(text, None, cells.index, layout, [])
    frame, problems = validation.parse(name, cells, file)
    return _Read(text, frame, cells.index, layout, problems)


class Folder:
    """
    What the files of a scenario hold, and everything wrong with them.

    `declared` says which settings there are, and what each may be. Tables of `before` whose files have
    not changed since are not read again.
    """

    def __init__(self, files: Files, declared: Declared, before: Folder | None = None) -> None:
        self._files = files
        self._read_before = {} if before is None else before.read
        self.read: dict[str, _Read] = {}  # of each table, by name
        self._declared = declared
        self.settings: dict[str, Any] = {}
        self.tables: dict[str, pd.DataFrame] = {}
        self.lines: dict[str, pd.Index] = {}  # of each table's rows in its file
        self.documents: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._rows: dict[str, int] = {}  # of the keys of the settings
        self._read_settings()
        self._read_tables()
        self._check_notes()
        for file in files.names():
            if _is_document(file) and (text := self._text(file)) is not None:
                self.documents[file] = text
            elif file.lower().endswith(".csv") and file not in _TABLE_FILES:
                self._note_unknown(file)
        self._check_story()

    def _note_unknown(self, file: str) -> None:
        """A file with the name of no table, or nearly with that of one that is there."""
        what, twin = tr("no table of a scenario has this name."), file.lower()
        if twin in _TABLE_FILES and twin in self._files.names():
            self._note(file, what, tr("Remove it, or {}: both would be the same table.", twin))
            return
        absent = [name for name in _TABLE_FILES if name not in self._files]
        known = tr("Remove it; tables are {}.", tr(", ").join(_TABLE_FILES))
        self._note(file, what, validation.nearest(file, absent, known))

    def _check_story(self) -> None:
        if STORY_FILE not in self.documents or "workloads" not in self.tables:
            return
        classes = [*self.tables["workloads"]["id"]]
        _story, problems = read_story(self.documents[STORY_FILE], classes, refusals(self._declared))
        self.problems += problems

    def contents(self, where: str) -> Contents:
        """Raise a `ScenarioError` if there is a problem."""
        if self.problems:
            raise ScenarioError(where, self.problems)
        return Contents(self.settings, self.tables, self.documents)

    def _note(self, file: str, what: str, fix: str, **place: Any) -> None:
        found = {"row": None, "column": None, "value": None} | place
        self.problems.append(Problem(file=file, what=what, fix=fix, **found))

    def _text(self, file: str) -> str | None:
        """The text of a file; None, and a problem, if there is none."""
        try:
            data = self._files.read(file)
        except AmissError as error:
            self._note(file, error.what, error.fix)
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            row, value = data.count(b"\n", 0, error.start) + 1, f"0x{data[error.start]:02x}"
            what = tr("byte {} of the file is not UTF-8 text.", error.start + 1)
            what = tr(_UTF_16) if data.startswith(_WIDE) else what
            self._note(file, what, tr(_SAVE_ANEW), row=row, value=value)
            return None
        if not _is_document(file) and _WIDE_BARE.match(data):
            self._note(file, tr(_UTF_16), tr(_SAVE_ANEW), row=1, value="0x00")
            return None
        return text

    def _read_tables(self) -> None:
        whole: dict[str, pd.DataFrame] = {}
        for name, table in TABLES.items():
            if not table.required and table.file not in self._files:
                continue
            text = self._text(table.file)
            if text is None:
                continue
            known = self._read_before.get(name)
            found = known if known and known.text == text else _read_table(name, text)
            self.read[name] = found
            self.problems += [*found.layout, *found.problems]
            if found.frame is None:
                continue
            self.tables[name], self.lines[name] = found.frame, found.lines
            if not found.layout:  # a table that lacks rows would seem to contradict every other
                whole[name] = found.frame
        self.problems += validation.cross_check(whole, self.lines)

    def _read_settings(self) -> None:
        text = self._text(SETTINGS_FILE)
        if text is None:
            return
        if any(line.count(".") > MOST_DOTS for line in text.split("\n")):
            self._note_depth()
            return
        try:
            content = tomllib.loads(text.removeprefix(_MARK))
        except tomllib.TOMLDecodeError as error:
            reason, _, place = str(error).rpartition(" (at ")
            number = re.match(r"line (\d+)", place)
            row = int(number[1]) if number else text.count("\n") + 1  # else "end of document"
            fix = tr("Write lines such as total_demand_mw = 2000, and texts in double quotes.")
            self._note(SETTINGS_FILE, tr("this is not TOML: {}.", reason), fix, row=row)
            return
        except RecursionError:
            self._note_depth()
            return
        except ValueError:  # Python gives up on whole numbers of thousands of digits
            self._note_endless_number(text)
            return
        self._rows = _rows_of_keys(text)
        self._check_headings(content)
        parameters = content.get("parameters", {})
        for name, value in parameters.items() if isinstance(parameters, dict) else ():
            wrong = refusal(self._declared, name, value, hint=len(self.problems) < MOST_SHOWN)
            if wrong:
                self._note_entry(name, value, *wrong)
            else:
                self.settings[name] = value

    def _check_notes(self) -> None:
        """
        What the settings say of parameters and the euro: sources that `sources.csv` has, ranges
        that fit, a rate with its day.
        """
        sources = self.tables.get("sources")
        for place, value, what, fix in (
            *notes_amiss(self.settings, self._declared, sources),
            *euro.euro_amiss(self.settings.get(euro.HEADING, {}), sources),
        ):
            self._note_entry(place, value, what, fix)

    def _note_depth(self) -> None:
        fix = tr("Write a line [{}], and the settings below it.", "parameters")
        self._note(SETTINGS_FILE, tr("tables lie in tables, too deep to be read."), fix)

    def _note_endless_number(self, text: str) -> None:
        for row, line in enumerate(text.split("\n"), start=1):
            key, _, value = line.partition("=")
            if (
                max(map(len, re.findall(r"\d+", value.replace("_", ""))), default=0)
                > sys.get_int_max_str_digits()
            ):
                place = {"row": row, "column": key.strip(), "value": value.strip()}
                what = tr("this number has too many digits.")
                self._note(SETTINGS_FILE, what, tr(NUMBER), **place)
                return
        self._note(SETTINGS_FILE, tr("a number in it has too many digits."), tr(NUMBER))

    def _check_headings(self, content: dict[str, Any]) -> None:
        """Check the top of the settings, and take the title and the description."""
        for key, value in content.items():
            if key in self._declared:
                fix = tr("Move it below the line [parameters].")
                self._note_entry(key, value, tr("this does not belong here."), fix)
            elif key not in _HEADINGS:
                fix = tr("Remove it; known are {}.", tr(", ").join(_HEADINGS))
                fix = validation.nearest(key, _HEADINGS, fix)
                self._note_entry(key, value, tr("there is no such heading."), fix)
            elif key in _TABLED and not isinstance(value, dict):
                fix = tr("Write a line [{}], and the settings below it.", key)
                self._note_entry(key, value, tr("this is not a table."), fix)
            elif key in NOTES:
                self.settings[NOTES[key]] = value
            elif key == euro.HEADING:
                self.settings[key] = value
            elif key in ("title", "description"):
                if isinstance(value, str):
                    self.settings[key] = value
                else:
                    fix = tr("Write it in double quotes.")
                    self._note_entry(key, value, tr("this is not text."), fix)
        if content.get("schema") != SCHEMA:
            what = tr("the folder does not say that it follows the schema known here.")
            fix = tr("Write schema = {} on top.", SCHEMA)
            self._note_entry("schema", content.get("schema"), what, fix)

    def _note_entry(self, key: str, value: Any, what: str, fix: str) -> None:
        found = None if value is None else as_text(value)
        self._note(SETTINGS_FILE, what, fix, row=self._rows.get(key), column=key, value=found)


def _rows_of_keys(text: str) -> dict[str, int]:
    """
    The line in which a key, or a heading in brackets, stands for the first time; of a key in
    sources, ranges or euro also by "heading.key".
    """
    rows: dict[str, int] = {}
    heading = ""
    for row, line in enumerate(text.split("\n"), start=1):
        if found := _KEY.match(line):
            heading = found[1] if line.lstrip().startswith("[") else heading
            in_heading = heading in (*NOTES, euro.HEADING)
            rows.setdefault(f"{heading}.{found[1]}" if in_heading else found[1], row)
            rows.setdefault(found[1], row)
    return rows


def files(contents: Contents) -> dict[str, str]:
    """The texts of a folder's files, by name."""
    settings = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in contents.settings.items()
    }
    headings = {"schema": SCHEMA} | {name: settings.pop(name) for name in ("title", "description")}
    notes = {heading: noted for heading, name in NOTES.items() if (noted := settings.pop(name, {}))}
    rate = {euro.HEADING: known} if (known := settings.pop(euro.HEADING, {})) else {}
    found = {SETTINGS_FILE: tomli_w.dumps(headings | {"parameters": settings} | notes | rate)}
    found |= {TABLES[name].file: csv_text.write(frame) for name, frame in contents.tables.items()}
    for name in contents.documents:
        if Path(name).name != name or not _is_document(name):
            endings = tr(" or ").join(DOCUMENTS)
            fix = tr("Give it a name like README.md, ending in {}.", endings)
            raise ExplorerError(tr("A document cannot have this name."), name, fix)
    return found | dict(contents.documents)


def _is_document(file: str) -> bool:
    return file == STORY_FILE or file.lower().endswith(DOCUMENTS)


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _beside(target: Path) -> Path:
    """A hidden name beside the target, hence on the same disk, that nobody else uses."""
    return target.with_name(f".{target.name}.{uuid.uuid4().hex}")


def _keep_unrelated_files(target: Path, fresh: Path) -> None:
    """Copy what lies in the target and is no part of a scenario."""
    for entry in target.iterdir() if target.exists() else ():
        if entry.is_dir():
            shutil.copytree(entry, fresh / entry.name, symlinks=True)
        elif entry.name not in (SETTINGS_FILE, *_TABLE_FILES) and not _is_document(entry.name):
            shutil.copy2(entry, fresh / entry.name, follow_symlinks=False)


def _put_in_place(fresh: Path, target: Path) -> None:
    """Rename the new folder to the target; if that fails, the old one is there as before."""
    if not target.exists():
        fresh.rename(target)
        return
    old = _beside(target)
    target.rename(old)
    try:
        fresh.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


_opened: Memo[Folder] = Memo(size=8)
