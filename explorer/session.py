"""
One user's scenario and where it leads: inputs changed, results follow. Knows Param; knows nothing
of a screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import param

from explorer.errors import ExplorerError, told
from explorer.measures.frontier import Frontier, remembered, trace
from explorer.model.network import Network, build_network
from explorer.model.placement import Placement
from explorer.model.solve import is_quick, solve_network
from explorer.model.solver import solving_for
from explorer.scenario.scenario import Scenario
from explorer.text import elided
from explorer.words import tr

T = TypeVar("T")
LAST_S = 0.1  # that what follows last waits for a frontier
PICKS = ("region", "client", "flow")  # of a `Session`: what is picked on the map
FrontierInputs = tuple[Network, str, float]  # class or "all"; common relaxation [ms]
_TO = " → "


def flow_id(home: str, region: str) -> str:
    """
    How a flow is called that is picked, by the ids of its ends.

    >>> flow_id("middle", "north")
    'middle → north'
    """
    return f"{home}{_TO}{region}"


@dataclass(frozen=True)
class Ghost:
    """What a placement is compared with: the baseline, or one that was pinned."""

    name: str  # "" of the baseline
    placement: Placement

    @property
    def short(self) -> str:
        """Its name where there is little room."""
        return tr("“{}”", elided(self.name, 16)) if self.name else tr("baseline")

    @property
    def said(self) -> str:
        """Its name within a sentence."""
        return tr("“{}”", self.name) if self.name else tr("the baseline")


class Runner(Protocol):
    """When work is done. A screen has its own: at once in Python, between events on a server."""

    def call_soon(self, work: Callable[[], None]) -> None:
        """Do the work once the changes at hand have all arrived."""
        ...

    def call_behind(self, work: Callable[[], None]) -> None:
        """Do the work behind answers to moves: it is to be seen next, not first."""
        ...

    def call_later(self, work: Callable[[], None], wait_s: float) -> None:
        """Do the work after a while."""
        ...

    def run_in_thread(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do longer work without holding up anything else; hand over its result."""
        ...

    def run_isolated(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """
        The same for work that may take half a minute: not even other longer work waits for it.
        """
        ...

    def give_way(self) -> None:
        """Between two steps of longer work: let answers go first."""
        ...


class AtOnce:
    """Does everything when asked: for notebooks, scripts and tests."""

    def call_soon(self, work: Callable[[], None]) -> None:
        """Do it."""
        work()

    call_behind = call_soon

    def call_later(self, work: Callable[[], None], wait_s: float) -> None:
        """Do it."""
        work()

    def run_in_thread(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do it, and hand over the result."""
        then(work())

    run_isolated = run_in_thread

    def give_way(self) -> None:
        """Go on."""


class Session(param.Parameterized):
    """
    A scenario, its placement with the baseline, and its frontier, always in step.

    A slider that moves faster than the solver is followed at the solver's pace: the newest values
    win, nothing queues. Results are replaced only when they differ, and a failure leaves the last
    good ones standing beside its `error`. What is looked at first watches the parameters, other
    pictures follow by `watch_behind`, and what is read or takes a solve of its own by `watch_last`.

    Raises
    ------
    ExplorerError
        If the scenario cannot be placed to begin with.
    """

    placement = param.Parameter(constant=True, doc="Latest `Placement`; set here only.")
    placement_busy = param.Boolean(
        default=False, constant=True, doc="Whether a newer placement takes seconds to find."
    )
    frontier = param.ClassSelector(
        class_=Frontier, constant=True, doc="Latest frontier; set here only."
    )
    frontier_busy = param.Boolean(
        default=False, constant=True, doc="Whether a newer frontier is being computed."
    )
    error = param.ClassSelector(
        class_=ExplorerError, constant=True, doc="Why the latest inputs failed, or None."
    )
    workload = param.String(
        default="", doc="Class that frontier and break-even look at: a workload id."
    )
    region = param.String(default="", doc="Region picked on the map, or empty.")
    client = param.String(default="", doc="Client picked on the map, or empty.")
    flow = param.String(default="", doc="Flow picked on the map, as `flow_id` says it, or empty.")
    ghost = param.ClassSelector(
        class_=Ghost, doc="What differences are against, or None for the baseline."
    )

    def __init__(self, scenario: Scenario, runner: Runner | None = None) -> None:
        super().__init__(workload=next(iter(scenario.workloads)))
        self.scenario = scenario
        self.single_workload = self.workload  # the class of views that cannot show all together
        self._runner = runner or AtOnce()
        self._pending = False
        self._behind: dict[Callable[[], None], None] = {}  # what is out of step, first come first
        self._last: dict[Callable[[], None], None] = {}  # likewise, what follows last
        self._placing: Network | None = None
        self._wanted_frontier: FrontierInputs | None = None
        self._tracing = False
        self._errors: dict[str, ExplorerError | None] = {"placement": None, "frontier": None}
        scenario.on_change(self._on_change)
        self._update_placement(at_once=True)
        if self.placement is None and self.error is not None:
            raise self.error  # nothing good to leave standing

    @property
    def compared(self) -> Ghost:
        """What differences are against: the baseline, unless a pin of the same places is chosen."""
        ghost = self.compared_totals
        there, here = (
            (net.clients, net.regions, net.workloads)
            for net in (ghost.placement.network, self.network)
        )
        return ghost if there == here else self._baseline

    @property
    def compared_totals(self) -> Ghost:
        """What totals are against: the baseline, or a pin, of other places too."""
        return self.ghost or self._baseline

    @property
    def _baseline(self) -> Ghost:
        return Ghost("", self.placement.baseline)

    @property
    def network(self) -> Network:
        """The arrays behind the latest placement."""
        return self.placement.network

    def watch_behind(self, work: Callable[[], None], names: Iterable[str]) -> None:
        """
        Have work done when one of these parameters has changed, behind the answer to the move: once
        for however many changes, of what is the newest by then.
        """
        self.param.watch(lambda *_events: self._fall_behind(work), list(names))

    def _fall_behind(self, work: Callable[[], None]) -> None:
        in_step = not self._behind
        self._behind[work] = None
        if in_step:
            self._runner.call_behind(self._catch_up)

    def _catch_up(self) -> None:
        behind, self._behind = self._behind, {}
        do_all(behind)

    def watch_last(self, work: Callable[[], None], names: Iterable[str]) -> None:
        """
        The same behind pictures, which take a screen longest to paint: they wait neither for texts
        nor for what takes a solve of its own, and these for a frontier a moment at most.
        """
        self.param.watch(lambda *_events: self._come_last(work), list(names))

    def _come_last(self, work: Callable[[], None]) -> None:
        self._last[work] = None
        self._fall_behind(self._end_soon)

    def _end_soon(self) -> None:
        if self._tracing:
            self._runner.call_later(self._end, LAST_S)
        else:
            self._end()

    def _end(self) -> None:
        if self._last:
            self._runner.call_behind(self._do_last)

    def _do_last(self) -> None:
        last, self._last = self._last, {}
        do_all(last)

    def _on_change(self, *_events: Any) -> None:
        if not self._pending:
            self._pending = True
            self._runner.call_soon(self._update_placement)

    @property
    def flow_ends(self) -> tuple[str, str] | None:
        """Home and region of the flow picked, if there is one and its regions are known."""
        home, _, region = self.flow.partition(_TO)
        return (home, region) if {home, region} <= {*self.network.regions} else None

    def flow_ids(self) -> tuple[str, ...]:
        """Every flow that can be picked."""
        regions = self.network.regions
        return tuple(flow_id(home, region) for home in regions for region in regions)

    # of what can be picked, only the last is: before anybody who watches several changes at once
    @param.depends("region", watch=True)
    def _on_region(self) -> None:
        self._let_go_of_others("region")

    @param.depends("client", watch=True)
    def _on_client(self) -> None:
        self._let_go_of_others("client")

    @param.depends("flow", watch=True)
    def _on_flow(self) -> None:
        self._let_go_of_others("flow")

    def _let_go_of_others(self, picked: str) -> None:
        if getattr(self, picked):
            self.param.update({name: "" for name in PICKS if name != picked})

    @param.depends("workload", watch=True)  # before anybody who watches several changes at once
    def _on_workload(self) -> None:
        if self.workload in self.network.workloads:
            self.single_workload = self.workload
        self._update_frontier()

    def _update_placement(self, at_once: bool = False) -> None:
        self._pending = False
        try:
            network = build_network(self.scenario)
            if at_once or is_quick(network):
                self._set(placement=self._placed(network))
            else:
                self._place_in_thread(network)
                return
        except ExplorerError as err:
            self._note("placement", err)
        else:
            self._note("placement", None)
            self._update_frontier()

    def _placed(self, network: Network) -> Placement:
        """The placement, and what it is compared with, so that whoever paints it solves nothing."""
        with solving_for(self):
            placement = solve_network(network)
            _ = placement.baseline
        return placement

    def _place_in_thread(self, network: Network) -> None:
        """Place where that takes seconds; the last results stand until then."""
        if self._placing is None:  # else, when that ends, it looks at what is wanted then
            self._placing = network
            self._set(placement_busy=True)
            self._runner.run_isolated(
                lambda: _result_or_error(lambda: self._placed(network)), self._on_placed
            )

    def _on_placed(self, result: Placement | ExplorerError) -> None:
        done, self._placing = self._placing, None
        self._set(placement_busy=False)
        if isinstance(result, ExplorerError) and done == _result_or_error(
            lambda: build_network(self.scenario)
        ):
            self._note("placement", result)
        else:
            self._update_placement()  # finds it remembered, unless something else is wanted by now

    def _update_frontier(self) -> None:
        wanted = self.network, self.workload, self.scenario.latency_relaxation_ms
        self._wanted_frontier = wanted
        if self._tracing:  # when it begins, and when it ends, it looks at what is wanted then
            return
        found = remembered(*wanted)
        if found is not None:
            self._set(frontier=found, frontier_busy=False)
            self._note("frontier", None)
            return
        self._tracing = True
        self._set(frontier_busy=True)
        self._runner.run_in_thread(self._trace_wanted, self._on_frontier)

    def _trace_wanted(self) -> tuple[FrontierInputs, Frontier | ExplorerError]:
        """The frontier of what is wanted when its turn comes: what was wanted before has passed."""
        wanted = self._wanted_frontier
        assert wanted is not None
        return wanted, _result_or_error(lambda: trace(*wanted, between=self._runner.give_way))

    def _on_frontier(self, found: tuple[FrontierInputs, Frontier | ExplorerError]) -> None:
        self._tracing = False
        done, result = found
        wanted = self.network, self.workload
        current, error = done[:2] == wanted, result if isinstance(result, ExplorerError) else None
        newest_known = (
            not current and remembered(*wanted, self.scenario.latency_relaxation_ms) is not None
        )
        if (
            not isinstance(result, ExplorerError) and not newest_known
        ):  # else this one would be drawn for nothing
            self._set(frontier=result)
        if current:
            self._note("frontier", error)
        self._set(frontier_busy=not current)
        self._catch_up()  # it is behind the answer already
        self._end()
        if not current:
            self._update_frontier()

    def _note(self, part: str, error: ExplorerError | None) -> None:
        """
        Keep what fails until that part succeeds; a frontier that succeeds does not excuse the
        placement.
        """
        self._errors[part] = error
        self._set(error=self._errors["placement"] or self._errors["frontier"])

    def _set(self, **values: Any) -> None:
        changed = {
            name: value for name, value in values.items() if getattr(self, name) is not value
        }
        if changed:
            with param.edit_constant(self):
                self.param.update(**changed)


def do_all(works: Iterable[Callable[[], None]]) -> None:
    """Do one work after another; whatever goes wrong with one, the others are done."""
    with ExitStack() as each:
        for work in reversed([*works]):
            each.callback(work)


def _result_or_error(work: Callable[[], T]) -> T | ExplorerError:
    """
    The result, or any error as a value: other threads have nobody to raise to, and somebody waits.
    """
    try:
        return work()
    except Exception as err:
        return told(err)
