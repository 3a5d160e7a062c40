"""Is it like what others found? Carbon saved by added delay, here and in published studies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.chart import About, Axis, Chart, Columns, Filled, Mark, Panel
from explorer.markup import html
from explorer.measures.published import HERE
from explorer.presentation import renders
from explorer.text import format_number
from explorer.words import mark, number, tr

STUDIES = {  # roles of their points
    "FORTE": "study of 2012",
    "CarbonEdge": "study of edges",
    "CDN-Shifter": "study of a CDN",
    "EuroSys": "study of clouds",
}
_SIGNALS = {  # which emissions are counted by
    "combined margin": mark("combined margin"),
    "marginal": mark("marginal"),
    "operating margin": mark("operating margin"),
    "average": mark("average"),
}
_CHOSEN = mark("chosen")  # where nobody knows
UNLIMITED = 1.1  # of the largest delay: where points without a limit are
WORD, LINE_PERCENT = 0.15, 7.0  # of the axis to the end, and of the height: what a word takes
_OWN_TIP = (
    ("Added delay, mean", "@x{0,0.0} ms"),
    ("Carbon saved", "@y{0.0} %"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    ("Away from home", "@relocated_mw{0,0} MW"),
)
_THEIR_TIP = (
    ("", "@study, @world"),
    ("Added delay", "@delay"),
    ("Carbon saved", "@y{0.0} %"),
    ("Here, at that delay", "@here_percent{0.0} %"),
    ("What", "@setup"),
    ("Differs", "@differs"),
    ("Source", "@url (@quality)"),
)
PANELS = (
    Panel(
        "published",
        (
            Mark("front", "line", ("carbon",), ("this scenario",), size=2.5),
            Mark("corners", "points", ("carbon",), (), _OWN_TIP, tips_at_once=1, size=5),
            Mark(
                "studies", "points", tuple(STUDIES.values()), tuple(STUDIES), _THEIR_TIP,
                tips_at_once=1, size=11, sizes=(11.0,) * len(STUDIES),
            ),
            Mark("world", "words", ("words",), size=14, align="left"),
        ),
        Axis("Added delay [ms]"),
        Axis("Carbon saved [%]"),
        height_px=320,
        zooms=True,
    ),
)  # fmt: skip
HELP = """
Line: the most carbon that this scenario can save at each mean added delay (over load), from everything as near as it
can be to least carbon, found exactly; law, budgets and capacity hold, money does not count. Points: what published
studies report at the added delay that they name. They are not alike: most take average intensities, where here the
signal chosen counts, and a delay as a limit, where here it is a mean (so their points lie further right than as means);
the tip says what else differs. Points without a limit of delay are at the axis' end. Putting them on one chart is this
project's own.
"""


@renders("published", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """The front and the points of `explorer.published`."""
    own, theirs = table.query(f"study == '{HERE}'"), table.query(f"study != '{HERE}'")
    x, saved = (own[name].to_numpy(float) for name in ("delay_ms", "saving_percent"))
    end = UNLIMITED * max(float(np.nanmax(table["delay_ms"].to_numpy())), 1.0)
    at = {
        "x": theirs["delay_ms"].fillna(end).to_numpy(float),
        "y": theirs["saving_percent"].to_numpy(float),
    }
    columns: dict[str, Columns] = {
        "front": {"x": x, "y": saved},
        "corners": {"x": x, "y": saved}
        | {name: own[name].to_numpy(float) for name in ("carbon_kg_per_h", "relocated_mw")},
        "studies": at | _told(theirs),
        "world": {
            "x": at["x"] + 0.02 * end,
            "y": lines_apart(at["x"] / end, at["y"]),
            "text": _words(theirs),
        },
    }
    highest = max(100.0, 1.04 * float(table["saving_percent"].to_numpy().max()))
    return Chart(
        PANELS,
        (Filled(columns, (-0.03 * end, 1.3 * end), (-2.0, highest), labels=_labels(theirs)),),
        _title(own, theirs),
        _finding(own, theirs, table.attrs.get("signal", "")),
        About.of(table),
        [
            tr(
                "Line: mean over load, by the scenario's carbon signal. Points: as published; most are limits of "
                "delay, by average intensities. At the right end: no limit."
            )
        ],
    )


def lines_apart(x: NDArray, y: NDArray) -> NDArray:
    """
    Heights of words beside points, of two that would lie on each other the lower one lower.

    >>> lines_apart(np.array([0.2, 0.17, 0.9]), np.array([36.0, 31.0, 33.0])).tolist()
    [36.0, 29.0, 33.0]
    """
    height = y.copy()
    for n in np.argsort(-y, kind="stable"):
        above = (y > y[n]) & (np.abs(x - x[n]) < WORD) & (height - height[n] < LINE_PERCENT)
        if above.any():
            height[n] = height[above].min() - LINE_PERCENT
    return height


def _told(theirs: pd.DataFrame) -> dict[str, NDArray]:
    names = ("world", "setup", "differs", "quality")  # texts of `published.csv`
    return {
        "role": np.array([[*STUDIES].index(study) for study in theirs["study"]], np.uint8),
        "study": np.array(_named(theirs), object),
        "delay": np.array([_delay(ms) for ms in theirs["delay_ms"]], object),
        "here_percent": theirs["here_percent"].to_numpy(float),
        **{name: np.array([*map(tr, theirs[name])], object) for name in names},
        "url": theirs["url"].to_numpy(object),
    }


def _words(theirs: pd.DataFrame) -> NDArray:
    world = [*map(tr, theirs["world"])]
    return np.where(theirs["delay_ms"].notna(), world, tr("no limit")).astype(object)


def _delay(ms: float) -> str:
    return tr("no limit") if np.isnan(ms) else tr("{} ms", format_number(ms))


def _named(theirs: pd.DataFrame) -> list[str]:
    return [f"{study} {year}" for study, year in zip(theirs["study"], theirs["year"], strict=True)]


def _labels(theirs: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    years = dict(zip(theirs["study"], _named(theirs), strict=True))
    return {"studies": tuple(years.get(study, study) for study in STUDIES)}


def _title(own: pd.DataFrame, theirs: pd.DataFrame) -> str:
    low, high = _range(theirs["saving_percent"].to_numpy())
    most = number(own["saving_percent"].to_numpy()[-1], ".3g")
    return tr(
        "at most {most} % of carbon saved here, {low} to {high} % in published studies",
        most=most,
        low=low,
        high=high,
    )


def _range(values: NDArray) -> tuple[str, str]:
    return number(values.min(), ".3g"), number(values.max(), ".3g")


def _finding(own: pd.DataFrame, theirs: pd.DataFrame, signal: str) -> Markup:
    """What is saved at most here, and here and there at the delays of the published points."""
    limited = theirs.dropna(subset="delay_ms")
    most, at_ms = (own[name].to_numpy()[-1] for name in ("saving_percent", "delay_ms"))
    said = html(
        "By the {} signal, <b>at most {} %</b> of the carbon of everything as near as it can be is saved here, at {} "
        "ms more of mean delay.",
        tr(_SIGNALS.get(signal, _CHOSEN)), number(most, ".3g"), format_number(at_ms),
    )  # fmt: skip
    ranges = (
        end
        for name in ("delay_ms", "here_percent", "saving_percent")
        for end in _range(limited[name].to_numpy())
    )
    return html(
        "{} At the delays of the published points, {} to {} ms, it is {} to {} %, where they report {} to {} %.",
        said, *ranges,
    )  # fmt: skip
