"""Why here? The cost of a MWh at home, where it runs and where it nearly ran, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import row_places, stacked
from explorer.markup import html, joined, sentences
from explorer.measures.why_here import DEARER, HOME, NOTHING, RUNNER_UP, THERE
from explorer.presentation import renders
from explorer.scenario.provenance import UNCERTAIN
from explorer.text import elided, figure, format_duration, title_of
from explorer.words import mark, tr

Row = Mapping[str, Any]

_BARS = {  # role: columns whose sum it shows, without their unit
    "electricity": ("energy",),
    "carbon price": ("carbon",),
    "egress": ("egress",),
    "moving data": ("transport",),
    "other friction": ("operations", "overhead", "latency", "terms"),
    "capacity": ("capacity_price",),
}
_NAMES = (  # of bars
    mark("electricity"),
    mark("carbon price"),
    mark("egress"),
    mark("moving data"),
    mark("other friction"),
    mark("price of room"),
)
PANELS = (
    Panel(
        "places",
        (
            Mark("zero", "vertical", ("zero",), size=1),
            Mark(
                "parts",
                "bars",
                tuple(_BARS),
                _NAMES,
                (("", "@place: @part"), ("Cost", "@part_usd_per_mwh{0,0.00} USD/MWh of IT load")),
            ),
        ),
        Axis("Cost [USD per MWh of IT load]"),
        height_px=200,
        has_rows=True,
        fewest_rows=1,
        names_px=172,
    ),
)
HELP = """
The flow tapped on the map, or chosen in the list: of the region or client picked, otherwise the largest. What one MWh
of it costs at home, where it runs, and at three runners-up, which lose least first. Where room is scarce, its price is
part of what a place costs: with it, no open place is cheaper than the one the load runs in. A place without it that
looks cheaper is full, too late, or closed by law. Under Table: all parts, and the source and quality of each figure.
"""
_CLOSED = {
    "law": mark("is closed to it by law"),
    "system": mark("does not offer it"),
    "arcs.csv": mark("is closed to it by arcs.csv"),
    "hosting": mark("would have to be paid to host it"),
    "state locality": mark("cannot have it: its state keeps it at home"),
    "cap on cost": mark("is beyond the cap on cost"),
    "cap on mean delay": mark("is beyond the cap on mean delay"),
}
_SHORT = {
    "capacity": mark("full"),
    "latency": mark("too late"),
    "law": mark("unlawful"),
    "system": mark("not offered"),
}
_LIMITS = {  # what binds most, as users say it
    "capacity": mark("room"),
    "latency": mark("waiting"),
    "law": mark("law"),
    "system": mark("system"),
    "hosting": mark("hosting"),
    "state locality": mark("state locality"),
    "cap on cost": mark("cap on cost"),
    "cap on mean delay": mark("cap on mean delay"),
}
_MOST_NAMED = 3  # uncertain figures in a sentence


@renders("why_here", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The places of `explorer.why_here`, each as the sum of its costs."""
    rows = _rows(table)
    filled = _places(table, rows) if rows else Filled({}, (0.0, 1.0))
    note = tr("Cost of a MWh by place; price of room: shadow price of IT capacity.")
    return Chart(
        PANELS, (filled,), _title(table, rows), _finding(table, rows), About.of(table), [note]
    )


