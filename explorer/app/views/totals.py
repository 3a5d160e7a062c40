"""What is it worth? The headline figures, each against the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import panel as pn
from bokeh.models import Column, LayoutDOM, Row, Toggle
from markupsafe import Markup

from explorer.app.live.card import TOOL
from explorer.app.live.origins import sources_html
from explorer.app.live.pane import FONT, Drawing, LivePane
from explorer.app.live.say import speaking
from explorer.markup import html, joined
from explorer.measures.argument import reason_said
from explorer.measures.carbon_caveats import carbon_caveats
from explorer.measures.frontier import UNSERVED_MW
from explorer.measures.headlines import (
    BASELINE_TEXTS,
    Headline,
    basis_of,
    carbon_changes_percent,
    disagree,
    forced_and_chosen,
    headlines,
)
from explorer.model.network import carbon_intensities
from explorer.model.placement import Placement
from explorer.registry import HEADLINES
from explorer.session import Ghost, Session
from explorer.text import (
    BETTER,
    NEUTRAL,
    WORSE,
    figure,
    format_number,
    percent,
    setting_text,
    signed,
)
from explorer.units import KG_PER_T, L_PER_M3
from explorer.words import mark, per_reader, sentences, tr, units

_STYLE = """
:host { container-type: inline-size; }
:is(.totals, .lesser) { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 8px;
          font-variant-numeric: tabular-nums; }
