"""
Results as pictures, one line each: HoloViews and GeoViews objects that compose with `+` and `*`.

What is an object draws itself: `placement.map()`, `placement.layers_plot()`, `frontier.plot()`, `draws.plot()`.
A table is handed to the function of its own name: `pictures.break_even(table)`, `pictures.tornado(table)`. A notebook
shows them, and `Explorer` too, after `pictures.notebook()`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import holoviews as hv
import pandas as pd
import panel as pn
from bokeh.model import Model
from bokeh.models import ImportedStyleSheet, UIElement
from panel.io.notebook import replace_inline_css

from explorer.app.live.budget_mark import NOW
from explorer.app.views import whole_day as day
from explorer.app.views.break_even import BLOCKED, OPEN
from explorer.app.views.break_even import LOSES as GREY
from explorer.app.views.cost_carbon_front import COLOURS as PRICE_COLOURS
from explorer.app.views.frontier import CARBON, COST
from explorer.app.views.monte_carlo import BAND, MAYBE, SURELY
from explorer.app.views.near_optimal import FIRM, FREE, OPTIMUM
from explorer.app.views.relocatable_demand import COLOURS as LOAD_COLOURS
from explorer.app.views.tornado import HIGH, LOW
from explorer.app.views.wires_or_fibre import PARTS
from explorer.charts import line_shapes, row_shapes
from explorer.charts.budget_axis import budget_label, budget_span, is_on_axis, now_label
from explorer.charts.elements import (
    FORBIDDEN,
    LAYER_COLOURS,
    LOSES,
    PAYS,
    QUANTITIES,
    friction_span,
    layers_table,
    pairs_by_status,
    shared_out,
    steps,
)
from explorer.charts.shapes import Shape, refuse_unknown
from explorer.charts.ticks import ticks_apart
from explorer.charts.world_picture import BOKEH, as_title, overlay
from explorer.charts.world_picture import world_map as world_map  # with GeoViews, which `notebook` makes ready too
from explorer.measures.frontier import Frontier
from explorer.measures.monte_carlo import Draws
from explorer.measures.relocatable_demand import READINGS
from explorer.model.labels import as_shown, isolated
from explorer.model.placement import LAYERS, Placement
from explorer.text import NEUTRAL, elided, sentence

WIDTH, HEIGHT = 560, 300  # of a plot [px]
FRAME_HEIGHT, ROW_HEIGHT = 205, 23  # of axes, without titles and legends [px]
TITLE_CHARACTERS = 58  # of a line


def notebook() -> None:
    """Ready a notebook for these pictures and for `Explorer`; nothing is fetched from a network."""
    hv.extension("bokeh", inline=True)
    config: Any = pn.config
    config.inline = True
    # Panel heeds that for what it shows itself, but HoloViews and widgets (VS Code) take style sheets from a network.
    # Only this list, which Panel keeps to itself, is asked for all of them.
    hooks = pn.viewable.Viewable._preprocessing_hooks
    if _inline_style_sheets not in hooks:
        hooks.append(_inline_style_sheets)


def _inline_style_sheets(_viewable: Any, root: Model) -> None:
    """Put every style sheet of Panel's into the page, once for all that share it."""
    inline: dict[str, Any] = {}
    elements: Any = root.select({"type": UIElement})
    for element in elements:
        sheets = list(element.stylesheets)
        for place, sheet in enumerate(sheets):
            if isinstance(sheet, ImportedStyleSheet):
                url = str(sheet.url)
                if url not in inline:
                    inline[url] = replace_inline_css(sheet)
                sheets[place] = inline[url]
        if sheets != element.stylesheets:
            element.stylesheets = sheets


def staircase(frontier: Frontier, quantity: str = "cost") -> Any:
    """
    Cost or carbon along a frontier: its steps, and the budget of the scenario.

    Raises
    ------
    ValueError
        If `quantity` is neither "cost" nor "carbon".
    """
    line, points = steps(frontier, quantity)
    colour = COST if quantity == "cost" else CARBON
    line = line.opts(color=colour, line_width=2.5, backend=BOKEH)
    points = points.opts(
        color=colour, size=7, line_color="white", tools=["hover"], hover_tooltips=_step(quantity), backend=BOKEH
    )
    shown: list[Any] = [line, points]
    first_ms, last_ms = budget_span(frontier)
    if is_on_axis(frontier):
        shown.insert(0, hv.VLine(frontier.current_ms).opts(color=NOW, line_width=2, backend=BOKEH))
    if first_ms < (start_ms := float(frontier.table["budget_ms"].iloc[0])):  # before it, load goes unserved
        shade = hv.VSpan(first_ms, start_ms).opts(color=NEUTRAL, alpha=0.16, line_alpha=0, backend=BOKEH)
        shown.insert(0, shade)
    return overlay(
        shown,
        width=WIDTH,
        height=HEIGHT,
        xlabel=budget_label(frontier),
        ylabel=QUANTITIES[quantity],
        show_grid=True,
        xlim=(first_ms, last_ms),
        padding=(0, 0.1),
        title=f"{quantity.capitalize()} of the optimum; {now_label(frontier)}",
    )


