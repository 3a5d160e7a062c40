"""Where the figures of a scenario come from, and how sure each is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.scenario.scenario import Scenario
from explorer.scenario.schema import TABLES, Column
from explorer.scenario.table_memo import memo_of
from explorer.scenario.validation import SOURCE_SEPARATOR, is_source
from explorer.words import mark, sentences, tr

QUALITIES = ("read", "secondary", "estimate", "assigned", "unsourced")  # the surest first
MEANINGS = {
    "read": mark("read in the source itself"),
    "secondary": mark("read second hand"),
    "estimate": mark("our estimate"),
    "assigned": mark("a proxy: the value of another place or kind, assigned by us"),
    "unsourced": mark("no source given"),
}
UNCERTAIN = ("estimate", "assigned", "unsourced")  # what looks like it wherever shown

_PROXY = "proxy-"  # begins the keys of figures of another place or kind
_ASSIGNED_BY_US = "assigned by Wattlas"  # by whom, in the publisher of such a figure
_NO_TABLES = ("workloads", "sources")  # attributes of a scenario that are no tables of figures
# columns of numbers that say where or which a row is, or that Wattlas computes
_NO_FIGURES = (
    "latitude", "longitude", "hour_utc", "local_hour", "distance_km", "providers", "block",
)  # fmt: skip
_NOTICES = {  # by what licences are called, as regular expressions
    r"ODbL": mark(
        "Contains information from {}, made available under the Open Database License (ODbL 1.0)."
    ),
    r"CC BY(?!-)": mark(
        "Contains data of {}, licensed under Creative Commons Attribution (CC BY 4.0), changed by Wattlas."
    ),
}
_OURSELVES = "Wattlas"
_PARENTHESES = re.compile(r"\s*\([^()]*\)")
_STATUSES = ("inbound", "outbound", "status", "allowed", "offered")  # facts that are no numbers
_SOURCES = {  # of a column whose source column does not share its words
    "fixed_usd_per_mwh": "price_source",
    "carbon_in_price_usd_per_t": "price_source",
    "price_usd_per_mwh": "price_source",
    "carbon_g_per_kwh": "carbon_source",
    "request_kb": "size_source",
    "response_kb": "size_source",
    "state_mb": "size_source",
    "context_tokens": "size_source",
    "prefill_ms": "time_source",
    "processing_ms": "time_source",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One row of `sources.csv`; what is blank there is the empty text."""

    key: str
    title: str = ""
    publisher: str = ""
    year: str = ""
    url: str = ""
    licence: str = ""
    note: str = ""
    access: str = ""

    @property
    def quality(self) -> str:
        """
        How sure a figure from it is. One that does not say how it was read counts as second hand.

        >>> Source("proxy-neighbour", access="read").quality, Source("eia", access="read").quality
        ('assigned', 'read')
        """
        if self.key.startswith(_PROXY) or _ASSIGNED_BY_US in self.publisher:
            return "assigned"
        access = self.access.strip().lower()
        return next((quality for quality in QUALITIES if quality == access), "secondary")

    @property
    def citation(self) -> str:
        """
        The source in a line: what, by whom, when, under which licence, how sure.

        >>> Source("eia", "Form EIA-861M", "US EIA", "2024", licence="US public domain", access="read").citation
        'Form EIA-861M. US EIA, 2024. US public domain. Read in the source itself.'
        """
        known = tr(MEANINGS[self.quality])
        by_whom = tr(", ").join(part for part in (self.publisher, self.year) if part)
        parts = (self.title or self.key, by_whom, self.licence, f"{known[0].upper()}{known[1:]}")
        return sentences(*(tr("{}.", part.rstrip(".")) for part in parts if part))


