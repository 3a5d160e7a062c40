"""
Numbers that a pointer reads, in the language that is spoken; Bokeh knows no other than English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bokeh.models import CustomJSHover, HoverTool

from explorer.words import ENGLISH, language, localised

_NUMBERS = re.compile(r"@(\w+|\{[^{}]*\})\{[^{}]*0[^{}]*\}")
_CODE = """
const [, optional, digits] = format.match(/\\.(\\[?)(0+)/) ?? [null, "", ""]
const shown = (format.includes("%") ? 100 * value : value).toLocaleString("en-US", {
  minimumFractionDigits: optional ? 0 : digits.length, maximumFractionDigits: digits.length,
  useGrouping: format.includes(","), signDisplay: format.startsWith("+") ? "exceptZero" : "auto",
})
return shown.replace(/[.,]/g, sign => signs[sign]) + (format.includes("%") ? " %" : "")
"""


def hover_tool(tip: list[tuple[str, str]], **properties: Any) -> HoverTool:
    """A tool that shows what a pointer reads, numbers as the language that is spoken writes them."""
    own: Mapping[str, Any] = properties.pop("formatters", {})
    return HoverTool(tooltips=tip, formatters={**formatters(tip), **own}, **properties)


def numbers_as_spoken(plot: Any, _element: Any) -> None:
    """A hook, and no option: a formatter belongs to one page, and a picture goes on many."""
    tool = plot.handles.get("hover")
    if isinstance(tool, HoverTool):
        tool.formatters = {**formatters(tool.tooltips), **tool.formatters}


def formatters(tip: Any) -> dict[str, CustomJSHover]:
    """What writes the numbers of a tip, by column; nothing in English, which needs none."""
    if language() == ENGLISH:
        return {}
    signs = {sign: localised(sign) for sign in ".,"}
    written = CustomJSHover(args={"signs": signs}, code=_CODE)
    return {f"@{column}": written for _, text in tip for column in _NUMBERS.findall(text)}
