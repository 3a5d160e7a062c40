"""What a tap on the map picks, as pick.js finds it in the browser."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import explorer

pytestmark = pytest.mark.ui

CODE = (Path(explorer.__file__).parent / "app" / "views" / "pick.js").read_text(encoding="utf-8")
RUN = """([code, at, picked, there, width]) => {
  const source = (columns, indices) => ({get_column: name => columns[name] ?? null, selected: {indices}})
  const names = ["regions", "clients", "flows", "segments"]
  const sources = names.map(name => source(there[name] ?? {}, picked[name] ?? []))
  const figure = {x_range: {start: 0, end: 1000}, inner_width: width}
  new Function(...names, "figure", "cb_obj", code)(...sources, figure, {x: at[0], y: at[1]})
  return JSON.stringify(Object.fromEntries(names.slice(0, 3).map((name, k) => [name, sources[k].selected.indices])))
}"""
NOTHING: dict[str, list[int]] = {"regions": [], "clients": [], "flows": []}
# two regions, a small one on the rim of a large one; a client; two arcs of three pieces
THERE = {
    "regions": {"x": [100, 140], "y": [100, 100], "radius": [50, 10]},
    "clients": {"x": [500, 80], "y": [500, 80], "radius": [5, 8]},
    "segments": {
        "x0": [100, 300, 600, 100], "y0": [100, 300, 300, 800],
        "x1": [300, 600, 900, 900], "y1": [300, 300, 100, 800],
        "row": [0, 0, 0, 3],
    },
}  # fmt: skip
Tap = Callable[..., dict[str, list[int]]]


@pytest.fixture(scope="module")
def tap(browser: Browser) -> Iterator[Tap]:
    page = browser.new_page()

    def run(
        x: float, y: float, picked: dict[str, list[int]] = NOTHING, width: int = 1000
    ) -> dict[str, Any]:
        return json.loads(page.evaluate(RUN, [CODE, [x, y], picked, THERE, width]))

    yield run
    page.close()


@pytest.mark.parametrize(
    ("at", "found"),
    [
        pytest.param((80, 100), {"regions": [0]}, id="a region"),
        pytest.param((142, 100), {"regions": [1]}, id="the smaller of two"),
        pytest.param((100, 153), {"regions": [0]}, id="beside a region"),
        pytest.param((100, 155), {}, id="further from it than a finger is broad"),
        pytest.param((105, 100), {"regions": [0]}, id="a region on an arc's end"),
        pytest.param((503, 503), {"clients": [0]}, id="a client"),
        pytest.param((83, 80), {"clients": [1]}, id="a client within a region"),
        pytest.param((80, 90), {"regions": [0]}, id="beside a client, within a region"),
        pytest.param((450, 308), {"flows": [0]}, id="an arc"),
        pytest.param((450, 311), {}, id="too far from it"),
        pytest.param((500, 795), {"flows": [3]}, id="another arc, by its first row"),
        pytest.param((905, 800), {"flows": [3]}, id="just beyond its end"),
        pytest.param((950, 950), {}, id="the sea"),
    ],
)
def test_a_tap_picks_what_is_nearest(tap, at, found):
    assert tap(*at) == NOTHING | found


def test_what_is_near_is_so_on_screen(tap):
    assert tap(450, 320)["flows"] == []
    assert tap(450, 320, width=400)["flows"] == [
        0
    ]  # a small map: the same distance in fewer pixels


@pytest.mark.parametrize("at", [(80, 100), (503, 503), (450, 300)])
def test_the_same_tap_once_more_lets_go(tap, at):
    once = tap(*at)
    assert once != NOTHING
    assert tap(*at, picked=once) == NOTHING


def test_one_pick_ends_the_other_and_the_sea_all(tap):
    region = tap(80, 100)
    assert tap(450, 300, picked=region) == NOTHING | {"flows": [0]}
    assert tap(950, 950, picked=region) == NOTHING
