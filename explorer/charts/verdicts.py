"""
Where is the line? Net saving over price gap and friction, the pairs on it, and what the placement
makes of them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.break_even import round_above
from explorer.charts.chart import About, Axis, Chart, Columns, Filled, Mark, Panel
from explorer.markup import html, sentences
from explorer.model.labels import NamesById
from explorer.model.placement import SMALLEST_MW
from explorer.presentation import renders
from explorer.text import figure, format_number
from explorer.words import mark, tr


@dataclass(frozen=True)
class Verdict:
    """How pairs with a constraint are drawn, and what is said of them."""

    constraint: str
    says: str  # with their number
    size: int  # [px]


VERDICTS = (  # what is drawn last is on top
    Verdict("friction", mark("{:,} do not pay"), 5),
    Verdict("no demand", mark("{:,} pay, but no load is at home there"), 5),
    Verdict("better region", mark("{:,} pay, but elsewhere it pays as well or better"), 6),
    Verdict("latency", mark("{:,} pay, but are too slow"), 8),
    Verdict("law", mark("{:,} pay, but law forbids"), 10),
    Verdict(
        "not offered", mark("{:,} differ, because the class is not offered there or at home"), 10
    ),
    Verdict("own terms", mark("{:,} differ, because arcs.csv has terms of its own for them"), 11),
    Verdict("state locality", mark("{:,} pay, but state stays at home"), 11),
    Verdict("objective", mark("{:,} differ, because the objective is not cost"), 9),
    Verdict("capacity", mark("{:,} pay, but capacity is taken"), 7),
    Verdict("delay cap", mark("{:,} pay, but the mean wait may not grow"), 9),
    Verdict("home full", mark("{:,} do not pay and are used: home is full"), 12),
    Verdict("none", mark("{:,} pay and are used"), 12),
)
_CODE = {verdict.constraint: code for code, verdict in enumerate(VERDICTS)}
_UNMARKED = _CODE["better region"]  # of all homes, those before it would only hide the rest
_FIGURES = {
    "y": "friction_usd_per_mwh",
    "gap": "price_gap_usd_per_mwh",
    "net": "net_usd_per_mwh",
    "used_mw": "used_mw",
    "wan_ms": "wan_ms",
}
_ACROSS, _UP = 96, 64  # cells of the image
_TIP = (
    ("", "@home → @region"),
    ("Net saving", "@net{+0,0.0} USD/MWh of IT load"),
    ("Price gap", "@gap{0,0.0} USD/MWh; @x{0,0.0} USD/MWh with carbon and PUE"),
    ("Friction", "@y{0,0.0} USD/MWh"),
    ("Added delay", "@wan_ms{0,0.0} ms"),
    ("Moved", "@used_mw{0,0.0} MW"),
    ("Goes to", "@better"),
)
PANELS = (
    Panel(
        "verdicts",
        (
            Mark("plane", "heat", ("net",), ("Net saving [USD/MWh]",), opacity=0.55),
            Mark("line", "diagonal", ("net zero",), ("net saving is zero",), size=3),
            Mark(
                "pairs",
                "points",
                tuple(f"pair {verdict.constraint}" for verdict in VERDICTS),
                tip=_TIP,
                tips_at_once=1,
                sizes=tuple(verdict.size for verdict in VERDICTS),
                named=("home", "region", "better"),
            ),
        ),
        Axis("Price gap, CO₂ and overhead in it [USD/MWh]"),
        Axis("Friction [USD/MWh]"),
        height_px=430,
        zooms=True,
    ),
)
HELP = """
Colour: net saving of moving one MWh of IT load = PUE × gap − friction. Price gap: a pair's whole saving ÷ the median
PUE, that is the electricity price gap that would save as much between two places of that PUE and equal carbon. So the
colour below a pair is its own net saving; on the line it is zero. Marks: what the placement makes of it. It differs
from the algebra of pairs where law, latency, state, capacity, the cap on the mean delay or what is offered binds, or
where the load has an even better place to go. This comparison, like the break-even condition itself, is the project's
own. Tap a pair to see all from its home.
"""


@renders("verdicts", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """
    The pairs of `explorer.verdicts` on the colour of their net saving: of one home all, of all homes
    with load those that pay or are used.
    """
    looked_at, drawn = of_homes(table), shown(table)
    pue = float(table.attrs.get("pue", 1.0))
    x = (drawn["saving_usd_per_mwh"] / pue).to_numpy(np.float32)
    figures = {name: drawn[column].to_numpy(np.float32) for name, column in _FIGURES.items()}
    names = NamesById(table.attrs.get("names", {}))
    plane, x_range, y_range = _plane(x, figures["y"], pue)
    columns: dict[str, Columns] = {
        "plane": plane,
        "line": {"slope": np.array([pue])},
        "pairs": {
            "x": x, "role": _codes(drawn), **figures,
            **{end: np.array([names[id] for id in drawn[end]], object) for end in ("home", "region")},
            "better": np.array([names[id] if id else "–" for id in drawn["better_region"]], object),
        },
    }  # fmt: skip
    end = figure(float(plane["end"][0]), "USD/MWh")
    counts: dict[Hashable, int] = looked_at["constraint"].value_counts().to_dict()
    labels = tuple(tr(verdict.says, counts.get(verdict.constraint, 0)) for verdict in VERDICTS)
    return Chart(
        PANELS,
        (Filled(columns, x_range, y_range, labels={"pairs": labels}),),
        _title(looked_at),
        _finding(table, looked_at, len(drawn)),
        About.of(table),
        [
            tr(
                "Shade: net saving of one MWh of IT load, −{end} (light) to {end} USD/MWh (dark). Marks: what the "
                "placement makes of a pair.",
                end=end,
            )
        ],
    )


def of_homes(table: pd.DataFrame) -> pd.DataFrame:
    """The pairs looked at: from one home, or from all with load of the class."""
    return table.loc[table["home"].isin(table.attrs.get("homes", table["home"]))]


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The pairs drawn, those on top last."""
    pairs = of_homes(table)
    code = _codes(pairs)
    drawn = np.flatnonzero((code >= _UNMARKED) | bool(table.attrs.get("home")))
    return pairs.iloc[drawn[np.argsort(code[drawn], kind="stable")]]


