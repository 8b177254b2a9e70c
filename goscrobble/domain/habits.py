"""When somebody listens: by day, week, month and year, around the clock, and day after day. Pure.

Days are local days, as proleptic ordinals (`date.toordinal`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from goscrobble.domain.periods import Days, day_bounds, hour_of_week

Numbers = NDArray[np.integer[Any]]
Unit = Literal["day", "week", "month", "year"]
DaySums = Sequence[tuple[int, int, int]]  # (day, plays, seconds) of each day with plays, in order

HOURS = 7 * 24
DAY, HOUR = 86_400, 3600  # seconds
_FIRST_HOUR = 3 * 24  # of a week: Unix time began on a Thursday
_SET = 10**9  # in the place of an offset: a clock was set on this day


@dataclass(frozen=True, slots=True)
class Activity:
    """Plays and seconds listened of a day, or of a week (from Monday), month or year that begins on it."""

    start: date
    plays: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Clock:
    """Plays by local hour of the week: 168 numbers, the first of Monday 00:00 to 00:59."""

    hours: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row with plays, both included."""

    first: date
    last: date
    days: int


@dataclass(frozen=True, slots=True)
class Streaks:
    """The streak that still lives, and the longest ever (of equally long ones the latest). None: there is none."""

    current: Streak | None
    longest: Streak | None


# ---- units of the calendar ----


def shown_days(asked: Days, played: Sequence[int], today: int) -> tuple[int, int] | None:
    """Return the first and last day that are shown, both included, of the days asked for; None: there are none.

    They run from the first day played where the beginning is open, and up to today, or a later day that was played
    (a source's clock may be ahead). `played` is in order.
    """
    first, end = asked
    if first is None:
        if not played:
            return None
        first = played[0]
    last = max(today, played[-1]) if played else today
    if end is not None:
        last = min(last, end - 1)
    return (first, last) if first <= last else None


def start_of(day: int, unit: Unit) -> int:
    """Return the first day of the week (Monday), month or year that a day lies in."""
    if unit == "day":
        return day
    if unit == "week":
        return day - (day - 1) % 7  # day 1 was a Monday
    on = date.fromordinal(day)
    return on.replace(day=1, month=on.month if unit == "month" else 1).toordinal()


def starts(first: int, last: int, unit: Unit) -> Iterable[int]:
    """Return the first day of each unit that has a day between two days, both included."""
    return range(first, last + 1) if unit == "day" else _starts(first, last, unit)


def _starts(first: int, last: int, unit: Unit) -> Iterator[int]:
    start = start_of(first, unit)
    while start <= last:
        yield start
        start = start_of(start + {"week": 7, "month": 31, "year": 366}[unit], unit)


def activity_of(days: DaySums, asked: Days, today: int, unit: Unit) -> list[Activity]:
    """Return the activity of those of the days that are asked for and shown; see `shown_days`."""
    first, end = (None if day is None else bisect_left(days, (day,)) for day in asked)
    inside = days[first:end]
    return activity(inside, shown_days(asked, [day for day, _, _ in inside], today), unit)


def activity(days: DaySums, shown: tuple[int, int] | None, unit: Unit) -> list[Activity]:
    """Sum (day, plays, seconds) by unit, oldest first, units without plays too."""
    if shown is None:
        return []
    sums = {start: [0, 0] for start in starts(*shown, unit)}
    for day, plays, seconds in days:
        it = sums[start_of(day, unit)]
        it[0] += plays
        it[1] += seconds
    return [Activity(date.fromordinal(start), *it) for start, it in sums.items()]


# ---- around the clock ----


def clock_of(starts: Numbers, tz: ZoneInfo) -> Clock:
    """Sum plays, given by their Unix times, by hour of the week."""
    if not len(starts):
        return Clock((0,) * HOURS)
    days = starts // DAY
    first = int(days.min())
    heard = np.flatnonzero(np.bincount(days - first))
    offsets = np.full(int(days.max()) - first + 1, _SET, np.int64)
    offsets[heard] = [_offset(first + day, tz) for day in heard.tolist()]
    offset = offsets[days - first]
    steady = offset != _SET
    counted = np.bincount(((starts + offset)[steady] // HOUR + _FIRST_HOUR) % HOURS, minlength=HOURS)
    for at in starts[~steady].tolist():
        counted[hour_of_week(at, tz)] += 1
    return Clock(tuple(counted.tolist()))


def _offset(day: int, tz: ZoneInfo) -> int:
    """Return by how many seconds a zone is ahead of UTC, all through a day of UTC (Unix time // DAY).

    No zone sets its clocks twice within such a day, so where both ends agree nothing happens in between.
    """
    first, last = (datetime.fromtimestamp(at, tz).utcoffset() for at in (day * DAY, day * DAY + DAY - 1))
    return _SET if first is None or first != last else round(first.total_seconds())


# ---- day after day ----


def streaks(played: Sequence[int], today: int, tz: ZoneInfo) -> Streaks:
    """Return the streaks of days with plays, which are in order. One lives until the end of the day after its last."""
    longest = current = None
    for streak in _streaks(played, tz):
        current = streak
        if longest is None or streak.days >= longest.days:
            longest = streak
    if current is not None and not _follows(today, current.last.toordinal(), tz):
        current = None
    return Streaks(current, longest)


def _streaks(played: Sequence[int], tz: ZoneInfo) -> Iterator[Streak]:
    if not played:
        return
    first = 0
    for last in [*np.flatnonzero(np.diff(played) > 1).tolist(), len(played) - 1]:
        if last + 1 < len(played) and _follows(played[last + 1], played[last], tz):
            continue
        yield Streak(date.fromordinal(played[first]), date.fromordinal(played[last]), last + 1 - first)
        first = last + 1


def _follows(day: int, last: int, tz: ZoneInfo) -> bool:
    """Return whether no day without plays lies between; one that the calendar left out (Samoa, 2011) never was."""
    if day - last <= 1:
        return True
    between = day_bounds(last + 1, day, tz)
    return between.start == between.end
