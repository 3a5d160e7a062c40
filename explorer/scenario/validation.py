"""
Whether the tables of a scenario make sense, each by itself and all together; everything wrong, at
once.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import MOST_SHOWN, Problem
from explorer.scenario import translations
from explorer.scenario.hints import ANY_ZONE, closest, nearest, timezone_fix, timezones
from explorer.scenario.profiles import ABSOLUTE, over_mean
from explorer.scenario.schema import ENDS, TABLES, WORDS, Column, Table
from explorer.scenario.table_memo import memo_of
from explorer.words import mark, sentences, tr

SHARE_TOLERANCE = 1e-3  # shares typed with three decimals still sum to 1
SOURCE_SEPARATOR = ";"  # between the source keys of one cell
_BLANK = mark("the cell is blank.")
_COMMA = re.compile(r"[-+]?\d+,\d+")
LONGEST_ID = 250  # characters
MOST_HINTS = 20  # of one column: looking for near spellings takes long in a long list
CONTROL = ("Cc", "Zl", "Zp")  # Unicode's categories of control characters and line breaks
DIGITS = mark("Write digits alone, with a point before the decimals, as 89.5.")


def parse(
    name: str, frame: pd.DataFrame, file: str | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """
    A clean copy of one table, and everything wrong inside it.

    Parameters
    ----------
    name : str
        Which table, a key of `explorer.scenario.schema.TABLES`.
    frame : pandas.DataFrame
        Cells as they stand in a file (text, the index counting lines) or as a user built them (any
        types).
    file : str, optional
        The file that the frame was read from. Without it, problems name the table, and rows by
        their label.

    Returns
    -------
    pandas.DataFrame
        The same columns, known ones by their names even if a heading has them in capitals or with
        blanks: known numbers as float64, NaN where one cannot be used; all else as plain strings,
        "" where blank, and known ones with each accent and its letter in one sign (NFC). On the
        right, optional numbers that have a default and were not there.
    list of Problem
        In the order of the rows; empty if the table can be used.
    """
    return parse_as(TABLES[name], name, frame, file)


def parse_as(
    table: Table, name: str, frame: pd.DataFrame, file: str | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """`parse` of a table that is declared anywhere."""
    found = [*map(str, frame.columns.tolist())]
    ranges = table.ranges if any(map(_may_be_an_end, found)) else ()
    known = {column.name: column for column in (*table.columns, *ranges)}
    headings = [_heading(heading, known) for heading in found]
    log = ProblemLog(file or name, frame.index)
    index = pd.RangeIndex(len(frame))  # one for all columns: what has another is aligned
    clean: dict[str, Any] = {}
    for heading, (_, cells) in zip(headings, frame.items(), strict=True):
        column = known.get(heading)
        if heading in clean:
            what = tr("the column is there more than once.")
            log.note(None, heading, None, what, tr("Keep one of them."))
        elif column is None:
            clean[heading] = _texts(map(_as_text, cells.tolist()), index)
        elif column.kind == "number":
            clean[heading] = _numbers(column, cells, log)
        else:
            clean[heading] = _texts(_checked_texts(column, cells.tolist(), log), index)
            if column.kind == "id":
                _note_unfit_ids(name, column, clean[heading], log)
    log.note_commas()
    unknown = list(islice((heading for heading in headings if heading not in known), MOST_SHOWN))
    for column in table.columns:
        if column.name not in clean and column.required:
            fix = tr("Add it: {}", column.meaning)
            if close := closest(column.name, unknown):
                fix = tr("Did you mean it by {!r}? Then rename that column.", close)
            row, what = None if file is None else 1, tr("the column is missing.")
            log.problems.append(Problem(log.file, row, column.name, None, what, fix))
        elif column.name not in clean and column.default is not None:
            clean[column.name] = np.full(len(frame), float(column.default))
    if table.any_of and not set(table.any_of) & set(clean):
        some = tr(", ").join(table.any_of[:-1])
        what = tr("there is no column {} or {}.", some, table.any_of[-1])
        meant = next(filter(None, (closest(heading, table.any_of) for heading in unknown)), None)
        fix = tr("Add at least one of them.")
        if meant:
            fix = tr("Did you mean {!r} by one of the others?", meant)
        log.problems.append(Problem(log.file, None if file is None else 1, None, None, what, fix))
    for column in table.columns if ranges else ():
        _note_out_of_range(column.name, clean, log)
    result = pd.DataFrame(clean, index=index)
    if not len(frame):
        if table.required:
            fix = tr("Add rows: {}.", tr(table.doc))
            log.note(None, None, None, tr("the table has no rows."), fix)
    elif set(table.key) <= set(clean):
        _note_repetitions(table.key, clean, log)
    return result, sorted(log.problems, key=lambda problem: problem.row or 0)


def cross_check(
    tables: Mapping[str, pd.DataFrame], lines: Mapping[str, pd.Index] | None = None
) -> list[Problem]:
    """
    What is wrong between tables: names that no other table knows, shares that do not sum to one.

    An unknown name is reported once for each column, with the first row that has it.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables by name, as `parse` returned them. References into a table that is not there are not
        checked.
    lines : mapping of str to pandas.Index, optional
        For tables that were read from files, the line of each row.
    """
    problems = []
    for name, frame in tables.items():
        for problem in _contradictions(name, frame, tables):
            if lines is not None:
                row = None if problem.row is None else int(lines[name][problem.row])
                problem = replace(problem, file=TABLES[name].file, row=row)
            problems.append(problem)
    return problems


def to_one(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Shares that are accepted as they are, such as three of 0.333, scaled to a sum of 1: no load is
    lost in between.

    Others, which a slider has moved, stay.

    >>> to_one(np.array([0.333, 0.333, 0.333])).sum().item()
    1.0
    """
    total = shares.sum()
    return shares / total if abs(total - 1) <= SHARE_TOLERANCE else shares


