"""A word to whoever draws in a notebook that shows pictures as text."""

from __future__ import annotations

import builtins
import sys
import warnings
from functools import cache


def hint_where_pictures_are_text() -> None:
    """Say once, in a notebook that was not made ready, what makes it ready."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is not None and not _is_ready():
        _hint()


def _is_ready() -> bool:
    """Not imported for this: it needs IPython, which is there in a notebook only."""
    module = sys.modules.get("holoviews.ipython")
    return module is not None and module.notebook_extension._loaded


@cache
def _hint() -> None:
    text = "This notebook shows pictures as text. Run explorer.notebook() in a cell once."
    warnings.warn(text, stacklevel=2)
