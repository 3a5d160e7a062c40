"""What if a region fails? What each loss leaves unserved, and what it makes the rest cost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import bars_from_zero, horizontal_bars, left_out, reach, row_places
from explorer.markup import html, sentences
from explorer.presentation import renders
from explorer.text import elided, figure, format_number, signed
from explorer.words import tr

ROWS = 12  # regions shown
NONE_MW = 0.005  # less is none
NONE_USD = 0.5  # per hour
_ROLES = ("state locality", "lost", "stranded")
_LABELS = (
    "pinned there by state",
    "no room elsewhere, whatever moves",
    "none if only its load moves",
)
_COLUMNS = (
    "it_mw", "pinned_mw", "unserved_mw", "stranded_mw", "reserve_stranded_mw", "cost_change_usd_per_h",
    "carbon_change_kg_per_h", "objective_change_usd_per_h",
)  # fmt: skip
_TIP = (
    ("Lost", "@region"),
    ("IT load before", "@it_mw{0,0.0} MW, pinned by state @pinned_mw{0,0.0} MW"),
    ("Unserved, whatever moves", "@unserved_mw{0,0.0} MW"),
    ("Unserved, if only its load moves", "@stranded_mw{0,0.0} MW"),
    ("The same with a reserve", "@reserve_stranded_mw{0,0.0} MW"),
)
_CHANGE_TIP = (
    ("Lost", "@region"),
    ("Cost, carbon at its price", "@objective_change_usd_per_h{+0,0} USD/h"),
    ("Cost without carbon price", "@cost_change_usd_per_h{+0,0} USD/h"),
    ("Carbon", "@carbon_change_kg_per_h{+0,0} kg/h"),
)
PANELS = (
    Panel(
        "losses",
        (
            Mark("unserved", "bars", _ROLES, _LABELS, _TIP),
            Mark("with a reserve", "points", ("with reserve",), ("with a reserve",), size=9),
        ),
        Axis("Load unserved when it is lost [MW]"),
        height_px=290,
        has_rows=True,
    ),
    Panel(
        "rest",
        (Mark("change", "bars", ("dearer",), ("cost of the rest",), _CHANGE_TIP),),
        Axis("Change of what the rest costs [USD/h]"),
        height_px=290,
        has_rows=True,
    ),
)
HELP = """
Each region is lost in turn (N-1): its servers, not its network, so that what state pins there goes unserved and
latencies stay. Everything else is placed anew, or, as a failover does at once, the lost load alone moves into the room
that others have left. Below: what the load that is still served costs more than the same load before. With a reserve:
the cheapest placement of which as much as can be survives any single loss in that second way. Hosting and caps are left
out. What is lost and what stays is this project's own choice.
"""


@renders("failure", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The regions of `explorer.failure` whose loss is worst."""
    shown = table.head(ROWS)
    names = [_name(table, region) for region in shown["region"]]
    hover = {"region": np.array(names, object)} | {
        column: shown[column].to_numpy() for column in _COLUMNS
    }
    more = left_out(len(shown), len(table), "worst of")
    return Chart(
        PANELS,
        (_losses(hover, names, more), _rest(hover, names, more)),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "Each region lost in turn: all else placed anew, or only its own load. Cost of "
                "the rest: less what the same load costs before."
            )
        ],
    )


def _name(table: pd.DataFrame, region: object) -> str:
    return elided(str(table.attrs.get("names", {}).get(region, region)))