class ProblemLog:
    """Writes down the problems of one table."""

    def __init__(self, file: str, labels: pd.Index) -> None:
        self.file, self.labels, self.problems = file, labels, []
        self._commas: list[tuple[int, str, str]] = []

    @property
    def has_room(self) -> bool:
        """Whether a further problem may still be shown: a hint that nobody reads costs time."""
        return len(self.problems) < MOST_SHOWN

    def row(self, position: int) -> int:
        """What to call a row: its label, or its position where labels are not whole numbers."""
        label = self.labels[position]
        return int(label) if isinstance(label, (int, np.integer)) else position

    def note(
        self, position: int | None, column: str | None, value: Any, what: str, fix: str
    ) -> None:
        """Write down what is wrong with a value, and what to do; the position counts from 0."""
        row = None if position is None else self.row(position)
        text = None if position is None else _as_text(value)
        self.problems.append(Problem(self.file, row, column, text, what, fix))

    def put_comma(self, position: int, column: str, text: str) -> None:
        """Keep a number with a decimal comma in mind: whoever writes one writes them all so."""
        self._commas.append((position, column, text))

    def note_commas(self) -> None:
        """Note numbers with decimal commas, as one problem."""
        if self._commas:
            position, column, text = min(self._commas)
            what = tr("this is not a number.")
            if len(self._commas) > 1:
                what = sentences(what, tr("So it is in {} more cells.", len(self._commas) - 1))
            self.note(position, column, text, what, tr(DIGITS))


def _numbers(column: Column, cells: pd.Series, log: ProblemLog) -> NDArray[np.float64]:
    """The cells of a number column; NaN where a cell is blank or cannot be used."""
    values, blank = _as_floats(cells)
    possible = (values > column.low) if column.above_low else (values >= column.low)
    possible &= values <= column.high
    if column.whole:
        possible &= values == np.round(values)
    if not (column.required or column.filled):
        possible |= blank
    if not possible.all():
        _note_numbers(column, cells, values, blank, log)
    if column.default is not None:
        values[blank] = column.default
    return values


