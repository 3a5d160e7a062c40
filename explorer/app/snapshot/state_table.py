"""Many states of the same screen as one compact table: what is equal is kept once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Hashable, Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEPT_BITS = (
    16  # of a number's 24 significant ones: five digits, one byte less that does not compress
)


class StateTable:
    """
    What a screen shows in each of many states, by slot: a column of a plot or a property of one of
    its parts.

    Numbers keep five significant digits. Slots that are the same in all states are left out of the
    table.
    """

    def __init__(self, states: int) -> None:
        self._states = states
        self._slots: dict[Hashable, _Slot] = {}

    def add(self, state: int, shown: Mapping[Any, Any]) -> None:
        """
        Keep what is shown in a state, by slot; where a slot comes later, it is not seen before.
        """
        for slot, value in shown.items():
            if slot not in self._slots:
                self._slots[slot] = _Slot(self._states)
            self._slots[slot].add(state, value)

    def slots(self) -> list[Any]:
        """Slots that are not the same in all states, in the order of the table."""
        every = self._slots.items()
        return [
            slot for slot, values in every if len(values.unique) > 1 or values.added < self._states
        ]

    def table(self) -> bytes:
        """
        All states, compressed: a line of JSON, then bytes.

        The JSON is a list with an entry per slot: its kind, "f4", "u2", "u1" or "json", and the
        sizes of the distinct arrays or, for "json", the distinct values. The bytes, slot by slot:
        which of the distinct ones each state shows (two bytes each: the low byte of all, then the
        high byte of all), then the distinct arrays one after the other, likewise the first byte of
        all numbers first.
        """
        slots = [self._slots[slot] for slot in self.slots()]
        head = json.dumps(
            [slot.head() for slot in slots], separators=(",", ":"), ensure_ascii=False
        ).encode()
        return gzip.compress(
            head + b"\n" + b"".join(slot.body() for slot in slots), compresslevel=9, mtime=0
        )


def checksum(table: bytes) -> str:
    """SHA-256 of a table, in hexadecimal digits."""
    return sha256(table).hexdigest()


class _Slot:
    """The distinct values of one slot, and which of them each state shows."""

    def __init__(self, states: int) -> None:
        self.unique: dict[bytes, Any] = {}
        self._place: dict[bytes, int] = {}
        self._shown = np.zeros(states, "<u2")
        self.added = 0  # states

    def add(self, state: int, value: Any) -> None:
        self.added += 1
        value = _kept(value)
        key = value.tobytes() if isinstance(value, np.ndarray) else json.dumps(value).encode()
        self._shown[state] = self._place.setdefault(key, len(self._place))
        self.unique.setdefault(key, value)

    @property
    def _kind(self) -> str:
        first = next(iter(self.unique.values()))
        return first.dtype.str.lstrip("<|") if isinstance(first, np.ndarray) else "json"

    def head(self) -> dict[str, Any]:
        values = [*self.unique.values()]
        if self._kind == "json":
            return {"kind": "json", "values": values}
        return {"kind": self._kind, "sizes": [len(value) for value in values]}

    def body(self) -> bytes:
        shown = _byte_by_byte(self._shown)
        return (
            shown
            if self._kind == "json"
            else shown + _byte_by_byte(np.concatenate([*self.unique.values()]))
        )


def _kept(value: Any) -> Any:
    """Numbers to five digits, in few bytes; the rest as JSON knows it."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return rounded(value.ravel())
    if isinstance(value, np.ndarray) and value.dtype.kind in "ui":
        return value.ravel().astype(np.uint8 if value.itemsize == 1 else "<u2")
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def rounded(values: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers to `KEPT_BITS` significant bits, five digits; what is not a number stays so."""
    bits = values.astype("<f4").view("<u4")
    spare = 24 - KEPT_BITS
    near = (bits + np.uint32(1 << (spare - 1))) & np.uint32(0xFFFFFFFF << spare & 0xFFFFFFFF)
    return np.where(np.isfinite(values), near.view("<f4"), values.astype("<f4")).astype("<f4")


def _byte_by_byte(values: NDArray[Any]) -> bytes:
    """The first byte of all, then the second of all: alike bytes side by side compress better."""
    return values.view(np.uint8).reshape(-1, values.itemsize).T.tobytes()
