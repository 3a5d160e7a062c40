"""
Where does it go? Load at home, in the region, or where energy is cheap: by class now, and along a
latency budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.budget_axis import (
    BudgetAxis,
    label_of,
    now_columns,
    now_labels,
    now_marks,
)
from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import row_places
from explorer.markup import html, joined, sentences
from explorer.measures.frontier import LAYER_COLUMNS
from explorer.model.labels import as_shown
from explorer.model.placement import LAYERS
from explorer.presentation import renders
from explorer.text import elided, format_duration, format_number
from explorer.words import number, tr

Floats = NDArray[np.float64]

KINDS = (*LAYERS, "unserved")
KIND_LABELS = ("local", "regional", "energy-oriented", "unserved")
COLUMNS = (*LAYER_COLUMNS, "unserved_mw")
SMALLEST_SHARE = 0.09  # of a bar that has room for words
OVERLAP = 0.004  # of the width: steps that only touch show a hairline
LONGEST = 20  # characters of a class's name, beside its load
_ROLES = (*LAYERS, "nowhere")
_CLASS_TIP = (
    ("", "@workload, @layer"),
    ("Load", "@it_mw{0,0.0} MW"),
    ("Of the class", "@share{0.0} %"),
)
_STEP_TIP = (
    ("", "@layer"),
    ("Load", "@it_mw{0,0.0} MW"),
    ("Budget", "@left{0,0.0} to @to_ms{0,0.0} ms"),
)
PANELS = (
    Panel(
        "by class",
        (
            Mark("classes", "bars", _ROLES, tip=_CLASS_TIP, edged=False),
            Mark("class words", "words", _ROLES, size=14),
        ),
        Axis("Share of the class's load [%]"),
        height_px=185,
        has_rows=True,
        row_px=30,
        fewest_rows=1,
    ),
    Panel(
        "along a budget",
        (
            Mark("budgets", "bars", _ROLES, tip=_STEP_TIP, edged=False),
            Mark("budget words", "words", _ROLES, size=14, align="left"),
            *now_marks("now"),
        ),
        Axis("Latency budget [ms]"),
        Axis("All classes [MW]"),
        height_px=230,
        zooms_across=True,
    ),
)
HELP = """
Executed at home (local), within the regional radius of home (regional, 3,000 km unless set otherwise), or further away
(energy-oriented): distance is great-circle, from home to where it runs. Top: each class as it is placed. Below: the
optimum of all classes at every budget of the class chosen for the frontier; it changes in steps. Classes that may wait
spread out in layers: that is the stratification of Luo and Yang (arXiv:2604.27855); the radius is this project's own.
"""


@renders("layers", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The layers of `Placement.layers`, and along a budget if the table has them."""
    mw, attrs = now_mw(table), table.attrs
    labels = _labels(attrs, mw)
    panels, filled = PANELS[:1], (_classes(table, mw, labels),)
    if "along" in attrs:
        panels, filled = PANELS, (*filled, _budgets(attrs["along"], labels))
    return Chart(
        panels,
        filled,
        _title(mw),
        _finding(mw, attrs),
        About.of(table),
        [_note(attrs)],
    )


def now_mw(table: pd.DataFrame) -> Floats:
    """Load of each class in each of `KINDS`, shape (workload, kind). [MW]"""
    placed = table["it_mw"].to_numpy().reshape(-1, len(LAYERS))
    return np.column_stack([placed, table.attrs.get("unserved_mw", np.zeros(len(placed)))])


def along_mw(along: Mapping[str, Any]) -> Floats:
    """Load of all classes in each of `KINDS` at every step of a budget, shape (step, kind). [MW]"""
    return np.column_stack([along[name] for name in COLUMNS])


def _labels(attrs: Mapping[Any, Any], mw: Floats) -> tuple[str, ...]:
    return (
        tr("local: at home"),
        tr("regional: within {:,.0f} km of it", attrs["radius_km"])
        if "radius_km" in attrs
        else tr("regional: within the regional radius of it"),
        tr("energy-oriented: further away"),
        tr("unserved") if mw[:, -1].sum() > 1e-6 else "",
    )


def _note(attrs: Mapping[Any, Any]) -> str:
    if "radius_km" in attrs:
        return tr(
            "Regional: within {:,.0f} km of home, by great-circle distance. This project's own definition.",
            attrs["radius_km"],
        )
    return tr(
        "Regional: within the regional radius of home, by great-circle distance. This project's own definition."
    )


def _words() -> NDArray:
    """What `KINDS` are called."""
    return np.array([*map(tr, KIND_LABELS)], object)


