"""The world map of a placement as a picture: GeoViews elements in Web Mercator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geoviews as gv
import geoviews.plotting.bokeh  # registers the renderer
import holoviews as hv
import numpy as np
import pandas as pd

from explorer.placement import Placement
from explorer.views.basemap import EXTENT_X, EXTENT_Y, MERCATOR, basemap
from explorer.views.elements import ARC_PIECES, arcs_of, region_columns
from explorer.views.flows import CHANGE_PALETTE, diameter
from explorer.views.text import CLASS_COLOURS

BOKEH = "bokeh"
MAP_WIDTH = 860  # [px]


def world_map(placement: Placement, min_flow_mw: float = 0.0) -> Any:
    """
    The world map of a placement: regions sized by IT load, arcs as wide as the load that moves.

    Parameters
    ----------
    placement : Placement
    min_flow_mw : float
        Smallest flow drawn. [MW]

    Returns
    -------
    holoviews.Overlay
        In Web Mercator; GeoViews elements in degrees may be laid over it.
    """
    flows = _flows(placement, min_flow_mw)
    columns = region_columns(placement)
    columns["size"] = diameter(columns["it_mw"])
    reach = max(float(np.abs(columns["change_mw"]).max(initial=0.0)), 1.0)
    regions = gv.Points(pd.DataFrame(columns), ["x", "y"], [name for name in columns if name not in "xy"], crs=MERCATOR)
    regions = regions.opts(
        size="size",
        color="change_mw",
        cmap=CHANGE_PALETTE,
        clim=(-reach, reach),
        line_color="#6b7480",
        colorbar=True,
        colorbar_opts={"height": 8, "width": 190},
        clabel="Change against baseline [MW]",
        colorbar_position="bottom",
        tools=["hover"],
        hover_tooltips=_REGION,
        backend=BOKEH,
    )
    return hv.Overlay([*basemap(), *flows, regions]).opts(
        frame_width=MAP_WIDTH,
        data_aspect=1,
        xlim=EXTENT_X,
        ylim=EXTENT_Y,
        xaxis=None,
        yaxis=None,
        projection=MERCATOR,
        title=as_title(placement.network.labels.title),
        legend_position="bottom_left",
        active_tools=[],
        backend=BOKEH,
    )


def _flows(placement: Placement, min_flow_mw: float) -> list[hv.Segments]:
    """The arcs of every class that moves."""
    arcs, labels = arcs_of(placement, min_flow_mw), placement.network.labels
    mw = arcs.it_mw[arcs.flow]
    moves = np.array(
        [f"{labels.regions[h]} → {labels.regions[r]}" for h, r in zip(arcs.home, arcs.region, strict=True)], object
    )
    along = np.arange(len(arcs.flow)) - np.searchsorted(arcs.flow, arcs.flow)  # pieces since its home
    rows = pd.DataFrame(
        {
            **dict(zip(("x0", "y0", "x1", "y1"), arcs.ends, strict=True)),
            "it_mw": mw,
            "moves": moves[arcs.flow],
            "width": 0.8 + 0.55 * np.sqrt(mw),  # [px]
            "alpha": np.minimum(0.2 + 0.65 * (along + 1) / ARC_PIECES, 0.85),  # faint at home, strong where it runs
        }
    )
    rows["class"] = np.array(labels.workloads, object)[arcs.workload[arcs.flow]]
    classes, drawn = arcs.workload[arcs.flow], []
    for k, name in enumerate(labels.workloads):
        if (classes == k).any():
            mine = rows[classes == k].iloc[::-1].sort_values("it_mw", ascending=False, kind="stable")  # legend: strong
            values = ["it_mw", "moves", "width", "alpha", "class"]
            segments = hv.Segments(mine, ["x0", "y0", "x1", "y1"], values, label=name)
            colour = CLASS_COLOURS[k % len(CLASS_COLOURS)]
            tips = [("Moves", "@moves"), ("Class", "@class"), ("IT load", "@it_mw{0,0.0} MW")]
            drawn.append(
                segments.opts(
                    color=colour,
                    line_width="width",
                    line_alpha="alpha",
                    tools=["hover"],
                    hover_tooltips=tips,
                    backend=BOKEH,
                )
            )
    return drawn


_REGION = [
    ("", "@name"),
    ("IT load", "@it_mw{0,0.0} MW, @change_mw{+0,0.0} against baseline"),
    ("Utilisation", "@utilisation{0 %}"),
    ("Electricity", "@price_usd_per_mwh{0,0.0} USD/MWh"),
    ("Carbon", "@carbon_kg_per_mwh{0,0} kg/MWh"),
]


def as_title(text: str) -> str:
    """A text as the title of a picture, which HoloViews would fill in where braces are."""
    return text.replace("{", "{{").replace("}", "}}")


def overlay(elements: Sequence[Any], **opts: Any) -> Any:
    """
    Elements over each other, with options of the plot that each of them carries.

    Those of the overlay itself are lost where `*` makes a new one of it.
    """
    for element in elements:
        known = hv.Store.registry[BOKEH][type(element)].param
        element.opts(**{name: value for name, value in opts.items() if name in known}, backend=BOKEH)
    return hv.Overlay(elements).opts(**opts, active_tools=[], backend=BOKEH)
