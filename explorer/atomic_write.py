"""
Files to write: refused before any work if they cannot be, and there whole and together or not at
all.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer.errors import ExplorerError


def refuse_bad_target(path: Path, endings: Sequence[str], what: str, fix: str) -> None:
    """
    Raises an `ExplorerError` where the file cannot be; `what` and `fix` are for a name that ends
    otherwise.
    """
    where = str(path)
    if path.suffix.lower() not in endings:
        raise ExplorerError(what, where, fix)
    refuse_odd_target(path)
    if not path.parent.is_dir():
        raise ExplorerError(
            "There is no such folder.", str(path.parent), "Make it first, or choose another."
        )
    if not os.access(path.parent, os.W_OK):
        raise ExplorerError(
            "The folder cannot be written to.", str(path.parent), "Choose another folder."
        )


def refuse_odd_target(path: Path) -> None:
    """
    Raise an `ExplorerError` where something lies that is no ordinary file: a result must not take
    its place.

    What a link leads to, or whatever waits behind a device, is not what a user means to replace.
    """
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        fix = "Choose another name or place."
        raise ExplorerError(f"No file can be there: {error.strerror}.", str(path), fix) from error
    if stat.S_ISLNK(mode):
        raise ExplorerError(
            "There is a link of that name.", str(path), "Name the file itself, or remove the link."
        )
    if stat.S_ISDIR(mode):
        raise ExplorerError("There is a folder of that name.", str(path), "Choose another name.")
    if not stat.S_ISREG(mode):
        raise ExplorerError(
            "There is a device or pipe of that name.", str(path), "Choose another name."
        )


def unwritable(what: str, where: str, error: OSError) -> ExplorerError:
    """What to tell of a place that the system does not let anybody write to."""
    fix = "Look for free space and the right to write there, or choose another place."
    return ExplorerError(f"{what}: {error.strerror}.", where, fix)


@contextmanager
def written_whole(path: Path, name: str) -> Iterator[Path]:
    """
    Where to write it; it takes its place when all is written. `name` says what it is, for an error.
    """
    try:
        with TemporaryDirectory(prefix=".wattlas-", dir=path.parent) as folder:
            unfinished = Path(folder) / path.name
            yield unfinished
            refuse_odd_target(path)
            os.replace(unfinished, path)
    except OSError as error:
        raise unwritable(f"The {name} cannot be written", str(path), error) from error


@contextmanager
def written_together(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """
    A place to write several files. When all are written, all take the places of those of their
    names in `folder`.

    Raises
    ------
    ExplorerError
        If the folder cannot be made or written to, or something odd lies there: at once, so that
        nobody waits for results that go nowhere.
    """
    for name in names:
        refuse_odd_target(folder / name)
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".wattlas-", dir=folder) as unfinished:
            new, old = Path(unfinished) / "new", Path(unfinished) / "old"
            new.mkdir()
            old.mkdir()
            yield new
            _swap(new, old, folder, names)
    except OSError as error:
        raise unwritable("Results cannot be written", str(folder), error) from error
    finally:
        if is_new:
            with suppress(OSError):  # nothing came of it, or there are results in it
                folder.rmdir()


def refuse_unless_free(folder: Path) -> None:
    """Raise an `ExplorerError` where anything lies that is not an empty folder."""
    if not os.path.lexists(folder):
        return
    if not folder.is_dir() or any(folder.iterdir()):
        fix = "Choose another name, or remove what lies there yourself."
        raise ExplorerError("Something lies there already.", str(folder), fix)


@contextmanager
def written_folder(folder: Path, name: str) -> Iterator[Path]:
    """
    Where to write a folder; it takes its place when all is written. `name` says what it is, for an
    error.

    Raises
    ------
    ExplorerError
        If something lies there that is not an empty folder, or it cannot be written.
    """
    refuse_unless_free(folder)
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".wattlas-", dir=folder.parent) as place:
            unfinished = Path(place) / "new"
            unfinished.mkdir()
            yield unfinished
            refuse_unless_free(folder)
            if not folder.exists():
                os.replace(unfinished, folder)
                return
            for path in unfinished.iterdir():  # the empty folder may be where somebody is
                os.replace(path, folder / path.name)
    except OSError as error:
        raise unwritable(f"The {name} cannot be written", str(folder), error) from error


def _swap(new: Path, old: Path, folder: Path, names: Sequence[str]) -> None:
    """Put new files in place, the old ones aside; all of them, or none."""
    placed: list[str] = []
    try:
        for name in names:
            refuse_odd_target(folder / name)
            with suppress(FileNotFoundError):
                os.replace(folder / name, old / name)
            placed.append(name)
            os.replace(new / name, folder / name)
    except BaseException:  # a signal too
        for name in placed:
            (folder / name).unlink(missing_ok=True)
        for path in old.iterdir():
            os.replace(path, folder / path.name)
        raise
