"""
Numbers that a pointer reads, in the language that is spoken and the units that are wanted; Bokeh
knows no other than English, and none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bokeh.models import CustomJSHover, HoverTool

from explorer.words import ANYBODY, localised, reader, units
from explorer.words.amounts import symbol_after

_NUMBERS = re.compile(r"@(\w+|\{[^{}]*\})\{[^{}]*0[^{}]*\}")
_CODE = """
const [, optional, digits] = format.match(/\\.(\\[?)(0+)/) ?? [null, "", ""]
const finer = Math.round(-Math.log10(factor)) // digits, so that no more and no less is said
const most = Math.min(Math.max(digits.length + finer, 0), 12)
const shown = ((format.includes("%") ? 100 : 1) * factor * value).toLocaleString("en-US", {
  minimumFractionDigits: optional ? 0 : most, maximumFractionDigits: most,
  useGrouping: format.includes(","), signDisplay: format.startsWith("+") ? "exceptZero" : "auto",
})
return shown.replace(/[.,]/g, sign => signs[sign]) + (format.includes("%") ? " %" : "")
"""


def hover_tool(tip: list[tuple[str, str]], **properties: Any) -> HoverTool:
    """A tool that shows what a pointer reads, numbers as whoever reads it wants them."""
    own: Mapping[str, Any] = properties.pop("formatters", {})
    return HoverTool(tooltips=_written(tip), formatters={**formatters(tip), **own}, **properties)


def numbers_as_wanted(plot: Any, _element: Any) -> None:
    """A hook, and no option: a formatter belongs to one page, and a picture goes on many."""
    tool = plot.handles.get("hover")
    if isinstance(tool, HoverTool):
        tool.formatters = {**formatters(tool.tooltips), **tool.formatters}
        tool.tooltips = _written(tool.tooltips)


def formatters(tip: Any) -> dict[str, CustomJSHover]:
    """What writes the numbers of a tip, by column; nothing in English, which needs none."""
    if reader() == ANYBODY:
        return {}
    signs = {sign: localised(sign) for sign in ".,"}
    columns = {column: factor for _, text in tip for column, factor in _factors(text)}
    written = {
        factor: CustomJSHover(args={"signs": signs, "factor": factor}, code=_CODE)
        for factor in {*columns.values()}
    }
    return {f"@{column}": written[factor] for column, factor in columns.items()}


def _factors(text: str) -> Iterator[tuple[str, float]]:
    """
    Columns of numbers in a line of a tip, and what each is multiplied by.
    """
    for found in _NUMBERS.finditer(text):
        column = found[1].strip("{}").rpartition(" ")[2]
        yield found[1], units().of(symbol_after(text[found.end() :], column))[0]


def _written(tip: Any) -> Any:
    return [(label, units().written(text)) for label, text in tip]
