"""When one listener played: days and hours from the sums, hours of a range and every single play from the plays."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, func, select

from goscrobble.domain.habits import HOURS, QUARTER, Days
from goscrobble.domain.periods import Period
from goscrobble.models import ScrobbleRow, UserClock, UserDay, table
from goscrobble.storage.day_plays import SECONDS

_scrobble, _day, _clock = table(ScrobbleRow), table(UserDay), table(UserClock)
_AT_ONCE = 10_000  # plays that are held in memory


def days(connection: Connection, user_id: int, asked: Days) -> list[tuple[int, int, int]]:
    """Return (local day, plays, seconds) of each day with plays, in order."""
    first, end = asked
    query = select(_day.c.day, _day.c.plays, _day.c.seconds).where(_day.c.user_id == user_id)
    if first is not None:
        query = query.where(_day.c.day >= first)
    if end is not None:
        query = query.where(_day.c.day < end)
    return [(day, plays, seconds) for day, plays, seconds in connection.execute(query.order_by(_day.c.day))]


def clock(connection: Connection, user_id: int) -> tuple[int, ...]:
    """Return the plays of all time by hour of the week, 168 numbers."""
    hours = [0] * HOURS
    for hour, plays in connection.execute(select(_clock.c.hour, _clock.c.plays).where(_clock.c.user_id == user_id)):
        hours[hour] = plays
    return tuple(hours)


def quarters(connection: Connection, user_id: int, period: Period) -> list[tuple[int, int]]:
    """Return (Unix time // QUARTER, plays) of each quarter of an hour with plays."""
    quarter = _scrobble.c.played_at // QUARTER
    query = select(quarter, func.count()).where(*_within(user_id, period)).group_by(quarter)
    return [(number, plays) for number, plays in connection.execute(query)]


def plays(connection: Connection, user_id: int, period: Period) -> Iterator[tuple[int, int]]:
    """Yield (played at, seconds) of each play, oldest first, never holding all of them."""
    at = _scrobble.c.played_at
    query = select(at, SECONDS).where(*_within(user_id, period)).order_by(at, _scrobble.c.track_id)
    streamed = connection.execution_options(yield_per=_AT_ONCE)
    yield from streamed.execute(query)


def _within(user_id: int, period: Period) -> list[ColumnElement[bool]]:
    at = _scrobble.c.played_at
    conditions = [_scrobble.c.user_id == user_id]
    if period.start is not None:
        conditions.append(at >= period.start)
    if period.end is not None:
        conditions.append(at < period.end)
    return conditions
