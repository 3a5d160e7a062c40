"""Whose figures a view shows, in the help of its card and wherever else there is room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from explorer.app.live.pane import LivePane
from explorer.markup import html, joined
from explorer.model.inputs import LABELS
from explorer.model.labels import Labels, publisher_shown
from explorer.registry import MEASURES
from explorer.session import Session
from explorer.text import UNSURE, sentence, uncertain_mark


def name_sources(pane: LivePane, session: Session, measure: str) -> None:
    """Keep the help of a card in step with whose figures its measure is made of."""
    told: list[Any] = [None]

    def tell(*_events: Any) -> None:
        labels = session.network.labels
        if labels.sources is not told[0]:
            told[0] = labels.sources
            pane.name_sources(sources_html(labels, MEASURES[measure].reads))

    session.param.watch(tell, "placement")
    tell()


def sources_html(labels: Labels, inputs: Iterable[str]) -> Markup:
    """A line for every input that has sources: who publishes it, when, and what is no reading."""
    lines = joined(
        html("<p><b>{}</b> {}</p>", sentence(LABELS[name]), _publishers(labels, name))
        for name in inputs
        if labels.sources.by_input[name]
    )
    if not lines:
        return html('<div class="sources"><p>The scenario names no sources.</p></div>')
    about = html("Made of these inputs; {} marks estimates and proxies. More under Data.", UNSURE)
    return html('<div class="sources"><p>{}</p>{}</div>', about, lines)


def _publishers(labels: Labels, name: str) -> Markup:
    """Publisher and year of each source of an input; the drawer has the rest."""
    sources = labels.sources.by_input[name]
    texts = (f"{uncertain_mark([s])}{publisher_shown(s)} {s.year}".strip() for s in sources)
    return joined(dict.fromkeys(texts), "; ")
