"""When one listener played: days and hours from the sums, everything else from the plays of the days."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, select

from goscrobble.domain.habits import HOURS, Numbers
from goscrobble.domain.periods import Days
from goscrobble.models import UserClock, UserDay, table
from goscrobble.storage import day_plays

_day, _clock = table(UserDay), table(UserClock)


def days(connection: Connection, user_id: int, asked: Days) -> list[tuple[int, int, int]]:
    """Return (local day, plays, seconds) of each day with plays, in order."""
    first, end = asked
    query = select(_day.c.day, _day.c.plays, _day.c.seconds).where(_day.c.user_id == user_id)
    if first is not None:
        query = query.where(_day.c.day >= first)
    if end is not None:
        query = query.where(_day.c.day < end)
    return [*connection.execute(query.order_by(_day.c.day)).all()]


def clock(connection: Connection, user_id: int) -> tuple[int, ...]:
    """Return the plays of all time by hour of the week, 168 numbers."""
    hours = [0] * HOURS
    for hour, plays in connection.execute(select(_clock.c.hour, _clock.c.plays).where(_clock.c.user_id == user_id)):
        hours[hour] = plays
    return tuple(hours)


def starts(connection: Connection, user_id: int, asked: Days) -> Numbers:
    """Return when each play began, Unix time, day after day."""
    return day_plays.read(connection, [user_id], *asked, "starts")[0]


def plays(connection: Connection, user_id: int, asked: Days) -> tuple[Numbers, Numbers]:
    """Return when each play began (Unix time, oldest first) and its seconds."""
    starts, seconds = day_plays.read(connection, [user_id], *asked, "starts", "seconds")
    # Where a clock was set back over midnight, a day's first plays come before the last ones of the day before.
    order = np.lexsort((seconds, starts))
    return starts[order], seconds[order]
