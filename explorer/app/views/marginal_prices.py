"""
What is one more MWh worth? The price of serving clients, and of capacity in regions, on the world
map.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import CustomJSTransform, Grid, LayoutDOM
from numpy.typing import NDArray

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, quiet_toolbar
from explorer.app.views.world_map import COLORBAR, fit_to_width, scale_with_the_map
from explorer.charts.backends.basemap import basemap
from explorer.charts.backends.bokeh import BOKEH
from explorer.charts.backends.geoviews_map import empty, frame, points, style
from explorer.charts.chart import Columns, tip_said
from explorer.charts.map import Map
from explorer.charts.map_places import M_PER_PX
from explorer.charts.marginal_prices import CLIENTS, HELP, REGIONS, price_map
from explorer.charts.palette import AMOUNT
from explorer.charts.ticks import scale_in_units
from explorer.charts.tip_numbers import hover_tool
from explorer.measures.marginal_prices import ALL, labelled, marginal_prices_table
from explorer.model.network import Network
from explorer.registry import MEASURES
from explorer.words import per_reader, units


class PricesView(MeasureView):
    """
    World map: clients coloured by what one more MWh for them costs, rings as wide as capacity is
    worth.
    """

    measure = "marginal_prices"

    def compute(self, network: Network) -> Iterator[pd.DataFrame]:
        yield labelled(network, marginal_prices_table(network))

    def show(self, result: pd.DataFrame) -> None:
        world = self.picture(result)
        for name, columns in world.columns.items():
            self.pane.update(name, **_on_screen(columns))
        self.pane.configure(
            "clients", "color_color_mapper", low=world.scale.low, high=world.scale.high
        )
        self.pane.say("words", world.finding)

    def picture(self, result: pd.DataFrame) -> Map:
        return price_map(result)

    def table(self, result: pd.DataFrame) -> pd.DataFrame:
        """Regions, clients, clients class by class; the dearest first."""
        by_class = result["workload"] != ALL
        order = {"by_class": True, "kind": True, "price_usd_per_mwh": False}
        rows = result.assign(by_class=by_class).sort_values(
            [*order], ascending=[*order.values()], kind="stable"
        )
        return rows.drop(columns="by_class")

    @staticmethod
    @per_reader
    def drawing() -> Drawing:
        """The map of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            regions = points(REGIONS, empty(REGIONS)).opts(
                **style(REGIONS), default_tools=[], tools=[hover_tool(tip_said(REGIONS.tip))],
                hooks=[drawing.keep("regions")], backend=BOKEH,
            )  # fmt: skip
            clients = points(CLIENTS, empty(CLIENTS)).opts(
                **style(CLIENTS), cmap=list(AMOUNT), clim=(0, 1), colorbar_position="bottom_left",
                colorbar_opts=COLORBAR, default_tools=[],
                tools=["pan", "wheel_zoom", "reset", hover_tool(tip_said(CLIENTS.tip))],
                hooks=[drawing.keep("clients")], backend=BOKEH,
            )  # fmt: skip
            world = hv.Overlay([*basemap(), regions, clients]).opts(
                **frame(), responsive=True, show_frame=False, hooks=[quiet_toolbar], backend=BOKEH
            )
            figure = drawing.figure(world, min_border=0, below=[], left=[])
            figure.center = [item for item in figure.center if not isinstance(item, Grid)]
            bar: Any = drawing.handles["clients"]["color_colorbar"]
            factor, symbol = units().of("USD/MWh")
            bar.update(title=symbol)
            scale_in_units(bar, factor)
            fit_to_width(figure, bar, said_above=False)
            half = M_PER_PX / 2
            metres = CustomJSTransform(args={"half": half}, v_func=_METRES)
            scale_with_the_map(drawing.handles["regions"], {"field": "size", "transform": metres})
            scale_with_the_map(drawing.handles["clients"], CLIENTS.size_px * half)
            return measure_card(drawing, MEASURES["marginal_prices"].title, HELP, figure)

        return Drawing(make)


_METRES = "return Array.from(xs, px => px * half)"  # radii of circles whose diameters are pixels


def _on_screen(columns: Columns) -> dict[str, NDArray]:
    """Columns as the glyphs have them."""
    shown = dict(columns)
    if "shown" in shown:
        shown["color"] = np.asarray(shown.pop("shown"))
    return shown
