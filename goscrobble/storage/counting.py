"""How often each artist, album or track was played on some days, by one listener or by many."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import compress
from operator import not_
from typing import Literal

from sqlalchemy import ColumnElement, Connection, FromClause, Table, func, select

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
ROLLUPS: Mapping[str, Table] = {"artists": table(UserArtist), "albums": table(UserAlbum), "tracks": table(UserTrack)}
ENTITIES: Mapping[str, Table] = {"artists": table(Artist), "albums": table(Album), "tracks": table(Track)}
KEYS: Mapping[str, str] = {"artists": "artist_id", "albums": "album_id", "tracks": "track_id"}
_day, _clock, _track_artist = table(UserDay), table(UserClock), table(TrackArtist)
_FEW = 1000  # ids that one statement asks for by name
_MANY = 10_000  # ids beyond which all of a listener's are read


@dataclass(slots=True)
class Counts:
    """Plays by id, without zeros; `seconds` of those that are asked for."""

    plays: dict[int, int]
    _parts: list[_Part]
    _base: Mapping[int, tuple[int, int]]  # plays and seconds of all time, which the parts are added to
    _merged: Mapping[int, int]

    def seconds(self, wanted: Collection[int] | None = None) -> dict[int, int]:
        """Return the seconds listened to each of these, of all if None."""
        shown = dict.fromkeys(self.plays if wanted is None else wanted, 0)
        found = dict.fromkeys([*shown, *(own for own, entry in self._merged.items() if entry in shown)], 0)
        for key, (_, seconds) in self._base.items():
            if key in found:
                found[key] += seconds
        for part in self._parts:
            for key, seconds in zip(part.keys, part.seconds, strict=True):
                if key in found:
                    found[key] += part.sign * seconds
        for key, seconds in found.items():
            shown[self._merged.get(key, key)] += seconds
        return shown


@dataclass(frozen=True, slots=True)
class _Part:
    """Plays to add (sign 1) or to take away (-1): of what, and for how long. 0 is of nothing."""

    sign: int
    keys: array[int]
    seconds: array[int]


def count(connection: Connection, users: Users, kind: Kind, days: Days) -> Counts:
    """Count the plays of these users on these local days, each user's own."""
    merged = merged_entries(connection, kind)
    first, end = days
    if days != EVER and not _is_most(connection, users, first, end):
        return _counts({}, [_part(connection, users, kind, 1, days)], merged)
    outside: list[Days] = [(None, first)] * (first is not None) + [(end, None)] * (end is not None)
    parts = [_part(connection, users, kind, -1, part) for part in outside]
    return _counts(_all_time(connection, users, kind), parts, merged)


def distinct(connection: Connection, users: Users, kind: Kind, days: Days) -> int:
    """Return how many different artists, albums or tracks were played."""
    merged = merged_entries(connection, kind)
    if days == EVER and not merged:
        rollup = ROLLUPS[kind]
        query = select(func.count(func.distinct(rollup.c[KEYS[kind]]))).where(rollup.c.user_id.in_(users))
        return int(connection.execute(query).scalar_one())
    return len(count(connection, users, kind, days).plays)


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
    entity = ENTITIES[kind]
    query = select(entity.c.id, entity.c.canonical_id).where(entity.c.canonical_id > 0)
    return dict(connection.execute(query).all())


def _counts(base: Mapping[int, tuple[int, int]], parts: list[_Part], merged: Mapping[int, int]) -> Counts:
    plays: dict[int, int] = {key: n for key, (n, _) in base.items()}
    for part in parts:
        counter = Counter(part.keys)
        if not plays and part.sign > 0:
            plays = counter
        else:
            for key, n in counter.items():
                plays[key] = plays.get(key, 0) + part.sign * n
    plays.pop(0, None)
    for own in merged.keys() & plays.keys():
        plays[merged[own]] = plays.get(merged[own], 0) + plays.pop(own)
    if base:
        plays = {key: n for key, n in plays.items() if n}
    return Counts(plays, parts, base, merged)


def _part(connection: Connection, users: Users, kind: Kind, sign: int, days: Days) -> _Part:
    if kind != "artists":
        columns = day_plays.read(connection, users, *days, kind, "seconds")
        return _Part(sign, getattr(columns, kind), columns.seconds)
    columns = day_plays.read(connection, users, *days, "tracks", "artists", "seconds")
    shared = list(compress(zip(columns.tracks, columns.seconds, strict=True), map(not_, columns.artists)))
    credited = _credits(connection, users, {track for track, _ in shared})
    for track, seconds in shared:
        for artist in credited[track]:
            columns.artists.append(artist)
            columns.seconds.append(seconds)
    return _Part(sign, columns.artists, columns.seconds)


def _all_time(connection: Connection, users: Users, kind: Kind) -> dict[int, tuple[int, int]]:
    rollup = ROLLUPS[kind]
    key, plays, seconds = rollup.c[KEYS[kind]], func.sum(rollup.c.plays), func.sum(rollup.c.seconds)
    query = select(key, plays, seconds).where(rollup.c.user_id.in_(users)).group_by(key)
    return {own: (int(n), int(length)) for own, n, length in connection.execute(query)}


def _is_most(connection: Connection, users: Users, first: int | None, end: int | None) -> bool:
    """Return whether the days outside have fewer plays than those inside: then these are taken from the whole."""
    inside, _ = plays_and_seconds(connection, users, (first, end))
    whole, _ = plays_and_seconds(connection, users, EVER)
    return 2 * inside > whole


def _credits(connection: Connection, users: Users, tracks: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the artists of each of these tracks, which these users have played."""
    query = select(_track_artist.c.track_id, _track_artist.c.artist_id).order_by(*_track_artist.primary_key)
    track = _track_artist.c.track_id
    found: dict[int, tuple[int, ...]] = dict.fromkeys(tracks, ())
    if len(tracks) <= _MANY:
        ordered = sorted(tracks)
        parts = [track.in_(ordered[n : n + _FEW]) for n in range(0, len(ordered), _FEW)]
    else:
        played = ROLLUPS["tracks"]
        parts = [track.in_(select(played.c.track_id).where(played.c.user_id.in_(users)))]
    for part in parts:
        for key, artist in connection.execute(query.where(part)):
            if key in found:
                found[key] = (*found[key], artist)
    return found


def _within(day: ColumnElement[int], days: Days) -> list[ColumnElement[bool]]:
    first, end = days
    conditions = [] if first is None else [day >= first]
    return conditions if end is None else [*conditions, day < end]
