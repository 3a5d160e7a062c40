"""What does waiting buy? Optimal cost and carbon as a latency budget grows, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import HoverTool, NumeralTickFormatter
from numpy.typing import NDArray

from explorer.frontiers import Frontier
from explorer.session import Session
from explorer.views.live import Glyph, align_left, on_tap, quiet_toolbar
from explorer.views.text import NEUTRAL, duration, number

COST, CARBON, NOW = "#0072B2", "#D55E00", "#c2185b"


class FrontierView(pn.viewable.Viewer):
    """Energy-latency frontier of one class, or of all together. A tap on a step sets that budget."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._cost = _Staircase("cost_usd_per_h", "Cost [USD/h]", COST, "0,0", self._on_tap)
        self._carbon = _Staircase(
            "carbon_t_per_h", "Carbon [t/h]", CARBON, "0,0.0", self._on_tap, xlabel="Latency budget [ms]"
        )
        self._text = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 0, 6), min_height=38)
        session.param.watch(self._on_change, "frontier")
        session.param.watch(self._on_busy, "frontier_busy")
        self._on_change()

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(
            pn.pane.HoloViews(
                self._cost.figure(), sizing_mode="stretch_width", height=132, margin=0, linked_axes=False
            ),
            pn.pane.HoloViews(
                self._carbon.figure(), sizing_mode="stretch_width", height=162, margin=0, linked_axes=False
            ),
            self._text,
            sizing_mode="stretch_width",
            margin=0,
        )

    def _on_change(self, *_events: Any) -> None:
        frontier, placement = self._session.frontier, self._session.placement
        if frontier is None:
            return
        frontier = _with_names(frontier, self._session.scenario.regions)
        span = _span(frontier)
        baseline = placement.baseline
        self._cost.show(frontier, span, baseline.cost_usd_per_h)
        self._carbon.show(frontier, span, baseline.carbon_kg_per_h / 1000)
        self._text.object = _sentence(frontier)

    def _on_busy(self, event: Any) -> None:
        """Fade what is about to be replaced; the delay keeps quick work from flickering."""
        self._text.styles = {"opacity": "0.4" if event.new else "1", "transition": "opacity 0.2s 0.5s"}

    def _on_tap(self, step: int) -> None:
        frontier = self._session.frontier
        if frontier is None:
            return
        budget_ms = float(frontier.table["budget_ms"].iloc[step])
        if frontier.over == "all":
            self._session.scenario.latency_relaxation_ms = budget_ms
        else:
            self._session.scenario.workloads[frontier.over].latency_budget_ms = budget_ms


class _Staircase:
    """One quantity along the budget: the steps, the present budget, the baseline, and what goes unserved before."""

    def __init__(self, column: str, label: str, colour: str, digits: str, on_tap: Any, xlabel: str = "") -> None:
        self._column, self._label, self._colour, self._digits = column, label, colour, digits
        self._on_tap, self._xlabel = on_tap, xlabel
        self._line, self._corners, self._now, self._base, self._shade = (Glyph() for _ in range(5))

    def figure(self) -> Any:
        two = np.arange(2.0)
        plain = {"default_tools": [], "tools": []}
        shade = hv.Area((two, two, two), vdims=["low", "high"]).opts(
            color=NEUTRAL, fill_alpha=0.16, line_alpha=0, hooks=[self._shade.hook], **plain
        )
        base = hv.Curve((two, two)).opts(color=NEUTRAL, line_dash="dashed", hooks=[self._base.hook], **plain)
        line = hv.Curve((two, two)).opts(color=self._colour, line_width=2.5, hooks=[self._line.hook], **plain)
        now = hv.Curve((two, two)).opts(color=NOW, line_width=2, hooks=[self._now.hook], **plain)
        corners = hv.Points(tuple(two for _ in range(2 + len(_HOVER))), ["x", "y"], list(_HOVER)).opts(
            color=self._colour, size=6, line_color="white", line_width=0.5, nonselection_alpha=1.0, default_tools=[],
            tools=[_hover(self._label, self._digits), "tap"], hooks=[self._corners.hook],
        )  # fmt: skip
        on_tap(corners, self._on_select)
        return hv.Overlay([shade, base, line, now, corners]).opts(
            responsive=True, ylabel=self._label, xlabel=self._xlabel, xaxis="bottom" if self._xlabel else None,
            yformatter=NumeralTickFormatter(format="0.0[0]a"), yticks=4, show_grid=True,
            tools=["xpan", "xwheel_zoom", "reset"], active_tools=[], hooks=[quiet_toolbar, align_left],
        )  # fmt: skip

    def _on_select(self, index: list[int]) -> None:
        if index:
            self._on_tap(index[0])
            self._corners.deselect()  # so that a second tap on the same step counts too

    def show(self, frontier: Frontier, span: tuple[float, float], baseline: float) -> None:
        table = frontier.table.assign(carbon_t_per_h=frontier.table["carbon_kg_per_h"] / 1000)
        x, y = table["budget_ms"].to_numpy(), table[self._column].to_numpy()
        low, high = _padded(y, baseline)
        self._line.update(x=np.append(np.repeat(x, 2)[1:], span[1]), y=np.repeat(y, 2))
        hover = {name: table[name].to_numpy() for name in _HOVER if name != "opens"}
        self._corners.update(x=x, y=y, opens=table["opens"].to_numpy(object), **hover)
        at = min(max(frontier.current_ms, span[0]), span[1])
        self._now.update(x=np.array([at, at]), y=np.array([low, high]))
        self._base.update(x=np.array(span), y=np.array([baseline, baseline]))
        self._shade.update(**_area(span[0], x[0], low, high))
        self._line.set_range("x_range", *span)
        self._line.set_range("y_range", low, high)