def _codes(pairs: pd.DataFrame) -> NDArray[np.uint8]:
    return np.array([_CODE[constraint] for constraint in pairs["constraint"]], np.uint8)


def _plane(
    x: NDArray, y: NDArray, pue: float
) -> tuple[Columns, tuple[float, float], tuple[float, float]]:
    """
    The net saving below the pairs; its axes stay put for small moves, so that pairs are seen to
    move.
    """
    bottom, top = _around(y)
    # so far that the line leaves at the top
    right = max(_half_steps_above(float(x.max(initial=0.0))), 1.1 * top / pue)
    left = -min(round_above(-float(x.min(initial=0.0))), 0.5 * right)
    margin = 0.03 * (right - left)
    left, right = left - margin, right + margin
    across, up = (right - left) / _ACROSS, (top - bottom) / _UP
    gap, friction = left + across * (np.arange(_ACROSS) + 0.5), bottom + up * (np.arange(_UP) + 0.5)
    image = np.empty(1, object)
    image[0] = (pue * gap - friction[:, np.newaxis]).astype(np.float32)
    place = {"x": left, "y": bottom, "dw": right - left, "dh": top - bottom}
    place["end"] = round_above(pue * right / 3)
    columns = {"image": image, **{name: np.array([value]) for name, value in place.items()}}
    return columns, (left, right), (bottom, top)


def _half_steps_above(value: float) -> float:
    """
    The next of 5, 5.5, 6, ..., 10, 15, ..., 100, 150, ...

    >>> _half_steps_above(3.0), _half_steps_above(240.0), _half_steps_above(1010.0)
    (5.0, 250.0, 1500.0)
    """
    step = 0.5 * 10 ** np.floor(np.log10(max(value, 5.0)))
    return float(step * np.ceil(max(value, 5.0) / step))


def _around(values: NDArray) -> tuple[float, float]:
    """Round ends of an axis somewhat beyond all values."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=0.0))
    step = 0.2 * 10 ** np.floor(np.log10(max(high, 1.0)))
    above = step * np.ceil(1.1 * max(high, 1.0) / step)
    if not np.isfinite(low):
        return 0.0, above
    below = step * np.floor(0.8 * low / step) if low > 0 else 0.0
    return min(below, step * np.floor(low / step)), above


def _title(pairs: pd.DataFrame) -> str:
    pays, used = _pay_and_used(pairs)
    return tr(
        "{pay} of {pairs} pairs pay by themselves, {used} of them are used",
        pay=int(pays.sum()),
        pairs=len(pairs),
        used=int(used.sum()),
    )


def _pay_and_used(pairs: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    pays = pairs["pays"].to_numpy(bool)
    return pays, pays & (pairs["used_mw"].to_numpy(float) > SMALLEST_MW)


def _finding(table: pd.DataFrame, pairs: pd.DataFrame, drawn: int) -> Markup:
    if pairs.empty:
        return html("No load could move: there is nothing to compare.")
    attrs, (pays, used) = table.attrs, _pay_and_used(pairs)
    names, home = NamesById(attrs.get("names", {})), attrs.get("home")
    counts = html(
        "{workload}: of {pairs:,} pairs from {home}, <b>{pay:,} pay, {used} of them are used</b> and carry {mw} MW."
        if "workload" in attrs
        else "Of {pairs:,} pairs from {home}, <b>{pay:,} pay, {used} of them are used</b> and carry {mw} MW.",
        workload=attrs.get("workload", ""),
        pairs=len(pairs),
        home=names[home] if home else tr("all homes with load"),
        pay=int(pays.sum()),
        used=int(used.sum()),
        mw=format_number(float(pairs["used_mw"].to_numpy(float)[pays].sum())),
    )
    meaning = html(
        "Each pair by itself pays right of the line; the placement weighs all pairs together."
    )
    said = sentences([counts, meaning])
    rest = html(
        "The {:,} that are neither used nor kept from it are not drawn.", len(pairs) - drawn
    )
    return sentences([said, rest]) if drawn < len(pairs) else said
