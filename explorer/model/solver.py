"""The placement LP: arrays in, PuLP and HiGHS, a frozen optimum out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from itertools import chain, repeat
from threading import Lock
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.errors import SolverError
from explorer.model.fairness import even_shares, is_open
from explorer.model.highs import EXTREMES, Highs
from explorer.model.kinds import Groups, Kinds
from explorer.model.live import KindData, LiveProgram, Loads, Start
from explorer.model.program import LPData, Optimum, Units, in_units, units_of
from explorer.model.ties import (
    Face,
    Level,
    Prices,
    at_home,
    by_demand,
    everything,
    fixed_order,
    in_equal_parts,
    least_prices,
    levels_met,
    objective_level,
    optimal_face,
    order_of,
    tie_level,
)
from explorer.words import tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

# measures take placements for equal that differ by less per MWh of demand [USD/MWh or the like]
TIE_BREAK = 1e-6
LONGEST_MS = (
    1e6  # what takes longer takes as long where ties are broken, so that others can be told apart
)
SEATS = 6  # of people who move things by turns, so many have models of their own: 6 MB each
# weights of the levels, by how many there are, in the run that is to end on the best of all at once
HINTS = {1: (1.0,), 2: (1.0, 1e-9), 3: (1.0, 1e-5, 1e-9), 4: (1.0, 1e-4, 1e-6, 1e-9)}


class PlacementModel:
    """
    Demands to regions at least cost; stated once with PuLP, solved many times in place, by one
    thread at a time.

    Amounts and costs are brought to one size before HiGHS sees them, so that its tolerances mean
    the same in a world of a watt and of a terawatt.

    Inside, a demand is a client's for a class, and arcs are one row of regions for each: (demand,
    j). Those that have the same arcs at the same costs and latencies are one to the solver, see
    `kinds`: what is found for a kind, its demands share in proportion.
    """

    def __init__(self, home: Ints, regions: int, workloads: int) -> None:
        self.lock = Lock()
        self._shape = len(home), regions, workloads
        self._home = np.repeat(home, workloads)  # of every demand
        self._live = LiveProgram(self._home, regions)
        self._order, self._kinds = fixed_order(self._shape, home), Kinds(self._home)
        self._groups: Groups | None = None  # demands that have been of one kind always

    def solve(
        self, numbers: LPData, then: Floats | None = None, any_will_do: bool = False
    ) -> Optimum:
        """
        The cheapest placement; with `then`, the cheapest by `then` (i, j, k) among all that are
        cheapest by `cost`.

        Among those that are still equal it is the one of least added latency, and then the first in
        a fixed order, with least load away from home. Of what goes unserved shares are as even as
        they can be, pinned load first, see `fairness`; demands that have the same arcs at the same
        costs and latencies are served alike, each the same fraction at each place. So it does not
        matter what was solved before. Prices belong to `cost`, and are the
        least where there is more than one set of them. Where the objective alone is asked for,
        `any_will_do`: ties stay as they fall.

        Two costs are one where they differ by less than `FACE_TOLERANCE` times 1e-5 of the largest
        there is, which mostly is the penalty: 1e-7 USD/MWh at 1e5 USD/MWh.

        Raises
        ------
        SolverError
            If a number is not finite, or HiGHS stops without an optimum.
        OutOfTimeError
            At the time limit.
        """
        units = units_of(numbers)
        cost, allowed = by_demand(numbers.cost), by_demand(numbers.allowed)
        then_by = [] if then is None else [by_demand(then)]
        added_ms = [] if numbers.added_ms is None else [by_demand(numbers.added_ms)]
        values = values_of_load(numbers, units)
        kinds = self._kinds.of([cost / units.cost, *then_by, *added_ms, *values], allowed)
        groups = kinds if self._groups is None else self._groups.within(kinds)
        scaled = in_units(replace(numbers, cost=cost, allowed=allowed), units)
        data = by_kind(scaled, groups, self._home)
        every = everything(data.allowed, data.pinned_allowed)
        levels = [objective_level(data.cost, data.pinned_cost, data.drop)]
        try:
            self._groups = groups
            self._live.take(groups)
            self._live.leave_out_idle_arcs(data)
            if any_will_do:
                loads, _ = self._live.run(data, levels[0], every, begins=True)
            else:
                tied_by = [*then_by, *(by.clip(-LONGEST_MS, LONGEST_MS) for by in added_ms)]
                levels += [tie_level(*of_kinds(by, groups, self._home), every) for by in tied_by]
                alike = kinds.free[groups.first_free], kinds.pinned[groups.first_pinned]
                order = order_of(self._order, *_firsts(kinds, *alike))
                loads, face = self._best(data, levels, order, every)
                if loads.dropped_free.any() or loads.dropped_pinned.any():
                    loads = self._evenly(data, loads, order, face())
                loads = _alike(data, loads, *alike)
        except BaseException:
            self._live.forget()
            self._groups = None
            raise
        return self._optimum(data, units, groups, scaled, loads)

    def _optimum(
        self, data: KindData, units: Units, groups: Groups, wanted: LPData, loads: Loads
    ) -> Optimum:
        """What was found, in the units and by the axes of the question: each demand's part of it."""
        cost = np.where(data.allowed, data.cost, np.inf)
        pinned_cost = np.where(data.pinned_allowed, data.pinned_cost, np.inf)
        prices = least_prices(
            cost, pinned_cost, data.drop, data.capacity_mw, data.pinned_home,
            loads.free, loads.pinned, loads.dropped_free, loads.dropped_pinned,
        )  # fmt: skip
        served = (loads.free * data.cost).sum() + loads.pinned @ data.pinned_cost
        dropped = data.drop @ np.concatenate([loads.dropped_free, loads.dropped_pinned])
        free = units.mw * part_of_kind(wanted.free_mw.ravel(), data.free_mw, groups.free)
        pinned = units.mw * part_of_kind(wanted.pinned_mw.ravel(), data.pinned_mw, groups.pinned)
        clients, regions, workloads = self._shape
        by_client = clients, workloads
        free_mw = loads.free[groups.free]
        free_mw *= free[:, np.newaxis]
        free_mw = free_mw.reshape(clients, workloads, regions).swapaxes(1, 2)
        return Optimum(
            free_mw=np.ascontiguousarray(free_mw),
            pinned_mw=(loads.pinned[groups.pinned] * pinned).reshape(by_client),
            unserved_free_mw=(loads.dropped_free[groups.free] * free).reshape(by_client),
            unserved_pinned_mw=(loads.dropped_pinned[groups.pinned] * pinned).reshape(by_client),
            price_free=prices.free[groups.free].reshape(by_client) * units.cost,
            price_pinned=prices.pinned[groups.pinned].reshape(by_client) * units.cost,
            capacity_price=prices.capacity * units.cost,
            objective=float(served + dropped) * units.mw * units.cost,
        )

    def _best(
        self, data: KindData, levels: Sequence[Level], order: Level, every: Face
    ) -> tuple[Loads, Callable[[], Face]]:
        """
        The best on every level among those that are best on all before, the first in the order of
        those that are left, and, for who asks, the face of these.

        All levels at once, each of far less weight than the one before, mostly end there; prices on
        each level tell whether they did. Those on which they did not follow at once again, on the
        optimal face of those on which they did; the first of them alone where that were none.
        """
        left, face, alone, home = [*levels, order], every, False, data.pinned_home
        for begins in chain([True], repeat(False)):
            loads, _ = self._live.run(data, _together(left[:1] if alone else left), face, begins)
            prices = self._live.prices(left)
            met = levels_met(left, prices, face, home) or int(alone)
            if met == len(left):
                break
            face = _face_of(left[:met], prices[:met], face, home)
            left, alone = left[met:], not met
        return loads, lambda: _face_of(left[:-1], prices[:-1], face, home)

    def _evenly(self, data: KindData, loads: Loads, order: Level, face: Face) -> Loads:
        """Placed again, on the face of what is best, with even shares of demand left unserved."""
        if not is_open(face, loads):
            return loads
        share = even_shares(data, face)
        left_free, left_pinned = share.free * data.free_mw, share.pinned * data.pinned_mw
        served = replace(
            data, free_mw=data.free_mw - left_free, pinned_mw=data.pinned_mw - left_pinned
        )
        self._live.offer(share.load)
        found, _ = self._live.run(served, order, face)
        return replace(
            found,
            dropped_free=found.dropped_free + left_free,
            dropped_pinned=found.dropped_pinned + left_pinned,
        )

    @property
    def start(self) -> Start:
        """Where a model of the same structure may start from, to be nearly where this one is."""
        return self._live.start

    def price_range(
        self, numbers: LPData, best: Optimum, free: Floats, pinned: Floats, capacity: Floats
    ) -> Floats:
        """
        How far demand and capacity may move before what that costs per MW is no longer what the
        prices of `best` say.

        Parameters
        ----------
        numbers, best
            What was solved, and its optimum.
        free, pinned : shape (n, i, k)
            Directions in which demand moves. [MW]
        capacity : shape (n, j)
            The same for capacity.

        Returns
        -------
        numpy.ndarray, shape (n, 2)
            Least and largest multiple of each direction: as far as prices of `best` remain optimal,
            some placement is on its face, which uses tied arcs only and fills what has a price. No
            basis decides, so ties do not matter.
        """
        units = units_of(numbers)
        cost, allowed = by_demand(numbers.cost), by_demand(numbers.allowed)
        scaled = in_units(replace(numbers, cost=cost, allowed=allowed), units)
        free_price, pinned_price = (
            price.ravel() / units.cost for price in (best.price_free, best.price_pinned)
        )
        prices = Prices(free_price, pinned_price, best.capacity_price / units.cost)
        every = everything(scaled.allowed, at_home(scaled.allowed, self._home))
        drop = np.tile(scaled.drop.ravel(), 2)
        level = objective_level(scaled.cost, at_home(scaled.cost, self._home), drop)
        face = optimal_face(level, prices, every, self._home)
        homes = np.zeros_like(face.arcs)
        homes[np.arange(len(homes)), self._home] = face.pinned
        regions = np.concatenate([face.arcs, homes])
        choices = np.column_stack([regions, np.concatenate([face.drop_free, face.drop_pinned])])
        kinds, kind = np.unique(
            choices, axis=0, return_inverse=True
        )  # demands with the same choices are as one

        def by_row(free: Floats, pinned: Floats, capacity: Floats) -> Floats:
            amounts = np.zeros((len(kinds), len(capacity)))
            np.add.at(
                amounts,
                kind,
                np.concatenate([a.reshape(len(capacity), -1) for a in (free, pinned)], axis=1).T,
            )
            return np.concatenate([amounts, capacity.T]).T

        capacity_mw = numbers.capacity_mw / units.mw  # all of it: how far it may shrink is asked
        [upper] = by_row(*(a[np.newaxis] for a in (scaled.free_mw, scaled.pinned_mw, capacity_mw)))
        must = np.concatenate([np.ones(len(kinds), bool), face.full])
        lower, rows = (
            np.where(must, upper, -highspy.kHighsInf),
            np.arange(len(upper), dtype=np.int32),
        )
        highs = Highs(threads=1, presolve="off", solver="simplex")
        none = np.empty(0)
        highs.addRows(
            len(rows), lower, upper, 0, none.astype(np.int32), none.astype(np.int32), none
        )
        for p, j in np.argwhere(kinds):
            at = np.array(
                [p] if j == regions.shape[1] else [p, len(kinds) + j], np.int32
            )  # unserved load has no region
            highs.addCol(0.0, 0.0, highspy.kHighsInf, len(at), at, np.ones(len(at)))
        multiple = highs.getNumCol()
        highs.addCol(-1.0, 0.0, 0.0, 0, none.astype(np.int32), none)
        directions, which = np.unique(
            by_row(free, pinned, capacity).round(12), axis=0, return_inverse=True
        )
        result, last = np.empty((len(directions), 2)), np.zeros(len(rows))
        for n, direction in enumerate(directions):
            for row in np.flatnonzero(direction != last):
                highs.changeCoeff(int(row), multiple, -direction[row])
            last = direction
            for end, sign in enumerate((-1.0, 1.0)):
                highs.changeColCost(multiple, -sign)
                highs.changeColBounds(multiple, *sorted((0.0, sign * highspy.kHighsInf)))
                highs.run()
                status = highs.getModelStatus()
                if status not in (
                    highspy.HighsModelStatus.kOptimal,
                    highspy.HighsModelStatus.kUnbounded,
                ):
                    raise SolverError(
                        tr("HiGHS stopped: {}.", status.name), tr("prices"), tr(EXTREMES)
                    )
                bounded = status == highspy.HighsModelStatus.kOptimal
                result[n, end] = (
                    highs.getSolution().col_value[multiple] if bounded else sign * np.inf
                )
        return result[which] * units.mw