def layer_bars(placement: Placement) -> Any:
    """IT load of each class at home, within the regional radius, and further away."""
    table = layers_table(placement)
    bars = hv.Bars(table.assign(**{"class": [*map(as_shown, table["class"])]}), ["class", "layer"], "it_mw")
    return bars.opts(
        stacked=True,
        invert_axes=True,
        cmap=dict(zip(LAYERS, LAYER_COLOURS, strict=True)),
        width=WIDTH,
        height=HEIGHT,
        xlabel="",
        ylabel="IT load [MW]",
        legend_position="top",
        legend_cols=3,
        tools=["hover"],
        active_tools=[],
        hooks=[ticks_apart],
        title="Where each class runs",
        backend=BOKEH,
    )


def break_even(table: pd.DataFrame) -> Any:
    """The pairs of `explorer.break_even`: right of the dashed line, where saving equals friction, moving pays."""
    styles = {PAYS: (OPEN, "circle"), FORBIDDEN: (BLOCKED, "triangle"), LOSES: (GREY, "x")}
    pairs = [
        points.opts(
            color=styles[name][0],
            marker=styles[name][1],
            size=7,
            alpha=0.75,
            tools=["hover"],
            hover_tooltips=_PAIR,
            backend=BOKEH,
        )
        for name, points in pairs_by_status(table).items()
        if len(points)
    ]
    line = hv.Slope(1, 0).opts(color="#6b7480", line_width=2, line_dash="dashed", backend=BOKEH)
    xlim, ylim = friction_span(table)
    return overlay(
        [line, *pairs],
        width=WIDTH,
        height=HEIGHT,
        xlim=xlim,
        ylim=ylim,
        show_grid=True,
        xlabel="Saving [USD/MWh]",
        ylabel="Friction [USD/MWh]",
        title="Right of the dashed line moving pays",
    ).opts(legend_position="bottom_right", backend=BOKEH)


def attribution(table: pd.DataFrame) -> Any:
    """The obstacles of `explorer.attribution`, the greatest on top."""
    bars, words = shared_out(table)
    bars = bars.opts(invert_axes=True, color="#D55E00", tools=["hover"], backend=BOKEH)
    words = words.opts(invert_axes=True, text_align="left", text_font_size="9pt", text_color=NEUTRAL, backend=BOKEH)
    reach = float(table["usd_per_h"].to_numpy().max())
    return overlay(
        [bars, words],
        width=WIDTH,
        height=HEIGHT,
        xlabel="",
        ylabel="Cost of the obstacle [USD/h]",
        ylim=(min(0.0, 1.1 * float(table["usd_per_h"].to_numpy().min())), 1.35 * reach if reach > 0 else 1.0),
        title="What holds relocation back",
    )


def cost_carbon_front(table: pd.DataFrame) -> Any:
    """The placements of `explorer.cost_carbon_front`, by what a tonne costs there, and where the scenario is."""
    styles: dict[str, Any] = {"now": {"color": NOW, "marker": "diamond", "size": 15, "line_color": "white"}}
    for name, colour in zip(("cheap", "middling", "dear"), PRICE_COLOURS, strict=True):
        styles |= {f"{name} line": {"color": colour, "line_width": 3}, name: {"color": colour, **_POINTS}}
    return _drawn(line_shapes.front(table), styles, legend_cols=1, legend_position="top_right")


def tornado(table: pd.DataFrame) -> Any:
    """The inputs of `explorer.tornado`, that of most effect on top: bars from the saving now to what it becomes."""
    styles = {"low": _filled(LOW), "high": _filled(HIGH), "base": {"color": NEUTRAL, "line_width": 2}}
    return _drawn(row_shapes.swings(table), styles)


def near_optimal(table: pd.DataFrame) -> Any:
    """The regions of `explorer.near_optimal` whose range of load is widest: what is needed, and what is free."""
    styles = {
        "firm": _filled(FIRM),
        "free": _filled(FREE),
        "optimum": {"color": OPTIMUM, "size": 9, "line_color": "white"},
    }
    return _drawn(row_shapes.ranges(table), styles)


def whole_day(table: pd.DataFrame, quantity: str = "load") -> Any:
    """
    Load, cost or carbon of `explorer.whole_day` by hour.

    Raises
    ------
    ValueError
        If `quantity` is none of "load", "cost" and "carbon".
    """
    colour = CARBON if quantity == "carbon" else day.COST
    styles = {
        "home": _filled(day.OWN),
        "dark": _filled(day.MOVED),
        "sunny": _filled(day.SUN),
        "unserved": _filled("#000000"),
        "means": {"color": day.MEANS, "line_dash": "dashed", "line_width": 1.8},
        "line": {"color": colour, "line_width": 2.5},
        "best": {"color": colour, **_POINTS},
    }
    return _drawn(line_shapes.day(table, quantity), styles, legend_cols=2)


