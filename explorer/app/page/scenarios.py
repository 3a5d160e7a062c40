"""What a page shows whose address names a scenario that is not there."""

from __future__ import annotations

import tomllib
from urllib.parse import quote

import panel as pn

from explorer.errors import shortened
from explorer.markup import html, joined
from explorer.scenario import folder
from explorer.scenario.validation import nearest

_LINE = '<li style="margin: 6px 0"><a href="?scenario={}" style="color: inherit">{}</a></li>'


def unknown_scenario(asked: str) -> pn.viewable.Viewable:
    """Say that there is no such scenario, and list those that there are, to be opened by a click."""
    known = folder.names()
    lines = [html(_LINE, quote(name), _title(name)) for name in known]
    said = html(
        "<h2>There is no scenario {} here.</h2><p>{} Open one of these:</p><ul>{}</ul>",
        shortened(asked), nearest(asked, known, ""), joined(lines),
    )  # fmt: skip
    return pn.pane.HTML(
        str(said), margin=20, styles={"font-size": "16px"}, sizing_mode="stretch_width"
    )


def _title(name: str) -> str:
    """As its settings say, or its name where they cannot be read."""
    try:
        settings = tomllib.loads((folder.find(name) / folder.SETTINGS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return name
    return f"{settings.get('title', name)} ({name})"