def of_kinds(arcs: NDArray[Any], groups: Groups, home: Ints) -> tuple[NDArray[Any], NDArray[Any]]:
    """
    Of arcs (demand, j), those of each kind of free load (free, j), and of each kind of pinned load
    the one to its home (pinned,).
    """
    pinned = groups.first_pinned
    return arcs[groups.first_free], arcs[pinned, home[pinned]]


def by_kind(numbers: LPData, groups: Groups, home: Ints) -> KindData:
    """What is asked of demands, arcs (demand, j), put together by their kinds."""
    cost, pinned_cost = of_kinds(numbers.cost, groups, home)
    allowed, pinned_allowed = of_kinds(numbers.allowed, groups, home)
    free, pinned = len(groups.first_free), len(groups.first_pinned)
    return KindData(
        cost=cost,
        allowed=allowed,
        free_mw=np.asarray(np.bincount(groups.free, numbers.free_mw.ravel(), free), float),
        pinned_cost=pinned_cost,
        pinned_allowed=pinned_allowed,
        pinned_mw=np.asarray(np.bincount(groups.pinned, numbers.pinned_mw.ravel(), pinned), float),
        pinned_home=home[groups.first_pinned],
        capacity_mw=numbers.capacity_mw,
        drop=numbers.drop.ravel()[np.concatenate([groups.first_free, groups.first_pinned])],
        time_limit_s=numbers.time_limit_s,
    )


