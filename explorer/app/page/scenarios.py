"""Scenarios to choose from: beside the controls, and where an address names one that is not there."""

from __future__ import annotations

import tomllib
from typing import Any
from urllib.parse import quote

import panel as pn

from explorer.errors import ExplorerError, shortened
from explorer.markup import html, joined
from explorer.model.labels import as_shown
from explorer.scenario import folder
from explorer.scenario.validation import nearest

_CHOOSER = """
:host { font-size: 14px; line-height: 1.35; color: var(--mui-palette-text-primary, inherit); }
summary { padding: 8px 10px; border: 1px solid var(--mui-palette-divider, #8886); border-radius: 6px;
          cursor: pointer; font-size: 16px; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #0072b2); }
summary small { display: block; font-size: 14px; color: var(--mui-palette-text-secondary, inherit); }
ul { margin: 4px 0 0; padding: 0; list-style: none; }
a { display: block; padding: 8px 10px; border-radius: 6px; color: inherit; text-decoration: none; }
a:hover, a[aria-current] { background: #8882; }
span { color: var(--mui-palette-text-secondary, inherit); }
"""


def unknown_scenario(asked: str) -> pn.viewable.Viewable:
    """Say that there is no such scenario, and list those that there are, to be opened by a click."""
    known = folder.names()
    lines = [
        html(
            '<li style="margin: 6px 0"><a href="?scenario={}" style="color: inherit">{}</a></li>',
            quote(name), _title(name),
        )
        for name in known
    ]  # fmt: skip
    said = html(
        "<h2>There is no scenario {} here.</h2><p>{} Open one of these:</p><ul>{}</ul>",
        shortened(asked), nearest(asked, known, ""), joined(lines),
    )  # fmt: skip
    return pn.pane.HTML(
        str(said), margin=20, styles={"font-size": "16px"}, sizing_mode="stretch_width"
    )


def chooser(opened: str) -> pn.viewable.Viewable:
    """The scenarios that there are, by title with a line each, behind the one that is open."""
    titles = {name: _said(name) for name in {opened, *folder.names()}}
    choices = joined(
        html(
            '<li><a href="?scenario={}" data-scenario{}><b>{}</b><br><span>{}</span></a></li>',
            quote(name) if name in folder.names() else "",
            html(' aria-current="page"' if name == opened else ""), *titles[name],
        )
        for name in sorted(titles, key=lambda name: titles[name][0].casefold())
    )  # fmt: skip
    said = html(
        "<details><summary>{}<small>Choose another scenario</small></summary><ul>{}</ul></details>",
        titles[opened][0], choices,
    )  # fmt: skip
    return pn.pane.HTML(
        str(said), stylesheets=[_CHOOSER], sizing_mode="stretch_width", margin=(10, 12, 0, 12)
    )


def _said(name: str) -> tuple[str, str]:
    """Title and description, as the settings say."""
    settings = _settings(name)
    title, line = (str(settings.get(key, "")) for key in ("title", "description"))
    return as_shown(title or name), as_shown(line)


def _title(name: str) -> str:
    """As its settings say, or its name where they cannot be read."""
    return f"{_settings(name).get('title', name)} ({name})"


def _settings(name: str) -> dict[str, Any]:
    """What a scenario says of itself; nothing where that cannot be read."""
    try:
        return tomllib.loads((folder.find(name) / folder.SETTINGS_FILE).read_text("utf-8"))
    except (OSError, ValueError, ExplorerError):
        return {}
