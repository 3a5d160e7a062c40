"""Many scenarios: a figure against each parameter, all parameters at once, one figure against another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import reach
from explorer.markup import html
from explorer.presentation import renders
from explorer.sweeps.names import APP, figure_label, links_of, parameter_label
from explorer.text import elided, format_number, within_sentence
from explorer.words import mark, tr, units

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_AXES, MOST_LINES = 8, 300  # of parallel coordinates
THIRDS = (mark("least"), mark("middle"), mark("most"))
ROLES = tuple(f"third {name}" for name in THIRDS)
PARALLEL, SCATTER = "parallel", "scatter"
NO_TICKS = Axis(at=(-9.0,))  # one that is never seen: words are beside the axes of parameters
_TIP = (("", "@point"), ("", "@scenario"), ("", "@said"))


@renders("sweep", "chart")
def chart(table: pd.DataFrame, figure: str = "", against: str = "", app: str = APP) -> Chart:
    """
    A sweep as small multiples, parallel coordinates and a scatter.

    Parameters
    ----------
    table : pandas.DataFrame
        As `explorer.sweep` or `explorer.read_sweep` returned it.
    figure : str, optional
        Which of its figures is looked at; the first unless given.
    against : str, optional
        What the scatter has on its horizontal axis; the second figure, or else the first parameter.
    app : str, optional
        Address of an app that a tap on a point opens its state in.

    Raises
    ------
    ValueError
        If the sweep has no such figure or parameter, or no point has one.
    """
    plan = table.attrs["plan"]
    figure = figure or plan["measures"][0]
    against = against or ([*plan["measures"][1:], *plan["varied"], "point"])[0]
    for name in (figure, against):
        if name not in table or name in ("scenario", "failure"):
            raise ValueError(f"The sweep has no {name!r}; it has {', '.join(table)}.")
    known = table.loc[np.isfinite(table[figure]), :]
    known = known.sort_values(figure, kind="stable", ignore_index=True)
    if known.empty:
        raise ValueError(f"No point of the sweep has a figure {figure!r}.")
    known = known.assign(link=links_of(known, app), said=_said(known, figure))
    third = np.arange(len(known)) * len(THIRDS) // len(known)
    axes = plan["varied"][:MOST_AXES]
    drawn = [_multiple(known, third, figure, name) for name in axes]
    drawn += [_parallel(known, third, figure, axes)] if axes else []
    drawn.append(_scatter(known, third, figure, against))
    panels, filled = zip(*drawn, strict=True)
    title = plan["title"] or ", ".join(plan["scenarios"])
    return Chart(
        panels,
        filled,
        _title(known, figure),
        _finding(known, figure, axes),
        About(title),
        _notes(table, known, figure),
    )


def _points(name: str) -> Mark:
    return Mark(
        name, "points", ROLES, THIRDS, _TIP, tips_at_once=3, size=5, opacity=0.8, link="link",
    )  # fmt: skip


def _multiple(table: pd.DataFrame, third: Ints, figure: str, name: str) -> Any:
    label, unit = figure_label(figure)
    x, words = _places(table[name])
    at = tuple(np.unique(x)) if words else 5
    axes = Axis(parameter_label(name) + words, at=at), Axis(f"{label} [{unit}]", at=4)
    y = table[figure].to_numpy()
    points = {"points": _columns(table, third, x, y)}
    panel = Panel(name, (_points("points"),), *axes, height_px=230)
    return panel, Filled(points, _wide(x), reach(y, 0.05))


def _scatter(table: pd.DataFrame, third: Ints, figure: str, against: str) -> Any:
    x, words = _places(table[against])
    if against in table.attrs["plan"]["measures"]:
        across, unit = figure_label(against)
        across = f"{across} [{unit}]"
    else:
        across = tr("Point") if against == "point" else parameter_label(against)
    label, unit = figure_label(figure)
    y = table[figure].to_numpy()
    points = {"points": _columns(table, third, x, y)}
    axes = Axis(across + words, at=5), Axis(f"{label} [{unit}]", at=4)
    panel = Panel(SCATTER, (_points("points"),), *axes, zooms=True)
    return panel, Filled(points, _wide(x), reach(y, 0.05))


def _parallel(table: pd.DataFrame, third: Ints, figure: str, axes: list[str]) -> Any:
    """A line per point, from axis to axis; the last axis is the figure."""
    rows = np.unique(np.linspace(0, len(table) - 1, MOST_LINES).astype(int))
    columns = [_places(table[name])[0] for name in axes] + [table[figure].to_numpy()]
    ends = [(column.min(), column.max()) for column in columns]
    height = np.array([
        (column[rows] - low) / (high - low) if high > low else np.full(len(rows), 0.5)
        for column, (low, high) in zip(columns, ends, strict=True)
    ])  # fmt: skip
    count = len(columns)
    lines = {
        "x0": np.tile(np.arange(count - 1.0), len(rows)),
        "x1": np.tile(np.arange(1.0, count), len(rows)),
        "y0": height[:-1].T.ravel(),
        "y1": height[1:].T.ravel(),
        "role": np.repeat(third[rows], count - 1).astype(np.uint8),
    } | {name: np.repeat(table[name].to_numpy(object)[rows], count - 1)
         for name in ("point", "scenario", "said")}  # fmt: skip
    at = np.arange(float(count))
    stems = {"x0": at, "x1": at, "y0": np.zeros(count), "y1": np.ones(count)}
    names = [elided(parameter_label(name), 22) for name in axes]
    names.append(elided(figure_label(figure)[0], 22))
    written = table[figure] * units().of(figure_label(figure)[1])[0]
    ends_said = [*(_ends(table[name]) for name in axes), _ends(written)]
    low, high = zip(*ends_said, strict=True)
    words = {
        "x": np.tile(at, 3),
        "y": np.concatenate([np.full(count, 1.16), np.full(count, 1.05), np.full(count, -0.06)]),
        "text": np.array([*names, *high, *low], object),
    }
    words["y"][:count] += 0.09 * (np.arange(count) % 3)  # long names side by side
    panel = Panel(
        PARALLEL,
        (
            Mark("lines", "segments", ROLES, THIRDS, _TIP, tips_at_once=3, size=1, opacity=0.45),
            Mark("axes", "segments", ("zero",), size=1.5),
            Mark("words", "words", ("words",), size=11),
        ),
        NO_TICKS,
        NO_TICKS,
        height_px=330,
    )
    return panel, Filled(
        {"lines": lines, "axes": stems, "words": words}, (-0.75, count - 0.25), (-0.14, 1.44)
    )


def _columns(table: pd.DataFrame, third: Ints, x: Floats, y: Floats) -> dict[str, Any]:
    told = {name: table[name].to_numpy(object) for name in ("point", "scenario", "said", "link")}
    return {"x": x, "y": y, "role": third.astype(np.uint8)} | told


def _places(column: Any) -> tuple[Floats, str]:
    """Where values are on an axis, and words for those of a choice."""
    if column.dtype.kind in "if":
        return column.to_numpy(float), ""
    names = list(dict.fromkeys(sorted(column.astype(str))))
    places = column.astype(str).map({name: n for n, name in enumerate(names)})
    return places.to_numpy(float), f" ({', '.join(f'{n} {name}' for n, name in enumerate(names))})"


def _wide(values: Floats) -> tuple[float, float]:
    """From the least to the most, with a margin at both ends."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _ends(column: Any) -> tuple[str, str]:
    """The least and the most of an axis, as text."""
    if column.dtype.kind in "if":
        return format_number(float(column.min())), format_number(float(column.max()))
    names = sorted(column.astype(str).unique())
    return elided(names[0], 14), elided(names[-1], 14)


