"""
Files of signals while other programs write them: taken when they are whole, and until then what was
taken last stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from explorer.errors import ExplorerError, Problem, ScenarioError, shortened
from explorer.scenario.files import AmissError, OnDisk, entries
from explorer.scenario.signals.parsed import (
    CSV,
    PARQUET,
    ZONES_FILE,
    Parsed,
    UnfinishedError,
    Zone,
    parsed,
    parsed_zones,
)
from explorer.scenario.signals.signals import Signals, signals_of
from explorer.words import kept, plural, tr

T = TypeVar("T")
State = tuple[int, int, int]  # of a file: its inode, size and last change
MOST_FILES = 50  # in a folder


class SignalsError(ScenarioError):
    """Files of signals that cannot be used; `problems` lists everything wrong with them."""

    @staticmethod
    def _counted(count: int) -> str:
        return plural(
            "The signals have {number} problem.",
            "The signals have {number} problems.",
            count,
            number=count,
        )


@dataclass
class _Watched(Generic[T]):
    """
    One file. It is read when it has rested from one look to the next, or has grown by whole lines.
    """

    name: str
    parse: Callable[[bytes], T | list[Problem]]
    found: T | None = None  # what was taken last
    problems: list[Problem] = field(default_factory=list)  # of the present contents
    _seen: State | None = None
    _read: State | None = None
    _size: int = 0  # of what was taken, and its digest
    _digest: bytes = b""

    def look(self, folder: Path) -> bool:
        """Take what is new, if it is whole; whether anything became of it."""
        now = _state(folder / self.name)
        rested, self._seen = now == self._seen, now
        if now == self._read:
            return False
        if now is None:
            return rested and self._note(tr("the file is gone."), tr("Put it back."))
        try:
            data = OnDisk(folder).read(self.name)
            if _state(folder / self.name) != now:
                return False  # it went on meanwhile
            goes_on = self._begins(data)
            if not goes_on and not rested:
                return False
            whole = data[: data.rfind(b"\n") + 1] if goes_on else data
            self._read = now if rested or whole == data else None
            if goes_on and len(whole) == self._size:
                return self._clear()
            return self._take(whole)
        except UnfinishedError:
            what = tr("the file ends in the middle: it is still being written, or was broken off.")
            fix = tr(
                "End its last line with a line break; better, write it elsewhere and rename it."
            )
            return self._note(what, fix)
        except AmissError as error:
            return rested and self._note(error.what, error.fix)

    def _begins(self, data: bytes) -> bool:
        """Whether a file has all that was taken, and goes on from there, if at all."""
        if not self._size or not self.name.endswith(CSV):
            return False
        return hashlib.sha256(data[: self._size]).digest() == self._digest

    def _take(self, data: bytes) -> bool:
        result = self.parse(data)
        if isinstance(result, list):
            self.problems = result
        else:
            self.found, self.problems = result, []
            self._size, self._digest = len(data), hashlib.sha256(data).digest()
        return True

    def _clear(self) -> bool:
        """Nothing is new, but for what was wrong in between."""
        was_wrong, self.problems = bool(self.problems), []
        return was_wrong

    def _note(self, what: str, fix: str) -> bool:
        self._read = self._seen
        self.problems = [Problem(self.name, None, None, None, what, fix)]
        return True


class Watch:
    """
    A file or a folder of files in which other programs keep writing prices and carbon.

    Nothing of it is in another thread: whoever wants to know `look`s, and does not from two threads
    at once.

    Parameters
    ----------
    path : Path
        A CSV or Parquet file, or a folder of such. `zones.csv` beside them says which regions lie in
        which zone.
    """

    def __init__(self, path: Path) -> None:
        self._alone = None if path.is_dir() else path.name
        self.folder = path if path.is_dir() else path.parent
        self._zones = _Watched(ZONES_FILE, parsed_zones)
        self._files: dict[str, _Watched[Parsed]] = {}
        self.signals: Signals | None = None
        self.problems: tuple[Problem, ...] = ()

    def look(self) -> bool:
        """
        Look once; whether `signals` or `problems` are others now.

        A file that has just changed is taken at the next look, if it rests until then. What is wrong
        is said to each reader in their own language.
        """
        with kept():
            return self._look()

    def _look(self) -> bool:
        for name in self._names():
            self._files.setdefault(name, _Watched(name, lambda data, file=name: parsed(data, file)))
        news = [each.look(self.folder) for each in self._files.values()]
        news.append(self._has_zones and self._zones.look(self.folder))
        if not any(news):
            return False
        found = {name: each.found for name, each in self._files.items() if each.found}
        made, wrong = signals_of(found, self._zones.found)
        if made is not None and found:
            self.signals = made
        of_files = [problem for each in self._all for problem in each.problems]
        self.problems = (*of_files, *wrong)
        return True

    def error(self) -> ExplorerError | None:
        """What is wrong with the files as they are, as an error."""
        if self.problems:
            return SignalsError(self._where, self.problems)
        if self.signals is None:
            what = tr("There are no signals.")
            fix = tr(
                "Give a {} or {} file, or a folder of such, that is written to its end.",
                CSV,
                PARQUET,
            )
            return ExplorerError(what, self._where, fix)
        return None

    @property
    def _where(self) -> str:
        return shortened(self._alone or self.folder.name)

    @property
    def _all(self) -> list[_Watched[Parsed] | _Watched[Mapping[str, Zone]]]:
        return [*self._files.values(), self._zones]

    @property
    def _has_zones(self) -> bool:
        return self._zones.found is not None or (self.folder / ZONES_FILE).exists()

    def _names(self) -> list[str]:
        if self._alone is not None:
            return [self._alone]
        try:
            there = [path.name for path in entries(self.folder)]
        except ExplorerError:
            return []  # those that are known are gone, and say so
        fitting = [name for name in there if name.endswith((CSV, PARQUET)) and name != ZONES_FILE]
        return fitting[:MOST_FILES]


def _state(path: Path) -> State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
