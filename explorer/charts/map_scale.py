"""How large load is drawn on a map: one scale for the screen, notebooks, print and snapshots."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.model.network import Network
from explorer.text import format_number
from explorer.words import tr

Floats = NDArray[np.float64]

CIRCLE_PX, ARC_PX = 25.0, 7.0  # of the reference load, beyond the thinnest
THINNEST_CIRCLE_PX, THINNEST_ARC_PX = 5.0, 0.8  # an idle region can still be picked
KEY, SMALLEST = (
    0.1,
    0.005,
)  # of the reference load: what the legend shows, and the smallest flow drawn

HARDLY = 1e-4  # of what moves: less changes no digit of its sum


@dataclass(frozen=True)
class MapScale:
    """
    Circles and arcs of a world by a load that is typical of it, so that 5 MW are as readable as 100
    GW.

    >>> MapScale(200.0).circle_px(np.array([0.0, 200.0])).tolist(), MapScale(200.0).smallest_mw
    ([5.0, 30.0], 1.0)
    """

    reference_mw: float

    @property
    def smallest_mw(self) -> float:
        """The smallest flow drawn. [MW]"""
        return SMALLEST * self.reference_mw

    @property
    def key_mw(self) -> float:
        """The load that a legend shows the size of, a round number. [MW]"""
        return KEY * self.reference_mw

    def circle_px(self, it_mw: Floats) -> Floats:
        """Diameter of a region's circle, its area growing with its load. [px]"""
        return THINNEST_CIRCLE_PX + CIRCLE_PX * np.sqrt(it_mw / self.reference_mw)

    def arc_px(self, it_mw: Floats) -> Floats:
        """Width of the arc of a flow. [px]"""
        return THINNEST_ARC_PX + ARC_PX * np.sqrt(it_mw / self.reference_mw)


def scale_of(network: Network) -> MapScale:
    """
    The scale of a scenario's maps: by the demand of its largest home, rounded to 1, 2 or 5 times a
    power of ten.

    No hour, budget, price or cap moves it, and total demand only from one round number to the next:
    circles grow and shrink with their load, not with the load of others.
    """
    return MapScale(_round_number(network.largest_home_mw))


def _round_number(mw: float) -> float:
    """
    The nearest of 1, 2 and 5 times a power of ten, by ratio; 1 for nothing.

    >>> [_round_number(mw) for mw in (0.0, 0.8, 168.0, 40_000.0)]
    [1.0, 1.0, 200.0, 50000.0]
    """
    if mw <= 0:
        return 1.0
    exponent = math.floor(math.log10(mw))
    near = [float(f"{digit}e{power}") for power in (exponent, exponent + 1) for digit in (1, 2, 5)]
    return min(near, key=lambda round_mw: abs(math.log(round_mw / mw)))


def too_small_text(moved_mw: float, drawn_mw: float, smallest_mw: float) -> str:
    """
    What of the load that moves is not drawn, in words; nothing below a share that no sum shows.

    >>> too_small_text(500.0, 490.0, 1.0), too_small_text(500.0, 499.99, 1.0)
    ('flows below 1 MW, 10.0 MW in all, not drawn', '')
    """
    hidden_mw = moved_mw - drawn_mw
    if hidden_mw <= HARDLY * moved_mw:
        return ""
    return tr(
        "flows below {:,g} MW, {} MW in all, not drawn", smallest_mw, format_number(hidden_mw)
    )
