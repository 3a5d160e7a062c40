"""The world map of a placement as a picture: GeoViews elements in Web Mercator."""

from __future__ import annotations

import textwrap
from typing import Any

import geoviews as gv
import geoviews.plotting.bokeh  # registers the renderer
import holoviews as hv
import numpy as np
import pandas as pd

from explorer.app.views.world_map import CHANGE_PALETTE
from explorer.charts.backends.bokeh import BOKEH, as_title
from explorer.charts.basemap import EXTENT_X, EXTENT_Y, MERCATOR, basemap
from explorer.charts.elements import ARC_PIECES, Arcs, arcs_of, region_columns
from explorer.charts.map_scale import MapScale, scale_of, too_small_text
from explorer.charts.ticks import ticks_apart
from explorer.model.placement import Placement
from explorer.presentation import renders
from explorer.text import CLASS_COLOURS, NEUTRAL, elided, number

MAP_WIDTH = 860  # [px]
TITLE_CHARACTERS = 100  # of a line


@renders(Placement, "plot")
def world_map(placement: Placement, min_flow_mw: float | None = None) -> Any:
    """
    The world map of a placement: regions sized by IT load, arcs as wide as the load that moves.

    Parameters
    ----------
    placement : Placement
    min_flow_mw : float, optional
        Smallest flow drawn; what suits the scenario if left out, and the title says what is lost. [MW]

    Returns
    -------
    holoviews.Overlay
        In Web Mercator; GeoViews elements in degrees may be laid over it.
    """
    scale, arcs = scale_of(placement.network), arcs_of(placement, min_flow_mw)
    flows = _flows(placement, arcs)
    columns = region_columns(placement)
    columns["size"] = scale.circle_px(columns["it_mw"])
    reach = max(float(np.abs(columns["change_mw"]).max(initial=0.0)), scale.smallest_mw)
    moved_mw, drawn_mw = placement.relocated_mw, float(arcs.it_mw.sum())
    smallest_mw = scale.smallest_mw if min_flow_mw is None else min_flow_mw
    hidden = too_small_text(moved_mw, drawn_mw, smallest_mw)
    moves = f"{number(moved_mw)} MW move{f'; {hidden}' if hidden else ''}"
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
    return hv.Overlay([*basemap(), *flows, regions, *_key(scale)]).opts(
        frame_width=MAP_WIDTH,
        data_aspect=1,
        xlim=EXTENT_X,
        ylim=EXTENT_Y,
        xaxis=None,
        yaxis=None,
        projection=MERCATOR,
        title=as_title("\n".join([*textwrap.wrap(placement.network.labels.title, TITLE_CHARACTERS), moves])),
        legend_position="bottom_left",
        active_tools=[],
        hooks=[ticks_apart],
        backend=BOKEH,
    )


def _key(scale: MapScale) -> list[Any]:
    """In the South Pacific: a circle and an arc as large as those of a load in words."""
    mw, y = np.array(scale.key_mw), EXTENT_Y[0] + 0.05 * (EXTENT_Y[1] - EXTENT_Y[0])
    left, right, circle, words = EXTENT_X[1] * np.array([0.66, 0.71, 0.75, 0.78])
    grey = {"color": NEUTRAL, "tools": [], "default_tools": [], "backend": BOKEH}
    return [
        hv.Curve(([left, right], [y, y])).opts(line_width=float(scale.arc_px(mw)), **grey),
        hv.Points(([circle], [y])).opts(size=float(scale.circle_px(mw)), **grey),
        hv.Labels(([words], [y], [f"{scale.key_mw:,g} MW each"])).opts(
            text_align="left", text_font_size="9pt", text_color=NEUTRAL, tools=[], default_tools=[], backend=BOKEH
        ),
    ]


def _flows(placement: Placement, arcs: Arcs) -> list[hv.Segments]:
    """The arcs of every class that moves."""
    labels = placement.network.labels
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
            "width": scale_of(placement.network).arc_px(mw),  # [px]
            "alpha": np.minimum(0.2 + 0.65 * (along + 1) / ARC_PIECES, 0.85),  # faint at home, strong where it runs
        }
    )
    rows["class"] = np.array(labels.workloads, object)[arcs.workload[arcs.flow]]
    classes, drawn = arcs.workload[arcs.flow], []
    for k, name in enumerate(labels.workloads):
        if (classes == k).any():
            mine = rows[classes == k].iloc[::-1].sort_values("it_mw", ascending=False, kind="stable")  # legend: strong
            values = ["it_mw", "moves", "width", "alpha", "class"]
            segments = hv.Segments(mine, ["x0", "y0", "x1", "y1"], values, label=elided(name, 40))
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
