"""What a notebook needs before it shows pictures and the app, without a network."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import holoviews as hv
import panel as pn
from bokeh.model import Model
from bokeh.models import ImportedStyleSheet, UIElement
from panel.io.notebook import replace_inline_css

from explorer.charts.backends.packages import for_maps
from explorer.errors import ExplorerError


def notebook() -> None:
    """
    Ready a notebook for what `plot` returns and for `Explorer`; nothing is fetched from a network.
    """
    with suppress(ExplorerError):  # not installed: all but maps is made ready
        for_maps("geoviews.plotting.bokeh")
    hv.extension("bokeh", inline=True)
    config: Any = pn.config
    config.inline = True
    # Panel heeds that for what it shows itself, but HoloViews and widgets (VS Code) take style
    # sheets from a network.
    # Only this list, which Panel keeps to itself, is asked for all of them.
    hooks = pn.viewable.Viewable._preprocessing_hooks
    if _inline_style_sheets not in hooks:
        hooks.append(_inline_style_sheets)


def _inline_style_sheets(_viewable: Any, root: Model) -> None:
    """Put every style sheet of Panel's into the page, once for all that share it."""
    inline: dict[str, Any] = {}
    elements: Any = root.select({"type": UIElement})
    for element in elements:
        sheets = list(element.stylesheets)
        for place, sheet in enumerate(sheets):
            if isinstance(sheet, ImportedStyleSheet):
                url = str(sheet.url)
                if url not in inline:
                    inline[url] = replace_inline_css(sheet)
                sheets[place] = inline[url]
        if sheets != element.stylesheets:
            element.stylesheets = sheets
