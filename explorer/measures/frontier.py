"""
The energy-latency frontier: what cost and carbon become as a latency budget grows, and what each
step returns.

Cost is a step function of the budget, because a budget only decides which arcs exist. The steps are
found exactly: from one optimum to the next, its prices show which arc is the first, in order of
latency, that can improve it.

Energy and carbon return on latency are defined here as secants between steps; the definitions are
this project's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo, digest
from explorer.errors import OutOfTimeError
from explorer.measures.relocatable_load import READINGS, relocatable_mw
from explorer.model.network import BUDGET_DECIMALS, Network, build_network, lp_data
from explorer.model.opening import OpeningArcs
from explorer.model.placement import BASELINES, LAYERS, Placement
from explorer.model.solve import solve_network
from explorer.model.solver import LPData, Optimum, PlacementModel, model_for
from explorer.model.tree import Basis
from explorer.presentation import drawing, render
from explorer.scenario.scenario import Scenario

if TYPE_CHECKING:
    import holoviews as hv
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Step = tuple[float, Ints, Floats]  # a budget [ms], and the load there, see `OpeningArcs.load`

LAYER_COLUMNS = [f"{layer.replace('-', '_')}_mw" for layer in LAYERS]
RID_COLUMNS = [f"rid_{reading}_mw" for reading in READINGS]
SUMS = (  # columns that load adds up to
    "cost_usd_per_h", "carbon_kg_per_h", "objective_usd_per_h", "electricity_mwh_per_h", "served_mw",
    "relocated_mw",
)  # fmt: skip
GRID_POINTS = 24  # of a frontier that need not be exact
REAL_STEP = 1e-9  # relative change of the objective above which a step is one
WINDOW_MS = 10.0  # of returns that are no matter of a single step, at least
UNSERVED_MW = 1e-6  # above this, load counts as unserved in a world of ordinary size
UNSERVED_SHARE = 1e-9  # of all demand; the same in a world of any size


@dataclass(frozen=True, eq=False)
class Frontier:
    """
    Optimal cost and carbon along one latency budget; the rest of the scenario as it is.

    `table` has one row per step, from the strictest budget that serves all that can be served:

    budget_ms
        Where the step begins: the budget of the class, or with `over="all"` the common relaxation.
        [ms]
    cost_usd_per_h, carbon_kg_per_h, objective_usd_per_h, electricity_mwh_per_h
        Of the optimum from here to the next step: money at a carbon price of zero, emissions, money
        with carbon at its price, and electricity drawn, that of moving included. Where cost is the
        objective, it is the third that falls; the first may rise from one row to the next. Where it
        is carbon or latency, emissions or delays are those up to the next step, and among equal
        placements in between cheaper ones may come within reach.
    erl_usd_per_h_per_ms, crl_kg_per_h_per_ms
        Energy and carbon return on latency: minus the change since the previous step, per ms of
        budget between the two.
    erl_usd_per_mwh_per_ms, electricity_return_mwh_per_h_per_ms
        The same per MWh served, and for the electricity itself.
    erl_window_usd_per_h_per_ms, crl_window_kg_per_h_per_ms
        The secants over a window that ends at this step, along the staircase: a single step is
        often shorter than RTTs are known, and its return a matter of chance; within a window steps
        are taken together. It is `window_ms` wide. NaN where fewer ms lie between the first row
        and this one.
    erl_from_start_usd_per_h_per_ms, crl_from_start_kg_per_h_per_ms
        The secants from the first row.
    relocated_mw, unserved_mw
        Load executed away from home, and by nobody. [MW]
    local_mw, regional_mw, energy_oriented_mw
        Load by layer, of all classes together: at home, within the regional radius of it, further
        away. [MW]
    rid_gross_mw, rid_deliverable_mw, rid_economic_mw
        Relocatable demand of all classes together at this very budget, as in `relocatable_demand`.
        It may grow before the next row too, by arcs that no optimum uses. Only `frontier` has these
        columns: they take two more solves per row, which nobody waits for while dragging a slider,
        so `trace` leaves them out. [MW]
    opens
        Regions whose new arcs the step uses, most load first, joined by "; ".
    """

    over: str
    exact: bool
    current_ms: float  # where the scenario stands on the axis [ms]
    strictest_ms: (
        float  # the smallest budget looked at; below the first row, load goes unserved [ms]
    )
    loosest_ms: float  # beyond it no further arc opens [ms]
    table: pd.DataFrame
    network: Network  # of the scenario

    @cached_property
    def baseline(self) -> Placement:
        """The baseline of the scenario, which the picture sees it against."""
        return solve_network(self.network, BASELINES[self.network.baseline_rule])

    @property
    def window_ms(self) -> float:
        """The width of the window that returns are taken over: see `window_ms`. [ms]"""
        return window_ms(self.network, self.over)

    @property
    def missing(self) -> list[str]:
        """Columns of relocatable demand that are not complete, because the time limit was over."""
        return [
            c for c in RID_COLUMNS if c in self.table and np.isnan(self.table[c].to_numpy()).any()
        ]

    @cached_property
    def current(self) -> pd.Series | None:
        """
        The row that the scenario's own budget stands on, or None where it leaves load unserved.
        """
        before = self.table[self.table["budget_ms"] <= self.current_ms + 1e-9]
        return None if before.empty else before.iloc[-1]

    def __repr__(self) -> str:
        return f"<Frontier over {self.over!r}: {len(self.table)} steps>"

    def _repr_html_(self) -> str:
        return render(self, "html")

    def plot(self, quantity: str = "cost") -> hv.Overlay | hv.Layout:
        """Draw "cost" or "carbon" along the budget."""
        return drawing().plot(self, quantity)

    def figure(self, path: str | Path | None = None, **options: Any) -> Figure:
        """Draw cost above carbon for print, and write it; options as in `explorer.figure`."""
        return drawing().figure(self, path, **options)


def window_ms(network: Network, over: str) -> float:
    """
    The width of the window that returns on latency are taken over: 10 ms, or what latencies are
    uncertain by where that is more. [ms]

    Uncertain by: how far measurements of one round trip lie apart, times the round trips of the
    class; over "all", of the class with most. Our own choice.

    Examples
    --------
    >>> window_ms(build_network(Scenario.load("world-2025")), "A")  # whose round trips differ by 9
    10.0
    """
    trips = network.round_trips
    most = trips.max() if over == "all" else trips[network.workloads.index(over)]
    return max(WINDOW_MS, float(most) * network.geography.rtt_range_ms)


def frontier(scenario: Scenario, over: str = "all", exact: bool = True) -> Frontier:
    """
    The energy-latency frontier of one class, or of a common relaxation of all.

    Parameters
    ----------
    scenario : Scenario
    over : str
        A workload id, or "all" for a relaxation added to every budget.
    exact : bool
        Find every step; otherwise solve on an even grid of budgets.

    Raises
    ------
    ValueError
        If `over` names no workload.
    SolverError
        If a solve fails, or one for the steps themselves meets the time limit. Where time runs out
        for relocatable demand, the steps are there and `Frontier.missing` says what is not.

    Notes
    -----
    Hosting and a cap on cost are left out: where they count, the scenario's own placement lies
    above the frontier.

    Examples
    --------
    >>> steps = frontier(Scenario.load("classroom-3x3"), over="all").table
    >>> bool((steps["cost_usd_per_h"].diff().dropna() < 0).all())
    True
    """
    sweep = _Sweep(build_network(scenario), over, scenario.latency_relaxation_ms)
    found = _trace(sweep, exact)
    known = _full_tables.get((sweep.key, over, exact))
    if known is not None:
        return replace(found, table=known)
    full = replace(found, table=sweep.with_relocatable(found.table))
    if not full.missing:  # with more time there may be more
        _full_tables.find((sweep.key, over, exact), lambda: full.table)
    return full


# Results by all that a curve depends on. The budget that varies along the axis is not part of it:
# moving that moves the mark alone.
_frontiers: Memo[Frontier] = Memo(size=64)
_full_tables: Memo[pd.DataFrame] = Memo(size=64)
# Where the last sweep of each model first stood; its lock guards that.
_first_stands: WeakKeyDictionary[PlacementModel, Basis | None] = WeakKeyDictionary()


def trace(
    network: Network,
    over: str,
    relaxation_ms: float,
    exact: bool = True,
    between: Callable[[], None] = lambda: None,
) -> Frontier:
    """
    `frontier` of a network whose budgets include `relaxation_ms`, without its `rid_` columns: fit
    to follow a slider.

    Remembered for all sessions. `between` is called before each step that is looked for.
    """
    return _trace(_Sweep(network, over, relaxation_ms), exact, between)


def remembered(network: Network, over: str, relaxation_ms: float) -> Frontier | None:
    """
    What `trace` would return, if that takes no solve: a budget slides along a curve that is there
    already.
    """
    sweep = _Sweep(network, over, relaxation_ms)
    found = _frontiers.get((sweep.key, over, True))
    return None if found is None else sweep.here(found)


def _trace(sweep: _Sweep, exact: bool, between: Callable[[], None] = lambda: None) -> Frontier:
    network = sweep.network

    def run() -> Frontier:
        model = model_for("frontier", network.home, len(network.regions), len(network.workloads))
        with model.lock:
            return sweep.frontier(model, exact, between)

    found = _frontiers.find((sweep.key, sweep.over, exact), run)
    return sweep.here(found)


class _Sweep:
    """One walk along the budget axis."""

    def __init__(self, network: Network, over: str, relaxation_ms: float) -> None:
        if over != "all" and over not in network.workloads:
            raise ValueError(
                f"Unknown workload {over!r}; use 'all' or one of {', '.join(network.workloads)}."
            )
        self._whole, network = network, network.without_hosting_or_cap
        self.network, self.over = network, over
        self._hardly_mw = hardly_mw(network)
        self._numbers = lp_data(network, network.objective)
        own_budget = network.budget_ms - relaxation_ms
        permitted = network.permitted
        if over == "all":
            opens = network.latency_ms - own_budget
            self._opens_ms = np.where(permitted, np.round(opens, BUDGET_DECIMALS), np.inf)
            self.current_ms = float(relaxation_ms)
            self._least_ms = -own_budget.min()  # no budget below zero
        else:
            k = network.workloads.index(over)
            self._opens_ms = np.where(network.allowed, -np.inf, np.inf)
            opens = network.latency_ms[:, :, k] - relaxation_ms
            self._opens_ms[:, :, k] = np.where(
                permitted[:, :, k], np.round(opens, BUDGET_DECIMALS), np.inf
            )
            self.current_ms = float(own_budget[k])
            self._least_ms = 0.0
        finite = self._opens_ms[np.isfinite(self._opens_ms)]
        if not finite.size:  # nothing can ever be served: one step, of nothing
            finite = np.array([self.current_ms])
        self._breakpoints = np.unique(np.maximum(finite, self._least_ms))

    @property
    def key(self) -> bytes:
        """Everything the curve depends on, which leaves out where the scenario stands on it."""
        net, numbers = self.network, self._numbers
        arrays = (
            self._opens_ms,
            net.cost_usd_per_mwh,
            net.money_usd_per_mwh,
            net.carbon_kg_per_arc_mwh,
            net.wan_ms,
            net.pue,
            net.geography.region_km,
        )
        amounts = numbers.free_mw, numbers.pinned_mw, numbers.capacity_mw
        window = window_ms(net, self.over)
        scalars = np.append(numbers.unserved_cost, [net.regional_radius_km, window])
        return digest(
            net.regions,
            net.workloads,
            net.objective,
            net.home.astype(float),
            *arrays,
            *amounts,
            scalars,
        )

    def frontier(self, model: PlacementModel, exact: bool, between: Callable[[], None]) -> Frontier:
        self._model = model
        points, figures = self._breakpoints, self._figures
        asked = self._numbers, self._then, self._opens_ms, self.network.home, figures
        arcs = OpeningArcs(*asked, _first_stands.get(model))
        start = self._first_served(arcs)
        _first_stands[model] = arcs.first
        steps = [(start, *arcs.load)]
        if exact:
            steps += self._walk(arcs, between)
        else:
            for budget in np.unique(np.linspace(start, points[-1], GRID_POINTS))[1:]:
                self._move_to(budget, arcs)
                steps.append((budget, *arcs.load))
        return Frontier(
            over=self.over,
            exact=exact,
            current_ms=self.current_ms,
            strictest_ms=float(points[0]),
            loosest_ms=float(points[-1]),
            table=_with_returns(self._columns(steps, figures), window_ms(self.network, self.over)),
            network=self._whole,
        )

    def here(self, found: Frontier) -> Frontier:
        """The same curve with where this scenario stands on it, and its names."""
        return replace(found, current_ms=self.current_ms, network=self._whole)

    def _walk(self, arcs: OpeningArcs, between: Callable[[], None]) -> Iterator[Step]:
        """
        From one improving arc to the next; arcs in between cannot improve, so nothing is missed.
        """
        after = arcs.objective
        while np.isfinite(budget := arcs.next_ms()):
            between()
            self._move_to(budget, arcs)
            before, after = after, arcs.objective
            if abs(after - before) > REAL_STEP * abs(before):
                yield budget, *arcs.load

    def _first_served(self, arcs: OpeningArcs) -> float:
        """The smallest breakpoint that serves all that can be served; the arcs stand there then."""
        points = self._breakpoints
        wanted = self.network.demand_mw > 0
        earliest = self._opens_ms.min(axis=1)[wanted]
        needed = earliest[np.isfinite(earliest)].max(initial=points[0])  # and mostly enough
        low = int(np.searchsorted(points, needed))
        self._move_to(float(points[low]), arcs)
        if arcs.unserved_mw <= self._hardly_mw:
            return float(points[low])
        # the loosest second: from few arcs, the solver gets to many far sooner than the other way
        # round
        least_unserved = _unserved_mw(self._solve(points[-1])) + self._hardly_mw
        low, high = 0, len(points) - 1
        while low < high:
            middle = (low + high) // 2
            if _unserved_mw(self._solve(points[middle])) <= least_unserved:
                high = middle
            else:
                low = middle + 1
        arcs.stand_on(self._solve(points[high]), points[high])
        return float(points[high])

    def _move_to(self, budget_ms: float, arcs: OpeningArcs) -> None:
        """Let the arcs stand on the optimum at a larger budget."""
        if not arcs.move_to(budget_ms):
            arcs.stand_on(self._solve(budget_ms), budget_ms)

    def _solve(self, budget_ms: float) -> Optimum:
        numbers: LPData = replace(self._numbers, allowed=self._opens_ms <= budget_ms)
        return self._model.solve(numbers, self._then)

    @property
    def _then(self) -> Floats | None:
        """What breaks ties of the objective."""
        return None if self.network.objective == "cost" else self.network.cost_usd_per_mwh

    @property
    def _figures(self) -> list[Floats]:
        """
        What a MW on each arc adds to `SUMS` and then to each layer, each of shape (client, region,
        workload).
        """
        net = self.network
        layers = np.repeat(net.layer_index[..., np.newaxis], len(net.workloads), axis=-1)
        return [
            net.money_usd_per_mwh,
            net.carbon_kg_per_arc_mwh,
            net.cost_usd_per_mwh,
            net.electricity_per_arc_mwh,
            np.ones(net.latency_ms.shape),
            net.is_away,
            *((layers == layer).astype(float) for layer in range(len(LAYERS))),
        ]

    def _columns(self, steps: list[Step], figures: list[Floats]) -> dict[str, Any]:
        """Of each step: its budget, sums of figures, what goes unserved, and where arcs open."""
        budgets, arcs, mw = zip(*steps, strict=True)
        step = np.repeat(np.arange(len(steps)), [*map(len, arcs)])
        arc, mw, budget_ms = np.concatenate(arcs), np.concatenate(mw), np.array(budgets)
        served = arc >= 0
        unserved_mw = np.asarray(np.bincount(step[~served], mw[~served], len(steps)), float)
        step, arc, mw = step[served], arc[served], mw[served]
        used = np.bincount(arc).nonzero()[0]  # sums take few columns
        column = np.empty(self._opens_ms.size, np.intp)
        column[used] = np.arange(len(used))
        cell = step * len(used) + column.take(arc)
        it_mw = np.bincount(cell, mw, len(steps) * len(used)).reshape(len(steps), len(used))
        sums = [it_mw @ figure.take(used) for figure in figures]
        new = self._opens_ms.take(arc) == budget_ms.take(step)
        regions = len(self.network.regions)
        place = step * regions + arc // len(self.network.workloads) % regions
        opened_mw = np.bincount(place[new], mw[new], len(steps) * regions).reshape(-1, regions)
        return {
            "budget_ms": budget_ms,
            **dict(zip(SUMS, sums, strict=False)),
            "unserved_mw": unserved_mw,
            **dict(zip(LAYER_COLUMNS, sums[len(SUMS) :], strict=True)),
            "opens": ["", *map(self._opened, opened_mw[1:])],
        }

    def with_relocatable(self, table: pd.DataFrame) -> pd.DataFrame:
        """
        The table with its `rid_` columns, before `opens`, as far as the time limit allows. [MW]
        """
        readings = np.full((len(READINGS), len(table)), np.nan)
        deadline = monotonic() + self.network.time_limit_s
        try:
            for n, reading in enumerate(READINGS):
                for row, budget in enumerate(table["budget_ms"]):
                    left_s = max(deadline - monotonic(), 0.0)
                    readings[n, row] = relocatable_mw(
                        self.network, self._opens_ms <= budget, reading, left_s
                    )
        except OutOfTimeError:
            pass  # what is not there is NaN, which says so
        columns = dict(zip(RID_COLUMNS, readings, strict=True))
        return table.drop(columns="opens").assign(**columns, opens=table["opens"])

    def _opened(self, new_mw: Floats) -> str:
        """Regions of new arcs that carry load, most of it first."""
        regions = (new_mw > self._hardly_mw).nonzero()[0]
        order = regions[np.argsort(-new_mw[regions], kind="stable")]
        return "; ".join(self.network.regions[j] for j in order)


def hardly_mw(network: Network) -> float:
    """Load that counts as none in a network. [MW]"""
    return UNSERVED_SHARE * float(network.demand_mw.sum())


def _unserved_mw(optimum: Optimum) -> float:
    return float(optimum.unserved_free_mw.sum() + optimum.unserved_pinned_mw.sum())


def _with_returns(columns: dict[str, Any], window: float) -> pd.DataFrame:
    """
    The table of these columns and of returns on latency, their secants; NaN in the first row.
    """
    budget, served, opens = (columns.pop(name) for name in ("budget_ms", "served_mw", "opens"))
    cost, carbon = columns["cost_usd_per_h"], columns["carbon_kg_per_h"]
    span, from_start = np.diff(budget, prepend=np.nan), budget - budget[0]
    before = _window_before(budget, window)

    def since_last(of: Floats) -> Floats:
        return -np.diff(of, prepend=np.nan) / span

    def over_window(of: Floats) -> Floats:
        return np.where(before >= 0, of[before] - of, np.nan) / window

    with np.errstate(divide="ignore", invalid="ignore"):
        returns = {
            "erl_usd_per_h_per_ms": since_last(cost),
            "crl_kg_per_h_per_ms": since_last(carbon),
            "erl_usd_per_mwh_per_ms": since_last(cost) / served,
            "electricity_return_mwh_per_h_per_ms": since_last(columns["electricity_mwh_per_h"]),
            "erl_window_usd_per_h_per_ms": over_window(cost),
            "crl_window_kg_per_h_per_ms": over_window(carbon),
            "erl_from_start_usd_per_h_per_ms": (cost[0] - cost) / from_start,
            "crl_from_start_kg_per_h_per_ms": (carbon[0] - carbon) / from_start,
        }
    return pd.DataFrame({"budget_ms": budget, **columns, **returns, "opens": opens})


def _window_before(budget_ms: Floats, window: float) -> NDArray[np.intp]:
    """
    The row that the staircase stands on a window before each row; -1 where it has not begun.

    >>> _window_before(np.array([100.0, 104.0, 111.0, 140.0]), 10.0).tolist()
    [-1, -1, 0, 2]
    """
    return np.searchsorted(budget_ms, budget_ms - window + 1e-9, side="right") - 1
