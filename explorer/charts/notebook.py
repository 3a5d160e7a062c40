"""What a notebook needs before it shows pictures and the app, without a network."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import holoviews as hv
import panel as pn
from bokeh.model import Model
from bokeh.models import CustomJS, GridPlot, ImportedStyleSheet, Plot, Row, UIElement
from panel.io.notebook import replace_inline_css

from explorer.charts.backends.packages import for_maps
from explorer.charts.palette import INK, LOOKS, NIGHT, NIGHT_LEAD, NIGHT_RIM, PAPER, RIM
from explorer.errors import ExplorerError

_WRAPPED = """
:host { flex-wrap: wrap; align-items: start; }
.bk-Figure { flex: 1 1 400px !important; }
"""  # of a grid of pictures, each at least so wide that its title and legend can be read

_TURN = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_BY_NIGHT = {
    PAPER: NIGHT, INK: PAPER, LOOKS["lead"].colour: NIGHT_LEAD, RIM: NIGHT_RIM,
    "#444444": NIGHT_RIM, "#e5e5e5": "#444444",  # Bokeh's words and grids
}  # fmt: skip


def notebook() -> None:
    """
    Ready a notebook for what `plot` returns and for `Explorer`; nothing is fetched from a network.
    """
    with suppress(ExplorerError):  # not installed: all but maps is made ready
        for_maps("geoviews.plotting.bokeh")
    hv.extension("bokeh", inline=True)
    hv.output(center=False)  # between spacers, a picture that gives way gets a third of the width
    config: Any = pn.config
    config.inline = True
    # Panel heeds that for what it shows itself, but HoloViews and widgets (VS Code) take style
    # sheets from a network.
    # Only this list, which Panel keeps to itself, is asked for all of them.
    hooks = pn.viewable.Viewable._preprocessing_hooks
    wanted = (_inline_style_sheets, _wrap, _turn_dark)
    hooks.extend(hook for hook in wanted if hook not in hooks)


def _turn_dark(_viewable: Any, root: Model) -> None:
    """Pictures are dark where the notebook is, which the browser alone knows."""
    plots: Any = root.select({"type": Plot})
    for plot in plots:
        plot.js_on_change(
            "inner_width", CustomJS(args={"figure": plot, "by_night": _BY_NIGHT}, code=_TURN)
        )


def _wrap(viewable: Any, root: Model) -> None:
    """
    Pictures side by side (`+`) that find no room go to the next line, each with its own tools.

    In what a cell shows, which nobody replaces later. Bokeh's grid cannot wrap.
    """
    if any(pane.layout is viewable for pane in viewable.select(pn.pane.HoloViews)):
        holder: Any = root
        holder.children = [
            _row(child) if isinstance(child, GridPlot) and _gives_way(child) else child
            for child in holder.children
        ]


def _gives_way(grid: Any) -> bool:
    """Whether a grid has pictures side by side, all of which give way."""
    side_by_side = len({column for _child, _row, column, *_spans in grid.children}) > 1
    modes = {child.sizing_mode for child, *_place in grid.children}
    return side_by_side and modes == {"stretch_width"}


def _row(grid: Any) -> Row:
    plots = [child for child, *_place in grid.children]
    for plot in plots:
        plot.toolbar_location = "right"
    return Row(children=plots, sizing_mode="stretch_width", stylesheets=[_WRAPPED])


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
