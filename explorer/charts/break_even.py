"""When does it pay? Pairs of regions against the line where moving stops paying."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.markup import html
from explorer.measures.break_even import best_of_each
from explorer.model.labels import NamesById
from explorer.presentation import renders
from explorer.text import figure
from explorer.words import mark, tr

LOSS, CLOSED, PAYS = 0, 1, 2  # whether a pair pays and may move; what pays is drawn last, on top
_HOVER = (
    "net_usd_per_mwh",
    "price_gap_usd_per_mwh",
    "break_even_price_gap_usd_per_mwh",
    "break_even_egress_usd_per_gb",
    "wan_ms",
)
_TIP = (
    ("", "@pair"),
    ("Saving (break-even friction)", "@x{0,0.0} USD/MWh"),
    ("Friction", "@y{0,0.0} USD/MWh"),
    ("Net", "@net_usd_per_mwh{+0,0.0} USD/MWh"),
    (
        "Price gap, needed",
        "@price_gap_usd_per_mwh{0,0.0}, @break_even_price_gap_usd_per_mwh{0,0.0} USD/MWh",
    ),
    ("Pays at a carbon price", "@pays_at"),
    ("Break-even egress price", "@break_even_egress_usd_per_gb{0,0.000} USD/GB"),
    ("Added delay", "@wan_ms{0,0.0} ms"),
    ("Closed by", "@closed_by"),
)
PANELS = (
    Panel(
        "pairs of regions",
        (
            Mark("break-even", "diagonal", ("break-even",), ("saving equals friction",)),
            Mark("pairs", "points", ("loses", "closed", "pays"), tip=_TIP, size=9, tips_at_once=2),
        ),
        Axis("Saving [USD/MWh], pays right of the line"),
        Axis("Friction [USD/MWh]"),
        height_px=215,
        zooms=True,
    ),
)
_CLOSED_BY = {
    "none": mark("none"),
    "law": mark("law"),
    "not offered": mark("not offered"),
    "own terms": mark("own terms"),
    "latency": mark("latency"),
}
_COUNTED = (  # pairs, by role
    mark("{} do not pay"),
    mark("{} would pay, but are closed to it"),
    mark("{} pay"),
)
HELP = """
One MWh of IT load: what it saves to run it elsewhere, carbon price included, against the friction of moving it. Right
of the dashed line moving pays. Pairs may be closed: by law, because the region does not offer the class, by terms of
their own, or for latency. The placement can still differ: capacity decides who gets the best places.
"""


@renders("break_even", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The pairs of `explorer.break_even`: of each home the best, or all where the table says so."""
    pairs = shown(table)
    saving, friction = (
        pairs[name].to_numpy(np.float32) for name in ("saving_usd_per_mwh", "friction_usd_per_mwh")
    )
    names = NamesById(table.attrs.get("names", {}))
    ends = zip(pairs["home"], pairs["region"], strict=True)
    role = status(pairs)
    columns = {
        "break-even": {"slope": np.array([1.0])},
        "pairs": {
            "x": saving, "y": friction, "role": role,
            "pair": np.array([f"{names[home]} → {names[region]}" for home, region in ends], object),
            "pays_at": pays_at(pairs),
            "closed_by": np.array([tr(_CLOSED_BY[by]) for by in pairs["closed_by"]], object),
            **{name: pairs[name].to_numpy(np.float32) for name in _HOVER},
        },
    }  # fmt: skip
    x_range, y_range = _reach(saving, friction)
    return Chart(
        PANELS,
        (Filled(columns, x_range, y_range, labels={"pairs": _labels(role)}),),
        _title(pairs, role),
        _finding(pairs, role),
        About.of(table),
        [tr("One MWh of IT load. Dashed: saving equals friction. This project's own definition.")],
    )


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """
    The pairs drawn, those that pay last: of each home with clients the one with most to gain, open
    ones first.
    """
    rows = np.arange(len(table))
    if table.attrs.get("best_of_each_home", True):
        rows = _best_of_each_home(table)
    rows = rows[np.argsort(status(table)[rows], kind="stable")]
    return table.iloc[rows].set_axis(rows)


def _best_of_each_home(table: pd.DataFrame) -> NDArray[np.intp]:
    """Of each home with clients the row with most to gain, of open ones if there are any."""
    home, names = pd.factorize(table["home"])
    with_clients = {*table.attrs.get("homes", names)}
    has_clients = np.array([name in with_clients for name in names], bool)
    rows = np.flatnonzero(has_clients[home])
    is_open = table["closed_by"].to_numpy() == "none"
    net = table["net_usd_per_mwh"].to_numpy(float)
    return rows[best_of_each(home[rows], is_open[rows], net[rows])]


def status(pairs: pd.DataFrame) -> NDArray[np.uint8]:
    """`PAYS`, `CLOSED` (it would) or `LOSS` of each pair."""
    is_open = pairs["closed_by"].to_numpy() == "none"
    return np.where(pairs["pays"].to_numpy(bool), np.where(is_open, PAYS, CLOSED), LOSS).astype(
        np.uint8
    )


def pays_at(pairs: pd.DataFrame) -> NDArray:
    """At which carbon prices moving pays, in words."""
    columns = ("pays_from_usd_per_t", "pays_until_usd_per_t", "pays")
    words = []
    for start, end, pays in zip(*(pairs[name] for name in columns), strict=True):
        if start == start:
            words.append(tr("from {} USD/t", figure(start, "USD/t")))
        elif end == end:
            words.append(tr("until {} USD/t", figure(end, "USD/t")))
        else:
            words.append(tr("at any") if pays else tr("at none"))
    return np.array(words, object)


def round_above(value: float) -> float:
    """
    The next of 5, 10, 20, 50, ...: an axis that stays put while a slider moves, so that points are
    seen to move.
    """
    steps = [m * 10.0**e for e in range(0, 7) for m in (1, 2, 5)]
    return next((step for step in steps if step >= max(value, 5.0)), value)


def _reach(saving: NDArray, friction: NDArray) -> tuple[tuple[float, float], tuple[float, float]]:
    top = round_above(1.1 * float(friction.max(initial=0.0)))
    low, high = float(saving.min(initial=0.0)), max(float(saving.max(initial=0.0)), top)
    low = max(low, -0.5 * high)  # far left of the line says nothing more
    margin = 0.05 * (high - low)
    return (low - margin, high + margin), (0.0, top)


def _labels(role: NDArray) -> tuple[str, ...]:
    return tuple(tr(text, np.count_nonzero(role == code)) for code, text in enumerate(_COUNTED))


def _title(pairs: pd.DataFrame, role: NDArray) -> str:
    pay = np.count_nonzero(role == PAYS)
    if pairs.attrs.get("home"):
        return tr(
            "moving pays from {home} to {pay} of {every} regions",
            home=pairs.attrs["home"],
            pay=pay,
            every=len(pairs),
        )
    if pairs.attrs.get("best_of_each_home", True):
        return tr("moving pays from {} of {} homes", pay, len(pairs))
    return tr("moving pays between {} of {} pairs", pay, len(pairs))


def _finding(pairs: pd.DataFrame, role: NDArray) -> Markup:
    pay, attrs = np.count_nonzero(role == PAYS), pairs.attrs
    if attrs.get("home"):
        who = html("from {}", attrs["home"])
    else:
        who = html(
            "each home to its best region" if attrs.get("best_of_each_home", True) else "every pair"
        )
    of_class = html("{}, {}", attrs["workload"], who) if "workload" in attrs else who
    return html(
        "{}: moving pays for <b>{} of {}</b>, right of the dashed line.", of_class, pay, len(pairs)
    )
