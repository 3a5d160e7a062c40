"""What a student works with in a lesson: own numbers, checks, and predictions that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from explorer.errors import ExplorerError
from explorer.markup import html, in_markdown, table_html
from explorer.measures.storytelling import DIRECTIONS
from explorer.scenario.scenario import Scenario
from explorer.teaching.classroom import Classroom
from explorer.teaching.exercises import EXERCISES
from explorer.teaching.marking import Verdict
from explorer.teaching.predictions import PREDICTIONS
from explorer.text import format_number, title_of

_CHOICES = "{}, {} or {}".format(*(f'"{direction}"' for direction in DIRECTIONS))


@dataclass(frozen=True)
class Said:
    """A sentence or two as a notebook shows them."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True)
class Shown:
    """A table as a notebook shows it: words and units for headings, and four digits."""

    table: pd.DataFrame

    def __repr__(self) -> str:
        return self.table.rename(columns=title_of).to_string(
            index=False, float_format=format_number
        )

    def _repr_html_(self) -> str:
        return str(
            html("<div>{}</div>", table_html(self.table.rename(columns=title_of), format_number))
        )


def show(table: pd.DataFrame, *columns: str) -> Shown:
    """
    Show a table, or some of its columns, as tidy as scenarios and results show theirs.

    >>> show(pd.DataFrame({"region": ["north"], "it_mw": [1234.5678], "other": [0]}), "region", "it_mw")
    region  IT load [MW]
     north         1,235
    """
    return Shown(table.loc[:, list(columns)] if columns else table)


class Workbook:
    """
    The exercises and predictions of a student.

    Parameters
    ----------
    student : str or int, optional
        Name or number: who has the same has the same numbers. Without one they are nobody's.

    Examples
    --------
    >>> mine = Workbook("Ada")
    >>> mine.ask("1a")
    How many Chat requests does one MWh of IT load answer, if a request takes 0.4 Wh?
    >>> mine.check("5b", 80)
    ✓ 80 USD/MWh. The largest friction that still pays is the saving before it.
    >>> mine.predict("3", "rises", "more room, more worth")
    Kept: rises, because more room, more worth.
    >>> mine.compare("3")
    You said: rises, because more room, more worth. The model: it falls.
    """

    def __init__(self, student: Any = "") -> None:
        self._student = "" if student is ... else " ".join(str(student).casefold().split())
        self._guesses: dict[str, tuple[str, str]] = {}
        self._right: dict[str, bool] = {}
        self._worlds: dict[str, Classroom] = {}

    def _world(self, key: str) -> Classroom:
        if key not in self._worlds:
            self._worlds[key] = Classroom(_known(EXERCISES, key).numbers(self._student, key))
        return self._worlds[key]

    def ask(self, key: str) -> Said:
        """
        Say an exercise with the student's own numbers.

        Raises
        ------
        ExplorerError
            If there is no such exercise.
        """
        return Said(_known(EXERCISES, key).text(self._world(key)))

    def scenario(self, key: str) -> Scenario:
        """Return the classroom with the numbers of an exercise, to be changed at will."""
        return self._world(key).scenario.copy()

    def check(self, key: str, answer: Any = ...) -> Verdict:
        """
        Check an answer.

        Parameters
        ----------
        key : str
            The exercise, "1a" to "6c".
        answer : number, optional
            In the unit that the exercise asks for.

        Raises
        ------
        ExplorerError
            If there is no such exercise.
        """
        verdict = _known(EXERCISES, key).mark(self._world(key), answer)
        if verdict.right is not None:
            self._right[key] = verdict.right
        return verdict

    def predict(self, key: str, guess: Any = ..., because: Any = "") -> Said:
        """
        Keep what a student expects; nothing of it is marked.

        Parameters
        ----------
        key : str
            The lesson, "1" to "6".
        guess : str, optional
            A direction.
        because : str, optional
            Why, in a sentence.

        Raises
        ------
        ExplorerError
            If there is no such lesson, or the guess is no direction.
        """
        asked = _known(PREDICTIONS, key)
        if guess is ...:
            return Said(f"{asked.asks} Put {_CHOICES} in place of the dots, and why.")
        if guess not in DIRECTIONS:
            raise ExplorerError("This is no guess.", f"guess = {guess!r}", f"Write {_CHOICES}.")
        why = "" if because is ... else " ".join(str(because).split()).rstrip(".")
        self._guesses[key] = guess, why
        return Said(f"Kept: {_in_words(guess, in_markdown(why))}.")

    def compare(self, key: str) -> Said:
        """Hold what was expected against what the model says."""
        found = _known(PREDICTIONS, key).answer()
        if key not in self._guesses:
            return Said(f"You made no guess. The model: it {found}.")
        guess, why = self._guesses[key]
        said = _in_words(guess, in_markdown(why))
        return Said(f"You said: {said}. The model: it {found}{', too' * (guess == found)}.")

    def review(self) -> Shown:
        """Show what was expected and answered so far, beside what is so."""
        guesses = [
            {
                "asked": PREDICTIONS[key].asks,
                "you": _in_words(*said),
                "model": PREDICTIONS[key].answer(),
            }
            for key, said in sorted(self._guesses.items())
        ]
        answers = [
            {"asked": f"Exercise {key}", "you": "right" if right else "not yet", "model": ""}
            for key, right in sorted(self._right.items())
        ]
        return Shown(pd.DataFrame([*guesses, *answers], columns=["asked", "you", "model"]))


def _known(table: Any, key: str) -> Any:
    if key not in table:
        raise ExplorerError(
            "There is nothing of that key.", f"{key!r}", f"Known are {', '.join(table)}."
        )
    return table[key]


def _in_words(guess: str, why: str) -> str:
    return f"{guess}, because {why}" if why else guess
