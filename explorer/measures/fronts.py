"""The points of a front of placements: their totals, and what moves from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.model.network import Network
from explorer.model.placement import Placement
from explorer.model.program import Optimum

NAMED = 3  # regions named on either side of a move
SMALLEST_MOVE_MW = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What a front keeps of a placement: hundreds of placements would take hundreds of MB."""

    regions: tuple[str, ...]
    region_it_mw: NDArray[np.float64]  # (region,) [MW]
    relocated_mw: float
    cost_usd_per_h: float
    carbon_kg_per_h: float
    objective_usd_per_h: float
    per_request_ms: float  # added delay, mean over requests [ms]
    per_mw_ms: float  # and over load [ms]


def point_of(network: Network, found: Optimum) -> Point:
    """The point of an optimum of a network."""
    placement = Placement(network, found, "cost")
    return Point(
        network.regions,
        placement.region_it_mw,
        placement.relocated_mw,
        placement.cost_usd_per_h,
        placement.carbon_kg_per_h,
        placement.objective_usd_per_h,
        placement.mean_wan_per_request_ms,
        placement.mean_wan_ms,
    )


def moves(points: Sequence[Point]) -> dict[str, Sequence[Any]]:
    """
    Columns of a front: moved_mw, load that changes region from the row before, net [MW]; loses and
    gains, up to three regions each, most first, joined by "; ".
    """
    found = [_move(*pair) for pair in pairwise(points)]
    moved_mw, loses, gains = zip((0.0, "", ""), *found, strict=True)
    return {"moved_mw": moved_mw, "loses": loses, "gains": gains}


def _move(before: Point, after: Point) -> tuple[float, str, str]:
    change = after.region_it_mw - before.region_it_mw
    moved_mw = float(np.maximum(change, 0.0).sum())
    return moved_mw, _most(after.regions, -change), _most(after.regions, change)


def _most(regions: tuple[str, ...], mw: NDArray[np.float64]) -> str:
    order = np.argsort(-mw, kind="stable")[:NAMED]
    return "; ".join(regions[j] for j in order if mw[j] > SMALLEST_MOVE_MW)
