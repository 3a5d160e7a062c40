"""What to say where a package is not installed that what solves does without."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from explorer.errors import ExplorerError
from explorer.words import tr

SCREEN = (
    "babel", "bokeh", "cartopy", "defusedxml", "geoviews", "holoviews", "jinja2", "matplotlib",
    "openpyxl", "panel", "panel_material_ui", "segno", "sqlalchemy",
)  # fmt: skip
INSTALL = "pip install wattlas"  # brings what is missing, whatever is there


def explained(error: ModuleNotFoundError) -> Exception:
    """
    Return the error, in words where one of `SCREEN` is what is missing.

    >>> print(explained(ModuleNotFoundError(name="panel.io")))
    This needs the package panel, which is not installed.
      Where: panel
      To fix: Install all that draws and serves: pip install wattlas
    >>> explained(ModuleNotFoundError("no such thing", name="mine"))
    ModuleNotFoundError('no such thing')
    """
    package = (error.name or "").partition(".")[0]
    if package not in SCREEN:
        return error
    what = tr("This needs the package {}, which is not installed.", package)
    return ExplorerError(what, package, tr("Install all that draws and serves: {}", INSTALL))


def loaded(module: str) -> ModuleType:
    """
    Import a module.

    Raises
    ------
    ExplorerError
        If it needs one of `SCREEN`, which is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise explained(error) from error