.total { border: 1px solid var(--mui-palette-divider, #8886); border-radius: 8px; padding: 4px 10px 5px;
         min-width: 0; color: var(--mui-palette-text-primary, inherit); }
.total .label { font-size: 14px; line-height: 1.2; opacity: .8; }
.total .value { font-size: clamp(22px, 2.75cqi, 60px); font-weight: 650; line-height: 1.2; white-space: nowrap; }
.lesser .value { font-size: clamp(20px, 1.8cqi, 36px); }
.total .unit { font-size: max(14px, .5em); font-weight: 400; opacity: .8; }
/* mixed with the colour of text, which makes it darker on light pages and lighter on dark ones */
.total .delta { font-size: clamp(14px, .85vw, 20px); font-weight: 600; line-height: 1.25;
                color: color-mix(in srgb, var(--hue) 70%, currentColor); }
.total { position: relative; }
.explanation { display: none; visibility: var(--tips, inherit); position: absolute; z-index: 11; left: 0;
               top: calc(100% + 4px); width: min(320px, 86vw); padding: 8px 10px; border-radius: 6px; font-size: 14px;
               line-height: 1.45; background: #2b2f36; color: #f4f5f7; box-shadow: 0 3px 12px #0006; }
.total:nth-child(n + 3) .explanation { left: auto; right: 0; }
.total:is(:hover, :focus) .explanation { display: block; }
@media print { .explanation { display: none !important; } }
/* what a pointer reads besides stays; units go below only where small figures have no room either */
@container (min-width: 561px) and (max-width: 940px) {
  .more { display: none; }
  .total { padding: 4px 8px 5px; }
  .total .value { white-space: normal; }
}
@container (max-width: 560px) {
  :is(.totals, .lesser) { grid-auto-flow: row; grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .total:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .total:nth-child(n) .explanation { left: 0; right: auto; }
  .total:nth-child(2n) .explanation { left: auto; right: 0; }
}
"""
_QUIET = """
:host { font-size: 14px; line-height: 1.4; color: var(--mui-palette-text-secondary, inherit); }
"""
_NOTE = ":host { flex: 1 1 320px !important; }"
_ORIGIN = """
.sources { columns: 2 300px; }
.sources p { margin: 0 0 2px; break-inside: avoid; }
"""
_LINE = ":host { flex-wrap: wrap; gap: 2px 12px; align-items: center; }"
_BUTTON = """
.bk-btn { padding: 0 6px; border-color: transparent; line-height: 22px; text-decoration: underline dotted; }
@media (pointer: coarse) { .bk-btn { padding: 8px; } }
@media print { :host { display: none !important; } }
"""
# nobody can tap there; Panel hides a second time what begins as hidden
_ON_PAPER = """
@media print { :host { display: block !important; } :host > div { visibility: visible !important; } }
"""
_MORE = mark("More figures")


@dataclass(frozen=True)
class _Card:
    name: str
    label: str
    value: str
    unit: str
    delta: str
    colour: str
    explanation: str
    more: str = ""  # of the change, where there is room

    def html(self) -> Markup:
        more = html('<span class="more"> {c.more}</span>', c=self) if self.more else ""
        return html(
            '<div class="total" data-total="{c.name}" tabindex="0"><div class="label">{c.label}</div>'
            '<div class="value">{c.value} <span class="unit">{c.unit}</span></div>'
            '<div class="delta" style="--hue:{c.colour}">{c.delta}{more}</div>'
            '<div class="explanation" role="tooltip">{explanation}</div></div>',
            c=self, more=more, explanation=sentences(self.explanation, tr("Inputs and sources: below.")),
        )  # fmt: skip


@per_reader
def _drawing() -> Drawing:
    def make(drawing: Drawing) -> LayoutDOM:
        totals = drawing.words("totals", stylesheets=[_STYLE])
        totals.js_on_change("text", speaking("said.js", totals=totals))
        note = drawing.words("note", stylesheets=[_QUIET, _NOTE])
        button = Toggle(
            label=tr(_MORE),
            active=False,
            styles=FONT,
            stylesheets=[TOOL, _BUTTON],
            margin=0,
            name="disclosure",
        )
        drawing.widget("more", button)
        lesser = drawing.words("lesser", stylesheets=[_STYLE, _ON_PAPER], visible=False)
        forced = drawing.words("forced", stylesheets=[_QUIET, _ON_PAPER], visible=False)
        aside = drawing.words("aside", stylesheets=[_QUIET, _ON_PAPER], visible=False)
        origin = drawing.words("origin", stylesheets=[_QUIET, _ORIGIN, _ON_PAPER], visible=False)
        for part in (lesser, forced, aside, origin):  # where no Python is, too
            button.js_link("active", part, "visible")
        line = Row(children=[note, button], sizing_mode="stretch_width", stylesheets=[_LINE])
        return Column(
            children=[totals, line, lesser, forced, aside, origin],
            sizing_mode="stretch_width",
            styles={"gap": "2px"},
        )

    return Drawing(make)


class Totals(pn.viewable.Viewer):
    """
    Four figures, cost, carbon, relocated load and added delay, and unserved load where there is
    some; electricity and water, and what figures are made of, when asked for.
    """

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._pane = LivePane(_drawing)
        self._sources: Any = None
        self._forced = ""
        changes = ["placement", "placement_busy", "ghost"]
        session.param.watch(self._on_placement, changes)
        session.watch_last(self._say_forced, changes)
        self._on_placement()
        self._say_forced()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _say_forced(self) -> None:
        """How much of what moves has to, which takes a placement of its own."""
        self._forced = _forced(self._session.placement)
        self._pane.say("forced", self._forced)

    def _on_placement(self, *_events: Any) -> None:
        first, lesser = self._cards()
        busy = self._session.placement_busy
        self._pane.say("totals", _cards_html(first, "totals"))
        self._pane.say("lesser", _cards_html(lesser, "lesser"))
        # it is of what was before; its place is kept, so that nothing moves
        self._pane.say("forced", html('<span style="visibility: hidden">{}</span>', self._forced))
        intensities = carbon_intensities(self._session.scenario)
        changes = carbon_changes_percent(self._session.placement, intensities)
        note = self._deciding() if busy else self._note(changes)
        self._pane.say("note", html('<div class="note">{}</div>', note))
        self._pane.say("aside", html("{}{}", self._of_serving(), _of_carbon(changes)))
        self._say_origin()

    def _say_origin(self) -> None:
        labels = self._session.network.labels
        if labels.sources is not self._sources:
            self._sources = labels.sources
            lines = sources_html(labels, HEADLINES)
            self._pane.say(
                "origin", html("<b>{}</b>{}", tr("Where these figures are from."), lines)
            )

    def _deciding(self) -> str:
        limit_s = self._session.scenario.time_limit_s
        return tr(
            "Working out where hosting pays, for up to {:g} s. Until then all is as it was before.",
            limit_s,
        )

    def _note(self, carbon_changes: Mapping[str, float]) -> Markup:
        """What the figures must not be read without."""
        placement = self._session.placement
        note = html("")
        if disagree(list(carbon_changes.values())):
            note = html(
                "{} The estimates disagree: what moving saves rests on the choice.",
                _of_carbon(carbon_changes),
            )
        ghost = self._session.compared_totals
        basis = basis_of(placement, ghost.placement)
        if basis:
            return html(
                "<b>Compared {} than in {}, so no saving is claimed.</b> {}",
                basis,
                ghost.said,
                note,
            )
        if not ghost.name and placement.unserved_mw > UNSERVED_MW:
            unserved = format_number(placement.unserved_mw)
            note += " " + tr("The baseline leaves the same {} MW unserved.", unserved)
        return note

    def _of_serving(self) -> Markup:
        """What the change of cost is of all that serving costs, where the scenario declares it."""
        serving = self._to_baseline.get("serving_usd_per_h")
        if serving is None or serving.basis:
            return html("")
        hardware = self._session.scenario.hardware_usd_per_mwh
        return html(
            "Cost with hardware at {} USD/MWh: <b>{}</b>. ",
            figure(hardware, "USD/MWh"), percent(serving.change_percent),
        )  # fmt: skip

    def _cards(self) -> tuple[list[_Card], list[_Card]]:
        """Those seen at once, and those seen when asked for."""
        placement = self._session.placement
        base = self._session.compared_totals
        now = headlines(placement, base.placement)
        self._to_baseline = headlines(placement) if base.name else now
        signal = placement.network.labels.carbon_signal
        against = _against_what(base, placement)
        unserved = self._unserved(now["unserved_mw"].value)
        moved, share, delay, per_mw = (
            now[name]
            for name in (
                "relocated_mw",
                "relocated_share",
                "mean_wan_per_request_ms",
                "mean_wan_ms",
            )
        )
        first = [
            _against(
                base, "cost", tr("Running cost"), _written(now["cost_usd_per_h"], "USD/h"),
                sentences(
                    tr("Electricity, friction and hosting at a carbon price of zero."),
                    _gap(placement),
                    tr(BASELINE_TEXTS[placement.network.baseline_rule]),
                ),
            ),
            _against(
                base, "carbon", "CO₂", _written(now["carbon_kg_per_h"], "t/h", KG_PER_T),
                sentences(
                    tr(
                        "Carbon: emissions by the {} intensity of each grid. Other estimates can"
                        " differ twofold.",
                        tr(signal),
                    ),
                    *carbon_caveats(placement, base.placement),
                ),
            ),
            _Card(
                "relocated", tr("Away from home"), format_number(moved.value), "MW",
                tr("{:.0f} %", 100 * share.value), NEUTRAL,
                sentences(
                    tr("Relocated load: IT load executed away from home."),
                    tr(
                        "It takes {} MW of electricity, moving included.",
                        format_number(now["relocated_grid_mw"].value),
                    ),
                    tr("{}: {:.0f} %.", _capitalised(against), 100 * share.baseline),
                ),
                tr("({}: {:.0f} %)", against, 100 * share.baseline),
            ),
            _Card(
                "delay", tr("Mean extra wait"), format_number(delay.value), delay.unit,
                f"{signed(delay.change)} {delay.unit}" if isfinite(delay.change) else "", NEUTRAL,
                sentences(
                    tr(
                        "Added delay: wide-area round trips, mean over all requests served: 0 for those that"
                        " stay home."
                    ),
                    tr(
                        "Per MW, the mean over the load that they make: {now} {unit}, {pin} {then} {unit}.",
                        now=format_number(per_mw.value), unit=delay.unit, pin=base.short,
                        then=format_number(per_mw.baseline),
                    ),
                    tr(
                        "{}: {} {}.",
                        _capitalised(against), format_number(delay.baseline), delay.unit,
                    ),
                ),
            ),
        ]  # fmt: skip
        lesser = [
            _against(
                base, "grid", tr("Power at the meter"), now["grid_mw"],
                tr(
                    "Facility power, drawn from all grids: IT load times the PUE of where it runs, and what"
                    " moving takes, overhead of relocated load and transport of data."
                ),
            ),
            *_water(placement, base, now),
        ]  # fmt: skip
        (lesser if unserved.colour == BETTER else first).append(unserved)
        return first, lesser

    def _unserved(self, unserved_mw: float) -> _Card:
        label, explanation = (
            tr("Served by nobody"),
            tr("Unserved load: IT load that nobody executes."),
        )
        if not self._session.network.demand_mw.any():
            words = sentences(explanation, tr("There is no demand."))
            return _Card("unserved", label, "0", "MW", tr("no demand"), NEUTRAL, words)
        if unserved_mw <= UNSERVED_MW:
            words = sentences(explanation, tr("Now all demand is served."))
            return _Card("unserved", label, "0", "MW", tr("all served"), BETTER, words)
        causes = self._session.placement.unserved_by_reason()
        causes_text = tr(", ").join(
            tr("{} MW because of {}", format_number(mw), reason_said(reason))
            for reason, mw in causes.items()
        )
        held = tr("held back by {}", reason_said(next(iter(causes))))
        words = sentences(explanation, tr("{}.", causes_text))
        return _Card("unserved", label, format_number(unserved_mw), "MW", held, WORSE, words)


def _of_carbon(changes: Mapping[str, float]) -> Markup:
    """The same move of load by every estimate of carbon intensity."""
    listed = (
        html("<b>{}</b> by {}", percent(change), tr(signal)) for signal, change in changes.items()
    )
    return html("CO₂: {}.", joined(listed, tr(", ")))


def _cards_html(cards: list[_Card], css_class: str) -> Markup:
    return html('<div class="{}">{}</div>', css_class, joined(card.html() for card in cards))


def _water(placement: Placement, base: Ghost, now: dict[str, Headline]) -> list[_Card]:
    """Water, where regions say what they use."""
    water = now.get("water_l_per_h")
    if water is None:
        return []
    shown = _written(water, "m³/h", L_PER_M3)
    explanation = tr(
        "Water that the facilities use, by the litres per kWh of IT energy of each region."
    )
    if water.change == water.change or water.basis == basis_of(placement, base.placement):
        return [_against(base, "water", tr("Water"), shown, explanation)]
    known = tr("known for {:.0f} % of the load", 100 * placement.water_known_share)
    unclaimed = tr("It is {}, so no change is claimed.", water.basis)
    value, words = format_number(shown.value), sentences(explanation, unclaimed)
    return [_Card("water", tr("Water"), value, shown.unit, known, NEUTRAL, words)]


def _against_what(base: Ghost, placement: Placement) -> str:
    """What figures are compared with, in plain words where that is a rule."""
    return (
        base.short if base.name else setting_text("baseline_rule", placement.network.baseline_rule)
    )


def _forced(placement: Placement) -> str:
    """How much of what moves has to."""
    split = forced_and_chosen(placement)
    return tr(
        "{forced} MW find no room at home, {chosen} MW move by choice: they make {of_forced} and {of_chosen} USD/h"
        " of the saving.",
        forced=format_number(split.relocated_forced_mw), chosen=format_number(split.relocated_chosen_mw),
        of_forced=figure(split.saving_forced_usd_per_h, "USD/h"),
        of_chosen=figure(split.saving_chosen_usd_per_h, "USD/h"),
    )  # fmt: skip


def _gap(placement: Placement) -> str:
    """How good the choice of hosts is."""
    if placement.gap_usd_per_h < 1:
        return ""
    gap = figure(placement.gap_usd_per_h, "USD/h")
    return tr("Another choice of hosts could be up to {} USD/h cheaper.", gap)


def _capitalised(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _written(of: Headline, unit: str, per: float = 1.0) -> Headline:
    """A figure in a unit that is so many of its own, as cards have room for, as it is wanted."""
    factor, unit = units().of(unit)
    written = {name: getattr(of, name) * factor / per for name in ("value", "baseline", "change")}
    return replace(of, unit=unit, **written)


def _against(base: Ghost, name: str, label: str, of: Headline, explanation: str) -> _Card:
    """A figure that is better when smaller, with its change against the baseline or a pin."""
    then = f"{format_number(of.baseline)} {of.unit}"
    if of.basis:
        delta = tr("{} per MWh served", percent(of.change_percent))
        words = sentences(
            explanation,
            tr("In {}: {}.", base.said, then),
            tr("Compared {} than in {}.", of.basis, base.said),
        )
        return _Card(name, label, format_number(of.value), of.unit, delta, NEUTRAL, words)
    explanation = sentences(
        explanation,
        tr("In {}: {}, now {}.", base.said, then, signed(of.change)),
    )
    still = abs(of.change) <= 5e-4 * abs(of.baseline)
    colour = NEUTRAL if still else BETTER if of.change < 0 else WORSE
    arrow = "" if still else "▼ " if of.change < 0 else "▲ "
    delta = f"{arrow}{percent(of.change_percent)}"
    more = tr("vs {}", base.short) if base.name else ""
    return _Card(name, label, format_number(of.value), of.unit, delta, colour, explanation, more)
