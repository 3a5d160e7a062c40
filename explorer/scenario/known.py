"""Where scenarios lie that are known by name."""

from __future__ import annotations

from pathlib import Path

from explorer.errors import ExplorerError, shortened
from explorer.packaged_data import SCENARIOS
from explorer.words import tr

SETTINGS_FILE = "scenario.toml"

_homes = [SCENARIOS]  # where scenarios lie that are known by name


def names() -> list[str]:
    """The names of the sample scenarios, and of those in folders that were added."""
    return sorted({name for home in _homes for name in names_in(home)})


def folder_of(name: str) -> Path:
    """Where the scenario of a known name lies."""
    return next(home / name for home in _homes if name in names_in(home))


def add_folder(home: Path) -> list[str]:
    """
    Make the scenarios in a folder known by their names, in this process and in those it starts.

    Returns
    -------
    list of str
        Their names.

    Raises
    ------
    ExplorerError
        If there are none, or one has the name of another that is known already.
    """
    found = names_in(home)
    if not found:
        fix = tr("Give a folder that holds scenario folders, each with its {}.", SETTINGS_FILE)
        raise ExplorerError(tr("There are no scenarios in it."), shortened(str(home)), fix)
    if taken := sorted({*found} & {*names()}):
        what, fix = (
            tr("There is a scenario of that name already."),
            tr("Rename the folder of yours."),
        )
        raise ExplorerError(what, str(home / taken[0]), fix)
    _homes.append(home.resolve())
    return found


def names_in(home: Path) -> list[str]:
    """The names of the scenarios in a folder."""
    return sorted(path.parent.name for path in home.glob(f"*/{SETTINGS_FILE}"))
