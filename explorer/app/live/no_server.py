"""Pages of Panel's own making that nobody would answer: they are refused, for they would lie."""

from __future__ import annotations

import panel as pn
from bokeh.document import Document
from panel.io.document import MockSessionContext

from explorer.errors import ExplorerError
from explorer.words import mark, tr

_INSTEAD = mark(
    "Use Explorer(scenario).save('page.html') or wattlas snapshot: that page solves by itself."
)


def refuse_embedding() -> None:
    """
    Raise an `ExplorerError` while Panel embeds states in a file: it would move the sliders and leave
    text and pictures as they are.
    """
    if pn.config.embed:
        what = tr("Panel cannot embed the states of this app: its results are solved, not listed.")
        raise ExplorerError(what, "save(embed=True)", tr(_INSTEAD))


def refuse_conversion(document: Document | None) -> None:
    """
    Raise an `ExplorerError` while `panel convert` reads a script: its page would install whatever a
    package index has under the name of our import package, and has no solver.
    """
    if document is not None and isinstance(document.session_context, MockSessionContext):
        what = tr("`panel convert` cannot make a page of this app: its solver does not run there.")
        raise ExplorerError(what, "panel convert", tr(_INSTEAD))