def _note_numbers(
    column: Column,
    cells: pd.Series,
    values: NDArray[np.float64],
    blank: NDArray[np.bool_],
    log: ProblemLog,
) -> None:
    """Note each cell that cannot be used, whose value becomes NaN."""
    finite = np.isfinite(values) | ((values == math.inf) & (column.high == math.inf))
    too_low = values <= column.low if column.above_low else values < column.low
    below = (
        mark("this is not above {:,.10g}.") if column.above_low else mark("this is below {:,.10g}.")
    )
    whole = finite if not column.whole else finite & (values == np.round(values))
    for wrong, what, limit in (
        (blank & (column.required or column.filled), _BLANK, None),
        (~blank & ~finite, mark("this is not a number."), None),
        (finite & ~whole, mark("this is not a whole number."), column.low),
        (whole & too_low, below, column.low),
        (whole & (values > column.high), mark("this is above {:,.10g}."), column.high),
    ):
        for position in np.flatnonzero(wrong):
            cell = cells.iloc[position]
            if what != _BLANK and limit is None and _COMMA.fullmatch(_as_text(cell).strip()):
                log.put_comma(int(position), column.name, cell)
            else:
                fix = _filling(column) if what == _BLANK else tr(DIGITS)
                fix = fix if limit is None else sentences(column.meaning, column.range)
                log.note(int(position), column.name, cell, tr(what, limit), fix)
            values[position] = math.nan


def _checked_texts(column: Column, cells: list[Any], log: ProblemLog) -> list[str]:
    """The cells of a known text column, without blanks around them."""
    texts = [unicodedata.normalize("NFC", _as_text(cell)).strip() for cell in cells]
    if column.kind == "flag":  # Python writes True, and spreadsheets TRUE
        texts = [text.lower() if text.lower() in column.choices else text for text in texts]
    amiss = {text: what for text in {*texts} if (what := _amiss(column, text))}
    for position, text in enumerate(texts) if amiss else ():
        if text in amiss:
            log.note(position, column.name, text, amiss[text], _text_fix(column, text, log))
    return texts


def _amiss(column: Column, text: str) -> str:
    """What is wrong with a text in that column; "" where nothing is."""
    if not text:
        return tr(_BLANK) if column.required else ""
    if column.choices and text not in column.choices:
        return tr("this is not one of the possible values.")
    if column.kind == "timezone" and text not in timezones():
        return tr("there is no such time zone.")
    return ""


def _text_fix(column: Column, text: str, log: ProblemLog) -> str:
    """What to write instead of a text that is amiss."""
    if not text:
        return _filling(column)
    if column.choices:
        one_of = tr("Write one of: {}.", tr(", ").join(column.choices))
        return nearest(text, column.choices, one_of) if log.has_room else one_of
    return timezone_fix(text) if log.has_room else tr(ANY_ZONE)


def _filling(column: Column) -> str:
    return tr("Fill it in: {}", column.meaning)


def _note_unfit_ids(table: str, column: Column, ids: Iterable[str], log: ProblemLog) -> None:
    """
    Note ids that would be taken for something else: for a word of the product, or for two ids.
    """
    taken = {word.casefold() for word in (*WORDS, *_reserved.get(table, ()))}
    taken = taken if column.name == "id" else set()
    unfit = {text: why for text in {*ids} if (why := _why_unfit(column, text, taken))}
    for position, text in enumerate(ids) if unfit else ():
        if text in unfit:
            log.note(position, column.name, text, *unfit[text])


