"""
A view of what takes longer: computed beside the event loop, only while somebody looks, newest
inputs first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
import panel as pn
from bokeh.models import Column, LayoutDOM

from explorer.app.live.card import SIGN, card
from explorer.app.live.origins import name_sources
from explorer.app.live.pane import Drawing, LivePane
from explorer.app.live.scheduler import LiveRunner
from explorer.app.live.table_panel import TablePanel, disclosure, place_for_table, with_names
from explorer.app.live.taken import Taken
from explorer.charts.chart import Chart
from explorer.charts.map import Map
from explorer.errors import ExplorerError, told
from explorer.markup import html
from explorer.presentation import render
from explorer.registry import MEASURES
from explorer.session import Session
from explorer.text import as_read
from explorer.words import ANYBODY, tr, writing_for

_DONE, _LEFT = object(), object()
_WORDS = """
:host { font-size: 14px; line-height: 1.5; }
.key { white-space: nowrap; margin-right: 8px; }
.figures { padding-left: 5.2em; text-indent: -5.2em; font-variant-numeric: tabular-nums; }
.figures b, .figures span { display: inline-block; text-indent: 0; }
.figures b { width: 5.2em; } .figures span { min-width: 10.4em; margin-right: 0.5em; }
"""


class MeasureView(pn.viewable.Viewer):
    """
    A card with a picture, a sentence and the table behind them, in step with a session.

    A subclass says

    measure : its name in the registry, and that of its files
    drawing : its `Drawing`, as a cached function, made with `measure_card`
    depends : parameters of the session whose change may change the inputs
    inputs() : what the result depends on, hashable; by default the network
    compute(*inputs) : yields results, each better than the one before; runs in a thread, one piece
    at a time
    show(result) : patches `self.pane`, words included
    stop() : takes back words that promise more, after a failure
    table(result) : the DataFrame behind the picture, units in its column names, places by their ids
    names(result) : what ids in it are called on screen; by default what the result says
    named(result, table) : the table with them; by default in columns of ids
    read(table) : what is shown of it, in the units that are wanted
    picture(result) : the picture as data, for print; by default the chart of the result
    listen() : what users may touch, as `LivePane` takes it
    """

    measure: ClassVar[str]
    depends: ClassVar[Sequence[str]] = ("placement",)

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self.session = session
        self._runner = LiveRunner()
        self._running = False
        self._work: Iterator[tuple[tuple[Hashable, ...], Any]] = iter(())
        self._begun: tuple[Hashable, ...] | None = None  # inputs of the work, from its first result
        self._done: tuple[Hashable, ...] | None = None
        self._result: Any = None
        self.pane = LivePane(self.drawing, self.listen(), on_show=self.update)
        self._behind = TablePanel(self.pane, self._table_on_screen, self.read)
        name_sources(self.pane, session, self.measure)
        session.watch_last(self.update, self.depends)

    def __panel__(self) -> pn.viewable.Viewable:
        return self.pane

    @staticmethod
    def drawing() -> Drawing:
        raise NotImplementedError

    def listen(self) -> Mapping[tuple[str, str, str], Callable[[Any], None]]:
        return {}

    def inputs(self) -> tuple[Hashable, ...]:
        return (self.session.network,)

    def compute(self, *inputs: Any) -> Iterator[Any]:
        raise NotImplementedError

    def show(self, result: Any) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        pass

    def table(self, result: Any) -> pd.DataFrame:
        raise NotImplementedError

    def names(self, result: Any) -> Mapping[str, str]:
        return result.attrs.get("names", {}) if isinstance(result, pd.DataFrame) else {}

    def named(self, result: Any, table: pd.DataFrame) -> pd.DataFrame:
        return with_names(table, self.names(result))

    read = staticmethod(as_read)

    def update(self) -> None:
        """
        Compute anew if somebody looks and the inputs are others than those of what is seen, or go
        on where nobody did for a while.
        """
        if self._running or not self.pane.shown or self.inputs() == self._done:
            return
        self._running = True
        if self.inputs() != self._begun:
            self._work, self._begun = self._pieces(), None
            if self._result is None:
                self.pane.say("words", tr("Computing…"))
            else:
                self.pane.fade(True)
        self._runner.through(self._while_shown(), self._on_piece)

    def _while_shown(self) -> Iterator[tuple[tuple[Hashable, ...], Any]]:
        """The pieces; the thread that works them out is for what somebody waits for."""
        while self.pane.shown:
            yield next(self._work)
        yield (), _LEFT

    def _pieces(self) -> Iterator[tuple[tuple[Hashable, ...], Any]]:
        inputs = self.inputs()  # those of now, not of when the work was asked for
        try:
            for result in self.compute(*inputs):
                yield inputs, result
        except Exception as err:  # whatever it is, somebody waits for an end
            yield inputs, told(err)
        yield inputs, _DONE

    def _on_piece(self, piece: tuple[tuple[Hashable, ...], Any]) -> bool:
        """Show a result; whether to go on."""
        inputs, result = piece
        if result is _LEFT:
            self._running = False
            if self._begun is not None:  # some of it may be seen
                self._done = None
            self.update()
            return False
        self._begun = inputs
        if isinstance(result, ExplorerError):
            self._say_failure(result)
        elif result is not _DONE:
            self._result = result
            try:
                self.show(result)
                self._behind.update()
            except Exception as err:
                self._say_failure(told(err))
                self._end(inputs)
                raise
        if result is not _DONE and inputs == self.inputs():
            return True
        self._end(inputs)
        self.update()
        return False

    def _end(self, inputs: tuple[Hashable, ...]) -> None:
        self._running = False
        self._done = inputs
        self.pane.fade(self.pane.shown and inputs != self.inputs())  # until those of now are there

    def _say_failure(self, error: ExplorerError) -> None:
        self.pane.say("words", html("<b>{}</b> {}", error.what, error.fix))
        self.stop()

    @property
    def title(self) -> str:
        """The heading of the card."""
        return MEASURES[self.measure].title

    def picture(self, result: Any) -> Chart | Map:
        """The picture of a result as data."""
        return render(result, "chart")

    def taken(self) -> Taken | None:
        """What is seen, as it can be taken home."""
        with writing_for(ANYBODY):  # files have no language, nor units: what is joined is the same
            table = self._made_table()
        return None if table is None else Taken(self.measure, table, self.picture(self._result))

    def _made_table(self) -> pd.DataFrame | None:
        return None if self._result is None else self.table(self._result)

    def _table_on_screen(self) -> pd.DataFrame | None:
        table = self._made_table()
        return None if table is None else self.named(self._result, table)


def measure_card(
    drawing: Drawing,
    title: str,
    explanation: str,
    *body: LayoutDOM,
    tools: Sequence[LayoutDOM] = (),
    key_above: bool = False,
) -> Column:
    """
    The card of a `MeasureView`: pictures, a text named "words" below them, a table behind a button;
    and if asked for, one named "key" above the pictures.
    """
    words = drawing.words("words", margin=(2, 0, 0, 6), min_height=38, stylesheets=[_WORDS, SIGN])
    key = [drawing.words("key", margin=(0, 0, 0, 6), stylesheets=[_WORDS, SIGN])] * key_above
    body = (*key, *body, words, place_for_table(drawing))
    return card(title, explanation, *body, tools=[*tools, disclosure(drawing)])
