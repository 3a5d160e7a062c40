"""What can go wrong that a user can fix: what it is, where it is, how to fix it."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from explorer.words import again, mark, plural, sentences, tr

MOST_SHOWN = 100  # problems in one list: who has fixed those looks again
LONGEST_QUOTE = 60  # letters of what stands in a file
_log = logging.getLogger(__name__)


class ExplorerError(Exception):
    """A problem the user can fix: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        super().__init__(what, where, fix)  # all three in args, so it pickles
        self.what, self.where, self.fix = what, where, fix

    def __str__(self) -> str:
        return f"{self.what}\n  {tr('Where: {}', self.where)}\n  {tr('To fix: {}', self.fix)}"


def refuse_number(
    name: str, value: Any, low: float, high: float = math.inf, *, whole: bool = False
) -> None:
    """
    Raise a `ValueError` unless `value` is a finite number from `low` to `high`, both included.

    >>> refuse_number("draws", 2.5, 2, 10_000, whole=True)
    Traceback (most recent call last):
    ValueError: draws is 2.5: give a whole number from 2 to 10,000.
    """
    kind: Any = Integral if whole else Real
    fits = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)
    if fits and low <= value <= high:
        return
    what = "a whole number" if whole else "a number"
    ends = f"{low:,.10g} or more" if high == math.inf else f"from {low:,.10g} to {high:,.10g}"
    raise ValueError(
        f"{name} is {shortened(repr(value))}: give {what}{' ' if high < math.inf else ', '}{ends}."
    )


class SolverError(ExplorerError):
    """
    There is no optimum to show: a failure, the time limit, or a cap on cost that nothing meets.
    """


def told(error: Exception) -> ExplorerError:
    """
    Any error in words for the user, for whoever waits for a result: a fault of the program's own
    goes to the log too.

    >>> told(SolverError("No optimum.", "placement", "Raise the limit.")).what
    'No optimum.'
    """
    if isinstance(error, ExplorerError):
        return error
    _log.error("A computation failed.", exc_info=error)
    what = tr("This could not be computed: {}: {}.", type(error).__name__, error)
    fix = tr("That is a fault of Wattlas; other settings may still work.")
    return ExplorerError(what, tr("Wattlas itself"), fix)


class OutOfTimeError(SolverError):
    """The time limit was over before there was an optimum."""

    def __init__(self, time_limit_s: float) -> None:
        fix = tr("Raise time_limit_s, or use fewer regions.")
        super().__init__(tr("No optimum within {:g} s.", time_limit_s), tr("placement"), fix)
        self.args = (time_limit_s,)  # what __init__ takes, so it pickles


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, or doubtful, in a scenario's files or tables."""

    file: str  # file or table
    row: int | None  # line in the file, the header being line 1
    column: str | None  # column or parameter
    value: str | None  # what stands there
    what: str  # what is wrong with it
    fix: str  # what to do

    def __str__(self) -> str:
        place = [_printable(self.file)]
        if self.row is not None:
            place.append(tr("row {}", self.row))
        if self.column is not None:
            kind = mark("key {}") if ".toml" in self.file else mark("column {}")
            place.append(tr(kind, _printable(self.column)))
        found = "" if self.value is None else tr("(found {!r})", shortened(self.value))
        said = sentences(again(self.what), found, again(self.fix))
        return tr("{}: {}", tr(", ").join(place), said)


class ScenarioError(ExplorerError):
    """A scenario that cannot be used; `problems` lists everything wrong with it at once."""

    def __init__(self, where: str, problems: Iterable[Problem]) -> None:
        problems = tuple(problems)
        super().__init__(self._counted(len(problems)), where, "\n  ".join(lines(problems)))
        self.args = (where, problems)  # what __init__ takes, so it pickles
        self.problems = problems

    @staticmethod
    def _counted(count: int) -> str:
        return plural(
            "The scenario has {number} problem.",
            "The scenario has {number} problems.",
            count,
            number=count,
        )

    def __str__(self) -> str:
        return "\n  ".join([tr("{}: {}", self.where, self.what), *lines(self.problems)])


class PlanError(ScenarioError):
    """A plan of a sweep that cannot be used, likewise."""

    @staticmethod
    def _counted(count: int) -> str:
        return plural(
            "The plan has {number} problem.", "The plan has {number} problems.", count, number=count
        )


def lines(problems: Sequence[Problem]) -> list[str]:
    """The first of the problems, a line for each, and how many more there are."""
    more = len(problems) - MOST_SHOWN
    return [*map(str, problems[:MOST_SHOWN]), *([tr("And {} more.", more)] if more > 0 else [])]


def shortened(text: str) -> str:
    """The text, or as much of its beginning as helps to find it."""
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def _printable(text: str) -> str:
    """The text in one line, without what a terminal would take for commands."""
    text = shortened(text)
    return text if text.isprintable() else repr(text)
