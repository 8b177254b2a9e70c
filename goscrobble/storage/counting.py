"""How often each artist, album or track was played on some days, by one listener or by many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Select, Table, func, literal_column, select, union_all

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
from goscrobble.storage.day_plays import SHARED, Users
from goscrobble.storage.dialect import among, rows

Kind = Literal["artists", "albums", "tracks"]
By = Literal["plays", "time"]
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
_MOST_KNOWN = 200_000  # tracks of several artists that a process remembers
_known: WeakKeyDictionary[Engine, dict[int, tuple[int, ...]]] = WeakKeyDictionary()
_MANY = 10_000  # ids beyond which all of a listener's are read


@dataclass(frozen=True, slots=True)
class Counts:
    """What was played, in the order of its ids: plays and seconds listened of each."""

    ids: Numbers
    plays: Numbers
    seconds: Numbers

    def by(self, by: By) -> Numbers:
        """Return what they are ranked by."""
        return self.plays if by == "plays" else self.seconds

    def of(self, by: By, least: int) -> Counts:
        """Return those with at least so many plays, or seconds."""
        enough = self.by(by) >= least
        return Counts(self.ids[enough], self.plays[enough], self.seconds[enough])

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
            by_id = _all_time(self, kind) if self.is_ever else _of_days(self, kind)
            self._counts[kind] = _counted(*by_id, self.merged(kind))
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

    def edges(self, wanted: Mapping[Kind, Collection[int]]) -> dict[Kind, dict[int, tuple[int, int]]]:
        """Return when each of these was first and last played by any of the users, ever."""
        found: dict[Kind, dict[int, tuple[int, int]]] = {kind: {} for kind in wanted}
        queries = [self._edges(kind, ids) for kind, ids in wanted.items() if ids]
        for kind, own, first, last in self.connection.execute(union_all(*queries)) if queries else ():
            shown = self.merged(kind).get(own, own)
            known = found[kind].get(shown, (first, last))
            found[kind][shown] = min(first, known[0]), max(last, known[1])
        return found

    def _edges(self, kind: Kind, ids: Collection[int]) -> Select[Any]:
        rollup, merged = ROLLUPS[kind], self.merged(kind)
        key = rollup.c[KEYS[kind]]
        query = select(literal_column(f"'{kind}'"), key, func.min(rollup.c.first_at), func.max(rollup.c.last_at))
        query = query.where(rollup.c.user_id.in_(self.users)).group_by(key)
        if len(ids) > _MOST_NAMED:
            return query
        wanted = set(ids)
        return query.where(among(self.connection, key, [*ids, *(own for own in merged if merged[own] in wanted)]))

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

_ById = tuple[Numbers, Numbers]  # plays, seconds: those of an id stand at its place, 0 is of nothing


def _counted(plays_of: Numbers, seconds_of: Numbers, merged: Mapping[int, int]) -> Counts:
    size = max([len(plays_of), *(shown + 1 for shown in merged.values())])
    by_id = [np.concatenate((each, np.zeros(size - len(each), np.int64))) for each in (plays_of, seconds_of)]
    for own, shown in merged.items():
        if own < size:
            for sums in by_id:
                sums[shown] += sums[own]
                sums[own] = 0
    plays_of, seconds_of = by_id
    plays_of[0] = 0  # of nothing
    found = np.flatnonzero(plays_of)
    return Counts(found, plays_of[found], seconds_of[found])


def _all_time(of: Plays, kind: Kind) -> _ById:
    rollup = ROLLUPS[kind]
    key, plays, seconds = rollup.c[KEYS[kind]], func.sum(rollup.c.plays), func.sum(rollup.c.seconds)
    query = select(key, plays, seconds).where(rollup.c.user_id.in_(of.users)).group_by(key)
    table = _numbers(of.connection, query).reshape(-1, 3)
    sums = np.zeros((2, int(table[:, 0].max(initial=0)) + 1), np.int64)
    sums[:, table[:, 0]] = table[:, 1:].T
    return sums[0], sums[1]


def _of_days(of: Plays, kind: Kind) -> _ById:
    if kind != "artists":
        return _sums(*of.columns(kind, "seconds"))
    artists, seconds = of.columns("artists", "seconds")
    shared = artists >= SHARED
    own = _sums(np.where(shared, 0, artists), seconds)
    of_tracks = _sums(artists[shared] - SHARED, seconds[shared])
    credited, track = _credits(of, np.flatnonzero(of_tracks[0]).tolist())
    size = int(max(len(own[0]), credited.max(initial=0) + 1))
    plays_of, seconds_of = (
        _by_id(credited, of_track[track], size) + np.pad(alone, (0, size - len(alone)))
        for alone, of_track in zip(own, of_tracks, strict=True)
    )
    return plays_of, seconds_of


def _sums(ids: Numbers, seconds: Numbers) -> _ById:
    """Return how often each id comes, and what was listened of it."""
    places = ids.astype(np.intp)
    return np.bincount(places, minlength=1), _by_id(places, seconds, 1)


def _by_id(ids: Numbers, values: Numbers, size: int) -> Numbers:
    return np.bincount(ids, values, size).astype(np.int64)


def _credits(of: Plays, tracks: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of an artist and a track: all artists of these tracks, which these users have played.

    What a track is credited to never changes, so each process asks once.
    """
    known = _known.setdefault(of.connection.engine, {})
    if missing := [track for track in tracks if track not in known]:
        if len(known) + len(missing) > _MOST_KNOWN:
            known, missing = {}, tracks  # others may be at work with what was known
            _known[of.connection.engine] = known
        found: dict[int, tuple[int, ...]] = {}
        for artist, track in _read_credits(of, missing).tolist():
            found[track] = (*found.get(track, ()), artist)
        known |= found
    credited = [known[track] for track in tracks]
    lengths = np.fromiter(map(len, credited), np.intp, len(credited))
    return np.fromiter(chain.from_iterable(credited), np.int64), np.repeat(np.array(tracks, np.int64), lengths)


def _read_credits(of: Plays, tracks: list[int]) -> NDArray[np.int64]:
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
