"""The projection of maps on screen, as Cartopy has it."""

from __future__ import annotations

from functools import cache
from typing import Any

from explorer.charts.backends.packages import for_maps
from explorer.charts.projection import EDGE_M, POLE_M, RADIUS_M, TRUE_AT_DEG


@cache
def screen_crs() -> Any:
    """The plane of `on_map`; raises as `for_maps` does."""
    projection: Any = for_maps("cartopy.crs").Projection

    class Plane(projection):
        """What lies in it stays as it is: Cartopy would look for its edges, piece by piece."""

        def project_geometry(self, geometry: Any, src_crs: Any = None) -> Any:
            return geometry if src_crs is self else super().project_geometry(geometry, src_crs)

        def __reduce__(self) -> Any:  # copies are this one
            return screen_crs, ()

    definition = f"+proj=cea +lat_ts={TRUE_AT_DEG} +R={RADIUS_M} +no_defs"
    crs = Plane(definition)
    crs.bounds = (-EDGE_M, EDGE_M, -POLE_M, POLE_M)
    return crs
