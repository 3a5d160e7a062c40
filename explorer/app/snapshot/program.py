"""The page's modules as one script: each in a scope of its own, no build step and nothing to fetch."""

from __future__ import annotations

import re
from pathlib import Path

from explorer.app.component import words_of
from explorer.errors import ExplorerError
from explorer.words import tr

PAGE = Path(__file__).parent / "page"
HIGHS = Path(__file__).parent / "highs"  # of npm, which hatch_build.py puts there
_WORDS = re.compile(r'^import \{[^}]*\} from "../../words.js"\n', re.MULTILINE)  # are there before
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js"\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)


def program(name: str) -> str:
    """A module of the page, and before it all that it imports, those first that need nothing."""
    needed: dict[str, str] = {}
    _collect(name, needed)
    own = needed.pop(name)
    return "\n".join([*needed.values(), own])


def solver_program() -> str:
    """What the page's worker runs: HiGHS, which it calls `load_highs`, and the modules."""
    highs = _highs("highs.js").read_text("utf-8")
    worker = program("worker")
    return (
        f"const load_highs = (() => {{\n{highs}\nreturn Module\n}})()\n{words_of(worker)}{worker}"
    )


def solver_wasm() -> bytes:
    """HiGHS itself, as WebAssembly."""
    return _highs("highs.wasm").read_bytes()


def solver_licence() -> str:
    """What has to come with it."""
    return _highs("LICENSE").read_text("utf-8")


def _highs(name: str) -> Path:
    path = HIGHS / name
    if not path.exists():
        what = tr("The solver for pages, npm's highs, is not installed.")
        fix = tr(
            "Install Wattlas again where npm's registry can be reached: pip install --force-reinstall wattlas."
        )
        raise ExplorerError(what, str(HIGHS), fix)
    return path


def _collect(name: str, found: dict[str, str]) -> None:
    text = _WORDS.sub("", (PAGE / f"{name}.js").read_text("utf-8"))
    for _names, other in _IMPORT.findall(text):
        if other not in found:
            _collect(other, found)
            found[other] = _scoped(other, found[other])
    found[name] = _IMPORT.sub(r"const {\1} = \2_js\n", text)


def _scoped(name: str, text: str) -> str:
    """A module as a constant with what it exports."""
    exported = ", ".join(_EXPORT.findall(text))
    return f"const {name}_js = (() => {{\n{_EXPORT.sub('', text)}\nreturn {{{exported}}}\n}})()"
