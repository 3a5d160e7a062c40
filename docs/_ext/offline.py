"""Ends a build whose pages would load anything from a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ASSETS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc\s*=\s*["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b(?![^>]*\brel="?canonical)[^>]*\bhref\s*=\s*["']?(?:https?:)?//[^"'\s>]+"""
    r"""|url\(\s*["']?(?:https?:)?//[^"')\s]+|@import\s+["'](?:https?:)?//[^"']+""",
    re.IGNORECASE,
)


def remote_assets(folder: Path) -> list[str]:
    """What pages and style sheets in a folder ask a network for, with the page that does."""
    return [
        f"{path.relative_to(folder)}: {found}"
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".html", ".css")
        for found in ASSETS.findall(path.read_text("utf-8"))
    ]


def check(app: Sphinx, error: Exception | None) -> None:
    """Look at what was built."""
    if (
        error is None
        and app.builder.format == "html"
        and (found := remote_assets(Path(app.outdir)))
    ):
        raise ExtensionError("Pages load from a network:\n" + "\n".join(found))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
