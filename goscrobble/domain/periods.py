"""Days, hours and ranges in a listener's own time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from goscrobble.domain.sentences import Sentence

LAST_DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
_YEAR = re.compile(r"(\d{4})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
FIRST_YEAR = 1970


@lru_cache(512)
def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name, old aliases too. Raises ValueError with a sentence."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a name that is a folder of the zone table
        raise ValueError(Sentence("There is no time zone named %(name)r", name=name[:60])) from None


def local_day(at: int, tz: ZoneInfo) -> int:
    """Return the local day of a Unix time as its proleptic ordinal (date.toordinal)."""
    return datetime.fromtimestamp(at, tz).toordinal()


def hour_of_week(at: int, tz: ZoneInfo) -> int:
    """Return the local hour of the week, 0 (Monday 00:00) to 167."""
    local = datetime.fromtimestamp(at, tz)
    return local.weekday() * 24 + local.hour


QUARTER = 900  # seconds; every offset from UTC since 1972 is a whole number of quarters of an hour


def hour_of_quarter(quarter: int, tz: ZoneInfo) -> int | None:
    """Return the local hour of the week of a quarter of an hour (Unix time // QUARTER).

    None where a clock was set within it, as in St. John's a minute after midnight: then its plays must be asked alone.
    """
    first, last = (hour_of_week(at, tz) for at in (quarter * QUARTER, quarter * QUARTER + QUARTER - 1))
    return first if first == last else None


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to but not including `end`, Unix seconds; None is open."""

    start: int | None
    end: int | None


ALL_TIME = Period(None, None)
Days = tuple[int | None, int | None]  # local days as ordinals, the second not included; None is open


def parse_range(text: str, tz: ZoneInfo, now: float) -> Period:
    """Return the period of `7d 30d 90d 365d all`, `2024`, `2024-03` or `2024-W11` in a zone.

    `7d` is today and the six days before it. Raises ValueError with a sentence.
    """
    if text == "all":
        return ALL_TIME
    today = datetime.fromtimestamp(now, tz).date()
    if text in LAST_DAYS:
        return _days(today - timedelta(days=LAST_DAYS[text] - 1), today + timedelta(days=1), tz)
    try:
        start, end = _named_range(text)
    except (ValueError, OverflowError):
        raise ValueError(
            Sentence("range must be 7d, 30d, 90d, 365d, all, a year (2024), a month (2024-03) or a week (2024-W11)")
        ) from None
    return _checked(start, end, tz, today)


def _named_range(text: str) -> tuple[date, date]:
    if m := _YEAR.fullmatch(text):
        return date(int(m[1]), 1, 1), date(int(m[1]) + 1, 1, 1)
    if m := _MONTH.fullmatch(text):
        year, month = int(m[1]), int(m[2])
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    if m := _WEEK.fullmatch(text):
        monday = date.fromisocalendar(int(m[1]), int(m[2]), 1)
        return monday, monday + timedelta(days=7)
    raise ValueError(text)


def parse_dates(first: str, last: str, tz: ZoneInfo, now: float) -> Period:
    """Return the period of two dates (YYYY-MM-DD), both included, in a zone. Raises ValueError with a sentence."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise ValueError(Sentence("from and to must be dates like 2024-03-31")) from None
    if start > end:
        raise ValueError(Sentence("from is after to"))
    return _checked(
        start, min(end, date.max - timedelta(days=1)) + timedelta(days=1), tz, datetime.fromtimestamp(now, tz).date()
    )


def days_of(period: Period, tz: ZoneInfo) -> Days:
    """Return the local days of a period as ordinals, the second not included; None is open.

    A period that begins or ends within a day takes that day whole.
    """
    return (
        None if period.start is None else local_day(period.start, tz),
        None if period.end is None else local_day(period.end - 1, tz) + 1,
    )


def previous(period: Period, tz: ZoneInfo) -> Period | None:
    """Return the period of as many days before this one; None if it has no beginning."""
    first, end = days_of(period, tz)
    if first is None or end is None or 2 * first - end < 1:
        return None
    return _days(date.fromordinal(2 * first - end), date.fromordinal(first), tz)


def day_bounds(first: int | None, end: int | None, tz: ZoneInfo) -> Period:
    """Return when the local days from `first` up to but not including `end` (ordinals; None is open) begin and end."""
    return Period(*(None if day is None else _midnight(date.fromordinal(day), tz) for day in (first, end)))


def parse_asked(named: str, first: str | None, last: str | None, tz: ZoneInfo, now: float) -> Period:
    """Return the period of a named range, or of two dates where one of them is given.

    Without a first date it has no beginning, without a last one it ends today. Raises ValueError with a sentence.
    """
    if first is None and last is None:
        return parse_range(named, tz, now)
    if last is None:
        last = datetime.fromtimestamp(now, tz).date().isoformat()
    period = parse_dates(last if first is None else first, last, tz, now)
    return Period(None, period.end) if first is None else period


def _checked(start: date, end: date, tz: ZoneInfo, today: date) -> Period:
    if start.year < FIRST_YEAR or start.year > today.year + 1:
        raise ValueError(Sentence("Dates run from %(first)s to the end of next year", first=FIRST_YEAR))
    return _days(start, min(end, date(today.year + 2, 1, 1)), tz)


def _days(start: date, end: date, tz: ZoneInfo) -> Period:
    return Period(_midnight(start, tz), _midnight(end, tz))


def _midnight(day: date, tz: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), tz).timestamp())
