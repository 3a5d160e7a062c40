"""
Buttons that save the present scenario: as one HTML file that solves any state by itself, or with
its results as a ZIP file. Files are made in a process of their own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from weakref import WeakSet

import panel as pn
import param

from explorer.app.snapshot.write import write_snapshot
from explorer.archive import ENDING, take_home
from explorer.errors import ExplorerError
from explorer.model.labels import plain
from explorer.scenario.scenario import Scenario
from explorer.session import Session

_POLL_S = 0.2
_NICE = 10  # pages of a room go before a file
_HERE = Path(__file__)
CONTROLS = _HERE.parents[1] / "controls"
_turn = asyncio.Semaphore(1)  # one file at a time: thirty users may press at once
_folders: WeakSet[TemporaryDirectory[str]] = WeakSet()  # of files in the making
_processes: WeakSet[BaseProcess] = WeakSet()  # that make them


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
    take_home(scenario, target)


PAGE = Makes(
    "Save as one HTML file that needs no server",
    ".html",
    "M12 4 V15 M7 10.5 12 15.5 17 10.5 M5 19.5 H19",
    _page,
)
ARCHIVE = Makes(
    "Take home as ZIP: scenario, tables, proof, sources",
    ENDING,
    "M4.5 8.5 H19.5 V19.5 H4.5 Z M4.5 8.5 7 4.5 H17 L19.5 8.5 M10 12 H14",
    _archive,
)


class SaveButton(pn.custom.JSComponent):
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
        super().__init__(
            title=makes.title, shape=makes.shape, encoded=makes.ending == ENDING, margin=0,
            file_name=f"{plain(session.network.labels.title)}{makes.ending}",
        )  # fmt: skip
        self._makes = makes
        self._session, self._opened = session, opened
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
        """Write in another process: this one goes on answering everybody."""
        self.param.update(progress="waiting for other users' files…", problem="")
        try:
            with (made := TemporaryDirectory(prefix="wattlas-")) as folder:
                _folders.add(made)
                target = Path(folder) / f"made{self._makes.ending}"
                self._session.scenario.save(Path(folder) / "scenario")
                self._opened.save(Path(folder) / "opened")
                async with _turn:
                    error = await self._follow(target) if self._making else None
                if error is not None:
                    raise error
                if self._making:
                    found = target.read_bytes()
                    self.page = (b64encode(found) if self.encoded else found).decode()
        except ExplorerError as error:
            self.problem = f"{error.what} {error.fix}"
        finally:
            self._making = self._busy = False
            self.progress = ""

    async def _follow(self, target: Path) -> ExplorerError | None:
        """Start the process, show what it says, and stop it when nobody wants the file any more."""
        self.progress = "making the file…"
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe(duplex=False)
        process = spawn.Process(
            target=_make_file,
            args=(self._makes.write, str(target), self._session.workload, theirs),
            daemon=True,
        )
        process.start()
        _processes.add(process)
        theirs.close()
        said = None
        page = pn.state.curdoc.session_context if pn.state.curdoc else None
        try:
            while self._making and process.is_alive():
                if page is not None and page.destroyed:  # nobody is there to take it
                    self._making = False
                while ours.poll():
                    said = ours.recv()
                await asyncio.sleep(_POLL_S)
            while ours.poll():
                said = ours.recv()
        except EOFError:
            process.join()
        finally:
            process.terminate()
            ours.close()
        if isinstance(said, ExplorerError):
            return said
        if self._making and not target.exists():
            return ExplorerError(
                "The file was not made.", self._makes.ending, "Try again, or use the command line."
            )
        return None


def end_all() -> None:
    """Stop making files, and leave nothing of them behind."""
    for process in list(_processes):
        process.terminate()
        process.join()
    for folder in list(_folders):
        folder.cleanup()


def _make_file(write: Write, target: str, over: str, says: Connection) -> None:
    """Write the file from the two scenarios beside it."""
    with suppress(AttributeError):  # where there is no such thing
        os.nice(_NICE)
    try:
        scenario, opened = (
            Scenario.load(Path(target).with_name(name)) for name in ("scenario", "opened")
        )
        write(scenario, target, over, opened)
    except ExplorerError as error:
        says.send(error)