def _said(table: pd.DataFrame, figure: str) -> list[str]:
    """What a pointer reads of each point: its parameters, and the figure."""
    names = [*table.attrs["plan"]["varied"], figure]
    rows = table.loc[:, names].to_dict("records")
    return ["; ".join(f"{name} {_value(value)}" for name, value in row.items()) for row in rows]


def _value(value: Any) -> str:
    return format_number(value) if isinstance(value, (int, float)) else str(value)


def _title(table: pd.DataFrame, figure: str) -> str:
    label, unit = figure_label(figure)
    factor, unit = units().of(unit)
    low, high = (format_number(float(table[figure].iloc[n]) * factor) for n in (0, -1))
    return tr(
        "{figure} from {low} to {high} {unit} over {count:,} points",
        figure=within_sentence(label),
        low=low,
        high=high,
        unit=unit,
        count=len(table),
    )


def _finding(table: pd.DataFrame, figure: str, axes: list[str]) -> Markup:
    label, unit = figure_label(figure)
    factor, unit = units().of(unit)
    least, most = (table.iloc[n] for n in (0, -1))

    def where(row: pd.Series) -> str:
        return ", ".join(f"{name} {_value(row[name])}" for name in axes) or str(row["scenario"])

    return html(
        "{figure}: least {low} {unit} at {low_at}; most <b>{high} {unit}</b> at {high_at}.",
        figure=label, unit=unit, low=format_number(float(least[figure]) * factor), low_at=where(least),
        high=format_number(float(most[figure]) * factor), high_at=where(most),
    )  # fmt: skip


def _notes(table: pd.DataFrame, known: pd.DataFrame, figure: str) -> list[str]:
    notes = [tr("Each point is an optimum of its own. Colours: thirds of {}.", figure)]
    if without := len(table) - len(known):
        notes.append(tr("{:,} points have no such figure, and are not shown.", without))
    if missing := table.attrs["missing_points"]:
        notes.append(tr("{:,} points are not solved yet.", missing))
    if len(known) > MOST_LINES:
        notes.append(tr("Parallel coordinates: {} points, evenly from least to most.", MOST_LINES))
    return notes
