"""
Plots drawn once per process by HoloViews and copied for every user: drawing takes 0.2 s, a copy a
tenth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
import numpy as np
import panel as pn
from bokeh.document import Document
from bokeh.io.doc import patch_curdoc
from bokeh.model import Model
from bokeh.models import (
    Axis,
    BoxZoomTool,
    ColorBar,
    ColumnDataSource,
    GlyphRenderer,
    LayoutDOM,
    Plot,
    RadioButtonGroup,
    Select,
    Selection,
    Tool,
)
from holoviews.core.data import disable_pipeline
from markupsafe import Markup, escape
from numpy.typing import NDArray
from panel.io.notebook import push_on_root
from panel.models.markup import HTML

from explorer.app.live.figure_template import Blueprint
from explorer.app.live.ids import OF_NO_PAGE, numbered
from explorer.app.live.named_plots import name_plots
from explorer.app.live.no_server import refuse_embedding
from explorer.app.live.scheduler import LiveRunner
from explorer.app.live.short_columns import in_message
from explorer.charts.ticks import tell_ticks_apart
from explorer.markup import html
from explorer.words import mark, reader, tr, writing_for

Handles = dict[str, dict[str, Model]]  # by the name of a glyph: HoloViews' handle -> Bokeh model
HEADING = "heading"  # name of the model that a card's help is in
SOURCES_HERE = html("<!-- sources -->")  # place in it for whose figures the card shows
FADING_S = 0.5  # that something may take before what it replaces fades
_TEXT = "14px"  # the least that a room can read
_TOOLBAR = ":host(.bk-inner) { background-color: var(--mui-palette-background-paper, #fff); }"
# of a `GlyphRenderer`: what looks like the glyph is neither a model nor a view of its own
ONE_LOOK = dict.fromkeys(("selection_glyph", "nonselection_glyph", "hover_glyph", "muted_glyph"))
FONT: dict[str, str | None] = {"font-family": "inherit"}  # the page's, not Bokeh's


class Drawing:
    """
    Plots and words as they are laid out, taken apart so that they can be put together again for
    every user.

    `make` is called once with the drawing and returns the Bokeh layout; what is patched later gets
    a name on the way, from `figure` with `keep` and from `words`.
    """

    @numbered(OF_NO_PAGE)  # whoever comes first has the same ids as those who come after
    def __init__(self, make: Callable[[Drawing], LayoutDOM]) -> None:
        self.handles: Handles = {}
        root = make(self)
        for heading in root.select({"name": HEADING}):
            self.handles[HEADING] = {"words": heading}
            name_plots(root, heading, self._said())
        for models in self.handles.values():  # what plots were drawn with is nobody's data
            if isinstance(source := models.get("cds"), ColumnDataSource):
                source.update(data={name: values[:0] for name, values in source.data.items()})
        # those that can be configured by name
        self.plots = [
            name for name, models in self.handles.items() if isinstance(models.get("widget"), Plot)
        ]
        self._root = root.id
        self._blueprint = Blueprint(root)
        self._ids = {
            name: {handle: model.id for handle, model in models.items() if model in self._blueprint}
            for name, models in self.handles.items()
        }

    def keep(self, name: str) -> Callable[[Any, Any], None]:
        """A HoloViews hook that makes an element one that can be patched by that name."""

        def hook(plot: Any, _element: Any) -> None:
            self.handles[name] = {
                key: model for key, model in plot.handles.items() if isinstance(model, Model)
            }

        return hook

    def figure(self, element: Any, picked: Iterable[str] = (), **properties: Any) -> Plot:
        """What HoloViews draws, with properties of Bokeh's; of some elements what is picked looks otherwise."""
        # in the document of whoever comes first, the plot would be cleared when that session ends
        scratch_document = Document()
        # Bokeh's: HoloViews asks neither Panel nor its own argument
        with patch_curdoc(scratch_document), disable_pipeline():
            figure = hv.renderer("bokeh").get_plot(element).state
        # WebGL waits for the graphics card at each of these small pictures, and knows no layers
        figure.update(
            sizing_mode="stretch_width",
            margin=0,
            title=None,
            output_backend="canvas",
            outline_line_color=None,  # dark themes draw one
            **properties,
        )
        figure.toolbar.stylesheets = [_TOOLBAR]
        figure.toolbar.tools = [
            tool for tool in figure.toolbar.tools if not isinstance(tool, BoxZoomTool)
        ]
        say_tools(figure)
        tell_ticks_apart(figure)
        picks = [self.handles[name]["glyph_renderer"] for name in picked]
        for model in figure.references():
            if isinstance(model, Axis):
                model.update(
                    axis_label_text_font_style="normal",
                    axis_label_text_font_size=_TEXT,
                    major_label_text_font_size=_TEXT,
                    axis_line_color=None,
                    minor_tick_line_color=None,
                    major_tick_line_color=None,
                )
            elif isinstance(model, ColorBar):
                model.title_text_font_style = "normal"
            elif isinstance(model, GlyphRenderer):
                kept = {"selection_glyph": model.selection_glyph} if model in picks else {}
                model.update(**ONE_LOOK | kept)
        return figure

    def words(self, name: str, **properties: Any) -> HTML:
        """A text that `LivePane.say` fills."""
        # Panel's, because Bokeh's own lays out the whole page anew when a text changes
        settings: Any = {
            "sizing_mode": "stretch_width",
            "styles": FONT,
            "margin": 0,
            "run_scripts": False,
        }
        words = HTML(**(settings | {"disable_math": True} | properties))
        self.handles[name] = {"words": words}
        return words

    def widget(self, name: str, widget: LayoutDOM) -> LayoutDOM:
        """A widget that can be configured by that name."""
        self.handles[name] = {"widget": widget}
        return widget

    def _said(self) -> Any:
        """The text that says what the plots find."""
        said = (self.handles[name] for name in ("words", "legend") if name in self.handles)
        return next(said, {}).get("words")

    def copy(self) -> tuple[LayoutDOM, Handles]:
        """The layout anew, and its handles."""
        made = self._blueprint.copy()
        handles = {
            name: {key: made[id] for key, id in ids.items()} for name, ids in self._ids.items()
        }
        root = made[self._root]
        assert isinstance(root, LayoutDOM)
        return root, handles


