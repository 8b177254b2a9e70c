"""How numbers, lengths and moments read on pages. Pure but for `ago`, which is told the time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK = 7  # days
_AGES = ((365 * DAY, "year"), (30 * DAY, "month"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
SHORT = 2 * DAY  # seconds; a longer span is told in days


def number(value: int) -> str:
    """Return `12,345`."""
    return f"{value:,}"


def span(seconds: int) -> str:
    """Return a length in its two largest units: `12 min`, `3 h 20 min`, `17 d 4 h`."""
    if seconds < MINUTE:
        return f"{seconds} s" if seconds else "0 min"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < SHORT:
        return _two(seconds // HOUR, "h", seconds % HOUR // MINUTE, "min")
    return _two(seconds // DAY, "d", seconds % DAY // HOUR, "h")


def clock(at: datetime) -> str:
    """Return the time of day: `09:05`."""
    return f"{at:%H:%M}"


def day_name(day: date, today: date) -> str:
    """Return `Today`, `Yesterday`, or the day in full, with its year unless it is this one."""
    match (today - day).days:
        case 0:
            return "Today"
        case 1:
            return "Yesterday"
    return f"{day:%A}, {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def short_day(day: date) -> str:
    """Return `5 Mar 2021`."""
    return f"{day.day} {day:%b} {day.year}"


def moment(at: datetime) -> str:
    """Return date, time and zone, for a tooltip: `Friday, 5 March 2021, 09:05:00 CET`."""
    return f"{at:%A}, {at.day} {at:%B} {at.year}, {at:%H:%M:%S %Z}"


def ago(at: int | None, now: float) -> str:
    """Return how long a Unix time is past, roughly: `3 hours ago`."""
    if at is None:
        return "never"
    age = int(now) - at
    for length, name in _AGES:
        if age >= length:
            count = age // length
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def listing(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def brief(at: datetime, today: date) -> str:
    """Return when something was, as short as it can be told: `09:05`, `Sat 09:05`, `5 Mar`, `5 Mar 2021`."""
    age = (today - at.date()).days
    if age <= 0:
        return clock(at)
    if age < WEEK:
        return f"{at:%a} {clock(at)}"
    return f"{at.day} {at:%b}" if at.year == today.year else short_day(at.date())


def weekdays() -> tuple[str, ...]:
    """Return the names of the days, Monday first."""
    return tuple(f"{date(2024, 1, day):%A}" for day in range(1, 8))


def change(now: int, before: int) -> str:
    """Return how much something grew or shrank in percent, `+12 %`; "" where there was nothing before."""
    if not before:
        return ""
    percent = round(100 * (now - before) / before)
    return f"{'+' if percent > 0 else '−' if percent < 0 else '±'}{abs(percent):,} %"  # noqa: RUF001 - a real minus


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large:,} {large_unit}" + (f" {small} {small_unit}" if small else "")
