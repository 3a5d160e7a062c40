"""
Results as pictures, one line each: HoloViews and GeoViews objects that compose with `+` and `*`.

A result that is an object draws itself: `placement.map()`, `placement.layers_plot()`, `frontier.plot()`. A table is
handed to the function of its own name: `pictures.break_even(table)`, `pictures.attribution(table)`. A notebook shows
them, and `Explorer` too, after `pictures.notebook()`.
"""

from __future__ import annotations

from typing import Any

import geoviews as gv
import geoviews.plotting.bokeh  # registers the renderer
import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
from bokeh.model import Model
from bokeh.models import ImportedStyleSheet, NumeralTickFormatter, UIElement
from panel.io.notebook import replace_inline_css

from explorer.frontiers import Frontier
from explorer.placement import LAYERS, Placement
from explorer.views.basemap import EXTENT_X, EXTENT_Y, MERCATOR, basemap
from explorer.views.breakeven import BLOCKED, OPEN
from explorer.views.breakeven import LOSES as GREY
from explorer.views.elements import (
    ARC_PIECES,
    FORBIDDEN,
    LAYER_COLOURS,
    LOSES,
    PAYS,
    QUANTITIES,
    arcs_of,
    budget_label,
    budget_span,
    friction_span,
    is_on_axis,
    layers_table,
    pairs_by_status,
    region_columns,
    shared_out,
    steps,
)
from explorer.views.flows import CHANGE_PALETTE, diameter
from explorer.views.frontier import CARBON, COST, NOW
from explorer.views.text import CLASS_COLOURS, NEUTRAL, duration

BOKEH = "bokeh"
WIDTH, HEIGHT = 560, 300  # of a plot [px]
MAP_WIDTH = 860  # [px]
_TICKS = NumeralTickFormatter(format="0.0[0]a")


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


def world_map(placement: Placement, min_flow_mw: float = 0.0) -> Any:
    """
    The world map of a placement: regions sized by IT load, arcs as wide as the load that moves.

    Parameters
    ----------
    placement : Placement
    min_flow_mw : float
        Smallest flow drawn. [MW]

    Returns
    -------
    holoviews.Overlay
        In Web Mercator; GeoViews elements in degrees may be laid over it.
    """
    flows = _flows(placement, min_flow_mw)
    columns = region_columns(placement)
    columns["size"] = diameter(columns["it_mw"])
    reach = max(float(np.abs(columns["change_mw"]).max(initial=0.0)), 1.0)
    regions = gv.Points(pd.DataFrame(columns), ["x", "y"], [name for name in columns if name not in "xy"], crs=MERCATOR)
    regions = regions.opts(
        size="size",
        color="change_mw",
        cmap=CHANGE_PALETTE,
        clim=(-reach, reach),
        line_color="#6b7480",
        colorbar=True,
        colorbar_opts={"height": 8, "width": 190},
        clabel="Change against baseline [MW]",
        colorbar_position="bottom",
        tools=["hover"],
        hover_tooltips=_REGION,
        backend=BOKEH,
    )
    return hv.Overlay([*basemap(), *flows, regions]).opts(
        frame_width=MAP_WIDTH,
        data_aspect=1,
        xlim=EXTENT_X,
        ylim=EXTENT_Y,
        xaxis=None,
        yaxis=None,
        projection=MERCATOR,
        title=placement.network.labels.title,
        legend_position="bottom_left",
        active_tools=[],
        backend=BOKEH,
    )


