"""One file of signals as numbers: what its cells say, or everything wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import Problem
from explorer.scenario import csv_text, validation
from explorer.scenario.files import AmissError
from explorer.scenario.schema import LARGEST, Column, Table
from explorer.scenario.signals.layouts import (
    FIGURES,
    NO_TIME,
    PRICE,
    TIMES,
    USD,
    Laid,
    laid_out,
)
from explorer.words import mark, tr

Floats = NDArray[np.float64]
Seconds = NDArray[np.int64]  # of UTC since 1970

CSV, PARQUET = ".csv", ".parquet"
ZONES_FILE = "zones.csv"
MOST_ROWS = 1_000_000  # of a file: a year of a hundred zones, hour by hour
_MOST_BYTES = 1 << 28  # of a Parquet file's columns once they are unpacked
MOST_CARBON = (
    5000.0  # the dirtiest plants emit some 1,500 [g/kWh]; a mark for "nothing" is above it
)
RATE = "usd_per_unit"
_INSTALL = 'pip install "wattlas[sweep]"'
_MAGIC = b"PAR1"  # begins and ends a Parquet file that is whole
_YEARS = range(1970, 2201)
_SHORTER = mark("Leave out times that have long passed.")
_NULS_WITHIN = 1000  # bytes: text in UTF-8 has none, and in UTF-16 or a space kept free has soon

_PLAIN = Table(
    file="",
    doc="prices and carbon of zones by time",
    key=(),  # of rows about the same, the last counts
    columns=(
        Column("time", mark("when it holds from")),
        Column("zone", mark("the zone of the grid")),
        Column("currency", mark("the currency of the price"), required=False),
        Column(PRICE, mark("the wholesale price"), "number", mark("per MWh"), required=False),
        *(
            Column(
                name,
                mark("the carbon intensity"),
                "number",
                "g/kWh",
                required=False,
                low=0,
                high=MOST_CARBON,
            )
            for name in FIGURES
            if name != PRICE
        ),
    ),
)
_ZONES = Table(
    file=ZONES_FILE,
    doc="which regions lie in which zone of the grid",
    key=("zone", "region"),
    columns=(
        Column("zone", mark("the zone as the files of signals name it")),
        Column("region", mark("the id of a region in it")),
        Column(
            RATE,
            mark("what a unit of the currency of its prices is worth"),
            "number",
            "USD",
            required=False,
            low=0,
            high=LARGEST,
            above_low=True,
        ),
    ),
)


class UnfinishedError(Exception):
    """A file that somebody is still writing."""


@dataclass(frozen=True)
class Parsed:
    """The figures of a file, row by row, in its order."""

    layout: str
    line: NDArray[np.int64]  # in the file
    time_s: Seconds
    zone: NDArray[np.object_]
    currency: NDArray[np.object_]
    figures: Mapping[str, Floats]  # NaN where a row has none


@dataclass(frozen=True)
class Zone:
    """Which regions a zone of the grid is for, by id, and what its currency is worth. [USD]"""

    regions: tuple[str, ...]
    usd_per_unit: float | None


def parsed(data: bytes, file: str) -> Parsed | list[Problem]:
    """
    The figures of a file, or everything wrong with it.

    Parameters
    ----------
    data : bytes
        All of it.
    file : str
        Its name, which says what it is.

    Raises
    ------
    UnfinishedError
        If its end is not there yet.
    AmissError
        If it is too large, or no such file.
    """
    frame, problems = _table(data, file)
    if problems:
        return problems
    laid = laid_out(frame, file)
    if isinstance(laid, Problem):
        return [laid]
    clean, problems = validation.parse_as(_PLAIN, "", laid.frame, file)
    time_s, wrong = _seconds(clean, laid, file)
    problems = sorted([*problems, *wrong], key=lambda problem: problem.row or 0)
    if problems:
        return [_as_in_file(problem, laid) for problem in problems]
    figures = {
        name: clean[name].to_numpy(float) * laid.factor.get(name, 1.0)
        for name in FIGURES
        if name in clean
    }
    currency = clean.get("currency", pd.Series(USD, clean.index, dtype=object))
    line = laid.frame.index.to_numpy(np.int64)
    return Parsed(laid.layout, line, time_s, _texts(clean["zone"]), _texts(currency), figures)


def parsed_zones(data: bytes) -> Mapping[str, Zone] | list[Problem]:
    """The zones of a file `zones.csv`, or everything wrong with it; raises as `parsed` does."""
    frame, problems = _table(data, ZONES_FILE)
    if problems:
        return problems
    clean, problems = validation.parse_as(_ZONES, "", frame, ZONES_FILE)
    if problems:
        return problems
    rates: Any = clean[RATE] if RATE in clean else pd.Series(np.nan, clean.index)
    log = validation.ProblemLog(ZONES_FILE, frame.index)
    zones = {
        str(zone): Zone(tuple(rows["region"]), _rate(rates[rows.index].dropna(), log))
        for zone, rows in clean.groupby("zone", sort=False)
    }
    return log.problems or zones


def _rate(known: Any, log: validation.ProblemLog) -> float | None:
    """The rate of a zone, if there is any; rows that have another one are noted."""
    for position, rate in known.items():
        if rate != known.iloc[0]:
            what = tr("row {} has another rate for the same zone.", log.row(known.index[0]))
            log.note(position, RATE, rate, what, tr("Keep one of them."))
    return float(known.iloc[0]) if len(known) else None


def _table(data: bytes, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    return _of_parquet(data) if file.endswith(PARQUET) else _of_csv(data, file)


def _of_csv(data: bytes, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Every line ends with a break, also the last: one without may go on."""
    if b"\0" in data[:_NULS_WITHIN]:
        raise _not_utf_8()
    if not data.endswith(b"\n"):
        raise UnfinishedError
    if data.count(b"\n") > MOST_ROWS + 1:
        raise AmissError(tr("the file has more than {:,} rows.", MOST_ROWS), tr(_SHORTER))
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise _not_utf_8() from None
    first = text.partition("\n")[0]
    tabs = "\t" in first and "," not in first
    return csv_text.read(text, file, "\t" if tabs else ",")


