"""What is one more MWh worth? The price of serving clients, and of capacity in regions, on the world map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import geoviews as gv
import geoviews.plotting.bokeh  # registers the renderer
import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import Grid, HoverTool, LayoutDOM
from bokeh.palettes import Viridis256
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, quiet_toolbar
from explorer.charts.basemap import EXTENT_X, EXTENT_Y, MERCATOR, basemap
from explorer.markup import html, joined
from explorer.measures.marginal_prices import ALL, marginal_prices_table
from explorer.model.geodesy import mercator_m
from explorer.model.labels import Labels, as_shown
from explorer.model.network import Network
from explorer.text import number

RING = "#D55E00"
LARGEST_RING_PX = 60.0
PENALTY_SHARE = 0.1  # of the penalty on unserved load: prices from there on are not those of energy


@dataclass(frozen=True)
class Prices:
    """Marginal prices and the network they belong to."""

    network: Network
    table: pd.DataFrame  # as in `marginal_prices`

    def of(self, kind: str) -> pd.DataFrame:
        """Those of all classes together: one row per client, or per region."""
        return self.table.loc[(self.table["kind"] == kind) & (self.table["workload"] == ALL)]


class PricesView(MeasureView):
    """World map: clients coloured by what one more MWh for them costs, rings as wide as capacity is worth."""

    file_name = "marginal-prices"

    def compute(self, network: Network) -> Iterator[Prices]:
        yield Prices(network, marginal_prices_table(network))

    def show(self, result: Prices) -> None:
        scenario, labels = self.session.scenario, self.session.network.labels
        demand, capacity = result.of("demand"), result.of("capacity")
        price = demand["price_usd_per_mwh"].to_numpy()
        self.pane.update(
            "clients",
            **_places(scenario.clients, labels.clients),
            **_hover_columns(demand),
            color=price,
            classes=_by_class(result),
        )
        worth = capacity["price_usd_per_mwh"].to_numpy()
        self.pane.update(
            "regions", **_places(scenario.regions, labels.regions), **_hover_columns(capacity), size=_diameter(worth)
        )
        low, high = _scale(price, result.network.unserved_usd_per_mwh)
        self.pane.configure("clients", "color_color_mapper", low=low, high=high)
        self.pane.say("words", _sentence(result, labels))

    def table(self, result: Prices) -> pd.DataFrame:
        """Regions, clients, clients class by class; the dearest first."""
        by_class = result.table["workload"] != ALL
        order = {"by_class": True, "kind": True, "price_usd_per_mwh": False}
        rows = result.table.assign(by_class=by_class).sort_values([*order], ascending=[*order.values()], kind="stable")
        return rows.drop(columns="by_class")

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """The map of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            two = np.arange(2.0)
            regions = gv.Points(
                tuple(two for _ in range(7)), ["x", "y"], ["size", "name", "price", "mw", "range"], crs=MERCATOR
            ).opts(
                size="size", color=RING, fill_alpha=0.15, line_color=RING, line_width=2, default_tools=[],
                tools=[_hover("Capacity here saves", "Capacity")], hooks=[drawing.keep("regions")],
            )  # fmt: skip
            clients = gv.Points(
                tuple(two for _ in range(8)), ["x", "y"], ["shown", "name", "price", "mw", "range", "classes"],
                crs=MERCATOR,
            ).opts(
                size=10, color="shown", cmap=list(Viridis256), clim=(0, 1), line_color="#6b7480", line_width=0.7,
                colorbar=True, colorbar_position="bottom_left",
                colorbar_opts=_COLORBAR, default_tools=[],
                tools=["pan", "wheel_zoom", "reset", _hover("One more MWh costs", "Demand", ("By class", "@classes"))],
                hooks=[drawing.keep("clients")],
            )  # fmt: skip
            world = hv.Overlay([*basemap(), regions, clients]).opts(
                responsive=True, data_aspect=1, xlim=EXTENT_X, ylim=EXTENT_Y, xaxis=None, yaxis=None, show_frame=False,
                projection=MERCATOR, active_tools=[], hooks=[quiet_toolbar],
            )  # fmt: skip
            figure = drawing.figure(world, min_border=0, outline_line_color=None, below=[], left=[])
            figure.center = [item for item in figure.center if not isinstance(item, Grid)]
            drawing.handles["clients"]["color_colorbar"].update(title="One more MWh [USD/MWh]")
            return measure_card(drawing, "What is one more MWh worth?", _HELP, figure)

        return Drawing(make)


def _places(table: pd.DataFrame, names: Sequence[str]) -> dict[str, NDArray]:
    x, y = mercator_m(table["latitude"], table["longitude"])
    return {"x": x, "y": y, "name": np.array(names, object)}


