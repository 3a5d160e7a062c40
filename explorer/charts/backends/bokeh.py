"""
Charts as HoloViews elements for Bokeh: the glyphs of live plots and of pictures in a notebook.

Both take their styles from here, so that a mark looks the same wherever it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
import numpy as np
import pandas as pd
from bokeh.models import CustomJSTransform, LinearColorMapper, OpenURL, TapTool
from numpy.typing import NDArray

from explorer.charts.backends.hint import hint_where_pictures_are_text
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
    role_labels,
    rows_of,
    tip_said,
)
from explorer.charts.palette import INK, LOOKS, NET, Look
from explorer.charts.rows import row_places, row_range
from explorer.charts.ticks import bar_in_units, in_units, ticks_apart
from explorer.charts.tip_numbers import numbers_as_wanted
from explorer.text import elided, sentence, wrapped
from explorer.words import tr, units

BOKEH = "bokeh"
WIDTH, LOWEST = 560, 70  # of a picture, of axes [px]
NARROWEST = 260  # of a picture that gives way [px]
TITLE_CHARACTERS = 46  # of a line, which two pictures side by side in a cell have room for
LONG_LABEL = 26  # characters, of which three do not fit side by side
AREAS = ("bars", "area")  # what may have a pattern
# a chart says its ranges: HoloViews looks for others in every column, for a quarter of the time
RANGES_GIVEN = {"normalize": False, "apply_ranges": False}
_FACES = ("vertical", "horizontal", "diagonal", "span")  # annotations, which have no rows


def element(mark: Mark, columns: Columns, panel: str = "") -> Any:
    """
    A mark with its data as a HoloViews element without style.

    Dimensions have names of their own for each panel, so that pictures side by side do not share
    axes that mean different things.
    """
    if mark.kind in _FACES:
        at = {name: float(columns[name][0]) for name in PLACES[mark.kind]}
        match mark.kind:
            case "vertical":
                return hv.VLine(at["x"])
            case "horizontal":
                return hv.HLine(at["y"])
            case "diagonal":
                return hv.Slope(at["slope"], 0)
        return hv.VSpan(at["left"], at["right"])
    if mark.kind == "heat":
        x, y, dw, dh = (float(columns[name][0]) for name in ("x", "y", "dw", "dh"))
        return hv.Image(
            columns["image"][0][::-1],
            [f"{panel}x", f"{panel}y"],
            "net",
            bounds=(x, y, x + dw, y + dh),
        )
    ends = ("left", "bottom", "right", "top") if mark.kind == "bars" else PLACES[mark.kind]
    table = pd.DataFrame({f"{panel}{name}": np.asarray(columns[name]) for name in ends})
    values = [name for name in columns if name not in ends]
    table = table.assign(**{name: np.asarray(columns[name]) for name in values})
    keys = [*table.columns[: len(ends)]]
    match mark.kind:
        case "bars":
            return hv.Rectangles(table, keys, values)
        case "segments":
            return hv.Segments(table, keys, values)
        case "area":
            return hv.Area(table, keys[0], keys[1:])
        case "line":
            return hv.Curve(table, keys[0], keys[1:])
        case "words":
            return hv.Labels(table, keys[:2], [keys[2], *values])
    return hv.Points(table, keys, values)


def style(mark: Mark, look: Look, size: float | None = None) -> dict[str, Any]:
    """Options of a mark of one role."""
    match mark.kind:
        case "heat":
            return {
                "cmap": list(NET), "alpha": mark.opacity, "colorbar": True,
                "clabel": units().written(tr(mark.labels[0])), "colorbar_opts": _SCALE | {"title": tr("Net")},
                "hooks": [bar_in_units("colorbar", units().factor_in(mark.labels[0]))],
            }  # fmt: skip
        case "bars":
            edge = {"line_color": "white", "line_width": 0.5} if mark.edged else {"line_alpha": 0}
            return {"color": look.colour, "alpha": mark.opacity, **edge}
        case "area":
            return {"fill_color": look.colour, "fill_alpha": mark.opacity, "line_alpha": 0}
        case "points":
            return {
                "color": look.colour, "alpha": mark.opacity, "marker": look.marker, "size": size or mark.size,
                "line_color": "white", "line_width": 0.5,
            }  # fmt: skip
        case "words":
            return {
                "text_color": look.words_colour, "text_font_size": f"{mark.size:g}px", "text_align": mark.align,
                "text_baseline": "middle", "hooks": [_beside_its_place(mark)],
            }  # fmt: skip
        case "span":
            return {"color": look.colour, "alpha": mark.opacity, "line_alpha": 0}
    return {
        "color": look.colour, "line_width": mark.size, "line_dash": look.dash, "alpha": mark.opacity,
    }  # fmt: skip


def patterned(patterns: Sequence[str]) -> Callable[[Any, Any], None]:
    """
    A hook: areas have a pattern over their colour, by the number of their role where there are
    several.
    """

    def hook(plot: Any, _element: Any) -> None:
        code = 'return Array.from(xs, role => patterns[role] || " ")'
        transform = CustomJSTransform(args={"patterns": [*patterns]}, v_func=code)
        of_role = {"field": "color", "transform": transform}
        look = {"hatch_color": INK, "hatch_alpha": 0.35, "hatch_scale": 11, "hatch_weight": 1}
        renderer = plot.handles["glyph_renderer"]
        for glyph in (renderer.glyph, renderer.selection_glyph):
            if glyph is not None and glyph != "auto":
                glyph.update(
                    hatch_pattern=of_role if len(patterns) > 1 else patterns[0] or None, **look
                )

    return hook


def on_plain_ground(roles: Sequence[str]) -> Callable[[Any, Any], None]:
    """
    A hook: words on areas with patterns have the plain colour of the area around them, by the
    number of their role where there are several.
    """

    def hook(plot: Any, _element: Any) -> None:
        colours = [LOOKS[role].colour for role in roles]
        of_role = LinearColorMapper(palette=colours, low=-0.5, high=len(roles) - 0.5)
        plot.handles["glyph"].update(
            background_fill_color={"field": "text_color", "transform": of_role}
            if len(roles) > 1
            else colours[0],
            padding=2,
            border_radius=3,
        )

    return hook


def _beside_its_place(mark: Mark) -> Callable[[Any, Any], None]:
    """A hook: words that end or begin at their place leave it free."""
    paper = {
        "background_fill_color": "white",
        "background_fill_alpha": 0.85,
        "padding": 2,
        "border_radius": 3,
    }

    def hook(plot: Any, _element: Any) -> None:
        offset_px = {"left": 5, "center": 0, "right": -5}[mark.align]
        plot.handles["glyph"].update(x_offset=offset_px, **(paper if mark.on_paper else {}))

    return hook


def draw(chart: Chart) -> Any:
    """A chart as a HoloViews object: an overlay, or a layout of one below the other."""
    plots = [
        _panel(chart, panel, filled)
        for panel, filled in zip(chart.panels, chart.filled, strict=True)
    ]
    if len(plots) == 1:
        return plots[0]
    return hv.Layout(plots).cols(1).opts(normalize=False, backend=BOKEH)


def _panel(chart: Chart, panel: Panel, filled: Filled) -> Any:
    drawn = [part for mark in panel.marks for part in _parts(panel, mark, filled)]
    drawn += [
        _key(panel, mark, label)
        for mark in panel.marks
        if mark.kind in _FACES and filled.columns.get(mark.name)
        for label in role_labels(mark, filled)
        if label
    ]
    title = wrapped(sentence(chart.title), TITLE_CHARACTERS) if panel is chart.panels[0] else []
    named = {part.label for part in drawn if part.label}
    legend_cols = 3 if max(map(len, named), default=0) < LONG_LABEL else 2
    rows_px = panel.row_px * max(len(filled.rows), 3)
    frame = rows_px if panel.has_rows else max(panel.height_px - 80, LOWEST)
    x_label, y_label = axis_labels(panel, filled)
    options = {
        "width": WIDTH,
        "height": frame + 60 + 22 * len(title) + (8 + 23 * -(-len(named) // legend_cols) if named else 0),
        "show_grid": True,
        "xlabel": "" if is_labelled_below(chart.panels, panel) else x_label,
        "ylabel": y_label,
        "title": as_title("\n".join(title)),
        "xlim": filled.x_range,
        "ylim": row_range(len(filled.rows)) if panel.has_rows else filled.y_range,
        "hooks": [gives_way(WIDTH), in_units(panel)],
    }  # fmt: skip
    options |= tick_places(panel) | RANGES_GIVEN
    if len(chart.panels) > 1 and (left := left_px(chart.panels, panel)) is not None:
        options["hooks"].append(_room_left(left))
    if panel.has_rows:
        places = row_places(len(filled.rows)).tolist()
        named_ticks = list(zip(places, map(elided, filled.rows), strict=True))
        options |= {"yticks": named_ticks} if named_ticks else {"yaxis": "bare"}
        options |= {"gridstyle": {"ygrid_line_alpha": 0.0}}
    legend: dict[str, Any] = {
        "legend_position": "bottom",
        "legend_cols": legend_cols,
        "legend_opts": _CLOSE,
    }
    drawn = drawn or [hv.Points([(np.nan, np.nan)])]  # axes alone, where there is nothing to show
    return overlay(drawn, **options).opts(**legend, backend=BOKEH)


def _parts(panel: Panel, mark: Mark, filled: Filled) -> list[Any]:
    """An element for each role of a mark that has rows, so that a legend can name it."""
    parts, columns, named = [], filled.columns.get(mark.name, {}), role_labels(mark, filled)
    for n, role in enumerate(mark.roles):
        rows = rows_of(mark, columns, n)
        if not len(rows):
            continue
        mine = {name: np.asarray(values)[rows] for name, values in columns.items()}
        part = element(mark, mine, f"{panel.name} ")
        if mark.kind == "heat":
            end = float(columns["end"][0])
            parts.append(part.opts(**style(mark, LOOKS[role]), clim=(-end, end), backend=BOKEH))
            continue
        if n < len(named) and mark.kind not in _FACES:
            part = part.relabel(named[n])
        hover = (
            {"tools": ["hover"], "hover_tooltips": _tips(mark, f"{panel.name} ")}
            if mark.tip
            else {}
        )
        look = style(mark, LOOKS[role], mark.size_of(n))
        if mark.tip:
            look["hooks"] = [*look.get("hooks", []), numbers_as_wanted]
        if LOOKS[role].pattern and mark.kind in AREAS:
            look["hooks"] = [*look.get("hooks", []), patterned([LOOKS[role].pattern])]
        if LOOKS[role].pattern and mark.kind == "words":
            look["hooks"] = [*look["hooks"], on_plain_ground([role])]
        part = part.opts(**look, **hover, backend=BOKEH)
        parts.append(_with_links(part, mark) if mark.link else part)
    return parts


def _with_links(part: Any, mark: Mark) -> Any:
    """Points whose addresses a tap opens."""
    tap = TapTool(callback=OpenURL(url=f"@{mark.link}"))
    hover = ["hover"] if mark.tip else []
    return part.opts(tools=[*hover, tap], nonselection_alpha=mark.opacity, backend=BOKEH)


def _key(panel: Panel, mark: Mark, label: str) -> Any:
    """Something not to be seen, through which a legend names an annotation."""
    x, y = f"{panel.name} x", f"{panel.name} y"
    if mark.kind == "span":
        area = hv.Rectangles([(np.nan,) * 4], [x, y, f"{x} end", f"{y} end"], label=label)
        return area.opts(**style(mark, LOOKS[mark.roles[0]]), backend=BOKEH)
    line = hv.Curve([(np.nan, np.nan)], x, y, label=label)
    return line.opts(**style(mark, LOOKS[mark.roles[0]]), backend=BOKEH)


def _tips(mark: Mark, panel: str) -> list[tuple[str, str]]:
    """Tips of an element whose places have names of their own for each panel."""
    places = "|".join(PLACES[mark.kind])
    return [
        (label, re.sub(rf"@({places})\b", rf"@{{{panel}\1}}", text))
        for label, text in tip_said(mark.tip)
    ]


def tick_places(panel: Panel) -> dict[str, Any]:
    """Options that say where ticks are, of either backend."""
    axes = {"xticks": panel.x.at, "yticks": None if panel.has_rows else panel.y.at}
    return {
        name: at if isinstance(at, int) else list(at) for name, at in axes.items() if at is not None
    }


def _room_left(px: int) -> Callable[[Any, Any], None]:
    """A hook: panels with one axis share their left edge."""

    def hook(plot: Any, _element: Any) -> None:
        plot.state.min_border_left = px

    return hook


def gives_way(width_px: int) -> Callable[[Any, Any], None]:
    """A hook: a picture narrows where there is no room for it, unless it was given another width."""

    def hook(plot: Any, _element: Any) -> None:
        if plot.overlaid:
            return
        if plot.width == width_px:
            plot.state.update(
                sizing_mode="stretch_width", min_width=min(NARROWEST, width_px), max_width=width_px
            )
        else:
            plot.state.update(sizing_mode="fixed", min_width=None, max_width=None)

    return hook


def as_title(text: str) -> str:
    """A text as the title of a picture, which HoloViews would fill in where braces are."""
    return text.replace("{", "{{").replace("}", "}}")


def overlay(elements: list[Any], **options: Any) -> Any:
    """
    Elements over each other, with options of the plot that each of them carries.

    Those of the overlay itself are lost where `*` makes a new one of it.
    """
    hint_where_pictures_are_text()
    for part in elements:
        known = hv.Store.registry[BOKEH][type(part)].param
        own = part.opts.get("plot", backend=BOKEH).kwargs.get("hooks", [])
        shared = options | {"hooks": [*own, *options.get("hooks", [])]}
        part.opts(**{name: value for name, value in shared.items() if name in known}, backend=BOKEH)
    hooks = [*options.pop("hooks", []), ticks_apart]
    return hv.Overlay(elements).opts(**options, active_tools=[], hooks=hooks, backend=BOKEH)


def empty(mark: Mark) -> dict[str, NDArray]:
    """Columns without meaning, two rows that differ, or HoloViews makes them constants."""
    two = np.arange(2.0)
    if mark.kind == "heat":
        return {name: np.ones(1) for name in mark.columns} | {"image": np.array([np.eye(2)])}
    return {name: np.array(["", " "], object) if name == "text" else two for name in mark.columns}


# of a scale of colours beside a picture
_SCALE = {
    "width": 9,
    "major_tick_line_color": None,
    "bar_line_color": None,
    "background_fill_alpha": 0,
}
# of a legend below: Bokeh leaves a gap between it and the axis
_CLOSE = {
    "location": "left",
    "orientation": "horizontal",
    "margin": 0,
    "padding": 4,
    "border_line_alpha": 0.0,
}
