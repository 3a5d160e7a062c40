"""A view of what takes longer: computed beside the event loop, only while somebody looks, newest inputs first."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
import panel as pn
from bokeh.models import Column, LayoutDOM, Toggle

from explorer.errors import ExplorerError
from explorer.session import Session
from explorer.views.card import card
from explorer.views.drawing import FONT, Drawing, LivePane
from explorer.views.live import LiveRunner
from explorer.views.text import number, title_of

_DONE = object()
_WORDS = ":host { font-size: 13px; line-height: 1.5; }"
_TABLE = """
:host { overflow: auto; max-height: 260px; }
table { border-collapse: collapse; font-size: 12.5px; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 3px 8px; border: 0; border-bottom: 1px solid #8883; }
th { font-weight: 600; vertical-align: bottom; }
td:first-child, th:first-child { text-align: left; padding-left: 2px; }
a { color: var(--mui-palette-primary-main, #0072b2); font-size: 12.5px; }
"""


class MeasureView(pn.viewable.Viewer):
    """
    A card with a picture, a sentence and the table behind them, in step with a session.

    A subclass says

    drawing : its `Drawing`, as a cached function, made with `measure_card`
    file_name : what its table is called when it is saved, without ending
    depends : parameters of the session whose change may change the inputs
    inputs() : what the result depends on, hashable; by default the network
    compute(*inputs) : yields results, each better than the one before; runs in a thread, one piece at a time
    show(result) : patches `self.pane`, words included
    table(result) : the DataFrame behind the picture, units in its column names
    listen() : what readers may touch, as `LivePane` takes it
    """

    file_name: ClassVar[str]
    depends: ClassVar[Sequence[str]] = ("placement",)

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self.session = session
        self._runner = LiveRunner()
        self._running = False
        self._done: tuple[Hashable, ...] | None = None
        self._result: Any = None
        self._disclosed = False
        listen = {("disclosure", "widget", "active"): self._on_disclosure, **self.listen()}
        self.pane = LivePane(self.drawing, listen, on_show=self.update)
        session.param.watch(lambda *_events: self.update(), list(self.depends))

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

    def table(self, result: Any) -> pd.DataFrame:
        raise NotImplementedError

    def update(self) -> None:
        """Compute anew if somebody looks and the inputs are others than those of what is seen."""
        if not self._running and self.pane.shown and self.inputs() != self._done:
            self._running = True
            if self._result is None:
                self.pane.say("words", "Computing…")
            self.pane.fade("words", True)
            self._runner.through(self._pieces(), self._on_piece)

    def _pieces(self) -> Iterator[tuple[tuple[Hashable, ...], Any]]:
        inputs = self.inputs()  # those of now, not of when the work was asked for
        try:
            for result in self.compute(*inputs):
                yield inputs, result
        except ExplorerError as err:
            yield inputs, err
        yield inputs, _DONE

    def _on_piece(self, piece: tuple[tuple[Hashable, ...], Any]) -> bool:
        """Show a result; whether to go on."""
        inputs, result = piece
        if isinstance(result, ExplorerError):
            self.pane.say("words", f"<b>{result.what}</b> {result.mend}")
        elif result is not _DONE:
            self._result = result
            self.show(result)
            self._show_table()
        if result is not _DONE and inputs == self.inputs():
            return True
        self._running = False
        self._done = inputs
        self.pane.fade("words", False)
        self.update()
        return False

    def _on_disclosure(self, active: bool) -> None:
        self._disclosed = active
        self.pane.configure("table", "words", visible=active)
        self._show_table()

    def _show_table(self) -> None:
        if self._disclosed and self._result is not None:
            table = self.table(self._result)
            self.pane.say("table", _html(table, self.file_name))


def measure_card(
    drawing: Drawing, title: str, explanation: str, *body: LayoutDOM, tools: Sequence[LayoutDOM] = ()
) -> Column:
    """The card of a `MeasureView`: pictures, a text named "words" below them, a table behind a button."""
    disclosure = drawing.widget("disclosure", Toggle(label="Table", active=False, name="disclosure"))
    words = drawing.words("words", margin=(2, 0, 0, 6), min_height=38, stylesheets=[_WORDS])
    table = drawing.words("table", visible=False, margin=(4, 0, 0, 6), stylesheets=[_TABLE], styles=FONT)
    return card(title, explanation, *body, words, table, tools=[*tools, disclosure])


def _html(table: pd.DataFrame, file_name: str) -> str:
    """A table as readers see it, and as a file to keep."""
    csv = b64encode(table.to_csv(index=False).encode()).decode()
    link = f'<a download="{file_name}.csv" href="data:text/csv;base64,{csv}">Save as CSV</a>'
    return table.rename(columns=title_of).to_html(index=False, border=0, na_rep="–", float_format=number) + link
