"""Results as pictures: in a notebook, and in print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.charts.chart import Chart
from explorer.charts.options import OF_FIGURES, refuse_options
from explorer.lacking import loaded
from explorer.presentation import render, renderer

if TYPE_CHECKING:
    import holoviews as hv
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BACKENDS = "explorer.charts.backends"  # loaded when somebody draws


def plot(result: Any, of: str = "", **options: Any) -> hv.Overlay | hv.Layout:
    """
    Draw the result of any measure as a HoloViews object, which composes with `+` and `*`.

    Parameters
    ----------
    result
        What a function of `explorer` returned: a `Placement`, a `Frontier`, a table.
    of : str, optional
        One of several panels, such as "cost" of a frontier; all of them unless given.
    **options
        As the picture of that result takes them.

    Raises
    ------
    TypeError
        If `result` is no result of a measure, or a table that was changed so that it no longer says
        which.
    ValueError
        If it has no such panel, or an option has a value that is not possible.
    ExplorerError
        If the picture has no such option.

    Examples
    --------
    >>> from explorer import Scenario, tornado
    >>> plot(tornado(Scenario.load("classroom-3x3")))  # doctest: +ELLIPSIS
    :Overlay...
    """
    own = renderer(result, "plot")
    if own is not None:
        _refuse_panel(of)
        return own(result, **options)
    refuse_options(result, "chart", options, also=("of",))
    return loaded(f"{_BACKENDS}.bokeh").draw(_chart(result, of, **options))


def figure(
    result: Any,
    path: str | Path | None = None,
    of: str = "",
    width_mm: float | None = None,
    title: str = "",
    credit: str = "",
    ax: Axes | None = None,
    **options: Any,
) -> Figure:
    """
    Draw the result of any measure for print, and write it: SVG, PDF or PNG, by the ending of `path`.

    Parameters
    ----------
    result, of, **options
        As in `plot`.
    path : str or pathlib.Path, optional
        The file to write; none unless given.
    width_mm : float, optional
        A journal's column is about 88 mm wide, two are 180 mm. By default one column; a map has
        two.
    title : str, optional
        In the place of what the figure finds.
    credit : str, optional
        Whose figure it is: below it, and as the author of the file. Title, date and versions are in
        the file's metadata anyhow.
    ax : matplotlib.axes.Axes, optional
        Axes of a figure of your own to draw one panel into, as wide as they are.

    Returns
    -------
    matplotlib.figure.Figure
        To add to, or to save once more by its `savefig`; with `ax`, the figure of these axes.

    Raises
    ------
    TypeError, ValueError
        As `plot`; if there are axes and several panels, or axes and a width.
    ExplorerError
        As `plot`; if the file cannot be written there or the width is no width of a page.

    Examples
    --------
    >>> from explorer import Scenario, tornado
    >>> drawn = figure(tornado(Scenario.load("classroom-3x3")), credit="A. N. Author")
    >>> drawn.axes[0].get_xlabel()
    'Saving against the baseline [USD/h]'
    """
    if ax is not None and width_mm is not None:
        raise ValueError("Axes have a width already: give `width_mm` or `ax`.")
    said: dict[str, Any] = {"title": title, "credit": credit, "ax": ax}
    said |= {} if width_mm is None else {"width_mm": width_mm}
    own = renderer(result, "figure")
    if own is not None:
        _refuse_panel(of)
        return own(result, path, **said, **options)
    refuse_options(result, "chart", options, also=("of", *OF_FIGURES))
    return loaded(f"{_BACKENDS}.matplotlib").draw(_chart(result, of, **options), path, **said)


def _chart(result: Any, of: str, **options: Any) -> Chart:
    chart: Chart = render(result, "chart", **options)
    return chart.only(of) if of else chart


def _refuse_panel(of: str) -> None:
    if of:
        raise ValueError(f"Unknown picture {of!r}; a map is one.")
