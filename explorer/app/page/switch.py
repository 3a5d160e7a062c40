"""Opens one scenario in the place of another, on the same page and in the same session."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import param

from explorer.app.board.limits import Limit
from explorer.app.component import Component
from explorer.app.explorer import Explorer
from explorer.app.live.scheduler import LiveRunner
from explorer.app.page.scenarios import About
from explorer.errors import ExplorerError, told

AT_ONCE, PER_S = 10, 1.0  # openings of a page: whoever wants more waits
MOST_KEPT = 3  # scenarios as they were left, with what can be undone there
_HERE = Path(__file__)


class Switch(Component):
    """
    Opens scenarios on a page: shows by itself that one is being opened, keeps those that were open
    as they were left, and hands theme, question and pins on from one to the next.

    What page and server say to each other: `{"open": name, "turn": number}`, with the id of a pin to
    `reopen` there, and `shown`.

    Parameters
    ----------
    page : Page
        Whose theme is that of what is shown.
    there : dict of str to About
        The scenarios that may be opened, by their names in addresses; `offer` adds to it.
    default : str
        The one of addresses that name none.
    make : callable
        Of a scenario's name, what is to be shown; may raise, what is not for users is logged.
    show : callable
        Puts that on the page, or the error in its place.
    """

    sentences = param.String(doc="What is said while a scenario is opened, by its name: JSON.")
    titles = param.String(doc="What the browser's tab is called, by the scenario's name: JSON.")
    default = param.String(doc="The name of the scenario of addresses that name none.")
    shown = param.String(doc="The turn that was answered last, and the names that are kept: JSON.")
    offered = param.String(
        doc="A scenario that the page is to open by itself: JSON of a number and its name."
    )

    _esm = _HERE.with_suffix(".js").read_text("utf-8")

    def __init__(
        self,
        page: param.Parameterized,
        there: dict[str, About],
        default: str,
        make: Callable[[str], Explorer],
        show: Callable[[str, Explorer | ExplorerError], None],
    ) -> None:
        super().__init__(**_words(there), default=default, margin=0)
        self._page, self._there, self._make, self._show = page, there, make, show
        # the last is open, or was before one that could not be opened
        self._kept: dict[str, Explorer] = {}
        self._runner = LiveRunner()
        self._pace = Limit(burst=AT_ONCE, per_s=PER_S)
        self._wanted: tuple[str, int, int] | None = None
        self._origins: dict[str, str | None] = {}  # which scenario those offered are from
        self._led = 0
        page.param.watch(self._on_page_theme, "dark_theme")

    @property
    def current(self) -> Explorer | None:
        """What is on the page, or was before what could not be opened."""
        return next(reversed(self._kept.values()), None)

    def offer(self, name: str, about: About) -> None:
        """
        Let the page open one more scenario, which is made like the others, and open it. Undo leads
        back to the one on the page now.
        """
        self._there[name] = about
        self._origins[name] = next(reversed(self._kept), None)
        self.param.update(**_words(self._there))
        self._lead_to(name)

    def _lead_to(self, name: str) -> None:
        self._led += 1
        self.offered = json.dumps([self._led, name])

    def open(self, name: str, turn: int = 0, pin: int = 0) -> None:
        """Show a scenario of that name, at a pin if it has one of that id."""
        before = self.current
        try:
            found = self._kept.pop(name, None) or self._made(name)
        except Exception as error:  # whatever it is, somebody waits for an end
            self._show(name, told(error))
        else:
            self._kept[name] = found
            if before not in (None, found):
                found.take_over(before)
            found.pins.reopen(pin)
            self._join(self._origins.pop(name, None), name)
            self._show(name, found)
        for oldest in [*self._kept][:-MOST_KEPT]:
            del self._kept[oldest]
        self.shown = json.dumps([turn, [*self._kept]])

    def _join(self, origin: str | None, name: str) -> None:
        """Let undo and redo go through two scenarios, one of which was made of the other."""
        if origin is not None and origin in self._kept:
            before, after = (self._kept[each].controls.history for each in (origin, name))
            there, back = (partial(self._lead_to, each) for each in (name, origin))
            before.go_on_in(after, there, back)

    def _made(self, name: str) -> Explorer:
        made = self._make(name)
        made.param.watch(self._on_theme, "theme")
        return made

    def _on_page_theme(self, turned: Any) -> None:
        for each in self._kept.values():
            each.theme = "dark" if turned.new else "light"

    def _on_theme(self, chosen: Any) -> None:
        self._page.param.update(dark_theme=chosen.new == "dark")

    def _handle_msg(self, data: Any) -> None:
        match data:
            case {"open": str(name), "turn": int(turn), "reopen": int(pin)} if name in self._there:
                is_waiting, self._wanted = self._wanted is not None, (name, turn, pin)
                if not is_waiting:
                    self._runner.once_loaded(self._open_wanted)

    def _open_wanted(self) -> None:
        """Open what was wanted last, as soon as this page may: it is as much work as a new page."""
        assert self._wanted is not None
        if self._pace.allows(""):
            wanted, self._wanted = self._wanted, None
            self.open(*wanted)
        else:
            self._runner.call_later(self._open_wanted, 1 / PER_S)


def _words(there: Mapping[str, About]) -> dict[str, str]:
    """What the page says of each scenario while it opens it, and in the browser's tab."""
    said = {name: about.opening for name, about in there.items()}
    titles = {name: about.page_title for name, about in there.items()}
    return {"sentences": json.dumps(said), "titles": json.dumps(titles)}
