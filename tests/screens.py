"""Views as a browser would have them, without the browser."""

from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import holoviews as hv
import panel as pn
from bokeh.document import Document
from bokeh.io.doc import patch_curdoc
from holoviews.core.data import disable_pipeline


def show(view: Any) -> Document:
    """Put a view on a page of its own."""
    document = Document()
    document.add_root(pn.panel(view).get_root(document))
    return document


def drawn(picture: Any) -> Any:
    """The Bokeh figure of a picture."""
    # HoloViews would take one that a server of another test has left behind
    scratch_document = Document()
    with patch_curdoc(scratch_document), disable_pipeline():  # nobody asks what led to it
        return hv.render(picture, backend="bokeh")


def handle(view: Any, name: str, key: str) -> Any:
    """A Bokeh model of a measure's view that is shown once."""
    (handles,) = view.pane.copies
    return handles[name][key]


def words(view: Any, name: str = "words") -> str:
    """A text of it, as HTML."""
    return unescape(unescape(handle(view, name, "words").text))


def columns(view: Any, name: str) -> dict[str, Any]:
    """The columns of one of its plots."""
    return handle(view, name, "cds").data


class Later:
    """Does longer work when told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], Any]] = []

    def through(self, pieces: Iterator[Any], then: Callable[[Any], bool]) -> None:
        def step() -> None:
            if then(next(pieces)):
                self.waiting.append(step)

        self.waiting.append(step)

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.waiting.pop(0)()
