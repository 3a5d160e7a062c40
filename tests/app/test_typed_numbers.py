"""Numbers as people type them into a control: `explorer/app/controls/typed.js`, in each language."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.app.component import words_of
from explorer.app.controls.controls import CONTROLS
from explorer.words import LANGUAGES, Reader, speaking, writing_for
from explorer.words.amounts import Units
from tests.page_modules import printed_by_node

SCRIPT = (CONTROLS / "typed.js").read_text("utf-8")
NONE = "no number"
EVERYWHERE = {  # that have one reading
    "2.000,5": 2000.5, "2,000.5": 2000.5, "1,5": 1.5, "1.5": 1.5, "1.000.000": 1e6, "1,000,000": 1e6, "0,500": 0.5,
    "1 000,5": 1000.5, "1\u202f000,5": 1000.5, "1'000.5": 1000.5, "5.": 5, ".5": 0.5, "−3": -3, "+3": 3, "1e9": 1e9,
    "1,5e3": 1500, "２": 2, "３，５": 3.5, "2 GW": 2000, "2gw": 2000, "500 kW": 0.5, "1,5 ＧＷ": 1500, "7 MW": 7,
    "": NONE, "--3": NONE, "1.5.0": NONE, "1,00,000": NONE, "1.234,567.8": NONE, ".": NONE, "0x10": NONE, "1_000": NONE,
    "٣٤": 34, "१२.५": 12.5, "१,५ GW": 1500, "10²": NONE, "½": NONE, "③": NONE,
    "NaN": NONE, "Infinity": NONE, "1e999": NONE, "1e": NONE, "5 s": NONE, "20 %": NONE, "5 MWh": NONE,
    "2 constructor": NONE, "2 __proto__": NONE, "1" + ",000" * 2000 + "x": NONE, "<b>3</b>": NONE,
}  # fmt: skip
UNITS = {
    ("1.5 s", "[ms]"): 1500, ("2 min", "[ms]"): 120_000, ("3 h", "[s]"): 10_800, ("2 GW", "[ms]"): NONE,
    ("20 %", "[-]"): 0.2, ("29 %", "[-]"): 0.29, ("150 %", "[× stated]"): 1.5, ("20 %", "[USD/t]"): NONE,
    ("80 k", "[USD/h]"): 80_000, ("1.2 M", "[USD/h]"): 1.2e6, ("1.2 m", "[USD/h]"): NONE,
    ("80 kUSD/h", "[USD/h]"): 80_000,
    ("50 USD/t", "[USD/t]"): 50, ("50 $", "[USD/t]"): 50, ("50 USD/h", "[USD/t]"): NONE,
    ("0.05 USD/kWh", "[USD/MWh]"): 50,
    ("5 kg", "[t/h]"): 0.005, ("5 kt", "[t/h]"): 5000, ("7 km", "[km]"): 7, ("7 m", "[km]"): NONE,
    ("3 USD/t/t", "[USD/t]"): NONE, ("5 ms", ""): NONE,
}  # fmt: skip


CONTROLS_SCRIPT = (CONTROLS / "controls.js").read_text("utf-8")
TYPED = st.decimals(0, 99_999, places=2).map(lambda number: f"{number.normalize():f}")
SHOWN = """
const [item, typed, odd] = [%s, %s, %s]
const {edit} = SCALES.number(item)
console.log(JSON.stringify([typed.map(text => edit(read(text, item).value)), odd.map(edit)]))
"""


def read(cases: list[tuple[str, dict[str, object]]], language: str = "en") -> list[dict]:
    with speaking(language):
        script = words_of(SCRIPT) + SCRIPT
    asked = json.dumps(cases)
    return printed_by_node(
        f"{script}console.log(JSON.stringify({asked}.map(([typed, item]) => read(typed, item))))"
    )


def test_numbers_in_other_units_become_those_of_the_scenario():
    wanted = Units("EUR", 1.25, period="yr")
    item = of("[EUR/t]", factor=wanted.of("USD/t")[0])
    capped = of("[MEUR/yr]", factor=wanted.of("USD/h")[0])
    cases = [("40", item), ("40 EUR", item), ("50 USD", item), ("50 USD/t", item), ("0,04 €/kg", item),
             ("8.76", capped), ("8.76 MEUR/yr", capped), ("1250 USD/h", capped)]  # fmt: skip
    with writing_for(Reader("en", wanted)):
        found = read(cases)
    assert [each.get("value", NONE) for each in found] == [50, 50, 50, 50, 50, 1250, 1250, 1250]


@given(st.floats(0.8, 1.3), st.lists(TYPED, min_size=20, max_size=20))
@settings(max_examples=5)
def test_what_was_typed_in_other_units_is_shown_again_and_what_was_not_in_few_digits(rate, typed):
    factor, _ = Units("EUR", rate).of("USD/t")
    item = of("[EUR/t]", factor=factor)
    script = SHOWN % (json.dumps(item), json.dumps(typed), json.dumps([2190, 1 / 3, 0]))
    again, odd = printed_by_node(f"{words_of(SCRIPT)}{SCRIPT}{CONTROLS_SCRIPT}{script}")
    assert again == typed
    assert all(len(digits.replace(".", "").strip("0")) <= 9 for digits in odd)
    for usd, digits in zip((2190, 1 / 3, 0), odd, strict=True):
        assert float(digits) == pytest.approx(usd * factor, rel=1e-5)


def of(label: str, kind: str = "number", **more: object) -> dict[str, object]:
    return {"kind": kind, "label": f"Load {label}".strip(), "possible": "0 to 9", **more}


def test_digits_of_any_script_are_read_as_files_read_them():
    digits = [
        sign for sign in map(chr, range(sys.maxunicode)) if unicodedata.category(sign) == "Nd"
    ]
    found = read([(f"7{sign}", of("[MW]")) for sign in digits])
    assert [each.get("value", NONE) for each in found] == [float(f"7{sign}") for sign in digits]


@pytest.mark.parametrize("language", LANGUAGES)
def test_signs_are_read_by_the_language_only_where_they_have_two_readings(language):
    grouped = {"en": "1,000", "zh": "1,000", "de": "1.000", "es": "1.000"}
    either = {text: 1000 if grouped.get(language) == text else 1 for text in ("1,000", "1.000")}
    wanted = EVERYWHERE | either
    found = read([(text, of("[MW]")) for text in wanted], language)
    assert {
        text: each.get("value", NONE) for text, each in zip(wanted, found, strict=True)
    } == wanted


def test_units_are_those_of_the_input_with_any_prefix():
    found = read([(text, of(unit)) for text, unit in UNITS])
    assert {case: each.get("value", NONE) for case, each in zip(UNITS, found, strict=True)} == UNITS


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_limit_may_be_none_in_the_words_of_the_page(language):
    words = ["", "none", "No limit", "∞", "3 s"]
    found = read([(text, of("[ms]", "waiting")) for text in words], language)
    assert found == [*[{"value": None}] * 4, {"value": 3000}]  # JSON has no infinity


def test_what_cannot_be_understood_is_answered_in_one_line():
    (wrong, small) = read([("--3", of("[MW]", low=0, high=9)), ("10 kW", of("[MW]", low=1))])
    assert wrong == {"wrong": "“--3” is not a number. Possible: 0 to 9."}
    assert small == {"wrong": "10 kW is not possible. Possible: 0 to 9."}
