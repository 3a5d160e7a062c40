"""A button that submits what is seen to the board of a room."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import panel as pn
import param

from explorer.app.board.rules import LONGEST_NAME
from explorer.app.controls.controls import CONTROLS

_HERE = Path(__file__)
_SHARE = CONTROLS.parent / "link" / "share.css"


class SubmitButton(pn.custom.JSComponent):
    """
    In a page's header. The browser asks the board by itself; nothing passes through a session.

    Parameters
    ----------
    key : str
        Id of the inputs whose link is submitted.
    """

    key = param.String(doc="Id of the inputs whose link is submitted.")
    longest = param.Integer(LONGEST_NAME, doc="Characters of a team's name.")

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _stylesheets: ClassVar = [
        (CONTROLS / "history.css").read_text("utf-8"),
        _SHARE.read_text("utf-8"),
        _HERE.with_suffix(".css").read_text("utf-8"),
    ]

    def __init__(self, key: str) -> None:
        super().__init__(key=key, margin=0)
