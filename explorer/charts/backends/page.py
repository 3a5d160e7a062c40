"""
What every figure for print shares: a page of so many millimetres, or axes of somebody's own, its
title, legend and sources, its greys.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from numbers import Real
from pathlib import Path
from typing import Any

import holoviews as hv
import holoviews.plotting.mpl  # registers the renderer
import matplotlib as mpl
import numpy as np
from holoviews.core.data import disable_pipeline
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import Formatter, Locator, ScalarFormatter

from explorer import __version__
from explorer.atomic_write import refuse_bad_target, written_whole
from explorer.charts.chart import About
from explorer.errors import ExplorerError
from explorer.text import sentence, takes_prefix, tick_texts, wrapped
from explorer.words import language, per_reader, tr, units

MPL = "matplotlib"
# options of an element: ticks are those of its overlay, and would be set anew for each
PART: Any = {"backend": MPL, "apply_ticks": False}
MM_PER_INCH = 25.4
DOTS_PER_INCH = 300  # of PNG
SHOWN_DOTS_PER_INCH = 150  # where a figure is looked at, as in a notebook
SMALLEST_MM, LARGEST_MM = 60.0, 500.0
ENDINGS = (".svg", ".pdf", ".png")
INK, PALE = "#222222", "#8a8f98"
MORE, LESS, SAME = "#4b2a85", "#E69F00", "#ffffff"  # dark, middle, white
DARK, LIGHT = "#0b3c5d", "#cfe0ee"
CHARACTERS_PER_MM, LINE_INCH = 1 / 1.2, 0.105  # of notes in 6 pt type
LEGEND_CHARACTERS_PER_MM, NAME_CHARACTERS_PER_MM = (
    0.6,
    0.4,
)  # of a legend, and of what rows are called
SOURCE_LINES = 2
_TO_WRITE: Any = {
    "text.parse_math": False,  # names may hold dollar signs
    "svg.fonttype": "none", "svg.hashsalt": "wattlas", "pdf.fonttype": 42,
}  # fmt: skip
_STYLE: Any = _TO_WRITE | {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 7, "axes.linewidth": 0.6,
    "hatch.linewidth": 0.5,
}  # fmt: skip


_HAN_FONTS = (
    "NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC-Regular", "SourceHanSansSC-Regular",
    "PingFang", "msyh", "wqy-microhei", "wqy-zenhei", "simhei", "Arial Unicode",
)  # fmt: skip  # files of fonts that have Chinese characters


@per_reader
def _style() -> Any:
    """With a font of this machine for what the language is written in, beside our own."""
    if language() != "zh":
        return _STYLE
    there = {Path(path).stem: path for path in findSystemFonts()}
    path = next((there[name] for name in _HAN_FONTS if name in there), None)
    if path is None:
        return _STYLE
    fontManager.addfont(path)  # which may be newer than Matplotlib's list
    name = FontProperties(fname=path).get_name()
    return _STYLE | {"font.family": [*_STYLE["font.sans-serif"], name]}


@dataclass(frozen=True)
class Page:
    """Where a figure is drawn, how wide it is, and what its author says of it."""

    target: Path | None  # the file, if there is to be one
    width_mm: float
    title: str = ""  # in the place of what it finds
    credit: str = ""  # below it, and its author in the file
    axes: Axes | None = None  # of somebody's own figure, in the place of a page

    def draw(
        self,
        plots: Sequence[Any],
        about: About,
        what: str,
        notes: Sequence[str],
        handles: Sequence[Any] = (),
        aspect: float = 0.5,
        shares: Sequence[Sequence[float]] = (),
    ) -> Figure:
        """
        Render by HoloViews, and add title, legend, notes and sources where they cannot cover data.

        Parameters
        ----------
        plots : sequence of HoloViews elements or overlays
            A pair of axes each; one, where they are drawn into somebody's axes.
        about : About
            The scenario and whose data it is.
        what : str
            What the figure shows or finds; the title of the scenario goes before it.
        notes : sequence of str
            Below the legend; sources follow.
        handles : sequence of matplotlib artists
            What the legend names.
        aspect : float
            Height of all plots together over the width of the page. [-]
        shares : sequence of sequence of float
            Of that height, from the topmost plot to the lowest of each column, side by side; of a
            single column and equal unless given.
        """
        found = f"{about.title}: {what}" if about.title else sentence(what)
        title = self.title or found
        if about.publishers is not None:
            notes = [*notes, _sources(about.publishers, self.width_mm)]
        if self.credit:
            notes = [*notes, tr("Figure: {}", self.credit)]
        if self.axes is None:
            figure = self._as_page(plots, title, notes, handles, aspect, shares)
        else:
            (plot,) = plots
            figure = _in_axes(self.axes, self.width_mm, plot, title, notes, handles)
        for text in (self.axes or figure).findobj(
            Text
        ):  # of ticks too, which are made when they are needed
            text.set_parse_math(False)
        if self.target is not None:
            said = _metadata(self.target.suffix.lower(), title, self.credit)
            figure.savefig(self.target, dpi=DOTS_PER_INCH, metadata=said)
        return figure

    def _as_page(
        self,
        plots: Sequence[Any],
        title: str,
        notes: Sequence[str],
        handles: Sequence[Any],
        aspect: float,
        shares: Sequence[Sequence[float]],
    ) -> Figure:
        """A figure of its own, as high as what is on it."""
        figure = plt.figure()
        for place, plot in enumerate(plots, start=1):  # HoloViews would draw a layout three times
            _draw_into(figure.add_subplot(len(plots), 1, place), plot)
        plt.close(figure)  # it is the caller's, and nobody has to close it
        width = self.width_mm / MM_PER_INCH
        lines = [
            line for note in notes for line in wrapped(note, CHARACTERS_PER_MM * self.width_mm)
        ]
        figure.set_size_inches(width, width)  # as wide as the legend may be
        legend, rows = _legend(figure, handles)
        shares = shares or [[1.0] * len(figure.axes)]
        aspect *= 1 + 0.7 * (_wrap_names(figure.axes, self.width_mm / len(shares)) - 1)
        below = LINE_INCH * len(lines) + 0.15 * rows + 0.1  # [inch]
        heading = wrapped(title, CHARACTERS_PER_MM * self.width_mm / 1.5)
        above = 0.16 * len(heading) + 0.04
        height = width * aspect + below + above
        figure.set_size_inches(width, height)
        _lay_out(figure, below / height, 1 - above / height, shares)
        figure.text(
            0.01, 1 - 0.03 / height, "\n".join(heading), fontsize=8, fontweight="bold", va="top"
        )
        figure.text(0.01, 0.03 / height, "\n".join(lines), fontsize=6, color="#444444", va="bottom")
        if legend is not None:
            legend.set_bbox_to_anchor(
                (0.0, (LINE_INCH * len(lines) + 0.04) / height), figure.transFigure
            )
        figure.set_dpi(SHOWN_DOTS_PER_INCH)
        return figure


def _in_axes(
    axes: Axes,
    width_mm: float,
    plot: Any,
    title: str,
    notes: Sequence[str],
    handles: Sequence[Any],
) -> Figure:
    """
    Into axes of somebody's figure: its title above them, its notes below what stands at their lower
    edge, where layouts leave room for them.
    """
    figure = _draw_into(axes, plot)
    _write_ticks(axes)
    _wrap_names([axes], width_mm)
    heading = wrapped(title, CHARACTERS_PER_MM * width_mm / 1.5)
    axes.set_title("\n".join(heading), loc="left", fontsize=8, fontweight="bold")
    if handles:
        axes.legend(handles=list(handles), fontsize=6.5, framealpha=0.85)
    lines = [line for note in notes for line in wrapped(note, CHARACTERS_PER_MM * width_mm)]
    below = axes.transAxes if not axes.get_xlabel() else axes.xaxis.label
    axes.annotate(
        "\n".join(lines), (0, 0), (0, -4), ("axes fraction", below), "offset points",
        fontsize=6, color="#444444", va="top", annotation_clip=False,
    )  # fmt: skip
    return figure


def _draw_into(axes: Axes, plot: Any) -> Figure:
    """Draw an element or overlay into axes, whose figure it returns."""
    figure: Any = axes.get_figure(root=True)
    with disable_pipeline():
        hv.renderer(MPL).get_plot(plot, fig=figure, axis=axes, subplot=True)  # else it is closed
    return figure


@contextmanager
def page(
    path: str | Path | None,
    width_mm: float,
    title: str = "",
    credit: str = "",
    ax: Axes | None = None,
) -> Iterator[Page]:
    """
    A page to draw on, or the axes `ax` in its place; its file, if it is to have one, is there whole
    or not at all.

    Raises
    ------
    ExplorerError
        Before any work, if the file cannot be written there, the width is no width of a page, a
        title or credit is no text, or `ax` is no axes for charts.
    """
    if path is not None:
        fix = f"Let it end in {', '.join(ENDINGS)}."
        refuse_bad_target(Path(path), ENDINGS, "A figure is an SVG, PDF or PNG file.", fix)
    for name, text in (("title", title), ("credit", credit)):
        if not isinstance(text, str):
            raise ExplorerError(f"{text!r} is no text.", name, "Write it in quotation marks.")
    if ax is not None:
        _refuse_odd_axes(ax)
        width_mm = ax.get_window_extent().width / ax.figure.dpi * MM_PER_INCH
    elif not isinstance(width_mm, Real) or not SMALLEST_MM <= width_mm <= LARGEST_MM:
        what = f"A figure cannot be {width_mm} mm wide."
        raise ExplorerError(what, "width_mm", f"Choose from {SMALLEST_MM:g} to {LARGEST_MM:g} mm.")
    target = nullcontext() if path is None else written_whole(Path(path), "figure")
    style = _style() if ax is None else _TO_WRITE  # axes have their owner's
    with target as unfinished, mpl.rc_context(style):
        yield Page(unfinished, width_mm, title, credit, ax)


def _refuse_odd_axes(axes: Any) -> None:
    """Raise where these are no axes that a chart can be drawn into."""
    if not isinstance(axes, Axes) or axes.figure is None:
        what = f"A figure is drawn into one axes of a figure, not into {type(axes).__name__}."
    elif axes.name != "rectilinear":
        what = f"A figure is drawn into plain axes, not into {axes.name} ones."
    else:
        return
    raise ExplorerError(what, "ax", "Take one that `plt.subplots` returns.")


def _metadata(kind: str, title: str, credit: str) -> dict[str, Any]:
    """What the file says of itself, by its ending: the same figure of one day is the same file."""
    day = _today()
    software = f"Wattlas {__version__}, Matplotlib {mpl.__version__}"
    match kind:
        case ".svg":
            author = {"Creator": credit} if credit else {}
            return {"Title": title, "Date": day.date().isoformat(), "Source": software, **author}
        case ".pdf":
            author = {"Author": credit} if credit else {}
            return {"Title": title, "CreationDate": day, "Creator": software, **author}
    author = {"Author": credit} if credit else {}
    dated = {"Creation Time": day.date().isoformat(), "Software": software}
    return {"Title": title, **dated, **author}


def _today() -> datetime:
    """The day, or that of SOURCE_DATE_EPOCH, which says when whoever builds again was first."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def filled(colour: str, hatch: str = "") -> dict[str, Any]:
    """The style of a bar, and of what stands for it in a legend."""
    return {"facecolor": colour, "edgecolor": INK, "linewidth": 0.4, "hatch": hatch}


