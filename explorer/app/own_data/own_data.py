"""
A dialog in which users bring data of their own, edit tables and open what is sound as a scenario of
this page. What is brought lives in the memory of its session.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import param

from explorer.app.board.limits import Limit
from explorer.app.component import Component
from explorer.app.live.latest import Latest
from explorer.app.live.scheduler import LiveRunner
from explorer.app.page.scenarios import About
from explorer.errors import (
    MOST_SHOWN,
    ExplorerError,
    Problem,
    ScenarioError,
    lines,
    shortened,
    told,
)
from explorer.model.doubts import doubts_about
from explorer.model.labels import as_shown, title_shown
from explorer.model.network import build_network
from explorer.scenario.archive import MOST_MB, refuse_size, write_zip
from explorer.scenario.draft import CONTROLS, Draft
from explorer.scenario.known import names
from explorer.scenario.reference import possible
from explorer.scenario.scenario import Scenario
from explorer.scenario.schema import TABLES, Column
from explorer.scenario.upload import KINDS, draft_of
from explorer.words import tr

MOST_OWN = 3  # scenarios of a session: an older one is forgotten
MOST_TITLE = 120  # characters
BEGUN_AT_ONCE, BEGUN_PER_S = 10, 0.2  # drafts and uploads of a session: each is read as a whole
STEPS_AT_ONCE, STEPS_PER_S = 40, 4.0  # edits: each checks all tables
_UNFIT = re.compile(r"[^a-zA-Z0-9]+")  # for the name of a file on any system
_HERE = Path(__file__)
_DRAWER = _HERE.parents[1] / "data_drawer" / "drawer.css"


class Examined(NamedTuple):
    """What shows only when a draft without problems is put together."""

    scenario: Scenario | None
    problems: list[Problem]
    warnings: list[Problem]


class OwnData(Component):
    """
    Drafts of a session, one at a time, and the scenarios opened from them.

    What the page says is in `_handle_msg`; what it is told are the parameters below.

    Parameters
    ----------
    there : mapping of str to About
        The scenarios that a draft may begin with, by their names in addresses.
    current : callable
        The scenario on screen.
    offer : callable
        Opens a scenario of `scenarios` on the page: of its name, and what it says of itself.
    """

    form = param.String(
        doc="What may be begun with, and the bounds of uploads: JSON, never changes."
    )
    asked = param.String(doc="What it was asked for with: a table, download, or nothing.")
    state = param.String(doc="The draft, its problems and warnings: JSON; empty without one.")
    table = param.String(doc="The table looked at: JSON.")
    refusal = param.String(doc="Why something could not be done: JSON of a turn and lines of text.")
    file = param.String(doc="A file to save: JSON of name and base64; empty again once saved.")

    _esm = "".join((_HERE.parent / name).read_text("utf-8") for name in ("grid.js", "own_data.js"))
    _stylesheets: ClassVar = [
        _DRAWER.read_text("utf-8"),
        _HERE.with_suffix(".css").read_text("utf-8"),
    ]

    def __init__(
        self,
        there: Mapping[str, About],
        current: Callable[[], Scenario],
        offer: Callable[[str, About], None],
    ) -> None:
        form = {
            "samples": [[name, about.title] for name, about in there.items() if name],
            "most_mb": MOST_MB,
            "kinds": KINDS,
        }
        super().__init__(form=json.dumps(form), margin=0)
        self.scenarios: dict[str, Scenario] = {}
        self._current, self._offer = current, offer
        self._begun = Limit(burst=BEGUN_AT_ONCE, per_s=BEGUN_PER_S)
        self._steps = Limit(burst=STEPS_AT_ONCE, per_s=STEPS_PER_S)
        self._draft: Draft | None = None
        self._title = ""
        self._looked = "regions"
        self._examined: Examined | None = None
        self._is_checked = False  # it is what was examined
        self._turn = self._refusals = 0
        self._reading, self._checking, self._packing = (Latest(LiveRunner()) for _ in range(3))
        self._coming: list[tuple[str, bytearray]] = []  # files of an upload under way
        self._is_cut_off = False  # it is too large

    def _handle_msg(self, data: Any) -> None:
        try:
            self._do(_readable(data))
        except Exception as error:  # of a message that somebody made to break this
            self._refuse(told(error))

    def _do(self, data: Any) -> None:
        match data:
            case {"begin": str(name)}:
                self._begin(name)
            case {"file": str(name), "part": str(part)}:
                self._take(name, part)
            case {"uploaded": _}:
                self._read_upload()
            case {"leave": _}:
                self._set(None)
            case {"download": _}:
                self._hand_out()
            case {"saved": _}:
                self.file = ""
            case _ if self._draft is not None:
                self._do_with(self._draft, data)

    def _do_with(self, draft: Draft, data: Any) -> None:
        """What needs a draft."""
        match data:
            case {"look": str(name)} if name in draft.tables:
                self._look(name)
            case {"title": str(text)}:
                self._title = text[:MOST_TITLE]
            case {"open": _}:
                self._open()
            case _:
                if not self._steps.allows(""):
                    raise _too_fast()
                self._step(draft, data)

    def _step(self, draft: Draft, data: Any) -> None:
        """Change the draft, one step."""
        match data:
            case {"edit": [str(name), list(cells)]} if name in draft.tables:
                draft.edit(name, [_cell(cell) for cell in cells])
                self._told_of_step(whole=False)
                return
            case {"add_row": [str(name), int(row)]} if _has(draft, name, row):
                draft.add_row(name, row)
            case {"remove_row": [str(name), int(row)]} if _has(draft, name, row):
                draft.remove_row(name, row)
            case {"add_column": [str(name), str(column)]} if name in draft.tables:
                draft.add_column(name, column)
            case {"undo": _}:
                draft.undo()
            case {"redo": _}:
                draft.redo()
            case _:
                return
        self._told_of_step(whole=True)

    def _begin(self, name: str) -> None:
        """A draft of what is on screen, or of a sample."""
        if not self._begun.allows(""):
            raise _too_fast()
        current = None if name in names() else self._current().copy()

        def read() -> tuple[Draft, str]:
            scenario = current or Scenario.load(name)
            return Draft(_encoded(scenario)), tr("{}, own data", scenario.title)

        self._reading.run(read, self._begun_with)

    def _take(self, name: str, part: str) -> None:
        """A part of a file; the first of a name begins it."""
        if self._is_cut_off:
            return
        try:
            data = base64.b64decode(part, validate=True)
        except (binascii.Error, ValueError):
            return
        if not self._coming or self._coming[-1][0] != name:
            self._coming.append((name, bytearray()))
        size = sum(len(contents) for _, contents in self._coming) + len(data)
        if size > MOST_MB * 1e6:
            self._coming.clear()
            self._is_cut_off = True
            refuse_size(name)
        self._coming[-1][1].extend(data)

    def _read_upload(self) -> None:
        """What has come, read beside the page."""
        coming, self._coming = [(name, bytes(data)) for name, data in self._coming], []
        self._is_cut_off = False
        if not coming:
            return
        if not self._begun.allows(""):
            raise _too_fast()
        current = self._current().copy()

        def read() -> tuple[Draft, str]:
            draft = draft_of(coming, _encoded(current))
            return draft, draft.checked().title

        self._reading.run(read, self._begun_with)

    def _begun_with(self, found: tuple[Draft, str] | ExplorerError) -> None:
        """A draft and its title, or why there is none."""
        if isinstance(found, ExplorerError):
            self._refuse(found)
        else:
            draft, title = found
            self._set(draft, title[:MOST_TITLE])

    def _set(self, draft: Draft | None, title: str = "") -> None:
        """Work on a draft, or on none."""
        self._draft, self._title, self._examined = draft, title, None
        if draft is None:
            self._checking.forget()
            self.param.update(state="", table="")
            return
        self._looked = (
            self._looked if self._looked in draft.tables else next(iter(draft.tables), "")
        )
        self._told_of_step(whole=True)

    def _look(self, name: str) -> None:
        self._looked = name
        if self._draft is not None:
            self.table = json.dumps(_table(self._draft, name, self._turn))

    def _told_of_step(self, whole: bool) -> None:
        """Tell the page of a change; what takes longer to find out, later."""
        draft = self._draft
        assert draft is not None
        self._turn += 1
        self._is_checked = False
        if whole and self._looked in draft.tables:
            self._look(self._looked)
        self._tell()
        self._checking.run(lambda: _examine(draft), self._examined_it)

    def _examined_it(self, found: Examined | ExplorerError) -> None:
        if isinstance(found, ExplorerError):
            problem = Problem(found.where, None, None, None, found.what, found.fix)
            found = Examined(None, [problem], [])
        self._examined, self._is_checked = found, True
        self._tell()

    def _tell(self) -> None:
        """Say what is known; while a draft is checked, what was wrong before stays in sight."""
        draft, found = self._draft, self._examined or Examined(None, [], [])
        if draft is None:
            return
        self.state = json.dumps(
            {
                "turn": self._turn,
                "title": self._title,
                "tables": [
                    [name, TABLES[name].file, tr(TABLES[name].doc)] for name in draft.tables
                ],
                "problems": [*map(_shown, found.problems[:MOST_SHOWN])],
                "count": len(found.problems),
                "warnings": [*map(_shown, found.warnings[:MOST_SHOWN])],
                "checking": not self._is_checked,
                "can_undo": draft.can_undo,
                "can_redo": draft.can_redo,
                "about": _about(found.scenario) if found.scenario else "",
                "absent": [TABLES[name].file for name in draft.absent],
            }
        )

    def _open(self) -> None:
        """Show the draft as a scenario of this page."""
        if not self._is_checked or self._examined is None or self._examined.scenario is None:
            return
        scenario = self._examined.scenario.copy()
        scenario.title = self._title.strip() or scenario.title
        name = f"own-{secrets.token_hex(3)}"  # as `is_own` knows it
        self.scenarios[name] = scenario
        for oldest in [*self.scenarios][:-MOST_OWN]:
            del self.scenarios[oldest]
        about = About(
            title_shown(scenario), tr("Your own data, in this page alone."),
            len(scenario.regions), len(scenario.clients),
        )  # fmt: skip
        self._set(None)
        self._offer(name, about)

    def _hand_out(self) -> None:
        """The scenario folder as a ZIP file: of the draft, or else of what is on screen."""
        draft, title = self._draft, self._title
        scenario = self._examined.scenario if self._is_checked and self._examined else None
        if draft is None:
            scenario = self._current()
            title = scenario.title
        scenario = scenario.copy() if scenario else None
        self._packing.run(lambda: _packed(title, scenario, draft), self._hand_over)

    def _hand_over(self, found: str | ExplorerError) -> None:
        if isinstance(found, ExplorerError):
            self._refuse(found)
        else:
            self.file = found

    def _refuse(self, error: ExplorerError) -> None:
        self._refusals += 1
        said = (
            [error.what, *lines(error.problems)]
            if isinstance(error, ScenarioError)
            else [error.what, tr("Where: {}", error.where), tr("To fix: {}", error.fix)]
        )
        self.refusal = json.dumps([self._refusals, [*map(as_shown, said)]])


def _examine(draft: Draft) -> Examined:
    """Everything wrong with a draft; if nothing is, put it together."""
    checked = draft.checked()
    if checked.problems:
        return Examined(None, checked.problems, [])
    try:
        scenario = checked.scenario()
        build_network(scenario)
        return Examined(scenario, [], doubts_about(scenario, checked.lines))
    except ScenarioError as error:
        return Examined(None, list(error.problems), [])


def _packed(title: str, scenario: Scenario | None, draft: Draft | None) -> str:
    """
    A folder as a ZIP file, in JSON with its name: of a scenario, or else of a draft, right or
    wrong, as it is theirs.
    """
    if scenario is not None:
        scenario.title = title.strip() or scenario.title
        texts = scenario.files()
    else:
        assert draft is not None
        texts = {file: data.decode(errors="replace") for file, data in draft.files().items()}
    folder = _UNFIT.sub("-", title).strip("-").lower() or "scenario"
    packed = base64.b64encode(write_zip(texts, folder)).decode()
    return json.dumps({"name": f"{folder}.zip", "data": packed})


def _about(scenario: Scenario) -> str:
    return tr(
        "{clients} clients, {regions} regions, {classes} classes, {demand:,.4g} MW of demand",
        clients=len(scenario.clients), regions=len(scenario.regions), classes=len(scenario.workloads),
        demand=scenario.total_demand_mw,
    )  # fmt: skip


def _encoded(scenario: Scenario) -> dict[str, bytes]:
    return {file: text.encode() for file, text in scenario.files().items()}


def _table(draft: Draft, name: str, turn: int) -> dict[str, Any]:
    """A table as it was typed, and what each of its columns is."""
    grid, table = draft.tables[name], TABLES[name]
    known = {column.name: column for column in (*table.columns, *table.ranges)}
    return {
        "turn": turn,
        "name": name,
        "file": table.file,
        "doc": tr(table.doc),
        "columns": [[column, *_meaning(known.get(column))] for column in grid.columns],
        "rows": grid.rows,
        "addable": draft.addable(name),
    }


def _meaning(column: Column | None) -> tuple[str, bool, tuple[str, ...]]:
    """What a column is, whether it holds numbers, and what may be chosen."""
    if column is None:
        return tr("A column of your own: it is kept, and counts for nothing."), False, ()
    said = [tr(column.meaning)]
    if column.kind == "number":
        said.append(column.range)
    elif column.choices or column.refers_to:
        said.append(tr("It is one of {}.", possible(column).removeprefix("a ")))
    said += [tr("It must be filled.")] if column.required else []
    return " ".join(said), column.kind == "number", column.choices


def _shown(problem: Problem) -> list[Any]:
    """A problem as what the page shows: all of it text."""
    value = None if problem.value is None else as_shown(shortened(problem.value))
    return [
        problem.file,
        problem.row,
        problem.column,
        value,
        as_shown(problem.what),
        as_shown(problem.fix),
    ]


def _readable(said: Any) -> Any:
    """What a page says, with another character for those that no file and no screen can hold."""
    match said:
        case str():
            return CONTROLS.sub("\ufffd", said)
        case list():
            return [_readable(each) for each in said]
        case dict():
            return {key: _readable(each) for key, each in said.items()}
        case _:
            return said


def _cell(cell: Any) -> tuple[int, str, str]:
    match cell:
        case [int(row), str(column), str(text)]:
            return row, column, text
    raise ExplorerError(tr("There is no such cell."), tr("own data"), tr("Open the page again."))


def _has(draft: Draft, name: str, row: int) -> bool:
    return name in draft.tables and 0 <= row < max(len(draft.tables[name].rows), 1)


def _too_fast() -> ExplorerError:
    return ExplorerError(
        tr("That was a lot at once."), tr("own data"), tr("Wait a moment, and try again.")
    )
