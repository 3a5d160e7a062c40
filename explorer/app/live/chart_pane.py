"""
Charts on screen: their panels drawn once without data, and patched with the columns of each result.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import holoviews as hv
import numpy as np
from bokeh.models import (
    CustomJSHover,
    CustomJSTransform,
    FixedTicker,
    HoverTool,
    LayoutDOM,
    TapTool,
)
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.app.live.pane import Drawing, LivePane, quiet_toolbar
from explorer.charts.backends import bokeh
from explorer.charts.chart import (
    PLACES,
    Chart,
    Columns,
    Filled,
    Mark,
    Panel,
    axis_labels,
    is_labelled_below,
    left_px,
    tip_said,
)
from explorer.charts.palette import LOOKS
from explorer.charts.rows import row_places, row_range
from explorer.charts.ticks import in_units
from explorer.charts.tip_numbers import hover_tool
from explorer.markup import html, joined
from explorer.text import elided

NUMBERS_PX = (
    62  # left of plots without rows: they share their left edge, whatever their tick labels
)
ROW_PX, AXIS_PX = 18, 62  # heights of a row that can be read, and of an axis with its label
_FACES = {"vertical": {"x": "location"}, "horizontal": {"y": "location"}, "diagonal": {"slope": "gradient"},
          "span": {"left": "left", "right": "right"}}  # fmt: skip  # columns: properties of Bokeh's annotation


def draw_panels(
    drawing: Drawing, panels: tuple[Panel, ...], taps: tuple[str, ...] = ()
) -> list[LayoutDOM]:
    """The plots of a chart without data; marks in `taps` can be tapped."""
    return [_drawn(drawing, panels, panel, taps) for panel in panels]


def _drawn(
    drawing: Drawing, panels: tuple[Panel, ...], panel: Panel, taps: tuple[str, ...]
) -> LayoutDOM:
    figure = drawing.figure(_plot(drawing, panels, panel, taps), height=panel.height_px)
    tapped = [mark.name for mark in panel.marks if mark.name in taps]
    tap = figure.select_one({"type": TapTool})
    if isinstance(tap, TapTool):  # else it picks lines and areas that it meets too
        tap.update(renderers=[drawing.handles[name]["glyph_renderer"] for name in tapped])
    return drawing.widget(f"{panel.name} plot", figure)


def patch(
    pane: LivePane,
    chart: Chart,
    first: Markup = html(""),  # noqa: B008  it never changes
    key_apart: bool = False,
) -> None:
    """
    Put a chart's columns, ranges, rows and sentences on screen; `first` goes before its finding,
    and so does the legend unless that has a text of its own, "key".
    """
    for panel, filled in zip(chart.panels, chart.filled, strict=True):
        for mark in panel.marks:
            _patch_mark(pane, mark, filled.columns.get(mark.name, {}))
        _patch_axes(pane, chart.panels, panel, filled)
        pane.configure(
            f"{panel.name} plot", "widget", visible=True, height=_height_px(panel, filled)
        )
    if key_apart:
        pane.say("key", legend(chart))
        pane.say("words", first + chart.finding)
    else:
        say(pane, chart, first)


def say(pane: LivePane, chart: Chart, first: Markup) -> None:
    """Put a chart's legend and finding on screen."""
    pane.say("words", legend(chart) + first + chart.finding)


def legend(chart: Chart) -> Markup:
    """What stands for what, above the sentences."""
    keys = [
        html(
            '<span class="key"><span class="sign" style="color:{}">{}</span> {}</span>',
            LOOKS[role].colour,
            _sign(marks, role),
            label,
        )
        for marks, role, label in chart.legend()
    ]
    return html('<div class="keys">{}</div>', joined(keys, " ")) if keys else html("")


def _sign(marks: tuple[Mark, ...], role: str) -> str:
    """What stands for a role: an area, if it has one; otherwise what lies on top."""
    look, mark = LOOKS[role], next((mark for mark in marks if mark.kind in _AREAS), marks[-1])
    if mark.kind == "points":
        return _MARKERS[look.marker]
    if mark.kind in ("line", "segments") and look.dash != "solid":
        return "┅" if look.dash == "dashed" else "┈"
    if mark.kind in bokeh.AREAS and look.pattern:
        return _PATTERNS[look.pattern]
    return _SIGNS.get(mark.kind, "■")


_AREAS = ("bars", "area", "span")
_MARKERS = {
    "circle": "●", "diamond": "◆", "square": "■", "triangle": "▲", "x": "×", "star": "★", "hex": "⬢",
    "inverted_triangle": "▼", "diamond_cross": "❖",
}  # fmt: skip
_PATTERNS = {"/": "▨", "\\": "▧", "x": "▩", "-": "▤", "|": "▥", ".": "▦"}
_SIGNS = {"line": "━", "segments": "━", "vertical": "┃", "horizontal": "┅", "diagonal": "╱"}


