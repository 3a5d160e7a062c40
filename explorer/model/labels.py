"""What people read on pictures and no number depends on: names, and whose data it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from unicodedata import bidirectional, category

import pandas as pd

from explorer.cache import Memo
from explorer.model.inputs import InputSources, input_sources, sources_key
from explorer.registry import MEASURES
from explorer.scenario.provenance import Source
from explorer.scenario.scenario import Scenario
from explorer.scenario.table_memo import key_of
from explorer.scenario.translations import spoken
from explorer.words import language, mark, tr

# how a figure got here is in sources.csv; whether it is a proxy or an estimate is said
_ASIDE = re.compile(
    r"\s*\([^()]*\)|^Computed by |[,;] (assigned|compiled|fit|from|quoted|underlying) .*"
)
_BY_QUALITY = {"assigned": mark("{} (as a proxy)"), "estimate": mark("{} (estimates)")}

ISOLATE, END = "\u2068", "\u2069"  # around what runs in the direction of its own first letter
# nothing to see: keeps two signs apart that Bokeh would take for the beginning of a formula
_APART = "\u2060"
_FORMULA = re.compile(r"\$(?=\$)|\\(?=[\[(])")
_HIDDEN = ("Cc", "Cf", "Cs")  # control and format characters, halves of characters
_REPLACED = "\ufffd"
_RIGHT_TO_LEFT = ("R", "AL", "AN")
# Persian, Indian scripts and emoji need them within a word
_JOINER = re.compile(
    r"(?<=[^\x00-\u02ff\u2000-\u206f])[\u200c\u200d](?=[^\x00-\u02ff\u2000-\u206f])"
)


@lru_cache(maxsize=4096)
def as_shown(name: str) -> str:
    r"""
    A name as it stands in a line of text, wherever that is: in HTML, on a canvas, in print, in a
    terminal.

    It stays on its line, hides nothing, makes no formula, and one with letters from right to left
    is isolated, so that a number behind it stays behind it.

    >>> as_shown("Dallas\n\tEast"), as_shown("gro\u202ess"), as_shown("Zürich")
    ('Dallas East', 'gro\ufffdss', 'Zürich')
    >>> as_shown("דבי") == "\u2068דבי\u2069"
    True
    """
    joiners = {found.start() for found in _JOINER.finditer(name)}
    visible = "".join(
        _REPLACED if category(c) in _HIDDEN and not c.isspace() and n not in joiners else c
        for n, c in enumerate(name)
    )
    line = _FORMULA.sub(rf"\g<0>{_APART}", " ".join(visible.split()))
    return (
        f"{ISOLATE}{line}{END}" if any(bidirectional(c) in _RIGHT_TO_LEFT for c in line) else line
    )


def plain(text: str) -> str:
    """A text without what `as_shown` puts between and around its characters, for files."""
    return text.replace(_APART, "").replace(ISOLATE, "").replace(END, "")


def plain_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table all of whose texts and headings are `plain`."""
    cells = table.map(lambda cell: plain(cell) if isinstance(cell, str) else cell)
    return cells.rename(columns=plain)


def isolated(lines: Iterable[str]) -> list[str]:
    """
    Lines of a text that was broken, where a name that goes on in the next is isolated in both.
    """
    made, within = [], False
    for line in lines:
        whole = f"{ISOLATE}{line}" if within else line
        within = whole.count(ISOLATE) > whole.count(END)
        made.append(f"{whole}{END}" if within else whole)
    return made


