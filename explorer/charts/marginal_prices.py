"""
What is one more MWh worth? The price of serving clients, and of capacity in regions, on the world
map.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About
from explorer.charts.map import Circles, Map, Scale
from explorer.charts.palette import AMOUNT, AMOUNT_INKS, LOOKS
from explorer.charts.projection import on_map
from explorer.markup import html, sentences
from explorer.measures.marginal_prices import ALL, PENALTY_SHARE
from explorer.model.labels import as_shown
from explorer.presentation import renders
from explorer.text import figure, format_number
from explorer.words import mark, tr
from explorer.words.amounts import Figure

LARGEST_RING_PX = 60.0
LABEL = mark("One more MWh [USD/MWh]")


REGIONS = Circles(
    "regions",
    (
        ("", "@name"),
        ("Capacity here saves", "@price{0,0.0} USD/MWh"),
        ("Capacity", "@mw{0,0.0} MW"),
        ("Price holds", "@range"),
    ),
    "worth",
    "what capacity is worth",
)
CLIENTS = Circles(
    "clients",
    (
        ("", "@name"),
        ("One more MWh costs", "@price{0,0.0} USD/MWh"),
        ("By class", "@classes"),
        ("Demand", "@mw{0,0.0} MW"),
        ("Price holds", "@range"),
    ),
    size_px=10,
)
HELP = """
Circles: what the objective rises by when a client wants one more MWh of IT load, in its mix of classes: a locational
marginal price of inference, the dual of its demand. Rings: what it falls by when a region has one more MWh of IT
capacity, the dual of its capacity; areas grow with the price, dots are worth nothing. Carbon counts at its price. The
range says between which amounts a price holds, all else as it is: an exact linear program on the optimal face.
"""


@renders("marginal_prices", "map")
def price_map(table: pd.DataFrame) -> Map:
    """
    The prices of `explorer.marginal_prices`: clients by colour, regions with rings of their
    capacity's worth.
    """
    demand, capacity = _of(table, "demand"), _of(table, "capacity")
    price, worth = (rows["price_usd_per_mwh"].to_numpy(float) for rows in (demand, capacity))
    clients = _columns(table, demand) | {"shown": price, "classes": _by_class(table)}
    regions = _columns(table, capacity) | {"size": _diameter(worth)}
    ends = _ends(price, table.attrs["unserved_usd_per_mwh"])
    return Map(
        (REGIONS, CLIENTS),
        {REGIONS.name: regions, CLIENTS.name: clients},
        Scale.in_steps(tr(LABEL), ends, AMOUNT, AMOUNT_INKS),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "Circles: what one more MWh of a client's demand costs. Area of rings: what one more MWh of capacity "
                "saves."
            )
        ],
    )


def _of(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Prices of all classes together: one row per client, or per region."""
    return table.loc[(table["kind"] == kind) & (table["workload"] == ALL)]


def _names(table: pd.DataFrame, kind: str) -> list[str]:
    return table.attrs["places"][kind]["name"]