def _plot(drawing: Drawing, panels: tuple[Panel, ...], panel: Panel, taps: tuple[str, ...]) -> Any:
    hooks = [
        quiet_toolbar,
        _shape(panel, left_px(panels, panel) or NUMBERS_PX),
        _keep_axes(drawing, panel),
        in_units(panel),
    ]
    x_label, y_label = axis_labels(panel)
    return hv.Overlay([_element(drawing, mark, mark.name in taps) for mark in panel.marks]).opts(
        responsive=True, xlabel="" if is_labelled_below(panels, panel) else x_label, ylabel=y_label,
        show_grid=True, fontscale=1.1, active_tools=[],
        tools=_tools(panel),
        hooks=hooks, **bokeh.tick_places(panel), backend=bokeh.BOKEH,
    )  # fmt: skip


def _tools(panel: Panel) -> list[str]:
    if panel.zooms:
        return ["pan", "wheel_zoom", "reset"]
    return ["xpan", "xwheel_zoom", "reset"] if panel.zooms_across else ["xpan", "reset"]


def _element(drawing: Drawing, mark: Mark, taps: bool) -> Any:
    drawn = bokeh.element(mark, bokeh.empty(mark))
    if mark.kind in _FACES:
        hooks = [_hide, drawing.keep(mark.name)]
        return drawn.opts(
            **bokeh.style(mark, LOOKS[mark.roles[0]]), hooks=hooks, backend=bokeh.BOKEH
        )
    options = bokeh.style(mark, LOOKS[mark.roles[0]])
    if len(mark.roles) > 1:
        colour = "text_color" if mark.kind == "words" else "color"
        shades = [_shade(mark, role) for role in mark.roles]
        options |= {colour: "role", "cmap": shades, "clim": (-0.5, len(shades) - 0.5)}
    tools: list[Any] = [_hover(mark)] if mark.tip else []
    tools += ["tap"] if taps else []
    hooks = [*options.pop("hooks", []), *([_look_by_role(mark)] if _looks_differ(mark) else [])]
    patterns = [LOOKS[role].pattern for role in mark.roles]
    if mark.kind in bokeh.AREAS and any(patterns):
        hooks.append(bokeh.patterned(patterns))
    if mark.kind == "words" and any(patterns):
        hooks.append(bokeh.on_plain_ground(mark.roles))
    hooks += [drawing.keep(mark.name), *([_keep_names(drawing, mark)] if mark.named else [])]
    return drawn.opts(**options, default_tools=[], tools=tools, hooks=hooks, backend=bokeh.BOKEH)


def _hover(mark: Mark) -> HoverTool:
    """What a pointer reads; names, of which columns have the numbers, are looked up."""
    known = CustomJSHover(args={"names": []}, code="return names[value]")
    tip = [
        (
            label,
            re.sub(rf"@({'|'.join(mark.named)})\b", r"@\1{custom}", text) if mark.named else text,
        )
        for label, text in tip_said(mark.tip)
    ]
    formatters: Any = {f"@{name}": known for name in mark.named}
    return hover_tool(tip, limit=mark.tips_at_once, formatters=formatters)


def _keep_names(drawing: Drawing, mark: Mark) -> Callable[[Any, Any], None]:
    """A hook: the names behind the numbers of a mark can be patched."""

    def hook(plot: Any, _element: Any) -> None:
        formatters = plot.handles["hover"].formatters  # those of numbers are others
        drawing.handles[mark.name]["names"] = formatters[f"@{mark.named[0]}"]

    return hook


def _looks_differ(mark: Mark) -> bool:
    """Whether its points have more than one marker or size."""
    markers = {LOOKS[role].marker for role in mark.roles}
    return bool(mark.sizes) or (mark.kind == "points" and len(markers) > 1)


def _look_by_role(mark: Mark) -> Callable[[Any, Any], None]:
    """A hook: marker and size of points that differ in both by role, found in the browser."""
    sizes = [mark.size_of(n) for n in range(len(mark.roles))]
    looks = {"marker": [LOOKS[role].marker for role in mark.roles], "size": sizes}

    def hook(plot: Any, _element: Any) -> None:
        renderer = plot.handles["glyph_renderer"]
        for name, looked_up in looks.items():
            code = "return Array.from(xs, role => looks[role])"
            transform = CustomJSTransform(args={"looks": looked_up}, v_func=code)
            found = {"field": "color", "transform": transform}
            setattr(renderer.glyph, name, found)

    return hook