class Provenance:
    """The sources of every figure of a scenario, as its tables are now."""

    def __init__(self, scenario: Scenario) -> None:
        self.sources = sources_of(scenario)
        self.settings = {  # the sources of those settings that name them
            name: self.of_keys(cell) for name, cell in scenario.parameter_sources.items()
        }
        self.tables = _tables(scenario)  # of figures, by name

    def of_cell(self, table: str, row: int, column: str) -> tuple[Source, ...]:
        """The sources of a figure, by the position of its row; see `cell_sources`."""
        heading = source_column(self.tables[table], column)
        return self.of_keys(self.tables[table][heading].iat[row]) if heading else ()

    def heading_of(self, table: str, column: str) -> str | None:
        """The column of a table that names the sources of one of its figures; None for others."""
        frame = self.tables[table]
        return source_column(frame, column) if column in _figures(table, frame) else None

    def of_cells(self, table: str, column: str) -> tuple[tuple[Source, ...], ...]:
        """The sources of each figure of a column, in the order of the table."""
        frame = self.tables[table]
        heading = source_column(frame, column)
        if heading is None:
            return ((),) * len(frame)
        return tuple(self.of_keys(cell) for cell in frame[heading].tolist())

    def of_keys(self, cell: Any) -> tuple[Source, ...]:
        """The sources that a cell names, as far as `sources.csv` has them."""
        return tuple(self.sources[key] for key in keys_in(cell) if key in self.sources)

    def of_column(self, table: str, column: str) -> tuple[Source, ...]:
        """The sources of all figures of a column, each once, in the order of `sources.csv`."""
        frame = self.tables.get(table)
        if frame is None or not self.sources or column not in frame:
            return ()
        heading = source_column(frame, column)
        if heading is None:
            return ()
        cells = frame[heading].unique()
        return self.in_order(source for cell in cells for source in self.of_keys(cell))

    def in_order(self, sources: Iterable[Source]) -> tuple[Source, ...]:
        """Sources in the order of `sources.csv`, each once."""
        place = {key: n for n, key in enumerate(self.sources)}
        return tuple(sorted(dict.fromkeys(sources), key=lambda s: place.get(s.key, len(place))))

    def qualities(self, table: str, column: str) -> pd.Series:
        """The quality of every figure of a column, by the table's index; blank cells are left out."""
        frame: Any = self.tables[table]
        is_given = _is_given(frame[column])
        heading = source_column(frame, column)
        if heading is None:
            return pd.Series("unsourced", index=frame.index[is_given], dtype=object)
        cells = frame.loc[is_given, heading]
        known = {cell: worst(self.of_keys(cell)) for cell in cells.unique()}
        return cells.map(known).astype(object)

    def coverage(self) -> pd.DataFrame:
        """How many figures of each column are of each quality; see `coverage`."""
        rows = [
            {"table": table, "column": column}
            | dict.fromkeys(QUALITIES, 0)
            | self.qualities(table, column).value_counts().to_dict()
            for table, frame in self.tables.items()
            for column in _figures(table, frame)
        ]
        return pd.DataFrame(rows, columns=["table", "column", *QUALITIES])


def sources_of(scenario: Scenario) -> dict[str, Source]:
    """The rows of `sources.csv` by key, remembered as long as none is another."""
    table = scenario.sources
    return {} if table is None else memo_of(table).find("rows", lambda: _rows(table))


def _rows(table: pd.DataFrame) -> dict[str, Source]:
    known = [field.name for field in fields(Source) if field.name in table]
    cells = zip(*(map(_as_text, table[name].tolist()) for name in known), strict=True)
    rows = (dict(zip(known, row, strict=True)) for row in cells)
    return {row["key"]: Source(**row) for row in rows}


def cell_sources(scenario: Scenario, table: str, row: int, column: str) -> tuple[Source, ...]:
    """
    The sources of one figure of a scenario.

    A column is covered by the `..._source` column that shares most of its words, else by the
    table's column `source`.

    Parameters
    ----------
    scenario : Scenario
    table : str
        Name of the table, as `"regions"`.
    row : int
        Position of the row, from 0.
    column : str
        Name of the column, as `"pue"`.

    Returns
    -------
    tuple of Source
        In the order of the cell; empty where the scenario names none.

    Raises
    ------
    KeyError
        If the scenario has no such table.

    Examples
    --------
    >>> scenario = Scenario.load("world-2025")
    >>> [source.quality for source in cell_sources(scenario, "regions", 0, "pue")]
    ['read']
    """
    return Provenance(scenario).of_cell(table, row, column)


def cell_quality(scenario: Scenario, table: str, row: int, column: str) -> str:
    """How sure one figure is: as sure as the least sure of its sources; see `cell_sources`."""
    return worst(cell_sources(scenario, table, row, column))


def coverage(scenario: Scenario) -> pd.DataFrame:
    """
    How many figures of each column are of each quality.

    Returns
    -------
    pandas.DataFrame
        table, column, and a count per quality: read, secondary, estimate, assigned, unsourced.
        Columns of numbers and legal statuses; blank cells and places do not count.
    """
    return Provenance(scenario).coverage()


def worst(sources: Iterable[Source]) -> str:
    """
    The quality of a figure that rests on all of these sources.

    >>> worst([Source("eia", access="read"), Source("adder", access="estimate")]), worst([])
    ('estimate', 'unsourced')
    """
    return max((source.quality for source in sources), key=QUALITIES.index, default="unsourced")


