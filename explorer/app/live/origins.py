"""Whose figures a view shows, in the help of its card and wherever else there is room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from explorer.app.live.pane import LivePane
from explorer.markup import html, joined, sentences
from explorer.model.inputs import LABELS, InputSources
from explorer.model.labels import Labels, publisher_of
from explorer.registry import MEASURES
from explorer.scenario.provenance import QUALITIES, Source
from explorer.session import Session
from explorer.text import BRIEFLY, UNSURE, licence_of, sentence, uncertain_mark
from explorer.words import language, mark, tr

ABOUT = mark("Made of these inputs; {} marks estimates and proxies. More under Data.")


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
    """
    A line for every input that has sources: how sure, who publishes it, when, by what licence.
    """
    return _listed_by_input(language(), labels.sources, tuple(inputs))


@lru_cache(maxsize=256)  # of all users: sources are one object as long as nothing changes
def _listed_by_input(_language: str, found: InputSources, inputs: tuple[str, ...]) -> Markup:
    lines = joined(source_line(found, name) for name in inputs)
    if not lines:
        return html('<div class="sources"><p>The scenario names no sources.</p></div>')
    return html('<div class="sources"><p>{}</p>{}</div>', tr(ABOUT, UNSURE), lines)


def source_line(found: InputSources, name: str) -> Markup:
    """The line of one input; nothing where it has no sources."""
    if not found.by_input[name]:
        return html("")
    return html("<p><b>{}</b> {}</p>", sentence(tr(LABELS[name])), _told(found.by_input[name]))


def _told(of_input: Sequence[Source]) -> Markup:
    """The sources of an input, the surest first: publisher, year and licence of each."""
    return sentences(
        html("<i>{}{}:</i> {}", uncertain_mark(sources), tr(BRIEFLY[quality]), _listed(sources))
        for quality in QUALITIES
        if (sources := [s for s in of_input if s.quality == quality])
    )


def _listed(sources: list[Source]) -> Markup:
    """Each publisher once with its years, by licence."""
    years: dict[tuple[str, str], dict[str, None]] = {}
    for source in sources:
        of = publisher_of(source), licence_of(source)
        years.setdefault(of, {})[source.year] = None
    texts = (
        f"{publisher} {', '.join(filter(None, when))}".strip()
        + (f" ({licence})" if licence else "")
        for (publisher, licence), when in years.items()
    )
    return html("{}.", joined(texts, tr("; ")))