def _hover_columns(rows: pd.DataFrame) -> dict[str, NDArray]:
    price, mw = (rows[column].to_numpy() for column in ("price_usd_per_mwh", "mw"))
    ranges = [_range(low, high) for low, high in zip(rows["from_mw"], rows["to_mw"], strict=True)]
    return {"price": price, "mw": mw, "range": np.array(ranges, object)}


def _range(low: float, high: float) -> str:
    """
    Amounts between which a price holds, in words.

    >>> _range(20.77, 68.6), _range(5.43, np.inf), _range(np.nan, np.nan)
    ('20.8 to 68.6 MW', 'from 5.43 MW', '–')
    """
    if np.isnan(low):
        return "–"
    return f"{number(low)} to {number(high)} MW" if np.isfinite(high) else f"from {number(low)} MW"


def _by_class(result: Prices) -> NDArray:
    """The prices of every client's classes in words."""
    rows = result.table.loc[(result.table["kind"] == "demand") & (result.table["workload"] != ALL)]
    prices = rows["price_usd_per_mwh"].to_numpy().reshape(-1, len(result.network.workloads))
    names = [*map(as_shown, result.network.workloads)]
    return np.array(
        [", ".join(f"{k} {number(p, 4)}" for k, p in zip(names, line, strict=True)) for line in prices], object
    )


def _diameter(usd_per_mwh: NDArray) -> NDArray:
    """Of a ring, its area growing with the price: 80 USD/MWh are 45 px wide; a dot where capacity is worth nothing."""
    return np.minimum(3.0 + 4.7 * np.sqrt(np.nan_to_num(usd_per_mwh)), LARGEST_RING_PX)


def _scale(price: NDArray, unserved_usd_per_mwh: float) -> tuple[float, float]:
    """Ends of the colour scale; a price that is a penalty on unserved load is beyond, or all others were one colour."""
    known = price[~np.isnan(price)]
    usual = known[known < unserved_usd_per_mwh * PENALTY_SHARE]
    shown = usual if len(usual) else known
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    return low, high if high > low else low + 1.0


def _sentence(result: Prices, labels: Labels) -> Markup:
    price, demand_mw = result.of("demand")[["price_usd_per_mwh", "mw"]].to_numpy(float).T
    if np.isnan(price).all():
        return html("<b>There are no such prices:</b> {}", _why_not(result.network))
    cheapest, dearest = (
        html("<b>{} USD/MWh</b> in {}", number(price[n], 4), labels.clients[n])
        for n in (price.argmin(), price.argmax())
    )
    mean = np.average(price, weights=demand_mw) if demand_mw.any() else price.mean()
    said: list[str] = [
        html("One more MWh costs between {} and {}, {} on average over demand.", cheapest, dearest, number(mean, 4))
    ]
    penalised = np.count_nonzero(price >= result.network.unserved_usd_per_mwh * PENALTY_SHARE)
    if penalised:
        said.append(f"For {penalised} of {len(price)} clients that is a penalty: some load goes unserved.")
    worth, capacity_mw, to_mw = result.of("capacity")[["price_usd_per_mwh", "mw", "to_mw"]].to_numpy(float).T
    if not worth.any():
        return joined([*said, "Capacity is worth nothing anywhere: there is room where load would go."], " ")
    best = worth.argmax()
    most = html(
        "<span style='color:{}'>◯</span> Capacity is worth something in {} of {} regions, most in {}: "
        "<b>{} USD/MWh</b>, as far as {} MW ({} MW now).",
        RING, np.count_nonzero(worth), len(worth), labels.regions[best], number(worth[best]), number(to_mw[best]),
        number(capacity_mw[best]),
    )  # fmt: skip
    return joined([*said, most], " ")


def _why_not(network: Network) -> str:
    if network.objective != "cost":
        return f"the placement is that of least {network.objective}. Choose cost as the objective."
    return "what it costs to be in a region at all comes in lumps, and lumps have no margin. Set hosting to zero."


_HELP = """
Circles: what the objective rises by when a client wants one more MWh of IT load, in its mix of classes: a locational
marginal price of inference, the dual of its demand. Rings: what it falls by when a region has one more MWh of IT
capacity, the dual of its capacity; areas grow with the price, dots are worth nothing. Carbon counts at its price. The
range says between which amounts a price holds, all else as it is: an exact linear program on the optimal face.
"""
_COLORBAR = {
    "height": 7, "width": 120, "margin": 0, "bar_line_color": None, "major_tick_line_color": None,
    "background_fill_alpha": 0,
}  # fmt: skip


def _hover(what: str, amount: str, *more: tuple[str, str]) -> HoverTool:
    tips = [
        ("", "@name"), (what, "@price{0,0.0} USD/MWh"), *more, (amount, "@mw{0,0.0} MW"), ("Price holds", "@range"),
    ]  # fmt: skip
    return HoverTool(tooltips=tips)
