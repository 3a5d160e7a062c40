"""Remembers results by key, for all sessions of the process; keys of arrays and tables."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

T = TypeVar("T")


class Memo(Generic[T]):
    """
    The last `size` results by key. Sessions share them, so results must never change once made.
    """

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
        """
        The remembered result, or a new one. Two threads may both make it; the first to finish is
        kept.
        """
        found = self.get(key)
        if found is None:
            made = make()
            with self._lock:
                found = self._results.setdefault(key, made)
                while len(self._results) > self._size:
                    self._results.popitem(last=False)
        return found


def digest(*parts: NDArray | pd.Series | bytes | str | Iterable[str]) -> bytes:
    """
    A short key of arrays, text columns and plain values, by content: in-place edits of a table
    change it too.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, (np.ndarray, pd.Series)) and part.dtype.kind in "fiu":
            data = np.asarray(part, float).tobytes()
        elif isinstance(part, bytes):
            data = part
        else:
            data = (part if isinstance(part, str) else _joined(part)).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def _joined(part: pd.Series | Iterable[Any]) -> str:
    words = (
        part.tolist() if isinstance(part, pd.Series) else list(part)
    )  # a Series joins 15 times slower than a list
    try:
        return "\x1f".join(words)
    except (
        TypeError
    ):  # a cell that an edit in place made no text; `str` for all would take three times as long
        return "\x1f".join(map(str, words))