def _not_utf_8() -> AmissError:
    return AmissError(tr("this is no text in UTF-8."), tr("Save it as UTF-8."))


def _of_parquet(data: bytes) -> tuple[pd.DataFrame, list[Problem]]:
    if len(data) < 2 * len(_MAGIC) or not (data.startswith(_MAGIC) and data.endswith(_MAGIC)):
        raise UnfinishedError
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        what = tr("Parquet needs the package pyarrow, which is not installed.")
        raise AmissError(what, tr("Run: {}; or write CSV.", _INSTALL)) from None
    try:
        about = parquet.read_metadata(arrow.BufferReader(data))
        _refuse_large(about)
        columns = [about.schema.column(n) for n in range(about.num_columns)]
        # a text that stands in a million rows is kept once
        texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
        opened = parquet.ParquetFile(arrow.BufferReader(data), read_dictionary=texts)
        frame = opened.read(use_threads=False).to_pandas(ignore_metadata=True).astype(object)
    except (arrow.ArrowException, OSError, ValueError) as error:
        what = tr("it cannot be read as Parquet: {}.", type(error).__name__)
        fix = tr("Write it anew, and put it in place when it is whole.")
        raise AmissError(what, fix) from None
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame, []


def _refuse_large(about: Any) -> None:
    groups = (about.row_group(n) for n in range(about.num_row_groups))
    if about.num_rows > MOST_ROWS or sum(group.total_byte_size for group in groups) > _MOST_BYTES:
        what = tr(
            "the file has more than {:,} rows, or {:,} MB unpacked.", MOST_ROWS, _MOST_BYTES >> 20
        )
        raise AmissError(what, tr(_SHORTER))


def _seconds(clean: pd.DataFrame, laid: Laid, file: str) -> tuple[Seconds, list[Problem]]:
    """The times of the rows, and what is wrong with them."""
    if "time" not in clean:
        return np.empty(0, np.int64), []
    texts = clean["time"].tolist()
    known = {text: _second(text, laid.instant) for text in {*texts}}
    log = validation.ProblemLog(file, laid.frame.index)
    for position, text in enumerate(texts):
        if text and isinstance(amiss := known[text], str):
            log.note(position, "time", text, tr(amiss), tr(TIMES))
    seconds = (0 if isinstance(known[text], str) else known[text] for text in texts)
    return np.array([*seconds], np.int64), log.problems


def _second(text: str, instant: Callable[[str], datetime]) -> int | str:
    """
    A time in whole minutes, as seconds since 1970; for what is no time of these centuries, why.
    """
    try:
        found = instant(text)
        return int(found.timestamp()) // 60 * 60 if found.year in _YEARS else NO_TIME
    except ValueError as error:
        return str(error)
    except OverflowError:
        return NO_TIME


def _as_in_file(problem: Problem, laid: Laid) -> Problem:
    """A problem with the column called as in the file."""
    heading = laid.headings.get(problem.column or "", problem.column)
    return replace(problem, column=heading or None)


def _texts(cells: Any) -> NDArray[np.object_]:
    return np.array(cells.tolist(), dtype=object)
