"""
Who goes unserved, and what would help? Load by what keeps it out, and what each change would serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Columns, Filled, Mark, Panel
from explorer.charts.rows import horizontal_bars, row_places
from explorer.markup import html, joined, sentences
from explorer.measures.argument import reason_said
from explorer.measures.frontier import UNSERVED_MW
from explorer.measures.remedies import EVERYONE
from explorer.model.labels import NamesById, as_shown
from explorer.presentation import renders
from explorer.text import elided, format_number
from explorer.words import mark, plural, tr

CAUSES = (
    mark("latency"), mark("law"), mark("state locality"), mark("capacity"), mark("system"), mark("arcs.csv"),
    mark("hosting"), mark("price"),
)  # fmt: skip
SEVERAL, TOGETHER = mark("either of several"), mark("several together")
NEEDED, LEFT = mark("needed"), mark("left")
KINDS = (*CAUSES, SEVERAL, TOGETHER, NEEDED, LEFT)  # which are roles too
LARGEST = 6  # demands that are shown each for itself
MOST_CHANGES = 12  # rows of changes in a picture
SMALLEST_SHARE = 0.2  # of the width that a few words need
SERVICE = Panel(
    "service",
    (
        Mark("service begins", "vertical", ("zero",), size=1),
        Mark("loads", "bars", KINDS, KINDS, (("", "@who: @what"),)),
        Mark("load words", "words", KINDS, size=14),
    ),
    Axis("Unserved IT load [MW]"),
    height_px=225,
    has_rows=True,
    row_px=28,
    fewest_rows=1,
)
SERVED = Panel(
    "changes",
    (
        Mark("changes begin", "vertical", ("zero",), size=1),
        Mark(
            "served",
            "bars",
            ("served",),
            ("would be served by a change",),
            (
                ("", "@who: @remedy"),
                ("Serves in all", "@serves_mw{0,0.0} MW"),
                ("Adds to the cost", "@cost_change_usd_per_h{+0,0} USD/h"),
            ),
        ),
        Mark("changes made", "words", ("served",), size=14),
    ),
    Axis("IT load that it serves in all [MW]"),
    has_rows=True,
)
PANELS = (SERVICE, SERVED)
HELP = """
Unserved load by what keeps it out: latency, law, state locality, capacity, or a price of serving it above the penalty
on unserved load. Below, for everyone together and for the largest loads, the least single change of each kind that
would serve them without taking from anybody else: a higher penalty, a longer budget of the class, capacity in one
region, a pair of legal zones opened, or less load pinned to its home. Each is tried out by a solve; what it serves in
all, and what that changes of the cost, is of that solve. No smaller change of that kind would do; "Try one" makes a
change of parameters. Where everybody is served: the shortest budget of each class at which that is still so, all else
as it is. What counts as a remedy is this project's own choice.
"""


@renders("remedies", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """Who goes unserved and why, most first, above the changes of `explorer.remedies`."""
    names, mw = _unserved(table)
    rows, kind = np.nonzero(mw)
    right, load = mw.cumsum(axis=1)[rows, kind], mw[rows, kind]
    width = float(mw.sum(axis=1).max(initial=0.0))
    loads = [tr("{} MW", format_number(value)) for value in load]
    texts = [tr("{}, {}", mw, tr(KINDS[k])) for mw, k in zip(loads, kind, strict=True)]
    words = np.where(load >= 2.2 * SMALLEST_SHARE * width, texts, loads).tolist()
    columns = service_bars(
        rows, (right - load, right), kind, np.array(names, object)[rows], texts, words
    )
    panels, filled = [SERVICE], [Filled(columns, (0.0, 1.02 * width or 1.0), rows=names)]
    if len(table):
        panels.append(SERVED)
        filled.append(_changes(table.head(MOST_CHANGES), table.attrs.get("clients", {})))
    return Chart(
        tuple(panels),
        tuple(filled),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "One change at a time, each tried out by a solve; what it serves, it takes from nobody."
            )
        ],
    )


def service_bars(
    rows: NDArray,
    ends: tuple[NDArray, NDArray],
    kind: NDArray,
    who: NDArray,
    what: Sequence[str],
    words: Sequence[str],
) -> dict[str, Columns]:
    """
    Columns of the marks of `SERVICE`: bars in rows, each of a kind, with words where they have
    room.
    """
    left, right = ends
    y = row_places(int(rows.max(initial=-1)) + 1)[rows]
    wide = np.flatnonzero(right - left >= SMALLEST_SHARE * right.max(initial=0.0))
    role = kind.astype(np.uint8)
    return {
        "service begins": {"x": np.zeros(1)},
        "loads": {
            "left": left, "right": right, "bottom": y - 0.38, "top": y + 0.38, "role": role,
            "who": np.array(who, object), "what": np.array(what, object),
        },
        "load words": {
            "x": ((left + right) / 2)[wide], "y": y[wide], "text": np.array(words, object)[wide], "role": role[wide],
        },
    }  # fmt: skip


def whom(row: dict[str, Any], clients: dict[str, str]) -> str:
    """Whose load a row of `explorer.remedies` is about."""
    if row["client"] == EVERYONE:
        return tr("Everyone")
    return tr("{}, {}", NamesById(clients)[row["client"]], as_shown(row["workload"]))


def _unserved(table: pd.DataFrame) -> tuple[list[str], NDArray]:
    """Who goes unserved, the largest each for itself, and how much of it by kind of reason. [MW]"""
    entries: list[tuple[str, str, str, float]] = table.attrs.get("unserved", [])
    clients = NamesById(table.attrs.get("clients", {}))
    sums: dict[tuple[str, str], float] = {}
    for client, workload, _, load in entries:
        sums[client, workload] = sums.get((client, workload), 0.0) + load
    demands = sorted(sums, key=lambda demand: -sums[demand])
    shown = {demand: n for n, demand in enumerate(demands[:LARGEST])}
    names = [tr("{}, {}", clients[client], as_shown(workload)) for client, workload in shown]
    if len(demands) > LARGEST:
        names.append(plural("{count} other", "{count} others", len(demands) - LARGEST))
    mw = np.zeros((len(names), len(KINDS)))
    for client, workload, reason, load in entries:
        mw[shown.get((client, workload), LARGEST), KINDS.index(_kind(reason))] += load
    return names, mw


def _changes(table: pd.DataFrame, clients: dict[str, str]) -> Filled:
    rows: list[dict[str, Any]] = table.to_dict("records")  # pyright: ignore[reportAssignmentType]
    who = [whom(row, clients) for row in rows]
    serves = table["serves_mw"].to_numpy(float)
    remedies_said = np.array([*map(as_shown, table["remedy"])], object)
    short = np.array([elided(words) for words in remedies_said], object)
    hover = {
        "who": np.array(who, object),
        "remedy": remedies_said,
        "serves_mw": serves,
        "cost_change_usd_per_h": table["cost_change_usd_per_h"].to_numpy(float),
    }
    end = 1.02 * float(serves.max(initial=0.0)) or 1.0
    columns = {
        "changes begin": {"x": np.zeros(1)},
        "served": horizontal_bars(np.zeros(len(rows)), serves, 0.38) | hover,
        "changes made": {
            "x": np.full(len(rows), end / 2),
            "y": row_places(len(rows)),
            "text": short,
        },
    }
    return Filled(columns, (0.0, end), rows=who)


def _kind(reason: str) -> str:
    if reason in CAUSES:
        return reason
    return TOGETHER if " and " in reason else SEVERAL


def _whole(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The changes that serve all of it, that of least cost first."""
    rows: list[dict[str, Any]] = table.to_dict("records")  # pyright: ignore[reportAssignmentType]
    most = table.attrs.get("unserved_mw", np.inf) - UNSERVED_MW
    return sorted(
        (row for row in rows if row["serves_mw"] > most),
        key=lambda row: row["cost_change_usd_per_h"],
    )


