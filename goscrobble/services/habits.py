"""When a person listens, in that person's own days and hours. A period counts in whole local days."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from goscrobble.domain import habits
from goscrobble.domain.accounts import Account
from goscrobble.domain.habits import Activity, Clock, Days, Streak, Streaks, Unit
from goscrobble.domain.periods import ALL_TIME, Period, day_bounds, days_of, local_day, zone
from goscrobble.services.core import Core
from goscrobble.storage import habits as stored
from goscrobble.storage.database import Connection

__all__ = ["Activity", "Clock", "Streak", "Streaks", "Unit", "activity", "clock", "streaks"]

_SLACK = 4 * 3600  # seconds by which a clock was ever set back over midnight, and more


def activity(core: Core, account: Account, unit: Unit, period: Period = ALL_TIME) -> list[Activity]:
    """Return the plays by day, ISO week, month or year, oldest first, those without plays too.

    They begin with the period's first day, without one with the first play, and end today at the latest. Of the first
    and last unit only the days inside the period count.
    """
    tz = zone(account.time_zone)
    asked = days_of(period, tz)
    with core.database.read() as connection:
        days = stored.days(connection, account.id, asked)
    shown = habits.shown_days(asked, [day for day, _, _ in days], local_day(int(core.now()), tz))
    return habits.activity(days, shown, unit)


def clock(core: Core, account: Account, period: Period = ALL_TIME) -> Clock:
    """Return the plays by local hour of the week."""
    with core.database.read(consistent=True) as connection:
        return clock_of(connection, account, period)


def streaks(core: Core, account: Account) -> Streaks:
    """Return the streak that lives until the end of the day after its last play, and the longest ever."""
    tz = zone(account.time_zone)
    with core.database.read() as connection:
        days = stored.days(connection, account.id, days_of(ALL_TIME, tz))
    return habits.streaks([day for day, _, _ in days], local_day(int(core.now()), tz), tz)


# ---- over a connection at hand ----


def clock_of(connection: Connection, account: Account, period: Period) -> Clock:
    """Return what `clock` does. Where most plays are in the period, the others are taken from those of all time."""
    tz = zone(account.time_zone)
    asked = first, end = days_of(period, tz)
    whole = stored.clock(connection, account.id)
    if asked == (None, None):
        return Clock(whole)
    inside = sum(plays for _, plays, _ in stored.days(connection, account.id, asked))
    if 2 * inside <= sum(whole):
        return _counted(connection, account, asked, tz)
    hours = list(whole)
    outside: list[Days] = [(None, first)] * (first is not None) + [(end, None)] * (end is not None)
    for days in outside:
        counted = _counted(connection, account, days, tz)
        hours = [all_of_it - part for all_of_it, part in zip(hours, counted.hours, strict=True)]
    return Clock(tuple(hours))


def around(days: Days, tz: ZoneInfo) -> Period:
    """Return a period in which all plays of these local days lie, whatever was done to the clock at its borders."""
    first, end = days
    return Period(
        None if first is None else (day_bounds(first, first, tz).start or 0) - _SLACK,
        None if end is None else (day_bounds(end, end, tz).end or 0) + _SLACK,
    )


def _counted(connection: Connection, account: Account, days: Days, tz: ZoneInfo) -> Clock:
    return habits.clock_of_quarters(stored.quarters(connection, account.id, around(days, tz)), days, tz)
