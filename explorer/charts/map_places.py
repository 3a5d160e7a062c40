"""Where on a map circles stand and names are written, so that none hides another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from explorer.charts.projection import EDGE_M, POLE_M
from explorer.text import elided

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]  # left, bottom, right, top [px]
Ends = Sequence[float]  # of an axis of the map: low, high [m]

MAP_PX = 860.0  # width that sizes in pixels are meant for
M_PER_PX = 2 * EDGE_M / MAP_PX
APART_PX = 12.0  # between two circles at least
ROUNDS, STEP = 40, 0.5
LETTER_PX, LINE_PX, NAME_LETTERS = 7.0, 15.0, 24  # of names
GAP_PX = 3.0  # between a circle and its name
WORLD = (-EDGE_M, EDGE_M), (-POLE_M, POLE_M)  # ends of all there is of the map [m]
NARROW = 600 / MAP_PX  # where names must not meet either: they are as large on a narrow map


def set_apart(at: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """
    Places a little apart where their circles would hide each other.

    By nothing but the places, so that none walks about while a slider moves.

    Parameters
    ----------
    at : (x, y), each of shape (place,)
        Metres on the map.

    Returns
    -------
    tuple of numpy.ndarray
        The same, those that were closer than `APART_PX` moved away from each other. [m]

    Examples
    --------
    >>> x, y = set_apart((np.array([0.0, 1e5, 9e6]), np.zeros(3)))
    >>> bool(x[1] - x[0] > 0.9 * APART_PX * M_PER_PX), float(x[2])
    (True, 9000000.0)
    """
    x, y = _apart(*(np.ascontiguousarray(values, float).tobytes() for values in at))
    return x.copy(), y.copy()


@lru_cache(maxsize=64)
def _apart(x_bytes: bytes, y_bytes: bytes) -> tuple[Floats, Floats]:
    place = np.frombuffer(x_bytes) + 1j * np.frombuffer(y_bytes)
    least = APART_PX * M_PER_PX
    # the same place twice has no direction to go: one by its number
    place = place + 1e-3 * least * np.exp(2j * np.arange(len(place)))
    for _ in range(ROUNDS):
        away = place[:, np.newaxis] - place
        distance = np.abs(away)
        np.fill_diagonal(distance, least)  # from itself nothing need move
        close = distance < least
        if not close.any():
            break
        push = np.where(close, (least - distance) / distance, 0.0) * away
        place = place + STEP * push.sum(axis=1) / np.maximum(close.sum(axis=1), 1)
    moved = np.abs(place - (np.frombuffer(x_bytes) + 1j * np.frombuffer(y_bytes))) > 0.01 * least
    x = np.where(moved, place.real, np.frombuffer(x_bytes))
    y = np.where(moved, place.imag, np.frombuffer(y_bytes))
    return np.clip(x, -EDGE_M, EDGE_M), y


def names_on_map(
    columns: Mapping[str, NDArray],
    names: Sequence[str],
    count: int,
    within: tuple[Ends, Ends] = WORLD,
) -> dict[str, NDArray]:
    """
    The names of the regions that run most of those seen, each beside its circle where no other
    name is.

    Parameters
    ----------
    columns : mapping
        Of regions: x, y [m], size [px], it_mw [MW].
    names : sequence of str
    count : int
        Names at most; of a region without load none, and none that would lie on another.
    within : (x, y)
        Ends of what is seen of the map. [m]

    Returns
    -------
    dict
        Columns x, y [m], name, align ("left", "right", "center"), dx and dy [px] from the place.
    """
    (west, east), (south, north) = within
    px_per_m = NARROW * MAP_PX / (east - west)
    # from the middle of what is seen
    x, y = (
        px_per_m * (columns[axis] - sum(ends) / 2) for axis, ends in zip("xy", within, strict=True)
    )
    seen = (np.abs(x) <= px_per_m * (east - west) / 2) & (
        np.abs(y) <= px_per_m * (north - south) / 2
    )
    radius = columns["size"] / 2
    circles = [*zip(x - radius, y - radius, x + radius, y + radius, strict=True)]
    taken: list[Box] = []
    rows: list[tuple[int, str, str, float, float]] = []
    for region in map(int, np.argsort(-columns["it_mw"], kind="stable")):
        if len(rows) == count or columns["it_mw"][region] <= 0:
            break
        if not seen[region]:
            continue
        name = elided(names[region], NAME_LETTERS)
        positions = _positions(float(radius[region]))
        boxes = [
            _box((float(x[region]), float(y[region])), name, *position) for position in positions
        ]
        others = circles[:region] + circles[region + 1 :]
        free = [n for n, box in enumerate(boxes) if _is_free(box, taken)]
        # off the circles of others where there is room, or it would seem to be theirs
        clear = [n for n in free if not any(_meet(boxes[n], circle) for circle in others)]
        for n in [*clear, *free][:1]:
            taken.append(boxes[n])
            rows.append((region, name, *positions[n]))
    of = [row[0] for row in rows]
    return {
        "x": columns["x"][of],
        "y": columns["y"][of],
        "name": np.array([row[1] for row in rows], object),
        "align": np.array([row[2] for row in rows], object),
        "dx": np.array([row[3] for row in rows], float),
        "dy": np.array([row[4] for row in rows], float),
    }


def by_side(named: Mapping[str, NDArray]) -> list[tuple[str, NDArray[np.bool_]]]:
    """How names of `names_on_map` are aligned, each way with its rows: an element has one."""
    return [(align, named["align"] == align) for align in dict.fromkeys(named["align"].tolist())]


def _positions(radius_px: float) -> list[tuple[str, float, float]]:
    """Where a name may stand: left, right, above, below its circle. [px, upwards]"""
    beside, over = radius_px + GAP_PX, radius_px + GAP_PX + LINE_PX / 2
    return [("right", -beside, 0), ("left", beside, 0), ("center", 0, over), ("center", 0, -over)]


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    """Whether a name lies on the map and on no other."""
    on_map = max(abs(box[0]), abs(box[2])) < NARROW * MAP_PX / 2
    return on_map and not any(_meet(box, other) for other in taken)


def _box(at: tuple[float, float], name: str, align: str, dx: float, dy: float) -> Box:
    """Left, bottom, right, top of a name. [px]"""
    width = LETTER_PX * len(name)
    left = at[0] + dx - {"left": 0.0, "center": width / 2, "right": width}[align]
    return left, at[1] + dy - LINE_PX / 2, left + width, at[1] + dy + LINE_PX / 2


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
