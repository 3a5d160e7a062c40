"""Plots that are drawn once and then patched: new columns go straight into the sources already on screen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakSet

import numpy as np
import panel as pn
from bokeh.document import Document
from holoviews.streams import Selection1D
from numpy.typing import NDArray

T = TypeVar("T")

COALESCE_MS = 10  # changes that arrive within this time are answered together

_aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")  # one: longer work must not crowd out moves


class Glyph:
    """
    What is on screen of one HoloViews element: pass `hook` to its `opts(hooks=[...])`, then `update` and `configure`.

    Rendering the element anew, in another cell or another place, starts from the latest state.
    """

    def __init__(self) -> None:
        self._plots: WeakSet[Any] = WeakSet()
        self._columns: dict[str, NDArray] = {}
        self._settings: dict[str, dict[str, Any]] = {}

    def hook(self, plot: Any, element: Any) -> None:
        self._plots.add(plot)
        if self._columns:
            _patch(plot.handles["cds"], self._columns, self._columns)
        for handle, values in self._settings.items():
            plot.handles[handle].update(**values)

    def update(self, **columns: NDArray) -> None:
        """Replace columns; those left out must keep their length. Only what differs is sent."""
        new = {name: values for name, values in columns.items() if not _same(self._columns.get(name), values)}
        self._columns |= new
        if new:
            for plot in list(self._plots):
                _patch(plot.handles["cds"], new, self._columns)

    def configure(self, handle: str, **values: Any) -> None:
        """Set properties of the Bokeh model behind a HoloViews handle: "color_color_mapper", "x_range", ..."""
        if self._settings.get(handle) != values:
            self._settings[handle] = values
            for plot in list(self._plots):
                plot.handles[handle].update(**values)

    def deselect(self) -> None:
        """Forget which points were tapped."""
        for plot in list(self._plots):
            plot.handles["cds"].selected.indices = []

    def set_range(self, handle: str, low: float, high: float) -> None:
        """Move an axis, and what its reset tool goes back to."""
        self.configure(handle, start=low, end=high, reset_start=low, reset_end=high)


def on_tap(points: Any, callback: Callable[[list[int]], None]) -> None:
    """Call back with the indices of the points tapped, once plots may be changed; HoloViews tells of it in between."""
    runner = LiveRunner()
    taps = Selection1D(source=points, transient=True)  # or a second tap on the same point would not count
    taps.add_subscriber(lambda index: runner.soon(lambda: callback(index)))


def quiet_toolbar(plot: Any, element: Any) -> None:
    """A hook: no logo, and tools inside the plot that show when the pointer is over it."""
    plot.state.toolbar.update(logo=None, autohide=True)
    plot.state.toolbar_inner = True


def edge_to_edge(plot: Any, element: Any) -> None:
    """A hook: a plot without axes needs no border."""
    plot.state.update(min_border=0, outline_line_color=None)


def align_left(plot: Any, element: Any) -> None:
    """A hook: plots above each other share their left edge, whatever their tick labels."""
    plot.state.min_border_left = 62


def _same(old: NDArray | None, new: NDArray) -> bool:
    return old is not None and old.dtype == new.dtype and np.array_equal(old, new, equal_nan=old.dtype.kind == "f")


def _patch(source: Any, new: dict[str, NDArray], every: dict[str, NDArray]) -> None:
    """Send what is new, or every column where the number of rows changes."""
    rows = {len(values) for values in source.data.values()}
    if {len(values) for values in new.values()} == rows:
        source.data.update(new)
    else:
        source.data = dict(every)


class LiveRunner:
    """
    When a served session works: after the events at hand, and with longer work in a thread beside the event loop.

    Without a server (a notebook cell, a script) everything is done at once.
    """

    def __init__(self) -> None:
        curdoc = pn.state.curdoc
        self._document: Document | None = curdoc if curdoc is not None and curdoc.session_context else None

    def soon(self, work: Callable[[], None]) -> None:
        if self._document is None:
            work()
        else:
            self._document.add_timeout_callback(lambda: self._held(work), COALESCE_MS)

    def aside(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        document = self._document
        if document is None:
            then(work())
            return

        def deliver(done: Future[T]) -> None:
            context = document.session_context
            if context is not None and not context.destroyed:  # the reader is still there
                # adding a callback is the one thing other threads may do to a document
                document.add_next_tick_callback(lambda: self._held(lambda: then(done.result())))

        _aside.submit(work).add_done_callback(deliver)

    def _held(self, work: Callable[[], None]) -> None:
        """All changes in one message to the browser."""
        with pn.io.hold(self._document):
            work()
