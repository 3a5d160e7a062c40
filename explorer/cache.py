"""Remembers results by key, for all sessions of the process; keys of arrays and tables."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

T = TypeVar("T")


# what memos remember of their own for who works apart, by memo; None for all others
_apart: ContextVar[dict[object, OrderedDict[Hashable, Any]] | None] = ContextVar(
    "apart", default=None
)


@contextmanager
def apart() -> Iterator[None]:
    """
    Remember nothing of before, and leave nothing behind: in this thread every memo begins empty.

    What is computed then has the same digits whatever the process did before, and whatever other
    threads do. A solver that starts where it last ended may differ in the last one.
    """
    token = _apart.set({})
    try:
        yield
    finally:
        _apart.reset(token)


class Memo(Generic[T]):
    """
    The last `size` results by key. Sessions share them, so results must never change once made.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._shared: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    @property
    def _results(self) -> OrderedDict[Hashable, T]:
        own = _apart.get()
        return self._shared if own is None else own.setdefault(self, OrderedDict())

    def get(self, key: Hashable) -> T | None:
        """The result if it is still remembered."""
        with self._lock:
            results = self._results
            if key in results:
                results.move_to_end(key)
            return results.get(key)

    def find(self, key: Hashable, make: Callable[[], T]) -> T:
        """
        The remembered result, or a new one. Two threads may both make it; the first to finish is
        kept.
        """
        found = self.get(key)
        if found is None:
            made = make()
            with self._lock:
                results = self._results
                found = results.setdefault(key, made)
                while len(results) > self._size:
                    results.popitem(last=False)
        return found


def digest(*parts: NDArray | pd.Series | bytes | str | Iterable[str]) -> bytes:
    """
    A short key of arrays, text columns and plain values, by content: in-place edits of a table
    change it too.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, (np.ndarray, pd.Series)) and part.dtype.kind in "fiu":
            data = np.ascontiguousarray(part, float).data
        elif isinstance(part, bytes):
            data = part
        else:
            data = (part if isinstance(part, str) else _joined(part)).encode()
        digest.update(memoryview(data).nbytes.to_bytes(8, "big"))
        digest.update(data)
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
