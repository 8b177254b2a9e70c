"""How often each artist, album or track was played on some days, by one listener or by many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter, ColumnElement, Connection, FromClause, Table, bindparam, func, select

from goscrobble.domain.habits import Numbers
from goscrobble.domain.periods import Days
from goscrobble.models import (
    Album,
    Artist,
    Track,
    TrackArtist,
    UserAlbum,
    UserArtist,
    UserClock,
    UserDay,
    UserTrack,
    table,
)
from goscrobble.storage import day_plays
from goscrobble.storage.day_plays import Users

Kind = Literal["artists", "albums", "tracks"]

EVER: Days = (None, None)
ROLLUPS: Mapping[Kind, Table] = {"artists": table(UserArtist), "albums": table(UserAlbum), "tracks": table(UserTrack)}
ENTITIES: Mapping[str, Table] = {"artists": table(Artist), "albums": table(Album), "tracks": table(Track)}
KEYS: Mapping[str, str] = {"artists": "artist_id", "albums": "album_id", "tracks": "track_id"}
_day, _clock, _track_artist = table(UserDay), table(UserClock), table(TrackArtist)
_MERGED = {
    kind: select(entity.c.id, entity.c.canonical_id).where(entity.c.canonical_id > 0)
    for kind, entity in ENTITIES.items()
}
_FEW = 1000  # ids that one statement asks for by name
_MANY = 10_000  # ids beyond which all of a listener's are read


@dataclass(frozen=True, slots=True)
class Counts:
    """What was played, in the order of its ids: plays and seconds listened of each."""

    ids: Numbers
    plays: Numbers
    seconds: Numbers

    def plays_by_id(self) -> dict[int, int]:
        """Return the plays of each id."""
        return dict(zip(self.ids.tolist(), self.plays.tolist(), strict=True))


def count(connection: Connection, users: Users, kind: Kind, days: Days) -> Counts:
    """Count the plays of these users on these local days, each user's own."""
    read = _all_time if days == EVER else _of_days
    ids, plays, seconds = read(connection, users, kind, days)
    merged = merged_entries(connection, kind)
    size = max([int(ids.max(initial=0)), *merged.values()]) + 1
    plays_of, seconds_of = (np.bincount(ids.astype(np.intp), each, size).astype(np.int64) for each in (plays, seconds))
    for own, shown in merged.items():
        if own < size:
            for sums in (plays_of, seconds_of):
                sums[shown] += sums[own]
                sums[own] = 0
    plays_of[0] = 0  # of nothing
    found = np.flatnonzero(plays_of)
    return Counts(found, plays_of[found], seconds_of[found])


def distinct(connection: Connection, users: Users, days: Days) -> tuple[int, int, int]:
    """Return how many different artists, albums and tracks were played."""
    if days == EVER:
        artists, albums, tracks = (_distinct_ever(connection, users, kind) for kind in ROLLUPS)
        return artists, albums, tracks
    columns = day_plays.read(connection, users, *days, "artists", "albums", "tracks")
    shared = np.unique(columns[2][columns[0] == 0]).tolist()
    columns[0] = np.concatenate((columns[0], _credits(connection, users, shared)[:, 0]))
    artists, albums, tracks = (
        len({merged.get(key, key) for key in np.unique(column).tolist()} - {0})
        for column, merged in zip(columns, (merged_entries(connection, kind) for kind in ROLLUPS), strict=True)
    )
    return artists, albums, tracks


def plays_and_seconds(connection: Connection, users: Users, days: Days) -> tuple[int, int]:
    """Return what the plays of these days add up to."""
    source: FromClause = _clock if days == EVER else _day  # the clock has fewer rows
    query = select(func.coalesce(func.sum(source.c.plays), 0), func.coalesce(func.sum(source.c.seconds), 0))
    query = query.where(source.c.user_id.in_(users), *_within(_day.c.day, days))
    plays, seconds = connection.execute(query).one()
    return int(plays), int(seconds)


