"""Scripts of the page, with the words that they say in its language."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.model import Model
from param.parameterized import no_instance_params

from explorer.words import of_script

_LEFT_OUT = re.compile(r"^(//|/\*\*).*\n|^export |^\n", re.MULTILINE)
# without comments, for it goes out with every component
_SAYING = _LEFT_OUT.sub("", Path(__file__).with_name("words.js").read_text("utf-8"))


class Component(pn.custom.JSComponent):
    """A component whose script may say `tr("...")`, which `words.js` has."""

    def __init__(self, **params: Any) -> None:
        # else each of a page has a copy of each of its parameters, a twelfth of what opening takes
        no_instance_params(type(self))
        super().__init__(**params)

    @classmethod
    def _render_esm(cls, *args: Any, **named: Any) -> str:
        script = super()._render_esm(*args, **named)
        return words_of(script) + script

    def _get_properties(self, doc: Document | None) -> dict[str, Any]:
        properties = super()._get_properties(doc)
        # under a name of its own a script goes to the browser's engine as it is: Panel would have
        # each compiled from TypeScript first, which these are not
        properties["bundle"] = sha256(properties["esm"].encode()).hexdigest()
        return properties

    def _update_model(
        self,
        events: dict[str, Any],
        msg: dict[str, Any],
        root: Model,
        model: Model,
        doc: Any,
        comm: Any,
    ) -> None:
        """
        Its own values straight into the model: Panel's own way, which expects models among them,
        takes four times as long.
        """
        own = {name: msg.pop(name) for name in msg.keys() - _PANELS_OWN}
        ref = root.ref["id"]
        before = self._changing.get(ref, [])
        self._changing[ref] = [*own]  # which nobody but Python has changed
        try:
            with pn.io.hold(doc):
                model.data.update(**own)  # pyright: ignore[reportAttributeAccessIssue]
        finally:
            self._changing[ref] = before
        if msg:
            super()._update_model(events, msg, root, model, doc, comm)


_PANELS_OWN = {*pn.custom.JSComponent.param, "esm", "importmap"}


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
