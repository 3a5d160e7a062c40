"""
Files made in processes of their own, one at a time: the process that serves goes on answering
everybody.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import WeakSet

from explorer.errors import ExplorerError
from explorer.words import Reader, reader, tr, writing_for

_POLL_S = 0.2
_NICE = 5  # pages of a room go before a file
_turn = asyncio.Semaphore(1)  # thirty users may press at once
_folders: WeakSet[TemporaryDirectory[str]] = WeakSet()  # of files in the making
_processes: WeakSet[BaseProcess] = WeakSet()  # that make them


async def file_made(
    write: Callable[..., Any],
    *of: Any,
    ending: str,
    wanted: Callable[[], bool],
    say: Callable[[str], None],
) -> bytes:
    """
    The contents of the file that `write(path, *of)` makes; none once it is not wanted.

    Parameters
    ----------
    write : callable
        Of a module, as are all that it is given: another process has to find them.
    ending : str
        Of the file's name.
    wanted : callable
        Whether somebody still waits for it.
    say : callable
        Is told how far it is.

    Raises
    ------
    ExplorerError
        If it cannot be made.
    """
    with scratch_folder() as folder:
        target = Path(folder) / f"made{ending}"
        say(tr("waiting for other users' files…"))
        async with _turn:
            if wanted():
                say(tr("making the file…"))
                await _follow(write, (str(target), *of), wanted)
        return target.read_bytes() if wanted() else b""


def scratch_folder() -> TemporaryDirectory[str]:
    """A folder that is gone when it is left, or the server ends."""
    folder = TemporaryDirectory(prefix="wattlas-")
    _folders.add(folder)
    return folder


async def _follow(
    write: Callable[..., Any], of: tuple[Any, ...], wanted: Callable[[], bool]
) -> None:
    """Start the process, and stop it when nobody wants the file any more."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_work, args=(reader(), write, of, theirs), daemon=True)
    process.start()
    _processes.add(process)
    theirs.close()
    said = None
    try:
        while wanted() and process.is_alive():
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
        raise said
    if wanted() and not Path(of[0]).exists():
        fix = tr("Try again, or use the command line.")
        raise ExplorerError(tr("The file was not made."), Path(of[0]).suffix, fix)


def _work(reader: Reader, write: Callable[..., Any], of: tuple[Any, ...], says: Connection) -> None:
    """In the process: write the file for a reader, or say why there is none."""
    with suppress(AttributeError):  # where there is no such thing
        os.nice(_NICE)
    try:
        with writing_for(reader):
            write(*of)
    except ExplorerError as error:
        says.send(error)


def end_all() -> None:
    """Stop making files, and leave nothing of them behind."""
    for process in list(_processes):
        process.terminate()
        process.join()
    for folder in list(_folders):
        folder.cleanup()
