"""What can go wrong that a reader can mend: what it is, where it is, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ExplorerError(Exception):
    """A problem the reader can mend: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(what, where, mend)  # all three in args, so it pickles
        self.what, self.where, self.mend = what, where, mend

    def __str__(self) -> str:
        return f"{self.what}\n  where: {self.where}\n  mend: {self.mend}"


class SolverError(ExplorerError):
    """There is no optimum to show: a failure, the time limit, or a cap on cost that nothing meets."""


class OutOfTime(SolverError):
    """The time limit was over before there was an optimum."""

    def __init__(self, time_limit_s: float) -> None:
        mend = "Raise time_limit_s, or use fewer regions."
        super().__init__(f"No optimum within {time_limit_s:g} s.", "placement", mend)
        self.args = (time_limit_s,)  # what __init__ takes, so it pickles


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a scenario's files or tables."""

    file: str  # file or table
    row: int | None  # line in the file, the header being line 1
    column: str | None  # column or parameter
    value: str | None  # what stands there
    what: str  # what is wrong with it
    mend: str  # what to do

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column}")
        found = "" if self.value is None else f" (found {self.value!r})"
        return f"{', '.join(place)}: {self.what}{found} {self.mend}"


class ScenarioError(ExplorerError):
    """A scenario that cannot be used; `problems` lists everything wrong with it at once."""

    def __init__(self, where: str, problems: Iterable[Problem]) -> None:
        problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"The scenario has {count}.", where, "\n  ".join(map(str, problems)))
        self.args = (where, problems)  # what __init__ takes, so it pickles
        self.problems = problems

    def __str__(self) -> str:
        return "\n  ".join([f"{self.where}: {self.what}", *map(str, self.problems)])
