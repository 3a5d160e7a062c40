"""What matters most? One input at a time, and, when a user asks, all of them together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, ClassVar

import pandas as pd
from bokeh.models import LayoutDOM, Toggle
from markupsafe import Markup

from explorer.app.live.chart_pane import draw_panels, legend, patch
from explorer.app.live.chart_view import ChartView, Progress
from explorer.app.live.measure_view import measure_card
from explorer.app.live.pane import Drawing
from explorer.charts import sensitivity, tornado
from explorer.charts.chart import Chart
from explorer.markup import html
from explorer.measures.tornado import INPUTS, labelled, tornado_steps
from explorer.model.network import Network
from explorer.registry import MEASURES
from explorer.session import Session
from explorer.sweeps.plan import SOBOL
from explorer.sweeps.sensitivity import sensitivity_steps
from explorer.words import mark, per_reader, tr

CHANGE = 0.2
PIECE = 4  # inputs moved before others take their turn
SAMPLES = 32  # of Sobol' indices: worlds for each input
RUN, CANCEL = mark("All together"), mark("Cancel")
UPPER, LOWER = mark("Upper plot: one input at a time"), mark("Lower plot: all inputs together")
_STALE = mark("The scenario has changed since all inputs were moved together: run again.")


class TornadoView(ChartView):
    """
    Inputs by their effect on the saving against the baseline, most on top.

    Below, once somebody has asked: Sobol' indices of the saving over all inputs within their own
    ranges. They take up to a minute, can be stopped, and say when the scenario is another one.
    """

    measure: ClassVar = "tornado"
    chart: ClassVar = tornado

    def __init__(self, session: Session, **params: Any) -> None:
        self._asked: tuple[Network, ...] = ()
        self._around = session.scenario  # as it was when it was asked
        self._alone: Chart | None = None
        self._together: tuple[Network, Chart] | None = None
        super().__init__(session, **params)

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        return [drawing.widget("together", Toggle(label=tr(RUN), active=False))]

    @classmethod
    def drawing(cls) -> Drawing:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _drawing()

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("together", "widget", "active"): self._on_run}

    def inputs(self) -> tuple[Hashable, ...]:
        return self.session.network, *self._asked

    def compute(self, network: Network, *asked: Network) -> Iterator[Any]:
        for table in tornado_steps(network, CHANGE):
            if len(table) == len(INPUTS):
                yield labelled(network, table, CHANGE)
            elif len(table) % PIECE == 0:
                yield Progress(len(table), len(INPUTS), mark("{} of {} inputs moved…"))
        for around in asked:
            for step in sensitivity_steps(self._around, SOBOL, SAMPLES):
                if isinstance(step, tuple):
                    done, of = step
                    yield Progress(done, of, mark("{} of {} worlds solved…"))
                else:
                    yield around, step

    def update(self) -> None:
        if self._asked and self._asked != (self.session.network,):
            self._asked = ()  # of another scenario: not what anybody waits for
        super().update()
        self._say_state()

    def show(self, result: Any) -> None:
        if isinstance(result, Progress) and not self._asked:
            super().show(result)
            return
        if isinstance(result, Progress):
            self._say(html("{} ", tr(result.said, result.done, result.of)))
            self.pane.fade(False)  # it tells how far it is
            return
        if isinstance(result, tuple):
            around, table = result
            self._together, self._asked = (around, sensitivity.chart(table)), ()
            patch(self.pane, self._together[1])
        else:
            self._alone = self.picture(result)
            patch(self.pane, self._alone)
        self._say_state()

    def stop(self) -> None:
        self._asked = ()
        self.pane.configure("together", "widget", active=False, label=tr(RUN))

    def table(self, result: Any) -> pd.DataFrame | None:
        return super().table(result[1] if isinstance(result, tuple) else result)

    def picture(self, result: Any) -> Chart:
        if isinstance(result, tuple) and self._alone is not None:
            return self._alone.above(sensitivity.chart(result[1]))
        return super().picture(result)

    def _on_run(self, active: bool) -> None:
        self._asked = (self.session.network,) if active else ()
        self._around = self.session.scenario.copy()
        self.update()

    def _say_state(self) -> None:
        running = bool(self._asked)
        label = tr(CANCEL if running else RUN)
        self.pane.configure("together", "widget", active=running, label=label)
        if self._alone is not None and not self._running:
            self._say(html(""))

    def _say(self, first: Markup) -> None:
        """Both findings, each below its legend."""
        words = first
        if self._alone is not None:
            words += _heading(tr(UPPER)) if self._together is not None else html("")
            words += legend(self._alone) + self._alone.finding
        if self._together is not None:
            around, chart = self._together
            changed = around != self.session.network
            stale = html("<b>{}</b> ", tr(_STALE)) if changed else html("")
            words += _heading(tr(LOWER)) + legend(chart) + stale + chart.finding
        self.pane.say("words", words)


def _heading(text: str) -> Markup:
    """Which of the two plots the words below are about."""
    return html("<div><b>{}</b></div>", text)


@per_reader
def _drawing() -> Drawing:
    def make(drawing: Drawing) -> LayoutDOM:
        plots = draw_panels(drawing, tornado.PANELS)
        below = draw_panels(drawing, (sensitivity.PANELS[SOBOL],))
        below[0].visible = False
        help_text = tr(tornado.HELP) + tr(sensitivity.HELP)
        title, tools = MEASURES["tornado"].title, TornadoView.tools(drawing)
        return measure_card(drawing, title, help_text, *plots, *below, tools=tools)

    return Drawing(make)
