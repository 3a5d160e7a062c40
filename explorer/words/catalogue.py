"""The words of one language: its `.po` file, and the signs in its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from gettext import c2py  # what makes a function of the rule in a catalogue's head
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.pofile import read_po

from explorer.words.messages import Message

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Catalogue:
    """
    What a language calls things.

    texts : by English text, as `key_of` has it
    forms : of what depends on a number, by the two English ones
    form_of : which of the forms a number takes
    signs : for `str.translate` of a number in English
    """

    texts: Mapping[str, str]
    forms: Mapping[tuple[str, str], tuple[str, ...]]
    form_of: Callable[[int], int]
    signs: dict[int, str]

    def plural(self, one: str, many: str, count: int) -> str | None:
        """The form for a number, if there are any."""
        forms = self.forms.get((one, many))
        return forms[self.form_of(count)] if forms else None

    def of(self, messages: Set[Message]) -> dict[str, Any]:
        """
        What of it some messages need, with text for keys: translations, forms by the English one
        for a single thing, and signs.
        """
        alone = {message for message in messages if isinstance(message, str)}
        return {
            "texts": {
                message: self.texts[message] for message in sorted(alone & self.texts.keys())
            },
            "forms": {pair[0]: self.forms[pair] for pair in sorted(self.forms.keys() & messages)},
            "signs": {chr(sign): other for sign, other in self.signs.items()},
        }


def read(language: str) -> Catalogue:
    """The catalogue of a language other than English, a key of `words.LANGUAGES`."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    texts: dict[str, str] = {}
    forms: dict[tuple[str, str], tuple[str, ...]] = {}
    for message in messages:
        match message.id, message.string:
            case (one, many), strings if strings:
                forms[one, many] = tuple(strings)
            case str(text), str(translated) if text and translated:
                texts[text] = translated
    return Catalogue(texts, forms, c2py(messages.plural_expr), _signs(language))


def _signs(language: str) -> dict[int, str]:
    symbols = Locale.parse(language).number_symbols["latn"]
    return {ord(","): symbols["group"], ord("."): symbols["decimal"]}
