"""The pages of a board, which need nothing but what is in them."""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

from explorer.app.component import words_of
from explorer.app.link.share import picture
from explorer.app.readers import IN_LANGUAGE
from explorer.markup import file_of_ours, html, joined, script_of_ours
from explorer.words import LANGUAGES, language, tr

_HERE = Path(__file__).parent
_FILES = {
    name: file_of_ours(_HERE / name)
    for name in ("board.css", "board.js", "chart.js", "predictions.js", "join.js")
} | {IN_LANGUAGE.name: file_of_ours(IN_LANGUAGE)}


def board_page(nonce: str, joins: str) -> str:
    """
    The board.

    Parameters
    ----------
    nonce : str
        What lets its script and style in.
    joins : str
        Link by which others join its room; empty where it asks for a room first.
    """
    body = html(
        '<body data-joins="{}" data-code="{}" data-languages="{}">',
        joins, picture(joins) if joins else "", json.dumps(LANGUAGES),
    )  # fmt: skip
    style = html('<style nonce="{}">{}</style>', nonce, _FILES["board.css"])
    script = _script(nonce, IN_LANGUAGE.name, "chart.js", "predictions.js", "board.js")
    return _page(tr("Board"), style + script, body)


def join_page(nonce: str, room: str, page: str) -> str:
    """Keeps in mind which room a browser is in, and goes on to a page."""
    said = html("<p>{}</p>", tr("Joining room {} …", room))
    body = html('<body data-room="{}" data-page="{}">{}', room, page, said)
    return _page(tr("Joining"), _script(nonce, "join.js"), body)


def _page(title: str, head: Markup, body: Markup) -> str:
    width = html('<meta name="viewport" content="width=device-width">')
    start = html(
        '<!DOCTYPE html>\n<html lang="{}"><meta charset="utf-8"><title>{}</title>',
        language(), title,
    )  # fmt: skip
    return str(start + width + head + body)


def _script(nonce: str, *names: str) -> Markup:
    text = joined((_FILES[name] for name in names), "\n")
    words = script_of_ours(words_of(text))
    return html('<script nonce="{}" type="module">{}{}</script>', nonce, words, text)
