"""Up to four states that a user keeps: settings, budgets, and the placement that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import param

from explorer.app.differences import differences
from explorer.model.labels import as_shown
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.scenario.history import State, restore, state_of
from explorer.scenario.scenario import Scenario
from explorer.session import Ghost, Session

MOST = 4
LONGEST = 40  # characters of a name


@dataclass(frozen=True)
class Pin:
    """A state with its name."""

    id: int
    name: str
    state: State
    placement: Placement


class Pins(param.Parameterized):
    """The pins of a session, and which of them differences are against."""

    kept = param.Parameter(default=(), constant=True, doc="The pins, oldest first.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._opened = state_of(session.scenario)
        self._ids = count(1)

    def add(self) -> None:
        """
        Pin what is seen, unless there are four already, or a newer placement is being looked for.
        """
        session = self._session
        if len(self.kept) < MOST and build_network(session.scenario) == session.network:
            state = state_of(session.scenario)
            name = self._free(_what_differs(session.scenario, self._opened, state))
            self._keep(*self.kept, Pin(next(self._ids), name, state, session.placement))

    def rename(self, id: int, name: str) -> None:
        """Give a pin another name; a blank one leaves it as it is."""
        name = as_shown(name)[:LONGEST].strip()
        if name:
            self._keep(*(replace(pin, name=name) if pin.id == id else pin for pin in self.kept))
            self._follow()

    def remove(self, id: int) -> None:
        """Let go of a pin."""
        self._keep(*(pin for pin in self.kept if pin.id != id))
        self._follow()

    def reopen(self, id: int) -> None:
        """Go back to the settings and budgets of a pin, as one change."""
        for pin in self.kept:
            if pin.id == id:
                restore(self._session.scenario, pin.state)

    def compare_with(self, id: int) -> None:
        """Show differences against a pin; against the baseline, if there is none of that id."""
        pins = [pin for pin in self.kept if pin.id == id]
        self._session.ghost = Ghost(pins[0].name, pins[0].placement) if pins else None

    @property
    def ghost_id(self) -> int:
        """The pin that differences are against; 0 for the baseline."""
        ghost = self._session.ghost
        same = (pin.id for pin in self.kept if ghost and pin.placement is ghost.placement)
        return next(same, 0)

    def _keep(self, *pins: Pin) -> None:
        with param.edit_constant(self):
            self.kept = pins

    def _follow(self) -> None:
        """The ghost has the name of its pin, and goes with it."""
        if self._session.ghost is not None:
            self.compare_with(self.ghost_id)

    def _free(self, name: str) -> str:
        """A name that no other pin has."""
        taken = {pin.name for pin in self.kept}
        names = (name if n == 1 else f"{name[: LONGEST - 4]} ({n})" for n in count(1))
        return next(each for each in names if each not in taken)


def _what_differs(scenario: Scenario, opened: State, now: State) -> str:
    """A name for a state: what was changed since the scenario was opened."""
    said = ", ".join(differences(scenario, opened, now))
    return (said[:LONGEST] or "As opened").strip(" ,")