def _flows(placement: Placement, min_flow_mw: float) -> list[hv.Segments]:
    """The arcs of every class that moves."""
    arcs, labels = arcs_of(placement, min_flow_mw), placement.network.labels
    mw = arcs.it_mw[arcs.flow]
    moves = np.array(
        [f"{labels.regions[h]} → {labels.regions[r]}" for h, r in zip(arcs.home, arcs.region, strict=True)], object
    )
    along = np.arange(len(arcs.flow)) - np.searchsorted(arcs.flow, arcs.flow)  # pieces since its home
    rows = pd.DataFrame(
        {
            **dict(zip(("x0", "y0", "x1", "y1"), arcs.ends, strict=True)),
            "it_mw": mw,
            "moves": moves[arcs.flow],
            "width": 0.8 + 0.55 * np.sqrt(mw),  # [px]
            "alpha": np.minimum(0.2 + 0.65 * (along + 1) / ARC_PIECES, 0.85),  # faint at home, strong where it runs
        }
    )
    classes, drawn = arcs.workload[arcs.flow], []
    for k, name in enumerate(labels.workloads):
        if (classes == k).any():
            mine = rows[classes == k].iloc[::-1].sort_values("it_mw", ascending=False, kind="stable")  # legend: strong
            values = ["it_mw", "moves", "width", "alpha"]
            segments = hv.Segments(mine, ["x0", "y0", "x1", "y1"], values, label=name)
            colour = CLASS_COLOURS[k % len(CLASS_COLOURS)]
            tips = [("Moves", "@moves"), ("Class", name), ("IT load", "@it_mw{0,0.0} MW")]
            drawn.append(
                segments.opts(
                    color=colour,
                    line_width="width",
                    line_alpha="alpha",
                    tools=["hover"],
                    hover_tooltips=tips,
                    backend=BOKEH,
                )
            )
    return drawn


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
    return hv.Overlay(shown).opts(
        width=WIDTH,
        height=HEIGHT,
        xlabel=budget_label(frontier),
        ylabel=QUANTITIES[quantity],
        show_grid=True,
        yformatter=_TICKS,
        xlim=(first_ms, last_ms),
        padding=(0, 0.1),
        active_tools=[],
        title=f"{quantity.capitalize()} of the optimum; the scenario: {duration(frontier.current_ms)}",
        backend=BOKEH,
    )


def layer_bars(placement: Placement) -> Any:
    """IT load of each class at home, within the regional radius, and further away."""
    bars = hv.Bars(layers_table(placement), ["class", "layer"], "it_mw")
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
    return hv.Overlay([line, *pairs]).opts(
        width=WIDTH,
        height=HEIGHT,
        xlim=xlim,
        ylim=ylim,
        show_grid=True,
        xlabel="Saving [USD/MWh]",
        ylabel="Friction [USD/MWh]",
        legend_position="bottom_right",
        active_tools=[],
        title="Right of the dashed line moving pays",
        backend=BOKEH,
    )


def attribution(table: pd.DataFrame) -> Any:
    """The obstacles of `explorer.attribution`, the greatest on top."""
    bars, words = shared_out(table)
    bars = bars.opts(invert_axes=True, color="#D55E00", tools=["hover"], backend=BOKEH)
    words = words.opts(invert_axes=True, text_align="left", text_font_size="9pt", text_color=NEUTRAL, backend=BOKEH)
    reach = float(table["usd_per_h"].to_numpy().max())
    return hv.Overlay([bars, words]).opts(
        width=WIDTH,
        height=HEIGHT,
        xlabel="",
        ylabel="Cost of the obstacle [USD/h]",
        active_tools=[],
        yformatter=_TICKS,
        ylim=(min(0.0, 1.1 * float(table["usd_per_h"].to_numpy().min())), 1.35 * reach if reach > 0 else 1.0),
        title="What holds relocation back",
        backend=BOKEH,
    )


_REGION = [
    ("", "@name"),
    ("IT load", "@it_mw{0,0.0} MW, @change_mw{+0,0.0} against baseline"),
    ("Utilisation", "@utilisation{0 %}"),
    ("Electricity", "@price_usd_per_mwh{0,0.0} USD/MWh"),
    ("Carbon", "@carbon_kg_per_mwh{0,0} kg/MWh"),
]
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
        ("Relocated", "@relocated_mw{0,0} MW"),
        ("Energy return (ERL)", "@erl_usd_per_h_per_ms{0,0.00} USD/h per ms"),
        ("Carbon return (CRL)", "@crl_kg_per_h_per_ms{0,0.00} kg/h per ms"),
        ("Opens", "@opens"),
    ]
