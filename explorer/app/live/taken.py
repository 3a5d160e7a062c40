"""What is seen on a card, as it can be taken home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pandas as pd

from explorer.charts.chart import Chart
from explorer.charts.map import Map


@dataclass(frozen=True)
class Taken:
    """A picture, if the card has one, and the table behind it."""

    name: str  # of their files, without ending
    table: pd.DataFrame
    picture: Chart | Map | None = None


@runtime_checkable
class Takeable(Protocol):
    """A card with something to take home."""

    title: str  # its heading

    def taken(self) -> Taken | None:
        """What is seen now; None while there is nothing."""
        ...
