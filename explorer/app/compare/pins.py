"""Up to four states that a user keeps: settings, budgets, and the placement that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import param

from explorer.app.compare.pin_text import PinText, pin_in, texts_in, written
from explorer.app.controls.controls import Inputs, short
from explorer.app.differences import differences
from explorer.app.link.followed import loaded
from explorer.errors import ExplorerError
from explorer.model.labels import as_shown, title_shown
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.model.solve import is_quick, solve
from explorer.scenario.history import State, restore, state_of
from explorer.scenario.known import names
from explorer.scenario.scenario import Scenario
from explorer.session import Ghost, Session
from explorer.words import tr

MOST = 4
LONGEST = 40  # characters of a name
_LONGEST_TEXT = 1000  # characters that a link says of a pin: each setting
_Told = tuple[PinText, "Origin", Scenario]  # a pin in a link, and the scenario in its state


@dataclass(frozen=True)
class Origin:
    """A scenario as it was opened, which nobody changes."""

    name: str  # in links
    scenario: Scenario


@dataclass(frozen=True)
class Pin:
    """A state with its name."""

    id: int
    given: str  # a name, or empty for what differs
    nth: int  # of those of its scenario that would be called the same
    origin: Origin
    state: State
    placement: Placement

    @property
    def name(self) -> str:
        """What it is called, in the language that is spoken where nobody gave it a name."""
        name = self.given or _what_differs(self.origin.scenario, self.state)
        return name if self.nth == 1 else f"{name[: LONGEST - 4]} ({self.nth})"

    @property
    def said(self) -> str:
        """What it has otherwise than its scenario as it was opened."""
        return tr("; ").join(_differences(self.origin.scenario, self.state))


class Pins(param.Parameterized):
    """
    The pins of a session, and which of them differences are against. Some may be of other
    scenarios, which were seen before on the same page.

    Parameters
    ----------
    session : Session
    origin : Origin, optional
        The session's scenario as it was opened; the present one, nameless, if not given.
    served : str
        Name or path of the scenario of links that name none.
    """

    kept = param.Parameter(default=(), constant=True, doc="The pins, oldest first.")
    told = param.String(doc="The same as links have it; set here, or by a link.")

    def __init__(self, session: Session, origin: Origin | None = None, served: str = "") -> None:
        super().__init__()
        self._session, self._served = session, served
        self._origin = origin or Origin("", session.scenario.copy())
        self._refused = ""
        self.param.watch(self._on_told, "told")
        session.param.watch(self._tell, "ghost")

    def add(self) -> None:
        """
        Pin what is seen, unless there are four already, or a newer placement is being looked for.
        """
        session = self._session
        if len(self.kept) < MOST and build_network(session.scenario) == session.network:
            state = state_of(session.scenario)
            self._keep(*self.kept, self._made("", self._origin, state, session.placement))

    def take_over(self, other: Pins) -> None:
        """Have the pins of another scenario that was seen before, in place of what is pinned."""
        self._keep(*other.kept)
        self.compare_with(other.ghost_id)

    def __contains__(self, told: str) -> bool:
        """Whether a text tells of no pins, or of some that are possible here."""
        return not told or any(not isinstance(each, str) for each in self._scenarios(told))

    def refused(self) -> str:
        """What of the link that was followed last was no pin, until that has been asked for."""
        refused, self._refused = self._refused, ""
        return refused

    def rename(self, id: int, name: str) -> None:
        """Give a pin another name; a blank one leaves it as it is."""
        name = as_shown(name)[:LONGEST].strip()
        if name:
            self._keep(
                *(replace(pin, given=name, nth=1) if pin.id == id else pin for pin in self.kept)
            )
            self._follow()

    def is_elsewhere(self, pin: Pin) -> bool:
        """Whether a pin is of another scenario than the one that is seen."""
        return pin.origin.name != self._origin.name

    def remove(self, id: int) -> None:
        """Let go of a pin."""
        self._keep(*(pin for pin in self.kept if pin.id != id))
        self._follow()

    def reopen(self, id: int) -> None:
        """Go back to the settings and budgets of a pin of this scenario, as one change."""
        for pin in self.kept:
            if pin.id == id and not self.is_elsewhere(pin):
                restore(self._session.scenario, pin.state)

    def compare_with(self, id: int) -> None:
        """Show differences against a pin; against the baseline, if there is none of that id."""
        pins = [pin for pin in self.kept if pin.id == id]
        self._session.ghost = Ghost(self.full_name(pins[0]), pins[0].placement) if pins else None

    def full_name(self, pin: Pin) -> str:
        """A pin's name, with that of its scenario where it is another one."""
        if not self.is_elsewhere(pin):
            return pin.name
        return tr("{}: {}", title_shown(pin.origin.scenario), pin.name)

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

    def _made(self, name: str, origin: Origin, state: State, placement: Placement) -> Pin:
        """A new pin, by a name that no other of its scenario has."""
        id = 1 + max((pin.id for pin in self.kept), default=0)
        taken = {pin.name for pin in self.kept if pin.origin.name == origin.name}
        pins = (Pin(id, name, n, origin, state, placement) for n in count(1))
        return next(pin for pin in pins if pin.name not in taken)

    def _tell(self, *_events: Any) -> None:
        self.told = self._as_text()

    def _as_text(self) -> str:
        ghost_id = self.ghost_id
        texts = []
        for pin in self.kept:
            opened, of = pin.origin.scenario, pin.origin.name if self.is_elsewhere(pin) else None
            given = pin.name if pin.given else ""
            texts.append(written(opened, pin.state, given, pin.id == ghost_id, of))
        return "".join(texts)

    def _on_told(self, *_events: Any) -> None:
        """Pin what a link says, as far as that can be, in place of what was pinned."""
        if self.told == self._as_text():
            return
        read = self._scenarios(self.told)
        found = [each for each in read if not isinstance(each, str)]
        if self.told and not found:
            return
        self._keep()
        for text, origin, scenario in found:
            made = self._made(text.name, origin, state_of(scenario), solve(scenario))
            self._keep(*self.kept, made)
        ghosts = [pin.id for pin, (text, *_) in zip(self.kept, found, strict=True) if text.is_ghost]
        self.compare_with(next(iter(ghosts), 0))
        self._refused = tr("; ").join(each.rstrip(".。") for each in read if isinstance(each, str))

    def _scenarios(self, told: str) -> list[_Told | str]:
        """What a text says of each pin, with the scenario in its state, or why it cannot be."""
        texts = texts_in(told)
        read: list[_Told | str] = [self._scenario_of(text) for text in texts[:MOST]]
        return read if len(texts) <= MOST else [*read, _no_pin(texts[MOST])]

    def _scenario_of(self, told: str) -> _Told | str:
        text = pin_in(told) if len(told) <= _LONGEST_TEXT else None
        origin = self._origin_of(text.scenario) if text is not None else None
        if text is None or origin is None:
            return _no_pin(told)
        if len(text.name) > LONGEST:
            return tr(
                "The name of a pin has {} characters at most: {!r}.", LONGEST, short(text.name)
            )
        scenario = origin.scenario.copy()
        inputs = Inputs(scenario, {})
        known = {*text.values} <= {*inputs.keys} and not inputs.write(dict(text.values))
        possible = known and as_shown(text.name) == text.name and is_quick(build_network(scenario))
        return (text, origin, scenario) if possible else _no_pin(told)

    def _origin_of(self, name: str | None) -> Origin | None:
        """The scenario that a link names, if there is one."""
        if name in (None, self._origin.name):
            return self._origin
        if name not in names() and (name or not self._served):
            return None
        try:
            return Origin(name, loaded(name or self._served))
        except ExplorerError:
            return None

    def _follow(self) -> None:
        """The ghost has the name of its pin, and goes with it."""
        if self._session.ghost is not None:
            self.compare_with(self.ghost_id)


def _no_pin(told: str) -> str:
    return tr("There is no such choice: {!r}.", short(told))


def _what_differs(opened: Scenario, now: State) -> str:
    """A name for a state: what was changed since the scenario was opened."""
    found = _differences(opened, now)
    name = tr(", ").join(found)
    while len(name) > LONGEST and len(found) > 1:  # a name ends with a whole one
        found = found[:-1]
        name = tr(", ").join([*found, "…"])
    return name[:LONGEST].strip() or tr("As opened")


def _differences(opened: Scenario, now: State) -> list[str]:
    return differences(opened, state_of(opened), now)
