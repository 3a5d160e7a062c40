"""The languages to choose from, at the end of the controls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import panel as pn
import param

from explorer.app.language import ARGUMENT
from explorer.words import LANGUAGES, language, mark, tr

_HERE = Path(__file__)
_LOSES = mark(
    "The page is opened anew, and your own data are in this page alone. Go on without them?"
)


class LanguageChooser(pn.custom.JSComponent):
    """
    A link to what is seen in each language, by its own name. A link that is handed out from there
    on says the language, too.
    """

    languages = param.String(doc="Names by what addresses call them: JSON.")
    spoken = param.String(doc="The one that is spoken.")
    argument = param.String(ARGUMENT, doc="What addresses name it by.")
    label = param.String(doc="What they are together, for those who do not see them.")
    own = param.Boolean(
        doc="Whether what is seen are a user's own data, which no link brings back."
    )
    loses = param.String(doc="What is asked before those are left.")

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(self) -> None:
        super().__init__(
            languages=json.dumps(LANGUAGES), spoken=language(), label=tr("Language"), loses=tr(_LOSES),
            margin=(4, 12, 12, 12), sizing_mode="stretch_width",
        )  # fmt: skip