def part_of_kind(wanted: Floats, together: Floats, kind: Ints) -> Floats:
    """The part of what its kind gets that is each demand's: what it wants of what all want."""
    of_kind = together[kind]
    return np.divide(wanted, of_kind, out=np.zeros(len(kind)), where=of_kind > 0)


def _together(levels: Sequence[Level]) -> Level:
    """All levels at once, each of far less weight than the one before."""
    weights = HINTS[len(levels)]

    def summed(part: str) -> Floats:
        parts = (
            weight * getattr(level, part) for weight, level in zip(weights, levels, strict=True)
        )
        return np.asarray(sum(parts))

    return Level(summed("arcs"), summed("pinned"), summed("drop"), 0.0)


def _face_of(levels: Sequence[Level], prices: Sequence[Prices], face: Face, home: Ints) -> Face:
    """All equal optima of several levels, by prices on each that are optimal on all before."""
    for level, price in zip(levels, prices, strict=True):
        face = optimal_face(level, price, face, home)
    return face


def _firsts(kinds: Groups, free: Ints, pinned: Ints) -> tuple[Ints, Ints]:
    """The first demands of these kinds."""
    return kinds.first_free[free], kinds.first_pinned[pinned]


def values_of_load(numbers: LPData, units: Units) -> list[Floats]:
    """
    Penalties on unserved load as if they were costs of arcs, shape (demand, j), in solver units,
    where classes differ in them.
    """
    if np.ndim(numbers.unserved_cost) == 0:
        return []
    by_arc = np.repeat(numbers.drop.reshape(-1, 1), len(numbers.capacity_mw), axis=1)
    return [by_arc / units.cost]


