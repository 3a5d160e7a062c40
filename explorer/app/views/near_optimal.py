"""How firm is each region? What every placement almost as good needs there, and how far it may go."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import HoverTool, LayoutDOM, RadioButtonGroup

from explorer.app.live.measure_view import MeasureView, measure_card
from explorer.app.live.pane import Drawing, quiet_toolbar
from explorer.app.live.rows import FEWEST, WIDE_PX, lying, name_rows, named_rows, rectangles, row_places, with_names
from explorer.markup import html, joined
from explorer.measures.near_optimal import near_optimal_steps
from explorer.model.labels import NamesById
from explorer.model.network import Network
from explorer.model.placement import Placement, place
from explorer.session import Session
from explorer.text import legend, number
from explorer.units import KG_PER_T

SLACKS = {"0.5 %": 0.005, "1 %": 0.01, "5 %": 0.05}
ROWS = 15  # regions shown
PIECE = 6  # regions looked at before others take their turn
FIRM, FREE, OPTIMUM = "#0072B2", "#56B4E9", "#D55E00"
NAMED = 3  # regions in the sentence
USED_MW = 0.5  # from which load on a region counts as used, or as needed


@dataclass(frozen=True)
class Bands:
    """Ranges of load, complete or not, and what the slack amounts to."""

    network: Network
    slack: float
    optimum: float  # of the objective, without the penalty on unserved load [USD/h, kg/h or MW ms]
    table: pd.DataFrame

    @property
    def missing(self) -> int:
        """Regions not looked at yet."""
        return int(np.isnan(self.table["least_mw"].to_numpy()).sum())


class BandsView(MeasureView):
    """Load of each region over all placements within a slack of the optimum; the optimum's as a dot."""

    file_name = "near_optimal"

    def __init__(self, session: Session, **params: Any) -> None:
        self._slack = SLACKS["1 %"]
        super().__init__(session, **params)

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("slack", "widget", "active"): self._on_slack}

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.network, self._slack

    def compute(self, network: Network, slack: float) -> Iterator[Bands]:
        optimum = _optimum(place(network.plain))
        for done, table in enumerate(near_optimal_steps(network, slack), start=1):
            bands = Bands(network, slack, optimum, table)
            if done % PIECE == 0 or not bands.missing:
                yield bands

    def show(self, result: Bands) -> None:
        if result.missing:  # the last picture stays until there is a whole one
            regions = len(result.table)
            self.pane.say("words", f"{regions - result.missing} of {regions} regions looked at…")
            return
        table = result.table
        middle_mw = table["least_mw"] + table["most_mw"]
        shown = table.iloc[np.argsort(-middle_mw, kind="stable")[:ROWS]]
        shown = shown.sort_values(["least_mw", "it_mw"], ascending=False)
        least, most, it_mw = (shown[name].to_numpy() for name in ("least_mw", "most_mw", "it_mw"))
        columns = {
            "least": least,
            "most": most,
            "it_mw": it_mw,
            "region": self._named(shown)["region"].to_numpy(object),
        }
        self.pane.update("firm", **lying(np.zeros(len(least)), least, 0.3))
        self.pane.update("free", **lying(np.zeros(len(least)), most, 0.3), **columns)  # below, for the hover
        self.pane.update("optimum", x=it_mw, y=row_places(len(it_mw)))
        names = self.session.network.short_region_names
        name_rows(self.pane, "rows", [names[region] for region in shown["region"]], FEWEST)
        end = max(1.0, float(most.max()))
        self.pane.set_range("free", "x_range", -0.015 * end, 1.04 * end)
        self.pane.say("words", _sentence(result, names))

    def table(self, result: Bands) -> pd.DataFrame:
        return self._named(result.table).sort_values("most_mw", ascending=False)

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        return with_names(table, self.session.network.region_names)

    def _on_slack(self, active: int) -> None:
        self._slack = [*SLACKS.values()][active]
        self.update()

    @staticmethod
    @cache
    def drawing() -> Drawing:
        """Ranges of any scenario, without data."""

        def make(drawing: Drawing) -> LayoutDOM:
            hover = HoverTool(
                tooltips=[
                    ("", "@region"),
                    ("Optimum", "@it_mw{0,0.0} MW"),
                    ("Least", "@least{0,0.0} MW"),
                    ("Most", "@most{0,0.0} MW"),
                ]
            )
            firm = rectangles(drawing, "firm", fill_color=FIRM)
            free = rectangles(drawing, "free", ["least", "most", "it_mw", "region"], fill_color=FREE, tools=[hover])
            optimum = hv.Points([(0.0, 0.0)]).opts(
                color=OPTIMUM, size=10, line_color="white", line_width=1.2, default_tools=[], tools=[],
                hooks=[drawing.keep("optimum")],
            )  # fmt: skip
            plot = hv.Overlay([free, firm, optimum]).opts(
                responsive=True, xlabel="IT load [MW]", ylabel="", show_grid=True, active_tools=[], fontscale=1.1,
                tools=["xpan", "reset"], hooks=[quiet_toolbar, named_rows(drawing, "rows", WIDE_PX)],
            )  # fmt: skip
            figure = drawing.figure(plot, height=340)
            slack = drawing.widget("slack", RadioButtonGroup(labels=[*SLACKS], active=1))
            return measure_card(drawing, "How firm is each region?", _HELP, figure, tools=[slack])

        return Drawing(make)


def _sentence(result: Bands, names: NamesById) -> str:
    regions = result.table["region"].tolist()
    it_mw, least_mw = (result.table[name].to_numpy() for name in ("it_mw", "least_mw"))
    used, half = it_mw > USED_MW, (it_mw > USED_MW) & (least_mw < 0.5 * it_mw)
    parts: list[str] = [
        html(
            "For {:g} % more than the optimum ({}), <b>{} of {} regions in use</b> could do with less than half of "
            "their load.",
            100 * result.slack, _amount(result), np.count_nonzero(half), np.count_nonzero(used),
        )
    ]  # fmt: skip
    needed = [j for j in np.argsort(-least_mw, kind="stable")[:NAMED] if least_mw[j] > USED_MW]
    if needed:
        listed = ", ".join(f"{names[regions[j]]} {number(float(least_mw[j]))} MW" for j in needed)
        parts.append(f"Needed in every such placement: at least {listed}.")
    keys = legend((FIRM, "■", "needed"), (FREE, "■", "free to choose"), (OPTIMUM, "●", "optimum"))
    return html("{}<br>{}", keys, joined(parts, " "))


def _optimum(best: Placement) -> float:
    match best.objective:
        case "carbon":
            return best.carbon_kg_per_h
        case "latency":
            return best.mean_wan_ms * best.served_mw
    return best.objective_usd_per_h


def _amount(result: Bands) -> str:
    """What the slack is in the unit of the objective."""
    amount = result.slack * abs(result.optimum)
    match result.network.objective:
        case "carbon":
            return f"{number(amount / KG_PER_T)} t/h"
        case "latency":
            served = result.table["it_mw"].to_numpy().sum()
            return f"{number(amount / served if served else 0.0)} ms on average"
    return f"{number(amount)} USD/h"


_HELP = """
Many placements cost almost the same. Dark: the load that a region has in every one of them within the slack; light: how
far its load may go; dot: the optimum. Each end is exact: min and max load_j, subject to objective ≤ (1 + slack) ×
optimum, with the same demand served. Ranges hold one by one: what one region gives up, others take. Known as modelling
to generate alternatives; ranges of single regions are this project's own choice. Fifteen regions of the largest
least and most are shown, all are in the table.
"""
