"""
What the cells of executed pages rely on: figures that show themselves. Imported in a hidden cell of
each page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython


def _svg(path: Path) -> str | None:
    return path.read_text("utf-8") if path.suffix == ".svg" else None


shell: Any = get_ipython()
shell.display_formatter.formatters["image/svg+xml"].for_type(type(Path()), _svg)
