"""The table behind a picture: made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from bokeh.models import LayoutDOM, Toggle

from explorer.app.live.pane import FONT, Drawing, LivePane
from explorer.markup import table_html
from explorer.model.labels import NamesById
from explorer.text import as_read, format_number
from explorer.words import tr

_TABLE = """
:host { overflow: auto; max-height: 260px; }
table { border-collapse: collapse; font-size: 14px; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 3px 8px; border: 0; border-bottom: 1px solid #8883; }
th { font-weight: 600; vertical-align: bottom; }
th::first-letter { text-transform: uppercase; }
td:first-child, th:first-child { text-align: left; padding-left: 2px; }
"""
_OF_IDS = ("region", "home", "better_region", "zone", "opens", "loses", "gains")  # columns


class TablePanel:
    """
    Shows a table in a pane whose drawing has `disclosure` and `place_for_table`.

    Parameters
    ----------
    pane : LivePane
        Nobody looks at it yet.
    make : callable
        Returns the table, units in its column names, or None while there is nothing to show.
    read : callable
        Makes of it what is shown, in the units that are wanted.
    """

    def __init__(
        self,
        pane: LivePane,
        make: Callable[[], pd.DataFrame | None],
        read: Callable[[pd.DataFrame], pd.DataFrame] = as_read,
    ) -> None:
        self._pane, self._make, self._read = pane, make, read
        self._wanted = False
        pane.listen("disclosure", "widget", "active", self._on_disclosure)

    def update(self) -> None:
        """The picture has changed."""
        table = self._make() if self._wanted else None
        if table is not None:
            self._pane.say("table", table_html(self._read(table), format_number))

    def _on_disclosure(self, active: bool) -> None:
        self._wanted = active
        self._pane.configure("table", "words", visible=active)
        self.update()


def with_names(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """A table for the screen: names of regions, or of legal zones, for their ids."""
    return NamesById(names).put_in(table, *(column for column in _OF_IDS if column in table))


def disclosure(drawing: Drawing) -> LayoutDOM:
    """The button that shows and hides the table."""
    return drawing.widget("disclosure", Toggle(label=tr("Table"), active=False, name="disclosure"))


def place_for_table(drawing: Drawing) -> LayoutDOM:
    """Where the table is going to be."""
    return drawing.words(
        "table", visible=False, margin=(4, 0, 0, 6), stylesheets=[_TABLE], styles=FONT
    )
