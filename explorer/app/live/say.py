"""What views say to those who do not see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bokeh.models import CustomJS

from explorer.app.component import words_of

_LIVE = Path(__file__).parent
_SAY = _LIVE.joinpath("say.js").read_text("utf-8")


def speaking(script: str, **models: Any) -> CustomJS:
    """A script of the views that may `say` something, with the models that it names."""
    code = (_LIVE.parent / "views" / script).read_text("utf-8")
    return CustomJS(args=models, code=f"{words_of(code)}{_SAY}\n{code}")