def _why_unfit(column: Column, text: str, taken: set[str]) -> tuple[str, str] | None:
    """What is wrong with an id and what to do, where it would be taken for something else."""
    if text.casefold() in taken:
        what = tr("this word has a meaning of its own here.")
        return what, tr("Choose another {}.", column.name)
    if len(text) > LONGEST_ID:
        what = tr("the {} has {:,} characters.", column.name, len(text))
        return what, tr("Shorten it to {} at most; names may be longer.", LONGEST_ID)
    unfit = next((sign for sign in text if unicodedata.category(sign) in CONTROL), None)
    unfit = column.reserved if column.reserved and column.reserved in text else unfit
    if unfit is not None:
        what = tr("the {} cannot hold {!r}.", column.name, unfit)
        return what, tr("Write letters, digits and hyphens.")
    return None


_reserved: dict[str, Iterable[str]] = {}


def reserve(table: str, words: Iterable[str]) -> None:
    """Let no id of a table be one of these words."""
    _reserved[table] = words


def _heading(text: str, known: Iterable[str]) -> str:
    """
    The known column that a heading means, however a spreadsheet writes it; or else the heading
    itself.
    """
    plain = "_".join(unicodedata.normalize("NFC", text).casefold().replace("-", " ").split())
    return plain if plain in known or is_source(plain) else text


def _may_be_an_end(heading: str) -> bool:
    """Whether a heading may mean the end of a range: what those are takes long to say."""
    return heading.rstrip().casefold().endswith(ENDS)


def is_source(heading: str) -> bool:
    """Whether a column names the sources of others."""
    return heading == "source" or heading.endswith("_source")


def _texts(texts: Iterable[str], index: pd.RangeIndex) -> pd.Series:
    return pd.Series([*texts], index, dtype=object)


def _note_repetitions(columns: tuple[str, ...], clean: Mapping[str, Any], log: ProblemLog) -> None:
    """
    Note every row whose key stands further up already; keys with a part amiss have been noted as
    such.
    """
    keys = [*zip(*(clean[column] for column in columns), strict=True)]
    if len({*keys}) == len(keys):
        return
    first: dict[tuple, int] = {}
    for position, key in enumerate(keys):
        if "" in key or any(part != part for part in key):
            continue
        if first.setdefault(key, position) != position:
            same = tr(" and ").join(columns)
            what = tr("row {} has the same {}.", log.row(first[key]), same)
            fix = tr("Remove one of the two rows, or correct it.")
            log.note(position, columns[0], key[0], what, fix)