_HOVER = ("budget_ms", "relocated_mw", "erl_usd_per_h_per_ms", "crl_kg_per_h_per_ms", "opens")


def _hover(label: str, digits: str) -> HoverTool:
    name = label.split(" [")[0]
    unit = label.split("[")[1].rstrip("]")
    return HoverTool(
        tooltips=[
            ("Budget", "@budget_ms{0,0.0} ms"),
            (name, f"@y{{{digits}}} {unit}"),
            ("Relocated", "@relocated_mw{0,0} MW"),
            ("Energy return (ERL)", "@erl_usd_per_h_per_ms{0,0.00} USD/h per ms"),
            ("Carbon return (CRL)", "@crl_kg_per_h_per_ms{0,0.00} kg/h per ms"),
            ("Opens", "@opens"),
        ]
    )


def _span(frontier: Frontier) -> tuple[float, float]:
    """The stretch of budget where something happens, as far as the present budget if that is near."""
    first, last = (float(frontier.table["budget_ms"].iloc[end]) for end in (0, -1))
    margin = max(0.06 * (last - first), 5.0)
    near = last < frontier.current_ms < last + 10 * margin
    return max(first - 3 * margin, frontier.strictest_ms - margin), (frontier.current_ms if near else last) + 2 * margin


def _padded(values: NDArray, baseline: float) -> tuple[float, float]:
    """The height of the steps with a margin; with the baseline where that does not flatten them."""
    low, high = float(values.min()), float(values.max())
    reach = max(high, baseline) - min(low, baseline)
    if reach < 2 * (high - low):
        low, high = min(low, baseline), max(high, baseline)
    margin = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _area(x0: float, x1: float, low: float, high: float) -> dict[str, NDArray]:
    """A rectangle as HoloViews' area glyph has it."""
    return {"x": np.array([x0, x1, x1, x0]), "y": np.array([low, low, high, high])}


def _with_names(frontier: Frontier, regions: pd.DataFrame) -> Frontier:
    """The frontier with the names of the regions that open, for their ids."""
    names = dict(zip(regions["id"], regions["name"], strict=True))
    opens = ["; ".join(names[key] for key in keys.split("; ") if key) for keys in frontier.table["opens"]]
    return replace(frontier, table=frontier.table.assign(opens=opens))


def _sentence(frontier: Frontier) -> str:
    """Where the scenario stands, what the last step brought and what the next would."""
    table, current_ms = frontier.table, frontier.current_ms
    before, after = table[table["budget_ms"] <= current_ms + 1e-9], table[table["budget_ms"] > current_ms + 1e-9]
    what = "Relaxation" if frontier.over == "all" else f"Budget of {frontier.over}"
    parts = [f"<b style='color:{NOW}'>{what}: {duration(current_ms)}.</b>"]
    if before.empty:
        parts.append(f"Some load goes unserved below {duration(float(table['budget_ms'].iloc[0]))} (shaded).")
    elif len(before) > 1:
        row = before.iloc[-1]
        erl, crl = row["erl_from_start_usd_per_h_per_ms"], row["crl_from_start_kg_per_h_per_ms"]
        dirtier = " Cheaper, not cleaner." if erl > 0 > crl else ""
        parts.append(f"Since the strictest: ERL {number(erl)} USD/h, CRL {number(crl)} kg/h per ms.{dirtier}")
    if after.empty:
        parts.append("No later step.")
    else:
        row = after.iloc[0]
        parts.append(f"Next step at {duration(float(row['budget_ms']))} opens {row['opens']}.")
    return f"<div style='font-size:12.5px;line-height:1.5'>{' '.join(parts)}</div>"
