"""Numbers that a pointer reads, as the browser writes them in a language other than English."""

import pytest
from playwright.sync_api import Browser

from explorer.charts.tip_numbers import formatters
from explorer.words import speaking

TIP = [("", "@name, @other{custom}"), ("Load", "@it_mw{0,0.0} MW of @{panel x}{0,0}")]
WRITTEN = [  # value, as Bokeh is told to write it in English, in German
    (1234567.891, "0,0.0", "1.234.567,9"),
    (1234.5, "0,0", "1.235"),
    (1234.5, "0.00", "1234,50"),
    (-0.25, "0,0.00", "-0,25"),
    (12.0, "+0,0.0", "+12,0"),
    (0.0, "+0,0", "0"),
    (2.0, "0,0.[00]", "2"),
    (2.125, "0,0.[00]", "2,13"),
    (0.456, "0 %", "46 %"),
]


def test_in_english_bokeh_writes_them_by_itself():
    assert formatters(TIP) == {}


@pytest.mark.ui
def test_they_have_the_signs_of_the_language(browser: Browser):
    with speaking("de"):
        written = formatters(TIP)
    assert set(written) == {"@it_mw", "@{panel x}"}
    hover = written["@it_mw"]
    page = browser.new_page()
    run = """([code, signs, rows]) => rows.map(([value, format]) =>
      new Function("value", "format", "signs", code)(value, format, signs))"""
    said = page.evaluate(run, [hover.code, hover.args["signs"], [row[:2] for row in WRITTEN]])
    page.close()
    assert said == [row[2] for row in WRITTEN]
