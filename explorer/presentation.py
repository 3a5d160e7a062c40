"""
Who renders which result: renderers register, results ask.

A result knows no renderer, so that what is computed never imports what draws it. Which module holds
the renderer of a class is in `MODULES`; the chart of a table is in the module of its measure's
name. A module is imported when somebody first asks for what it renders.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypeVar

import pandas as pd

from explorer.lacking import loaded

F = TypeVar("F", bound=Callable[..., Any])

CHARTS = "explorer.charts"
_HTML = "explorer.html_table"
MODULES: dict[tuple[str, str], str] = {  # by class and what is asked for
    ("Scenario", "placement"): "explorer.model.solve",
    ("Placement", "baseline"): "explorer.model.solve",
    ("Scenario", "html"): _HTML,
    ("Placement", "html"): _HTML,
    ("Placement", "map"): f"{CHARTS}.world_map",
    ("Placement", "plot"): f"{CHARTS}.backends.geoviews_map",
    ("Placement", "figure"): f"{CHARTS}.backends.printed_map",
    ("marginal_prices", "map"): f"{CHARTS}.marginal_prices",
    ("marginal_prices", "plot"): f"{CHARTS}.backends.geoviews_map",
    ("marginal_prices", "figure"): f"{CHARTS}.backends.printed_map",
    ("Frontier", "html"): _HTML,
    ("Frontier", "chart"): f"{CHARTS}.frontier",
    ("Draws", "html"): _HTML,
    ("Draws", "chart"): f"{CHARTS}.monte_carlo",
    ("Certificate", "html"): _HTML,
    ("Certificate", "chart"): f"{CHARTS}.certificate",
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
        raise TypeError(_none_of(result, how))
    return function(result, *args, **options)


def drawing() -> ModuleType:
    """What draws charts: its `plot` and `figure`, for results that have methods of these names."""
    return loaded(f"{CHARTS}.draw")


def renderer(result: Any, how: str) -> Callable[..., Any] | None:
    """The function that `render` calls; None where there is none."""
    if isinstance(result, pd.DataFrame):
        kind = name = str(result.attrs.get("measure", ""))
    else:
        kind, name = type(result), type(result).__name__
    module = MODULES.get(
        (name, how), f"{CHARTS}.{name}" if kind == name and name and how == "chart" else None
    )
    if (kind, how) not in _known and module is not None and find_spec(module) is not None:
        loaded(module)
    return _known.get((kind, how))


def _none_of(result: Any, how: str) -> str:
    """Why nothing renders it, and what to do."""
    if not isinstance(result, pd.DataFrame):
        return f"There is no {how} of a {type(result).__name__}: give a measure's result as it was returned."
    measure = result.attrs.get("measure")
    if measure:
        return f"There is no {how} of {measure}: its table is all there is to it."
    return (
        f"There is no {how} of a table that does not say what it is of: give a measure's result "
        "as it was returned."
    )
