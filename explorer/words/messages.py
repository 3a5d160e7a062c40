"""What counts as a message: texts as catalogues have them, and those that scripts say."""

from __future__ import annotations

import re
from collections.abc import Iterator

Message = str | tuple[str, str]  # a pair where there is a plural

_NO_WORDS = re.compile(r"""<[^<>]*>|\{[^{}]*\}|@\w+(\{[^{}]*\})?|&\w+;|[\w-]+="[^"]*\"""")
_SIGNS = {*",.;:%(“"}
_TEXT = r"""(?P<{0}>["'])(?P<{1}>(?:\\.|(?!(?P={0})).)*)(?P={0})"""
_SAID = re.compile(rf"\b(?:tr|mark|html)\(\s*{_TEXT.format('quote', 'text')}")
_PLURAL = re.compile(
    rf"\bplural\(\s*{_TEXT.format('first', 'one')}\s*,\s*{_TEXT.format('second', 'many')}"
)
_INSERTED = r"\$\{(?:[^{}]|\{[^{}]*\}|`[^`]*`)*\}"
_TEMPLATE = re.compile(rf"\bhtml`((?:\\.|{_INSERTED}|[^`$])*)`")


def key_of(message: str) -> str:
    """
    A text as catalogues have it: of several lines, on one.

    >>> key_of("Two\\nlines. "), key_of("One ")
    ('Two lines.', 'One ')
    """
    return " ".join(message.split()) if "\n" in message else message


def says_something(message: str) -> bool:
    """
    Whether there is anything to translate, beside HTML and places for values: words, or signs that
    languages write in their own ways.

    >>> says_something("<b>{:.0f}</b> {}"), says_something("{} of"), says_something("@share{0.0} %")
    (False, True, True)
    """
    return any(sign.isalpha() or sign in _SIGNS for sign in _NO_WORDS.sub("", message))


def said_in(script: str) -> Iterator[Message]:
    """
    Messages of a script in JavaScript: texts that `tr`, `mark`, `html` and `plural` are given as
    they are, and templates of `html`, their values as places.

    >>> [*said_in("tr('It\\\\'s {}', x) + plural('{count} hour', '{count} hours', n)")]
    ["It's {}", ('{count} hour', '{count} hours')]
    >>> [*said_in("html`<b>${name}</b> of ${rows.map(row => html`row ${row.n}`)}`")]
    ['<b>{}</b> of {}', 'row {}']
    """
    for found in _SAID.finditer(script):
        yield _unquoted(found["text"])
    for found in _PLURAL.finditer(script):
        yield _unquoted(found["one"]), _unquoted(found["many"])
    yield from _templates(script)


def _templates(script: str) -> Iterator[str]:
    """Those of `html`, and what stands in the values of these."""
    for found in _TEMPLATE.finditer(script):
        yield key_of(re.sub(_INSERTED, "{}", found[1]))
        for value in re.findall(_INSERTED, found[1]):
            yield from _templates(value)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
