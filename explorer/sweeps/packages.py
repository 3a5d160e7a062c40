"""Packages that only sweeps need, loaded when they are."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from explorer.errors import ExplorerError

INSTALL = 'pip install "wattlas[sweep]"'


def package(name: str) -> Any:
    """
    The module of that name, of the optional extra `sweep`.

    Raises
    ------
    ExplorerError
        If it is not installed; it says the command that installs it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        what = f"A sweep needs the package {str(error.name or name).partition('.')[0]}."
        raise ExplorerError(what, "installed packages", f"Run: {INSTALL}") from error