class LivePane(pn.pane.Bokeh):
    """
    A copy of a drawing wherever it is shown, patched in place: new columns go straight into the
    sources on screen.

    A copy made later, in another cell or another place, starts from the latest state, and is
    written for whom the pane is made.

    Parameters
    ----------
    drawing : callable
        Returns the drawing; asked when there is something to show.
    listen : mapping of (name, handle, property) to callable
        Called with the new value when a user changes that property: taps points, chooses from a
        list.
    prepare : callable, optional
        Called with the handles of every new copy.
    on_show : callable, optional
        Called when a new copy is about to be seen.
    """

    def __init__(
        self,
        drawing: Callable[[], Drawing],
        listen: Mapping[tuple[str, str, str], Callable[[Any], None]] | None = None,
        prepare: Callable[[Handles], None] | None = None,
        on_show: Callable[[], None] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._make, self._listen, self._prepare, self._on_show = (
            drawing,
            dict(listen or {}),
            prepare,
            on_show,
        )
        self._reader = reader()
        self._copies: dict[str, Handles] = {}
        self._columns: dict[str, dict[str, NDArray]] = {}
        self._settings: dict[tuple[str, str], dict[str, Any]] = {}
        self._sources = html("")
        self._runner = LiveRunner()
        self._faded = False
        self._busy: object | None = None  # what is waited for, as long as it is

    def listen(self, name: str, handle: str, key: str, callback: Callable[[Any], None]) -> None:
        """Listen to one more property, in copies to come."""
        self._listen[name, handle, key] = callback

    @property
    def shown(self) -> bool:
        """Whether anybody looks at it."""
        return bool(self._copies)

    @property
    def copies(self) -> list[Handles]:
        """The handles of every copy that is shown."""
        return list(self._copies.values())

    @property
    def state(self) -> dict[tuple[str, str, str], Any]:
        """
        What every copy shows, by (name, handle, column or property); columns have the handle "cds".
        """
        columns = {
            (n, "cds", column): v
            for n, shown in self._columns.items()
            for column, v in shown.items()
        }
        return columns | {
            (*of, key): v for of, shown in self._settings.items() for key, v in shown.items()
        }

    def update(self, name: str, /, **columns: NDArray) -> None:
        """
        Replace columns of an element; those left out must keep their length. Only what differs is
        sent.
        """
        known = self._columns.setdefault(name, {})
        new = {
            column: values
            for column, values in columns.items()
            if not _same(known.get(column), values)
        }
        known |= new
        if new:
            for handles in self._copies.values():
                _patch(handles[name]["cds"], new, known)
            self._send()

    def configure(self, name: str, handle: str, /, **values: Any) -> None:
        """
        Set properties of the Bokeh model behind a handle: "color_color_mapper", "glyph",
        "selected", ...
        """
        known = self._settings.setdefault((name, handle), {})
        new = {
            key: value for key, value in values.items() if key not in known or known[key] != value
        }
        known |= new
        if new:
            for handles in self._copies.values():
                handles[name][handle].update(**new)
            self._send()

    def _send(self) -> None:
        """
        In a notebook, what is patched waits until somebody sends it; on a server this does nothing.
        """
        for ref in self._copies:
            push_on_root(ref)

    def say(self, name: str, words: str) -> None:
        """Fill a text: with HTML if that is what `markup` made, else with the words as they are."""
        # escaped once more, for Panel's model undoes that on its way to the browser; what does not
        # begin anything may stay
        text = str(escape(str(escape(words)))).replace("&#34;", '"').replace("&gt;", ">")
        self.configure(name, "words", text=text)

    def name_sources(self, sources: Markup) -> None:
        """Say in the help of the card whose figures it shows."""
        if sources != self._sources:
            self._sources = sources
            for handles in self._copies.values():
                self._put_sources(handles)
            self._send()

    def _put_sources(self, handles: Handles) -> None:
        if HEADING in handles:
            drawn: Any = self._drawing().handles[HEADING]["words"]
            text = drawn.text.replace(SOURCES_HERE, self._sources)
            handles[HEADING]["words"].update(text=text)

    def fade(self, busy: bool) -> None:
        """
        Fade plots and words that are about to be replaced, unless they are soon: quick work neither
        flickers nor costs a message.
        """
        if not busy:
            self._busy = None
            self._look_busy(False)
        elif self._busy is None:
            waited_for = self._busy = object()
            self._runner.if_it_lasts(lambda: self._fade_still(waited_for), FADING_S)

    def _fade_still(self, waited_for: object) -> None:
        if self._busy is waited_for:
            self._look_busy(True)

    def _look_busy(self, busy: bool) -> None:
        if busy == self._faded:
            return
        self._faded = busy
        when = "opacity 0.2s" if busy else "none"  # what replaces them is there at once
        look = {"opacity": "0.4" if busy else "1", "transition": when}  # left out, it would stay
        self.configure("words", "words", styles=FONT | look)
        for name in self._drawing().plots:
            self.configure(name, "widget", styles=look)

    def set_range(self, name: str, axis: str, low: float, high: float) -> None:
        """Move an axis, and what its reset tool goes back to."""
        self.configure(name, axis, start=low, end=high, reset_start=low, reset_end=high)

    def _drawing(self) -> Drawing:
        with writing_for(self._reader):
            return self._make()

    def _on_reader(self, name: str, handle: str, key: str, value: Any) -> None:
        """A user changed something in one copy; the others follow, as does what listens."""
        if self._settings.get((name, handle), {}).get(key) != value:
            self.configure(name, handle, **{key: value})
            with writing_for(self._reader):
                self._listen[name, handle, key](value)

    def _get_model(self, doc: Any, root: Any = None, parent: Any = None, comm: Any = None) -> Any:
        if root is None:
            return self.get_root(doc, comm)
        refuse_embedding()
        model, handles = self._drawing().copy()
        for name, columns in self._columns.items():
            handles[name]["cds"].update(data=dict(columns))
        for (name, handle), values in self._settings.items():
            handles[name][handle].update(**values)
        self._put_sources(handles)
        for name, handle, key in self._listen:
            handles[name][handle].on_change(
                key,
                lambda key, _old, new, of=handles, name=name, handle=handle: (
                    self._on_reader(name, handle, key, new)
                    if _is_offered(of[name], handle, new)
                    else None
                ),
            )
        if self._prepare is not None:
            self._prepare(handles)
        if comm:
            self._wrap_bokeh_callbacks(root, model, doc, comm)
        self._copies[root.ref["id"]] = handles
        self._models[root.ref["id"]] = (model, parent)
        if self._on_show is not None:
            with writing_for(self._reader):
                self._on_show()
        return model

    def _cleanup(self, root: Any = None) -> None:
        if root is not None:
            self._copies.pop(root.ref["id"], None)
        super()._cleanup(root)


_TOOLS = {
    "PanTool": mark("Pan"),
    "WheelZoomTool": mark("Wheel Zoom"),
    "ZoomInTool": mark("Zoom In"),
    "ZoomOutTool": mark("Zoom Out"),
    "ResetTool": mark("Reset"),
    "SaveTool": mark("Save"),
    "HoverTool": mark("Hover"),
    "TapTool": mark("Tap"),
}  # by kind: what Bokeh's toolbar calls them


def say_tools(figure: Plot) -> None:
    """Tools are called in the language that is spoken what Bokeh calls them in English."""
    for tool in figure.toolbar.tools:
        name = _TOOLS.get(type(tool).__name__, "")
        if isinstance(tool, Tool) and tr(name) != name:
            tool.description = tr(name)


def quiet_toolbar(plot: Any, element: Any) -> None:
    """A hook: no logo, and tools inside the plot that show when the pointer is over it."""
    plot.state.toolbar.update(logo=None, autohide=True)
    plot.state.toolbar_inner = True


def align_left(plot: Any, element: Any) -> None:
    """A hook: plots above each other share their left edge, whatever their tick labels."""
    plot.state.min_border_left = 62


def _is_offered(handles: Mapping[str, Any], handle: str, value: Any) -> bool:
    """
    Whether a user can have chosen that: a browser may say anything, also what was there a moment
    ago.
    """
    model: Any = handles[handle]
    if isinstance(model, Select):
        options: Any = model.options
        return value in [option if isinstance(option, str) else option[0] for option in options]
    if isinstance(model, RadioButtonGroup):
        return value in range(len(model.labels))
    if isinstance(model, Selection):
        rows = max(map(len, handles["cds"].data.values()))
        return all(0 <= row < rows for row in value)
    return True


def _same(old: NDArray | None, new: NDArray) -> bool:
    if old is None or old.dtype != new.dtype or old.shape != new.shape:
        return False
    if any(isinstance(cell, np.ndarray) for cell in new[:1]):  # a column of images
        return all(map(np.array_equal, old, new))
    return np.array_equal(old, new, equal_nan=old.dtype.kind == "f")


def _patch(source: Any, new: dict[str, NDArray], every: dict[str, NDArray]) -> None:
    """Send what is new, or every column where the number of rows changes."""
    rows = {len(values) for values in source.data.values()}
    if {len(values) for values in new.values()} == rows:
        source.data.update(_as_sent(new))
    else:
        source.data = _as_sent(every)


def _as_sent(columns: dict[str, NDArray]) -> dict[str, NDArray]:
    return {name: in_message(values) for name, values in columns.items()}
