"""Ids of models and components, which can be foretold for the document that a page opens with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

from bokeh.core.types import ID


class Numbering:
    """Ids one after another, all with a beginning of their own."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._numbers = count()

    def next(self) -> ID:
        """
        The next id.

        >>> Numbering("m").next()
        'm0'
        """
        return ID(f"{self.prefix}{next(self._numbers)}")


OF_NO_PAGE = Numbering("m")  # Bokeh's own begin with p
_current: ContextVar[Numbering] = ContextVar("numbering")


def new_id() -> ID:
    """An id that nothing else has in this process."""
    return _current.get(OF_NO_PAGE).next()


@contextmanager
def numbered(numbering: Numbering) -> Iterator[None]:
    """Inside, and in what is scheduled there, new ids are of this numbering."""
    before = _current.set(numbering)
    try:
        yield
    finally:
        _current.reset(before)
