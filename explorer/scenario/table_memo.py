"""What is made of a table alone, remembered for as long as the table is as it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property, partial
from typing import Any, TypeVar
from weakref import ref

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import digest

T = TypeVar("T")
Floats = NDArray[np.float64]

ABSENT = b"absent"  # the key of a column, or a table, that is not there


class TableMemo:
    """
    A table as it is now, with what has been made of it: arrays, keys, and whatever else is asked
    for. What is made must never change.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        # shares its arrays with the table, so that pandas copy one before they write to it
        self.frame = table.copy(deep=False)
        self._made: dict[Hashable, Any] = {}

    def find(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made under this key, or is now."""
        try:
            return self._made[key]
        except KeyError:
            return self._made.setdefault(key, make())

    def key(self, *columns: str) -> bytes:
        """A short key of some columns, by content."""
        return self.find(columns, lambda: digest(*map(self._key_of, columns)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What its columns are called; pandas look into an index for as long as at a column."""
        return tuple(self.frame.columns.tolist())

    def _column(self, name: str) -> Any:
        """A column, which takes pandas as long to find as to read."""
        return self.find(("column", name), lambda: self.frame[name])

    def _key_of(self, column: str) -> bytes:
        def made() -> bytes:
            if column not in self.names:
                return ABSENT
            cells = self._column(column)
            return digest(cells if cells.dtype.kind in "fiu" else self.texts(column))

        return self.find(("key", column), made)

    def texts(self, column: str) -> tuple[str, ...]:
        """The cells of a text column."""
        return self.find(("texts", column), lambda: tuple(self._column(column).tolist()))

    def numbers(self, column: str, where_blank: float | None = None) -> Floats:
        """
        The cells of a column as an array that nobody can write to: NaN for what is no number, and
        another number where it is blank.
        """
        return self.find(
            ("numbers", column, where_blank), lambda: _numbers(self._column(column), where_blank)
        )


def key_of(table: pd.DataFrame | None, *columns: str) -> bytes:
    """A short key of some columns of a table, by content; of one that is not there, too."""
    return ABSENT if table is None else memo_of(table).key(*columns)


def memo_of(table: pd.DataFrame) -> TableMemo:
    """
    What is remembered of a table as it is now; nothing, if it was changed in place since.

    It dies with the table.
    """
    seen = _seen.get(id(table))
    if seen is None or not seen.is_as_it_was(table):
        seen = _seen[id(table)] = _Seen(table, TableMemo(table))
    return seen.memo


def twin(table: pd.DataFrame) -> pd.DataFrame:
    """
    An independent table of the same contents, of which the same is known: pandas copy what both
    share once one of them is changed.
    """
    memo, copy = memo_of(table), table.copy(deep=False)
    _seen[id(copy)] = _Seen(copy, memo)
    return copy


class _Seen:
    """A table when it was looked at: in place, pandas change it by giving it other arrays."""

    def __init__(self, table: pd.DataFrame, memo: TableMemo) -> None:
        self.memo = memo
        self._names, self._arrays = _parts(table)
        self._alive = ref(table, partial(_forget, id(table), _seen))

    def is_as_it_was(self, table: pd.DataFrame) -> bool:
        names, arrays = _parts(table)
        return (
            self._alive() is table
            and names is self._names
            and len(arrays) == len(self._arrays)
            and all(now is then for now, then in zip(arrays, self._arrays, strict=True))
        )


def _forget(place: int, seen: dict[int, _Seen], _dead: object) -> None:
    seen.pop(place, None)


_seen: dict[int, _Seen] = {}  # by the identity of tables that are alive


def _parts(table: Any) -> tuple[pd.Index, list[Any]]:
    """The names of a table's columns, and the arrays that hold them."""
    manager = table._mgr
    return manager.axes[0], [block.values for block in manager.blocks]


def _numbers(cells: Any, where_blank: float | None) -> Floats:
    is_float = cells.dtype == np.float64  # as it was checked
    values = np.array(cells if is_float else pd.to_numeric(cells, errors="coerce"), float)
    if where_blank is not None:
        values[np.asarray(cells.isna())] = where_blank
    values.flags.writeable = False
    return values
