"""
Charts as figures for print: HoloViews elements for matplotlib on a page of so many millimetres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from explorer.charts.backends.bokeh import RANGES_GIVEN, element, tick_places
from explorer.charts.backends.page import MPL, PART, in_units, page
from explorer.charts.chart import (
    PLACES,
    Chart,
    Filled,
    Mark,
    Panel,
    axis_labels,
    is_labelled_below,
    rows_of,
)
from explorer.charts.palette import INK, LOOKS, NET_INKS, Look
from explorer.charts.rows import row_places, row_range

AXIS_MM, PX_PER_MM, ROW_PX_PER_MM = (
    9.0,
    5.0,
    6.4,
)  # height of an axis; of a panel and of a row, on screen for print
TWO_COLUMNS_MM = 150.0  # how wide a page is at least that has them
PT_PER_PX = 0.55  # of lines and points
_FILLED = ("bars", "area", "span")
_STRAIGHT = ("line", "segments", "vertical", "horizontal", "diagonal")


def draw(
    chart: Chart,
    path: str | Path | None = None,
    width_mm: float = 88.0,
    title: str = "",
    credit: str = "",
    ax: Axes | None = None,
) -> Figure:
    """
    Draw a chart, and write it as SVG, PDF or PNG if there is a path. Panels stand above each other;
    of three or more, the first stands beside the others where the page has room for two columns.

    Raises
    ------
    ValueError
        If a chart of several panels is to be drawn into the axes `ax`.
    ExplorerError
        If the file cannot be written there or the width is no width of a page.
    """
    if ax is not None and len(chart.panels) > 1:
        names = ", ".join(repr(panel.name) for panel in chart.panels)
        raise ValueError(f"One pair of axes takes one panel: give `of` as one of {names}.")
    with page(path, width_mm, title, credit, ax) as sheet:
        columns = [chart.panels]
        if len(chart.panels) > 2 and sheet.width_mm >= TWO_COLUMNS_MM:
            columns = [chart.panels[:1], chart.panels[1:]]
        filled = {panel.name: each for panel, each in zip(chart.panels, chart.filled, strict=True)}
        plots = [
            _panel(panel, filled[panel.name], is_labelled_below(column, panel))
            for column in columns
            for panel in column
        ]
        heights_mm = [
            [_height_mm(panel, filled[panel.name]) for panel in column] for column in columns
        ]
        handles = [
            handle
            for marks, role, label in chart.legend()
            for handle in _handles(marks, LOOKS[role], label)
        ]
        tallest_mm = max(sum(heights) + AXIS_MM * len(heights) for heights in heights_mm)
        aspect = tallest_mm / sheet.width_mm
        return sheet.draw(plots, chart.about, chart.title, chart.notes, handles, aspect, heights_mm)


def _height_mm(panel: Panel, filled: Filled) -> float:
    if panel.has_rows:
        return panel.row_px / ROW_PX_PER_MM * max(len(filled.rows), 2)
    return panel.height_px / PX_PER_MM


def _panel(panel: Panel, filled: Filled, shares_axis: bool) -> Any:
    parts = [
        part
        for mark in panel.marks
        for part in _parts(panel, mark, filled.columns.get(mark.name, {}))
    ]
    x_label, y_label = axis_labels(panel, filled)
    options: dict[str, Any] = {
        "xlabel": x_label, "ylabel": y_label,
        "xlim": filled.x_range, "title": "", "show_legend": False, "aspect": "auto",
        "ylim": row_range(len(filled.rows)) if panel.has_rows else filled.y_range,
        "xaxis": "bare" if shares_axis else "bottom", "normalize": False,
    }  # fmt: skip
    options |= tick_places(panel)
    spans = [mark for mark in panel.marks if mark.kind == "span" and filled.columns.get(mark.name)]
    options["hooks"] = [in_units(panel.x.label, panel.y.label)]
    options["hooks"] += [_span(filled.columns[mark.name], LOOKS[mark.roles[0]]) for mark in spans]
    if panel.has_rows:
        ticks = list(zip(row_places(len(filled.rows)).tolist(), filled.rows, strict=True))
        options |= {"yticks": ticks} if ticks else {"yaxis": "bare"}
    parts = parts or [hv.Points([(np.nan, np.nan)])]  # axes alone, where there is nothing to show
    return hv.Overlay(parts).opts(**options, backend=MPL)


def _parts(panel: Panel, mark: Mark, columns: Mapping[str, Any]) -> list[Any]:
    parts = []
    for n, role in enumerate(mark.roles):
        rows = rows_of(mark, columns, n)
        if len(rows) and mark.opacity and mark.kind != "span":
            # what a pointer reads on screen is not printed, and HoloViews would look for its range
            mine = {name: np.asarray(columns[name])[rows] for name in PLACES[mark.kind]}
            make = _chains if mark.kind == "segments" else element
            part = make(mark, mine, f"{panel.name} ")
            if mark.kind == "heat":
                end = float(columns["end"][0])
                part = part.opts(clim=(-end, end), backend=MPL)
            parts.append(_styled(mark, part, LOOKS[role], mark.size_of(n)))
    return parts


def _chains(mark: Mark, columns: Mapping[str, Any], panel: str) -> Any:
    """Segments as lines, those that go on from each other as one, so that its dashes go on too."""
    x0, y0, x1, y1 = (np.asarray(columns[name], float) for name in PLACES["segments"])
    starts = np.flatnonzero(np.append(True, (x0[1:] != x1[:-1]) | (y0[1:] != y1[:-1])))
    lines = [
        np.column_stack([np.append(x0[rows], x1[rows[-1]]), np.append(y0[rows], y1[rows[-1]])])
        for rows in np.split(np.arange(len(x0)), starts[1:])
    ]
    return hv.Path(lines, [f"{panel}x0", f"{panel}y0"])


def _styled(mark: Mark, part: Any, look: Look, size: float) -> Any:
    if mark.kind == "area":  # which HoloViews gives colours of its own

        def paint(plot: Any, _element: Any) -> None:
            plot.handles["artist"].set(facecolor=look.ink, edgecolor="none", alpha=1.0)

        return part.opts(hooks=[paint, _has_ranges], **PART)
    if mark.kind == "words":

        def ground(plot: Any, _element: Any) -> None:
            paper = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.5}
            shift = {"left": "\u2009{}", "center": "{}", "right": "{}\u2009"}[mark.align]
            for words in plot.handles["artist"]:
                words.set(
                    text=shift.format(words.get_text()),
                    bbox=paper if mark.on_paper or look.hatch else None,
                )

        part = part.opts(hooks=[ground], backend=MPL)
    ranges: Any = {"hooks": [_has_ranges]} if mark.kind == "bars" else RANGES_GIVEN
    return part.opts(**_style(mark, look, size), **ranges, **PART)


def _has_ranges(plot: Any, _element: Any) -> None:
    """
    A hook: bars and areas ask for ranges of their own when they are drawn, even where nothing comes
    of them, and then no more.
    """
    plot.apply_ranges = False


def _span(columns: Mapping[str, Any], look: Look) -> Callable[[Any, Any], None]:
    """
    A hook: a span behind all else, or around it. HoloViews' own has two colours, of which
    matplotlib warns.
    """
    left, right = (float(columns[name][0]) for name in PLACES["span"])
    outline = {"edgecolor": INK, "linestyle": look.line, "linewidth": 0.6, "zorder": 9}
    style = outline if look.ink == "none" else {"edgecolor": "none", "zorder": 0}

    def hook(plot: Any, _element: Any) -> None:
        plot.handles["axis"].axvspan(left, right, facecolor=look.ink, **style)

    return hook


def _style(mark: Mark, look: Look, size: float) -> dict[str, Any]:
    if mark.kind == "heat":  # the notes of a chart say what its shades mean
        return {"cmap": list(NET_INKS)}
    if mark.kind == "bars":
        edge = (
            {"edgecolor": INK, "linewidth": 0.4}
            if mark.edged
            else {"edgecolor": look.ink, "linewidth": 0.0}
        )
        return {"facecolor": look.ink, "hatch": look.hatch, **edge}
    if mark.kind in _STRAIGHT:
        return {
            "color": look.line_ink or look.ink,
            "linestyle": look.line,
            "linewidth": PT_PER_PX * mark.size,
        }
    if mark.kind == "words":
        colour = INK if look.hatch else look.words_colour
        return {"color": colour, "size": 6, "horizontalalignment": mark.align}
    return {
        "color": look.ink, "marker": look.printed_marker, "s": (PT_PER_PX * size) ** 2, "edgecolors": INK,
        "linewidth": 0.5,
    }  # fmt: skip


def _handles(marks: tuple[Mark, ...], look: Look, label: str) -> list[Any]:
    """What stands for a role in a legend: an area, and a line with its points."""
    found: list[Any] = []
    if any(mark.kind in _FILLED for mark in marks):
        found.append(
            Patch(facecolor=look.ink, edgecolor=INK, linewidth=0.4, hatch=look.hatch, label=label)
        )
    lines = [mark for mark in marks if mark.kind in _STRAIGHT]
    points = [mark for mark in marks if mark.kind == "points"]
    if lines or points:
        style: dict[str, Any] = (
            _style(lines[0], look, lines[0].size) if lines else {"linestyle": "", "color": look.ink}
        )
        for mark in points[:1]:
            style |= {
                "marker": look.printed_marker, "markerfacecolor": look.ink, "markeredgecolor": INK,
                "markeredgewidth": 0.5, "markersize": 0.7 * PT_PER_PX * mark.size + 1,
            }  # fmt: skip
        found.append(Line2D([], [], **style, label=label))
    return found
