"""When one listener played: days and hours from the sums, everything else from the plays of the days."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, select

from goscrobble.domain.habits import HOURS, DaySums, Numbers
from goscrobble.domain.periods import Days
from goscrobble.models import UserClock, UserDay, table
from goscrobble.storage.counting import Plays
from goscrobble.storage.dialect import rows

_day, _clock = table(UserDay), table(UserClock)


def days(connection: Connection, user_id: int, asked: Days) -> DaySums:
    """Return what the plays of each day add up to."""
    first, end = asked
    query = select(_day.c.day, _day.c.plays, _day.c.seconds).where(_day.c.user_id == user_id)
    if first is not None:
        query = query.where(_day.c.day >= first)
    if end is not None:
        query = query.where(_day.c.day < end)
    return rows(connection, query.order_by(_day.c.day))


def clock(connection: Connection, user_id: int) -> tuple[int, ...]:
    """Return the plays of all time by hour of the week, 168 numbers."""
    hours = [0] * HOURS
    for hour, plays in connection.execute(select(_clock.c.hour, _clock.c.plays).where(_clock.c.user_id == user_id)):
        hours[hour] = plays
    return tuple(hours)


def ordered(plays: Plays) -> tuple[Numbers, Numbers]:
    """Return when each play of one listener began (Unix time, oldest first) and its seconds."""
    starts, seconds = plays.columns("starts", "seconds")
    # Where a clock was set back over midnight, a day's first plays come before the last ones of the day before.
    order = np.lexsort((seconds, starts))
    return starts[order], seconds[order]
