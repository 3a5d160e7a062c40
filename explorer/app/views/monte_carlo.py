"""How sure is it? Worlds drawn at random, when a user asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, ClassVar

import pandas as pd
from bokeh.models import LayoutDOM, Toggle
from markupsafe import Markup

from explorer.app.live.chart_pane import patch, say
from explorer.app.live.chart_view import ChartView
from explorer.app.live.pane import Drawing
from explorer.charts import monte_carlo
from explorer.charts.chart import Chart
from explorer.charts.monte_carlo import regions_by_draws
from explorer.markup import html
from explorer.measures.monte_carlo import Draws, draws_of
from explorer.model.network import Network
from explorer.session import Session
from explorer.text import format_number
from explorer.words import mark, tr

DRAWS = 100
_IDLE = mark(
    "Draws worlds around this scenario at random. That takes up to a minute, so it starts when you say so."
)


class MonteCarloView(ChartView):
    """
    Starts when told to, can be stopped, and says when the scenario is no longer the one that was
    drawn around.
    """

    measure: ClassVar = "monte_carlo"
    chart: ClassVar = monte_carlo
    waits: ClassVar = True

    def __init__(self, session: Session, **params: Any) -> None:
        self._asked: tuple[Network, ...] = ()
        self._around = session.scenario  # as it was when it was asked
        self._began_s = 0.0
        self._unfinished = False
        self._shown: Chart | None = None
        super().__init__(session, **params)

    @staticmethod
    def tools(drawing: Drawing) -> list[LayoutDOM]:
        return [drawing.widget("run", Toggle(label=tr("Run {} draws", DRAWS), active=False))]

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {("run", "widget", "active"): self._on_run}

    def inputs(self) -> tuple[Hashable, ...]:
        return self._asked

    def compute(self, *asked: Network) -> Iterator[Draws]:
        self._began_s, self._unfinished = time.monotonic(), True
        for _network in asked:
            yield from draws_of(self._around, DRAWS)
        self._unfinished = False

    def update(self) -> None:
        super().update()
        running = self._running and bool(self._asked)
        label = tr("Cancel") if running else tr("Run {} draws", DRAWS)
        self.pane.configure("run", "widget", active=running, label=label)
        if not running and not (self._asked and self._unfinished):  # why it failed is said already
            if self._shown is None:
                self.pane.say("words", tr(_IDLE))
            else:
                say(self.pane, self._shown, self._state(self._result))

    def show(self, result: Draws) -> None:
        self._shown = self.picture(result)
        patch(self.pane, self._shown, self._state(result))
        self.pane.fade(False)  # it tells how far it is

    def table(self, result: Draws) -> pd.DataFrame:  # pyright: ignore[reportIncompatibleMethodOverride]
        return regions_by_draws(result)

    def names(self, result: Draws) -> Mapping[str, str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return result.network.region_names

    def _on_run(self, active: bool) -> None:
        self._asked = (self.session.network,) if active else ()
        self._around = self.session.scenario.copy()
        self.update()

    def _state(self, result: Draws) -> Markup:
        """Whether the draws are still of this scenario, and how far they are."""
        changed = result.network != self.session.network
        state = html("<b>The scenario has changed since: run again.</b> ") if changed else html("")
        return state + f"{self._progress(result)} " if result.done < result.wanted else state

    def _progress(self, result: Draws) -> str:
        if not self._asked:
            return tr("Stopped after {} of {} draws.", result.done, result.wanted)
        left_s = (time.monotonic() - self._began_s) / result.done * (result.wanted - result.done)
        return tr(
            "{done} of {wanted} draws, about {left} s left.",
            done=result.done, wanted=result.wanted, left=format_number(max(1.0, round(left_s)), 1),
        )  # fmt: skip
