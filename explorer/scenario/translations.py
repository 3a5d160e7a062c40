"""A scenario's own texts in the language that is spoken, as its table `translations` has them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import pandas as pd

from explorer.errors import Problem
from explorer.scenario.story import LONGEST_TEXT, PLACEHOLDER
from explorer.scenario.table_memo import memo_of
from explorer.words import language, tr

NAME = "translations"  # of the table
LONGEST = 2 * LONGEST_TEXT  # characters


def spoken(table: pd.DataFrame | None) -> Callable[[str], str]:
    """
    What looks up a scenario's texts; one that the table does not have stays as it is.

    >>> from explorer.words import speaking
    >>> row = {"language": "de", "text": "North Town", "translation": "Nordstadt"}
    >>> with speaking("de"):
    ...     said = spoken(pd.DataFrame([row]))
    >>> said("North  Town"), said("South Town")
    ('Nordstadt', 'South Town')
    """
    if table is None:
        return str
    spoken = language()
    known = memo_of(table).find(("spoken", spoken), lambda: _by_text(table, spoken))
    return lambda text: known.get(key_of(text), text)


def _by_text(table: pd.DataFrame, language: str) -> dict[str, str]:
    of = table[table["language"] == language]
    return dict(zip(map(key_of, of["text"]), of["translation"], strict=True))


def key_of(text: str) -> str:
    """A text as the table is searched for it: however its lines are broken."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def unlike(table: pd.DataFrame) -> Iterator[Problem]:
    """Translations that name other figures than the text does, or are too long; rows from 0."""
    for row, (text, translation) in enumerate(
        zip(table["text"].tolist(), table["translation"].tolist(), strict=True)
    ):
        if {*PLACEHOLDER.findall(text)} != {*PLACEHOLDER.findall(translation)}:
            what = tr("this has not the same figures in braces as the text.")
            fix = tr("Write what is in braces as it is in the text.")
            yield Problem(NAME, row, "translation", translation, what, fix)
        if len(translation) > LONGEST:
            what = tr("this has {:,} characters.", len(translation))
            fix = tr("Shorten it to {:,} at most.", LONGEST)
            yield Problem(NAME, row, "translation", translation, what, fix)
