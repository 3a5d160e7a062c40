"""
Results as figures for print: SVG, PDF or PNG, sized in millimetres, drawn by HoloViews' matplotlib backend.

As with pictures, a result that is an object writes itself, `placement.figure(path)`, `placement.layers_figure(path)`,
`frontier.figure(path)` and `draws.figure(path)`; a table is handed to the function of its own name and `_figure`, as in
`tornado_figure(table, path)`. A journal's column is about 88 mm wide, two are 180 mm. Nothing is told apart by hue
alone: it is by line style, marker, hatching or luminance too, so that figures can be read in grey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import holoviews as hv
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from explorer.charts import line_shapes, row_shapes
from explorer.charts.backends.page import (
    DARK,
    INK,
    LESS,
    LIGHT,
    LINES,
    MORE,
    MPL,
    OUR_OWN,
    PALE,
    SAME,
    Page,
    filled,
    page,
)
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
from explorer.charts.shapes import Shape
from explorer.measures.frontier import Frontier
from explorer.measures.monte_carlo import Draws
from explorer.measures.relocatable_demand import READINGS
from explorer.model.labels import Labels
from explorer.model.placement import LAYERS, Placement

ROW_MM, AXIS_MM, PLOT_MM = 3.6, 9.0, 42.0  # heights of a row, of an axis and its label, of a plot without rows


def layers_figure(placement: Placement, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write where each class runs: at home, within the regional radius, or further away; errors as in `page`."""
    with page(path, width_mm) as sheet:
        net = placement.network
        labels, names = net.labels, dict(zip(net.workloads, net.labels.workloads, strict=True))
        table = layers_table(placement).set_index("class").loc[list(names)[::-1]].rename(index=names).reset_index()
        bars = hv.Bars(table, ["class", "layer"], "it_mw").opts(
            stacked=True, invert_axes=True, color=hv.Cycle(list(LAYER_COLOURS)), xlabel="", aspect="auto",
            ylabel="IT load [MW]", show_legend=False, backend=MPL,
        )  # fmt: skip
        handles = [Patch(**filled(colour), label=layer) for layer, colour in zip(LAYERS, LAYER_COLOURS, strict=True)]
        radius = f"Regional: within {net.regional_radius_km:,.0f} km of home. {OUR_OWN}"
        aspect = max((1.3 * ROW_MM * len(names) + AXIS_MM) / width_mm, 0.5)
        sheet.draw(bars, labels, "where each class runs", [radius], handles, aspect)
    return Path(path)


