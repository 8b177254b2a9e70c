"""How often each artist, album or track was played on some days, by one listener or by many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, Table, func, literal_column, select, union_all

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
    UserTrack,
    table,
)
from goscrobble.storage import day_plays
from goscrobble.storage.day_plays import Users
from goscrobble.storage.dialect import among, rows

Kind = Literal["artists", "albums", "tracks"]
Merged = Mapping[Kind, Mapping[int, int]]  # entries that were merged into others, each with the one shown for it

EVER: Days = (None, None)
ROLLUPS: Mapping[Kind, Table] = {"artists": table(UserArtist), "albums": table(UserAlbum), "tracks": table(UserTrack)}
ENTITIES: Mapping[Kind, Table] = {"artists": table(Artist), "albums": table(Album), "tracks": table(Track)}
KEYS: Mapping[Kind, str] = {"artists": "artist_id", "albums": "album_id", "tracks": "track_id"}
_clock, _track_artist = table(UserClock), table(TrackArtist)
_MERGED = union_all(
    *(
        select(literal_column(f"'{kind}'"), entity.c.id, entity.c.canonical_id).where(entity.c.canonical_id > 0)
        for kind, entity in ENTITIES.items()
    )
)
_MOST_NAMED = 1000  # ids that one statement asks for by name
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


class Plays:
    """The plays of some users on some local days, each user's own; read once, whatever is asked about them.

    It belongs to one transaction, or the answers are not of one state.
    """

    def __init__(self, connection: Connection, users: Users, days: Days, merged: Merged | None = None) -> None:
        """`users` are ids, or what selects them; `merged` is what was merged, where that is known."""
        self.connection, self.users, self.days = connection, users, days
        self._columns: dict[str, Numbers] = {}
        self._counts: dict[Kind, Counts] = {}
        self._merged = merged

    def on(self, days: Days) -> Plays:
        """Return the plays of the same users on other days."""
        return Plays(self.connection, self.users, days, self._merged)

    @property
    def is_ever(self) -> bool:
        """Whether these are the plays of all time, which sums are kept of."""
        return self.days == EVER

    @property
    def is_of_one(self) -> bool:
        """Whether there is only one user, each of whose sums has a row of its own."""
        return isinstance(self.users, Collection) and len(self.users) == 1

    def columns(self, *names: str) -> list[Numbers]:
        """Return these columns of `day_plays.Columns`, all of the same length. What is asked for together is read so.

        The plays come user after user, day after day.
        """
        missing = [name for name in names if name not in self._columns]
        if missing:
            read = day_plays.read(self.connection, self.users, *self.days, *missing)
            self._columns.update(zip(missing, read, strict=True))
        return [self._columns[name] for name in names]

    def counts(self, kind: Kind) -> Counts:
        """Return how often each artist, album or track was played; what was merged counts as what is shown for it."""
        if kind not in self._counts:
            ids, plays, seconds = _all_time(self, kind) if self.is_ever else _of_days(self, kind)
            self._counts[kind] = _counted(ids, plays, seconds, self.merged(kind))
        return self._counts[kind]

    def distinct(self, kind: Kind) -> int:
        """Return how many different artists, albums or tracks were played."""
        if not self.is_ever or self.merged(kind):
            return len(self.counts(kind).ids)
        rollup = ROLLUPS[kind]
        number = func.count() if self.is_of_one else func.count(func.distinct(rollup.c[KEYS[kind]]))
        query = select(number).select_from(rollup).where(rollup.c.user_id.in_(self.users))
        return int(self.connection.execute(query).scalar_one())

    def plays_and_seconds(self) -> tuple[int, int]:
        """Return how many there are, and what was listened of them."""
        if not self.is_ever:
            (seconds,) = self.columns("seconds")
            return len(seconds), int(seconds.sum(dtype=np.int64))
        query = select(func.coalesce(func.sum(_clock.c.plays), 0), func.coalesce(func.sum(_clock.c.seconds), 0))
        total, listened = self.connection.execute(query.where(_clock.c.user_id.in_(self.users))).one()
        return int(total), int(listened)

    def edges(self, kind: Kind, ids: Collection[int]) -> dict[int, tuple[int, int]]:
        """Return when each of these was first and last played by any of the users, ever."""
        rollup, merged = ROLLUPS[kind], self.merged(kind)
        key = rollup.c[KEYS[kind]]
        query = select(key, func.min(rollup.c.first_at), func.max(rollup.c.last_at))
        query = query.where(rollup.c.user_id.in_(self.users))
        if len(ids) <= _MOST_NAMED:
            wanted = [*ids, *(own for own, shown in merged.items() if shown in ids)]
            query = query.where(among(self.connection, key, wanted))
        found: dict[int, tuple[int, int]] = {}
        for own, first, last in self.connection.execute(query.group_by(key)):
            shown = merged.get(own, own)
            known = found.get(shown, (first, last))
            found[shown] = min(first, known[0]), max(last, known[1])
        return found

    def merged(self, kind: Kind) -> Mapping[int, int]:
        """Return the entries that were merged into others, each with the one that is shown for it."""
        if self._merged is None:
            self._merged = merged_entries(self.connection)
        return self._merged[kind]


def merged_entries(connection: Connection) -> Merged:
    """Return what was merged into others, by kind."""
    found: dict[Kind, dict[int, int]] = {kind: {} for kind in ROLLUPS}
    for kind, own, shown in connection.execute(_MERGED):
        found[kind][own] = shown
    return found


# ---- parts ----

_Part = tuple[Numbers, Numbers, Numbers]  # ids, plays, seconds; an id may come more than once, 0 is of nothing


def _counted(ids: Numbers, plays: Numbers, seconds: Numbers, merged: Mapping[int, int]) -> Counts:
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


def _all_time(of: Plays, kind: Kind) -> _Part:
    rollup = ROLLUPS[kind]
    key, plays, seconds = rollup.c[KEYS[kind]], func.sum(rollup.c.plays), func.sum(rollup.c.seconds)
    query = select(key, plays, seconds).where(rollup.c.user_id.in_(of.users)).group_by(key)
    table = _numbers(of.connection, query).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _of_days(of: Plays, kind: Kind) -> _Part:
    if kind != "artists":
        ids, seconds = of.columns(kind, "seconds")
        return ids, np.ones(len(ids), np.int64), seconds
    tracks, artists, seconds = of.columns("tracks", "artists", "seconds")
    shared = artists == 0
    heard = tracks[shared].astype(np.intp)
    plays_of, seconds_of = np.bincount(heard), np.bincount(heard, seconds[shared]).astype(np.int64)
    credited = _credits(of, np.flatnonzero(plays_of).tolist())
    return (
        np.concatenate((artists, credited[:, 0])),
        np.concatenate((np.ones(len(artists), np.int64), plays_of[credited[:, 1]])),
        np.concatenate((seconds, seconds_of[credited[:, 1]])),
    )


def _credits(of: Plays, tracks: list[int]) -> NDArray[np.int64]:
    """Return rows of (artist, track) of all artists of these tracks, which these users have played."""
    artist, track = _track_artist.c.artist_id, _track_artist.c.track_id
    if len(tracks) <= _MANY:
        return _numbers(of.connection, select(artist, track).where(among(of.connection, track, tracks))).reshape(-1, 2)
    played = ROLLUPS["tracks"]
    own = select(played.c.track_id).where(played.c.user_id.in_(of.users))
    found = _numbers(of.connection, select(artist, track).where(track.in_(own))).reshape(-1, 2)
    return found[np.isin(found[:, 1], tracks)]


def _numbers(connection: Connection, query: Select[Any]) -> NDArray[np.int64]:
    """Return all numbers that a query finds, row after row."""
    return np.fromiter(chain.from_iterable(rows(connection, query)), np.int64)
