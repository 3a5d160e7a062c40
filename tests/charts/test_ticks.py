"""
Numbers on axes: in Python and in the browser alike, each of an axis's ticks apart from the others.
"""

import re

import numpy as np
import pytest
from bokeh.models import Axis, CustomJSTickFormatter
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from screens import drawn

from explorer import Scenario, frontier
from explorer.charts.ticks import _CODE, _formatter
from explorer.text import takes_prefix, tick_texts
from explorer.words import Reader, localised, speaking, writing_for
from explorer.words.amounts import Units

TABLE = [  # ticks, whether a prefix may stand before the unit, labels
    ([1_270_000, 1_270_500, 1_271_000], True, ["1.2700 M", "1.2705 M", "1.2710 M"]),
    ([1_000_000, 2_000_000], True, ["1 M", "2 M"]),
    ([0, 500_000, 1_000_000], True, ["0", "0.5 M", "1.0 M"]),
    ([0, 20_000, 40_000], True, ["0", "20 k", "40 k"]),
    ([-4000, 0, 4000, 8000], True, ["−4,000", "0", "4,000", "8,000"]),
    ([-40_000, 0], True, ["−40 k", "0"]),
    ([3e9, 3.5e9], True, ["3.0 G", "3.5 G"]),
    ([0.0012, 0.0014], True, ["0.0012", "0.0014"]),
    ([0, 50_000, 100_000], False, ["0", "50,000", "100,000"]),
    ([99_999.98, 100_000, 100_000.02], False, ["99,999.98", "100,000.00", "100,000.02"]),
    ([0.1 + 0.2, 0.4, 0.5], False, ["0.3", "0.4", "0.5"]),
    ([-1e-17, 0.5], False, ["0", "0.5"]),
    ([7], False, ["7"]),
    ([0], True, ["0"]),
]


@pytest.mark.parametrize(("ticks", "prefixed", "labels"), TABLE)
def test_labels_of_ticks(ticks, prefixed, labels):
    assert tick_texts(ticks, prefixed) == labels


SIZE = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}


@given(
    st.floats(-1e10, 1e10),
    st.sampled_from([1, 2, 2.5, 5]),
    st.integers(-4, 8),
    st.integers(2, 8),
    st.booleans(),
)
def test_a_label_read_back_is_its_tick(start, digit, power, count, prefixed):
    step = digit * 10.0**power
    ticks = (np.round(start / step) + np.arange(count)) * step
    labels = tick_texts(ticks.tolist(), prefixed)
    if abs(start) / step > 1e9:
        return  # beyond the digits of a float there is nothing to tell apart
    assert len(set(labels)) == count
    for tick, label in zip(ticks, labels, strict=True):
        figures, _, prefix = label.replace("−", "-").replace(",", "").partition(" ")
        assert float(figures) * SIZE[prefix] == pytest.approx(tick, abs=1e-3 * step)
    assert not any(re.search("m|b", label) for label in labels)


@pytest.mark.ui
def test_the_browser_writes_the_same(browser: Browser):
    page = browser.new_page()
    run = """([code, ticks, args]) => {
      const write = new Function("tick", "index", "ticks", ...Object.keys(args), code).bind({})
      return ticks.map((tick, index) => write(tick, index, ticks, ...Object.values(args)))
    }"""
    for language in ("en", "de"):
        with speaking(language):
            for ticks, prefixed, labels in TABLE:
                for factor in (1.0, 0.8):
                    args = _formatter(prefixed, factor).args
                    given = [tick / factor for tick in ticks]
                    written = page.evaluate(run, [_CODE, given, args])
                    assert written == [*map(localised, labels)], (language, factor)
    page.close()


def test_units_with_a_prefix_take_no_other():
    for label in (
        "Cost [USD/h]",
        "Saving [USD/MWh]",
        "Carbon [t/h]",
        "Cost [USD/h]\nwithout carbon price",
    ):
        assert takes_prefix(label)
    for label in (
        "IT load [MW]",
        "Latency budget [ms]",
        "kg [kg/h]",
        "Share [%]",
        "Draws",
        "",
        "[GB]",
    ):
        assert not takes_prefix(label)


def test_every_axis_with_numbers_tells_its_ticks_apart():
    picture = drawn(frontier(Scenario.load("classroom-3x3")).plot())
    formatters = {axis.axis_label: axis.formatter for axis in picture.select({"type": Axis})}
    assert [type(formatter) for formatter in formatters.values()] == [CustomJSTickFormatter] * 2
    assert {label: f.args["prefixed"] for label, f in formatters.items()} == {
        label: takes_prefix(label) for label in formatters
    }


def test_axes_in_other_units_have_their_ticks_where_numbers_are_round_as_written():
    wanted = Units("EUR", 1.0389, "kg", "yr")
    found = frontier(Scenario.load("classroom-3x3"))
    with writing_for(Reader("en", wanted)):
        picture = drawn(found.plot())
        printed = found.figure()
    factor = wanted.of("USD/h")[0]
    axes = {axis.axis_label: axis for axis in picture.select({"type": Axis})}
    (said,) = [label for label in axes if "MEUR/yr" in label]
    steps = [mantissa * factor for mantissa in axes[said].ticker.mantissas]
    assert {f"{step:.6e}"[:8] for step in steps} == {"1.000000", "2.000000", "5.000000"}
    ticks = printed.axes[0].yaxis.get_majorticklocs() * factor
    step = ticks[1] - ticks[0]
    assert ticks / step == pytest.approx(np.round(ticks / step))
    assert f"{step:.3e}"[:5] in ("1.000", "2.000", "2.500", "5.000")