def _contradictions(
    name: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> Iterator[Problem]:
    """Contradictions between one table and the others, with rows counted from 0."""
    memo = memo_of(frame)
    there = memo.names
    columns = [column for column in TABLES[name].columns if column.name in there]
    own_key = [heading for heading in TABLES[name].key if heading in there]
    for column in columns:
        if column.sums_to_one and len(frame):
            # NaN, so no complaint, where one is unknown
            total = float(memo.numbers(column.name).sum())
            is_off = abs(total - 1) > SHARE_TOLERANCE
            if is_off and not (own_key and frame.duplicated(own_key).any()):
                what, fix = tr("the shares do not sum to 1."), tr("Scale them so that they do.")
                yield Problem(name, None, column.name, f"{total:.6g}", what, fix)
    if name == "profiles":
        yield from _without_mean(frame)
    if name == translations.NAME and {"text", "translation"} <= {*there}:
        yield from translations.unlike(frame)
    references = [(column.name, column.refers_to, None) for column in columns if column.refers_to]
    if name != "sources":
        headings = [heading for heading in there if is_source(heading)]
        references += [(heading, "sources.key", SOURCE_SEPARATOR) for heading in headings]
    for heading, refers_to, separator in references:
        table, key = refers_to.split(".")
        known = _known(tables.get(table), key)
        if not known or "" in known:  # the list is not there, or lacks a name
            continue
        cells = memo.texts(heading)
        unknown = {value for cell in {*cells} for value in _names_in(cell, separator)} - known
        first: dict[str, int] = {}
        for position, cell in enumerate(cells) if unknown else ():
            for value in filter(unknown.__contains__, _names_in(cell, separator)):
                first.setdefault(value, position)
        for n, (value, position) in enumerate(first.items()):
            what = tr("{} has no such {}.", TABLES[table].file, key)
            fix = tr("Add it to {}, or correct it here.", TABLES[table].file)
            fix = nearest(value, known, fix) if n < MOST_HINTS else fix
            yield Problem(name, position, heading, value, what, fix)


def _known(table: pd.DataFrame | None, key: str) -> set[str]:
    """The names that a table knows."""
    if table is None or key not in memo_of(table).names:
        return set()
    return {*memo_of(table).texts(key)}


def _names_in(cell: str, separator: str | None) -> list[str]:
    """The names that a cell refers to, one or several."""
    values = cell.split(separator) if separator else [cell]
    plain = (unicodedata.normalize("NFC", value).strip() for value in values)
    return [value for value in plain if value]


def _note_out_of_range(column: str, clean: Mapping[str, Any], log: ProblemLog) -> None:
    """Note figures outside of the range beside them; a figure or an end that is blank tells nothing."""
    for end, outside in (("low", np.greater), ("high", np.less)):
        heading = f"{column}_{end}"
        if column not in clean or heading not in clean:
            continue
        for position in np.flatnonzero(outside(clean[heading], clean[column])):
            side = (
                mark("this is above {} itself, {:,.10g}.")
                if end == "low"
                else mark("this is below {} itself, {:,.10g}.")
            )
            what = tr(side, column, clean[column][position])
            fix = tr("Write the least and the greatest that it may be, or leave the cell blank.")
            log.note(int(position), heading, clean[heading][position], what, fix)


def _without_mean(profiles: pd.DataFrame) -> Iterator[Problem]:
    """Absolute figures that no factor can be made of, where no factor is given."""
    for relative, absolute in ABSOLUTE.items():
        if absolute not in profiles or not {"region_id", "season"} <= set(profiles):
            continue
        lacking = profiles[absolute].notna() & over_mean(profiles, absolute).isna()
        if relative in profiles:
            lacking &= profiles[relative].isna()
        told = set()
        for row in np.flatnonzero(lacking):
            region, figure = profiles["region_id"].iat[row], profiles[absolute].iat[row]
            if region not in told:
                what = tr(
                    "the annual mean of {} is not above 0, so that this is no multiple of it.",
                    region,
                )
                fix = tr("Add a column {}.", relative)
                yield Problem("profiles", int(row), absolute, _as_text(figure), what, fix)
            told.add(region)


def _as_text(cell: Any) -> str:
    """A cell as text, "" where it is missing."""
    if isinstance(cell, str):
        return cell
    if cell is None or cell is pd.NA or cell != cell:  # NaN and NaT alone differ from themselves
        return ""
    return (
        repr(float(cell)).removesuffix(".0")
        if isinstance(cell, (float, np.floating))
        else str(cell)
    )


def _as_floats(cells: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The cells of a column as numbers, NaN for anything else, and which of them are blank."""
    if cells.dtype == np.float64:  # as a scenario keeps them: there is nothing to read
        values = cells.to_numpy(copy=True)
        return values, np.isnan(values)
    parsed = [_as_float(cell) for cell in cells.tolist()]
    blank = np.array([number is None for number in parsed], dtype=bool)
    values = [math.nan if number is None else number for number in parsed]
    return np.array(values, dtype=np.float64), blank


def _as_float(cell: Any) -> float | None:
    """A cell as a number: None where it is blank, NaN where it is anything but a number."""
    if isinstance(cell, float) and cell == cell:
        return cell
    text = _as_text(cell).strip()
    if not text:
        return None
    try:
        return math.nan if "_" in text else float(text)  # Python alone reads 1_000 as a number
    except ValueError:
        return math.nan