def told_apart(ids: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """
    Names as shown, with its id beside each that several things share, and for one that has no name.

    >>> told_apart(["ash-1", "ash-2", "sin"], ["Ashburn", "Ashburn", "Singapore"])
    ('Ashburn (ash-1)', 'Ashburn (ash-2)', 'Singapore')
    """
    marks: Sequence[str] = [as_shown(id) for id in ids]
    known = [as_shown(name) or mark for name, mark in zip(names, marks, strict=True)]
    while len(set(known)) < len(known):
        count = Counter(known)
        known = [
            f"{n} ({mark})" if count[n] > 1 else n for n, mark in zip(known, marks, strict=True)
        ]
        marks = [str(place) for place in range(1, len(known) + 1)]  # where ids look the same, too
    return tuple(known)


def short(name: str) -> str:
    """
    A name without what it says in brackets.

    >>> short("Texas (Dallas - Midlothian)")
    'Texas'
    """
    return name.split(" (")[0]


class NamesById(dict[str, str]):
    """What things are called; one that is not among them is called by its id."""

    def __missing__(self, id: str) -> str:
        return as_shown(id)

    def __deepcopy__(self, _memo: object) -> NamesById:
        return self  # nobody changes them, and pandas copies what is in `attrs` with every column

    def put_in(self, table: pd.DataFrame, *columns: str) -> pd.DataFrame:
        """The table with names for ids in columns that hold several, joined by "; "."""
        named = {column: [self._listed(cell) for cell in table[column]] for column in columns}
        return table.assign(**named)

    def _listed(self, ids: str) -> str:
        return tr("; ").join(self[id] for id in ids.split("; ") if id)


class _List(list[Any]):
    def __deepcopy__(self, _memo: object) -> _List:
        return self


class _Dict(dict[Any, Any]):
    def __deepcopy__(self, _memo: object) -> _Dict:
        return self


def kept(value: Any) -> Any:
    """
    A list or a dict for the `attrs` of a table, as one that nobody may change: pandas copy what is
    in `attrs` with every column, which takes ten times as long as the column.
    """
    if isinstance(value, NamesById):
        return value
    return (
        _List(value)
        if isinstance(value, list)
        else _Dict(value)
        if isinstance(value, dict)
        else value
    )


@dataclass(frozen=True, slots=True)
class Labels:
    """Names as shown, in the order of a network's axes; none twice."""

    title: str
    regions: tuple[str, ...]
    short_regions: tuple[str, ...]  # without what is in brackets, where that tells them apart
    clients: tuple[str, ...]
    classes: tuple[str, ...]
    workloads: tuple[str, ...]  # id and name of every class, once where both are the same word
    zones: NamesById = field(hash=False)  # legal zones, without what is in brackets
    sources: InputSources
    carbon_signal: str  # which intensity emissions are by
    hour: int | str  # UTC, or "average"
    season: str  # of the north, or "annual"

    def sources_of(self, inputs: Iterable[str]) -> tuple[Source, ...]:
        """The sources of the figures that some inputs are made of, each once."""
        return _of_inputs(self.sources, inputs)

    def publishers_of(self, measure: str) -> tuple[str, ...]:
        """Whose figures a measure is made of, each publisher once; proxies and estimates say so."""
        return _publishers(self.sources, measure, language())

    def put_on(self, table: pd.DataFrame, measure: str, **more: Any) -> pd.DataFrame:
        """
        A table of the same data, with title and publishers as its `attrs`, so that its picture can
        say them: those of what `measure`, its name in the registry, is made of.

        `more` is what else the picture says and no column does: plain values, by name. The table
        handed in may be remembered for others, and stays as it is.
        """
        labelled = table.copy(deep=False)
        publishers = list(self.publishers_of(measure))
        said = {"title": self.title, "publishers": publishers, "measure": measure, **more}
        labelled.attrs = {name: kept(value) for name, value in said.items()}
        return labelled


def _of_inputs(sources: InputSources, inputs: Iterable[str]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(source for name in inputs for source in sources.by_input[name]))


@lru_cache(maxsize=256)  # asked at each move
def _publishers(sources: InputSources, measure: str, _language: str) -> tuple[str, ...]:
    used = _of_inputs(sources, MEASURES[measure].reads)
    return tuple(dict.fromkeys(publisher_shown(source) for source in used))


def publisher_shown(source: Source) -> str:
    """
    Whose figure it is, briefly, and what it is where it is no reading.

    >>> publisher_shown(Source("proxy-near", publisher="Google, assigned by Wattlas"))
    'Google (as a proxy)'
    """
    publisher = publisher_of(source)
    said = _BY_QUALITY.get(source.quality)
    return tr(said, publisher) if said else publisher


def publisher_of(source: Source) -> str:
    """Who publishes a source, without how the figures got here; its key where nobody is named."""
    return as_shown(_ASIDE.sub("", source.publisher) or source.key)


def labels_of(scenario: Scenario) -> Labels:
    """The labels of a scenario as it is now, in the language that is spoken."""
    named = _named.find(_key(scenario), lambda: _made_of(scenario))
    hour, season = scenario.hour, str(scenario.season)
    if (named.hour, named.season) == (hour, season):
        return named
    return replace(named, hour=hour, season=season)


_named: Memo[Labels] = Memo(size=32)


def _key(scenario: Scenario) -> Hashable:
    """Changes when a label may, but for the moment."""
    return (
        language(),
        scenario.title,
        key_of(scenario.regions, "id", "name"),
        key_of(scenario.clients, "id", "name"),
        key_of(scenario.legal_zones, "legal_zone", "name"),
        key_of(scenario.translations, "language", "text", "translation"),
        tuple((w.id, w.name) for w in scenario.workloads.values()),
        sources_key(scenario),
    )


def _made_of(scenario: Scenario) -> Labels:
    clients, classes, said = scenario.clients, scenario.workloads, spoken(scenario.translations)
    regions = [said(str(name)) for name in scenario.regions["name"]]
    full = told_apart(scenario.regions["id"], regions)
    return Labels(
        title=as_shown(said(scenario.title)),
        regions=full,
        short_regions=_shortened(full, regions),
        clients=told_apart(clients["id"], (said(str(name)) for name in clients["name"])),
        classes=told_apart(classes, (said(w.name) for w in classes.values())),
        workloads=tuple(class_label(w.id, w.name, said(w.name)) for w in classes.values()),
        zones=_zones(scenario.legal_zones, said),
        sources=input_sources(scenario),
        carbon_signal=str(scenario.carbon_signal),
        hour=scenario.hour,
        season=str(scenario.season),
    )


def title_shown(scenario: Scenario) -> str:
    """What a scenario is called, in the language that is spoken."""
    return as_shown(scenario.said(scenario.title))


def _zones(table: pd.DataFrame | None, said: Callable[[str], str]) -> NamesById:
    """Legal zones by id; none is named where no table does."""
    if table is None:
        return NamesById()
    ids, names = table["legal_zone"], [said(str(name)) for name in table["name"]]
    return NamesById(zip(ids, _shortened(told_apart(ids, names), names), strict=True))


def class_label(id: str, name: str, said: str = "") -> str:
    """
    A class by its id, which sentences say, and by its name, where that is another word; `said` is
    the name in another language.

    >>> class_label("A", "Interactive"), class_label("chat", "Chat"), class_label("chat", "Chat", "Gespräch")
    ('A Interactive', 'Chat', 'Gespräch')
    """
    shown = as_shown(said or name)
    return shown if id.lower() == name.lower() else f"{as_shown(id)} {shown}"


def brief_class(id: str, name: str, said: str) -> str:
    """
    A class where there is little room: its id, or in the language that is spoken what that says.

    >>> brief_class("A", "Interactive", "Interaktiv"), brief_class("chat", "Chat", "Gespräch")
    ('A', 'Gespräch')
    """
    return as_shown(said if id.lower() == name.lower() else id)


def _shortened(full: Sequence[str], names: Iterable[str]) -> tuple[str, ...]:
    """Names without what is in brackets, or in full where several would be the same."""
    brief = [as_shown(short(name)) or label for name, label in zip(names, full, strict=True)]
    count = Counter(brief)
    return tuple(
        label if count[name] > 1 else name for name, label in zip(brief, full, strict=True)
    )
