"""The languages beside English: every message of the code, none that nobody says, each with its values."""

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from catalogues import catalogue, messages, places

from explorer.words import ENGLISH, LANGUAGES

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
_NUMBERED = re.compile(r"(?<!\w)\{(\d*)(?:[:!][^{}]*)?\}")  # no column of a tip: `@share{0.0}`

kept = cache(catalogue)
said = cache(messages)


def strings(kept: Catalog) -> dict[str | tuple[str, ...], list[str]]:
    """Translations by message, one for each form."""
    found = {}
    for message in kept:
        if message.id:
            each = message.string
            found[message.id] = [each] if isinstance(each, str) else [*(each or ())]
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_message_and_no_other(language):
    found = strings(kept(language))
    assert [message for message in said() if not all(found.get(message) or [""])] == []
    assert [message for message in found if message not in said()] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_values_and_tags_of_its_message(language):
    wrong = []
    for message, forms in strings(kept(language)).items():
        for form in forms:
            given = places(message if isinstance(message, str) else message[1])
            same = places(form) == given
            if isinstance(message, tuple):  # "one" may do without its number
                same = set(places(form)) <= set(given)
            numbers = _NUMBERED.findall(form)
            if not same or (any(numbers) and not all(numbers)) or form != form.strip("\n"):
                wrong.append((message, form))
    assert wrong == []


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_figures_have_the_comma_of_their_language(language):
    figure = re.compile(r"\d\.(?:\d\d?|\d{4,})\s(?:ms|s|h|MW|kW|km|GB|%)")
    forms = [form for forms in strings(kept(language)).values() for form in forms]
    assert [form for form in forms if figure.search(form)] == []


_CJK = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"  # letters and signs of full width
_UNLIKE_CHINESE = re.compile(
    f"您|[\\d}}] %|{_CJK}[,;:.!?] |[,;:.!?] {_CJK}|[。，；：、！？](</\\w+>)* |^ （"
)


def test_chinese_is_written_with_its_own_signs():
    forms = [form for forms in strings(kept("zh")).values() for form in forms]
    shown = {form: re.sub(r"\{\d*[^\w{}][^{}]*\}|\{0[^{}]* %\}", "{}", form) for form in forms}
    assert [form for form, seen in shown.items() if _UNLIKE_CHINESE.search(seen)] == []


def test_messages_are_found_wherever_they_are_written():
    """One of each kind: a call, HTML, a plural, a constant, an axis, a measure, a parameter, a script."""
    known = set(said())
    for message in (
        "no source given",
        "Nothing is served, so nothing is saved.",
        ("{count} team", "{count} teams"),
        "Share of the IT load [%]",
        "Herfindahl index",
        "How concentrated is it?",
        "Carbon price",
        "Undo the last change",
    ):
        assert message in known
