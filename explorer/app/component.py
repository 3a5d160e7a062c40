"""Scripts of the page, with the words that they say in its language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import panel as pn

from explorer.words import of_script

_LEFT_OUT = re.compile(r"^(//|/\*\*).*\n|^export |^\n", re.MULTILINE)
# without comments, for it goes out with every component
_SAYING = _LEFT_OUT.sub("", Path(__file__).with_name("words.js").read_text("utf-8"))


class Component(pn.custom.JSComponent):
    """A component whose script may say `tr("...")`, which `words.js` has."""

    @classmethod
    def _render_esm(cls, *args: Any, **named: Any) -> str:
        script = super()._render_esm(*args, **named)
        return words_of(script) + script


def words_of(*scripts: str) -> str:
    """
    What stands before scripts, so that they speak the language that is spoken here.

    >>> words_of("tr('Copy')").splitlines()[-1]
    '}'
    """
    said = of_script("\n".join(scripts))
    return f"{_SAYING}speak({in_script(said)})\n" if said else _SAYING


def in_script(value: Any) -> str:
    """
    As JSON for a script that stands in a page.

    >>> print(in_script({"texts": {"<": "</script>"}}))
    {"texts":{"\\u003c":"\\u003c/script>"}}
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
