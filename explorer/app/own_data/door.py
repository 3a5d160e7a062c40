"""The way to own data: a page gets what edits them once somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import panel as pn

from explorer.app.component import Component
from explorer.app.own_data.own_data import OwnData
from explorer.app.page.scenarios import About
from explorer.scenario.scenario import Scenario


class OwnDataDoor(pn.viewable.Viewer):
    """Listens for whoever asks for own data, on the list of scenarios or elsewhere on the page."""

    def __init__(
        self,
        there: Mapping[str, About],
        current: Callable[[], Scenario],
        offer: Callable[[str, About], None],
    ) -> None:
        super().__init__()
        self._own = OwnData(there, current, offer)
        self._place = pn.Column(Listener(self._show), margin=0)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._place

    def find(self, name: str) -> Scenario | None:
        """The user's own scenario of that name."""
        return self._own.scenarios.get(name)

    def _show(self, asked: str) -> None:
        if self._own not in self._place:
            self._own.asked = asked
            self._place.append(self._own)


class Listener(Component):
    """In the page: tells Python that somebody asks."""

    _esm = Path(__file__).with_suffix(".js").read_text("utf-8")

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(margin=0)
        self._show = show

    def _handle_msg(self, data: Any) -> None:
        match data:
            case {"ask": str(asked)}:
                self._show(asked)
