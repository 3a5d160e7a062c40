"""A word to whoever draws in a notebook that shows pictures as text."""

from __future__ import annotations

import builtins
import warnings
from functools import cache

from holoviews.ipython import notebook_extension


def hint_where_pictures_are_text() -> None:
    """Say once, in a notebook that was not made ready, what makes it ready."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is not None and not notebook_extension._loaded:
        _hint()


@cache
def _hint() -> None:
    text = "This notebook shows pictures as text. Run explorer.notebook() in a cell once."
    warnings.warn(text, stacklevel=2)
