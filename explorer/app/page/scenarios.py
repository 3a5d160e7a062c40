"""Scenarios to choose from: beside the controls, and where an address names one that is not there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import panel as pn
from markupsafe import Markup

from explorer.app.readers import address_of
from explorer.cache import Memo
from explorer.errors import ExplorerError, shortened
from explorer.markup import html, joined
from explorer.model.labels import as_shown
from explorer.scenario import csv_text, folder, translations
from explorer.scenario.known import SETTINGS_FILE, names
from explorer.scenario.schema import TABLES
from explorer.scenario.validation import nearest
from explorer.words import language, mark, tr

_CHOOSER = """
:host { font-size: 14px; line-height: 1.35; color: var(--mui-palette-text-primary, inherit); }
div { visibility: inherit !important; }  /* Panel shows it in a drawer that is shut, too */
summary { padding: 8px 10px; border: 1px solid var(--mui-palette-divider, #8886); border-radius: 6px;
          cursor: pointer; font-size: 16px; }
:is(summary, a, button):focus-visible { outline: 2px solid var(--mui-palette-primary-main, #0072b2); }
summary small { display: block; font-size: 14px; color: var(--mui-palette-text-secondary, inherit); }
ul { margin: 4px 0 0; padding: 0; list-style: none; }
a, button { display: block; padding: 8px 10px; border-radius: 6px; color: inherit; text-decoration: none; }
button { box-sizing: border-box; width: 100%; margin-top: 6px; border: 1px solid var(--mui-palette-divider, #8886);
         background: none; font: inherit; text-align: left; cursor: pointer; }
a:hover, button:hover, a[aria-current] { background: #8882; }
span { color: var(--mui-palette-text-secondary, inherit); }
"""


@dataclass(frozen=True)
class About:
    """What a scenario says of itself; blank, or zero, where that cannot be read."""

    title: str
    line: str
    regions: int
    clients: int

    @property
    def page_title(self) -> str:
        """What its page and the browser's tab are called."""
        return f"Wattlas · {self.title}"

    @property
    def opening(self) -> str:
        """What is said while it is opened."""
        if not self.regions:
            return tr("Opening {} …", self.title)
        return tr(
            "Opening {title}: {regions} regions, {clients} clients …",
            title=self.title, regions=self.regions, clients=self.clients,
        )  # fmt: skip


def unknown_scenario(asked: str, language: str = "") -> pn.viewable.Viewable:
    """
    Say that there is no such scenario, and list those that there are, to be opened by a click.

    Parameters
    ----------
    asked : str
        Its name in the address.
    language : str
        The one that the address chooses, if it does.
    """
    known = scenarios_there()
    lines = [
        html(
            '<li style="margin: 6px 0"><a href="{}" style="color: inherit">{} ({})</a></li>',
            address_of(name, language), about.title, name,
        )
        for name, about in known.items()
    ]  # fmt: skip
    if is_own(asked):
        said = html(
            "<h2>These are somebody’s own data.</h2><p>{}</p><p>{}</p><p>Or open one of these:</p><ul>{}</ul>",
            tr(_NOT_IN_LINKS), _button(), joined(lines),
        )  # fmt: skip
        return _said(said)
    said = html(
        "<h2>There is no scenario {} here.</h2><p>{} Open one of these:</p><ul>{}</ul>",
        shortened(asked), nearest(asked, known, ""), joined(lines),
    )  # fmt: skip
    return _said(said)


def is_own(name: str) -> bool:
    """Whether a name in an address is that of somebody's own data, of this page or another."""
    return re.fullmatch(r"own-[0-9a-f]{6}", name) is not None


def _said(text: str) -> pn.viewable.Viewable:
    return pn.pane.HTML(
        str(text), margin=20, styles={"font-size": "16px"}, sizing_mode="stretch_width"
    )


class Chooser(pn.pane.HTML):
    """
    The scenarios that there are, by title with a line each, behind the one that is open.

    Parameters
    ----------
    there : mapping of str to About
        By their names in addresses.
    opened : str
        The one that is open.
    language : str
        The one that the address chooses, if it does.
    """

    def __init__(self, there: Mapping[str, About], opened: str, language: str = "") -> None:
        super().__init__(
            _choices(there, opened, language), stylesheets=[_CHOOSER], sizing_mode="stretch_width",
            margin=(10, 12, 0, 12),
        )  # fmt: skip
        self._there, self._language = there, language

    def show(self, opened: str) -> None:
        """Another one is open, by its name in addresses."""
        self.object = _choices(self._there, opened, self._language)


_NOT_IN_LINKS = mark(
    "They are in the page alone in which they were opened, and go with it: a link cannot carry them. "
    "If you have them as a ZIP file, open that here."
)


def _button() -> Markup:
    return html(
        '<button type="button" data-own-data style="font: inherit; padding: 6px 12px">{}</button>',
        tr("Use your own data …"),
    )


def _own() -> Markup:
    return html(
        '<button type="button" data-own-data><b>{}</b><br><span>{}</span></button>',
        tr("Use your own data …"), tr("Bring tables, or edit these"),
    )  # fmt: skip


def _choices(there: Mapping[str, About], opened: str, language: str) -> str:
    choices = joined(
        html(
            '<li><a href="{0}" data-scenario="{1}"{2}><b>{3}</b><br><span>{4}</span></a></li>',
            address_of(name, language), quote(name), html(' aria-current="page"' if name == opened else ""),
            about.title, about.line,
        )
        for name, about in sorted(there.items(), key=lambda each: each[1].title.casefold())
    )  # fmt: skip
    said = html(
        "<details><summary>{}<small>{}</small></summary><ul>{}</ul>{}</details>",
        there[opened].title, tr("Choose another scenario, or your own"), choices,
        _own(),
    )  # fmt: skip
    return str(said)


def scenarios_there(served: str = "") -> dict[str, About]:
    """
    What the scenarios say of themselves that a page may open, by their names in addresses.

    Parameters
    ----------
    served : str
        Name or path of the scenario that the server was started with.
    """
    known = names()
    found = {name: about(name) for name in known}
    return found if served in ("", *known) else {"": about(served), **found}


_known: Memo[About] = Memo(size=1000)


def about(name_or_path: str) -> About:
    """What a scenario says of itself, read anew when its files have changed."""
    try:
        path = folder.find(name_or_path)
        state = folder.state_of(path)
    except ExplorerError:
        return About(as_shown(name_or_path), "", 0, 0)
    return _known.find((name_or_path, state, language()), lambda: _read(name_or_path, path))


def _read(name: str, path: Path) -> About:
    settings = _settings(path)
    said = _spoken(path)
    title, line = (said(str(settings.get(key, ""))) for key in ("title", "description"))
    regions, clients = (len(_table(path, table)) for table in ("regions", "clients"))
    return About(as_shown(title or name), as_shown(line), regions, clients)


def _spoken(path: Path) -> Callable[[str], str]:
    """What says the scenario's texts in the language that is spoken."""
    table = _table(path, translations.NAME)
    needed = {column.name for column in TABLES[translations.NAME].columns}
    return translations.spoken(table if needed <= {*table.columns} else None)


def _settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((path / SETTINGS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _table(path: Path, name: str) -> pd.DataFrame:
    """A table as far as it can be read."""
    file = path / TABLES[name].file
    try:
        return csv_text.read(file.read_text("utf-8"), file.name)[0]
    except (OSError, ValueError):
        return pd.DataFrame()
