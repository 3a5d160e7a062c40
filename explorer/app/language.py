"""The language of a page: what its address says, else what its browser would rather have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn
from bokeh.document import Document

from explorer import words

ARGUMENT = "lang"  # of addresses
IN_LANGUAGE = Path(__file__).with_suffix(".js")  # what makes addresses in scripts
_KEY = "language"  # among the variables of a document's template


def chosen(arguments: Mapping[str, Sequence[bytes]]) -> str:
    """
    The language that an address chooses; empty where it chooses none, English for one that is not
    there.

    >>> chosen({"lang": [b"de-AT"]}), chosen({"lang": [b"<script>"]}), chosen({})
    ('de', 'en', '')
    """
    asked = arguments.get(ARGUMENT, [b""])[0].decode(errors="replace")
    return words.most_wanted(asked) if asked else ""


def language_of(arguments: Mapping[str, Sequence[bytes]], headers: Mapping[str, Any]) -> str:
    """The language of whoever asks for a page: a key of `words.LANGUAGES`."""
    return chosen(arguments) or words.most_wanted(str(headers.get("Accept-Language", "")))


def address_of(scenario: str, chosen: str) -> str:
    """
    Where a page is: its scenario and language, as far as they are named.

    >>> address_of("classroom-3x3", "de"), address_of("", "")
    ('?scenario=classroom-3x3&lang=de', '?')
    """
    named = {"scenario": scenario, ARGUMENT: chosen}
    return f"?{urlencode({key: said for key, said in named.items() if said}, quote_via=quote)}"


def in_language(address: str, chosen: str) -> str:
    """
    An address of ours in the language that is chosen, if one is; language.js does it for scripts.

    >>> in_language("/", "de"), in_language("/board?room=K7PM4X", "de"), in_language("/", "")
    ('/?lang=de', '/board?room=K7PM4X&lang=de', '/')
    """
    return f"{address}{'&' if '?' in address else '?'}{ARGUMENT}={chosen}" if chosen else address


def speak(document: Document, language: str) -> None:
    """Have all that is done for a document say its words in a language."""
    document.template_variables[_KEY] = language
    words.ask(_of_document)


def _of_document() -> str:
    document = pn.state.curdoc
    return (
        words.ENGLISH if document is None else document.template_variables.get(_KEY, words.ENGLISH)
    )
