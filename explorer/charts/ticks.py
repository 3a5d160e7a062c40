"""
Axes on screen whose ticks can be told apart, whatever the size of a world; print has them from
`tick_texts` too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bokeh.models import Axis, BasicTickFormatter, ColorBar, CustomJSTickFormatter, Plot

from explorer.text import takes_prefix
from explorer.words import localised

_CODE = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def tell_ticks_apart(figure: Plot) -> None:
    """Write the numbers of all axes as `tick_texts` does; names and logarithms stay as they are."""
    parts: list[Any] = figure.above + figure.below + figure.left + figure.right + figure.center
    for part in parts:
        if isinstance(part, Axis) and type(part.formatter) is BasicTickFormatter:
            part.formatter = _formatter(takes_prefix(str(part.axis_label or "")))
        elif isinstance(part, ColorBar):
            part.formatter = _formatter(prefixed=False)  # whatever it shows


def ticks_apart(plot: Any, _element: Any) -> None:
    """A hook, and no option: a formatter belongs to one page, and a picture goes on many."""
    tell_ticks_apart(plot.state)


def _formatter(prefixed: bool) -> CustomJSTickFormatter:
    signs = {sign: localised(sign) for sign in ".,"}
    return CustomJSTickFormatter(code=_CODE, args={"prefixed": prefixed, "signs": signs})