def _classes(table: pd.DataFrame, mw: Floats, labels: tuple[str, ...]) -> Filled:
    names = table.attrs.get("names", {})
    classes = [str(names.get(key, key)) for key in table["workload"].iloc[:: len(LAYERS)]]
    total = mw.sum(axis=1, keepdims=True)
    share = np.divide(mw, total, out=np.zeros_like(mw), where=total > 0)
    right = share.cumsum(axis=1)
    row, kind = (index.ravel() for index in np.indices(mw.shape))
    y, percent = row_places(len(classes))[row], 100 * share.ravel()
    bars = {
        "left": 100 * (right - share).ravel(), "right": 100 * right.ravel(), "bottom": y - 0.38, "top": y + 0.38,
        "role": kind.astype(np.uint8), "workload": np.array(classes, object)[row],
        "layer": _words()[kind], "it_mw": mw.ravel(), "share": percent,
    }  # fmt: skip
    wide = np.flatnonzero(share.ravel() >= SMALLEST_SHARE)
    words = {
        "x": (100 * (right - share / 2)).ravel()[wide], "y": y[wide], "role": kind[wide].astype(np.uint8),
        "text": np.array([number(percent[n], ".0f") for n in wide], object),
    }  # fmt: skip
    rows = [
        tr("{}, {} MW", elided(name, LONGEST), format_number(mw))
        for name, mw in zip(classes, total[:, 0], strict=True)
    ]
    return Filled(
        {"classes": bars, "class words": words}, (0.0, 100.0), rows=rows, labels={"classes": labels}
    )


def _budgets(along: Mapping[str, Any], labels: tuple[str, ...]) -> Filled:
    mw, start = along_mw(along), np.array(along["budget_ms"], float)
    axis = BudgetAxis.along(start[0], start[-1], along["strictest_ms"], along["now_ms"])
    top, end, width = (
        mw.cumsum(axis=1),
        np.append(start[1:], axis.last_ms),
        axis.last_ms - axis.first_ms,
    )
    row, kind = (index.ravel() for index in np.indices(mw.shape))
    highest = 1.03 * (float(top.max()) or 1.0)
    named = (
        np.flatnonzero(mw[0] >= SMALLEST_SHARE * top[0, -1])
        if top[0, -1] > 0
        else np.empty(0, np.intp)
    )
    columns = {
        "budgets": {
            "left": start[row], "right": end[row] + OVERLAP * width, "to_ms": end[row], "bottom": _short(top - mw),
            "top": _short(top), "it_mw": _short(mw), "role": kind.astype(np.uint8),
            "layer": _words()[kind],
        },
        "budget words": {
            "x": np.full(len(named), start[0] + 0.005 * width), "y": (top - mw / 2)[0, named],
            "text": _words()[named], "role": named.astype(np.uint8),
        },
        **now_columns("now", axis, highest / 2),
    }  # fmt: skip
    said = {"budgets": labels, **now_labels("now", axis)}
    return Filled(columns, axis.ends, (0.0, highest), x_label=label_of(along["over"]), labels=said)


def _short(mw: Floats) -> NDArray[np.float32]:
    """Flat, and half the bytes: there are hundreds of steps."""
    return mw.ravel().astype(np.float32)


def _title(mw: Floats) -> str:
    total, (home, _, far, _) = mw.sum(), mw.sum(axis=0)
    if total <= 0:
        return tr("there is no load")
    return tr(
        "{:.0f} % of the load runs at home, {:.0f} % where energy is cheap",
        100 * home / total,
        100 * far / total,
    )


def _finding(mw: Floats, attrs: Mapping[Any, Any]) -> Markup:
    home, regional, far, nowhere = map(float, mw.sum(axis=0))
    loads = [
        html("<b>{} MW</b> at home", format_number(home)),
        html("<b>{} MW</b> within {:,.0f} km of it", format_number(regional), attrs["radius_km"])
        if "radius_km" in attrs
        else html("<b>{} MW</b> within the regional radius of it", format_number(regional)),
        html("<b>{} MW</b> further away, for cheap energy", format_number(far)),
    ]
    if nowhere > 1e-6:
        loads.append(html("<b>{} MW</b> nowhere", format_number(nowhere)))
    said = html("Of {} MW now: {}.", format_number(mw.sum()), joined(loads, tr(", ")))
    along = attrs.get("along")
    if along is None or len(along["budget_ms"]) < 2:
        return said
    return sentences((said, _spread(along)))


def _spread(along: Mapping[str, Any]) -> Markup:
    """What patience does to the load that runs furthest away."""
    budget, far, over = along["budget_ms"], along["energy_oriented_mw"], along["over"]
    start, end = (format_duration(budget[n]) for n in (0, -1))
    least, most = (format_number(far[n]) for n in (0, -1))
    at = {"start": start, "end": end, "least": least, "most": most, "name": as_shown(over)}
    if over == "all":
        return html(
            "As the relaxation of all budgets goes from {start} to {end}, load further away stays at {most} MW."
            if least == most
            else "As the relaxation of all budgets goes from {start} to {end}, load further away goes from {least} to "
            "{most} MW.",
            **at,
        )
    return html(
        "As the latency budget of class {name} goes from {start} to {end}, load further away stays at {most} MW."
        if least == most
        else "As the latency budget of class {name} goes from {start} to {end}, load further away goes from {least} "
        "to {most} MW.",
        **at,
    )
