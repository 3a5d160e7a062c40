"""What teams may be called, what rooms are called, and how both come into files."""

from __future__ import annotations

import re
import secrets
import unicodedata
from itertools import groupby

from tornado.web import HTTPError

from explorer.words import tr

LONGEST_NAME = 40
LONGEST_LINK = 8000  # everything in the link of a large scenario takes some thousand
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another
_CODE = re.compile(f"[{LETTERS}]{{6}}")
_JOINERS = "\u200c\u200d"  # within words of some scripts, and within signs
_MOST_MARKS = 3  # accents on one letter


class RefusedError(HTTPError):
    """Something that a board does not take: the answer's status, and a word for the user."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(status)
        self.words = words


def team_name(text: object) -> str:
    """
    A name as it is shown, or a `RefusedError` that says what is wrong with it.

    >>> team_name("  The   Ångströms "), team_name("<b>")
    ('The Ångströms', '<b>')
    """
    if not isinstance(text, str) or len(text) > 4 * LONGEST_NAME:
        raise RefusedError(422, tr("A team's name has {} characters at most.", LONGEST_NAME))
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if len(name) > LONGEST_NAME:
        raise RefusedError(422, tr("A team's name has {} characters at most.", LONGEST_NAME))
    if any(_is_hidden(sign) for sign in name):
        raise RefusedError(422, tr("There are hidden signs in that name. Type it by hand."))
    if not any(sign.isalnum() for sign in name):
        raise RefusedError(422, tr("A team's name needs a letter or a digit."))
    accents = (run for is_accent, run in groupby(name, _is_accent) if is_accent)
    if any(len([*run]) >= _MOST_MARKS for run in accents):
        raise RefusedError(422, tr("There are too many accents on a letter of that name."))
    return name


def _is_hidden(sign: str) -> bool:
    """Whether it turns the direction of a line, breaks it, or is not seen."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs") and sign not in _JOINERS


def _is_accent(sign: str) -> bool:
    return unicodedata.combining(sign) > 0


def team_key(name: str) -> str:
    """
    What names have in common that people take for the same.

    >>> team_key("Team Ａ") == team_key("team a")
    True
    """
    return unicodedata.normalize("NFKC", name).casefold()


def new_code() -> str:
    """A code for a room: some hundred million are possible."""
    return "".join(secrets.choice(LETTERS) for _ in range(6))


def room_code(text: object) -> str:
    """
    A room's code as people type it, or a `RefusedError`.

    >>> room_code("k7p-m4x")
    'K7PM4X'
    """
    code = text.upper().replace("-", "").replace(" ", "") if isinstance(text, str) else ""
    if not _CODE.fullmatch(code):
        raise RefusedError(404, tr("A room's code has six letters and digits, such as K7PM4X."))
    return code