def notices(sources: Iterable[Source]) -> list[str]:
    """
    What licences ask to be said wherever figures of these sources are shown, a sentence each.

    >>> notices([Source("em", publisher="Electricity Maps (via x)", licence="ODbL 1.0")])
    ['Contains information from Electricity Maps, made available under the Open Database License (ODbL 1.0).']
    """
    asked: dict[str, list[str]] = {sentence: [] for sentence in _NOTICES.values()}
    for source in sources:
        for licence, sentence in _NOTICES.items():
            name = _PARENTHESES.sub("", source.publisher)
            if re.search(licence, source.licence) and not name.endswith(_OURSELVES):
                asked[sentence].append(name)
    return [
        tr(sentence, tr("; ").join(dict.fromkeys(names)))
        for sentence, names in asked.items()
        if names
    ]


def source_column(frame: pd.DataFrame, column: str) -> str | None:
    """
    The column of a table that names the sources of another; None where there is none.

    >>> table = pd.DataFrame(columns=["price_source", "share_source", "state_local_source", "source"])
    >>> [source_column(table, name) for name in ("electricity_price_usd_per_mwh", "pue")]
    ['price_source', 'source']
    >>> source_column(table, "state_local_share")
    'state_local_source'

    A bound may have sources of its own.

    >>> table["price_low_source"] = []
    >>> [source_column(table, f"electricity_price_usd_per_mwh_{bound}") for bound in ("low", "high")]
    ['price_low_source', 'price_source']
    """
    return _source_column(tuple(frame.columns.tolist()), column)


@lru_cache(maxsize=4096)  # asked at each move, and always the same of the same table
def _source_column(names: tuple[str, ...], column: str) -> str | None:
    for bound in ("_low", "_high"):
        if column.endswith(bound):
            heading = _source_column(names, column.removesuffix(bound))
            own = f"{_stem(heading)}{bound}_source" if heading else ""
            return own if own in names else heading
    headings = [name for name in names if is_source(name) and name != "source"]
    fitting = [name for name in headings if f"_{_stem(name)}_" in f"_{column}_"]
    declared = _SOURCES.get(column, "source")
    fallback = next((name for name in (declared, "source") if name in names), None)
    return max(fitting, key=lambda name: (_stem(name).count("_"), len(name)), default=fallback)


def keys_in(cell: Any) -> list[str]:
    """The source keys of a cell."""
    return [key for part in _as_text(cell).split(SOURCE_SEPARATOR) if (key := part.strip())]


def _tables(scenario: Scenario) -> dict[str, pd.DataFrame]:
    """The tables that a scenario has; profiles have the sources that their regions name for them."""
    frames = {name: getattr(scenario, name) for name in TABLES if name not in _NO_TABLES}
    frames["workloads"] = scenario.workloads_table()
    found = {name: frame for name, frame in frames.items() if frame is not None}
    regions, profiles = found["regions"], found.get("profiles")
    if profiles is not None and "source" not in profiles and "profile_source" in regions:
        by_region = regions.set_index("id")["profile_source"]
        found["profiles"] = profiles.assign(source=profiles["region_id"].map(by_region))
    return found


def _figures(table: str, frame: pd.DataFrame) -> Iterator[str]:
    """The columns that hold what a source can be asked for."""
    declared = {column.name: column for column in TABLES[table].columns}
    for name in map(str, frame.columns):
        if name in _STATUSES or _holds_figures(frame[name], declared.get(name)):
            yield name


def _holds_figures(cells: Any, declared: Column | None) -> bool:
    """Whether a column has numbers of its own: no places, no keys, not the declared default alone."""
    if cells.name in _NO_FIGURES or (declared and declared.kind != "number"):
        return False
    numbers = np.asarray(pd.to_numeric(cells, errors="coerce"), float)
    known = numbers[~np.isnan(numbers)]
    default = declared is not None and bool((known == declared.default).all())
    return bool(known.size) and known.size == _is_given(cells).sum() and not default


def _is_given(cells: pd.Series) -> NDArray[np.bool_]:
    """Which cells are not blank."""
    return (cells.notna() & (cells != "")).to_numpy()


def _stem(heading: str) -> str:
    return heading.removesuffix("_source")


def _as_text(cell: Any) -> str:
    """A cell as text, a whole number without its point; "" where it is missing."""
    if cell is None or cell != cell:
        return ""
    return str(cell).removesuffix(".0") if isinstance(cell, float) else str(cell)
