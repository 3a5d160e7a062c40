"""One file to write: refused before any work if it cannot be, and there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from explorer.errors import ExplorerError


def refuse_bad_target(path: Path, endings: Sequence[str], what: str, mend: str) -> None:
    """Raises an `ExplorerError` where the file cannot be; `what` and `mend` are for a name that ends otherwise."""
    where = str(path)
    if path.suffix.lower() not in endings:
        raise ExplorerError(what, where, mend)
    if path.is_dir():
        raise ExplorerError("There is a folder of that name.", where, "Choose another name.")
    if not path.parent.is_dir():
        raise ExplorerError("There is no such folder.", str(path.parent), "Make it first, or choose another.")
    if not os.access(path.parent, os.W_OK):
        raise ExplorerError("The folder cannot be written to.", str(path.parent), "Choose another folder.")


@contextmanager
def written_whole(path: Path, name: str) -> Iterator[Path]:
    """Where to write it; it takes its place when all is written. `name` says what it is, for an error."""
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix.lower()}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        mend = "Look for free space and the right to write there, or choose another place."
        raise ExplorerError(f"The {name} cannot be written: {error.strerror}.", str(path), mend) from error
    finally:
        unfinished.unlink(missing_ok=True)
