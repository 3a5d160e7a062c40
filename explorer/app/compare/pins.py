"""Up to four states that a user keeps: settings, budgets, and the placement that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import param

from explorer.app.compare.pin_text import PinText, pins_in, written
from explorer.app.controls.controls import Inputs
from explorer.app.differences import differences
from explorer.model.labels import as_shown
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.model.solve import is_quick, solve
from explorer.scenario.history import State, restore, state_of
from explorer.scenario.scenario import Scenario
from explorer.session import Ghost, Session

MOST = 4
LONGEST = 40  # characters of a name
_LONGEST_TOLD = 4000  # of all pins: each setting of each of them


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
    told = param.String(doc="The same as links have it; set here, or by a link.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._opened = state_of(session.scenario)
        self._ids = count(1)
        self.param.watch(self._on_told, "told")
        session.param.watch(self._tell, "ghost")

    def add(self) -> None:
        """
        Pin what is seen, unless there are four already, or a newer placement is being looked for.
        """
        session = self._session
        if len(self.kept) < MOST and build_network(session.scenario) == session.network:
            self._keep(*self.kept, self._made("", state_of(session.scenario), session.placement))

    def __contains__(self, told: str) -> bool:
        """Whether a text tells of pins that are possible here."""
        return len(told) <= _LONGEST_TOLD and self._scenarios(told) is not None

    def rename(self, id: int, name: str) -> None:
        """Give a pin another name; a blank one leaves it as it is."""
        name = as_shown(name)[:LONGEST].strip()
        if name:
            self._keep(*(replace(pin, name=name) if pin.id == id else pin for pin in self.kept))
            self._follow()

    def said(self, pin: Pin) -> str:
        """What a pin has otherwise than the scenario as it was opened."""
        return "; ".join(differences(self._session.scenario, self._opened, pin.state))

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
        self._tell()

    def _made(self, name: str, state: State, placement: Placement) -> Pin:
        """A new pin, by a name that no other has."""
        name = name or _what_differs(self._session.scenario, self._opened, state)
        return Pin(next(self._ids), self._free(name), state, placement)

    def _tell(self, *_events: Any) -> None:
        self.told = self._as_text()

    def _as_text(self) -> str:
        ghost_id, scenario, opened = self.ghost_id, self._session.scenario, self._opened
        texts = []
        for pin in self.kept:
            given = pin.name if pin.name != _what_differs(scenario, opened, pin.state) else ""
            texts.append(written(scenario, opened, given, pin.state, pin.id == ghost_id))
        return "".join(texts)

    def _on_told(self, *_events: Any) -> None:
        """Pin what a link says, in place of what was pinned."""
        found = None if self.told == self._as_text() else self._scenarios(self.told)
        if found is None:
            return
        self._keep()
        for text, scenario in found:
            self._keep(*self.kept, self._made(text.name, state_of(scenario), solve(scenario)))
        ghosts = [pin.id for pin, (text, _) in zip(self.kept, found, strict=True) if text.is_ghost]
        self.compare_with(next(iter(ghosts), 0))

    def _scenarios(self, told: str) -> list[tuple[PinText, Scenario]] | None:
        """What a text says of pins, and the scenario in the state of each; None if that cannot be."""
        texts = pins_in(told)
        if texts is None or len(texts) > MOST:
            return None
        found = [(text, self._scenario_of(text)) for text in texts]
        return None if None in [scenario for _, scenario in found] else found  # pyright: ignore[reportReturnType]

    def _scenario_of(self, text: PinText) -> Scenario | None:
        scenario = self._session.scenario.copy()
        restore(scenario, self._opened)
        inputs = Inputs(scenario, {})
        known = {*text.values} <= {*inputs.keys} and not inputs.write(dict(text.values))
        is_name = as_shown(text.name)[:LONGEST] == text.name
        possible = known and is_name and is_quick(build_network(scenario))
        return scenario if possible else None

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
