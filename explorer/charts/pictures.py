"""
Results as pictures, one line each: HoloViews and GeoViews objects that compose with `+` and `*`.

What is an object draws itself: `placement.map()`, `placement.layers_plot()`, `frontier.plot()`.
A table is handed to the function of its own name, `pictures.break_even(table)`, or to `explorer.charts.draw.plot`. A
notebook shows them, and `Explorer` too, after `pictures.notebook()`.
"""

from __future__ import annotations

from typing import Any

import holoviews as hv
import pandas as pd
import panel as pn
from bokeh.model import Model
from bokeh.models import ImportedStyleSheet, UIElement
from panel.io.notebook import replace_inline_css

from explorer.app.live.budget_mark import NOW
from explorer.app.views.break_even import BLOCKED, OPEN
from explorer.app.views.break_even import LOSES as GREY
from explorer.app.views.frontier import CARBON, COST
from explorer.charts.backends.bokeh import BOKEH, overlay
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
    steps,
)
from explorer.charts.ticks import ticks_apart
from explorer.measures.frontier import Frontier
from explorer.model.labels import as_shown
from explorer.model.placement import LAYERS, Placement
from explorer.presentation import renders
from explorer.text import NEUTRAL

WIDTH, HEIGHT = 560, 300  # of a plot [px]


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


@renders(Frontier, "plot")
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


@renders(Placement, "layers plot")
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


@renders("break_even", "plot")
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
