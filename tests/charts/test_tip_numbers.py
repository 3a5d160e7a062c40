"""Numbers that a pointer reads, as the browser writes them in a language other than English."""

import pytest
from playwright.sync_api import Browser

from explorer.charts.tip_numbers import formatters, hover_tool
from explorer.words import Reader, speaking, writing_for
from explorer.words.amounts import Units

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


RUN = """([code, args, rows]) => rows.map(([value, format]) =>
  new Function("value", "format", ...Object.keys(args), code)(value, format, ...Object.values(args)))"""


def test_in_english_bokeh_writes_them_by_itself():
    assert formatters(TIP) == {}


@pytest.mark.ui
def test_they_have_the_signs_of_the_language(browser: Browser):
    with speaking("de"):
        written = formatters(TIP)
    assert set(written) == {"@it_mw", "@{panel x}"}
    hover = written["@it_mw"]
    page = browser.new_page()
    said = page.evaluate(RUN, [hover.code, hover.args, [row[:2] for row in WRITTEN]])
    page.close()
    assert said == [row[2] for row in WRITTEN]


@pytest.mark.ui
def test_they_are_in_the_units_that_are_wanted_with_as_many_digits(browser: Browser):
    tip = [
        ("Cost", "@p10_usd_per_h{0,0} to @p90{0,0} USD/h"),
        ("Carbon", "@y{0,0.00} t/h, @share{0.0} %"),
    ]
    with writing_for(Reader("en", Units("EUR", 1.25, "kg", "yr"))):
        written, tool = formatters(tip), hover_tool(tip)
    assert [text for _, text in tool.tooltips] == [
        "@p10_usd_per_h{0,0} to @p90{0,0} MEUR/yr",
        "@y{0,0.00} Mkg/yr, @share{0.0} %",
    ]
    page = browser.new_page()
    said = [
        page.evaluate(RUN, [hover.code, hover.args, [(1000, form)]])[0]
        for hover, form in zip(written.values(), ("0,0", "0,0", "0,0.00", "0.0"), strict=True)
    ]
    page.close()
    assert said == ["7.01", "7.01", "8,760.0", "1000.0"]
