"""
Wires or fibre? One MWh of IT load by line from another region's grid, and its computation executed
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import row_places, stacked
from explorer.markup import html, joined, sentences
from explorer.model.labels import as_shown
from explorer.model.placement import SMALLEST_MW
from explorer.presentation import renders
from explorer.text import elided, figure, format_number
from explorer.words import mark, tr

PARTS = {  # of a cost: column of the table, what it is called
    "energy": mark("electricity"),
    "losses": mark("losses"),
    "line": mark("line"),
    "converters": mark("converters"),
    "egress": mark("egress"),
    "transport": mark("moving data"),
    "other": mark("other friction"),
    "carbon": mark("carbon price"),
}
_NAMES = tuple(PARTS.values())  # which are roles too
PANELS = (
    Panel(
        "ways",
        (
            Mark("zero", "vertical", ("zero",), size=1),
            Mark(
                "parts",
                "bars",
                _NAMES,
                _NAMES,
                (("", "@way: @part"), ("Cost", "@part_usd_per_mwh{0,0.00} USD/MWh of IT load")),
            ),
        ),
        Axis("Cost [USD per MWh of IT load]"),
        height_px=215,
        has_rows=True,
        fewest_rows=1,
    ),
)
HELP = """
Per MWh of IT load. Home grid: PUE × price at home. Wires: (PUE at home) ÷ (1 − losses) is bought at the region's
price; 1 − losses = 0.99² × 0.977^(km/1000), route = 1.25 × great circle. Line and two converter stations bear 7 %
interest over 40 years and 2 % upkeep a year (cable 0.35 %), and run at 80 % of their power. Fibre: PUE × price in the
region, and the friction of the placement. Sources: PyPSA-Eur (losses, detour, interest), German grid plan 2023 (costs),
Hagspiel 2014 and Purvins 2018 (upkeep). The cable's cost, the 80 % and the comparison itself are this project's own.
"""
_COSTS_LEAST = {
    "home grid": mark("the home grid costs least"),
    "wires": mark("wires cost least"),
    "fibre": mark("fibre costs least"),
}


@renders("wires_or_fibre", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """
    The ways of `explorer.wires_or_fibre`, each as the sum of its costs; a table of none has no
    picture.
    """
    return Chart(
        PANELS,
        (Filled({}, (0.0, 1.0)) if table.empty else _ways(table),),
        _title(table),
        _finding(table),
        About.of(table),
        [_note(table)],
    )


def _note(table: pd.DataFrame) -> str:
    if "line" not in table.attrs:
        return tr("Wires: electricity from the other region. Fibre: computation executed there.")
    return tr(
        "Wires: electricity from the other region; {}. Fibre: computation executed there.",
        tr(table.attrs["line"]),
    )


def _ways(table: pd.DataFrame) -> Filled:
    """
    A bar for each way and part: what costs stacks up to the right of zero, what earns to the left.
    """
    usd = table[[f"{part}_usd_per_mwh" for part in PARTS]].to_numpy()
    left, right = stacked(usd)
    some = np.flatnonzero(np.abs(usd).max(axis=0) > 0)  # parts that any of the ways has
    left, right, usd = left[:, some], right[:, some], usd[:, some]
    places, ways = np.repeat(row_places(len(table)), len(some)), _ways_said(table)
    parts = {
        "left": left.ravel(), "right": right.ravel(), "bottom": places - 0.36, "top": places + 0.36,
        "role": np.tile(some.astype(np.uint8), len(table)), "way": np.repeat(ways, len(some)),
        "part": np.tile(np.array([*map(tr, _NAMES)], object)[some], len(table)),
        "part_usd_per_mwh": usd.ravel(),
    }  # fmt: skip
    low, high = min(0.0, float(left.min(initial=0.0))), max(float(right.max(initial=0.0)), 1.0)
    ends = low - 0.01 * (high - low), high + 0.03 * (high - low)
    rows = [
        tr("{}: {}", way, figure(total, "USD/MWh"))
        for way, total in zip(ways, table["total_usd_per_mwh"], strict=True)
    ]
    return Filled({"zero": {"x": np.zeros(1)}, "parts": parts}, ends, rows=rows)


def _ways_said(table: pd.DataFrame) -> NDArray[np.object_]:
    return np.array([tr(way) for way in table["way"]], object)


def _title(table: pd.DataFrame) -> str:
    if table.empty:
        return tr("nothing can be moved")
    cheapest = table["way"].iloc[int(table["total_usd_per_mwh"].to_numpy().argmin())]
    said, attrs = tr(_COSTS_LEAST[cheapest]), table.attrs
    if "home" not in attrs:
        return said
    return tr(
        "{said} for {workload}, {home} → {region}",
        said=said,
        workload=attrs["workload"],
        home=elided(attrs["home"]),
        region=elided(attrs["region"]),
    )


def _finding(table: pd.DataFrame) -> Markup:
    if table.empty:
        return html("One region only: nothing can be moved.")
    ways, attrs = table.to_dict("records"), table.attrs
    stay, wires, fibre = ways
    by_wires, by_fibre = (
        stay["total_usd_per_mwh"] - way["total_usd_per_mwh"] for way in (wires, fibre)
    )
    said = [
        html(
            "One MWh of class {} at home in <b>{}</b>, with electricity or servers of <b>{}</b>.",
            as_shown(attrs.get("workload_id", "")),
            attrs.get("home") or tr("one region"),
            attrs.get("region") or tr("another"),
        ),
        html("Against the home grid, {}, {}.", _wires_save(by_wires), _fibre_saves(by_fibre)),
        html(
            "Two different things: by wires the <b>electricity</b> moves, {:.2f} MWh are sent for each that arrives, "
            "and any load can use it.",
            wires["sent_per_delivered"],
        ),
        html("By fibre the <b>computation</b> moves, only of load that may run elsewhere."),
        _placed(attrs, by_fibre),
    ]
    return _figures(*ways) + sentences(said)


def _wires_save(usd: float) -> Markup:
    return html(
        "wires save <b>{} USD/MWh</b>" if usd >= 0 else "wires cost <b>{} USD/MWh</b> more",
        figure(abs(usd), "USD/MWh"),
    )


def _fibre_saves(usd: float) -> Markup:
    return html(
        "fibre saves <b>{} USD/MWh</b>" if usd >= 0 else "fibre costs <b>{} USD/MWh</b> more",
        figure(abs(usd), "USD/MWh"),
    )


def _placed(attrs: Mapping[Any, Any], fibre_saves_usd: float) -> str:
    """What forbids the fibre, or what the placement moves by it."""
    forbidden = attrs.get("forbidden", "none")
    if forbidden != "none":
        return (
            tr("Here the law forbids that.")
            if forbidden == "law"
            else tr("Here the latency budget forbids that.")
        )
    if attrs.get("moved_mw", 0.0) <= SMALLEST_MW:
        return ""
    is_forced = fibre_saves_usd < 0 and attrs.get("objective") == "cost"
    return tr(
        "The placement moves {} MW of it, dearer or not: home is full."
        if is_forced
        else "The placement moves {} MW of it.",
        format_number(attrs["moved_mw"]),
    )


def _figures(stay: Mapping[Any, Any], wires: Mapping[Any, Any], fibre: Mapping[Any, Any]) -> Markup:
    """What is not money."""
    rows = (
        (tr(stay["way"]), tr("{} kg CO₂", figure(stay["carbon_kg"], "kg"))),
        (
            tr(wires["way"]),
            tr("{:.1f} % lost", 100 * wires["loss_share"]),
            tr("{} km of line", format_number(wires["route_km"])),
            tr("{} kg CO₂", figure(wires["carbon_kg"], "kg")),
        ),
        (
            tr(fibre["way"]),
            tr("{} GB moved", format_number(fibre["data_gb"])),
            tr("{} kWh to move it", format_number(fibre["transport_kwh"])),
            tr("{} ms added", format_number(fibre["added_ms"])),
            tr("{} kg CO₂", figure(fibre["carbon_kg"], "kg")),
        ),
    )
    return joined(
        (
            html(
                '<div class="figures"><b>{}</b>{}</div>',
                way,
                joined((html("<span>{}</span>", figure) for figure in figures)),
            )
            for way, *figures in rows
        )
    )