def relocatable_demand(table: pd.DataFrame) -> Any:
    """The classes of `explorer.relocatable_demand` and all together: the narrower reading lies on the wider."""
    styles = {name: _filled(colour) for name, colour in zip(READINGS, LOAD_COLOURS[1:4], strict=True)}
    return _drawn(row_shapes.readings(table), styles, legend_cols=2)


def wires_or_fibre(table: pd.DataFrame) -> Any:
    """The ways of `explorer.wires_or_fibre`, each as the sum of its costs."""
    styles: dict[str, Any] = {part: _filled(colour) for part, (_, colour) in PARTS.items()}
    styles["zero"] = {"color": NEUTRAL, "line_width": 1}
    return _drawn(row_shapes.ways(table), styles, legend_cols=4)


def drawn_worlds(draws: Draws, of: str = "budgets") -> Any:
    """
    What longer budgets save in worlds drawn at random, or in how many of them a region receives load.

    Raises
    ------
    ValueError
        If `of` is neither "budgets" nor "regions".
    """
    styles = {
        "band": {"color": BAND, "fill_alpha": 0.35, "line_alpha": 0},
        "line": {"color": BAND, "line_width": 3},
        "points": {"color": BAND, **_POINTS},
        "sure": _filled(SURELY),
        "open": _filled(MAYBE),
    }
    refuse_unknown("picture of draws", of, ("budgets", "regions"))
    shape = line_shapes.budgets(draws) if of == "budgets" else row_shapes.receiving(draws)
    return _drawn(shape, styles)


def _drawn(
    shape: Shape,
    styles: Mapping[str, Mapping[str, Any]],
    legend_cols: int = 3,
    legend_position: str = "bottom",
) -> Any:
    """A shape with the style of each part."""
    drawn, named = [], 0
    for name, part in shape.parts.items():
        hover = {"tools": ["hover"], "hover_tooltips": shape.tips[name]} if name in shape.tips else {}
        drawn.append(part.opts(**styles[name], **hover, backend=BOKEH))
        named += bool(part.label)
    title = isolated(textwrap.wrap(sentence(shape.title), TITLE_CHARACTERS))
    is_below = legend_position == "bottom"
    key = 8 + 23 * -(-named // legend_cols) if is_below and named else 0
    frame = ROW_HEIGHT * max(shape.rows, 3) if shape.rows else FRAME_HEIGHT
    plot: dict[str, Any] = {
        "width": WIDTH,
        "height": frame + 60 + 22 * len(title) + key,
        "show_grid": True,
        "gridstyle": {"ygrid_line_alpha": 0.0 if shape.rows else 1.0},
        "title": as_title("\n".join(title)),
    }
    legend: dict[str, Any] = {"legend_position": legend_position, "legend_cols": legend_cols}
    if is_below:
        legend["legend_opts"] = _CLOSE
    axes = dict(shape.axes)
    if shape.rows:
        axes["yticks"] = [(place, elided(name)) for place, name in axes["yticks"]]
    return overlay(drawn, **plot, **axes).opts(**legend, backend=BOKEH)


def _filled(colour: str) -> dict[str, Any]:
    return {"color": colour, "line_color": "white", "line_width": 0.5}


# of a legend below: Bokeh leaves a gap between it and the axis
_CLOSE = {"location": "left", "orientation": "horizontal", "margin": 0, "padding": 4, "border_line_alpha": 0.0}
_POINTS = {"size": 7, "line_color": "white"}
_PAIR = [
    ("", "@pair"),
    ("Saving (break-even friction)", "@saving_usd_per_mwh{0,0.0} USD/MWh"),
    ("Friction", "@friction_usd_per_mwh{0,0.0} USD/MWh"),
    ("Net", "@net_usd_per_mwh{+0,0.0} USD/MWh"),
    ("Break-even carbon price", "@break_even_carbon_price_usd_per_t{0,0} USD/t"),
    ("Added delay", "@wan_ms{0,0.0} ms"),
]


def _step(quantity: str) -> list[tuple[str, str]]:
    label, unit = QUANTITIES[quantity].rstrip("]").split(" [")
    return [
        ("Budget", "@budget_ms{0,0.0} ms"),
        (label, f"@{quantity}{{0,0.0}} {unit}"),
        ("Cost, carbon at its price", "@objective_usd_per_h{0,0} USD/h"),
        ("Relocated", "@relocated_mw{0,0} MW"),
        ("Energy return (ERL)", "@erl_usd_per_h_per_ms{0,0.00} USD/h per ms"),
        ("Carbon return (CRL)", "@crl_kg_per_h_per_ms{0,0.00} kg/h per ms"),
        ("Opens", "@opens"),
    ]
