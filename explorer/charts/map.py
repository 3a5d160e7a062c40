"""
A map as data: circles on places, arcs of what moves between them, what a pointer reads and what it
finds.

The live view patches its map from these columns, a notebook and print draw them. Places are metres
of `projection.on_map`, sizes are those on screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.arcs import arc_pieces
from explorer.charts.chart import About, Columns, Tips, columns_in
from explorer.charts.map_places import WORLD, Ends, names_on_map
from explorer.charts.map_scale import MapScale
from explorer.text import format_number
from explorer.words import plural, tr, units

Floats = NDArray[np.float64]

ARC_PIECES = 24  # straight pieces of an arc in a picture that stands still
HEAD_PIECE = 17  # that carries its head: near enough to the end, and off the circle there
NAMED = 5  # regions that it names
ARC_COLUMNS = ("home", "region", "it_mw", "width", "leads")


@dataclass(frozen=True)
class Circles:
    """Places of one kind, without data: how they look and what a pointer reads."""

    name: str  # of their columns in a map
    tip: Tips
    # key of `palette.LOOKS`, for rings of one colour; "" where a scale colours a column "shown"
    role: str = ""
    label: str = ""  # of the role, for a legend
    size_px: float = 0.0  # diameter of each; 0 where a column "size" says

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that a map has to give it."""
        own = (*(() if self.role else ("shown",)), *(() if self.size_px else ("size",)))
        return ("x", "y", *own, *columns_in(self.tip))


@dataclass(frozen=True)
class Scale:
    """What colours of circles mean: a range on screen, a few steps of it in print."""

    label: str
    low: float
    high: float
    colours: tuple[str, ...]
    edges: tuple[float, ...]  # between the steps
    inks: tuple[str, ...]  # of the steps, one more than edges
    words: tuple[str, ...]
    factor: float = 1.0  # what its numbers are multiplied by where they are written

    def ink_of(self, shown: Floats) -> NDArray[np.object_]:
        """The colours in print of so many circles."""
        return np.array(self.inks, object)[np.searchsorted(self.edges, shown)]

    @classmethod
    def in_steps(
        cls,
        label: str,
        ends: tuple[float, float],
        colours: tuple[str, ...],
        inks: tuple[str, ...],
    ) -> Scale:
        """A range in steps alike, each named by its ends, in the unit that ends the label."""
        edges, factor = np.linspace(*ends, len(inks) + 1), units().factor_in(label)
        label = units().written(label)
        unit = label.rpartition("[")[2].rstrip("]")
        words = [
            tr("{} to {} {}", format_number(float(a)), format_number(float(b)), unit)
            for a, b in pairwise(factor * edges)
        ]
        edges = tuple(map(float, edges[1:-1]))
        return cls(label, *ends, colours, edges, inks, tuple(words), factor)


@dataclass(frozen=True)
class Arcs:
    """What moves: a row per pair of places, the widest first, so that narrow ones lie on top."""

    # `ARC_COLUMNS`: home and region (rows of the first circles), load [MW], width [px], and whether
    # it is one of the few that stand out
    columns: Columns
    by_class_mw: Floats  # (row, class)
    places: Sequence[str]  # names of what they lead between
    classes: Sequence[str]  # names of classes

    @property
    def moves(self) -> list[str]:
        """From where to where, row by row."""
        pairs = zip(self.columns["home"], self.columns["region"], strict=True)
        return [f"{self.places[home]} → {self.places[region]}" for home, region in pairs]

    @property
    def split(self) -> list[str]:
        """What of each class, row by row, the most first."""
        return [
            tr(", ").join(
                tr("{} {} MW", self.classes[k], format_number(float(mw[k])))
                for k in np.argsort(-mw, kind="stable")
                if mw[k] > 0
            )
            for mw in self.by_class_mw
        ]

    @property
    def groups(self) -> list[tuple[str, str, NDArray[np.intp]]]:
        """Those that stand out and the others: key of `palette.LOOKS`, words, rows; lowest first."""
        leads, mw = self.columns["leads"], self.columns["it_mw"]
        others, largest = np.flatnonzero(~leads), np.flatnonzero(leads)
        found = []
        if len(others):
            flows = plural(
                "{count} other flow, {mw} MW", "{count} other flows, {mw} MW", len(others),
                mw=format_number(float(mw[others].sum())),
            )  # fmt: skip
            found.append(("flow", flows, others))
        if len(largest):
            found.append(
                ("lead", _leading(len(largest), float(mw[largest].sum()), len(others)), largest)
            )
        return found


def _leading(count: int, it_mw: float, others: int) -> str:
    """What flows that stand out are called, by how many there are besides."""
    mw = format_number(it_mw)
    if not others:
        return plural("{count} flow, {mw} MW", "{count} flows, {mw} MW", count, mw=mw)
    return plural("{count} largest flow, {mw} MW", "{count} largest flows, {mw} MW", count, mw=mw)


@dataclass(frozen=True)
class Map:
    """
    One result as a map.

    Raises
    ------
    ValueError
        If circles lack a column or have one too many.
    """

    circles: tuple[Circles, ...]  # the lowest first
    columns: Mapping[str, Columns]  # by circles
    scale: Scale
    title: str  # what it finds, in a line
    finding: Markup
    about: About
    notes: Sequence[str]
    arcs: Arcs | None = None
    key: MapScale | None = None  # of circles and arcs whose size is load
    left_out: str = ""  # what is too small to be drawn, in words
    names: Sequence[str] = ()  # of the first circles where the map names those that run most
    night: dict[str, Floats] | None = None  # x and y of the outline of where it is night [m]

    def __post_init__(self) -> None:
        for circles in self.circles:
            if set(self.columns[circles.name]) != set(circles.columns):
                wrong = sorted(set(self.columns[circles.name]) ^ set(circles.columns))
                raise ValueError(f"Columns of {circles.name!r} do not fit: {', '.join(wrong)}.")

    def named(self, within: tuple[Ends, Ends] = WORLD) -> dict[str, NDArray]:
        """
        Words on what is seen of a map that has names, between those ends of x and y [m]: as
        `map_places.names_on_map` has them.
        """
        return names_on_map(self.columns[self.circles[0].name], self.names, NAMED, within)

    def arc_pieces(self) -> tuple[Floats, NDArray[np.intp]]:
        """
        Ends x0, y0, x1, y1 of the straight pieces of all arcs [m], and the row of the flow that
        each belongs to.
        """
        if self.arcs is None:
            return np.empty((4, 0)), np.empty(0, np.intp)
        x, y = (self.columns[self.circles[0].name][axis] for axis in "xy")
        home, region = self.arcs.columns["home"], self.arcs.columns["region"]
        return arc_pieces((x[home], y[home]), (x[region], y[region]), ARC_PIECES)
