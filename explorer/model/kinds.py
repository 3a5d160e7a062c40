"""
Demands that are one to the solver: those with the same arcs, at the same costs and latencies.

They are placed together and share what they get in proportion to what they want, so that equals are
served alike, and the program is the smaller for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from explorer.model.ties import at_home

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

DECIMALS = 6  # to which costs of equal demands are the same, in solver units, and latencies in ms


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Free and pinned demands in groups, in the order of the first demand of each."""

    free: Ints  # (demand,) which group
    pinned: Ints
    first_free: Ints  # (free,) the first demand of each group
    first_pinned: Ints  # (pinned,)

    def within(self, kinds: Groups) -> Groups:
        """
        The same with those divided that are of more than one kind; this very object where none is.

        Groups never join, so that a model keeps its rows while a budget moves to and fro.
        """
        free = _within(self.free, self.first_free, kinds.free)
        pinned = _within(self.pinned, self.first_pinned, kinds.pinned)
        if free is None and pinned is None:
            return self
        free, first_free = free or (self.free, self.first_free)
        pinned, first_pinned = pinned or (self.pinned, self.first_pinned)
        return Groups(free, pinned, first_free, first_pinned)


class Kinds:
    """
    Which free and which pinned demands are of a kind.

    What costs and latencies tell apart is remembered until one of them changes: while a budget
    moves, only arcs open.
    """

    def __init__(self, home: Ints) -> None:
        self._home = home  # of each demand
        self._known: list[
            tuple[Floats, Ints, Ints]
        ] = []  # what counts, and what it alone tells apart
        self._allowed: Bools = np.empty(0, bool)
        self._found: Groups | None = None

    def of(self, counts: list[Floats], allowed: Bools) -> Groups:
        """
        The kinds by what counts (demand, j), in solver units or ms, and by the arcs that exist.

        The same object as the last time where nothing has changed since then.
        """
        last, self._known = self._known, []
        for n, count in enumerate(counts):
            known = n < len(last) and np.array_equal(count, last[n][0])
            self._known.append(last[n] if known else (count, *self._told_apart(count)))
        same = len(last) == len(counts) and all(
            a is b for a, b in zip(last, self._known, strict=True)
        )
        if self._found is None or not (same and np.array_equal(allowed, self._allowed)):
            arcs = np.zeros((len(allowed), -(-allowed.shape[1] // 64)), np.uint64)
            packed = np.packbits(allowed, axis=1)
            arcs.view(np.uint8)[:, : packed.shape[1]] = packed
            free = [kind.astype(np.uint64) for _, kind, _ in self._known]
            pinned = [kind.astype(np.uint64) for _, _, kind in self._known]
            here = self._home.astype(np.uint64), at_home(allowed, self._home).astype(np.uint64)
            free, first_free = _in_order(_same(np.column_stack([*free, arcs])))
            pinned, first_pinned = _in_order(_same(np.column_stack([*pinned, *here])))
            self._found = Groups(free, pinned, first_free, first_pinned)
            self._allowed = allowed
        return self._found

    def _told_apart(self, count: Floats) -> tuple[Ints, Ints]:
        rows = np.rint(count * 10.0**DECIMALS)
        rows += 0.0  # there is one zero only
        return _same(rows.view(np.uint64)), _same(
            at_home(rows, self._home)[:, np.newaxis].view(np.uint64)
        )


def _within(group: Ints, first: Ints, kind: Ints) -> tuple[Ints, Ints] | None:
    """Groups divided by kind, and the first of each; None where each is of one kind already."""
    if (kind[first][group] == kind).all():
        return None
    _, number = np.unique(group * len(kind) + kind, return_inverse=True)
    return _in_order(number)


def _in_order(kind: Ints) -> tuple[Ints, Ints]:
    """
    Kinds numbered by their first demands, and these.

    >>> [numbers.tolist() for numbers in _in_order(np.array([2, 0, 2, 1]))]
    [[0, 1, 0, 2], [0, 1, 3]]
    """
    first = np.zeros(kind.max(initial=-1) + 1, np.intp)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    firsts = np.sort(first)
    number = np.empty_like(first)
    number[np.argsort(first)] = np.arange(len(first))
    return number[kind], firsts


def _same(rows: NDArray[np.uint64]) -> Ints:
    """A number for each row, the same for equal rows."""
    mixed = rows ^ (rows >> np.uint64(32))  # of a float, most bits may be in its upper half
    key = (mixed * _odd(rows.shape[1])).sum(axis=1)
    order = key.argsort(kind="stable")
    starts = np.ones(len(key), bool)
    np.not_equal(key[order[1:]], key[order[:-1]], out=starts[1:])
    kind = np.empty(len(key), np.intp)
    kind[order] = np.cumsum(starts) - 1
    first = order[starts]
    if not np.array_equal(rows[first[kind]], rows):  # two kinds with one key
        _, kind = np.unique(rows, axis=0, return_inverse=True)
    return kind


@cache
def _odd(count: int) -> NDArray[np.uint64]:
    """So many odd numbers, at random."""
    return 2 * np.random.default_rng(0).integers(2**63, size=count, dtype=np.uint64) + np.uint64(1)
