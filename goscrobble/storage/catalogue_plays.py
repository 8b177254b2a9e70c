"""The plays of one artist, album or track by all whom somebody may see.

No index leads from an entry to its plays. What is read is each listener's own index, between the first and the last
play that the sums know of, and no further back than a page needs; or the packed plays of their days.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, or_, select

from goscrobble.domain.accounts import Account
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.models import ScrobbleRow, Told, TrackArtist, User, UserClock, table
from goscrobble.storage import day_plays
from goscrobble.storage.catalogue import Entry, Sums, is_of, visible_sums
from goscrobble.storage.counting import ROLLUPS, Kind
from goscrobble.storage.day_plays import Users
from goscrobble.storage.history import of_anybody

_scrobble, _user, _clock = table(ScrobbleRow), table(User), table(UserClock)
_told, _track_artist = table(Told), table(TrackArtist)

Place = tuple[int, int]  # (played_at, play id): where a page ended
NEWEST: Place = (2**62, 2**62)  # before all plays


def page(
    connection: Connection, kind: Kind, entry: Entry, viewer: Account | None, known: Sums, *, limit: int, after: Place
) -> tuple[list[tuple[str, Scrobble]], Place | None]:
    """Return the newest plays before a place, with the listeners' names, and where the next page begins.

    `known` are the sums of the entry for this viewer.
    """
    wanted, end = limit + 1, min(after[0], known.last_at)
    floor = _floor(connection, kind, entry, viewer, before=after[0], wanted=wanted)
    span = max(3600, 2 * wanted * (known.last_at - known.first_at) // known.plays)  # has about twice as many
    start = max(floor, end - span)
    while True:
        rows = _between(connection, kind, entry, viewer, start, end, after, wanted)
        if len(rows) == wanted or start <= floor:
            break
        span *= 4
        start = max(floor, end - span)
    plays = of_anybody(connection, [row.id for row in rows[:limit]])
    shown = [(row.username, plays[row.id]) for row in rows[:limit]]
    return shown, (rows[limit - 1].played_at, rows[limit - 1].id) if len(rows) == wanted else None


def moments(
    connection: Connection, kind: Kind, entry: Entry, known: Sums, listeners: int | Account | None
) -> list[int]:
    """Return when the entry was played, Unix seconds in no order: by one user (an id), or by all whom one may see.

    `known` are the sums of these listeners.
    """
    users: Users = [listeners] if isinstance(listeners, int) else _heard(kind, entry, listeners)
    first, last = (datetime.fromtimestamp(at, UTC).toordinal() for at in (known.first_at, known.last_at))
    column = "albums" if kind == "albums" else "tracks"
    of, starts = day_plays.read(connection, users, first - 1, last + 2, column, "starts")  # no zone is two days away
    wanted = list(connection.execute(_credited(entry)).scalars()) if kind == "artists" else list(entry.ids)
    found: list[int] = starts[np.isin(of, wanted)].tolist()
    return found


def plays_to_read(connection: Connection, kind: Kind, entry: Entry, viewer: Account | None) -> int:
    """Return how many plays of anything the listeners of the entry have: what `moments` may have to look through."""
    query = select(func.coalesce(func.sum(_clock.c.plays), 0)).where(_clock.c.user_id.in_(_heard(kind, entry, viewer)))
    return int(connection.execute(query).scalar_one())


# ---- parts ----


def _heard(kind: Kind, entry: Entry, viewer: Account | None) -> Select[Any]:
    return visible_sums(kind, viewer, ROLLUPS[kind].c.user_id).where(is_of(kind, entry))


def _active(kind: Kind, entry: Entry, viewer: Account | None) -> Subquery:
    """Return the listeners, each with the first and last time that they played the entry."""
    rollup = ROLLUPS[kind]
    first, last = func.min(rollup.c.first_at).label("first_at"), func.max(rollup.c.last_at).label("last_at")
    query = visible_sums(kind, viewer, rollup.c.user_id, _user.c.username, first, last)
    return query.where(is_of(kind, entry)).group_by(rollup.c.user_id, _user.c.username).subquery()


def _within(active: Subquery, start: int, end: int) -> tuple[ColumnElement[bool], ...]:
    """Make a listener's own bounds and those of all into one of each: a database looks only one up in an index."""
    first, last, at = active.c.first_at, active.c.last_at, _scrobble.c.played_at
    return at >= case((first > start, first), else_=start), at <= case((last < end, last), else_=end)


def _matches(kind: Kind, entry: Entry) -> ColumnElement[bool]:
    """Of albums the tracks are asked about first: these are in the index, and every play of an album was told so."""
    if kind == "tracks":
        return _scrobble.c.track_id.in_(entry.ids)
    if kind == "artists":
        return _scrobble.c.track_id.in_(_credited(entry))
    told = select(_told.c.track_id).where(_told.c.album_id.in_(entry.ids))
    return and_(_scrobble.c.track_id.in_(told), _scrobble.c.album_id.in_(entry.ids))


def _credited(entry: Entry) -> Select[Any]:
    return select(_track_artist.c.track_id).where(_track_artist.c.artist_id.in_(entry.ids))


def _between(
    connection: Connection,
    kind: Kind,
    entry: Entry,
    viewer: Account | None,
    start: int,
    end: int,
    after: Place,
    limit: int,
) -> list[Any]:
    active, at, play = _active(kind, entry, viewer), _scrobble.c.played_at, _scrobble.c.id
    query = (
        select(play, at, active.c.username)
        .join(active, active.c.user_id == _scrobble.c.user_id)
        .where(*_within(active, start, end), _matches(kind, entry))
        .where(or_(at < after[0], and_(at == after[0], play < after[1])))
        .order_by(at.desc(), play.desc())
        .limit(limit)
    )
    return list(connection.execute(query))


def _floor(
    connection: Connection, kind: Kind, entry: Entry, viewer: Account | None, *, before: int, wanted: int
) -> int:
    """Return a time after which, and before that one, there are as many plays as are wanted, or all there are.

    The first and the last play of each listener are known without looking at any play.
    """
    rollup = ROLLUPS[kind]
    known: set[tuple[int, int]] = set()
    for edge in (rollup.c.first_at, rollup.c.last_at):
        query = visible_sums(kind, viewer, rollup.c.user_id, edge).where(is_of(kind, entry), edge < before)
        rows = connection.execute(query.order_by(edge.desc()).limit(wanted))
        known.update((user, at) for user, at in rows)
    times = sorted((at for _, at in known), reverse=True)
    if len(times) >= wanted:
        return times[wanted - 1]
    return times[-1] if times else before