def _rows(table: pd.DataFrame) -> list[Row]:
    """The rows of few, by column; with columns of many types pandas takes milliseconds for it."""
    columns = (table[name].tolist() for name in table)
    return [dict(zip(table, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _places(table: pd.DataFrame, rows: list[Row]) -> Filled:
    usd = np.array([[_sum(row, columns) for columns in _BARS.values()] for row in rows])
    left, right = stacked(usd)
    some = np.flatnonzero(np.abs(usd).max(axis=0) > 0)  # parts that any of the places has
    left, right, usd = left[:, some], right[:, some], usd[:, some]
    names = [_name(table, row["region"]) for row in rows]
    places, count = np.repeat(row_places(len(rows)), len(some)), len(some)
    parts = {
        "left": left.ravel(), "right": right.ravel(), "bottom": places - 0.36, "top": places + 0.36,
        "role": np.tile(some.astype(np.uint8), len(rows)),
        "place": np.repeat(np.array(names, object), count),
        "part": np.tile(np.array([*map(tr, _NAMES)], object)[some], len(rows)),
        "part_usd_per_mwh": usd.ravel(),
    }  # fmt: skip
    low, high = min(0.0, float(left.min(initial=0.0))), max(float(right.max(initial=0.0)), 1.0)
    ends = low - 0.01 * (high - low), high + 0.03 * (high - low)
    called = [_row(table, row, row is _there(rows)) for row in rows]
    return Filled({"zero": {"x": np.zeros(1)}, "parts": parts}, ends, rows=called)


def _sum(row: Row, columns: tuple[str, ...]) -> float:
    return float(np.nan_to_num(sum(row[f"{name}_usd_per_mwh"] for name in columns)))


def _row(table: pd.DataFrame, row: Row, is_there: bool) -> str:
    """What a place is called beside its bar: its name, and why it is in the picture."""
    short = mark("runs here") if is_there else mark("home") if row["role"] == HOME else ""
    short = short or _SHORT.get(row["constraint"].split(" and ")[0], "")
    name = elided(_name(table, row["region"]), 16)
    return tr("{}, {}", name, tr(short)) if short else name


def _name(table: pd.DataFrame, region: str) -> str:
    return str(table.attrs.get("names", {}).get(region, region))


def _whose(table: pd.DataFrame, home: Row) -> str:
    """The client whose load it is where one was asked for, otherwise the home of all."""
    return str(table.attrs.get("of") or _name(table, home["region"]))


def _title(table: pd.DataFrame, rows: list[Row]) -> str:
    if not rows:
        return tr("no load is placed")
    home, there = rows[0], _there(rows)
    whose, workload = elided(_whose(table, home)), elided(table.attrs.get("workload", ""))
    if there["region"] == home["region"]:
        return tr("load of class {} from {} stays at home", workload, whose)
    less = home["total_usd_per_mwh"] - there["total_usd_per_mwh"]
    return tr(
        "load of class {workload} from {whose} runs in {region}: {usd} USD/MWh less"
        if less >= 0
        else "load of class {workload} from {whose} runs in {region}: {usd} USD/MWh more",
        workload=workload,
        whose=whose,
        region=elided(_name(table, there["region"])),
        usd=figure(abs(less), "USD/MWh"),
    )


def _there(rows: list[Row]) -> Row:
    """Where it runs; home, which is the first of them, where it stays."""
    return rows[1] if len(rows) > 1 and rows[1]["role"] == THERE else rows[0]


def _finding(table: pd.DataFrame, rows: list[Row]) -> Markup:
    if not rows:
        if table.attrs.get("of"):
            return html("No load of {} is placed: there is nothing to explain.", table.attrs["of"])
        return html("No load is placed: there is nothing to explain.")
    home, there = rows[0], _there(rows)
    stays = home["region"] == there["region"]
    lead = _stays(table, home) if stays else _moves(table, home, there)
    parts = [sentences([lead, _in_time(table, there)])]
    parts += [_runners_up(table, rows, there), _limit(table)]
    parts.append(_sources(table, {row["region"] for row in rows}, home, there))
    return joined([part for part in parts if part], html(" <br>"))


def _stays(table: pd.DataFrame, home: Row) -> Markup:
    said = html(
        "<b>{}’s {} load stays at home</b>: a MWh costs {} USD.",
        _whose(table, home), table.attrs.get("workload", ""), figure(home["total_usd_per_mwh"], "USD"),
    )  # fmt: skip
    pinned = table.attrs.get("pinned")
    return sentences([said, html("Its state keeps it there.")]) if pinned else said


def _moves(table: pd.DataFrame, home: Row, there: Row) -> Markup:
    saved = sum(home[c] - there[c] for c in ("energy_usd_per_mwh", "carbon_usd_per_mwh"))
    moving = there["total_usd_per_mwh"] - there["energy_usd_per_mwh"] - there["carbon_usd_per_mwh"]
    said = html(
        "<b>{whose}’s {workload} load runs in {region}</b>: there a MWh costs {usd} USD less in electricity and "
        "carbon, moving takes {moving}."
        if saved >= 0
        else "<b>{whose}’s {workload} load runs in {region}</b>: there a MWh costs {usd} USD more in electricity and "
        "carbon, moving takes {moving}.",
        whose=_whose(table, home),
        workload=table.attrs.get("workload", ""),
        region=_name(table, there["region"]),
        usd=figure(abs(saved), "USD"),
        moving=figure(moving, "USD"),
    )
    if home["constraint"] == DEARER:
        return said
    return sentences([said, html("Home {}.", _obstacle(home))])


def _in_time(table: pd.DataFrame, there: Row) -> Markup:
    budget, slack = table.attrs.get("budget_ms"), there["slack_ms"]
    if budget is None:
        return html("")
    spare, of = _time(slack), format_duration(budget)
    return html("It answers with {} to spare of its {}.", spare, of)


def _runners_up(table: pd.DataFrame, rows: list[Row], there: Row) -> Markup:
    """The next best, and what keeps it from each."""
    said = [
        _next_best(_name(table, row["region"]), row, there)
        for row in rows
        if row["role"] == RUNNER_UP
    ]
    return html("Next best: {}.", joined(said, tr("; "))) if said else html("")


def _next_best(name: str, row: Row, there: Row) -> Markup:
    """
    What keeps load from a place, and how much cheaper that is, where it is and something else does.
    """
    less = there["total_usd_per_mwh"] - row["total_usd_per_mwh"]
    if row["constraint"] == DEARER or less <= 0:
        return html("<b>{}</b> {}", name, _obstacle(row))
    return html("<b>{}</b>, {} USD cheaper, {}", name, figure(less, "USD"), _obstacle(row))


def _obstacle(row: Row) -> str:
    """What keeps a flow from a place, as the end of a sentence that begins with its name."""
    constraint, loses = row["constraint"], row["loses_usd_per_mwh"]
    if constraint == DEARER:
        if not np.isfinite(loses):
            return tr("is no better")
        if loses < 0.005:
            return tr("is as good")
        return tr("would lose {} USD/MWh", figure(loses, "USD/MWh"))
    if constraint == "capacity":
        price = row["capacity_price_usd_per_mwh"]
        if not np.isfinite(price):
            return tr("is full")
        return tr("is full (room there is worth {} USD/MWh)", figure(price, "USD/MWh"))
    late = tr("would answer {} too late", _time(-row["slack_ms"]))
    return _all_of(
        [
            late if name == "latency" else tr(_CLOSED.get(name, name))
            for name in str(constraint).split(" and ")
        ]
    )


def _all_of(said: list[str]) -> str:
    return reduce(lambda before, last: tr("{} and {}", before, last), said)


def _limit(table: pd.DataFrame) -> Markup:
    """The constraint that binds most."""
    limit = table.attrs.get("limit")
    if limit is None:
        return html("")
    if limit["constraint"] == NOTHING:
        return html("No single limit binds: if one fell, it would still run here.")
    return html(
        "What binds most: <b>{limit}</b> ({region}); without that limit a MWh there would save {usd} USD.",
        limit=_all_of([tr(_LIMITS.get(n, n)) for n in str(limit["constraint"]).split(" and ")]),
        region=_name(table, limit["region"]),
        usd=figure(limit["usd_per_mwh"], "USD"),
    )


def _sources(table: pd.DataFrame, regions: set[str], home: Row, there: Row) -> Markup:
    """How sure the figures of both places and the class are, and which are not."""
    runners = regions - {home["region"], there["region"]}
    found = [f for f in table.attrs.get("figures", []) if f["place"] not in runners]
    if not found:
        return html("")
    unsure = [f for f in found if f["quality"] in UNCERTAIN]
    if not unsure:
        return html("{} of {} figures behind it are from a source.", len(found), len(found))
    some = tr(", ").join(_figure(table, figure) for figure in unsure[:_MOST_NAMED])
    more = len(unsure) - _MOST_NAMED
    return html(
        "{known} of {all} figures behind it are from a source; estimates or proxies: {some}.",
        known=len(found) - len(unsure),
        all=len(found),
        some=tr("{} and {} more", some, more) if more > 0 else some,
    )


def _figure(table: pd.DataFrame, figure: Row) -> str:
    """What a figure is called, without its unit, and of what it is."""
    what = title_of(figure["figure"]).split(" [")[0]
    of_class = figure["place"] == table.attrs.get("workload_id")
    place = table.attrs["workload"] if of_class else _name(table, figure["place"])
    return tr("{} of {}", what, place)


def _time(ms: float) -> str:
    return format_duration(float(f"{ms:.3g}"))
