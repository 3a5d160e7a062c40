"""Remembers results by key, for all sessions of the process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """The last `size` results by key. Sessions share them, so results must never change once made."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._results: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> T | None:
        """The result if it is still remembered."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key)

    def find(self, key: Hashable, make: Callable[[], T]) -> T:
        """The remembered result, or a new one. Two threads may both make it; the first to finish is kept."""
        found = self.get(key)
        if found is None:
            made = make()
            with self._lock:
                found = self._results.setdefault(key, made)
                while len(self._results) > self._size:
                    self._results.popitem(last=False)
        return found
