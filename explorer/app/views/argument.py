"""The first thing that is read: the scenario's argument in a sentence, its parts the way in."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path
from typing import Any, ClassVar

import param

from explorer.app.component import Component
from explorer.app.questions import QUESTIONS, Questions
from explorer.measures.argument import argument
from explorer.session import Session
from explorer.words import tr

_HERE = Path(__file__)


class Argument(Component):
    """A sentence about the present state; a tap on a part asks the question that shows it."""

    parts = param.String(doc="Pairs of a text and the question it leads to, or '': JSON.")
    said = param.Dict({}, doc="Questions as they are said, where that is in another language.")

    _esm = _HERE.with_suffix(".js").read_text(encoding="utf-8")
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(self, session: Session, questions: Questions) -> None:
        super().__init__(
            parts=argument_parts(session),
            said=questions_said(),
            sizing_mode="stretch_width",
            margin=0,
        )
        self._session, self._questions = session, questions
        session.watch_last(self._on_placement, ["placement"])

    def _on_placement(self) -> None:
        self.parts = argument_parts(self._session)

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, str) and data in QUESTIONS:
            self._questions.question = data


def questions_said() -> dict[str, str]:
    """Questions of the app in the language that is spoken; nothing in English."""
    return {question: tr(question) for question in QUESTIONS if tr(question) != question}


def argument_parts(session: Session, known: Container[str] = QUESTIONS) -> str:
    """The sentence of a session, as the page takes it: with the questions that are known there."""
    parts = argument(session.placement)
    return json.dumps(
        [(part.text, part.question if part.question in known else "") for part in parts]
    )
