"""The table behind a picture: made when asked for, and a file to keep."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pandas as pd
from bokeh.models import LayoutDOM, Toggle
from markupsafe import Markup

from explorer.app.live.pane import FONT, Drawing, LivePane
from explorer.markup import html, table_html
from explorer.model.labels import plain
from explorer.text import format_number, title_of

_TABLE = """
:host { overflow: auto; max-height: 260px; }
table { border-collapse: collapse; font-size: 14px; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 3px 8px; border: 0; border-bottom: 1px solid #8883; }
th { font-weight: 600; vertical-align: bottom; }
th::first-letter { text-transform: uppercase; }
td:first-child, th:first-child { text-align: left; padding-left: 2px; }
a { color: var(--mui-palette-primary-main, #0072b2); font-size: 14px; }
"""


class TablePanel:
    """
    Shows a table in a pane whose drawing has `disclosure` and `place_for_table`.

    Parameters
    ----------
    pane : LivePane
        Nobody looks at it yet.
    file_name : str
        What the table is called when it is saved, without ending.
    make : callable
        Returns the table, units in its column names, or None while there is nothing to show.
    """

    def __init__(
        self, pane: LivePane, file_name: str, make: Callable[[], pd.DataFrame | None]
    ) -> None:
        self._pane, self._file_name, self._make = pane, file_name, make
        self._wanted = False
        pane.listen("disclosure", "widget", "active", self._on_disclosure)

    def update(self) -> None:
        """The picture has changed."""
        table = self._make() if self._wanted else None
        if table is not None:
            self._pane.say("table", _html(table, self._file_name))

    def _on_disclosure(self, active: bool) -> None:
        self._wanted = active
        self._pane.configure("table", "words", visible=active)
        self.update()


def disclosure(drawing: Drawing) -> LayoutDOM:
    """The button that shows and hides the table."""
    return drawing.widget("disclosure", Toggle(label="Table", active=False, name="disclosure"))


def place_for_table(drawing: Drawing) -> LayoutDOM:
    """Where the table is going to be."""
    return drawing.words(
        "table", visible=False, margin=(4, 0, 0, 6), stylesheets=[_TABLE], styles=FONT
    )


def _html(table: pd.DataFrame, file_name: str) -> Markup:
    """A table as users see it, and as a file to keep."""
    csv = b64encode(plain(table.to_csv(index=False)).encode()).decode()
    link = html(
        '<a download="{}.csv" href="data:text/csv;base64,{}">Save as CSV</a>', file_name, csv
    )
    return html("{}{}", table_html(table.rename(columns=title_of), format_number), link)
