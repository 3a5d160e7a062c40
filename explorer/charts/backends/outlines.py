"""Outlines of the base map, read once per process."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from explorer.packaged_data import ASSETS


@cache
def outlines(kind: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """
    Latitude and longitude of "land", "holes" or "borders", NaN between one and the next. [degrees]
    """
    with np.load(ASSETS / "basemap.npz") as file:
        return file[f"{kind}_latitude"], file[f"{kind}_longitude"]
