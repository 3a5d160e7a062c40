"""
Axes on screen whose ticks can be told apart, whatever the size of a world; print has them from
`tick_texts` too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bokeh.models import (
    AdaptiveTicker,
    Axis,
    BasicTicker,
    BasicTickFormatter,
    ColorBar,
    CustomJSTickFormatter,
    Plot,
)

from explorer.charts.chart import Panel
from explorer.text import takes_prefix
from explorer.words import localised, units

_CODE = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def tell_ticks_apart(figure: Plot) -> None:
    """Write the numbers of all axes as `tick_texts` does; names and logarithms stay as they are."""
    parts: list[Any] = figure.above + figure.below + figure.left + figure.right + figure.center
    for part in parts:
        if isinstance(part, Axis) and type(part.formatter) is BasicTickFormatter:
            part.formatter = _formatter(takes_prefix(str(part.axis_label or "")))
        elif isinstance(part, ColorBar) and not isinstance(part.formatter, CustomJSTickFormatter):
            part.formatter = _formatter(prefixed=False)  # whatever it shows


def ticks_apart(plot: Any, _element: Any) -> None:
    """A hook, and no option: a formatter belongs to one page, and a picture goes on many."""
    tell_ticks_apart(plot.state)


def in_units(panel: Panel) -> Callable[[Any, Any], None]:
    """A hook: axes of money, CO₂ and rates have their ticks where numbers are round as written."""

    def hook(plot: Any, _element: Any) -> None:
        for name, said in (("xaxis", panel.x), ("yaxis", panel.y)):
            factor, axis = units().factor_in(said.label), plot.handles[name]
            if factor != 1:
                axis.formatter = _formatter(takes_prefix(units().written(said.label)), factor)
                if isinstance(axis.ticker, AdaptiveTicker):
                    axis.ticker.mantissas = round_as_written(factor)

    return hook


def scale_in_units(bar: ColorBar, factor: float) -> None:
    """Write the numbers of a scale of colours multiplied by that, where they are round then."""
    bar.formatter = _formatter(prefixed=False, factor=factor)
    bar.ticker = BasicTicker(mantissas=round_as_written(factor))


def bar_in_units(handle: str, factor: float) -> Callable[[Any, Any], None]:
    """A hook: the same of the scale that has that handle, where numbers are not as they are."""

    def hook(plot: Any, _element: Any) -> None:
        if factor != 1:
            scale_in_units(plot.handles[handle], factor)

    return hook


def round_as_written(factor: float) -> list[float]:
    """
    Steps between ticks, from 1 to below 10 times a power of ten, that are 1, 2 or 5 times one when
    they are multiplied.

    >>> round_as_written(0.8), round_as_written(1000)
    ([1.25, 2.5, 6.25], [1.0, 2.0, 5.0])
    """
    steps = (step / factor for step in (1, 2, 5))
    # rounded, for a power of ten just missed would be one too low
    return sorted(float(f"{step:.12e}".partition("e")[0]) for step in steps)


def _formatter(prefixed: bool, factor: float = 1.0) -> CustomJSTickFormatter:
    return CustomJSTickFormatter(code=_CODE, args=how_written(prefixed, factor))


def how_written(prefixed: bool, factor: float) -> dict[str, Any]:
    """What the formatter of ticks has to know."""
    signs = {sign: localised(sign) for sign in ".,"}
    return {"prefixed": prefixed, "signs": signs, "factor": factor}