def _columns(table: pd.DataFrame, rows: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """
    Where the places of one kind are, what they are called, and their prices with the range of each.
    """
    places = table.attrs["places"][rows["kind"].iloc[0]]
    x, y = on_map(places["latitude"], places["longitude"])
    ranges = [_range(low, high) for low, high in zip(rows["from_mw"], rows["to_mw"], strict=True)]
    return {
        "x": x,
        "y": y,
        "name": np.array(places["name"], object),
        "price": rows["price_usd_per_mwh"].to_numpy(float),
        "mw": rows["mw"].to_numpy(float),
        "range": np.array(ranges, object),
    }


def _range(low: float, high: float) -> str:
    """
    Amounts between which a price holds, in words.

    >>> _range(20.77, 68.6), _range(5.43, np.inf), _range(np.nan, np.nan)
    ('20.8 to 68.6 MW', 'from 5.43 MW', '–')
    """
    if np.isnan(low):
        return "–"
    if np.isfinite(high):
        return tr("{} to {} MW", format_number(low), format_number(high))
    return tr("from {} MW", format_number(low))


def _by_class(table: pd.DataFrame) -> NDArray[np.object_]:
    """The prices of every client's classes in words."""
    rows = table.loc[(table["kind"] == "demand") & (table["workload"] != ALL)]
    names = [*map(as_shown, table.attrs["workloads"])]
    prices = rows["price_usd_per_mwh"].to_numpy(float).reshape(-1, len(names))
    return np.array(
        [
            tr(", ").join(f"{k} {_price(p)}" for k, p in zip(names, line, strict=True))
            for line in prices
        ],
        object,
    )


def _price(usd_per_mwh: float) -> Figure:
    return figure(usd_per_mwh, "USD/MWh", lambda value: format_number(value, 4))


def _diameter(usd_per_mwh: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Of a ring, its area growing with the price: 80 USD/MWh are 45 px wide; a dot where capacity is
    worth nothing.
    """
    return np.minimum(3.0 + 4.7 * np.sqrt(np.nan_to_num(usd_per_mwh)), LARGEST_RING_PX)


def _ends(price: NDArray[np.float64], unserved_usd_per_mwh: float) -> tuple[float, float]:
    """
    Ends of the colour scale; a price that is a penalty on unserved load is beyond, or all others
    were one colour.
    """
    known = price[~np.isnan(price)]
    usual = known[known < unserved_usd_per_mwh * PENALTY_SHARE]
    shown = usual if len(usual) else known
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    return low, high if high > low else low + 1.0


def _title(table: pd.DataFrame) -> str:
    price = _of(table, "demand")["price_usd_per_mwh"].to_numpy(float)
    if np.isnan(price).all():
        return tr("there are no prices of one more MWh")
    low, high = (_price(float(end)) for end in (price.min(), price.max()))
    return tr("one more MWh costs between {} and {} USD/MWh", low, high)


def _finding(table: pd.DataFrame) -> Markup:
    price, demand_mw = _of(table, "demand")[["price_usd_per_mwh", "mw"]].to_numpy(float).T
    if np.isnan(price).all():
        return _why_not(table.attrs["objective"])
    names = _names(table, "demand")
    cheapest, dearest = (
        html("<b>{} USD/MWh</b> in {}", _price(price[n]), names[n])
        for n in (price.argmin(), price.argmax())
    )
    mean = np.average(price, weights=demand_mw) if demand_mw.any() else price.mean()
    said: list[str] = [
        html(
            "One more MWh costs between {} and {}, {} on average over demand.",
            cheapest,
            dearest,
            _price(mean),
        )
    ]
    penalised = np.count_nonzero(_is_penalty(price, table))
    if penalised:
        said.append(
            tr("For {} of {} clients that is the penalty for unserved load.", penalised, len(price))
        )
    worth, capacity_mw, to_mw = (
        _of(table, "capacity")[["price_usd_per_mwh", "mw", "to_mw"]].to_numpy(float).T
    )
    if not worth.any():
        nowhere = tr("Capacity is worth nothing anywhere: there is room where load would go.")
        return sentences([*said, nowhere])
    best = worth.argmax()
    ring = html("<span style='color:{}'>◯</span>", LOOKS[REGIONS.role].colour)
    most = html(
        "Capacity is worth something in {worth} of {regions} regions, most in {region}: <b>{usd} USD/MWh</b>, the "
        "penalty for load that goes unserved for want of it, as far as {to} MW ({now} MW now)."
        if _is_penalty(worth[best], table)
        else "Capacity is worth something in {worth} of {regions} regions, most in {region}: <b>{usd} USD/MWh</b>, as "
        "far as {to} MW ({now} MW now).",
        worth=np.count_nonzero(worth),
        regions=len(worth),
        region=_names(table, "capacity")[best],
        usd=figure(worth[best], "USD/MWh"),
        to=format_number(to_mw[best]),
        now=format_number(capacity_mw[best]),
    )
    return sentences([*said, ring, most])


def _is_penalty(usd_per_mwh: Any, table: pd.DataFrame) -> Any:
    """Whether prices are not those of energy but what unserved load counts for."""
    return usd_per_mwh >= PENALTY_SHARE * table.attrs["unserved_usd_per_mwh"]


def _why_not(objective: str) -> Markup:
    match objective:
        case "carbon":
            return html(
                "<b>There are no such prices:</b> the placement is that of least carbon. Choose cost as the objective."
            )
        case "latency":
            return html(
                "<b>There are no such prices:</b> the placement is that of least latency. Choose cost as the objective."
            )
    return html(
        "<b>There are no such prices:</b> what it costs to be in a region at all comes in lumps, and lumps have no "
        "margin. Set hosting to zero."
    )
