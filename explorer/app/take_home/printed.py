"""Pictures as files, in a process that loads nothing of the page."""

from __future__ import annotations

from explorer.charts.chart import Chart
from explorer.charts.map import Map
from explorer.lacking import loaded

_BACKENDS = "explorer.charts.backends"


def draw(path: str, picture: Chart | Map) -> None:
    """Draw a picture for print, as `explorer.figure` does."""
    backend = "printed_map" if isinstance(picture, Map) else "matplotlib"
    loaded(f"{_BACKENDS}.{backend}").draw(picture, path)
