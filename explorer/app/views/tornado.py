"""What matters most? The saving with every input a fifth lower and a fifth higher, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM
from markupsafe import Markup

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, quiet_toolbar
from explorer.app.live.rows import WIDE_PX, lying, name_rows, named_rows, rectangles
from explorer.markup import html, joined
from explorer.measures.tornado import INPUTS, tornado_steps
from explorer.model.network import Network
from explorer.text import NEUTRAL, legend, number

CHANGE = 0.2
LOW, HIGH = "#56B4E9", "#D55E00"
NO_EFFECT = 1e-3  # of the saving: below this share an input hardly matters
PIECE = 4  # inputs moved before others take their turn
_HOVER = ("saving_usd_per_h", "cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw")


class TornadoView(MeasureView):
    """Inputs by their effect on the saving against the baseline, most on top."""

    file_name = "tornado"

    def compute(self, network: Network) -> Iterator[pd.DataFrame]:
        for table in tornado_steps(network, CHANGE):
            if len(table) % PIECE == 0 or len(table) == len(INPUTS):
                yield table

    def show(self, result: pd.DataFrame) -> None:
        if len(result) < len(INPUTS):  # the last picture stays until there is a whole one
            self.pane.say("words", f"{len(result)} of {len(INPUTS)} inputs moved…")
            return
        base = float(result["saving_usd_per_h"].iloc[0])
        savings = {side: result[f"saving_usd_per_h_{side}"].to_numpy() for side in ("low", "high")}
        shared = (savings["low"] - base) * (savings["high"] - base) > 0  # both bars at one side of the line
        half = np.where(shared, 0.18, 0.36)
        for side, saving in savings.items():
            below = np.where(shared, -half if side == "low" else half, 0.0)
            self.pane.update(
                side, **lying(np.minimum(base, saving), np.maximum(base, saving), half, below),
                **{name: result[f"{name}_{side}"].to_numpy() for name in _HOVER},
                input=result["input"].to_numpy(object), value=_values(result, side),
            )  # fmt: skip
        name_rows(self.pane, "rows", result["input"].tolist())
        self.pane.configure("base", "glyph", location=base, visible=True)
        ends = np.concatenate([[base], *savings.values()])
        margin = 0.05 * max(float(np.ptp(ends)), 1.0)
        self.pane.set_range("low", "x_range", float(ends.min()) - margin, float(ends.max()) + margin)
        self.pane.say("words", _sentence(result, base))

    def table(self, result: pd.DataFrame) -> pd.DataFrame:
        return result

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """The tornado of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            bars = [
                rectangles(drawing, side, [*_HOVER, "input", "value"], fill_color=colour, tools=[_hover()])
                for side, colour in (("low", LOW), ("high", HIGH))
            ]
            base = hv.VLine(0).opts(color=NEUTRAL, line_width=2, visible=False, hooks=[drawing.keep("base")])
            plot = hv.Overlay([*bars, base]).opts(
                responsive=True, xlabel="Saving against the baseline [USD/h]", ylabel="", show_grid=True,
                active_tools=[], tools=["xpan", "reset"],
                fontscale=1.1, hooks=[quiet_toolbar, named_rows(drawing, "rows", WIDE_PX)],
            )  # fmt: skip
            return measure_card(drawing, "What matters most?", _HELP, drawing.figure(plot, height=340))

        return Drawing(make)


def _values(result: pd.DataFrame, side: str) -> Any:
    """What inputs are moved from and to, with their units."""
    rows = zip(result["base"], result[side], result["unit"], strict=True)
    return np.array([f"{number(base)} → {number(value)} {unit}" for base, value, unit in rows], object)


def _sentence(result: pd.DataFrame, base: float) -> Markup:
    keys = legend((LOW, "■", "input a fifth lower"), (HIGH, "■", "a fifth higher"))
    names = [_spoken(str(name)) for name in result["input"]]
    small = result["effect_usd_per_h"].to_numpy() <= NO_EFFECT * max(abs(base), 1.0)
    parts: list[str] = [f"Moving saves {number(base)} USD/h, carbon at its price included."]
    if not small[0]:
        low, high = (float(result[f"saving_usd_per_h_{side}"].to_numpy()[0]) for side in ("low", "high"))
        span = f"{number(min(base, low, high))} and {number(max(base, low, high))} USD/h"
        parts.append(html("Most depends on <b>{}</b>: between {}.", names[0], span))
    if small.any():
        parts.append(f"Hardly any effect: {', '.join(names[n] for n in np.flatnonzero(small))}.")
    return html("{}<br>{}", keys, joined(parts, " "))


def _spoken(name: str) -> str:
    """An input within a sentence; what is an abbreviation stays one."""
    return name if name[:2].isupper() else name[0].lower() + name[1:]


def _hover() -> HoverTool:
    return HoverTool(
        tooltips=[
            ("", "@input"),
            ("Value", "@value"),
            ("Saving", "@saving_usd_per_h{0,0} USD/h"),
            ("Cost", "@cost_usd_per_h{0,0} USD/h"),
            ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
            ("Relocated", "@relocated_mw{0,0.0} MW"),
            ("Unserved", "@unserved_mw{0,0.0} MW"),
        ]
    )


_HELP = """
Every input a fifth lower and a fifth higher, one at a time; each time placement and baseline are solved anew. The
saving is what the placement costs less than that baseline (the placement of least latency), carbon at its price. Sorted
by the largest less the smallest saving. A column of a table moves in all rows at once, so what matters only between
regions, or together with another input, does not show; and a fifth is not equally likely for all. Which inputs are
moved is this project's own choice.
"""
