"""
A language that nobody speaks: every vowel of what the catalogues know has an accent.

What stays plain on the screen is a text that no catalogue can translate, or one of the scenario's own.
`python -m tests.pseudo serve classroom-3x3` is the command line in it.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import explorer.words
from explorer.words import catalogue
from explorer.words.catalogue import Catalogue
from tests.catalogues import messages

NAME = "xx"
_ACCENTS = str.maketrans("aeiouAEIOU", "äéïöüÄÉÏÖÜ")
# what is no text: tags, places for values, columns of tips, entities, symbols of units
_KEPT = re.compile(r"(<[^<>]*>|\{[^{}]*\}|@\w+(?:\{[^{}]*\})?|&\w+;|\bUSD\b)")
_PLAIN = re.compile(r"\b[A-Za-z]*[aeiou][A-Za-z]*\b")


def accented(message: str) -> str:
    """A message in that language."""
    parts = _KEPT.split(message)
    return "".join(part if n % 2 else part.translate(_ACCENTS) for n, part in enumerate(parts))


def plain_words(text: str) -> list[str]:
    """Words of a text that have no accent, of three letters at least."""
    return [word for word in _PLAIN.findall(text) if len(word) > 2]


def read(_language: str) -> Catalogue:
    """The catalogue: numbers as in German."""
    texts, forms = {}, {}
    for message in messages():
        if isinstance(message, tuple):
            forms[message] = tuple(map(accented, message))
        else:
            texts[message] = accented(message)
    return Catalogue(texts, forms, lambda count: int(count != 1), {ord(","): ".", ord("."): ","})


@contextmanager
def spoken() -> Iterator[None]:
    """The language in this thread, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "read", read)
        patch.setitem(explorer.words.LANGUAGES, NAME, "Pseudo")
        with explorer.words.speaking(NAME):
            yield


def teach() -> None:
    """Let pages of this process ask for it."""
    catalogue.read = read
    explorer.words.LANGUAGES[NAME] = "Pseudo"


def speak() -> None:
    """Let this process speak it, whatever a page asks for."""
    teach()
    explorer.words.ask(lambda: explorer.words.Reader(NAME))
    explorer.words.ask = lambda _anybody: None


if __name__ == "__main__":
    speak()
    from explorer.cli import main

    sys.exit(main())
