"""
A chart as data: what is drawn in which role, on which axes, what a pointer reads, and what it
finds.

A `Panel` says what a pair of axes can hold and is the same for every scenario; a `Chart` holds the
columns of one result. The live view patches its plots from those columns, a notebook and print draw
them: the same regions in the same order, in the same colours, with the same numbers. Words of a
panel are messages in English, looked up where it is drawn; those of a chart are in the language
that was spoken when it was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.rows import FEWEST
from explorer.model.labels import Labels
from explorer.text import width_of, wrapped
from explorer.words import tr, units

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray]
Tips = tuple[
    tuple[str, str], ...
]  # what a pointer reads: label, template with "@column{format} unit"
Kind = Literal[
    "bars",
    "line",
    "points",
    "area",
    "segments",
    "words",
    "vertical",
    "horizontal",
    "diagonal",
    "span",
    "heat",
]

PLACES: dict[Kind, tuple[str, ...]] = {  # columns that say where a mark is, one row per thing
    "bars": ("left", "right", "bottom", "top"),
    "line": ("x", "y"),
    "points": ("x", "y"),
    "area": ("x", "low", "high"),
    "segments": ("x0", "y0", "x1", "y1"),
    "words": ("x", "y", "text"),
    "vertical": ("x",),  # of one row or none, like those below
    "horizontal": ("y",),
    "diagonal": ("slope",),  # through the origin
    "span": ("left", "right"),
    # one image, shape (row, column) from the bottom, and the end of its scale of colours, which is
    # symmetric
    "heat": ("x", "y", "dw", "dh", "image", "end"),
}
_COLUMN = re.compile(r"@(\w+)")


@dataclass(frozen=True)
class Mark:
    """
    One kind of thing on a chart, without data.

    With several `roles`, an integer column "role" says which of them each row has.
    """

    name: str  # of its columns in a chart
    kind: Kind
    roles: tuple[str, ...]  # keys of `palette.LOOKS`
    labels: tuple[str, ...] = ()  # of the roles, for a legend; none for a mark that explains itself
    tip: Tips = ()
    tips_at_once: int | None = None  # of things on top of each other, on screen
    size: float = 2.0  # width of a line, diameter of a point [px], as on screen
    sizes: tuple[float, ...] = ()  # of points, by role; then they have markers by role too
    # columns of names of few things, which a live view sends once, and then which of them
    named: tuple[str, ...] = ()
    opacity: float = 1.0  # 0 for what is there for a pointer only
    edged: bool = True  # whether bars have an edge; many side by side look better without
    align: Literal["left", "center", "right"] = (
        "center"  # of words: which end of them is at their place
    )
    link: str = ""  # column of addresses that a tap on a point opens, in a notebook
    on_paper: bool = False  # whether words have a ground of their own, to be read on lines and bars

    def size_of(self, role: int) -> float:
        """Width or diameter in its role of that number. [px]"""
        return self.sizes[role] if self.sizes else self.size

    @property
    def tip_columns(self) -> tuple[str, ...]:
        """Columns that the tip reads and that are no places."""
        return tuple(name for name in columns_in(self.tip) if name not in PLACES[self.kind])

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that a chart has to give it."""
        role = ("role",) if len(self.roles) > 1 else ()
        link = (self.link,) if self.link else ()
        return (*PLACES[self.kind], *role, *self.tip_columns, *link)


@dataclass(frozen=True)
class Axis:
    """What an axis says; its unit decides how its numbers are written, see `ticks`."""

    label: str = ""
    at: tuple[float, ...] | int | None = None  # where ticks are, or about how many there are


@dataclass(frozen=True)
class Panel:
    """A pair of axes and the marks that they can hold, the lowest first."""

    name: str
    marks: tuple[Mark, ...]
    x: Axis
    y: Axis = field(default_factory=Axis)
    height_px: int = 300
    has_rows: bool = False  # whether the vertical axis names rows, from the top
    row_px: int = 23  # height of a row in a notebook, and in print in proportion
    fewest_rows: int = FEWEST  # that there is room for on screen
    names_px: int = (
        128  # for names of rows, which vary in length: on screen bars stay where they are
    )
    zooms: bool = False  # whether a wheel zooms on screen
    zooms_across: bool = False  # the same, along the horizontal axis alone


@dataclass(frozen=True)
class Filled:
    """The columns of one result in a panel."""

    columns: Mapping[str, Columns]  # by mark; a mark left out shows nothing
    x_range: tuple[float, float]
    y_range: tuple[float, float] | None = None  # rows have their own
    rows: Sequence[str] = ()  # what rows are called, from top to bottom
    x_label: str = ""  # where it depends on the result
    y_label: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of marks, likewise
    title: str = ""  # what it finds by itself, where the chart's title is about all of them


@dataclass(frozen=True)
class About:
    """Whose data a chart shows, as far as its result still says that."""

    title: str = ""  # of the scenario
    publishers: Sequence[str] | None = None  # of its data; None where nobody knows

    @classmethod
    def of(cls, table: pd.DataFrame) -> About:
        """As the `attrs` of a table say; pandas lose them where two tables become one."""
        return cls(table.attrs.get("title", ""), table.attrs.get("publishers"))

    @classmethod
    def by(cls, labels: Labels, measure: str) -> About:
        """Of a result that has the labels of its network."""
        return cls(labels.title, labels.publishers_of(measure))


