"""
Buttons that save the present scenario: as one HTML file that solves any state by itself, or with
its results as a ZIP file.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

from explorer.app.component import Component
from explorer.app.file_process import file_made, scratch_folder
from explorer.app.live.scheduler import LiveRunner
from explorer.app.snapshot.write import write_snapshot
from explorer.archive import ENDING, take_home
from explorer.errors import ExplorerError
from explorer.model.labels import plain
from explorer.scenario.scenario import Scenario
from explorer.session import Session
from explorer.words import ANYBODY, Reader, mark, reader, tr, writing_for

_HERE = Path(__file__)
CONTROLS = _HERE.parents[1] / "controls"

Write = Callable[[Scenario, str, str, Scenario], Any]  # scenario, target, class, as opened


@dataclass(frozen=True)
class Makes:
    """What a button makes."""

    title: str
    ending: str
    shape: str  # path of its icon
    write: Write  # in another process


def _page(scenario: Scenario, target: str, over: str, opened: Scenario) -> None:
    write_snapshot(scenario, target, over, told_from=opened)


def _archive(scenario: Scenario, target: str, _over: str, _opened: Scenario) -> None:
    with writing_for(ANYBODY):  # as all files
        take_home(scenario, target)


PAGE = Makes(
    mark("Save as one HTML file that needs no server"),
    ".html",
    "M12 4 V15 M7 10.5 12 15.5 17 10.5 M5 19.5 H19",
    _page,
)
ARCHIVE = Makes(
    mark("Take home as ZIP: scenario, tables, proof, sources"),
    ENDING,
    "M4.5 8.5 H19.5 V19.5 H4.5 Z M4.5 8.5 7 4.5 H17 L19.5 8.5 M10 12 H14",
    _archive,
)


class SaveButton(Component):
    """
    In a page's header. Says that it works, can be stopped, and hands the file to the browser.
    """

    title = param.String(doc="What the button does.")
    encoded = param.Boolean(doc="Whether the file is in Base64.")
    shape = param.String(doc="Path of its icon.")
    file_name = param.String(doc="What the file is called.")
    progress = param.String(doc="How far it is; empty when nothing is being made.")
    problem = param.String(doc="Why there is no file, or empty.")
    page = param.String(doc="The file, when it is there; empty again once the browser has it.")

    _esm = _HERE.with_suffix(".js").read_text(encoding="utf-8")
    _stylesheets: ClassVar = [
        (CONTROLS / "history.css").read_text("utf-8"),
        _HERE.with_suffix(".css").read_text("utf-8"),
    ]

    def __init__(self, session: Session, opened: Scenario, makes: Makes) -> None:
        encoded = makes.ending == ENDING
        super().__init__(title=tr(makes.title), shape=makes.shape, encoded=encoded, margin=0)
        self._makes, self._runner = makes, LiveRunner()
        self._session, self._opened = session, opened
        self._reader = reader()
        self._making = self._busy = (
            False  # the last until a file that is not wanted any more is cleared away
        )

    def _handle_msg(self, data: Any) -> None:
        if data == "start" and not self._busy:
            self._making = self._busy = True
            pn.state.execute(self._make)
        elif data == "stop":
            self.stop()
        elif data == "saved":
            self.page = ""

    def stop(self) -> None:
        """Nobody wants the file any more."""
        self._making = False

    async def _make(self) -> None:
        """Write both scenarios into a folder, and the file from there in another process."""
        self.problem = ""
        self.file_name = f"{plain(self._session.network.labels.title)}{self._makes.ending}"
        try:
            with scratch_folder() as folder:
                self._session.scenario.save(Path(folder) / "scenario")
                self._opened.save(Path(folder) / "opened")
                found = await file_made(
                    _from_folder, self._makes.write, folder, self._session.workload, self._reader,
                    ending=self._makes.ending, say=lambda words: setattr(self, "progress", words),
                    wanted=lambda: self._making and self._runner.is_there(),
                )  # fmt: skip
                self.page = (b64encode(found) if self.encoded else found).decode()
        except ExplorerError as error:
            self.problem = f"{error.what} {error.fix}"
        finally:
            self._making = self._busy = False
            self.progress = ""


def _from_folder(target: str, write: Write, folder: str, over: str, reader: Reader) -> None:
    scenario, opened = (Scenario.load(Path(folder) / name) for name in ("scenario", "opened"))
    with writing_for(reader):
        write(scenario, target, over, opened)
