"""Days, weeks and ranges as the listener's own calendar has them."""

from datetime import UTC, date, datetime

import pytest

from goscrobble.domain.periods import (
    ALL_TIME,
    Period,
    hour_of_week,
    local_day,
    parse_dates,
    parse_range,
    zone,
)

NOW = datetime(2024, 3, 31, 12, tzinfo=UTC).timestamp()
BERLIN = zone("Europe/Berlin")


def utc(text):
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp())


def hours(period):
    return (period.end - period.start) / 3600


@pytest.mark.parametrize(
    ("zone_name", "text", "start", "end"),
    [
        ("UTC", "7d", "2024-03-25T00:00", "2024-04-01T00:00"),
        ("UTC", "30d", "2024-03-02T00:00", "2024-04-01T00:00"),
        ("UTC", "90d", "2024-01-02T00:00", "2024-04-01T00:00"),
        ("UTC", "365d", "2023-04-02T00:00", "2024-04-01T00:00"),
        ("UTC", "2024", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("UTC", "2024-02", "2024-02-01T00:00", "2024-03-01T00:00"),
        ("UTC", "2023-12", "2023-12-01T00:00", "2024-01-01T00:00"),
        ("UTC", "2024-W11", "2024-03-11T00:00", "2024-03-18T00:00"),
        ("UTC", "2020-W53", "2020-12-28T00:00", "2021-01-04T00:00"),  # a week of two years
        ("UTC", "2025-W01", "2024-12-30T00:00", "2025-01-06T00:00"),
        ("Europe/Berlin", "2024", "2023-12-31T23:00", "2024-12-31T23:00"),
        ("Europe/Berlin", "2024-03", "2024-02-29T23:00", "2024-03-31T22:00"),
        ("America/New_York", "2024-11", "2024-11-01T04:00", "2024-12-01T05:00"),
        ("Pacific/Auckland", "7d", "2024-03-25T11:00", "2024-04-01T11:00"),  # tomorrow has begun there
        ("Asia/Kathmandu", "2024-01", "2023-12-31T18:15", "2024-01-31T18:15"),
    ],
)
def test_a_range_runs_from_midnight_to_midnight_of_the_zone(zone_name, text, start, end):
    assert Period(utc(start), utc(end)) == parse_range(text, zone(zone_name), NOW)


def test_all_time_is_open_at_both_ends():
    assert ALL_TIME == parse_range("all", BERLIN, NOW) == Period(None, None)


@pytest.mark.parametrize(
    ("zone_name", "day", "length"),
    [
        ("Europe/Berlin", "2024-03-31", 23),
        ("Europe/Berlin", "2024-10-27", 25),
        ("Europe/Berlin", "2024-10-28", 24),
        ("America/Sao_Paulo", "2018-11-04", 23),  # there was no midnight
        ("America/Havana", "2024-11-03", 25),  # midnight came twice
        ("Australia/Lord_Howe", "2024-04-07", 24.5),
        ("Pacific/Apia", "2011-12-30", 0),  # there was no such day
    ],
)
def test_the_day_of_a_clock_change_has_its_own_length(zone_name, day, length):
    assert length == hours(parse_dates(day, day, zone(zone_name), NOW))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8d",
        "7D",
        "all ",
        "24",
        "20245",
        "2024-13",
        "2024-00",
        "2024-W54",
        "2023-W53",
        "2024-W00",
        "2024-3",
        "0000",
        "9999",
        "9999-12",
        "9999-W52",
        "-7d",
        "2024-02-30",
        "x" * 10_000,
        "\0",
        "²024",
    ],
)
def test_any_other_range_is_refused_with_the_choices(text):
    with pytest.raises(ValueError, match=r"range must be 7d, 30d, 90d, 365d, all, a year|Dates run from 1970"):
        parse_range(text, BERLIN, NOW)


@pytest.mark.parametrize("text", ["1969", "0001", "2026", "1969-12", "1970-W01", "2026-01"])
def test_a_range_long_ago_or_far_ahead_is_refused(text):
    with pytest.raises(ValueError, match="Dates run from 1970 to the end of next year"):
        parse_range(text, BERLIN, NOW)


def test_next_year_may_be_asked_for():
    assert Period(utc("2025-01-01T00:00"), utc("2026-01-01T00:00")) == parse_range("2025", zone("UTC"), NOW)


def test_dates_are_both_included():
    assert Period(utc("2024-03-30T00:00"), utc("2024-04-01T00:00")) == parse_dates(
        "2024-03-30", "2024-03-31", zone("UTC"), NOW
    )


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2024-03-31", "2024-03-30", "from is after to"),
        ("yesterday", "2024-03-30", "from and to must be dates like 2024-03-31"),
        ("2024-03-30", "2024-02-30", "from and to must be dates like 2024-03-31"),
        ("", "", "from and to must be dates like 2024-03-31"),
        ("1969-12-31", "2024-01-01", "Dates run from 1970 to the end of next year"),
        ("9999-12-31", "9999-12-31", "Dates run from 1970 to the end of next year"),
    ],
)
def test_dates_that_make_no_range_are_refused_with_a_sentence(first, last, sentence):
    with pytest.raises(ValueError) as raised:
        parse_dates(first, last, BERLIN, NOW)
    assert sentence == str(raised.value)


def test_an_end_beyond_all_dates_is_the_end_of_what_can_be():
    assert Period(utc("2024-01-01T00:00"), utc("2026-01-01T00:00")) == parse_dates(
        "2024-01-01", "9999-12-31", zone("UTC"), NOW
    )


@pytest.mark.parametrize(
    "name",
    [
        "UTC",
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "Asia/Calcutta",
        "US/Pacific",
        "Europe/Kiev",
        "Etc/GMT+5",
    ],
)
def test_zones_are_known_by_their_names_and_by_their_old_ones(name):
    assert name == zone(name).key


@pytest.mark.parametrize(
    "name", ["", "Europe", "Mars/Base", "../etc/passwd", "/etc/passwd", "a\0b", "x" * 5000, "\ud800", "Europe/Berlin "]
)
def test_what_is_no_zone_is_refused_with_its_name(name):
    with pytest.raises(ValueError, match="There is no time zone named"):
        zone(name)


@pytest.mark.parametrize(
    ("at", "zone_name", "day", "hour"),
    [
        ("2024-03-25T00:00", "UTC", date(2024, 3, 25), 0),  # a Monday
        ("2024-03-31T23:59", "UTC", date(2024, 3, 31), 167),
        ("2024-03-31T23:00", "Europe/Berlin", date(2024, 4, 1), 1),
        ("2024-03-31T00:59", "Europe/Berlin", date(2024, 3, 31), 6 * 24 + 1),
        ("2024-03-31T01:00", "Europe/Berlin", date(2024, 3, 31), 6 * 24 + 3),
        ("2024-01-01T03:00", "America/New_York", date(2023, 12, 31), 6 * 24 + 22),
    ],
)
def test_a_play_counts_for_the_day_and_hour_where_its_listener_lives(at, zone_name, day, hour):
    assert (day.toordinal(), hour) == (local_day(utc(at), zone(zone_name)), hour_of_week(utc(at), zone(zone_name)))
