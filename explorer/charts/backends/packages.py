"""Packages that only maps need: everything else works without them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from explorer.errors import ExplorerError
from explorer.words import tr

INSTALL = 'pip install "cartopy>=0.25,<0.26" "geoviews>=1.15,<1.16"'


def for_maps(module: str) -> Any:
    """
    Return a module of such a package.

    Raises
    ------
    ExplorerError
        If the package is not installed.
    """
    try:
        return import_module(module)
    except ImportError as err:
        package = {"cartopy": "Cartopy", "geoviews": "GeoViews"}[module.split(".")[0]]
        what = tr(
            "A map needs the package {}, which is not installed or cannot be loaded.", package
        )
        raise ExplorerError(what, tr("the map"), tr("Install it: {}", INSTALL)) from err
