"""What is it worth? The headline figures, each against the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import panel as pn
from markupsafe import Markup

from explorer.markup import html, joined
from explorer.network import CARBON_COLUMN
from explorer.placement import Placement
from explorer.session import Session
from explorer.views.drawing import Drawing, LivePane
from explorer.views.text import BETTER, NEUTRAL, WORSE, change, number

_STYLE = """
:host { container-type: inline-size; }
.totals { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px;
          font-variant-numeric: tabular-nums; }
.total { border: 1px solid var(--mui-palette-divider, #8886); border-radius: 8px; padding: 6px 10px 7px;
         min-width: 0; color: var(--mui-palette-text-primary, inherit); }
.note { font-size: 12.5px; margin: 5px 2px 0; color: var(--mui-palette-text-secondary, inherit); }
.total .label { font-size: 12px; opacity: .75; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.total .value { font-size: 23px; font-weight: 650; line-height: 1.2; white-space: nowrap; }
.total .unit { font-size: 12px; font-weight: 400; opacity: .8; }
.total .delta { font-size: 12.5px; font-weight: 600; white-space: nowrap; overflow: hidden;
                text-overflow: ellipsis; }
@container (max-width: 940px) { .totals { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
@container (max-width: 560px) {
  .totals { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .total .value { font-size: 20px; }
}
"""


@dataclass(frozen=True)
class _Card:
    name: str
    label: str
    value: str
    unit: str
    delta: str
    colour: str
    explanation: str

    def html(self) -> Markup:
        return html(
            '<div class="total" data-total="{c.name}" title="{c.explanation}"><div class="label">{c.label}</div>'
            '<div class="value">{c.value} <span class="unit">{c.unit}</span></div>'
            '<div class="delta" style="color:{c.colour}">{c.delta}</div></div>',
            c=self,
        )


@cache
def _drawing() -> Drawing:
    return Drawing(lambda drawing: drawing.words("totals", stylesheets=[_STYLE]))


class Totals(pn.viewable.Viewer):
    """Six figures: cost, carbon, relocated load, facility power, added delay, unserved load."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._pane = LivePane(_drawing)
        session.param.watch(self._on_placement, ["placement", "placement_busy"])
        self._on_placement()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _on_placement(self, *_events: Any) -> None:
        cards = joined(card.html() for card in self._cards())
        note = self._deciding_note() if self._session.placement_busy else self._carbon_note()
        self._pane.say("totals", html('<div class="totals">{}</div><div class="note">{}</div>', cards, note))

    def _deciding_note(self) -> str:
        limit_s = self._session.scenario.time_limit_s
        return f"Working out where hosting pays, for up to {limit_s:g} s. Until then all is as it was before."

    def _carbon_note(self) -> Markup:
        """The same move of load by every estimate of carbon intensity."""
        placement, regions = self._session.placement, self._session.scenario.regions
        changes = {
            signal: change(
                float(placement.grid_mw @ regions[column]), float(placement.baseline.grid_mw @ regions[column])
            )
            for signal, column in CARBON_COLUMN.items()
            if column in regions
        }
        listed = joined((html("<b>{}</b> by {}", percent, signal) for signal, percent in changes.items()), ", ")
        return html(
            "Carbon against the baseline: {}. The estimates disagree: what moving saves rests on the choice.", listed
        )

    def _cards(self) -> list[_Card]:
        placement = self._session.placement
        now, base = placement.totals(), placement.baseline.totals()
        signal = self._session.scenario.carbon_signal
        return [
            _against(
                "cost", "Cost", now["cost_usd_per_h"], base["cost_usd_per_h"], "USD/h",
                f"Electricity, friction and hosting at a carbon price of zero.{_gap(placement)} "
                "The baseline runs everything as near as it can.",
            ),
            _against(
                "carbon", f"Carbon, {signal}", now["carbon_kg_per_h"] / 1000, base["carbon_kg_per_h"] / 1000, "t/h",
                f"Emissions by the {signal} intensity of each grid. Other estimates can differ twofold.",
            ),
            _Card(
                "relocated", "Relocated", number(now["relocated_mw"]), "MW",
                f"{100 * now['relocated_share']:.0f} %, baseline {100 * base['relocated_share']:.0f} %", NEUTRAL,
                f"IT load executed away from home. It draws {number(now['relocated_facility_mw'])} MW at the meter.",
            ),
            _against(
                "facility", "Facility power", now["facility_mw"], base["facility_mw"], "MW",
                "Power drawn at the meters: IT load times the PUE of where it runs.",
            ),
            _Card(
                "delay", "Added delay", number(now["mean_wan_ms"]), "ms",
                f"baseline {number(base['mean_wan_ms'])} ms", NEUTRAL,
                "Wide-area round trips of a request, mean over all served load: 0 for load that stays home.",
            ),
            self._unserved(now["unserved_mw"]),
        ]  # fmt: skip

    def _unserved(self, unserved_mw: float) -> _Card:
        explanation = "IT load that no region may or can execute."
        if unserved_mw < 1e-6:
            return _Card("unserved", "Unserved", "0", "MW", "all demand is served", BETTER, explanation)
        causes = self._session.placement.unserved_by_reason()
        causes_text = ", ".join(f"{number(mw)} MW by {reason}" for reason, mw in causes.items())
        return _Card(
            "unserved", "Unserved", number(unserved_mw), "MW", f"held back by {next(iter(causes))}", WORSE,
            f"{explanation} {causes_text}.",
        )  # fmt: skip


def _gap(placement: Placement) -> str:
    """How good the choice of hosts is."""
    if placement.gap_usd_per_h < 1:
        return ""
    return f" Another choice of hosts could be up to {number(placement.gap_usd_per_h)} USD/h cheaper."


def _against(name: str, label: str, value: float, base: float, unit: str, explanation: str) -> _Card:
    """A figure that is better when smaller, with its change against the baseline."""
    difference = value - base
    still = abs(difference) <= 5e-4 * abs(base)
    colour = NEUTRAL if still else BETTER if difference < 0 else WORSE
    arrow = "" if still else "▼ " if difference < 0 else "▲ "
    amount = number(abs(difference)) if not still else "0"
    delta = f"{arrow}{change(value, base)} ({'' if still else '−' if difference < 0 else '+'}{amount})"
    return _Card(name, label, number(value), unit, delta, colour, f"{explanation} Baseline: {number(base)} {unit}.")
