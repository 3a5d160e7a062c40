"""
The app with an empty callback: a move writes one short text, nothing is solved and no view follows.
"""

import runpy
from typing import Any

import panel as pn

import explorer
from explorer.app.explorer import Explorer
from explorer.packaged_data import LAYOUTS
from explorer.session import Session


class Echo(Explorer):
    """All views and controls, and a line of text above them."""

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        text = pn.pane.HTML("<p class='echo'>opened</p>", margin=0)
        self.main.insert(0, text)
        self.session.scenario.on_change(
            lambda *events: text.param.update(
                object=f"<p class='echo'>{events[-1].name} {events[-1].new}</p>"
            )
        )


def nothing(_session: Session, *_events: Any) -> None:
    """In place of the solve and all that follows, in the process that serves this page."""


assert "_on_change" in vars(Session), "What a session does about a change has another name now."
Session._on_change = nothing
explorer.Explorer = Echo
runpy.run_path(str(LAYOUTS / "workshop.py"))
