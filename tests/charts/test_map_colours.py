"""
What a colour of the map says, in the live view, in a notebook and in print: value -> hue -> words.

The hues are named here, not taken from `palette`, so that a palette turned round is seen.
"""

from collections.abc import Callable
from colorsys import rgb_to_hsv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bokeh.models import ColorBar, LinearColorMapper
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb

from explorer import Scenario, marginal_prices
from explorer.app.views.marginal_prices import PricesView
from explorer.app.views.world_map import FlowMap
from explorer.charts.backends.geoviews_map import draw
from explorer.charts.draw import figure, plot
from explorer.presentation import render
from explorer.session import Session
from tests.screens import drawn, show

Shades = Callable[[float], str]  # the colour of a value

CHANGE = (  # share of the largest change, what that is, hue, words of the legend in print
    (-1.0, "orange", "less"),
    (0.0, "no hue", "as much"),
    (1.0, "purple", "more load than baseline"),
)
HUES = {"orange": (15, 50), "purple": (250, 300)}  # degrees


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def hue_of(colour: str) -> str:
    hue, saturation, _ = rgb_to_hsv(*to_rgb(colour))
    if saturation < 0.05:
        return "no hue"
    (name,) = [name for name, (low, high) in HUES.items() if low <= 360 * hue <= high]
    return name


def brightness(colour: str) -> float:
    return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))


def shades(mapper: LinearColorMapper) -> Shades:
    """What Bokeh's colour bar and circles do with a value."""
    low, high, palette = float(mapper.low), float(mapper.high), list(mapper.palette)

    def colour(value: float) -> str:
        at = int((value - low) / (high - low) * len(palette))
        return palette[min(max(at, 0), len(palette) - 1)]

    return colour


def on_screen(models: Any) -> tuple[Shades, str, tuple[float, float]]:
    """Colours of what a bar of colours explains, its words, and its ends."""
    (bar,) = models.select({"type": ColorBar})
    mapper = bar.color_mapper
    return shades(mapper), bar.title, (float(mapper.low), float(mapper.high))


def printed(result: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, dict[str, str]]:
    """The axes, and the fill of each circle of the legend by its words."""
    kept: list[Any] = []
    monkeypatch.setattr(plt, "close", kept.append)
    figure(result, path / "map.svg")
    monkeypatch.undo()
    (legend,) = kept[-1].legends
    words = [text.get_text() for text in legend.get_texts()]
    fills = [to_hex(handle.get_markerfacecolor()) for handle in legend.legend_handles]
    plt.close(kept[-1])
    return kept[-1].axes[0], dict(zip(words, fills, strict=True))


@pytest.mark.parametrize(("share", "hue", "_words"), CHANGE)
@pytest.mark.parametrize("where", ["live view", "notebook"])
def test_more_load_is_purple_and_less_is_orange_on_screen(session, where, share, hue, _words):
    models = show(FlowMap(session)) if where == "live view" else drawn(plot(session.placement))
    colour, words, (least, most) = on_screen(models)
    assert words.lower() == "change against baseline [mw]" and least == -most < 0
    assert hue_of(colour(share * most)) == hue


@pytest.mark.parametrize(("share", "hue", "words"), CHANGE)
def test_more_load_is_purple_and_less_is_orange_in_print(
    session, tmp_path, monkeypatch, share, hue, words
):
    _, legend = printed(session.placement, tmp_path, monkeypatch)
    assert hue_of(legend[words]) == hue
    scale = render(session.placement, "map").scale
    assert to_hex(scale.ink_of(np.array([share * scale.high]))[0]) == legend[words]


def test_circles_of_the_classroom_have_the_hue_of_their_change(session, tmp_path, monkeypatch):
    """North takes the load of the two others, and nobody else's map says otherwise."""
    change = session.placement.region_it_mw - session.placement.baseline.region_it_mw
    columns = render(session.placement, "map").columns["regions"]
    assert columns["shown"] == pytest.approx(change)
    wanted = sorted("purple" if mw > 0 else "orange" if mw < 0 else "no hue" for mw in change)
    assert {"purple", "orange"} <= {*wanted}
    axes, _ = printed(session.placement, tmp_path, monkeypatch)
    (circles,) = [marks for marks in axes.collections if len(marks.get_offsets()) == len(change)]
    assert sorted(hue_of(to_hex(fill)) for fill in circles.get_facecolor()) == wanted


@pytest.mark.parametrize("where", ["live view", "notebook"])
@pytest.mark.parametrize("what", ["electricity price", "one more MWh"])
def test_more_of_an_amount_is_lighter_on_screen(session, where, what):
    if what == "one more MWh":
        result, view = marginal_prices(session.scenario), PricesView(session)
        picture = plot(result)
    else:
        view = FlowMap(session, colour_by="price")
        picture = draw(render(session.placement, "map", colour_by="price"))
    colour, words, ends = on_screen(show(view) if where == "live view" else drawn(picture))
    assert "USD/MWh" in words
    steps = [brightness(colour(value)) for value in np.linspace(*ends, 6)]
    assert min(np.diff(steps)) > 0


def test_more_of_an_amount_is_lighter_in_print(session, tmp_path, monkeypatch):
    result = marginal_prices(session.scenario)
    _, legend = printed(result, tmp_path, monkeypatch)
    steps = [(float(words.split(" to ")[0].replace(",", "")), brightness(fill))
             for words, fill in legend.items() if " to " in words]  # fmt: skip
    assert len(steps) > 2
    assert min(np.diff([light for _, light in sorted(steps)])) > 0