def _alike(data: KindData, loads: Loads, free_kind: Ints, pinned_kind: Ints) -> Loads:
    """The same with all groups of a kind served alike, which changes nothing on any level."""
    free = np.column_stack([loads.free, loads.dropped_free])
    free = in_equal_parts(free_kind, data.free_mw, free)
    pinned = np.column_stack([loads.pinned, loads.dropped_pinned])
    if loads.dropped_pinned.any():  # otherwise all of it is at home
        pinned = in_equal_parts(pinned_kind, data.pinned_mw, pinned)
    return Loads(np.ascontiguousarray(free[:, :-1]), pinned[:, 0], free[:, -1], pinned[:, 1])


class _Seats:
    """Who has which of few seats: who comes anew takes that of whoever asked longest ago."""

    def __init__(self, count: int) -> None:
        nobody = range(-count, 0)
        self._by_asker: OrderedDict[int, int] = OrderedDict(zip(nobody, range(count), strict=True))
        self._lock = Lock()

    def of(self, asker: int) -> int:
        with self._lock:
            seat = self._by_asker.pop(asker, None)
            if seat is None:
                _, seat = self._by_asker.popitem(last=False)
            self._by_asker[asker] = seat
            return seat


_models: Memo[PlacementModel] = Memo(size=36)
_seats = _Seats(SEATS)
_asker: ContextVar[int | None] = ContextVar("asker", default=None)


@contextmanager
def solving_for(asker: object) -> Iterator[None]:
    """
    Inside, models are those that this one has had, if it is among the last few who asked: of
    several who move things by turns, each starts from its own last basis.
    """
    token = _asker.set(id(asker))
    try:
        yield
    finally:
        _asker.reset(token)


def model_for(purpose: str, home: Ints, regions: int, workloads: int) -> PlacementModel:
    """
    The process's model of that structure. Hold its `lock` while solving.

    Each purpose (an objective, the frontier) has its own, so that each starts from its own last
    basis.
    """
    asker = _asker.get()
    key = (0 if asker is None else _seats.of(asker), purpose, tuple(home), regions, workloads)
    return _models.find(key, lambda: PlacementModel(home, regions, workloads))
