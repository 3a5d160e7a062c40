"""What pictures on screen and figures for print have in common: results as columns and HoloViews elements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.app.views.world_map import home_flows
from explorer.charts.arcs import arc_pieces
from explorer.model.geodesy import mercator_m
from explorer.model.placement import Placement

Floats = NDArray[np.float64]

ARC_PIECES = 24  # straight pieces of an arc in a picture that stands still


@dataclass(frozen=True)
class Arcs:
    """Relocated load as pieces of arcs, faint at home; columns of one length, in Web Mercator metres."""

    ends: Floats  # (4, piece) x0, y0, x1, y1 [m]
    flow: NDArray[np.intp]  # (piece,) row of the arrays below
    home: NDArray[np.intp]  # (flow,)
    region: NDArray[np.intp]
    workload: NDArray[np.intp]
    it_mw: Floats  # (flow,) [MW]


def arcs_of(placement: Placement, min_flow_mw: float | None = None) -> Arcs:
    """Flows away from home, as `home_flows` has them."""
    x, y = _places(placement)
    home, region, workload, mw = home_flows(placement, min_flow_mw)
    ends, flow = arc_pieces((x[home], y[home]), (x[region], y[region]), ARC_PIECES)
    return Arcs(ends, flow, home, region, workload, mw)


def region_columns(placement: Placement) -> dict[str, NDArray]:
    """One row per region: place [m], load, change, price, carbon, utilisation; largest first to hide none."""
    net, table = placement.network, placement.regions
    x, y = _places(placement)
    it_mw = placement.region_it_mw
    columns = {
        "x": x,
        "y": y,
        "name": np.array(net.labels.regions, object),
        "it_mw": it_mw,
        "change_mw": it_mw - placement.baseline.region_it_mw,
        "price_usd_per_mwh": net.price_usd_per_mwh,
        "carbon_kg_per_mwh": net.carbon_kg_per_mwh,
        "utilisation": table["utilisation"].to_numpy(),
    }
    order = np.argsort(-it_mw, kind="stable")
    return {name: values[order] for name, values in columns.items()}


def _places(placement: Placement) -> tuple[Floats, Floats]:
    """Where the regions of a placement are, x and y. [m]"""
    return mercator_m(*placement.network.geography.region_at)
