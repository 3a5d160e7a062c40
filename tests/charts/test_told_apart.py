"""What stands for different things in one picture can be told apart by those who see few colours, or none."""

from collections.abc import Iterator
from importlib import import_module
from itertools import combinations
from pkgutil import iter_modules

import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Quad
from numpy.typing import NDArray
from screens import drawn, handle, show

from explorer import Scenario, charts, plot, solve
from explorer.app.controls.controls import Inputs
from explorer.app.views.layers import LayersView
from explorer.charts.chart import Mark, Panel
from explorer.charts.palette import CLASS_COLOURS, LOOKS, Look
from explorer.session import Session

LEAST_APART = 15.0  # in CIELAB, where 2 can just be seen side by side
LEAST_LIGHTER = 12.0  # of 100, where no colour is seen
SEEN = 0.3  # opacity of what is more than a ground behind other marks
AREAS, LINES = ("bars", "area"), ("line", "segments")
# Linear RGB as those see it who lack the green or the red cones: Machado, Oliveira and Fernandes (2009), severity 1.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)  # fmt: skip
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)  # fmt: skip
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)
# Drawn alike because they are one thing, or never in one picture together.
ONE = {
    frozenset(pair)
    for pair in (
        ("latency", "needed"),  # what latency keeps out, and how much longer a budget has to be
        ("pair friction", "pair no demand"),  # ground behind the verdicts that matter
        ("pair friction", "pair none"),  # the same ground, in another size
        ("pair no demand", "pair none"),
    )
}


def linear(colour: str) -> NDArray[np.float64]:
    """Linear RGB of a colour as "#rrggbb", or as "#rrggbbaa" on white."""
    *rgb, alpha = (int(f"{colour}ff"[n : n + 2], 16) / 255 for n in (1, 3, 5, 7))
    rgb = 1 - alpha * (1 - np.array(rgb))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB of linear RGB, by daylight D65."""
    t = XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: str, other: str) -> tuple[float, float]:
    """How far two colours are apart with two kinds of cones, and in lightness alone."""
    pair = [linear(colour) for colour in (one, other)]
    dichromat = min(
        float(np.linalg.norm(np.subtract(*(lab(sight @ rgb) for rgb in pair))))
        for sight in (DEUTERANOPIA, PROTANOPIA)
    )
    lightness = [lab(rgb)[0] for rgb in pair]
    return dichromat, abs(lightness[0] - lightness[1])


def panels() -> Iterator[Panel]:
    for module in iter_modules(charts.__path__):
        found = getattr(import_module(f"explorer.charts.{module.name}"), "PANELS", ())
        yield from found.values() if isinstance(found, dict) else found


def together(panel: Panel) -> Iterator[tuple[str, str, list[str]]]:
    """
    Pairs of roles that could be taken for each other, and as what: they have marks of one kind in
    one picture.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for kind, kinds in (("area", AREAS), ("line", LINES), ("points", ("points",))):
        marks: list[Mark] = [m for m in panel.marks if m.kind in kinds and m.opacity > SEEN]
        roles = dict.fromkeys(role for mark in marks for role in mark.roles)
        for pair in combinations(roles, 2):
            if frozenset(pair) not in ONE:
                found.setdefault(pair, []).append(kind)
    yield from ((*pair, kinds) for pair, kinds in found.items())


def form(kind: str, look: Look) -> str:
    return {"area": look.pattern, "line": look.dash, "points": look.marker}[kind]


PANELS = {f"{panel.name} {n}": panel for n, panel in enumerate(panels())}


@pytest.mark.parametrize("name", PANELS)
def test_roles_differ_in_more_than_hue(name):
    """For those without green or red cones, and in grey; else in pattern, line style or marker."""
    alike = []
    for one, other, kinds in together(PANELS[name]):
        looks = LOOKS[one], LOOKS[other]
        dichromat, lightness = apart(*(look.colour for look in looks))
        by_form = any(len({form(kind, look) for look in looks}) > 1 for kind in kinds)
        if not by_form and (dichromat < LEAST_APART or lightness < LEAST_LIGHTER):
            alike.append((one, other, round(dichromat, 1), round(lightness, 1)))
    assert alike == []


def test_colours_that_are_known_to_fail_do():
    """What egress and the carbon price are without their patterns: one grey to many eyes."""
    dichromat, lightness = apart(LOOKS["egress"].colour, LOOKS["carbon price"].colour)
    assert dichromat < LEAST_APART and lightness < LEAST_LIGHTER
    assert apart("#000000", "#ffffff") == pytest.approx((100.0, 100.0), abs=0.1)


def test_bars_have_the_pattern_of_their_role_on_the_page_and_in_a_notebook():
    table = solve(Scenario.load("classroom-3x3")).layers
    roles = ("local", "regional", "energy-oriented", "nowhere")
    patterns = [LOOKS[role].pattern for role in roles]
    assert len({*patterns}) == 3 and patterns[0] == patterns[1] == ""
    view = LayersView(Session(Scenario.load("classroom-3x3")))
    show(view)
    glyph = handle(view, "classes", "glyph_renderer").glyph
    assert glyph.hatch_pattern.field == "color"
    assert glyph.hatch_pattern.transform.args == {"patterns": patterns}
    drawn_patterns = {
        renderer.glyph.fill_color: renderer.glyph.hatch_pattern
        for renderer in drawn(plot(table)).select({"type": GlyphRenderer})
        if isinstance(renderer.glyph, Quad)
    }
    assert (
        drawn_patterns
        and {colour: pattern or "" for colour, pattern in drawn_patterns.items()}.items()
        <= {LOOKS[role].colour: LOOKS[role].pattern for role in roles}.items()
    )


def test_a_class_has_its_letter_and_its_name_beside_its_colour():
    controls = Inputs(Scenario.load("stylized-12"), {}).groups[1]["controls"]
    assert [c["label"].split()[0] for c in controls] == ["A", "B", "C", "D"]
    assert [c["colour"] for c in controls] == [*CLASS_COLOURS[:4]]
