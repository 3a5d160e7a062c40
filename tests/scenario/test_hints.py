"""What is asked back where a word is unknown: the right one, or none."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.scenario.hints import LONGEST_WORD, nearest, timezone_fix, timezones

NO_GUESS = "Write a name such as Europe/Oslo, or leave it blank."
CITIES = sorted(
    zone for zone in timezones() if zone.startswith(("Africa/", "America/", "Asia/", "Europe/"))
)


def meant(text: str) -> str | None:
    fix = timezone_fix(text)
    return None if fix == NO_GUESS else fix.removeprefix("Did you mean '").removesuffix("'?")


def offset_h(zone: str) -> float:
    return datetime(2025, 7, 15, tzinfo=ZoneInfo(zone)).utcoffset().total_seconds() / 3600


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("CEST", "Europe/Berlin"),
        ("cest", "Europe/Berlin"),
        ("JST", "Asia/Tokyo"),
        ("UTC+1", "Etc/GMT-1"),
        ("UTC+01:00", "Etc/GMT-1"),
        ("UTC +1", "Etc/GMT-1"),
        ("GMT+2", "Etc/GMT-2"),
        ("UTC-5", "Etc/GMT+5"),
        ("UTC−5", "Etc/GMT+5"),
        ("UTC+0", "UTC"),
        ("Europe/Olso", "Europe/Oslo"),
        ("europe/oslo", "Europe/Oslo"),
        ("Europe/Oslo city", None),
        ("oslo", "Europe/Oslo"),
        ("New York", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("Amercia/New_York", "America/New_York"),
        ("IST", None),  # India, Israel, Ireland
        ("PST", None),  # California, the Philippines
        ("CST", None),
        ("BST", None),
        ("UTC+5:30", None),
        ("UTC+15", None),
        ("Etc/GMT+15", None),
        ("Asia/Mumbai", None),  # not Asia/Dubai
        ("Europe", None),
        ("", None),
    ],
)
def test_a_time_zone_is_right_or_absent(text, zone):
    assert meant(text) == zone
    assert zone is None or zone in timezones()


@given(st.integers(-12, 14), st.sampled_from(["UTC{:+d}", "GMT{:+d}", "utc{:+03d}:00", "{:+d}"]))
def test_an_offset_is_meant_as_people_write_it(hours, form):
    assert offset_h(meant(form.format(hours))) == hours


@given(st.sampled_from(CITIES), st.data())
def test_one_slip_in_a_city_is_never_fixed_into_another_hour(zone, data):
    """Whatever letter is missing, doubled or swapped with the next."""
    place = data.draw(st.integers(zone.index("/") + 1, len(zone) - 1))
    slips = (zone[:place] + zone[place + 1 :], zone[:place] + zone[place:][:1] + zone[place:])
    for wrong in (*slips, zone[:place] + zone[place:][1:2] + zone[place] + zone[place + 2 :]):
        found = None if wrong in timezones() else meant(wrong)
        assert found is None or offset_h(found) == offset_h(zone)


@pytest.mark.parametrize("length", [LONGEST_WORD + 1, 10_000_000])
def test_no_word_is_too_long_to_be_unknown(length):
    assert nearest("a" * length, ["a" * length], "nothing") == "nothing"
    assert meant("a" * length) is None
