"""A button that submits what is seen to the board of a room."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import param

from explorer.app.board.rules import LONGEST_NAME
from explorer.app.component import Component
from explorer.app.controls.controls import CONTROLS
from explorer.app.readers import IN_LANGUAGE

SCRIPT = Path(__file__).with_suffix(".js")
_SHARED = (CONTROLS / "history.css", CONTROLS.parent / "link" / "share.css")
SHARED_STYLES = [path.read_text("utf-8") for path in _SHARED]  # with other buttons and dialogs


class SubmitButton(Component):
    """
    In a page's header. The browser asks the board by itself; nothing passes through a session.

    Parameters
    ----------
    key : str
        Id of the inputs whose link is submitted.
    """

    key = param.String(doc="Id of the inputs whose link is submitted.")
    longest = param.Integer(LONGEST_NAME, doc="Characters of a team's name.")

    _esm = IN_LANGUAGE.read_text("utf-8") + SCRIPT.read_text("utf-8")
    _stylesheets: ClassVar = [*SHARED_STYLES, SCRIPT.with_suffix(".css").read_text("utf-8")]

    def __init__(self, key: str) -> None:
        super().__init__(key=key, margin=0)
