"""
Who renders which result: renderers register, results ask.

A result knows no renderer, so that what is computed never imports what draws it. Which module holds
the renderer of a class is in `MODULES`; the chart of a table is in the module of its measure's name.
A module is imported when somebody first asks for what it renders.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import pandas as pd

F = TypeVar("F", bound=Callable[..., Any])

CHARTS = "explorer.charts"
MODULES: dict[str, tuple[str, ...]] = {  # by class
    "Placement": ("explorer.html_table", f"{CHARTS}.world_map", f"{CHARTS}.layers"),
    "Frontier": ("explorer.html_table", f"{CHARTS}.frontier"),
    "Draws": ("explorer.html_table", f"{CHARTS}.monte_carlo"),
    "Certificate": ("explorer.html_table", f"{CHARTS}.certificate"),
}
_known: dict[tuple[object, str], Callable[..., Any]] = {}


def renders(kind: type | str, how: str) -> Callable[[F], F]:
    """Register a function for results of a class, or for tables of the measure of that name."""

    def register(function: F) -> F:
        _known[kind, how] = function
        return function

    return register


def render(result: Any, how: str, *args: Any, **options: Any) -> Any:
    """
    What the renderer registered for a result makes of it.

    Raises
    ------
    TypeError
        If nothing renders such a result that way.
    """
    function = renderer(result, how)
    if function is None:
        raise TypeError(f"There is no {how} of {_named(result)}: give a measure's result as it was returned.")
    return function(result, *args, **options)


def renderer(result: Any, how: str) -> Callable[..., Any] | None:
    """The function that `render` calls; None where there is none."""
    if isinstance(result, pd.DataFrame):
        measure = result.attrs.get("measure")
        kind, modules = measure, (f"{CHARTS}.{measure}",) if measure else ()
    else:
        kind, modules = type(result), MODULES.get(type(result).__name__, ())
    for module in modules:
        if (kind, how) not in _known:
            import_module(module)
    return _known.get((kind, how))


def _named(result: Any) -> str:
    if not isinstance(result, pd.DataFrame):
        return f"a {type(result).__name__}"
    measure = result.attrs.get("measure")
    return f"a table of {measure}" if measure else "a table that no measure returned"
