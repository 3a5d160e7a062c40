"""
How much could move? Load that latency, capacity and cost would each let run away from home, and
what does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.budget_axis import BudgetAxis, label_of, now_columns, now_labels, now_marks
from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import row_places
from explorer.markup import html
from explorer.measures.relocatable_load import READINGS
from explorer.presentation import renders
from explorer.text import format_number
from explorer.words import mark, tr

Floats = NDArray[np.float64]

_KINDS = {  # of load, as a pointer reads them
    "demand": mark("demand"),
    "gross": mark("gross"),
    "deliverable": mark("deliverable"),
    "economic": mark("economic"),
    "relocated": mark("relocated"),
}
LOADS = ("demand", *READINGS, "relocated")  # each within the one before, in total
SAME_MW = 1e-6  # of a load: less is none
_HALVES = np.array([0.44, 0.38, 0.28, 0.18, 0.08])  # of the bars' heights
_LABELS = (
    mark("demand"),
    mark("gross: in time, by law"),
    mark("deliverable: with room for it"),
    mark("economic: for less than at home"),
    mark("relocated by the placement"),
)
_LOAD_TIP = (("", "@name: @load"), ("Load", "@it_mw{0,0.0} MW"), ("Of the demand", "@share{0.0} %"))
_POINT_TIP = (("", "@load"), ("Load", "@y{0,0.0} MW"), ("Budget", "@x{0,0.0} ms"))
PANELS = (
    Panel(
        "loads",
        (Mark("nested", "bars", LOADS, _LABELS, _LOAD_TIP),),
        Axis("IT load [MW]"),
        height_px=215,
        has_rows=True,
        row_px=40,  # five bars on each other
        fewest_rows=1,
    ),
    Panel(
        "along budgets",
        (
            *(  # the gross load is seen below the others
                Mark(load, "line", (load,), (label,), size=7 if load == "gross" else 2.5)
                for load, label in zip(LOADS[1:], _LABELS[1:], strict=True)
            ),
            Mark("points", "points", READINGS, _LABELS[1:-1], _POINT_TIP, size=7),
            *now_marks("now"),
        ),
        Axis("Latency budget [ms]"),
        Axis("All classes [MW]"),
        height_px=215,
    ),
)
HELP = """
Relocatable inference demand (RID) in three readings. Gross: load that no state pins to its home, with at least one
other region in time and by law. Deliverable: the most that can run away from home at once within all capacities, when
as much as can be is served. Economic: the most that does so for less than at home, friction and carbon price included.
Relocated: what the placement moves; more than the economic load where home is full. In total each is within the one
before; by class, economic may exceed deliverable where classes compete. Below: at some steps of the frontier of the
class chosen there, all classes together. The readings are this project's own definition of what Luo and Yang
(arXiv:2604.27855) call relocatable demand.
"""


@renders("relocatable_demand", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The loads of `explorer.relocatable_demand`, and along a budget if the table has them."""
    mw = loads_mw(table)
    panels, filled = PANELS[:1], (_nested(table, mw),)
    if "along" in table.attrs:
        panels, filled = PANELS, (*filled, _along(table.attrs["along"], mw[0]))
    return Chart(
        panels,
        filled,
        _title(mw[0]),
        _finding(mw[0]),
        About.of(table),
        [tr("The narrower bar lies on the wider; in total each reading is within the one before.")],
    )


def loads_mw(table: pd.DataFrame) -> Floats:
    """The `LOADS` of all classes together, and below them of each; shape (1 + class, load). [MW]"""
    readings = table[[f"{reading}_mw" for reading in READINGS]].to_numpy()
    mw = np.column_stack([table.attrs["demand_mw"], readings, table.attrs["relocated_mw"]])
    return np.vstack([mw.sum(axis=0), mw])


def _nested(table: pd.DataFrame, mw: Floats) -> Filled:
    names = table.attrs.get("names", {})
    rows = [
        tr("all classes"),
        *(str(names.get(workload, workload)) for workload in table["workload"]),
    ]
    kind, row = (index.ravel() for index in np.indices(mw.T.shape))  # inner bars last, on top
    y, half, length = row_places(len(rows))[row], _HALVES[kind], mw.T.ravel()
    of = np.divide(mw, mw[:, :1], out=np.full_like(mw, np.nan), where=mw[:, :1] > 0)
    columns = {
        "left": np.zeros_like(length), "right": length, "bottom": y - half, "top": y + half,
        "role": kind.astype(np.uint8), "name": np.array(rows, object)[row],
        "load": _said(LOADS)[kind], "it_mw": length, "share": 100 * of.T.ravel(),
    }  # fmt: skip
    return Filled({"nested": columns}, (0.0, 1.03 * max(float(mw.max()), 1.0)), rows=rows)


def _said(loads: tuple[str, ...]) -> NDArray[np.object_]:
    return np.array([tr(_KINDS[load]) for load in loads], object)


def _along(along: Mapping[str, Any], mw: Floats) -> Filled:
    """What could move at some budgets and at that of now, and what does move at all of them."""
    step_ms, relocated = np.array(along["step_ms"], float), np.array(along["relocated_mw"], float)
    axis = BudgetAxis.along(step_ms[0], step_ms[-1], along["strictest_ms"], along["now_ms"])
    known = np.column_stack([along["budget_ms"], *(along[f"{reading}_mw"] for reading in READINGS)])
    curve = np.unique(np.vstack([known, [along["now_ms"], *mw[1:-1]]]), axis=0)
    top = 1.06 * max(float(curve[:, 1:].max()), float(relocated.max()), 1.0)
    of, point = (index.ravel() for index in np.indices((len(READINGS), len(curve))))
    columns = {
        "relocated": {"x": np.append(np.repeat(step_ms, 2)[1:], axis.last_ms), "y": np.repeat(relocated, 2)},
        **{reading: {"x": curve[:, 0], "y": curve[:, n]} for n, reading in enumerate(READINGS, 1)},
        "points": {
            "x": curve[point, 0], "y": curve[point, 1 + of], "role": of.astype(np.uint8),
            "load": _said(READINGS)[of],
        },
        **now_columns("now", axis, top / 2),
    }  # fmt: skip
    return Filled(
        columns,
        axis.ends,
        (0.0, top),
        x_label=label_of(along["over"]),
        labels=now_labels("now", axis),
    )


def _title(mw: Floats) -> str:
    _, gross, _, economic, _ = (format_number(float(value)) for value in mw)
    if mw[1] <= SAME_MW:
        return tr("no load may run elsewhere")
    return tr(
        "of {} MW that may run elsewhere, {} could do so for less than at home", gross, economic
    )


def _finding(mw: Floats) -> Markup:
    if mw[0] == 0:
        return html("There is no demand.")
    return html(
        "Of {} MW of demand: <b>{} MW gross</b> may run elsewhere in time and by law; <b>{} MW deliverable</b> finds "
        "room there at the same time; <b>{} MW economic</b> does so for less than at home; <b>{} MW relocated</b> "
        "does run elsewhere.",
        *(format_number(float(value)) for value in mw),
    )
