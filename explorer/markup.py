"""
The one way to HTML and Markdown: what is put in is text, and stays text whatever a scenario calls
things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import LiteralString

import pandas as pd
from markupsafe import EscapeFormatter, Markup, escape

from explorer.words import between_sentences, localised, looked_up

# what Markdown, with or without tables and formulas, would not leave as it is; brackets alone mean
# nothing in it
_MEANT = re.compile(
    r"[\\`*<|~$]|&(?=[#\w])|\](?=[\[(:])|(?<![^\W_])_|_(?![^\W_])"
    r"|^(?:>|#+(?=\s|$)|[+=-](?=[\s+=-]|$)|\d+(?=[.)](?:\s|$)))"  # where a line begins
)


def html(template: LiteralString, *values: object, **named: object) -> Markup:
    """
    HTML that stands in the code, in the language that is spoken, with values in the places of
    `str.format`, escaped unless they are HTML already.

    >>> str(html("<b>{}</b>, {:,.1f} MW", "<script>", 1234.5))
    '<b>&lt;script&gt;</b>, 1,234.5 MW'
    >>> str(html("<p>{}</p>", html("<i>{name}</i>", name="A & B")))
    '<p><i>A &amp; B</i></p>'
    """
    message = looked_up(template, (*values, *named.values()))
    return Markup(_FORMATTER.vformat(message, values, named))


class _Formatter(EscapeFormatter):
    """Markup's own, with numbers as a language writes them."""

    def format_field(self, value: object, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return localised(text) if is_number else text


_FORMATTER = _Formatter(escape)


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """
    Parts one after the other, each escaped unless it is HTML already.

    >>> str(joined(["<", html("<hr>")], " & "))
    '&lt; &amp; <hr>'
    """
    return escape(between).join(parts)


def sentences(parts: Iterable[str]) -> Markup:
    """
    Sentences one after the other, without those that say nothing, escaped likewise.

    >>> str(sentences(["Load & law.", "", html("<b>Now.</b>")]))
    'Load &amp; law. <b>Now.</b>'
    """
    return joined(filter(None, parts), between_sentences())


def file_of_ours(path: Path) -> Markup:
    """A script or style sheet that stands in the package, as it is."""
    return Markup(path.read_text("utf-8"))


def script_of_ours(text: str) -> Markup:
    """A script that the package has written, as it is."""
    return Markup(text)


def table_html(table: pd.DataFrame, number: Callable[[float], str]) -> Markup:
    """A table, numbers as `number` writes them."""
    return Markup(
        table.to_html(
            index=False, border=0, na_rep="–", float_format=number, justify="left", escape=True
        )
    )


def in_markdown(text: str) -> str:
    r"""
    A text as Markdown that shows it as it is, on one line.

    >>> print(in_markdown("<b>A|B</b> [x](y) *z* snake_case [MW] 5 %"))
    \<b>A\|B\</b> [x\](y) \*z\* snake_case [MW] 5 %
    """
    return _MEANT.sub(_escaped, " ".join(text.split()))


def lines_in_markdown(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return "  \n".join(map(in_markdown, text.splitlines()))


def _escaped(found: re.Match[str]) -> str:
    """With a backslash before it; of what would number a list, before the point that follows."""
    signs = found[0]
    return f"{signs}\\" if signs[0].isdigit() else f"\\{signs}"