def edges(connection: Connection, users: Users, kind: Kind, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return when each of these was first and last played by any of the users, ever."""
    rollup, merged = ROLLUPS[kind], merged_entries(connection, kind)
    key = rollup.c[KEYS[kind]]
    query = select(key, func.min(rollup.c.first_at), func.max(rollup.c.last_at)).where(rollup.c.user_id.in_(users))
    if len(ids) <= _FEW:
        query = query.where(key.in_([*ids, *(own for own, shown in merged.items() if shown in ids)]))
    found: dict[int, tuple[int, int]] = {}
    for own, first, last in connection.execute(query.group_by(key)):
        shown = merged.get(own, own)
        known = found.get(shown, (first, last))
        found[shown] = min(first, known[0]), max(last, known[1])
    return found


def merged_entries(connection: Connection, kind: Kind) -> dict[int, int]:
    """Return the entries that were merged into others, each with the one that is shown for it."""
    return dict(connection.execute(_MERGED[kind]).all())


def is_one(users: Users) -> bool:
    """Return whether there is only one user, each of whose sums has a row of its own."""
    return isinstance(users, Collection) and len(users) == 1


# ---- parts ----

_Part = tuple[Numbers, Numbers, Numbers]  # ids, plays, seconds; an id may come more than once, 0 is of nothing


def _all_time(connection: Connection, users: Users, kind: Kind, _ever: Days) -> _Part:
    rollup = ROLLUPS[kind]
    key, plays, seconds = rollup.c[KEYS[kind]], func.sum(rollup.c.plays), func.sum(rollup.c.seconds)
    rows = connection.execute(select(key, plays, seconds).where(rollup.c.user_id.in_(users)).group_by(key))
    table = np.array([tuple(map(int, row)) for row in rows], np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _distinct_ever(connection: Connection, users: Users, kind: Kind) -> int:
    if merged_entries(connection, kind):
        return len(count(connection, users, kind, EVER).ids)
    rollup = ROLLUPS[kind]
    number = func.count() if is_one(users) else func.count(func.distinct(rollup.c[KEYS[kind]]))
    return int(connection.execute(select(number).select_from(rollup).where(rollup.c.user_id.in_(users))).scalar_one())


def _of_days(connection: Connection, users: Users, kind: Kind, days: Days) -> _Part:
    if kind != "artists":
        ids, seconds = day_plays.read(connection, users, *days, kind, "seconds")
        return ids, np.ones(len(ids), np.int64), seconds
    tracks, artists, seconds = day_plays.read(connection, users, *days, "tracks", "artists", "seconds")
    shared = artists == 0
    heard = tracks[shared].astype(np.intp)
    plays_of, seconds_of = np.bincount(heard), np.bincount(heard, seconds[shared]).astype(np.int64)
    credited = _credits(connection, users, np.flatnonzero(plays_of).tolist())
    return (
        np.concatenate((artists, credited[:, 0])),
        np.concatenate((np.ones(len(artists), np.int64), plays_of[credited[:, 1]])),
        np.concatenate((seconds, seconds_of[credited[:, 1]])),
    )


def _credits(connection: Connection, users: Users, tracks: list[int]) -> NDArray[np.intp]:
    """Return rows of (artist, track) of all artists of these tracks, which these users have played."""
    artist, track = _track_artist.c.artist_id, _track_artist.c.track_id
    if len(tracks) <= _MANY:
        # Numbers of our own, written out: a driver takes several times as long to bind a thousand.
        wanted: BindParameter[int] = bindparam("tracks", tracks, expanding=True, literal_execute=True)
        parts = [track.in_(wanted)]
    else:
        played = ROLLUPS["tracks"]
        parts = [track.in_(select(played.c.track_id).where(played.c.user_id.in_(users)))]
    rows = [tuple(row) for part in parts for row in connection.execute(select(artist, track).where(part)).all()]
    found = np.array(rows, np.intp).reshape(-1, 2)
    return found if len(tracks) <= _MANY else found[np.isin(found[:, 1], tracks)]


def _within(day: ColumnElement[int], days: Days) -> list[ColumnElement[bool]]:
    first, end = days
    conditions = [] if first is None else [day >= first]
    return conditions if end is None else [*conditions, day < end]