def _title(table: pd.DataFrame) -> str:
    if not table.attrs.get("unserved"):
        return tr("everybody is served")
    whole, left_out = _whole(table), format_number(table.attrs["unserved_mw"])
    if not whole:
        return tr("{} MW go unserved; no single change serves all of it", left_out)
    return tr("{} MW go unserved; to serve all of it, {}", left_out, as_shown(whole[0]["remedy"]))


def _finding(table: pd.DataFrame) -> Markup:
    if not table.attrs.get("unserved"):
        return html("<b>Everybody is served.</b> Nothing has to change for that.")
    sums: dict[str, float] = {}
    for _, _, reason, mw in table.attrs["unserved"]:
        sums[reason] = sums.get(reason, 0.0) + mw
    constraints = joined(
        (
            html("{} MW because of {}", format_number(mw), reason_said(reason))
            for reason, mw in sorted(sums.items(), key=lambda item: -item[1])
        ),
        tr(", "),
    )
    said = html(
        "<b>{} MW go unserved</b>: {}.", format_number(table.attrs["unserved_mw"]), constraints
    )
    whole = _whole(table)
    if not whole:
        return said
    change = html("<b style='white-space:nowrap'>{}</b>", whole[0]["remedy"])
    return sentences([said, html("To serve all of it: {}.", change)])
