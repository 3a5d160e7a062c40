"""Tabs with the questions of the page, for mouse, keyboard, finger and screen reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import param

from explorer.app.component import Component
from explorer.words import tr

_HERE = Path(__file__)


class Strip(Component):
    """
    A list of tabs. Arrow keys, Home and End go from one to the next and open it; where they have no
    room side by side they scroll, and fade at the edge that cuts them off.

    Parameters
    ----------
    questions : sequence of str
    on_choice : callable
        Called with the question of the tab that a user opens.
    """

    questions = param.String(doc="What there is to ask, and how it is shown: JSON, never changes.")
    chosen = param.String(doc="The question that is answered below.")

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(self, questions: Sequence[str], on_choice: Callable[[str], None]) -> None:
        said = json.dumps([(question, tr(question)) for question in questions])
        super().__init__(questions=said, sizing_mode="stretch_width", margin=0)
        self._known, self._on_choice = {*questions}, on_choice

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, str) and data in self._known:
            self._on_choice(data)
