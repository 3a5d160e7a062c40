"""Where the files of a scenario are: in a folder, or in memory. What is odd there is never read."""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from explorer.errors import ExplorerError, shortened
from explorer.scenario.known import SETTINGS_FILE
from explorer.words import tr

LARGEST_FILE_MB = (
    64  # of a table or a document: the largest that a world could need has a tenth of it
)
LARGEST_SETTINGS_MB = 0.5
_NOT_OURS = re.compile(
    r"\.|~\$|.*~$", re.DOTALL
)  # hidden files, and what editors and offices leave beside a file


class AmissError(Exception):
    """Why a file cannot be read, and how to fix that."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)
        self.what, self.fix = what, fix


class Files(Protocol):
    """The files of one scenario, by name."""

    def names(self) -> list[str]:
        """What can be read, in order."""
        ...

    def __contains__(self, file: object) -> bool: ...

    def read(self, file: str) -> bytes:
        """The contents of a file; an `AmissError` if it has none that may be read."""
        ...


class InMemory:
    """Files whose contents are at hand."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def names(self) -> list[str]:
        """Their names, in order."""
        return sorted(name for name in self._contents if is_ours(name))

    def __contains__(self, file: object) -> bool:
        return file in self._contents

    def read(self, file: str) -> bytes:
        """As `Files.read`."""
        if file not in self._contents:
            raise AmissError(tr("the file is missing."), tr("Add it."))
        data = self._contents[file]
        refuse_large(file, len(data))
        return data


class OnDisk:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Of all files, but for those that are no files and links that lead nowhere."""
        return [
            path.name
            for path in entries(self._folder)
            if not os.path.isdir(path) and os.path.exists(path)
        ]

    def __contains__(self, file: object) -> bool:
        return isinstance(file, str) and os.path.lexists(self._folder / file)

    def read(self, file: str) -> bytes:
        """As `Files.read`."""
        path = self._folder / file
        try:
            found = (
                path.stat()
            )  # before it is opened: a pipe would keep its reader waiting for ever
            if not stat.S_ISREG(found.st_mode):
                fix = tr("Put a file of text in its place.")
                raise AmissError(tr("this is not an ordinary file."), fix)
            if not path.resolve().is_relative_to(self._folder.resolve()):
                what = tr("this is a link to a file outside the folder.")
                raise AmissError(what, tr("Put a copy of the file in its place."))
            refuse_large(file, found.st_size)
            with path.open("rb") as opened:
                return opened.read(int(_most_mb(file) * 1e6))
        except FileNotFoundError:
            if path.is_symlink():
                what = tr("this is a link that leads nowhere.")
                raise AmissError(what, tr("Put the file in its place.")) from None
            fix = tr("Add it to the folder {}.", shortened(self._folder.name))
            raise AmissError(tr("the file is missing."), fix) from None
        except OSError as error:
            what = tr("it cannot be read: {}.", error.strerror)
            raise AmissError(what, tr("Make it a file that you may read.")) from error


def refuse_large(file: str, size: int) -> None:
    """Raise an `AmissError` where a file has more bytes than are read."""
    most_mb = _most_mb(file)
    if size > most_mb * 1e6:
        what = tr("the file has {:,.10g} MB.", math.ceil(size / 1e5) / 10)
        fix = tr("Up to {:g} MB are read; leave out what is not needed.", most_mb)
        raise AmissError(what, fix)


def _most_mb(file: str) -> float:
    return LARGEST_SETTINGS_MB if file == SETTINGS_FILE else LARGEST_FILE_MB


def is_ours(name: str) -> bool:
    """Whether a file is neither hidden nor what an editor leaves beside others."""
    return _NOT_OURS.match(name) is None


def entries(path: Path) -> list[Path]:
    """
    What lies in a scenario folder, but for hidden files and those that editors leave beside others.
    """
    try:
        return sorted(entry for entry in path.iterdir() if is_ours(entry.name))
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: str | Path, error: OSError) -> ExplorerError:
    """What to tell of a folder that the system does not let anybody look into."""
    what = tr("The folder cannot be read: {}.", error.strerror)
    fix = tr("Give a folder that you may look into.")
    return ExplorerError(what, shortened(str(path)), fix)