def _losses(hover: dict[str, np.ndarray], names: list[str], more: str) -> Filled:
    lost = np.maximum(hover["unserved_mw"], 0.0)
    ends = [
        np.zeros_like(lost),
        np.minimum(hover["pinned_mw"], lost),
        lost,
        np.maximum(hover["stranded_mw"], lost),
    ]
    parts = [horizontal_bars(left, right, 0.34) for left, right in pairwise(ends)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    tips = {name: np.tile(hover[name], len(parts)) for name in ("region", *_COLUMNS[:5])}
    role = np.repeat(np.arange(len(parts), dtype=np.uint8), len(lost))
    reserve = {"x": hover["reserve_stranded_mw"], "y": row_places(len(lost))}
    end = max(1.0, float(np.append(ends[-1], reserve["x"]).max(initial=0.0)))
    return Filled(
        {"unserved": columns | tips | {"role": role}, "with a reserve": reserve},
        (-0.015 * end, 1.04 * end),
        rows=names,
        y_label=more,
    )


def _rest(hover: dict[str, np.ndarray], names: list[str], more: str) -> Filled:
    change = hover["objective_change_usd_per_h"]
    bars = bars_from_zero(change)
    tips = {name: hover[name] for name in ("region", *_COLUMNS[5:])}
    return Filled(
        {"change": bars | tips}, reach(np.append(change, 0.0), 0.04), rows=names, y_label=more
    )


def _title(table: pd.DataFrame) -> str:
    worst = float(table["unserved_mw"].to_numpy().max())
    if not table["it_mw"].to_numpy().any():
        return tr("no load is served, so none is lost")
    if worst <= NONE_MW:
        return tr("any region can be lost with everybody served")
    return tr("the worst loss of a region leaves {} MW unserved", format_number(worst))


def _finding(table: pd.DataFrame) -> Markup:
    if not table["it_mw"].to_numpy().any():
        return html("<b>No load is served</b>, so no loss of a region leaves anybody unserved.")
    return sentences([_worst(table), _dearest(table), _reserve(table)])


def _worst(table: pd.DataFrame) -> Markup:
    unserved = table["unserved_mw"].to_numpy()
    harmless = int((unserved <= NONE_MW).sum())
    if harmless == len(table):
        return html("<b>Any region can be lost with everybody served</b>, if all may move.")
    return html(
        "<b>Losing {region} leaves {unserved} MW unserved</b>, whatever moves, of which state pins {pinned}; "
        "{harmless} of {every} regions can be lost with everybody served.",
        region=_name(table, table["region"].iloc[0]),
        unserved=format_number(float(unserved[0])),
        pinned=format_number(float(table["pinned_mw"].iloc[0])),
        harmless=harmless,
        every=len(table),
    )


def _dearest(table: pd.DataFrame) -> Markup:
    change = table["objective_change_usd_per_h"].to_numpy()
    most = int(change.argmax())
    if change[most] <= NONE_USD:
        return html("No loss makes what is still served dearer.")
    carbon = float(table["carbon_change_kg_per_h"].iloc[most])
    return html(
        "Dearest to do without is {region}: the rest costs <b>{more} USD/h</b> more, CO₂ {carbon} kg/h.",
        region=_name(table, table["region"].iloc[most]),
        more=figure(float(change[most]), "USD/h"),
        carbon=figure(carbon, "kg/h", signed),
    )


def _reserve(table: pd.DataFrame) -> Markup:
    """What a placement with a reserve costs more, and what it saves at the worst loss."""
    before, after = (
        float(table[name].to_numpy().sum()) for name in ("stranded_mw", "reserve_stranded_mw")
    )
    more, optimum = table.attrs["reserve_usd_per_h"], table.attrs["optimum_usd_per_h"]
    if before <= NONE_MW:
        return html(
            "If only the lost load moves, the optimum survives every loss: <b>it needs no reserve</b>."
        )
    if before - after <= NONE_MW:
        return html(
            "If only the lost load moves, {} MW are stranded over all losses; <b>no reserve would leave less</b>.",
            format_number(before),
        )
    share = tr(" ({:.2g} %)", 100 * more / abs(optimum)) if optimum else ""
    return html(
        "If only the lost load moves, {before} MW are stranded over all losses; <b>a placement with a reserve</b> "
        "leaves {after} and costs {more} USD/h{share} more.",
        before=format_number(before),
        after=format_number(after),
        more=figure(max(more, 0.0), "USD/h"),
        share=share,
    )
