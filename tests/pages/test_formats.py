from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from goscrobble.web.pages import formats

NOW = 1_780_315_200


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 min"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
        (172_799, "47 h 59 min"),
        (172_800, "2 d"),
        (1_483_200, "17 d 4 h"),
        (86_400 * 12_345, "12,345 d"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(seconds, expected):
    assert expected == formats.span(seconds)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-3600, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (86_400 * 3, "3 days ago"),
        (86_400 * 70, "2 months ago"),
        (86_400 * 800, "2 years ago"),
    ],
)
def test_a_past_moment_is_told_roughly(age, expected):
    assert expected == formats.ago(NOW - age, NOW + 0.9)


def test_what_never_happened_is_never():
    assert formats.ago(None, NOW) == "never"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 6, 1), "Today"),
        (date(2026, 5, 31), "Yesterday"),
        (date(2026, 6, 2), "Tuesday, 2 June"),
        (date(2026, 1, 5), "Monday, 5 January"),
        (date(2019, 12, 31), "Tuesday, 31 December 2019"),
    ],
)
def test_a_day_is_named_as_people_do(day, expected):
    assert expected == formats.day_name(day, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("words", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_listing_ends_with_and(words, expected):
    assert expected == formats.listing(words)


def test_numbers_have_separators():
    assert formats.number(1_234_567) == "1,234,567"


def test_a_moment_names_its_zone():
    at = datetime(2021, 3, 5, 9, 5, tzinfo=ZoneInfo("Europe/Berlin"))
    assert formats.moment(at) == "Friday, 5 March 2021, 09:05:00 CET"
    assert formats.clock(at) == "09:05"
    assert formats.short_day(at.date()) == "5 Mar 2021"
