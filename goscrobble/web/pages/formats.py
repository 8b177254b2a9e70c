"""How numbers, lengths and moments read on pages, in the language of the page.

English has patterns of its own (day before month, hours to 24); other languages have those that Babel knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta, get_day_names
from babel.numbers import format_decimal

from goscrobble.web.translations import SOURCE, language
from goscrobble.web.translations import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK = 7  # days
_AGES: tuple[tuple[int, Literal["year", "month", "day", "hour", "minute"]], ...] = (
    (365 * DAY, "year"),
    (30 * DAY, "month"),
    (DAY, "day"),
    (HOUR, "hour"),
    (MINUTE, "minute"),
)
SHORT = 2 * DAY  # seconds; a longer span is told in days


def number(value: int) -> str:
    """Return `12,345`, in German `12.345`."""
    return _number(value, language())


def span(seconds: int) -> str:
    """Return a length in its two largest units: `12 min`, `3 h 20 min`, `17 d 4 h`."""
    if seconds < MINUTE:
        return _("%(count)s s", count=seconds) if seconds else _minutes(0)
    if seconds < HOUR:
        return _minutes(seconds // MINUTE)
    if seconds < SHORT:
        return _two(_hours(seconds // HOUR), seconds % HOUR // MINUTE, _minutes)
    return _two(_("%(count)s d", count=number(seconds // DAY)), seconds % DAY // HOUR, _hours)


def clock(at: datetime) -> str:
    """Return the time of day: `09:05`."""
    return f"{at:%H:%M}"


def day_name(day: date, today: date) -> str:
    """Return `Today`, `Yesterday`, or the day in full, with its year unless it is this one."""
    match (today - day).days:
        case 0:
            return _("Today")
        case 1:
            return _("Yesterday")
    if day.year != today.year:
        return _full(day)
    return _date(day, "MMMMEd", "EEEE, d MMMM")


def short_day(day: date) -> str:
    """Return `5 Mar 2021`."""
    return _date(day, "yMMMd", "d MMM y")


def moment(at: datetime) -> str:
    """Return date, time and zone, for a tooltip: `Friday, 5 March 2021, 09:05:00 CET`."""
    return f"{_full(at.date())}, {at:%H:%M:%S %Z}"


def ago(at: int | None, now: float) -> str:
    """Return how long a Unix time is past, roughly: `3 hours ago`."""
    if at is None:
        return _("never")
    age = int(now) - at
    for length, name in _AGES:
        if age >= length:
            past = timedelta(
                seconds=-(age // length * length)
            )  # in this very unit: the threshold keeps Babel from weeks
            return format_timedelta(past, granularity=name, threshold=inf, add_direction=True, locale=_locale())
    return _("just now")


def listing(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    if len(words) < 2:  # noqa: PLR2004 - one word, or none
        return "".join(words)
    return _("%(words)s and %(last)s", words=", ".join(words[:-1]), last=words[-1])


def brief(at: datetime, today: date) -> str:
    """Return when something was, as short as it can be told: `09:05`, `Sat 09:05`, `5 Mar`, `5 Mar 2021`."""
    age = (today - at.date()).days
    if age <= 0:
        return clock(at)
    if age < WEEK:
        return f"{format_date(at, 'EEE', _locale())} {clock(at)}"
    return day_of_year(at.date()) if at.year == today.year else short_day(at.date())


def weekdays(width: Literal["wide", "abbreviated"] = "wide") -> tuple[str, ...]:
    """Return the names of the days, in full or short (`Mon`), Monday first."""
    return tuple(get_day_names(width, "stand-alone", _locale())[day] for day in range(7))


def month_name(day: date) -> str:
    """Return `Mar`."""
    return format_date(day, "LLL", _locale())


def weekday_name(day: date) -> str:
    """Return `Sat`."""
    return format_date(day, "ccc", _locale())


def short_month(day: date) -> str:
    """Return `Mar 2021`."""
    return _date(day, "yMMM", "MMM y")


def day_of_year(day: date) -> str:
    """Return `5 Mar`."""
    return _date(day, "MMMd", "d MMM")


def change(now: int, before: int) -> str:
    """Return how much something grew or shrank in percent, `+12 %`; "" where there was nothing before."""
    if not before:
        return ""
    percent = round(100 * (now - before) / before)
    return f"{'+' if percent > 0 else '−' if percent < 0 else '±'}{number(abs(percent))} %"  # noqa: RUF001 - a real minus


def _locale() -> Locale:
    return _named(language())


@lru_cache(32)
def _named(name: str) -> Locale:
    return Locale.parse(name, sep="-")


# A page of charts has a thousand small numbers and the days of a year, and the next page has them again.
@lru_cache(10_000)
def _number(value: int, name: str) -> str:
    return format_decimal(value, locale=_named(name))


def _date(day: date, skeleton: str, english: str) -> str:
    return _day(day, skeleton, english, language())


@lru_cache(10_000)
def _day(day: date, skeleton: str, english: str, name: str) -> str:
    """Return a day with the parts that a skeleton of the CLDR names, ordered as the language does."""
    if name == SOURCE:
        return format_date(day, english, _named(name))
    return format_skeleton(skeleton, datetime(day.year, day.month, day.day), locale=_named(name))  # noqa: DTZ001 - a day


def _full(day: date) -> str:
    return _full_day(day, language())


@lru_cache(1000)
def _full_day(day: date, name: str) -> str:
    return format_date(day, "EEEE, d MMMM y" if name == SOURCE else "full", _named(name))


def _minutes(count: int) -> str:
    return _("%(count)s min", count=count)


def _hours(count: int) -> str:
    return _("%(count)s h", count=number(count))


def _two(large: str, small: int, unit: Callable[[int], str]) -> str:
    return f"{large} {unit(small)}" if small else large