def _sources(publishers: Sequence[str], width_mm: float) -> str:
    """Whose data the figure shows: as many as a few lines can name, the rest counted."""
    if not publishers:
        return tr("Data: the scenario names no sources.")
    shown = list(accumulate(publishers, "{}; {}".format))
    fit = max(sum(len(names) < CHARACTERS_PER_MM * SOURCE_LINES * width_mm for names in shown), 1)
    more = len(publishers) - fit
    if more > 0:
        return tr("Data: {}; and {:d} more, listed in the scenario.", shown[fit - 1], more)
    return tr("Data: {}.", shown[fit - 1])


def _legend(figure: Figure, handles: Sequence[Any]) -> tuple[Legend | None, int]:
    """
    A legend in as many columns as the figure is wide enough for, and its lines; None and 0 for
    nothing to tell.
    """
    width_mm = figure.get_figwidth() * MM_PER_INCH
    for handle in handles:
        handle.set_label(
            "\n".join(wrapped(handle.get_label(), LEGEND_CHARACTERS_PER_MM * width_mm))
        )
    lines = [handle.get_label().count("\n") + 1 for handle in handles]
    most = min(len(handles), int(width_mm // 40))
    for columns in range(most, 0, -1):
        legend = figure.legend(
            handles=list(handles), loc="lower left", ncols=columns, fontsize=6.5, frameon=False, borderpad=0.2,
            handlelength=2.6, columnspacing=1.2,
        )  # fmt: skip
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return legend, sum(lines) if columns == 1 else max(lines) * -(-len(handles) // columns)
        legend.remove()
    return None, 0


def _wrap_names(every: Sequence[Axes], width_mm: float) -> int:
    """
    Long names of rows on several lines, a third of the page wide; how many lines the longest takes.
    """
    lines = 1
    for axis in (axes.yaxis for axes in every):
        if isinstance(axis.get_major_formatter(), ScalarFormatter):
            continue  # numbers
        texts = [label.get_text() for label in axis.get_ticklabels()]
        most = NAME_CHARACTERS_PER_MM * width_mm
        names = [
            "\n".join(part for line in text.split("\n") for part in wrapped(line, most))
            for text in texts
        ]
        if names != texts:
            axis.set_ticks(axis.get_ticklocs(), labels=names)
            lines = max(lines, *(name.count("\n") + 1 for name in names))
    return lines


def _lay_out(figure: Any, bottom: float, top: float, shares: Sequence[Sequence[float]]) -> None:
    """
    Axes one above the other between the legend and the title, column by column, as large as their
    labels leave them.
    """
    for axes in figure.axes:
        axes.tick_params(labelsize=6.5, width=0.6, length=2.5)
        for axis in (axes.xaxis, axes.yaxis):
            axis.label.set_size(7)
        _write_ticks(axes)
    edges = np.zeros(
        (len(figure.axes), 4)
    )  # of labels beyond left, bottom, right, top of axes; shares of the figure
    ends = [0, *accumulate(map(len, shares))]
    width = 1 / len(shares)
    for again in (True, True, False):  # labels change with the room they are given
        for nth, (first, last) in enumerate(pairwise(ends)):
            mine, total = edges[first:last], sum(shares[nth])
            left, right = mine[:, 0].max(), mine[:, 2].max()
            room, ceiling = top - bottom - mine[:, [1, 3]].sum(), top
            plots = zip(figure.axes[first:last], shares[nth], mine, strict=True)
            for axes, share, (_, low, _, high) in plots:
                height = room * share / total
                place = nth * width + left, ceiling - high - height, width - left - right, height
                axes.set_position(place)
                ceiling -= high + height + low
        for row, axes in enumerate(figure.axes if again else ()):
            every, own = (
                box.transformed(figure.transFigure.inverted())
                for box in (axes.get_tightbbox(), axes.bbox)
            )
            edges[row] = own.x0 - every.x0, own.y0 - every.y0, every.x1 - own.x1, every.y1 - own.y1
        edges += 0.012


def _write_ticks(axes: Axes) -> None:
    """Numbers as elsewhere; names of rows stay."""
    for axis in (axes.xaxis, axes.yaxis):
        # as HoloViews sets it for those that are there when it draws
        axis.set_tick_params(labelrotation_mode=f"{axis.axis_name}tick")
        if isinstance(axis.get_major_formatter(), ScalarFormatter):
            axis.set_major_formatter(_Ticks(takes_prefix(axis.get_label_text())))


def in_units(x_label: str, y_label: str) -> Callable[[Any, Any], None]:
    """
    A hook: axes of money, CO₂ and rates, as their labels say, have their ticks where numbers are
    round as written.
    """

    def hook(plot: Any, _element: Any) -> None:
        axes = plot.handles["axis"]
        for axis, label in ((axes.xaxis, x_label), (axes.yaxis, y_label)):
            factor = units().factor_in(label)
            if factor != 1:
                axis.set_major_locator(_RoundAsWritten(axis.get_major_locator(), factor))
                axis.set_major_formatter(_Ticks(takes_prefix(units().written(label)), factor))

    return hook


class _RoundAsWritten(Locator):
    """Ticks where another locator has them for what is written."""

    def __init__(self, of_written: Any, factor: float) -> None:
        self._of_written, self._factor = of_written, factor

    def __call__(self) -> Any:
        axis: Any = self.axis
        return self.tick_values(*axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> Any:
        written = self._of_written.tick_values(vmin * self._factor, vmax * self._factor)
        return np.asarray(written) / self._factor


class _Ticks(Formatter):
    """Numbers that can be told apart."""

    def __init__(self, prefixed: bool, factor: float = 1.0) -> None:
        self._prefixed, self._factor = prefixed, factor

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Any) -> list[str]:
        return tick_texts([value * self._factor for value in values], self._prefixed)
