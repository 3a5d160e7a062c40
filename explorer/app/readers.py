"""
Whom a page is written for: the language and the units that its address says, else what its browser
would rather have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

import panel as pn
from bokeh.document import Document

from explorer import words
from explorer.words.amounts import Units

ARGUMENT, UNITS = "lang", "units"  # of addresses
IN_LANGUAGE = Path(__file__).with_suffix(".js")  # what makes addresses in scripts
_LANGUAGE = "language"  # among the variables of a document's template


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


def units_code(arguments: Mapping[str, Sequence[bytes]]) -> str:
    """
    The units that an address chooses, for any scenario, as `Units.code` has them.

    >>> units_code({"units": [b"yr-EUR-x"]}), units_code({})
    ('EUR-yr', '')
    """
    asked = arguments.get(UNITS, [b""])[0].decode(errors="replace")
    return Units.read(asked, 1.0).code


def units_of(arguments: Mapping[str, Sequence[bytes]], euro: Mapping[str, Any]) -> Units:
    """The units of whoever asks for a page of a scenario with that rate of the euro, if any."""
    return Units.read(units_code(arguments), float(euro["usd"]) if euro else None)


def address_of(scenario: str, chosen: str, units: str = "") -> str:
    """
    Where a page is: its scenario, language and units, as far as they are named.

    >>> address_of("classroom-3x3", "de", "EUR-yr"), address_of("", "")
    ('?scenario=classroom-3x3&lang=de&units=EUR-yr', '?')
    """
    named = {"scenario": scenario, ARGUMENT: chosen, UNITS: units}
    return f"?{urlencode({key: said for key, said in named.items() if said}, quote_via=quote)}"


def in_language(address: str, chosen: str, units: str = "") -> str:
    """
    An address of ours in the language and the units that are chosen, if any; readers.js does it
    for scripts.

    >>> in_language("/", "de", "yr"), in_language("/board?room=K7PM4X", "de"), in_language("/", "")
    ('/?lang=de&units=yr', '/board?room=K7PM4X&lang=de', '/')
    """
    said = "&".join(f"{name}={of}" for name, of in ((ARGUMENT, chosen), (UNITS, units)) if of)
    return f"{address}{'&' if '?' in address else '?'}{said}" if said else address


def write_for(document: Document, reader: words.Reader) -> None:
    """Have all that is done for a document be written for a reader."""
    document.template_variables[_LANGUAGE] = reader.language
    _readers[document] = reader
    words.ask(_of_document)


_readers: WeakKeyDictionary[Document, words.Reader] = WeakKeyDictionary()


def _of_document() -> words.Reader:
    document = pn.state.curdoc
    return words.ANYBODY if document is None else _readers.get(document, words.ANYBODY)
