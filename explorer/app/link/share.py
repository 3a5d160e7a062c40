"""A button that hands out the link to what is seen: as text, and as a code for phones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import param
import segno

from explorer.app.component import Component
from explorer.app.controls.controls import CONTROLS

MOST_CHARACTERS = 1200  # of a link whose code a phone reads from across a room
_HERE = Path(__file__)


class ShareButton(Component):
    """
    In a page's header. Codes are made by the server, and nothing leaves it.

    Parameters
    ----------
    key : str
        Id of the inputs whose link is handed out.
    reachable : str
        Where others on the network reach the server, as http://192.0.2.1:5006; empty where it
        answers its own machine only, or goes by the name in the page's address.
    live : bool
        Whether figures of what is seen are signals, which are others later.
    own : bool
        Whether what is seen are a user's own data: then a file is handed out, for a link would show
        something else.
    """

    key = param.String(doc="Id of the inputs whose link is handed out.")
    reachable = param.String(doc="Scheme, host and port for others; may be empty.")
    own = param.Boolean(doc="Whether no link can carry what is seen.")
    live = param.Boolean(doc="Whether figures may be others when a link is opened.")
    code = param.String(doc='A link and its code as a picture: "[link, data URI]".')

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _stylesheets: ClassVar = [
        (CONTROLS / "history.css").read_text("utf-8"),
        _HERE.with_suffix(".css").read_text("utf-8"),
    ]

    def __init__(self, key: str, reachable: str, own: bool = False, live: bool = False) -> None:
        super().__init__(key=key, reachable=reachable, own=own, live=live, margin=0)

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, str) and data.startswith(("http://", "https://")):
            self.code = json.dumps([data, picture(data)])


def picture(link: str) -> str:
    """
    A link's code, black on white in both themes, as a data URI; empty for a link that is too long.
    """
    if len(link) > MOST_CHARACTERS:
        return ""
    return segno.make_qr(link, error="m").svg_data_uri(border=4, light="#fff", omitsize=True)
