"""The data behind everything on the page: tables, sources, notices, and how sure each figure is."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import panel as pn
import param
from markupsafe import Markup

from explorer.app.component import Component
from explorer.app.live.pane import Drawing, LivePane
from explorer.markup import html, joined
from explorer.model.inputs import LABELS, sources_used
from explorer.model.labels import as_shown
from explorer.scenario import csv_text
from explorer.scenario.provenance import MEANINGS, QUALITIES, Provenance, Source, notices, worst
from explorer.scenario.schema import TABLES
from explorer.session import Session
from explorer.text import UNSURE, origin_text, uncertain_mark
from explorer.words import number, tr

_HERE = Path(__file__)
_HEADER = _HERE.parents[1] / "controls" / "history.css"


class DataDrawer(Component):
    """
    A button in a page's header, and the drawer that it opens: made when it is opened, a table when
    it is looked at.
    """

    overview = param.String(doc="Tables, coverage, sources and notices: JSON; empty until opened.")
    table = param.String(doc="The table looked at, with marks and origins: JSON.")
    file = param.String(
        doc="A table as the CSV file it is: JSON of name and text; empty again once saved."
    )

    _esm = _HERE.with_suffix(".js").read_text(encoding="utf-8")
    _stylesheets: ClassVar = [
        _HEADER.read_text("utf-8"),
        _HERE.with_suffix(".css").read_text("utf-8"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(margin=0)
        self._session = session

    def _handle_msg(self, data: Any) -> None:
        match data:
            case {"open": _}:
                self.overview = json.dumps(overview(self._session))
            case {"table": str(name)} if name in _names(Provenance(self._session.scenario)):
                self.table = json.dumps(table(self._session, name))
            case {"file": str(name)} if name in _names(Provenance(self._session.scenario)):
                frame = Provenance(self._session.scenario).tables[name]
                self.file = json.dumps({"name": TABLES[name].file, "text": csv_text.write(frame)})
            case {"saved": _}:
                self.file = ""


def overview(session: Session) -> dict[str, Any]:
    """What the drawer shows first: how sure the figures of each column are, and whose they are."""
    provenance = Provenance(session.scenario)
    used = set(sources_used(session.scenario, LABELS))
    return {
        "title": session.network.labels.title,
        "mark": UNSURE,
        "qualities": [[name, tr(MEANINGS[name])] for name in QUALITIES],
        "tables": [[name, TABLES[name].file, tr(TABLES[name].doc)] for name in _names(provenance)],
        "coverage": provenance.coverage().to_numpy().tolist(),
        "sources": [_row(source, source in used) for source in provenance.sources.values()],
        "notices": [as_shown(notice) for notice in notices(used)],
    }


def table(session: Session, name: str) -> dict[str, Any]:
    """A table as texts, and for each of its figures, by the cell of its sources, where it is from."""
    provenance = Provenance(session.scenario)
    frame = provenance.tables[name]
    headings = {column: provenance.heading_of(name, column) for column in frame.columns}
    cells = [None if heading is None else frame[heading] for heading in headings.values()]
    distinct = list(
        dict.fromkeys(cell for column in cells if column is not None for cell in column)
    )
    place = {cell: n for n, cell in enumerate(distinct)}
    found = [provenance.of_keys(cell) for cell in distinct]
    return {
        "name": name,
        "columns": list(map(str, frame.columns)),
        "rows": [[*map(_shown, row)] for row in frame.itertuples(index=False)],
        "origins": [[worst(sources), uncertain_mark(sources), origin_text(sources)] for sources in found],
        "origin_of": [None if column is None else [place[cell] for cell in column] for column in cells],
    }  # fmt: skip


def _names(provenance: Provenance) -> list[str]:
    return [name for name in TABLES if name in provenance.tables]


def _row(source: Source, used: bool) -> dict[str, Any]:
    """One source; a link only where it leads to the web."""
    texts = {
        name: as_shown(str(getattr(source, name)))
        for name in ("key", "title", "publisher", "year", "licence", "note")
    }
    url = source.url if source.url.startswith(("https://", "http://")) else ""
    return texts | {"url": url, "quality": source.quality, "used": used}


def _shown(cell: Any) -> str:
    if cell is None or cell is pd.NA or cell != cell:
        return ""
    return number(cell, ",.10g") if isinstance(cell, float) else as_shown(str(cell))


class Notices(pn.viewable.Viewer):
    """What licences ask to be said where their figures are shown: a line at the foot of the page."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._sources: Any = None
        self._pane = LivePane(_foot)
        session.param.watch(self._on_placement, "placement")
        self._on_placement()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _on_placement(self, *_events: Any) -> None:
        sources = self._session.network.labels.sources
        if sources is not self._sources:
            self._sources = sources
            self._pane.say("notices", notices_html(self._session.network.labels.sources_of(LABELS)))


def notices_html(sources: tuple[Source, ...]) -> Markup:
    """Notices as paragraphs."""
    return joined(html("<p>{}</p>", as_shown(notice)) for notice in notices(sources))


_FOOT = ":host { font-size: 14px; opacity: .75; } p { margin: 0 2px 2px; }"


@cache
def _foot() -> Drawing:
    return Drawing(lambda drawing: drawing.words("notices", stylesheets=[_FOOT]))