def _hide(plot: Any, _element: Any) -> None:
    """A hook: an annotation is not there until a chart says where."""
    plot.handles["glyph"].visible = False


def _shade(mark: Mark, role: str) -> str:
    return LOOKS[role].words_colour if mark.kind == "words" else LOOKS[role].colour


def _keep_axes(drawing: Drawing, panel: Panel) -> Callable[[Any, Any], None]:
    """A hook: the axes and ranges of a panel can be patched by its name."""

    def hook(plot: Any, _element: Any) -> None:
        handles = {name: plot.handles[name] for name in ("xaxis", "yaxis", "x_range", "y_range")}
        drawing.handles[panel.name] = handles | {"ticker": plot.handles["yaxis"].ticker}

    return hook


def _shape(panel: Panel, border_px: int) -> Callable[[Any, Any], None]:
    """
    A hook: so much room at the left, and where there are rows, names of them instead of numbers.
    """

    def hook(plot: Any, _element: Any) -> None:
        plot.state.min_border_left = border_px
        if panel.has_rows:
            plot.handles["yaxis"].update(
                ticker=FixedTicker(ticks=[]), major_label_text_font_size="14px"
            )
            plot.state.ygrid.visible = False

    return hook


def _patch_mark(pane: LivePane, mark: Mark, columns: Columns) -> None:
    if mark.kind in _FACES:
        there = bool(columns) and len(columns[PLACES[mark.kind][0]]) > 0
        places = _FACES[mark.kind].items() if there else ()
        at = {prop: float(columns[name][0]) for name, prop in places}
        pane.configure(mark.name, "glyph", **at, visible=there)
        return
    nothing = {name: np.empty(0, object if name == "text" else float) for name in mark.columns}
    shown = on_screen(mark, columns or nothing)
    if mark.kind == "heat" and columns:
        end = float(columns["end"][0])
        pane.configure(mark.name, "color_mapper", low=-end, high=end)
    shown = {name: as_sent(values) for name, values in shown.items()}
    if mark.named:
        shown |= _numbered(pane, mark, {name: shown[name] for name in mark.named})
    pane.update(mark.name, **shown)


def as_sent(values: NDArray) -> NDArray:
    """Numbers as a browser gets them: seven digits are more than a screen shows."""
    return values.astype(np.float32) if values.dtype == np.float64 else values


def _numbered(pane: LivePane, mark: Mark, columns: Columns) -> dict[str, NDArray]:
    """Which of the names each row has; the names go ahead, if they differ."""
    names, at = np.unique(np.concatenate([*columns.values()]).astype(str), return_inverse=True)
    pane.configure(mark.name, "names", args={"names": names.tolist()})
    parts = np.split(at.astype(np.uint16), len(columns))
    return dict(zip(columns, parts, strict=True))


def on_screen(mark: Mark, columns: Columns) -> dict[str, NDArray]:
    """Columns as HoloViews' glyph has them."""
    shown = dict(columns)
    shown.pop("end", None)  # of a scale of colours, which is no column
    if "role" in shown:
        shown["text_color" if mark.kind == "words" else "color"] = np.asarray(
            shown.pop("role"), np.uint8
        )
    if mark.kind == "area":  # one polygon, there and back
        x, low, high = (shown.pop(name) for name in PLACES["area"])
        shown |= {"x": np.concatenate([x, x[::-1]]), "y": np.concatenate([high, low[::-1]])}
    return shown


def _height_px(panel: Panel, filled: Filled) -> int:
    """A plot grows with rows that are too many for it."""
    return max(panel.height_px, AXIS_PX + ROW_PX * len(filled.rows))


def _patch_axes(pane: LivePane, panels: tuple[Panel, ...], panel: Panel, filled: Filled) -> None:
    y_range = filled.y_range
    if panel.has_rows:
        y_range = row_range(len(filled.rows), panel.fewest_rows)
        places = row_places(len(filled.rows)).astype(int).tolist()
        pane.configure(panel.name, "ticker", ticks=places)
        names = dict(zip(places, map(elided, filled.rows), strict=True))
        pane.configure(panel.name, "yaxis", major_label_overrides=names)
    for axis, ends in (("x_range", filled.x_range), ("y_range", y_range)):
        if ends is not None:
            pane.set_range(panel.name, axis, *ends)
    x_label, y_label = axis_labels(panel, filled)
    x_label = "" if is_labelled_below(panels, panel) else x_label
    pane.configure(panel.name, "xaxis", axis_label=x_label)
    pane.configure(panel.name, "yaxis", axis_label=y_label)
