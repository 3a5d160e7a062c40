"""The pins of a session: a button that pins what is seen, and a table that compares them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import param

from explorer.app.compare.pins import LONGEST, MOST, Pin, Pins
from explorer.app.component import Component
from explorer.app.live.card import CARD
from explorer.app.live.taken import Taken
from explorer.measures.headlines import Headline, basis_of, headlines
from explorer.model.labels import title_shown
from explorer.model.placement import Placement
from explorer.session import Session
from explorer.text import format_number, percent
from explorer.units import KG_PER_T
from explorer.words import ANYBODY, mark, tr, units, writing_for

_HERE = Path(__file__)
_CSS = _HERE.with_suffix(".css").read_text("utf-8")
_HEADER_CSS = (_HERE.parents[1] / "controls" / "history.css").read_text("utf-8")
FIGURES = {  # of the totals: name among the headlines, label, unit
    "cost_usd_per_h": (mark("Cost"), "USD/h"),
    "carbon_kg_per_h": (mark("Carbon"), "t/h"),
    "relocated_mw": (mark("Relocated"), "MW"),
    "mean_wan_per_request_ms": (mark("Added delay"), "ms"),
    "unserved_mw": (mark("Unserved"), "MW"),
}


class PinButton(Component):
    """Pins what is seen, for a page's header."""

    full = param.Boolean(default=False, doc="Whether there is no room for another pin.")
    key = param.String(doc="Of the controls: what they are still sending comes first.")
    title = param.String(doc="What it does, or why it cannot.")

    _esm = _HERE.with_name("pin_button.js").read_text("utf-8")
    _stylesheets: ClassVar = [_HEADER_CSS]

    def __init__(self, pins: Pins, key: str) -> None:
        super().__init__(key=key, margin=0)
        self._pins = pins
        pins.param.watch(self._on_pins, "kept")
        self._on_pins()

    def _on_pins(self, *_events: Any) -> None:
        full = len(self._pins.kept) >= MOST
        title = tr("{} states are pinned: remove one first", MOST) if full else tr("Pin this")
        self.param.update(full=full, title=title)

    def _handle_msg(self, data: Any) -> None:
        if data == "pin":
            self._pins.add()


class PinTable(Component):
    """
    The headline figures of what is seen, of the baseline and of every pin, each against what is
    chosen to compare with; nothing while there is no pin.
    """

    shown = param.String(doc="Columns and rows: JSON; empty without pins.")

    title: ClassVar = mark("Pinned states")  # as pin_table.js has it
    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _stylesheets: ClassVar = [CARD, _CSS]

    def __init__(self, session: Session, pins: Pins) -> None:
        super().__init__(sizing_mode="stretch_width", margin=0, visible=False)
        self._session, self._pins = session, pins
        pins.param.watch(self._on_change, "kept")
        session.watch_behind(self._on_change, ["placement", "ghost"])

    def _on_change(self, *_events: Any) -> None:
        kept = self._pins.kept
        if kept:
            now, ghost = self._session.placement, self._pins.ghost_id
            rows = [
                self._row(tr("Now"), None, now),
                self._row(tr("Baseline"), 0, now.baseline),
                *(
                    self._row(pin.name, pin.id, pin.placement) | self._elsewhere(pin)
                    for pin in kept
                ),
            ]
            columns = [f"{tr(label)} [{units().of(unit)[1]}]" for label, unit in FIGURES.values()]
            content = {"columns": columns, "rows": rows, "ghost": ghost, "longest": LONGEST}
            self.shown = json.dumps(content)
        self.visible = bool(kept)

    def _row(self, name: str, id: int | None, placement: Placement) -> dict[str, Any]:
        found = headlines(placement, self._session.compared_totals.placement)
        cells = [(_value(found[name]), _change(found[name])) for name in FIGURES]
        return {"id": id, "name": name, "cells": cells}

    def _elsewhere(self, pin: Pin) -> dict[str, Any]:
        """Of a pin of another scenario: which one it is."""
        if not self._pins.is_elsewhere(pin):
            return {}
        return {"scenario": pin.origin.name, "of": title_shown(pin.origin.scenario)}

    def taken(self) -> Taken:
        """A row per pin, after those of what is seen and of its baseline."""
        with writing_for(ANYBODY):  # as all files
            return Taken("pins", self._table())

    def _table(self) -> pd.DataFrame:
        now, ghost = self._session.placement, self._session.compared_totals
        states = [("Now", "", now), ("Baseline", "", now.baseline)]
        states += [(self._pins.full_name(pin), pin.said, pin.placement) for pin in self._pins.kept]
        names = {pin.id: self._pins.full_name(pin) for pin in self._pins.kept}
        rows = []
        for name, settings, placement in states:
            found = headlines(placement, ghost.placement)
            row = {"state": name, "settings": settings}
            for figure in FIGURES:
                row |= {figure: found[figure].value, f"change_of_{figure}": found[figure].change}
            rows.append(
                row
                | {
                    "against": names.get(self._pins.ghost_id, "Baseline"),
                    "basis": basis_of(placement, ghost.placement),
                }
            )
        return pd.DataFrame(rows)

    def _handle_msg(self, data: Any) -> None:
        """What a button or a name says; what no page of ours says changes nothing."""
        match data:
            case {"reopen": int(id)}:
                self._pins.reopen(id)
            case {"rename": int(id), "name": str(name)}:
                self._pins.rename(id, name)
            case {"remove": int(id)}:
                self._pins.remove(id)
            case {"compare": int(id)}:
                self._pins.compare_with(id)


def _value(figure: Headline) -> str:
    per = KG_PER_T if figure.name == "carbon_kg_per_h" else 1
    factor, _ = units().of(FIGURES[figure.name][1])
    return format_number(figure.value * factor / per)


def _change(figure: Headline) -> str:
    """Against what is compared with, per MWh served where loads differ; blank where it is the same."""
    if not figure.basis and figure.change == 0:
        return ""
    if figure.name in ("cost_usd_per_h", "carbon_kg_per_h"):
        change = percent(figure.change_percent)
        return tr("{} per MWh served", change) if figure.basis else change
    sign = "+" if figure.change > 0 else ""
    return f"{sign}{format_number(figure.change)}"
