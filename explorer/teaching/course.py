"""The course's files, copied from wherever the package lies."""

from __future__ import annotations

import shutil
from pathlib import Path

from explorer.atomic_write import written_folder
from explorer.packaged_data import LAYOUTS, SCENARIOS

LESSONS = LAYOUTS / "classroom"
USED = ("classroom-3x3", "follow-the-sun", "world-2025")  # the scenarios that lessons load
_LEFTOVERS = shutil.ignore_patterns("__pycache__", ".*")  # of whoever opened it in place


def write_course(folder: str | Path) -> Path:
    """
    Copy the lessons, their solutions, the glossary and the scenarios that they use.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to: a new folder, or an empty one. It is there whole or not at all.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ExplorerError
        If something lies there already, or it cannot be written.
    """
    folder = Path(folder)
    with written_folder(folder, "course") as unfinished:
        shutil.copytree(LESSONS, unfinished, ignore=_LEFTOVERS, dirs_exist_ok=True)
        for name in USED:
            shutil.copytree(SCENARIOS / name, unfinished / "scenarios" / name, ignore=_LEFTOVERS)
    return folder
