"""Which options a picture takes, and a word on one that it does not."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import signature
from typing import Any

from explorer.presentation import renderer
from explorer.scenario.hints import refuse_unknown

OF_FIGURES = ("width_mm", "title", "credit", "ax")  # what every figure for print takes


def refuse_options(result: Any, how: str, given: Iterable[str], also: Iterable[str] = ()) -> None:
    """
    Raise an `ExplorerError` for an option that the picture of a result does not take.

    Parameters
    ----------
    result
        What is drawn.
    how : {"map", "chart"}
        What its picture is as data; that which has no such picture is left to `render`.
    given, also : iterable of str
        Names: of what is given, and of what whoever draws takes besides.
    """
    function = renderer(result, how)
    if function is None:
        return
    parameters = signature(function).parameters.values()
    own = [each.name for each in parameters if each.default is not each.empty]
    refuse_unknown(given, (*own, *also), "option", f"this {how}")