@dataclass(frozen=True)
class Chart:
    """
    One result as a picture.

    Raises
    ------
    ValueError
        If a mark lacks a column, has one too many, or columns of different lengths.
    """

    panels: tuple[Panel, ...]
    filled: tuple[Filled, ...]  # one for each panel
    title: str  # what it finds, in a line
    finding: Markup  # the same in sentences, with numbers
    about: About
    notes: Sequence[str] = ()  # what somebody who reads it in print has to know

    def __post_init__(self) -> None:
        for panel, filled in zip(self.panels, self.filled, strict=True):
            for mark in panel.marks:
                _check(panel, mark, filled.columns.get(mark.name, {}))

    def only(self, name: str) -> Chart:
        """One panel of it."""
        names = [panel.name for panel in self.panels]
        if name not in names:
            raise ValueError(f"Unknown picture {name!r}; use one of {', '.join(names)}.")
        n = names.index(name)
        filled = self.filled[n]
        return Chart(
            (self.panels[n],),
            (filled,),
            filled.title or self.title,
            self.finding,
            self.about,
            self.notes,
        )

    def above(self, other: Chart) -> Chart:
        """Its panels, and those of another below them."""
        return replace(
            self,
            panels=(*self.panels, *other.panels),
            filled=(*self.filled, *other.filled),
            notes=(*self.notes, *other.notes),
        )

    def legend(self) -> Iterator[tuple[tuple[Mark, ...], str, str]]:
        """Marks, role and label of all that is seen, each label once."""
        found: dict[tuple[str, str], list[Mark]] = {}
        for panel, filled in zip(self.panels, self.filled, strict=True):
            for mark in panel.marks:
                columns = filled.columns.get(mark.name, {})
                if mark.kind == "heat":  # its scale of colours says it
                    continue
                labels = role_labels(mark, filled)
                for n, (role, label) in enumerate(zip(mark.roles, labels, strict=False)):
                    if len(rows_of(mark, columns, n)) and label:
                        found.setdefault((role, label), []).append(mark)
        for (role, label), marks in found.items():
            yield tuple(marks), role, label


def role_labels(mark: Mark, filled: Filled) -> tuple[str, ...]:
    """What a legend says of the roles of a mark."""
    own = filled.labels.get(mark.name)
    return tuple(map(tr, mark.labels)) if own is None else own


_LONGEST_LABEL = 40  # characters that a phone has room for below a plot


def axis_labels(panel: Panel, filled: Filled | None = None) -> tuple[str, str]:
    """What the axes of a panel say: those of a result, where they depend on it."""
    own = ("", "") if filled is None else (filled.x_label, filled.y_label)
    said = own[0] or _in_lines(panel.x.label), own[1] or _in_lines(panel.y.label)
    return units().written(said[0]), units().written(said[1])


def _in_lines(label: str) -> str:
    """A label in the language that is spoken, in lines as long as it has in English, or a phone."""
    said = tr(label)
    if "\n" not in label:
        return "\n".join(wrapped(said, max(len(label), _LONGEST_LABEL)))
    longest = max(map(width_of, [*label.splitlines(), *said.split()]))
    return "\n".join(wrapped(said, longest))


def tip_said(tip: Tips) -> list[tuple[str, str]]:
    """What a pointer reads, in the language that is spoken."""
    return [(tr(label), tr(text)) for label, text in tip]


def columns_in(tip: Tips) -> tuple[str, ...]:
    """Columns that a tip reads, each once."""
    return tuple(dict.fromkeys(name for _, text in tip for name in _COLUMN.findall(text)))


def left_px(panels: tuple[Panel, ...], panel: Panel) -> int | None:
    """Room left of a panel, if it or one with the same horizontal axis names rows."""
    return max(
        (each.names_px for each in panels if each.has_rows and each.x == panel.x), default=None
    )


def is_labelled_below(panels: tuple[Panel, ...], panel: Panel) -> bool:
    """Whether the next panel has the same horizontal axis, so that one label is enough for both."""
    below = panels[panels.index(panel) + 1 :][:1]
    return any(each.x == panel.x for each in below)


def rows_of(mark: Mark, columns: Columns, role: int) -> NDArray[np.intp]:
    """Which rows of a mark have its role of that number."""
    if not columns:
        return np.empty(0, np.intp)
    count = len(columns[PLACES[mark.kind][0]])
    if len(mark.roles) == 1:
        return np.arange(count)
    return np.flatnonzero(np.asarray(columns["role"]) == role)


def _check(panel: Panel, mark: Mark, columns: Columns) -> None:
    if not columns:
        return
    if set(columns) != set(mark.columns):
        wrong = sorted(set(columns) ^ set(mark.columns))
        raise ValueError(
            f"Columns of {mark.name!r} in {panel.name!r} do not fit: {', '.join(wrong)}."
        )
    if len({len(values) for values in columns.values()}) != 1:
        raise ValueError(f"Columns of {mark.name!r} in {panel.name!r} differ in length.")