def frontier_figure(frontier: Frontier, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write cost above carbon along a frontier; errors as in `page`."""
    with page(path, width_mm) as sheet:
        layout = hv.Layout([_staircase(frontier, quantity) for quantity in QUANTITIES]).cols(1)
        layout = layout.opts(sublabel_format="", vspace=0.25, backend=MPL)
        handles: list[Any] = [
            Line2D([], [], color=INK, linewidth=1.4, marker="o", markersize=2.5, label="optimum"),
        ]
        handles.append(Line2D([], [], **(_NOW if is_on_axis(frontier) else _BEYOND), label=now_label(frontier)))
        if frontier.strictest_ms < frontier.table["budget_ms"].iloc[0]:
            handles.append(Patch(facecolor="#dddddd", label="some load unserved"))
        labels, how = frontier.labels, "Every step of it." if frontier.exact else "On an even grid of budgets."
        notes = [f"Optimal cost and carbon. {how} {OUR_OWN}"]
        sheet.draw(layout, labels, "what waiting buys", notes, handles, aspect=0.95)
    return Path(path)


def break_even_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the pairs of `explorer.break_even`, saving against friction; errors as in `page`."""
    with page(path, width_mm) as sheet:
        styles = {PAYS: (MORE, "o"), FORBIDDEN: (LESS, "^"), LOSES: (SAME, "s")}
        shown = {name: points for name, points in pairs_by_status(table).items() if len(points)}
        drawn = []
        for name, points in shown.items():
            colour, marker = styles[name]
            edge = PALE if name == LOSES else INK
            drawn.append(points.opts(color=colour, marker=marker, s=9, linewidth=0.4, edgecolors=edge, backend=MPL))
        line = hv.Slope(1, 0).opts(color=INK, linestyle="--", linewidth=0.8, backend=MPL)
        xlim, ylim = friction_span(table)
        plot = hv.Overlay([line, *drawn]).opts(
            xlim=xlim, ylim=ylim, xlabel="Saving [USD/MWh]", ylabel="Friction [USD/MWh]", show_legend=False,
            backend=MPL, title="", aspect="auto",
        )  # fmt: skip
        handles = [
            Line2D([], [], linestyle="", marker=styles[name][1], color=styles[name][0], label=f"{len(points)} {name}",
                   markeredgecolor=PALE if name == LOSES else INK, markeredgewidth=0.5, markersize=3.5)
            for name, points in reversed(shown.items())
        ]  # fmt: skip
        notes = [f"Every pair of a home and a region. Dashed: saving equals friction. {OUR_OWN}"]
        sheet.draw(plot, table, "right of the dashed line moving pays", notes, handles, aspect=0.62)
    return Path(path)


def attribution_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the obstacles of `explorer.attribution`, the greatest on top; errors as in `page`."""
    with page(path, width_mm) as sheet:
        bars, words = shared_out(table)
        named = bars.data.assign(factor=bars.data["factor"] + "\n" + words["words"])
        plot = hv.Bars(named, "factor", "usd_per_h").opts(
            invert_axes=True, color=PALE, edgecolor=INK, xlabel="", ylabel="Cost of the obstacle [USD/h]", title="",
            aspect="auto", backend=MPL,
        )  # fmt: skip
        notes = [f"Shapley values over all orders of lifting the five. {OUR_OWN}"]
        sheet.draw(plot, table, "what holds relocation back", notes)
    return Path(path)


def cost_carbon_front_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the placements of `explorer.cost_carbon_front`, cost against carbon; errors as in `page`."""
    styles: dict[str, Any] = {"now": {"color": LESS, "marker": "D", "s": 26, "edgecolors": INK, "linewidth": 0.8}}
    for name, line, marker in zip(("cheap", "middling", "dear"), LINES, ("o", "s", "^"), strict=False):
        styles[f"{name} line"] = {"color": INK, "linestyle": line, "linewidth": 1.0}
        styles[name] = {"color": INK, "marker": marker, "s": 5}
    note = "Every placement that is best at some carbon price, by what the last tonne avoided costs there."
    return _write([line_shapes.front], styles, table, path, width_mm, note)


def tornado_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the inputs of `explorer.tornado`, that of most effect on top; errors as in `page`."""
    styles = {"low": filled(LESS), "high": filled(MORE), "base": {"color": INK, "linewidth": 0.9}}
    note = f"One input at a time; placement and baseline solved anew. Line: inputs as they are. {OUR_OWN}"
    return _write([row_shapes.swings], styles, table, path, width_mm, note)


def near_optimal_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the regions of `explorer.near_optimal` whose range of load is widest; errors as in `page`."""
    optimum = {"color": SAME, "marker": "o", "s": 14, "edgecolors": INK, "linewidth": 0.8}
    styles = {"firm": filled(DARK), "free": filled(LIGHT), "optimum": optimum}
    note = f"Least and most load over all placements within the slack, one region at a time. {OUR_OWN}"
    return _write([row_shapes.ranges], styles, table, path, width_mm, note)


def whole_day_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write load, cost and carbon of `explorer.whole_day` by hour; errors as in `page`."""
    styles = {
        "home": filled(LIGHT),
        "dark": filled(DARK),
        "sunny": filled(LESS),
        "unserved": filled(SAME, "/////"),
        "means": {"color": INK, "linestyle": "--", "linewidth": 0.9},
        "line": {"color": INK, "linewidth": 1.2},
        "best": {"color": INK, "s": 5},
    }
    shapes = [partial(line_shapes.day, quantity=quantity) for quantity in line_shapes.DAY_QUANTITIES]
    note = f"Each hour placed by itself. Daylight: 6 to 18 local solar time. {OUR_OWN}"
    return _write(shapes, styles, table, path, width_mm, note)


def relocatable_demand_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write what of each class `explorer.relocatable_demand` says could move; errors as in `page`."""
    styles = {name: filled(colour) for name, colour in zip(READINGS, reversed(LAYER_COLOURS), strict=True)}
    note = f"The narrower bar lies on the wider; in total each reading is within the one before. {OUR_OWN}"
    return _write([row_shapes.readings], styles, table, path, width_mm, note)


def wires_or_fibre_figure(table: pd.DataFrame, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write the ways of `explorer.wires_or_fibre`, each as the sum of its costs; errors as in `page`."""
    styles: dict[str, Any] = {part: filled(*style) for part, style in PARTS.items()}
    styles["zero"] = {"color": INK, "linewidth": 0.6}
    built = f"; {line}" if (line := table.attrs.get("line")) else ""
    note = f"Wires: electricity from the other region{built}. Fibre: computation executed there. {OUR_OWN}"
    return _write([row_shapes.ways], styles, table, path, width_mm, note)


def draws_figure(draws: Draws, path: str | Path, width_mm: float = 88.0) -> Path:
    """Write what longer budgets save in worlds drawn at random, and who receives load; errors as in `page`."""
    styles = {
        "band": {"color": "#cccccc", "linewidth": 0.0},
        "line": {"color": INK, "linewidth": 1.4},
        "points": {"color": INK, "s": 6},
        "sure": filled(DARK),
        "open": filled(LIGHT),
    }
    drawn = f"{draws.done} worlds: prices, carbon, latencies and demand drawn independently."
    note = f"{drawn} Saving: against the strictest budget of the same world. {OUR_OWN}"
    with page(path, width_mm) as sheet:
        below, above = row_shapes.receiving(draws), line_shapes.budgets(draws)
        _draw(sheet, [above, below], styles, draws.network.labels, below.title, note)
    return Path(path)


def _write(
    shapes_of: Sequence[Callable[[pd.DataFrame], Shape]],
    styles: Mapping[str, Mapping[str, Any]],
    table: pd.DataFrame,
    path: str | Path,
    width_mm: float,
    note: str,
) -> Path:
    """Shapes of a table above each other; the first says what they show."""
    with page(path, width_mm) as sheet:
        shapes = [shape_of(table) for shape_of in shapes_of]
        _draw(sheet, shapes, styles, table, shapes[0].title, note)
    return Path(path)


def _draw(
    sheet: Page,
    shapes: Sequence[Shape],
    styles: Mapping[str, Mapping[str, Any]],
    about: Labels | pd.DataFrame,
    title: str,
    note: str,
) -> None:
    """Shapes above each other, with the style of each part, and a legend of what has a label."""
    plots, handles = [], []
    for shape, below in zip(shapes, [*shapes[1:], None], strict=True):
        parts = [_styled(part, styles[name]) for name, part in shape.parts.items()]
        shared = below is not None and below.axes["xlabel"] == shape.axes["xlabel"]
        plot = {"title": "", "show_legend": False, "aspect": "auto", "xaxis": "bare" if shared else "bottom"}
        plots.append(hv.Overlay(parts).opts(**shape.axes, **plot, backend=MPL))
        handles += [_handle(name, part, styles) for name, part in shape.parts.items() if part.label]
    drawn = plots[0]
    if len(plots) > 1:
        drawn = hv.Layout(plots).cols(1).opts(sublabel_format="", vspace=0.25, backend=MPL)
    heights_mm = [ROW_MM * shape.rows or PLOT_MM for shape in shapes]
    aspect = (sum(heights_mm) + AXIS_MM * len(shapes)) / sheet.width_mm
    sheet.draw(drawn, about, title, [note], handles, aspect, heights_mm)


def _styled(part: Any, style: Mapping[str, Any]) -> Any:
    if not isinstance(part, hv.Area):
        return part.opts(**style, backend=MPL)

    def paint(plot: Any, _element: Any) -> None:  # HoloViews gives areas the first colour of its cycle
        plot.handles["artist"].set(**style)

    return part.opts(hooks=[paint], backend=MPL)


def _handle(name: str, part: Any, styles: Mapping[str, Mapping[str, Any]]) -> Any:
    """What stands for a part in a legend; points on a line show the line too."""
    style = dict(styles[name])
    if isinstance(part, (hv.Rectangles, hv.Area)):
        return Patch(**style, label=part.label)
    if isinstance(part, hv.Curve):
        return Line2D([], [], **style, label=part.label)
    line = dict(styles.get(f"{name} line", {"linestyle": ""}))
    marker = {"marker": style["marker"], "color": style["color"], "markersize": 0.7 * style["s"] ** 0.5 + 1}
    edge = {"markeredgecolor": style.get("edgecolors", style["color"]), "markeredgewidth": style.get("linewidth", 0.0)}
    return Line2D([], [], **(line | marker | edge), label=part.label)


PARTS = {  # of the cost of a way: colour and hatching
    "energy": (DARK,),
    "losses": (SAME, "xxxxx"),
    "line": ("#E69F00",),
    "converters": ("#F0E442", "....."),
    "egress": (SAME, "|||||"),
    "transport": ("#56B4E9", "-----"),
    "other": (SAME, "/////"),
    "carbon": ("#b5b8bd",),
}


_NOW: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": "--"}
_BEYOND: dict[str, Any] = {"linestyle": ""}  # of the axis: words alone


def _staircase(frontier: Frontier, quantity: str) -> hv.Overlay:
    line, points = steps(frontier, quantity)
    first_ms, last_ms = budget_span(frontier)
    shown: list[Any] = [
        line.opts(color=INK, linewidth=1.4, backend=MPL),
        points.opts(color=INK, s=6, backend=MPL),
    ]
    if is_on_axis(frontier):
        shown.insert(0, hv.VLine(frontier.current_ms).opts(**_NOW, backend=MPL))
    start_ms = float(frontier.table["budget_ms"].iloc[0])

    def shade(plot: Any, _element: Any) -> None:  # HoloViews' own span sets two colours, of which matplotlib warns
        plot.handles["axis"].axvspan(first_ms, start_ms, facecolor="#dddddd", zorder=0)

    overlay: Any = hv.Overlay(shown).opts(
        xlim=(first_ms, last_ms), padding=(0, 0.1), xlabel=budget_label(frontier), ylabel=QUANTITIES[quantity],
        title="", show_legend=False, aspect="auto", xaxis="bottom" if quantity == "carbon" else "bare",
        hooks=[shade] if first_ms < start_ms else [], backend=MPL,
    )  # fmt: skip
    return overlay
