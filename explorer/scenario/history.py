"""Undo, redo and reset of what a user changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import param
from param.parameterized import batch_call_watchers

from explorer.scenario.scenario import SETTINGS, Scenario

State = dict[tuple[str, str], Any]  # (workload id or "", parameter) -> value


@contextmanager
def together(*owners: param.Parameterized) -> Iterator[None]:
    """Call watchers when all is set: what is set together is undone in one step."""
    with ExitStack() as batches:
        for owner in reversed(dict.fromkeys(owners)):  # the first ends first
            batches.enter_context(batch_call_watchers(owner))
        yield


class History(param.Parameterized):
    """
    The states a scenario went through. Moves of one slider in a row count as one change, as users
    see them: as far as its hand holds on to it.
    """

    can_undo = param.Boolean(
        default=False, constant=True, doc="Whether there is something to undo."
    )
    can_reset = param.Boolean(
        default=False, constant=True, doc="Whether something of this scenario was changed."
    )
    can_redo = param.Boolean(
        default=False, constant=True, doc="Whether there is something to redo."
    )

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self._scenario = scenario
        self._done, self._undone = [state_of(scenario)], list[State]()
        self._last_change: set[tuple[str, str]] = set()
        self._restoring = False
        self._back: Callable[[], None] | None = None
        self._on: Callable[[], None] | None = None
        scenario.on_change(self._on_change)

    def undo(self) -> None:
        """Back to before the last change."""
        if len(self._done) > 1:
            self._undone.append(self._done.pop())
            self._restore()
        elif self._back is not None:
            self._back()

    def redo(self) -> None:
        """The last undone change again."""
        if self._undone:
            self._done.append(self._undone.pop())
            self._restore()
        elif self._on is not None:
            self._on()

    def go_on_in(self, other: History, there: Callable[[], None], back: Callable[[], None]) -> None:
        """
        Count another scenario that follows on this one, as of edited tables, as one more change:
        `there` and `back` lead from one to the other.
        """
        self._undone.clear()
        self._on, other._back = there, back
        self._update_flags()
        other._update_flags()

    def reset(self) -> None:
        """Back to how the scenario was opened; can be undone."""
        if state_of(self._scenario) != self._done[0]:
            self._done.append(self._done[0])
            self._undone.clear()
            self._on = None
            self._restore()

    def end_move(self) -> None:
        """What comes is a change of its own, even of the same slider: a hand has let go of it."""
        self._last_change = set()

    def _on_change(self, *events: Any) -> None:
        if self._restoring:
            return
        now = state_of(self._scenario)
        change = {key for key, value in now.items() if value != self._done[-1][key]}
        if not change and not self._last_change:
            return
        if change <= self._last_change and len(self._done) > 1:
            self._done[-1] = now
            if now == self._done[-2]:  # moved there and back: nothing to undo
                self._done.pop()
                self._last_change = set()
        else:
            self._done.append(now)
            self._last_change = change
        self._undone.clear()
        self._on = None
        self._update_flags()

    def _restore(self) -> None:
        self._restoring = True
        self._last_change = set()
        try:
            restore(self._scenario, self._done[-1])
        finally:
            self._restoring = False
        self._update_flags()

    def _update_flags(self) -> None:
        changed = len(self._done) > 1
        flags = {
            "can_undo": changed or self._back is not None,
            "can_reset": changed,
            "can_redo": bool(self._undone) or self._on is not None,
        }
        if any(getattr(self, name) != flag for name, flag in flags.items()):
            with param.edit_constant(self):
                self.param.update(**flags)


def state_of(scenario: Scenario) -> State:
    """All that users may change, as it is now."""
    settings = {("", name): value for name, value in scenario.settings().items()}
    for key, workload in scenario.workloads.items():
        settings |= {(key, name): value for name, value in workload.changeable().items()}
    return settings


def restore(scenario: Scenario, state: State) -> None:
    """Set all that users may change, as one change."""
    with together(scenario, *scenario.workloads.values()):
        scenario.param.update({name: state["", name] for name in SETTINGS})
        for key, workload in scenario.workloads.items():
            workload.param.update(
                {name: value for (owner, name), value in state.items() if owner == key}
            )
