"""
Arcs of relocated load as flat pieces, for pictures that no browser computes; the same curves as in
arcs.js.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.charts.projection import EDGE_M

Floats = NDArray[np.float64]

WORLD_M = 2 * EDGE_M
BEND = 0.18  # height of the curve over its chord, as a share of it


def arc_pieces(
    start: tuple[Floats, Floats], stop: tuple[Floats, Floats], pieces: int
) -> tuple[Floats, NDArray[np.intp]]:
    """
    Straight pieces of arcs that bend to their left and take the short way round the globe, in
    metres on the map.

    A piece that crosses the antimeridian becomes two, one at either edge of the map.

    Parameters
    ----------
    start, stop : (x, y), each of shape (flow,)
    pieces : int
        Of an arc that stays on the map.

    Returns
    -------
    tuple of numpy.ndarray
        Ends x0, y0, x1, y1 of the pieces, shape (4, piece) [m], and the flow that each belongs to,
        in order along it.

    Examples
    --------
    From 170° E to 170° W: the middle one of three pieces is cut.

    >>> x = np.array([17 / 18 * EDGE_M])
    >>> ends, flow = arc_pieces((x, 0 * x), (-x, 0 * x), pieces=3)
    >>> flow.tolist(), (ends[[0, 2]] / EDGE_M).round(2).T.tolist()
    ([0, 0, 0, 0], [[0.94, 0.98], [0.98, 1.0], [-1.0, -0.98], [-0.98, -0.94]])
    """
    (x0, y0), (x1, y1) = start, stop
    dx = (x1 - x0 + EDGE_M) % WORLD_M - EDGE_M
    dy = y1 - y0
    along = np.linspace(0.0, 1.0, pieces + 1)
    rise = 4 * BEND * along * (1 - along)
    x = x0[:, np.newaxis] + np.outer(dx, along) - np.outer(dy, rise)
    y = y0[:, np.newaxis] + np.outer(dy, along) + np.outer(dx, rise)
    ends = np.stack([x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]]).reshape(4, -1)
    flow = np.repeat(np.arange(len(x0)), pieces)
    sheet0, sheet1 = (np.floor((ends[n] + EDGE_M) / WORLD_M) for n in (0, 2))
    cut = sheet0 != sheet1
    edge = EDGE_M * (1 + 2 * np.minimum(sheet0, sheet1)[cut])
    a, b, c, d = ends[:, cut]
    middle = b + (edge - a) / (c - a) * (d - b)
    order = np.repeat(np.arange(len(flow)), 1 + cut)
    ends, flow, sheet = ends[:, order], flow[order], sheet0[order]
    second = np.flatnonzero(np.append(False, order[1:] == order[:-1]))
    ends[2:, second - 1] = edge, middle
    ends[:2, second] = edge, middle
    sheet[second] = sheet1[cut]
    ends[[0, 2]] -= sheet * WORLD_M
    return ends, flow
